/* Responses as rows: one step at a time, one winner, nothing twice. */
#include "store/responses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/alerts.h"
#include "store/txn.h"
#include "util/xmalloc.h"

#define T SAMPLE_NOW_MS

static int64_t add_alert(struct store *s, int n)
{
	CLEANUP(alert_release) struct alert a;
	const struct sighting at = { .now_ms = T };
	struct decision d;
	int64_t id = 0;

	sample_arm(&a, n);
	d = sample_decision(&a);
	assert_int_equal(alerts_insert(s, &a, &d, &at, &id, NULL), 0);
	return id;
}

static int64_t add(struct store *s, int64_t alert, enum response_action a,
		   const char *subject)
{
	const struct response r = {
		.alert_id = alert,
		.episode = 1,
		.alert_version = 2,
		.action = a,
		.state = RESPONSE_WAITING,
		.subject = (char *)subject,
		.source = (char *)"graph",
		.verdict = VERDICT_NONE,
		.contain = true,
		.asked_by = (char *)"ann",
		.reason = (char *)"stolen password",
		.planned_ms = T,
		.expires_ms = T + 1000,
	};
	int64_t id = 0;

	assert_int_equal(responses_add(s, &r, &id, NULL), 0);
	return id;
}

static void get(struct store *s, int64_t id, struct response *ret)
{
	assert_int_equal(responses_get(s, id, ret, NULL), 1);
}

static void approve(struct store *s, int64_t id, int64_t at_ms)
{
	CLEANUP(response_release) struct response r = { 0 };

	get(s, id, &r);
	r.approved_by = xstrdup("ben");
	r.approved_ms = at_ms;
	r.expires_ms = at_ms + 1000;
	assert_int_equal(responses_move(s, &r, RESPONSE_APPROVED, NULL), 0);
}

/* It runs: what was found, and how it ended. */
static void finish(struct store *s, struct response *r,
		   enum response_found found, bool called)
{
	r->found = found;
	r->called = called;
	assert_int_equal(responses_move(s, r, RESPONSE_RUNNING, NULL), 0);
	r->finished_ms = T + 50;
	r->ended_by = xstrdup("triaged");
	r->answer = xstrdup("204");
	r->request_id = xstrdup("req-1");
	assert_int_equal(responses_move(s, r, RESPONSE_DONE, NULL), 0);
}

static void begin(struct tempstore *t, struct txn *txn)
{
	assert_int_equal(txn_begin(txn, t->store, NULL), 0);
}

static void test_life(void **state)
{
	CLEANUP(response_release) struct response r = { 0 };
	struct tempstore *t = *state;
	struct txn txn = TXN_NONE;
	int64_t id;

	assert_int_equal(responses_next_ms(t->store), 0);
	begin(t, &txn);
	id = add(t->store, add_alert(t->store, 1), RESPONSE_SUSPEND_USER,
		 "ada@contoso.com");
	assert_int_equal(responses_next_ms(t->store), T + 1000);
	assert_int_equal(responses_lease(t->store, T + 1, &r, NULL), 0);
	approve(t->store, id, T + 10);
	assert_int_equal(responses_next_ms(t->store), 1);
	assert_int_equal(responses_lease(t->store, T + 20, &r, NULL), 1);
	assert_int_equal(r.id, id);
	assert_int_equal(r.state, RESPONSE_RUNNING);
	assert_int_equal(r.attempts, 1);
	assert_string_equal(r.approved_by, "ben");
	assert_true(r.contain);
	assert_int_equal(responses_next_ms(t->store),
			 T + 20 + RESPONSE_LEASE_MS);
	finish(t->store, &r, FOUND_ENABLED, true);
	assert_int_equal(responses_next_ms(t->store), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	assert_string_equal(
		tempstore_value(
			t, "SELECT action || ' ' || state || ' ' || subject || "
			   "' ' || source || ' ' || ifnull(verdict, '-') || "
			   "' ' || asked_by || ' ' || reason || ' ' || "
			   "approved_by || ' ' || (approved_ms - planned_ms) "
			   "|| ' ' || attempts || ' ' || found || ' ' || "
			   "(finished_ms - planned_ms) || ' ' || ended_by || "
			   "' ' || uncertain || ' ' || answer || ' ' || "
			   "request_id || ' ' || ifnull(undoes, '-') || ' ' "
			   "|| contain FROM v_responses"),
		"suspend-user done ada@contoso.com graph - ann stolen password "
		"ben 10 1 enabled 50 triaged 0 204 req-1 - 1");
}

/* Two who decide at once: the second is told. */
static void test_conflict(void **state)
{
	CLEANUP(response_release) struct response a = { 0 }, b = { 0 };
	struct tempstore *t = *state;
	struct err err = ERR_INIT;
	struct txn txn = TXN_NONE;
	int64_t id;

	begin(t, &txn);
	id = add(t->store, add_alert(t->store, 1), RESPONSE_DISMISS, "x");
	get(t->store, id, &a);
	get(t->store, id, &b);
	a.finished_ms = T;
	a.ended_by = xstrdup("cia");
	assert_int_equal(responses_move(t->store, &a, RESPONSE_REFUSED, NULL),
			 0);
	b.approved_ms = T;
	b.approved_by = xstrdup("ben");
	assert_int_equal(responses_move(t->store, &b, RESPONSE_APPROVED, &err),
			 ERR_CONFLICT);
	assert_non_null(strstr(err.text, "is not waiting any more"));
	assert_int_equal(b.state, RESPONSE_WAITING);
	assert_int_equal(responses_get(t->store, 99, &b, NULL), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

static void test_one_at_a_time(void **state)
{
	CLEANUP(response_release) struct response r = { 0 }, none = { 0 };
	CLEANUP(response_release) struct response other = { 0 };
	struct tempstore *t = *state;
	struct txn txn = TXN_NONE;
	int64_t alert, first, second, third;

	begin(t, &txn);
	alert = add_alert(t->store, 1);
	second = add(t->store, alert, RESPONSE_REVOKE_SESSIONS, "Ada@x.org");
	first = add(t->store, alert, RESPONSE_SUSPEND_USER, "ada@x.org");
	third = add(t->store, alert, RESPONSE_SUSPEND_USER, "bob@x.org");
	approve(t->store, second, T + 20);
	approve(t->store, first, T + 10);
	approve(t->store, third, T + 30);
	assert_int_equal(responses_lease(t->store, T + 40, &r, NULL), 1);
	assert_int_equal(r.id, first);
	/* Somebody else need not wait for her. */
	assert_int_equal(responses_lease(t->store, T + 40, &other, NULL), 1);
	assert_int_equal(other.id, third);
	assert_int_equal(responses_lease(t->store, T + 40, &none, NULL), 0);
	/* Tried again later: still before the second. */
	r.not_before_ms = T + 100;
	assert_int_equal(responses_move(t->store, &r, RESPONSE_APPROVED, NULL),
			 0);
	assert_int_equal(responses_lease(t->store, T + 99, &none, NULL), 0);
	response_release(&r);
	assert_int_equal(responses_lease(t->store, T + 100, &r, NULL), 1);
	assert_int_equal(r.id, first);
	assert_int_equal(r.attempts, 2);
	finish(t->store, &r, FOUND_ENABLED, true);
	response_release(&r);
	assert_int_equal(responses_lease(t->store, T + 100, &r, NULL), 1);
	assert_int_equal(r.id, second);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

/* What a daemon leaves behind when it is killed. */
static void test_lapsed(void **state)
{
	CLEANUP(response_release) struct response r = { 0 }, found = { 0 };
	struct tempstore *t = *state;
	struct txn txn = TXN_NONE;
	int64_t id;

	begin(t, &txn);
	id = add(t->store, add_alert(t->store, 1), RESPONSE_EXEC, "block-ip");
	approve(t->store, id, T);
	assert_int_equal(responses_lease(t->store, T, &r, NULL), 1);
	r.called = true;
	assert_int_equal(responses_move(t->store, &r, RESPONSE_RUNNING, NULL),
			 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	t->store = store_close(t->store);
	assert_int_equal(store_open(t->directory, &t->store, NULL), 0);
	assert_int_equal(responses_lapsed(t->store, T + RESPONSE_LEASE_MS - 1,
					  false, &found, NULL),
			 0);
	assert_int_equal(responses_lapsed(t->store, T + RESPONSE_LEASE_MS,
					  false, &found, NULL),
			 1);
	response_release(&found);
	assert_int_equal(responses_lapsed(t->store, T, true, &found, NULL), 1);
	assert_int_equal(found.id, id);
	assert_true(found.called);
	assert_int_equal(found.attempts, 1);
}

static void test_expired(void **state)
{
	CLEANUP(response_release) struct response r = { 0 }, found = { 0 };
	struct tempstore *t = *state;
	struct txn txn = TXN_NONE;
	int64_t id;

	begin(t, &txn);
	id = add(t->store, add_alert(t->store, 1), RESPONSE_DISMISS, "x");
	assert_int_equal(responses_expired(t->store, T + 999, &found, NULL), 0);
	assert_int_equal(responses_expired(t->store, T + 1000, &found, NULL),
			 1);
	assert_int_equal(found.id, id);
	response_release(&found);
	/* The approval holds for a time of its own. */
	approve(t->store, id, T + 500);
	assert_int_equal(responses_expired(t->store, T + 1499, &found, NULL),
			 0);
	assert_int_equal(responses_expired(t->store, T + 1500, &found, NULL),
			 1);
	response_release(&found);
	/* It may have been done: that it expired would be a lie. */
	assert_int_equal(responses_lease(t->store, T + 600, &r, NULL), 1);
	assert_int_equal(responses_expired(t->store, T + 9999, &found, NULL),
			 0);
	r.called = true;
	r.not_before_ms = T + 700;
	assert_int_equal(responses_move(t->store, &r, RESPONSE_APPROVED, NULL),
			 0);
	assert_int_equal(responses_expired(t->store, T + 9999, &found, NULL),
			 0);
	assert_int_equal(responses_next_ms(t->store), T + 700);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

static int other(struct store *s, int64_t alert, enum response_action a,
		 const char *subject, int64_t *ret_id)
{
	/* Only read from. */
	const struct response r = { .alert_id = alert,
				    .action = a,
				    .subject = (char *)subject };

	return responses_other(s, &r, ret_id, NULL);
}

/* A program does another thing for each alert. */
static void test_program_of_each_alert(void **state)
{
	struct tempstore *t = *state;
	struct txn txn = TXN_NONE;
	int64_t first, second, id = 0;

	begin(t, &txn);
	first = add_alert(t->store, 1);
	second = add_alert(t->store, 2);
	add(t->store, first, RESPONSE_EXEC, "block");
	assert_int_equal(other(t->store, second, RESPONSE_EXEC, "block", &id),
			 0);
	assert_int_equal(other(t->store, first, RESPONSE_EXEC, "block", &id),
			 1);
	txn_end(&txn);
}

static void test_consent_asks(void **state)
{
	CLEANUP(response_release) struct response r = { 0 }, last = { 0 };
	struct tempstore *t = *state;
	struct txn txn = TXN_NONE;
	int64_t alert, suspend, id = 0, n = -1;

	begin(t, &txn);
	alert = add_alert(t->store, 1);
	suspend = add(t->store, alert, RESPONSE_SUSPEND_USER, "Ada@x.org");
	assert_int_equal(other(t->store, 1, RESPONSE_SUSPEND_USER, "ada@X.org",
			       &id),
			 1);
	assert_int_equal(id, suspend);
	assert_int_equal(other(t->store, 1, RESPONSE_REVOKE_SESSIONS,
			       "ada@x.org", &id),
			 0);
	assert_int_equal(responses_recent(t->store, T, INT64_MAX, &n, NULL), 0);
	assert_int_equal(n, 0);
	approve(t->store, suspend, T + 10);
	assert_int_equal(responses_recent(t->store, T, INT64_MAX, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_int_equal(responses_recent(t->store, T + 10, INT64_MAX, &n,
					  NULL),
			 0);
	assert_int_equal(n, 0);
	assert_int_equal(responses_changed(t->store, RESPONSE_RESTORE_USER,
					   "ada@x.org", &last, NULL),
			 0);
	assert_int_equal(responses_lease(t->store, T + 20, &r, NULL), 1);
	finish(t->store, &r, FOUND_ENABLED, true);
	response_release(&r);
	assert_int_equal(other(t->store, 1, RESPONSE_SUSPEND_USER, "ada@x.org",
			       &id),
			 0);
	/* A second one found her suspended, and changed nothing. */
	approve(t->store,
		add(t->store, alert, RESPONSE_SUSPEND_USER, "ada@x.org"),
		T + 60);
	assert_int_equal(responses_lease(t->store, T + 60, &r, NULL), 1);
	finish(t->store, &r, FOUND_DISABLED, false);
	assert_int_equal(responses_changed(t->store, RESPONSE_RESTORE_USER,
					   "ADA@x.org", &last, NULL),
			 1);
	assert_int_equal(last.id, suspend);
	response_release(&last);
	assert_int_equal(responses_changed(t->store, RESPONSE_ACTIVATE,
					   "ada@x.org", &last, NULL),
			 0);
	/* Taking it back is not counted. */
	approve(t->store,
		add(t->store, alert, RESPONSE_RESTORE_USER, "ada@x.org"),
		T + 70);
	assert_int_equal(responses_recent(t->store, T, INT64_MAX, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

/* What was done to somebody outlives the alert. */
static void test_alert_goes(void **state)
{
	struct tempstore *t = *state;
	struct txn txn = TXN_NONE;

	begin(t, &txn);
	(void)add(t->store, add_alert(t->store, 1), RESPONSE_DISMISS, "x");
	assert_int_equal(txn_commit(&txn, NULL), 0);
	tempstore_exec(t, "PRAGMA foreign_keys = ON; DELETE FROM revision; "
			  "DELETE FROM origin; DELETE FROM alert");
	assert_string_equal(tempstore_value(t, "SELECT id || ifnull(alert_id, "
					       "'-') || state FROM "
					       "v_responses"),
			    "1-waiting");
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, tempstore_setup, tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_life),	  TEST(test_conflict),
		TEST(test_one_at_a_time), TEST(test_lapsed),
		TEST(test_expired),	  TEST(test_consent_asks),
		TEST(test_alert_goes),	  TEST(test_program_of_each_alert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
