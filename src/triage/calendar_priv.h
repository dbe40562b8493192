/*
 * What the calendar files share. A zone is libical's own object: found once,
 * kept by libical's cache until the process ends, never freed.
 */
#ifndef TRIAGE_CALENDAR_PRIV_H
#define TRIAGE_CALENDAR_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "triage/calendar.h"
#include "util/err.h"

#define SECONDS_PER_DAY 86400 /* of civil time; never added to an instant */

struct _icaltimezone;

/* NULL when the system's zoneinfo has no such zone. */
struct _icaltimezone *calendar_zone_find(const char *name);
/* Seconds east of UTC at an instant, in seconds. */
int calendar_zone_offset_at(struct _icaltimezone *zone, int64_t s);
/* See calendar_zone_instant(). */
int64_t calendar_zone_resolve(struct _icaltimezone *zone,
			      const struct civil *at, bool last);
/* Rounds towards the past, also before 1970. */
int64_t calendar_floor_div(int64_t a, int64_t b);

/* Dates as days since 1970-01-01, sorted, each once. */
struct date_set {
	int64_t *v;
	size_t n, n_alloc;
};

void calendar_dates_add(struct date_set *set, int64_t day);
bool calendar_dates_has(const struct date_set *set, int64_t day);
/* Is there one from @from to @to, both included? */
bool calendar_dates_any(const struct date_set *set, int64_t from, int64_t to);
void calendar_dates_release(struct date_set *set);

struct hours {
	struct hours_span *spans; /* sorted by from_minute */
	size_t n;
};

struct special {
	int64_t day;
	struct hours hours;
};

struct calendar {
	char *name;
	struct _icaltimezone *zone; /* libical's */
	struct hours week[7]; /* 0 = Monday */
	struct special *special;
	size_t n_special;
	struct date_set closed; /* by name in the configuration */
	struct date_set holidays; /* by the ICS file */
	bool names_holidays; /* there is such a file */
};

/* The local date at an instant, as days since 1970. */
int64_t calendar_local_day(const struct calendar *c, int64_t ms);
/* The hours of a date; none: not a business date. */
const struct hours *calendar_hours_of(const struct calendar *c, int64_t day);
/* A local minute of a date; see calendar_zone_instant() for @last. */
int64_t calendar_instant(const struct calendar *c, int64_t day, int minute,
			 bool last);
/* First open and last close of a date. False when it has no hours, or when
 * none of them exist. */
bool calendar_day_bounds(const struct calendar *c, int64_t day,
			 int64_t *ret_open_ms, int64_t *ret_close_ms);

/*
 * Add to @ret every date that an all-day event of the ICS file at @path covers
 * between @from and @to (days, both included). 0, or -errno or ERR_CONF with
 * the path and the reason; @ret may then hold some dates.
 */
int calendar_ics_read(const char *path, int64_t from, int64_t to,
		      struct date_set *ret, struct err *err) must_check;

#endif
