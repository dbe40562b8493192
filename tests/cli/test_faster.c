/* What somebody else did first, as a sentence. */
#include "cli/faster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define NOW INT64_C(1772442000000)

struct event {
	int64_t ago_ms;
	const char *actor, *kind, *detail;
};

static void keep(struct rows *to, const struct event *e)
{
	static const char *const names[] = { "at_ms", "actor", "kind",
					     "detail" };
	const struct cell cells[] = { cell_integer(NOW - e->ago_ms),
				      cell_text(e->actor), cell_text(e->kind),
				      cell_text(e->detail) };

	assert_int_equal(rows_keep(to, 4, names, cells), 0);
}

static void test_sentences(void **state)
{
	static const struct {
		struct event event;
		const char *text; /* NULL: it is no change */
	} table[] = {
		{ { 12000, "alice", "closed", "{\"as\":\"false-positive\"}" },
		  "alice closed it 12 s ago (false positive)" },
		{ { 61000, "alice", "closed", "{\"as\":\"benign\"}" },
		  "alice closed it 1 min ago (benign)" },
		{ { 119999, "bob", "acknowledged", "{}" },
		  "bob acknowledged it 1 min ago" },
		{ { 0, "bob", "assigned", "{\"from\":\"al\",\"to\":\"bob\"}" },
		  "bob assigned it to bob 0 s ago" },
		{ { 3000, "bob", "assigned", "{\"from\":\"al\"}" },
		  "bob took it from its owner 3 s ago" },
		{ { 3000, "bob", "phase", "{\"to\":\"contain\"}" },
		  "bob set its phase to contain 3 s ago" },
		{ { 3000, "bob", "held", "{}" }, "bob put it on hold 3 s ago" },
		{ { 3000, "source azure", "updated", "{}" },
		  "source azure changed it 3 s ago" },
		/* What no parser reads is still somebody's doing. */
		{ { 3000, "bob", "phase", "{" }, "bob set its phase 3 s ago" },
		/* A clock that was put back. */
		{ { -5000, "bob", "held", "{}" },
		  "bob put it on hold 0 s ago" },
		{ { 3000, "bob", "note", "{\"text\":\"x\"}" }, NULL },
		{ { 3000, "triaged", "escalated", "{}" }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		CLEANUP(rows_release) struct rows rows = ROWS_INIT;

		keep(&rows, &table[i].event);
		assert_int_equal(faster_add_change(&sb, &rows, NOW),
				 table[i].text != NULL);
		assert_string_equal(sb.buf, table[i].text ? table[i].text : "");
	}
}

static void test_newest_counts(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;

	(void)state;
	assert_false(faster_add_change(&sb, &rows, NOW));
	keep(&rows, &(struct event){ 9000, "alice", "reopened", "{}" });
	keep(&rows, &(struct event){ 8000, "bob", "phase", "{}" });
	keep(&rows, &(struct event){ 7000, "triaged", "triaged", "{}" });
	assert_true(faster_add_change(&sb, &rows, NOW));
	assert_string_equal(sb.buf, "bob set its phase 8 s ago");
	strbuf_reset(&sb);
	assert_true(faster_add_kind(&sb, &rows, "reopened", NOW));
	assert_string_equal(sb.buf, "alice re-opened it 9 s ago");
	assert_false(faster_add_kind(&sb, &rows, "closed", NOW));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_newest_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
