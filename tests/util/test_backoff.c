/* Tests of util/backoff: growth, ceiling, jitter. */
#include "util/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void delay_follows_table(void **state)
{
	static const struct {
		unsigned attempt;
		int64_t base_ms, max_ms;
		uint32_t random;
		int64_t want_ms;
	} rows[] = {
		{ 1, 1000, 60000, 0, 750 },
		{ 1, 1000, 60000, 0x80000000, 1000 },
		{ 1, 1000, 60000, UINT32_MAX, 1250 },
		{ 0, 1000, 60000, 0x80000000, 1000 },
		{ 2, 1000, 60000, 0x80000000, 2000 },
		{ 6, 1000, 60000, 0x80000000, 32000 },
		{ 7, 1000, 60000, 0x80000000, 60000 },
		{ UINT32_MAX, 1000, 60000, 0x80000000, 60000 },
		{ 5, 90000, 60000, 0, 45000 },
		{ 80, 1, INT64_MAX, 0, INT64_MAX - INT64_MAX / 4 },
		{ 3, 0, 60000, UINT32_MAX, 0 },
		{ 1, 1, 1, UINT32_MAX, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(backoff_ms(rows[i].attempt, rows[i].base_ms,
					    rows[i].max_ms, rows[i].random),
				 rows[i].want_ms);
}

static void jitter_stays_within_a_quarter(void **state)
{
	(void)state;
	for (uint32_t r = 0; r < 1000; r++) {
		int64_t ms = backoff_ms(4, 1000, 60000, r * 4294967);

		assert_in_range(ms, 6000, 10000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delay_follows_table),
		cmocka_unit_test(jitter_stays_within_a_quarter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
