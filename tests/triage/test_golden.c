/* Due times by a table from another implementation: golden_due.py, which
 * counts minutes as Python's zoneinfo shows them.
 *
 * Battery: B3.
 */
#include "triage/sla.h"

#include <stdio.h>
#include <unistd.h>
#include "triage/fixture.h"

struct golden_hours {
	const char *calendar, *zone;
	unsigned days; /* bit 0 = Monday */
	int from, to;
};

/* Closed, or with other hours. */
struct golden_date {
	const char *calendar, *date;
	int from, to;
};

/* minutes 0: the next business day */
struct golden {
	const char *calendar;
	int minutes;
	const char *start, *open, *due;
};

#include "triage/golden_due.inc"

/* Of the calendar new-york: federal() of golden_due.py says the same. A meeting
 * is no holiday. */
static const char golden_holidays[] = "BEGIN:VCALENDAR\n"
				      "VERSION:2.0\n"
				      "BEGIN:VEVENT\n"
				      "UID:a\n"
				      "DTSTART;VALUE=DATE:20250101\n"
				      "RRULE:FREQ=YEARLY\n"
				      "END:VEVENT\n"
				      "BEGIN:VEVENT\n"
				      "UID:b\n"
				      "DTSTART;VALUE=DATE:20250120\n"
				      "RRULE:FREQ=YEARLY;BYMONTH=1;BYDAY=3MO\n"
				      "END:VEVENT\n"
				      "BEGIN:VEVENT\n"
				      "UID:c\n"
				      "DTSTART;VALUE=DATE:20250526\n"
				      "RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO\n"
				      "END:VEVENT\n"
				      "BEGIN:VEVENT\n"
				      "UID:d\n"
				      "DTSTART;VALUE=DATE:20250703\n"
				      "RRULE:FREQ=YEARLY\n"
				      "END:VEVENT\n"
				      "BEGIN:VEVENT\n"
				      "UID:e\n"
				      "DTSTART;VALUE=DATE:20250901\n"
				      "RRULE:FREQ=YEARLY;BYMONTH=9;BYDAY=1MO\n"
				      "END:VEVENT\n"
				      "BEGIN:VEVENT\n"
				      "UID:f\n"
				      "DTSTART;VALUE=DATE:20251013\n"
				      "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=2MO\n"
				      "END:VEVENT\n"
				      "BEGIN:VEVENT\n"
				      "UID:f\n"
				      "DTSTART;VALUE=DATE:20271013\n"
				      "RECURRENCE-ID;VALUE=DATE:20271011\n"
				      "END:VEVENT\n"
				      "BEGIN:VEVENT\n"
				      "UID:g\n"
				      "DTSTART;VALUE=DATE:20251127\n"
				      "DTEND;VALUE=DATE:20251129\n"
				      "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\n"
				      "END:VEVENT\n"
				      "BEGIN:VEVENT\n"
				      "UID:h\n"
				      "DTSTART;VALUE=DATE:20251225\n"
				      "RRULE:FREQ=YEARLY\n"
				      "EXDATE;VALUE=DATE:20281225\n"
				      "END:VEVENT\n"
				      "BEGIN:VEVENT\n"
				      "DTSTART:20261222T170000Z\n"
				      "DTEND:20261222T180000Z\n"
				      "END:VEVENT\n"
				      "END:VCALENDAR\n";

struct fixture {
	struct policy policy;
	struct triage *triage;
	char holidays[256];
};

static struct calendar_def *find_calendar(struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->n_calendars; i++) {
		if (strcmp(p->calendars[i].name, name) == 0)
			return &p->calendars[i];
	}
	return NULL;
}

static void add_golden_calendars(struct policy *p)
{
	const struct hours_span none = { 0, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(golden_hours); i++) {
		const struct golden_hours *h = &golden_hours[i];
		struct calendar_def *def = find_calendar(p, h->calendar);

		if (!def)
			def = add_calendar(p, h->calendar, h->zone, 0, none);
		for (int day = 0; day < 7; day++) {
			if (h->days & BIT(day))
				set_hours(def, day, h->from, h->to);
		}
	}
}

static void add_golden_dates(struct policy *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(golden_dates); i++) {
		const struct golden_date *d = &golden_dates[i];
		struct calendar_def *def = find_calendar(p, d->calendar);
		const struct hours_span hours = { d->from, d->to };
		struct calendar_day *before = NULL;
		int year, month, day;

		assert_int_equal(sscanf(d->date, "%d-%d-%d", &year, &month,
					&day),
				 3);
		if (def->n_special)
			before = &def->special[def->n_special - 1];
		if (d->from == d->to) {
			add_closed(def, year, month, day);
		} else if (before && before->day == day &&
			   before->month == month) {
			before->spans =
				xreallocarray(before->spans, 2, sizeof(hours));
			before->spans[before->n_spans++] = hours;
		} else {
			add_special(def, year, month, day, hours);
		}
	}
}

static void write_holidays(struct fixture *f)
{
	const char *dir = getenv("TMPDIR");
	size_t len = sizeof(golden_holidays) - 1;
	int fd;

	snprintf(f->holidays, sizeof(f->holidays), "%s/triaged-ics-XXXXXX",
		 dir ? dir : "/tmp");
	fd = mkstemp(f->holidays);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, golden_holidays, len), len);
	close(fd);
}

static void fixture_release(struct fixture *f)
{
	triage_free(f->triage);
	policy_release(&f->policy);
	if (*f->holidays)
		unlink(f->holidays);
}

static void init_fixture(struct fixture *f)
{
	struct err err = ERR_INIT;

	init_policy(&f->policy);
	add_golden_calendars(&f->policy);
	add_golden_dates(&f->policy);
	write_holidays(f);
	find_calendar(&f->policy, "new-york")->holidays = xstrdup(f->holidays);
	f->triage = triage_new(&f->policy, NOW_MS, NULL, &err);
	if (!f->triage)
		fail_msg("%s", err.text);
}

static void set_target(struct sla_target *t, const struct golden *row)
{
	t->kind = row->minutes ? SLA_ELAPSED : SLA_NEXT_BUSINESS_DAY;
	t->elapsed_ms = row->minutes * MINUTE_MS;
	free(t->calendar);
	t->calendar = row->calendar ? xstrdup(row->calendar) : NULL;
}

/* All that differs, so that a change of the rules is seen as a whole. */
static bool differs(const struct golden *row, const char *what, int64_t ms,
		    const char *expected)
{
	char text[TIMEFMT_MAX];

	if (ms == at(expected))
		return false;
	print_error("%s %d min from %s: %s %s, expected %s\n",
		    row->calendar ? row->calendar : "around the clock",
		    row->minutes, row->start, what, timefmt_utc(ms, text),
		    expected);
	return true;
}

static bool check_golden(struct fixture *f, const struct golden *row)
{
	struct err err = ERR_INIT;
	struct clock_plan plan;
	int64_t open_ms, close_ms;
	bool wrong;

	set_target(&f->policy.triage[SEVERITY_HIGH], row);
	if (sla_plan(f->triage, SEVERITY_HIGH, at(row->start), &plan, &err) < 0)
		fail_msg("%s", err.text);
	assert_instant(plan.started_ms, row->start);
	wrong = differs(row, "due", plan.due_ms, row->due);
	if (!row->open)
		return !wrong;
	assert_int_equal(calendar_next_business_day(
				 triage_calendar(f->triage, row->calendar),
				 at(row->start), &open_ms, &close_ms, &err),
			 0);
	return !differs(row, "open", open_ms, row->open) && !wrong;
}

static void test_golden_due_times(void **state)
{
	CLEANUP(fixture_release) struct fixture f = { .holidays = "" };
	size_t wrong = 0;

	(void)state;
	init_fixture(&f);
	for (size_t i = 0; i < ARRAY_SIZE(golden_due); i++)
		wrong += !check_golden(&f, &golden_due[i]);
	assert_int_equal(wrong, 0);
}

/* By the source's time and seen seven hours later, they are the same. */
static void test_golden_due_times_from_the_source(void **state)
{
	CLEANUP(fixture_release) struct fixture f = { .holidays = "" };
	CLEANUP(alert_release) struct alert alert;
	size_t wrong = 0;

	(void)state;
	init_fixture(&f);
	f.policy.sla_start = SLA_START_SOURCE;
	alert_init(&alert);
	alert.base = SEVERITY_HIGH;
	for (size_t i = 0; i < ARRAY_SIZE(golden_due); i++) {
		const struct golden *row = &golden_due[i];
		struct err err = ERR_INIT;
		struct decision d;

		set_target(&f.policy.triage[SEVERITY_HIGH], row);
		alert.created_ms = at(row->start);
		if (triage_decide(f.triage, &alert, NULL,
				  alert.created_ms + 7 * HOUR_MS, &d, &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(d.start, START_SOURCE);
		wrong += differs(row, "due", d.clock.due_ms, row->due);
	}
	assert_int_equal(wrong, 0);
}

/* A table that has shrunk proves less than it says. */
static void test_golden_is_broad(void **state)
{
	CLEANUP(strlist_release) struct strlist zones = STRLIST_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden_hours); i++) {
		if (!strlist_has(&zones, golden_hours[i].zone))
			strlist_add(&zones, golden_hours[i].zone);
	}
	assert_true(zones.n >= 12);
	assert_true(ARRAY_SIZE(golden_due) >= 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_due_times),
		cmocka_unit_test(test_golden_due_times_from_the_source),
		cmocka_unit_test(test_golden_is_broad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
