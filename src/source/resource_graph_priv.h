/*
 * Alerts through Azure Resource Graph: one query for thousands of
 * subscriptions (section 10 of the API notes). The body of each request, and
 * what an answer says beside its rows.
 */
#ifndef SOURCE_RESOURCE_GRAPH_PRIV_H
#define SOURCE_RESOURCE_GRAPH_PRIV_H

#include <stdint.h>
#include "source/page_split_priv.h"
#include "util/strbuf.h"
#include "util/strlist.h"

#define RESOURCE_GRAPH_PATH                                                    \
	"/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01"

struct resource_graph {
	/* Where to look, at most one of them; NULL or empty: everywhere the
	 * application may read. Borrowed. */
	const struct strlist *subscriptions, *groups;
	/* Of the page that was opened last. */
	char *skip_token;
	bool says_truncated, truncated;
	int64_t count; /* -1: not said */
};

/* Begins anew, also after use. */
void resource_graph_init(struct resource_graph *g,
			 const struct strlist *subscriptions,
			 const struct strlist *groups);
void resource_graph_release(struct resource_graph *g);
/* The body of the first request. */
void resource_graph_request(const struct resource_graph *g, struct strbuf *out);
/* A member of a page beside "data"; @arg is the struct resource_graph. */
void resource_graph_member(void *arg, struct span key, struct span value);
/* As listing_conf.follow; @arg is the same. */
int resource_graph_follow(void *arg, size_t n_items, struct strbuf *ret,
			  struct err *err);

#endif
