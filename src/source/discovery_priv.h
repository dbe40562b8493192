/*
 * Which subscriptions an application sees: asked hourly, kept in between. What
 * appears or goes is written into the source's history.
 */
#ifndef SOURCE_DISCOVERY_PRIV_H
#define SOURCE_DISCOVERY_PRIV_H

#include "source/listing_priv.h"
#include "util/strlist.h"

#define DISCOVERY_EVERY_MS INT64_C(3600000)

struct discovery; /* opaque */

/* What a round of it came to. */
struct discovery_result {
	struct listing_result worst; /* end COMPLETE: every listing was */
	char scope[160]; /* of the listing that was not */
	int64_t n_listings;
	bool unusable; /* a subscription came without a usable id */
};

typedef void discovery_done_fn(void *arg, const struct discovery_result *r);

struct discovery_conf {
	const struct source_env *env; /* borrowed */
	const char *source, *endpoint, *ca_file, *client_id; /* borrowed */
	/* Named by the operator. Without any group and subscription, all that
	 * can be seen are listed; borrowed. */
	const struct strlist *subscriptions, *groups;
	discovery_done_fn *fn;
	void *arg;
};

struct discovery *discovery_new(const struct discovery_conf *c);
/* A running round is abandoned. Returns NULL; NULL is fine. */
struct discovery *discovery_free(struct discovery *d);
/* Nothing is known, or it is an hour old, or was found wrong. */
bool discovery_is_due(const struct discovery *d, int64_t mono_ms);
/* Begin a round; fn is called once, later, from the loop. */
void discovery_begin(struct discovery *d);
/* What is known of it failed: look again with the next poll. */
void discovery_doubt(struct discovery *d);
/* The subscriptions to read; borrowed until the next round ends. */
const struct strlist *discovery_list(const struct discovery *d);

/* The id of subscription @item, as one reads it; NULL when it has none that can
 * be used, or is over. Heap. */
char *discovery_usable_id(struct span item);
/* The path of management group @group (heap). */
char *discovery_group_path(const char *group);
/* What an operator does about a 403 for @below, a path such as
 * "/subscriptions/ID"; heap. @client_id NULL: the machine's own identity. */
char *discovery_role_hint(const char *client_id, const char *below);

#endif
