/*
 * Tests of util/streams: what a write would wait for, and streams that are
 * closed.
 *
 * Battery: F5.
 */
#include "util/streams.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_pipe_has_room_until_it_is_full(void **state)
{
	char bytes[PIPE_BUF];
	int ends[2];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, 2 * PIPE_BUF),
			 2 * PIPE_BUF);
	for (int i = 0; i < 2; i++) {
		assert_true(streams_has_room(ends[1]));
		assert_int_equal(write(ends[1], bytes, PIPE_BUF), PIPE_BUF);
	}
	assert_false(streams_has_room(ends[1]));
	assert_int_equal(read(ends[0], bytes, PIPE_BUF), PIPE_BUF);
	assert_true(streams_has_room(ends[1]));
	/* The write says what is wrong, at once. */
	(void)close(ends[0]);
	assert_true(streams_has_room(ends[1]));
	(void)close(ends[1]);
}

static void a_file_always_has_room(void **state)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(streams_has_room(fd));
	(void)close(fd);
}

static bool is_null(int fd)
{
	struct stat got, want;

	return fstat(fd, &got) == 0 && stat("/dev/null", &want) == 0 &&
	       got.st_rdev == want.st_rdev && S_ISCHR(got.st_mode);
}

/* In a child, as bits: which of the streams are /dev/null afterwards. */
static int kept(int closed)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0) {
		int bits = 0;

		for (int fd = 0; fd < 3; fd++)
			if (closed & (1 << fd))
				(void)close(fd);
		streams_keep();
		for (int fd = 0; fd < 3; fd++)
			bits |= (is_null(fd) && (closed & (1 << fd))) << fd;
		_exit(bits);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void closed_streams_lead_nowhere(void **state)
{
	(void)state;
	for (int closed = 0; closed < 8; closed++)
		assert_int_equal(kept(closed), closed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pipe_has_room_until_it_is_full),
		cmocka_unit_test(a_file_always_has_room),
		cmocka_unit_test(closed_streams_lead_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
