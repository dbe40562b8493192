/*
 * Looks at a database file as a whole: its structure, its schema, how much it
 * holds. Called by backup, restore and the check; changes nothing.
 *
 * tested with: test_backup test_inspect
 */
#include "store/sqlite/inspect_priv.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include "store/backup.h"
#include "util/digest.h"
#include "util/xmalloc.h"

static int inspect_connect(struct store *s, struct err *err)
{
	int latest = migrate_latest(store_migrations);
	int rc = engine_check_file(s->path, err);

	if (rc >= 0)
		rc = engine_connect(s, err);
	if (rc >= 0)
		rc = migrate_version(s, &s->version, err);
	if (rc >= 0 && s->version > latest)
		return err_set(err, ERR_STORE_NEWER,
			       "%s has schema %d and this program knows up to "
			       "%d; use the newer release",
			       s->path, s->version, latest);
	return rc;
}

int inspect_open(const char *path, struct store **ret, struct err *err)
{
	CLEANUP(store_close_ptr) struct store *s = xcalloc(1, sizeof(*s));
	int rc;

	s->path = xstrdup(path);
	s->lock_fd = -1;
	s->read_only = true;
	rc = inspect_connect(s, err);
	if (rc < 0)
		return rc;
	*ret = take(s);
	return 0;
}

static int inspect_watch(void *arg)
{
	static const struct store_progress p = { .what = "checking" };

	return store_watch_step(arg, &p);
}

void inspect_watch_begin(struct store *s, const struct store_watch *watch)
{
	/* The engine hands it back unchanged. */
	sqlite3_progress_handler(s->db, watch ? ENGINE_WATCH_STEPS : 0,
				 inspect_watch, (void *)watch);
}

void inspect_watch_end(struct store *s)
{
	sqlite3_progress_handler(s->db, 0, NULL, NULL);
}

int inspect_integrity(struct store *s, bool full,
		      const struct store_watch *watch, struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	const char *word = NULL;
	int rc = sqlite3_prepare_v2(s->db,
				    full ? "PRAGMA integrity_check(1)"
					 : "PRAGMA quick_check(1)",
				    -1, &stmt, NULL);

	inspect_watch_begin(s, watch);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	inspect_watch_end(s);
	if (rc == SQLITE_INTERRUPT)
		return err_set(err, ERR_CANCELLED,
			       "the check of %s was stopped", s->path);
	if (rc == SQLITE_ROW)
		word = (const char *)sqlite3_column_text(stmt, 0);
	if (!word)
		return engine_error(s, rc, "check", err);
	if (strcmp(word, "ok") == 0)
		return 0;
	rc = engine_check_code(word);
	if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_CORRUPT)
		return engine_error(s, rc, "check", err);
	return err_set(err, ERR_STORE_DAMAGED, "%s is damaged: %.200s", s->path,
		       word);
}

/* What the schema leaves to triggers since this version. */
#define ENTITIES_VERSION 27

static int inspect_entities(struct store *s, struct err *err)
{
	int64_t id = 0;
	int rc = inspect_number(
		s,
		"SELECT alert_id FROM entity AS e WHERE NOT EXISTS (SELECT 1 "
		"FROM alert WHERE id = e.alert_id) OR NOT EXISTS (SELECT 1 "
		"FROM thing WHERE id = e.thing_id) LIMIT 1",
		&id, err);

	if (rc <= 0)
		return rc;
	return err_set(err, ERR_STORE_DAMAGED,
		       "%s is damaged: an entity of alert %" PRId64
		       " refers to a row that is not there",
		       s->path, id);
}

int inspect_references(struct store *s, struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, "PRAGMA foreign_key_check", -1,
				    &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_DONE)
		return s->version < ENTITIES_VERSION ? 0
						     : inspect_entities(s, err);
	if (rc != SQLITE_ROW)
		return engine_error(s, rc, "check", err);
	return err_set(err, ERR_STORE_DAMAGED,
		       "%s is damaged: row %lld of table %.60s refers to a row "
		       "of %.60s that is not there",
		       s->path, (long long)sqlite3_column_int64(stmt, 1),
		       (const char *)sqlite3_column_text(stmt, 0),
		       (const char *)sqlite3_column_text(stmt, 2));
}

int inspect_number(struct store *s, const char *text, int64_t *ret,
		   struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, text, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_DONE)
		return 0;
	if (rc != SQLITE_ROW)
		return engine_error(s, rc, "read", err);
	*ret = sqlite3_column_int64(stmt, 0);
	return 1;
}

static int facts_head(struct store *s, struct store_facts *f, struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db,
				    "SELECT id, at_ms, hash FROM event "
				    "ORDER BY id DESC LIMIT 1",
				    -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_DONE)
		return 0;
	if (rc != SQLITE_ROW)
		return engine_error(s, rc, "read", err);
	f->head_id = sqlite3_column_int64(stmt, 0);
	f->newest_ms = sqlite3_column_int64(stmt, 1);
	if (sqlite3_column_bytes(stmt, 2) == DIGEST_SIZE)
		digest_hex(sqlite3_column_blob(stmt, 2), DIGEST_SIZE, f->head);
	return 0;
}

int store_facts(struct store *s, struct store_facts *ret, struct err *err)
{
	struct store_facts f = { .schema = s->version };
	int64_t log_bytes;
	int rc = store_size(s, &f.bytes, &log_bytes);

	if (rc < 0)
		return err_set(err, rc, "cannot look at %s: %s", s->path,
			       strerror(-rc));
	rc = inspect_number(s, "SELECT ifnull(sum(n), 0) FROM alert_count",
			    &f.n_alerts, err);
	if (rc >= 0)
		rc = inspect_number(s, "SELECT count(*) FROM event",
				    &f.n_events, err);
	if (rc >= 0)
		rc = facts_head(s, &f, err);
	if (rc < 0)
		return rc;
	*ret = f;
	return 0;
}
