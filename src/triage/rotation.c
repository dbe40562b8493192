/*
 * Who has the duty. Called where a step's names become targets, by
 * --check-config and by whoever shows who is on call. Knows no alert and sends
 * nothing; civil time becomes instants in calendar_zone.c alone.
 */
#include "triage/rotation.h"

#include <stdio.h>
#include <string.h>
#include "triage/calendar_priv.h"
#include "util/compiler.h"
#include "util/timefmt.h"

#define MS_PER_DAY (SECONDS_PER_DAY * INT64_C(1000))

static int64_t start_day(const struct rotation *r)
{
	return timefmt_days(r->start.year, r->start.month, r->start.day);
}

/* The instant of a hand-over; 0 is the first. */
static int64_t handover_ms(const struct rotation *r, int64_t n)
{
	struct civil at = { .minute = r->start.minute };

	timefmt_civil(start_day(r) + n * r->every_days, &at.year, &at.month,
		      &at.day);
	return calendar_zone_instant(r->timezone, &at, false);
}

/* The last hand-over that is not after @now_ms; negative: none was yet. */
static int64_t turn_at(const struct rotation *r, int64_t now_ms)
{
	int64_t n = calendar_floor_div(now_ms, MS_PER_DAY) - start_day(r);

	/* By the date in UTC, which may be one beside the local one. */
	n = calendar_floor_div(n, r->every_days);
	while (handover_ms(r, n) > now_ms)
		n--;
	while (handover_ms(r, n + 1) <= now_ms)
		n++;
	return n;
}

static int64_t from_ms(const struct rotation *r,
		       const struct rotation_override *o)
{
	return calendar_zone_instant(r->timezone, &o->from, false);
}

static int64_t to_ms(const struct rotation *r,
		     const struct rotation_override *o)
{
	return calendar_zone_instant(r->timezone, &o->to, true);
}

/* Two that follow each other in the autumn fold both hold in its hour: the
 * later one has taken over. */
static const struct rotation_override *override_at(const struct rotation *r,
						   int64_t now_ms)
{
	const struct rotation_override *found = NULL;

	for (size_t i = 0; i < r->n_overrides; i++) {
		const struct rotation_override *o = &r->overrides[i];

		if (from_ms(r, o) <= now_ms && now_ms < to_ms(r, o) &&
		    (!found || from_ms(r, o) > from_ms(r, found)))
			found = o;
	}
	return found;
}

void rotation_duty(const struct rotation *r, int64_t now_ms, struct duty *ret)
{
	const struct rotation_override *o = override_at(r, now_ms);
	struct duty d = { .rotation = r };
	int64_t n;

	if (o) {
		d.target = o->member;
		d.until_ms = to_ms(r, o);
	} else {
		n = turn_at(r, now_ms);
		if (n >= 0)
			d.target = r->members.v[n % (int64_t)r->members.n];
		d.until_ms = handover_ms(r, MAX(n + 1, 0));
	}
	for (size_t i = 0; i < r->n_overrides; i++) {
		int64_t begin_ms = from_ms(r, &r->overrides[i]);

		if (begin_ms > now_ms && begin_ms < to_ms(r, &r->overrides[i]))
			d.until_ms = MIN(d.until_ms, begin_ms);
	}
	*ret = d;
}

const char *rotation_at(const struct rotation *r, int64_t now_ms)
{
	struct duty d;

	rotation_duty(r, now_ms, &d);
	return d.target;
}

const struct rotation *rotation_named(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->n_rotations; i++) {
		if (strcmp(p->rotations[i].name, name) == 0)
			return &p->rotations[i];
	}
	return NULL;
}

void rotation_resolve(const struct policy *p, const char *name, int64_t now_ms,
		      struct duty *ret)
{
	const struct rotation *r = rotation_named(p, name);

	if (r)
		rotation_duty(r, now_ms, ret);
	else
		*ret = (struct duty){ .target = name };
}

const char *duty_text(const struct duty *d, int64_t now_ms,
		      char buf[DUTY_TEXT_MAX])
{
	static const char *const days[7] = { "Mon", "Tue", "Wed", "Thu",
					     "Fri", "Sat", "Sun" };
	char minute[TIMEFMT_MAX];
	int offset_s = 0;
	int64_t day;

	buf[0] = '\0';
	if (!d->rotation)
		return buf;
	(void)calendar_zone_offset(d->rotation->timezone, d->until_ms,
				   &offset_s); /* was checked */
	timefmt_minute(d->until_ms, offset_s, minute);
	day = calendar_floor_div(d->until_ms + offset_s * INT64_C(1000),
				 MS_PER_DAY);
	/* 1970-01-01 was a Thursday. A date where the weekday is not enough. */
	(void)snprintf(buf, DUTY_TEXT_MAX,
		       "on call: %s (rotation %s until %s %s)",
		       d->target ? d->target : "nobody", d->rotation->name,
		       days[day + 3 - 7 * calendar_floor_div(day + 3, 7)],
		       d->until_ms - now_ms < 7 * MS_PER_DAY
			       ? minute + strlen("2026-01-05 ")
			       : minute);
	return buf;
}

int rotation_check(const struct rotation *r, struct err *err)
{
	int offset_s;

	if (calendar_zone_offset(r->timezone, 0, &offset_s))
		return 0;
	return err_set(
		err, ERR_CONF,
		"rotation %s: time zone \"%.64s\" is unknown: use a name "
		"of the tz database like Europe/Berlin",
		r->name, r->timezone);
}

void rotation_lint(const struct rotation *r, int64_t now_ms,
		   calendar_say_fn *say, void *arg)
{
	if (handover_ms(r, 0) > now_ms)
		say(arg, &r->mark,
		    "has not begun; until its start nobody is on call, and the "
		    "fallback is told instead");
	for (size_t i = 0; i < r->n_overrides; i++) {
		const struct rotation_override *o = &r->overrides[i];

		if (from_ms(r, o) >= to_ms(r, o))
			say(arg, &o->mark,
			    "this override never holds: the clocks jump over "
			    "it");
	}
}
