/*
 * The ingestion ledger: sources, cursors, polls, quarantine. Called by the
 * pipeline; each poll is proved by its counts.
 */
#include "store/ledger.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "store/sqlite/engine_priv.h"
#include "store/sqlite/feeds_priv.h"
#include "store/txn.h"
#include "util/xmalloc.h"

int ledger_source(struct store *s, const char *name, const char *kind,
		  int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_SOURCE_PUT, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@name", name);
	query_bind_text(&q, "@kind", kind);
	query_bind_int(&q, "@now", now_ms);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int ledger_cursor_get(struct store *s, const char *source, const char *scope,
		      struct strbuf *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_FEED_CURSOR_GET, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@source", source);
	query_bind_text(&q, "@scope", scope != NULL ? scope : "");
	rc = query_step(&q, err);
	if (rc == 1)
		strbuf_add(ret, sqlite3_column_text(q.stmt, 0),
			   (size_t)sqlite3_column_bytes(q.stmt, 0));
	return rc;
}

int ledger_cursor_set(struct store *s, const char *source, const char *scope,
		      const char *value, int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t feed;
	int rc = feed_of(s, source, NULL, scope, &feed, err);

	if (rc < 0)
		return rc;
	rc = query_open(&q, s, STMT_FEED_CURSOR_SET, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@feed", feed);
	query_bind_text(&q, "@cursor", value);
	query_bind_int(&q, "@now", now_ms);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

static int ledger_no_poll(const struct store *s, int64_t poll, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND,
		       "there is no open poll %" PRId64 " in %s", poll,
		       s->path);
}

static int poll_count_feed(struct store *s, int64_t poll,
			   const struct poll_counts *c, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_FEED_COUNT, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@poll", poll);
	query_bind_int(&q, "@added", c->added);
	query_bind_int(&q, "@updated", c->updated);
	query_bind_int(&q, "@noop", c->noop);
	query_bind_int(&q, "@quarantined", c->quarantined);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int ledger_poll_add(struct store *s, int64_t poll, const struct poll_counts *c,
		    struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc;

	if (c->fetched != c->added + c->updated + c->noop + c->quarantined)
		return err_set(err, ERR_BAD_STATE,
			       "the counts of poll %" PRId64
			       " do not add up: %" PRId64 " fetched",
			       poll, c->fetched);
	rc = query_open(&q, s, STMT_POLL_COUNT, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@poll", poll);
	query_bind_int(&q, "@pages", c->pages);
	query_bind_int(&q, "@fetched", c->fetched);
	query_bind_int(&q, "@added", c->added);
	query_bind_int(&q, "@updated", c->updated);
	query_bind_int(&q, "@noop", c->noop);
	query_bind_int(&q, "@quarantined", c->quarantined);
	rc = query_run(&q, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return ledger_no_poll(s, poll, err);
	return poll_count_feed(s, poll, c, err);
}

static int poll_end_feed(struct store *s, int64_t poll, bool complete,
			 int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc =
		query_open(&q, s,
			   complete ? STMT_FEED_COMPLETE : STMT_FEED_INCOMPLETE,
			   err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@poll", poll);
	if (complete)
		query_bind_int(&q, "@now", now_ms);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}

int ledger_poll_end(struct store *s, int64_t poll, const char *error,
		    int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_POLL_END, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@poll", poll);
	query_bind_text(&q, "@error", error);
	query_bind_int(&q, "@now", now_ms);
	rc = query_run(&q, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return ledger_no_poll(s, poll, err);
	return poll_end_feed(s, poll, error == NULL, now_ms, err);
}

static int ledger_left(struct store *s, int64_t feed, int64_t *ret,
		       struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_POLL_LEFT, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@feed", feed);
	return query_one(&q, ret, err);
}

/* A feed has one poll at a time: one that is still open lost its end when the
 * database refused it. */
static int end_left(struct store *s, int64_t feed, int64_t now_ms,
		    struct err *err)
{
	int64_t poll;
	int rc;

	while ((rc = ledger_left(s, feed, &poll, err)) == 1) {
		rc = ledger_poll_end(s, poll, "its end could not be stored",
				     now_ms, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}

int ledger_poll_begin(struct store *s, const struct poll_window *w,
		      int64_t now_ms, int64_t *ret_poll, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t feed;
	int rc = feed_of(s, w->source, NULL, w->scope, &feed, err);

	if (rc >= 0)
		rc = end_left(s, feed, now_ms, err);
	if (rc >= 0)
		rc = query_open(&q, s, STMT_POLL_ADD, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@feed", feed);
	query_bind_ms(&q, "@from", w->from_ms);
	query_bind_ms(&q, "@to", w->to_ms);
	query_bind_int(&q, "@now", now_ms);
	rc = query_run(&q, err);
	if (rc < 0)
		return rc;
	*ret_poll = sqlite3_last_insert_rowid(s->db);
	return 0;
}

int ledger_poll_scope(struct store *s, int64_t poll, char **ret_source,
		      char **ret_scope, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_POLL_SCOPE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@poll", poll);
	rc = query_step(&q, err);
	if (rc == 1) {
		*ret_source = row_text(&q, 0);
		*ret_scope = row_text(&q, 1);
	}
	return rc;
}

static int ledger_running(struct store *s, int64_t *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_POLL_RUNNING, err);

	return rc < 0 ? rc : query_one(&q, ret, err);
}

int ledger_was_whole(struct store *s, int64_t poll, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t one;
	int rc = query_open(&q, s, STMT_FEED_WAS_WHOLE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@poll", poll);
	return query_one(&q, &one, err);
}

int ledger_anew(struct store *s, const char *source, const char *scope,
		struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_FEED_ANEW, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@source", source);
	query_bind_text(&q, "@scope", scope);
	rc = query_run(&q, err);
	return MIN(rc, 0);
}

int ledger_recover(struct store *s, int64_t now_ms, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int64_t poll;
	int rc = txn_begin(&txn, s, err);

	if (rc < 0)
		return rc;
	while ((rc = ledger_running(s, &poll, err)) == 1) {
		rc = ledger_poll_end(s, poll, "interrupted", now_ms, err);
		if (rc < 0)
			return rc;
	}
	return rc < 0 ? rc : txn_commit(&txn, err);
}

int ledger_last_complete(struct store *s, const char *source, int64_t *ret_ms,
			 struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t at = 0;
	int rc = query_open(&q, s, STMT_FEED_LAST_COMPLETE, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@source", source);
	rc = query_one(&q, &at, err);
	if (rc < 0)
		return rc;
	*ret_ms = at;
	return 0;
}

static int quarantine_again(struct store *s, int64_t poll,
			    const struct item *it, int64_t now_ms,
			    struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_QUARANTINE_AGAIN, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@poll", poll);
	query_bind_blob(&q, "@hash", it->raw_hash, sizeof(it->raw_hash));
	query_bind_int(&q, "@now", now_ms);
	return query_run(&q, err);
}

int ledger_quarantine(struct store *s, int64_t poll, const struct item *it,
		      int64_t now_ms, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = quarantine_again(s, poll, it, now_ms, err);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = query_open(&q, s, STMT_QUARANTINE_ADD, err);
	if (rc < 0)
		return rc;
	query_bind_int(&q, "@poll", poll);
	query_bind_blob(&q, "@hash", it->raw_hash, sizeof(it->raw_hash));
	query_bind_text(&q, "@reason", it->reason);
	query_bind_raw(&q, "@raw", it->raw != NULL ? it->raw : "", it->raw_len);
	query_bind_int(&q, "@now", now_ms);
	rc = query_run(&q, err);
	return rc != 0 ? rc : ledger_no_poll(s, poll, err);
}

void quarantined_release(struct quarantined *q)
{
	free(q->source);
	free(q->kind);
	free(q->raw);
	*q = (struct quarantined){ 0 };
}

int ledger_quarantined(struct store *s, int64_t after, struct quarantined *ret,
		       struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	const void *raw;
	int rc = query_open(&q, s, STMT_QUARANTINE_NEXT, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@after", after);
	rc = query_step(&q, err);
	if (rc != 1)
		return rc;
	raw = sqlite3_column_blob(q.stmt, 4); /* text gives its bytes too */
	*ret = (struct quarantined){
		.id = row_int(&q, 0),
		.poll = row_int(&q, 1),
		.source = row_text(&q, 2),
		.kind = row_text(&q, 3),
		.raw_len = (size_t)sqlite3_column_bytes(q.stmt, 4),
		.last_seen_ms = row_int(&q, 5),
	};
	ret->raw = xcalloc(1, ret->raw_len + 1);
	if (raw)
		memcpy(ret->raw, raw, ret->raw_len);
	return 1;
}

int ledger_quarantine_resolve(struct store *s, int64_t id, int64_t now_ms,
			      struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_QUARANTINE_RESOLVE, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@now", now_ms);
	query_bind_int(&q, "@id", id);
	return query_run(&q, err);
}
