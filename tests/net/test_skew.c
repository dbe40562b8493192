/* The difference of two clocks, while both go on and ours is set. */
#include "net/skew.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "util/clock.h"

#define NOW INT64_C(1795291200000)
#define MINUTE INT64_C(60000)

static void test_measure(void **state)
{
	struct skew s = { 0 };

	(void)state;
	clock_hold(NOW, 5000);
	assert_int_equal(skew_ms(s), 0);
	skew_note(&s, 0);
	assert_int_equal(skew_ms(s), 0);
	skew_note(&s, NOW - 10 * MINUTE);
	assert_int_equal(skew_ms(s), 10 * MINUTE);
	/* An answer without a Date says nothing. */
	skew_note(&s, 0);
	assert_int_equal(skew_ms(s), 10 * MINUTE);
	/* An hour later it is as far off; then it is set right. */
	clock_hold(NOW + 60 * MINUTE, 5000 + 60 * MINUTE);
	assert_int_equal(skew_ms(s), 10 * MINUTE);
	clock_hold(NOW + 50 * MINUTE, 5000 + 60 * MINUTE);
	assert_int_equal(skew_ms(s), 0);
	skew_note(&s, NOW + 57 * MINUTE);
	assert_int_equal(skew_ms(s), -7 * MINUTE);
	clock_release();
}

static void test_later(void **state)
{
	const struct skew none = { 0 }, old = { NOW, 100 }, new = { NOW, 200 };

	(void)state;
	assert_int_equal(skew_later(none, none).date_ms, 0);
	assert_int_equal(skew_later(none, old).at_mono_ms, 100);
	assert_int_equal(skew_later(old, none).at_mono_ms, 100);
	assert_int_equal(skew_later(old, new).at_mono_ms, 200);
	assert_int_equal(skew_later(new, old).at_mono_ms, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_measure),
		cmocka_unit_test(test_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
