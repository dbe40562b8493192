/* What happened between two moments: found by halving, counted right; and no
 * question of a report walks a whole table. */
#include "store/look.h"

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
#include "store/sqlite/questions_priv.h"
#include "store/txn.h"
#include "util/xmalloc.h"

static int add_n(void *sum, size_t n, const char *const *names,
		 const struct cell *cells)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], "n") == 0)
			*(int64_t *)sum += cells[i].integer;
	}
	return 0;
}

static int64_t came(const struct tempstore *t, int64_t since_ms,
		    int64_t until_ms)
{
	const struct selector sel = { .since_ms = since_ms,
				      .until_ms = until_ms };
	int64_t sum = 0;

	assert_true(look(t->store, LOOK_SHIFT_CAME, &sel, add_n, &sum, NULL) >=
		    0);
	return sum;
}

/* Every span of a log with gaps in its numbers and several events at once. */
static void test_every_span(void **state)
{
	const struct tempstore *t = *state;

	assert_int_equal(came(t, 0, 100), 0);
	tempstore_exec(t, "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL "
			  "SELECT i + 1 FROM n WHERE i < 40) INSERT INTO event "
			  "(id, at_ms, actor, kind, detail, hash) SELECT "
			  "i * i, 10 * (i / 3), 'a', iif(i % 4, 'opened', "
			  "'note'), '{\"severity\":\"high\"}', x'' FROM n");
	for (int64_t since = 0; since <= 140; since += 5) {
		for (int64_t until = since; until <= 150; until += 5) {
			CLEANUP(free_ptr)
			char *scan = xasprintf(
				"SELECT count(*) FROM event WHERE kind = "
				"'opened' AND at_ms >= %lld AND at_ms < %lld",
				(long long)since, (long long)until);

			assert_int_equal(came(t, since, until),
					 tempstore_number(t, scan));
		}
	}
}

static int take_first(void *ret, size_t n, const char *const *names,
		      const struct cell *cells)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], "breached") == 0 ||
		    strcmp(names[i], "total") == 0)
			*(int64_t *)ret = cells[i].integer;
	}
	return 1;
}

static int64_t figure(const struct tempstore *t, enum question q)
{
	const struct selector sel = { .until_ms = 100,
				      .now_ms = 100,
				      .limit = 1 };
	int64_t n = 0;

	assert_true(look(t->store, q, &sel, take_first, &n, NULL) >= 0);
	return n;
}

static void add_alert(struct store *s, int n)
{
	CLEANUP(alert_release) struct alert a;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	const struct sighting at = { .now_ms = SAMPLE_NOW_MS };
	struct decision d;
	int64_t id;

	sample_arm(&a, n);
	d = sample_decision(&a);
	assert_int_equal(txn_begin(&txn, s, NULL), 0);
	assert_int_equal(alerts_insert(s, &a, &d, &at, &id, NULL), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

/* A drill that runs late is no breach, and waits for nobody to take over. */
static void test_drills_do_not_count(void **state)
{
	const struct tempstore *t = *state;

	add_alert(t->store, 1);
	add_alert(t->store, 2);
	tempstore_exec(t, "INSERT INTO clock (alert_id, episode, severity, "
			  "policy, started_ms, due_ms, breached_ms) "
			  "SELECT id, 1, 3, 'p', 1, 2, 2 FROM alert; "
			  "INSERT INTO event (alert_id, at_ms, actor, kind, "
			  "detail, hash) SELECT id, 2, 'triaged', "
			  "'sla-breached', '{}', x'' FROM alert");
	assert_int_equal(figure(t, LOOK_SHIFT_TOTALS), 2);
	assert_int_equal(figure(t, LOOK_UNATTENDED), 2);
	tempstore_exec(t, "UPDATE alert SET kind = 'drill' WHERE id = 2");
	assert_int_equal(figure(t, LOOK_SHIFT_TOTALS), 1);
	assert_int_equal(figure(t, LOOK_UNATTENDED), 1);
}

static int on_plan(void *arg, size_t n, const char *const *names,
		   const struct cell *cells)
{
	/* Rows of a recursion or a subquery, the few targets, clocks that
	 * run, responses that have not ended. */
	static const char *const small[] = {
		"SCAN cut",
		"SCAN k",
		"SCAN t",
		"SCAN b",
		"SCAN m",
		"SCAN CONSTANT ROW",
		"SCAN delivery_count",
		"SCAN p",
		"SCAN came",
		"SCAN response USING INDEX response_open",
		"SCAN c USING COVERING INDEX clock_running"
	};
	const char *detail = cells[n - 1].text;
	bool known = false;

	(void)names;
	for (size_t i = 0; i < ARRAY_SIZE(small); i++)
		known = known || strcmp(detail, small[i]) == 0;
	if (strncmp(detail, "SCAN ", 5) == 0 && !known &&
	    strncmp(detail, "SCAN (subquery", 14) != 0)
		fail_msg("%s: %s", (const char *)arg, detail);
	return 0;
}

static void test_no_scan(void **state)
{
	static const enum question questions[] = {
		LOOK_SHIFT_CAME,     LOOK_SHIFT_DONE,	   LOOK_SHIFT_BREACHED,
		LOOK_SHIFT_TOLD,     LOOK_CONTENTS,	   LOOK_EVENTS,
		LOOK_DELIVERIES,     LOOK_ENTITIES,	   LOOK_CLOCKS,
		LOOK_ORIGINS,	     LOOK_REVISIONS,	   LOOK_LADDERS,
		LOOK_SUPPRESSIONS,   LOOK_EVIDENCE,	   LOOK_SHIFT_TOTALS,
		LOOK_UNATTENDED,     LOOK_RESPONSES,	   LOOK_RESPONSE,
		LOOK_RESPONSES_OPEN, LOOK_SHIFT_RESPONDED,
		LOOK_DELIVERY_SELECTED,
	};
	const struct tempstore *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		const char *text = question_shift_text[questions[i]]
					   ? question_shift_text[questions[i]]
					   : question_text[questions[i]];
		CLEANUP(free_ptr)
		char *plan = xasprintf("EXPLAIN QUERY PLAN %s", text);
		struct err err = ERR_INIT;

		if (look_query(t->store, plan, 0, on_plan, (void *)text, &err) <
		    0)
			fail_msg("%s: %s", text, err.text);
	}
}

static int on_small_sort(void *found, size_t n, const char *const *names,
			 const struct cell *cells)
{
	(void)names;
	if (strcmp(cells[n - 1].text, "MATERIALIZE came") == 0)
		*(bool *)found = true;
	return 0;
}

/* A storm has a hundred thousand events: they are counted by two words of each
 * and not sorted with all that they say. */
static void test_sorts_words_alone(void **state)
{
	const struct tempstore *t = *state;
	CLEANUP(free_ptr)
	char *plan = xasprintf("EXPLAIN QUERY PLAN %s",
			       question_shift_text[LOOK_SHIFT_CAME]);
	bool found = false;

	assert_true(look_query(t->store, plan, 0, on_small_sort, &found, NULL) >
		    0);
	assert_true(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_span,
						tempstore_setup,
						tempstore_teardown),
		cmocka_unit_test_setup_teardown(test_drills_do_not_count,
						tempstore_setup,
						tempstore_teardown),
		cmocka_unit_test_setup_teardown(test_no_scan, tempstore_setup,
						tempstore_teardown),
		cmocka_unit_test_setup_teardown(test_sorts_words_alone,
						tempstore_setup,
						tempstore_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
