/*
 * Drills as rows. Called by daemon/drill.c and by the funnel, which asks
 * whether hooks run; what a drill does is known to neither.
 */
#include "store/drill_rows.h"

#include "store/sqlite/engine_priv.h"
#include "util/xmalloc.h"

int drill_rows_add(struct store *s, const struct drill *d, int64_t *ret_id,
		   struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_DRILL_ADD, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@who", d->asked_by);
	query_bind_text(&q, "@reason", d->reason);
	query_bind_int(&q, "@severity", d->severity);
	query_bind_int(&q, "@hooks", d->with_hooks);
	query_bind_int(&q, "@started", d->started_ms);
	query_bind_int(&q, "@ends", d->ends_ms);
	rc = query_one(&q, ret_id, err);
	return rc < 0 ? rc : 0;
}

int drill_rows_bind(struct store *s, int64_t id, int64_t alert_id,
		    struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_DRILL_BIND, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	query_bind_int(&q, "@alert", alert_id);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int drill_rows_running(struct store *s, struct drill *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int c = 0, rc = query_open(&q, s, STMT_DRILL_RUNNING, err);

	if (rc < 0)
		return rc;
	rc = query_step(&q, err);
	if (rc != 1)
		return rc;
	*ret = (struct drill){ .id = row_int(&q, c++) };
	ret->alert_id = row_int(&q, c++);
	ret->asked_by = row_text(&q, c++);
	ret->reason = row_text(&q, c++);
	ret->severity = (enum severity)row_int(&q, c++);
	ret->with_hooks = row_int(&q, c++) != 0;
	ret->started_ms = row_int(&q, c++);
	ret->ends_ms = row_int(&q, c++);
	return 1;
}

int64_t drill_rows_next_ms(struct store *s)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	struct err err = ERR_INIT;
	int64_t next_ms = 0;

	/* Who cannot read it cannot end it either: the next write tells. */
	if (query_open(&q, s, STMT_DRILL_NEXT, &err) < 0 ||
	    query_one(&q, &next_ms, &err) < 1)
		return 0;
	return next_ms;
}

int drill_rows_told(struct store *s, int64_t alert_id, struct strlist *ret,
		    struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_DRILL_TOLD, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@alert", alert_id);
	while ((rc = query_step(&q, err)) == 1) {
		CLEANUP(free_ptr) char *target = row_text(&q, 0);

		strlist_add(ret, target);
	}
	return rc;
}

int drill_rows_end(struct store *s, int64_t id, const char *by,
		   enum drill_result result, int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_DRILL_END, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	query_bind_text(&q, "@by", by);
	query_bind_int(&q, "@result", result);
	query_bind_int(&q, "@now", now_ms);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}
