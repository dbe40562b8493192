/*
 * Alerts in files: exports of any of the APIs, one object a line, recorded
 * traffic. Each file is a listing of its own; its cursor ("SIZE MTIME SHA256")
 * says that these bytes were read. Called through source.c.
 *
 *	idle -> next -> [compare ->] read -> next ... -> idle
 *
 * Files are read, not mapped: whoever writes one may cut it short, and a
 * mapping would end the process. Every state does a slice of work a turn.
 */
#include "source/source_priv.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "source/batch_priv.h"
#include "source/file_split_priv.h"
#include "util/digest.h"
#include "util/log.h"
#include "util/strbuf.h"
#include "util/strlist.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define FILE_SIZE_MAX ((int64_t)1 << 30)
#define PAGE_ITEMS 100
/* Bytes hashed in one turn. */
#define COMPARE_SLICE ((size_t)8 << 20)
#define COMPARE_BUFFER ((size_t)256 << 10)
#define TOUCHED_MAX 10000

enum file_state { FILE_IDLE, FILE_NEXT, FILE_COMPARE, FILE_READ };
#define FILE_STATE_MAX (FILE_READ + 1)

struct file_source {
	struct source *owner;
	const struct source_env *env; /* the owner's */
	char *pattern, *tenant;

	enum file_state state;
	struct loop_timer *turn;
	struct strlist paths; /* of this poll */
	size_t next;
	struct source_result result;
	/* "SIZE MTIME PATH" of files with a new time but known bytes. */
	struct strlist touched;

	/* The open file. */
	int fd; /* -1 none */
	char *path, *scope; /* scope: the path as clean text */
	int64_t size, mtime_ns;
	char known_hash[DIGEST_HEX_SIZE]; /* of its cursor; "" none */
	struct digest *digest;
	struct file_split *split;
	struct batch batch;
	int64_t poll; /* the open ledger row; 0 none */
};

static const unsigned file_may[FILE_STATE_MAX] = {
	[FILE_IDLE] = BIT(FILE_NEXT),
	[FILE_NEXT] = BIT(FILE_NEXT) | BIT(FILE_COMPARE) | BIT(FILE_READ) |
		      BIT(FILE_IDLE),
	[FILE_COMPARE] = BIT(FILE_COMPARE) | BIT(FILE_READ) | BIT(FILE_NEXT) |
			 BIT(FILE_IDLE),
	[FILE_READ] = BIT(FILE_READ) | BIT(FILE_NEXT) | BIT(FILE_IDLE),
};

static void file_enter(struct file_source *f, enum file_state to)
{
	static const char *const names[FILE_STATE_MAX] = { "idle", "next",
							   "compare", "read" };

	assert(file_may[f->state] & BIT(to));
	if (f->state != to)
		log_debug("source %s: %s -> %s", source_name(f->owner),
			  names[f->state], names[to]);
	f->state = to;
	if (to != FILE_IDLE)
		loop_timer_queue(f->turn);
}

static void close_file(struct file_source *f)
{
	uint8_t sum[DIGEST_SIZE];

	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	if (f->digest)
		digest_finish(take(f->digest), sum); /* the way to free it */
	f->split = file_split_free(f->split);
	batch_release(&f->batch);
	free(take(f->path));
	free(take(f->scope));
	f->known_hash[0] = '\0';
}

/* The poll is over: every file was tried, or the ingest door refused. */
static void finish(struct file_source *f)
{
	struct source_result result = f->result;

	close_file(f);
	file_enter(f, FILE_IDLE);
	source_finish(f->owner, &result);
}

static void end_row(struct file_source *f, const char *why)
{
	const struct ingest *in = f->env->ingest;
	int64_t poll = f->poll;
	struct err err = ERR_INIT;

	f->poll = 0;
	if (poll && in->poll_fail(in->ctx, poll, why, &err) < 0)
		source_result_fail(&f->result, "%s", err.text);
}

/* The ingest door refused: no use in going on with other files. */
static void refused(struct file_source *f, const struct err *err)
{
	source_result_fail(&f->result, "%s", err->text);
	end_row(f, err->text);
	finish(f);
}

static bool begin_row(struct file_source *f)
{
	const struct ingest *in = f->env->ingest;
	struct poll_window window = { .source = source_name(f->owner),
				      .scope = f->scope };
	struct err err = ERR_INIT;

	f->result.n_listings++;
	if (in->poll_begin(in->ctx, &window, &f->poll, &err) < 0) {
		f->poll = 0;
		refused(f, &err);
		return false;
	}
	return true;
}

/* This file cannot be read now; the others can. */
static void fail_file(struct file_source *f, const char *fmt, ...)
	printf_like(2, 3);

static void fail_file(struct file_source *f, const char *fmt, ...)
{
	char why[160];
	va_list ap;

	if (!f->poll && !begin_row(f))
		return;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	source_result_fail(&f->result, "%.90s: %s", f->scope, why);
	end_row(f, why);
	close_file(f);
	file_enter(f, FILE_NEXT);
}

static int64_t mtime_of(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

/* How a touched file is remembered. */
static char *touched_name(const struct file_source *f)
{
	return xasprintf("%" PRId64 " %" PRId64 " %s", f->size, f->mtime_ns,
			 f->path);
}

static void remember_touched(struct file_source *f)
{
	CLEANUP(free_ptr) char *name = touched_name(f);

	if (f->touched.n >= TOUCHED_MAX)
		strlist_release(&f->touched);
	strlist_add(&f->touched, name);
}

static bool was_touched(const struct file_source *f)
{
	CLEANUP(free_ptr) char *name = touched_name(f);

	return strlist_has(&f->touched, name);
}

static void begin_read(struct file_source *f)
{
	if (lseek(f->fd, 0, SEEK_SET) < 0) {
		fail_file(f, "cannot be read: %s", strerror(errno));
		return;
	}
	if (!begin_row(f))
		return;
	f->digest = digest_new();
	f->split = file_split_new();
	batch_init(&f->batch, PAGE_ITEMS);
	f->batch.ingest = f->env->ingest;
	f->batch.door = DOOR_FILE;
	f->batch.tenant = f->tenant;
	file_enter(f, FILE_READ);
}

/* New bytes, or known ones? The cursor tells, mostly without reading. */
static void consult_cursor(struct file_source *f)
{
	CLEANUP(strbuf_release) struct strbuf cursor = STRBUF_INIT;
	const struct ingest *in = f->env->ingest;
	struct err err = ERR_INIT;
	int64_t size, mtime_ns;
	int rc;

	rc = in->cursor(in->ctx, source_name(f->owner), f->scope, &cursor,
			&err);
	if (rc < 0) {
		refused(f, &err);
		return;
	}
	if (rc == 0 ||
	    sscanf(cursor.buf, "%" SCNd64 " %" SCNd64 " %64[0-9a-f]", &size,
		   &mtime_ns, f->known_hash) != 3 ||
	    size != f->size) {
		begin_read(f);
		return;
	}
	if (mtime_ns == f->mtime_ns || was_touched(f)) {
		close_file(f);
		file_enter(f, FILE_NEXT);
		return;
	}
	f->digest = digest_new();
	file_enter(f, FILE_COMPARE);
}

/*
 * O_NONBLOCK, since opening a pipe that happens to match would wait for its
 * writer; reading a regular file does not change by it.
 */
static void step_next(struct file_source *f)
{
	struct stat st;

	if (f->next == f->paths.n) {
		finish(f);
		return;
	}
	f->path = xstrdup(f->paths.v[f->next++]);
	f->scope = utf8_clean_dup(f->path, 0, UTF8_LINE);
	f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (f->fd < 0 || fstat(f->fd, &st) < 0) {
		fail_file(f, "cannot be opened: %s", strerror(errno));
		return;
	}
	f->size = st.st_size;
	f->mtime_ns = mtime_of(&st);
	if (!S_ISREG(st.st_mode)) {
		close_file(f);
		file_enter(f, FILE_NEXT);
	} else if (f->size > FILE_SIZE_MAX) {
		fail_file(f, "%" PRId64 " bytes, more than 1 GiB: split it",
			  f->size);
	} else {
		consult_cursor(f);
	}
}

static ssize_t read_some(int fd, char *buf, size_t len)
{
	ssize_t n;

	do
		n = read(fd, buf, len);
	while (n < 0 && errno == EINTR);
	return n;
}

static void end_compare(struct file_source *f)
{
	uint8_t sum[DIGEST_SIZE];
	char hash[DIGEST_HEX_SIZE];

	digest_finish(take(f->digest), sum);
	digest_hex(sum, sizeof(sum), hash);
	if (strcmp(hash, f->known_hash) != 0) {
		begin_read(f);
		return;
	}
	remember_touched(f);
	close_file(f);
	file_enter(f, FILE_NEXT);
}

/* Same size, another time: only the bytes can tell. */
static void step_compare(struct file_source *f)
{
	CLEANUP(free_ptr) char *buf = xmalloc(COMPARE_BUFFER);

	for (size_t done = 0; done < COMPARE_SLICE;) {
		ssize_t n = read_some(f->fd, buf, COMPARE_BUFFER);

		if (n < 0) {
			fail_file(f, "cannot be read: %s", strerror(errno));
			return;
		}
		if (n == 0) {
			end_compare(f);
			return;
		}
		digest_add(f->digest, buf, (size_t)n);
		done += (size_t)n;
	}
	file_enter(f, FILE_COMPARE);
}

/* The next bytes of the file into the splitter. */
static int feed(struct file_source *f)
{
	size_t room;
	char *to = file_split_room(f->split, &room);
	ssize_t n = read_some(f->fd, to, room);

	if (n < 0)
		return -errno;
	digest_add(f->digest, to, (size_t)n);
	file_split_fed(f->split, (size_t)n);
	return 0;
}

static void end_read(struct file_source *f)
{
	CLEANUP(free_ptr) char *cursor = NULL;
	struct err err = ERR_INIT;
	uint8_t sum[DIGEST_SIZE];
	char hash[DIGEST_HEX_SIZE];
	struct stat st;

	if (fstat(f->fd, &st) < 0 || st.st_size != f->size ||
	    mtime_of(&st) != f->mtime_ns) {
		fail_file(f, "changed while it was read; the next poll reads "
			     "it again");
		return;
	}
	digest_finish(take(f->digest), sum);
	cursor = xasprintf("%" PRId64 " %" PRId64 " %s", f->size, f->mtime_ns,
			   digest_hex(sum, sizeof(sum), hash));
	if (batch_send(&f->batch, f->poll, true, cursor, &err) < 0) {
		refused(f, &err);
		return;
	}
	f->poll = 0;
	close_file(f);
	file_enter(f, FILE_NEXT);
}

/* Fill the batch from the window. What stopped it: never ITEM or BAD. */
static enum split fill_batch(struct file_source *f)
{
	struct split_found found;
	enum split what = SPLIT_PAUSE;

	while (!batch_is_full(&f->batch)) {
		what = file_split_next(f->split, &found);
		if (what == SPLIT_ITEM)
			batch_add(&f->batch, found.raw);
		else if (what == SPLIT_BAD)
			batch_add_bad(&f->batch, found.raw, found.reason);
		else
			return what;
	}
	return SPLIT_PAUSE;
}

static void step_read(struct file_source *f)
{
	struct err err = ERR_INIT;
	enum split what = fill_batch(f);
	int rc;

	if (what == SPLIT_END) {
		end_read(f);
		return;
	}
	/* The items borrow the window, so they go before it moves. */
	if (f->batch.n > 0 &&
	    batch_send(&f->batch, f->poll, false, NULL, &err) < 0) {
		refused(f, &err);
		return;
	}
	if (what == SPLIT_CUT) {
		fail_file(f, "ends in the middle of a value; it may still be "
			     "being written, the next poll reads it again");
		return;
	}
	rc = what == SPLIT_MORE ? feed(f) : 0;
	if (rc < 0)
		fail_file(f, "cannot be read: %s", strerror(-rc));
	else
		file_enter(f, FILE_READ);
}

static void on_turn(void *arg)
{
	struct file_source *f = arg;

	switch (f->state) {
	case FILE_NEXT:
		step_next(f);
		break;
	case FILE_COMPARE:
		step_compare(f);
		break;
	case FILE_READ:
		step_read(f);
		break;
	case FILE_IDLE:
		break;
	}
}

/* What glob() could not look into first; it hands on nothing of ours. */
static struct {
	int number; /* 0 none */
	char folder[96];
} unseen;

static int on_unseen(const char *folder, int number)
{
	if (unseen.number == 0)
		(void)snprintf(unseen.folder, sizeof(unseen.folder), "%s",
			       folder);
	if (unseen.number == 0)
		unseen.number = number;
	return 0; /* what else there is can be read */
}

/* A name without wildcards is looked for, and nothing is looked into. */
static void look_for_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(free_ptr) char *folder = NULL;
	struct stat st;

	if (strpbrk(path, "*?[") || !slash || slash == path)
		return;
	folder = xstrndup(path, (size_t)(slash - path));
	if (stat(folder, &st) < 0)
		(void)on_unseen(folder, errno);
	else if (stat(path, &st) < 0 && errno != ENOENT)
		(void)on_unseen(path, errno);
}

/* No file is no fault, but that nobody can see whether there is one. */
static void find_paths(struct file_source *f)
{
	glob_t found;
	int rc;

	strlist_release(&f->paths);
	unseen.number = 0;
	rc = glob(f->pattern, 0, on_unseen, &found);
	if (rc == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			strlist_add(&f->paths, found.gl_pathv[i]);
	} else if (rc != GLOB_NOMATCH) {
		source_result_fail(&f->result, "%.150s: cannot be searched",
				   f->pattern);
	}
	globfree(&found);
	if (rc == GLOB_NOMATCH)
		look_for_folder(f->pattern);
	if (unseen.number)
		source_result_fail(&f->result,
				   "files cannot be looked for in %s: %s",
				   unseen.folder, strerror(unseen.number));
}

static void file_poll(void *self)
{
	struct file_source *f = self;

	f->result = (struct source_result){ .complete = true };
	f->next = 0;
	find_paths(f);
	file_enter(f, FILE_NEXT);
}

static void *file_open(struct source *owner, const struct source_conf *c,
		       const struct source_env *env)
{
	struct file_source *f = xcalloc(1, sizeof(*f));

	f->owner = owner;
	f->env = env;
	f->fd = -1;
	f->pattern = xstrdup(c->path);
	f->tenant = xstrdup(c->tenant ? c->tenant : "");
	f->turn = loop_timer_new(env->loop, on_turn, f);
	return f;
}

static void file_close(void *self)
{
	struct file_source *f = self;

	end_row(f, "cancelled");
	close_file(f);
	loop_timer_free(f->turn);
	strlist_release(&f->paths);
	strlist_release(&f->touched);
	free(f->pattern);
	free(f->tenant);
	free(f);
}

const struct source_ops file_ops = {
	.kind = "file",
	.open = file_open,
	.close = file_close,
	.poll = file_poll,
};
