/* Alerts pushed to an Alertmanager, and its webhook document. */
#include "notify/pager.h"

#include "notify/format_alertmanager.h"
#include "notify/render_priv.h"
#include "util/timefmt.h"

#define URL "https://alerts.example.org/prefix"
#define SAMPLE_FINGERPRINT "464e0936686ed2d7"
#define NO_TIME "0001-01-01T00:00:00Z"

static void target_init(struct target_conf *c, enum webhook_format f)
{
	memset(c, 0, sizeof(*c));
	c->webhook.format = f;
	c->url.value = pager_secret(URL);
}

static void target_release(struct target_conf *c)
{
	secret_free(c->url.value);
	secret_free(c->webhook.token.value);
}

static void test_golden(void **state)
{
	static const enum webhook_format formats[] = {
		FORMAT_ALERTMANAGER, FORMAT_ALERTMANAGER_WEBHOOK
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct target_conf c;

		target_init(&c, formats[i]);
		for (int k = 0; k < GOLDEN_KINDS; k++)
			golden_check(&c, (enum notice_kind)k, 0, NULL);
		target_release(&c);
	}
}

/* The push of @s; the caller drops it. */
static json_t *push(struct sample *s)
{
	struct target_conf c;
	json_t *body;

	target_init(&c, FORMAT_ALERTMANAGER);
	body = pager_body(&c, s, false, NULL);
	assert_true(json_is_array(body));
	target_release(&c);
	return body;
}

static const char *label(json_t *alert, const char *name)
{
	return jsonx_str(json_object_get(alert, "labels"), name);
}

static int64_t instant(json_t *alert, const char *name)
{
	const char *text = jsonx_str(alert, name);
	int64_t ms = 0;

	assert_non_null(text);
	assert_int_equal(timefmt_parse(text, strlen(text), &ms), 1);
	return ms;
}

/* What an alert is known by there does not change while it lives. */
static void test_labels_stay(void **state)
{
	json_t *first = NULL;

	(void)state;
	for (int k = 0; k <= NOTICE_REOPENED; k++) {
		struct sample s;
		json_t *body;

		golden_sample(&s, (enum notice_kind)k);
		/* The copy of another day, with other words. */
		if (k > 0) {
			sample_set(&s.alert.view.alert.title, "Another title");
			sample_set(&s.alert.view.alert.source, "graph");
			sample_set(&s.alert.view.tracked.owner, "anna");
		}
		body = push(&s);
		if (!first)
			first = json_incref(
				json_object_get(json_array_get(body, 0),
						"labels"));
		assert_true(json_equal(first,
				       json_object_get(json_array_get(body, 0),
						       "labels")));
		json_decref(body);
		sample_release(&s);
	}
	json_decref(first);
}

static void test_levels(void **state)
{
	static const char *const words[] = { "info", "low", "medium", "high",
					     "critical" };
	static char own[] = "page";
	struct target_conf c;
	struct sample s;

	(void)state;
	target_init(&c, FORMAT_ALERTMANAGER);
	for (int i = 0; i < 2 * SEVERITY_MAX; i++) {
		bool override = i >= SEVERITY_MAX;
		json_t *body;

		c.webhook.levels[i % SEVERITY_MAX] = override ? own : NULL;
		golden_sample(&s, NOTICE_OPENED);
		s.alert.view.tracked.severity = i % SEVERITY_MAX;
		body = pager_body(&c, &s, false, NULL);
		assert_string_equal(label(json_array_get(body, 0), "severity"),
				    override ? own : words[i]);
		json_decref(body);
		sample_release(&s);
	}
	target_release(&c);
}

/* Told again and again, by whoever is first: what belongs to one message is not
 * in it. */
static void test_annotations_are_of_the_alert(void **state)
{
	struct sample s;
	json_t *first, *again;

	(void)state;
	golden_sample(&s, NOTICE_OPENED);
	s.job.ack_url = "https://triage.example.org/a/T0K3N";
	s.job.ack_code = "42-K7PMX";
	s.notice.maybe_duplicate = true;
	first = push(&s);
	s.job.ack_url = s.job.ack_code = NULL;
	s.notice.maybe_duplicate = false;
	s.notice.kind = NOTICE_DIGEST;
	sample_set(&s.notice.reason, "another one");
	again = push(&s);
	assert_true(json_equal(first, again));
	json_decref(first);
	json_decref(again);
	sample_release(&s);
}

static void test_times(void **state)
{
	struct sample s;
	json_t *body, *alert;

	(void)state;
	golden_sample(&s, NOTICE_OPENED);
	s.job.now_ms += 7 * SAMPLE_MINUTE_MS;
	body = push(&s);
	alert = json_array_get(body, 0);
	assert_int_equal(instant(alert, "startsAt"), SAMPLE_NOW_MS);
	assert_int_equal(instant(alert, "endsAt"),
			 s.job.now_ms + 5 * SAMPLE_MINUTE_MS);
	json_decref(body);
	s.alert.view.tracked.state = ALERT_CLOSED;
	s.alert.view.tracked.closed_ms = SAMPLE_NOW_MS + SAMPLE_MINUTE_MS;
	body = push(&s);
	assert_int_equal(instant(json_array_get(body, 0), "endsAt"),
			 SAMPLE_NOW_MS + SAMPLE_MINUTE_MS);
	json_decref(body);
	/* Closed by a clock that had been put back. */
	s.alert.view.tracked.closed_ms = SAMPLE_NOW_MS - SAMPLE_MINUTE_MS;
	body = push(&s);
	assert_int_equal(instant(json_array_get(body, 0), "endsAt"),
			 SAMPLE_NOW_MS);
	json_decref(body);
	sample_release(&s);
}

/* No end will follow a test: it ends by itself, but not before it is seen. */
static void test_a_test_ends_by_itself(void **state)
{
	struct sample s;
	json_t *body;

	(void)state;
	golden_sample(&s, NOTICE_TEST);
	body = push(&s);
	assert_string_equal(label(json_array_get(body, 0), "alertname"),
			    "TriagedTest");
	assert_int_equal(instant(json_array_get(body, 0), "endsAt"),
			 SAMPLE_NOW_MS + 60 * SAMPLE_MINUTE_MS);
	json_decref(body);
	sample_release(&s);
}

/* ---- several ---- */

static void sample_several(struct sample *s, struct render_alert *alerts,
			   size_t n)
{
	golden_sample(s, NOTICE_DIGEST);
	for (size_t i = 0; i < n; i++) {
		sample_alert_init(&alerts[i]);
		alerts[i].view.tracked.id = (int64_t)i + 1;
		free(alerts[i].view.alert.native_id);
		alerts[i].view.alert.native_id = xasprintf("native-%zu", i);
	}
	s->job.alerts = alerts;
	s->job.n_alerts = n;
	s->job.n_total = (int64_t)n + 3;
}

static void several_release(struct sample *s, struct render_alert *alerts,
			    size_t n)
{
	for (size_t i = 0; i < n; i++)
		alert_view_release(&alerts[i].view);
	sample_release(s);
}

/* Grouping is the Alertmanager's work: a digest is the alerts in it. */
static void test_a_digest_is_its_alerts(void **state)
{
	struct render_alert alerts[ALERTMANAGER_BATCH + 20];
	size_t n = ARRAY_SIZE(alerts);
	struct sample s;
	json_t *body;

	(void)state;
	sample_several(&s, alerts, n);
	alerts[0].view.tracked.severity = SEVERITY_CRITICAL;
	alerts[1].view.tracked.severity = SEVERITY_LOW;
	body = push(&s);
	assert_int_equal(json_array_size(body), ALERTMANAGER_BATCH);
	assert_string_equal(label(json_array_get(body, 0), "severity"),
			    "critical");
	assert_string_equal(label(json_array_get(body, 1), "severity"), "low");
	assert_string_not_equal(label(json_array_get(body, 0), "alert_key"),
				label(json_array_get(body, 1), "alert_key"));
	json_decref(body);
	s.job.n_alerts = 0;
	body = push(&s);
	assert_int_equal(json_array_size(body), 1);
	assert_string_equal(label(json_array_get(body, 0), "alertname"),
			    "TriagedDigest");
	json_decref(body);
	several_release(&s, alerts, n);
}

static void test_document_of_several(void **state)
{
	struct target_conf c;
	struct render_alert alerts[3];
	struct sample s;
	json_t *body, *list;
	int64_t truncated;

	(void)state;
	target_init(&c, FORMAT_ALERTMANAGER_WEBHOOK);
	sample_several(&s, alerts, 3);
	alerts[2].view.tracked.state = ALERT_CLOSED;
	alerts[2].view.tracked.closed_ms = SAMPLE_NOW_MS;
	body = pager_body(&c, &s, false, NULL);
	list = json_object_get(body, "alerts");
	assert_string_equal(jsonx_str(body, "status"), "firing");
	assert_string_equal(jsonx_str(json_array_get(list, 0), "status"),
			    "firing");
	assert_string_equal(jsonx_str(json_array_get(list, 0), "endsAt"),
			    NO_TIME);
	assert_string_equal(jsonx_str(json_array_get(list, 2), "status"),
			    "resolved");
	assert_true(jsonx_int(body, "truncatedAlerts", &truncated));
	assert_int_equal(truncated, 3);
	assert_string_equal(jsonx_str(json_object_get(body, "commonLabels"),
				      "severity"),
			    "high");
	assert_null(
		jsonx_str(json_object_get(body, "commonLabels"), "alert_key"));
	json_decref(body);
	several_release(&s, alerts, 3);
	target_release(&c);
}

/* The same as Alertmanager itself makes of these labels. */
static void test_fingerprint(void **state)
{
	struct target_conf c;
	struct sample s;
	json_t *body, *alert;

	(void)state;
	target_init(&c, FORMAT_ALERTMANAGER_WEBHOOK);
	golden_sample(&s, NOTICE_OPENED);
	body = pager_body(&c, &s, false, NULL);
	alert = json_array_get(json_object_get(body, "alerts"), 0);
	assert_string_equal(jsonx_str(alert, "fingerprint"),
			    SAMPLE_FINGERPRINT);
	json_decref(body);
	sample_release(&s);
	target_release(&c);
}

/* ---- hostile ---- */

static void check_texts(enum webhook_format f, void (*make)(struct sample *s),
			bool shorten, size_t max_len)
{
	for (int k = 0; k < NOTICE_KIND_MAX; k++) {
		struct target_conf c;
		struct sample s;
		json_t *body;
		size_t len;

		target_init(&c, f);
		golden_sample(&s, (enum notice_kind)k);
		make(&s);
		body = pager_body(&c, &s, shorten, &len);
		pager_check_texts(body, 1300);
		assert_true(len <= max_len);
		json_decref(body);
		sample_release(&s);
		target_release(&c);
	}
}

static void test_hostile_and_huge(void **state)
{
	static const enum webhook_format formats[] = {
		FORMAT_ALERTMANAGER, FORMAT_ALERTMANAGER_WEBHOOK
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		check_texts(formats[i], sample_make_hostile, false, 20000);
		check_texts(formats[i], sample_make_huge, false, 70000);
		check_texts(formats[i], sample_make_huge, true, 6000);
	}
}

/* A link that could be anything is none. */
static void test_links(void **state)
{
	struct sample s;
	json_t *body;

	(void)state;
	golden_sample(&s, NOTICE_OPENED);
	body = push(&s);
	assert_string_equal(jsonx_str(json_array_get(body, 0), "generatorURL"),
			    s.alert.view.alert.portal_url);
	json_decref(body);
	sample_set(&s.alert.view.alert.portal_url, "http://evil.example/");
	body = push(&s);
	assert_null(json_object_get(json_array_get(body, 0), "generatorURL"));
	json_decref(body);
	sample_release(&s);
}

static void test_paths(void **state)
{
	static const struct {
		const char *url, *expected;
	} cases[] = {
		{ "https://a:9093", "https://a:9093/api/v2/alerts" },
		{ "https://a/", "https://a/api/v2/alerts" },
		{ "https://a/am/", "https://a/am/api/v2/alerts" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct target_conf c = {
			.webhook.format = FORMAT_ALERTMANAGER,
			.url.value = pager_secret(cases[i].url),
		};
		struct sample s;
		const struct talk_view view = { &c, &s.job };
		struct webhook_post p;
		struct talk t;

		golden_sample(&s, NOTICE_OPENED);
		talk_begin(&t, FORMAT_ALERTMANAGER, NOTICE_OPENED);
		webhook_post_init(&p, &t, &view);
		assert_string_equal(p.request.url, cases[i].expected);
		webhook_post_release(&p);
		sample_release(&s);
		target_release(&c);
	}
}

static void test_answers(void **state)
{
	static const struct pager_answer answers[] = {
		{ 200, "", OUTCOME_SENT, NULL },
		{ 400, "\"start time must be before end time\"", OUTCOME_DEAD,
		  "(start time must be before end time)" },
		{ 400,
		  "{\"code\":601,\"message\":\"alerts.0.labels in body is "
		  "required\"}",
		  OUTCOME_DEAD, "(alerts.0.labels in body is required)" },
		{ 400, "\"token " PAGER_KEY " is wrong\"", OUTCOME_DEAD,
		  "(token [secret] is wrong)" },
		{ 500, "\"store is full\"", OUTCOME_RETRY, "HTTP 500" },
		{ 503, "", OUTCOME_RETRY, "HTTP 503" },
	};
	struct target_conf c;

	(void)state;
	target_init(&c, FORMAT_ALERTMANAGER);
	c.webhook.token.value = pager_secret(PAGER_KEY);
	pager_check_answers(&c, answers, ARRAY_SIZE(answers));
	target_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_labels_stay),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_annotations_are_of_the_alert),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_a_test_ends_by_itself),
		cmocka_unit_test(test_a_digest_is_its_alerts),
		cmocka_unit_test(test_document_of_several),
		cmocka_unit_test(test_fingerprint),
		cmocka_unit_test(test_hostile_and_huge),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_answers),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
