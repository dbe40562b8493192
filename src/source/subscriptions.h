/*
 * Which subscriptions a source of the type defender-for-cloud reads: asked
 * anew, beside its polls, for who reads something else of them. Nothing of it
 * stands in a ledger or in the source's history.
 */
#ifndef SOURCE_SUBSCRIPTIONS_H
#define SOURCE_SUBSCRIPTIONS_H

#include "source/source.h"
#include "util/strlist.h"

struct subscriptions_result {
	/* Ids, sorted, each once; those that could be found out. Borrowed. */
	const struct strlist *list;
	const char *error; /* why these may not be all; "" they are */
	int64_t retry_after_ms; /* the service asked us to stay away; 0 no */
};

/* The object may be freed in it. */
typedef void subscriptions_done_fn(void *arg,
				   const struct subscriptions_result *r);

struct subscriptions;

/* @c is copied; what @env points to is borrowed while the question lives, but
 * the ingest door, which is not used. @fn is called once, later, from the loop.
 */
struct subscriptions *subscriptions_ask(const struct source_conf *c,
					const struct source_env *env,
					subscriptions_done_fn *fn, void *arg);
/* What runs is abandoned, without a call. Returns NULL; NULL is fine. */
struct subscriptions *subscriptions_free(struct subscriptions *s);

#endif
