/*
 * A transaction is whole, or nothing of it is there.
 *
 * Battery: A6 A10.
 */
#include "store/txn.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/alerts.h"
#include "store/audit.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/sqlite/engine_priv.h"
#include "util/xmalloc.h"

static char done[64]; /* by what was to follow a commit */

/* Everything a page writes. */
static void write_page(struct store *s)
{
	CLEANUP(alert_release) struct alert a;
	CLEANUP(notice_release) struct notice n = { 0 };
	struct poll_window w = { "azure", SAMPLE_SUBSCRIPTION, 0, 0 };
	struct poll_counts c = { .pages = 1, .fetched = 1, .added = 1 };
	struct sighting at = { 0, SAMPLE_NOW_MS };
	struct audit_event e = { 0, SAMPLE_NOW_MS, "triaged", "opened", NULL };
	struct decision d;
	struct err err = ERR_INIT;

	sample_arm(&a, 1);
	d = sample_decision(&a);
	assert_int_equal(ledger_poll_begin(s, &w, SAMPLE_NOW_MS, &at.poll,
					   &err),
			 0);
	assert_int_equal(alerts_insert(s, &a, &d, &at, &e.alert_id, &err), 0);
	n = sample_notice(e.alert_id, "soc", 1);
	assert_int_equal(outbox_put(s, &n, NULL, &err), 1);
	assert_int_equal(audit_add(s, &e, &err), 0);
	assert_int_equal(ledger_poll_add(s, at.poll, &c, &err), 0);
	assert_int_equal(ledger_poll_end(s, at.poll, NULL, SAMPLE_NOW_MS, &err),
			 0);
	assert_int_equal(ledger_cursor_set(s, "azure", "", "next",
					   SAMPLE_NOW_MS, &err),
			 0);
}

static int64_t count_everything(const struct tempstore *t)
{
	return tempstore_number(
		t, "SELECT (SELECT count(*) FROM alert) + (SELECT count(*) "
		   "FROM origin) + (SELECT count(*) FROM sight) + (SELECT "
		   "count(*) FROM revision) + (SELECT count(*) FROM entity) + "
		   "(SELECT count(*) FROM event) + (SELECT count(*) FROM "
		   "delivery) + (SELECT count(*) FROM poll) + (SELECT "
		   "count(*) FROM feed) + (SELECT count(*) FROM source) + "
		   "(SELECT count(*) FROM alert_count) + (SELECT count(*) "
		   "FROM delivery_count)");
}

static void test_rollback_leaves_nothing(void **state)
{
	struct tempstore *t = *state;

	{
		CLEANUP(txn_end) struct txn txn = TXN_NONE;

		assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
		write_page(t->store);
	}
	assert_int_equal(count_everything(t), 0);
	assert_int_equal(txn_rollbacks(t->store), 1);
	/* The same numbers are given again: nothing remembers the first try. */
	{
		CLEANUP(txn_end) struct txn txn = TXN_NONE;

		assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
		write_page(t->store);
		assert_int_equal(txn_commit(&txn, NULL), 0);
		txn_end(&txn); /* after a commit: nothing */
		assert_int_equal(txn_rollbacks(t->store), 1);
	}
	assert_int_equal(tempstore_number(t, "SELECT id FROM v_alerts"), 1);
	assert_int_equal(tempstore_number(t, "SELECT id FROM v_events"), 1);
	assert_true(count_everything(t) > 10);
}

static void test_another_writer_makes_it_busy(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct err err = ERR_INIT;
	sqlite3 *admin = NULL;

	assert_int_equal(sqlite3_open(t->path, &admin), SQLITE_OK);
	assert_int_equal(sqlite3_exec(admin, "BEGIN IMMEDIATE", NULL, NULL,
				      NULL),
			 SQLITE_OK);
	assert_int_equal(txn_begin(&txn, t->store, &err), ERR_BUSY);
	assert_int_equal(sqlite3_exec(admin, "ROLLBACK", NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(admin);
	assert_int_equal(txn_begin(&txn, t->store, &err), 0);
}

/*
 * A limit of the process on the size of files stands for a full disk: the
 * engine sees a short write. The page is refused with all it holds, the store
 * lives, and works again by itself.
 */
static void test_no_room_and_room_again(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(alert_release) struct alert a;
	struct sighting at = { 0, SAMPLE_NOW_MS };
	struct rlimit old, tight;
	struct decision d;
	struct err err = ERR_INIT;
	int64_t bytes, log, id;
	int rc;

	sample_arm(&a, 2);
	free(a.description);
	a.description = xcalloc(200001, 1);
	memset(a.description, 'x', 200000);
	d = sample_decision(&a);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(store_size(t->store, &bytes, &log), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tight = old;
	tight.rlim_cur = (rlim_t)log + 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	{
		CLEANUP(txn_end) struct txn txn = TXN_NONE;

		rc = txn_begin(&txn, t->store, &err);
		if (rc == 0)
			rc = alerts_insert(t->store, &a, &d, &at, &id, &err);
		if (rc == 0)
			rc = txn_commit(&txn, &err);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_true(rc == ERR_STORE || rc == ERR_STORE_FULL);
	assert_int_equal(tempstore_number(t, "SELECT count(*) FROM alert"), 0);
	{
		CLEANUP(txn_end) struct txn txn = TXN_NONE;

		assert_int_equal(txn_begin(&txn, t->store, &err), 0);
		assert_int_equal(alerts_insert(t->store, &a, &d, &at, &id,
					       &err),
				 0);
		assert_int_equal(txn_commit(&txn, &err), 0);
	}
	assert_int_equal(tempstore_number(t, "SELECT count(*) FROM alert"), 1);
	assert_string_equal(tempstore_value(t, "PRAGMA integrity_check"), "ok");
}

/* After the engine gave up a transaction inside, nothing more is written. */
static void test_nothing_after_a_lost_transaction(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct err err = ERR_INIT;

	assert_int_equal(txn_begin(&txn, t->store, &err), 0);
	assert_int_equal(sqlite3_exec(t->store->db, "ROLLBACK", NULL, NULL,
				      NULL),
			 SQLITE_OK);
	assert_int_equal(store_meta_set(t->store, "mark", 1, &err), ERR_STORE);
	assert_int_equal(txn_commit(&txn, &err), ERR_STORE);
	assert_int_equal(tempstore_number(t, "SELECT count(*) FROM meta"), 0);
}

#define WITH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, tempstore_setup,                 \
					tempstore_teardown)

/* A part of a greater change neither commits nor ends it. */
static void test_joined(void **state)
{
	struct tempstore *t = *state;
	struct err err = ERR_INIT;

	for (int commits = 0; commits < 2; commits++) {
		CLEANUP(txn_end) struct txn whole = TXN_NONE;
		CLEANUP(txn_end) struct txn part = TXN_NONE;
		CLEANUP(txn_end) struct txn given_up = TXN_NONE;

		assert_int_equal(txn_begin(&whole, t->store, &err), 0);
		assert_int_equal(txn_join(&part, t->store, &err), 0);
		write_page(t->store);
		assert_int_equal(txn_commit(&part, &err), 0);
		assert_int_equal(txn_join(&given_up, t->store, &err), 0);
		txn_end(&given_up);
		if (commits)
			assert_int_equal(txn_commit(&whole, &err), 0);
		txn_end(&whole);
		assert_int_equal(count_everything(t) > 0, commits);
	}
}

/* With nothing to join it is one of its own. */
static void test_joined_nothing(void **state)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct tempstore *t = *state;
	struct err err = ERR_INIT;

	assert_int_equal(txn_join(&txn, t->store, &err), 0);
	write_page(t->store);
	txn_end(&txn);
	assert_int_equal(count_everything(t), 0);
	assert_int_equal(txn_join(&txn, t->store, &err), 0);
	write_page(t->store);
	assert_int_equal(txn_commit(&txn, &err), 0);
	assert_true(count_everything(t) > 0);
}

static int mark(struct store *s, int64_t value, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, s, err);

	if (rc >= 0)
		rc = store_meta_set(s, "mark", value, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

/* Written on, it would be in a file that nobody finds. */
static void test_moved_away(void **state)
{
	struct tempstore *t = *state;
	struct err err = ERR_INIT;
	char away[128];
	FILE *other;

	snprintf(away, sizeof(away), "%s.away", t->path);
	assert_int_equal(mark(t->store, 1, &err), 0);
	assert_int_equal(rename(t->path, away), 0);
	assert_int_equal(mark(t->store, 2, &err), ERR_STORE);
	assert_non_null(strstr(err.text, t->path));
	assert_non_null(strstr(err.text, "moved or removed"));
	other = fopen(t->path, "w"); /* another one there is no help */
	assert_non_null(other);
	fclose(other);
	assert_int_equal(mark(t->store, 3, &err), ERR_STORE);
	assert_int_equal(rename(away, t->path), 0);
	assert_int_equal(mark(t->store, 4, &err), 0);
	assert_int_equal(tempstore_number(t, "SELECT value FROM meta "
					     "WHERE name = 'mark'"),
			 4);
}

/* What was in it comes into the file. */
static void test_log_removed(void **state)
{
	struct tempstore *t = *state;
	struct err err = ERR_INIT;
	char log[128];

	snprintf(log, sizeof(log), "%s-wal", t->path);
	assert_int_equal(mark(t->store, 1, &err), 0);
	{
		CLEANUP(txn_end) struct txn txn = TXN_NONE;

		assert_int_equal(txn_begin(&txn, t->store, &err), 0);
		write_page(t->store);
		assert_int_equal(txn_commit(&txn, &err), 0);
	}
	assert_int_equal(unlink(log), 0);
	assert_int_equal(mark(t->store, 2, &err), 0);
	assert_int_equal(access(log, F_OK), 0);
	assert_int_equal(tempstore_number(t, "SELECT count(*) FROM alert"), 1);
	assert_int_equal(tempstore_number(t, "SELECT value FROM meta "
					     "WHERE name = 'mark'"),
			 2);
	assert_string_equal(tempstore_value(t, "PRAGMA integrity_check"), "ok");
}

static void note(void *arg)
{
	const char *word = arg;

	(void)strncat(done, word, sizeof(done) - strlen(done) - 1);
}

static void released(void *arg)
{
	(void)arg;
	note((void *)"-");
}

/* Another transaction begins in it. */
static void note_and_write(void *arg)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct tempstore *t = arg;

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	write_page(t->store);
	txn_then(t->store, note, (void *)"c", released);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

static void test_what_follows(void **state)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	CLEANUP(txn_end) struct txn part = TXN_NONE;
	struct tempstore *t = *state;

	done[0] = '\0';
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	txn_then(t->store, note, (void *)"never", released);
	txn_end(&txn);
	assert_string_equal(done, "-");

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	txn_then(t->store, note, (void *)"a", released);
	assert_int_equal(txn_join(&part, t->store, NULL), 0);
	txn_then(t->store, note, (void *)"b", released);
	txn_then(t->store, note_and_write, t, released);
	assert_int_equal(txn_commit(&part, NULL), 0);
	assert_string_equal(done, "-");
	assert_int_equal(txn_commit(&txn, NULL), 0);
	assert_string_equal(done, "-a-b-c--");

	txn_then(t->store, note, (void *)"d", released);
	assert_string_equal(done, "-a-b-c--d-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_rollback_leaves_nothing),
		WITH(test_joined),
		WITH(test_joined_nothing),
		WITH(test_what_follows),
		WITH(test_another_writer_makes_it_busy),
		WITH(test_no_room_and_room_again),
		WITH(test_nothing_after_a_lost_transaction),
		WITH(test_moved_away),
		WITH(test_log_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
