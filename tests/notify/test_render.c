/* The one-line form of a notice, and the questions all renderers ask. */
#include "notify/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "notify/render_priv.h"
#include "notify/sample.h"
#include "util/utf8.h"

static void assert_line(const struct sample *s, const char *expected)
{
	struct strbuf sb = STRBUF_INIT;

	render_line(&s->job, &sb);
	assert_string_equal(sb.buf, expected);
	strbuf_release(&sb);
}

static void test_line(void **state)
{
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	assert_line(&s, "high      Suspicious PowerShell on vm-web-1, due "
			"2026-11-21 13:05 UTC");
	s.job.now_ms = s.alert.clock.due_ms + 1;
	assert_line(&s, "high      Suspicious PowerShell on vm-web-1, due "
			"2026-11-21 13:05 UTC (overdue)");
	s.alert.clock.stopped_ms = 1;
	assert_line(&s, "high      Suspicious PowerShell on vm-web-1, met");
	s.alert.clock.breached_ms = 1;
	assert_line(&s, "high      Suspicious PowerShell on vm-web-1, "
			"breached");
	s.alert.clock.due_ms = 0;
	sample_set(&s.alert.view.alert.title, "PowerShell on VM-WEB-1");
	assert_line(&s, "high      PowerShell on VM-WEB-1");
	sample_release(&s);
}

/* About a response, whoever has the alert: it waits for somebody else. */
static void test_news_of_a_response(void **state)
{
	struct strbuf sb = STRBUF_INIT;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_UPDATED);
	s.notice.step = NOTICE_STEP_ABOUT_RESPONSE;
	s.alert.view.tracked.state = ALERT_ACKNOWLEDGED;
	words_add_news(&sb, &s.job, &s.alert);
	assert_string_equal(sb.buf, "A RESPONSE NEEDS YOU.");
	strbuf_reset(&sb);
	s.notice.step = NOTICE_STEP_RESPONSE_DECIDED;
	words_add_news(&sb, &s.job, &s.alert);
	assert_string_equal(sb.buf, "A RESPONSE NEEDS NOBODY ANY MORE.");
	strbuf_reset(&sb);
	s.notice.step = 0;
	s.alert.view.tracked.state = ALERT_OPEN;
	words_add_news(&sb, &s.job, &s.alert);
	assert_string_equal(sb.buf, "CHANGED.");
	strbuf_release(&sb);
	sample_release(&s);
}

static void test_line_without_alert(void **state)
{
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_TEST);
	s.job.n_alerts = 0;
	assert_line(&s, "test      a test notice");
	s.notice.kind = NOTICE_CLOSED;
	assert_line(&s, "high      alert #42, which is gone");
	s.notice.kind = NOTICE_DIGEST;
	s.job.n_alerts = 1;
	s.job.n_total = 12;
	assert_line(&s, "digest    12 alerts: 1 high, 11 more");
	sample_release(&s);
}

static void test_line_is_one_line(void **state)
{
	struct strbuf sb = STRBUF_INIT;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	sample_make_hostile(&s);
	render_line(&s.job, &sb);
	assert_true(utf8_valid(sb.buf, sb.len));
	for (size_t i = 0; i < sb.len; i++)
		assert_true((unsigned char)sb.buf[i] >= ' ');
	strbuf_release(&sb);
	sample_release(&s);
}

static void test_instants(void **state)
{
	static const struct {
		const char *zone;
		int64_t minutes;
		const char *expected;
	} rows[] = {
		{ NULL, 160, "13:05 UTC" },
		{ "UTC", 160, "13:05 UTC" },
		{ "No/Where", 160, "13:05 UTC" },
		{ "Europe/Berlin", 160, "14:05 Berlin time (13:05 UTC)" },
		{ "America/New_York", 0, "11:25 New York time (10:25 UTC)" },
		{ "CET", 0, "11:25 CET (10:25 UTC)" },
		{ NULL, 14 * 60, "2026-11-22 00:25 UTC" },
		/* Each side of midnight its own date. */
		{ "Europe/Berlin", 13 * 60,
		  "2026-11-22 00:25 Berlin time (2026-11-21 23:25 UTC)" },
		{ "Europe/Berlin", 24 * 60,
		  "2026-11-22 11:25 Berlin time (10:25 UTC)" },
	};
	struct strbuf sb = STRBUF_INIT;
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	s.job.zone_offset = sample_zone_offset;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		s.job.timezone = rows[i].zone;
		strbuf_reset(&sb);
		words_add_instant(&sb, &s.job,
				  SAMPLE_NOW_MS +
					  rows[i].minutes * SAMPLE_MINUTE_MS);
		assert_string_equal(sb.buf, rows[i].expected);
	}
	s.job.timezone = "Europe/Berlin";
	s.job.zone_offset = NULL;
	strbuf_reset(&sb);
	words_add_instant(&sb, &s.job, SAMPLE_NOW_MS);
	assert_string_equal(sb.buf, "10:25 UTC");
	strbuf_release(&sb);
	sample_release(&s);
}

static void test_links(void **state)
{
	static const struct {
		const char *url;
		bool ok;
	} rows[] = {
		{ "https://portal.azure.com/#x?a=1&b=2", true },
		{ NULL, false },
		{ "", false },
		{ "http://portal.azure.com/", false },
		{ "javascript:alert(1)", false },
		{ "data:text/html,x", false },
		{ "https://a/\"onclick=", false },
		{ "https://a/'", false },
		{ "https://a/<b>", false },
		{ "https://a/ b", false },
		{ "https://a/\r\nBcc:", false },
		{ "https://a/\xc3\xa4", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(words_link_ok(rows[i].url), rows[i].ok);
}

/* What can be taken is asked for, in the episode the notice is about. */
static void test_asks(void **state)
{
	static const enum notice_kind asking[] = {
		NOTICE_OPENED,	NOTICE_ESCALATED, NOTICE_UPDATED,
		NOTICE_WARNING, NOTICE_BREACHED,  NOTICE_REOPENED,
	};
	struct sample s;

	(void)state;
	for (int kind = 0; kind < NOTICE_KIND_MAX; kind++) {
		bool want = false;

		for (size_t i = 0; i < ARRAY_SIZE(asking); i++)
			want |= asking[i] == (enum notice_kind)kind;
		sample_init(&s, (enum notice_kind)kind);
		assert_int_equal(render_asks(&s.job), want);
		/* About a response: it asks for another answer. */
		s.notice.step = NOTICE_STEP_ABOUT_RESPONSE;
		assert_int_equal(render_asks(&s.job),
				 want && kind != NOTICE_UPDATED);
		s.notice.step = NOTICE_STEP_RESPONSE_DECIDED;
		assert_int_equal(render_asks(&s.job),
				 want && kind != NOTICE_UPDATED);
		s.notice.step = 0;
		s.alert.view.tracked.state = ALERT_CLOSED;
		assert_false(render_asks(&s.job));
		s.alert.view.tracked.state = ALERT_OPEN;
		s.alert.view.tracked.episode = 2;
		assert_false(render_asks(&s.job));
		s.job.n_alerts = 0;
		assert_false(render_asks(&s.job));
		s.job.n_alerts = 1;
		sample_release(&s);
	}
}

static void test_alert_key_by_two_doors(void **state)
{
	char by_arm[RENDER_KEY_SIZE], by_graph[RENDER_KEY_SIZE];
	struct sample s;

	(void)state;
	sample_init(&s, NOTICE_OPENED);
	assert_true(render_alert_key(&s.alert, by_arm));
	sample_set(&s.alert.view.alert.linked_kind, ALERT_KIND_ARM);
	sample_set(&s.alert.view.alert.linked_id, s.alert.view.alert.native_id);
	sample_set(&s.alert.view.alert.kind, ALERT_KIND_GRAPH);
	sample_set(&s.alert.view.alert.native_id, "dc2517");
	assert_true(render_alert_key(&s.alert, by_graph));
	assert_string_equal(by_arm, by_graph);
	sample_set(&s.alert.view.alert.native_id, NULL);
	assert_false(render_alert_key(&s.alert, by_graph));
	sample_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_news_of_a_response),
		cmocka_unit_test(test_line_without_alert),
		cmocka_unit_test(test_line_is_one_line),
		cmocka_unit_test(test_instants),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_asks),
		cmocka_unit_test(test_alert_key_by_two_doors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
