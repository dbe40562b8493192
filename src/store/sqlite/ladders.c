/*
 * Escalation ladders as rows: where each one stands and when to look again.
 * Called by the pipeline and the timed job; what a step does is in triage/.
 *
 * tested with: test_clocks
 */
#include "store/clocks.h"

#include "store/sqlite/engine_priv.h"

static void bind_ladder(struct query *q, const struct ladder_row *row)
{
	query_bind_int(q, "@alert", row->alert_id);
	query_bind_int(q, "@episode", row->episode);
	query_bind_text(q, "@route", row->route);
	query_bind_int(q, "@step", row->step);
	query_bind_int(q, "@repeat", row->repeat);
	query_bind_ms(q, "@next", row->next_ms);
}

int ladders_start(struct store *s, const struct ladder_row *row,
		  struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_LADDER_START, err);

	if (rc < 0)
		return rc;
	bind_ladder(&q, row);
	query_bind_int(&q, "@started", row->started_ms);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int ladders_save(struct store *s, const struct ladder_row *row, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_LADDER_SAVE, err);

	if (rc < 0)
		return rc;
	bind_ladder(&q, row);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int ladders_stop(struct store *s, int64_t alert_id, int64_t episode,
		 const char *why, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_LADDER_STOP, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@alert", alert_id);
	query_bind_int(&q, "@episode", episode);
	query_bind_text(&q, "@why", why);
	return query_run(&q, err);
}

static void ladder_read(struct ladder_row *row, const struct query *q)
{
	int c = 0;

	*row = (struct ladder_row){ 0 };
	row->alert_id = row_int(q, c++);
	row->episode = row_int(q, c++);
	row_blob(q, c++, row->route, sizeof(row->route) - 1);
	row->started_ms = row_int(q, c++);
	row->step = (int)row_int(q, c++);
	row->repeat = (int)row_int(q, c++);
	row->next_ms = row_int(q, c++);
}

int ladders_due(struct store *s, int64_t now_ms, struct ladder_row *ret,
		size_t max, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	size_t n = 0;
	int rc = query_open(&q, s, STMT_LADDER_DUE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	while (n < max && (rc = query_step(&q, err)) == 1)
		ladder_read(&ret[n++], &q);
	return rc < 0 ? rc : (int)n;
}
