/* The words and the order of the five levels. */
#include "core/severity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"

static void test_names_round_trip(void **state)
{
	enum severity back;

	(void)state;
	for (int i = 0; i < SEVERITY_MAX; i++) {
		assert_true(
			severity_parse(severity_name((enum severity)i), &back));
		assert_int_equal(back, i);
	}
}

/* The numbers are stored and compared: a worse level is greater. */
static void test_numbers_are_fixed(void **state)
{
	(void)state;
	assert_int_equal(SEVERITY_INFO, 0);
	assert_int_equal(SEVERITY_LOW, 1);
	assert_int_equal(SEVERITY_MEDIUM, 2);
	assert_int_equal(SEVERITY_HIGH, 3);
	assert_int_equal(SEVERITY_CRITICAL, 4);
	assert_int_equal(SEVERITY_MAX, 5);
	assert_string_equal(severity_name(SEVERITY_CRITICAL), "critical");
	assert_string_equal(severity_name(SEVERITY_INFO), "info");
}

static void test_case_is_ignored_and_strangers_refused(void **state)
{
	static const char *const bad[] = { "",	    "informational", "hig",
					   "highs", " high",	     "3",
					   NULL };
	enum severity s = SEVERITY_LOW;

	(void)state;
	assert_true(severity_parse("HiGH", &s));
	assert_int_equal(s, SEVERITY_HIGH);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_false(severity_parse(bad[i], &s));
		assert_int_equal(s, SEVERITY_HIGH);
	}
}

static void test_stranger_number_prints(void **state)
{
	(void)state;
	assert_string_equal(severity_name((enum severity)5), "unknown");
	assert_string_equal(severity_name((enum severity) - 1), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_round_trip),
		cmocka_unit_test(test_numbers_are_fixed),
		cmocka_unit_test(test_case_is_ignored_and_strangers_refused),
		cmocka_unit_test(test_stranger_number_prints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
