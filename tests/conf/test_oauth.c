/* `oauth:` of e-mail targets: what it takes from tenants, and what it is not
 * taken with. */
#include "conf_test.h"
#include "util/compiler.h"

#define GUID_1 "11111111-2222-3333-4444-555555555555"
#define GUID_2 "66666666-7777-8888-9999-000000000000"
#define TENANTS                                                                \
	"tenants:\n"                                                           \
	"  - {name: contoso, id: " GUID_1 ", auth: client-certificate, "       \
	"client-id: " GUID_2 ", client-certificate: {file: /x}}\n"
#define MAIL(rest)                                                             \
	SOURCE_FILES TENANTS "targets:\n"                                      \
			     "  - {name: ops, type: email, "                   \
			     "from: a@example.org, to: [b@example.org], " rest \
			     "}\n"                                             \
			     "fallback: ops\n"
#define SMTP "server: \"smtp://smtp.office365.com:587\", "
#define GRAPH "server: \"https://graph.microsoft.com/\", "

static void takes_the_sign_in(void **state)
{
	static const struct {
		const char *text, *server, *login, *scope;
	} rows[] = {
		{ MAIL(SMTP "oauth: contoso"), "smtp://smtp.office365.com:587",
		  "https://login.microsoftonline.com",
		  "https://outlook.office365.com/.default" },
		{ MAIL(SMTP "oauth: contoso, cloud: us-government"),
		  "smtp://smtp.office365.com:587",
		  "https://login.microsoftonline.us",
		  "https://outlook.office365.us/.default" },
		{ MAIL(SMTP "oauth: contoso, cloud: china, endpoints: {login: "
			    "\"https://login.example/\"}"),
		  "smtp://smtp.office365.com:587", "https://login.example",
		  "https://partner.outlook.cn/.default" },
		{ MAIL(GRAPH "oauth: contoso"), "https://graph.microsoft.com",
		  "https://login.microsoftonline.com",
		  "https://graph.microsoft.com/.default" },
		{ MAIL("server: \"http://127.0.0.1:8080\", oauth: contoso"),
		  "http://127.0.0.1:8080", "https://login.microsoftonline.com",
		  "http://127.0.0.1:8080/.default" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(conf_free_ptr) struct conf *c = read_good(rows[i].text);
		const struct target_conf *t = &c->targets[0];

		assert_string_equal(t->server, rows[i].server);
		assert_string_equal(t->oauth.tenant, GUID_1);
		assert_string_equal(t->oauth.client_id, GUID_2);
		assert_int_equal(t->oauth.auth, AUTH_CLIENT_CERTIFICATE);
		assert_string_equal(t->oauth.client_secret.name, "/x");
		assert_string_equal(t->oauth.login, rows[i].login);
		assert_string_equal(t->oauth.scope, rows[i].scope);
		assert_int_equal(target_is_graph(t),
				 strncmp(rows[i].server, "http", 4) == 0);
	}
}

static void a_password_needs_none(void **state)
{
	CLEANUP(conf_free_ptr)
	struct conf *c =
		read_good(MAIL(SMTP "username: x, password: {file: /y}"));

	(void)state;
	assert_null(c->targets[0].oauth.entry);
	assert_null(c->targets[0].oauth.scope);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ MAIL(SMTP "oauth: contosa"),
		  "targets.ops: oauth: no entry of tenants has the name "
		  "'contosa' (did you mean 'contoso'?)" },
		{ MAIL(SMTP "oauth: contoso, username: x, password: "
			    "{file: /y}"),
		  "oauth brings the sign-in; remove password here" },
		{ MAIL(GRAPH "username: x, password: {file: /y}"),
		  "mail through Microsoft Graph needs oauth" },
		{ MAIL(SMTP "cloud: china"),
		  "option 'cloud' goes with oauth alone" },
		{ MAIL(SMTP "endpoints: {login: \"https://x.example\"}"),
		  "option 'endpoints.login' goes with oauth alone" },
		{ MAIL("oauth: contoso, server: "
		       "\"https://graph.microsoft.com/v1.0\""),
		  "without a path" },
		{ MAIL("oauth: contoso, server: \"http://graph.example\""),
		  "must begin with https://" },
		{ SOURCE_FILES "targets:\n  - {name: ops, type: folder, path: "
			       "/x, oauth: contoso}\nfallback: ops\n",
		  "'oauth'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct faults f = { NULL, 0, 0 };

		assert_null(read_text(rows[i].text, &f));
		assert_true(has_fault(&f, 0, 0, rows[i].says));
		faults_release(&f);
	}
}

/* What is dumped loads again and means the same: the entry is there, once. */
static void survives_its_dump(void **state)
{
	CLEANUP(conf_free_ptr)
	struct conf *c = read_good(
		SOURCE_FILES TENANTS
		"targets:\n"
		"  - {name: ops, type: email, from: a@example.org, to: "
		"[b@example.org], " SMTP "oauth: contoso}\n"
		"  - {name: two, type: email, from: c@example.org, to: "
		"[b@example.org], " GRAPH "oauth: contoso, cloud: china}\n"
		"fallback: ops\n"
		"routes:\n  - ladder: [{after: 0s, notify: [ops, two]}]\n");
	CLEANUP(conf_free_ptr) struct conf *again = NULL;
	CLEANUP(strbuf_release) struct strbuf dump = STRBUF_INIT;
	const char *entry;

	(void)state;
	conf_dump(c, &dump);
	again = read_good(dump.buf);
	for (size_t i = 0; i < 2; i++) {
		const struct mail_oauth *a = &c->targets[i].oauth;
		const struct mail_oauth *b = &again->targets[i].oauth;

		assert_string_equal(b->entry, a->entry);
		assert_string_equal(b->tenant, a->tenant);
		assert_string_equal(b->client_secret.name,
				    a->client_secret.name);
		assert_string_equal(b->login, a->login);
		assert_string_equal(b->scope, a->scope);
		assert_int_equal(b->auth, a->auth);
	}
	entry = strstr(dump.buf, "name: \"contoso\"");
	assert_non_null(entry);
	assert_null(strstr(entry + 1, "name: \"contoso\""));
}

/* A missing secret of the entry is a fault of the entry. */
static void secret_is_fetched(void **state)
{
	CLEANUP(conf_free_ptr)
	struct conf *c = read_good(MAIL(SMTP "oauth: contoso"));
	struct faults f = { NULL, 0, 0 };

	(void)state;
	assert_int_equal(conf_load_secrets(c, &f), ERR_CONF);
	assert_true(has_fault(&f, 0, 0, "tenants.contoso.client-certificate"));
	faults_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_sign_in),
		cmocka_unit_test(a_password_needs_none),
		cmocka_unit_test(refuses),
		cmocka_unit_test(survives_its_dump),
		cmocka_unit_test(secret_is_fetched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
