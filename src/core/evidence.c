/*
 * See evidence.h. Made by source/, kept by store/; knows neither.
 *
 * tested with: store/test_evidence_rows
 */
#include "core/evidence.h"

#include <stdlib.h>
#include "util/xmalloc.h"

void evidence_release(struct evidence *e)
{
	free(e->native_id);
	free(e->actor);
	free(e->ip);
	free(e->action);
	free(e->app);
	free(e->object);
	free(e->location);
	free(e->raw);
	*e = (struct evidence){ 0 };
}

void evidence_list_add(struct evidence_list *l, struct evidence *e)
{
	if (l->n == l->n_alloc) {
		l->n_alloc = l->n_alloc ? 2 * l->n_alloc : 64;
		l->v = xreallocarray(l->v, l->n_alloc, sizeof(*l->v));
	}
	l->v[l->n++] = *e;
	*e = (struct evidence){ 0 };
}

void evidence_list_release(struct evidence_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		evidence_release(&l->v[i]);
	free(l->v);
	*l = (struct evidence_list){ 0 };
}
