/*
 * What the files of this folder share: the open database, errors of the
 * engine as ours, and prepared statements with named parameters.
 */
#ifndef STORE_SQLITE_ENGINE_PRIV_H
#define STORE_SQLITE_ENGINE_PRIV_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/alert.h"
#include "store/audit.h"
#include "store/sqlite/statements_priv.h"
#include "store/store.h"
#include "store/watch.h"

/* Stands in the file's header: what is not ours is not opened. */
#define STORE_APPLICATION_ID 0x54524744
#define STORE_NEVER_MS INT64_MAX
/* PRAGMA auto_vacuum: free pages are given back when asked for. */
#define ENGINE_VACUUM_INCREMENTAL 2
/* A writer waits in the event loop. */
#define ENGINE_WRITER_BUSY_MS 250
/* Steps of the engine between two looks at who watches: some milliseconds. */
#define ENGINE_WATCH_STEPS 50000
/* Parameters of a statement whose names are remembered. */
#define QUERY_NAMES_MAX 56

struct migration {
	int number; /* 0 behind the last */
	const char *name;
	const unsigned char *text; /* NUL-terminated */
	size_t len;
};
/* Made by embed.sh. A new database gets the whole schema at once, with the
 * number of the last migration; a test holds it and the migrations together. */
extern const struct migration store_migrations[], store_schema;

struct search_notes;
struct things;

struct txn_task; /* txn.c */

struct store {
	sqlite3 *db;
	char *path;
	int lock_fd; /* -1: a reader holds no lock */
	bool read_only;
	bool in_txn;
	/* A write or sync failed, or memory: connect again before the next. */
	bool suspect;
	int64_t n_rollbacks; /* see txn_rollbacks() */
	int version, version_found; /* now; before it was migrated */
	/* The newest event: committed, and in the present transaction. */
	struct audit_mark written, writing;
	int64_t poll, poll_feed; /* the poll looked up last, and its feed */
	struct search_notes *notes; /* of the open transaction; NULL none */
	bool search_is_unwritten; /* the index was changed and not flushed */
	bool search_is_damaged; /* so it said when it was last written to */
	int64_t n_search_renewals; /* see search_renewals() */
	struct things *things; /* see things_priv.h; NULL none */
	/* txn_then() of the open transaction, in order. */
	struct txn_task *tasks, **tasks_end;
	/* Of the log: pages at the last commit, and how many came since they
	 * were moved last; who wants to know when it is worth to move them. */
	int log_pages, log_unmoved;
	void (*on_log)(void *arg);
	void *on_log_arg;
	int64_t n_scored; /* matches that search_score() has ranked */
	sqlite3_stmt *statements[STMT_MAX];
	/* Of each statement's parameters, as the callers wrote them. */
	const char *names[STMT_MAX][QUERY_NAMES_MAX];
};

/* engine.c: connect (again) to s->path with every setting; the file exists. */
int engine_connect(struct store *s, struct err *err) must_check;
void engine_disconnect(struct store *s);
/* For CLEANUP: a statement that is used once. */
void engine_finalize(sqlite3_stmt **stmt);
/* The engine's code in what its check says of a page that it could not read: no
 * memory, a bad disk. SQLITE_OK: of none. */
int engine_check_code(const char *word);
/* Settings of one line, without an answer. */
int engine_exec(struct store *s, const char *text, struct err *err) must_check;
/* What does not fit into the cache while it sorts goes into files from now on,
 * beside the database: there is room, and it may be written there. */
int engine_sort_in_files(struct store *s, struct err *err) must_check;

/* recent_writes.c: hear of every commit, instead of the engine's own rule of
 * when to move what was written. */
void recent_writes_watch(struct store *s);

/* engine_error.c: engine code @rc as ours; @doing says what was tried. */
int engine_error(struct store *s, int rc, const char *doing, struct err *err);
int engine_damaged(const char *path, const char *why, struct err *err);

/* engine_file.c */
int engine_lock(const char *directory, int *ret_fd, struct err *err) must_check;
/* Is there a file that can be a database? ERR_NOT_FOUND, ERR_STORE_DAMAGED. */
int engine_check_file(const char *path, struct err *err) must_check;
/*
 * Is it ours, by its first bytes? Touches nothing. It reads through the
 * engine's own descriptor: closing another one of the same file would drop
 * every lock this process holds on it (POSIX).
 */
int engine_check_header(struct store *s, struct err *err) must_check;
/*
 * Is the file that is open still the one at its path? Else what is written
 * goes where nobody looks, and with the last descriptor it is gone. A log that
 * somebody removed makes the connection suspect: what it holds moves into the
 * file with the last close of it.
 */
int engine_check_place(struct store *s, struct err *err) must_check;
int engine_sync_directory(const char *path, struct err *err) must_check;
/* Make @path an empty file of mode 0640 whatever the umask. */
int engine_create_file(const char *path, struct err *err) must_check;
/* rename() that is on the disk when it returns. */
int engine_rename(const char *from, const char *to, struct err *err) must_check;

/* migrate.c */
int migrate_latest(const struct migration *list);
int migrate_version(struct store *s, int *ret, struct err *err) must_check;
/* migrate_copy.c: unlink(), where a file that is not there is fine. */
int migrate_remove(const char *path, struct err *err) must_check;
/* Copy to triaged.db.before-NUMBER-TIME; the newest three of all are kept. */
int migrate_copy(struct store *s, int number, struct err *err) must_check;
/* Runs what is newer than the database, after a copy of it: all or nothing.
 * @watch may be NULL. */
int migrate_run(struct store *s, const struct migration *list,
		const struct store_watch *watch, struct err *err) must_check;
/* A new database at @path: there complete, or not there. */
int migrate_create(const char *path, struct err *err) must_check;

/*
 * One use of a prepared statement: query_open, query_bind_..., then either
 * query_run or query_step until 0; query_close (by CLEANUP) makes it free for
 * the next. Binding cannot fail visibly: the next step does.
 */
struct query {
	struct store *store;
	sqlite3_stmt *stmt;
	int rc; /* of the first bind that failed */
	int next; /* the parameter that is probably bound next */
	const char **names; /* of the store, for this statement */
};
#define QUERY_NONE                                                             \
	{                                                                      \
		NULL, NULL, 0, 0, NULL                                         \
	}

int query_open(struct query *q, struct store *s, enum statement id,
	       struct err *err) must_check;
void query_close(struct query *q);
/* @name is a string literal: it is remembered by its address. */
void query_bind_int(struct query *q, const char *name, int64_t value);
/* An instant or an id: 0 is stored as null. */
void query_bind_ms(struct query *q, const char *name, int64_t value);
/* NULL is stored as null; @text is borrowed until query_close. */
void query_bind_text(struct query *q, const char *name, const char *text);
void query_bind_blob(struct query *q, const char *name, const void *bytes,
		     size_t len);
/* Foreign bytes: as text where they are text, as a blob where not. */
void query_bind_raw(struct query *q, const char *name, const char *bytes,
		    size_t len);
/* 1 a row, 0 no more. */
int query_step(struct query *q, struct err *err) must_check;
/* Runs to the end; the number of rows that changed. */
int query_run(struct query *q, struct err *err) must_check;
/* The integer of the first column of the first row; 0 when null. 1 a row, 0
 * none. */
int query_one(struct query *q, int64_t *ret, struct err *err) must_check;
/* The first column of every row. */
int query_ids(struct query *q, int64_t *ret, size_t max,
	      struct err *err) must_check;
/* All statements prepare: a broken one is found at start. */
int query_check_all(struct store *s, struct err *err) must_check;
void query_finalize_all(struct store *s);

/* Columns of the row a statement stands on. */
int64_t row_int(const struct query *q, int column);
char *row_text(const struct query *q, int column); /* heap; NULL for null */
/* At most @size bytes; shorter ones are filled up with zeros. */
void row_blob(const struct query *q, int column, void *ret, size_t size);

#endif
