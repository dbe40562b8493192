/*
 * What operators do to the outbox: try again what was given up, give up what
 * is owed. Called by the control verbs, which write who did it and why.
 *
 * tested with: test_outbox_operators
 */
#include "store/outbox.h"

#include "store/sqlite/engine_priv.h"
#include "util/xmalloc.h"

/* 1 with whatever is asked for, 0 no such row. */
static int operators_look(struct store *s, int64_t id, char **ret_target,
			  enum notice_state *ret_state,
			  enum severity *ret_severity, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_NOTICE_LOOK, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	rc = query_step(&q, err);
	if (rc != 1)
		return rc;
	if (ret_target)
		*ret_target = row_text(&q, 0);
	*ret_state = row_int(&q, 1);
	*ret_severity = row_int(&q, 2);
	return 1;
}

int outbox_target(struct store *s, int64_t id, char **ret_target,
		  struct err *err)
{
	enum notice_state state;
	enum severity severity;

	return operators_look(s, id, ret_target, &state, &severity, err);
}

int outbox_retry(struct store *s, int64_t id, int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	enum notice_state state;
	enum severity severity;
	int rc = operators_look(s, id, NULL, &state, &severity, err);

	if (rc != 1 || state != NOTICE_DEAD)
		return rc < 0 ? rc : 0;
	rc = query_open(&q, s, STMT_NOTICE_RETRY, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	query_bind_int(&q, "@now", now_ms);
	query_bind_ms(&q, "@expires", notice_expires_ms(severity, now_ms));
	return query_run(&q, err);
}

int outbox_drop(struct store *s, int64_t id, const char *why, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_NOTICE_GIVE_UP, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	query_bind_text(&q, "@why", why);
	return query_run(&q, err);
}

int outbox_list(struct store *s, const char *target, bool dead,
		int64_t *ret_ids, size_t max, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_NOTICE_LIST, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@target", target);
	query_bind_int(&q, "@dead", dead);
	query_bind_int(&q, "@max", (int64_t)max);
	return query_ids(&q, ret_ids, max, err);
}

int outbox_about(struct store *s, int64_t id, int64_t *ret_ids, size_t max,
		 struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_NOTICE_CARRIES, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	return query_ids(&q, ret_ids, max, err);
}
