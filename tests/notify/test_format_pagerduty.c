/* Events of PagerDuty, and the texts that pagers share. */
#include "notify/pager.h"

#include "notify/format_facts.h"
#include "notify/render_priv.h"

static void target_init(struct target_conf *c)
{
	memset(c, 0, sizeof(*c));
	c->webhook.format = FORMAT_PAGERDUTY;
	c->webhook.key.value = pager_secret(PAGER_KEY);
}

static void target_release(struct target_conf *c)
{
	secret_free(c->webhook.key.value);
	secret_free(c->url.value);
}

static const char *payload_str(json_t *body, const char *name)
{
	return jsonx_str(json_object_get(body, "payload"), name);
}

static void test_golden(void **state)
{
	struct target_conf c;

	(void)state;
	target_init(&c);
	for (int k = 0; k < GOLDEN_KINDS; k++)
		golden_check(&c, (enum notice_kind)k, 0, NULL);
	target_release(&c);
}

/* One incident from the first event to the last. */
static void test_one_key_for_its_life(void **state)
{
	static const struct {
		enum notice_kind kind;
		const char *action;
	} cases[] = {
		{ NOTICE_OPENED, "trigger" },
		{ NOTICE_ESCALATED, "trigger" },
		{ NOTICE_UPDATED, "trigger" },
		{ NOTICE_WARNING, "trigger" },
		{ NOTICE_BREACHED, "trigger" },
		{ NOTICE_ACKNOWLEDGED, "acknowledge" },
		{ NOTICE_CLOSED, "resolve" },
		{ NOTICE_REOPENED, "trigger" },
	};
	char key[RENDER_KEY_SIZE];
	struct target_conf c;
	struct sample s;

	(void)state;
	target_init(&c);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *body;

		golden_sample(&s, cases[i].kind);
		assert_true(render_alert_key(&s.alert, key));
		body = pager_body(&c, &s, false, NULL);
		assert_string_equal(jsonx_str(body, "event_action"),
				    cases[i].action);
		assert_string_equal(jsonx_str(body, "dedup_key"), key);
		assert_string_equal(jsonx_str(body, "routing_key"), PAGER_KEY);
		json_decref(body);
		sample_release(&s);
	}
	target_release(&c);
}

/* Each event of a notice, as "action KEY8" in one line; every one accepted. */
static void events_of(const struct target_conf *c, struct sample *s,
		      struct strbuf *out)
{
	static const char accepted[] = "{\"status\":\"success\"}";
	const struct talk_view view = { c, &s->job };
	struct outcome_report r;
	struct talk talk;
	bool more = true;

	talk_begin(&talk, c->webhook.format, s->notice.kind);
	talk_plan(&talk, &s->job);
	while (more) {
		struct webhook_post p;
		json_t *body;

		webhook_post_init(&p, &talk, &view);
		body = jsonx_parse_unique(p.request.body, p.request.body_len, 0,
					  NULL);
		assert_int_equal(strlen(jsonx_str(body, "dedup_key")),
				 RENDER_KEY_SIZE - 1);
		strbuf_addf(out, "%s%s %.4s", out->len ? ", " : "",
			    jsonx_str(body, "event_action"),
			    jsonx_str(body, "dedup_key"));
		json_decref(body);
		webhook_post_release(&p);
		more = pager_hear(&talk, c, 202, accepted, &r);
		assert_int_equal(r.outcome, OUTCOME_SENT);
	}
}

static void test_what_ends(void **state)
{
	static const struct {
		enum notice_kind kind;
		enum noise_cause cause;
		bool was_taken;
		size_t n_over;
		const char *events; /* A: the alert's key, N: the notice's */
	} rows[] = {
		{ NOTICE_OPENED, 0, false, 0, "trigger A" },
		{ NOTICE_ESCALATED, 0, false, 0, "trigger A" },
		{ NOTICE_ESCALATED, 0, true, 0, "resolve A, trigger A" },
		{ NOTICE_UPDATED, 0, true, 0, "resolve A, trigger A" },
		{ NOTICE_CLOSED, 0, false, 0, "resolve A" },
		{ NOTICE_CLOSED, 0, false, 2,
		  "resolve A, resolve bbbb, resolve cccc" },
		{ NOTICE_DIGEST, NOISE_STORM, false, 0, "trigger N" },
		{ NOTICE_DIGEST, NOISE_IMPORT, false, 0, "trigger N" },
		{ NOTICE_DIGEST, NOISE_DIGEST, false, 0,
		  "trigger N, resolve N" },
		{ NOTICE_SILENCE, 0, false, 0, "trigger N, resolve N" },
		{ NOTICE_TEST, 0, false, 0, "trigger N" },
	};
	struct target_conf c;

	(void)state;
	target_init(&c);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf want = STRBUF_INIT;
		CLEANUP(strbuf_release) struct strbuf got = STRBUF_INIT;
		char alert_key[RENDER_KEY_SIZE], key[NOTICE_KEY_SIZE];
		struct sample s;

		golden_sample(&s, rows[i].kind);
		assert_true(render_alert_key(&s.alert, alert_key));
		s.job.cause = rows[i].cause;
		s.job.was_taken = rows[i].was_taken;
		for (size_t n = 0; n < rows[i].n_over; n++) {
			memset(key, 'b' + (int)n, sizeof(key));
			key[sizeof(key) - 1] = '\0';
			strlist_add(&s.job.over, key);
		}
		events_of(&c, &s, &got);
		for (const char *p = rows[i].events; *p; p++) {
			if (*p == 'A' || *p == 'N')
				strbuf_addf(&want, "%.4s",
					    *p == 'A' ? alert_key
						      : s.notice.key);
			else
				strbuf_addch(&want, *p);
		}
		assert_string_equal(got.buf, want.buf);
		strlist_release(&s.job.over);
		sample_release(&s);
	}
	target_release(&c);
}

static void test_levels(void **state)
{
	static const char *const words[] = { "info", "info", "warning", "error",
					     "critical" };
	static char own[] = "critical";
	struct target_conf c;
	struct sample s;

	(void)state;
	target_init(&c);
	for (int i = 0; i < 2 * SEVERITY_MAX; i++) {
		bool override = i >= SEVERITY_MAX;
		json_t *body;

		c.webhook.levels[i % SEVERITY_MAX] = override ? own : NULL;
		golden_sample(&s, NOTICE_OPENED);
		s.alert.view.tracked.severity = i % SEVERITY_MAX;
		body = pager_body(&c, &s, false, NULL);
		assert_string_equal(payload_str(body, "severity"),
				    override ? own : words[i]);
		json_decref(body);
		sample_release(&s);
	}
	target_release(&c);
}

static void test_links(void **state)
{
	struct target_conf c;
	struct sample s;
	json_t *body, *links;

	(void)state;
	target_init(&c);
	golden_sample(&s, NOTICE_OPENED);
	s.job.ack_url = "https://triage.example.org/a/T0K3N";
	s.job.ack_code = "42-K7PMX";
	body = pager_body(&c, &s, false, NULL);
	links = json_object_get(body, "links");
	assert_int_equal(json_array_size(links), 2);
	assert_string_equal(jsonx_str(json_array_get(links, 0), "href"),
			    s.job.ack_url);
	assert_string_equal(jsonx_str(json_array_get(links, 1), "href"),
			    s.alert.view.alert.portal_url);
	assert_string_equal(jsonx_str(body, "client_url"),
			    s.alert.view.alert.portal_url);
	json_decref(body);
	sample_set(&s.alert.view.alert.portal_url, "javascript:alert(1)");
	s.job.ack_url = NULL;
	body = pager_body(&c, &s, false, NULL);
	assert_null(json_object_get(body, "links"));
	assert_null(json_object_get(body, "client_url"));
	json_decref(body);
	sample_release(&s);
	target_release(&c);
}

static void test_hostile(void **state)
{
	static const enum notice_kind kinds[] = {
		NOTICE_OPENED, NOTICE_ESCALATED, NOTICE_CLOSED, NOTICE_DIGEST
	};
	struct target_conf c;
	struct sample s;

	(void)state;
	target_init(&c);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		json_t *body;

		golden_sample(&s, kinds[i]);
		sample_make_hostile(&s);
		body = pager_body(&c, &s, false, NULL);
		pager_check_texts(body, 20000);
		json_decref(body);
		sample_release(&s);
	}
	target_release(&c);
}

static void test_huge(void **state)
{
	struct target_conf c;
	struct sample s;
	json_t *body, *facts;
	size_t len, brief;

	(void)state;
	target_init(&c);
	golden_sample(&s, NOTICE_ESCALATED);
	sample_make_huge(&s);
	body = pager_body(&c, &s, false, &len);
	assert_true(len < 100000);
	assert_true(utf8_length(payload_str(body, "summary")) <= 1024);
	assert_true(utf8_length(payload_str(body, "source")) <= 255);
	facts = json_object_get(json_object_get(body, "payload"),
				"custom_details");
	assert_true(pager_check_texts(facts, 4000) <= 20000);
	assert_string_equal(jsonx_str(facts, "description") +
				    strlen(jsonx_str(facts, "description")) - 3,
			    "\xe2\x80\xa6");
	json_decref(body);
	body = pager_body(&c, &s, true, &brief);
	assert_true(brief < 4096);
	assert_true(
		json_is_string(json_object_get(json_object_get(body, "payload"),
					       "custom_details")));
	assert_non_null(payload_str(body, "summary"));
	assert_non_null(payload_str(body, "source"));
	assert_null(json_object_get(body, "links"));
	json_decref(body);
	sample_release(&s);
	target_release(&c);
}

/* A key that cannot be one: still JSON, and the receiver refuses it. */
static void test_odd_key(void **state)
{
	struct target_conf c = {
		.webhook.format = FORMAT_PAGERDUTY,
		.webhook.key.value = pager_secret("a\"b\\c\xff{"),
	};
	struct sample s;
	json_t *body;

	(void)state;
	golden_sample(&s, NOTICE_CLOSED);
	body = pager_body(&c, &s, false, NULL);
	assert_string_equal(jsonx_str(body, "routing_key"), "a\"b\\c\xc3\xbf{");
	json_decref(body);
	sample_release(&s);
	target_release(&c);
}

static void test_source_is_never_empty(void **state)
{
	struct target_conf c;
	struct sample s;
	json_t *body;

	(void)state;
	target_init(&c);
	golden_sample(&s, NOTICE_TEST);
	body = pager_body(&c, &s, false, NULL);
	assert_string_equal(payload_str(body, "source"), "triage-1");
	assert_string_equal(jsonx_str(body, "dedup_key"),
			    "0123456789abcdef0123456789abcdef");
	json_decref(body);
	s.job.host = NULL;
	body = pager_body(&c, &s, false, NULL);
	assert_string_equal(payload_str(body, "source"), "triaged");
	json_decref(body);
	sample_release(&s);
	target_release(&c);
}

static void test_answers(void **state)
{
	static const struct pager_answer answers[] = {
		{ 202,
		  "{\"status\":\"success\",\"message\":\"Event processed\","
		  "\"dedup_key\":\"k\"}",
		  OUTCOME_SENT, NULL },
		{ 202,
		  "{\"status\":\"invalid event\",\"message\":\"no\","
		  "\"errors\":[\"bad key\"]}",
		  OUTCOME_DEAD, "refused the event (no; bad key)" },
		{ 200, "<html>Please sign in</html>", OUTCOME_RETRY,
		  "in between" },
		{ 202, "", OUTCOME_RETRY, "in between" },
		{ 202, "[]", OUTCOME_RETRY, "in between" },
		{ 400,
		  "{\"status\":\"invalid event\",\"message\":\"Event object is "
		  "invalid\",\"errors\":[\"'payload.source' is missing\", 7, "
		  "\"'" PAGER_KEY "' is \\u001b[31mwrong\"]}",
		  OUTCOME_DEAD,
		  "HTTP 400: refused (Event object is invalid; "
		  "'payload.source' is missing; '[secret]' is [31mwrong)" },
		{ 400, "<html>", OUTCOME_DEAD, "HTTP 400: refused" },
		{ 400, "plain words\r\nof it", OUTCOME_DEAD,
		  "(plain words of it)" },
		{ 413, "", OUTCOME_DEAD, "too large" },
		{ 429, "", OUTCOME_RETRY, "too many" },
		{ 500, "x", OUTCOME_RETRY, "HTTP 500" },
		{ 410, "", OUTCOME_DISABLE, "gone" },
	};
	struct target_conf c;
	struct outcome_report r;
	struct talk t;

	(void)state;
	target_init(&c);
	pager_check_answers(&c, answers, ARRAY_SIZE(answers));
	/* Once more with less, before it is given up. */
	talk_begin(&t, FORMAT_PAGERDUTY, NOTICE_OPENED);
	assert_true(pager_hear(&t, &c, 413, "", &r));
	assert_true(t.shorten);
	target_release(&c);
}

/* It knows its own address; another one is for accounts in the EU. */
static void test_addresses(void **state)
{
	static const char *const urls[] = {
		"https://events.pagerduty.com/v2/enqueue",
		"https://events.eu.pagerduty.com/v2/enqueue",
	};
	struct target_conf c;
	struct webhook_post p;
	struct err err = ERR_INIT;
	struct sample s;
	const struct talk_view view = { &c, &s.job };
	struct talk t;

	(void)state;
	target_init(&c);
	golden_sample(&s, NOTICE_OPENED);
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		if (i > 0)
			c.url.value = pager_secret(urls[i]);
		assert_int_equal(webhook_check_target(&c, &err), 0);
		talk_begin(&t, FORMAT_PAGERDUTY, NOTICE_OPENED);
		webhook_post_init(&p, &t, &view);
		assert_string_equal(p.request.url, urls[i]);
		assert_string_equal(p.request.method, "POST");
		webhook_post_release(&p);
	}
	sample_release(&s);
	target_release(&c);
}

/* ---- facts ---- */

static void test_facts_that_do_not_fit_are_left_out(void **state)
{
	static const struct facts_limits small = { 20, 0, 100 };
	struct sample s;
	json_t *facts;

	(void)state;
	golden_sample(&s, NOTICE_OPENED);
	facts = format_facts(&s.job, &s.alert, &small);
	assert_true(pager_check_texts(facts, 20) <= 100);
	assert_string_equal(jsonx_str(facts, "alert_id"), "42");
	assert_null(json_object_get(facts, "description"));
	json_decref(facts);
	sample_release(&s);
}

static void test_facts_offer_an_answer(void **state)
{
	static const struct facts_limits limits = { 200, 200, 8000 };
	struct sample s;
	json_t *facts;

	(void)state;
	golden_sample(&s, NOTICE_OPENED);
	s.job.ack_url = "https://triage.example.org/a/T0K3N";
	s.job.ack_code = "42-K7PMX";
	facts = format_facts(&s.job, &s.alert, &limits);
	assert_string_equal(jsonx_str(facts, "acknowledge_url"), s.job.ack_url);
	assert_string_equal(jsonx_str(facts, "acknowledge_command"),
			    "triagectl ack 42-K7PMX");
	assert_null(json_object_get(facts, "late"));
	s.job.now_ms += 10 * SAMPLE_MINUTE_MS;
	s.alert.view.tracked.state = ALERT_CLOSED;
	json_decref(facts);
	facts = format_facts(&s.job, &s.alert, &limits);
	assert_null(json_object_get(facts, "acknowledge_url"));
	assert_null(json_object_get(facts, "acknowledge_command"));
	assert_non_null(strstr(jsonx_str(facts, "late"), "10 min late"));
	json_decref(facts);
	sample_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_one_key_for_its_life),
		cmocka_unit_test(test_what_ends),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_odd_key),
		cmocka_unit_test(test_source_is_never_empty),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_facts_that_do_not_fit_are_left_out),
		cmocka_unit_test(test_facts_offer_an_answer),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
