/* The plan of windows, and its text in the store. */
#ifndef SOURCE_WINDOW_PRIV_H
#define SOURCE_WINDOW_PRIV_H

#include "source/window.h"

#include <stddef.h>

/* The text is kept in one row; beyond these a hole stays as it is. */
#define WINDOW_HOLES_MAX 256
#define WINDOW_GAPS_MAX 256
/* The last instant of the year 9999. */
#define WINDOW_TIME_MAX_MS INT64_C(253402300799999)

struct hole {
	int64_t from_ms, to_ms;
	unsigned tries; /* failures of its first slice */
	bool fresh; /* never tried: may grow */
};

struct gap {
	int64_t from_ms, to_ms, retry_ms;
};

struct window_plan {
	struct window_limits limits;
	int64_t horizon_ms, top_ms;
	int64_t newest_ms; /* update time that was seen; 0 none */
	unsigned newest_tries;
	bool newest_done; /* in this poll, at newest_done_ms */
	int64_t newest_done_ms;
	unsigned n_backlog; /* slices of the backlog in this poll */
	bool has_more; /* the poll before ended for that */
	struct hole holes[WINDOW_HOLES_MAX]; /* disjoint, oldest first */
	size_t n_holes;
	struct gap gaps[WINDOW_GAPS_MAX]; /* the same */
	size_t n_gaps;
	int64_t sweep_due_ms;
	int64_t sweep_from_ms, sweep_to_ms; /* of the one that runs; or 0 */
	unsigned sweep_tries;
};

/* Fill all but the limits of a plan that is all zero from its text. False: it
 * is none, and the plan is spoilt. */
bool window_parse(struct window_plan *p, const char *text) must_check;

#endif
