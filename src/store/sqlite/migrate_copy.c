/*
 * The way back from an upgrade: a copy of the database beside it, whole or not
 * there, before its schema changes. Called by migrate.c; knows no step.
 *
 * tested with: test_store
 */
#include "store/sqlite/engine_priv.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "util/clock.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* Copies of as many upgrades are kept. */
#define COPIES_KEPT 3

int migrate_remove(const char *path, struct err *err)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return err_set(err, -errno, "cannot remove %s: %s", path,
			       strerror(errno));
	return 0;
}

/* Asked before: a copy that fails half-way has filled the disk for everybody.
 * The change itself may need as much again, for a moment. */
static int check_room(struct store *s, struct err *err)
{
	int64_t bytes = 0, log_bytes = 0, needed, there;
	struct statvfs disk;

	if (store_size(s, &bytes, &log_bytes) < 0 ||
	    statvfs(s->path, &disk) < 0)
		return 0; /* who cannot be asked says so when it is written */
	needed = 2 * (bytes + log_bytes);
	there = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
	if (needed <= there)
		return 0;
	return err_set(err, ERR_STORE_FULL,
		       "the database %s is to be copied before its schema "
		       "changes, which takes %" PRId64 " MiB, and its disk has "
		       "%" PRId64 " MiB; make room and start triaged again, "
		       "nothing was changed",
		       s->path, (needed >> 20) + 1, there >> 20);
}

static int copy_into(struct store *s, const char *path, struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	int rc =
		sqlite3_prepare_v2(s->db, "VACUUM INTO @path", -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	return rc == SQLITE_DONE
		       ? 0
		       : engine_error(s, rc,
				      "copy the database before migrating",
				      err);
}

/* Only copies that are whole have such a name; by time, oldest first. */
static int by_age(const void *a, const void *b)
{
	struct stat x, y;

	if (stat(*(char *const *)a, &x) < 0 || stat(*(char *const *)b, &y) < 0)
		return strcmp(*(char *const *)a, *(char *const *)b);
	if (x.st_mtim.tv_sec != y.st_mtim.tv_sec)
		return x.st_mtim.tv_sec < y.st_mtim.tv_sec ? -1 : 1;
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One copy for each schema, though a start fails and is tried again; of these
 * the newest. What cannot be removed stays: it is no reason not to start. */
static void drop_old(const struct store *s, int number, const char *fresh)
{
	CLEANUP(free_ptr) char *pattern = xasprintf("%s.before-*", s->path);
	CLEANUP(free_ptr)
	char *same = xasprintf("%s.before-%d-", s->path, number);
	CLEANUP(free_ptr) char **others = NULL;
	size_t n = 0;
	glob_t found;

	if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
		return;
	others = xcalloc(found.gl_pathc, sizeof(*others));
	for (size_t i = 0; i < found.gl_pathc; i++) {
		if (strncmp(found.gl_pathv[i], same, strlen(same)) == 0 &&
		    strcmp(found.gl_pathv[i], fresh) != 0)
			(void)unlink(found.gl_pathv[i]);
		else if (strcmp(found.gl_pathv[i], fresh) != 0)
			others[n++] = found.gl_pathv[i];
	}
	qsort(others, n, sizeof(*others), by_age);
	for (size_t i = 0; i + COPIES_KEPT - 1 < n; i++)
		(void)unlink(others[i]);
	globfree(&found);
}

int migrate_copy(struct store *s, int number, struct err *err)
{
	char at[TIMEFMT_MAX];
	CLEANUP(free_ptr) char *part = xasprintf("%s.before.part", s->path);
	CLEANUP(free_ptr) char *path = NULL;
	int rc = migrate_remove(part, err);

	path = xasprintf("%s.before-%d-%.19s", s->path, number,
			 timefmt_utc(clock_wall_ms(), at));
	if (rc == 0)
		rc = check_room(s, err);
	if (rc == 0) /* with its mode before there is a byte in it */
		rc = engine_create_file(part, err);
	if (rc < 0)
		return rc;
	rc = copy_into(s, part, err);
	if (rc == 0)
		rc = engine_rename(part, path, err);
	if (rc < 0) {
		(void)unlink(part); /* half a copy takes room for nothing */
		return rc;
	}
	drop_old(s, number, path);
	return 0;
}
