/* The webhook payload: its shape, its size, and hostile text in it. */
#include "notify/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "notify/sample.h"
#include "triaged/payload.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

static json_t *render(const struct sample *s)
{
	struct strbuf sb = STRBUF_INIT;
	struct err err = ERR_INIT;
	json_t *root;

	render_json(&s->job, false, &sb);
	assert_true(sb.len <= 20000);
	root = jsonx_parse(sb.buf, sb.len, 0, &err);
	if (!root)
		fail_msg("%s: %s", err.text, sb.buf);
	strbuf_release(&sb);
	return root;
}

static const char *str_at(const json_t *o, const char *key)
{
	json_t *value = json_object_get(o, key);

	assert_non_null(value);
	return json_string_value(value);
}

static void assert_null_at(const json_t *o, const char *key)
{
	assert_true(json_is_null(json_object_get(o, key)));
}

static int64_t int_at(const json_t *o, const char *key)
{
	json_t *value = json_object_get(o, key);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static void test_shape(void **state)
{
	CLEANUP(jsonx_unref) json_t *root = NULL;
	json_t *data, *alert, *sla, *notice, *entities;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	strlist_add(&s.alert.view.tags, "crown-jewel");
	s.alert.view.alert.category = xstrdup("malware");
	root = render(&s);
	assert_string_equal(str_at(root, "type"), "alert.opened");
	assert_string_equal(str_at(root, "timestamp"),
			    "2026-11-21T10:25:00.000Z");
	assert_int_equal(int_at(root, "version"), PAYLOAD_VERSION);
	data = json_object_get(root, "data");
	alert = json_object_get(data, "alert");
	assert_int_equal(int_at(alert, "id"), 42);
	assert_int_equal(strlen(str_at(alert, "key")), 32);
	assert_string_equal(str_at(alert, "kind"), ALERT_KIND_ARM);
	assert_string_equal(str_at(alert, "title"), "Suspicious PowerShell");
	assert_string_equal(str_at(alert, "severity"), "high");
	assert_string_equal(str_at(alert, "state"), "open");
	assert_string_equal(str_at(alert, "phase"), "detect");
	assert_string_equal(str_at(alert, "description"),
			    "PowerShell ran an encoded command.\nIt was "
			    "started by a web server.");
	assert_string_equal(str_at(alert, "category"), "malware");
	assert_null_at(alert, "policy");
	assert_null_at(alert, "owner");
	assert_null_at(alert, "incident");
	assert_string_equal(str_at(json_object_get(alert, "resource"), "group"),
			    "rg-web");
	assert_int_equal(json_array_size(json_object_get(alert, "tactics")), 2);
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(alert, "tactics"), 1)),
			    "Persistence");
	assert_int_equal(json_array_size(json_object_get(alert, "techniques")),
			 0);
	entities = json_object_get(alert, "entities");
	assert_int_equal(json_array_size(entities), 2);
	assert_string_equal(str_at(json_array_get(entities, 1), "role"),
			    "attacker");
	assert_null_at(json_array_get(entities, 0), "role");
	assert_int_equal(json_array_size(json_object_get(alert, "tags")), 1);
	assert_string_equal(str_at(alert, "created_at"),
			    "2026-11-21T10:05:00.000Z");
	sla = json_object_get(data, "sla");
	assert_string_equal(str_at(sla, "due_at"), "2026-11-21T13:05:00.000Z");
	assert_string_equal(str_at(sla, "state"), "running");
	assert_int_equal(int_at(sla, "remaining_seconds"), 160 * 60);
	notice = json_object_get(data, "notice");
	assert_string_equal(str_at(notice, "key"), SAMPLE_KEY);
	assert_string_equal(str_at(notice, "kind"), "opened");
	assert_int_equal(int_at(notice, "late_seconds"), 0);
	sample_release(&s);
}

static void test_acknowledge(void **state)
{
	struct sample s;
	json_t *root, *ack;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	root = render(&s);
	assert_null_at(json_object_get(root, "data"), "acknowledge");
	json_decref(root);
	s.job.ack_code = "42-K7PMX";
	root = render(&s);
	ack = json_object_get(json_object_get(root, "data"), "acknowledge");
	assert_string_equal(str_at(ack, "code"), "42-K7PMX");
	assert_null_at(ack, "url");
	assert_null_at(ack, "expires_at");
	json_decref(root);
	s.job.ack_url = "https://t.example/ack/abc_-1";
	s.job.ack_expires_ms = SAMPLE_NOW_MS;
	root = render(&s);
	ack = json_object_get(json_object_get(root, "data"), "acknowledge");
	assert_string_equal(str_at(ack, "url"), "https://t.example/ack/abc_-1");
	assert_string_equal(str_at(ack, "expires_at"),
			    "2026-11-21T10:25:00.000Z");
	json_decref(root);
	sample_release(&s);
}

static void test_clock_states(void **state)
{
	struct sample s;
	json_t *root, *sla;

	(void)state;
	sample_init(&s, NOTICE_BREACHED);
	s.job.now_ms = s.alert.clock.due_ms + 1000;
	s.alert.clock.breached_ms = s.alert.clock.due_ms;
	root = render(&s);
	sla = json_object_get(json_object_get(root, "data"), "sla");
	assert_string_equal(str_at(root, "type"), "alert.sla_breached");
	assert_string_equal(str_at(sla, "state"), "breached");
	assert_int_equal(int_at(sla, "remaining_seconds"), -1);
	jsonx_unref(&root);
	s.alert.clock.stopped_ms = s.job.now_ms;
	root = render(&s);
	sla = json_object_get(json_object_get(root, "data"), "sla");
	assert_null_at(sla, "remaining_seconds");
	jsonx_unref(&root);
	s.alert.clock.due_ms = 0;
	root = render(&s);
	sla = json_object_get(json_object_get(root, "data"), "sla");
	assert_null_at(sla, "due_at");
	assert_string_equal(str_at(sla, "state"), "none");
	jsonx_unref(&root);
	sample_release(&s);
}

static void test_types(void **state)
{
	static const char *const types[NOTICE_KIND_MAX] = {
		[NOTICE_OPENED] = PAYLOAD_TYPE_OPENED,
		[NOTICE_ESCALATED] = PAYLOAD_TYPE_ESCALATED,
		[NOTICE_UPDATED] = PAYLOAD_TYPE_UPDATED,
		[NOTICE_ACKNOWLEDGED] = PAYLOAD_TYPE_ACKNOWLEDGED,
		[NOTICE_WARNING] = PAYLOAD_TYPE_WARNING,
		[NOTICE_BREACHED] = PAYLOAD_TYPE_BREACHED,
		[NOTICE_CLOSED] = PAYLOAD_TYPE_CLOSED,
		[NOTICE_REOPENED] = PAYLOAD_TYPE_REOPENED,
		[NOTICE_DIGEST] = PAYLOAD_TYPE_DIGEST,
		[NOTICE_TEST] = PAYLOAD_TYPE_TEST,
		[NOTICE_SILENCE] = PAYLOAD_TYPE_SILENCE,
		[NOTICE_RESPONSE] = PAYLOAD_TYPE_RESPONSE,
	};

	(void)state;
	for (int kind = 0; kind < NOTICE_KIND_MAX; kind++) {
		struct sample s;
		json_t *root;

		sample_init(&s, (enum notice_kind)kind);
		root = render(&s);
		assert_string_equal(str_at(root, "type"), types[kind]);
		jsonx_unref(&root);
		sample_release(&s);
	}
}

static void test_digest_and_gone(void **state)
{
	json_t *root, *data, *rows;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_DIGEST);
	s.job.n_total = 99;
	s.job.cause = NOISE_SILENCE;
	s.job.cause_name = (char *)"3";
	root = render(&s);
	s.job.cause_name = NULL;
	data = json_object_get(root, "data");
	assert_string_equal(str_at(data, "cause"), "silence");
	assert_string_equal(str_at(data, "cause_name"), "3");
	assert_int_equal(int_at(json_object_get(data, "severities"), "high"),
			 1);
	rows = json_object_get(data, "alerts");
	assert_int_equal(json_array_size(rows), 1);
	assert_int_equal(int_at(json_array_get(rows, 0), "id"), 42);
	assert_int_equal(int_at(data, "total"), 99);
	assert_null(json_object_get(data, "alert"));
	jsonx_unref(&root);
	s.notice.kind = NOTICE_CLOSED;
	s.job.n_alerts = 0;
	root = render(&s);
	assert_null_at(json_object_get(root, "data"), "alert");
	jsonx_unref(&root);
	sample_release(&s);
}

static void test_hostile_fields(void **state)
{
	json_t *root, *alert;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	sample_make_hostile(&s);
	root = render(&s);
	alert = json_object_get(json_object_get(root, "data"), "alert");
	assert_non_null(strstr(str_at(alert, "title"), "<script>"));
	assert_null(strpbrk(str_at(alert, "title"), "\r\n\x1b\x07"));
	assert_null(strstr(str_at(alert, "title"), "\xe2\x80\xae"));
	assert_null(strpbrk(str_at(alert, "description"), "\r\x1b\x07"));
	assert_null_at(alert, "portal_url");
	jsonx_unref(&root);
	sample_release(&s);
}

static void test_huge_fields(void **state)
{
	struct render_alert alerts[60];
	char *word = sample_long_text(ALERT_TITLE_MAX);
	json_t *root, *alert;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	sample_make_huge(&s);
	root = render(&s);
	alert = json_object_get(json_object_get(root, "data"), "alert");
	/* What was left out is at least counted. */
	assert_int_equal(int_at(alert, "entities_total"), 502);
	assert_non_null(strstr(str_at(alert, "title"), "\xe2\x80\xa6"));
	jsonx_unref(&root);
	s.notice.kind = NOTICE_DIGEST;
	for (size_t i = 0; i < ARRAY_SIZE(alerts); i++) {
		sample_alert_init(&alerts[i]);
		sample_set(&alerts[i].view.alert.title, word);
		sample_set(&alerts[i].view.alert.entity, word);
	}
	s.job.alerts = alerts;
	s.job.n_alerts = s.job.n_total = ARRAY_SIZE(alerts);
	root = render(&s);
	jsonx_unref(&root);
	for (size_t i = 0; i < ARRAY_SIZE(alerts); i++)
		alert_view_release(&alerts[i].view);
	free(word);
	sample_release(&s);
}

/* A description that is merely long costs nothing but itself. */
static void test_long_description_alone(void **state)
{
	json_t *root, *alert;
	struct sample s;
	char *text = sample_long_text(1000000);

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	sample_set(&s.alert.view.alert.description, text);
	root = render(&s);
	alert = json_object_get(json_object_get(root, "data"), "alert");
	assert_true(strlen(str_at(alert, "description")) > 4000);
	assert_int_equal(json_array_size(json_object_get(alert, "entities")),
			 2);
	jsonx_unref(&root);
	free(text);
	sample_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_acknowledge),
		cmocka_unit_test(test_clock_states),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_digest_and_gone),
		cmocka_unit_test(test_hostile_fields),
		cmocka_unit_test(test_huge_fields),
		cmocka_unit_test(test_long_description_alone),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
