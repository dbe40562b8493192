/*
 * Feeds: what one source lists by itself (a subscription, a file, or all of
 * it). Every sight of an alert and every poll belongs to one.
 */
#ifndef STORE_SQLITE_FEEDS_PRIV_H
#define STORE_SQLITE_FEEDS_PRIV_H

#include "core/decision.h"
#include "store/store.h"

/* The feed of (source, scope), made when new; @kind names a new source. */
int feed_of(struct store *s, const char *source, const char *kind,
	    const char *scope, int64_t *ret, struct err *err) must_check;
/* The same without making it: 1 found, 0 not. */
int feed_find(struct store *s, const char *source, const char *scope,
	      int64_t *ret, struct err *err) must_check;
/* ERR_NOT_FOUND when there is no such poll. */
int feed_of_poll(struct store *s, int64_t poll, int64_t *ret,
		 struct err *err) must_check;
/* The feed saw the identity of row @origin, which is there. */
int feed_put_sight(struct store *s, int64_t feed, int64_t origin,
		   const struct sighting *at, struct err *err) must_check;

#endif
