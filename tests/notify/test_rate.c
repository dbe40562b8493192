/* A token bucket: bursts up to its size, then a steady pace, never more. */
#include "notify/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define T INT64_C(1772442000000)

static void test_burst_then_pace(void **state)
{
	struct rate r;

	(void)state;
	rate_init(&r, 30, 30000, 0, T);
	assert_int_equal(rate_room(&r, T), 30);
	assert_int_equal(rate_next_ms(&r, T), T);
	rate_spend(&r, 30, T);
	assert_int_equal(rate_room(&r, T), 0);
	assert_int_equal(rate_next_ms(&r, T), T + 1000);
	assert_int_equal(rate_room(&r, T + 999), 0);
	assert_int_equal(rate_room(&r, T + 1000), 1);
	rate_spend(&r, 1, T + 1000);
	assert_int_equal(rate_next_ms(&r, T + 1500), T + 2000);
	/* Full, and no fuller. */
	assert_int_equal(rate_room(&r, T + 31000), 30);
	assert_int_equal(rate_room(&r, T + 900000000), 30);
}

/* A period that does not divide: rounded up, so that it is never early. */
static void test_odd_shares(void **state)
{
	struct rate r;
	int64_t now = T;
	int n = 0;

	(void)state;
	rate_init(&r, 7, 10000, 7, now);
	while (now < T + 100000) {
		now = rate_next_ms(&r, now);
		assert_true(rate_room(&r, now) == 1);
		assert_true(rate_room(&r, now) == 1);
		rate_spend(&r, 1, now);
		n++;
	}
	assert_in_range(n, 69, 71);
}

static void test_what_was_spent_before(void **state)
{
	static const struct {
		int64_t spent;
		size_t room;
	} cases[] = { { 0, 5 }, { 3, 2 }, { 5, 0 }, { 99, 0 } };
	struct rate r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		rate_init(&r, 5, 60000, cases[i].spent, T);
		assert_int_equal(rate_room(&r, T), cases[i].room);
		assert_int_equal(rate_room(&r, T + 60000), 5);
	}
}

static void test_clock_goes_back(void **state)
{
	struct rate r;

	(void)state;
	rate_init(&r, 2, 10000, 2, T);
	assert_int_equal(rate_room(&r, T - 5000), 0);
	assert_int_equal(rate_room(&r, T), 1);
}

static void test_more_than_there_was(void **state)
{
	struct rate r;

	(void)state;
	rate_init(&r, 2, 10000, 0, T);
	rate_spend(&r, 3, T);
	assert_int_equal(rate_room(&r, T + 5000), 0);
	assert_int_equal(rate_next_ms(&r, T + 5000), T + 10000);
}

static void test_no_limit(void **state)
{
	struct rate r;

	(void)state;
	rate_init(&r, 0, 0, 9, T);
	rate_spend(&r, 1000, T);
	assert_true(rate_room(&r, T) == SIZE_MAX);
	assert_int_equal(rate_next_ms(&r, T), T);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst_then_pace),
		cmocka_unit_test(test_odd_shares),
		cmocka_unit_test(test_what_was_spent_before),
		cmocka_unit_test(test_clock_goes_back),
		cmocka_unit_test(test_more_than_there_was),
		cmocka_unit_test(test_no_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
