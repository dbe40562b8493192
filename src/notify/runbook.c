/*
 * See runbook.h. Called by deliver_send.c. A process is watched through its
 * pidfd, so that no signal handler and no wait for other children is needed.
 *
 * tested with: test_runbook
 */
#include "notify/runbook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "util/utf8.h"
#include "util/xmalloc.h"

/* Between the request to end and the end. */
#define GRACE_MS 2000
/* What a hook behind a socket says last, by the unit that runs it. */
#define LAST_WORD "triaged-hook: "
#define TAIL_MAX 64

struct runbook {
	struct loop *loop;
	runbook_done_fn *fn;
	void *arg;
	char *name; /* for messages */
	int64_t limit_ms;
	bool far; /* no process of ours: @in and @out are a socket */
	pid_t pid; /* of the process and of its group; 0: none */
	int pidfd, in, out; /* -1: closed */
	struct loop_io *watch, *writer, *reader;
	struct loop_timer *timer;
	struct strbuf input, output;
	size_t n_written, n_dropped;
	char tail[TAIL_MAX]; /* the last bytes of all output */
	bool late; /* over its limit */
	struct outcome_report report;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void stop_input(struct runbook *r)
{
	r->writer = loop_io_free(r->writer);
	if (r->far && r->in >= 0)
		(void)shutdown(r->in, SHUT_WR); /* else its reader waits */
	close_fd(&r->in);
}

static void runbook_free(struct runbook *r)
{
	stop_input(r);
	r->reader = loop_io_free(r->reader);
	r->watch = loop_io_free(r->watch);
	r->timer = loop_timer_free(r->timer);
	close_fd(&r->out);
	close_fd(&r->pidfd);
	strbuf_release(&r->input);
	strbuf_release(&r->output);
	free(r->name);
	free(r);
}

/* ---- its pipes ---- */

static void on_writable(void *arg, unsigned ready)
{
	struct runbook *r = arg;
	ssize_t n;

	(void)ready;
	while (r->n_written < r->input.len) {
		n = write(r->in, r->input.buf + r->n_written,
			  r->input.len - r->n_written);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			break; /* a program need not read what it is told */
		r->n_written += (size_t)n;
	}
	stop_input(r);
}

static void keep_tail(struct runbook *r, const char *bytes, size_t n)
{
	size_t fresh = MIN(n, TAIL_MAX);

	memmove(r->tail, r->tail + fresh, TAIL_MAX - fresh);
	memcpy(r->tail + TAIL_MAX - fresh, bytes + n - fresh, fresh);
}

static void take_output(struct runbook *r, const char *bytes, size_t n)
{
	size_t room = RUNBOOK_OUTPUT_MAX - r->output.len;

	strbuf_add(&r->output, bytes, MIN(n, room));
	r->n_dropped += n - MIN(n, room);
	keep_tail(r, bytes, n);
}

/* At most @max reads: a program that never stops writing is one of many things
 * the loop serves. */
static void read_output(struct runbook *r, int max)
{
	char buf[4096];

	while (max-- > 0) {
		ssize_t n = read(r->out, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			r->reader = loop_io_free(r->reader);
			return;
		}
		take_output(r, buf, (size_t)n);
	}
}

static void end_far(struct runbook *r);

static void on_readable(void *arg, unsigned ready)
{
	struct runbook *r = arg;

	(void)ready;
	read_output(r, 1);
	if (r->far && !r->reader)
		end_far(r);
}

/* ---- its end ---- */

static char *clean_output(const struct runbook *r)
{
	struct strbuf text = STRBUF_INIT;

	utf8_add_clean(&text, r->output.buf, 0, UTF8_KEEP_NEWLINES);
	if (r->n_dropped > 0)
		strbuf_addf(&text, "\n(%zu bytes more were not kept)",
			    r->n_dropped);
	return strbuf_detach(&text);
}

static void tell(struct runbook *r)
{
	CLEANUP(free_ptr) char *output = clean_output(r);
	struct outcome_report report = r->report;
	runbook_done_fn *fn = r->fn;
	void *arg = r->arg;

	runbook_free(r);
	fn(arg, &report, output);
}

static void explain(struct runbook *r, enum outcome outcome, const char *what)
{
	size_t n = strcspn(r->output.buf, "\r\n");
	CLEANUP(free_ptr) char *line = xstrndup(r->output.buf, n);
	CLEANUP(free_ptr) char *said = utf8_clean_dup(line, 100, UTF8_LINE);

	r->report.outcome = outcome;
	snprintf(r->report.error, sizeof(r->report.error), "%.60s %s%s%s",
		 r->name, what, *said ? ": " : "", said);
	utf8_clean_in_place(r->report.error);
}

static void judge(struct runbook *r, const siginfo_t *info)
{
	char what[80];

	if (r->late) {
		snprintf(what, sizeof(what),
			 "took longer than %lld s and was ended",
			 (long long)r->limit_ms / 1000);
		explain(r, OUTCOME_RETRY, what);
	} else if (info->si_code != CLD_EXITED) {
		snprintf(what, sizeof(what), "was ended by signal %d",
			 info->si_status);
		explain(r, OUTCOME_RETRY, what);
	} else if (info->si_status == RUNBOOK_LATER) {
		explain(r, OUTCOME_RETRY, "asks to be run again (exit 75)");
	} else if (info->si_status != RUNBOOK_DONE) {
		snprintf(what, sizeof(what), "failed with exit status %d",
			 info->si_status);
		explain(r, OUTCOME_DEAD, what);
	}
}

/* The leader is gone: what it started in its group goes too. */
static void on_exit_of(void *arg, unsigned ready)
{
	struct runbook *r = arg;
	siginfo_t info = { 0 };

	(void)ready;
	if (waitid(P_PIDFD, (id_t)r->pidfd, &info, WEXITED | WNOWAIT) < 0)
		return;
	(void)kill(-r->pid, SIGKILL); /* mostly there is nobody */
	/* Only now may the number of the group be given to others. */
	(void)waitid(P_PIDFD, (id_t)r->pidfd, &info, WEXITED);
	r->pid = 0;
	read_output(r, RUNBOOK_OUTPUT_MAX / 4096 + 1);
	judge(r, &info);
	tell(r);
}

/* Where the unit's last word begins in what it sent; NULL: it said none. */
static const char *last_word(const char *text)
{
	const char *found = NULL;

	for (const char *p = text; (p = strstr(p, LAST_WORD)); p++)
		found = p;
	return found;
}

/* The other end is closed: how the hook ended, its unit has said. */
static void end_far(struct runbook *r)
{
	siginfo_t info = { .si_code = CLD_EXITED };
	const char *word, *kept;
	char what[80];
	char tail[TAIL_MAX + 1] = "";
	int rc;

	for (size_t i = 0, n = 0; i < TAIL_MAX; i++) /* fills from its end */
		if (r->tail[i])
			tail[n++] = r->tail[i];
	word = last_word(tail);
	kept = r->n_dropped ? NULL : last_word(r->output.buf);
	if (kept)
		strbuf_setlen(&r->output, (size_t)(kept - r->output.buf));
	rc = word ? sscanf(word, LAST_WORD "exited %d", &info.si_status) : 0;
	if (rc == 1) {
		judge(r, &info);
	} else {
		snprintf(what, sizeof(what), "%s",
			 word ? "was ended; its journal says why"
			      : "ended without a word of how it went");
		explain(r, OUTCOME_RETRY, what);
	}
	tell(r);
}

static void on_timer(void *arg)
{
	struct runbook *r = arg;

	if (r->far && r->reader) {
		r->late = true;
		judge(r, &(siginfo_t){ 0 });
	}
	if (!r->pid) { /* it never began, or is not ours to end */
		tell(r);
		return;
	}
	(void)kill(-r->pid, r->late ? SIGKILL : SIGTERM);
	r->late = true;
	loop_timer_set(r->timer, GRACE_MS);
}

struct runbook *runbook_cancel(struct runbook *r)
{
	if (!r)
		return NULL;
	if (r->pid) {
		(void)kill(-r->pid, SIGKILL);
		(void)waitid(P_PIDFD, (id_t)r->pidfd, &(siginfo_t){ 0 },
			     WEXITED);
	}
	runbook_free(r);
	return NULL;
}

/* ---- its beginning ---- */

/* What the child has: nothing of ours. 0 or an errno. */
static int spawn(struct runbook *r, const struct strlist *command, int in,
		 int out)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:"
			     "/usr/bin:/sbin:/bin";
	static char lang[] = "LANG=C.UTF-8";
	char *const environment[] = { path, lang, NULL };
	char **argv = xcalloc(command->n + 1, sizeof(*argv));
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	for (size_t i = 0; i < command->n; i++)
		argv[i] = command->v[i];
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
						POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	posix_spawn_file_actions_addchdir_np(&actions, "/");
	rc = posix_spawn(&r->pid, argv[0], &actions, &attr, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	free(argv);
	if (rc != 0)
		r->pid = 0;
	return rc;
}

/* 0 or an errno. A socket takes the place of both pipes. */
static int reach(struct runbook *r, const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(a.sun_path))
		return ENAMETOOLONG;
	memcpy(a.sun_path, path, strlen(path));
	r->in = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (r->in < 0 || connect(r->in, (struct sockaddr *)&a, sizeof(a)) < 0)
		return errno;
	r->out = fcntl(r->in, F_DUPFD_CLOEXEC, 0);
	r->far = r->out >= 0;
	return r->far ? 0 : errno;
}

/* 0 or an errno; both ends of ours do not block. */
static int begin(struct runbook *r, const struct strlist *command)
{
	int in[2] = { -1, -1 };
	int out[2] = { -1, -1 };
	int rc = 0;

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		rc = errno;
	r->in = in[1];
	r->out = out[0];
	if (rc == 0 && (fcntl(r->in, F_SETFL, O_NONBLOCK) < 0 ||
			fcntl(r->out, F_SETFL, O_NONBLOCK) < 0))
		rc = errno;
	if (rc == 0)
		rc = spawn(r, command, in[0], out[1]);
	close_fd(&in[0]);
	close_fd(&out[1]);
	if (rc != 0)
		return rc;
	r->pidfd = pidfd_open(r->pid, 0);
	return r->pidfd < 0 ? errno : 0;
}

static void watch(struct runbook *r)
{
	if (!r->far)
		r->watch = loop_io_new(r->loop, r->pidfd, LOOP_READ, on_exit_of,
				       r);
	r->writer = loop_io_new(r->loop, r->in, LOOP_WRITE, on_writable, r);
	r->reader = loop_io_new(r->loop, r->out, LOOP_READ, on_readable, r);
	loop_timer_set(r->timer, r->limit_ms);
}

/* It is told from the loop, like the end of one that ran. */
static void give_up(struct runbook *r, int why)
{
	char what[120];

	if (r->pid) { /* there is no way to watch it */
		(void)kill(-r->pid, SIGKILL);
		(void)waitpid(r->pid, NULL, 0);
		r->pid = 0;
	}
	snprintf(what, sizeof(what), "cannot be %s: %s",
		 runbook_is_socket(r->name) ? "reached" : "started",
		 strerror(why));
	explain(r, OUTCOME_RETRY, what);
	loop_timer_set(r->timer, 0);
}

bool runbook_is_socket(const char *word)
{
	return strncmp(word, RUNBOOK_SOCKET, strlen(RUNBOOK_SOCKET)) == 0;
}

struct runbook *runbook_start(struct loop *l, const struct runbook_order *o,
			      runbook_done_fn *fn, void *arg)
{
	struct runbook *r = xcalloc(1, sizeof(*r));
	int why;

	*r = (struct runbook){ .loop = l,
			       .fn = fn,
			       .arg = arg,
			       .limit_ms = o->limit_ms,
			       .pidfd = -1,
			       .in = -1,
			       .out = -1 };
	r->name = xstrdup(o->command->v[0]);
	strbuf_init(&r->input);
	strbuf_init(&r->output);
	strbuf_add(&r->input, o->input->buf, o->input->len);
	r->timer = loop_timer_new(l, on_timer, r);
	why = runbook_is_socket(r->name)
		      ? reach(r, r->name + strlen(RUNBOOK_SOCKET))
		      : begin(r, o->command);
	if (why == 0)
		watch(r);
	else
		give_up(r, why);
	return r;
}
