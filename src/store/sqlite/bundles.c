/*
 * Bundles: alerts that wait for one digest or summary. Called by the pipeline
 * (add) and the timed job (send).
 *
 * tested with: test_clocks
 */
#include "store/clocks.h"

#include <stdlib.h>
#include "store/sqlite/engine_priv.h"

void bundle_row_release(struct bundle_row *b)
{
	free(b->name);
	free(b->target);
	*b = (struct bundle_row){ 0 };
}

static int bundle_find(struct store *s, const char *name, const char *target,
		       int64_t *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_BUNDLE_FIND, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@name", name);
	query_bind_text(&q, "@target", target);
	return query_one(&q, ret, err);
}

static int bundle_open(struct store *s, const char *name, const char *target,
		       int64_t due_ms, int64_t *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_BUNDLE_OPEN, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@name", name);
	query_bind_text(&q, "@target", target);
	query_bind_int(&q, "@due", due_ms);
	rc = query_run(&q, err);
	if (rc >= 0)
		*ret = sqlite3_last_insert_rowid(s->db);
	return rc;
}

int bundles_add(struct store *s, const char *name, const char *target,
		int64_t due_ms, int64_t alert_id, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t bundle;
	int rc = bundle_find(s, name, target, &bundle, err);

	if (rc == 0)
		rc = bundle_open(s, name, target, due_ms, &bundle, err);
	if (rc >= 0)
		rc = query_open(&q, s, STMT_BUNDLE_ADD, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@bundle", bundle);
	query_bind_int(&q, "@alert", alert_id);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int bundles_due(struct store *s, int64_t now_ms, struct bundle_row *ret,
		size_t max, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	size_t n = 0;
	int rc = query_open(&q, s, STMT_BUNDLE_DUE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	while (n < max && (rc = query_step(&q, err)) == 1) {
		struct bundle_row *b = &ret[n++];

		b->id = row_int(&q, 0);
		b->name = row_text(&q, 1);
		b->target = row_text(&q, 2);
		b->worst = row_int(&q, 3);
		b->n_alerts = row_int(&q, 4);
	}
	if (rc >= 0)
		return (int)n;
	while (n > 0)
		bundle_row_release(&ret[--n]);
	return rc;
}

static int bundle_link(struct store *s, int64_t bundle, int64_t delivery,
		       struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_BUNDLE_LINK, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@bundle", bundle);
	query_bind_int(&q, "@delivery", delivery);
	return query_run(&q, err);
}

int bundles_send(struct store *s, int64_t bundle, const int64_t *deliveries,
		 size_t n_deliveries, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = 0;

	for (size_t i = 0; i < n_deliveries && rc >= 0; i++)
		rc = bundle_link(s, bundle, deliveries[i], err);
	if (rc < 0)
		return rc;
	rc = query_open(&q, s, STMT_BUNDLE_CLOSE, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@bundle", bundle);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}
