/*
 * What a calendar says that nobody can have meant: it compiles, and yet
 * somebody will be told too late, or on a holiday. Called by --check-config,
 * at start and at reload. Finds, and decides nothing.
 *
 * tested with: test_calendar_lint
 */
#include "triage/calendar_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include "util/compiler.h"
#include "util/strbuf.h"
#include "util/timefmt.h"

#define WEEK 7
/* A year and the rest of a week: each change of the clocks comes once. */
#define LOOK_DAYS 372
#define DATE_MAX 32

struct lint {
	const struct calendar *c;
	const struct calendar_def *def;
	int64_t today; /* the calendar's own date */
	calendar_say_fn *say;
	void *arg;
};

static void lint_say(const struct lint *l, const struct mark *mark,
		     const char *fmt, ...) printf_like(3, 4);
static void lint_say(const struct lint *l, const struct mark *mark,
		     const char *fmt, ...)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	l->say(l->arg, mark, text.buf);
}

static const char *date_text(int64_t day, char buf[DATE_MAX])
{
	int y, m, d;

	timefmt_civil(day, &y, &m, &d);
	(void)snprintf(buf, DATE_MAX, "%04d-%02d-%02d", y, m, d);
	return buf;
}

static int year_of(int64_t day)
{
	int y, m, d;

	timefmt_civil(day, &y, &m, &d);
	return y;
}

static int64_t day_of(const struct calendar_day *d)
{
	return timefmt_days(d->year, d->month, d->day);
}

static void lint_years(const struct lint *l)
{
	int last = year_of(l->today + CALENDAR_HORIZON_DAYS);

	for (int year = year_of(l->today); year <= last; year++) {
		if (!calendar_has_holidays_for(l->c, year))
			lint_say(l, &l->def->marks.holidays,
				 "%s has no holiday in %d: get a newer file",
				 l->def->holidays, year);
	}
}

static bool all_are_over(const struct lint *l, const struct calendar_day *days,
			 size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (day_of(&days[i]) >= l->today)
			return false;
	}
	return n > 0;
}

static void lint_past(const struct lint *l)
{
	const struct calendar_def *d = l->def;
	static const char words[] = "has dates of the past only; add the next "
				    "ones, or remove them";

	if (all_are_over(l, d->closed, d->n_closed))
		lint_say(l, &d->marks.closed, "closed %s", words);
	if (all_are_over(l, d->special, d->n_special))
		lint_say(l, &d->marks.special, "special %s", words);
}

/* Is nothing open from @monday to the Sunday after it, the end of Sunday
 * night's shift before it included? */
static bool week_is_empty(const struct lint *l, int64_t monday)
{
	int64_t from_ms = calendar_instant(l->c, monday, 0, false);
	int64_t open_ms, close_ms;

	for (int64_t day = monday - 1; day < monday + WEEK; day++) {
		if (calendar_day_bounds(l->c, day, &open_ms, &close_ms) &&
		    close_ms > from_ms)
			return false;
	}
	return true;
}

/* The first run of whole weeks without an open hour; a single one is enough
 * to look at the rest. */
static void lint_weeks(const struct lint *l)
{
	/* 1970-01-01 was a Thursday. */
	int64_t monday = calendar_floor_div(l->today + 3, WEEK) * WEEK - 3;
	int64_t end = l->today + LOOK_DAYS, last;
	char from[DATE_MAX], to[DATE_MAX];

	while (monday < end && !week_is_empty(l, monday))
		monday += WEEK;
	if (monday >= end)
		return;
	for (last = monday + WEEK; last < end && week_is_empty(l, last);)
		last += WEEK;
	lint_say(l, &l->def->marks.hours,
		 "no hour is open from %s to %s; what waits for business hours "
		 "waits so long",
		 date_text(monday, from), date_text(last - 1, to));
}

/* Where the hours of @day are written down. */
static const struct mark *mark_of(const struct lint *l, int64_t day)
{
	for (size_t i = 0; i < l->def->n_special; i++) {
		if (day_of(&l->def->special[i]) == day)
			return &l->def->special[i].mark;
	}
	return &l->def->marks.hours;
}

static void lint_gap(const struct lint *l, int64_t day,
		     const struct hours_span *s)
{
	int to = s->to_minute > 1440 ? s->to_minute - 1440 : s->to_minute;
	char date[DATE_MAX];

	if (calendar_instant(l->c, day, s->from_minute, false) <
	    calendar_instant(l->c, day, s->to_minute, true))
		return;
	lint_say(l, mark_of(l, day),
		 "the hours %02d:%02d-%02d:%02d do not exist on %s: the clocks "
		 "of %s jump over them",
		 s->from_minute / 60, s->from_minute % 60, to / 60, to % 60,
		 date_text(day, date), l->def->timezone);
}

static void lint_gaps(const struct lint *l)
{
	for (int64_t day = l->today; day < l->today + LOOK_DAYS; day++) {
		const struct hours *h = calendar_hours_of(l->c, day);

		for (size_t i = 0; i < h->n; i++)
			lint_gap(l, day, &h->spans[i]);
	}
}

/* Does the night of @day reach into the hours of the day behind it? */
static bool night_overlaps(const struct lint *l, int64_t day)
{
	const struct hours *h = calendar_hours_of(l->c, day);
	const struct hours *next = calendar_hours_of(l->c, day + 1);
	int end = 0;

	for (size_t i = 0; i < h->n; i++)
		end = MAX(end, h->spans[i].to_minute - 1440);
	return next->n > 0 && next->spans[0].from_minute < end;
}

/* Within one date and within the week conf/ refuses it. */
static void lint_overlaps(const struct lint *l)
{
	char date[DATE_MAX];

	for (size_t i = 0; i < l->def->n_special; i++) {
		const struct calendar_day *d = &l->def->special[i];
		int64_t day = day_of(d);

		if (night_overlaps(l, day - 1))
			lint_say(l, &d->mark,
				 "these hours begin while the night of %s is "
				 "still open",
				 date_text(day - 1, date));
		if (night_overlaps(l, day))
			lint_say(l, &d->mark,
				 "these hours reach into those of %s",
				 date_text(day + 1, date));
	}
}

void calendar_lint(const struct calendar *c, const struct calendar_def *def,
		   int64_t now_ms, calendar_say_fn *say, void *arg)
{
	const struct lint l = {
		.c = c,
		.def = def,
		.today = calendar_local_day(c, now_ms),
		.say = say,
		.arg = arg,
	};

	lint_years(&l);
	lint_past(&l);
	lint_weeks(&l);
	lint_gaps(&l);
	lint_overlaps(&l);
}

void calendar_lint_hold(const struct calendar *c,
			const struct calendar_def *def, int64_t now_ms,
			calendar_say_fn *say, void *arg)
{
	const struct lint l = {
		.c = c,
		.def = def,
		.today = calendar_local_day(c, now_ms),
		.say = say,
		.arg = arg,
	};

	lint_gaps(&l);
}
