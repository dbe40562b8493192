/*
 * Business days: from a definition to a calendar, and which date is the next.
 * Called by sla.c, ladder.c and the digests of daemon/. What hours a date has
 * and what they mean as instants is asked of calendar_hours.c. Knows no alert.
 */
#include "triage/calendar.h"

#include <stdlib.h>
#include <string.h>
#include "triage/calendar_priv.h"
#include "util/compiler.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* Holidays are read for last year to so many years ahead; a daemon that is
 * neither restarted nor reloaded for longer must be told. */
#define HOLIDAY_YEARS_AHEAD 6
/* calendar_new() proves that the horizon holds on every day of the next year,
 * so that no alert of that time meets a calendar without an answer. */
#define PROOF_DAYS 366

static void free_calendar(struct calendar **c)
{
	*c = calendar_free(*c);
}

static int span_order(const void *a, const void *b)
{
	const struct hours_span *x = a, *y = b;

	return (x->from_minute > y->from_minute) -
	       (x->from_minute < y->from_minute);
}

static void hours_copy(struct hours *to, const struct hours_span *spans,
		       size_t n)
{
	to->n = n;
	if (n == 0)
		return;
	to->spans = xmemdup(spans, n * sizeof(*spans));
	qsort(to->spans, n, sizeof(*spans), span_order);
}

static int64_t day_of(const struct calendar_day *d)
{
	return timefmt_days(d->year, d->month, d->day);
}

static int check_date(const struct calendar_day *d, struct err *err)
{
	int year, month, day;

	if (d->month >= 1 && d->month <= 12) {
		timefmt_civil(day_of(d), &year, &month, &day);
		if (year == d->year && month == d->month && day == d->day)
			return 0;
	}
	return err_set(err, ERR_CONF, "the date %04d-%02d-%02d does not exist",
		       d->year, d->month, d->day);
}

static int copy_dates(struct calendar *c, const struct calendar_def *def,
		      struct err *err)
{
	int rc;

	for (size_t i = 0; i < def->n_closed; i++) {
		rc = check_date(&def->closed[i], err);
		if (rc < 0)
			return rc;
		calendar_dates_add(&c->closed, day_of(&def->closed[i]));
	}
	c->special = xcalloc(def->n_special + 1, sizeof(*c->special));
	for (size_t i = 0; i < def->n_special; i++) {
		const struct calendar_day *d = &def->special[i];

		rc = check_date(d, err);
		if (rc < 0)
			return rc;
		c->special[i].day = day_of(d);
		hours_copy(&c->special[i].hours, d->spans, d->n_spans);
		c->n_special++;
	}
	return 0;
}

static int read_holidays(struct calendar *c, const char *path, int64_t now_ms,
			 struct err *err)
{
	int year, month, day;

	timefmt_civil(calendar_local_day(c, now_ms), &year, &month, &day);
	return calendar_ics_read(path, timefmt_days(year - 1, 1, 1),
				 timefmt_days(year + HOLIDAY_YEARS_AHEAD, 12,
					      31),
				 &c->holidays, err);
}

/* The first business date from @day on, at most CALENDAR_HORIZON_DAYS later. */
static int find_business_day(const struct calendar *c, int64_t day,
			     int64_t *ret_day, struct err *err)
{
	int64_t open_ms, close_ms;
	int year, month, d;

	for (int64_t i = 0; i < CALENDAR_HORIZON_DAYS; i++) {
		if (calendar_day_bounds(c, day + i, &open_ms, &close_ms)) {
			*ret_day = day + i;
			return 0;
		}
	}
	timefmt_civil(day, &year, &month, &d);
	return err_set(err, ERR_CONF,
		       "calendar %s has no business day in the %d days from "
		       "%04d-%02d-%02d: give it weekly hours or fewer closed "
		       "days",
		       c->name, CALENDAR_HORIZON_DAYS, year, month, d);
}

static int prove_horizon(const struct calendar *c, int64_t now_ms,
			 struct err *err)
{
	int64_t today = calendar_local_day(c, now_ms), day = today;
	int rc;

	while (day <= today + PROOF_DAYS) {
		rc = find_business_day(c, day + 1, &day, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int fill(struct calendar *c, const struct calendar_def *def,
		int64_t now_ms, struct err *err)
{
	int rc;

	c->name = xstrdup(def->name ? def->name : "without a name");
	c->zone = calendar_zone_find(def->timezone);
	if (!c->zone)
		return err_set(err, ERR_CONF,
			       "calendar %s: time zone \"%.64s\" is unknown: "
			       "use a name of the tz database like "
			       "Europe/Berlin",
			       c->name, def->timezone ? def->timezone : "");
	for (size_t i = 0; i < ARRAY_SIZE(c->week); i++)
		hours_copy(&c->week[i], def->spans[i], def->n_spans[i]);
	c->names_holidays = def->holidays;
	rc = copy_dates(c, def, err);
	if (rc == 0 && def->holidays)
		rc = read_holidays(c, def->holidays, now_ms, err);
	if (rc < 0) {
		(void)err_prefix(err, "calendar %s", c->name); /* rc it is */
		return rc;
	}
	return prove_horizon(c, now_ms, err);
}

struct calendar *calendar_new(const struct calendar_def *def, int64_t now_ms,
			      struct err *err)
{
	CLEANUP(free_calendar) struct calendar *c = xcalloc(1, sizeof(*c));

	if (fill(c, def, now_ms, err) < 0)
		return NULL;
	return take(c);
}

struct calendar *calendar_free(struct calendar *c)
{
	if (!c)
		return NULL;
	free(c->name);
	for (size_t i = 0; i < ARRAY_SIZE(c->week); i++)
		free(c->week[i].spans);
	for (size_t i = 0; i < c->n_special; i++)
		free(c->special[i].hours.spans);
	free(c->special);
	calendar_dates_release(&c->closed);
	calendar_dates_release(&c->holidays);
	free(c);
	return NULL;
}

const char *calendar_name(const struct calendar *c)
{
	return c->name;
}

int calendar_next_business_day(const struct calendar *c, int64_t start_ms,
			       int64_t *ret_open_ms, int64_t *ret_close_ms,
			       struct err *err)
{
	int64_t day;
	int rc;

	rc = find_business_day(c, calendar_local_day(c, start_ms) + 1, &day,
			       err);
	if (rc < 0)
		return rc;
	(void)calendar_day_bounds(c, day, ret_open_ms,
				  ret_close_ms); /* just found */
	return 0;
}

int calendar_next_at(const struct calendar *c, int64_t now_ms, int minute,
		     int64_t *ret_ms, struct err *err)
{
	int64_t day = calendar_local_day(c, now_ms), at_ms;
	int rc;

	/* Today may be over, so that a second date is needed; never a third. */
	for (int i = 0; i < 2; i++, day++) {
		rc = find_business_day(c, day, &day, err);
		if (rc < 0)
			return rc;
		at_ms = calendar_instant(c, day, minute, false);
		if (at_ms > now_ms)
			break;
	}
	*ret_ms = at_ms;
	return 0;
}

int calendar_next_weekly_at(const struct calendar *c, int64_t now_ms,
			    int weekday, int minute, int64_t *ret_ms,
			    struct err *err)
{
	int64_t today = calendar_local_day(c, now_ms), at_ms;
	/* The last such weekday up to today (1970-01-01 was a Thursday), which
	 * holidays may have put off until after now. */
	int64_t day = today - (today + 4 - weekday) +
		      7 * calendar_floor_div(today + 4 - weekday, 7);
	int rc;

	do {
		int64_t business;

		rc = find_business_day(c, day, &business, err);
		if (rc < 0)
			return rc;
		at_ms = calendar_instant(c, business, minute, false);
		day += 7;
	} while (at_ms <= now_ms);
	*ret_ms = at_ms;
	return 0;
}

bool calendar_has_holidays_for(const struct calendar *c, int year)
{
	int64_t first = timefmt_days(year, 1, 1);
	int64_t last = timefmt_days(year, 12, 31);

	if (!c->names_holidays)
		return true;
	return calendar_dates_any(&c->holidays, first, last);
}
