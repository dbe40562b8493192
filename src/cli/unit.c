/*
 * Asks `systemctl show`. Called by the doctor. The bus would tell the same and
 * be one more library in a program that otherwise only reads a file.
 *
 * tested with: scenario/test_doctor_unit
 */
#include "cli/unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "util/clock.h"
#include "util/strbuf.h"

#define LIMIT_MS 3000
#define ANSWER_MAX 4096

extern char **environ;

static pid_t start(int output)
{
	static const char *const argv[] = {
		"systemctl", "show", UNIT_NAME ".service",
		"--property=LoadState,ActiveState,SubState,Result,"
		"UnitFileState,ExecMainStatus,NRestarts,MainPID",
		NULL
	};
	posix_spawn_file_actions_t files;
	pid_t pid;
	int rc;

	if (posix_spawn_file_actions_init(&files) != 0)
		return -1;
	rc = posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(&files, STDERR_FILENO,
						      "/dev/null", O_WRONLY, 0);
	if (rc == 0)
		rc = posix_spawnp(&pid, argv[0], &files, NULL,
				  (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&files);
	return rc == 0 ? pid : -1;
}

/* To its end, as long as it takes no longer than the limit. */
static bool read_all(int fd, struct strbuf *answer)
{
	int64_t end_ms = clock_mono_ms() + LIMIT_MS;
	char buf[1024];

	while (answer->len < ANSWER_MAX) {
		int64_t left_ms = end_ms - clock_mono_ms();
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (left_ms <= 0 || poll(&p, 1, (int)left_ms) == 0)
			return false;
		n = read(fd, buf, sizeof(buf));
		if (n == 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			strbuf_add(answer, buf, (size_t)n);
	}
	return false;
}

static bool ask(struct strbuf *answer)
{
	int fds[2], status = 0;
	bool whole;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return false;
	pid = start(fds[1]);
	close(fds[1]);
	whole = pid > 0 && read_all(fds[0], answer);
	close(fds[0]);
	if (pid <= 0)
		return false;
	if (!whole)
		(void)kill(pid, SIGKILL); /* it may have ended: as well */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return whole && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* "NAME=value" at the beginning of a line. */
static void take_word(const char *answer, const char *name,
		      char ret[UNIT_WORD_MAX])
{
	size_t len = strlen(name);

	for (const char *line = answer; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) != 0 || line[len] != '=')
			continue;
		line += len + 1;
		(void)snprintf(ret, UNIT_WORD_MAX, "%.*s",
			       (int)strcspn(line, "\n"), line);
		return;
	}
}

static int64_t take_number(const char *answer, const char *name)
{
	char text[UNIT_WORD_MAX] = "";

	take_word(answer, name, text);
	return strtoll(text, NULL, 10);
}

bool unit_look(struct unit *ret)
{
	CLEANUP(strbuf_release) struct strbuf answer = STRBUF_INIT;

	*ret = (struct unit){ .pid = 0 };
	if (!ask(&answer))
		return false;
	take_word(answer.buf, "LoadState", ret->load);
	take_word(answer.buf, "ActiveState", ret->active);
	take_word(answer.buf, "SubState", ret->sub);
	take_word(answer.buf, "Result", ret->result);
	take_word(answer.buf, "UnitFileState", ret->file);
	ret->exit_status = take_number(answer.buf, "ExecMainStatus");
	ret->n_restarts = take_number(answer.buf, "NRestarts");
	ret->pid = take_number(answer.buf, "MainPID");
	return strcmp(ret->load, "loaded") == 0;
}
