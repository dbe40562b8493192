/* Tests of util/clock: a held clock stands still, a free one moves on. */
#include "util/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <time.h>

static void held_clock_stands_still(void **state)
{
	(void)state;
	clock_hold(1795296120000, 42);
	assert_int_equal(clock_wall_ms(), 1795296120000);
	assert_int_equal(clock_mono_ms(), 42);
	assert_int_equal(clock_mono_us(), 42000);
	clock_hold(1795296120001, 43);
	assert_int_equal(clock_wall_ms(), 1795296120001);
	assert_int_equal(clock_mono_ms(), 43);
	clock_release();
	assert_int_not_equal(clock_wall_ms(), 1795296120001);
}

static void free_clock_is_the_kernels(void **state)
{
	int64_t before_s = time(NULL);
	int64_t wall_ms = clock_wall_ms();
	int64_t mono_ms = clock_mono_ms();
	int64_t mono_us = clock_mono_us();

	(void)state;
	/* time() may lag by a tick. */
	assert_true(wall_ms / 1000 >= before_s);
	assert_true(wall_ms / 1000 <= time(NULL) + 1);
	assert_true(mono_ms > 0);
	assert_true(clock_mono_ms() >= mono_ms);
	assert_true(clock_mono_us() >= mono_us);
	/* Boot time includes suspend, monotonic does not. */
	assert_true(clock_mono_ms() >= mono_us / 1000);
}

/* A thread that waits must not wait for a clock that a test has stopped. */
static void waits_are_in_real_time(void **state)
{
	struct timespec now, until;

	(void)state;
	clock_hold(1000, 1000);
	clock_gettime(CLOCK_MONOTONIC, &now);
	clock_wait_until(10999, &until);
	clock_release();
	assert_true(until.tv_sec >= now.tv_sec + 10);
	assert_in_range(until.tv_nsec, 0, 999999999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_are_in_real_time),
		cmocka_unit_test(held_clock_stands_still),
		cmocka_unit_test(free_clock_is_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
