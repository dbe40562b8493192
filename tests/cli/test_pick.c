/* Which cell of a row answers a question. */
#include "cli/pick.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"

static struct cell cell_instant(int64_t ms)
{
	return ms ? cell_integer(ms) : cell_null();
}

static void test_due(void **state)
{
	static const char *const names[] = { "state", "triage_stopped_ms",
					     "triage_due_ms",
					     "resolve_due_ms" };
	static const struct {
		const char *state;
		/* 0: null, the first: it runs */
		int64_t stopped_ms, triage_ms, resolve_ms;
		int64_t shown_ms; /* 0: nothing */
	} rows[] = {
		{ "open", 0, 5, 0, 5 },
		{ "open", 0, 0, 0, 0 },
		{ "open", 0, 0, 7, 7 },
		{ "open", 0, 5, 7, 5 },
		{ "open", 0, 5, 3, 3 },
		{ "acknowledged", 0, 5, 0, 5 },
		{ "acknowledged", 4, 5, 0, 0 },
		{ "acknowledged", 4, 5, 7, 7 },
		{ "acknowledged", 6, 5, 0, 0 }, /* late, and not later now */
		{ "closed", 0, 5, 0, 0 },
		{ "closed", 4, 5, 7, 0 },
	};
	CLEANUP(rows_release) struct rows r = ROWS_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct cell cells[] = {
			cell_text(rows[i].state),
			cell_instant(rows[i].stopped_ms),
			cell_instant(rows[i].triage_ms),
			cell_instant(rows[i].resolve_ms),
		};
		const struct cell *due;

		assert_int_equal(rows_keep(&r, ARRAY_SIZE(cells), names, cells),
				 0);
		due = pick_due(&r, i);
		assert_int_equal(due->type,
				 rows[i].shown_ms ? CELL_INTEGER : CELL_NULL);
		if (rows[i].shown_ms)
			assert_int_equal(due->integer, rows[i].shown_ms);
	}
}

static void test_resource(void **state)
{
	static const char *const names[] = { "entity", "resource_id" };
	CLEANUP(rows_release) struct rows r = ROWS_INIT;
	struct cell cells[] = { cell_text("vm-1"), cell_text("/x/vm-1") };

	(void)state;
	assert_int_equal(rows_keep(&r, 2, names, cells), 0);
	cells[0] = cell_text("");
	assert_int_equal(rows_keep(&r, 2, names, cells), 0);
	assert_string_equal(pick_resource(&r, 0)->text, "vm-1");
	assert_string_equal(pick_resource(&r, 1)->text, "/x/vm-1");
}

static void test_holder(void **state)
{
	static const char *const names[] = { "state", "acknowledged_by",
					     "owner", "confirmed_severity",
					     "acknowledge_expires_ms" };
	static const struct {
		const char *state, *by, *owner, *confirmed, *holder;
		int64_t expires_ms;
	} rows[] = {
		{ "acknowledged", "ada", "bob", "high", "bob", 0 },
		{ "acknowledged", "ada", "bob", "high", "ada", 5 },
		{ "acknowledged", "ada", "bob", "", "ada", 0 },
		{ "acknowledged", "ada", "", "high", "ada", 0 },
		{ "open", "ada", "bob", "high", "ada", 0 },
		{ "open", "", "bob", "", "bob", 0 },
	};
	CLEANUP(rows_release) struct rows r = ROWS_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cell cells[] = { cell_text(rows[i].state),
					cell_text(rows[i].by),
					cell_text(rows[i].owner),
					cell_text(rows[i].confirmed),
					cell_integer(rows[i].expires_ms) };

		if (!rows[i].expires_ms)
			cells[4] = (struct cell){ .type = CELL_NULL };
		assert_int_equal(rows_keep(&r, 5, names, cells), 0);
		assert_string_equal(pick_holder(&r, i)->text, rows[i].holder);
	}
}

static void test_delivery(void **state)
{
	static const char *const names[] = { "state", "created_ms", "sent_ms",
					     "not_before_ms" };
	const struct cell sent[] = { cell_text("sent"), cell_integer(1),
				     cell_integer(2), cell_integer(3) };
	const struct cell retry[] = { cell_text("retry"), cell_integer(1),
				      cell_null(), cell_integer(3) };
	CLEANUP(rows_release) struct rows r = ROWS_INIT;

	(void)state;
	assert_int_equal(rows_keep(&r, 4, names, sent), 0);
	assert_int_equal(rows_keep(&r, 4, names, retry), 0);
	assert_int_equal(pick_delivery_time(&r, 0)->integer, 2);
	assert_int_equal(pick_delivery_time(&r, 1)->integer, 1);
	assert_int_equal(pick_next_try(&r, 0)->type, CELL_NULL);
	assert_int_equal(pick_next_try(&r, 1)->integer, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_resource),
		cmocka_unit_test(test_holder),
		cmocka_unit_test(test_delivery),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
