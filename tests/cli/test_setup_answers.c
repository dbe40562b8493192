/* cli/setup_answers and the table of questions: what is taken, what is not and
 * in which words, and which questions matter. */
#include "cli/setup_rig.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "util/xmalloc.h"

static void test_what_is_taken(void **state)
{
	static const struct {
		const char *name, *text, *becomes;
	} rows[] = {
		{ "azure", "Y", "yes" },
		{ "azure", " no ", "no" },
		{ "cloud", "2", "us-government" },
		{ "cloud", "China", "china" },
		{ "tenant", "\033[200~" TENANT "\033[201~", TENANT },
		{ "tenant", "contoso.onmicrosoft.com",
		  "contoso.onmicrosoft.com" },
		{ "client-id", "\t" CLIENT "\n", CLIENT },
		{ "subscriptions", "all", "all" },
		{ "subscriptions", TENANT ", " CLIENT, TENANT ", " CLIENT },
		{ "mail-server", "mail.example.org:587",
		  "smtp://mail.example.org:587" },
		{ "mail-server", "mail.example.org:465",
		  "smtps://mail.example.org:465" },
		{ "mail-server", "mail.example.org",
		  "smtp://mail.example.org:25" },
		{ "mail-server", "smtps://[::1]", "smtps://[::1]:465" },
		{ "mail-username", "", "" },
		{ "mail-username", "o'neil \"x\" \\y", "o'neil \"x\" \\y" },
		{ "mail-to", "anna@example.org ben@example.org",
		  "anna@example.org ben@example.org" },
		{ "endpoint-graph", "https://graph.example.org",
		  "https://graph.example.org" },
		{ "timezone", "America/New_York", "America/New_York" },
		{ "business-days", "mon,wed-fri", "mon,wed-fri" },
		{ "business-hours", "22:00-06:00", "22:00-06:00" },
		{ "webhook-topic", "alerts", "alerts" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(setup_answers_release) struct setup_answers a = { 0 };

		give(&a, rows[i].name, rows[i].text);
		assert_string_equal(setup_text(&a, rows[i].name),
				    rows[i].becomes);
	}
}

static void test_what_is_not(void **state)
{
	static const struct {
		const char *name, *text, *says;
	} rows[] = {
		{ "azure", "", "yes or no" },
		{ "azure", "maybe", "yes or no" },
		{ "cloud", "9", "one of: public, us-government, china" },
		{ "tenant", "", "is needed" },
		{ "tenant", "contoso", "directory id" },
		{ "tenant", "x\nsources: []", "cannot be part of it" },
		{ "tenant", "a\033[2Jb", "cannot be part of it" },
		{ "tenant", "a\xff", "cannot be part of it" },
		{ "tenant", "a\xe2\x80\xae.b", "cannot be part of it" },
		{ "client-id", "my-app", "GUID" },
		{ "client-id", "\"}\\", "GUID" },
		{ "client-secret", "canary", "is a secret" },
		{ "subscriptions", "production", "subscription id" },
		{ "subscriptions", TENANT ",x", "subscription id" },
		{ "federated-token-file", "token", "path from the root" },
		{ "cloud-apps-url", "http://contoso.example", "https://" },
		{ "mail-server", "https://u:p@x", "must be" },
		{ "mail-server", "mail server", "must be smtp://" },
		{ "mail-from", "anna", "" },
		{ "mail-to", "anna@example.org, ben", "" },
		{ "endpoint-login", "http://login.example.org", "https://" },
		{ "timezone", "Berlin", "no time zone" },
		{ "timezone", "../etc/passwd", "" },
		{ "business-days", "monday", "" },
		{ "business-hours", "9-5", "hours such as" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(setup_answers_release) struct setup_answers a = { 0 };
		size_t number = number_of(rows[i].name);
		struct err err = ERR_INIT;

		assert_int_equal(setup_set(&a, number, rows[i].text, &err),
				 ERR_CONF);
		if (!err.text[0] || !strstr(err.text, rows[i].says))
			fail_msg("%s=%s: %s", rows[i].name, rows[i].text,
				 err.text);
		assert_null(a.text[number]);
	}
}

static void test_too_long(void **state)
{
	CLEANUP(setup_answers_release) struct setup_answers a = { 0 };
	struct err err = ERR_INIT;
	char text[5000];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(setup_set(&a, number_of("mail-username"), text, &err),
			 ERR_CONF);
	assert_non_null(strstr(err.text, "longer than"));
}

static void refuse_secret(struct setup_answers *a, const char *name,
			  const char *text, const char *says)
{
	struct err err = ERR_INIT;
	struct secret *s = secret_new(text, strlen(text));

	assert_int_equal(setup_set_secret(a, number_of(name), s, &err),
			 ERR_CONF);
	if (!strstr(err.text, says))
		fail_msg("%s: %s", name, err.text);
	assert_null(strstr(err.text, "canary"));
}

static void test_secrets(void **state)
{
	CLEANUP(setup_answers_release) struct setup_answers a = { 0 };

	(void)state;
	give(&a, "webhook", "yes");
	give(&a, "webhook-format", "slack");
	refuse_secret(&a, "client-secret", "", "is needed");
	refuse_secret(&a, "client-secret", CLIENT, "Secret ID");
	refuse_secret(&a, "client-secret", "canary\x01", "cannot be part");
	refuse_secret(&a, "webhook-url", "canary", "is not a URL");
	refuse_secret(&a, "webhook-url", "https://x.webhook.office.com/canary",
		      "retired");
	give_secret(&a, "webhook-url", "https://hooks.example.org/canary");
	assert_false(setup_hook_is_private(&a));
	assert_false(setup_wants(&a, number_of("webhook-allow-private")));
	give_secret(&a, "webhook-url", "http://127.0.0.1/canary");
	assert_true(setup_wants(&a, number_of("webhook-allow-private")));
	assert_true(setup_has_secret(&a, "webhook-url"));
	give(&a, "webhook", "no");
	assert_false(setup_has_secret(&a, "webhook-url"));
}

static void test_secret_files(void **state)
{
	CLEANUP(setup_answers_release) struct setup_answers a = { 0 };
	char path[] = "/tmp/test-setup-XXXXXX";
	CLEANUP(free_ptr) char *option = NULL;
	struct err err = ERR_INIT;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "canary\n", 7), 7);
	close(fd);
	option = xasprintf("client-secret=@%s", path);
	assert_int_equal(setup_set_option(&a, option, &err), 0);
	assert_string_equal(secret_peek(a.secret[number_of("client-secret")]),
			    "canary");
	assert_true(a.given[number_of("client-secret")]);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(setup_set_option(&a, option, &err), ERR_CONF);
	assert_non_null(strstr(err.text, "client-secret: "));
	unlink(path);
	assert_int_equal(setup_set_option(&a, "client-secret=canary", &err),
			 ERR_CONF);
	assert_null(strstr(err.text, "canary"));
	assert_int_equal(setup_set_option(&a, "tennant=x", &err), ERR_CONF);
	assert_non_null(strstr(err.text, "did you mean 'tenant'?"));
	assert_int_equal(setup_set_option(&a, "tenant", &err), ERR_CONF);
}

/* Which questions matter, by some answers; '-' before those that do not. */
static void test_what_is_wanted(void **state)
{
	static const struct {
		const char *given[4]; /* NAME=VALUE */
		const char *wanted[6];
	} rows[] = {
		{ { NULL },
		  { "tenant", "client-secret", "subscriptions", "mail-server",
		    "-webhook-url", "-client-certificate" } },
		{ { "azure=no", "cloud-apps=no", "cloud-apps-portal=no" },
		  { "-tenant", "-client-secret", "-subscriptions" } },
		{ { "auth=managed-identity" },
		  { "client-id", "-client-secret", "-client-certificate" } },
		{ { "auth=client-certificate" },
		  { "client-certificate", "-client-secret" } },
		{ { "auth=workload-identity" }, { "federated-token-file" } },
		{ { "mail-server=127.0.0.1:25" }, { "mail-starttls" } },
		{ { "mail-server=localhost:25" }, { "mail-starttls" } },
		{ { "mail-server=mail.example.org:25" },
		  { "-mail-starttls", "-mail-password" } },
		{ { "mail-server=mail.example.org:25", "mail-username=x" },
		  { "mail-password" } },
		{ { "webhook=yes", "webhook-format=pagerduty" },
		  { "webhook-key", "-webhook-url", "fallback" } },
		{ { "webhook=yes", "webhook-format=ntfy", "mail=no" },
		  { "webhook-topic", "webhook-token", "-fallback" } },
		{ { "webhook=yes", "webhook-format=jira",
		    "webhook-username=x" },
		  { "webhook-project", "webhook-password" } },
		{ { "webhook=yes", "webhook-format=json" },
		  { "webhook-signing-secret", "-webhook-key" } },
		{ { "cloud-apps-portal=yes" },
		  { "cloud-apps-url", "cloud-apps-token" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(setup_answers_release) struct setup_answers a = { 0 };
		struct err err = ERR_INIT;

		for (size_t n = 0; n < 4 && rows[i].given[n]; n++)
			assert_int_equal(setup_set_option(&a, rows[i].given[n],
							  &err),
					 0);
		for (size_t n = 0; n < 6 && rows[i].wanted[n]; n++) {
			const char *name = rows[i].wanted[n];
			bool no = *name == '-';

			if (setup_wants(&a, number_of(name + no)) == no)
				fail_msg("row %zu: %s", i, name);
		}
	}
}

static void test_what_is_missing(void **state)
{
	CLEANUP(setup_answers_release) struct setup_answers a = { 0 };
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;

	(void)state;
	setup_missing(&a, &names);
	assert_string_equal(names.buf, "tenant, client-id, client-secret, "
				       "mail-server, mail-from, mail-to");
	give(&a, "auth", "managed-identity");
	give_usual(&a);
	strbuf_reset(&names);
	setup_missing(&a, &names);
	assert_string_equal(names.buf, "");
}

/* The portal alone, with a token of its own: no application signs in. */
static void test_a_token_is_the_whole_sign_in(void **state)
{
	static const char *const said[] = {
		"azure=no",
		"cloud-apps=no",
		"cloud-apps-portal=yes",
		"cloud-apps-url=https://contoso.eu.portal.cloudappsecurity.com",
		"mail=no",
	};
	CLEANUP(setup_answers_release) struct setup_answers a = { 0 };
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
	size_t token = number_of("cloud-apps-token");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(said); i++)
		assert_int_equal(setup_set_option(&a, said[i], NULL), 0);
	setup_missing(&a, &names);
	assert_string_equal(names.buf, "tenant, client-id, client-secret");
	assert_int_equal(setup_set_secret(&a, token, secret_new("t", 1), NULL),
			 0);
	strbuf_reset(&names);
	setup_missing(&a, &names);
	assert_string_equal(names.buf, "");
	assert_true(setup_wants(&a, number_of("ca-file")));
	/* Who is asked for the sign-in has been asked for the token. */
	assert_true(token < number_of("tenant"));
}

/* A row names what an answer needs: its credential, and a fallback of its
 * kind that would be taken. */
static void test_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; setup_question_at(i); i++) {
		const struct setup_question *q = setup_question_at(i);
		CLEANUP(setup_answers_release) struct setup_answers a = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(setup_question_find(q->name), i);
		assert_non_null(q->ask);
		assert_true((q->kind == SETUP_SECRET || q->kind == SETUP_PEM) ==
			    (q->credential != NULL));
		assert_true((q->kind == SETUP_CHOICE) == (q->words != NULL));
		if (q->fallback && !q->credential &&
		    setup_set(&a, i, q->fallback, &err) < 0)
			fail_msg("%s: %s", q->name, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_taken),
		cmocka_unit_test(test_what_is_not),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_secret_files),
		cmocka_unit_test(test_what_is_wanted),
		cmocka_unit_test(test_what_is_missing),
		cmocka_unit_test(test_a_token_is_the_whole_sign_in),
		cmocka_unit_test(test_the_table),
	};

	return cmocka_run_group_tests_name("setup_answers", tests, NULL, NULL);
}
