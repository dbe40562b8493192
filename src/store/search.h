/*
 * Finding alerts by any of their words: title, description, entities,
 * resource, detector, tags and ids. The index is written in the transaction
 * that writes the alert.
 */
#ifndef STORE_SEARCH_H
#define STORE_SEARCH_H

#include "store/look.h"

/* Of the words that match, so many of the newest are ranked; with selectors
 * that each must be asked for, or of open ones, so many are looked at. */
#define SEARCH_DEPTH 5000
#define SEARCH_DEPTH_SELECTED 20000
#define SEARCH_LIMIT 50

/* Around what matched in the column `match`: control characters, which no
 * stored text has. */
#define SEARCH_MATCH_BEGIN '\002'
#define SEARCH_MATCH_END '\003'

struct search {
	const char *text; /* as a person types it; borrowed */
	/* Which alerts, and the limit (0: SEARCH_LIMIT); the order is ours. */
	struct selector sel;
};

struct search_outcome {
	bool cut; /* older alerts match too and were not looked at */
	int64_t depth; /* so many were */
	/* Alerts below this id are not in the index yet, since it is being
	 * made; 0: all are. */
	int64_t below;
};

/*
 * Alerts that have every word of the text: "a phrase", the beginning of a word
 * with * behind it, an address, a path. Nothing in it is syntax of the engine.
 * Rows are the columns of v_alerts that tell one
 * from another, and `match_in` (the name of the column) and
 * `match` (its text around the words). First what has the whole text for the
 * name of an entity, wherever else; of the others the better the place the
 * earlier (title, ids, entities ... description); then open before closed, then
 * the newest.
 * ERR_CONF: there is nothing to look for in the text, and why.
 */
int search_alerts(struct store *s, const struct search *what, look_row_fn *fn,
		  void *arg, struct search_outcome *ret,
		  struct err *err) must_check;

/*
 * For who found nothing: does the index fail to find what is there? True is
 * certain; false only of the alerts that were looked at, the newest and some of
 * the others. Not within a transaction.
 */
int search_doubt(struct store *s, const char *text, bool *ret_damaged,
		 struct err *err) must_check;

/*
 * Index a slice of the alerts that were stored before there was an index, or
 * without it. Own transaction. 1 there is more, 0 all are in it.
 */
int search_fill(struct store *s, struct err *err) must_check;
/*
 * Merge a slice of the index, some milliseconds: each commit leaves a piece of
 * it, and every search asks all of them. Own transaction. 1 there is more, 0
 * they are few.
 */
int search_tidy(struct store *s, struct err *err) must_check;
/*
 * So often since the store was opened the index was found damaged by what wrote
 * to it, and emptied: search_fill() makes it anew. It holds nothing that the
 * alerts do not, so no alert waits for it.
 */
int64_t search_renewals(const struct store *s);
/* Have search_fill() look at every alert again: rows came into the database
 * by another way than store/alerts.h. Needs a transaction. */
int search_fill_again(struct store *s, struct err *err) must_check;

#endif
