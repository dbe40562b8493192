/*
 * Programs of the site: what they get, and what their end means.
 *
 * Battery: G7.
 */
#include "notify/runbook.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "util/utf8.h"
#include "util/xmalloc.h"

#define LIMIT_MS 20000

struct told {
	bool done;
	struct outcome_report report;
	char *output;
};

static void on_done(void *arg, const struct outcome_report *r,
		    const char *output)
{
	struct told *t = arg;

	assert_false(t->done);
	t->done = true;
	t->report = *r;
	t->output = xstrdup(output);
}

/* Runs a script by sh, as an argument of its own: we use no shell. */
static struct told run(const char *script, const char *input, int64_t limit_ms)
{
	struct loop *l = loop_new();
	struct strlist command = STRLIST_INIT;
	struct strbuf text = STRBUF_INIT;
	struct told told = { 0 };

	strlist_add(&command, "/bin/sh");
	strlist_add(&command, "-c");
	strlist_add(&command, script);
	strbuf_addstr(&text, input);
	(void)runbook_start(l,
			    &(struct runbook_order){ &command, &text,
						     limit_ms },
			    on_done, &told);
	assert_false(told.done); /* never from within */
	while (!told.done)
		loop_turn(l, 1000);
	strlist_release(&command);
	strbuf_release(&text);
	loop_free(l);
	return told;
}

static void test_gets_the_event(void **state)
{
	struct told t =
		run("cat; echo \"$@\" >&2", "{\"type\":\"x\"}\n", LIMIT_MS);

	(void)state;
	assert_int_equal(t.report.outcome, OUTCOME_SENT);
	assert_string_equal(t.output, "{\"type\":\"x\"}\n\n");
	assert_string_equal(t.report.error, "");
	free(t.output);
}

/* No variable, descriptor, directory or group of ours. */
static void test_has_nothing_of_ours(void **state)
{
	struct told t;
	char *line;

	(void)state;
	assert_int_equal(setenv("TRIAGED_TEST_SECRET", "canary", 1), 0);
	t = run("/usr/bin/env | sort | grep -v '^[_S]' ; pwd; "
		"ls /proc/self/fd | wc -l; "
		"test \"$(cut -d' ' -f5 /proc/$$/stat)\" = $$ && echo own",
		"", LIMIT_MS);
	line = t.output;
	assert_null(strstr(t.output, "canary"));
	assert_int_equal(strncmp(line, "LANG=C.UTF-8\n", 13), 0);
	assert_non_null(strstr(line, "PATH=/usr/local/sbin:"));
	assert_non_null(strstr(line, "\n/\n"));
	/* three of its own, and the directory that ls reads */
	assert_non_null(strstr(line, "\n4\n"));
	assert_non_null(strstr(line, "own\n"));
	free(t.output);
}

static void test_ends(void **state)
{
	static const struct {
		const char *script;
		enum outcome outcome;
		const char *says;
	} rows[] = {
		{ "exit 0", OUTCOME_SENT, "" },
		{ "exit 75", OUTCOME_RETRY, "asks to be run again" },
		{ "echo no such host; exit 3", OUTCOME_DEAD,
		  "/bin/sh failed with exit status 3: no such host" },
		{ "kill -KILL $$", OUTCOME_RETRY, "signal 9" },
		{ "printf '\\033[31m\\377x'; exit 1", OUTCOME_DEAD, "[31m" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct told t = run(rows[i].script, "", LIMIT_MS);

		assert_int_equal(t.report.outcome, rows[i].outcome);
		assert_non_null(strstr(t.report.error, rows[i].says));
		assert_null(strchr(t.report.error, '\033'));
		assert_null(strchr(t.output, '\033'));
		assert_true(utf8_valid(t.output, strlen(t.output)));
		free(t.output);
	}
}

/* Over its limit it is asked to end, then ended, with what it started. */
static void test_limit(void **state)
{
	struct told t = run("trap '' TERM; sleep 1000 & echo $!; "
			    "while :; do sleep 1000; done",
			    "", 50);
	long pid = strtol(t.output, NULL, 10);
	struct pollfd p = { .fd = pidfd_open((pid_t)pid, 0), .events = POLLIN };

	(void)state;
	assert_int_equal(t.report.outcome, OUTCOME_RETRY);
	assert_non_null(strstr(t.report.error, "was ended"));
	assert_true(pid > 1);
	/* Nobody waits for it here: it ended, or it is gone. */
	assert_true(p.fd < 0 || poll(&p, 1, LIMIT_MS) == 1);
	if (p.fd >= 0)
		close(p.fd);
	free(t.output);
}

/* What it leaves in its group goes with it, and holds nothing up. */
static void test_leaves_nobody(void **state)
{
	struct told t = run("sleep 1000 & echo done", "", LIMIT_MS);

	(void)state;
	assert_int_equal(t.report.outcome, OUTCOME_SENT);
	assert_string_equal(t.output, "done\n");
	free(t.output);
}

static void test_much_output(void **state)
{
	struct told t = run("yes | head -c 1000000", "", LIMIT_MS);

	(void)state;
	assert_int_equal(t.report.outcome, OUTCOME_SENT);
	assert_true(strlen(t.output) < RUNBOOK_OUTPUT_MAX + 100);
	assert_non_null(strstr(t.output, "bytes more were not kept"));
	free(t.output);
}

/* More than a pipe holds, to a program that reads none of it. */
static void test_unread_input(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct told t;

	(void)state;
	while (text.len < 1000000)
		strbuf_addstr(&text, "0123456789");
	t = run("exec <&-; exit 0", text.buf, LIMIT_MS);
	assert_int_equal(t.report.outcome, OUTCOME_SENT);
	free(t.output);
	t = run("wc -c", text.buf, LIMIT_MS);
	assert_string_equal(t.output, "1000000\n");
	free(t.output);
	strbuf_release(&text);
}

/* A hook that nobody finds is tried again, and its error is @error. */
static void assert_not_there(const char *hook, const char *error)
{
	struct loop *l = loop_new();
	struct strlist command = STRLIST_INIT;
	struct strbuf text = STRBUF_INIT;
	struct told told = { 0 };

	strlist_add(&command, hook);
	(void)runbook_start(l,
			    &(struct runbook_order){ &command, &text,
						     LIMIT_MS },
			    on_done, &told);
	while (!told.done)
		loop_turn(l, 1000);
	assert_int_equal(told.report.outcome, OUTCOME_RETRY);
	assert_string_equal(told.report.error, error);
	free(told.output);
	strlist_release(&command);
	loop_free(l);
}

static void test_not_there(void **state)
{
	(void)state;
	assert_not_there("/nonexistent/block-ip",
			 "/nonexistent/block-ip cannot be started: No such "
			 "file or directory");
}

/* A child behind a socket, as systemd would start it: reads to the end of the
 * event, and answers. */
static pid_t serve(const char *path, const char *answer)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char buf[4096];
	pid_t pid;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	(void)unlink(path);
	assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(listener, 1), 0);
	pid = fork();
	if (pid == 0) {
		int fd = accept(listener, NULL, NULL);
		size_t n = 0;
		ssize_t got;

		while (answer && (got = read(fd, buf, sizeof(buf))) > 0)
			n += (size_t)got;
		if (!answer)
			(void)poll(NULL, 0, -1); /* says nothing, ever */
		(void)dprintf(fd, "%zu bytes\n%s", n, answer);
		_exit(0);
	}
	assert_true(pid > 0);
	close(listener);
	return pid;
}

static struct told run_far(const char *path, const char *answer,
			   int64_t limit_ms)
{
	struct loop *l = loop_new();
	struct strlist command = STRLIST_INIT;
	struct strbuf text = STRBUF_INIT;
	struct told told = { 0 };
	char *word = xasprintf("unix:%s", path);
	pid_t pid = serve(path, answer);

	while (text.len < 1000000) /* more than a socket holds */
		strbuf_addstr(&text, "0123456789");
	strlist_add(&command, word);
	(void)runbook_start(l,
			    &(struct runbook_order){ &command, &text,
						     limit_ms },
			    on_done, &told);
	assert_false(told.done);
	while (!told.done)
		loop_turn(l, 1000);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	strlist_release(&command);
	strbuf_release(&text);
	loop_free(l);
	free(word);
	return told;
}

/* What a unit of its own makes of the event comes back as that of a program;
 * the last word counts, so that a hook cannot speak for its unit. */
static void test_far(void **state)
{
	static const struct {
		const char *answer;
		enum outcome outcome;
		const char *output, *says;
	} rows[] = {
		{ "triaged-hook: exited 0\n", OUTCOME_SENT, "1000000 bytes\n",
		  "" },
		{ "blocked\ntriaged-hook: exited 0\n", OUTCOME_SENT,
		  "1000000 bytes\nblocked\n", "" },
		{ "no line feedtriaged-hook: exited 75\n", OUTCOME_RETRY,
		  "1000000 bytes\nno line feed", "asks to be run again" },
		{ "triaged-hook: exited 0\ntriaged-hook: exited 3\n",
		  OUTCOME_DEAD, "1000000 bytes\ntriaged-hook: exited 0\n",
		  "failed with exit status 3: 1000000 bytes" },
		{ "triaged-hook: killed TERM\n", OUTCOME_RETRY,
		  "1000000 bytes\n", "was ended; its journal says why" },
		{ "", OUTCOME_RETRY, "1000000 bytes\n",
		  "ended without a word" },
	};
	char path[] = "/tmp/test_runbook_XXXXXX";
	char socket_path[64];

	(void)state;
	assert_non_null(mkdtemp(path));
	snprintf(socket_path, sizeof(socket_path), "%s/s", path);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct told t = run_far(socket_path, rows[i].answer, LIMIT_MS);

		assert_int_equal(t.report.outcome, rows[i].outcome);
		assert_string_equal(t.output, rows[i].output);
		assert_non_null(strstr(t.report.error, rows[i].says));
		free(t.output);
	}
	(void)unlink(socket_path);
	(void)rmdir(path);
}

/* The word that counts is the last, however much came before it. */
static void test_far_much_output(void **state)
{
	char path[] = "/tmp/test_runbook_XXXXXX";
	struct strbuf answer = STRBUF_INIT;
	char socket_path[64];
	struct told t;

	(void)state;
	assert_non_null(mkdtemp(path));
	snprintf(socket_path, sizeof(socket_path), "%s/s", path);
	while (answer.len < 100000)
		strbuf_addstr(&answer, "a line of output\n");
	strbuf_addstr(&answer, "triaged-hook: exited 0\n");
	t = run_far(socket_path, answer.buf, LIMIT_MS);
	assert_int_equal(t.report.outcome, OUTCOME_SENT);
	assert_non_null(strstr(t.output, "bytes more were not kept"));
	free(t.output);
	t = run_far(socket_path, NULL, 50); /* it never answers */
	assert_int_equal(t.report.outcome, OUTCOME_RETRY);
	assert_non_null(strstr(t.report.error, "took longer than"));
	free(t.output);
	strbuf_release(&answer);
	(void)unlink(socket_path);
	(void)rmdir(path);
}

static void test_far_not_there(void **state)
{
	(void)state;
	assert_not_there("unix:/nonexistent/hook.sock",
			 "unix:/nonexistent/hook.sock cannot be reached: No "
			 "such file or directory");
}

static void test_cancel(void **state)
{
	struct loop *l = loop_new();
	struct strlist command = STRLIST_INIT;
	struct strbuf text = STRBUF_INIT;
	struct told told = { 0 };
	struct runbook *r;

	(void)state;
	strlist_add(&command, "/bin/sleep");
	strlist_add(&command, "1000");
	r = runbook_start(l,
			  &(struct runbook_order){ &command, &text, LIMIT_MS },
			  on_done, &told);
	loop_turn(l, 0);
	assert_null(runbook_cancel(r));
	loop_turn(l, 0);
	assert_false(told.done);
	strlist_release(&command);
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gets_the_event),
		cmocka_unit_test(test_has_nothing_of_ours),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_leaves_nobody),
		cmocka_unit_test(test_much_output),
		cmocka_unit_test(test_unread_input),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_far),
		cmocka_unit_test(test_far_much_output),
		cmocka_unit_test(test_far_not_there),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
