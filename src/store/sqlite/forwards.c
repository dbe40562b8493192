/*
 * The places of destinations in the log of events, and the events behind them.
 * Called by forward/; what is sent, where and how is known there.
 */
#include "store/forwards.h"

#include <stdlib.h>
#include "store/sqlite/engine_priv.h"

void logged_event_release(struct logged_event *e)
{
	free(e->actor);
	free(e->kind);
	free(e->detail);
	*e = (struct logged_event){ 0 };
}

int forwards_unlist(struct store *s, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_FORWARD_UNLIST, err);

	if (rc < 0)
		return rc;
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

static int forwards_place(struct store *s, const char *name,
			  struct forward_place *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_FORWARD_GET, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@name", name);
	rc = query_step(&q, err);
	if (rc <= 0)
		return rc;
	ret->event_id = row_int(&q, 0);
	ret->n_forwarded = row_int(&q, 1);
	ret->forwarded_ms = row_int(&q, 2);
	return 0;
}

int forwards_begin(struct store *s, const char *name, bool from_beginning,
		   int64_t now_ms, struct forward_place *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_FORWARD_PUT, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@name", name);
	query_bind_int(&q, "@beginning", from_beginning);
	query_bind_int(&q, "@now", now_ms);
	rc = query_run(&q, err);
	return rc < 0 ? rc : forwards_place(s, name, ret, err);
}

int forwards_advance(struct store *s, const char *name, int64_t event_id,
		     int64_t n, int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_FORWARD_ADVANCE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@event", event_id);
	query_bind_int(&q, "@n", n);
	query_bind_int(&q, "@now", now_ms);
	query_bind_text(&q, "@name", name);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int forwards_fail(struct store *s, const char *name, const char *error,
		  int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_FORWARD_ERROR, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@error", error);
	query_bind_int(&q, "@now", now_ms);
	query_bind_text(&q, "@name", name);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int forwards_last(struct store *s, int64_t *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_FORWARD_LAST, err);

	if (rc < 0)
		return rc;
	rc = query_one(&q, ret, err);
	return rc < 0 ? rc : 0;
}

static void event_read(struct logged_event *e, const struct query *q)
{
	int c = 0;

	*e = (struct logged_event){ 0 };
	e->id = row_int(q, c++);
	e->alert_id = row_int(q, c++);
	e->at_ms = row_int(q, c++);
	e->actor = row_text(q, c++);
	e->kind = row_text(q, c++);
	e->detail = row_text(q, c++);
	row_blob(q, c++, e->hash, sizeof(e->hash));
}

int forwards_read(struct store *s, int64_t after, struct logged_event *ret,
		  size_t max, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	size_t n = 0;
	int rc = query_open(&q, s, STMT_FORWARD_EVENTS, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@after", after);
	query_bind_int(&q, "@max", (int64_t)max);
	while (n < max && (rc = query_step(&q, err)) == 1)
		event_read(&ret[n++], &q);
	if (rc >= 0)
		return (int)n;
	while (n > 0)
		logged_event_release(&ret[--n]);
	return rc;
}
