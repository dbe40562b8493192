/*
 * The outbox: putting notices in, taking back what is overtaken, and looking.
 * Called by the pipeline in the transaction of the decision; the life of a
 * lease is in outbox_lease.c.
 */
#include "store/outbox.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include "store/sqlite/outbox_priv.h"
#include "store/txn.h"
#include "util/xmalloc.h"

void told_release(struct told *t)
{
	free(t->target);
	free(t->recipient);
	*t = (struct told){ 0 };
}

void told_free(struct told *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		told_release(&v[i]);
	free(v);
}

static int outbox_by_key(struct store *s, const char *key, int64_t *ret,
			 struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_NOTICE_BY_KEY, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@key", key);
	return query_one(&q, ret, err);
}

static void bind_notice(struct query *q, const struct notice *n)
{
	const bool response = n->kind == NOTICE_RESPONSE;

	query_bind_text(q, "@key", n->key);
	query_bind_ms(q, "@alert", n->alert_id);
	query_bind_int(q, "@episode", n->episode);
	query_bind_text(q, "@target", n->target);
	query_bind_text(q, "@recipient", n->recipient);
	query_bind_int(q, "@kind", response ? NOTICE_SILENCE : n->kind);
	query_bind_int(q, "@step", response ? NOTICE_STEP_RESPONSE : n->step);
	query_bind_int(q, "@severity", n->severity);
	query_bind_text(q, "@reason", n->reason);
	query_bind_int(q, "@attempts", n->attempts);
	query_bind_int(q, "@created", n->created_ms);
	query_bind_int(q, "@not_before",
		       n->not_before_ms != 0 ? n->not_before_ms
					     : n->created_ms);
	query_bind_ms(q, "@expires", n->expires_ms);
	query_bind_int(q, "@maybe_duplicate", n->maybe_duplicate);
	query_bind_text(q, "@last_error", n->last_error);
	query_bind_ms(q, "@bundle", n->bundle_id);
	query_bind_int(q, "@transition", n->transition);
}

int outbox_put(struct store *s, const struct notice *n, int64_t *ret_id,
	       struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t id;
	int put, rc = query_open(&q, s, STMT_NOTICE_PUT, err);

	if (rc < 0)
		return rc;
	bind_notice(&q, n);
	put = query_run(&q, err);
	if (put < 0 || ret_id == NULL)
		return put;
	rc = outbox_by_key(s, n->key, &id, err);
	if (rc < 0)
		return rc;
	*ret_id = id;
	return put;
}

/* What waits is superseded now; what a sender holds, unless it arrives. */
static int outbox_overtake(struct store *s, enum statement id,
			   const struct notice *of, bool ladder,
			   struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, id, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@alert", of->alert_id);
	query_bind_int(&q, "@episode", of->episode);
	query_bind_text(&q, "@why", of->reason);
	query_bind_int(&q, "@ladder", ladder);
	return query_run(&q, err);
}

static int outbox_overtake_all(struct store *s, const struct notice *of,
			       bool ladder, struct err *err)
{
	int n = outbox_overtake(s, STMT_NOTICE_SUPERSEDE, of, ladder, err);
	int rc;

	if (n < 0)
		return n;
	rc = outbox_overtake(s, STMT_NOTICE_WITHDRAW, of, ladder, err);
	return rc < 0 ? rc : n + rc;
}

int outbox_supersede(struct store *s, int64_t alert_id, int64_t episode,
		     const char *why, int64_t now_ms, struct err *err)
{
	const struct notice of = { .alert_id = alert_id,
				   .episode = episode,
				   .reason = (char *)why };

	(void)now_ms; /* no instant is kept for it: the event log has it */
	return outbox_overtake_all(s, &of, false, err);
}

int outbox_supersede_ladder(struct store *s, int64_t alert_id, int64_t episode,
			    const char *why, int64_t now_ms, struct err *err)
{
	const struct notice of = { .alert_id = alert_id,
				   .episode = episode,
				   .reason = (char *)why };

	(void)now_ms; /* as above */
	return outbox_overtake_all(s, &of, true, err);
}

int outbox_pairs(struct query *q, struct told **ret, struct err *err)
{
	struct told *v = NULL;
	size_t n = 0, n_alloc = 0;
	int rc;

	while ((rc = query_step(q, err)) == 1) {
		GROW(v, n + 1, n_alloc);
		v[n++] = (struct told){ row_text(q, 0), row_text(q, 1) };
	}
	if (rc < 0) {
		told_free(v, n);
		return rc;
	}
	*ret = v;
	return (int)n;
}

/* Those that the statement @id gives of an episode. */
static int pairs_of(struct store *s, enum statement id, const struct notice *of,
		    bool maybe, struct told **ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, id, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@alert", of->alert_id);
	query_bind_int(&q, "@episode", of->episode);
	if (id == STMT_NOTICE_TOLD)
		query_bind_int(&q, "@maybe", maybe);
	return outbox_pairs(&q, ret, err);
}

int outbox_told(struct store *s, int64_t alert_id, int64_t episode,
		struct told **ret, struct err *err)
{
	const struct notice of = { .alert_id = alert_id, .episode = episode };

	return pairs_of(s, STMT_NOTICE_TOLD, &of, false, ret, err);
}

int outbox_maybe_told(struct store *s, int64_t alert_id, int64_t episode,
		      struct told **ret, struct err *err)
{
	const struct notice of = { .alert_id = alert_id, .episode = episode };

	return pairs_of(s, STMT_NOTICE_TOLD, &of, true, ret, err);
}

int outbox_tried(struct store *s, int64_t alert_id, int64_t episode,
		 struct told **ret, struct err *err)
{
	const struct notice of = { .alert_id = alert_id, .episode = episode };

	return pairs_of(s, STMT_NOTICE_TRIED, &of, false, ret, err);
}

static void bind_subject(struct query *q, const struct notice *n)
{
	query_bind_int(q, "@alert", n->alert_id);
	query_bind_int(q, "@episode", n->episode);
	query_bind_text(q, "@target", n->target);
}

int outbox_was_taken(struct store *s, const struct notice *n, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t taken = 0;
	int rc = query_open(&q, s, STMT_NOTICE_WAS_TAKEN, err);

	if (rc < 0)
		return rc;
	bind_subject(&q, n);
	query_bind_int(&q, "@id", n->id);
	rc = query_one(&q, &taken, err);
	return rc < 0 ? rc : taken != 0;
}

int outbox_summaries_over(struct store *s, const struct notice *n,
			  struct strlist *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_NOTICE_SUMMARIES_OVER, err);

	if (rc < 0)
		return rc;
	bind_subject(&q, n);
	while ((rc = query_step(&q, err)) == 1) {
		CLEANUP(free_ptr) char *key = row_text(&q, 0);

		strlist_add(ret, key);
	}
	return rc;
}

static int outbox_count_alerts(struct store *s, int64_t delivery, int64_t *ret,
			       struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_NOTICE_ALERTS_COUNT, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@delivery", delivery);
	return query_one(&q, ret, err);
}

int outbox_alerts(struct store *s, int64_t delivery, int64_t *ret_ids,
		  size_t max, int64_t *ret_total, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t total = 0;
	int rc = outbox_count_alerts(s, delivery, &total, err);

	if (rc < 0)
		return rc;
	rc = query_open(&q, s, STMT_NOTICE_ALERTS, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@delivery", delivery);
	rc = query_ids(&q, ret_ids, max, err);
	if (rc >= 0)
		*ret_total = total;
	return rc;
}

static int64_t outbox_next_of(struct store *s, enum statement id,
			      const char *target)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t at = 0;

	if (query_open(&q, s, id, NULL) < 0)
		return 0;
	query_bind_text(&q, "@target", target);
	if (query_one(&q, &at, NULL) < 0)
		return 0;
	return at;
}

static int64_t outbox_next_any(struct store *s)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t nearest = 0;

	if (query_open(&q, s, STMT_NOTICE_TARGETS, NULL) < 0)
		return 0;
	while (query_step(&q, NULL) == 1) {
		const char *target =
			(const char *)sqlite3_column_text(q.stmt, 0);
		int64_t at = outbox_next_of(s, STMT_NOTICE_NEXT, target);

		if (at != 0 && (nearest == 0 || at < nearest))
			nearest = at;
	}
	return nearest;
}

/* Cannot tell: 0, and the daemon's regular turn tries again. */
int64_t outbox_next_ms(struct store *s, const char *target, int64_t now_ms)
{
	int64_t at = target ? outbox_next_of(s, STMT_NOTICE_NEXT, target)
			    : outbox_next_any(s);

	return at != 0 && at < now_ms ? now_ms : at;
}

int64_t outbox_next_kind_ms(struct store *s, const char *target, bool critical,
			    int64_t now_ms)
{
	int64_t at = outbox_next_of(s,
				    critical ? STMT_NOTICE_NEXT_CRITICAL
					     : STMT_NOTICE_NEXT_OTHER,
				    target);

	return at != 0 && at < now_ms ? now_ms : at;
}

int outbox_sent_since(struct store *s, const char *target, bool critical,
		      int64_t since_ms, int64_t until_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t n = 0;
	int rc = query_open(&q, s, STMT_NOTICE_SENT_SINCE, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@target", target);
	query_bind_int(&q, "@critical", critical);
	query_bind_int(&q, "@since", since_ms);
	query_bind_int(&q, "@until", until_ms);
	rc = query_one(&q, &n, err);
	return rc < 0 ? rc : (int)MIN(n, INT_MAX);
}
