/* Tests of util/secret: what files are refused, and what is read from the
 * others. */
#include "util/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/test_secret.XXXXXX";
static char path[64];

static int setup(void **state)
{
	(void)state;
	(void)umask(0);
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/f", dir);
	return 0;
}

static int teardown(void **state)
{
	char other[64];

	(void)state;
	(void)unlink(path);
	(void)snprintf(other, sizeof(other), "%s/triaged_name", dir);
	(void)unlink(other);
	(void)snprintf(other, sizeof(other), "%s/link", dir);
	(void)unlink(other);
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	return rmdir(dir);
}

static void put(const char *where, mode_t mode, const void *bytes, size_t len)
{
	int fd;

	(void)unlink(where);
	fd = open(where, O_WRONLY | O_CREAT | O_EXCL, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(close(fd), 0);
}

static void expect_refused(int code, const char *word)
{
	struct secret *s = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(secret_read_file(path, &s, &err), code);
	assert_int_equal(err.code, code);
	assert_null(s);
	assert_non_null(strstr(err.text, path));
	assert_non_null(strstr(err.text, word));
	assert_null(strstr(err.text, "hunter2"));
}

static void bytes_are_kept_and_terminated(void **state)
{
	struct secret *s = secret_new("abc", 2);

	(void)state;
	assert_int_equal(secret_len(s), 2);
	assert_string_equal(secret_peek(s), "ab");
	secret_free_ptr(&s);
	assert_null(s);
	assert_null(secret_free(NULL));
	s = secret_new(NULL, 0);
	assert_string_equal(secret_peek(s), "");
	assert_null(secret_free(s));
}

static void one_newline_is_dropped(void **state)
{
	static const char *const rows[][2] = {
		{ "hunter2", "hunter2" },	{ "hunter2\n", "hunter2" },
		{ "hunter2\r\n", "hunter2" },	{ "hunter2\n\n", "hunter2\n" },
		{ " hunter2 \n", " hunter2 " }, { "a\nb\n", "a\nb" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(secret_free_ptr) struct secret *s = NULL;

		put(path, 0600, rows[i][0], strlen(rows[i][0]));
		assert_int_equal(secret_read_file(path, &s, NULL), 0);
		assert_string_equal(secret_peek(s), rows[i][1]);
		assert_int_equal(secret_len(s), strlen(rows[i][1]));
	}
}

static void modes_decide(void **state)
{
	static const struct {
		mode_t mode;
		bool ok;
	} rows[] = {
		{ 0400, true },	 { 0600, true },  { 0640, true },
		{ 0440, true },	 { 0644, false }, { 0660, false },
		{ 0602, false }, { 0604, false }, { 0620, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct secret *s = NULL;

		put(path, rows[i].mode, "hunter2", 7);
		if (!rows[i].ok) {
			expect_refused(ERR_DENIED, "chmod 0640");
			continue;
		}
		assert_int_equal(secret_read_file(path, &s, NULL), 0);
		s = secret_free(s);
	}
}

static void contents_decide(void **state)
{
	static char big[SECRET_MAX + 1];
	CLEANUP(secret_free_ptr) struct secret *s = NULL;

	(void)state;
	memset(big, 'x', sizeof(big));
	put(path, 0600, "", 0);
	expect_refused(ERR_CONF, "empty");
	put(path, 0600, "\n", 1);
	expect_refused(ERR_CONF, "empty");
	put(path, 0600, "hunter2\0x", 9);
	expect_refused(ERR_CONF, "zero byte");
	put(path, 0600, big, SECRET_MAX + 1);
	expect_refused(ERR_LIMIT, "larger than");
	put(path, 0600, big, SECRET_MAX);
	assert_int_equal(secret_read_file(path, &s, NULL), 0);
	assert_int_equal(secret_len(s), SECRET_MAX);
}

static void only_regular_files(void **state)
{
	(void)state;
	expect_refused(-ENOENT, "No such file");
	/* A FIFO must not hold the daemon. */
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_refused(ERR_CONF, "not a regular file");
	(void)unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	expect_refused(ERR_CONF, "not a regular file");
	assert_int_equal(rmdir(path), 0);
}

static void links_are_followed(void **state)
{
	CLEANUP(secret_free_ptr) struct secret *s = NULL;
	char link[64];

	(void)state;
	(void)snprintf(link, sizeof(link), "%s/link", dir);
	put(path, 0600, "hunter2", 7);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(secret_read_file(link, &s, NULL), 0);
	assert_string_equal(secret_peek(s), "hunter2");
}

static int credential(const char *name, char *ret, size_t size)
{
	CLEANUP(secret_free_ptr) struct secret *s = NULL;
	struct err err = ERR_INIT;
	int rc = secret_read_credential(name, &s, &err);

	(void)snprintf(ret, size, "%s", s ? secret_peek(s) : err.text);
	return rc;
}

static void credential_by_name_or_prefix(void **state)
{
	char other[64], text[512];

	(void)state;
	assert_int_equal(credential("f", text, sizeof(text)), ERR_NOT_FOUND);
	assert_non_null(strstr(text, "CREDENTIALS_DIRECTORY"));
	(void)setenv("CREDENTIALS_DIRECTORY", dir, 1);
	assert_int_equal(credential("f", text, sizeof(text)), ERR_NOT_FOUND);
	assert_non_null(strstr(text, "LoadCredential=f:"));

	put(path, 0400, "plain\n", 6);
	(void)snprintf(other, sizeof(other), "%s/triaged_name", dir);
	put(other, 0400, "prefixed", 8);
	assert_int_equal(credential("f", text, sizeof(text)), 0);
	assert_string_equal(text, "plain");
	assert_int_equal(credential("name", text, sizeof(text)), 0);
	assert_string_equal(text, "prefixed");
}

static void credential_names_cannot_climb(void **state)
{
	static const char *const bad[] = { "", ".", "..", "../f", "a/b", "/f" };
	char text[512];

	(void)state;
	(void)setenv("CREDENTIALS_DIRECTORY", dir, 1);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(credential(bad[i], text, sizeof(text)),
				 ERR_CONF);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_kept_and_terminated),
		TEST(one_newline_is_dropped),
		TEST(modes_decide),
		TEST(contents_decide),
		TEST(only_regular_files),
		TEST(links_are_followed),
		TEST(credential_by_name_or_prefix),
		TEST(credential_names_cannot_climb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
