/*
 * What is remembered of removed alerts, so that a source which shows one again
 * is no news. Called by the pipeline for an alert that is not stored.
 *
 * A closed alert that is stored re-opens for two reasons: its source had closed
 * it and has it active again, at any time; or it shows new activity soon after
 * its close. Retention keeps it beyond the second, so only the first can still
 * come.
 *
 * tested with: test_retention
 */
#include "store/retention.h"

#include "store/sqlite/engine_priv.h"

#define RENEW_MS (INT64_C(24) * 3600 * 1000)

struct memory {
	bool source_closed;
	int64_t seen_ms;
};

/* 1 with what is remembered, 0 nothing is. */
static int gone_get(struct store *s, const struct alert_key *key,
		    struct memory *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_GONE_GET, err);

	if (rc < 0)
		return rc;
	query_bind_blob(&q, "@key", key->b, sizeof(key->b));
	rc = query_step(&q, err);
	if (rc == 1)
		*ret = (struct memory){ row_int(&q, 0), row_int(&q, 1) };
	return rc;
}

static int gone_delete(struct store *s, const struct alert_key *key,
		       struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_GONE_DELETE, err);

	if (rc < 0)
		return rc;
	query_bind_blob(&q, "@key", key->b, sizeof(key->b));
	return query_run(&q, err);
}

/* An alert that is listed every minute is written down once a day. */
static int gone_renew(struct store *s, const struct alert_key *key,
		      const struct memory *was, const struct memory *is,
		      struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc;

	if (was->source_closed == is->source_closed &&
	    is->seen_ms - was->seen_ms < RENEW_MS)
		return 0;
	rc = query_open(&q, s, STMT_GONE_TOUCH, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@closed", is->source_closed);
	query_bind_int(&q, "@now", is->seen_ms);
	query_bind_blob(&q, "@key", key->b, sizeof(key->b));
	return query_run(&q, err);
}

static int gone_judge(struct store *s, const struct alert_key *key,
		      const struct memory *is, struct err *err)
{
	struct memory was = { false, 0 };
	int rc = gone_get(s, key, &was, err);

	if (rc <= 0)
		return rc < 0 ? rc : GONE_NOT;
	if (was.source_closed && !is->source_closed)
		return GONE_RETURNS;
	rc = gone_renew(s, key, &was, is, err);
	return rc < 0 ? rc : GONE_STAYS;
}

int retention_gone(struct store *s, const struct alert *a, int64_t now_ms,
		   struct err *err)
{
	const struct memory is = { source_state_is_closed(a->source_state),
				   now_ms };
	struct alert_key keys[2];
	size_t n = alert_keys(a, keys);
	int worst = GONE_NOT;

	for (size_t i = 0; i < n; i++) {
		int rc = gone_judge(s, &keys[i], &is, err);

		if (rc < 0)
			return rc;
		worst = MAX(worst, rc);
	}
	for (size_t i = 0; i < n && worst == GONE_RETURNS; i++) {
		int rc = gone_delete(s, &keys[i], err);

		if (rc < 0)
			return rc;
	}
	return worst;
}
