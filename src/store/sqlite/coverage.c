/*
 * Proof of what was read: named gaps, and how far each feed is covered. Called
 * by the pipeline (gaps), `triagectl coverage` and the doctor (looking).
 *
 * A source that can be asked for a slice of time is proven by the windows of
 * its complete polls, merged; one that lists everything, by its last complete
 * listing alone.
 */
#include "store/coverage.h"

#include <stdlib.h>
#include <string.h>
#include "store/sqlite/engine_priv.h"
#include "store/sqlite/feeds_priv.h"
#include "util/xmalloc.h"

/* The listing that finds out which subscriptions there are
 * (source/defender_cloud.c). */
#define DISCOVERY_SCOPE "subscriptions"

struct gap_change {
	enum statement id;
	int64_t feed;
	const char *reason; /* not for STMT_GAP_CLOSE */
	int64_t now_ms; /* not for STMT_GAP_AGAIN */
};

/* How many rows changed. */
static int gap_write(struct store *s, const struct poll_window *w,
		     const struct gap_change *c, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, c->id, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@feed", c->feed);
	query_bind_int(&q, "@from", w->from_ms);
	query_bind_int(&q, "@to", w->to_ms);
	if (c->id != STMT_GAP_AGAIN)
		query_bind_int(&q, "@now", c->now_ms);
	if (c->id != STMT_GAP_CLOSE)
		query_bind_text(&q, "@reason", c->reason);
	return query_run(&q, err);
}

int coverage_gap_open(struct store *s, const struct poll_window *w,
		      const char *why, int64_t now_ms, struct err *err)
{
	struct gap_change c = { STMT_GAP_AGAIN, 0, why, now_ms };
	int rc = feed_of(s, w->source, NULL, w->scope, &c.feed, err);

	if (rc < 0)
		return rc;
	rc = gap_write(s, w, &c, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	c.id = STMT_GAP_ADD;
	rc = gap_write(s, w, &c, err);
	return rc < 0 ? rc : 1;
}

/* 1 with the gap's window and feed, 0 none. */
static int gap_covered(struct store *s, int64_t poll, struct poll_window *ret,
		       int64_t *ret_feed, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_GAP_COVERED, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@poll", poll);
	rc = query_step(&q, err);
	if (rc != 1)
		return rc;
	*ret_feed = row_int(&q, 0);
	ret->from_ms = row_int(&q, 1);
	ret->to_ms = row_int(&q, 2);
	return 1;
}

int coverage_gap_close(struct store *s, int64_t poll, int64_t now_ms,
		       struct poll_window *ret, struct err *err)
{
	struct gap_change c = { STMT_GAP_CLOSE, 0, NULL, now_ms };
	struct poll_window w = { 0 };
	int rc = gap_covered(s, poll, &w, &c.feed, err);

	if (rc <= 0)
		return rc;
	rc = gap_write(s, &w, &c, err);
	if (rc < 0)
		return rc;
	*ret = w;
	return 1;
}

int coverage_gap_end(struct store *s, const struct poll_window *w,
		     int64_t now_ms, struct err *err)
{
	struct gap_change c = { STMT_GAP_CLOSE, 0, NULL, now_ms };
	int rc = feed_of(s, w->source, NULL, w->scope, &c.feed, err);

	return rc < 0 ? rc : gap_write(s, w, &c, err);
}

int coverage_cut(struct store *s, int64_t now_ms, struct err *err)
{
	static const enum statement cuts[] = { STMT_COVERAGE_CUT,
					       STMT_PROVEN_CUT,
					       STMT_PROVEN_TO_COME };
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cuts) && rc >= 0; i++) {
		CLEANUP(query_close) struct query q = QUERY_NONE;

		rc = query_open(&q, s, cuts[i], err);
		if (rc < 0)
			return rc;
		query_bind_int(&q, "@now", now_ms);
		rc = query_run(&q, err);
	}
	return rc < 0 ? rc : 0;
}

/* A line while it is put together; its texts are owned. */
struct proof {
	struct coverage c;
	char *source, *kind, *scope, *error;
	int64_t feed, source_id; /* feed 0: never polled */
	int64_t listed_ms; /* start of the last complete poll; 0 none */
	int64_t ended_poll, previous_complete_poll; /* 0 none */
	int64_t asked_from_ms, asked_to_ms; /* of the last poll; 0 none */
};

struct proofs {
	struct proof *v;
	size_t n, n_alloc;
};

static void proofs_release(struct proofs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].source);
		free(p->v[i].kind);
		free(p->v[i].scope);
		free(p->v[i].error);
	}
	free(p->v);
}

static int load_feeds(struct store *s, struct proofs *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_COVERAGE_FEEDS, err);

	if (rc < 0)
		return rc;
	while ((rc = query_step(&q, err)) == 1) {
		GROW(ret->v, ret->n + 1, ret->n_alloc);
		ret->v[ret->n++] = (struct proof){
			.source = row_text(&q, 0),
			.kind = row_text(&q, 1),
			.scope = row_text(&q, 2),
			.feed = row_int(&q, 3),
			.source_id = row_int(&q, 4),
			.listed_ms = row_int(&q, 5),
			.c.failing = row_int(&q, 6) != 0 && !row_int(&q, 7),
			.ended_poll = row_int(&q, 6),
			.asked_to_ms = row_int(&q, 8),
			.previous_complete_poll = row_int(&q, 9),
			.asked_from_ms = row_int(&q, 10),
		};
	}
	return rc;
}

/* They come ordered by their begin. Of a time to come nothing was read,
 * whatever a clock showed that was ahead. */
static int add_windows(struct store *s, struct proof *p, int64_t now_ms,
		       struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	struct coverage *c = &p->c;
	int rc = query_open(&q, s, STMT_COVERAGE_WINDOWS, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@feed", p->feed);
	while ((rc = query_step(&q, err)) == 1) {
		int64_t from_ms = row_int(&q, 0);
		int64_t to_ms = MIN(row_int(&q, 1), now_ms);

		if (from_ms > now_ms)
			continue;
		if (!c->proven_to_ms) {
			c->proven_from_ms = from_ms;
		} else if (from_ms > c->proven_to_ms) {
			c->n_holes++;
			c->hole_ms += from_ms - c->proven_to_ms;
		}
		c->proven_to_ms = MAX(c->proven_to_ms, to_ms);
	}
	return rc;
}

static int count(struct store *s, enum statement id, const struct proof *p,
		 int64_t *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, id, err);

	if (rc < 0)
		return rc;
	if (id == STMT_COVERAGE_QUARANTINED)
		query_bind_int(&q, "@source", p->source_id);
	query_bind_int(&q, "@feed", p->feed);
	return query_one(&q, ret, err);
}

static int add_failure(struct store *s, struct proof *p, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_COVERAGE_FAILURE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@feed", p->feed);
	rc = query_step(&q, err);
	if (rc == 1) {
		p->c.last_failed_ms = row_int(&q, 0);
		p->error = row_text(&q, 1);
	}
	return rc;
}

/* What lies before and behind the proven time, while polls fail. */
static void add_ends(struct proof *p, int64_t now_ms)
{
	struct coverage *c = &p->c;

	if (!c->proven_to_ms && p->listed_ms)
		c->proven_to_ms = p->listed_ms;
	if (c->left)
		return;
	if (!c->proven_to_ms) {
		c->n_holes++;
		return;
	}
	if (!c->failing)
		return;
	/* The newest is read first: a backlog may fail before its begin. */
	if (p->asked_to_ms && p->asked_from_ms < c->proven_from_ms) {
		c->n_holes++;
		c->hole_ms += c->proven_from_ms - p->asked_from_ms;
	}
	/* A backlog that cannot be read is a hole before the end, or a gap. */
	if (p->asked_to_ms && p->asked_to_ms <= c->proven_to_ms)
		return;
	c->n_holes++;
	c->hole_ms += MAX(now_ms - c->proven_to_ms, 0);
}

static int fill(struct store *s, struct proof *p, int64_t now_ms,
		struct err *err)
{
	int rc = 0;

	if (p->feed)
		rc = add_windows(s, p, now_ms, err);
	if (rc >= 0 && p->feed)
		rc = count(s, STMT_COVERAGE_GAPS, p, &p->c.n_gaps, err);
	if (rc >= 0 && p->feed)
		rc = count(s, STMT_COVERAGE_QUARANTINED, p, &p->c.quarantined,
			   err);
	if (rc >= 0 && p->feed)
		rc = add_failure(s, p, err);
	if (rc < 0)
		return rc;
	add_ends(p, now_ms);
	p->c.source = p->source;
	p->c.kind = p->kind;
	p->c.scope = p->scope;
	p->c.last_error = p->error ? p->error : "";
	return 0;
}

/*
 * Since its last poll the subscriptions were found out twice, and everything
 * the source did read since was complete: it was not skipped for a failure
 * elsewhere, it is not there any more.
 */
static bool has_left(const struct proofs *all, const struct proof *p)
{
	bool found = false;

	for (size_t i = 0; i < all->n; i++) {
		const struct proof *o = &all->v[i];

		if (o->source_id != p->source_id ||
		    o->ended_poll <= p->ended_poll)
			continue;
		if (o->c.failing)
			return false;
		found |= strcmp(o->scope, DISCOVERY_SCOPE) == 0 &&
			 o->previous_complete_poll > p->ended_poll;
	}
	return found && p->ended_poll;
}

static void mark_left(struct proofs *all)
{
	for (size_t i = 0; i < all->n; i++)
		all->v[i].c.left = has_left(all, &all->v[i]);
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].c.left)
			all->v[i].c.failing = false;
}

/* Unproven before proven, long before short, then as a reader would look. */
static int worst_first(const void *a, const void *b)
{
	const struct coverage *x = &((const struct proof *)a)->c;
	const struct coverage *y = &((const struct proof *)b)->c;
	int64_t x_bad = x->n_holes + x->n_gaps, y_bad = y->n_holes + y->n_gaps;
	int by_name;

	if ((x_bad > 0) != (y_bad > 0))
		return x_bad > 0 ? -1 : 1;
	if ((x->proven_to_ms == 0) != (y->proven_to_ms == 0))
		return x->proven_to_ms == 0 ? -1 : 1;
	if (x->hole_ms != y->hole_ms)
		return x->hole_ms > y->hole_ms ? -1 : 1;
	by_name = strcmp(x->source, y->source);
	return by_name ? by_name : strcmp(x->scope, y->scope);
}

int coverage_look(struct store *s, int64_t now_ms, coverage_fn *fn, void *arg,
		  struct err *err)
{
	CLEANUP(proofs_release) struct proofs all = { 0 };
	int rc = load_feeds(s, &all, err);

	mark_left(&all);
	for (size_t i = 0; i < all.n && rc >= 0; i++)
		rc = fill(s, &all.v[i], now_ms, err);
	if (rc < 0)
		return rc;
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), worst_first);
	for (size_t i = 0; i < all.n; i++)
		if (fn(arg, &all.v[i].c) != 0)
			return (int)i + 1;
	return (int)all.n;
}
