/* A step that was due and left no trace is found; nothing else is. */
#include "triage/ladder_audit.h"

#include "triage/fixture.h"

static void free_triage(struct triage **t)
{
	*t = triage_free(*t);
}

static void test_audit(void **state)
{
	/* Steps at 0, 10 (repeated at 15 and 20), 12 and 60 minutes: the third
	 * waits for the repeats before it. */
	static const struct {
		int64_t stopped_min, now_min;
		bool traces[4];
		int found, step;
		int64_t at_min, due;
	} rows[] = {
		{ 0, 1, { false }, 0, 0, 0, 0 }, /* within the grace */
		{ 0, 3, { false }, 1, 0, 0, 1 },
		{ 0, 3, { true }, 0, 0, 0, 1 },
		{ 0, 13, { true }, 1, 1, 10, 2 },
		{ 0, 21, { true, true }, 0, 0, 0, 2 },
		{ 0, 23, { true, true }, 1, 2, 20, 3 },
		{ 0, 23, { true, true, true }, 0, 0, 0, 3 },
		{ 0, 90, { true, true, true, true }, 0, 0, 0, 4 },
		{ 0, 90, { true, true, false, true }, 1, 2, 20, 3 },
		{ 0, 90, { true, true, true, false }, 1, 3, 60, 4 },
		/* Stopped before it: nothing was due any more. */
		{ 30, 90, { true, true, true, false }, 0, 0, 0, 3 },
		{ 11, 90, { true, false, false, false }, 0, 0, 0, 1 },
	};
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = NULL;
	struct err err = ERR_INIT;
	struct route *r;

	(void)state;
	init_policy(&p);
	r = add_route(&p, "all");
	add_step(r, AFTER_ELAPSED, 0);
	add_step(r, AFTER_ELAPSED, 10 * MINUTE_MS)->repeat_ms = 5 * MINUTE_MS;
	r->steps[1].times = 2;
	add_step(r, AFTER_ELAPSED, 12 * MINUTE_MS);
	add_step(r, AFTER_ELAPSED, 60 * MINUTE_MS);
	t = triage_new(&p, NOW_MS, NULL, &err);
	assert_non_null(t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ladder_row row = { .started_ms = NOW_MS };
		const struct ladder_proof proof = {
			.route = r,
			.row = &row,
			.traces = rows[i].traces,
			.n_traces = 4,
			.now_ms = NOW_MS + rows[i].now_min * MINUTE_MS,
		};
		int64_t at_ms = NOW_MS, due = -1;
		int step = 0;

		if (rows[i].stopped_min)
			row.stopped_ms =
				NOW_MS + rows[i].stopped_min * MINUTE_MS;
		assert_int_equal(ladder_audit(t, &proof, &step, &at_ms, &due,
					      &err),
				 rows[i].found);
		assert_int_equal(step, rows[i].step);
		assert_int_equal(at_ms, NOW_MS + rows[i].at_min * MINUTE_MS);
		assert_int_equal(due, rows[i].due);
	}
}

/*
 * Steps at once and at 80 % of the clock. It was medium for three hours and is
 * critical now, so that 80 % lie hours back: the ladder knew nothing of it.
 */
static void test_the_clock_has_moved(void **state)
{
	static const struct {
		int step, repeat; /* where the row stands */
		int64_t next_min, stopped_min;
		bool traces[2];
		int found;
		int64_t at_min;
	} rows[] = {
		{ 1, 0, 0, 180, { true, false }, 0, 0 },
		{ 1, 0, 1152, 0, { true, false }, 0, 0 },
		{ 1, 0, 195, 0, { true, false }, 1, 195 },
		{ 1, 0, 0, 180, { false, false }, 1, 0 },
		/* The row is past it. */
		{ 2, 0, 0, 0, { true, false }, 1, 156 },
		{ 1, 1, 210, 0, { true, false }, 1, 156 },
		{ 2, 0, 0, 0, { true, true }, 0, 0 },
	};
	const struct clock_row clock = {
		.severity = SEVERITY_CRITICAL,
		.started_ms = NOW_MS,
		.due_ms = NOW_MS + 195 * MINUTE_MS,
	};
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = NULL;
	struct err err = ERR_INIT;
	struct route *r;

	(void)state;
	init_policy(&p);
	r = add_route(&p, "medium");
	add_step(r, AFTER_ELAPSED, 0);
	add_step(r, AFTER_PERCENT, 80);
	t = triage_new(&p, NOW_MS, NULL, &err);
	assert_non_null(t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct ladder_row row = {
			.started_ms = NOW_MS,
			.step = rows[i].step,
			.repeat = rows[i].repeat,
			.next_ms =
				rows[i].next_min
					? NOW_MS + rows[i].next_min * MINUTE_MS
					: 0,
			.stopped_ms = rows[i].stopped_min
					      ? NOW_MS + rows[i].stopped_min *
								 MINUTE_MS
					      : 0,
		};
		const struct ladder_proof proof = {
			.route = r,
			.row = &row,
			.clock = &clock,
			.traces = rows[i].traces,
			.n_traces = 2,
			.now_ms = NOW_MS + 200 * MINUTE_MS,
		};
		int64_t at_ms = NOW_MS;
		int step = 0;

		assert_int_equal(ladder_audit(t, &proof, &step, &at_ms, NULL,
					      &err),
				 rows[i].found);
		assert_int_equal(at_ms, NOW_MS + rows[i].at_min * MINUTE_MS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_audit),
		cmocka_unit_test(test_the_clock_has_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
