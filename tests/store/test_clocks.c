/* Clocks and ladders: due in order, pinned, never un-breached. */
#include "store/clocks.h"

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
#include "store/alerts.h"
#include "store/txn.h"

#define T SAMPLE_NOW_MS
#define MINUTE INT64_C(60000)

struct scene {
	struct tempstore *t;
	struct store *s;
	struct txn txn;
	int64_t ids[3];
};

static int64_t insert(struct store *s, int n, enum severity severity)
{
	CLEANUP(alert_release) struct alert a;
	struct sighting at = { 0, T };
	struct decision d;
	int64_t id = 0;

	sample_arm(&a, n);
	d = sample_decision(&a);
	d.severity = severity;
	assert_int_equal(alerts_insert(s, &a, &d, &at, &id, NULL), 0);
	return id;
}

static int setup(void **state)
{
	static struct scene scene;
	void *t = NULL;

	if (tempstore_setup(&t) < 0)
		return -1;
	scene = (struct scene){ .t = t, .s = ((struct tempstore *)t)->store };
	*state = &scene;
	if (txn_begin(&scene.txn, scene.s, NULL) < 0)
		return -1;
	scene.ids[0] = insert(scene.s, 1, SEVERITY_HIGH);
	scene.ids[1] = insert(scene.s, 2, SEVERITY_CRITICAL);
	scene.ids[2] = insert(scene.s, 3, SEVERITY_LOW);
	return 0;
}

static int teardown(void **state)
{
	struct scene *sc = *state;
	void *t = sc->t;

	txn_end(&sc->txn);
	return tempstore_teardown(&t);
}

static const char *ask(struct scene *sc, const char *text)
{
	const char *value;

	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	value = tempstore_value(sc->t, text);
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	return value;
}

static struct clock_row row_of(int64_t id, int64_t due, int64_t next)
{
	return (struct clock_row){ .alert_id = id,
				   .episode = 1,
				   .severity = SEVERITY_HIGH,
				   .started_ms = T,
				   .due_ms = due,
				   .next_ms = next };
}

static void start(struct scene *sc, int64_t id, int64_t due, int64_t next)
{
	struct clock_row row = row_of(id, due, next);

	assert_int_equal(clocks_start(sc->s, &row, "high 4h", NULL), 0);
}

static void test_start_is_pinned(void **state)
{
	struct scene *sc = *state;
	struct clock_row got = { 0 };

	assert_int_equal(clocks_get(sc->s, sc->ids[0], 1, &got, NULL), 0);
	assert_int_equal(clocks_next_ms(sc->s), 0);
	start(sc, sc->ids[0], T + 240 * MINUTE, T + 120 * MINUTE);
	start(sc, sc->ids[0], T + 999 * MINUTE, T + 1); /* a second start */
	assert_int_equal(clocks_get(sc->s, sc->ids[0], 1, &got, NULL), 1);
	assert_int_equal(got.alert_id, sc->ids[0]);
	assert_int_equal(got.episode, 1);
	assert_int_equal(got.severity, SEVERITY_HIGH);
	assert_int_equal(got.started_ms, T);
	assert_int_equal(got.due_ms, T + 240 * MINUTE);
	assert_int_equal(got.next_ms, T + 120 * MINUTE);
	assert_int_equal(got.warned, 0);
	assert_int_equal(clocks_next_ms(sc->s), T + 120 * MINUTE);
	assert_string_equal(ask(sc, "SELECT clock||policy||state||severity||"
				    "due_at FROM v_sla"),
			    "triagehigh 4hrunninghigh2026-03-02T13:00:00.000Z");
	assert_string_equal(ask(sc, "SELECT triage_state||triage_due_at FROM "
				    "v_alerts WHERE id = 1"),
			    "running2026-03-02T13:00:00.000Z");
}

static void test_due_oldest_first(void **state)
{
	struct scene *sc = *state;
	struct clock_row due[3];

	start(sc, sc->ids[0], T + 100, T + 30);
	start(sc, sc->ids[1], T + 100, T + 10);
	start(sc, sc->ids[2], T + 100, T + 20);
	assert_int_equal(clocks_due(sc->s, T + 9, due, 3, NULL), 0);
	assert_int_equal(clocks_due(sc->s, T + 20, due, 3, NULL), 2);
	assert_int_equal(due[0].alert_id, sc->ids[1]);
	assert_int_equal(due[1].alert_id, sc->ids[2]);
	assert_int_equal(clocks_due(sc->s, T + 99, due, 1, NULL), 1);
}

static void test_marks_and_breach(void **state)
{
	struct scene *sc = *state;
	struct clock_row got = { 0 };

	start(sc, sc->ids[0], T + 100, T + 50);
	assert_int_equal(clocks_get(sc->s, sc->ids[0], 1, &got, NULL), 1);
	assert_int_equal(clocks_mark(sc->s, &got, 50, 0, T + 80, NULL), 0);
	assert_int_equal(clocks_next_ms(sc->s), T + 80);
	assert_int_equal(clocks_mark(sc->s, &got, 80, T + 100, 0, NULL), 0);
	assert_int_equal(clocks_mark(sc->s, &got, 80, T + 500, 0, NULL), 0);
	assert_int_equal(clocks_get(sc->s, sc->ids[0], 1, &got, NULL), 1);
	assert_int_equal(got.warned, 80);
	assert_int_equal(got.breached_ms, T + 100); /* the first stays */
	assert_int_equal(got.next_ms, 0);
	assert_int_equal(clocks_next_ms(sc->s), 0);
	assert_string_equal(ask(sc, "SELECT severity||n FROM v_breach_counts"),
			    "high1");

	/* A lower severity gives more time and no pardon. */
	got.due_ms = T + 900;
	got.next_ms = T + 850;
	got.breached_ms = 0;
	assert_int_equal(clocks_move(sc->s, &got, "low", NULL), 0);
	assert_int_equal(clocks_stop(sc->s, sc->ids[0], 1, T + 200, "closed",
				     NULL),
			 1);
	assert_string_equal(ask(sc,
				"SELECT state||(due_ms-started_ms)||policy||"
				"stopped_why FROM v_sla"),
			    "breached900lowclosed");
}

static void test_stop(void **state)
{
	struct scene *sc = *state;
	struct clock_row got = { 0 };

	start(sc, sc->ids[0], T + 100, T + 50);
	start(sc, sc->ids[1], T + 100, T + 50);
	assert_int_equal(clocks_stop(sc->s, sc->ids[0], 1, T + 100, "ack",
				     NULL),
			 1);
	assert_int_equal(clocks_stop(sc->s, sc->ids[0], 1, T + 101, "ack",
				     NULL),
			 0);
	assert_int_equal(clocks_stop(sc->s, sc->ids[0], 2, T, "ack", NULL), 0);
	/* Stopped late, before anybody marked it: late all the same. */
	assert_int_equal(clocks_stop(sc->s, sc->ids[1], 1, T + 101, "closed",
				     NULL),
			 1);
	assert_int_equal(clocks_next_ms(sc->s), 0);
	assert_int_equal(clocks_get(sc->s, sc->ids[1], 1, &got, NULL), 1);
	assert_int_equal(got.breached_ms, T + 100);
	assert_int_equal(got.stopped_ms, T + 101);
	assert_string_equal(ask(sc, "SELECT group_concat(triage_state, ' ') "
				    "FROM v_alerts"),
			    "met breached none");
	/* What was stopped does not move nor is it marked. */
	got.due_ms = T + 5000;
	assert_int_equal(clocks_move(sc->s, &got, "x", NULL), 0);
	assert_int_equal(clocks_mark(sc->s, &got, 80, T, T, NULL), 0);
	assert_int_equal(clocks_next_ms(sc->s), 0);
}

static struct ladder_row ladder_of(int64_t id, const char *route, int64_t next)
{
	struct ladder_row row = {
		.alert_id = id, .episode = 1, .started_ms = T, .next_ms = next
	};

	snprintf(row.route, sizeof(row.route), "%s", route);
	return row;
}

static void test_ladders(void **state)
{
	struct scene *sc = *state;
	struct ladder_row due[4];
	struct ladder_row a = ladder_of(sc->ids[0], "route 1", T + 20);
	struct ladder_row b = ladder_of(sc->ids[0], "route 2", T + 10);

	assert_int_equal(ladders_start(sc->s, &a, NULL), 0);
	assert_int_equal(ladders_start(sc->s, &b, NULL), 0);
	assert_int_equal(clocks_next_ms(sc->s), T + 10);
	assert_int_equal(ladders_due(sc->s, T + 30, due, 4, NULL), 2);
	assert_string_equal(due[0].route, "route 2");
	assert_string_equal(due[1].route, "route 1");
	assert_int_equal(due[0].started_ms, T);
	due[0].step = 1;
	due[0].repeat = 3;
	due[0].next_ms = T + 40;
	assert_int_equal(ladders_save(sc->s, &due[0], NULL), 0);
	due[1].next_ms = 0;
	assert_int_equal(ladders_save(sc->s, &due[1], NULL), 0);
	assert_int_equal(ladders_due(sc->s, T + 99, due, 4, NULL), 1);
	assert_int_equal(due[0].step, 1);
	assert_int_equal(due[0].repeat, 3);
	assert_int_equal(ladders_stop(sc->s, sc->ids[0], 1, "ack", NULL), 1);
	assert_int_equal(ladders_stop(sc->s, sc->ids[0], 1, "ack", NULL), 0);
	assert_int_equal(ladders_due(sc->s, T + 99, due, 4, NULL), 0);
	assert_int_equal(clocks_next_ms(sc->s), 0);
	/* The acknowledgement ran out: from the first step. */
	assert_int_equal(ladders_start(sc->s, &b, NULL), 0);
	assert_int_equal(ladders_due(sc->s, T + 99, due, 4, NULL), 1);
	assert_int_equal(due[0].step, 0);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_start_is_pinned),  WITH(test_due_oldest_first),
		WITH(test_marks_and_breach), WITH(test_stop),
		WITH(test_ladders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
