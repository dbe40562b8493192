/*
 * Reads the posture of subscriptions, part after part, one listing at a time:
 * it is never urgent, and shares its quota with the alerts.
 *
 *	idle -> round: the list of subscriptions, each part of each -> idle
 *
 *	lister.list() -> items into a page -> lister.ended -> keep(page) -> next
 *
 * It knows neither the network nor the store: who lists and who keeps are
 * function pointers. Every listing that was begun ends in one page that is
 * kept, whole or with its trouble, so that nothing is missing in silence; only
 * one that was abandoned has none.
 *
 * A round that has to stop (sign-in, throttling, no room in the store) goes on
 * with the same listing in the next one. What is said of kinds of
 * recommendations is the same in most subscriptions and long: it is asked for
 * only where a recommendation is of a kind that this round has not seen.
 */
#ifndef POSTURE_COLLECT_H
#define POSTURE_COLLECT_H

#include "core/posture.h"
#include "util/err.h"
#include "util/jscan.h"
#include "util/strlist.h"

/* Of one listing; more are not read, and that is said. */
#define COLLECT_ITEMS_MAX 200000

enum listed {
	LISTED_ALL,
	LISTED_PART, /* it failed; others may do */
	LISTED_STOP, /* nothing else will do now either */
};

struct listed_result {
	enum listed end;
	int64_t retry_after_ms; /* with LISTED_STOP; 0: as the next round is */
	const char *error; /* one sentence; borrowed */
};

typedef void listed_item_fn(void *arg, struct span item);
typedef void listed_done_fn(void *arg, const struct listed_result *r);

/* Who hears of a listing. */
struct listed_sink {
	listed_item_fn *item;
	listed_done_fn *done;
	void *arg;
};

/* Who can list, and who keeps; borrowed while the collector lives. */
struct collect_door {
	void *ctx;
	/*
	 * List what is at @url of a subscription ("" of none); everything is
	 * copied. The
	 * sink's item for each, then done once, last, from the loop: by then
	 * the listing is the door's alone again. Never calls back before it
	 * returned.
	 */
	void *(*list)(void *ctx, const char *url, const char *subscription,
		      const struct listed_sink *to);
	/* End a listing now, without a call back. */
	void (*cancel)(void *ctx, void *listing);
	/*
	 * Keep a page from item *at on, in a transaction of its own, and move
	 * *at. 1: some of it, so that nothing waits for long; the rest when
	 * collect_turn() is called. 0: all of it; it is released after.
	 */
	int (*keep)(void *ctx, const struct posture_page *page, size_t *at,
		    struct err *err);
	/* Call collect_turn(), later, from the loop. */
	void (*turn)(void *ctx);
	int64_t (*now_ms)(void *ctx);
};

struct collect_result {
	bool complete; /* every part of every subscription was read whole */
	bool stopped; /* the rest was not tried */
	int64_t retry_after_ms;
	size_t n_listings, n_troubled;
	char error[512]; /* the first trouble; "" none */
};

typedef void collect_done_fn(void *arg, const struct collect_result *r);

struct collect; /* opaque */

/* @source and @endpoint ("https://management.azure.com") are copied. */
struct collect *collect_new(const char *source, const char *endpoint,
			    const struct collect_door *door);
/* A running round is abandoned. Returns NULL; NULL is fine. */
struct collect *collect_free(struct collect *c);
bool collect_is_busy(const struct collect *c);
/* The turn that the door was asked for. */
void collect_turn(struct collect *c);
/*
 * Begin a round through @subscriptions (copied; each was checked to be an id),
 * or go on with the one that was stopped. @fn is called once, later, from the
 * loop, and may begin the next. Not while busy.
 */
void collect_begin(struct collect *c, const struct strlist *subscriptions,
		   collect_done_fn *fn, void *arg);

#endif
