/* Rows kept and looked up. */
#include "cli/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_bytes_with_nul),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
