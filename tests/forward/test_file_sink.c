/* Lines in a file: whole or not at all, put aside by size, found again after
 * somebody else renamed, removed or cut the file. */
#include "store/system_faults.h"

#include "forward/file_sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sys/resource.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include "util/xmalloc.h"

struct place {
	char directory[64], path[96];
};

static int setup(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));

	snprintf(p->directory, sizeof(p->directory),
		 "/tmp/triaged-sink-XXXXXX");
	if (!mkdtemp(p->directory))
		return -1;
	snprintf(p->path, sizeof(p->path), "%s/events", p->directory);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", p->directory);
	free(p);
	return system(command);
}

static int append(struct file_sink *f, const char *text, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf lines = STRBUF_INIT;

	strbuf_addstr(&lines, text);
	return file_sink_append(f, &lines, err);
}

static const char *content(const struct place *p, const char *suffix)
{
	static char bytes[400000];
	CLEANUP(free_ptr) char *path = xasprintf("%s%s", p->path, suffix);
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		return "(none)";
	n = fread(bytes, 1, sizeof(bytes) - 1, f);
	bytes[n] = '\0';
	fclose(f);
	return bytes;
}

static void write_whole(const struct place *p, const char *text, size_t times)
{
	FILE *f = fopen(p->path, "w");

	for (size_t i = 0; i < times; i++)
		fputs(text, f);
	fclose(f);
}

static void test_append(void **state)
{
	struct place *p = *state;
	struct file_sink *f = file_sink_new(p->path, 1000, 3);
	struct stat st;

	assert_string_equal(content(p, ""), "(none)");
	assert_int_equal(append(f, "one\n", NULL), 0);
	assert_int_equal(append(f, "two\n", NULL), 0);
	assert_string_equal(content(p, ""), "one\ntwo\n");
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	file_sink_free(f);
	f = file_sink_new(p->path, 1000, 3);
	assert_int_equal(append(f, "three\n", NULL), 0);
	assert_string_equal(content(p, ""), "one\ntwo\nthree\n");
	file_sink_free(f);
}

static void test_rotate(void **state)
{
	struct place *p = *state;
	struct file_sink *f = file_sink_new(p->path, 8, 2);

	assert_int_equal(append(f, "aaa\n", NULL), 0);
	assert_int_equal(append(f, "bbb\n", NULL), 0);
	assert_string_equal(content(p, ""), "aaa\nbbb\n");
	assert_int_equal(append(f, "ccc\n", NULL), 0);
	assert_string_equal(content(p, ""), "ccc\n");
	assert_string_equal(content(p, ".1"), "aaa\nbbb\n");
	assert_int_equal(append(f, "a long line alone\n", NULL), 0);
	assert_int_equal(append(f, "d\n", NULL), 0);
	assert_string_equal(content(p, ""), "d\n");
	assert_string_equal(content(p, ".1"), "a long line alone\n");
	assert_string_equal(content(p, ".2"), "ccc\n");
	assert_string_equal(content(p, ".3"), "(none)");
	file_sink_free(f);
	f = file_sink_new(p->path, 2, 0);
	assert_int_equal(append(f, "grows\n", NULL), 0);
	assert_string_equal(content(p, ""), "d\ngrows\n");
	file_sink_free(f);
}

static void test_torn_line(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{ "", "x\n" },
		{ "whole\n", "whole\nx\n" },
		{ "whole\nto", "whole\nx\n" },
		{ "torn alone", "x\n" },
		{ "a\n\n", "a\n\nx\n" },
	};
	struct place *p = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct file_sink *f = file_sink_new(p->path, 1000, 3);

		write_whole(p, cases[i].before, 1);
		assert_int_equal(append(f, "x\n", NULL), 0);
		assert_string_equal(content(p, ""), cases[i].after);
		file_sink_free(f);
	}
}

/* Without a line of ours for so long it is something else: not ours to cut. */
static void test_not_ours(void **state)
{
	struct place *p = *state;
	struct file_sink *f = file_sink_new(p->path, 1000000, 3);
	struct err err = ERR_INIT;

	write_whole(p, "x", 2 * FILE_SINK_LINE_MAX);
	assert_int_equal(append(f, "y\n", &err), ERR_REFUSED);
	assert_non_null(strstr(err.text, p->path));
	assert_int_equal(strlen(content(p, "")), 2 * FILE_SINK_LINE_MAX);
	unlink(p->path);
	assert_int_equal(mkfifo(p->path, 0600), 0);
	assert_int_equal(append(f, "y\n", &err), ERR_REFUSED);
	assert_non_null(strstr(err.text, "not a regular file"));
	file_sink_free(f);
}

static void test_moved_away(void **state)
{
	struct place *p = *state;
	struct file_sink *f = file_sink_new(p->path, 1000, 3);
	CLEANUP(free_ptr) char *aside = xasprintf("%s.old", p->path);

	assert_int_equal(append(f, "one\n", NULL), 0);
	assert_int_equal(rename(p->path, aside), 0);
	assert_int_equal(append(f, "two\n", NULL), 0);
	assert_string_equal(content(p, ".old"), "one\n");
	assert_string_equal(content(p, ""), "two\n");
	assert_int_equal(unlink(p->path), 0);
	assert_int_equal(append(f, "three\n", NULL), 0);
	assert_string_equal(content(p, ""), "three\n");
	/* logrotate's copytruncate */
	assert_int_equal(truncate(p->path, 0), 0);
	assert_int_equal(append(f, "four\n", NULL), 0);
	assert_string_equal(content(p, ""), "four\n");
	file_sink_free(f);
}

/* As on a full disk: some of it is written, then no more. */
static void test_no_room(void **state)
{
	struct place *p = *state;
	struct file_sink *f = file_sink_new(p->path, 1000000, 3);
	struct rlimit limit, small;
	struct err err = ERR_INIT;
	char text[5001];

	memset(text, 'z', 5000);
	text[4999] = '\n';
	text[5000] = '\0';
	assert_int_equal(append(f, "one\n", NULL), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = (struct rlimit){ .rlim_cur = 2000, .rlim_max = limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_true(append(f, text, &err) < 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_non_null(strstr(err.text, p->path));
	assert_string_equal(content(p, ""), "one\n");
	assert_int_equal(append(f, "two\n", NULL), 0);
	assert_string_equal(content(p, ""), "one\ntwo\n");
	file_sink_free(f);
}

static void test_no_directory(void **state)
{
	struct place *p = *state;
	CLEANUP(free_ptr)
	char *path = xasprintf("%s/gone/events", p->directory);
	struct file_sink *f = file_sink_new(path, 1000, 3);
	struct err err = ERR_INIT;

	assert_true(append(f, "one\n", &err) < 0);
	assert_non_null(strstr(err.text, path));
	file_sink_free(f);
}

/* Is @line in the file, or in one that was put aside? */
static bool is_kept(const struct place *p, const char *line)
{
	return strstr(content(p, ""), line) || strstr(content(p, ".1"), line);
}

static void check_append(const struct place *p, const char *line, int rc,
			 const struct err *err)
{
	if (is_kept(p, line) != (rc >= 0))
		fail_msg("call %ld: %d, and %s", fault.at, rc, line);
	if (rc < 0 && (err->code != rc || !strstr(err->text, p->path)))
		fail_msg("call %ld: %d %s", fault.at, rc, err->text);
}

/* Three lines, of which the second is the first of a new file, while call @at
 * of those that change a file fails. Was there one? */
static bool append_with_fault(const struct place *p, long at)
{
	static const char *const lines[] = { "one\n", "two\n", "three\n" };
	CLEANUP(free_ptr) char *aside = xasprintf("%s.1", p->path);
	struct file_sink *f = file_sink_new(p->path, 10, 1);
	const char *end;

	(void)unlink(aside);
	write_whole(p, "whole\nto", 1);
	fault = (__typeof__(fault)){ .harm = HARM_FAIL, .at = at };
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct err err = ERR_INIT;

		check_append(p, lines[i], append(f, lines[i], &err), &err);
	}
	fault.harm = HARM_NONE;
	assert_int_equal(append(f, "end\n", NULL), 0);
	end = content(p, "");
	assert_string_equal(end + strlen(end) - 4, "end\n");
	assert_null(
		strstr(end, "to\n")); /* nothing stands behind a torn line */
	file_sink_free(f);
	return fault.n >= at;
}

/* What was said to be kept is there, and nothing else. */
static void test_each_call_that_fails(void **state)
{
	long at = 1;

	while (append_with_fault(*state, at))
		at++;
	assert_true(at > 8);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_append),	 TEST(test_rotate),
		TEST(test_torn_line),	 TEST(test_not_ours),
		TEST(test_moved_away),	 TEST(test_no_room),
		TEST(test_no_directory), TEST(test_each_call_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
