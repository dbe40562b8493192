/*
 * Brings a database to the schema of this release: numbered steps, all of them
 * in one transaction, after a copy. Called when the database is opened for
 * writing; knows the steps as text alone.
 *
 * tested with: test_store test_migrate_kill
 */
#include "store/sqlite/engine_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "util/log.h"
#include "util/xmalloc.h"

int migrate_latest(const struct migration *list)
{
	int latest = 0;

	for (; list->number != 0; list++) {
		assert(list->number == latest + 1);
		latest = list->number;
	}
	return latest;
}

int migrate_version(struct store *s, int *ret, struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &stmt,
				    NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc != SQLITE_ROW)
		return engine_error(s, rc, "read the schema version", err);
	*ret = sqlite3_column_int(stmt, 0);
	return 0;
}

/* A migration, or the whole schema. */
static int migrate_step(struct store *s, const struct migration *m,
			struct err *err)
{
	int version = 0;
	int rc = engine_exec(s, (const char *)m->text, err);

	if (rc >= 0)
		rc = migrate_version(s, &version, err);
	if (rc >= 0 && version != m->number)
		rc = err_set(err, ERR_STORE, "it leaves schema version %d",
			     version);
	if (rc < 0) {
		/* Its own result is 0 when nobody wants the words. */
		(void)err_prefix(err, "%s %s",
				 m == &store_schema ? "the new" : "migration",
				 m->name);
		return rc;
	}
	log_debug("migrated %s to %s", s->path, m->name);
	return 0;
}

static int migrate_steps(struct store *s, const struct migration *list,
			 struct err *err)
{
	for (const struct migration *m = list; m->number != 0; m++) {
		int rc = m->number <= s->version ? 0 : migrate_step(s, m, err);

		if (rc < 0)
			return rc;
	}
	return engine_exec(s, "COMMIT", err);
}

/*
 * One transaction for all of them: who is killed, or finds the disk full, has
 * the schema that the release of yesterday knows and can go back to it.
 */
static int migrate_all(struct store *s, const struct migration *list,
		       struct err *err)
{
	int rc = engine_exec(s, "BEGIN IMMEDIATE", err);

	if (rc < 0)
		return rc;
	rc = migrate_steps(s, list, err);
	if (rc < 0) {
		/* A failure means that the engine rolled back by itself. */
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
		return rc;
	}
	return migrate_version(s, &s->version, err);
}

static int migrate_after_copy(struct store *s, const struct migration *list,
			      struct err *err)
{
	int rc = s->version > 0 ? migrate_copy(s, s->version + 1, err) : 0;

	/* To sort the rows of a large table takes more memory than the unit
	 * may have. */
	if (rc >= 0)
		rc = engine_sort_in_files(s, err);
	if (rc >= 0)
		rc = migrate_all(s, list, err);
	return rc < 0 ? rc : engine_exec(s, "PRAGMA temp_store = MEMORY", err);
}

static int migrate_watch(void *arg)
{
	static const struct store_progress p = { .what = "migrating" };

	return store_watch_step(arg, &p);
}

int migrate_run(struct store *s, const struct migration *list,
		const struct store_watch *watch, struct err *err)
{
	int latest = migrate_latest(list);
	int rc = migrate_version(s, &s->version, err);

	if (rc < 0)
		return rc;
	s->version_found = s->version;
	if (s->version > latest)
		return err_set(err, ERR_STORE_NEWER,
			       "the database %s has schema %d and this triaged "
			       "knows up to %d; install the newer release, or "
			       "put back the newest copy %s.before-%d-*",
			       s->path, s->version, latest, s->path,
			       latest + 1);
	if (s->version == latest)
		return 0;
	/* The engine hands it back unchanged. */
	sqlite3_progress_handler(s->db, watch ? ENGINE_WATCH_STEPS : 0,
				 migrate_watch, (void *)watch);
	rc = migrate_after_copy(s, list, err);
	sqlite3_progress_handler(s->db, 0, NULL, NULL);
	return rc;
}

static int migrate_fill(const char *path, struct err *err)
{
	CLEANUP(store_close_ptr)
	struct store *s = xcalloc(1, sizeof(*s));
	int rc;

	s->path = xstrdup(path);
	s->lock_fd = -1;
	rc = sqlite3_open_v2(path, &s->db,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
				     SQLITE_OPEN_EXRESCODE,
			     NULL);
	if (rc != SQLITE_OK)
		return engine_error(s, rc, "open", err);
	/* Before the first table: what is removed later is given back. */
	rc = engine_exec(s, "PRAGMA auto_vacuum = INCREMENTAL", err);
	if (rc >= 0)
		rc = engine_exec(s, "BEGIN", err);
	if (rc >= 0)
		rc = migrate_step(s, &store_schema, err);
	/* If it failed, closing rolls back, and the file is removed. */
	return rc < 0 ? rc : engine_exec(s, "COMMIT", err);
}

/*
 * By the schema as it is now: the migrations one by one would parse it anew
 * after each change of a table, eight times the work.
 *
 * Made under another name with a rollback journal and renamed when complete:
 * a crash in between leaves no empty triaged.db that would be refused later.
 */
int migrate_create(const char *path, struct err *err)
{
	CLEANUP(free_ptr) char *part = xasprintf("%s.new", path);
	CLEANUP(free_ptr) char *journal = xasprintf("%s.new-journal", path);
	int rc = migrate_remove(part, err);

	if (rc == 0)
		rc = migrate_remove(journal, err);
	if (rc == 0)
		rc = engine_create_file(part, err);
	if (rc == 0)
		rc = migrate_fill(part, err);
	if (rc == 0)
		rc = engine_rename(part, path, err);
	if (rc < 0)
		(void)unlink(part); /* the next start does it too */
	return rc;
}
