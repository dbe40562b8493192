/*
 * The posture of subscriptions as rows. What is kept is how things are now,
 * since when, and of the score one figure a day.
 *
 * A recommendation is open while its resource is not healthy, and gone, with a
 * reason, when it is healthy, does not apply any more, or is not told any more:
 * the last only by a complete reading in which every item was understood. One
 * that comes back is the same row. A resource that was always healthy has none.
 */
#ifndef STORE_POSTURE_ROWS_H
#define STORE_POSTURE_ROWS_H

#include "core/posture.h"
#include "store/store.h"

/* What a page came to. */
struct posture_kept {
	int64_t n_new; /* recommendations that open, for the first time or again
			*/
	int64_t n_gone;
};

/*
 * Keep a page and how it was read. An incomplete one adds and changes what it
 * has and says nothing about the rest. Needs an open transaction.
 */
int posture_rows_keep(struct store *s, const struct posture_page *p,
		      struct posture_kept *ret, struct err *err) must_check;

/*
 * Remove what is over: scores of days before @score_ms, recommendations that
 * were gone before @gone_ms; at most @max of each. Returns how many; needs an
 * open transaction.
 */
int posture_rows_expire(struct store *s, int64_t score_ms, int64_t gone_ms,
			int64_t max, struct err *err) must_check;

#endif
