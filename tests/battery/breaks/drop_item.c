/*
 * A daemon that passes over every ninth item of what an API lists.
 *
 * Breaks: I1 by page_split_next.
 */
#include "source/page_split_priv.h"

bool __real_page_split_next(struct page_split *s, struct span *ret_item);
bool __wrap_page_split_next(struct page_split *s, struct span *ret_item);

bool __wrap_page_split_next(struct page_split *s, struct span *ret_item)
{
	bool more = __real_page_split_next(s, ret_item);

	if (more && s->n_given % 9 == 0)
		more = __real_page_split_next(s, ret_item);
	return more;
}
