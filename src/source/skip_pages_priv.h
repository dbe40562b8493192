/*
 * Paging by position through a list that may move meanwhile: the requests of
 * the Cloud Apps portal for alerts or activities of a slice of time (sections
 * 3.2 and 3.3 of the API notes), and what its pages say beside those.
 */
#ifndef SOURCE_SKIP_PAGES_PRIV_H
#define SOURCE_SKIP_PAGES_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include "util/err.h"
#include "util/jscan.h"
#include "util/strbuf.h"

struct skip_pages {
	const char *filter; /* "date" or "resolutionDate"; borrowed */
	int64_t from_ms, to_ms;
	/* May be set after skip_pages_begin(): other members of "filters",
	 * borrowed; newest first; no more than so many positions (0: all). */
	const char *also;
	bool descending;
	int64_t most;
	bool cut; /* by most: there are more */
	int64_t skip, limit; /* of the page that was asked for */
	int64_t total; /* as the page before said; -1 it did not */
	unsigned n_steps_back;
	/* Of the page that was opened last. */
	bool says_next, has_next, more_than_total;
	int64_t total_now;
};

/* Both ends belong to the slice. */
void skip_pages_begin(struct skip_pages *p, const char *filter, int64_t from_ms,
		      int64_t to_ms);
/* The body for the page at p->skip. */
void skip_pages_request(const struct skip_pages *p, struct strbuf *out);
/* A member of a page beside "data"; @arg is the struct skip_pages. */
void skip_pages_member(void *arg, struct span key, struct span value);
/* As listing_conf.follow; @arg is the same. */
int skip_pages_follow(void *arg, size_t n_items, struct strbuf *ret,
		      struct err *err);

#endif
