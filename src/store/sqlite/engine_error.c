/*
 * The engine's error codes as ours, with the path, the cause and what an
 * operator can do. Called by every file of this folder.
 *
 * tested with: test_store test_faults
 */
#include "store/sqlite/engine_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include "util/shell.h"
#include "util/xmalloc.h"

#define LIMIT_ROOM 65536

int engine_damaged(const char *path, const char *why, struct err *err)
{
	CLEANUP(free_ptr) char *word = shell_word(path);

	return err_set(err, ERR_STORE_DAMAGED,
		       "the database %s cannot be used: %s; nothing was "
		       "touched; look with: triagectl --database %s db check, "
		       "then put a backup in its place with: triagectl restore",
		       path, why, word);
}

static int engine_full(const struct store *s, const char *why, struct err *err)
{
	return err_set(err, ERR_STORE_FULL,
		       "cannot write to %s: %s; make room on that disk, "
		       "triaged goes on by itself",
		       s->path, why);
}

/* A limit for the process, seldom one of the file system. */
static int engine_limited(const struct store *s, struct err *err)
{
	return err_set(err, ERR_STORE_FULL,
		       "cannot write to %s: the file may not grow further; "
		       "raise the limit on the size of files (LimitFSIZE of "
		       "the unit) and restart triaged",
		       s->path);
}

static int engine_read_only(const struct store *s, struct err *err)
{
	return err_set(err, ERR_STORE,
		       "cannot write to %s: its file system is read-only; see "
		       "in the kernel's log why, then mount it for writing",
		       s->path);
}

/* A page and its head go beyond what may be written. */
static bool is_at_limit(const struct store *s)
{
	CLEANUP(free_ptr) char *log = xasprintf("%s-wal", s->path);
	const char *const files[] = { s->path, log };
	struct rlimit limit;
	struct stat st;

	if (getrlimit(RLIMIT_FSIZE, &limit) < 0 ||
	    limit.rlim_cur == RLIM_INFINITY)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (stat(files[i], &st) == 0 &&
		    (rlim_t)st.st_size + LIMIT_ROOM > limit.rlim_cur)
			return true;
	return false;
}

static bool is_read_only(const struct store *s)
{
	struct statvfs fs;

	return statvfs(s->path, &fs) == 0 && (fs.f_flag & ST_RDONLY);
}

/*
 * The engine keeps the number of a failed read or write, but not that of a
 * failed commit: then it is still in errno, if it is one of a disk.
 */
static int engine_number(const struct store *s, int last)
{
	static const int of_disk[] = { EIO, ENOSPC, EDQUOT, EFBIG, EROFS };
	int number = s->db != NULL ? sqlite3_system_errno(s->db) : 0;

	for (size_t i = 0; i < ARRAY_SIZE(of_disk) && number == 0; i++)
		if (last == of_disk[i])
			number = last;
	return number;
}

static int engine_io(struct store *s, const char *doing, int last,
		     struct err *err)
{
	int number = engine_number(s, last);

	s->suspect = true;
	if (number == ENOSPC)
		return engine_full(s, "the disk is full", err);
	if (number == EDQUOT)
		return engine_full(s, "the disk quota is used up", err);
	/* The engine tidies up before it says so, and the number may be lost.
	 */
	if (number == EFBIG || is_at_limit(s))
		return engine_limited(s, err);
	if (number == EROFS || is_read_only(s))
		return engine_read_only(s, err);
	return err_set(err, ERR_STORE,
		       "cannot %s in %s: input/output error (%s); look at the "
		       "disk and at the kernel log",
		       doing, s->path,
		       number != 0 ? strerror(number) : "no cause given");
}

static int engine_busy(const struct store *s, struct err *err)
{
	return err_set(err, ERR_BUSY,
		       "the database %s is held by another program; close a "
		       "shell that has a transaction open on it",
		       s->path);
}

static int engine_open_failed(const struct store *s, struct err *err)
{
	if (!s->read_only && is_read_only(s))
		return engine_read_only(s, err);
	return err_set(err, ERR_STORE,
		       "cannot open the database %s for this use: it, its -wal "
		       "and -shm and its directory must be there and, for "
		       "triaged, writable; look at their owner, mode and mount",
		       s->path);
}

/* The connection tells more, when it was what failed. */
static const char *engine_words(const struct store *s, int rc)
{
	if (s->db != NULL && (sqlite3_errcode(s->db) & 0xff) == (rc & 0xff))
		return sqlite3_errmsg(s->db);
	return sqlite3_errstr(rc);
}

int engine_error(struct store *s, int rc, const char *doing, struct err *err)
{
	int last = errno;

	/* FTS5 goes on with what it had in memory when it was refused more, and
	 * takes its own index for damaged: only a new connection forgets. */
	if ((rc & 0xff) == SQLITE_NOMEM || rc == SQLITE_CORRUPT_VTAB)
		s->suspect = true;
	/* So FTS5 calls it when a blob cannot be opened for want of memory. */
	if (rc == SQLITE_CORRUPT_VTAB)
		return err_set(err, ERR_STORE,
			       "the search index of %s is damaged, or there was "
			       "no memory to read it; no alert is lost by that, "
			       "and triaged makes it anew when it meets the "
			       "damage; look with: triagectl db check",
			       s->path);
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return engine_full(s, "the disk is full", err);
	case SQLITE_IOERR:
		return engine_io(s, doing, last, err);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return engine_busy(s, err);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return engine_damaged(s->path, sqlite3_errstr(rc), err);
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return engine_open_failed(s, err);
	case SQLITE_INTERRUPT:
		return err_set(err, ERR_CANCELLED,
			       "reading %s took too long and was stopped",
			       s->path);
	default:
		return err_set(err, ERR_STORE, "cannot %s in %s: %s", doing,
			       s->path, engine_words(s, rc));
	}
}
