/* Rows kept, looked up and picked from; outcomes one by one. */
#include "cli/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cli/pick.h"
#include "cli/results.h"
#include "util/err.h"

static void test_kept(void **state)
{
	static const char *const names[] = { "id", "title" };
	CLEANUP(rows_release) struct rows r = ROWS_INIT;
	char title[] = "first";
	struct cell cells[] = { cell_integer(1), cell_text(title) };

	(void)state;
	assert_int_equal(rows_keep(&r, 2, names, cells), 0);
	title[0] = 'X'; /* what was kept is a copy */
	cells[0] = cell_integer(2);
	cells[1] = cell_null();
	assert_int_equal(rows_keep(&r, 2, names, cells), 0);
	assert_int_equal(r.n, 2);
	assert_string_equal(rows_text(&r, 0, "title"), "first");
	assert_null(rows_text(&r, 1, "title"));
	assert_int_equal(rows_integer(&r, 1, "id"), 2);
	assert_int_equal(rows_integer(&r, 0, "title"), 0);
	assert_int_equal(rows_cell(&r, 0, "nothing")->type, CELL_NULL);
	assert_int_equal(rows_cell(&r, 9, "id")->type, CELL_NULL);
	assert_true(rows_has(&r, "title"));
	assert_false(rows_has(&r, "nothing"));
}

static void test_bytes_with_nul(void **state)
{
	static const char *const names[] = { "raw" };
	CLEANUP(rows_release) struct rows r = ROWS_INIT;
	const struct cell c = { .type = CELL_BYTES, .text = "a\0b", .len = 3 };

	(void)state;
	assert_int_equal(rows_keep(&r, 1, names, &c), 0);
	assert_memory_equal(rows_text(&r, 0, "raw"), "a\0b", 4);
}

static void test_limit(void **state)
{
	static const char *const names[] = { "id" };
	CLEANUP(rows_release) struct rows r = { .max = 2 };
	CLEANUP(rows_release) struct rows last = ROWS_INIT;
	struct cell c;

	(void)state;
	for (int i = 1; i <= 2; i++) {
		c = cell_integer(i);
		assert_int_equal(rows_keep(&r, 1, names, &c), 0);
	}
	assert_false(r.cut);
	assert_true(rows_keep(&r, 1, names, &c) != 0);
	assert_true(r.cut);
	assert_int_equal(r.n, 2);
	rows_add_tail(&last, &r, 1);
	assert_int_equal(last.n, 1);
	assert_int_equal(rows_integer(&last, 0, "id"), 2);
	rows_add_tail(&last, &r, 5);
	assert_int_equal(last.n, 3);
}

static void test_due(void **state)
{
	static const char *const names[] = { "state", "triage_state",
					     "triage_due_ms" };
	static const struct {
		const char *state, *triage_state;
		bool shown;
	} rows[] = {
		{ "open", "running", true },
		{ "open", "breached", true },
		{ "acknowledged", "met", false },
		{ "closed", "breached", false },
		{ "open", "none", true }, /* and null then */
	};
	CLEANUP(rows_release) struct rows r = ROWS_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct cell cells[] = { cell_text(rows[i].state),
					      cell_text(rows[i].triage_state),
					      cell_integer(5) };

		assert_int_equal(rows_keep(&r, 3, names, cells), 0);
		assert_int_equal(pick_due(&r, i)->type,
				 rows[i].shown ? CELL_INTEGER : CELL_NULL);
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

static void test_first_failure_counts(void **state)
{
	CLEANUP(results_release) struct results r = RESULTS_INIT;

	(void)state;
	results_add(&r, "1", 0, "acknowledged");
	assert_int_equal(r.worst, 0);
	results_add(&r, "2", ERR_NOT_FOUND, "no alert 2");
	results_add(&r, "3", ERR_DENIED, "no");
	assert_int_equal(r.worst, ERR_NOT_FOUND);
	assert_string_equal(rows_text(&r.rows, 1, "code"), "not-found");
	assert_true(results_is_hopeless(ERR_DENIED));
	assert_true(results_is_hopeless(ERR_NET));
	assert_false(results_is_hopeless(ERR_CONFLICT));
	assert_false(results_is_hopeless(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_bytes_with_nul),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_resource),
		cmocka_unit_test(test_first_failure_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
