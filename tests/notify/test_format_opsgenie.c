/* Alerts of Opsgenie and Jira Service Management; URLs and refusals. */
#include "notify/pager.h"

#include "notify/format_wire.h"
#include "notify/render_priv.h"

#define JSM "https://api.atlassian.com/jsm/ops/integration/v2/alerts"
/* The sample alert's key. */
#define ALIAS "16200860b55bdc6d45f130c7d11d9740"

static void target_init(struct target_conf *c, const char *url)
{
	memset(c, 0, sizeof(*c));
	c->webhook.format = FORMAT_OPSGENIE;
	c->webhook.key.value = pager_secret(PAGER_KEY);
	if (url)
		c->url.value = pager_secret(url);
	strlist_add(&c->webhook.responders, "Security Operations");
}

static void target_release(struct target_conf *c)
{
	secret_free(c->webhook.key.value);
	secret_free(c->url.value);
	strlist_release(&c->webhook.responders);
}

static void test_golden(void **state)
{
	struct target_conf c;

	(void)state;
	target_init(&c, NULL);
	for (int k = 0; k < GOLDEN_KINDS; k++)
		golden_check(&c, (enum notice_kind)k, 0, NULL);
	target_release(&c);
}

static void check_url(const char *url, enum notice_kind kind,
		      const char *expected)
{
	struct target_conf c;
	struct webhook_post p;
	struct sample s;
	const struct talk_view view = { &c, &s.job };
	struct talk t;

	target_init(&c, url);
	golden_sample(&s, kind);
	talk_begin(&t, FORMAT_OPSGENIE, kind);
	webhook_post_init(&p, &t, &view);
	assert_string_equal(p.request.url, expected);
	webhook_post_release(&p);
	sample_release(&s);
	target_release(&c);
}

/* A path for each verb, below whatever address the settings have. */
static void test_paths(void **state)
{
	(void)state;
	check_url(NULL, NOTICE_OPENED, "https://api.opsgenie.com/v2/alerts");
	check_url(NULL, NOTICE_ACKNOWLEDGED,
		  "https://api.opsgenie.com/v2/alerts/" ALIAS
		  "/acknowledge?identifierType=alias");
	check_url(JSM, NOTICE_OPENED, JSM);
	check_url(JSM, NOTICE_CLOSED,
		  JSM "/" ALIAS "/close?identifierType=alias");
	check_url(JSM "//", NOTICE_CLOSED,
		  JSM "/" ALIAS "/close?identifierType=alias");
	check_url(JSM "?site=7", NOTICE_CLOSED,
		  JSM "/" ALIAS "/close?identifierType=alias&site=7");
	check_url(JSM, NOTICE_DIGEST, JSM);
}

/* An acknowledgement that ran out here is taken back there, too. */
static void test_calls_again(void **state)
{
	struct target_conf c;
	struct webhook_post p;
	struct outcome_report r;
	struct sample s;
	const struct talk_view view = { &c, &s.job };
	struct talk t;

	(void)state;
	target_init(&c, JSM);
	golden_sample(&s, NOTICE_ESCALATED);
	s.job.was_taken = true;
	talk_begin(&t, FORMAT_OPSGENIE, NOTICE_ESCALATED);
	talk_plan(&t, &s.job);
	webhook_post_init(&p, &t, &view);
	assert_string_equal(p.request.url, JSM);
	webhook_post_release(&p);
	assert_true(pager_hear(&t, &c, 202, "{}", &r));
	webhook_post_init(&p, &t, &view);
	assert_string_equal(p.request.url, JSM
			    "/" ALIAS "/unacknowledge?identifierType=alias");
	webhook_post_release(&p);
	assert_false(pager_hear(&t, &c, 202, "{}", &r));
	assert_int_equal(r.outcome, OUTCOME_SENT);
	sample_release(&s);
	target_release(&c);
}

/* A summary is closed with the last of its alerts, a digest at once. */
static void test_what_ends(void **state)
{
	static const char key[] = "0123456789abcdef0123456789abcdef";
	static const struct {
		enum notice_kind kind;
		size_t n_over;
		int n_more;
	} rows[] = { { NOTICE_OPENED, 0, 0 },  { NOTICE_CLOSED, 0, 0 },
		     { NOTICE_CLOSED, 1, 1 },  { NOTICE_DIGEST, 0, 1 },
		     { NOTICE_SILENCE, 0, 1 }, { NOTICE_TEST, 0, 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct target_conf c;
		struct webhook_post p;
		struct outcome_report r;
		struct sample s;
		const struct talk_view view = { &c, &s.job };
		struct talk t;
		int n = 0;

		target_init(&c, JSM);
		golden_sample(&s, rows[i].kind);
		s.job.cause = NOISE_DIGEST;
		if (rows[i].n_over > 0)
			strlist_add(&s.job.over, key);
		talk_begin(&t, FORMAT_OPSGENIE, rows[i].kind);
		talk_plan(&t, &s.job);
		while (pager_hear(&t, &c, 202, "{}", &r))
			n++;
		assert_int_equal(n, rows[i].n_more);
		webhook_post_init(&p, &t, &view);
		assert_true(n == 0 || strstr(p.request.url, "/close?"));
		if (rows[i].n_over > 0)
			assert_non_null(strstr(p.request.url, key));
		webhook_post_release(&p);
		strlist_release(&s.job.over);
		sample_release(&s);
		target_release(&c);
	}
}

static void test_levels(void **state)
{
	static const char *const words[] = { "P5", "P4", "P3", "P2", "P1" };
	static char own[] = "P1";
	struct target_conf c;
	struct sample s;

	(void)state;
	target_init(&c, NULL);
	for (int i = 0; i < 2 * SEVERITY_MAX; i++) {
		bool override = i >= SEVERITY_MAX;
		json_t *body;

		c.webhook.levels[i % SEVERITY_MAX] = override ? own : NULL;
		golden_sample(&s, NOTICE_OPENED);
		s.alert.view.tracked.severity = i % SEVERITY_MAX;
		body = pager_body(&c, &s, false, NULL);
		assert_string_equal(jsonx_str(body, "priority"),
				    override ? own : words[i]);
		json_decref(body);
		sample_release(&s);
	}
	target_release(&c);
}

static void test_hostile(void **state)
{
	struct target_conf c;
	struct sample s;

	(void)state;
	target_init(&c, NULL);
	for (int k = 0; k < NOTICE_KIND_MAX; k++) {
		json_t *body;

		golden_sample(&s, (enum notice_kind)k);
		sample_make_hostile(&s);
		body = pager_body(&c, &s, false, NULL);
		pager_check_texts(body, 15000);
		json_decref(body);
		sample_release(&s);
	}
	target_release(&c);
}

static void check_limits(json_t *body)
{
	static const struct {
		const char *name;
		size_t max;
	} limits[] = {
		{ "message", 130 }, { "description", 15000 }, { "alias", 512 },
		{ "entity", 512 },  { "source", 100 },	      { "user", 100 },
		{ "note", 25000 },
	};
	json_t *tags = json_object_get(body, "tags");

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		const char *text = jsonx_str(body, limits[i].name);

		assert_true(!text || utf8_length(text) <= limits[i].max);
	}
	assert_true(json_array_size(tags) <= 20);
	pager_check_texts(tags, 50);
	assert_true(pager_check_texts(json_object_get(body, "details"), 1300) <=
		    8000);
}

static void test_huge(void **state)
{
	static const enum notice_kind kinds[] = { NOTICE_BREACHED,
						  NOTICE_ACKNOWLEDGED,
						  NOTICE_CLOSED,
						  NOTICE_DIGEST };
	struct target_conf c;
	struct sample s;
	size_t len;

	(void)state;
	target_init(&c, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		json_t *body;

		golden_sample(&s, kinds[i]);
		sample_make_huge(&s);
		sample_set(&s.alert.view.tracked.closed_by,
			   s.alert.view.alert.title);
		sample_set(&s.alert.view.tracked.acknowledged_by,
			   s.alert.view.alert.title);
		body = pager_body(&c, &s, false, &len);
		assert_true(len < 120000);
		check_limits(body);
		json_decref(body);
		body = pager_body(&c, &s, true, &len);
		assert_true(len < 2000);
		assert_null(json_object_get(body, "details"));
		json_decref(body);
		sample_release(&s);
	}
	target_release(&c);
}

/* A digest as long as one can get. */
static void test_long_digest(void **state)
{
	struct render_alert alerts[300];
	struct target_conf c;
	struct sample s;
	json_t *body;

	(void)state;
	target_init(&c, NULL);
	golden_sample(&s, NOTICE_DIGEST);
	sample_make_huge(&s);
	s.alert.view.tracked.severity = SEVERITY_CRITICAL;
	for (size_t i = 0; i < ARRAY_SIZE(alerts); i++)
		alerts[i] = s.alert;
	s.job.alerts = alerts;
	s.job.n_alerts = s.job.n_total = ARRAY_SIZE(alerts);
	body = pager_body(&c, &s, false, NULL);
	assert_int_equal(utf8_length(jsonx_str(body, "description")), 15000);
	check_limits(body);
	json_decref(body);
	sample_release(&s);
	target_release(&c);
}

static void test_answers(void **state)
{
	static const struct pager_answer answers[] = {
		{ 202,
		  "{\"result\":\"Request will be processed\",\"took\":0.1,"
		  "\"requestId\":\"r\"}",
		  OUTCOME_SENT, NULL },
		{ 202, "", OUTCOME_SENT, NULL },
		{ 200, "<html>Please sign in</html>", OUTCOME_RETRY,
		  "in between" },
		{ 422,
		  "{\"message\":\"Request body is not processable.\","
		  "\"errors\":{\"alias\":\"Alias is too long\",\"x\":{}},"
		  "\"took\":0.0}",
		  OUTCOME_DEAD,
		  "HTTP 422: refused (Request body is not processable.; "
		  "alias: Alias is too long)" },
		{ 422, "{\"message\":\"Key " PAGER_KEY " is bad\"}",
		  OUTCOME_DEAD, "(Key [secret] is bad)" },
		{ 429, "{}", OUTCOME_RETRY, "too many" },
		{ 403, "{}", OUTCOME_RETRY, "credentials refused" },
		{ 503, "", OUTCOME_RETRY, "HTTP 503" },
	};
	struct target_conf c;

	(void)state;
	target_init(&c, NULL);
	pager_check_answers(&c, answers, ARRAY_SIZE(answers));
	target_release(&c);
}

/* ---- wire ---- */

static void test_extend_url(void **state)
{
	static const struct {
		const char *url, *path, *expected;
	} cases[] = {
		{ "https://h", "a/b", "https://h/a/b" },
		{ "https://h/", "a", "https://h/a" },
		{ "https://h/p//", "a", "https://h/p/a" },
		{ "https://h/p?k=v", "a", "https://h/p/a?k=v" },
		{ "https://h/p?k=v#f", "a?x=y", "https://h/p/a?x=y&k=v" },
		{ "https://h/p#f?k", "a", "https://h/p/a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct strbuf url = STRBUF_INIT;

		strbuf_addstr(&url, cases[i].url);
		wire_extend_url(&url, cases[i].path);
		assert_string_equal(url.buf, cases[i].expected);
		strbuf_release(&url);
	}
}

static void test_escape(void **state)
{
	struct strbuf sb = STRBUF_INIT;

	(void)state;
	wire_add_escaped(&sb, "aZ09-._~/?&%\xc3\xa9\n");
	assert_string_equal(sb.buf, "aZ09-._~%2F%3F%26%25%C3%A9%0A");
	strbuf_release(&sb);
}

/* Long, many and wrongly typed: one line that fits. */
static void test_explain_is_bounded(void **state)
{
	struct outcome_report r = { .error = "https://h answered HTTP 400" };
	struct xfer_reply reply = { .status = 400, .body = STRBUF_INIT };
	json_t *root = json_object(), *errors = json_array();
	char *text = sample_long_text(5000);

	(void)state;
	for (int i = 0; i < 1000; i++)
		json_array_append_new(errors, json_string(text));
	json_object_set_new(root, "message", json_integer(7));
	json_object_set_new(root, "errors", errors);
	wire_explain(&r, &reply, root, NULL);
	assert_true(utf8_valid(r.error, strlen(r.error)));
	assert_true(strlen(r.error) > 100);
	assert_null(strchr(r.error, '\n'));
	json_decref(root);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_calls_again),
		cmocka_unit_test(test_what_ends),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_long_digest),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_extend_url),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_explain_is_bounded),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
