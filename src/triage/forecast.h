/*
 * What will happen to an alert if nobody does anything: the steps of its
 * ladders, warnings, the breach, the end of an acknowledgement. The same code
 * decides here and in the daemon (triage/casework.h); only nothing is written.
 */
#ifndef TRIAGE_FORECAST_H
#define TRIAGE_FORECAST_H

#include "triage/casework.h"

enum forecast_kind {
	FORECAST_STEP, /* a ladder tells somebody */
	FORECAST_DIGEST, /* it goes out with the digest of a route */
	FORECAST_FALLBACK, /* no route or step tells anybody: the fallback */
	FORECAST_WARNING, /* everybody told so far hears of it at 80 % */
	FORECAST_BREACH,
	FORECAST_ACK_END, /* the acknowledgement runs out */
	FORECAST_HOLD_END, /* the resolve clock runs again */
};

struct forecast_moment {
	enum forecast_kind kind;
	int64_t at_ms; /* never before now */
	int64_t due_ms; /* before at_ms: late, since the daemon is down */
	enum clock_kind clock; /* of a warning, breach or hold */
	int percent; /* of a warning: 50 or 80 */
	char route[LADDER_ROUTE_MAX]; /* of a step */
	int step, repeat; /* from 0 */
	/* Whom a step tells, borrowed from the policy; NULL: not by name. */
	const struct strlist *notify;
};

#define FORECAST_MAX 32
struct forecast {
	struct forecast_moment v[FORECAST_MAX]; /* in order of time */
	size_t n;
};

/*
 * The first moments from @w->now_ms until @until_ms, at most FORECAST_MAX.
 * Nothing of @w changes; its book is not asked and may be NULL. 0, or a
 * negative code when a calendar has no answer.
 */
int forecast_case(const struct casework *w, int64_t until_ms,
		  struct forecast *ret, struct err *err) must_check;

/* The first moment of @kind, or NULL. */
const struct forecast_moment *forecast_first(const struct forecast *f,
					     enum forecast_kind kind);

#endif
