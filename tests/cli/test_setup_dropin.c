/* cli/setup_dropin and setup_recall: what is written the settings' own loader
 * takes, and gives the same answers back, whatever they are. */
#include "cli/setup_dropin.h"
#include "cli/setup_rig.h"

#include "util/xmalloc.h"

/* Written, read, written again: the same text. @text is the first. */
static void check_round(const struct setup_answers *a, struct strbuf *text)
{
	CLEANUP(setup_answers_release) struct setup_answers back = { 0 };
	CLEANUP(strbuf_release) struct strbuf again = STRBUF_INIT;
	struct err err = ERR_INIT;

	setup_dropin_write(a, text);
	if (setup_dropin_read(&back, text->buf, text->len, &err) < 0)
		fail_msg("%s\n%s", err.text, text->buf);
	/* They lie in files of their own. */
	for (size_t i = 0; setup_question_at(i); i++)
		if (a->secret[i])
			back.secret[i] = secret_new(secret_peek(a->secret[i]),
						    secret_len(a->secret[i]));
	setup_dropin_write(&back, &again);
	assert_string_equal(text->buf, again.buf);
	assert_null(strstr(text->buf, "canary"));
}

static void test_usual(void **state)
{
	static const char *const lines[] = {
		"    id: " TENANT "\n",
		"    client-secret: {credential: azure-secret}\n",
		"    service-sources: [microsoftDefenderForCloudApps]\n",
		"    subscriptions: all\n",
		"    to: [anna@example.org, ben@example.org]\n",
		"\nfallback: mail\n",
		"    hours: {mon-fri: [\"09:00-17:00\"]}\n",
	};
	CLEANUP(setup_answers_release) struct setup_answers a = { 0 };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	(void)state;
	give_usual(&a);
	check_round(&a, &text);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (!strstr(text.buf, lines[i]))
			fail_msg("no %s in %s", lines[i], text.buf);
	assert_null(strstr(text.buf, "routes:"));
	assert_null(strstr(text.buf, "endpoints:"));
}

/* Every format of webhook, with what it needs. */
static void test_formats(void **state)
{
	static const struct {
		const char *format;
		const char *texts[4]; /* NAME=VALUE */
		const char *secrets[2];
	} rows[] = {
		{ "teams", { NULL }, { "webhook-url" } },
		{ "slack", { NULL }, { "webhook-url" } },
		{ "pagerduty", { NULL }, { "webhook-key" } },
		{ "opsgenie", { NULL }, { "webhook-key" } },
		{ "servicenow",
		  { "webhook-username=svc" },
		  { "webhook-url", "webhook-password" } },
		{ "jira",
		  { "webhook-username=svc", "webhook-project=SEC" },
		  { "webhook-url", "webhook-password" } },
		{ "ntfy",
		  { "webhook-topic=alerts" },
		  { "webhook-url", "webhook-token" } },
		{ "alertmanager", { NULL }, { "webhook-url" } },
		{ "alertmanager-webhook",
		  { NULL },
		  { "webhook-url", "webhook-token" } },
		{ "cloudevents",
		  { NULL },
		  { "webhook-url", "webhook-signing-secret" } },
		{ "json", { NULL }, { "webhook-url" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(setup_answers_release) struct setup_answers a = { 0 };
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		CLEANUP(free_ptr)
		char *format = xasprintf("    format: %s\n", rows[i].format);
		struct err err = ERR_INIT;

		give_usual(&a);
		give(&a, "webhook", "yes");
		give(&a, "webhook-format", rows[i].format);
		for (size_t n = 0; n < 4 && rows[i].texts[n]; n++)
			assert_int_equal(setup_set_option(&a, rows[i].texts[n],
							  &err),
					 0);
		for (size_t n = 0; n < 2 && rows[i].secrets[n]; n++)
			give_secret(&a, rows[i].secrets[n],
				    "https://hooks.example.org/canary");
		check_round(&a, &text);
		assert_non_null(strstr(text.buf, format));
		assert_non_null(strstr(text.buf, "notify: [mail, webhook]"));
	}
}

/* Ways to sign in, national clouds, private links, the portal. */
static void test_sources(void **state)
{
	static const char *const rows[][6] = {
		{ "auth=managed-identity", "client-id=" },
		{ "auth=workload-identity", "federated-token-file=/run/t" },
		{ "cloud=us-government" },
		{ "cloud=china", "azure=no" },
		{ "endpoint-login=http://127.0.0.1:1",
		  "endpoint-resource-manager=http://127.0.0.1:2",
		  "endpoint-graph=http://127.0.0.1:3" },
		{ "cloud=us-government", "endpoint-login=http://127.0.0.1:1",
		  "endpoint-resource-manager=http://127.0.0.1:2",
		  "endpoint-graph=http://127.0.0.1:3" },
		{ "cloud-apps-portal=yes",
		  "cloud-apps-url=https://c.portal.cloudappsecurity.com" },
		{ "subscriptions=" TENANT "," CLIENT, "cloud-apps=no",
		  "ca-file=/etc/ca.pem" },
		{ "mail-server=[::1]:2525", "mail-starttls=no",
		  "mail-ca-file=/etc/m.pem" },
		{ "business-days=mon,wed-fri",
		  "business-hours=08:00-12:00 13:00-18:00",
		  "timezone=Asia/Kathmandu" },
		{ "business-days=sat-sun", "business-hours=22:00-06:00" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(setup_answers_release) struct setup_answers a = { 0 };
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		struct err err = ERR_INIT;

		give_usual(&a);
		for (size_t n = 0; n < 6 && rows[i][n]; n++)
			if (setup_set_option(&a, rows[i][n], &err) < 0)
				fail_msg("%s", err.text);
		check_round(&a, &text);
	}
}

/* A text that would be another one without its quotes. */
static void test_hostile_texts(void **state)
{
	static const char *const names[] = {
		"no",	  "~",	  "null",    "{a: b}",
		"[x]",	  "a: b", "a #b",    "- a",
		"\"",	  "\\",	  "'",	     "%TAG",
		"&a",	  "*a",	  "!x",	     "|",
		">",	  "@x",	  "`",	     "1e3",
		"o'neil", "\\n",  "\\u0041", "gr\xc3\xbc\xc3\x9f",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(setup_answers_release) struct setup_answers a = { 0 };
		CLEANUP(setup_answers_release) struct setup_answers b = { 0 };
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		struct err err = ERR_INIT;

		give_usual(&a);
		give(&a, "mail-username", names[i]);
		give_secret(&a, "mail-password", "canary");
		check_round(&a, &text);
		assert_int_equal(setup_dropin_read(&b, text.buf, text.len,
						   &err),
				 0);
		assert_string_equal(setup_text(&b, "mail-username"), names[i]);
	}
}

/* What is given now outweighs what was written; what cannot be read is said. */
static void test_recall(void **state)
{
	CLEANUP(setup_answers_release) struct setup_answers a = { 0 };
	CLEANUP(setup_answers_release) struct setup_answers b = { 0 };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	give_usual(&a);
	setup_dropin_write(&a, &text);
	assert_int_equal(setup_set_option(&b, "mail-to=carla@example.org",
					  &err),
			 0);
	assert_int_equal(setup_dropin_read(&b, text.buf, text.len, &err), 0);
	assert_string_equal(setup_text(&b, "mail-to"), "carla@example.org");
	assert_string_equal(setup_text(&b, "tenant"), TENANT);
	assert_true(setup_is(&b, "azure"));
	assert_false(setup_is(&b, "webhook"));
	assert_int_equal(setup_dropin_read(&b, "sources: x", 10, &err),
			 ERR_CONF);
	assert_non_null(strstr(err.text, "conf.d/10-setup.yaml:1:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usual),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_hostile_texts),
		cmocka_unit_test(test_recall),
	};

	return cmocka_run_group_tests_name("setup_dropin", tests, NULL, NULL);
}
