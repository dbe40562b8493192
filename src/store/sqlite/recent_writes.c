/*
 * The journal of recent writes (the engine's write-ahead log): moved into the
 * main file, cut to nothing when all of it is there, and who keeps it from
 * that. Called by the daemon.
 *
 * To move it waits for the disk twice. Within a commit that would hold the loop
 * for both, so a commit only tells that it is time, and the daemon comes back
 * in a turn of its own.
 *
 * A reader that stays in one transaction pins the log: nothing behind its
 * moment can be moved, so the log grows by everything that is written. It holds
 * a lock on the -shm file for that, which the kernel lists with its process. To
 * ask by opening that file would be wrong: closing it again would drop every
 * lock that this process holds on it (POSIX).
 *
 * tested with: store/test_recent_writes daemon/test_tend
 */
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "store/sqlite/engine_priv.h"
#include "util/xmalloc.h"

/* The file format's WAL-index, section 2.3: the locks of readers. */
#define READ_LOCK_FIRST 123
#define READ_LOCK_LAST 127
/* A smaller log is left alone: to move it waits for the disk twice and to begin
 * it anew once more, which at rest would be most of what wakes the machine. */
#define WORTH_BYTES (INT64_C(1) << 20)
/* Pages written since the last one that are worth a turn of the loop: fewer at
 * a time cost more in all. So many, when whoever was told does not come. */
#define DUE_PAGES 4000
#define LATE_PAGES 16000
/* Fewer than this between two looks is rest, some polls without news. */
#define REST_PAGES 256

/* "1: POSIX  ADVISORY  READ 4711 fe:01:131 123 127": is it a reader of @st? */
static bool is_reader(const char *line, const struct stat *st, int *ret_pid)
{
	unsigned major, minor;
	uint64_t inode;
	int64_t from, to;
	int pid;

	if (sscanf(line,
		   "%*d: POSIX %*s READ %d %x:%x:%" SCNu64 " %" SCNd64
		   " %" SCNd64,
		   &pid, &major, &minor, &inode, &from, &to) != 6)
		return false;
	if (makedev(major, minor) != st->st_dev || inode != st->st_ino ||
	    to < READ_LOCK_FIRST || from > READ_LOCK_LAST || pid <= 0 ||
	    pid == getpid())
		return false;
	*ret_pid = pid;
	return true;
}

/* None: there is none, or this process may not see. */
static void find_readers(const struct store *s, struct store_log *ret)
{
	CLEANUP(free_ptr) char *shm = xasprintf("%s-shm", s->path);
	char line[256];
	struct stat st;
	FILE *f;

	if (stat(shm, &st) < 0)
		return;
	f = fopen("/proc/locks", "re");
	if (f == NULL)
		return;
	while (ret->n_readers < STORE_READERS_MAX &&
	       fgets(line, sizeof(line), f) != NULL)
		if (is_reader(line, &st, &ret->readers[ret->n_readers]))
			ret->n_readers++;
	(void)fclose(f); /* it was only read */
}

/* Never waits: a reader that comes now is served first. */
static void cut(struct store *s)
{
	(void)sqlite3_busy_timeout(s->db, 0);
	(void)sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
					NULL, NULL);
	(void)sqlite3_busy_timeout(s->db, ENGINE_WRITER_BUSY_MS);
}

static int move(struct store *s, int *ret_pages, int *ret_moved)
{
	s->log_unmoved = 0;
	return sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE,
					 ret_pages, ret_moved);
}

/* Behind every commit; the log has @pages then. */
static int on_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *s = arg;

	(void)db;
	(void)name;
	/* It begins anew when all of it was moved. */
	s->log_unmoved += pages >= s->log_pages ? pages - s->log_pages : pages;
	s->log_pages = pages;
	if (s->log_unmoved >= (s->on_log ? LATE_PAGES : DUE_PAGES))
		(void)move(s, NULL, NULL); /* it was committed all the same */
	else if (s->log_unmoved >= DUE_PAGES)
		s->on_log(s->on_log_arg);
	return SQLITE_OK;
}

void recent_writes_watch(struct store *s)
{
	s->log_pages = s->log_unmoved = 0;
	/* Returns what the engine's own rule was called with. */
	(void)sqlite3_wal_hook(s->db, on_commit, s);
}

void store_on_log(struct store *s, void (*fn)(void *arg), void *arg)
{
	s->on_log = fn;
	s->on_log_arg = arg;
}

void store_tend_log(struct store *s, struct store_log *ret)
{
	bool rests = s->log_unmoved < REST_PAGES;
	int64_t bytes = 0, log_bytes = 0;
	int pages = 0, moved = 0, rc;

	*ret = (struct store_log){ 0 };
	if (s->read_only || s->in_txn || s->db == NULL)
		return;
	if (store_size(s, &bytes, &log_bytes) < 0)
		return;
	ret->bytes = log_bytes;
	if (log_bytes < WORTH_BYTES)
		return;
	rc = move(s, &pages, &moved);
	if (rc == SQLITE_OK && moved == pages && rests) {
		cut(s);
		(void)store_size(s, &bytes, &log_bytes); /* it did before */
	}
	ret->bytes = log_bytes;
	ret->pages = MAX(pages, 0);
	ret->moved = MAX(moved, 0);
	if (ret->moved < ret->pages)
		find_readers(s, ret);
}
