/* Civil time to instants: against glibc for every offset, against literals for
 * the hours that do not exist or exist twice.
 *
 * Battery: B3.
 */
#include "triage/calendar.h"

#include <stdio.h>
#include <time.h>
#include "triage/fixture.h"

static const char *const zones[] = {
	"Europe/Berlin",       "America/New_York",
	"Australia/Lord_Howe", "Asia/Kolkata",
	"America/Santiago",    "Africa/Casablanca",
	"Pacific/Kiritimati",  "UTC",
};

static void compare_with_libc(const char *zone, int64_t from_s, int64_t to_s,
			      int64_t step_s)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	tzset();
	for (int64_t s = from_s; s < to_s; s += step_s) {
		time_t when = (time_t)s;
		int offset = -1;
		struct tm tm;

		assert_true(calendar_zone_offset(zone, s * 1000, &offset));
		assert_non_null(localtime_r(&when, &tm));
		if (offset != tm.tm_gmtoff)
			fail_msg("%s at %lld: %d, libc says %ld", zone,
				 (long long)s, offset, tm.tm_gmtoff);
	}
}

/* Every hour of 2026 and 2027, and each day up to 2036. */
static void test_offsets_are_libc_s(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
		compare_with_libc(zones[i], at("2026-01-01T00:00:00Z") / 1000,
				  at("2028-01-01T00:00:00Z") / 1000, 3600);
		compare_with_libc(zones[i], at("2028-01-01T11:00:00Z") / 1000,
				  at("2036-01-01T00:00:00Z") / 1000, 86400);
	}
}

/* The last second before each change of 2026 and the first after it. */
static void test_offsets_around_changes(void **state)
{
	static const struct {
		const char *zone, *change;
		int before_s, after_s;
	} rows[] = {
		{ "Europe/Berlin", "2026-03-29T01:00:00Z", 3600, 7200 },
		{ "Europe/Berlin", "2026-10-25T01:00:00Z", 7200, 3600 },
		{ "Europe/Berlin", "2027-03-28T01:00:00Z", 3600, 7200 },
		{ "America/New_York", "2026-03-08T07:00:00Z", -18000, -14400 },
		{ "America/New_York", "2026-11-01T06:00:00Z", -14400, -18000 },
		{ "Australia/Lord_Howe", "2026-04-04T15:00:00Z", 39600, 37800 },
		{ "Australia/Lord_Howe", "2026-10-03T15:30:00Z", 37800, 39600 },
		{ "America/Santiago", "2026-04-05T03:00:00Z", -10800, -14400 },
		{ "America/Santiago", "2026-09-06T04:00:00Z", -14400, -10800 },
		{ "Asia/Kolkata", "2026-06-01T00:00:00Z", 19800, 19800 },
		{ "UTC", "2026-06-01T00:00:00Z", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t change = at(rows[i].change);
		int offset;

		assert_true(calendar_zone_offset(rows[i].zone, change - 1,
						 &offset));
		assert_int_equal(offset, rows[i].before_s);
		assert_true(
			calendar_zone_offset(rows[i].zone, change, &offset));
		assert_int_equal(offset, rows[i].after_s);
	}
}

static void test_unknown_zones(void **state)
{
	static const char *const bad[] = {
		"",
		"Nonsense/City",
		"europe/berlin",
		"../../etc/passwd",
		"Europe/../UTC",
		"/usr/share/zoneinfo/UTC",
		"Europe/Berlin ",
		"Europe",
		"zone.tab",
		"Europe/Berl\xc3\xadn",
	};
	int offset = 42;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (calendar_zone_offset(bad[i], 0, &offset))
			fail_msg("zone \"%s\" was found", bad[i]);
	}
	assert_false(calendar_zone_offset(NULL, 0, &offset));
	assert_int_equal(offset, 42);
}

/* Links are what people have in their files. (Names that were given up, such
 * as Asia/Calcutta, are there when the system has them: Debian 13 keeps them in
 * a package of their own.) */
static void test_links(void **state)
{
	int offset;

	(void)state;
	assert_true(calendar_zone_offset("Europe/Bratislava", NOW_MS, &offset));
	assert_int_equal(offset, 3600);
	assert_true(calendar_zone_offset("Etc/UTC", NOW_MS, &offset));
	assert_int_equal(offset, 0);
}

static void test_instants(void **state)
{
	static const struct {
		const char *zone;
		struct civil civil;
		const char *first, *last;
	} rows[] = {
		/* Plain days; minutes past midnight belong to the next. */
		{ "UTC", { 2026, 1, 5, 0 }, "2026-01-05T00:00:00Z", NULL },
		{ "UTC", { 2026, 12, 31, 1440 }, "2027-01-01T00:00:00Z", NULL },
		{ "Europe/Berlin",
		  { 2026, 1, 12, 480 },
		  "2026-01-12T07:00:00Z",
		  NULL },
		{ "Europe/Berlin",
		  { 2026, 7, 13, 480 },
		  "2026-07-13T06:00:00Z",
		  NULL },
		{ "Europe/Berlin",
		  { 2026, 7, 13, 1560 },
		  "2026-07-14T00:00:00Z",
		  NULL },
		{ "Pacific/Kiritimati",
		  { 2026, 1, 5, 0 },
		  "2026-01-04T10:00:00Z",
		  NULL },
		/* Berlin jumps from 02:00 to 03:00. */
		{ "Europe/Berlin",
		  { 2026, 3, 29, 119 },
		  "2026-03-29T00:59:00Z",
		  NULL },
		{ "Europe/Berlin",
		  { 2026, 3, 29, 120 },
		  "2026-03-29T01:00:00Z",
		  NULL },
		{ "Europe/Berlin",
		  { 2026, 3, 29, 150 },
		  "2026-03-29T01:00:00Z",
		  NULL },
		{ "Europe/Berlin",
		  { 2026, 3, 29, 179 },
		  "2026-03-29T01:00:00Z",
		  NULL },
		{ "Europe/Berlin",
		  { 2026, 3, 29, 180 },
		  "2026-03-29T01:00:00Z",
		  NULL },
		{ "Europe/Berlin",
		  { 2026, 3, 29, 181 },
		  "2026-03-29T01:01:00Z",
		  NULL },
		/* And has 02:00 to 03:00 twice. */
		{ "Europe/Berlin",
		  { 2026, 10, 25, 119 },
		  "2026-10-24T23:59:00Z",
		  NULL },
		{ "Europe/Berlin",
		  { 2026, 10, 25, 120 },
		  "2026-10-25T00:00:00Z",
		  "2026-10-25T01:00:00Z" },
		{ "Europe/Berlin",
		  { 2026, 10, 25, 150 },
		  "2026-10-25T00:30:00Z",
		  "2026-10-25T01:30:00Z" },
		{ "Europe/Berlin",
		  { 2026, 10, 25, 180 },
		  "2026-10-25T02:00:00Z",
		  NULL },
		/* Half an hour only. */
		{ "Australia/Lord_Howe",
		  { 2026, 10, 4, 135 },
		  "2026-10-03T15:30:00Z",
		  NULL },
		{ "Australia/Lord_Howe",
		  { 2026, 4, 5, 105 },
		  "2026-04-04T14:45:00Z",
		  "2026-04-04T15:15:00Z" },
		/* At midnight. */
		{ "America/Santiago",
		  { 2026, 9, 6, 0 },
		  "2026-09-06T04:00:00Z",
		  NULL },
		{ "America/Santiago",
		  { 2026, 9, 5, 1440 },
		  "2026-09-06T04:00:00Z",
		  NULL },
		{ "America/Santiago",
		  { 2026, 4, 4, 1410 },
		  "2026-04-05T02:30:00Z",
		  "2026-04-05T03:30:00Z" },
		{ "America/New_York",
		  { 2026, 3, 8, 150 },
		  "2026-03-08T07:00:00Z",
		  NULL },
		{ "America/New_York",
		  { 2026, 11, 1, 90 },
		  "2026-11-01T05:30:00Z",
		  "2026-11-01T06:30:00Z" },
		/* A whole date that never was. */
		{ "Pacific/Apia",
		  { 2011, 12, 30, 720 },
		  "2011-12-30T10:00:00Z",
		  NULL },
		/* A zone nobody has looked up reads as UTC. */
		{ "Nonsense/City",
		  { 2026, 1, 5, 60 },
		  "2026-01-05T01:00:00Z",
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *last = rows[i].last ? rows[i].last : rows[i].first;

		assert_instant(calendar_zone_instant(rows[i].zone,
						     &rows[i].civil, false),
			       rows[i].first);
		assert_instant(calendar_zone_instant(rows[i].zone,
						     &rows[i].civil, true),
			       last);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offsets_are_libc_s),
		cmocka_unit_test(test_offsets_around_changes),
		cmocka_unit_test(test_unknown_zones),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_instants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
