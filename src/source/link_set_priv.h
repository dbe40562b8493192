/* Which pages a listing asked for, to notice when it goes in a circle. */
#ifndef SOURCE_LINK_SET_PRIV_H
#define SOURCE_LINK_SET_PRIV_H

#include <stdbool.h>
#include <stddef.h>

struct link_hash; /* of one request */

struct link_set {
	struct link_hash *v;
	size_t n, n_alloc;
};

/* False when it was there already. @body may be NULL. */
bool link_set_add(struct link_set *s, const char *url, const char *body);
void link_set_release(struct link_set *s);

#endif
