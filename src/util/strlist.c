/*
 * An ordered list of owned strings. Called by every room; knows nothing of
 * any.
 */
#include "util/strlist.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/strbuf.h"
#include "util/xmalloc.h"

void strlist_add(struct strlist *l, const char *s)
{
	GROW(l->v, l->n + 1, l->n_alloc);
	l->v[l->n++] = xstrdup(s);
}

void strlist_copy(struct strlist *to, const struct strlist *from)
{
	struct strlist copy = STRLIST_INIT;

	/* Built first, so that a list may be copied onto itself. */
	for (size_t i = 0; i < from->n; i++)
		strlist_add(&copy, from->v[i]);
	strlist_release(to);
	*to = copy;
}

bool strlist_has(const struct strlist *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

bool strlist_has_ci(const struct strlist *l, const char *s)
{
	/* The programs never leave the C locale, so this is ASCII only. */
	for (size_t i = 0; i < l->n; i++)
		if (strcasecmp(l->v[i], s) == 0)
			return true;
	return false;
}

char *strlist_join(const struct strlist *l, const char *sep)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < l->n; i++) {
		if (i)
			strbuf_addstr(&sb, sep);
		strbuf_addstr(&sb, l->v[i]);
	}
	return strbuf_detach(&sb);
}

void strlist_release(struct strlist *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct strlist)STRLIST_INIT;
}
