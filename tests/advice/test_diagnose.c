/* Errors as the rooms below word them: which step failed, and what to type. */
#include "advice/diagnose.h"
#include "advice/diagnose_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/token.h"
#include "util/xmalloc.h"

#define CLIENT "66666666-7777-8888-9999-000000000000"
#define SUB "22222222-3333-4444-5555-666666666666"

static struct source_conf cloud(enum source_type type)
{
	static char name[] = "s", client[] = CLIENT;
	static char login[] = "https://login.example";
	static char arm[] = "https://management.example:8443";
	static char graph[] = "https://graph.example";
	static char portal[] = "https://contoso.example";
	static char path[] = "/import/*.json";

	return (struct source_conf){
		.name = name,
		.type = type,
		.client_id = client,
		.login = login,
		.resource_manager = arm,
		.graph = graph,
		.url = portal,
		.path = path,
	};
}

static void check(enum source_type type, const char *error, const char *step,
		  const char *next)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const struct source_conf c = cloud(type);

	assert_string_equal(diagnose_source(&c, error, &sb), step);
	if (!strstr(sb.buf, next) || strchr(sb.buf, '{'))
		fail_msg("'%s': %s", error, sb.buf);
}

static void test_network(void **state)
{
	static const struct {
		const char *error, *step, *next;
	} rows[] = {
		{ "subscriptions: page 1: https://login.example: cannot "
		  "resolve login.example: check the name and this machine's "
		  "name servers",
		  "name resolution", "getent ahosts login.example" },
		{ "page 1: cannot resolve management.example: no answer from "
		  "the name server within 10 s",
		  "name resolution", "getent ahosts management.example" },
		{ "connection refused by management.example (::1)",
		  "connection", " https://management.example:8443" },
		{ "https://login.example: no answer from login.example within "
		  "30 s",
		  "connection", " https://login.example" },
		{ "no TLS 1.2 or later with login.example: x", "TLS",
		  "openssl s_client -connect management.example:8443 " },
		{ "no TLS 1.2 or later with management.example: x", "TLS",
		  "openssl s_client" },
		{ "HTTP 429 Throttled; the service asks to wait 300 s",
		  "throttling", "triagectl coverage" },
		{ "HTTP 500 InternalServerError", "reading", "journalctl" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(SOURCE_DEFENDER_FOR_CLOUD, rows[i].error, rows[i].step,
		      rows[i].next);
	check(SOURCE_FILE, "no file matches", "reading",
	      "ls -l /import/*.json");
}

/* Paths and addresses of the settings are anybody's: what is copied runs no
 * more than what is meant. */
static void test_blanks(void **state)
{
	static char name[] = "f", folder[] = "/srv/our mail;x";
	static char files[] = "/srv/our alerts/$(id)/*.json";
	static char server[] = "smtp://[::1]:2525";
	static char proxy[] = "http://proxy.example:1/?a&b";
	struct source_conf source = cloud(SOURCE_FILE);
	const struct target_conf to_folder = { .name = name,
					       .type = TARGET_FOLDER,
					       .path = folder };
	const struct target_conf mail = { .name = name,
					  .type = TARGET_EMAIL,
					  .server = server,
					  .webhook = { .proxy = proxy } };
	CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;

	(void)state;
	source.path = files;
	(void)diagnose_source(&source, "no file matches", &next);
	assert_string_equal(next.buf, "ls -l '/srv/our alerts/$(id)/'*.json");
	strbuf_reset(&next);
	(void)diagnose_target(&to_folder, "No space left on device", &next);
	assert_string_equal(next.buf, "df -h '/srv/our mail;x'");
	strbuf_reset(&next);
	(void)diagnose_target(&mail, "Failed to connect", &next);
	assert_string_equal(next.buf,
			    "curl -sv --max-time 10 -o /dev/null --proxy "
			    "'http://proxy.example:1/?a&b' "
			    "'smtp://[::1]:2525'");
	strbuf_reset(&next);
	diagnose_target_cause(&to_folder, "HTTP 401", &next);
	assert_null(strchr(next.buf, '\''));
}

struct meaning {
	const char *error, *step, *means, *next;
};

static void check_meaning(const char *step, const struct strbuf *next,
			  const struct strbuf *cause, const struct meaning *m)
{
	if (strcmp(step, m->step) != 0 || !strstr(next->buf, m->next) ||
	    !strstr(cause->buf, m->means) || !strstr(cause->buf, m->error) ||
	    strchr(next->buf, '{') || strchr(cause->buf, '{'))
		fail_msg("'%s': %s\n%s\n%s", m->error, step, cause->buf,
			 next->buf);
}

static void check_sources(const struct source_conf *c, const struct meaning *m,
			  size_t n)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
		CLEANUP(strbuf_release) struct strbuf cause = STRBUF_INIT;
		const char *step = diagnose_source(c, m[i].error, &next);

		diagnose_source_cause(c, m[i].error, &cause);
		check_meaning(step, &next, &cause, &m[i]);
	}
}

#define NOT_TRUSTED " is not trusted: "

/* The server's own fault, another machine, a device in between. */
static void test_tls(void **state)
{
	static const struct meaning rows[] = {
		{ "certificate of management.example" NOT_TRUSTED
		  "certificate has expired, issued by CN=R11 (a private CA "
		  "needs ca-file)",
		  "TLS", "out of its time",
		  "openssl s_client -connect management.example:8443 "
		  "-servername management.example </dev/null 2>/dev/null | "
		  "openssl x509 -noout -subject -dates" },
		{ "certificate of management.example" NOT_TRUSTED
		  "SSL: no alternative certificate subject name matches target "
		  "host name 'management.example' (a private CA needs ca-file)",
		  "TLS", "another machine answers in the place of", "-ext " },
		{ "certificate of management.example" NOT_TRUSTED
		  "SSL: no alternative certificate subject name matches target "
		  "ipv4 address '10.0.0.1' (a private CA needs ca-file)",
		  "TLS", "another machine answers in the place of", "-ext " },
		{ "certificate of management.example" NOT_TRUSTED
		  "SSL: certificate subject name 'x' does not match target "
		  "hostname 'management.example' (a private CA needs ca-file)",
		  "TLS", "another machine answers in the place of", "-ext " },
		{ "certificate of management.example" NOT_TRUSTED
		  "unable to get local issuer certificate, issued by "
		  "CN=Zscaler "
		  "Intermediate Root CA,O=Zscaler Inc. (a private CA needs "
		  "ca-file)",
		  "TLS interception", "have management.example exempted",
		  "-showcerts" },
		{ "certificate of management.example" NOT_TRUSTED
		  "self-signed certificate, issued by CN=our own CA (a private "
		  "CA needs ca-file)",
		  "TLS", "", "-showcerts" },
		/* No private CA ever signs for these. */
		{ "https://login.microsoftonline.com: certificate of "
		  "login.microsoftonline.com" NOT_TRUSTED
		  "unable to get local issuer certificate, issued by CN=x",
		  "TLS interception", "exempted",
		  "-connect login.microsoftonline.com:443" },
	};
	const struct source_conf c = cloud(SOURCE_DEFENDER_FOR_CLOUD);

	(void)state;
	check_sources(&c, rows, ARRAY_SIZE(rows));
}

static void test_proxy(void **state)
{
	static char proxy[] = "http://proxy.example:3128";
	static const struct meaning rows[] = {
		{ "the proxy proxy.example:3128 wants a user and password "
		  "(407) "
		  "for management.example",
		  "proxy", "let through",
		  " --proxy http://proxy.example:3128" },
		{ "the proxy proxy.example:3128 refuses to connect to "
		  "management.example (403)",
		  "proxy", "through to https://management.example:8443",
		  "curl " },
		{ "cannot resolve the proxy proxy.example:3128", "proxy",
		  "proxy: of the settings", "getent ahosts proxy.example" },
		{ "connection refused by the proxy proxy.example:3128 "
		  "(10.0.0.1:3128)",
		  "proxy", "nobody answers where proxy:", "curl " },
		{ "no connection to the proxy proxy.example:3128 "
		  "(10.0.0.1:3128) within 10 s: check the network and "
		  "firewalls",
		  "proxy", "nobody answers where proxy:", "curl " },
		{ "cannot resolve the proxy proxy.example:3128: no answer from "
		  "the name server within 10 s",
		  "proxy", "proxy: of the settings",
		  "getent ahosts proxy.example" },
		{ "no answer from management.example within 30 s", "connection",
		  "", "curl " },
		{ "no certificates of authorities on this machine: install "
		  "ca-certificates, or give ca-file",
		  "TLS", "", "ls -l /etc/ssl/certs" },
		{ "certificate of management.example" NOT_TRUSTED "self-signed",
		  "TLS", "", "s_client -proxy proxy.example:3128 " },
	};
	/* What there was when the settings had one. */
	static const struct meaning none[] = {
		{ "connection refused by the proxy proxy.example:3128 "
		  "(10.0.0.1:3128)",
		  "connection", "",
		  "curl -sv --max-time 10 -o /dev/null "
		  "https://management.example:8443" },
	};
	struct source_conf c = cloud(SOURCE_DEFENDER_FOR_CLOUD);

	(void)state;
	check_sources(&c, none, ARRAY_SIZE(none));
	c.proxy = proxy;
	check_sources(&c, rows, ARRAY_SIZE(rows));
}

/* A credential is named by its name, so that it can be replaced. */
static void test_secret(void **state)
{
	static char credential[] = "azure-secret", path[] = "/etc/triaged/s";
	static const struct meaning named = {
		"sign-in refused, AADSTS7000222: the client secret has expired",
		"sign-in", "store it as credential azure-secret, then",
		"az ad app credential reset"
	};
	static const struct meaning in_file = {
		"sign-in refused, AADSTS7000222: the client secret has expired",
		"sign-in", "store it as file /etc/triaged/s, then",
		"az ad app credential reset"
	};
	struct source_conf c = cloud(SOURCE_DEFENDER_FOR_CLOUD);

	(void)state;
	c.client_secret = (struct secret_ref){ .kind = SECRET_CREDENTIAL,
					       .name = credential };
	check_sources(&c, &named, 1);
	c.client_secret =
		(struct secret_ref){ .kind = SECRET_FILE, .name = path };
	check_sources(&c, &in_file, 1);
}

static void test_targets(void **state)
{
	static char name[] = "oncall", server[] = "smtp://mail.example:2525";
	static char password[] = "smtp-password",
		    proxy[] = "http://p.example:1";
	static const struct meaning mail_rows[] = {
		{ "smtp://mail.example:2525 answered 535 5.7.8: sign-in "
		  "refused, asked again every 15 min",
		  "sign-in", "credential smtp-password",
		  "systemctl restart triaged && triagectl test-notify oncall" },
		{ "smtp://mail.example:2525: Failed to connect to mail.example "
		  "port 2525 after 0 ms",
		  "connection", "",
		  "curl -sv --max-time 10 -o /dev/null "
		  "smtp://mail.example:2525" },
		{ "smtp://mail.example:2525: Could not resolve host: "
		  "mail.example",
		  "name resolution", "", "getent ahosts mail.example" },
		{ "smtp://mail.example:2525: SSL certificate problem: "
		  "certificate has expired",
		  "TLS", "out of its time",
		  "-starttls smtp -connect mail.example:2525" },
		{ "smtp://mail.example:2525 answered 550 5.1.1: refused for "
		  "good",
		  "delivery", "", "triagectl test-notify oncall" },
	};
	/* starttls is true unless told otherwise, and means nothing here. */
	static char tls_server[] = "smtps://mail.example";
	static const struct meaning smtps_rows[] = {
		{ "smtps://mail.example: SSL certificate problem: certificate "
		  "has expired",
		  "TLS", "out of its time",
		  "openssl s_client -connect mail.example:465 -servername" },
	};
	static const struct meaning hook_rows[] = {
		{ "connection refused by hook.example (10.0.0.1:443)",
		  "connection", "", "https://hook.example" },
		{ "http://hook.example:8080: connection refused by "
		  "hook.example:8080 (10.0.0.1:8080)",
		  "connection", "",
		  "/dev/null --proxy http://p.example:1 "
		  "http://hook.example:8080" },
		{ "https://hook.example answered HTTP 401: x", "sign-in",
		  "settings say", "test-notify oncall" },
		{ "https://hook.example answered HTTP 404: x", "address",
		  "correct url", "test-notify oncall" },
		{ "the proxy p.example:1 refuses to connect to hook.example "
		  "(403)",
		  "proxy", "let this machine", "--proxy http://p.example:1" },
	};
	struct target_conf mail = {
		.name = name,
		.type = TARGET_EMAIL,
		.server = server,
		.starttls = true,
		.password = { .kind = SECRET_CREDENTIAL, .name = password },
	};
	struct target_conf smtps = { .name = name,
				     .type = TARGET_EMAIL,
				     .server = tls_server,
				     .starttls = true };
	struct target_conf hook = { .name = name,
				    .type = TARGET_WEBHOOK,
				    .webhook = { .proxy = proxy } };
	const struct {
		const struct target_conf *conf;
		const struct meaning *rows;
		size_t n;
	} all[] = { { &mail, mail_rows, ARRAY_SIZE(mail_rows) },
		    { &smtps, smtps_rows, ARRAY_SIZE(smtps_rows) },
		    { &hook, hook_rows, ARRAY_SIZE(hook_rows) } };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(all); k++)
		for (size_t i = 0; i < all[k].n; i++) {
			const struct meaning *m = &all[k].rows[i];
			CLEANUP(strbuf_release)
			struct strbuf next = STRBUF_INIT;
			CLEANUP(strbuf_release)
			struct strbuf cause = STRBUF_INIT;
			const char *step =
				diagnose_target(all[k].conf, m->error, &next);

			diagnose_target_cause(all[k].conf, m->error, &cause);
			check_meaning(step, &next, &cause, m);
		}
}

static void test_unresolved(void **state)
{
	CLEANUP(free_ptr)
	char *host = diagnose_unresolved("x: cannot resolve login.example: "
					 "check the name");
	CLEANUP(free_ptr)
	char *proxy =
		diagnose_unresolved("cannot resolve the proxy p.example:1");
	CLEANUP(free_ptr)
	char *mail = diagnose_unresolved("smtp://m: Could not resolve host: m");

	(void)state;
	assert_string_equal(host, "login.example");
	assert_string_equal(proxy, "p.example");
	assert_string_equal(mail, "m");
	assert_null(diagnose_unresolved("no answer from login.example"));
	/* What a stranger wrote is no name. */
	assert_null(diagnose_unresolved("cannot resolve $(reboot)"));
}

/* In the words of net/token_error. */
static void test_sign_in(void **state)
{
	static const struct {
		int number;
		const char *next;
	} rows[] = {
		{ 7000215, "az ad app credential reset --id " CLIENT },
		{ 7000222, "az ad app credential reset --id " CLIENT },
		{ 700016, "az ad sp show --id " CLIENT },
		{ 7000112, "accountEnabled=true" },
		{ 90002, "az account list" },
		{ 700024, "timedatectl" },
		{ 700213, "federated-credential list --id " CLIENT },
		{ 7000218, "az ad sp show" },
		{ 90033, "az ad sp show" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_ptr)
		char *body = xasprintf(
			"{\"error\":\"invalid_client\",\"error_description\""
			":\"AADSTS%d: words.\",\"error_codes\":[%d]}",
			rows[i].number, rows[i].number);
		struct err err = ERR_INIT;

		assert_true(token_explain_error(401, body, strlen(body), &err) <
			    0);
		(void)err_prefix(&err, "https://login.example");
		check(SOURCE_DEFENDER_FOR_CLOUD, err.text, "sign-in",
		      rows[i].next);
	}
}

static void test_permission(void **state)
{
	(void)state;
	check(SOURCE_DEFENDER_FOR_CLOUD,
	      SUB ": HTTP 403 AuthorizationFailed: missing", "permission",
	      "az role assignment create --assignee " CLIENT
	      " --role \"Security Reader\" --scope /subscriptions/" SUB);
	/* The source knows better. */
	check(SOURCE_DEFENDER_FOR_CLOUD,
	      "subscriptions: HTTP 403 AuthorizationFailed: grant the role "
	      "Security Reader: az role assignment create --assignee " CLIENT
	      " --role \"Security Reader\" --scope /providers/"
	      "Microsoft.Management/managementGroups/mg-1",
	      "permission",
	      "--scope /providers/Microsoft.Management/"
	      "managementGroups/mg-1");
	check(SOURCE_DEFENDER_FOR_CLOUD,
	      "the service refuses a new token with 401; check the tenant, "
	      "and cloud:",
	      "sign-in", "az account list --all");
	check(SOURCE_GRAPH_SECURITY,
	      "https://login.example: the sign-in service answered 200 with "
	      "something that is not a token: check login endpoint and proxy",
	      "sign-in", " https://login.example");
	check(SOURCE_DEFENDER_FOR_CLOUD, "HTTP 401 x", "permission",
	      "--scope /subscriptions/SUBSCRIPTION");
	check(SOURCE_GRAPH_SECURITY, "HTTP 403 Forbidden", "permission",
	      "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5=Role");
	check(SOURCE_GRAPH_SECURITY,
	      "incidents: HTTP 403 Forbidden: the managed identity lacks the "
	      "permission SecurityIncident.Read.All of Microsoft Graph",
	      "permission", "45cc0394-e837-488b-a098-1918f48d186c=Role");
	check(SOURCE_GRAPH_HUNTING, "HTTP 403 Forbidden", "permission",
	      "dd98c7f5-2d42-42d3-a0e4-633161547251=Role");
	check(SOURCE_CLOUD_APPS, "HTTP 403 Forbidden", "permission",
	      "investigation.read");
}

/* What an identity of a machine is given is no permission of an application. */
static void test_permission_of_an_identity(void **state)
{
	struct source_conf c = { .type = SOURCE_GRAPH_HUNTING,
				 .auth = AUTH_MANAGED_IDENTITY,
				 .graph = (char *)"https://graph.example" };
	CLEANUP(strbuf_release) struct strbuf own = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf named = STRBUF_INIT;

	(void)state;
	assert_string_equal(diagnose_source(&c, "HTTP 403 Forbidden", &own),
			    "permission");
	assert_string_equal(
		own.buf,
		"az rest --method POST --url \"https://graph.example/v1.0/"
		"servicePrincipals/OBJECT-ID-OF-THE-IDENTITY/"
		"appRoleAssignments\" --body \"{\\\"principalId\\\":"
		"\\\"OBJECT-ID-OF-THE-IDENTITY\\\",\\\"resourceId\\\":\\\"$(az "
		"ad sp show --id 00000003-0000-0000-c000-000000000000 --query "
		"id -o tsv)\\\",\\\"appRoleId\\\":\\\"dd98c7f5-2d42-42d3-a0e4-"
		"633161547251\\\"}\"");
	c.client_id = (char *)CLIENT;
	(void)diagnose_source(&c, "HTTP 403 Forbidden", &named);
	assert_non_null(strstr(named.buf,
			       "servicePrincipals/$(az ad sp show "
			       "--id " CLIENT " --query id -o tsv)/"));
	assert_null(strstr(named.buf, "az ad app"));
}

static void test_clock(void **state)
{
	static const struct {
		const char *error;
		bool may_be;
	} rows[] = {
		{ "x: sign-in refused, AADSTS700024: the time in", true },
		{ "x: sign-in refused, AADSTS50012: the signed", true },
		{ "x: sign-in refused, AADSTS700027: the certificate", true },
		{ "the service refuses a new token with 401; check", true },
		{ "x: sign-in refused, AADSTS7000215: the secret", false },
		{ "x: sign-in refused, AADSTS99: unknown", false },
		{ "HTTP 403 Forbidden: grant", false },
		{ "connection refused by x", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (diagnose_may_be_clock(rows[i].error) != rows[i].may_be)
			fail_msg("%s", rows[i].error);
}

/* What a stranger wrote stays out of the command. */
static void test_hostile_words(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const struct source_conf c = cloud(SOURCE_DEFENDER_FOR_CLOUD);

	(void)state;
	(void)diagnose_source(&c, "$(reboot): HTTP 403 `x`", &sb);
	assert_null(strstr(sb.buf, "reboot"));
	assert_null(strchr(sb.buf, '`'));
}

/* A service quotes what it likes: of a command only ours is handed on. */
static void test_hostile_commands(void **state)
{
	static const char *const errors[] = {
		"HTTP 400 x: az vm delete --ids 1; reboot",
		"sign-in refused, AADSTS700016: no application in the "
		"directory of: az vm delete; reboot",
		"HTTP 403 x: az role assignment create --assignee evil "
		"--role Owner --scope /; reboot: grant the role Security "
		"Reader: az role assignment create --assignee app-id --role "
		"\"Security Reader\" --scope /subscriptions/S",
		"HTTP 403: az role assignment create --assignee app-id --role "
		"\"Security Reader\" --scope /;reboot",
		"HTTP 403: az role assignment create --assignee evil --role "
		"\"Security Reader\" --scope /",
	};
	static const enum source_type types[] = { SOURCE_DEFENDER_FOR_CLOUD,
						  SOURCE_GRAPH_SECURITY,
						  SOURCE_GRAPH_HUNTING };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(types); k++)
		for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
			CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
			const struct source_conf c = cloud(types[k]);

			(void)diagnose_source(&c, errors[i], &sb);
			if (strstr(sb.buf, "reboot") ||
			    strstr(sb.buf, "evil") || strstr(sb.buf, "vm "))
				fail_msg("%s", sb.buf);
		}
}

static bool is_listed(const char *step)
{
	const char *listed;
	size_t n = 0;

	for (size_t i = 0; (listed = diagnose_step_at(i)); i++)
		n += strcmp(listed, step) == 0;
	assert_true(n <= 1);
	return n == 1;
}

/* Metrics write a series for each step that a source may fail at. */
static void test_steps(void **state)
{
	static const struct hint *const tables[] = { network_hints,
						     source_hints };

	(void)state;
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct hint *h = tables[t]; h->step; h++)
			if (!is_listed(h->step))
				fail_msg("%s has no row", h->step);
	assert_true(is_listed(STEP_READING));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_blanks),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_unresolved),
		cmocka_unit_test(test_sign_in),
		cmocka_unit_test(test_permission),
		cmocka_unit_test(test_permission_of_an_identity),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_hostile_words),
		cmocka_unit_test(test_hostile_commands),
		cmocka_unit_test(test_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
