/*
 * Where two tales of one alert differ, and what it adds up to. Called by
 * cmd_what_if.c. Knows neither database nor policy.
 *
 * tested with: test_what_if
 */
#include "cli/what_if_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "util/strbuf.h"
#include "util/xmalloc.h"

static const char *const kind_names[] = {
	[DIFFERENCE_BREACH_GAINED] = "breach-gained",
	[DIFFERENCE_BREACH_LOST] = "breach-lost",
	[DIFFERENCE_SEVERITY] = "severity",
	[DIFFERENCE_OUTCOME] = "outcome",
	[DIFFERENCE_DUE] = "due",
	[DIFFERENCE_ROUTE_GAINED] = "route-gained",
	[DIFFERENCE_ROUTE_LOST] = "route-lost",
	[DIFFERENCE_PAGE_GAINED] = "page-gained",
	[DIFFERENCE_PAGE_LOST] = "page-lost",
	[DIFFERENCE_PAGE_MOVED] = "page-moved",
	[DIFFERENCE_LET_THROUGH] = "let-through",
	[DIFFERENCE_HELD_BACK] = "held-back",
	[DIFFERENCE_HELD_OTHERWISE] = "held-otherwise",
	[DIFFERENCE_RULE] = "rule",
};
_Static_assert(ARRAY_SIZE(kind_names) == DIFFERENCE_KIND_MAX, "a kind lacks");

static const char *const transition_words[] = {
	[TRANSITION_OPENED] = "opened",
	[TRANSITION_SEEN_CLOSED] = "seen closed",
	[TRANSITION_UPDATED] = "updated",
	[TRANSITION_CLOSED] = "closed",
	[TRANSITION_REOPENED] = "re-opened",
	[TRANSITION_STALE] = "an older copy",
};

const char *difference_kind_name(enum difference_kind k)
{
	return kind_names[k];
}

void account_release(struct account *a)
{
	for (size_t i = 0; i < a->n; i++) {
		free(a->v[i].then);
		free(a->v[i].now);
	}
	free(a->v);
	free(a->pages);
	strlist_release(&a->targets);
	*a = (struct account){ 0 };
}

bool account_has(const struct account *a, int64_t ms)
{
	return ms >= a->since_ms && ms <= a->end_ms;
}

void account_add(struct account *a, const struct difference *d)
{
	GROW(a->v, a->n + 1, a->n_alloc);
	a->v[a->n++] = *d;
	a->n_of[d->kind]++;
}

/* --- decisions --- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* "high by rule crown-jewels" */
static char *severity_words(const struct tale_decision *d)
{
	const char *level = severity_name(d->severity);

	return d->rule ? xasprintf("%s by rule %s", level, d->rule)
		       : xstrdup(level);
}

static char *outcome_words(const struct tale_decision *d)
{
	if (d->transition == TRANSITION_NONE)
		return xstrdup("no news");
	return xasprintf("%s, episode %" PRId64,
			 transition_words[d->transition], d->episode);
}

static void compare_decision(struct account *a, int64_t alert_id,
			     const struct tale_decision *then,
			     const struct tale_decision *now)
{
	struct difference d = {
		.alert_id = alert_id,
		.episode = then->episode,
		.at_ms = then->at_ms,
		.severity = MAX(then->severity, now->severity),
	};

	a->n_decisions++;
	if (then->transition != now->transition ||
	    (now->transition != TRANSITION_NONE &&
	     then->episode != now->episode)) {
		d.kind = DIFFERENCE_OUTCOME;
		d.then = outcome_words(then);
		d.now = outcome_words(now);
		account_add(a, &d);
	}
	if (now->transition == TRANSITION_NONE)
		return; /* nothing was decided that could be compared */
	if (then->severity != now->severity)
		d.kind = DIFFERENCE_SEVERITY;
	else if (!same_text(then->rule, now->rule))
		d.kind = DIFFERENCE_RULE;
	else
		return;
	d.then = severity_words(then);
	d.now = severity_words(now);
	account_add(a, &d);
}

/* --- clocks --- */

static const struct clock_row *find_clock(const struct tale *t,
					  const struct clock_row *like)
{
	for (size_t i = 0; i < t->n_clocks; i++) {
		if (t->clocks[i].episode == like->episode &&
		    t->clocks[i].kind == like->kind)
			return &t->clocks[i];
	}
	return NULL;
}

static bool clock_is_account_has(const struct account *a,
				 const struct clock_row *c)
{
	return c && (MAX(c->started_ms, c->stopped_ms) >= a->since_ms ||
		     account_has(a, c->due_ms));
}

static bool is_breached(const struct account *a, const struct clock_row *c)
{
	return c && c->breached_ms && account_has(a, c->breached_ms);
}

/* "high 4h, breached", "resolve clock, high 3d, met" */
static char *clock_words_of(const struct clock_row *c)
{
	const char *end = c->breached_ms  ? "breached"
			  : c->stopped_ms ? "met"
					  : "running";

	if (c->kind == CLOCK_TRIAGE)
		return xasprintf("%s, %s", c->policy, end);
	return xasprintf("resolve clock, %s, %s", c->policy, end);
}

/* How the pair of clocks differs; false: it does not. Either may be NULL. */
static bool clock_difference(const struct account *a,
			     const struct clock_row *then,
			     const struct clock_row *now,
			     enum difference_kind *ret)
{
	bool breached_then = is_breached(a, then);
	bool breached_now = is_breached(a, now);

	if (breached_then != breached_now)
		*ret = breached_now ? DIFFERENCE_BREACH_GAINED
				    : DIFFERENCE_BREACH_LOST;
	else if (!then || !now || then->due_ms != now->due_ms ||
		 strcmp(then->policy, now->policy) != 0)
		*ret = DIFFERENCE_DUE;
	else if (!then->breached_ms != !now->breached_ms ||
		 !then->stopped_ms != !now->stopped_ms)
		*ret = DIFFERENCE_OUTCOME;
	else
		return false;
	return true;
}

static void compare_clock(struct account *a, int64_t alert_id,
			  const struct clock_row *then,
			  const struct clock_row *now)
{
	const struct clock_row *any = then ? then : now;
	struct difference d = {
		.alert_id = alert_id,
		.episode = any->episode,
		.at_ms = any->started_ms,
		.severity = any->severity,
	};

	if (!clock_is_account_has(a, then) && !clock_is_account_has(a, now))
		return;
	if (is_breached(a, then))
		a->breaches_then[then->severity]++;
	if (is_breached(a, now))
		a->breaches_now[now->severity]++;
	if (!clock_difference(a, then, now, &d.kind))
		return;
	if (then) {
		d.then = clock_words_of(then);
		d.then_ms = then->due_ms;
	}
	if (now) {
		d.now = clock_words_of(now);
		d.now_ms = now->due_ms;
		d.severity = MAX(d.severity, now->severity);
	}
	account_add(a, &d);
}

static void compare_clocks(struct account *a, int64_t alert_id,
			   const struct tale *then, const struct tale *now)
{
	for (size_t i = 0; i < then->n_clocks; i++)
		compare_clock(a, alert_id, &then->clocks[i],
			      find_clock(now, &then->clocks[i]));
	for (size_t i = 0; i < now->n_clocks; i++) {
		if (!find_clock(then, &now->clocks[i]))
			compare_clock(a, alert_id, NULL, &now->clocks[i]);
	}
}

/* --- routes --- */

static bool has_route(const struct tale *t, const struct tale_route *r)
{
	for (size_t i = 0; i < t->n_routes; i++) {
		if (t->routes[i].episode == r->episode &&
		    strcmp(t->routes[i].name, r->name) == 0)
			return true;
	}
	return false;
}

/* When an episode began, as the tale that has it tells. */
static int64_t episode_ms(const struct tale *t, int64_t episode)
{
	for (size_t i = 0; i < t->n_decisions; i++) {
		if (t->decisions[i].episode == episode)
			return t->decisions[i].at_ms;
	}
	return 0;
}

static void compare_routes(struct account *a, const struct difference *about,
			   const struct tale *has, const struct tale *lacks,
			   enum difference_kind kind)
{
	for (size_t i = 0; i < has->n_routes; i++) {
		const struct tale_route *r = &has->routes[i];
		struct difference d = *about;

		if (has_route(lacks, r))
			continue;
		d.kind = kind;
		d.episode = r->episode;
		d.at_ms = episode_ms(has, r->episode);
		if (!account_has(a, d.at_ms))
			continue;
		*(kind == DIFFERENCE_ROUTE_GAINED ? &d.now : &d.then) =
			xasprintf("route %s", r->name);
		account_add(a, &d);
	}
}

/* --- all of it --- */

static enum severity worst_of(const struct tale *t)
{
	enum severity worst = SEVERITY_INFO;

	for (size_t i = 0; i < t->n_decisions; i++)
		worst = MAX(worst, t->decisions[i].severity);
	return worst;
}

void account_compare(struct account *a, int64_t alert_id,
		     const struct tale *then, const struct tale *now)
{
	const struct difference about = {
		.alert_id = alert_id,
		.severity = MAX(worst_of(then), worst_of(now)),
	};
	size_t n = MIN(then->n_decisions, now->n_decisions);

	for (size_t i = 0; i < n; i++) {
		if (account_has(a, then->decisions[i].at_ms))
			compare_decision(a, alert_id, &then->decisions[i],
					 &now->decisions[i]);
	}
	compare_clocks(a, alert_id, then, now);
	compare_routes(a, &about, now, then, DIFFERENCE_ROUTE_GAINED);
	compare_routes(a, &about, then, now, DIFFERENCE_ROUTE_LOST);
	account_compare_pages(a, &about, then, now);
}

static int order(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int difference_order(const void *pa, const void *pb)
{
	const struct difference *a = pa, *b = pb;
	int by = order(a->kind, b->kind);

	if (by == 0)
		by = order(b->severity, a->severity);
	if (by == 0)
		by = order(a->at_ms, b->at_ms);
	return by ? by : order(a->alert_id, b->alert_id);
}

static int page_order(const void *pa, const void *pb)
{
	const struct page_mark *a = pa, *b = pb;
	int by = order((int64_t)a->target, (int64_t)b->target);

	if (by == 0)
		by = order(a->hour_ms, b->hour_ms);
	if (by == 0)
		by = order(a->now, b->now);
	return by ? by : order(a->message, b->message);
}

/* A message is marked by each notice in it: the first mark stands. */
static void merge_messages(struct account *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n_pages; i++) {
		const struct page_mark *p = &a->pages[i];

		if (i > 0 && p->message && a->pages[i - 1].now == p->now &&
		    a->pages[i - 1].message == p->message)
			continue;
		a->n_late += !p->now && p->arrival == ARRIVED_LATE;
		a->n_never += !p->now && p->arrival == ARRIVED_NEVER;
		if (p->arrival != ARRIVED_NEVER)
			a->pages[n++] = *p;
	}
	a->n_pages = n;
}

static int message_order(const void *pa, const void *pb)
{
	const struct page_mark *a = pa, *b = pb;
	int by = order(a->now, b->now);

	if (by == 0)
		by = order(a->message, b->message);
	return by ? by : page_order(pa, pb);
}

void account_sort(struct account *a)
{
	if (a->n)
		qsort(a->v, a->n, sizeof(*a->v), difference_order);
	if (a->n_pages) {
		qsort(a->pages, a->n_pages, sizeof(*a->pages), message_order);
		merge_messages(a);
		qsort(a->pages, a->n_pages, sizeof(*a->pages), page_order);
	}
}
