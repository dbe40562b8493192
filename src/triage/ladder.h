/*
 * Escalation ladders as pure functions. Which step is due, and when the next.
 */
#ifndef TRIAGE_LADDER_H
#define TRIAGE_LADDER_H

#include "core/decision.h"
#include "triage/match.h"
#include "triage/triage.h"

/*
 * The routes that carry an alert, first match first; `continue: true` adds the
 * following matches. Writes at most @max pointers (borrowed from the policy);
 * returns how many. 0: no route matches (the caller uses the fallback).
 */
size_t ladder_routes(const struct triage *t, const struct match_subject *s,
		     const struct route **ret, size_t max);

/*
 * The route that a stored ladder climbs now, or NULL. A route that was given a
 * name is known by it; one without is "route 2" only as long as nobody puts
 * another before it, and is known by its `when`, also when it was given a name
 * since. If that was changed, too, its number is believed as long as the route
 * there covers @s (NULL: it is not).
 */
const struct route *ladder_route_of(const struct triage *t,
				    const struct ladder_row *row,
				    const struct match_subject *s);

/*
 * When the step and repeat that @at stands on are due (@at->next_ms is not
 * looked at); *ret_ms 0: there is no such step. @clock is the triage clock; a
 * step that hangs on one that does not exist (NULL, or due_ms 0) is due at the
 * ladder's start.
 */
int ladder_due(const struct triage *t, const struct route *route,
	       const struct ladder_row *at, const struct clock_row *clock,
	       int64_t *ret_ms, struct err *err) must_check;

/* Move on to the next step or repeat of @route in @row (next_ms included; 0:
 * the ladder is at its end). */
int ladder_advance(const struct triage *t, const struct route *route,
		   const struct clock_row *clock, struct ladder_row *row,
		   struct err *err) must_check;

#endif
