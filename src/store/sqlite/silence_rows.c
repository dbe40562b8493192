/*
 * Silences as rows. Called by the control verbs and the timed job; what a
 * silence covers and how long it may be is known to triage/silences.
 */
#include "store/silence_rows.h"

#include <stdlib.h>
#include "store/sqlite/engine_priv.h"
#include "util/xmalloc.h"

void silence_rows_free(struct silence *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		silence_release(&v[i]);
	free(v);
}

int silence_rows_add(struct store *s, const struct silence *v, int64_t *ret_id,
		     struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_SILENCE_ADD, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@author", v->author);
	query_bind_text(&q, "@reason", v->reason);
	query_bind_text(&q, "@when", v->when_text);
	query_bind_int(&q, "@critical", v->covers_critical);
	query_bind_text(&q, "@notify", v->notify);
	query_bind_int(&q, "@created", v->created_ms);
	query_bind_int(&q, "@starts", v->starts_ms);
	query_bind_int(&q, "@ends", v->ends_ms);
	rc = query_one(&q, ret_id, err);
	return rc < 0 ? rc : 0;
}

static void silence_read(struct silence *v, const struct query *q)
{
	int c = 0;

	*v = (struct silence){ 0 };
	v->id = row_int(q, c++);
	v->author = row_text(q, c++);
	v->reason = row_text(q, c++);
	v->when_text = row_text(q, c++);
	v->covers_critical = row_int(q, c++) != 0;
	v->notify = row_text(q, c++);
	v->created_ms = row_int(q, c++);
	v->starts_ms = row_int(q, c++);
	v->ends_ms = row_int(q, c++);
	v->announced_ms = row_int(q, c++);
	v->ended_ms = row_int(q, c++);
	v->ended_by = row_text(q, c++);
}

int silence_rows_open(struct store *s, struct silence **ret, size_t *ret_n,
		      struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	struct silence *v = NULL;
	size_t n = 0, n_alloc = 0;
	int rc = query_open(&q, s, STMT_SILENCE_OPEN, err);

	if (rc < 0)
		return rc;
	while ((rc = query_step(&q, err)) == 1) {
		GROW(v, n + 1, n_alloc);
		silence_read(&v[n++], &q);
	}
	if (rc < 0) {
		silence_rows_free(v, n);
		return rc;
	}
	*ret = v;
	*ret_n = n;
	return 0;
}

int silence_rows_get(struct store *s, int64_t id, struct silence *ret,
		     struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_SILENCE_GET, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	rc = query_step(&q, err);
	if (rc == 1)
		silence_read(ret, &q);
	return rc;
}

int silence_rows_announced(struct store *s, int64_t id, int64_t now_ms,
			   struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_SILENCE_ANNOUNCED, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	query_bind_int(&q, "@id", id);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int silence_rows_end(struct store *s, int64_t id, const char *by,
		     int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_SILENCE_END, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	query_bind_text(&q, "@by", by);
	query_bind_int(&q, "@id", id);
	return query_run(&q, err);
}
