/*
 * The file of an alert: its clocks and ladders as rows, written back one by
 * one as triage changes them. Called by the pipeline, by what people do and by
 * the timed job; the arithmetic is in triage/.
 */
#include "store/cases.h"

#include <string.h>
#include "store/sqlite/engine_priv.h"

static void clock_read(struct clock_row *row, const struct query *q)
{
	int c = 0;

	*row = (struct clock_row){ 0 };
	row->alert_id = row_int(q, c++);
	row->episode = row_int(q, c++);
	row->kind = row_int(q, c++);
	row->severity = row_int(q, c++);
	row_blob(q, c++, row->policy, sizeof(row->policy) - 1);
	row->started_ms = row_int(q, c++);
	row->due_ms = row_int(q, c++);
	row->breached_ms = row_int(q, c++);
	row->stopped_ms = row_int(q, c++);
	row->held_ms = row_int(q, c++);
	row->hold_until_ms = row_int(q, c++);
	row->waited_ms = row_int(q, c++);
	row->warned = (int)row_int(q, c++);
	row->next_ms = row_int(q, c++);
	row->last_held_ms = row_int(q, c++);
	row->unheld_ms = row_int(q, c++);
	row->stopped_why = row->stopped_ms != 0 ? "stopped" : NULL;
}

static int case_clocks(struct store *s, struct casefile *f, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_CASE_CLOCKS, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@alert", f->alert_id);
	query_bind_int(&q, "@episode", f->episode);
	while ((rc = query_step(&q, err)) == 1) {
		struct clock_row row;

		clock_read(&row, &q);
		if ((unsigned)row.kind < CLOCK_KIND_MAX)
			f->clocks[row.kind] = row;
	}
	return rc;
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
	row->stopped_ms = row_int(q, c++);
	row->stopped_why = row->stopped_ms != 0 ? "stopped" : NULL;
	row_blob(q, c++, row->when_hash, sizeof(row->when_hash) - 1);
}

/* What is over makes room for what runs. */
static void ladder_replace(struct casefile *f, const struct ladder_row *row)
{
	for (size_t i = 0; i < f->n_ladders; i++) {
		if (f->ladders[i].next_ms != 0)
			continue;
		f->ladders[i] = *row;
		return;
	}
}

static int case_ladders(struct store *s, struct casefile *f, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	struct ladder_row row;
	int rc = query_open(&q, s, STMT_CASE_LADDERS, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@alert", f->alert_id);
	query_bind_int(&q, "@episode", f->episode);
	while ((rc = query_step(&q, err)) == 1) {
		ladder_read(&row, &q);
		if (f->n_ladders < CASEFILE_LADDERS_MAX)
			f->ladders[f->n_ladders++] = row;
		else if (row.next_ms != 0)
			ladder_replace(f, &row);
	}
	return rc;
}

int cases_load(struct store *s, const struct tracked *t, struct casefile *ret,
	       struct err *err)
{
	struct casefile f = {
		.alert_id = t->id,
		.episode = t->episode,
		.severity = t->severity,
		.state = t->state,
		.phase = t->phase,
		.owner = t->owner,
		.acknowledged_by = t->acknowledged_by,
		.acknowledge_expires_ms = t->acknowledge_expires_ms,
	};
	int rc = case_clocks(s, &f, err);

	if (rc >= 0)
		rc = case_ladders(s, &f, err);
	if (rc < 0)
		return rc;
	*ret = f;
	return 0;
}

/* Keeps the queue's order: see alert.urgency_ms. */
static int case_urgency(struct store *s, const struct clock_row *row,
			struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_ALERT_URGENCY, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", row->alert_id);
	query_bind_int(&q, "@episode", row->episode);
	query_bind_int(&q, "@urgency",
		       row->stopped_ms != 0 ? STORE_NEVER_MS : row->due_ms);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

static void bind_clock(struct query *q, const struct clock_row *row)
{
	query_bind_int(q, "@alert", row->alert_id);
	query_bind_int(q, "@episode", row->episode);
	query_bind_int(q, "@kind", row->kind);
	query_bind_int(q, "@severity", row->severity);
	query_bind_text(q, "@policy", row->policy);
	query_bind_int(q, "@started", row->started_ms);
	query_bind_int(q, "@due", row->due_ms);
	query_bind_int(q, "@warned", row->warned);
	query_bind_ms(q, "@breached", row->breached_ms);
	query_bind_ms(q, "@stopped", row->stopped_ms);
	query_bind_text(q, "@why", row->stopped_why);
	query_bind_ms(q, "@next", row->stopped_ms != 0 ? 0 : row->next_ms);
	query_bind_ms(q, "@held", row->held_ms);
	query_bind_ms(q, "@hold_until", row->hold_until_ms);
	query_bind_int(q, "@waited", row->waited_ms);
	query_bind_ms(q, "@last_held", row->last_held_ms);
	query_bind_ms(q, "@unheld", row->unheld_ms);
}

static int clock_write(struct store *s, enum statement how,
		       const struct clock_row *row, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, how, err);

	if (rc < 0)
		return rc;
	bind_clock(&q, row);
	return query_run(&q, err);
}

int cases_put_clock(struct store *s, const struct clock_row *row,
		    struct err *err)
{
	/* Most are new, and what may also change one costs three times as
	 * much: the engine keeps a journal for it. */
	int rc = clock_write(s, STMT_CASE_CLOCK_ADD, row, err);

	if (rc == 0)
		rc = clock_write(s, STMT_CASE_CLOCK_PUT, row, err);
	if (rc < 0)
		return rc;
	return row->kind == CLOCK_TRIAGE ? case_urgency(s, row, err) : 0;
}

int cases_put_ladder(struct store *s, const struct ladder_row *row,
		     struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_CASE_LADDER_PUT, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@alert", row->alert_id);
	query_bind_int(&q, "@episode", row->episode);
	query_bind_text(&q, "@route", row->route);
	query_bind_int(&q, "@started", row->started_ms);
	query_bind_int(&q, "@step", row->step);
	query_bind_int(&q, "@repeat", row->repeat);
	query_bind_ms(&q, "@next", row->stopped_ms != 0 ? 0 : row->next_ms);
	query_bind_ms(&q, "@stopped", row->stopped_ms);
	query_bind_text(&q, "@why", row->stopped_why);
	query_bind_text(&q, "@when", row->when_hash[0] ? row->when_hash : NULL);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int cases_due(struct store *s, int64_t now_ms, int64_t *ret_ids, size_t max,
	      struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_CASE_DUE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	query_bind_int(&q, "@max", (int64_t)max);
	return query_ids(&q, ret_ids, max, err);
}

int cases_open(struct store *s, int64_t *ret_ids, size_t max, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_CASE_OPEN, err);

	return rc < 0 ? rc : query_ids(&q, ret_ids, max, err);
}

int cases_open_of(struct store *s, const char *kind, int64_t *ret_ids,
		  size_t max, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_CASE_OPEN_OF, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@kind", kind);
	return query_ids(&q, ret_ids, max, err);
}

int64_t cases_next_ms(struct store *s)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t at = 0;

	/* Cannot tell: 0, and the daemon's regular turn tries again. */
	if (query_open(&q, s, STMT_CASE_NEXT, NULL) < 0 ||
	    query_one(&q, &at, NULL) < 0)
		return 0;
	return at;
}

int cases_ladder_behind(struct store *s, const struct ladder_row *after,
			int64_t since_ms, struct ladder_row *ret,
			struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_CASE_LADDER_BEHIND, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@alert", after->alert_id);
	query_bind_int(&q, "@episode", after->episode);
	query_bind_text(&q, "@route", after->route);
	query_bind_int(&q, "@since", since_ms);
	rc = query_step(&q, err);
	if (rc == 1)
		ladder_read(ret, &q);
	return rc;
}

int cases_step_traces(struct store *s, const struct ladder_row *row, bool *ret,
		      size_t n_steps, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_CASE_STEP_TRACES, err);

	if (rc < 0)
		return rc;
	memset(ret, 0, n_steps * sizeof(*ret));
	query_bind_int(&q, "@alert", row->alert_id);
	query_bind_int(&q, "@episode", row->episode);
	query_bind_int(&q, "@started", row->started_ms);
	query_bind_text(&q, "@route", row->route);
	while ((rc = query_step(&q, err)) == 1) {
		int64_t step = row_int(&q, 0);

		if (step >= 0 && (size_t)step < n_steps)
			ret[step] = true;
	}
	return rc;
}
