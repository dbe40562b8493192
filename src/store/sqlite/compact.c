/*
 * See store/compact.h. Called by `triagectl db compact`, never by the daemon,
 * which would stand still as long.
 *
 * The engine copies what is used into a file of its own, then that back over
 * the database through the write-ahead log: at its peak both are there, beside
 * the old file.
 *
 * tested with: test_compact
 */
#include "store/compact.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "store/retention.h"
#include "store/sqlite/inspect_priv.h"
#include "store/sqlite/search_priv.h"
#include "util/xmalloc.h"

struct compact {
	struct store *store; /* with the daemon's lock */
	char *directory;
	const struct store_watch *watch;
	struct compact_report report;
};

static void compact_release(struct compact *c)
{
	c->store = store_close(c->store);
	free(c->directory);
	sqlite3_free(sqlite3_temp_directory);
	sqlite3_temp_directory = NULL;
}

static char *directory_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? xstrndup(file, (size_t)(slash - file)) : xstrdup(".");
}

/* What root makes belongs to who has the database, or he cannot start. */
static int give_lock(const struct compact *c, struct err *err)
{
	struct stat owner;

	if (geteuid() != 0 || stat(c->store->path, &owner) < 0)
		return 0;
	if (fchown(c->store->lock_fd, owner.st_uid, owner.st_gid) < 0)
		return err_set(err, -errno,
			       "cannot give the lock in %s to the owner of the "
			       "database: %s",
			       c->directory, strerror(errno));
	return 0;
}

static int take_lock(struct compact *c, struct err *err)
{
	struct err why = ERR_INIT;
	int rc = engine_lock(c->directory, &c->store->lock_fd, &why);

	if (rc == ERR_BUSY)
		return err_set(err, rc,
			       "the daemon is running: %.300s (to compact: "
			       "systemctl stop triaged, and start it after)",
			       why.text);
	if (rc < 0)
		return err_set(err, rc, "%s", why.text);
	return give_lock(c, err);
}

static int open_it(struct compact *c, const char *file, bool dry,
		   struct err *err)
{
	int rc = engine_check_file(file, err);

	if (rc < 0)
		return rc;
	if (dry) /* beside the daemon, too */
		return inspect_open(file, &c->store, err);
	c->directory = directory_of(file);
	c->store = xcalloc(1, sizeof(*c->store));
	c->store->path = xstrdup(file);
	c->store->lock_fd = -1;
	rc = take_lock(c, err);
	if (rc >= 0)
		rc = engine_connect(c->store, err);
	if (rc >= 0)
		rc = migrate_version(c->store, &c->store->version, err);
	if (rc >= 0 && c->store->version > migrate_latest(store_migrations))
		return err_set(err, ERR_STORE_NEWER,
			       "the database %s is of a newer release than "
			       "this triagectl; use the newer one",
			       file);
	return rc;
}

static int64_t bytes_now(struct store *s)
{
	int64_t bytes = 0, log_bytes = 0;

	return store_size(s, &bytes, &log_bytes) < 0 ? 0 : bytes + log_bytes;
}

/* Asked before, so that nobody finds out half-way. */
static int check_room(struct compact *c, struct err *err)
{
	struct compact_report *r = &c->report;
	struct store_space space;
	struct statvfs disk;
	int rc = store_space(c->store, &space, err);

	if (rc < 0)
		return rc;
	r->before = r->after = bytes_now(c->store);
	r->needed = 2 * space.used + (INT64_C(16) << 20);
	if (statvfs(c->store->path, &disk) < 0)
		return err_set(err, -errno,
			       "cannot ask for the room on the "
			       "disk of %s: %s",
			       c->store->path, strerror(errno));
	r->there = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
	return 0;
}

static int full(const struct compact *c, struct err *err)
{
	return err_set(err, ERR_STORE_FULL,
		       "to compact %s takes %" PRId64
		       " MiB for a while, and its "
		       "disk has %" PRId64 " MiB; make room first, nothing was "
		       "changed",
		       c->store->path, (c->report.needed >> 20) + 1,
		       c->report.there >> 20);
}

static int on_steps(void *arg)
{
	static const struct store_progress p = { .what = "compacting" };

	return store_watch_step(arg, &p);
}

static int rewrite(struct compact *c, struct err *err)
{
	int rc = engine_sort_in_files(c->store, err);

	if (rc >= 0)
		rc = engine_exec(c->store, "PRAGMA auto_vacuum = INCREMENTAL",
				 err);
	if (rc < 0)
		return rc;
	/* The engine hands it back unchanged. */
	sqlite3_progress_handler(c->store->db,
				 c->watch ? ENGINE_WATCH_STEPS : 0, on_steps,
				 (void *)c->watch);
	rc = engine_exec(c->store, "VACUUM", err);
	sqlite3_progress_handler(c->store->db, 0, NULL, NULL);
	if (rc == ERR_CANCELLED)
		return err_set(err, rc,
			       "it was stopped; the database is as it was");
	/* A reader that stays keeps the log from the file, for now. */
	return rc < 0 ? rc
		      : engine_exec(c->store, "PRAGMA wal_checkpoint(TRUNCATE)",
				    err);
}

/* Of a schema that has an index; what is damaged would be copied as it is. */
static int renew_search(struct compact *c, bool *ret_emptied, struct err *err)
{
	bool sound = true;
	int rc = 0;

	*ret_emptied = false;
	if (c->store->version == migrate_latest(store_migrations))
		rc = search_check(c->store, &sound, err);
	if (rc < 0 || sound)
		return rc;
	*ret_emptied = true;
	return search_empty(c->store, err);
}

int store_compact(const char *file, bool dry, const struct store_watch *watch,
		  struct compact_report *ret, struct err *err)
{
	CLEANUP(compact_release) struct compact c = { .watch = watch };
	int rc = open_it(&c, file, dry, err);

	if (rc >= 0)
		rc = check_room(&c, err);
	if (rc < 0)
		return rc;
	*ret = c.report;
	if (dry)
		return 0;
	if (c.report.there < c.report.needed)
		return full(&c, err);
	rc = renew_search(&c, &ret->search_emptied, err);
	if (rc >= 0)
		rc = rewrite(&c, err);
	if (rc < 0)
		return rc;
	ret->after = bytes_now(c.store);
	return 0;
}
