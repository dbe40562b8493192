/* What the files of a database tell about it. */
#include "cli/dbwatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "util/xmalloc.h"

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "a");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void test_news(void **state)
{
	char folder[] = "/tmp/dbwatch-XXXXXX";
	struct dbwatch w = { 0 };
	CLEANUP(free_ptr) char *file = NULL;
	CLEANUP(free_ptr) char *log = NULL;
	CLEANUP(free_ptr) char *other = NULL;

	(void)state;
	assert_non_null(mkdtemp(folder));
	file = xasprintf("%s/t.db", folder);
	log = xasprintf("%s/t.db-wal", folder);
	other = xasprintf("%s/other", folder);
	put(file, "a");
	assert_int_equal(dbwatch_look(&w, file), DBWATCH_CHANGED);
	assert_int_equal(dbwatch_look(&w, file), DBWATCH_SAME);
	put(log, "a commit");
	assert_int_equal(dbwatch_look(&w, file), DBWATCH_CHANGED);
	put(log, "another");
	assert_int_equal(dbwatch_look(&w, file), DBWATCH_CHANGED);
	assert_int_equal(dbwatch_look(&w, file), DBWATCH_SAME);
	put(other, "a");
	assert_int_equal(rename(other, file), 0);
	assert_int_equal(dbwatch_look(&w, file), DBWATCH_REPLACED);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(dbwatch_look(&w, file), DBWATCH_REPLACED);
	assert_int_equal(dbwatch_look(&w, file), DBWATCH_SAME);
	unlink(log);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
