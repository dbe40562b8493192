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
	};

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
