/* What is said of calendars that compile and are probably a slip. */
#include "triage/calendar.h"

#include <stdio.h>
#include <unistd.h>
#include "triage/fixture.h"
#include "util/strbuf.h"

static const struct hours_span office_hours = { 480, 1080 };

static void free_calendar(struct calendar **c)
{
	*c = calendar_free(*c);
}

static void note(void *arg, const struct mark *mark, const char *text)
{
	strbuf_addf(arg, "%d: %s\n", mark->line, text);
}

/* Lines tell which place was pointed at. */
static void set_marks(struct calendar_def *def)
{
	def->marks.hours = (struct mark){ "t", 1, 1 };
	def->marks.closed = (struct mark){ "t", 2, 1 };
	def->marks.special = (struct mark){ "t", 3, 1 };
	def->marks.holidays = (struct mark){ "t", 4, 1 };
	for (size_t i = 0; i < def->n_special; i++)
		def->special[i].mark = (struct mark){ "t", 10 + (int)i, 1 };
}

static void assert_said(struct calendar_def *def, const char *now,
			const char *expected)
{
	CLEANUP(free_calendar) struct calendar *c = NULL;
	CLEANUP(strbuf_release) struct strbuf said = STRBUF_INIT;
	struct err err = ERR_INIT;

	set_marks(def);
	c = calendar_new(def, at(now), &err);
	if (!c)
		fail_msg("%s", err.text);
	calendar_lint(c, def, at(now), note, &said);
	assert_string_equal(said.buf, expected);
}

static void test_nothing_to_say(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def = { 0 };

	(void)state;
	init_calendar(&def, "office", "Europe/Berlin", 5, office_hours);
	add_closed(&def, 2025, 12, 25);
	add_closed(&def, 2026, 12, 25);
	add_special(&def, 2026, 1, 5, (struct hours_span){ 480, 720 });
	assert_said(&def, "2026-01-05T12:00:00Z", "");
}

/* The calendar's own date counts: in Berlin the sixth has begun. */
static void test_dates_of_the_past(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def = { 0 };

	(void)state;
	init_calendar(&def, "office", "Europe/Berlin", 5, office_hours);
	add_closed(&def, 2025, 12, 25);
	add_closed(&def, 2026, 1, 5);
	add_special(&def, 2026, 1, 5, (struct hours_span){ 480, 720 });
	assert_said(&def, "2026-01-05T22:59:00Z", "");
	assert_said(&def, "2026-01-05T23:00:00Z",
		    "2: closed has dates of the past only; add the next ones, "
		    "or remove them\n"
		    "3: special has dates of the past only; add the next ones, "
		    "or remove them\n");
}

static void test_weeks_without_an_hour(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def = { 0 };

	(void)state;
	init_calendar(&def, "office", "UTC", 5, office_hours);
	/* From Monday to Thursday week: one whole week. */
	for (int day = 10; day <= 20; day++) {
		if (day != 15)
			add_closed(&def, 2026, 8, day);
	}
	assert_said(&def, "2026-01-05T12:00:00Z",
		    "1: no hour is open from 2026-08-10 to 2026-08-16; what "
		    "waits for business hours waits so long\n");
	add_closed(&def, 2026, 8, 21);
	assert_said(&def, "2026-01-05T12:00:00Z",
		    "1: no hour is open from 2026-08-10 to 2026-08-23; what "
		    "waits for business hours waits so long\n");
	add_special(&def, 2026, 8, 15, office_hours);
	add_special(&def, 2026, 8, 23, office_hours);
	assert_said(&def, "2026-01-05T12:00:00Z", "");
}

/* The night of a Sunday reaches into the week behind it. */
static void test_a_night_opens_a_week(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def = { 0 };

	(void)state;
	init_calendar(&def, "nights", "UTC", 0, office_hours);
	set_hours(&def, 6, 1320, 1800);
	add_closed(&def, 2026, 8, 16);
	assert_said(&def, "2026-01-05T12:00:00Z", "");
	add_closed(&def, 2026, 8, 9);
	assert_said(&def, "2026-01-05T12:00:00Z",
		    "1: no hour is open from 2026-08-10 to 2026-08-16; what "
		    "waits for business hours waits so long\n");
}

static void test_hours_the_clocks_jump_over(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def = { 0 };

	(void)state;
	init_calendar(&def, "small", "Europe/Berlin", 7,
		      (struct hours_span){ 120, 180 });
	for (int day = 0; day < 7; day++)
		set_hours(&def, day, 600, 660);
	assert_said(&def, "2026-01-05T12:00:00Z",
		    "1: the hours 02:00-03:00 do not exist on 2026-03-29: the "
		    "clocks of Europe/Berlin jump over them\n");
	/* Half an hour of these is left. */
	add_special(&def, 2026, 3, 29, (struct hours_span){ 150, 210 });
	assert_said(&def, "2026-01-05T12:00:00Z", "");
	def.special[0].spans[0].to_minute = 175;
	assert_said(&def, "2026-01-05T12:00:00Z",
		    "10: the hours 02:30-02:55 do not exist on 2026-03-29: the "
		    "clocks of Europe/Berlin jump over them\n");
}

static void test_overlaps_with_a_night(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def = { 0 };

	(void)state;
	init_calendar(&def, "nights", "UTC", 7,
		      (struct hours_span){ 1320, 1800 });
	add_special(&def, 2026, 1, 12, (struct hours_span){ 300, 480 });
	add_special(&def, 2026, 1, 20, (struct hours_span){ 360, 2820 });
	add_special(&def, 2026, 2, 20, (struct hours_span){ 360, 1440 });
	assert_said(&def, "2026-01-05T12:00:00Z",
		    "10: these hours begin while the night of 2026-01-11 is "
		    "still open\n"
		    "11: these hours reach into those of 2026-01-21\n");
}

struct temp_file {
	char path[256];
};

static void temp_unlink(struct temp_file *f)
{
	if (*f->path)
		unlink(f->path);
}

static void write_file(struct temp_file *f, const char *text)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	snprintf(f->path, sizeof(f->path), "%s/triaged-ics-XXXXXX",
		 dir ? dir : "/tmp");
	fd = mkstemp(f->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* Two months before the year it lacks, not earlier. Dates under closed do not
 * hide that the file has run out. */
static void test_a_file_that_runs_out(void **state)
{
	CLEANUP(temp_unlink) struct temp_file file = { "" };
	CLEANUP(calendar_def_release) struct calendar_def def = { 0 };
	CLEANUP(free_ptr) char *expected = NULL;

	(void)state;
	write_file(&file, "BEGIN:VCALENDAR\nBEGIN:VEVENT\n"
			  "DTSTART;VALUE=DATE:20261225\nEND:VEVENT\n"
			  "END:VCALENDAR\n");
	init_calendar(&def, "office", "UTC", 5, office_hours);
	add_closed(&def, 2027, 5, 4);
	def.holidays = xstrdup(file.path);
	assert_said(&def, "2026-11-01T12:00:00Z", "");
	expected = xasprintf("4: %s has no holiday in 2027: get a newer file\n",
			     file.path);
	assert_said(&def, "2026-11-02T12:00:00Z", expected);
	assert_said(&def, "2027-03-01T12:00:00Z", expected);
}

static void assert_said_of_hold(struct calendar_def *def, const char *expected)
{
	CLEANUP(free_calendar) struct calendar *c = NULL;
	CLEANUP(strbuf_release) struct strbuf said = STRBUF_INIT;
	struct err err = ERR_INIT;

	set_marks(def);
	c = calendar_new(def, NOW_MS, &err);
	if (!c)
		fail_msg("%s", err.text);
	calendar_lint_hold(c, def, NOW_MS, note, &said);
	assert_string_equal(said.len ? said.buf : "", expected);
}

/* Quiet hours in a night that has none of them. */
static void test_hours_that_hold_back(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def night = { 0 };
	CLEANUP(calendar_def_release) struct calendar_def evening = { 0 };

	(void)state;
	init_calendar(&evening, "quiet", "Europe/Berlin", 7,
		      (struct hours_span){ 1200, 1380 });
	assert_said_of_hold(&evening, "");
	init_calendar(&night, "quiet", "Europe/Berlin", 7,
		      (struct hours_span){ 125, 160 });
	assert_said_of_hold(&night,
			    "1: the hours 02:05-02:40 do not exist on "
			    "2026-03-29: the clocks of Europe/Berlin jump over "
			    "them\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_to_say),
		cmocka_unit_test(test_dates_of_the_past),
		cmocka_unit_test(test_weeks_without_an_hour),
		cmocka_unit_test(test_a_night_opens_a_week),
		cmocka_unit_test(test_hours_the_clocks_jump_over),
		cmocka_unit_test(test_overlaps_with_a_night),
		cmocka_unit_test(test_a_file_that_runs_out),
		cmocka_unit_test(test_hours_that_hold_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
