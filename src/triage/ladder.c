/*
 * Escalation ladders. Called by daemon/ when a ladder starts and whenever a
 * step is due. Pure: which targets a step resolves to, and whether the ladder
 * may go on at all, is not known here.
 */
#include "triage/ladder.h"

#include <string.h>
#include "triage/sla.h"
#include "util/compiler.h"

size_t ladder_routes(const struct triage *t, const struct match_subject *s,
		     const struct route **ret, size_t max)
{
	const struct policy *p = triage_policy(t);
	size_t n = 0;

	for (size_t i = 0; i < p->n_routes && n < max; i++) {
		if (!match_covers(&p->routes[i].when, s))
			continue;
		ret[n++] = &p->routes[i];
		if (!p->routes[i].go_on)
			break;
	}
	return n;
}

static const struct route *route_named(const struct triage *t, const char *name)
{
	const struct policy *p = triage_policy(t);

	/* Rows hold the name cut to fit. */
	for (size_t i = 0; i < p->n_routes; i++) {
		if (strncmp(p->routes[i].name, name, LADDER_ROUTE_MAX - 1) == 0)
			return &p->routes[i];
	}
	return NULL;
}

const struct route *ladder_route_of(const struct triage *t,
				    const struct ladder_row *row,
				    const struct match_subject *s)
{
	const struct policy *p = triage_policy(t);
	const struct route *same = route_named(t, row->route);

	if (!row->when_hash[0] || (same && same->named))
		return same;
	for (size_t i = 0; i < p->n_routes; i++) {
		if (strcmp(p->routes[i].when_hash, row->when_hash) == 0)
			return &p->routes[i];
	}
	return same && s && match_covers(&same->when, s) ? same : NULL;
}

/* The step and repeat @at stands on; NULL: there is none. */
static const struct ladder_step *current_step(const struct route *route,
					      const struct ladder_row *at)
{
	const struct ladder_step *step;

	if (at->step < 0 || (size_t)at->step >= route->n_steps)
		return NULL;
	step = &route->steps[at->step];
	if (at->repeat < 0)
		return NULL;
	if (at->repeat > 0 &&
	    (step->repeat_ms <= 0 || at->repeat > step->times))
		return NULL;
	return step;
}

/*
 * The open of the day a clock runs out. The level's calendar knows it; a level
 * without one has no such day, and its step is due at once.
 */
static int due_day_open(const struct triage *t, const struct clock_row *clock,
			int64_t *ret_ms, struct err *err)
{
	const struct sla_target *target =
		&triage_policy(t)->triage[clock->severity];
	const struct calendar *c = triage_calendar(t, target->calendar);
	int64_t close_ms;

	if (!c) {
		*ret_ms = clock->started_ms;
		return 0;
	}
	if (target->kind == SLA_ELAPSED) {
		*ret_ms = MAX(calendar_day_open(c, clock->due_ms),
			      clock->started_ms);
		return 0;
	}
	return calendar_next_business_day(c, clock->started_ms, ret_ms,
					  &close_ms, err);
}

/*
 * When a step begins, before its repeats. What hangs on a clock that does not
 * exist is due at once: a step is never lost for want of a date.
 */
static int step_begin(const struct triage *t, const struct ladder_step *step,
		      const struct ladder_row *at,
		      const struct clock_row *clock, int64_t *ret_ms,
		      struct err *err)
{
	bool has_clock = clock && clock->due_ms != 0;

	switch (step->after) {
	case AFTER_ELAPSED:
		*ret_ms = at->started_ms + step->after_ms;
		return 0;
	case AFTER_PERCENT:
		*ret_ms = at->started_ms;
		if (has_clock)
			*ret_ms = sla_percent_ms(t, clock, step->after_percent);
		return 0;
	case AFTER_DUE_DAY_OPEN:
		*ret_ms = at->started_ms;
		if (has_clock)
			return due_day_open(t, clock, ret_ms, err);
		return 0;
	}
	return err_set(err, ERR_CONF, "a ladder step has no known kind");
}

int ladder_due(const struct triage *t, const struct route *route,
	       const struct ladder_row *at, const struct clock_row *clock,
	       int64_t *ret_ms, struct err *err)
{
	const struct ladder_step *step = current_step(route, at);
	int64_t begin_ms = 0;
	int rc;

	if (!step) {
		*ret_ms = 0;
		return 0;
	}
	rc = step_begin(t, step, at, clock, &begin_ms, err);
	if (rc < 0)
		return rc;
	*ret_ms = begin_ms + at->repeat * step->repeat_ms;
	return 0;
}

int ladder_advance(const struct triage *t, const struct route *route,
		   const struct clock_row *clock, struct ladder_row *row,
		   struct err *err)
{
	struct ladder_row next = *row;
	int rc;

	next.repeat++;
	if (!current_step(route, &next)) {
		next.step++;
		next.repeat = 0;
	}
	rc = ladder_due(t, route, &next, clock, &next.next_ms, err);
	if (rc < 0)
		return rc;
	*row = next;
	return 0;
}
