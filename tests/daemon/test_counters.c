/* daemon/counters: buckets, tallies, the worst of two minutes. */
#include "daemon/counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

/* Each bucket holds what the ones before it hold, and its own bound. */
static void test_latency(void **state)
{
	struct counters c = { 0 };

	(void)state;
	counters_latency(&c, 0);
	counters_latency(&c, 10);
	counters_latency(&c, 11);
	counters_latency(&c, 60000);
	counters_latency(&c, 60001);
	assert_int_equal(c.latency[0], 2);
	assert_int_equal(c.latency[1], 3);
	assert_int_equal(c.latency[LATENCY_BUCKETS - 2], 3);
	assert_int_equal(c.latency[LATENCY_BUCKETS - 1], 4);
	assert_int_equal(c.latency_n, 5);
	assert_int_equal(c.latency_sum_ms, 120022);
}

/* The text of a bound is its number. */
static void test_limits(void **state)
{
	(void)state;
	for (int i = 0; i < LATENCY_BUCKETS; i++) {
		assert_int_equal(latency_limits[i].ms,
				 strtod(latency_limits[i].seconds, NULL) *
					 1000);
		if (i > 0)
			assert_true(latency_limits[i].ms >
				    latency_limits[i - 1].ms);
	}
}

static void test_tally(void **state)
{
	struct counters c = { 0 };

	(void)state;
	assert_int_equal(tally_get(&c.retries, "a"), 0);
	tally_add(&c.retries, "a");
	for (int i = 0; i < 20; i++) {
		char name[] = { (char)('b' + i), '\0' };

		tally_add(&c.retries, name);
		tally_add(&c.retries, "a");
	}
	assert_int_equal(tally_get(&c.retries, "a"), 21);
	assert_int_equal(tally_get(&c.retries, "c"), 1);
	assert_int_equal(tally_get(&c.retries, "z"), 0);
	counters_release(&c);
	assert_int_equal(tally_get(&c.retries, "a"), 0);
}

static void test_worst(void **state)
{
	static const struct {
		int64_t mono_s, us, want;
	} steps[] = {
		{ 1000, 5, 5 }, /* the first look */
		{ 1001, 0, 5 }, /* who asks second sees it too */
		{ 1030, 7, 7 },
		{ 1059, 3, 7 },
		{ 1061, 2, 7 }, /* the minute before counts */
		{ 1119, 1, 7 },
		{ 1122, 1, 2 }, /* and the one before that does not */
		{ 1182, 9, 9 },
		{ 5000, 4, 4 }, /* nobody looked for long */
	};
	struct worst w = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		assert_int_equal(worst_note(&w, steps[i].us,
					    steps[i].mono_s * 1000),
				 steps[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_latency),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_tally),
		cmocka_unit_test(test_worst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
