/*
 * Holidays files as the world writes them, and as it breaks them.
 *
 * Battery: G8.
 */
#include "triage/calendar_priv.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "triage/fixture.h"

#define EVENT(lines) "BEGIN:VEVENT\r\n" lines "END:VEVENT\r\n"
#define FILE_OF(events)                                                        \
	"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n" events      \
	"END:VCALENDAR\r\n"

struct temp_file {
	char path[256];
};

static void temp_unlink(struct temp_file *f)
{
	if (*f->path)
		unlink(f->path);
}

static void write_file(struct temp_file *f, const char *text, size_t len)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	snprintf(f->path, sizeof(f->path), "%s/triaged-ics-XXXXXX",
		 dir ? dir : "/tmp");
	fd = mkstemp(f->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

static int64_t day_at(const char *date)
{
	int y, m, d;

	assert_int_equal(sscanf(date, "%d-%d-%d", &y, &m, &d), 3);
	return timefmt_days(y, m, d);
}

static int read_text(const char *text, size_t len, struct date_set *ret,
		     struct err *err)
{
	CLEANUP(temp_unlink) struct temp_file file = { "" };

	write_file(&file, text, len);
	return calendar_ics_read(file.path, day_at("2025-01-01"),
				 day_at("2032-12-31"), ret, err);
}

/* "2026-12-25 2026-12-26" */
static void assert_dates(const struct date_set *set, const char *expected)
{
	char text[4096] = "";
	size_t len = 0;

	for (size_t i = 0; i < set->n && len < sizeof(text) - 32; i++) {
		int y, m, d;

		timefmt_civil(set->v[i], &y, &m, &d);
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%s%04d-%02d-%02d", i ? " " : "", y, m,
					d);
	}
	assert_string_equal(text, expected);
}

static const struct {
	const char *what, *text, *dates;
} good[] = {
	{ "one day without an end",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20261225\r\n")), "2026-12-25" },
	{ "the end is exclusive",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20261225\r\n"
			"DTEND;VALUE=DATE:20261227\r\n")),
	  "2026-12-25 2026-12-26" },
	{ "the same date twice is one day",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20261225\r\n"
			"DTEND;VALUE=DATE:20261225\r\n")),
	  "2026-12-25" },
	{ "a duration",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20261230\r\n"
			"DURATION:P3D\r\n")),
	  "2026-12-30 2026-12-31 2027-01-01" },
	{ "every year, and not past the window",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20201225\r\n"
			"RRULE:FREQ=YEARLY;COUNT=8\r\n")),
	  "2025-12-25 2026-12-25 2027-12-25" },
	{ "several days every year",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20261224\r\n"
			"DTEND;VALUE=DATE:20261226\r\n"
			"RRULE:FREQ=YEARLY;UNTIL=20280101\r\n")),
	  "2026-12-24 2026-12-25 2027-12-24 2027-12-25" },
	{ "the last Monday of May",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20260525\r\n"
			"RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;"
			"COUNT=3\r\n")),
	  "2026-05-25 2027-05-31 2028-05-29" },
	{ "February 29",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20240229\r\n"
			"RRULE:FREQ=YEARLY\r\n")),
	  "2028-02-29 2032-02-29" },
	{ "extra dates and exceptions",
	  FILE_OF(EVENT("UID:a\r\nDTSTART;VALUE=DATE:20260101\r\n"
			"RRULE:FREQ=YEARLY;COUNT=3\r\n"
			"RDATE;VALUE=DATE:20260401,20260402\r\n"
			"EXDATE;VALUE=DATE:20270101\r\n"
			"EXDATE;VALUE=DATE:20260402\r\n")),
	  "2026-01-01 2026-04-01 2028-01-01" },
	{ "the first date itself called off",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20260101\r\n"
			"RRULE:FREQ=YEARLY;COUNT=2\r\n"
			"EXDATE;VALUE=DATE:20260101\r\n")),
	  "2027-01-01" },
	{ "one instance moved",
	  FILE_OF(EVENT("UID:party\r\nDTSTART;VALUE=DATE:20260601\r\n"
			"RRULE:FREQ=YEARLY;COUNT=3\r\n")
			  EVENT("UID:party\r\n"
				"RECURRENCE-ID;VALUE=DATE:20270601\r\n"
				"DTSTART;VALUE=DATE:20270604\r\n")),
	  "2026-06-01 2027-06-04 2028-06-01" },
	{ "one instance called off",
	  FILE_OF(EVENT("UID:party\r\nRECURRENCE-ID;VALUE=DATE:20270601\r\n"
			"DTSTART;VALUE=DATE:20270601\r\nSTATUS:CANCELLED\r\n")
			  EVENT("UID:party\r\nDTSTART;VALUE=DATE:20260601\r\n"
				"RRULE:FREQ=YEARLY;COUNT=3\r\n")),
	  "2026-06-01 2028-06-01" },
	{ "called off",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20260101\r\n"
			"STATUS:CANCELLED\r\n")),
	  "" },
	{ "marked free, as published ones are",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20260101\r\n"
			"TRANSP:TRANSPARENT\r\n")),
	  "2026-01-01" },
	{ "a meeting is no holiday",
	  FILE_OF(EVENT("DTSTART:20260101T090000Z\r\n"
			"DTEND:20260101T100000Z\r\n")
			  EVENT("DTSTART:20260102T090000Z\r\n")),
	  "" },
	{ "midnight to midnight, as Outlook writes",
	  FILE_OF(EVENT("DTSTART;TZID=Europe/Berlin:20260101T000000\r\n"
			"DTEND;TZID=Europe/Berlin:20260103T000000\r\n")),
	  "2026-01-01 2026-01-02" },
	{ "midnight to midnight every year, one called off, one moved",
	  FILE_OF(EVENT("UID:o\r\n"
			"DTSTART;TZID=Europe/Berlin:20260501T000000\r\n"
			"DTEND;TZID=Europe/Berlin:20260502T000000\r\n"
			"RRULE:FREQ=YEARLY;COUNT=4\r\n"
			"EXDATE;TZID=Europe/Berlin:20270501T000000\r\n")
			  EVENT("UID:o\r\nRECURRENCE-ID;TZID=Europe/Berlin:"
				"20280501T000000\r\n"
				"DTSTART;TZID=Europe/Berlin:20280502T000000\r\n"
				"DTEND;TZID=Europe/Berlin:"
				"20280503T000000\r\n")),
	  "2026-05-01 2028-05-02 2029-05-01" },
	{ "a moved instance that became a meeting",
	  FILE_OF(EVENT("UID:o\r\nDTSTART;VALUE=DATE:20260501\r\n"
			"RRULE:FREQ=YEARLY;COUNT=2\r\n")
			  EVENT("UID:o\r\nRECURRENCE-ID;VALUE=DATE:20270501"
				"\r\nDTSTART:20270501T090000Z\r\n"
				"DTEND:20270501T100000Z\r\n")),
	  "2026-05-01" },
	{ "a meeting every week, and a day of it called off",
	  FILE_OF(EVENT("DTSTART:20260105T090000Z\r\n"
			"DTEND:20260105T100000Z\r\n"
			"RRULE:FREQ=WEEKLY;COUNT=9\r\n"
			"EXDATE:20260112T090000Z\r\n")),
	  "" },
	{ "several days over the turn of the year, and over February 29",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20271231\r\n"
			"DTEND;VALUE=DATE:20280103\r\n")
			  EVENT("DTSTART;VALUE=DATE:20280228\r\n"
				"DTEND;VALUE=DATE:20280302\r\n")),
	  "2027-12-31 2028-01-01 2028-01-02 2028-02-28 2028-02-29 2028-03-01" },
	{ "Easter Monday by its dates, and lines folded",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20260406\r\n"
			"RDATE;VALUE=DATE:20270329,2028\r\n 0417\r\n")),
	  "2026-04-06 2027-03-29 2028-04-17" },
	{ "every weekday of a week, until a date",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20260810\r\n"
			"RRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;"
			"UNTIL=20260818\r\n")),
	  "2026-08-10 2026-08-11 2026-08-12 2026-08-13 2026-08-14 2026-08-17 "
	  "2026-08-18" },
	{ "empty text, as Google writes",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20260101\r\nDESCRIPTION:\r\n"
			"LOCATION:\r\nSUMMARY:New Year\r\n")),
	  "2026-01-01" },
	{ "two calendars in one file",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20260101\r\n"))
		  FILE_OF(EVENT("DTSTART;VALUE=DATE:20260102\r\n")),
	  "2026-01-01 2026-01-02" },
	{ "a byte order mark, as editors of Windows write",
	  "\xef\xbb\xbf" FILE_OF(EVENT("DTSTART;VALUE=DATE:20260101\r\n")),
	  "2026-01-01" },
	{ "bare newlines",
	  "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\n"
	  "END:VEVENT\nEND:VCALENDAR\n",
	  "2026-01-01" },
	{ "the same day twice",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20260101\r\n")
			  EVENT("DTSTART;VALUE=DATE:20260101\r\n")),
	  "2026-01-01" },
	{ "nothing inside", FILE_OF(""), "" },
	{ "outside the window",
	  FILE_OF(EVENT("DTSTART;VALUE=DATE:20200101\r\n")
			  EVENT("DTSTART;VALUE=DATE:20400101\r\n")),
	  "" },
};

static void test_good_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		CLEANUP(calendar_dates_release) struct date_set set = { 0 };
		struct err err = ERR_INIT;

		if (read_text(good[i].text, strlen(good[i].text), &set, &err))
			fail_msg("%s: %s", good[i].what, err.text);
		assert_dates(&set, good[i].dates);
	}
}

static const struct {
	const char *text, *reason;
} bad[] = {
	{ "", "not a whole iCalendar" },
	{ "<html><body>404</body></html>", "not a whole iCalendar" },
	{ "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260101\r\n",
	  "not a whole iCalendar" },
	{ FILE_OF(EVENT("SUMMARY:Mystery\r\n")),
	  "event \"Mystery\" has no valid DTSTART" },
	{ FILE_OF(EVENT("DTSTART;VALUE=DATE:2026xx01\r\n")),
	  "Can't parse as DATE value in DTSTART property" },
	{ FILE_OF(EVENT("DTSTART;VALUE=DATE:20260230\r\n")),
	  "event \"without a summary\" has no valid DTSTART" },
	{ FILE_OF(EVENT("DTSTART;VALUE=DATE:20261345\r\n")),
	  "has no valid DTSTART" },
	{ FILE_OF(EVENT("DTSTART;VALUE=DATE:20260201\r\n"
			"DTEND;VALUE=DATE:20260231\r\n")),
	  "has no valid DTEND" },
	{ FILE_OF(EVENT("DTSTART;VALUE=DATE:20260101\r\n"
			"RRULE:FREQ=SOMETIMES\r\n")),
	  "Can't parse as RECUR value in RRULE property" },
	{ FILE_OF(EVENT("DTSTART;VALUE=DATE:20260101\r\nRRULE:\r\n")),
	  "No value for RRULE property" },
	{ FILE_OF(EVENT("DTSTART;VALUE=DATE:20260101\r\njunk\r\n")),
	  "Got a data line" },
	{ FILE_OF(EVENT("DTSTART;VALUE=DATE:20260101\r\n"
			"RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\n")),
	  "a rule that matches no date" },
	{ FILE_OF(EVENT("DTSTART;VALUE=DATE:20260101\r\n"
			"RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30\r\n")),
	  "repeats within a day" },
	{ FILE_OF(EVENT("DTSTART;VALUE=DATE:20260101\r\n"
			"RRULE:FREQ=HOURLY\r\n")),
	  "repeats within a day" },
	{ FILE_OF(EVENT("UID:a\r\nDTSTART;VALUE=DATE:20260101\r\n"
			"RRULE:FREQ=YEARLY\r\n")
			  EVENT("UID:a\r\nRECURRENCE-ID;RANGE=THISANDFUTURE;"
				"VALUE=DATE:20270101\r\n"
				"DTSTART;VALUE=DATE:20270102\r\n")),
	  "moves all later dates too" },
	{ FILE_OF(EVENT("DTSTART;VALUE=DATE:16000101\r\n"
			"RRULE:FREQ=DAILY\r\n")),
	  "repeats too often" },
	{ FILE_OF(EVENT("DTSTART;VALUE=DATE:20260101\r\n"
			"DTEND;VALUE=DATE:20300101\r\n")),
	  "lasts longer than a year" },
};

static void test_bad_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(calendar_dates_release) struct date_set set = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(read_text(bad[i].text, strlen(bad[i].text),
					   &set, &err),
				 ERR_CONF);
		if (!strstr(err.text, bad[i].reason))
			fail_msg("\"%s\" lacks \"%s\"", err.text,
				 bad[i].reason);
		assert_non_null(strstr(err.text, "/triaged-ics-"));
	}
}

static void test_files_that_cannot_be_read(void **state)
{
	CLEANUP(calendar_dates_release) struct date_set set = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(calendar_ics_read("/nonexistent/de.ics", 0, 1, &set,
					   &err),
			 -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/de.ics"));
	assert_int_equal(calendar_ics_read("/", 0, 1, &set, &err), ERR_CONF);
	assert_non_null(strstr(err.text, "not a regular file"));
}

static void test_size_limit(void **state)
{
	CLEANUP(calendar_dates_release) struct date_set set = { 0 };
	CLEANUP(free_ptr) char *big = xcalloc(1, 5 << 20);
	struct err err = ERR_INIT;

	(void)state;
	memset(big, '\n', 5 << 20);
	assert_int_equal(read_text(big, 5 << 20, &set, &err), ERR_CONF);
	assert_non_null(strstr(err.text, "larger than 4 MiB"));
}

/* From the file to the due day. */
static void test_a_calendar_uses_it(void **state)
{
	static const char text[] =
		FILE_OF(EVENT("DTSTART;VALUE=DATE:20250106\r\n"
			      "RRULE:FREQ=YEARLY;UNTIL=20271231\r\n")
				EVENT("DTSTART;VALUE=DATE:20260107\r\n"));
	CLEANUP(temp_unlink) struct temp_file file = { "" };
	CLEANUP(calendar_def_release) struct calendar_def def = { 0 };
	struct err err = ERR_INIT;
	struct calendar *c;
	int64_t open_ms, close_ms;

	(void)state;
	write_file(&file, text, sizeof(text) - 1);
	init_calendar(&def, "office", "UTC", 5,
		      (struct hours_span){ 480, 1080 });
	/* What the operator wrote stands above what the file says. */
	add_special(&def, 2026, 1, 7, (struct hours_span){ 600, 660 });
	def.holidays = xstrdup(file.path);
	c = calendar_new(&def, NOW_MS, &err);
	assert_non_null(c);
	assert_int_equal(calendar_next_business_day(c, NOW_MS, &open_ms,
						    &close_ms, &err),
			 0);
	assert_instant(close_ms, "2026-01-07T11:00:00Z");
	assert_true(calendar_has_holidays_for(c, 2027));
	assert_false(calendar_has_holidays_for(c, 2028));
	calendar_free(c);
}

static void test_error_names_the_calendar(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	init_calendar(&def, "office", "UTC", 5,
		      (struct hours_span){ 480, 1080 });
	def.holidays = xstrdup("/nonexistent/de.ics");
	assert_null(calendar_new(&def, NOW_MS, &err));
	assert_non_null(strstr(err.text, "calendar office: cannot open "
					 "holidays file /nonexistent/de.ics"));
}

static void test_date_set(void **state)
{
	static const int64_t days[] = { 5, -3, 9, 5, 0, 9, -3 };
	CLEANUP(calendar_dates_release) struct date_set set = { 0 };

	(void)state;
	assert_false(calendar_dates_has(&set, 0));
	for (size_t i = 0; i < ARRAY_SIZE(days); i++)
		calendar_dates_add(&set, days[i]);
	assert_int_equal(set.n, 4);
	for (size_t i = 1; i < set.n; i++)
		assert_true(set.v[i - 1] < set.v[i]);
	assert_true(calendar_dates_has(&set, -3));
	assert_false(calendar_dates_has(&set, 4));
	assert_true(calendar_dates_any(&set, 1, 5));
	assert_false(calendar_dates_any(&set, 1, 4));
	assert_false(calendar_dates_any(&set, 10, 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_files),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_files_that_cannot_be_read),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_a_calendar_uses_it),
		cmocka_unit_test(test_error_names_the_calendar),
		cmocka_unit_test(test_date_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
