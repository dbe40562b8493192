/*
 * The page of a link: what each says, and hostile text in it.
 *
 * Battery: G3.
 */
#include "daemon/ack_html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/xmalloc.h"

#define NOW_MS INT64_C(1795256700000) /* 2026-11-21T10:25:00Z */

static struct alert_view view_of(const char *text)
{
	struct alert_view v = { 0 };

	v.alert.title = xstrdup(text);
	v.alert.entity = xstrdup(text);
	v.alert.resource_id = xstrdup(text);
	v.tracked.severity = SEVERITY_HIGH;
	v.tracked.acknowledged_by = xstrdup(text);
	v.tracked.closed_by = xstrdup(text);
	return v;
}

static bool has(const struct strbuf *page, const char *part)
{
	return strstr(page->buf, part) != NULL;
}

/* One status each, and one page alone that can change anything. */
static void test_every_kind(void **state)
{
	static const int statuses[ACK_SCREEN_KIND_MAX] = {
		[ACK_SCREEN_ASK] = 200,		  [ACK_SCREEN_DONE] = 200,
		[ACK_SCREEN_TAKEN] = 200,	  [ACK_SCREEN_CLOSED] = 200,
		[ACK_SCREEN_OTHER_EPISODE] = 410, [ACK_SCREEN_EXPIRED] = 410,
		[ACK_SCREEN_REFUSED] = 403,	  [ACK_SCREEN_GONE] = 404,
		[ACK_SCREEN_MISUSED] = 400,	  [ACK_SCREEN_FAILED] = 503,
	};

	(void)state;
	for (int i = 0; i < ACK_SCREEN_KIND_MAX; i++) {
		CLEANUP(strbuf_release) struct strbuf page = STRBUF_INIT;
		const struct ack_screen s = { .kind = (enum ack_screen_kind)i };

		assert_int_equal(ack_html_write(&s, &page), statuses[i]);
		assert_int_equal(strncmp(page.buf, "<!DOCTYPE html>", 15), 0);
		assert_int_equal(has(&page, "<form method=\"post\">"),
				 i == ACK_SCREEN_ASK);
		assert_false(has(&page, "<script"));
		assert_false(has(&page, "Alert #"));
		assert_false(has(&page, "<dl>"));
		assert_true(has(&page, "</main></body></html>\n"));
	}
}

static void test_tells_the_alert(void **state)
{
	CLEANUP(alert_view_release) struct alert_view v = view_of("vm-1");
	CLEANUP(strbuf_release) struct strbuf page = STRBUF_INIT;
	struct ack_screen s = {
		.kind = ACK_SCREEN_ASK,
		.alert_id = 42,
		.view = &v,
		.told = "ada@example.org",
		.due_ms = NOW_MS + 160 * INT64_C(60000),
		.now_ms = NOW_MS,
	};

	(void)state;
	(void)ack_html_write(&s, &page);
	assert_true(has(&page, "Alert #42"));
	assert_true(has(&page, "<dd>high</dd>"));
	assert_true(has(&page, "2026-11-21 13:05 UTC, in 2 h 40 min"));
	assert_true(has(&page, "<dt>State</dt><dd>open</dd>"));
	assert_true(has(&page, "sent to</dt><dd>ada@example.org</dd>"));
	strbuf_reset(&page);
	s.kind = ACK_SCREEN_TAKEN;
	s.due_ms = NOW_MS - 60000;
	v.tracked.state = ALERT_ACKNOWLEDGED;
	v.tracked.acknowledged_ms = NOW_MS;
	(void)ack_html_write(&s, &page);
	assert_true(has(&page, "2026-11-21 10:24 UTC, 1 min ago"));
	assert_true(has(&page,
			"<dd>acknowledged by vm-1, 2026-11-21 10:25 UTC</dd>"));
}

static void test_hostile_text(void **state)
{
	static const char text[] = "</dd><script>alert(1)</script>"
				   "\"'><img src=x onerror=y>&\xff\x1b[2J";
	CLEANUP(alert_view_release) struct alert_view v = view_of(text);
	struct ack_screen s = {
		.kind = ACK_SCREEN_ASK,
		.view = &v,
		.told = text,
		.now_ms = NOW_MS,
	};

	(void)state;
	for (int i = 0; i < ALERT_STATE_MAX; i++) {
		CLEANUP(strbuf_release) struct strbuf page = STRBUF_INIT;

		v.tracked.state = (enum alert_state)i;
		(void)ack_html_write(&s, &page);
		assert_false(has(&page, "<script"));
		assert_false(has(&page, "<img"));
		assert_false(has(&page, "</dd><s"));
		assert_false(has(&page, "\xff"));
		assert_false(has(&page, "\x1b"));
		assert_true(has(&page, "&lt;script&gt;"));
	}
}

static void test_huge_text_is_cut(void **state)
{
	CLEANUP(strbuf_release) struct strbuf huge = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf page = STRBUF_INIT;
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	struct ack_screen s = { .kind = ACK_SCREEN_ASK, .view = &v };

	(void)state;
	while (huge.len < 100000)
		strbuf_addstr(&huge, "&&&&&&&&");
	v = view_of(huge.buf);
	(void)ack_html_write(&s, &page);
	assert_true(page.len < 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_tells_the_alert),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_huge_text_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
