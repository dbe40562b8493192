/*
 * See setup_run.h.
 *
 * tested with: test_setup_run
 */
#include "cli/setup_run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "util/xmalloc.h"

#define CREDENTIALS "CREDENTIALS_DIRECTORY="
#define OUTPUT_MAX ((size_t)4 << 20)

static void close_pair(int (*fds)[2])
{
	for (int i = 0; i < 2; i++)
		if ((*fds)[i] >= 0)
			close((*fds)[i]);
}

static void close_one(int *fd)
{
	close(*fd);
	*fd = -1;
}

/* Ours, but for where credentials are (heap; the words are borrowed). */
static char **environment_of(char *credentials)
{
	size_t n = 0, kept = 0;
	char **env;

	while (environ[n])
		n++;
	env = xcalloc(n + 2, sizeof(*env));
	for (size_t i = 0; i < n; i++)
		if (strncmp(environ[i], CREDENTIALS, strlen(CREDENTIALS)) != 0)
			env[kept++] = environ[i];
	env[kept] = credentials;
	return env;
}

static int start(const struct setup_program *p, const int fds[3], pid_t *ret)
{
	CLEANUP(free_ptr)
	char *credentials =
		p->credentials ? xasprintf(CREDENTIALS "%s", p->credentials)
			       : NULL;
	CLEANUP(free_ptr) char **env = environment_of(credentials);
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t usual;
	int rc;

	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	rc = posix_spawn_file_actions_init(&files);
	if (rc != 0)
		return -rc;
	(void)posix_spawnattr_init(&attributes); /* cannot fail here */
	(void)posix_spawnattr_setsigdefault(&attributes, &usual);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	for (int i = 0; i < 3 && rc == 0; i++)
		rc = posix_spawn_file_actions_adddup2(&files, fds[i], i);
	if (rc == 0)
		rc = posix_spawnp(ret, p->words[0], &files, &attributes,
				  (char *const *)p->words, env);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return -rc;
}

/*
 * A secret is shorter than what a pipe holds: this never waits. Nor does it end
 * us by SIGPIPE when the program reads nothing: the other end is still ours.
 */
static void feed(int fd, const struct secret *input)
{
	if (input && write(fd, secret_peek(input), secret_len(input)) < 0)
		return; /* it misses something then, and says so */
}

/* Hand over the whole lines of @text; with @all the rest, too. */
static void give_lines(const struct setup_program *p, struct strbuf *text,
		       bool all)
{
	char *at = text->buf, *end;

	while ((end = strchr(at, '\n'))) {
		*end = '\0';
		p->line(p->arg, at);
		at = end + 1;
	}
	if (all && *at) {
		p->line(p->arg, at);
		at += strlen(at);
	}
	memmove(text->buf, at, strlen(at) + 1);
	strbuf_setlen(text, strlen(text->buf));
}

static void listen_to(const struct setup_program *p, int fd,
		      struct strbuf *output)
{
	CLEANUP(strbuf_release) struct strbuf part = STRBUF_INIT;
	struct strbuf *to = p->line ? &part : output;
	char buf[4096];
	ssize_t n;

	for (;;) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue; /* Ctrl-C ends it as well: wait for that */
		if (n <= 0)
			break;
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] == '\0')
				buf[i] = '?';
		if (to->len < OUTPUT_MAX)
			strbuf_add(to, buf, (size_t)n);
		if (p->line && part.len > 0)
			give_lines(p, &part, false);
	}
	explicit_bzero(buf, sizeof(buf));
	if (p->line && part.len > 0)
		give_lines(p, &part, true);
}

/* What it complained of, where its output is wanted by itself. */
static void add_complaints(int fd, struct strbuf *output)
{
	char buf[1024];
	ssize_t n = pread(fd, buf, sizeof(buf), 0);

	strbuf_reset(output);
	for (ssize_t i = 0; i < n; i++)
		strbuf_addch(output, buf[i] == '\n' || !buf[i] ? ' ' : buf[i]);
}

int setup_run(const struct setup_program *p, struct strbuf *output,
	      struct err *err)
{
	CLEANUP(close_pair) int in[2] = { -1, -1 };
	CLEANUP(close_pair) int out[2] = { -1, -1 };
	/* The second of the pair is not used. */
	CLEANUP(close_pair) int aside[2] = { -1, -1 };
	int rc, status = 0;
	pid_t pid;

	if (!p->line)
		aside[0] = memfd_create("errors", MFD_CLOEXEC);
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 ||
	    (!p->line && aside[0] < 0))
		return err_set(err, -errno, "cannot run %s: %s", p->words[0],
			       strerror(errno));
	rc = start(p,
		   (const int[]){ in[0], out[1], p->line ? out[1] : aside[0] },
		   &pid);
	if (rc == -ENOENT)
		return SETUP_NO_PROGRAM;
	if (rc < 0)
		return err_set(err, rc, "cannot run %s: %s", p->words[0],
			       strerror(-rc));
	close_one(&out[1]);
	feed(in[1], p->input);
	close_one(&in[0]);
	close_one(&in[1]);
	listen_to(p, out[0], output);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status))
		return err_set(err, ERR_CANCELLED, "%s was ended by signal %d",
			       p->words[0], WTERMSIG(status));
	if (!p->line && WEXITSTATUS(status) != 0)
		add_complaints(aside[0], output);
	return WEXITSTATUS(status);
}

int setup_run_exists(const char *name)
{
	const char *path = getenv("PATH");

	if (!path)
		return 0;
	while (*path) {
		size_t len = strcspn(path, ":");
		CLEANUP(free_ptr)
		char *file = xasprintf("%.*s/%s", (int)len, path, name);

		if (access(file, X_OK) == 0)
			return 1;
		path += len + (path[len] == ':');
	}
	return 0;
}

char *setup_run_daemon(void)
{
	static const char *const places[] = { "triaged", "../sbin/triaged" };
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[MAX(n, 0)] = '\0';
	slash = strrchr(self, '/');
	for (size_t i = 0; slash && i < ARRAY_SIZE(places); i++) {
		CLEANUP(free_ptr)
		char *path = xasprintf("%.*s/%s", (int)(slash - self), self,
				       places[i]);

		if (access(path, X_OK) == 0)
			return take(path);
	}
	return xstrdup("triaged");
}
