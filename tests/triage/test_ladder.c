/* Routes, steps, repeats. */
#include "triage/ladder.h"

#include <stdio.h>
#include <string.h>
#include "triage/fixture.h"

static void free_triage(struct triage **t)
{
	*t = triage_free(*t);
}

static struct triage *must_make(const struct policy *p)
{
	struct err err = ERR_INIT;
	struct triage *t = triage_new(p, NOW_MS, NULL, &err);

	if (!t)
		fail_msg("%s", err.text);
	return t;
}

static void test_routes(void **state)
{
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = NULL;
	CLEANUP(alert_release) struct alert a;
	struct match_subject s = { &a, SEVERITY_CRITICAL, NULL };
	const struct route *found[4];

	(void)state;
	init_policy(&p);
	alert_init(&a);
	strlist_add(&add_route(&p, "audit")->when.globs[MATCH_SEVERITY],
		    "critical");
	p.routes[0].go_on = true;
	strlist_add(&add_route(&p, "low")->when.globs[MATCH_SEVERITY], "low");
	add_route(&p, "all");
	add_route(&p, "never reached");
	t = must_make(&p);
	assert_int_equal(ladder_routes(t, &s, found, 4), 2);
	assert_string_equal(found[0]->name, "audit");
	assert_string_equal(found[1]->name, "all");
	assert_int_equal(ladder_routes(t, &s, found, 1), 1);
	s.severity = SEVERITY_LOW;
	assert_int_equal(ladder_routes(t, &s, found, 4), 1);
	assert_string_equal(found[0]->name, "low");
	assert_int_equal(ladder_routes(t, &s, found, 0), 0);
}

static void test_no_route(void **state)
{
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = NULL;
	CLEANUP(alert_release) struct alert a;
	struct match_subject s = { &a, SEVERITY_MEDIUM, NULL };
	const struct route *found[1];

	(void)state;
	init_policy(&p);
	alert_init(&a);
	strlist_add(&add_route(&p, "low")->when.globs[MATCH_SEVERITY], "low");
	t = must_make(&p);
	assert_int_equal(ladder_routes(t, &s, found, 1), 0);
}

/* The route of a ladder that began on @name when it had @when. */
static const struct route *climbed(const struct triage *t, const char *name,
				   const char *when,
				   const struct match_subject *s)
{
	struct ladder_row row = { 0 };

	memcpy(row.route, name, strnlen(name, sizeof(row.route) - 1));
	(void)snprintf(row.when_hash, sizeof(row.when_hash), "%s", when);
	return ladder_route_of(t, &row, s);
}

static void test_names(void **state)
{
	static const char name[] = "a route whose name is longer than what a "
				   "row of the database has room for";
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = NULL;

	(void)state;
	assert_true(sizeof(name) > LADDER_ROUTE_MAX);
	init_policy(&p);
	add_route(&p, "one");
	add_route(&p, name);
	t = must_make(&p);
	assert_ptr_equal(climbed(t, "one", "", NULL), &p.routes[0]);
	assert_ptr_equal(climbed(t, name, "", NULL), &p.routes[1]);
	assert_null(climbed(t, "on", "", NULL));
	assert_null(climbed(t, "onex", "", NULL));
	assert_null(climbed(t, "", "", NULL));
}

/* Another route was put before one without a name, or it was given one, or its
 * `when` was changed; what has a name keeps it whatever it is for. */
static void test_known_by_when(void **state)
{
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = NULL;
	CLEANUP(alert_release) struct alert a;
	struct match_subject s = { &a, SEVERITY_HIGH, NULL };
	struct route *r;

	(void)state;
	alert_init(&a);
	init_policy(&p);
	add_route(&p, "route 1");
	add_route(&p, "route 2");
	add_route(&p, "night");
	p.routes[2].named = true;
	for (int i = 0; i < 3; i++) {
		r = &p.routes[i];
		(void)snprintf(r->when_hash, sizeof(r->when_hash), "%d", i);
	}
	strlist_add(&p.routes[0].when.globs[MATCH_SEVERITY], "low");
	t = must_make(&p);
	assert_ptr_equal(climbed(t, "route 1", "1", &s), &p.routes[1]);
	assert_ptr_equal(climbed(t, "route 1", "2", &s), &p.routes[2]);
	assert_ptr_equal(climbed(t, "day", "2", &s), &p.routes[2]);
	assert_ptr_equal(climbed(t, "night", "1", &s), &p.routes[2]);
	/* Begun before that was kept. */
	assert_ptr_equal(climbed(t, "route 1", "", &s), &p.routes[0]);
	/* What it was for is gone: the number counts if it is for the alert. */
	assert_null(climbed(t, "route 1", "x", &s));
	assert_ptr_equal(climbed(t, "route 2", "x", &s), &p.routes[1]);
	assert_null(climbed(t, "route 2", "x", NULL));
	assert_null(climbed(t, "route 3", "x", &s));
}

/* Walk a ladder from its first step and note the minutes of each. */
static size_t climb(const struct triage *t, const struct route *r,
		    const struct clock_row *clock, int *ret, size_t max)
{
	struct ladder_row row = { .started_ms = NOW_MS };
	struct err err = ERR_INIT;
	size_t n = 0;

	assert_int_equal(ladder_due(t, r, &row, clock, &row.next_ms, &err), 0);
	while (row.next_ms != 0 && n < max) {
		ret[n++] = (int)((row.next_ms - NOW_MS) / MINUTE_MS);
		assert_int_equal(ladder_advance(t, r, clock, &row, &err), 0);
	}
	return n;
}

static void test_critical_ladder(void **state)
{
	static const int expected[] = { 0,  5,	10, 15,	 30,  45,
					60, 75, 90, 105, 120, 135 };
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = NULL;
	struct ladder_step *last;
	struct route *r;
	int minutes[20];

	(void)state;
	init_policy(&p);
	r = add_route(&p, "critical");
	for (int after = 0; after <= 10; after += 5)
		add_step(r, AFTER_ELAPSED, after * MINUTE_MS);
	last = add_step(r, AFTER_ELAPSED, 15 * MINUTE_MS);
	last->repeat_ms = 15 * MINUTE_MS;
	last->times = 8;
	t = must_make(&p);
	assert_int_equal(climb(t, r, NULL, minutes, ARRAY_SIZE(minutes)),
			 ARRAY_SIZE(expected));
	assert_memory_equal(minutes, expected, sizeof(expected));
}

/* A step that repeats in the middle gives way to the next. */
static void test_repeats_come_before_the_next_step(void **state)
{
	static const int expected[] = { 0, 10, 20, 15 };
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = NULL;
	struct ladder_step *first;
	struct route *r;
	int minutes[8];

	(void)state;
	init_policy(&p);
	r = add_route(&p, "r");
	first = add_step(r, AFTER_ELAPSED, 0);
	first->repeat_ms = 10 * MINUTE_MS;
	first->times = 2;
	add_step(r, AFTER_ELAPSED, 15 * MINUTE_MS);
	t = must_make(&p);
	assert_int_equal(climb(t, r, NULL, minutes, ARRAY_SIZE(minutes)), 4);
	assert_memory_equal(minutes, expected, sizeof(expected));
}

static void test_percent(void **state)
{
	static const int expected[] = { 0, 1152 };
	static const int without[] = { 0, 0 };
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = NULL;
	struct clock_row clock = { .severity = SEVERITY_MEDIUM,
				   .started_ms = NOW_MS,
				   .due_ms = NOW_MS + 24 * HOUR_MS };
	struct route *r;
	int minutes[4];

	(void)state;
	init_policy(&p);
	r = add_route(&p, "medium");
	add_step(r, AFTER_ELAPSED, 0);
	add_step(r, AFTER_PERCENT, 80);
	t = must_make(&p);
	assert_int_equal(climb(t, r, &clock, minutes, 4), 2);
	assert_memory_equal(minutes, expected, sizeof(expected));
	/* Without a clock it is due at once: late is worse than early. */
	assert_int_equal(climb(t, r, NULL, minutes, 4), 2);
	assert_memory_equal(minutes, without, sizeof(without));
	clock.due_ms = 0;
	assert_int_equal(climb(t, r, &clock, minutes, 4), 2);
	assert_memory_equal(minutes, without, sizeof(without));
}

static void test_due_day_open(void **state)
{
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = NULL;
	struct clock_row clock = { .severity = SEVERITY_LOW,
				   .started_ms = at("2026-01-09T15:00:00Z"),
				   .due_ms = at("2026-01-12T17:00:00Z") };
	struct ladder_row row = { .started_ms = clock.started_ms };
	struct err err = ERR_INIT;
	struct route *r;
	int64_t ms;

	(void)state;
	init_policy(&p);
	r = add_route(&p, "low");
	add_step(r, AFTER_DUE_DAY_OPEN, 0);
	t = must_make(&p);
	assert_int_equal(ladder_due(t, r, &row, &clock, &ms, &err), 0);
	assert_instant(ms, "2026-01-12T07:00:00Z");
	/* A level without a calendar has no such day. */
	clock.severity = SEVERITY_HIGH;
	assert_int_equal(ladder_due(t, r, &row, &clock, &ms, &err), 0);
	assert_instant(ms, "2026-01-09T15:00:00Z");
	assert_int_equal(ladder_due(t, r, &row, NULL, &ms, &err), 0);
	assert_instant(ms, "2026-01-09T15:00:00Z");
}

/* A clock that counts business hours may run out on the day it began. */
static void test_due_day_open_of_counted_hours(void **state)
{
	static const struct {
		const char *start, *due, *open;
	} rows[] = {
		{ "2026-01-09T15:00:00Z", "2026-01-12T09:00:00Z",
		  "2026-01-12T07:00:00Z" },
		{ "2026-01-09T04:00:00Z", "2026-01-09T11:00:00Z",
		  "2026-01-09T07:00:00Z" },
		{ "2026-01-09T08:00:00Z", "2026-01-09T12:00:00Z",
		  "2026-01-09T08:00:00Z" },
	};
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = NULL;
	struct err err = ERR_INIT;
	struct route *r;

	(void)state;
	init_policy(&p);
	p.triage[SEVERITY_HIGH].calendar = xstrdup("office");
	r = add_route(&p, "high");
	add_step(r, AFTER_DUE_DAY_OPEN, 0);
	t = must_make(&p);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct clock_row clock = { .severity = SEVERITY_HIGH,
					   .started_ms = at(rows[i].start),
					   .due_ms = at(rows[i].due) };
		struct ladder_row row = { .started_ms = clock.started_ms };
		int64_t ms;

		assert_int_equal(ladder_due(t, r, &row, &clock, &ms, &err), 0);
		assert_instant(ms, rows[i].open);
	}
}

/* Positions that a changed policy no longer has end the ladder. */
static void test_positions_off_the_ladder(void **state)
{
	static const struct ladder_row rows[] = {
		{ .step = 2 },
		{ .step = -1 },
		{ .step = 1, .repeat = 1 },
		{ .step = 0, .repeat = 4 },
		{ .step = 0, .repeat = -1 },
	};
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = NULL;
	struct err err = ERR_INIT;
	struct ladder_step *first;
	struct route *r;

	(void)state;
	init_policy(&p);
	r = add_route(&p, "r");
	first = add_step(r, AFTER_ELAPSED, 0);
	first->repeat_ms = MINUTE_MS;
	first->times = 3;
	add_step(r, AFTER_ELAPSED, HOUR_MS);
	t = must_make(&p);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t ms = -1;

		assert_int_equal(ladder_due(t, r, &rows[i], NULL, &ms, &err),
				 0);
		assert_int_equal(ms, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_no_route),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_known_by_when),
		cmocka_unit_test(test_critical_ladder),
		cmocka_unit_test(test_repeats_come_before_the_next_step),
		cmocka_unit_test(test_percent),
		cmocka_unit_test(test_due_day_open),
		cmocka_unit_test(test_due_day_open_of_counted_hours),
		cmocka_unit_test(test_positions_off_the_ladder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
