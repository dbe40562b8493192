/*
 * Which place of which file set an option, for --dump-config. Filled while
 * loading, asked by dump*.c; knows no option.
 *
 * tested with: test_dump
 */
#include "conf/conf_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/xmalloc.h"

struct origin {
	char *path;
	struct mark mark;
};

struct origins {
	struct origin *v; /* in the order of first setting */
	size_t n, n_alloc;
};

static struct origin *origin_at(const struct origins *o, const char *path)
{
	/* Asked mostly for what was set a moment ago: from the end. */
	for (size_t i = o ? o->n : 0; i > 0; i--)
		if (strcmp(o->v[i - 1].path, path) == 0)
			return &o->v[i - 1];
	return NULL;
}

void origin_set(struct conf *c, const char *path, const struct mark *mark)
{
	struct origin *old = origin_at(c->origins, path);
	struct origins *o;

	if (!mark->file)
		return;
	if (old) {
		old->mark = *mark;
		return;
	}
	if (!c->origins)
		c->origins = xcalloc(1, sizeof(*c->origins));
	o = c->origins;
	GROW(o->v, o->n + 1, o->n_alloc);
	o->v[o->n++] = (struct origin){ xstrdup(path), *mark };
}

const struct mark *origin_find(const struct conf *c, const char *path)
{
	const struct origin *o = origin_at(c->origins, path);

	return o ? &o->mark : NULL;
}

void origins_free(struct origins *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->n; i++)
		free(o->v[i].path);
	free(o->v);
	free(o);
}
