/* What a process may no more do to files, tried in children of their own. */
#include "util/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define ALL (LANDLOCK_READ | LANDLOCK_RUN | LANDLOCK_WRITE)

/* Older kernels refuse rights they do not know. */
static void test_rights_by_version(void **state)
{
	static const struct {
		int abi;
		bool directory;
		uint64_t beyond; /* version 1 */
	} rows[] = {
		{ 1, true, 0 },
		{ 2, true, UINT64_C(1) << 13 },
		{ 3, true, UINT64_C(3) << 13 },
		{ 4, true, UINT64_C(3) << 13 },
		{ 5, true, UINT64_C(7) << 13 },
		{ 9, true, UINT64_C(7) << 13 },
		{ 2, false, 0 }, /* to move between folders is theirs */
		{ 9, false, UINT64_C(6) << 13 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t rights =
			landlock_rights(ALL, rows[i].abi, rows[i].directory);

		assert_int_equal(rights >> 13 << 13, rows[i].beyond);
		assert_true(rights & LANDLOCK_ACCESS_FS_EXECUTE);
		assert_int_equal(!!(rights & LANDLOCK_ACCESS_FS_READ_DIR),
				 rows[i].directory);
		assert_false(rights & LANDLOCK_ACCESS_FS_MAKE_CHAR);
		assert_false(rights & LANDLOCK_ACCESS_FS_MAKE_BLOCK);
	}
	assert_int_equal(landlock_rights(LANDLOCK_READ, 9, false),
			 LANDLOCK_ACCESS_FS_READ_FILE);
	assert_int_equal(landlock_rights(0, 9, true), 0);
}

struct scene {
	char folder[32];
	char own[64], other[64], program[64];
};

static void put(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void build(struct scene *s)
{
	char path[96];

	strcpy(s->folder, "/tmp/test_landlock_XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	snprintf(s->own, sizeof(s->own), "%s/own", s->folder);
	snprintf(s->other, sizeof(s->other), "%s/other", s->folder);
	snprintf(s->program, sizeof(s->program), "%s/own/program", s->folder);
	assert_int_equal(mkdir(s->own, 0700), 0);
	assert_int_equal(mkdir(s->other, 0700), 0);
	snprintf(path, sizeof(path), "%s/file", s->other);
	put(path, "x", 0600);
	put(s->program, "#!/bin/sh\nexit 7\n", 0700);
}

static void tear_down(const struct scene *s)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", s->folder);
	assert_int_equal(system(command), 0);
}

static int run(const char *program)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)execl(program, program, (char *)NULL);
		_exit(100 + (errno == EACCES));
	}
	(void)waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static bool opens(const char *folder, const char *name, int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* The number of the first thing that is not as it must be; 0 all is. */
static int live(const struct scene *s, bool limited)
{
	if (!opens(s->own, "new", O_WRONLY | O_CREAT))
		return 1;
	if (opens(s->other, "new", O_WRONLY | O_CREAT) == limited)
		return 2;
	if (opens(s->other, "file", O_RDONLY) == limited)
		return 3;
	if (opens(s->other, ".", O_RDONLY | O_DIRECTORY) == limited)
		return 4;
	if (run(s->program) != (limited ? 101 : 7))
		return 5;
	if (run("/usr/bin/true") != 0)
		return 6;
	return 0;
}

static int child(const struct scene *s)
{
	struct err err = ERR_INIT;
	struct landlock *l = landlock_new();

	if (!l || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    landlock_allow(l, "/usr", LANDLOCK_READ | LANDLOCK_RUN, &err) < 1 ||
	    landlock_allow(l, "/lib", LANDLOCK_READ | LANDLOCK_RUN, &err) < 0 ||
	    landlock_allow(l, "/lib64", LANDLOCK_READ | LANDLOCK_RUN, &err) <
		    0 ||
	    landlock_allow(l, s->own, LANDLOCK_READ | LANDLOCK_WRITE, &err) <
		    1 ||
	    landlock_allow(l, "/nowhere/at-all", LANDLOCK_READ, &err) != 0)
		return 50;
	if (live(s, false) != 0) /* nothing is in force yet */
		return 51;
	if (landlock_enforce(l, &err) < 0)
		return 52;
	landlock_free(l);
	return live(s, true);
}

static void test_limits_a_process(void **state)
{
	struct scene s;
	int status = 0;
	pid_t pid;

	(void)state;
	if (landlock_abi() == 0) {
		struct landlock *none = landlock_new();

		assert_null(none);
		skip();
	}
	build(&s);
	pid = fork();
	if (pid == 0)
		_exit(child(&s));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(live(&s, false), 0); /* we are as we were */
	tear_down(&s);
}

/* Without no_new_privs the kernel refuses, and says so. */
static void test_refusal_is_told(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	if (landlock_abi() == 0)
		skip();
	pid = fork();
	if (pid == 0) {
		struct err err = ERR_INIT;
		struct landlock *l = landlock_new();

		/* Root may without. */
		if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
			_exit(2);
		_exit(landlock_enforce(l, &err) != -EPERM || !err.text[0]);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rights_by_version),
		cmocka_unit_test(test_limits_a_process),
		cmocka_unit_test(test_refusal_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
