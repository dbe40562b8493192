/*
 * A copy of the whole database by the engine's backup: see store/backup.h.
 * Called by `triagectl backup` and before a database is changed for good; knows
 * no row of it.
 *
 * The source is held at one moment by a read transaction that stays open: the
 * engine would begin anew each time the writer commits between two steps, and
 * never come to an end beside a busy daemon. What it costs is room: the
 * write-ahead log cannot be used over until the copy is made.
 */
#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "store/sqlite/engine_priv.h"
#include "store/sqlite/inspect_priv.h"
#include "util/xmalloc.h"

/* Pages of a step: 1 MiB at the usual 4 KiB, some milliseconds. */
#define STEP_PAGES 256
/* The file format, section 1.3: read and write version; 1 needs no log. */
#define HEADER_VERSIONS 18

struct copy {
	struct store *source;
	const char *file; /* where it will stand */
	char *part; /* where it is made */
	bool replace;
	const struct store_watch *watch;
	sqlite3 *db; /* the part */
};

static void fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* what was written is synced elsewhere */
}

static int copy_failed(const struct copy *c, int number, struct err *err)
{
	if (number == ENOSPC || number == EDQUOT)
		return err_set(err, ERR_STORE_FULL,
			       "cannot write the backup %s: %s; nothing was "
			       "left behind; make room there, or name a file "
			       "on another disk",
			       c->file,
			       number == ENOSPC ? "the disk is full"
						: "the disk quota is used up");
	if (number == EFBIG)
		return err_set(err, ERR_STORE_FULL,
			       "cannot write the backup %s: it grows larger "
			       "than this process or file system allows; "
			       "nothing was left behind; look at `ulimit -f`",
			       c->file);
	return err_set(err, -number,
		       "cannot write the backup %s: %s; nothing was left "
		       "behind",
		       c->file, strerror(number));
}

/*
 * Code @rc of a step: was it the reading side or the writing one? A step keeps
 * the system's error nowhere but in errno.
 */
static int step_failed(const struct copy *c, int rc, struct err *err)
{
	int number = errno;

	if ((rc & 0xff) == SQLITE_FULL)
		return copy_failed(c, ENOSPC, err);
	if ((rc & 0xff) == SQLITE_IOERR && rc != SQLITE_IOERR_READ &&
	    rc != SQLITE_IOERR_SHORT_READ)
		return copy_failed(c, number > 0 ? number : EIO, err);
	return engine_error(c->source, rc, "copy", err);
}

static int cancelled(const struct copy *c, struct err *err)
{
	return err_set(err, ERR_CANCELLED,
		       "the backup %s was stopped; nothing was left behind",
		       c->file);
}

/* A log beside it means that somebody works with the file, or did until it was
 * killed; another database under that log would be ruined by it. */
static int refuse_used(const struct copy *c, struct err *err)
{
	static const char *const beside[] = { "-wal", "-journal" };

	for (size_t i = 0; i < ARRAY_SIZE(beside); i++) {
		CLEANUP(free_ptr)
		char *path = xasprintf("%s%s", c->file, beside[i]);

		if (access(path, F_OK) == 0)
			return err_set(err, ERR_BAD_STATE,
				       "%s cannot be replaced by a backup: %s "
				       "is there, so it is a database in use; "
				       "name another file",
				       c->file, path);
	}
	return 0;
}

static int check_target(const struct copy *c, struct err *err)
{
	struct stat st, own;

	if (stat(c->file, &st) < 0)
		return errno == ENOENT ? refuse_used(c, err)
				       : copy_failed(c, errno, err);
	if (S_ISDIR(st.st_mode))
		return err_set(err, ERR_BAD_STATE,
			       "%s is a directory; name a file in it, such as "
			       "%s/triaged-backup.db",
			       c->file, c->file);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_BAD_STATE,
			       "%s is no regular file; a backup must be one",
			       c->file);
	if (stat(c->source->path, &own) == 0 && own.st_dev == st.st_dev &&
	    own.st_ino == st.st_ino)
		return err_set(err, ERR_BAD_STATE,
			       "%s is the database itself; name another file",
			       c->file);
	if (!c->replace)
		return err_set(err, ERR_BAD_STATE,
			       "%s is there already; name another file, or "
			       "replace it with --force",
			       c->file);
	return refuse_used(c, err);
}

/* A disk that the daemon writes to as well is not filled to the brim first. */
static int check_room(const struct copy *c, int64_t bytes, struct err *err)
{
	CLEANUP(free_ptr) char *directory = xstrdup(c->file);
	char *slash = strrchr(directory, '/');
	struct statvfs room;
	int64_t left;

	if (slash)
		slash[slash == directory ? 1 : 0] = '\0';
	if (statvfs(slash ? directory : ".", &room) < 0)
		return copy_failed(c, errno, err);
	left = (int64_t)(room.f_bavail * room.f_frsize);
	if (left >= bytes)
		return 0;
	return err_set(err, ERR_STORE_FULL,
		       "the backup %s needs %" PRId64 " MiB and its disk has "
		       "%" PRId64 " MiB left; make room there, or name a file "
		       "on another disk",
		       c->file, (bytes >> 20) + 1, left >> 20);
}

/* Who reads the database reads its copies: same group where we may give it. */
static int make_part(struct copy *c, struct err *err)
{
	struct stat own;
	CLEANUP(fd_close) int fd = -1;

	c->part = xasprintf("%s.part-XXXXXX", c->file);
	fd = mkostemp(c->part, O_CLOEXEC);
	if (fd < 0) {
		free(take(c->part));
		return copy_failed(c, errno, err);
	}
	if (stat(c->source->path, &own) == 0 &&
	    fchown(fd, (uid_t)-1, own.st_gid) < 0 && errno != EPERM)
		return copy_failed(c, errno, err);
	if (fchmod(fd, 0640) < 0)
		return copy_failed(c, errno, err);
	return 0;
}

static int open_part(struct copy *c, struct err *err)
{
	/* Nobody else sees the part, and a crash throws it away. */
	static const char *const settings =
		"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "
		"PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -2000";
	int rc = sqlite3_open_v2(c->part, &c->db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
					 SQLITE_OPEN_EXRESCODE,
				 NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(c->db, settings, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : step_failed(c, rc, err);
}

static int run_steps(struct copy *c, sqlite3_backup *backup, struct err *err)
{
	struct store_progress p = { .what = "copying", .bytes = true };
	int rc, page = 0;
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(c->source->db, "PRAGMA page_size", -1, &stmt,
			       NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		page = sqlite3_column_int(stmt, 0);
	do {
		rc = sqlite3_backup_step(backup, STEP_PAGES);
		if (rc != SQLITE_OK && rc != SQLITE_DONE)
			return step_failed(c, rc, err);
		p.total = (int64_t)sqlite3_backup_pagecount(backup) * page;
		p.done = p.total -
			 (int64_t)sqlite3_backup_remaining(backup) * page;
		if (store_watch_step(c->watch, &p))
			return cancelled(c, err);
	} while (rc == SQLITE_OK);
	return 0;
}

static int64_t page_bytes(struct store *s)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db,
				    "SELECT page_count * page_size FROM "
				    "pragma_page_count(), pragma_page_size()",
				    -1, &stmt, NULL);

	return rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW
		       ? sqlite3_column_int64(stmt, 0)
		       : 0;
}

static int copy_pages(struct copy *c, struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *hold = NULL;
	sqlite3_backup *backup;
	int rc, end;

	rc = sqlite3_prepare_v2(c->source->db, "SELECT name FROM sqlite_schema",
				-1, &hold, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(hold);
	if (rc != SQLITE_ROW)
		return engine_error(c->source, rc, "copy", err);
	rc = check_room(c, page_bytes(c->source), err);
	if (rc < 0)
		return rc;
	backup = sqlite3_backup_init(c->db, "main", c->source->db, "main");
	if (!backup)
		return step_failed(c, sqlite3_extended_errcode(c->db), err);
	rc = run_steps(c, backup, err);
	end = sqlite3_backup_finish(backup);
	if (rc == 0 && end != SQLITE_OK)
		return step_failed(c, end, err);
	return rc;
}

/* The copy needs no write-ahead log: it can be read from anywhere. */
static int settle_part(const struct copy *c, struct err *err)
{
	static const unsigned char plain[2] = { 1, 1 };
	CLEANUP(fd_close) int fd = open(c->part, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, plain, 2, HEADER_VERSIONS) != 2 ||
	    fsync(fd) < 0)
		return copy_failed(c, errno, err);
	return 0;
}

static int check_part(const struct copy *c, struct store_facts *ret,
		      struct err *err)
{
	CLEANUP(store_close_ptr) struct store *s = NULL;
	int rc = inspect_open(c->part, &s, err);

	if (rc >= 0)
		rc = inspect_integrity(s, true, c->watch, err);
	if (rc >= 0)
		rc = store_facts(s, ret, err);
	if (rc == ERR_CANCELLED)
		return cancelled(c, err);
	if (rc == ERR_STORE_DAMAGED)
		return err_set(err, rc,
			       "the copy of %s is not whole, so %s was not "
			       "made; see which part is damaged with: "
			       "triagectl db check",
			       c->source->path, c->file);
	return rc;
}

static int place_part(struct copy *c, struct err *err)
{
	int rc = renameat2(AT_FDCWD, c->part, AT_FDCWD, c->file,
			   c->replace ? 0 : RENAME_NOREPLACE);

	/* Not every file system knows the flag. */
	if (rc < 0 && errno == EINVAL && !c->replace &&
	    access(c->file, F_OK) < 0)
		rc = rename(c->part, c->file);
	if (rc < 0 && errno == EEXIST)
		return check_target(c, err);
	if (rc < 0)
		return copy_failed(c, errno, err);
	free(take(c->part));
	return engine_sync_directory(c->file, err);
}

static int copy_make(struct copy *c, struct store_facts *ret, struct err *err)
{
	int rc = check_target(c, err);

	if (rc >= 0)
		rc = make_part(c, err);
	if (rc >= 0)
		rc = open_part(c, err);
	if (rc >= 0)
		rc = copy_pages(c, err);
	if (sqlite3_close(take(c->db)) != SQLITE_OK && rc >= 0)
		rc = copy_failed(c, EIO, err);
	if (rc >= 0)
		rc = settle_part(c, err);
	if (rc >= 0)
		rc = check_part(c, ret, err);
	return rc < 0 ? rc : place_part(c, err);
}

int store_backup(struct store *s, const char *file, bool replace,
		 const struct store_watch *watch, struct store_facts *ret,
		 struct err *err)
{
	struct copy c = {
		.source = s, .file = file, .replace = replace, .watch = watch
	};
	struct store_facts facts = { 0 };
	int rc = copy_make(&c, &facts, err);

	if (c.part)
		(void)unlink(c.part); /* half a copy takes room for nothing */
	free(c.part);
	if (rc >= 0 && ret)
		*ret = facts;
	return rc;
}
