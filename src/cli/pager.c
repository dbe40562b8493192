/*
 * The pager. Called by cli/writer_text when an answer is whole, and never for
 * what programs read. The shell that $PAGER asks for runs with the rights of
 * who set it; less itself is told to start nothing and write nothing
 * (LESSSECURE), since it may be run under sudo by somebody with fewer.
 *
 * tested with: scenario/test_screen
 */
#include "cli/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cli/escape.h"
#include "util/strbuf.h"

#define NOT_FOUND 127 /* the shell's word for it */

static const char *pager_command(void)
{
	const char *pager = getenv("PAGER");

	if (!pager)
		return "less";
	return *pager && strcmp(pager, "cat") != 0 ? pager : NULL;
}

static size_t lines_of(const char *text, size_t width)
{
	size_t n = 0;

	while (*text) {
		CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
		size_t len = strcspn(text, "\n");
		size_t columns;

		strbuf_add(&line, text, len);
		columns = escape_width(line.buf);
		n += columns > width ? (columns + width - 1) / width : 1;
		text += text[len] ? len + 1 : len;
	}
	return n;
}

bool pager_is_needed(FILE *out, const char *text, size_t width)
{
	struct winsize size;

	if (!isatty(fileno(out)) || !isatty(STDIN_FILENO) ||
	    ioctl(fileno(out), TIOCGWINSZ, &size) < 0 || size.ws_row == 0)
		return false;
	/* The prompt comes back below it. */
	return lines_of(text, width ? width : SIZE_MAX) >= size.ws_row;
}

/* The pager with @input as its standard input; its id, or -1. */
static pid_t start(const char *command, int input)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t usual;
	pid_t pid;
	int rc;

	setenv("LESS", "FRX", 0);
	setenv("LESSCHARSET", "utf-8", 0);
	setenv("LESSSECURE", "1", 1);
	sigemptyset(&usual);
	sigaddset(&usual, SIGINT);
	sigaddset(&usual, SIGQUIT);
	sigaddset(&usual, SIGPIPE);
	if (posix_spawn_file_actions_init(&files) != 0)
		return -1;
	(void)posix_spawnattr_init(&attributes); /* cannot fail here */
	(void)posix_spawnattr_setsigdefault(&attributes, &usual);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
	if (rc == 0)
		rc = posix_spawn(&pid, "/bin/sh", &files, &attributes, argv,
				 environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return rc == 0 ? pid : -1;
}

/* Until it is all there or nobody reads any more: q in the middle. */
static void feed(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

/* Ctrl-C belongs to the pager while it runs. */
static bool run(const char *command, const char *text, size_t len)
{
	int fds[2], status = 0;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return false;
	pid = start(command, fds[0]);
	close(fds[0]);
	if (pid > 0)
		feed(fds[1], text, len);
	close(fds[1]);
	if (pid < 0)
		return false;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return !WIFEXITED(status) || WEXITSTATUS(status) != NOT_FOUND;
}

bool pager_show(const char *text, size_t len)
{
	static const int ours[] = { SIGINT, SIGQUIT, SIGPIPE };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction before[ARRAY_SIZE(ours)];
	const char *command = pager_command();
	bool shown;

	if (!command)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		(void)sigaction(ours[i], &ignore, &before[i]); /* known ones */
	shown = run(command, text, len);
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		(void)sigaction(ours[i], &before[i], NULL);
	return shown;
}
