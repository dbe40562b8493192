/*
 * Which alerts still fire at a target that must be told so again and again.
 * Called by notify/standing.c once a minute, so it walks open alerts alone and
 * asks an index about each.
 *
 * tested with: test_outbox
 */
#include "store/outbox.h"

#include <stdlib.h>
#include "store/sqlite/engine_priv.h"
#include "util/xmalloc.h"

static int by_id(const void *pa, const void *pb)
{
	const int64_t *a = pa;
	const int64_t *b = pb;

	return (*a > *b) - (*a < *b);
}

int outbox_standing(struct store *s, const char *target, int64_t **ret,
		    size_t *ret_n, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	CLEANUP(free_ptr) int64_t *ids = NULL;
	size_t n = 0;
	size_t n_alloc = 0;
	int rc = query_open(&q, s, STMT_NOTICE_STANDING, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@target", target);
	while ((rc = query_step(&q, err)) == 1) {
		GROW(ids, n + 1, n_alloc);
		ids[n++] = row_int(&q, 0);
	}
	if (rc < 0)
		return rc;
	if (n > 0) /* the index has them by urgency */
		qsort(ids, n, sizeof(*ids), by_id);
	*ret = take(ids);
	*ret_n = n;
	return 0;
}
