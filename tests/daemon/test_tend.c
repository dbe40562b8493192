/* A reader that stays pins the journal of recent writes, and is told of. */
#include "daemon/tend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <sys/stat.h>
#include "helpers/tempstore.h"
#include "daemon/app_priv.h"
#include "store/sqlite/engine_priv.h"
#include "store/txn.h"

static void write_some(struct tempstore *t, int mib)
{
	for (int i = 0; i < mib; i++)
		tempstore_exec(t, "CREATE TABLE IF NOT EXISTS bulk (x); INSERT "
				  "INTO bulk VALUES (zeroblob(1048576))");
}

static sqlite3 *begin_reading(const struct tempstore *t)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(t->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "BEGIN; SELECT count(*) FROM v_alerts",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	return db;
}

static void is_cut_when_idle(void **state)
{
	struct tempstore *t = *state;
	struct tend tend = { 0 };

	write_some(t, 3);
	tend_look(&tend, t->store, 0);
	tend_look(&tend, t->store, TEND_EVERY_MS);
	assert_int_equal(tend.log.bytes, 0);
	assert_int_equal(tend_held_ms(&tend, TEND_EVERY_MS), 0);
	assert_int_equal(tend_pause_ms(&tend), TEND_REST_MS);
}

/* It would wait for the disk three times to move what may come again. */
static void a_small_one_is_left_alone(void **state)
{
	struct tempstore *t = *state;
	struct tend tend = { 0 };
	struct stat before, after;

	tempstore_exec(t, "CREATE TABLE small (x)");
	assert_int_equal(stat(t->path, &before), 0);
	tend_look(&tend, t->store, 0);
	tend_look(&tend, t->store, TEND_EVERY_MS);
	assert_true(tend.log.bytes > 0);
	assert_int_equal(tend.log.pages, 0);
	assert_false(tend_is_busy(&tend));
	assert_int_equal(stat(t->path, &after), 0);
	assert_int_equal(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
	assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
}

static void a_reader_that_stays_is_told_of(void **state)
{
	struct tempstore *t = *state;
	struct tend tend = { 0 };
	sqlite3 *reader;
	int64_t ms = TEND_EVERY_MS, begin_ms = ms;

	write_some(t, 1);
	reader = begin_reading(t);
	write_some(t, 9);
	tend_look(&tend, t->store, ms);
	assert_int_equal(tend_held_ms(&tend, ms), 0); /* not yet */
	assert_int_equal(tend_pause_ms(&tend), TEND_EVERY_MS);
	while (ms < begin_ms + TEND_HELD_MS)
		tend_look(&tend, t->store, ms += TEND_EVERY_MS);
	assert_int_equal(tend_held_ms(&tend, ms), TEND_HELD_MS);
	assert_true(tend.log.bytes >= TEND_HELD_BYTES);
	sqlite3_close(reader);
	tend_look(&tend, t->store, ms += TEND_EVERY_MS);
	assert_int_equal(tend_held_ms(&tend, ms), 0);
	tend_look(&tend, t->store, ms += TEND_EVERY_MS);
	assert_int_equal(tend.log.bytes, 0);
}

static void readers_that_take_turns_are_not(void **state)
{
	struct tempstore *t = *state;
	struct tend tend = { 0 };
	sqlite3 *reader = NULL;

	write_some(t, 9);
	for (int64_t ms = 1; ms <= 2 * TEND_HELD_MS; ms += TEND_EVERY_MS) {
		sqlite3 *next = begin_reading(t);

		sqlite3_close(reader);
		reader = next;
		write_some(t, 1);
		tend_look(&tend, t->store, ms);
		assert_int_equal(tend_held_ms(&tend, ms), 0);
	}
	sqlite3_close(reader);
}

static int64_t mib_in_file(const struct tempstore *t)
{
	struct stat st;

	assert_int_equal(stat(t->path, &st), 0);
	return st.st_size >> 20;
}

/* Not in the commit, which comes at the end of a page. */
static void the_daemon_comes_in_a_turn_of_its_own(void **state)
{
	static const char *const text =
		"CREATE TABLE IF NOT EXISTS bulk (x); "
		"INSERT INTO bulk VALUES (zeroblob(1048576))";
	struct tempstore *t = *state;
	struct app a = { .store = t->store, .loop = loop_new() };

	app_tend_begin(&a);
	for (int i = 0; i < 20; i++)
		assert_int_equal(engine_exec(t->store, text, NULL), 0);
	assert_int_equal(mib_in_file(t), 0);
	loop_turn(a.loop, 1000);
	assert_in_range(mib_in_file(t), 20, 22);
	app_tend_end(&a);
	/* Nobody is told any more. */
	for (int i = 0; i < 20; i++)
		assert_int_equal(engine_exec(t->store, text, NULL), 0);
	assert_true(mib_in_file(t) >= 35);
	loop_free(a.loop);
}

#define WITH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, tempstore_setup,                 \
					tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(is_cut_when_idle),
		WITH(a_small_one_is_left_alone),
		WITH(a_reader_that_stays_is_told_of),
		WITH(readers_that_take_turns_are_not),
		WITH(the_daemon_comes_in_a_turn_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
