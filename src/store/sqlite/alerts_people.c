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

/* The row must be there, be the one they looked at, and not be closed. */
static int people_check(struct store *s, const struct human_change *c,
			struct err *err)
{
	CLEANUP(tracked_release) struct tracked t = { 0 };
	int rc = alerts_find_id(s, c->id, &t, err);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return people_not_found(c->id, err);
	if (c->version != 0 && c->version != t.version)
		return err_set(err, ERR_CONFLICT,
			       "alert %" PRId64 " was changed meanwhile "
			       "(version %" PRId64 ", yours %" PRId64
			       "); look at it again",
			       c->id, t.version, c->version);
	if (t.state == ALERT_CLOSED)
		return err_set(err, ERR_BAD_STATE,
			       "alert %" PRId64 " is closed already (by %s)",
			       c->id, t.closed_by != NULL ? t.closed_by : "?");
	return 0;
}

static int people_open(struct query *q, struct store *s, enum statement id,
		       const struct human_change *c, struct err *err)
{
	int rc = people_check(s, c, err);

	if (rc < 0)
		return rc;
	rc = query_open(q, s, id, err);
	if (rc < 0)
		return rc;
	query_bind_int(q, "@id", c->id);
	query_bind_int(q, "@now", c->now_ms);
	query_bind_text(q, "@who", c->who);
	query_bind_text(q, "@note", c->note);
	return 0;
}

int alerts_acknowledge(struct store *s, const struct human_change *c,
		       int64_t expires_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = people_open(&q, s, STMT_ALERT_ACKNOWLEDGE, c, err);

	if (rc < 0)
		return rc;
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
	query_bind_int(&q, "@verdict", verdict);
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

int alerts_ack_expired(struct store *s, int64_t now_ms, int64_t *ret_ids,
		       size_t max, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_ALERT_ACK_EXPIRED, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	return query_ids(&q, ret_ids, max, err);
}

int64_t alerts_next_ack_expiry(struct store *s)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t at = 0;

	/* Cannot tell: 0, and the daemon's regular turn tries again. */
	if (query_open(&q, s, STMT_ALERT_ACK_NEXT, NULL) < 0 ||
	    query_one(&q, &at, NULL) < 0)
		return 0;
	return at;
}
