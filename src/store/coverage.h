/*
 * Proof of what was read: gaps, and the time each source has covered.
 */
#ifndef STORE_COVERAGE_H
#define STORE_COVERAGE_H

#include "core/ingest.h"
#include "store/look.h"

/* A gap is known by (source, scope, from, to). 1 new, 0 known. Needs a
 * transaction. */
int coverage_gap_open(struct store *s, const struct poll_window *w,
		      const char *why, int64_t now_ms,
		      struct err *err) must_check;
/* 1 closed, 0 there was none open. Needs a transaction. */
int coverage_gap_close(struct store *s, const struct poll_window *w,
		       int64_t now_ms, struct err *err) must_check;

/* One line of the proof of a source and scope. */
struct coverage {
	const char *source, *scope, *kind;
	/* Complete without a hole from here to here; 0 nothing yet. For sources
	 * that list everything each time, from is 0 and to is the start of the
	 * last complete listing. */
	int64_t proven_from_ms, proven_to_ms;
	int64_t n_holes, hole_ms; /* unproven inside, and their sum */
	int64_t n_gaps; /* open named gaps */
	int64_t quarantined; /* items kept raw, still not understood */
	int64_t last_failed_ms;
	const char *last_error; /* "" none */
};
typedef int coverage_fn(void *arg, const struct coverage *c);

/* Every source and scope, worst first. Reading only. Returns how many. */
int coverage_look(struct store *s, int64_t now_ms, coverage_fn *fn, void *arg,
		  struct err *err) must_check;

#endif
