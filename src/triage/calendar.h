/*
 * Business time: an IANA zone, weekly half-open hours, dated exceptions.
 * Behind it are the only files that know libical. Instants are UTC
 * milliseconds.
 */
#ifndef TRIAGE_CALENDAR_H
#define TRIAGE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>
#include "core/policy.h"
#include "util/err.h"

#define CALENDAR_HORIZON_DAYS 60

struct calendar;

/*
 * Compile a definition: zone looked up, holidays file read. NULL with @err
 * when the zone is unknown, the ICS file is bad, a date does not exist, or any
 * day of the next year has no business date within CALENDAR_HORIZON_DAYS after
 * it. @def may be released afterwards. Each span is half-open; hours past
 * midnight (to_minute > 1440) belong to the day they open.
 */
struct calendar *calendar_new(const struct calendar_def *def, int64_t now_ms,
			      struct err *err) must_check;
struct calendar *calendar_free(struct calendar *c); /* returns NULL */
const char *calendar_name(const struct calendar *c);

/* First business date strictly after the local date of @start_ms: its open and
 * close. 0 or ERR_CONF. */
int calendar_next_business_day(const struct calendar *c, int64_t start_ms,
			       int64_t *ret_open_ms, int64_t *ret_close_ms,
			       struct err *err) must_check;
/* Next instant after @now_ms at local @minute of a business date. 0 or
 * ERR_CONF. */
int calendar_next_at(const struct calendar *c, int64_t now_ms, int minute,
		     int64_t *ret_ms, struct err *err) must_check;
/* Next instant after @now_ms at local @minute of the first business date from a
 * @weekday (1 = Monday to 7) on: a holiday puts it off. 0 or ERR_CONF. */
int calendar_next_weekly_at(const struct calendar *c, int64_t now_ms,
			    int weekday, int minute, int64_t *ret_ms,
			    struct err *err) must_check;
/* The open of the business date whose hours @ms lies in, its close included;
 * @ms itself when it lies in none. */
int64_t calendar_day_open(const struct calendar *c, int64_t ms);
bool calendar_is_open(const struct calendar *c, int64_t now_ms);
/*
 * The close of the hours that @now_ms lies in; @now_ms itself when it lies in
 * none. Hours that meet or overlap (to 24:00 and from 00:00) are one span. What
 * is open for more than a week ends at a close after a week.
 */
int64_t calendar_span_end(const struct calendar *c, int64_t now_ms);
/*
 * When @elapsed_ms of business time have passed since @start_ms: only what lies
 * inside the hours counts, the end of a span belongs to it (four hours from
 * eight in hours to twelve are over at twelve). 0 ms from a time outside them
 * is the next open. 0, or ERR_CONF when ten years are not enough.
 */
int calendar_add_open(const struct calendar *c, int64_t start_ms,
		      int64_t elapsed_ms, int64_t *ret_ms,
		      struct err *err) must_check;
/* False when there is a holidays file but none of its days lies in @year: it
 * has probably run out. */
bool calendar_has_holidays_for(const struct calendar *c, int year);

typedef void calendar_say_fn(void *arg, const struct mark *mark,
			     const char *text);
/*
 * What compiles and can hardly be meant, looking a year ahead: a holidays file
 * that runs out within CALENDAR_HORIZON_DAYS, a week without an open hour,
 * dates of the past only, hours that a change of the clocks swallows, special
 * hours that overlap with a night. Each is said once at its place; @text is
 * borrowed for the call. @c must be made of @def.
 */
void calendar_lint(const struct calendar *c, const struct calendar_def *def,
		   int64_t now_ms, calendar_say_fn *say, void *arg);

/* The same of hours in which messages are held back: those that a change of the
 * clocks swallows. That they are all of the week is refused by conf/. */
void calendar_lint_hold(const struct calendar *c,
			const struct calendar_def *def, int64_t now_ms,
			calendar_say_fn *say, void *arg);

/* Seconds east of UTC at @ms in zone @name; false when the zone is unknown. */
bool calendar_zone_offset(const char *zone, int64_t ms, int *ret_offset_s);
/* The local civil time @minute of a date in @zone as an instant: a time in the
 * spring gap is the first instant after it; of the autumn fold the first, or
 * the last when @last. */
int64_t calendar_zone_instant(const char *zone, const struct civil *at,
			      bool last);

#endif
