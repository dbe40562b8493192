/*
 * Bundles: messages that wait for one digest or summary, or for what holds
 * them back to end. Called by the funnel of notices (add) and its timed job
 * (send, settle); why a message waits is known to triage/.
 *
 * tested with: test_bundles
 */
#include "store/bundles.h"

#include <stdlib.h>
#include "store/sqlite/engine_priv.h"
#include "util/xmalloc.h"

void bundle_row_release(struct bundle_row *b)
{
	free(b->name);
	free(b->target);
	*b = (struct bundle_row){ 0 };
}

void bundle_waits_free(struct bundle_wait *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free((char *)v[i].entry.reason);
	free(v);
}

void bundle_pasts_free(struct bundle_past *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].target);
		free(v[i].name);
	}
	free(v);
}

/* Statements without an answer; how many rows changed. */
static int bundle_run(struct query *q, int64_t bundle, struct err *err)
{
	query_bind_int(q, "@bundle", bundle);
	return query_run(q, err);
}

static void bind_place(struct query *q, const struct bundle_place *place)
{
	query_bind_int(q, "@cause", place->cause);
	query_bind_text(q, "@name", place->name);
	query_bind_text(q, "@target", place->target);
}

static int bundle_place(struct store *s, const struct bundle_place *place,
			int64_t *ret, int64_t *ret_due_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_BUNDLE_PLACE, err);

	if (rc < 0)
		return rc;
	bind_place(&q, place);
	rc = query_step(&q, err);
	if (rc == 1) {
		*ret = row_int(&q, 0);
		*ret_due_ms = row_int(&q, 1);
	}
	return rc;
}

static int bundle_begin(struct store *s, const struct bundle_place *place,
			int64_t now_ms, int64_t *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_BUNDLE_OPEN, err);

	if (rc < 0)
		return rc;
	bind_place(&q, place);
	query_bind_int(&q, "@now", now_ms);
	query_bind_int(&q, "@due", place->due_ms);
	rc = query_run(&q, err);
	if (rc >= 0)
		*ret = sqlite3_last_insert_rowid(s->db);
	return rc;
}

static int bundle_open(struct store *s, const struct bundle_place *place,
		       int64_t now_ms, int64_t *ret, struct err *err)
{
	int64_t due_ms = 0;
	int rc = bundle_place(s, place, ret, &due_ms, err);

	if (rc == 0)
		return bundle_begin(s, place, now_ms, ret, err);
	if (rc == 1 && place->due_ms < due_ms)
		return bundles_defer(s, *ret, place->due_ms, err);
	return rc;
}

int bundles_add(struct store *s, const struct bundle_place *place,
		const struct bundle_entry *e, int64_t now_ms,
		int64_t *ret_bundle, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t bundle = 0;
	int rc = bundle_open(s, place, now_ms, &bundle, err);

	if (rc < 0)
		return rc;
	rc = query_open(&q, s, STMT_BUNDLE_ADD, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@bundle", bundle);
	query_bind_int(&q, "@alert", e->alert_id);
	query_bind_int(&q, "@episode", e->episode);
	query_bind_int(&q, "@kind", e->kind);
	query_bind_int(&q, "@severity", e->severity);
	query_bind_int(&q, "@step", e->step);
	query_bind_int(&q, "@transition", e->transition);
	query_bind_text(&q, "@reason", e->reason);
	query_bind_int(&q, "@now", now_ms);
	rc = query_run(&q, err);
	if (rc >= 0 && ret_bundle != NULL)
		*ret_bundle = bundle;
	return rc;
}

static void bundle_read(struct bundle_row *b, const struct query *q)
{
	int c = 0;

	b->id = row_int(q, c++);
	b->cause = row_int(q, c++);
	b->name = row_text(q, c++);
	b->target = row_text(q, c++);
	b->opened_ms = row_int(q, c++);
	b->due_ms = row_int(q, c++);
	b->worst = row_int(q, c++);
	b->n_alerts = row_int(q, c++);
}

/* Rows that are due, as far as they were read. */
struct due {
	struct bundle_row *v;
	size_t n, max;
};

/* Those of storms, or the others: each walks the index in its order. */
static int read_due(struct store *s, int64_t now_ms, bool storms,
		    struct due *due, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_BUNDLE_DUE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	query_bind_int(&q, "@storms", storms);
	while (due->n < due->max && (rc = query_step(&q, err)) == 1)
		bundle_read(&due->v[due->n++], &q);
	return rc;
}

int bundles_due(struct store *s, int64_t now_ms, struct bundle_row *ret,
		size_t max, struct err *err)
{
	struct due due = { ret, 0, max };
	int rc = read_due(s, now_ms, false, &due, err);

	if (rc >= 0)
		rc = read_due(s, now_ms, true, &due, err);
	if (rc >= 0)
		return (int)due.n;
	while (due.n > 0)
		bundle_row_release(&due.v[--due.n]);
	return rc;
}

int64_t bundles_next_ms(struct store *s)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t at = 0;

	/* Cannot tell: 0, and the daemon's regular turn tries again. */
	if (query_open(&q, s, STMT_BUNDLE_NEXT, NULL) < 0 ||
	    query_one(&q, &at, NULL) < 0)
		return 0;
	return at;
}

int bundles_find(struct store *s, const struct bundle_place *place,
		 struct bundle_row *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_BUNDLE_FIND, err);

	if (rc < 0)
		return rc;
	bind_place(&q, place);
	rc = query_step(&q, err);
	if (rc == 1)
		bundle_read(ret, &q);
	return rc;
}

int bundles_get(struct store *s, int64_t bundle, struct bundle_row *ret,
		struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_BUNDLE_GET, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@bundle", bundle);
	rc = query_step(&q, err);
	if (rc == 1)
		bundle_read(ret, &q);
	return rc;
}

static void wait_read(struct bundle_wait *w, const struct query *q)
{
	int c = 0;

	*w = (struct bundle_wait){ 0 };
	w->id = row_int(q, c++);
	w->added_ms = row_int(q, c++);
	w->entry.alert_id = row_int(q, c++);
	w->entry.episode = row_int(q, c++);
	w->entry.kind = row_int(q, c++);
	w->entry.severity = row_int(q, c++);
	w->entry.step = (int)row_int(q, c++);
	w->entry.transition = row_int(q, c++);
	w->entry.reason = row_text(q, c++);
}

int bundles_waiting(struct store *s, int64_t bundle, struct bundle_wait **ret,
		    size_t *ret_n, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	struct bundle_wait *v = NULL;
	size_t n = 0, n_alloc = 0;
	int rc = query_open(&q, s, STMT_BUNDLE_WAITING, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@bundle", bundle);
	while ((rc = query_step(&q, err)) == 1) {
		GROW(v, n + 1, n_alloc);
		wait_read(&v[n++], &q);
	}
	if (rc < 0) {
		bundle_waits_free(v, n);
		return rc;
	}
	*ret = v;
	*ret_n = n;
	return 0;
}

int bundles_settle(struct store *s, int64_t entry, enum bundle_outcome outcome,
		   const char *why, int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_BUNDLE_SETTLE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@outcome", outcome);
	query_bind_int(&q, "@now", now_ms);
	query_bind_text(&q, "@why", why);
	query_bind_int(&q, "@entry", entry);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

static int bundle_link(struct store *s, int64_t bundle, int64_t delivery,
		       struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_BUNDLE_LINK, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@delivery", delivery);
	return bundle_run(&q, bundle, err);
}

static int bundle_carry(struct store *s, int64_t bundle, int64_t delivery,
			int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_BUNDLE_CARRY, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	query_bind_int(&q, "@delivery", delivery);
	return bundle_run(&q, bundle, err);
}

int bundles_send(struct store *s, int64_t bundle, const int64_t *deliveries,
		 size_t n_deliveries, int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = 0;

	for (size_t i = 0; i < n_deliveries && rc >= 0; i++)
		rc = bundle_link(s, bundle, deliveries[i], err);
	if (rc >= 0 && n_deliveries > 0)
		rc = bundle_carry(s, bundle, deliveries[0], now_ms, err);
	if (rc >= 0)
		rc = query_open(&q, s, STMT_BUNDLE_CLOSE, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	rc = bundle_run(&q, bundle, err);
	return rc < 0 ? rc : 0;
}

int bundles_defer(struct store *s, int64_t bundle, int64_t due_ms,
		  struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_BUNDLE_DEFER, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@due", due_ms);
	rc = bundle_run(&q, bundle, err);
	return rc < 0 ? rc : 0;
}

int bundles_count(struct store *s, enum noise_cause cause, const char *name,
		  int64_t *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_BUNDLE_COUNT, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@cause", cause);
	query_bind_text(&q, "@name", name);
	rc = query_one(&q, ret, err);
	return rc < 0 ? rc : 0;
}

int bundles_hasten(struct store *s, enum noise_cause cause, const char *name,
		   int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_BUNDLE_HASTEN, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	query_bind_int(&q, "@cause", cause);
	query_bind_text(&q, "@name", name);
	return query_run(&q, err);
}

static void past_read(struct bundle_past *p, const struct query *q)
{
	int c = 0;

	*p = (struct bundle_past){ 0 };
	p->delivery = row_int(q, c++);
	p->alert_id = row_int(q, c++);
	p->target = row_text(q, c++);
	p->kind = row_int(q, c++);
	p->severity = row_int(q, c++);
	p->held = row_int(q, c++);
	p->leaves = row_int(q, c++);
	p->name = row_text(q, c++);
	p->at_ms = row_int(q, c++);
}

int bundles_past(struct store *s, int64_t since_ms, int64_t until_ms,
		 struct bundle_past **ret, size_t *ret_n, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	struct bundle_past *v = NULL;
	size_t n = 0, n_alloc = 0;
	int rc = query_open(&q, s, STMT_BUNDLE_PAST, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@max", BUNDLE_PAST_MAX);
	query_bind_int(&q, "@since", since_ms);
	query_bind_int(&q, "@until", until_ms);
	while ((rc = query_step(&q, err)) == 1) {
		GROW(v, n + 1, n_alloc);
		past_read(&v[n++], &q);
	}
	if (rc < 0) {
		bundle_pasts_free(v, n);
		return rc;
	}
	*ret = v;
	*ret_n = n;
	return 0;
}
