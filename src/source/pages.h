/*
 * A listing of Azure Resource Manager that is not one of alerts: its items go
 * to whoever asked, as they came, and stand in no ledger of polls. Beside the
 * polls of its source, by the same sign-in and within the same budget.
 */
#ifndef SOURCE_PAGES_H
#define SOURCE_PAGES_H

#include "source/source.h"
#include "util/jscan.h"

enum pages_end {
	PAGES_ALL, /* every page to the last */
	PAGES_PART, /* this listing failed; others may do */
	PAGES_STOP, /* sign-in, or the service asked us to stay away */
};

struct pages_result {
	enum pages_end end;
	int64_t retry_after_ms; /* 0: the service did not say */
	long status; /* of the last answer; 0 there was none */
	const char *error; /* one sentence, with what to do; borrowed */
};

typedef void pages_item_fn(void *arg, struct span item);
/* The object may be freed in it, and another made. */
typedef void pages_done_fn(void *arg, const struct pages_result *r);

struct pages_conf {
	const char *url; /* of the first page, below the source's endpoint */
	/* A path such as "/subscriptions/ID": what a role is missing for when
	 * this listing is refused. */
	const char *below;
	pages_item_fn *item;
	pages_done_fn *done; /* called once, last, later, from the loop */
	void *arg;
};

struct pages;

/* Of a source of the type defender-for-cloud. @s and @c are copied; what @env
 * points to is borrowed while the listing lives, but the ingest door, which is
 * not used. */
struct pages *pages_new(const struct source_conf *s,
			const struct source_env *env,
			const struct pages_conf *c);
/* What runs is abandoned, without a call. Not from within a pages_item_fn.
 * Returns NULL; NULL is fine. */
struct pages *pages_free(struct pages *p);

#endif
