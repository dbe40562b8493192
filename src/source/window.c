/*
 * The plan of what to read next. Called by the sources that can be asked for a
 * slice of time; knows neither them nor a clock: now is an argument.
 *
 *	horizon          holes and gaps            top           now
 *	   |-- read --[hole]-- read --[gap]-- read --|-- unread --|
 *
 * Everything before the top was read, or is a hole (to be read) or a gap (given
 * up for an hour). A window that is not read whole leaves a hole, so nothing
 * can be forgotten: only a finished window makes one smaller.
 */
#include "source/window_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

/* In the middle of a long backlog, what is new is looked at so often. */
#define NEWEST_AGAIN_MS 60000

static void hole_remove(struct window_plan *p, size_t i)
{
	p->n_holes--;
	memmove(&p->holes[i], &p->holes[i + 1],
		(p->n_holes - i) * sizeof(*p->holes));
}

static void hole_insert(struct window_plan *p, size_t i, struct hole hole)
{
	assert(p->n_holes < WINDOW_HOLES_MAX);
	memmove(&p->holes[i + 1], &p->holes[i],
		(p->n_holes - i) * sizeof(*p->holes));
	p->holes[i] = hole;
	p->n_holes++;
}

/* Where a hole that begins at @from_ms belongs. */
static size_t hole_place(const struct window_plan *p, int64_t from_ms)
{
	size_t i = 0;

	while (i < p->n_holes && p->holes[i].from_ms < from_ms)
		i++;
	return i;
}

/* @from_ms to @to_ms, which touches no hole and no gap, is to be read. */
static void hole_add(struct window_plan *p, int64_t from_ms, int64_t to_ms)
{
	size_t i = hole_place(p, from_ms);
	struct hole *before = i > 0 ? &p->holes[i - 1] : NULL;

	if (from_ms >= to_ms)
		return;
	/* One outage is one hole, however many polls it saw. With no room for
	 * another, what lies between two of them is read again. */
	if (before && ((before->fresh && before->to_ms == from_ms) ||
		       p->n_holes == WINDOW_HOLES_MAX)) {
		before->to_ms = to_ms;
		return;
	}
	if (p->n_holes == WINDOW_HOLES_MAX) {
		p->holes[0].from_ms = from_ms;
		return;
	}
	hole_insert(p, i,
		    (struct hole){ .from_ms = from_ms,
				   .to_ms = to_ms,
				   .fresh = true });
}

/* [from, to) was read: holes shrink, go, or become two. */
static void holes_subtract(struct window_plan *p, int64_t from_ms,
			   int64_t to_ms)
{
	for (size_t i = p->n_holes; i-- > 0;) {
		struct hole *h = &p->holes[i];
		struct hole right = *h;

		if (h->to_ms <= from_ms || h->from_ms >= to_ms)
			continue;
		right.from_ms = to_ms;
		right.tries = 0;
		if (h->from_ms < from_ms && right.to_ms > to_ms) {
			/* Without room for two the whole stays to be read. */
			if (p->n_holes == WINDOW_HOLES_MAX)
				continue;
			h->to_ms = from_ms;
			hole_insert(p, i + 1, right);
		} else if (h->from_ms < from_ms) {
			h->to_ms = from_ms;
		} else if (right.from_ms < right.to_ms) {
			*h = right;
		} else {
			hole_remove(p, i);
		}
	}
}

static void gap_remove(struct window_plan *p, size_t i)
{
	p->n_gaps--;
	memmove(&p->gaps[i], &p->gaps[i + 1],
		(p->n_gaps - i) * sizeof(*p->gaps));
}

static void gap_read(struct window_plan *p, const struct window *w)
{
	for (size_t i = 0; i < p->n_gaps; i++) {
		if (p->gaps[i].from_ms != w->from_ms ||
		    p->gaps[i].to_ms != w->to_ms)
			continue;
		gap_remove(p, i);
		return;
	}
}

static void gap_add(struct window_plan *p, const struct window *w,
		    int64_t now_ms)
{
	size_t i = 0;

	assert(p->n_gaps < WINDOW_GAPS_MAX);
	while (i < p->n_gaps && p->gaps[i].from_ms < w->from_ms)
		i++;
	memmove(&p->gaps[i + 1], &p->gaps[i],
		(p->n_gaps - i) * sizeof(*p->gaps));
	p->gaps[i] = (struct gap){ w->from_ms, w->to_ms,
				   now_ms + WINDOW_GAP_RETRY_MS };
	p->n_gaps++;
}

/* Behind every hole and gap that reaches into [from, to). */
static int64_t behind_all(const struct window_plan *p, int64_t from_ms,
			  int64_t to_ms)
{
	for (size_t i = 0; i < p->n_holes; i++) {
		if (p->holes[i].from_ms < to_ms)
			from_ms = MAX(from_ms, p->holes[i].to_ms);
	}
	for (size_t i = 0; i < p->n_gaps; i++) {
		if (p->gaps[i].from_ms < to_ms)
			from_ms = MAX(from_ms, p->gaps[i].to_ms);
	}
	return from_ms;
}

/* The first instant from @ms on that is in no hole and no gap. */
static int64_t skip_unread(const struct window_plan *p, int64_t ms)
{
	int64_t before;

	do {
		before = ms;
		for (size_t i = 0; i < p->n_holes; i++) {
			if (p->holes[i].from_ms <= ms && p->holes[i].to_ms > ms)
				ms = p->holes[i].to_ms;
		}
		for (size_t i = 0; i < p->n_gaps; i++) {
			if (p->gaps[i].from_ms <= ms && p->gaps[i].to_ms > ms)
				ms = p->gaps[i].to_ms;
		}
	} while (ms != before);
	return ms;
}

/* Where the next hole or gap behind @from_ms begins, @to_ms at most. */
static int64_t until_unread(const struct window_plan *p, int64_t from_ms,
			    int64_t to_ms)
{
	for (size_t i = 0; i < p->n_holes; i++) {
		if (p->holes[i].from_ms > from_ms)
			to_ms = MIN(to_ms, p->holes[i].from_ms);
	}
	for (size_t i = 0; i < p->n_gaps; i++) {
		if (p->gaps[i].from_ms > from_ms)
			to_ms = MIN(to_ms, p->gaps[i].from_ms);
	}
	return to_ms;
}

/* What is to come is read as it comes; what has passed of it is a hole. */
static void forget_future_gaps(struct window_plan *p, int64_t now_ms)
{
	while (p->n_gaps > 0 && p->gaps[p->n_gaps - 1].to_ms > now_ms) {
		int64_t from_ms = p->gaps[p->n_gaps - 1].from_ms;

		gap_remove(p, p->n_gaps - 1);
		hole_add(p, from_ms, now_ms);
	}
}

/*
 * A clock that was ahead and was set right: what it called read had not
 * happened yet.
 */
static void forget_future(struct window_plan *p, int64_t now_ms)
{
	forget_future_gaps(p, now_ms);
	if (p->top_ms <= now_ms)
		return;
	holes_subtract(p, now_ms, WINDOW_TIME_MAX_MS);
	p->top_ms = now_ms;
	p->horizon_ms = MIN(p->horizon_ms, now_ms);
	p->newest_ms = MIN(p->newest_ms, now_ms);
	p->sweep_to_ms = 0;
}

/*
 * From the newest update seen, not from our clock: what the service shows late
 * is newer than what it showed before. When nothing happened for long, not
 * from there either, or quiet days would be read again with every poll.
 */
static bool next_newest(struct window_plan *p, int64_t now_ms,
			struct window *ret)
{
	int64_t largest = p->limits.largest_ms;
	int64_t from = MAX(p->newest_ms, p->top_ms - largest / 2);

	if (p->newest_done && now_ms - p->newest_done_ms < NEWEST_AGAIN_MS)
		return false;
	from = MIN(from, p->top_ms) - p->limits.overlap_ms;
	from = MAX(from, p->horizon_ms);
	from = behind_all(p, from, now_ms);
	if (from >= now_ms)
		return false;
	if (now_ms - from > largest) {
		/* After downtime: the backlog is a hole. */
		hole_add(p, from, now_ms - largest);
		from = now_ms - largest;
		p->top_ms = MAX(p->top_ms, from);
	}
	*ret = (struct window){ WINDOW_NEWEST, from, now_ms };
	return true;
}

/* Oldest first, but what failed waits for the others. */
static bool next_backlog(struct window_plan *p, struct window *ret)
{
	const struct hole *best = NULL;

	for (size_t i = 0; i < p->n_holes; i++) {
		if (!best || p->holes[i].tries < best->tries)
			best = &p->holes[i];
	}
	p->has_more = best && p->n_backlog == WINDOW_BACKLOG_MAX;
	if (!best || p->has_more)
		return false;
	p->n_backlog++;
	*ret = (struct window){ WINDOW_BACKLOG, best->from_ms,
				MIN(best->to_ms,
				    best->from_ms + p->limits.largest_ms) };
	return true;
}

static bool next_gap(const struct window_plan *p, int64_t now_ms,
		     struct window *ret)
{
	for (size_t i = 0; i < p->n_gaps; i++) {
		/* A clock set back must not put it off for ever. */
		if (p->gaps[i].retry_ms > now_ms &&
		    p->gaps[i].retry_ms <= now_ms + WINDOW_GAP_RETRY_MS)
			continue;
		*ret = (struct window){ WINDOW_GAP, p->gaps[i].from_ms,
					p->gaps[i].to_ms };
		return true;
	}
	return false;
}

static void sweep_end(struct window_plan *p, int64_t now_ms)
{
	p->sweep_from_ms = p->sweep_to_ms = 0;
	p->sweep_tries = 0;
	p->sweep_due_ms = now_ms + p->limits.sweep_every_ms;
}

/* Around holes and gaps, which are tried at times of their own. */
static bool next_sweep(struct window_plan *p, int64_t now_ms,
		       struct window *ret)
{
	int64_t from, to;

	if (p->limits.sweep_every_ms == 0 || p->limits.sweep_window_ms == 0)
		return false;
	/* Set by a clock that was ahead? */
	p->sweep_due_ms =
		MIN(p->sweep_due_ms, now_ms + p->limits.sweep_every_ms);
	if (p->sweep_to_ms == 0) {
		if (now_ms < p->sweep_due_ms)
			return false;
		p->sweep_from_ms =
			MAX(p->horizon_ms, now_ms - p->limits.sweep_window_ms);
		p->sweep_to_ms = p->top_ms;
	}
	from = skip_unread(p, p->sweep_from_ms);
	to = MIN(p->sweep_to_ms, from + p->limits.largest_ms);
	if (from >= to) {
		sweep_end(p, now_ms);
		return false;
	}
	*ret = (struct window){ WINDOW_SWEEP, from, until_unread(p, from, to) };
	return true;
}

/* The next poll begins with the newest. */
static void end_poll(struct window_plan *p)
{
	p->newest_done = false;
	p->n_backlog = 0;
}

void window_next(struct window_plan *p, int64_t now_ms, struct window *ret)
{
	forget_future(p, now_ms);
	if (next_newest(p, now_ms, ret) || next_backlog(p, ret) ||
	    next_gap(p, now_ms, ret) || next_sweep(p, now_ms, ret))
		return;
	end_poll(p);
	*ret = (struct window){ .kind = WINDOW_NONE };
}

bool window_has_more(const struct window_plan *p)
{
	return p->has_more;
}

void window_done(struct window_plan *p, const struct window *w,
		 int64_t newest_ms, int64_t now_ms)
{
	/* A time beyond the window's end is no time to go on from. */
	p->newest_ms = MAX(p->newest_ms, MIN(newest_ms, w->to_ms));
	holes_subtract(p, w->from_ms, w->to_ms);
	switch (w->kind) {
	case WINDOW_NEWEST:
		p->top_ms = MAX(p->top_ms, w->to_ms);
		p->newest_tries = 0;
		p->newest_done = true;
		p->newest_done_ms = now_ms;
		break;
	case WINDOW_GAP:
		gap_read(p, w);
		break;
	case WINDOW_SWEEP:
		p->sweep_from_ms = w->to_ms;
		p->sweep_tries = 0;
		if (p->sweep_from_ms >= p->sweep_to_ms)
			sweep_end(p, now_ms);
		break;
	case WINDOW_BACKLOG:
	case WINDOW_NONE:
		break;
	}
}

/* No part is smaller than the smallest, so no gap is larger than that. */
static int64_t middle(const struct window *w)
{
	return w->from_ms +
	       MAX((w->to_ms - w->from_ms) / 2, WINDOW_SMALLEST_MS);
}

/* The newer half stays the newest window; the older one waits its turn. */
static void newest_failed(struct window_plan *p, const struct window *w)
{
	int64_t mid = w->to_ms;

	if (++p->newest_tries < WINDOW_TRIES)
		return;
	p->newest_tries = 0;
	if (w->to_ms - w->from_ms > WINDOW_SMALLEST_MS)
		mid = middle(w);
	hole_add(p, w->from_ms, mid);
	p->top_ms = MAX(p->top_ms, mid);
}

/* The slice that failed becomes two; the rest of its hole stands beside it. */
static void hole_halve(struct window_plan *p, size_t i, const struct window *w)
{
	struct hole *h = &p->holes[i];
	struct hole rest = { .from_ms = w->to_ms,
			     .to_ms = h->to_ms,
			     .fresh = h->fresh };
	int64_t mid = middle(w);

	if (p->n_holes + 2 > WINDOW_HOLES_MAX)
		return;
	if (rest.from_ms < rest.to_ms)
		hole_insert(p, i + 1, rest);
	hole_insert(p, i + 1,
		    (struct hole){ .from_ms = mid, .to_ms = w->to_ms });
	p->holes[i].to_ms = mid;
	p->holes[i].fresh = false;
}

static bool backlog_failed(struct window_plan *p, const struct window *w,
			   int64_t now_ms, struct window *ret_gap)
{
	size_t i = hole_place(p, w->from_ms);
	struct hole *h = &p->holes[i];

	if (i == p->n_holes || h->from_ms != w->from_ms)
		return false;
	h->fresh = false;
	if (++h->tries < WINDOW_TRIES)
		return false;
	h->tries = 0;
	if (w->to_ms - w->from_ms > WINDOW_SMALLEST_MS) {
		hole_halve(p, i, w);
		return false;
	}
	if (p->n_gaps == WINDOW_GAPS_MAX)
		return false;
	gap_add(p, w, now_ms);
	holes_subtract(p, w->from_ms, w->to_ms);
	*ret_gap = *w;
	return true;
}

static void gap_failed(struct window_plan *p, const struct window *w,
		       int64_t now_ms)
{
	for (size_t i = 0; i < p->n_gaps; i++) {
		if (p->gaps[i].from_ms == w->from_ms)
			p->gaps[i].retry_ms = now_ms + WINDOW_GAP_RETRY_MS;
	}
}

/* What was read once and cannot be read again is unproven: a hole. */
static void sweep_failed(struct window_plan *p, const struct window *w)
{
	if (++p->sweep_tries < WINDOW_TRIES)
		return;
	p->sweep_tries = 0;
	p->sweep_from_ms = w->to_ms;
	hole_add(p, w->from_ms, w->to_ms);
}

bool window_failed(struct window_plan *p, const struct window *w,
		   int64_t now_ms, struct window *ret_gap)
{
	bool is_gap = false;

	switch (w->kind) {
	case WINDOW_NEWEST:
		newest_failed(p, w);
		break;
	case WINDOW_BACKLOG:
		is_gap = backlog_failed(p, w, now_ms, ret_gap);
		break;
	case WINDOW_GAP:
		gap_failed(p, w, now_ms);
		return false;
	case WINDOW_SWEEP:
		sweep_failed(p, w);
		break;
	case WINDOW_NONE:
		break;
	}
	end_poll(p);
	return is_gap;
}

int64_t window_watermark(const struct window_plan *p)
{
	if (p->n_holes == 0)
		return p->newest_ms;
	return MIN(p->newest_ms, p->holes[0].from_ms);
}

static void begin_anew(struct window_plan *p, int64_t now_ms)
{
	struct window_limits limits = p->limits;
	int64_t horizon_ms = MAX(now_ms - limits.horizon_ms, 0);

	*p = (struct window_plan){
		.limits = limits,
		.horizon_ms = horizon_ms,
		.top_ms = horizon_ms,
		.sweep_due_ms = now_ms + limits.sweep_every_ms,
	};
}

struct window_plan *window_plan_new(const char *text,
				    const struct window_limits *l,
				    int64_t now_ms, bool *ret_reset)
{
	struct window_plan *p = xcalloc(1, sizeof(*p));

	p->limits = *l;
	/* The newest window must have room for what it reads again. */
	p->limits.largest_ms =
		MAX(p->limits.largest_ms, 4 * WINDOW_SMALLEST_MS);
	p->limits.overlap_ms =
		MIN(p->limits.overlap_ms, p->limits.largest_ms / 4);
	*ret_reset = false;
	if (!text || !*text) {
		begin_anew(p, now_ms);
	} else if (!window_parse(p, text)) {
		*ret_reset = true;
		begin_anew(p, now_ms);
	}
	return p;
}

struct window_plan *window_plan_free(struct window_plan *p)
{
	free(p);
	return NULL;
}
