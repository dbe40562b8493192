/* net/token_file: which files are believed, and which are not even opened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "net/token_priv.h"
#include "util/xmalloc.h"

struct fixture {
	char dir[64], path[96], outside[96];
};

static int setup(void **state)
{
	static struct fixture f;

	snprintf(f.dir, sizeof(f.dir), "/tmp/triaged-file-XXXXXX");
	if (!mkdtemp(f.dir))
		return -1;
	snprintf(f.path, sizeof(f.path), "%s/a.key", f.dir);
	snprintf(f.outside, sizeof(f.outside), "%s.key", f.dir);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	unlink(f->outside);
	return rmdir(f->dir);
}

static void put(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

static const struct {
	const char *text, *token; /* NULL: refused */
} contents[] = {
	{ "eyJ0.eyJh.c2ln", "eyJ0.eyJh.c2ln" },
	{ " \r\n\teyJ0.eyJh.c2ln \r\n\n", "eyJ0.eyJh.c2ln" },
	{ "", NULL },
	{ " \n", NULL },
	{ "two words", NULL },
	{ "a\nb", NULL },
	{ "a\x7f", NULL },
	{ "caf\xc3\xa9", NULL },
};

static void test_assertion_contents(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(contents); i++) {
		struct secret *s = NULL;
		struct err err = ERR_INIT;
		int rc;

		put(f->path, contents[i].text, strlen(contents[i].text));
		rc = token_file_assertion(f->path, &s, &err);
		assert_int_equal(rc, contents[i].token ? 0 : ERR_SCHEMA);
		if (rc < 0) {
			assert_non_null(strstr(err.text, f->path));
			assert_null(strstr(err.text, "words"));
			continue;
		}
		assert_string_equal(secret_peek(s), contents[i].token);
		secret_free(s);
	}
}

static void test_assertion_is_bounded(void **state)
{
	static char text[TOKEN_FILE_MAX + 1];
	struct fixture *f = *state;
	struct secret *s = NULL;

	memset(text, 'x', sizeof(text));
	put(f->path, text, TOKEN_FILE_MAX);
	assert_int_equal(token_file_assertion(f->path, &s, NULL), 0);
	assert_int_equal(secret_len(s), TOKEN_FILE_MAX);
	secret_free(s);
	put(f->path, text, TOKEN_FILE_MAX + 1);
	assert_int_equal(token_file_assertion(f->path, &s, NULL), ERR_LIMIT);
	put(f->path, "a\0b", 3);
	assert_int_equal(token_file_assertion(f->path, &s, NULL), ERR_SCHEMA);
}

/* All of these may pass: the volume is not mounted yet, say. */
static void test_assertion_not_a_file(void **state)
{
	struct fixture *f = *state;
	struct secret *s = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(token_file_assertion(f->path, &s, &err), -ENOENT);
	assert_non_null(strstr(err.text, "mounted"));
	assert_int_equal(token_file_assertion(f->dir, &s, &err), ERR_CONF);
	assert_int_equal(mkfifo(f->path, 0600), 0);
	assert_int_equal(token_file_assertion(f->path, &s, &err), ERR_CONF);
}

static int arc(const struct fixture *f, const char *path, struct err *err)
{
	struct secret *s = NULL;
	int rc = token_file_arc_key(f->dir, path, &s, err);

	if (!rc)
		assert_string_equal(secret_peek(s), "the-key");
	secret_free(s);
	return rc;
}

static void test_arc_key(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	put(f->path, "the-key", 7);
	if (arc(f, f->path, &err) < 0)
		fail_msg("%s", err.text);
}

/* Paths with %s for the folder; all name something that can be read. */
static const char *const foreign[] = {
	"/etc/passwd",	"%s.key",   "%s/../%s",	     "%s/./a.key", "%s//a.key",
	"%s/sub/a.key", "%s/a.txt", "%s/.key",	     "%s/",	   "%s",
	"a.key",	"",	    "/tmp/%s/a.key",
};

static void test_arc_refuses_other_places(void **state)
{
	struct fixture *f = *state;

	put(f->path, "the-key", 7);
	put(f->outside, "the-key", 7);
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
		CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
		struct err err = ERR_INIT;

		for (const char *p = foreign[i]; *p; p++) {
			if (*p == '%' && p++)
				strbuf_addstr(&path, f->dir);
			else
				strbuf_addch(&path, *p);
		}
		if (arc(f, path.buf, &err) != ERR_AUTH)
			fail_msg("%s", path.buf);
		assert_non_null(strstr(err.text, "gets none"));
	}
}

static void test_arc_refuses_links_and_more(void **state)
{
	char big[TOKEN_ARC_KEY_MAX + 1];
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	put(f->outside, "the-key", 7);
	assert_int_equal(symlink(f->outside, f->path), 0);
	assert_int_equal(arc(f, f->path, &err), ERR_AUTH);
	assert_non_null(strstr(err.text, "symbolic link"));
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(arc(f, f->path, &err), ERR_AUTH);
	assert_non_null(strstr(err.text, "No such file"));
	memset(big, 'x', sizeof(big));
	put(f->path, big, sizeof(big));
	assert_int_equal(arc(f, f->path, &err), ERR_AUTH);
	assert_non_null(strstr(err.text, "4096"));
	put(f->path, "the-key\r\nX-Evil: 1", 18);
	assert_int_equal(arc(f, f->path, &err), ERR_AUTH);
	assert_null(strstr(err.text, "Evil"));
}

/* The folder itself must not be a link to where somebody else writes. */
static void test_arc_folder_is_no_link(void **state)
{
	struct fixture *f = *state;
	CLEANUP(free_ptr) char *path = NULL;
	struct secret *s = NULL;

	put(f->path, "the-key", 7);
	assert_int_equal(symlink(f->dir, f->outside), 0);
	path = xasprintf("%s/a.key", f->outside);
	assert_int_equal(token_file_arc_key(f->outside, path, &s, NULL),
			 ERR_AUTH);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_assertion_contents),
		TEST(test_assertion_is_bounded),
		TEST(test_assertion_not_a_file),
		TEST(test_arc_key),
		TEST(test_arc_refuses_other_places),
		TEST(test_arc_refuses_links_and_more),
		TEST(test_arc_folder_is_no_link),
	};

	return cmocka_run_group_tests_name("token_file", tests, NULL, NULL);
}
