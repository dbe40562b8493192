/*
 * The hours of a date, and time counted in them. Called by calendar.c for
 * dates, by sla.c for time. Works on civil dates and minutes; what they mean
 * as instants is asked of calendar_zone.c each time, so that a day may have 23
 * or 25 hours.
 *
 * What a date is: closed by name, else its special hours, else closed by the
 * holidays file, else the hours of its weekday. The file of a state thus
 * never overrides what the operator wrote down.
 *
 * tested with: test_calendar test_golden
 */
#include "triage/calendar_priv.h"

#include "util/compiler.h"
#include "util/timefmt.h"

#define MS_PER_S 1000
/* Ten years: who needs longer has made a slip. */
#define COUNT_DAYS_MAX 3653
#define SPAN_MAX_MS (7 * INT64_C(86400000))

int64_t calendar_local_day(const struct calendar *c, int64_t ms)
{
	int64_t s = calendar_floor_div(ms, MS_PER_S);

	return calendar_floor_div(s + calendar_zone_offset_at(c->zone, s),
				  SECONDS_PER_DAY);
}

const struct hours *calendar_hours_of(const struct calendar *c, int64_t day)
{
	static const struct hours none;

	if (calendar_dates_has(&c->closed, day))
		return &none;
	for (size_t i = 0; i < c->n_special; i++) {
		if (c->special[i].day == day)
			return &c->special[i].hours;
	}
	if (calendar_dates_has(&c->holidays, day))
		return &none;
	/* 1970-01-01 was a Thursday. */
	return &c->week[day + 3 - 7 * calendar_floor_div(day + 3, 7)];
}

int64_t calendar_instant(const struct calendar *c, int64_t day, int minute,
			 bool last)
{
	struct civil at = { .minute = minute };

	timefmt_civil(day, &at.year, &at.month, &at.day);
	return calendar_zone_resolve(c->zone, &at, last);
}

/* A change of the clocks may swallow a whole span, and has swallowed a whole
 * date (Apia, 2011-12-30). */
bool calendar_day_bounds(const struct calendar *c, int64_t day,
			 int64_t *ret_open_ms, int64_t *ret_close_ms)
{
	const struct hours *h = calendar_hours_of(c, day);
	int64_t open_ms, close_ms;
	int close = 0;

	if (h->n == 0)
		return false;
	for (size_t i = 0; i < h->n; i++)
		close = MAX(close, h->spans[i].to_minute);
	open_ms = calendar_instant(c, day, h->spans[0].from_minute, false);
	close_ms = calendar_instant(c, day, close, true);
	if (open_ms >= close_ms)
		return false;
	*ret_open_ms = open_ms;
	*ret_close_ms = close_ms;
	return true;
}

static bool day_is_open(const struct calendar *c, int64_t day, int64_t now_ms)
{
	const struct hours *h = calendar_hours_of(c, day);

	for (size_t i = 0; i < h->n; i++) {
		const struct hours_span *s = &h->spans[i];

		if (now_ms >= calendar_instant(c, day, s->from_minute, false) &&
		    now_ms < calendar_instant(c, day, s->to_minute, true))
			return true;
	}
	return false;
}

bool calendar_is_open(const struct calendar *c, int64_t now_ms)
{
	int64_t today = calendar_local_day(c, now_ms);

	/* Overnight hours belong to the day they open. */
	return day_is_open(c, today, now_ms) ||
	       day_is_open(c, today - 1, now_ms);
}

/* The last close of the hours of @day that @ms lies in; @ms when in none. */
static int64_t day_close(const struct calendar *c, int64_t day, int64_t ms)
{
	const struct hours *h = calendar_hours_of(c, day);
	int64_t last_ms = ms;

	for (size_t i = 0; i < h->n; i++) {
		const struct hours_span *s = &h->spans[i];
		int64_t close_ms = calendar_instant(c, day, s->to_minute, true);

		if (ms >= calendar_instant(c, day, s->from_minute, false))
			last_ms = MAX(last_ms, close_ms);
	}
	return last_ms;
}

int64_t calendar_span_end(const struct calendar *c, int64_t now_ms)
{
	int64_t end_ms = now_ms;

	while (end_ms - now_ms <= SPAN_MAX_MS) {
		int64_t today = calendar_local_day(c, end_ms);
		int64_t next_ms = day_close(c, today, end_ms);

		next_ms = MAX(next_ms, day_close(c, today - 1, end_ms));
		if (next_ms == end_ms)
			break;
		end_ms = next_ms;
	}
	return end_ms;
}

int64_t calendar_day_open(const struct calendar *c, int64_t ms)
{
	int64_t today = calendar_local_day(c, ms);
	int64_t open_ms, close_ms;

	for (int64_t day = today; day >= today - 1; day--) {
		if (calendar_day_bounds(c, day, &open_ms, &close_ms) &&
		    open_ms <= ms && ms <= close_ms)
			return open_ms;
	}
	return ms;
}

/* How far the counting of business time has come. */
struct count {
	int64_t at_ms; /* what lies before it is counted */
	int64_t left_ms;
};

/* True when it ends on this date. Hours that overlap, as a night shift and the
 * special hours of the next date may, count once. */
static bool count_day(const struct calendar *c, int64_t day, struct count *n)
{
	const struct hours *h = calendar_hours_of(c, day);

	for (size_t i = 0; i < h->n; i++) {
		const struct hours_span *s = &h->spans[i];
		int64_t open_ms =
			calendar_instant(c, day, s->from_minute, false);
		int64_t close_ms = calendar_instant(c, day, s->to_minute, true);

		open_ms = MAX(open_ms, n->at_ms);
		if (open_ms >= close_ms)
			continue;
		if (n->left_ms <= close_ms - open_ms) {
			n->at_ms = open_ms + n->left_ms;
			return true;
		}
		n->left_ms -= close_ms - open_ms;
		n->at_ms = close_ms;
	}
	return false;
}

int calendar_add_open(const struct calendar *c, int64_t start_ms,
		      int64_t elapsed_ms, int64_t *ret_ms, struct err *err)
{
	struct count n = { .at_ms = start_ms, .left_ms = elapsed_ms };
	/* From the day before on, whose night may still be open. */
	int64_t day = calendar_local_day(c, start_ms) - 1;
	char span[TIMEFMT_MAX];

	for (int64_t i = 0; i < COUNT_DAYS_MAX; i++) {
		if (!count_day(c, day + i, &n))
			continue;
		*ret_ms = n.at_ms;
		return 0;
	}
	return err_set(err, ERR_CONF,
		       "calendar %s has not %s of business hours in ten years: "
		       "give it more weekly hours",
		       c->name, timefmt_duration(elapsed_ms, span));
}
