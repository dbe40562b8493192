/* Who moves the journal of recent writes into the main file, and when. */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "helpers/tempstore.h"
#include "store/sqlite/engine_priv.h"
#include "store/txn.h"

/* A commit each. */
static void write_some(struct tempstore *t, int mib)
{
	static const char *const text =
		"CREATE TABLE IF NOT EXISTS bulk (x); "
		"INSERT INTO bulk VALUES (zeroblob(1048576))";

	for (int i = 0; i < mib; i++)
		assert_int_equal(engine_exec(t->store, text, NULL), 0);
}

static int64_t mib_in_file(const struct tempstore *t)
{
	int64_t bytes = 0, log_bytes = 0;

	assert_int_equal(store_size(t->store, &bytes, &log_bytes), 0);
	return bytes >> 20;
}

static int64_t mib_in_log(const struct tempstore *t)
{
	int64_t bytes = 0, log_bytes = 0;

	assert_int_equal(store_size(t->store, &bytes, &log_bytes), 0);
	return log_bytes >> 20;
}

static void count(void *arg)
{
	int *n = arg;

	(*n)++;
}

/* The commit only tells; nothing is moved before somebody comes for it. */
static void a_commit_tells_that_it_is_time(void **state)
{
	struct tempstore *t = *state;
	struct store_log log;
	int n_told = 0;

	store_on_log(t->store, count, &n_told);
	write_some(t, 10);
	assert_int_equal(n_told, 0);
	write_some(t, 10);
	assert_true(n_told > 0);
	assert_int_equal(mib_in_file(t), 0);
	store_tend_log(t->store, &log);
	assert_int_equal(log.moved, log.pages);
	assert_true(mib_in_file(t) >= 20);
	n_told = 0;
	write_some(t, 10);
	assert_int_equal(n_told, 0);
	store_on_log(t->store, NULL, NULL);
}

/* It goes on telling, and then does it itself. */
static void who_never_comes_is_not_waited_for(void **state)
{
	struct tempstore *t = *state;
	int n_told = 0;

	store_on_log(t->store, count, &n_told);
	write_some(t, 60);
	assert_true(n_told > 1);
	assert_int_equal(mib_in_file(t), 0);
	write_some(t, 20);
	assert_true(mib_in_file(t) >= 60);
	assert_true(mib_in_log(t) < 80);
	store_on_log(t->store, NULL, NULL);
}

static void without_anybody_the_commit_moves_them(void **state)
{
	struct tempstore *t = *state;

	write_some(t, 10);
	assert_int_equal(mib_in_file(t), 0);
	write_some(t, 10);
	assert_true(mib_in_file(t) >= 15);
}

/* Also on the connection that comes after one which failed. */
static void a_new_connection_tells_as_well(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int n_told = 0;

	store_on_log(t->store, count, &n_told);
	t->store->suspect = true;
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	write_some(t, 20);
	assert_true(n_told > 0);
	store_on_log(t->store, NULL, NULL);
}

/* Polls go on, so some pages come all the time; many at once are no rest. */
static void its_room_is_given_back_at_rest(void **state)
{
	struct tempstore *t = *state;
	struct store_log log;

	write_some(t, 3);
	store_tend_log(t->store, &log);
	assert_true(mib_in_log(t) >= 3);
	write_some(t, 2);
	store_tend_log(t->store, &log);
	assert_true(mib_in_log(t) >= 3);
	assert_int_equal(engine_exec(t->store, "INSERT INTO bulk VALUES (1)",
				     NULL),
			 0);
	store_tend_log(t->store, &log);
	assert_int_equal(mib_in_log(t), 0);
	assert_int_equal(log.bytes, 0);
}

#define WITH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, tempstore_setup,                 \
					tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(a_commit_tells_that_it_is_time),
		WITH(who_never_comes_is_not_waited_for),
		WITH(without_anybody_the_commit_moves_them),
		WITH(a_new_connection_tells_as_well),
		WITH(its_room_is_given_back_at_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
