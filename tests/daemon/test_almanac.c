/* Holidays that run out become one alert in time, closed by a newer file. */
#include "daemon/almanac.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/rig.h"
#include "util/xmalloc.h"

#define DAY INT64_C(86400000)
/* 2026-06-09 and 2026-11-05 */
#define JUNE INT64_C(1780992000000)
#define NOVEMBER (JUNE + 149 * DAY)

static const char head[] = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n";
static const char day[] = "BEGIN:VEVENT\r\nUID:%d\r\n"
			  "DTSTART;VALUE=DATE:%d1225\r\nSUMMARY:x\r\n"
			  "END:VEVENT\r\n";

/* Christmas of the years up to @last. */
static void write_file(const char *path, int last)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(head, f);
	for (int year = 2025; year <= last; year++)
		fprintf(f, day, year, year);
	fputs("END:VCALENDAR\r\n", f);
	assert_int_equal(fclose(f), 0);
}

/* How many such alerts are open after a look at @now_ms. */
static int64_t open_after(int last_year, int64_t now_ms)
{
	char path[] = "/tmp/almanac-XXXXXX";
	int fd = mkstemp(path);
	CLEANUP(free_ptr) char *yaml = NULL;
	struct err err = ERR_INIT;
	struct rig r;
	int64_t n;

	assert_true(fd >= 0);
	close(fd);
	write_file(path, last_year);
	yaml = xasprintf("calendars:\n"
			 "  - {name: office, timezone: Europe/Berlin, hours: "
			 "{mon-fri: [\"08:00-17:00\"]}, holidays: %s}\n"
			 "targets:\n"
			 "  - {name: ops, type: folder, path: /nowhere}\n"
			 "fallback: ops\n",
			 path);
	rig_open(&r, yaml, now_ms);
	if (almanac_look(&r.pipeline, now_ms, &err) < 0)
		fail_msg("%s", err.text);
	/* The second look of a lasting condition is no second alert. */
	if (almanac_look(&r.pipeline, now_ms + DAY, &err) < 0)
		fail_msg("%s", err.text);
	n = rig_integer(&r,
			"SELECT count(*) FROM v_alerts WHERE state = 'open' "
			"AND native_id = 'calendar-holidays/office'");
	rig_close(&r);
	unlink(path);
	return n;
}

static void test_in_time(void **state)
{
	(void)state;
	assert_int_equal(open_after(2027, JUNE), 0);
	assert_int_equal(open_after(2026, JUNE), 0);
	assert_int_equal(open_after(2026, NOVEMBER), 1);
	assert_int_equal(open_after(2027, NOVEMBER), 0);
	assert_int_equal(open_after(2025, JUNE), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
