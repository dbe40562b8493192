/* A file is read to its end, or as far as there is room. */
#include "util/read_fully.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static void test_in_pieces(void **state)
{
	char buf[8] = "";
	int fds[2];
	pid_t child;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (child == 0) {
		close(fds[0]);
		for (const char *p = "abcdef"; *p; p++)
			if (write(fds[1], p, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(fds[1]);
	assert_int_equal(read_fully(fds[0], buf, 4), 4);
	assert_memory_equal(buf, "abcd", 4);
	assert_int_equal(read_fully(fds[0], buf, sizeof(buf)), 2);
	assert_memory_equal(buf, "ef", 2);
	assert_int_equal(read_fully(fds[0], buf, sizeof(buf)), 0);
	close(fds[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static int write_end = -1;

static void on_alarm(int number)
{
	(void)number;
	(void)!write(write_end, "x", 1);
	close(write_end);
}

/* The signal comes while it waits, and only what it does ends the wait. */
static void test_interrupted(void **state)
{
	struct sigaction act = { .sa_handler = on_alarm };
	char buf[4] = "";
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	write_end = fds[1];
	assert_int_equal(sigaction(SIGALRM, &act, NULL), 0);
	ualarm(1000, 0);
	assert_int_equal(read_fully(fds[0], buf, sizeof(buf)), 1);
	assert_int_equal(buf[0], 'x');
	close(fds[0]);
}

static void test_refused(void **state)
{
	char buf[4];
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(read_fully(fd, buf, sizeof(buf)), -EISDIR);
	close(fd);
	assert_int_equal(read_fully(fd, buf, sizeof(buf)), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_pieces),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
