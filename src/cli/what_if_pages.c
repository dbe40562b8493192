/*
 * Where two tales of one alert differ in what was to be said, and in what
 * became of it. Called by what_if_compare.c. Knows neither database nor policy.
 *
 * tested with: test_what_if
 */
#include "cli/what_if_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define HOUR_MS INT64_C(3600000)
/* The daemon looks at what is due a moment later; the replay does not. */
#define MOMENT_MS INT64_C(60000)
/* Longer than a daemon that has much to do needs for what has just fallen due:
 * so near to the end nobody knows yet what becomes of it. */
#define UNDECIDED_MS INT64_C(10000)
/* Of these people say that something is held back. */
#define HINDRANCES                                                             \
	(1U << NOISE_SILENCE | 1U << NOISE_MAINTENANCE | 1U << NOISE_QUIET |   \
	 1U << NOISE_STORM)

/* --- what it counts in --- */

static size_t target_place(struct account *a, const char *target)
{
	for (size_t i = 0; i < a->targets.n; i++) {
		if (strcmp(a->targets.v[i], target) == 0)
			return i;
	}
	strlist_add(&a->targets, target);
	return a->targets.n - 1;
}

static void add_mark(struct account *a, const struct page_mark *m,
		     int64_t at_ms, const char *target)
{
	struct page_mark mark = *m;

	if (!account_has(a, at_ms))
		return;
	mark.hour_ms = at_ms - at_ms % HOUR_MS;
	mark.target = target_place(a, target);
	GROW(a->pages, a->n_pages + 1, a->n_pages_alloc);
	a->pages[a->n_pages++] = mark;
}

static enum arrival arrival_of(const struct tale_page *p)
{
	if (p->heard_ms == 0)
		return ARRIVED_NEVER;
	return p->heard_ms - p->ended_ms > MOMENT_MS ? ARRIVED_LATE : ARRIVED;
}

static void count_held(struct account *a, const struct tale_page *p, bool now)
{
	size_t *held = now ? a->held_now : a->held_then;

	for (int c = 0; c < NOISE_CAUSE_MAX; c++)
		held[c] += (p->causes >> c) & 1U;
}

/* @like (NULL none): the same a moment earlier or later, of then, whose hours
 * are meant. */
static void mark_page(struct account *a, const struct tale_page *p, bool now,
		      const struct tale_page *like)
{
	struct page_mark m = { .now = now };
	int64_t at_ms = like ? like->at_ms : p->at_ms;

	add_mark(a, &m, at_ms, p->target);
	if (account_has(a, at_ms))
		count_held(a, p, now);
	if (!p->message)
		return;
	m.message = p->message;
	m.arrival = arrival_of(p);
	at_ms = p->ended_ms;
	if (like && llabs(like->ended_ms - at_ms) <= MOMENT_MS)
		at_ms = like->ended_ms;
	add_mark(a, &m, at_ms, p->to);
}

/* --- words --- */

/* "escalated, step 2, to oncall", "breached, to oncall" */
static char *page_words(const struct tale_page *p)
{
	switch (p->kind) {
	case NOTICE_WARNING:
	case NOTICE_BREACHED:
	case NOTICE_ACKNOWLEDGED:
	case NOTICE_CLOSED:
		return xasprintf("%s, to %s", notice_kind_name(p->kind),
				 p->target);
	case NOTICE_OPENED:
	case NOTICE_ESCALATED:
	case NOTICE_UPDATED:
	case NOTICE_REOPENED:
	case NOTICE_DIGEST:
	case NOTICE_TEST:
	case NOTICE_SILENCE:
	case NOTICE_RESPONSE:
		break;
	}
	return xasprintf("%s, step %d, to %s", notice_kind_name(p->kind),
			 p->step + 1, p->target);
}

static const char *outcome_words(const struct tale_page *p)
{
	switch (p->outcome) {
	case BUNDLE_WAITING:
		return "waits";
	case BUNDLE_CARRIED:
		return p->holds.n ? "then sent" : "sent at once";
	case BUNDLE_MOVED:
		return "said already";
	case BUNDLE_NEEDLESS:
		return "never sent";
	}
	return "";
}

/* "quiet hours, then group: then sent" */
static void add_fate(struct strbuf *out, const struct tale_page *p)
{
	for (size_t i = 0; i < p->holds.n; i++)
		strbuf_addf(out, "%s%s", i ? ", " : "", p->holds.v[i]);
	strbuf_addf(out, "%s%s", p->holds.n ? ", " : "", outcome_words(p));
}

/* --- pairs --- */

static bool same_page(const struct tale_page *a, const struct tale_page *b)
{
	return a->episode == b->episode && a->kind == b->kind &&
	       a->step == b->step && strcmp(a->target, b->target) == 0;
}

static void page_difference(struct account *a, const struct difference *about,
			    const struct tale_page *then,
			    const struct tale_page *now)
{
	struct difference d = *about;

	d.episode = then ? then->episode : now->episode;
	d.at_ms = then ? then->at_ms : now->at_ms;
	if (!account_has(a, d.at_ms))
		return;
	d.kind = !then	? DIFFERENCE_PAGE_GAINED
		 : !now ? DIFFERENCE_PAGE_LOST
			: DIFFERENCE_PAGE_MOVED;
	if (then) {
		d.then = page_words(then);
		d.then_ms = then->at_ms;
	}
	if (now) {
		d.now = page_words(now);
		d.now_ms = now->at_ms;
	}
	account_add(a, &d);
}

/* The first page of @t from @from on like @p that is not taken. */
static size_t find_page(const struct tale *t, const struct tale_page *p,
			const bool *taken)
{
	size_t i = 0;

	while (i < t->n_pages && (taken[i] || !same_page(&t->pages[i], p)))
		i++;
	return i;
}

static bool same_holds(const struct tale_page *a, const struct tale_page *b)
{
	if (a->holds.n != b->holds.n)
		return false;
	for (size_t i = 0; i < a->holds.n; i++) {
		if (strcmp(a->holds.v[i], b->holds.v[i]) != 0)
			return false;
	}
	return true;
}

static bool is_undecided(const struct account *a, const struct tale_page *p)
{
	return p->outcome == BUNDLE_WAITING ||
	       p->ended_ms > a->end_ms - UNDECIDED_MS;
}

/* @moved: it was said at another time, which is told as that. */
static bool same_fate(const struct account *a, const struct tale_page *then,
		      const struct tale_page *now, bool moved)
{
	if (is_undecided(a, then) && is_undecided(a, now))
		return true;
	if (!same_holds(then, now) || then->outcome != now->outcome)
		return false;
	return moved || llabs(then->ended_ms - now->ended_ms) <= MOMENT_MS;
}

static void compare_fate(struct account *a, const struct difference *about,
			 const struct tale_page *then,
			 const struct tale_page *now, bool moved)
{
	CLEANUP(strbuf_release) struct strbuf was = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf is = STRBUF_INIT;
	CLEANUP(free_ptr) char *words = page_words(then);
	struct difference d = *about;
	bool held_then = then->causes & HINDRANCES;
	bool held_now = now->causes & HINDRANCES;

	if (same_fate(a, then, now, moved) || !account_has(a, then->at_ms))
		return;
	d.kind = held_then == held_now ? DIFFERENCE_HELD_OTHERWISE
		 : held_now	       ? DIFFERENCE_HELD_BACK
				       : DIFFERENCE_LET_THROUGH;
	strbuf_addf(&was, "%s: ", words);
	add_fate(&was, then);
	add_fate(&is, now);
	d.episode = then->episode;
	d.at_ms = then->at_ms;
	d.then = xstrdup(was.buf);
	d.now = xstrdup(is.buf);
	d.then_ms = then->ended_ms;
	d.now_ms = now->ended_ms;
	account_add(a, &d);
}

/* Pages of one kind pair off in their order. */
void account_compare_pages(struct account *a, const struct difference *about,
			   const struct tale *then, const struct tale *now)
{
	CLEANUP(free_ptr) bool *taken = xcalloc(now->n_pages + 1, 1);

	for (size_t i = 0; i < then->n_pages; i++) {
		const struct tale_page *p = &then->pages[i];
		size_t at = find_page(now, p, taken);
		const struct tale_page *q = &now->pages[at];
		bool moved;

		mark_page(a, p, false, NULL);
		if (at == now->n_pages) {
			page_difference(a, about, p, NULL);
			continue;
		}
		taken[at] = true;
		moved = llabs(p->at_ms - q->at_ms) > MOMENT_MS;
		mark_page(a, q, true, moved ? NULL : p);
		if (moved)
			page_difference(a, about, p, q);
		compare_fate(a, about, p, q, moved);
	}
	for (size_t i = 0; i < now->n_pages; i++) {
		if (taken[i])
			continue;
		mark_page(a, &now->pages[i], true, NULL);
		page_difference(a, about, NULL, &now->pages[i]);
	}
}
