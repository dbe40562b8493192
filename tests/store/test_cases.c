/* The file of an alert comes back as it was put, and due things are found. */
#include "store/cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "store/alert_scene.h"

#define T SAMPLE_NOW_MS

static struct clock_row clock_of(int64_t id, enum clock_kind kind,
				 int64_t next_ms)
{
	return (struct clock_row){ .alert_id = id,
				   .episode = 1,
				   .kind = kind,
				   .severity = SEVERITY_HIGH,
				   .policy = "high 4h",
				   .started_ms = T,
				   .due_ms = T + 100,
				   .next_ms = next_ms };
}

static void load(struct scene *sc, int64_t id, struct tracked *t,
		 struct casefile *ret)
{
	tracked_release(t);
	assert_int_equal(alerts_find_id(sc->s, id, t, NULL), 1);
	assert_int_equal(cases_load(sc->s, t, ret, NULL), 0);
}

static void test_clocks(void **state)
{
	struct scene *sc = *state;
	CLEANUP(tracked_release) struct tracked t = { 0 };
	struct casefile f;
	int64_t id = insert(sc);
	struct clock_row triage = clock_of(id, CLOCK_TRIAGE, T + 50);
	struct clock_row resolve = clock_of(id, CLOCK_RESOLVE, T + 70);

	load(sc, id, &t, &f);
	assert_int_equal(f.alert_id, id);
	assert_int_equal(f.clocks[CLOCK_TRIAGE].started_ms, 0);
	assert_int_equal(f.n_ladders, 0);
	resolve.held_ms = T + 5;
	resolve.hold_until_ms = T + 60;
	resolve.waited_ms = 12;
	assert_int_equal(cases_put_clock(sc->s, &triage, NULL), 0);
	assert_int_equal(cases_put_clock(sc->s, &resolve, NULL), 0);
	load(sc, id, &t, &f);
	assert_string_equal(f.clocks[CLOCK_TRIAGE].policy, "high 4h");
	assert_int_equal(f.clocks[CLOCK_TRIAGE].next_ms, T + 50);
	assert_null(f.clocks[CLOCK_TRIAGE].stopped_why);
	assert_int_equal(f.clocks[CLOCK_RESOLVE].kind, CLOCK_RESOLVE);
	assert_int_equal(f.clocks[CLOCK_RESOLVE].held_ms, T + 5);
	assert_int_equal(f.clocks[CLOCK_RESOLVE].hold_until_ms, T + 60);
	assert_int_equal(f.clocks[CLOCK_RESOLVE].waited_ms, 12);
	assert_string_equal(ask(sc, "SELECT group_concat(clock || state, ' ') "
				    "FROM v_sla"),
			    "triagerunning resolveheld");
	/* Breached once, stopped for the first reason. */
	triage = f.clocks[CLOCK_TRIAGE];
	triage.breached_ms = T + 100;
	triage.stopped_ms = T + 200;
	triage.stopped_why = "closed";
	assert_int_equal(cases_put_clock(sc->s, &triage, NULL), 0);
	load(sc, id, &t, &f);
	assert_non_null(f.clocks[CLOCK_TRIAGE].stopped_why);
	f.clocks[CLOCK_TRIAGE].breached_ms = T + 900;
	assert_int_equal(cases_put_clock(sc->s, &f.clocks[CLOCK_TRIAGE], NULL),
			 0);
	assert_string_equal(
		ask(sc, "SELECT stopped_why || (breached_ms - started_ms) || "
			"(SELECT sum(n) FROM v_breach_counts) FROM v_sla "
			"WHERE clock = 'triage'"),
		"closed1001");
	/* The queue goes by the triage clock, which runs no more. */
	assert_string_equal(ask(sc, "SELECT urgency_ms > 4e18 FROM alert"),
			    "1");
}

static void test_ladders_and_due(void **state)
{
	struct scene *sc = *state;
	CLEANUP(tracked_release) struct tracked t = { 0 };
	struct casefile f;
	int64_t id = insert(sc), due[4];
	struct clock_row triage = clock_of(id, CLOCK_TRIAGE, T + 50);
	struct ladder_row row = { .alert_id = id,
				  .episode = 1,
				  .route = "route 1",
				  .when_hash = "0123456789abcdef",
				  .started_ms = T,
				  .step = 2,
				  .repeat = 1,
				  .next_ms = T + 30 };

	assert_int_equal(cases_next_ms(sc->s), 0);
	assert_int_equal(cases_put_clock(sc->s, &triage, NULL), 0);
	assert_int_equal(cases_next_ms(sc->s), T + 50);
	assert_int_equal(cases_put_ladder(sc->s, &row, NULL), 0);
	assert_int_equal(cases_next_ms(sc->s), T + 30);
	assert_int_equal(cases_due(sc->s, T + 29, due, 4, NULL), 0);
	assert_int_equal(cases_due(sc->s, T + 60, due, 4, NULL), 1); /* once */
	assert_int_equal(due[0], id);
	load(sc, id, &t, &f);
	assert_int_equal(f.n_ladders, 1);
	assert_string_equal(f.ladders[0].route, "route 1");
	assert_string_equal(f.ladders[0].when_hash, "0123456789abcdef");
	assert_int_equal(f.ladders[0].step, 2);
	assert_int_equal(f.ladders[0].repeat, 1);
	row.stopped_ms = T + 40;
	row.stopped_why = "acknowledged";
	assert_int_equal(cases_put_ladder(sc->s, &row, NULL), 0);
	assert_int_equal(cases_next_ms(sc->s), T + 50);
	load(sc, id, &t, &f);
	assert_int_equal(f.ladders[0].next_ms, 0);
	assert_int_equal(f.ladders[0].stopped_ms, T + 40);
	/* An acknowledgement that runs out is due too. */
	assert_int_equal(alerts_acknowledge(sc->s,
					    &(struct human_change){
						    .id = id,
						    .who = "ann",
						    .now_ms = T + 1 },
					    T + 45, NULL),
			 0);
	assert_int_equal(cases_next_ms(sc->s), T + 45);
	load(sc, id, &t, &f);
	assert_int_equal(f.acknowledge_expires_ms, T + 45);
	assert_string_equal(f.acknowledged_by, "ann");
	assert_int_equal(cases_due(sc->s, T + 45, due, 4, NULL), 1);
}

static void assert_route(const struct ladder_row *row, int i)
{
	char name[LADDER_ROUTE_MAX];

	snprintf(name, sizeof(name), "route %02d", i);
	assert_string_equal(row->route, name);
}

static void test_what_runs_is_loaded(void **state)
{
	struct scene *sc = *state;
	CLEANUP(tracked_release) struct tracked t = { 0 };
	struct casefile f;
	int64_t id = insert(sc);

	for (int i = 0; i < CASEFILE_LADDERS_MAX + 2; i++) {
		struct ladder_row row = { .alert_id = id,
					  .episode = 1,
					  .started_ms = T };

		snprintf(row.route, sizeof(row.route), "route %02d", i);
		row.next_ms = i < CASEFILE_LADDERS_MAX ? 0 : T + i;
		assert_int_equal(cases_put_ladder(sc->s, &row, NULL), 0);
	}
	load(sc, id, &t, &f);
	assert_int_equal(f.n_ladders, CASEFILE_LADDERS_MAX);
	assert_route(&f.ladders[0], CASEFILE_LADDERS_MAX);
	assert_route(&f.ladders[1], CASEFILE_LADDERS_MAX + 1);
	assert_route(&f.ladders[2], 2);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_clocks),
		WITH(test_ladders_and_due),
		WITH(test_what_runs_is_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
