/*
 * Opens and closes the database: lock, file, settings, migrations. Called by
 * the daemon (writing) and by triagectl (reading); knows nothing of alerts.
 *
 * tested with: test_store
 */
#include "store/store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "store/sqlite/engine_priv.h"
#include "store/sqlite/search_priv.h"
#include "store/sqlite/things_priv.h"
#include "util/xmalloc.h"

/* A reader may wait for a checkpoint. */
#define READER_BUSY_MS 2000
/* One text or blob, so that a question of a person cannot eat the memory. */
#define VALUE_MAX (64 << 20)
/* Up to this size the structure is walked at every start. */
#define QUICK_CHECK_MAX (16 << 20)

/* FULL: in WAL mode NORMAL loses commits at a power cut. */
static const char *const writer_settings[] = {
	"PRAGMA journal_mode = WAL",  "PRAGMA synchronous = FULL",
	"PRAGMA foreign_keys = ON",   "PRAGMA cell_size_check = ON",
	"PRAGMA cache_size = -8000",  "PRAGMA mmap_size = 0",
	"PRAGMA temp_store = MEMORY", "PRAGMA journal_size_limit = 67108864",
};

static const char *const reader_settings[] = {
	"PRAGMA query_only = ON",     "PRAGMA cell_size_check = ON",
	"PRAGMA cache_size = -8000",  "PRAGMA mmap_size = 0",
	"PRAGMA temp_store = MEMORY",
};

void engine_finalize(sqlite3_stmt **stmt)
{
	(void)sqlite3_finalize(*stmt); /* repeats the error of the step */
	*stmt = NULL;
}

int engine_exec(struct store *s, const char *text, struct err *err)
{
	int rc = sqlite3_exec(s->db, text, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : engine_error(s, rc, "change", err);
}

int engine_sort_in_files(struct store *s, struct err *err)
{
	const char *slash = strrchr(s->path, '/');
	char *directory =
		slash ? sqlite3_mprintf("%.*s", (int)(slash - s->path), s->path)
		      : sqlite3_mprintf(".");

	/* Without memory for it: where the engine would put them. */
	if (directory) {
		sqlite3_free(sqlite3_temp_directory);
		sqlite3_temp_directory = directory;
	}
	return engine_exec(s, "PRAGMA temp_store = FILE", err);
}

static int engine_exec_all(struct store *s, const char *const *texts, size_t n,
			   struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = engine_exec(s, texts[i], err);
	return rc;
}

/*
 * The schema is code that runs in our process: functions in views and triggers
 * must be harmless ones, and double quotes never mean a string.
 */
static void engine_harden(sqlite3 *db)
{
	static const int off[] = {
		SQLITE_DBCONFIG_TRUSTED_SCHEMA,
		SQLITE_DBCONFIG_DQS_DML,
		SQLITE_DBCONFIG_DQS_DDL,
		SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
	};

	for (size_t i = 0; i < ARRAY_SIZE(off); i++)
		(void)sqlite3_db_config(db, off[i], 0, NULL); /* all known */
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
	(void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 1); /* VACUUM INTO */
}

/* Its statistics of memory cost a lock around every allocation. Too late is no
 * harm: then they are kept. */
void store_for_no_questions(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int engine_connect(struct store *s, struct err *err)
{
	int flags = s->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	int persist = 1, rc;

	rc = sqlite3_open_v2(s->path, &s->db,
			     flags | SQLITE_OPEN_NOMUTEX |
				     SQLITE_OPEN_EXRESCODE,
			     NULL);
	if (rc != SQLITE_OK)
		return engine_error(s, rc, "open", err);
	rc = engine_check_header(s, err);
	if (rc < 0)
		return rc;
	engine_harden(s->db);
	rc = search_rank_register(s, err);
	if (rc == 0)
		rc = search_excerpt_register(s, err);
	if (rc < 0)
		return rc;
	(void)sqlite3_busy_timeout(s->db, s->read_only ? READER_BUSY_MS
						       : ENGINE_WRITER_BUSY_MS);
	if (s->read_only)
		return engine_exec_all(s, reader_settings,
				       ARRAY_SIZE(reader_settings), err);
	/* What we may not write is opened for reading without a word. */
	if (sqlite3_db_readonly(s->db, "main") != 0)
		return engine_error(s, SQLITE_READONLY, "open", err);
	things_watch(s);
	/* Readers of the group cannot make -wal and -shm: they stay. */
	rc = sqlite3_file_control(s->db, "main", SQLITE_FCNTL_PERSIST_WAL,
				  &persist);
	if (rc != SQLITE_OK)
		return engine_error(s, rc, "open", err);
	recent_writes_watch(s);
	return engine_exec_all(s, writer_settings, ARRAY_SIZE(writer_settings),
			       err);
}

void engine_disconnect(struct store *s)
{
	query_finalize_all(s);
	(void)sqlite3_close(s->db); /* no statement is left: cannot be busy */
	s->db = NULL;
	s->poll = 0;
	things_forget(s);
}

struct store *store_close(struct store *s)
{
	if (s == NULL)
		return NULL;
	engine_disconnect(s);
	search_forget_notes(s);
	if (s->lock_fd >= 0)
		(void)close(s->lock_fd); /* and with it the lock */
	free(s->path);
	free(s);
	return NULL;
}

void store_close_ptr(struct store **s)
{
	*s = store_close(*s);
}

static struct store *store_new(char *path, bool read_only)
{
	struct store *s = xcalloc(1, sizeof(*s));

	s->path = path;
	s->lock_fd = -1;
	s->read_only = read_only;
	return s;
}

/*
 * A missing database is made, unless its write-ahead log is there: then the
 * file was lost, and a new one beside the log would hide that.
 */
static int store_make_missing(const char *path, struct err *err)
{
	CLEANUP(free_ptr) char *log = xasprintf("%s-wal", path);
	struct stat st;
	int rc = engine_check_file(path, err);

	if (rc != ERR_NOT_FOUND)
		return rc;
	if (stat(log, &st) == 0 && st.st_size > 0)
		return engine_damaged(path,
				      "the file is gone but its -wal is there",
				      err);
	return migrate_create(path, err);
}

int engine_check_code(const char *word)
{
	static const char mark[] = "error code=";
	const char *at = strstr(word, mark);
	long code = at ? strtol(at + sizeof(mark) - 1, NULL, 10) : SQLITE_OK;

	return code > 0 && code <= INT_MAX ? (int)code : SQLITE_OK;
}

static int store_quick_check(struct store *s, struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	const char *word;
	struct stat st;
	int rc;

	if (stat(s->path, &st) < 0 || st.st_size > QUICK_CHECK_MAX)
		return 0;
	rc = sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &stmt,
				NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc != SQLITE_ROW)
		return engine_error(s, rc, "check", err);
	word = (const char *)sqlite3_column_text(stmt, 0);
	if (word == NULL)
		return engine_error(s, SQLITE_NOMEM, "check", err);
	if (strcmp(word, "ok") == 0)
		return 0;
	/* It tells of a page that cannot be read as of one that is wrong. */
	rc = engine_check_code(word);
	return rc != SQLITE_OK ? engine_error(s, rc, "check", err)
			       : engine_damaged(s->path, word, err);
}

static int store_open_writer(struct store *s, const char *directory,
			     const struct store_watch *watch, struct err *err)
{
	int rc = engine_lock(directory, &s->lock_fd, err);

	if (rc < 0)
		return rc;
	rc = store_make_missing(s->path, err);
	if (rc < 0)
		return rc;
	rc = engine_connect(s, err);
	if (rc < 0)
		return rc;
	rc = store_quick_check(s, err);
	if (rc < 0)
		return rc;
	rc = migrate_run(s, store_migrations, watch, err);
	if (rc < 0)
		return rc;
	return query_check_all(s, err);
}

int store_open_watched(const char *state_directory,
		       const struct store_watch *watch, struct store **ret,
		       struct err *err)
{
	CLEANUP(store_close_ptr)
	struct store *s =
		store_new(xasprintf("%s/triaged.db", state_directory), false);
	int rc = store_open_writer(s, state_directory, watch, err);

	if (rc < 0)
		return rc;
	*ret = take(s);
	return 0;
}

int store_open(const char *state_directory, struct store **ret, struct err *err)
{
	return store_open_watched(state_directory, NULL, ret, err);
}

static int store_check_version(const struct store *s, struct err *err)
{
	int latest = migrate_latest(store_migrations);

	if (s->version > latest)
		return err_set(err, ERR_STORE_NEWER,
			       "the database %s has schema %d and this program "
			       "knows up to %d; use the newer release",
			       s->path, s->version, latest);
	if (s->version < latest)
		return err_set(err, ERR_STORE,
			       "the database %s has schema %d and this program "
			       "needs %d; start the new triaged once, it "
			       "migrates",
			       s->path, s->version, latest);
	return 0;
}

int store_open_read(const char *database_file, struct store **ret,
		    struct err *err)
{
	CLEANUP(store_close_ptr)
	struct store *s = store_new(xstrdup(database_file), true);
	int rc = engine_check_file(s->path, err);

	if (rc < 0)
		return rc;
	rc = engine_connect(s, err);
	if (rc < 0)
		return rc;
	rc = migrate_version(s, &s->version, err);
	if (rc < 0)
		return rc;
	rc = store_check_version(s, err);
	if (rc < 0)
		return rc;
	*ret = take(s);
	return 0;
}

int store_size(struct store *s, int64_t *ret_bytes, int64_t *ret_log_bytes)
{
	CLEANUP(free_ptr) char *log = xasprintf("%s-wal", s->path);
	struct stat file, wal;

	if (stat(s->path, &file) < 0)
		return -errno;
	*ret_bytes = file.st_size;
	*ret_log_bytes = stat(log, &wal) == 0 ? wal.st_size : 0;
	return 0;
}

int store_schema_version(const struct store *s)
{
	return s->version;
}

int store_schema_found(const struct store *s)
{
	return s->version_found;
}

int store_meta_get(struct store *s, const char *name, int64_t *ret,
		   struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_META_GET, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@name", name);
	return query_one(&q, ret, err);
}

int store_meta_set(struct store *s, const char *name, int64_t value,
		   struct err *err)
{
	CLEANUP(query_close) struct query q = QUERY_NONE;
	int rc = query_open(&q, s, STMT_META_SET, err);

	if (rc < 0)
		return rc;
	query_bind_text(&q, "@name", name);
	query_bind_int(&q, "@value", value);
	rc = query_run(&q, err);
	return rc < 0 ? rc : 0;
}
