/*
 * What people do with an alert, and the end of an acknowledgement. Called for
 * control requests and by the timed jobs; the audit is written by the caller.
 *
 * tested with: test_alerts
 */
#include "store/alerts.h"

#include <inttypes.h>
#include "store/sqlite/engine_priv.h"

static int people_not_found(int64_t id, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "there is no alert %" PRId64, id);
}

/* The row must be there and be the one they looked at. */
static int people_find(struct store *s, const struct human_change *c,
		       struct tracked *ret, struct err *err)
{
	int rc = alerts_find_id(s, c->id, ret, err);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return people_not_found(c->id, err);
	if (c->version != 0 && c->version != ret->version)
		return err_set(err, ERR_CONFLICT,
			       "alert %" PRId64 " was changed meanwhile "
			       "(version %" PRId64 ", yours %" PRId64
			       "); look at it again",
			       c->id, ret->version, c->version);
	return 0;
}

static int people_check(struct store *s, const struct human_change *c,
			bool closed, struct err *err)
{
	CLEANUP(tracked_release) struct tracked t = { 0 };
	int rc = people_find(s, c, &t, err);

	if (rc < 0 || (t.state == ALERT_CLOSED) == closed)
		return rc;
	if (closed)
		return err_set(err, ERR_BAD_STATE,
			       "alert %" PRId64 " is not closed", c->id);
	return err_set(err, ERR_BAD_STATE,
		       "alert %" PRId64 " is closed already (by %s)", c->id,
		       t.closed_by != NULL ? t.closed_by : "?");
}

static int people_prepare(struct query *q, struct store *s, enum statement id,
			  const struct human_change *c, struct err *err)
{
	int rc = query_open(q, s, id, err);

	if (rc >= 0)
		query_bind_int(q, "@id", c->id);
	return rc;
}

static void people_bind_author(struct query *q, const struct human_change *c)
{
	query_bind_text(q, "@who", c->who);
	query_bind_text(q, "@note", c->note);
}

/* For what is not closed. */
static int people_open(struct query *q, struct store *s, enum statement id,
		       const struct human_change *c, struct err *err)
{
	int rc = people_check(s, c, false, err);

	if (rc >= 0)
		rc = people_prepare(q, s, id, c, err);
	if (rc < 0)
		return rc;
	query_bind_int(q, "@now", c->now_ms);
	return 0;
}

int alerts_acknowledge(struct store *s, const struct human_change *c,
		       int64_t expires_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = people_open(&q, s, STMT_ALERT_ACKNOWLEDGE, c, err);

	if (rc < 0)
		return rc;
	people_bind_author(&q, c);
	query_bind_ms(&q, "@expires", expires_ms);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int alerts_close(struct store *s, const struct human_change *c,
		 enum verdict verdict, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = people_open(&q, s, STMT_ALERT_CLOSE, c, err);

	if (rc < 0)
		return rc;
	people_bind_author(&q, c);
	query_bind_int(&q, "@verdict", verdict);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int alerts_assign(struct store *s, const struct human_change *c,
		  const char *owner, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = people_open(&q, s, STMT_ALERT_ASSIGN, c, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@owner", owner);
	query_bind_text(&q, "@who", c->who);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int alerts_set_phase(struct store *s, const struct human_change *c,
		     enum phase phase, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = people_open(&q, s, STMT_ALERT_PHASE, c, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@phase", phase);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int alerts_set_triaged(struct store *s, const struct human_change *c,
		       struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = people_prepare(&q, s, STMT_ALERT_TRIAGED, c, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", c->now_ms);
	people_bind_author(&q, c);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int alerts_let_go(struct store *s, const struct human_change *c,
		  int64_t expires_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = people_prepare(&q, s, STMT_ALERT_LET_GO, c, err);

	if (rc < 0)
		return rc;
	query_bind_ms(&q, "@expires", expires_ms);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int alerts_touch(struct store *s, const struct human_change *c, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = people_open(&q, s, STMT_ALERT_TOUCH, c, err);

	if (rc >= 0)
		rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

static int adopt_needed(struct store *s, int64_t id, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t done = 0;
	int rc = query_open(&q, s, STMT_ALERT_IS_ADOPTED, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	rc = query_one(&q, &done, err);
	return rc < 0 ? rc : !done;
}

int alerts_adopt(struct store *s, int64_t id, const struct imported *i,
		 int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	bool closed = i->state == ALERT_CLOSED;
	int rc = adopt_needed(s, id, err);

	if (rc <= 0)
		return rc;
	rc = query_open(&q, s, STMT_ALERT_ADOPT, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	query_bind_int(&q, "@now", now_ms);
	query_bind_int(&q, "@state", i->state);
	query_bind_int(&q, "@phase", i->phase);
	query_bind_int(&q, "@verdict", i->verdict);
	query_bind_int(&q, "@confirmed", i->confirmed);
	query_bind_text(&q, "@owner", i->owner);
	query_bind_text(&q, "@assigned_by", i->assigned_by);
	query_bind_ms(&q, "@acknowledged", i->acknowledged_ms);
	query_bind_text(&q, "@acknowledged_by", i->acknowledged_by);
	query_bind_text(&q, "@acknowledge_note", i->acknowledge_note);
	query_bind_ms(&q, "@closed", closed ? i->closed_ms : 0);
	query_bind_text(&q, "@closed_by", closed ? i->closed_by : NULL);
	query_bind_text(&q, "@close_note", closed ? i->close_note : NULL);
	return query_run(&q, err);
}

/* Its identities went to the alert that it is a copy of, and come back to life
 * there. */
static int people_refuse_duplicate(struct store *s, int64_t id, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t duplicate = 0;
	int rc = query_open(&q, s, STMT_ALERT_IS_DUPLICATE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	rc = query_one(&q, &duplicate, err);
	if (rc < 0 || !duplicate)
		return rc;
	return err_set(err, ERR_BAD_STATE,
		       "alert %" PRId64 " is a duplicate of another one, which "
		       "its close note names; work on that one",
		       id);
}

int alerts_reopen(struct store *s, const struct human_change *c,
		  struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = people_check(s, c, true, err);

	if (rc >= 0)
		rc = people_refuse_duplicate(s, c->id, err);
	if (rc >= 0)
		rc = people_prepare(&q, s, STMT_ALERT_REOPEN, c, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", c->now_ms);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int alerts_unacknowledge(struct store *s, int64_t id, int64_t now_ms,
			 struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	CLEANUP(tracked_release) struct tracked t = { 0 };
	int rc = query_open(&q, s, STMT_ALERT_UNACKNOWLEDGE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	query_bind_int(&q, "@now", now_ms);
	rc = query_run(&q, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = alerts_find_id(s, id, &t, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return people_not_found(id, err);
	return err_set(err, ERR_BAD_STATE,
		       "alert %" PRId64 " is not acknowledged", id);
}
