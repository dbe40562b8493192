/*
 * Proof of what was read: gaps, and the time each source has covered.
 */
#ifndef STORE_COVERAGE_H
#define STORE_COVERAGE_H

#include <stdbool.h>
#include "core/ingest.h"
#include "store/look.h"

/* A gap is known by (source, scope, from, to). 1 new, 0 known. Needs a
 * transaction. */
int coverage_gap_open(struct store *s, const struct poll_window *w,
		      const char *why, int64_t now_ms,
		      struct err *err) must_check;
/*
 * Close the oldest open gap that lies within the window of @poll, which is
 * complete: 1 with its times in @ret (from_ms and to_ms alone), 0 there is
 * none. Needs a transaction.
 */
int coverage_gap_close(struct store *s, int64_t poll, int64_t now_ms,
		       struct poll_window *ret, struct err *err) must_check;

/* Nobody will read it: 1 it was open, 0 it was not. Needs a transaction. */
int coverage_gap_end(struct store *s, const struct poll_window *w,
		     int64_t now_ms, struct err *err) must_check;

/*
 * The clock was ahead and shows @now_ms: what was read on it proves nothing of
 * the time to come, when that comes. Needs a transaction.
 */
int coverage_cut(struct store *s, int64_t now_ms, struct err *err) must_check;

/* One line of the proof of a source and scope; the strings are borrowed. */
struct coverage {
	const char *source, *scope, *kind;
	/* What was read reaches from here to here, but for the holes; 0 nothing
	 * yet. For sources that list everything each time, from is 0 and to is
	 * the start of the last complete listing. */
	int64_t proven_from_ms, proven_to_ms;
	/* Unproven, and their sum: between windows; while polls fail, also
	 * behind the last one (or the last complete listing) and from where
	 * the failed one begins to the first. What was never read at all is a
	 * hole without a length. */
	int64_t n_holes, hole_ms;
	int64_t n_gaps; /* open named gaps */
	int64_t quarantined; /* items kept raw, still not understood */
	int64_t last_failed_ms; /* also when it is complete again */
	const char *last_error; /* "" none */
	bool failing; /* the last poll was not complete */
	/* A subscription that is not among its source's any more: what it had
	 * is proven up to its last complete listing, and nothing is missing. */
	bool left;
};
typedef int coverage_fn(void *arg, const struct coverage *c);

/* Every source and scope, worst first. Reading only. Returns how many. */
int coverage_look(struct store *s, int64_t now_ms, coverage_fn *fn, void *arg,
		  struct err *err) must_check;

#endif
