/* Notices as files: names, contents, repeats, refusals. */
#include "notify/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "notify/sample.h"

#define STEM "20261121T102500Z-high-0123456789ab"

struct box {
	char parent[32];
	char *path; /* not made yet */
};

static void box_init(struct box *b)
{
	strcpy(b->parent, "/tmp/folder-XXXXXX");
	assert_non_null(mkdtemp(b->parent));
	b->path = xasprintf("%s/outbox", b->parent);
}

/* Deletes what is there and says how many files that were. */
static int box_release(struct box *b)
{
	DIR *d = opendir(b->path);
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.' &&
		    (e->d_name[1] == '.' || !e->d_name[1]))
			continue;
		unlinkat(dirfd(d), e->d_name, 0);
		n++;
	}
	if (d)
		closedir(d);
	rmdir(b->path);
	rmdir(b->parent);
	free(b->path);
	return n;
}

static void assert_file(const struct box *b, const char *name,
			const char *content)
{
	CLEANUP(free_ptr) char *path = xasprintf("%s/%s", b->path, name);
	char buf[256] = "";
	struct stat st;
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_int_equal(fread(buf, 1, sizeof(buf) - 1, f), strlen(content));
	assert_string_equal(buf, content);
	assert_int_equal(fstat(fileno(f), &st), 0);
	/* Nobody else reads what was found on our machines. */
	assert_int_equal(st.st_mode & 07, 0);
	fclose(f);
}

static void test_write_and_write_again(void **state)
{
	struct strbuf mail = STRBUF_INIT;
	struct strbuf json = STRBUF_INIT;
	struct err err = ERR_INIT;
	struct sample s;
	struct box b;

	(void)state;
	box_init(&b);
	sample_init(&s, NOTICE_OPENED);
	strbuf_addstr(&mail, "mail");
	strbuf_addstr(&json, "{}");
	assert_int_equal(folder_write(b.path, &s.notice, &mail, &json, &err),
			 0);
	assert_file(&b, STEM ".eml", "mail");
	assert_file(&b, STEM ".json", "{}");
	/* A second try of the same notice replaces the first. */
	strbuf_addstr(&mail, " again");
	s.notice.attempts = 1;
	assert_int_equal(folder_write(b.path, &s.notice, &mail, &json, &err),
			 0);
	assert_file(&b, STEM ".eml", "mail again");
	assert_int_equal(box_release(&b), 2);
	strbuf_release(&mail);
	strbuf_release(&json);
	sample_release(&s);
}

static void test_refusals_name_the_place(void **state)
{
	struct strbuf mail = STRBUF_INIT;
	struct err err = ERR_INIT;
	struct sample s;
	struct box b;
	FILE *f;

	(void)state;
	box_init(&b);
	sample_init(&s, NOTICE_OPENED);
	/* The parent is missing. */
	assert_true(folder_write("/nonexistent/a/b", &s.notice, &mail, &mail,
				 &err) < 0);
	assert_string_equal(err.text, "cannot make /nonexistent/a/b: No such "
				      "file or directory");
	/* A file stands in its place. */
	f = fopen(b.path, "w");
	assert_non_null(f);
	fclose(f);
	assert_true(folder_write(b.path, &s.notice, &mail, &mail, &err) < 0);
	assert_non_null(strstr(err.text, "Not a directory"));
	unlink(b.path);
	assert_int_equal(box_release(&b), 0);
	sample_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_and_write_again),
		cmocka_unit_test(test_refusals_name_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
