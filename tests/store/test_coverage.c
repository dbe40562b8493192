/* Gaps, and what the polls of a source prove. */
#include "store/coverage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/ledger.h"
#include "store/txn.h"
#include "util/strbuf.h"

#define T0 SAMPLE_NOW_MS
#define MINUTE INT64_C(60000)

static void begin(struct txn *txn, const struct tempstore *t)
{
	assert_int_equal(txn_begin(txn, t->store, NULL), 0);
}

static void commit(struct txn *txn)
{
	assert_int_equal(txn_commit(txn, NULL), 0);
}

/* One ended poll; minutes from T0, -1: no window. Returns its id. */
static int64_t poll(struct tempstore *t, const char *scope, int from, int to,
		    const char *error)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct poll_window w = { "s", scope, 0, 0 };
	int64_t id;

	if (from >= 0) {
		w.from_ms = T0 + from * MINUTE;
		w.to_ms = T0 + to * MINUTE;
	}
	begin(&txn, t);
	assert_int_equal(ledger_source(t->store, "s", "graph-security", 1,
				       NULL),
			 0);
	assert_int_equal(ledger_poll_begin(t->store, &w, T0 + to * MINUTE, &id,
					   NULL),
			 0);
	assert_int_equal(ledger_poll_end(t->store, id, error,
					 T0 + to * MINUTE + 5, NULL),
			 0);
	commit(&txn);
	return id;
}

/* "scope from-to holes/minutes gaps quarantined error;" for each line. */
static int add_line(void *arg, const struct coverage *c)
{
	struct strbuf *sb = arg;
	int64_t from =
		c->proven_from_ms ? (c->proven_from_ms - T0) / MINUTE : -1;
	int64_t to = c->proven_to_ms ? (c->proven_to_ms - T0) / MINUTE : -1;

	strbuf_addf(sb, "%s %lld-%lld %lld/%lld %lld %lld %s%s;",
		    c->scope[0] ? c->scope : "*", (long long)from,
		    (long long)to, (long long)c->n_holes,
		    (long long)(c->hole_ms / MINUTE), (long long)c->n_gaps,
		    (long long)c->quarantined, c->failing ? "!" : "",
		    c->last_error);
	return 0;
}

static void expect(struct tempstore *t, int now, const char *expected)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct err err = ERR_INIT;

	if (coverage_look(t->store, T0 + now * MINUTE, add_line, &sb, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(sb.buf ? sb.buf : "", expected);
}

static void test_windows_merge(void **state)
{
	struct tempstore *t = *state;

	poll(t, "", 10, 20, NULL);
	expect(t, 25, "* 10-20 0/0 0 0 ;");
	poll(t, "", 18, 30, NULL); /* overlaps */
	poll(t, "", 30, 40, NULL); /* touches */
	poll(t, "", 12, 15, NULL); /* lies inside: a sweep */
	expect(t, 45, "* 10-40 0/0 0 0 ;");
	poll(t, "", 50, 60, NULL);
	expect(t, 65, "* 10-60 1/10 0 0 ;");
	poll(t, "", 45, 50, NULL);
	expect(t, 65, "* 10-60 1/5 0 0 ;");
	poll(t, "", 40, 45, NULL);
	expect(t, 65, "* 10-60 0/0 0 0 ;");
}

/* The clock was ahead: nothing was read of what had not come, neither now nor
 * when it comes. */
static void test_a_clock_that_was_ahead(void **state)
{
	struct tempstore *t = *state;
	struct txn txn = TXN_NONE;

	poll(t, "", 10, 20, NULL);
	poll(t, "", 500, 520, NULL);
	poll(t, "", 20, 40, NULL); /* of the backlog */
	expect(t, 525, "* 10-520 1/460 0 0 ;");
	tempstore_exec(t, "INSERT INTO proven (feed_id, from_ms, to_ms) "
			  "SELECT id, 9000000000000, 9000000000009 FROM feed");
	expect(t, 25, "* 10-25 0/0 0 0 ;");
	begin(&txn, t);
	assert_int_equal(coverage_cut(t->store, T0 + 25 * MINUTE, NULL), 0);
	commit(&txn);
	expect(t, 25, "* 10-25 0/0 0 0 ;");
	poll(t, "", 30, 35, NULL);
	expect(t, 530, "* 10-35 1/5 0 0 ;");
	assert_int_equal(tempstore_number(t, "SELECT count(*) FROM proven"), 0);
}

static void test_a_failing_end_is_a_hole(void **state)
{
	struct tempstore *t = *state;

	poll(t, "", 0, 10, NULL);
	poll(t, "", 9, 20, "HTTP 503");
	expect(t, 25, "* 0-10 1/15 0 0 !HTTP 503;");
	/* The backlog fails, the newest is there: no hole at the end. */
	poll(t, "", 9, 30, NULL);
	poll(t, "", 2, 5, "HTTP 500");
	expect(t, 35, "* 0-30 0/0 0 0 !HTTP 500;");
	poll(t, "", 29, 40, NULL);
	expect(t, 45, "* 0-40 0/0 0 0 HTTP 500;");
}

/* The newest day of a first run is there, and what is older fails. */
static void test_a_failing_begin_is_a_hole(void **state)
{
	struct tempstore *t = *state;

	poll(t, "", 50, 60, NULL);
	poll(t, "", 20, 30, "HTTP 500");
	expect(t, 61, "* 50-60 1/30 0 0 !HTTP 500;");
	poll(t, "", 20, 30, NULL);
	expect(t, 62, "* 20-60 1/20 0 0 HTTP 500;");
	poll(t, "", 30, 50, NULL);
	expect(t, 63, "* 20-60 0/0 0 0 HTTP 500;");
}

static void test_whole_listings(void **state)
{
	struct tempstore *t = *state;

	poll(t, "a", -1, 10, NULL);
	poll(t, "b", -1, 10, "HTTP 403");
	expect(t, 12, "b -1--1 1/0 0 0 !HTTP 403;a -1-10 0/0 0 0 ;");
	poll(t, "b", -1, 20, NULL);
	poll(t, "a", -1, 20, "cut");
	expect(t, 30, "a -1-10 1/20 0 0 !cut;b -1-20 0/0 0 0 HTTP 403;");
	poll(t, "a", -1, 31, NULL);
	expect(t, 32, "a -1-31 0/0 0 0 cut;b -1-20 0/0 0 0 HTTP 403;");
}

/* A subscription that went, and one that was skipped. */
static void test_left(void **state)
{
	struct tempstore *t = *state;

	poll(t, "subscriptions", -1, 1, NULL);
	poll(t, "a", -1, 2, NULL);
	poll(t, "b", -1, 2, "HTTP 404");
	poll(t, "subscriptions", -1, 3, NULL);
	poll(t, "a", -1, 4, "HTTP 429"); /* which ends the poll */
	poll(t, "subscriptions", -1, 5, NULL);
	expect(t, 6,
	       "b -1--1 1/0 0 0 !HTTP 404;a -1-2 1/4 0 0 !HTTP 429;"
	       "subscriptions -1-5 0/0 0 0 ;");
	poll(t, "a", -1, 6, NULL);
	expect(t, 7,
	       "b -1--1 0/0 0 0 HTTP 404;a -1-6 0/0 0 0 HTTP 429;"
	       "subscriptions -1-5 0/0 0 0 ;");
}

/* Configured and never polled: nothing is proven. The daemon itself is no
 * source. */
static void test_never_polled(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;

	expect(t, 0, "");
	begin(&txn, t);
	assert_int_equal(ledger_source(t->store, "s", "file", 1, NULL), 0);
	assert_int_equal(ledger_source(t->store, "triaged", "triaged", 1, NULL),
			 0);
	commit(&txn);
	expect(t, 0, "* -1--1 1/0 0 0 ;");
}

static void test_gaps(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct poll_window w = { "s", "x", T0, T0 + MINUTE };
	struct poll_window got = { 0 };

	int64_t part = poll(t, "x", 1, 9, NULL), whole;

	begin(&txn, t);
	assert_int_equal(coverage_gap_open(t->store, &w, "HTTP 500", 7, NULL),
			 1);
	assert_int_equal(coverage_gap_open(t->store, &w, "HTTP 502", 8, NULL),
			 0);
	assert_int_equal(coverage_gap_close(t->store, part, 9, &got, NULL), 0);
	commit(&txn);
	expect(t, 10, "x 1-9 0/0 1 0 ;");
	assert_string_equal(
		tempstore_value(t, "SELECT source||scope||since_ms||reason||"
				   "tries||ifnull(closed_at, '-') FROM v_gaps"),
		"sx7HTTP 5022-");
	whole = poll(t, "x", 0, 9, NULL);
	begin(&txn, t);
	assert_int_equal(coverage_gap_close(t->store, whole, 9, &got, NULL), 1);
	assert_true(got.from_ms == w.from_ms && got.to_ms == w.to_ms);
	assert_int_equal(coverage_gap_close(t->store, whole, 9, &got, NULL), 0);
	/* It can come again: a new one. */
	assert_int_equal(coverage_gap_open(t->store, &w, "again", 10, NULL), 1);
	assert_int_equal(coverage_gap_close(t->store, whole, 11, &got, NULL),
			 1);
	commit(&txn);
	expect(t, 10, "x 0-9 0/0 0 0 ;");
	assert_int_equal(tempstore_number(t, "SELECT count(*) FROM v_gaps"), 2);
}

static void test_quarantined_by_scope(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct poll_window w = { "s", "x", 0, 0 };
	const struct item a = { .raw = "1", .raw_len = 1, .raw_hash = { 1 } };
	const struct item b = { .raw = "2", .raw_len = 1, .raw_hash = { 2 } };
	int64_t id;

	poll(t, "y", -1, 1, NULL);
	begin(&txn, t);
	assert_int_equal(ledger_poll_begin(t->store, &w, T0, &id, NULL), 0);
	assert_int_equal(ledger_quarantine(t->store, id, &a, 1, NULL), 1);
	assert_int_equal(ledger_quarantine(t->store, id, &b, 1, NULL), 1);
	assert_int_equal(ledger_poll_end(t->store, id, NULL, T0, NULL), 0);
	assert_int_equal(ledger_quarantine_resolve(t->store, 1, 2, NULL), 1);
	commit(&txn);
	expect(t, 1, "x -1-0 0/0 0 1 ;y -1-1 0/0 0 0 ;");
}

#define WITH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, tempstore_setup,                 \
					tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_windows_merge),
		WITH(test_a_clock_that_was_ahead),
		WITH(test_a_failing_end_is_a_hole),
		WITH(test_a_failing_begin_is_a_hole),
		WITH(test_whole_listings),
		WITH(test_left),
		WITH(test_never_polled),
		WITH(test_gaps),
		WITH(test_quarantined_by_scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
