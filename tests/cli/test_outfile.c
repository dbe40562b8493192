/* Whole or not at all, and never over what is there. */
#include "cli/outfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "util/xmalloc.h"

static char folder[] = "/tmp/triaged-outfile-XXXXXX";
static char path[64], link_path[64];

static int setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/triaged-outfile-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/report.md", folder);
	(void)snprintf(link_path, sizeof(link_path), "%s/link.md", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	(void)unlink(link_path);
	/* Fails, and so the test, when a part was left behind. */
	return rmdir(folder);
}

static int write_file(const char *name, const char *text, bool replace,
		      struct err *err)
{
	CLEANUP(outfile_release) struct outfile f = OUTFILE_NONE;
	int rc = outfile_open(&f, name, replace, err);

	if (rc < 0)
		return rc;
	fputs(text, f.stream);
	return outfile_commit(&f, err);
}

static void assert_holds(const char *name, const char *text)
{
	char buf[64] = "";
	FILE *f = fopen(name, "r");

	assert_non_null(f);
	assert_non_null(fgets(buf, sizeof(buf), f));
	fclose(f);
	assert_string_equal(buf, text);
}

static void test_new_file(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(write_file(path, "one", false, NULL), 0);
	assert_holds(path, "one");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_stays(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(write_file(path, "one", false, NULL), 0);
	assert_int_equal(write_file(path, "two", false, &err), ERR_CONF);
	assert_non_null(strstr(err.text, "is there already; --force"));
	assert_holds(path, "one");
	assert_int_equal(write_file(path, "three", true, NULL), 0);
	assert_holds(path, "three");
}

/* A link is a name that is taken, wherever it points; replacing it leaves
 * alone what it pointed to. */
static void test_link(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(symlink(path, link_path), 0);
	assert_int_equal(write_file(link_path, "x", false, &err), ERR_CONF);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(write_file(path, "one", false, NULL), 0);
	assert_int_equal(write_file(link_path, "two", true, NULL), 0);
	assert_holds(path, "one");
	assert_holds(link_path, "two");
}

/* Somebody took the name while the file was written. */
static void test_name_taken_meanwhile(void **state)
{
	CLEANUP(outfile_release) struct outfile f = OUTFILE_NONE;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(outfile_open(&f, path, false, NULL), 0);
	assert_int_equal(write_file(path, "theirs", false, NULL), 0);
	fputs("ours", f.stream);
	assert_int_equal(outfile_commit(&f, &err), ERR_CONF);
	assert_holds(path, "theirs");
}

static void test_no_place(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_true(write_file("/nonexistent/x.md", "x", false, &err) < 0);
	assert_non_null(strstr(err.text, "cannot write /nonexistent/x.md"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(test_link, setup, teardown),
		cmocka_unit_test_setup_teardown(test_name_taken_meanwhile,
						setup, teardown),
		cmocka_unit_test(test_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
