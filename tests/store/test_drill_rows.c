/* Drills as rows: one runs, is judged by what was accepted, and ends once. */
#include "store/drill_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/alerts.h"
#include "store/outbox.h"
#include "store/txn.h"
#include "util/xmalloc.h"

#define T SAMPLE_NOW_MS

static int64_t add(struct store *s, const char *who, const char *reason)
{
	const struct drill d = {
		.asked_by = (char *)who,
		.reason = (char *)reason,
		.severity = SEVERITY_HIGH,
		.with_hooks = true,
		.started_ms = T,
		.ends_ms = T + 5000,
	};
	int64_t id = 0;

	assert_int_equal(drill_rows_add(s, &d, &id, NULL), 0);
	return id;
}

/* Sample alert @n as one of kind drill. */
static int64_t add_alert(struct store *s, int n)
{
	CLEANUP(alert_release) struct alert a;
	const struct sighting at = { .now_ms = T };
	struct decision d;
	int64_t id = 0;

	sample_arm(&a, n);
	free(a.kind);
	a.kind = xstrdup(ALERT_KIND_DRILL);
	a.n_keys = 0;
	d = sample_decision(&a);
	assert_int_equal(alerts_insert(s, &a, &d, &at, &id, NULL), 0);
	return id;
}

static void test_life(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(drill_release) struct drill d = { 0 };
	struct txn txn = TXN_NONE;
	int64_t id;

	assert_int_equal(drill_rows_next_ms(t->store), 0);
	assert_int_equal(drill_rows_running(t->store, &d, NULL), 0);
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	id = add(t->store, "ann", NULL);
	assert_int_equal(drill_rows_running(t->store, &d, NULL), 1);
	assert_int_equal(d.id, id);
	assert_int_equal(d.alert_id, 0);
	assert_string_equal(d.asked_by, "ann");
	assert_null(d.reason);
	assert_int_equal(d.severity, SEVERITY_HIGH);
	assert_true(d.with_hooks);
	assert_int_equal(d.started_ms, T);
	assert_int_equal(drill_rows_next_ms(t->store), T + 5000);
	assert_int_equal(drill_rows_end(t->store, id, "ben", DRILL_UNREACHED,
					T + 10, NULL),
			 0);
	/* Ended once: the first word stays. */
	assert_int_equal(drill_rows_end(t->store, id, "cia", DRILL_PASSED,
					T + 20, NULL),
			 0);
	assert_int_equal(drill_rows_next_ms(t->store), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	txn_end(&txn);
	assert_string_equal(tempstore_value(t, "SELECT ended_by || ' ' || "
					       "result FROM v_drills"),
			    "ben unreached");
	assert_int_equal(tempstore_number(t, "SELECT ended_ms FROM v_drills"),
			 T + 10);
}

/* What a target accepted counts when it told of the alert. */
static void test_told(void **state)
{
	static const struct {
		const char *target;
		enum notice_kind kind;
		enum notice_state ends;
		bool counts;
	} rows[] = {
		{ "a", NOTICE_OPENED, NOTICE_SENT, true },
		{ "a", NOTICE_ESCALATED, NOTICE_SENT, true },
		{ "b", NOTICE_OPENED, NOTICE_DEAD, false },
		{ "c", NOTICE_OPENED, NOTICE_RETRY, false },
		{ "d", NOTICE_CLOSED, NOTICE_SENT, false },
		{ "e", NOTICE_WARNING, NOTICE_SENT, false },
		{ "f", NOTICE_ESCALATED, NOTICE_SENT, true },
	};
	CLEANUP(strlist_release) struct strlist told = STRLIST_INIT;
	CLEANUP(free_ptr) char *names = NULL;
	struct tempstore *t = *state;
	struct txn txn = TXN_NONE;
	int64_t alert, other;

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	alert = add_alert(t->store, 1);
	other = add_alert(t->store, 2);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(notice_release)
		struct notice n = sample_notice(alert, rows[i].target, (int)i);

		n.kind = rows[i].kind;
		assert_int_equal(outbox_put(t->store, &n, NULL, NULL), 1);
	}
	assert_int_equal(txn_commit(&txn, NULL), 0);
	txn_end(&txn);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_ptr)
		char *text =
			xasprintf("UPDATE delivery SET state = %d, next_ms = "
				  "iif(%d = 3, 1, NULL), sent_ms = iif(%d = 2, "
				  "1, NULL) WHERE id = %zu",
				  rows[i].ends, rows[i].ends, rows[i].ends,
				  i + 1);

		tempstore_exec(t, text);
	}
	assert_int_equal(drill_rows_told(t->store, other, &told, NULL), 0);
	assert_int_equal(told.n, 0);
	assert_int_equal(drill_rows_told(t->store, alert, &told, NULL), 0);
	names = strlist_join(&told, ",");
	assert_string_equal(names, "a,f");
}

/* It is to be looked at once it was told and answered, or is closed. */
static void test_next(void **state)
{
	struct tempstore *t = *state;
	struct txn txn = TXN_NONE;
	struct notice n;
	int64_t id, alert;

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	id = add(t->store, "ann", "why not");
	alert = add_alert(t->store, 1);
	n = sample_notice(alert, "a", 1);
	assert_int_equal(drill_rows_bind(t->store, id, alert, NULL), 0);
	assert_int_equal(outbox_put(t->store, &n, NULL, NULL), 1);
	notice_release(&n);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	txn_end(&txn);
	assert_int_equal(drill_rows_next_ms(t->store), T + 5000);
	tempstore_exec(t, "UPDATE alert SET state = 1");
	assert_int_equal(drill_rows_next_ms(t->store), T + 5000);
	tempstore_exec(t, "UPDATE delivery SET state = 2, next_ms = NULL, "
			  "sent_ms = 1");
	assert_int_equal(drill_rows_next_ms(t->store), 1);
	tempstore_exec(t, "UPDATE alert SET state = 0");
	assert_int_equal(drill_rows_next_ms(t->store), T + 5000);
	tempstore_exec(t, "UPDATE alert SET state = 2, closed_ms = 1");
	assert_int_equal(drill_rows_next_ms(t->store), 1);
}

/* Removed with its alert it would prove nothing. */
static void test_outlives_its_alert(void **state)
{
	struct tempstore *t = *state;
	struct txn txn = TXN_NONE;
	int64_t id, alert;

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	id = add(t->store, "ann", NULL);
	alert = add_alert(t->store, 1);
	assert_int_equal(drill_rows_bind(t->store, id, alert, NULL), 0);
	assert_int_equal(drill_rows_end(t->store, id, "triaged", DRILL_PASSED,
					T + 1, NULL),
			 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	txn_end(&txn);
	tempstore_exec(t, "PRAGMA foreign_keys = ON; DELETE FROM sight; "
			  "DELETE FROM origin; DELETE FROM revision; "
			  "DELETE FROM entity; DELETE FROM tag; "
			  "DELETE FROM alert");
	assert_string_equal(tempstore_value(t, "SELECT result || "
					       "ifnull(alert_id, ' alone') "
					       "FROM v_drills"),
			    "passed alone");
}

/* A breach of a drill is counted nowhere, any other is. */
static void test_no_breach(void **state)
{
	struct tempstore *t = *state;
	struct txn txn = TXN_NONE;
	CLEANUP(alert_release) struct alert a;
	const struct sighting at = { .now_ms = T };
	struct decision d;
	int64_t id = 0;

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	(void)add_alert(t->store, 1);
	sample_arm(&a, 2);
	d = sample_decision(&a);
	assert_int_equal(alerts_insert(t->store, &a, &d, &at, &id, NULL), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	txn_end(&txn);
	tempstore_exec(t, "INSERT INTO clock (alert_id, episode, severity, "
			  "policy, started_ms, due_ms) SELECT id, 1, 3, 'p', "
			  "1, 2 FROM alert; UPDATE clock SET breached_ms = 3");
	assert_int_equal(tempstore_number(t, "SELECT sum(n) FROM "
					     "v_breach_counts"),
			 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, tempstore_setup, tempstore_teardown)
		TEST(test_life),      TEST(test_told),
		TEST(test_next),      TEST(test_outlives_its_alert),
		TEST(test_no_breach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
