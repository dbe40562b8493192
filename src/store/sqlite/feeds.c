/*
 * Looks up and makes feeds. Called by the ledger and by what stores alerts.
 *
 * tested with: test_store
 */
#include "store/sqlite/feeds_priv.h"

#include <inttypes.h>
#include "store/sqlite/engine_priv.h"

int feed_find(struct store *s, const char *source, const char *scope,
	      int64_t *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_FEED_GET, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@source", source);
	query_bind_text(&q, "@scope", scope != NULL ? scope : "");
	return query_one(&q, ret, err);
}

static int feed_add_source(struct store *s, const char *source,
			   const char *kind, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_SOURCE_ADD, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@name", source);
	query_bind_text(&q, "@kind", kind != NULL ? kind : "");
	return query_run(&q, err);
}

static int feed_add(struct store *s, const char *source, const char *scope,
		    struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_FEED_ADD, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@source", source);
	query_bind_text(&q, "@scope", scope != NULL ? scope : "");
	return query_run(&q, err);
}

int feed_of(struct store *s, const char *source, const char *kind,
	    const char *scope, int64_t *ret, struct err *err)
{
	int rc = feed_find(s, source, scope, ret, err);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = feed_add_source(s, source, kind, err);
	if (rc < 0)
		return rc;
	rc = feed_add(s, source, scope, err);
	if (rc < 0)
		return rc;
	*ret = sqlite3_last_insert_rowid(s->db);
	return 0;
}

int feed_of_poll(struct store *s, int64_t poll, int64_t *ret, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int64_t feed;
	int rc;

	if (s->poll != poll || poll == 0) {
		rc = query_open(&q, s, STMT_POLL_FEED, err);
		if (rc < 0)
			return rc;
		query_bind_int(&q, "@poll", poll);
		rc = query_one(&q, &feed, err);
		if (rc < 0)
			return rc;
		if (rc == 0)
			return err_set(err, ERR_NOT_FOUND,
				       "there is no poll %" PRId64 " in %s",
				       poll, s->path);
		s->poll = poll;
		s->poll_feed = feed;
	}
	*ret = s->poll_feed;
	return 0;
}

int feed_put_sight(struct store *s, int64_t feed, int64_t origin,
		   const struct sighting *at, struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_SIGHT_PUT, err);

	if (rc < 0)
		return rc;
	query_bind_int(&q, "@feed", feed);
	query_bind_int(&q, "@origin", origin);
	query_bind_int(&q, "@poll", at->poll);
	query_bind_int(&q, "@now", at->now_ms);
	return query_run(&q, err);
}
