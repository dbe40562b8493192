/*
 * The story of one alert, as lists. Filled from the database by
 * what_if_past.c and from the replay by what_if_live.c; compared by
 * what_if_compare.c.
 *
 * tested with: test_what_if
 */
#include "cli/what_if_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/strbuf.h"
#include "util/xmalloc.h"

void tale_release(struct tale *t)
{
	for (size_t i = 0; i < t->n_decisions; i++)
		free(t->decisions[i].rule);
	for (size_t i = 0; i < t->n_pages; i++) {
		free(t->pages[i].target);
		free(t->pages[i].to);
		strlist_release(&t->pages[i].holds);
	}
	for (size_t i = 0; i < t->n_routes; i++)
		free(t->routes[i].name);
	free(t->decisions);
	free(t->clocks);
	free(t->pages);
	free(t->routes);
	*t = (struct tale){ 0 };
}

void tale_add_decision(struct tale *t, const struct tale_decision *d)
{
	GROW(t->decisions, t->n_decisions + 1, t->n_decisions_alloc);
	t->decisions[t->n_decisions++] = *d;
}

void tale_add_page(struct tale *t, const struct tale_page *p)
{
	GROW(t->pages, t->n_pages + 1, t->n_pages_alloc);
	t->pages[t->n_pages++] = *p;
}

/* "silence 3", "quiet hours"; which group it is tells nobody anything. */
static char *hold_words(enum noise_cause cause, const char *name)
{
	switch (cause) {
	case NOISE_NONE:
		break;
	case NOISE_DIGEST:
		return xasprintf("digest %s", name);
	case NOISE_IMPORT:
		return xstrdup("first run");
	case NOISE_GROUP:
		return xstrdup("group");
	case NOISE_SILENCE:
		return xasprintf("silence %s", name);
	case NOISE_MAINTENANCE:
		return xasprintf("maintenance %s", name);
	case NOISE_QUIET:
		return xstrdup("quiet hours");
	case NOISE_STORM:
		return xstrdup(*name ? "storm of criticals" : "storm");
	}
	return xstrdup(noise_cause_name(cause));
}

void tale_page_hold(struct tale_page *p, enum noise_cause cause,
		    const char *name)
{
	CLEANUP(free_ptr) char *words = hold_words(cause, name);

	p->causes |= 1U << cause;
	/* Held on by the same. */
	if (p->holds.n == 0 || strcmp(p->holds.v[p->holds.n - 1], words) != 0)
		strlist_add(&p->holds, words);
}

void tale_put_clock(struct tale *t, const struct clock_row *row)
{
	for (size_t i = 0; i < t->n_clocks; i++) {
		if (t->clocks[i].episode == row->episode &&
		    t->clocks[i].kind == row->kind) {
			t->clocks[i] = *row;
			return;
		}
	}
	GROW(t->clocks, t->n_clocks + 1, t->n_clocks_alloc);
	t->clocks[t->n_clocks++] = *row;
}

void tale_put_route(struct tale *t, int64_t episode, const char *name)
{
	for (size_t i = 0; i < t->n_routes; i++) {
		if (t->routes[i].episode == episode &&
		    strcmp(t->routes[i].name, name) == 0)
			return;
	}
	GROW(t->routes, t->n_routes + 1, t->n_routes_alloc);
	t->routes[t->n_routes++] =
		(struct tale_route){ episode, xstrdup(name) };
}
