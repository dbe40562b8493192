/*
 * Removes what is over, a bounded step at a time. Called by daemon/keeper.c;
 * knows no time of its own and no size, and decides alone what may go.
 *
 * A row is removed together with few others: what hangs on it in numbers goes
 * first, in steps of its own. Between these it stands there thinner than it
 * was, which only who looks at a closed alert at that moment can see.
 */
#include "store/retention.h"

#include <stdio.h>
#include "store/sqlite/search_priv.h"

/* Rows looked at in one step, and rows removed that hang on one of them. */
#define STEP_ROWS 32
#define STEP_THIN 200

struct candidate {
	int64_t id;
	bool old, may;
	int64_t more[3]; /* what the list of its class gives beside */
};

/* A step through a class: what its parts need. */
struct removing {
	struct store *store;
	struct retention_walk *walk;
	int64_t now_ms;
};

typedef int remove_fn(const struct removing *r, const struct candidate *c,
		      struct err *err);

/* Runs a statement about row @id; at most STEP_THIN rows where it has a limit.
 * How many it changed. */
static int change(struct store *s, enum statement id, int64_t row, bool limited,
		  struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, id, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", row);
	if (limited)
		query_bind_int(&q, "@max", STEP_THIN);
	return query_run(&q, err);
}

static int remove_raw(const struct removing *r, const struct candidate *c,
		      struct err *err)
{
	return change(r->store, STMT_RETENTION_RAW_CLEAR, c->id, true, err);
}

static int remove_quarantine(const struct removing *r,
			     const struct candidate *c, struct err *err)
{
	return change(r->store, STMT_RETENTION_QUARANTINE_DELETE, c->id, false,
		      err);
}

struct span_ms {
	int64_t feed, from_ms, to_ms;
};

static void bind_span(struct query *q, const struct span_ms *w)
{
	query_bind_int(q, "@feed", w->feed);
	query_bind_int(q, "@from", w->from_ms);
	query_bind_int(q, "@to", w->to_ms);
}

/* Widens @w to all proven time that it touches. */
static int widen(struct store *s, struct span_ms *w, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_PROVEN_MERGED, err);

	if (rc < 0)
		return rc;
	bind_span(&q, w);
	rc = query_step(&q, err);
	if (rc == 1 && sqlite3_column_type(q.stmt, 0) != SQLITE_NULL) {
		w->from_ms = MIN(w->from_ms, row_int(&q, 0));
		w->to_ms = MAX(w->to_ms, row_int(&q, 1));
	}
	return rc < 0 ? rc : 0;
}

static int change_proven(struct store *s, enum statement id,
			 const struct span_ms *w, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, id, err);

	if (rc < 0)
		return rc;
	bind_span(&q, w);
	return query_run(&q, err);
}

/* The window of a poll stays proven when its line is not there any more. */
static int keep_proven(struct store *s, struct span_ms w, struct err *err)
{
	int rc = widen(s, &w, err);

	if (rc >= 0)
		rc = change_proven(s, STMT_PROVEN_DELETE, &w, err);
	return rc < 0 ? rc : change_proven(s, STMT_PROVEN_ADD, &w, err);
}

static int remove_poll(const struct removing *r, const struct candidate *c,
		       struct err *err)
{
	const struct span_ms w = { c->more[0], c->more[1], c->more[2] };
	int rc = 0;

	/* 0: it was not complete, or of a source that lists everything. */
	if (w.to_ms)
		rc = keep_proven(r->store, w, err);
	if (rc < 0)
		return rc;
	return change(r->store, STMT_RETENTION_POLL_DELETE, c->id, false, err);
}

/* Thins by each of @ids, and then runs @last. 0: it needs another step. */
static int remove_thinned(const struct removing *r, const struct candidate *c,
			  const enum statement *ids, size_t n, struct err *err)
{
	for (size_t i = 0; i + 1 < n; i++) {
		int rc = change(r->store, ids[i], c->id, true, err);

		if (rc < 0)
			return rc;
		if (rc >= STEP_THIN)
			return 0;
	}
	return change(r->store, ids[n - 1], c->id, false, err);
}

static int remove_delivery(const struct removing *r, const struct candidate *c,
			   struct err *err)
{
	static const enum statement ids[] = { STMT_RETENTION_DELIVERY_THIN,
					      STMT_RETENTION_DELIVERY_DELETE };

	return remove_thinned(r, c, ids, ARRAY_SIZE(ids), err);
}

static int remove_bundle(const struct removing *r, const struct candidate *c,
			 struct err *err)
{
	static const enum statement ids[] = { STMT_RETENTION_BUNDLE_THIN,
					      STMT_RETENTION_BUNDLE_DELETE };

	return remove_thinned(r, c, ids, ARRAY_SIZE(ids), err);
}

/* Its identities are remembered before they go with it. */
static int remember(const struct removing *r, const struct candidate *c,
		    struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	bool closed = source_state_is_closed((enum source_state)c->more[1]);
	int rc = query_open(&q, r->store, STMT_GONE_ADD, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@closed", closed);
	query_bind_int(&q, "@now", r->now_ms);
	query_bind_int(&q, "@id", c->id);
	return query_run(&q, err);
}

static int remove_alert(const struct removing *r, const struct candidate *c,
			struct err *err)
{
	static const enum statement ids[] = {
		STMT_RETENTION_ALERT_REVISIONS, STMT_RETENTION_ALERT_EVIDENCE,
		STMT_RETENTION_ALERT_ENTRIES,	STMT_RETENTION_ALERT_DELIVERIES,
		STMT_RETENTION_ALERT_DELETE,
	};
	int rc = remember(r, c, err);

	if (rc >= 0)
		rc = search_remove(r->store, c->id, err);
	return rc < 0 ? rc : remove_thinned(r, c, ids, ARRAY_SIZE(ids), err);
}

static const struct class_row {
	const char *name;
	enum statement list;
	remove_fn *remove; /* NULL: the list's statement removes by itself */
	bool by_close; /* the walk goes by the close of the alert, then id */
	bool messages; /* what told that somebody was told */
} classes[RETENTION_MAX] = {
	[RETENTION_RAW] = { "raw", STMT_RETENTION_RAW, remove_raw, true,
			    false },
	[RETENTION_QUARANTINE] = { "quarantine", STMT_RETENTION_QUARANTINE,
				   remove_quarantine, false, false },
	[RETENTION_POLLS] = { "polls", STMT_RETENTION_POLLS, remove_poll, false,
			      false },
	[RETENTION_DELIVERIES] = { "deliveries", STMT_RETENTION_DELIVERIES,
				   remove_delivery, false, true },
	[RETENTION_BUNDLES] = { "bundles", STMT_RETENTION_BUNDLES,
				remove_bundle, false, true },
	[RETENTION_ALERTS] = { "alerts", STMT_RETENTION_ALERTS, remove_alert,
			       true, false },
	[RETENTION_GONE] = { "gone", STMT_GONE_FORGET, NULL, false, false },
};

const char *retention_name(enum retention_class c)
{
	return classes[c].name;
}

static int list(const struct removing *r, const struct class_row *k,
		struct candidate ret[STEP_ROWS], struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int n = 0, rc = query_open(&q, r->store, k->list, err);

	if (rc < 0)
		return rc;
	if (k->by_close)
		query_bind_int(&q, "@after_ms", r->walk->after_ms);
	query_bind_int(&q, "@after", r->walk->after_id);
	query_bind_int(&q, "@before", r->walk->before_ms);
	query_bind_int(&q, "@max", STEP_ROWS);
	while ((rc = query_step(&q, err)) == 1) {
		int n_columns = sqlite3_column_count(q.stmt);
		struct candidate *c = &ret[n++];

		*c = (struct candidate){ .id = row_int(&q, 0),
					 .old = row_int(&q, 1),
					 .may = row_int(&q, 2) };
		for (int i = 3; i < n_columns; i++)
			c->more[i - 3] = row_int(&q, i);
	}
	return rc < 0 ? rc : n;
}

static int count_removed(struct store *s, enum retention_class c, int64_t n,
			 int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc;

	if (n == 0)
		return 0;
	rc = query_open(&q, s, STMT_REMOVAL_ADD, err);
	if (rc < 0)
		return rc;
	query_bind_text(&q, "@class", retention_name(c));
	query_bind_int(&q, "@n", n);
	query_bind_int(&q, "@now", now_ms);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

static int forget_gone(const struct removing *r, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, r->store, STMT_GONE_FORGET, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@before", r->walk->before_ms);
	query_bind_int(&q, "@max", STEP_THIN);
	return query_run(&q, err);
}

/* Messages that are not there any more prove no step of a ladder. */
static int note_messages(const struct removing *r, struct err *err)
{
	int64_t before_ms = 0;
	int rc = store_meta_get(r->store, RETENTION_META_MESSAGES, &before_ms,
				err);

	if (rc < 0 || before_ms >= r->walk->before_ms)
		return rc < 0 ? rc : 0;
	return store_meta_set(r->store, RETENTION_META_MESSAGES,
			      r->walk->before_ms, err);
}

/* 1 the row is done with, 0 it needs another step. */
static int remove_one(const struct removing *r, const struct class_row *k,
		      const struct candidate *c, int64_t *n, struct err *err)
{
	int rc;

	if (!c->may)
		return 1;
	rc = k->remove(r, c, err);
	if (rc < 0)
		return rc;
	*n += rc;
	/* Of the words of a source there may be none, or more to come. */
	return k->remove == remove_raw ? rc < STEP_THIN : rc > 0;
}

/* 1 the walk goes on, 0 no row of the list was old. */
static int remove_all(const struct removing *r, const struct class_row *k,
		      int64_t *n, struct err *err)
{
	struct candidate found[STEP_ROWS];
	bool any_old = false;
	int n_found = list(r, k, found, err);

	for (int i = 0; i < n_found; i++) {
		int rc = remove_one(r, k, &found[i], n, err);

		if (rc <= 0)
			return rc < 0 ? rc : 1;
		any_old |= found[i].old;
		r->walk->after_id = found[i].id;
		if (k->by_close)
			r->walk->after_ms = found[i].more[0];
	}
	return n_found < 0 ? n_found : any_old;
}

int retention_step(struct store *s, struct retention_walk *w, int64_t now_ms,
		   int64_t *ret_removed, struct err *err)
{
	const struct class_row *k = &classes[w->class];
	const struct removing r = { s, w, now_ms };
	int64_t n = 0;
	int more, rc = 0;

	if (k->remove == NULL) {
		rc = forget_gone(&r, err);
		*ret_removed += MAX(rc, 0);
		return rc < 0 ? rc : rc >= STEP_THIN;
	}
	more = remove_all(&r, k, &n, err);
	if (more < 0)
		return more;
	if (n > 0 && k->messages)
		rc = note_messages(&r, err);
	if (rc >= 0)
		rc = count_removed(s, w->class, n, now_ms, err);
	if (rc < 0)
		return rc;
	*ret_removed += n;
	return more;
}

int retention_untold(struct store *s, int64_t ret[RETENTION_MAX],
		     struct err *err)
{
	int any = 0;

	for (int c = 0; c < RETENTION_MAX; c++) {
		CLEANUP(query_close) struct query q = QUERY_NONE;
		int rc = query_open(&q, s, STMT_REMOVAL_UNTOLD, err);

		if (rc < 0)
			return rc;
		ret[c] = 0;
		query_bind_text(&q, "@class", classes[c].name);
		rc = query_one(&q, &ret[c], err);
		if (rc < 0)
			return rc;
		any |= ret[c] > 0;
	}
	return any;
}

int retention_told(struct store *s, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_REMOVAL_TOLD, err);

	if (rc < 0)
		return rc;
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int store_space(struct store *s, struct store_space *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t size;
	int rc = query_open(&q, s, STMT_SPACE, err);

	if (rc < 0)
		return rc;
	rc = query_step(&q, err);
	if (rc < 0)
		return rc;
	size = row_int(&q, 2);
	*ret = (struct store_space){
		.used = (row_int(&q, 0) - row_int(&q, 1)) * size,
		.free = row_int(&q, 1) * size,
		.free_pages = row_int(&q, 1),
		.shrinks = row_int(&q, 3) == ENGINE_VACUUM_INCREMENTAL,
	};
	return 0;
}

int store_shrink(struct store *s, int pages, struct err *err)
{
	char text[64];

	/* A pragma takes no parameter; a number cannot be anything else. */
	(void)snprintf(text, sizeof(text), "PRAGMA incremental_vacuum(%d)",
		       pages);
	return engine_exec(s, text, err);
}
