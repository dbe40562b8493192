/* net/listen: whose socket file it is, and who may use it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/listen_priv.h"

struct fixture {
	char dir[64], path[96];
};

static int setup(void **state)
{
	static struct fixture f;

	snprintf(f.dir, sizeof(f.dir), "%s", "/tmp/triaged-listen-XXXXXX");
	if (!mkdtemp(f.dir))
		return -1;
	snprintf(f.path, sizeof(f.path), "%s/s", f.dir);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	return rmdir(f->dir);
}

static void open_ok(const char *path, struct listen_unix *lu)
{
	struct err err = ERR_INIT;

	if (listen_unix_open(path, lu, &err) < 0)
		fail_msg("%s", err.text);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void test_mode_whatever_the_umask(void **state)
{
	static const mode_t masks[] = { 0, 077, 0777, 022 };
	struct fixture *f = *state;
	mode_t before = umask(0);

	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		struct listen_unix lu;

		umask(masks[i]);
		open_ok(f->path, &lu);
		assert_int_equal(mode_of(f->path), 0660);
		listen_unix_unlink(&lu);
		assert_int_equal(access(f->path, F_OK), -1);
		close(lu.fd);
	}
	umask(before);
}

static void test_stale_socket_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct listen_unix dead, lu;

	open_ok(f->path, &dead);
	close(dead.fd); /* as a killed daemon leaves it */
	open_ok(f->path, &lu);
	/* The first one's clean-up does not touch the second one's file. */
	listen_unix_unlink(&dead);
	if (dead.ino != lu.ino)
		assert_int_equal(access(f->path, F_OK), 0);
	listen_unix_unlink(&lu);
	close(lu.fd);
}

static void test_live_socket_is_refused(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct listen_unix lu, second;

	open_ok(f->path, &lu);
	assert_int_equal(listen_unix_open(f->path, &second, &err), ERR_BUSY);
	assert_non_null(strstr(err.text, f->path));
	assert_int_equal(access(f->path, F_OK), 0);
	listen_unix_unlink(&lu);
	close(lu.fd);
}

static void test_file_is_refused(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct listen_unix lu;
	int fd = open(f->path, O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(listen_unix_open(f->path, &lu, &err), ERR_CONF);
	assert_int_equal(access(f->path, F_OK), 0);
}

static void test_bad_paths(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct listen_unix lu;
	char path[200];

	assert_int_equal(listen_unix_open("relative", &lu, &err), ERR_CONF);
	assert_int_equal(listen_unix_open("", &lu, &err), ERR_CONF);
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(listen_unix_open(path, &lu, &err), ERR_CONF);
	snprintf(path, sizeof(path), "%s/none/s", f->dir);
	assert_true(listen_unix_open(path, &lu, &err) < 0);
	assert_non_null(strstr(err.text, "No such file"));
}

/* Nobody accepts: a burst of clients still gets its place. */
static void test_backlog_holds_a_burst(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct listen_unix lu;
	int fds[200];

	open_ok(f->path, &lu);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", f->path);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = socket(AF_UNIX,
				SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (connect(fds[i], (void *)&a, sizeof(a)) < 0)
			fail_msg("client %zu: %s", i, strerror(errno));
	}
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	listen_unix_unlink(&lu);
	close(lu.fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mode_whatever_the_umask),
		TEST(test_stale_socket_is_replaced),
		TEST(test_live_socket_is_refused),
		TEST(test_file_is_refused),
		TEST(test_bad_paths),
		TEST(test_backlog_holds_a_burst),
	};

	return cmocka_run_group_tests_name("listen", tests, NULL, NULL);
}
