/*
 * Tests of util/timefmt: API times, HTTP dates, durations, the calendar.
 *
 * Battery: B4.
 */
#include "util/timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "util/clock.h"
#include "util/err.h"

static void api_times(void **state)
{
	static const struct {
		const char *text;
		int want_rc;
		int64_t want_ms;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 1, 0 },
		{ "1969-12-31T23:59:59.999Z", 1, -1 },
		{ "2026-11-21T21:22:00Z", 1, 1795296120000 },
		{ "2026-11-21T21:22:00.5Z", 1, 1795296120500 },
		{ "2026-11-21T21:22:00.1234567Z", 1, 1795296120123 },
		{ "2026-11-21T21:22:00.123456789Z", 1, 1795296120123 },
		{ "2026-11-21t21:22:00z", 1, 1795296120000 },
		{ "2026-11-21 21:22:00", 1, 1795296120000 },
		{ "2026-11-21T22:22:00+01:00", 1, 1795296120000 },
		{ "2026-11-21T15:52:00.25-05:30", 1, 1795296120250 },
		{ "2016-12-31T23:59:60Z", 1, 1483228800000 },
		{ "2024-02-29T00:00:00Z", 1, 1709164800000 },
		{ "9999-12-31T23:59:59.999Z", 1, 253402300799999 },
		{ "0002-01-01T00:00:00Z", 1, -62104060800000 },
		{ "", 0, 0 },
		{ "0001-01-01T00:00:00", 0, 0 },
		{ "0001-01-01T00:00:00Z", 0, 0 },
		{ "0001-12-31T23:59:59.9999999Z", 0, 0 },
		{ "9999-12-31T23:59:59-01:00", ERR_SCHEMA, 0 },
		{ "0000-01-01T00:00:00Z", ERR_SCHEMA, 0 },
		{ "2023-02-29T00:00:00Z", ERR_SCHEMA, 0 },
		{ "1900-02-29T00:00:00Z", ERR_SCHEMA, 0 },
		{ "2026-13-01T00:00:00Z", ERR_SCHEMA, 0 },
		{ "2026-00-01T00:00:00Z", ERR_SCHEMA, 0 },
		{ "2026-01-00T00:00:00Z", ERR_SCHEMA, 0 },
		{ "2026-04-31T00:00:00Z", ERR_SCHEMA, 0 },
		{ "2026-01-01T24:00:00Z", ERR_SCHEMA, 0 },
		{ "2026-01-01T00:60:00Z", ERR_SCHEMA, 0 },
		{ "2026-01-01T00:00:61Z", ERR_SCHEMA, 0 },
		{ "2026-01-01T00:00:00.Z", ERR_SCHEMA, 0 },
		{ "2026-01-01T00:00:00.1234567890Z", ERR_SCHEMA, 0 },
		{ "2026-01-01T00:00:00+0100", ERR_SCHEMA, 0 },
		{ "2026-01-01T00:00:00+24:00", ERR_SCHEMA, 0 },
		{ "2026-01-01T00:00:00Zx", ERR_SCHEMA, 0 },
		{ " 2026-01-01T00:00:00Z", ERR_SCHEMA, 0 },
		{ "2026-1-01T00:00:00Z", ERR_SCHEMA, 0 },
		{ "2026-01-01", ERR_SCHEMA, 0 },
		{ "2026-01-01T00:00Z", ERR_SCHEMA, 0 },
		{ "+026-01-01T00:00:00Z", ERR_SCHEMA, 0 },
		{ "09/08/2022 07:51:17", ERR_SCHEMA, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t ms = 77;
		int rc = timefmt_parse(rows[i].text, strlen(rows[i].text), &ms);

		if (rc != rows[i].want_rc)
			print_error("row: %s\n", rows[i].text);
		assert_int_equal(rc, rows[i].want_rc);
		assert_int_equal(ms, rc > 0 ? rows[i].want_ms : 77);
	}
}

static void only_len_bytes_are_read(void **state)
{
	int64_t ms;

	(void)state;
	assert_int_equal(timefmt_parse("2026-11-21T21:22:00Z...", 20, &ms), 1);
	assert_int_equal(timefmt_parse("2026-11-21T21:22:00Z", 12, &ms),
			 ERR_SCHEMA);
	assert_int_equal(timefmt_parse("2026-11-21T21:22:00\0Z", 21, &ms),
			 ERR_SCHEMA);
}

static void http_dates(void **state)
{
	static const struct {
		const char *text;
		int64_t want_ms; /* -1: refused */
	} rows[] = {
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777000 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777000 },
		{ "Sun Nov  6 08:49:37 1994", 784111777000 },
		{ "Sat Nov 21 21:22:00 2026", 1795296120000 },
		{ "Friday, 01-Jan-60 00:00:00 GMT", 2840140800000 },
		{ "Sun, 06 Nov 1994 08:49:37", -1 },
		{ "Sun, 06 Nov 1994 08:49:37 UTC", -1 },
		{ "Sun, 6 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 06 nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 31 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT ", -1 },
		{ "Sun 06 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 06-Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 06 Nov-1994 08:49:37 GMT", -1 },
		{ "Sun, 06 Nov 1994-08:49:37 GMT", -1 },
		{ "Sun, 06 Nov 199x 08:49:37 GMT", -1 },
		{ "Sunday 06-Nov-94 08:49:37 GMT", -1 },
		{ "Sunday, x6-Nov-94 08:49:37 GMT", -1 },
		{ "Sunday, 06 Nov-94 08:49:37 GMT", -1 },
		{ "Sunday, 06-Xov-94 08:49:37 GMT", -1 },
		{ "Sunday, 06-Nov 94 08:49:37 GMT", -1 },
		{ "Sunday, 06-Nov-9x 08:49:37 GMT", -1 },
		{ "Sunday, 06-Nov-94-08:49:37 GMT", -1 },
		{ "Sunday, 06-Nov-94 08:49:77 GMT", -1 },
		{ "Sunday, 06-Nov-94 08:49:37 UTC", -1 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT ", -1 },
		{ "Sun-Nov  6 08:49:37 1994", -1 },
		{ "Sun Xov  6 08:49:37 1994", -1 },
		{ "Sun Nov-06 08:49:37 1994", -1 },
		{ "Sun Nov  x 08:49:37 1994", -1 },
		{ "Sun Nov  6-08:49:37 1994", -1 },
		{ "Sun Nov  6 08-49:37 1994", -1 },
		{ "Sun Nov  6 08:49:37-1994", -1 },
		{ "Sun Nov  6 08:49:37 199x", -1 },
		{ "Sun Nov  6 08:49:37 1994 ", -1 },
		{ "120", -1 },
		{ "", -1 },
	};

	(void)state;
	clock_hold(1795296120000, 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t ms = 77;
		int rc = timefmt_parse_http_date(rows[i].text, &ms);

		assert_int_equal(rc, rows[i].want_ms < 0 ? ERR_SCHEMA : 0);
		assert_int_equal(ms, rc ? 77 : rows[i].want_ms);
	}
	clock_release();
}

static void durations(void **state)
{
	static const struct {
		const char *text;
		int64_t want_ms; /* -1: refused */
		const char *shortest;
	} rows[] = {
		{ "90s", 90000, "90s" },
		{ "15m", 900000, "15m" },
		{ "24h", 86400000, "1d" },
		{ "4h", 14400000, "4h" },
		{ "2d", 172800000, "2d" },
		{ "500ms", 500, "500ms" },
		{ "0s", 0, "0s" },
		{ "1500ms", 1500, "1500ms" },
		{ "36500d", 3153600000000, "36500d" },
		{ "36501d", -1, NULL },
		{ "99999999999999999999s", -1, NULL },
		{ "", -1, NULL },
		{ "15", -1, NULL },
		{ "m", -1, NULL },
		{ "1h30m", -1, NULL },
		{ "-1h", -1, NULL },
		{ "1.5h", -1, NULL },
		{ "1 h", -1, NULL },
		{ "1H", -1, NULL },
		{ "1w", -1, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char buf[TIMEFMT_MAX];
		int64_t ms = 77;
		int rc = timefmt_parse_duration(rows[i].text, &ms);

		assert_int_equal(rc, rows[i].want_ms < 0 ? ERR_SCHEMA : 0);
		if (rc < 0) {
			assert_int_equal(ms, 77);
			continue;
		}
		assert_int_equal(ms, rows[i].want_ms);
		assert_string_equal(timefmt_duration(ms, buf),
				    rows[i].shortest);
	}
}

static void instants_as_text(void **state)
{
	char buf[TIMEFMT_MAX];

	(void)state;
	assert_string_equal(timefmt_utc(1795296120007, buf),
			    "2026-11-21T21:22:00.007Z");
	assert_string_equal(timefmt_utc(-1, buf), "1969-12-31T23:59:59.999Z");
	assert_string_equal(timefmt_utc(-62135596800000, buf),
			    "0001-01-01T00:00:00.000Z");
	assert_string_equal(timefmt_minute(1795296120000, 9 * 3600, buf),
			    "2026-11-22 06:22");
	assert_string_equal(timefmt_minute(1795296120000, -86400, buf),
			    "2026-11-20 21:22");
	assert_string_equal(timefmt_mail(1795296120999, buf),
			    "Sat, 21 Nov 2026 21:22:00 +0000");
	assert_string_equal(timefmt_mail(0, buf),
			    "Thu, 01 Jan 1970 00:00:00 +0000");
	assert_string_equal(timefmt_mail(-1, buf),
			    "Wed, 31 Dec 1969 23:59:59 +0000");
}

/* No instant may write past the buffer. */
static void extreme_instants_fit(void **state)
{
	static const int64_t rows[] = { INT64_MIN, INT64_MAX, INT64_MIN / 2 };
	char buf[TIMEFMT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(strlen(timefmt_utc(rows[i], buf)) < TIMEFMT_MAX);
		assert_true(strlen(timefmt_mail(rows[i], buf)) < TIMEFMT_MAX);
		assert_true(strlen(timefmt_span(rows[i], buf)) < TIMEFMT_MAX);
		assert_true(strlen(timefmt_duration(rows[i], buf)) <
			    TIMEFMT_MAX);
	}
}

static void spans_for_people(void **state)
{
	static const struct {
		int64_t ms;
		const char *want;
	} rows[] = {
		{ 0, "0 s" },
		{ 499, "0 s" },
		{ 999, "1 s" },
		{ 59600, "1 min" },
		{ 14399950, "4 h" },
		{ 86399000, "1 d" },
		{ 5400000 - 31000, "1 h 29 min" },
		{ 42000, "42 s" },
		{ 60000, "1 min" },
		{ 90000, "1 min 30 s" },
		{ 900000, "15 min" },
		{ 11520000, "3 h 12 min" },
		{ 3600000, "1 h" },
		{ 187200000, "2 d 4 h" },
		{ 172859000, "2 d" },
		{ -42000, "42 s" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char buf[TIMEFMT_MAX];

		assert_string_equal(timefmt_span(rows[i].ms, buf),
				    rows[i].want);
	}
}

static int month_length(int year, int month)
{
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (month == 2)
		return leap ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static void check_day(int64_t day, int year, int month, int mday)
{
	int y, m, d;

	timefmt_civil(day, &y, &m, &d);
	if (y != year || m != month || d != mday ||
	    timefmt_days(year, month, mday) != day)
		fail_msg("%d-%d-%d", year, month, mday);
}

/* Every day of 10800 years, against a calendar that only counts. */
static void calendar_counts_every_day(void **state)
{
	int64_t day = timefmt_days(-800, 1, 1);

	(void)state;
	assert_int_equal(timefmt_days(1970, 1, 1), 0);
	assert_int_equal(timefmt_days(-800, 1, 1), -1011722);
	for (int year = -800; year < 10000; year++)
		for (int month = 1; month <= 12; month++)
			for (int d = 1; d <= month_length(year, month); d++)
				check_day(day++, year, month, d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(api_times),
		cmocka_unit_test(only_len_bytes_are_read),
		cmocka_unit_test(http_dates),
		cmocka_unit_test(durations),
		cmocka_unit_test(instants_as_text),
		cmocka_unit_test(extreme_instants_fit),
		cmocka_unit_test(spans_for_people),
		cmocka_unit_test(calendar_counts_every_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
