/* A backup in the place of the database: what is kept, refused, not sent
 * again.
 *
 * Battery: A11.
 */
#include "store/restore.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/txn.h"

static char backup_file[160];

static void add(struct tempstore *t, const char *kind)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct audit_event e = { 0, SAMPLE_NOW_MS, "ada", kind, NULL };

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(audit_add(t->store, &e, NULL), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

#define ALERT                                                                  \
	"INSERT INTO alert (id, source_id, kind, tenant, native_id, "          \
	"severity_unmapped, source_state, is_incident, clipped, "              \
	"content_hash, base, severity, state, phase, episode, revision, "      \
	"historical, seen_ms, episode_ms, updated_ms) VALUES "
#define VALUES(id)                                                             \
	"(" id ", 1, 'arm', 't', 'n" id                                        \
	"', 0, 0, 0, 0, x'00', 3, 3, 0, 0, 1, 1, 0, 1, 1, 1);"
#define COUNTED                                                                \
	"INSERT INTO alert_count (severity, state, n) VALUES (3, 0, 1) "       \
	"ON CONFLICT DO UPDATE SET n = n + 1;"
#define DELIVERY                                                               \
	"INSERT INTO delivery (key, alert_id, episode, target, kind, step, "   \
	"severity, state, created_ms, not_before_ms, next_ms, sent_ms) "       \
	"VALUES "
#define OWED(key, alert, kind)                                                 \
	"('" key "', " alert ", 1, 'soc', " kind ", 0, 3, 0, 1, 1, 1, NULL);"
#define SENT(key, alert, episode, kind)                                        \
	"('" key "', " alert ", " episode ", 'soc', " kind                     \
	", 0, 3, 2, 1, 1, NULL, 77);"

/* Two events, one alert, three messages owed; and a backup of that. */
static int setup(void **state)
{
	struct tempstore *t;
	struct err err = ERR_INIT;

	if (tempstore_setup(state) < 0)
		return -1;
	t = *state;
	add(t, "one");
	add(t, "two");
	tempstore_exec(t, "INSERT INTO source (id, name, kind) VALUES "
			  "(1, 's', 'arm');" ALERT VALUES("1"));
	tempstore_exec(t, DELIVERY OWED("a", "1", "0"));
	tempstore_exec(t, DELIVERY OWED("b", "1", "1"));
	tempstore_exec(t, DELIVERY OWED("c", "1", "1"));
	snprintf(backup_file, sizeof(backup_file), "%s/backup", t->directory);
	if (store_backup(t->store, backup_file, true, NULL, NULL, &err) < 0)
		fail_msg("%s", err.text);
	return 0;
}

static int restore(struct tempstore *t, bool dry_run, struct restore_report *r,
		   struct err *err)
{
	return store_restore(&(struct restore_order){ .database = t->path,
						      .backup = backup_file,
						      .who = "ops",
						      .dry_run = dry_run,
						      .now_ms = SAMPLE_NOW_MS },
			     r, err);
}

static bool there(const struct tempstore *t, const char *ending)
{
	char path[200];

	snprintf(path, sizeof(path), "%s%s", t->path, ending);
	return access(path, F_OK) == 0;
}

static void test_all(void **state)
{
	struct tempstore *t = *state;
	struct restore_report r;
	struct err err = ERR_INIT;
	struct stat st;
	int64_t n, id;

	add(t, "three");
	add(t, "four");
	tempstore_exec(t, ALERT VALUES("2") COUNTED);
	t->store = store_close(t->store);
	if (restore(t, false, &r, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(r.is_earlier);
	assert_int_equal(r.present.n_events - r.backup.n_events, 2);
	assert_int_equal(r.present.n_alerts - r.backup.n_alerts, 1);
	assert_int_equal(r.n_owed, 3);
	assert_string_equal(r.present_trouble, "");
	/* What was replaced is whole, with its log beside it. */
	assert_int_equal(access(r.kept, F_OK), 0);
	assert_false(there(t, "-wal"));
	assert_false(there(t, "-shm"));
	assert_false(there(t, ".restoring"));
	assert_int_equal(stat(t->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	{
		CLEANUP(store_close_ptr) struct store *kept = NULL;

		assert_int_equal(store_open_read(r.kept, &kept, &err), 0);
		assert_int_equal(audit_verify(kept, &n, &id, NULL), 0);
		assert_int_equal(n, 4);
	}
	/* The daemon goes on with it, and its log says what happened. */
	assert_int_equal(store_open(t->directory, &t->store, &err), 0);
	assert_int_equal(audit_verify(t->store, &n, &id, NULL), 0);
	assert_int_equal(n, 3);
	assert_string_equal(
		tempstore_value(t, "SELECT kind || ' ' || actor || ' ' || "
				   "(detail ->> 'replaced_event') FROM event "
				   "ORDER BY id DESC LIMIT 1"),
		"restored ops 4");
	/* A number that people were told is not given again. */
	assert_int_equal(tempstore_number(t, "SELECT seq FROM sqlite_sequence "
					     "WHERE name = 'alert'"),
			 2);
}

/* What the replaced database sent stays sent; what is doubtful says so. */
static void test_not_sent_again(void **state)
{
	struct tempstore *t = *state;
	struct restore_report r;
	struct err err = ERR_INIT;

	tempstore_exec(t, "UPDATE delivery SET state = 2, sent_ms = 5, next_ms "
			  "= NULL WHERE key = 'a'");
	tempstore_exec(t, "UPDATE delivery SET state = 1 WHERE key = 'b'");
	tempstore_exec(t, ALERT VALUES("2"));
	tempstore_exec(t, DELIVERY SENT("step", "1", "1", "1"));
	tempstore_exec(t, DELIVERY SENT("told", "1", "1", "4"));
	/* Those must be told again when they happen again. */
	tempstore_exec(t, DELIVERY SENT("new", "2", "1", "0"));
	tempstore_exec(t, DELIVERY SENT("later", "1", "2", "0"));
	tempstore_exec(t, DELIVERY SENT("update", "1", "1", "2"));
	t->store = store_close(t->store);
	if (restore(t, false, &r, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(r.n_taken_over, 3);
	assert_string_equal(
		tempstore_value(
			t, "SELECT group_concat(what, ' ') FROM (SELECT key || "
			   "state || maybe_duplicate AS what FROM delivery "
			   "ORDER BY key)"),
		"a20 b01 c00 step20 told20");
}

/* Number, state, who approved ("NULL"), when ("NULL") and lease ("NULL"). */
#define RESPONSE(id, state, by, at, lease)                                     \
	"INSERT INTO response (id, alert_id, episode, alert_version, action, " \
	"state, subject, verdict, contain, asked_by, planned_ms, expires_ms, " \
	"approved_by, approved_ms, lease_ms) VALUES (" id                      \
	", 1, 1, 1, 1, " state ", 'user" id "', 0, 0, 'ann', 5, 9, " by        \
	", " at ", " lease ")"

/* Three of the backup: planned, approved, running. */
static void back_up_responses(struct tempstore *t)
{
	struct err err = ERR_INIT;

	tempstore_exec(t, RESPONSE("1", "0", "NULL", "NULL", "NULL"));
	tempstore_exec(t, RESPONSE("2", "2", "'ben'", "6", "NULL"));
	tempstore_exec(t, RESPONSE("3", "3", "'ben'", "6", "99"));
	if (store_backup(t->store, backup_file, true, NULL, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

static void expect_responses(struct tempstore *t, const char *expected)
{
	assert_string_equal(
		tempstore_value(t, "SELECT group_concat(id || ' ' || state || "
				   "' ' || uncertain, ', ') FROM (SELECT * "
				   "FROM response ORDER BY id)"),
		expected);
}

/* What was done since stays known; what was under way is not begun again. */
static void test_responses(void **state)
{
	struct tempstore *t = *state;
	struct restore_report r;
	struct err err = ERR_INIT;

	back_up_responses(t);
	tempstore_exec(t, "UPDATE response SET state = 4, called = 1, found = "
			  "1, finished_ms = 8 WHERE id = 2");
	tempstore_exec(t, "UPDATE response SET called = 1 WHERE id = 3");
	tempstore_exec(t, RESPONSE("4", "2", "'ben'", "7", "NULL"));
	t->store = store_close(t->store);
	if (restore(t, false, &r, &err) < 0)
		fail_msg("%s", err.text);
	expect_responses(t, "1 6 0, 2 4 0, 3 6 1, 4 6 0");
	assert_string_equal(tempstore_value(t, "SELECT group_concat(id, ', ') "
					       "FROM response WHERE remind_ms "
					       "IS NOT NULL"),
			    "3, 4");
	assert_int_equal(r.n_responses, 3);
	assert_string_equal(r.responses, "1, 3, 4");
	assert_string_equal(
		tempstore_value(t,
				"SELECT group_concat(kind || ' ' || actor "
				"|| ' ' || (detail ->> 'response'), ', ') "
				"FROM event WHERE kind = 'response-refused'"),
		"response-refused ops 1, response-refused ops 3, "
		"response-refused ops 4");
}

/* Nobody knows what was done in the time that is lost. */
static void test_responses_of_nobody(void **state)
{
	struct tempstore *t = *state;
	struct restore_report r;

	back_up_responses(t);
	t->store = store_close(t->store);
	unlink(t->path);
	assert_int_equal(restore(t, false, &r, NULL), 0);
	expect_responses(t, "1 6 1, 2 6 1, 3 6 1");
}

/* A message that asks about response 1, or tells of it. */
#define ABOUT(key, transition, state, next)                                    \
	"INSERT INTO delivery (key, alert_id, episode, target, kind, step, "   \
	"severity, state, created_ms, not_before_ms, next_ms, transition) "    \
	"VALUES ('" key "', 1, 1, 'soc', 2, -1, 3, " state ", 1, 1, " next     \
	", " transition ");"
#define COLLECTED(transition)                                                  \
	"INSERT INTO bundle_entry (bundle_id, alert_id, episode, kind, "       \
	"severity, step, transition, added_ms) VALUES (1, 1, 1, 2, 3, "        \
	"-1, " transition ", 1);"

/* Nobody can answer a question any more that did not leave. */
static void test_unasked(void **state)
{
	struct tempstore *t = *state;
	struct restore_report r;
	struct err err = ERR_INIT;

	tempstore_exec(t, "DELETE FROM delivery");
	tempstore_exec(t, ABOUT("asks", "9", "0", "1"));
	tempstore_exec(t, ABOUT("asks again", "8", "3", "1"));
	tempstore_exec(t, ABOUT("held", "17", "1", "1"));
	tempstore_exec(t, ABOUT("tells", "13", "0", "1"));
	tempstore_exec(t, DELIVERY OWED("other", "1", "1"));
	tempstore_exec(
		t, "INSERT INTO bundle (id, cause, name, target, opened_ms, "
		   "due_ms) VALUES (1, 1, 'n', 'soc', 1, 1);" COLLECTED("9")
			   COLLECTED("13"));
	back_up_responses(t);
	/* It was decided in the time that is lost. */
	tempstore_exec(t, "UPDATE response SET state = 6, finished_ms = 8 "
			  "WHERE id = 1");
	t->store = store_close(t->store);
	if (restore(t, false, &r, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(
		tempstore_value(t, "SELECT group_concat(key || state, ', ') "
				   "FROM (SELECT * FROM delivery ORDER BY "
				   "id)"),
		"asks5, asks again5, held5, tells0, other0");
	assert_string_equal(
		tempstore_value(t, "SELECT DISTINCT last_error FROM delivery "
				   "WHERE state = 5"),
		"the database was restored, and the response has ended");
	assert_string_equal(
		tempstore_value(t, "SELECT group_concat(transition || ' ' || "
				   "outcome, ', ') FROM bundle_entry"),
		"9 3, 13 0");
}

/* A release whose responses asked nobody twice made the backup. */
static void test_responses_of_before(void **state)
{
	struct tempstore *t = *state;
	struct restore_report r;
	struct err err = ERR_INIT;

	tempstore_exec(t, "ALTER TABLE response DROP COLUMN remind_ms");
	tempstore_exec(t, "ALTER TABLE response DROP COLUMN since_ms");
	tempstore_exec(t, "ALTER TABLE delivery DROP COLUMN transition");
	tempstore_exec(t, "PRAGMA user_version = 19");
	back_up_responses(t);
	t->store = store_close(t->store);
	if (restore(t, false, &r, &err) < 0)
		fail_msg("%s", err.text);
	expect_responses(t, "1 6 0, 2 6 0, 3 6 0");
}

static void test_unreadable_present(void **state)
{
	struct tempstore *t = *state;
	struct restore_report r;
	struct err err = ERR_INIT;
	char junk[8192] = "no database at all";
	int fd;

	t->store = store_close(t->store);
	fd = open(t->path, O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, junk, sizeof(junk)), sizeof(junk));
	close(fd);
	assert_int_equal(restore(t, true, &r, &err), 0);
	assert_non_null(strstr(r.present_trouble, "not a database"));
	if (restore(t, false, &r, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(access(r.kept, F_OK), 0);
	assert_int_equal(tempstore_number(t, "SELECT sum(maybe_duplicate) FROM "
					     "delivery"),
			 3);
}

static void test_nothing_there(void **state)
{
	struct tempstore *t = *state;
	struct restore_report r;

	t->store = store_close(t->store);
	unlink(t->path);
	assert_int_equal(restore(t, false, &r, NULL), 0);
	assert_false(r.present_there);
	assert_string_equal(r.kept, "");
	assert_int_equal(tempstore_number(t, "SELECT count(*) FROM event"), 3);
}

static void test_dry_run_changes_nothing(void **state)
{
	struct tempstore *t = *state;
	struct restore_report r;

	add(t, "three");
	assert_int_equal(restore(t, true, &r, NULL), 0); /* also beside it */
	assert_true(r.is_earlier);
	assert_string_equal(r.kept, "");
	assert_int_equal(tempstore_number(t, "SELECT count(*) FROM event"), 3);
}

/* The lock tells, not the socket. */
static void test_live_daemon(void **state)
{
	struct tempstore *t = *state;
	struct restore_report r;
	struct err err = ERR_INIT;

	assert_int_equal(restore(t, false, &r, &err), ERR_BUSY);
	assert_non_null(strstr(err.text, "the daemon is running"));
	assert_non_null(strstr(err.text, "systemctl stop triaged"));
	add(t, "three");
	assert_int_equal(tempstore_number(t, "SELECT count(*) FROM event"), 3);
}

/* Who reads at the moment would read two files as one. */
static void test_reader(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(store_close_ptr) struct store *reader = NULL;
	struct restore_report r;
	struct err err = ERR_INIT;
	sqlite3 *db = NULL;

	add(t, "three");
	t->store = store_close(t->store);
	assert_int_equal(sqlite3_open_v2(t->path, &db, SQLITE_OPEN_READWRITE,
					 NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(restore(t, false, &r, &err), ERR_BUSY);
	assert_non_null(strstr(err.text, "another program"));
	sqlite3_close(db);
	assert_int_equal(restore(t, false, &r, &err), 0);
}

static void make_newer(const char *path)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA user_version = 9999", NULL, NULL, NULL);
	sqlite3_close(db);
}

static void make_altered(const char *path)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, "UPDATE event SET actor = 'eve' WHERE id = 1", NULL,
		     NULL, NULL);
	sqlite3_close(db);
}

static void make_orphan(const char *path)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, "DELETE FROM alert", NULL, NULL, NULL);
	sqlite3_close(db);
}

static void make_short(const char *path)
{
	assert_int_equal(truncate(path, 20480), 0);
}

static void make_foreign(const char *path)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA application_id = 7", NULL, NULL, NULL);
	sqlite3_close(db);
}

static void make_text(const char *path)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_int_equal(write(fd, "hello", 5), 5);
	close(fd);
}

static void make_missing(const char *path)
{
	unlink(path);
}

static void test_bad_backups(void **state)
{
	static const struct {
		void (*make)(const char *path);
		int code;
		const char *said;
	} cases[] = {
		{ make_newer, ERR_STORE_NEWER, "schema 9999" },
		{ make_altered, ERR_STORE_DAMAGED, "altered at event 1" },
		{ make_orphan, ERR_STORE_DAMAGED, "refers to a row" },
		{ make_short, ERR_STORE_DAMAGED, "" },
		{ make_foreign, ERR_STORE_DAMAGED, "another program" },
		{ make_text, ERR_STORE_DAMAGED, "not a database" },
		{ make_missing, ERR_NOT_FOUND, "there is no file" },
	};
	struct tempstore *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct restore_report r;
		struct err err = ERR_INIT;

		if (!t->store)
			assert_int_equal(store_open(t->directory, &t->store,
						    NULL),
					 0);
		assert_int_equal(store_backup(t->store, backup_file, true, NULL,
					      NULL, NULL),
				 0);
		t->store = store_close(t->store);
		cases[i].make(backup_file);
		if (restore(t, false, &r, &err) != cases[i].code ||
		    !strstr(err.text, cases[i].said))
			fail_msg("case %zu: %d %s", i, err.code, err.text);
		assert_string_equal(r.kept, "");
		assert_int_equal(tempstore_number(t,
						  "SELECT count(*) FROM event"),
				 2);
	}
}

#define WITH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, setup, tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_all),
		WITH(test_not_sent_again),
		WITH(test_responses),
		WITH(test_responses_of_nobody),
		WITH(test_unasked),
		WITH(test_responses_of_before),
		WITH(test_unreadable_present),
		WITH(test_nothing_there),
		WITH(test_dry_run_changes_nothing),
		WITH(test_live_daemon),
		WITH(test_reader),
		WITH(test_bad_backups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
