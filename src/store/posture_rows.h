/*
 * The posture of subscriptions as rows. What is kept is how things are now,
 * since when, and of the score one figure a day.
 *
 * A recommendation is open while its resource is not healthy, and gone, with a
 * reason, when it is healthy, does not apply any more, or is not told any more:
 * the last only by a complete reading in which every item was understood. One
 * that comes back is the same row. A resource that was always healthy has none.
 *
 * A subscription that its source reads no more leaves the views with all it
 * has, and comes back with it.
 */
#ifndef STORE_POSTURE_ROWS_H
#define STORE_POSTURE_ROWS_H

#include "core/posture.h"
#include "store/store.h"
#include "util/strlist.h"

/* What a page came to. */
struct posture_kept {
	int64_t n_new; /* recommendations that open, for the first time or again
			*/
	int64_t n_gone;
};

/*
 * Keep a page and how it was read: at most @max of its items, from item *at on,
 * which moves. 1: there are more, for another transaction; 0: that was all, and
 * only now the page was read. An incomplete one adds and changes what it has
 * and says nothing about the rest. Adds to @kept. Needs an open transaction.
 */
int posture_rows_keep(struct store *s, const struct posture_page *p, size_t *at,
		      size_t max, struct posture_kept *kept,
		      struct err *err) must_check;

/*
 * These are the subscriptions that @source reads now; @whole: no other is, and
 * those that were are lost. Returns how many that is; needs an open
 * transaction.
 */
int posture_rows_watch(struct store *s, const char *source,
		       const struct strlist *subscriptions, bool whole,
		       int64_t now_ms, struct err *err) must_check;

/* Append the names of sources some of whose posture is in the views. Needs no
 * transaction. */
int posture_rows_sources(struct store *s, struct strlist *ret,
			 struct err *err) must_check;
/* Nobody reads the posture of @source any more: all of it is lost, until a
 * subscription is read again. Returns how many of them that is; needs an open
 * transaction. */
int posture_rows_leave(struct store *s, const char *source, int64_t now_ms,
		       struct err *err) must_check;

/* How a source's posture stands, over all subscriptions that it reads. */
struct posture_standing {
	/* When it is time to read again: 0 something was never read. */
	int64_t due_ms;
	int64_t n_incomplete; /* parts whose last reading was not whole */
	int64_t oldest_ms; /* the oldest whole reading; 0 there is none */
};
/* A part is read again after @every_ms, one that was not whole after @again_ms.
 * Needs no transaction. */
int posture_rows_standing(struct store *s, const char *source, int64_t every_ms,
			  int64_t again_ms, struct posture_standing *ret,
			  struct err *err) must_check;

/*
 * Remove what was over before @before_ms: scores of days, recommendations that
 * are gone, at most @max of each, and one subscription that is lost, with all
 * it has. Returns how many; needs an open transaction.
 */
int posture_rows_expire(struct store *s, int64_t before_ms, int64_t max,
			struct err *err) must_check;

#endif
