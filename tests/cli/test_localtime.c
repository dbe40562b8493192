/* Local time as shown and as typed, in a zone with summer time. */
#include "cli/localtime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "util/err.h"

/* 2026-11-21T22:04:09Z */
#define NOW INT64_C(1795298649000)

static void test_shown(void **state)
{
	char buf[LOCALTIME_MAX];

	(void)state;
	assert_string_equal(localtime_minute(NOW, buf), "2026-11-21 23:04 CET");
	assert_string_equal(localtime_second(NOW, buf),
			    "2026-11-21 23:04:09 CET");
	assert_string_equal(localtime_zone(NOW, buf), "CET");
	/* 2026-07-01T12:00:00Z */
	assert_string_equal(localtime_minute(INT64_C(1782907200000), buf),
			    "2026-07-01 14:00 CEST");
}

static void test_typed(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = {
		{ "24h", NOW - INT64_C(86400000) },
		{ "90s", NOW - 90000 },
		{ "2026-11-21", INT64_C(1795215600000) },
		{ "2026-11-21 08:00", INT64_C(1795244400000) },
		{ "2026-11-21T08:00", INT64_C(1795244400000) },
		{ "2026-07-01 14:00", INT64_C(1782907200000) },
		{ "2026-11-21T07:00:00Z", INT64_C(1795244400000) },
		{ "2026-11-21T08:00:00+01:00", INT64_C(1795244400000) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t ms = 0;

		assert_int_equal(localtime_parse(rows[i].text, NOW, &ms), 0);
		assert_int_equal(ms, rows[i].ms);
	}
}

/* What a zone has twice, or not at all: a beginning is the first of the two, an
 * end the last, whatever was asked before; a gap ends where it ends. */
static void test_folds_and_gaps(void **state)
{
	static const struct {
		const char *zone, *text;
		int64_t first_ms, last_ms;
	} rows[] = {
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25 02:30",
		  INT64_C(1792888200000), INT64_C(1792891800000) },
		{ "EST5EDT,M3.2.0,M11.1.0", "2026-11-01 01:30",
		  INT64_C(1793511000000), INT64_C(1793514600000) },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29 02:30",
		  INT64_C(1774746000000), INT64_C(1774746000000) },
		/* A day that begins at one. */
		{ "CLT4CLST,M9.1.6/24,M4.1.6/24", "2026-09-06",
		  INT64_C(1788667200000), INT64_C(1788667200000) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t first_ms = 0, last_ms = 0;

		setenv("TZ", rows[i].zone, 1);
		tzset();
		for (int again = 0; again < 2; again++) {
			assert_int_equal(localtime_parse(rows[i].text, NOW,
							 &first_ms),
					 0);
			assert_int_equal(first_ms, rows[i].first_ms);
			assert_int_equal(localtime_parse_end(rows[i].text, NOW,
							     &last_ms),
					 0);
			assert_int_equal(last_ms, rows[i].last_ms);
		}
	}
}

static void test_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"yesterday",
		"2026-13-01",
		"2026-02-30",
		"2026-11-21 25:00",
		"2026-11-21 08:00 x",
		"24",
		"-1h",
		"2026-11-21T08:00:00",
		" 026-11-21",
		"21.11.2026",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t ms = 5;

		assert_int_equal(localtime_parse(rows[i], NOW, &ms),
				 ERR_SCHEMA);
		assert_int_equal(ms, 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shown),
		cmocka_unit_test(test_typed),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_folds_and_gaps),
	};

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
