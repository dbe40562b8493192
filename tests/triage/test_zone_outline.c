/* The rules of a zone as a text. */
#include "triage/zone_outline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "triage/calendar.h"
#include "util/compiler.h"
#include "util/timefmt.h"

static bool summer_of_one_day(const char *zone, int64_t ms, int *ret)
{
	int64_t day = ms / INT64_C(86400000);

	*ret = day == 105 ? 7200 : 3600;
	return strcmp(zone, "Known/Zone") == 0;
}

static void check(zone_outline_fn *offset, const char *zone, int64_t from_day,
		  const char *expected)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	zone_outline(offset, zone, from_day, &sb);
	assert_string_equal(sb.buf, expected);
}

static void test_changes(void **state)
{
	(void)state;
	check(summer_of_one_day, "Known/Zone", 100, "60 105:120 106:60");
	check(summer_of_one_day, "Known/Zone", 105, "120 106:60");
	check(summer_of_one_day, "Known/Zone", 106, "60");
	check(summer_of_one_day, "Other/Zone", 100, "");
}

/* The last Sunday of March 2026 was the 29th, of October the 25th. */
static void test_of_the_calendar(void **state)
{
	(void)state;
	check(calendar_zone_offset, "Europe/Berlin", timefmt_days(2026, 3, 1),
	      "60 20541:120 20751:60 20905:120");
	check(calendar_zone_offset, "Asia/Tokyo", timefmt_days(2026, 3, 1),
	      "540");
	check(calendar_zone_offset, "No/Such_Zone", 20000, "");
}

static void test_list(void **state)
{
	static char berlin[] = "Europe/Berlin", tokyo[] = "Asia/Tokyo";
	static char utc[] = "UTC", lima[] = "America/Lima";
	struct calendar_def calendars[] = { { .timezone = berlin },
					    { .timezone = utc },
					    { .timezone = NULL } };
	struct rotation rotations[] = { { .timezone = tokyo },
					{ .timezone = berlin } };
	struct quiet_plan quiet[] = { { .hours = { .timezone = tokyo } } };
	struct maintenance_plan work[] = { { .hours = { .timezone = lima } } };
	const struct policy p = {
		.calendars = calendars,
		.n_calendars = ARRAY_SIZE(calendars),
		.rotations = rotations,
		.n_rotations = ARRAY_SIZE(rotations),
		.quiet = quiet,
		.n_quiet = ARRAY_SIZE(quiet),
		.maintenance = work,
		.n_maintenance = ARRAY_SIZE(work),
	};
	CLEANUP(strlist_release) struct strlist list = STRLIST_INIT;

	(void)state;
	zone_outline_list(&p, &list);
	assert_int_equal(list.n, 3);
	assert_string_equal(list.v[0], "Europe/Berlin");
	assert_string_equal(list.v[1], "Asia/Tokyo");
	assert_string_equal(list.v[2], "America/Lima");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_of_the_calendar),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
