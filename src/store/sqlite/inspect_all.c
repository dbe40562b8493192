/*
 * Every look at a database file that `triagectl db check` takes, from its first
 * bytes to its last view. Changes nothing.
 *
 * tested with: test_inspect
 */
#include "store/inspect.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "store/sqlite/inspect_priv.h"
#include "store/sqlite/search_priv.h"
#include "util/strbuf.h"
#include "util/shell.h"
#include "util/xmalloc.h"

/* Above that the log was held back by a reader, or nobody empties it. */
#define LOG_REMARK (256 << 20)
/* A part of the file that holds nothing, in percent. */
#define FREE_REMARK 50

struct inspection {
	const char *file;
	bool quick;
	const struct store_watch *watch;
	inspect_fn *fn;
	void *arg;
	int bad;
	struct store *store; /* NULL: could not be opened */
};

static void tell(struct inspection *in, const char *check,
		 enum inspect_result result, const char *text)
{
	in->bad += result == INSPECT_BAD;
	in->fn(in->arg, &(struct inspect_finding){ check, result, text });
}

/* --- the write-ahead log, before the engine looks at it --- */

/*
 * The engine takes the end of a log that was cut off for the end of what was
 * written, and says nothing. But the index beside it (-shm) still tells how
 * much there was. Places as in the file format, section 2 "WAL-index".
 */
#define INDEX_PAGE_SIZE 14
#define INDEX_FRAMES 16
#define INDEX_SALT 32
#define INDEX_MOVED 96 /* frames that are in the file already */
#define INDEX_BYTES 100
#define LOG_HEADER 32
#define LOG_SALT 16
#define FRAME_HEADER 24

struct log_state {
	uint32_t frames, moved, page_size;
	unsigned char index_salt[8], log_salt[8];
	int64_t log_bytes;
};

static void fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* only read */
}

/* The index is in the machine's own byte order. */
static uint32_t number_at(const unsigned char *bytes, size_t at)
{
	uint32_t n;

	memcpy(&n, bytes + at, sizeof(n));
	return n;
}

static bool read_log_state(const char *file, struct log_state *ret)
{
	CLEANUP(free_ptr) char *index_name = xasprintf("%s-shm", file);
	CLEANUP(free_ptr) char *log_name = xasprintf("%s-wal", file);
	CLEANUP(fd_close) int index = open(index_name, O_RDONLY | O_CLOEXEC);
	CLEANUP(fd_close) int log = open(log_name, O_RDONLY | O_CLOEXEC);
	unsigned char head[INDEX_BYTES], first[LOG_HEADER] = { 0 };
	struct log_state s = { 0 };
	struct stat st;
	uint16_t page;

	if (index < 0 || pread(index, head, INDEX_BYTES, 0) != INDEX_BYTES)
		return false;
	s.frames = number_at(head, INDEX_FRAMES);
	s.moved = number_at(head, INDEX_MOVED);
	memcpy(&page, head + INDEX_PAGE_SIZE, sizeof(page));
	s.page_size = page == 1 ? 65536 : page;
	memcpy(s.index_salt, head + INDEX_SALT, 8);
	if (log >= 0 && fstat(log, &st) == 0)
		s.log_bytes = st.st_size;
	if (log >= 0 && pread(log, first, LOG_HEADER, 0) == LOG_HEADER)
		memcpy(s.log_salt, first + LOG_SALT, 8);
	*ret = s;
	return true;
}

static bool log_is_short(const struct log_state *s)
{
	int64_t needed =
		LOG_HEADER + (int64_t)s->frames * (s->page_size + FRAME_HEADER);

	if (s->frames <= s->moved || s->log_bytes >= needed)
		return false;
	/* Another salt: the index is of a log that has gone its way. */
	return s->log_bytes < LOG_HEADER ||
	       memcmp(s->index_salt, s->log_salt, 8) == 0;
}

static void look_at_log(struct inspection *in)
{
	struct log_state s, again;
	CLEANUP(free_ptr) char *text = NULL;

	if (!read_log_state(in->file, &s)) {
		tell(in, "log", INSPECT_GOOD, "none beside it");
		return;
	}
	/* A daemon at work may have moved on between the two files. */
	if (log_is_short(&s) && read_log_state(in->file, &again) &&
	    memcmp(&s, &again, sizeof(s)) == 0) {
		text = xasprintf(
			"%s-wal is shorter than its index says: of %u pages "
			"that were committed at most %" PRId64 " are there, so "
			"the newest changes are lost; which ones tells: "
			"triagectl audit verify --since-hash, with the head "
			"from the journal",
			in->file, s.frames,
			s.log_bytes <= LOG_HEADER
				? 0
				: (s.log_bytes - LOG_HEADER) /
					  (s.page_size + FRAME_HEADER));
		tell(in, "log", INSPECT_BAD, text);
		return;
	}
	text = xasprintf("%" PRId64 " MiB in %s-wal%s", s.log_bytes >> 20,
			 in->file,
			 s.log_bytes > LOG_REMARK
				 ? ": large; a program that reads for very "
				   "long holds it back, or the daemon is down"
				 : "");
	tell(in, "log",
	     s.log_bytes > LOG_REMARK ? INSPECT_REMARK : INSPECT_GOOD, text);
}

/* --- the file --- */

static int look_at_file(struct inspection *in, struct err *err)
{
	CLEANUP(free_ptr) char *text = NULL;
	CLEANUP(free_ptr) char *word = shell_word(in->file);
	struct err why = ERR_INIT;
	struct stat st;
	int rc;

	if (access(in->file, R_OK) < 0 && errno == EACCES)
		return err_set(err, ERR_DENIED,
			       "you may not read %s; members of the group that "
			       "owns it may, see: ls -l %s",
			       in->file, word);
	rc = engine_check_file(in->file, &why);
	if (rc < 0) {
		tell(in, "file", INSPECT_BAD, why.text);
		return 0;
	}
	look_at_log(in);
	rc = inspect_open(in->file, &in->store, &why);
	if (rc < 0 || stat(in->file, &st) < 0) {
		tell(in, "file", INSPECT_BAD, why.text);
		return 0;
	}
	text = xasprintf("%s, %" PRId64 " MiB, of triaged", in->file,
			 (int64_t)st.st_size >> 20);
	tell(in, "file", INSPECT_GOOD, text);
	return 0;
}

static int look_at_schema(struct inspection *in, struct err *err)
{
	int latest = migrate_latest(store_migrations);
	CLEANUP(free_ptr)
	char *text = xasprintf("version %d%s", in->store->version,
			       in->store->version < latest
				       ? ": older than this release; the "
					 "daemon migrates it when it starts"
				       : "");

	(void)err;
	tell(in, "schema",
	     in->store->version < latest ? INSPECT_REMARK : INSPECT_GOOD, text);
	return 0;
}

/* A check whose failure is a finding and not the end. */
static int conclude(struct inspection *in, const char *check, int rc,
		    const char *good, const struct err *why, struct err *err)
{
	if (rc == ERR_CANCELLED)
		return err_set(err, rc, "%s", why->text);
	tell(in, check, rc < 0 ? INSPECT_BAD : INSPECT_GOOD,
	     rc < 0 ? why->text : good);
	return 0;
}

static int look_at_structure(struct inspection *in, struct err *err)
{
	struct err why = ERR_INIT;
	int rc = inspect_integrity(in->store, !in->quick, in->watch, &why);

	return conclude(in, "structure", rc,
			in->quick ? "every page is in its place; indices were "
				    "not compared"
				  : "every page is in its place, every index "
				    "agrees with its table",
			&why, err);
}

static int look_at_references(struct inspection *in, struct err *err)
{
	struct err why = ERR_INIT;
	int rc = inspect_references(in->store, &why);

	return conclude(in, "references", rc, "every one leads to a row", &why,
			err);
}

static int try_view(struct inspection *in, const char *name, struct err *err)
{
	CLEANUP(free_ptr)
	char *text = xasprintf("SELECT * FROM \"%s\" LIMIT 1", name);
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(in->store->db, text, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return 0;
	(void)engine_error(in->store, rc, "read", err);
	return err_prefix(err, "view %.60s", name);
}

static int look_at_views(struct inspection *in, struct err *err)
{
	CLEANUP(engine_finalize) sqlite3_stmt *stmt = NULL;
	struct err why = ERR_INIT;
	char good[64];
	int n = 0, rc;

	rc = sqlite3_prepare_v2(in->store->db,
				"SELECT name FROM sqlite_schema WHERE type = "
				"'view' AND name NOT GLOB '*\"*' ORDER BY name",
				-1, &stmt, NULL);
	while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(stmt, 0);

		if (!name || try_view(in, name, &why) < 0)
			break;
		n++;
	}
	snprintf(good, sizeof(good), "%d can be read", n);
	if (!why.code && n == 0)
		(void)err_set(&why, ERR_STORE_DAMAGED,
			      "there are no views, so it is no database that "
			      "triaged made");
	return conclude(in, "views", why.code, good, &why, err);
}

/* How many alerts the index of words has no row for, but those that are still
 * to come (see migration 11), and how many of its rows are of no alert. */
static int count_gaps(struct store *s, int64_t *ret_absent, int64_t *ret_stray,
		      struct err *err)
{
	int rc = inspect_number(
		s,
		"SELECT count(*) FROM alert WHERE id >= ifnull((SELECT "
		"value FROM meta WHERE name = 'search_below'), 0) AND "
		"id NOT IN (SELECT id FROM alert_search_docsize)",
		ret_absent, err);

	return rc < 0 ? rc
		      : inspect_number(s,
				       "SELECT count(*) FROM "
				       "alert_search_docsize WHERE id NOT IN "
				       "(SELECT id FROM alert)",
				       ret_stray, err);
}

/* No alert is lost by what is wrong with it, but some are not found. */
static int look_at_search(struct inspection *in, struct err *err)
{
	struct err why = ERR_INIT;
	int64_t there = 0, absent = 0, stray = 0;
	bool sound = true;
	char text[256] = "the index has the words of every alert";
	int rc = inspect_number(in->store,
				"SELECT 1 FROM sqlite_schema WHERE name = "
				"'alert_search_docsize'",
				&there, &why);

	if (rc >= 0 && !there)
		return 0; /* a schema of before */
	if (rc >= 0)
		rc = count_gaps(in->store, &absent, &stray, &why);
	if (rc >= 0 && !in->quick) {
		inspect_watch_begin(in->store, in->watch);
		rc = search_check(in->store, &sound, &why);
		inspect_watch_end(in->store);
	}
	if (rc < 0 || (sound && absent + stray == 0))
		return conclude(in, "search", rc, text, &why, err);
	if (!sound)
		snprintf(text, sizeof(text),
			 "the index of words is damaged: no alert is lost by "
			 "that, but search may not find it. To have it made "
			 "anew: systemctl stop triaged; triagectl db compact; "
			 "systemctl start triaged");
	else
		snprintf(text, sizeof(text),
			 "%" PRId64 " alerts are not in the index of words and "
			 "%" PRId64 " of it are no alerts: search is not "
			 "complete",
			 absent, stray);
	tell(in, "search", INSPECT_REMARK, text);
	return 0;
}

static int look_at_space(struct inspection *in, struct err *err)
{
	CLEANUP(free_ptr) char *text = NULL;
	int64_t pages = 0, unused = 0, size = 0, percent;
	int rc = inspect_number(in->store, "PRAGMA page_count", &pages, err);

	if (rc >= 0)
		rc = inspect_number(in->store, "PRAGMA freelist_count", &unused,
				    err);
	if (rc >= 0)
		rc = inspect_number(in->store, "PRAGMA page_size", &size, err);
	if (rc < 0)
		return rc;
	percent = pages > 0 ? unused * 100 / pages : 0;
	text = xasprintf("%" PRId64 " %% of it is free for new rows (%" PRId64
			 " MiB)",
			 percent, unused * size >> 20);
	tell(in, "space",
	     percent > FREE_REMARK && pages > 10000 ? INSPECT_REMARK
						    : INSPECT_GOOD,
	     text);
	return 0;
}

int store_inspect(const char *file, bool quick, const struct store_watch *watch,
		  inspect_fn *fn, void *arg, struct err *err)
{
	static const struct {
		const char *check;
		int (*fn)(struct inspection *in, struct err *err);
	} looks[] = {
		{ "schema", look_at_schema },
		{ "structure", look_at_structure },
		{ "references", look_at_references },
		{ "views", look_at_views },
		{ "search", look_at_search },
		{ "space", look_at_space },
	};
	struct inspection in = { .file = file,
				 .quick = quick,
				 .watch = watch,
				 .fn = fn,
				 .arg = arg };
	int rc = look_at_file(&in, err);

	for (size_t i = 0; i < ARRAY_SIZE(looks) && rc >= 0; i++) {
		if (in.store)
			rc = looks[i].fn(&in, err);
		else
			tell(&in, looks[i].check, INSPECT_SKIPPED,
			     "not possible");
	}
	in.store = store_close(in.store);
	return rc < 0 ? rc : in.bad;
}

/* --- what there is to restore --- */

static bool is_ours(const char *path)
{
	static const char magic[16] = "SQLite format 3";
	CLEANUP(fd_close)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	unsigned char head[72];

	return fd >= 0 && pread(fd, head, sizeof(head), 0) == sizeof(head) &&
	       memcmp(head, magic, sizeof(magic)) == 0 &&
	       memcmp(head + 68, "TRGD", 4) == 0;
}

/*
 * "triaged.db-wal" and its like. They are not even opened: closing any
 * descriptor of a file ends all locks that this process has on it, and those
 * of the engine are what keeps the next reader from emptying its files.
 */
static bool is_part_of(const char *name, const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *base = slash ? slash + 1 : file;
	size_t len = strlen(base);

	return strncmp(name, base, len) == 0 && name[len] == '-';
}

static void search_folder(const char *folder, const char *file, char **name,
			  int64_t *newest_ms)
{
	DIR *d = opendir(folder);
	const struct dirent *e;
	struct stat own = { 0 };

	(void)stat(file, &own); /* none: nothing is the same */
	while (d && (e = readdir(d))) {
		CLEANUP(free_ptr)
		char *path = xasprintf("%s/%s", folder, e->d_name);
		struct stat st;
		int64_t ms;

		if (is_part_of(e->d_name, file) || stat(path, &st) < 0 ||
		    !S_ISREG(st.st_mode) ||
		    (st.st_ino == own.st_ino && st.st_dev == own.st_dev))
			continue;
		ms = (int64_t)st.st_mtim.tv_sec * 1000;
		if (ms <= *newest_ms || !is_ours(path))
			continue;
		free(*name);
		*name = take(path);
		*newest_ms = ms;
	}
	if (d)
		(void)closedir(d); /* only read */
}

int store_newest_backup(const char *file, char **ret_name, int64_t *ret_ms)
{
	static const char *const below[] = { "", "/backup", "/backups" };
	const char *slash = strrchr(file, '/');
	int len = (int)(slash ? slash - file : 1);
	char *name = NULL;
	int64_t newest_ms = 0;

	for (size_t i = 0; i < ARRAY_SIZE(below); i++) {
		CLEANUP(free_ptr)
		char *folder =
			xasprintf("%.*s%s", len, slash ? file : ".", below[i]);

		search_folder(folder, file, &name, &newest_ms);
	}
	if (!name)
		return 0;
	*ret_name = name;
	*ret_ms = newest_ms;
	return 1;
}
