/*
 * Puts a backup in the place of the database: see store/restore.h. Called by
 * `triagectl restore`, never by the daemon.
 *
 * In this order, so that a crash in between leaves a database that is whole:
 * the copy is made and settled under another name; the present file gets a
 * second name; its write-ahead log, emptied into it where it can be, takes that
 * name too, because under the old one it would be applied to the new file; then
 * one rename puts the copy in place.
 *
 * tested with: test_restore
 */
#include "store/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "store/sqlite/inspect_priv.h"
#include "store/sqlite/restore_priv.h"
#include "util/shell.h"
#include "util/xmalloc.h"

#define BUSY_MS 2000

struct restore {
	const struct restore_order *o;
	struct restore_report *r;
	struct store *from; /* the backup */
	char *directory; /* of the database */
	char *fresh; /* the copy that will take its place */
	struct stat owner; /* who owns the database, or its directory */
	int lock_fd;
};

static void restore_release(struct restore *re)
{
	re->from = store_close(re->from);
	if (re->fresh)
		(void)unlink(re->fresh); /* gone already when all went well */
	free(re->fresh);
	free(re->directory);
	if (re->lock_fd >= 0)
		(void)close(re->lock_fd); /* and with it the lock */
}

static int system_failed(const char *doing, const char *path, struct err *err)
{
	int number = errno;

	return err_set(err,
		       number == ENOSPC || number == EDQUOT ? ERR_STORE_FULL
							    : -number,
		       "cannot %s %s: %s; nothing was replaced", doing, path,
		       strerror(number));
}

/* --- what is there --- */

static int verify_log(struct restore *re, struct err *err)
{
	CLEANUP(free_ptr) char *word = shell_word(re->o->backup);
	struct audit_report *log = &re->r->log;
	int rc = audit_walk(re->from, NULL, 0, re->o->watch, log, err);

	if (rc < 0 || audit_log_holds(log) || re->o->broken_log)
		return rc;
	return err_set(err, ERR_STORE_DAMAGED,
		       "the audit log in %s was altered at event %" PRId64
		       ", so it was not restored; look with: triagectl "
		       "--database %s audit verify; take another backup, or "
		       "this one with --force",
		       re->o->backup, log->id, word);
}

static int verify_backup(struct restore *re, struct err *err)
{
	struct stat a, b;
	int rc = inspect_open(re->o->backup, &re->from, err);

	if (rc == ERR_NOT_FOUND)
		return err_set(err, rc, "there is no file %s", re->o->backup);
	if (rc < 0)
		return rc;
	if (stat(re->o->backup, &a) == 0 && stat(re->o->database, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		return err_set(err, ERR_BAD_STATE,
			       "%s is the database itself; name a backup of it",
			       re->o->backup);
	rc = inspect_integrity(re->from, true, re->o->watch, err);
	if (rc >= 0)
		rc = inspect_references(re->from, err);
	if (rc >= 0)
		rc = store_facts(re->from, &re->r->backup, err);
	if (rc >= 0)
		rc = inspect_number(re->from,
				    "SELECT count(*) FROM delivery "
				    "WHERE next_ms IS NOT NULL",
				    &re->r->n_owed, err);
	return rc < 0 ? rc : verify_log(re, err);
}

/* Is the backup's newest event one of the present log, unchanged? */
static int is_earlier(struct store *present, const struct restore_report *r,
		      bool *ret, struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(present->db,
				    "SELECT 1 FROM event WHERE id = @id "
				    "AND lower(hex(hash)) = @hash",
				    -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 1, r->backup.head_id);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 2, r->backup.head, -1,
				       SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return engine_error(present, rc, "read", err);
	*ret = rc == SQLITE_ROW;
	return 0;
}

/* What cannot be read is no reason not to restore: it is the usual one. */
static void look_at_present(struct restore *re)
{
	CLEANUP(store_close_ptr) struct store *s = NULL;
	struct restore_report *r = re->r;
	struct err why = ERR_INIT;
	int rc = inspect_open(re->o->database, &s, &why);

	r->present_there = rc != ERR_NOT_FOUND;
	if (rc == ERR_NOT_FOUND)
		return;
	if (rc >= 0)
		rc = inspect_integrity(s, false, re->o->watch, &why);
	if (rc >= 0)
		rc = store_facts(s, &r->present, &why);
	if (rc >= 0)
		rc = is_earlier(s, r, &r->is_earlier, &why);
	if (rc >= 0)
		return;
	r->present = (struct store_facts){ 0 };
	snprintf(r->present_trouble, sizeof(r->present_trouble), "%.255s",
		 why.text);
}

/* --- nobody else works with it --- */

/* Files that root makes here belong to who owns the database. */
static int give_to_owner(const struct restore *re, int fd, const char *path,
			 struct err *err)
{
	if (geteuid() == re->owner.st_uid)
		return 0;
	if (fchown(fd, re->owner.st_uid, re->owner.st_gid) < 0)
		return system_failed("give to the owner of the database", path,
				     err);
	return 0;
}

static int take_lock(struct restore *re, struct err *err)
{
	struct err why = ERR_INIT;
	int rc = engine_lock(re->directory, &re->lock_fd, &why);

	if (rc == ERR_BUSY)
		return err_set(err, rc,
			       "the daemon is running: %.300s (for restore: "
			       "systemctl stop triaged)",
			       why.text);
	if (rc < 0)
		return err_set(err, rc, "%s", why.text);
	return give_to_owner(re, re->lock_fd, re->directory, err);
}

/*
 * Move the log into the file, alone with it: then the file is the whole
 * database. A damaged one is kept as it is, with its log.
 */
static int settle_present(const struct restore *re, struct err *err)
{
	sqlite3 *db = NULL;
	int left = 0, done = 0;
	int rc = sqlite3_open_v2(re->o->database, &db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
					 SQLITE_OPEN_EXRESCODE,
				 NULL);
	int persist = 1;

	if (rc == SQLITE_OK) {
		(void)sqlite3_busy_timeout(db, BUSY_MS);
		(void)sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL,
					   &persist);
		rc = sqlite3_wal_checkpoint_v2(db, NULL,
					       SQLITE_CHECKPOINT_TRUNCATE,
					       &left, &done);
	}
	(void)sqlite3_close(db); /* no statement is left: cannot be busy */
	if ((rc & 0xff) == SQLITE_BUSY)
		return err_set(err, ERR_BUSY,
			       "another program reads %s now; close it "
			       "(look with: fuser -v %s) and try again",
			       re->o->database, re->o->database);
	return 0;
}

/* --- putting it in place --- */

static int make_fresh(struct restore *re, struct err *err)
{
	const char *present = re->r->present_there && !re->r->present_trouble[0]
				      ? re->o->database
				      : NULL;
	int rc, fd;

	re->fresh = xasprintf("%s.restoring", re->o->database);
	rc = store_backup(re->from, re->fresh, true, re->o->watch, NULL, err);
	if (rc >= 0)
		rc = restore_adjust(re->o, re->fresh, present, re->r, err);
	if (rc < 0)
		return rc;
	fd = open(re->fresh, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return system_failed("open", re->fresh, err);
	rc = give_to_owner(re, fd, re->fresh, err);
	(void)close(fd); /* engine_rename() brings it to the disk */
	return rc;
}

static void name_kept(struct restore *re)
{
	time_t now = re->o->now_ms / 1000;
	struct tm tm;
	char at[32];

	(void)gmtime_r(&now, &tm);
	strftime(at, sizeof(at), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(re->r->kept, sizeof(re->r->kept), "%s.replaced-%s",
		 re->o->database, at);
}

static int move_beside(const struct restore *re, const char *ending,
		       struct err *err)
{
	CLEANUP(free_ptr)
	char *from = xasprintf("%s%s", re->o->database, ending);
	CLEANUP(free_ptr) char *to = xasprintf("%s%s", re->r->kept, ending);

	if (rename(from, to) < 0 && errno != ENOENT)
		return system_failed("rename", from, err);
	return 0;
}

static int keep_present(struct restore *re, struct err *err)
{
	int rc;

	name_kept(re);
	if (link(re->o->database, re->r->kept) < 0)
		return system_failed("keep the present database as",
				     re->r->kept, err);
	rc = engine_sync_directory(re->o->database, err);
	if (rc >= 0)
		rc = move_beside(re, "-wal", err);
	return rc < 0 ? rc : move_beside(re, "-shm", err);
}

static int put_in_place(struct restore *re, struct err *err)
{
	int rc = re->r->present_there ? settle_present(re, err) : 0;

	if (rc >= 0)
		rc = make_fresh(re, err);
	if (rc >= 0 && re->r->present_there)
		rc = keep_present(re, err);
	return rc < 0 ? rc : engine_rename(re->fresh, re->o->database, err);
}

static int find_owner(struct restore *re, struct err *err)
{
	const char *slash = strrchr(re->o->database, '/');
	int len = (int)(slash ? slash - re->o->database : 0);

	re->directory = !slash ? xstrdup(".")
			: len  ? xasprintf("%.*s", len, re->o->database)
			       : xstrdup("/");
	if (stat(re->o->database, &re->owner) < 0 &&
	    stat(re->directory, &re->owner) < 0)
		return system_failed("look at", re->directory, err);
	return 0;
}

int store_restore(const struct restore_order *o, struct restore_report *ret,
		  struct err *err)
{
	CLEANUP(restore_release)
	struct restore re = { .o = o, .r = ret, .lock_fd = -1 };
	int rc;

	*ret = (struct restore_report){ .present_there = false };
	rc = find_owner(&re, err);
	if (rc >= 0 && !o->dry_run)
		rc = take_lock(&re, err);
	if (rc >= 0)
		rc = verify_backup(&re, err);
	if (rc < 0)
		return rc;
	look_at_present(&re);
	return o->dry_run ? 0 : put_in_place(&re, err);
}
