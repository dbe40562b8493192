/*
 * What does not get through, or has nobody to go to, and who is told instead.
 * Called by the daemon's second channel, whose decisions are its own.
 *
 * tested with: test_outbox_operators
 */
#include "store/outbox.h"

#include "store/sqlite/outbox_priv.h"
#include "util/strlist.h"

int outbox_unheard(struct store *s, unsigned tries, int64_t now_ms,
		   struct unheard *ret, size_t max, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	size_t n = 0;
	int rc = query_open(&q, s, STMT_NOTICE_UNHEARD, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@tries", tries);
	query_bind_int(&q, "@patience", now_ms + OUTBOX_PATIENCE_MS);
	query_bind_int(&q, "@max", (int64_t)max);
	while (n < max && (rc = query_step(&q, err)) == 1) {
		int c = notice_read(&ret[n].notice, &q);

		ret[n].gone = ret[n].astray = false;
		ret[n].dead = row_int(&q, c) == NOTICE_DEAD;
		ret[n].refused = row_int(&q, c + 1) != 0;
		ret[n].waits = ret[n].notice.attempts > 0 &&
			       ret[n].notice.attempts < tries;
		n++;
	}
	if (rc >= 0)
		return (int)n;
	while (n > 0)
		notice_release(&ret[--n].notice);
	return rc;
}

static int owed_targets(struct store *s, struct strlist *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_NOTICE_TARGETS, err);

	if (rc < 0)
		return rc;
	while ((rc = query_step(&q, err)) == 1)
		strlist_add(ret, (const char *)sqlite3_column_text(q.stmt, 0));
	return rc;
}

static int add_owed_to(struct store *s, const char *target, struct unheard *ret,
		       size_t *n, size_t max, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_NOTICE_OWED_TO, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@target", target);
	query_bind_int(&q, "@max", (int64_t)(max - *n));
	while (*n < max && (rc = query_step(&q, err)) == 1) {
		ret[*n] = (struct unheard){ .gone = true };
		(void)notice_read(&ret[(*n)++].notice, &q);
	}
	return rc;
}

int outbox_orphans(struct store *s, const struct strlist *names,
		   struct unheard *ret, size_t max, struct err *err)
{
	CLEANUP(strlist_release) struct strlist owed = STRLIST_INIT;
	size_t n = 0;
	int rc = owed_targets(s, &owed, err);

	for (size_t i = 0; i < owed.n && rc >= 0; i++)
		if (!strlist_has(names, owed.v[i]))
			rc = add_owed_to(s, owed.v[i], ret, &n, max, err);
	if (rc >= 0)
		return (int)n;
	while (n > 0)
		notice_release(&ret[--n].notice);
	return rc;
}

static int has_news(struct store *s, const struct notice *n, const char *target,
		    bool anybody, const char *recipient, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t found;
	int rc = query_open(&q, s, STMT_NOTICE_SAME_NEWS, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@target", target);
	query_bind_int(&q, "@anybody", anybody);
	query_bind_text(&q, "@recipient", recipient);
	query_bind_int(&q, "@created", n->created_ms);
	query_bind_int(&q, "@kind", n->kind);
	query_bind_int(&q, "@step", n->step);
	query_bind_int(&q, "@episode", n->episode);
	query_bind_ms(&q, "@alert", n->alert_id);
	query_bind_ms(&q, "@bundle", n->bundle_id);
	return query_one(&q, &found, err);
}

int outbox_has_news(struct store *s, const struct notice *n, const char *target,
		    struct err *err)
{
	return has_news(s, n, target, true, NULL, err);
}

int outbox_reader_has_news(struct store *s, const struct notice *n,
			   const char *target, const char *recipient,
			   struct err *err)
{
	return has_news(s, n, target, false, recipient, err);
}

static int second_copy(struct store *s, int64_t from, int64_t to,
		       struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_NOTICE_COPY_ALERTS, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@from", from);
	query_bind_int(&q, "@to", to);
	return query_run(&q, err);
}

int outbox_put_second(struct store *s, const struct notice *n, int64_t of,
		      struct err *err)
{
	int64_t id = 0;
	int put = outbox_put(s, n, &id, err);
	int rc = put;

	if (rc > 0)
		rc = second_copy(s, of, id, err);
	if (rc >= 0 && put > 0)
		rc = outbox_told_instead(s, id, "", err);
	return rc < 0 ? rc : put;
}

int outbox_told_instead(struct store *s, int64_t id, const char *target,
			struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_NOTICE_SECOND_SET, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@id", id);
	query_bind_text(&q, "@second", target);
	return query_run(&q, err);
}
