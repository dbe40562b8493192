/* A directory of one use goes with its files, and with nothing else. */
#include "util/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void make_file(const char *directory, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static void test_goes_with_its_files(void **state)
{
	char path[] = "/tmp/test-scratch-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(path));
	make_file(path, "one");
	make_file(path, ".two");
	scratch_remove(path);
	assert_int_equal(access(path, F_OK), -1);
	scratch_remove(path); /* there is none */
}

/* A link is removed, not what it leads to; a directory is nobody's mistake. */
static void test_leaves_what_is_not_its_own(void **state)
{
	char path[] = "/tmp/test-scratch-XXXXXX";
	char other[] = "/tmp/test-scratch-XXXXXX";
	char name[128];

	(void)state;
	assert_non_null(mkdtemp(path));
	assert_non_null(mkdtemp(other));
	make_file(other, "kept");
	snprintf(name, sizeof(name), "%s/link", path);
	assert_int_equal(symlink(other, name), 0);
	snprintf(name, sizeof(name), "%s/below", path);
	assert_int_equal(mkdir(name, 0700), 0);
	scratch_remove(path);
	assert_int_equal(access(name, F_OK), 0);
	snprintf(name, sizeof(name), "%s/kept", other);
	assert_int_equal(access(name, F_OK), 0);
	snprintf(name, sizeof(name), "%s/below", path);
	assert_int_equal(rmdir(name), 0);
	scratch_remove(path);
	scratch_remove(other);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(other, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goes_with_its_files),
		cmocka_unit_test(test_leaves_what_is_not_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
