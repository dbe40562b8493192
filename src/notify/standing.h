/*
 * Alerts that still fire are told again. An Alertmanager forgets what it has
 * not heard of for a while, so each target of that format is told every minute
 * of all open alerts it was told of, and for some minutes of their end.
 *
 * Best effort beside the outbox: that brings the first news and the end for
 * certain, this keeps what lies between. Nothing of it is stored. Without such
 * a target no timer runs.
 */
#ifndef NOTIFY_STANDING_H
#define NOTIFY_STANDING_H

#include "conf/conf.h"
#include "net/loop.h"
#include "net/xfer.h"
#include "store/store.h"

struct standing;

/* Telling @target does not work (@error), or does again (NULL): once for each
 * turn of events, not for each try. From the loop. */
typedef void standing_news_fn(void *arg, const char *target, const char *error);

/* Pointers are borrowed and outlive the struct standing. */
struct standing_env {
	struct store *store;
	struct loop *loop;
	struct xfer_pool *pool;
	const char *host;
	standing_news_fn *fn;
	void *arg;
};

/* Tells for the first time in the loop's next turn. Secrets are loaded; @c must
 * outlive it or be replaced by standing_reload(). */
struct standing *standing_new(const struct conf *c,
			      const struct standing_env *env);
struct standing *standing_free(struct standing *s); /* returns NULL */
/* Use another configuration, and tell at once. */
void standing_reload(struct standing *s, const struct conf *c);
/* Tell in the loop's next turn instead of at the end of the minute. */
void standing_kick(struct standing *s);

#endif
