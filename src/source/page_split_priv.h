/*
 * One page of a listing, {"value": [...], "nextLink": "..."}, cut into items
 * without being parsed: a spoilt item is an item too.
 */
#ifndef SOURCE_PAGE_SPLIT_PRIV_H
#define SOURCE_PAGE_SPLIT_PRIV_H

#include <stdbool.h>
#include "util/err.h"
#include "util/jscan.h"

#define PAGE_SPLIT_ITEMS_MAX 100000
#define PAGE_SPLIT_LINK_MAX 16384

struct page_split {
	struct span *items; /* owned; what they point to is borrowed */
	size_t n_items, n_alloc;
	size_t n_given; /* by page_split_next */
	char *next; /* nextLink, NULL on the last page; owned */
	bool cut; /* open failed because the text ends too early */
};

/* How an API's page is built where it is not {"value": [], "nextLink": ""}. */
struct page_shape {
	const char *items; /* name of the list */
	/* Called with every other member, of any type, still escaped; NULL: a
	 * link is looked for. The page may turn out to be none afterwards. */
	void (*member)(void *arg, struct span key, struct span value);
	void *arg;
};

/*
 * Check the page's frame and find its parts; @body is borrowed until release.
 * @shape NULL: pages with links. 0, or ERR_SCHEMA or ERR_LIMIT with the reason
 * in @err.
 */
int page_split_open(struct page_split *s, const struct page_shape *shape,
		    const char *body, size_t len, struct err *err) must_check;
/* The next item, in the order of the page. */
bool page_split_next(struct page_split *s, struct span *ret_item) must_check;
/* Usable with CLEANUP. */
void page_split_release(struct page_split *s);

#endif
