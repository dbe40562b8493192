/*
 * The simulation must be able to fail: each kind of breakage, on purpose, turns
 * it red, and by the check that is meant for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/compiler.h"

/* The program beside this one. */
static void simulation(char *ret, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", ret, size - 1);
	char *slash;

	assert_true(n > 0);
	ret[n] = '\0';
	slash = strrchr(ret, '/');
	assert_non_null(slash);
	(void)snprintf(slash, size - (size_t)(slash - ret),
		       "/test_triage_random");
}

/* What it says first on standard error; its exit status. */
static int simulate(const char *how, char *ret, size_t size)
{
	char path[512];
	int out[2], status = 0;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	simulation(path, sizeof(path));
	assert_int_equal(pipe(out), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(out[1], STDERR_FILENO);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)close(out[0]);
		(void)setenv("PROPERTY_BREAK", how, 1);
		(void)setenv("PROPERTY_SEED", "1", 1);
		(void)setenv("PROPERTY_ALERTS", "6000", 1);
		/* A test that fails gives nothing back. */
		(void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
		(void)execl(path, path, (char *)NULL);
		_exit(127);
	}
	(void)close(out[1]);
	while (len < size - 1 &&
	       (n = read(out[0], ret + len, size - 1 - len)) > 0)
		len += (size_t)n;
	ret[len] = '\0';
	(void)close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_each_breakage_is_noticed(void **state)
{
	static const struct {
		const char *how, *says;
	} rows[] = {
		{ "late", "too late" },
		{ "lost", "a row is due and nobody looks" },
		{ "double", "the same call twice" },
		{ "afterack", "a page after an acknowledgement" },
		{ "unarmed", "is not armed" },
		{ "due", "triage clock is due" },
		{ "silent", "nobody was called" },
		{ "resolve", "resolve clock is due" },
		{ "unclimbed", "left no trace" },
		{ "stuck", "too long" },
		{ "dropped", "nobody was told" },
		{ "forgotten", "the account of notices" },
		{ "leak", "holds it, and yet it goes" },
		{ "hushed", "which does not cover it" },
		{ "flood", "and no storm" },
		{ "untold", "for no reason" },
		{ "unhastened", "too long" },
		{ "hasty", "two summaries of a storm" },
		{ "quieted", "a critical is held" },
		{ "stormy", "a storm of" },
		{ "patient", "its group does not wait for it so" },
		{ "early", "not end then" },
		{ "stale", "about what is over" },
		{ "endless", "may stand" },
	};
	char said[8192];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (simulate(rows[i].how, said, sizeof(said)) != 1 ||
		    !strstr(said, rows[i].says))
			fail_msg("%s was not noticed: %s", rows[i].how, said);
	}
}

static void test_nothing_broken_passes(void **state)
{
	char said[8192];

	(void)state;
	assert_int_equal(simulate("", said, sizeof(said)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_breakage_is_noticed),
		cmocka_unit_test(test_nothing_broken_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
