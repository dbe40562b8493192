/* Incidents and events in ServiceNow: what is asked, in which order, and what
 * answers mean. */
#include "notify/dialogue.h"

#define URL "https://example.service-now.com"
#define ID "0123456789abcdef0123456789abcdef"
#define NONE "{\"result\":[]}"
#define OPEN                                                                   \
	"{\"result\":[{\"sys_id\":\"" ID "\",\"number\":\"INC1\",\"state\":"   \
	"\"1\"}]}"
#define TABLE "/api/now/table/incident"

static void target_init(struct target_conf *c, bool events)
{
	memset(c, 0, sizeof(*c));
	c->webhook.format = FORMAT_SERVICENOW;
	c->webhook.events = events;
	c->webhook.key.value = secret_new("k-1", 3);
	c->url.value = secret_new(URL, strlen(URL));
	c->webhook.assignment_group = xstrdup("security operations");
	c->webhook.close_code = xstrdup("Resolved by caller");
	c->webhook.close_notes = xstrdup("Closed by triaged");
}

static void target_release(struct target_conf *c)
{
	secret_free(c->url.value);
	secret_free(c->webhook.key.value);
	free(c->webhook.assignment_group);
	free(c->webhook.close_code);
	free(c->webhook.close_notes);
}

static void test_golden(void **state)
{
	struct target_conf c;

	(void)state;
	target_init(&c, false);
	golden_check(&c, NOTICE_OPENED, 0, NULL);
	golden_check(&c, NOTICE_OPENED, 1, NULL);
	golden_check(&c, NOTICE_REOPENED, 1, NULL);
	golden_check(&c, NOTICE_DIGEST, 1, NULL);
	golden_check(&c, NOTICE_TEST, 1, NULL);
	golden_check(&c, NOTICE_SILENCE, 1, NULL);
	golden_check(&c, NOTICE_ESCALATED, 2, ID);
	golden_check(&c, NOTICE_UPDATED, 2, ID);
	golden_check(&c, NOTICE_WARNING, 2, ID);
	golden_check(&c, NOTICE_BREACHED, 2, ID);
	golden_check(&c, NOTICE_ACKNOWLEDGED, 2, ID);
	golden_check(&c, NOTICE_CLOSED, 2, ID);
	target_release(&c);
}

/* The request of Event Management for @kind; the caller drops it. */
static json_t *event_of(enum notice_kind kind)
{
	struct talk talk;
	struct target_conf c;
	struct webhook_post p;
	struct sample s;
	const struct talk_view view = { &c, &s.job };
	json_t *body, *record;

	target_init(&c, true);
	golden_sample(&s, kind);
	talk_begin(&talk, FORMAT_SERVICENOW, kind);
	webhook_post_init(&p, &talk, &view);
	assert_string_equal(p.request.url, URL "/api/global/em/jsonv2");
	body = jsonx_parse(p.request.body, p.request.body_len, 0, NULL);
	record = json_incref(
		json_array_get(json_object_get(body, "records"), 0));
	assert_non_null(record);
	json_decref(body);
	webhook_post_release(&p);
	sample_release(&s);
	target_release(&c);
	return record;
}

static void test_events(void **state)
{
	json_t *opened = event_of(NOTICE_OPENED);
	json_t *closed = event_of(NOTICE_CLOSED);
	json_t *info;
	const char *text = jsonx_str(opened, "additional_info");

	(void)state;
	assert_string_equal(jsonx_str(opened, "severity"), "2");
	assert_string_equal(jsonx_str(opened, "node"), "vm-web-1");
	assert_string_equal(jsonx_str(opened, "type"),
			    "VM_SuspiciousPowerShell");
	/* Text that is JSON, as the interface wants it. */
	info = jsonx_parse(text, strlen(text), 0, NULL);
	assert_string_equal(jsonx_str(info, "event"), "opened");
	json_decref(info);
	assert_string_equal(jsonx_str(closed, "severity"), "0");
	assert_string_equal(jsonx_str(closed, "message_key"),
			    jsonx_str(opened, "message_key"));
	json_decref(opened);
	json_decref(closed);
}

static void test_talks(void **state)
{
	static const struct {
		enum notice_kind kind;
		struct exchange rows[3];
	} talks[] = {
		{ NOTICE_OPENED,
		  { { "GET", TABLE "?sysparm_query=correlation_id%3D", NULL,
		      200, NONE },
		    { "POST", TABLE, "\"2\"", 201,
		      "{\"result\":{\"sys_id\":\"" ID "\"}}" } } },
		{ NOTICE_OPENED, { { "GET", TABLE, NULL, 200, OPEN } } },
		{ NOTICE_CLOSED,
		  { { "GET", TABLE, NULL, 200, OPEN },
		    { "PATCH", TABLE "/" ID, "\"6\"", 200, "{}" } } },
		{ NOTICE_CLOSED, { { "GET", TABLE, NULL, 200, NONE } } },
		{ NOTICE_ACKNOWLEDGED,
		  { { "GET", TABLE, NULL, 200, OPEN },
		    { "PATCH", TABLE "/" ID, "anna@example.org", 200,
		      "{}" } } },
		{ NOTICE_BREACHED,
		  { { "GET", TABLE, NULL, 200, NONE },
		    { "POST", TABLE, NULL, 201, "" } } },
	};
	struct target_conf c;

	(void)state;
	target_init(&c, false);
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++) {
		struct outcome_report r;

		dialogue_play(&c, talks[i].kind, talks[i].rows, &r);
		assert_int_equal(r.outcome, OUTCOME_SENT);
	}
	target_release(&c);
}

static void test_failures(void **state)
{
	static const struct {
		struct exchange rows[2];
		enum outcome outcome;
		const char *says;
	} cases[] = {
		{ { { "GET", TABLE, NULL, 200, "sleeping instance" } },
		  OUTCOME_RETRY,
		  "could not be understood" },
		{ { { "GET", TABLE, NULL, 200,
		      "{\"result\":[{\"sys_id\":\"../x\"}]}" } },
		  OUTCOME_RETRY,
		  "could not be understood" },
		{ { { "GET", TABLE, NULL, 403,
		      "{\"error\":{\"message\":\"no right\"}}" } },
		  OUTCOME_RETRY,
		  "no right" },
	};
	struct target_conf c;

	(void)state;
	target_init(&c, false);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct outcome_report r;

		dialogue_play(&c, NOTICE_UPDATED, cases[i].rows, &r);
		assert_int_equal(r.outcome, cases[i].outcome);
		assert_non_null(strstr(r.error, cases[i].says));
	}
	target_release(&c);
}

/* What the settings call a level. */
static void test_levels(void **state)
{
	struct target_conf c;
	struct talk talk = { .stage = 1, .kind = NOTICE_OPENED };
	struct webhook_post p;
	struct sample s;
	const struct talk_view view = { &c, &s.job };

	(void)state;
	target_init(&c, false);
	c.webhook.levels[SEVERITY_HIGH] = xstrdup("3/1");
	golden_sample(&s, NOTICE_OPENED);
	talk.format = format_find(FORMAT_SERVICENOW);
	webhook_post_init(&p, &talk, &view);
	assert_non_null(strstr(p.request.body, "\"impact\":\"3\""));
	assert_non_null(strstr(p.request.body, "\"urgency\":\"1\""));
	webhook_post_release(&p);
	free(c.webhook.levels[SEVERITY_HIGH]);
	sample_release(&s);
	target_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden), cmocka_unit_test(test_events),
		cmocka_unit_test(test_talks),  cmocka_unit_test(test_failures),
		cmocka_unit_test(test_levels),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
