/* A file of an older release made small, and such that it stays so. */
#include "store/compact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "helpers/tempstore.h"
#include "store/retention.h"
#include "store/sqlite/engine_priv.h"

#define ROWS "SELECT count(*) || ' ' || max(x) FROM kept"

static int make_empty(const char *path)
{
	FILE *f = fopen(path, "w");

	return f ? fclose(f) : -1;
}

/* As a release before 0.2 made it, with much that was removed. */
static int setup_old(void **state)
{
	struct tempstore *t;
	struct store *s = NULL;

	if (tempstore_setup_empty(state) < 0)
		return -1;
	t = *state;
	if (make_empty(t->path) < 0)
		return -1;
	tempstore_exec(t, (const char *)store_migrations[0].text);
	tempstore_exec(
		t, "CREATE TABLE kept (x); CREATE TABLE bulk (x); "
		   "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 "
		   "FROM n WHERE i < 2000) INSERT INTO kept SELECT i FROM n;"
		   "INSERT INTO bulk SELECT zeroblob(1000) FROM kept;"
		   "DELETE FROM bulk; DROP TABLE bulk");
	if (store_open(t->directory, &s, NULL) < 0)
		return -1;
	store_close(s);
	return 0;
}

static void test_small_for_good(void **state)
{
	struct tempstore *t = *state;
	struct compact_report dry = { 0 }, r = { 0 };
	struct store_space space;
	struct err err = ERR_INIT;

	assert_int_equal(tempstore_number(t, "PRAGMA auto_vacuum"), 0);
	assert_int_equal(store_compact(t->path, true, NULL, &dry, NULL), 0);
	assert_int_equal(tempstore_number(t, "PRAGMA auto_vacuum"), 0);
	assert_true(dry.needed > 0 && dry.there > 0);
	assert_int_equal(dry.after, dry.before);
	if (store_compact(t->path, false, NULL, &r, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(r.before, dry.before);
	assert_true(r.after < r.before - (1 << 20));
	assert_string_equal(tempstore_value(t, ROWS), "2000 2000");
	assert_string_equal(tempstore_value(t, "PRAGMA integrity_check"), "ok");
	/* The daemon goes on with it, and gives room back in slices. */
	assert_int_equal(store_open(t->directory, &t->store, NULL), 0);
	assert_int_equal(store_space(t->store, &space, NULL), 0);
	assert_true(space.shrinks);
}

static void test_not_beside_the_daemon(void **state)
{
	struct tempstore *t = *state;
	struct compact_report r = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(store_open(t->directory, &t->store, NULL), 0);
	assert_int_equal(store_compact(t->path, false, NULL, &r, &err),
			 ERR_BUSY);
	assert_non_null(strstr(err.text, "systemctl stop triaged"));
	assert_int_equal(tempstore_number(t, "PRAGMA auto_vacuum"), 0);
}

static int stop_at_once(void *arg, const struct store_progress *p)
{
	assert_string_equal(p->what, "compacting");
	++*(int *)arg;
	return 1;
}

static void test_stopped(void **state)
{
	struct tempstore *t = *state;
	struct compact_report r = { 0 };
	struct err err = ERR_INIT;
	int n = 0;
	struct store_watch watch = { stop_at_once, &n };

	/* Enough of it that somebody is asked. */
	tempstore_exec(t, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT "
			  "i + 1 FROM n WHERE i < 60000) INSERT INTO kept "
			  "SELECT i FROM n");
	assert_int_equal(store_compact(t->path, false, &watch, &r, &err),
			 ERR_CANCELLED);
	assert_int_equal(n, 1);
	assert_non_null(strstr(err.text, "as it was"));
	assert_int_equal(tempstore_number(t, "PRAGMA auto_vacuum"), 0);
	assert_string_equal(tempstore_value(t, ROWS), "62000 60000");
	/* And then to its end. */
	assert_int_equal(store_compact(t->path, false, NULL, &r, NULL), 0);
	assert_int_equal(tempstore_number(t, "PRAGMA auto_vacuum"), 2);
}

static void test_what_is_no_database(void **state)
{
	struct tempstore *t = *state;
	struct compact_report r;

	assert_int_equal(store_compact(t->path, false, NULL, &r, NULL),
			 ERR_NOT_FOUND);
	assert_int_equal(make_empty(t->path), 0);
	tempstore_exec(t, "PRAGMA user_version = 3");
	assert_int_equal(store_compact(t->path, false, NULL, &r, NULL),
			 ERR_STORE_DAMAGED);
}

#define WITH(test, setup)                                                      \
	cmocka_unit_test_setup_teardown(test, setup, tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_small_for_good, setup_old),
		WITH(test_not_beside_the_daemon, setup_old),
		WITH(test_stopped, setup_old),
		WITH(test_what_is_no_database, tempstore_setup_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
