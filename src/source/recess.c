/*
 * See recess_priv.h. Called by defender_cloud.c; knows no listing and no clock.
 *
 * Few wait at a time, so that a list is searched.
 */
#include "source/recess_priv.h"

#include <stdlib.h>
#include <strings.h>
#include "util/xmalloc.h"

static void recess_clear(struct recess *r)
{
	free(r->subscription);
	free(r->error);
}

const struct recess *recess_of(const struct recesses *r, const char *id)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcasecmp(r->v[i].subscription, id) == 0)
			return &r->v[i];
	return NULL;
}

void recess_begin(struct recesses *r, const char *id, int64_t until_ms,
		  const char *error)
{
	struct recess *one = (struct recess *)recess_of(r, id);

	if (one) {
		recess_clear(one);
	} else {
		r->v = xreallocarray(r->v, r->n + 1, sizeof(*r->v));
		one = &r->v[r->n++];
	}
	*one = (struct recess){ xstrdup(id), until_ms, xstrdup(error) };
}

void recesses_end(struct recesses *r, int64_t now_ms)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i].until_ms <= now_ms)
			recess_clear(&r->v[i]);
		else
			r->v[n++] = r->v[i];
	}
	r->n = n;
}

void recesses_release(struct recesses *r)
{
	for (size_t i = 0; i < r->n; i++)
		recess_clear(&r->v[i]);
	free(r->v);
	*r = (struct recesses)RECESSES_INIT;
}
