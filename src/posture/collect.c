/*
 * See collect.h. Called by the daemon, once for each source that has a posture
 * to read. Which request a part needs and what an item means is in parts.c.
 */
#include "posture/collect.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "posture/parts.h"
#include "util/xmalloc.h"

struct collect {
	const struct collect_door *door;
	char *source, *endpoint;

	struct strlist subscriptions; /* of the round; first "", for none */
	size_t next; /* of them */
	int next_part; /* POSTURE_PART_MAX: go on with the next one */
	bool stopped; /* in the middle of a round, which goes on */

	struct strlist kinds; /* seen in this round; in small letters, sorted */
	bool wants_kinds; /* this subscription has one that was not */

	bool busy;
	void *listing; /* NULL: none runs */
	bool is_clipped;
	struct posture_page page;
	size_t n_kept; /* items of it */
	char trouble[512]; /* why it is not all; "" it is */
	bool stops; /* the round, with this page */
	struct collect_result result;
	struct collect_result before; /* the listing that runs */
	collect_done_fn *fn;
	void *arg;
};

struct collect *collect_new(const char *source, const char *endpoint,
			    const struct collect_door *door)
{
	struct collect *c = xcalloc(1, sizeof(*c));

	c->door = door;
	c->source = xstrdup(source);
	c->endpoint = xstrdup(endpoint);
	return c;
}

struct collect *collect_free(struct collect *c)
{
	if (!c)
		return NULL;
	if (c->listing)
		c->door->cancel(c->door->ctx, c->listing);
	posture_page_release(&c->page);
	strlist_release(&c->subscriptions);
	strlist_release(&c->kinds);
	free(c->source);
	free(c->endpoint);
	free(c);
	return NULL;
}

bool collect_is_busy(const struct collect *c)
{
	return c->busy;
}

/* ---- which kinds of recommendations are known ---- */

static int compare_words(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

static bool knows_kind(const struct strlist *sorted, const char *kind)
{
	return sorted->n > 0 && bsearch(&kind, sorted->v, sorted->n,
					sizeof(*sorted->v), compare_words);
}

/* Does the page have something to do of a kind that nobody told of yet? */
static bool has_new_kind(const struct collect *c)
{
	for (size_t i = 0; i < c->page.n; i++) {
		const struct advice *a = &c->page.advices[i];

		if ((a->state == ADVICE_UNHEALTHY ||
		     a->state == ADVICE_UNKNOWN) &&
		    !knows_kind(&c->kinds, a->kind))
			return true;
	}
	return false;
}

static void learn_kinds(struct collect *c)
{
	size_t n_before = c->kinds.n;

	for (size_t i = 0; i < c->page.n; i++) {
		const struct advice_kind *k = &c->page.kinds[i];
		struct strlist before = { .v = c->kinds.v, .n = n_before };

		if (!knows_kind(&before, k->kind))
			strlist_add(&c->kinds, k->kind);
	}
	if (c->kinds.n > n_before)
		qsort(c->kinds.v, c->kinds.n, sizeof(*c->kinds.v),
		      compare_words);
}

/* ---- one listing ---- */

static void on_item(void *arg, struct span item)
{
	struct collect *c = arg;

	if (c->page.n >= COLLECT_ITEMS_MAX)
		c->is_clipped = true;
	else if (parts_read(&c->page, item, NULL) < 0)
		c->page.n_unread++;
}

static void on_listed(void *arg, const struct listed_result *r);

static void listing_begin(struct collect *c)
{
	const char *subscription = c->subscriptions.v[c->next];
	enum posture_part part = (enum posture_part)c->next_part;
	CLEANUP(free_ptr)
	char *url = parts_url(c->endpoint, subscription, part);

	c->page = (struct posture_page){ .source = c->source,
					 .subscription = subscription,
					 .part = part };
	c->is_clipped = false;
	c->before = c->result;
	c->result.n_listings++;
	c->listing = c->door->list(c->door->ctx, url, subscription,
				   &(struct listed_sink){ .item = on_item,
							  .done = on_listed,
							  .arg = c });
	assert(c->listing);
}

/* ---- the round ---- */

static void note_trouble(struct collect *c, const char *why)
{
	const char *subscription = c->page.subscription;

	c->result.n_troubled++;
	if (!c->result.error[0])
		snprintf(c->result.error, sizeof(c->result.error), "%s%s%s: %s",
			 posture_part_name(c->page.part),
			 *subscription ? " of subscription " : "", subscription,
			 why);
}

/* Is the part at next_part told of what stands at next? */
static bool is_asked(const struct collect *c)
{
	if (c->next_part == POSTURE_SUBSCRIPTIONS || c->next == 0)
		return c->next_part == POSTURE_SUBSCRIPTIONS && c->next == 0;
	return c->next_part != POSTURE_KINDS || c->wants_kinds;
}

/* True: there is another listing, which stands at next and next_part. */
static bool round_step(struct collect *c)
{
	while (c->next < c->subscriptions.n) {
		for (; c->next_part < POSTURE_PART_MAX; c->next_part++) {
			if (is_asked(c))
				return true;
		}
		c->next++;
		c->next_part = 0;
		c->wants_kinds = false;
	}
	return false;
}

/* The last act of a call back: the next round may begin in it. */
static void round_end(struct collect *c)
{
	struct collect_result r = c->result;

	r.stopped = c->stops;
	r.complete = !r.stopped && r.n_troubled == 0;
	c->stopped = r.stopped;
	c->busy = false;
	c->fn(c->arg, &r);
}

/* The page is kept, or cannot be. */
static void page_end(struct collect *c)
{
	if (c->page.part == POSTURE_RECOMMENDATIONS)
		c->wants_kinds = has_new_kind(c);
	else if (c->page.part == POSTURE_KINDS)
		learn_kinds(c);
	posture_page_release(&c->page);
	if (!c->stops)
		c->next_part++;
	if (!c->stops && round_step(c))
		listing_begin(c);
	else
		round_end(c);
}

void collect_turn(struct collect *c)
{
	struct err err = ERR_INIT;
	int rc = c->door->keep(c->door->ctx, &c->page, &c->n_kept, &err);

	if (rc > 0) {
		c->door->turn(c->door->ctx);
		return;
	}
	if (rc < 0) {
		note_trouble(c, err.text);
		c->stops = true;
	}
	page_end(c);
}

static void on_listed(void *arg, const struct listed_result *r)
{
	struct collect *c = arg;

	c->listing = NULL;
	c->stops = r->end == LISTED_STOP;
	c->result.retry_after_ms = r->retry_after_ms;
	c->trouble[0] = '\0';
	if (r->end != LISTED_ALL)
		snprintf(c->trouble, sizeof(c->trouble), "%s", r->error);
	else if (c->is_clipped)
		snprintf(c->trouble, sizeof(c->trouble),
			 "there are more than %d; the others were not read",
			 COLLECT_ITEMS_MAX);
	if (c->trouble[0]) {
		note_trouble(c, c->trouble);
		c->page.trouble = c->trouble;
	}
	c->page.now_ms = c->door->now_ms(c->door->ctx);
	c->n_kept = 0;
	collect_turn(c);
}

void collect_begin(struct collect *c, const struct strlist *subscriptions,
		   collect_done_fn *fn, void *arg)
{
	bool there_is;

	assert(!c->busy);
	c->busy = true;
	c->stops = false;
	c->fn = fn;
	c->arg = arg;
	/* What stopped it is tried again; what failed earlier is not. */
	c->result = c->stopped ? c->before : (struct collect_result){ 0 };
	if (!c->stopped) {
		strlist_release(&c->subscriptions);
		strlist_release(&c->kinds);
		strlist_add(&c->subscriptions, "");
		for (size_t i = 0; i < subscriptions->n; i++)
			strlist_add(&c->subscriptions, subscriptions->v[i]);
		c->next = 0;
		c->next_part = 0;
		c->wants_kinds = false;
	}
	there_is = round_step(c);
	assert(there_is); /* at least the list of subscriptions */
	(void)there_is; /* without assertions */
	listing_begin(c);
}
