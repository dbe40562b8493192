/* What belongs to the format of a webhook. */
#include "conf_test.h"
#include "util/compiler.h"

#define HOOK(rest)                                                             \
	SOURCE_FILES "targets:\n  - {name: ops, type: webhook, " rest "}\n"    \
		     "fallback: ops\n"
#define URL "url: \"https://hooks.example.org/a\", "
#define SECRET "{file: /etc/triaged/x}"

static void reads_all(void **state)
{
	CLEANUP(conf_free_ptr)
	struct conf *c = read_good(HOOK(
		URL "format: jira, username: a@example.org, password: " SECRET
		    ", project: SEC, api-version: 2, severities: "
		    "{critical: Blocker}, client-certificate: " SECRET
		    ", proxy: \"http://proxy.example.org:3128\""));
	const struct webhook_conf *w = &c->targets[0].webhook;

	(void)state;
	assert_int_equal(w->format, FORMAT_JIRA);
	assert_string_equal(w->project, "SEC");
	assert_string_equal(w->issue_type, "Task");
	assert_string_equal(w->done_transition, "Done");
	assert_true(w->plain_text);
	assert_string_equal(w->levels[SEVERITY_CRITICAL], "Blocker");
	assert_null(w->levels[SEVERITY_HIGH]);
	assert_int_equal(w->client_certificate.kind, SECRET_FILE);
	assert_string_equal(w->proxy, "http://proxy.example.org:3128");
	assert_int_equal(c->targets[0].password.kind, SECRET_FILE);
}

static void every_format_has_a_name(void **state)
{
	(void)state;
	for (int f = 0; f < WEBHOOK_FORMAT_MAX; f++)
		assert_non_null(webhook_format_name((enum webhook_format)f));
}

/* What is dumped loads again and means the same. */
static void survives_its_dump(void **state)
{
	CLEANUP(conf_free_ptr)
	struct conf *c = read_good(HOOK(
		"url: {file: /etc/triaged/u}, format: servicenow, "
		"api-key: " SECRET ", table: em-event, caller: \"tri: aged\", "
		"severities: {low: 3/2, high: 2/1}"));
	CLEANUP(conf_free_ptr) struct conf *again = NULL;
	struct strbuf dump = STRBUF_INIT;

	(void)state;
	conf_dump(c, &dump);
	again = read_good(dump.buf);
	strbuf_release(&dump);
	assert_int_equal(again->targets[0].webhook.format, FORMAT_SERVICENOW);
	assert_true(again->targets[0].webhook.events);
	assert_string_equal(again->targets[0].webhook.caller, "tri: aged");
	assert_string_equal(again->targets[0].webhook.levels[SEVERITY_LOW],
			    "3/2");
	assert_string_equal(again->targets[0].webhook.levels[SEVERITY_HIGH],
			    "2/1");
	assert_int_equal(again->targets[0].webhook.key.kind, SECRET_FILE);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *fault;
	} rows[] = {
		{ HOOK(URL "format: slak"), "did you mean 'slack'" },
		{ HOOK("format: json"), "format json needs url" },
		{ HOOK("format: pagerduty"), "needs routing-key" },
		{ HOOK("format: opsgenie"), "needs api-key" },
		{ HOOK(URL "format: ntfy"), "needs topic" },
		{ HOOK(URL "format: jira"), "needs project" },
		{ HOOK(URL "format: slack, routing-key: " SECRET),
		  "routing-key has no meaning for format slack" },
		{ HOOK(URL "format: teams, signing-secret: " SECRET),
		  "signing-secret has no meaning for format teams" },
		{ HOOK(URL "mode: binary"), "mode has no meaning" },
		{ HOOK(URL "format: cloudevents, mode: both"),
		  "must be structured or binary" },
		{ HOOK(URL "username: anna"), "belong together" },
		{ HOOK(URL "proxy: \"socks5://x:1\""), "must be http://" },
		{ HOOK(URL "proxy: \"http://u:p@x:1\""), "must be http://" },
		{ HOOK(URL "format: ntfy, topic: t, severities: {low: 9}"),
		  "'9' is unknown to ntfy; it has 1 2 3 4 5" },
		{ HOOK(URL "format: ntfy, topic: t, severities: {urgent: 1}"),
		  "unknown option 'urgent'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct faults f = { NULL, 0, 0 };
		struct conf *c = read_text(rows[i].text, &f);

		if (c || !has_fault(&f, 0, 0, rows[i].fault))
			print_faults(&f);
		assert_null(c);
		assert_true(has_fault(&f, 0, 0, rows[i].fault));
		faults_release(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all),
		cmocka_unit_test(every_format_has_a_name),
		cmocka_unit_test(survives_its_dump),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
