/* Errors as the rooms below word them: which step failed, and what to type. */
#include "advice/diagnose.h"

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
		{ "the proxy p refuses to connect to management.example (403)",
		  "connection", "curl " },
		{ "certificate of management.example is not trusted: expired "
		  "(a private CA needs ca-file)",
		  "TLS", "-connect management.example:443" },
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
	      "subscriptions: HTTP 403 AuthorizationFailed: grant the role: az "
	      "role assignment create --assignee x --scope /",
	      "permission", "az role assignment create --assignee x --scope /");
	check(SOURCE_DEFENDER_FOR_CLOUD,
	      "the service refuses a new token with 401", "permission",
	      "--scope /subscriptions/SUBSCRIPTION");
	check(SOURCE_GRAPH_SECURITY, "HTTP 403 Forbidden", "permission",
	      "SecurityAlert.Read.All");
	check(SOURCE_GRAPH_SECURITY,
	      "incidents: HTTP 403 Forbidden: the managed identity lacks the "
	      "permission SecurityIncident.Read.All of Microsoft Graph",
	      "permission", "45cc0394-e837-488b-a098-1918f48d186c=Role");
	check(SOURCE_GRAPH_HUNTING, "HTTP 403 Forbidden", "permission",
	      "ThreatHunting.Read.All");
	check(SOURCE_CLOUD_APPS, "HTTP 403 Forbidden", "permission",
	      "investigation.read");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_sign_in),
		cmocka_unit_test(test_permission),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_hostile_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
