/* Outcomes of a command that changes several things. */
#include "cli/results.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/err.h"

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
		cmocka_unit_test(test_first_failure_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
