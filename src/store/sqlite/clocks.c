/*
 * SLA clocks as rows. Called by the pipeline (start, move, stop) and by the
 * timed job that warns and finds breaches; the arithmetic is in triage/.
 */
#include "store/clocks.h"

#include <assert.h>
#include "store/sqlite/engine_priv.h"

static void bind_clock(struct query *q, const struct clock_row *row,
		       const char *policy)
{
	query_bind_int(q, "@alert", row->alert_id);
	query_bind_int(q, "@episode", row->episode);
	query_bind_int(q, "@severity", row->severity);
	query_bind_text(q, "@policy", policy != NULL ? policy : "");
	query_bind_int(q, "@due", row->due_ms);
	query_bind_int(q, "@warned", row->warned);
	query_bind_ms(q, "@breached", row->breached_ms);
	query_bind_ms(q, "@next", row->next_ms);
}

/* Keeps the queue's order: see alert.urgency_ms. */
static int clock_set_urgency(struct store *s, int64_t alert_id, int64_t episode,
			     int64_t urgency_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_ALERT_URGENCY, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@urgency", urgency_ms);
	query_bind_int(&q, "@id", alert_id);
	query_bind_int(&q, "@episode", episode);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int clocks_start(struct store *s, const struct clock_row *row,
		 const char *policy, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_CLOCK_START, err);

	if (rc < 0)
		return rc;
	bind_clock(&q, row, policy);
	query_bind_int(&q, "@started", row->started_ms);
	rc = query_run(&q, err);
	if (rc <= 0) /* failed, or this episode's clock is pinned already */
		return rc;
	return clock_set_urgency(s, row->alert_id, row->episode, row->due_ms,
				 err);
}

int clocks_move(struct store *s, const struct clock_row *row,
		const char *policy, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_CLOCK_MOVE, err);

	if (rc < 0)
		return rc;
	bind_clock(&q, row, policy);
	rc = query_run(&q, err);
	if (rc <= 0)
		return rc;
	return clock_set_urgency(s, row->alert_id, row->episode, row->due_ms,
				 err);
}

int clocks_stop(struct store *s, int64_t alert_id, int64_t episode,
		int64_t now_ms, const char *why, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_CLOCK_STOP, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@alert", alert_id);
	query_bind_int(&q, "@episode", episode);
	query_bind_int(&q, "@now", now_ms);
	query_bind_text(&q, "@why", why);
	rc = query_run(&q, err);
	if (rc <= 0)
		return rc;
	rc = clock_set_urgency(s, alert_id, episode, STORE_NEVER_MS, err);
	return rc < 0 ? rc : 1;
}

int clocks_mark(struct store *s, const struct clock_row *clock, int warned,
		int64_t breached_ms, int64_t next_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_CLOCK_MARK, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@alert", clock->alert_id);
	query_bind_int(&q, "@episode", clock->episode);
	query_bind_int(&q, "@warned", warned);
	query_bind_ms(&q, "@breached", breached_ms);
	query_bind_ms(&q, "@next", next_ms);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

static void clock_read(struct clock_row *row, const struct query *q)
{
	int c = 0;

	*row = (struct clock_row){ 0 };
	row->alert_id = row_int(q, c++);
	row->episode = row_int(q, c++);
	row->severity = row_int(q, c++);
	row->started_ms = row_int(q, c++);
	row->due_ms = row_int(q, c++);
	row->breached_ms = row_int(q, c++);
	row->stopped_ms = row_int(q, c++);
	row->warned = (int)row_int(q, c++);
	row->next_ms = row_int(q, c++);
	row_blob(q, c++, row->policy, sizeof(row->policy) - 1);
}

int clocks_due(struct store *s, int64_t now_ms, struct clock_row *ret,
	       size_t max, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	size_t n = 0;
	int rc = query_open(&q, s, STMT_CLOCK_DUE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	while (n < max && (rc = query_step(&q, err)) == 1)
		clock_read(&ret[n++], &q);
	return rc < 0 ? rc : (int)n;
}

int clocks_get(struct store *s, int64_t alert_id, int64_t episode,
	       struct clock_row *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_CLOCK_GET, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@alert", alert_id);
	query_bind_int(&q, "@episode", episode);
	rc = query_step(&q, err);
	if (rc == 1)
		clock_read(ret, &q);
	return rc;
}

int64_t clocks_next_ms(struct store *s)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t at = 0;

	/* Cannot tell: 0, and the daemon's regular turn tries again. */
	if (query_open(&q, s, STMT_CLOCK_NEXT, NULL) < 0 ||
	    query_one(&q, &at, NULL) < 0)
		return 0;
	return at;
}
