/*
 * Login names by threads, one for each question. The thread has a number and
 * the writing end of a pipe, nothing else of ours: it writes the name and is
 * gone, and when it hangs in a directory service for ever, nobody misses it.
 * Called by server.c.
 */
#include "ctl/names.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/role.h"
#include "util/clock.h"
#include "util/compiler.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

/* Fits into a pipe at once: PIPE_BUF is more. */
#define NAME_BYTES 256
#define PASSWD_BYTES 16384

struct name {
	struct names *owner;
	uid_t uid;
	char *name; /* NULL while it is being asked for */
	bool used;
	int64_t asked_mono_ms;
	int fd; /* of the pipe; -1 none */
	struct loop_io *io;
	struct loop_timer *patience;
};

struct names {
	struct loop *loop;
	names_ask_fn *ask;
	names_fn *fn;
	void *arg;
	struct name kept[NAMES_KEPT];
	char spare[32]; /* while nobody can be asked */
};

/* Threads of this process, forgotten ones too. */
static atomic_int n_asking;

/* What a thread gets; its own. */
struct question {
	names_ask_fn *ask;
	uid_t uid;
	int fd;
};

static void ask_system(uid_t uid, char *buf, size_t size)
{
	CLEANUP(free_ptr) char *room = xmalloc(PASSWD_BYTES);
	struct passwd pw, *found = NULL;

	if (getpwuid_r(uid, &pw, room, PASSWD_BYTES, &found) == 0 && found &&
	    strlen(found->pw_name) < size)
		(void)snprintf(buf, size, "%s", found->pw_name);
}

static void *thread_main(void *arg)
{
	struct question *q = arg;
	char buf[NAME_BYTES] = "";

	q->ask(q->uid, buf, sizeof(buf));
	/* Before it is heard: nothing can hang from here on. */
	atomic_fetch_sub(&n_asking, 1);
	/* Nobody may be reading any more, and then it is no matter. */
	if (*buf && write(q->fd, buf, strlen(buf)) < 0)
		*buf = '\0';
	(void)close(q->fd);
	free(q);
	return NULL;
}

/* Signals are the loop's. */
static int thread_start(struct question *q)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;
	int rc;

	(void)sigfillset(&all);
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	atomic_fetch_add(&n_asking, 1);
	rc = pthread_create(&thread, &attr, thread_main, q);
	if (rc != 0)
		atomic_fetch_sub(&n_asking, 1);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	return -rc;
}

static void name_stop(struct name *n)
{
	n->io = loop_io_free(n->io);
	n->patience = loop_timer_free(n->patience);
	if (n->fd >= 0)
		(void)close(n->fd); /* nothing was written to it */
	n->fd = -1;
}

static void name_forget(struct name *n)
{
	if (!n->used)
		return;
	name_stop(n);
	free(n->name);
	*n = (struct name){ .fd = -1 };
}

/* @text NULL or empty: it has none that we know of. */
static void name_set(struct name *n, const char *text)
{
	if (text && *text)
		n->name = utf8_clean_dup(text, NAME_BYTES, UTF8_LINE);
	else
		n->name = xasprintf(PERSON_NUMBER "%lu", (unsigned long)n->uid);
}

static void name_answered(struct name *n, const char *text)
{
	struct names *owner = n->owner;
	uid_t uid = n->uid;

	name_stop(n);
	name_set(n, text);
	owner->fn(owner->arg, uid);
}

static void name_on_ready(void *arg, unsigned ready)
{
	struct name *n = arg;
	char buf[NAME_BYTES];
	ssize_t len = read(n->fd, buf, sizeof(buf) - 1);

	(void)ready;
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	buf[len > 0 ? len : 0] = '\0';
	name_answered(n, buf);
}

static void name_on_patience_over(void *arg)
{
	name_answered(arg, NULL);
}

static int name_ask(struct name *n)
{
	struct names *owner = n->owner;
	struct question *q;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	q = xcalloc(1, sizeof(*q));
	*q = (struct question){ owner->ask, n->uid, fds[1] };
	if (thread_start(q) < 0) {
		(void)close(fds[0]); /* nothing was written to them */
		(void)close(fds[1]);
		free(q);
		return -EAGAIN;
	}
	n->fd = fds[0];
	n->io = loop_io_new(owner->loop, fds[0], LOOP_READ, name_on_ready, n);
	n->patience = loop_timer_new(owner->loop, name_on_patience_over, n);
	loop_timer_set(n->patience, NAMES_PATIENCE_MS);
	return 0;
}

/* The place of @uid, or the one that was asked for longest ago: there are more
 * places than questions, so that one of them does not wait. */
static struct name *place_of(struct names *names, uid_t uid)
{
	struct name *oldest = NULL;

	for (size_t i = 0; i < NAMES_KEPT; i++) {
		struct name *n = &names->kept[i];

		if (n->used && n->uid == uid)
			return n;
		if (n->used && !n->name)
			continue;
		if (!oldest || n->asked_mono_ms < oldest->asked_mono_ms)
			oldest = n;
	}
	return oldest;
}

static const char *names_number(struct names *names, uid_t uid)
{
	(void)snprintf(names->spare, sizeof(names->spare), PERSON_NUMBER "%lu",
		       (unsigned long)uid);
	return names->spare;
}

const char *names_get(struct names *names, uid_t uid)
{
	struct name *n = place_of(names, uid);
	int64_t mono_ms = clock_mono_ms();
	bool same = n->used && n->uid == uid;

	if (same && !n->name)
		return NULL;
	if (same && mono_ms - n->asked_mono_ms < NAMES_KEPT_MS)
		return n->name;
	if (atomic_load(&n_asking) >= NAMES_ASKING)
		return same ? n->name : names_number(names, uid);
	name_forget(n);
	*n = (struct name){ .owner = names,
			    .uid = uid,
			    .used = true,
			    .asked_mono_ms = mono_ms,
			    .fd = -1 };
	if (name_ask(n) < 0)
		name_set(n, NULL);
	return n->name;
}

struct names *names_new(struct loop *l, names_ask_fn *ask, names_fn *fn,
			void *arg)
{
	struct names *n = xcalloc(1, sizeof(*n));

	n->loop = l;
	n->ask = ask ? ask : ask_system;
	n->fn = fn;
	n->arg = arg;
	return n;
}

struct names *names_free(struct names *n)
{
	if (!n)
		return NULL;
	for (size_t i = 0; i < NAMES_KEPT; i++)
		name_forget(&n->kept[i]);
	free(n);
	return NULL;
}
