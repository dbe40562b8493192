/* What pins a clock, how it moves, and what happens on the way to its end. Due
 * times have their table in test_golden.c. */
#include "triage/sla.h"

#include "triage/fixture.h"

static void free_triage(struct triage **t)
{
	*t = triage_free(*t);
}

static void test_what_pins_a_clock(void **state)
{
	static const struct {
		enum severity severity;
		const char *policy;
	} rows[] = {
		{ SEVERITY_CRITICAL, "critical 15m" },
		{ SEVERITY_HIGH, "high 4h" },
		{ SEVERITY_LOW, "low next-business-day office" },
		{ SEVERITY_MEDIUM, "medium 1d office" },
		{ SEVERITY_INFO, "info none" },
	};
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = NULL;
	struct err err = ERR_INIT;

	(void)state;
	init_policy(&p);
	p.triage[SEVERITY_MEDIUM].calendar = xstrdup("office");
	t = triage_new(&p, NOW_MS, NULL, &err);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct clock_plan plan;

		assert_int_equal(sla_plan(t, rows[i].severity, NOW_MS, &plan,
					  &err),
				 0);
		assert_string_equal(plan.policy, rows[i].policy);
	}
}

/* Information has no clock, whatever anybody configures. */
static void test_no_clock(void **state)
{
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = NULL;
	struct err err = ERR_INIT;
	struct clock_plan plan;

	(void)state;
	init_policy(&p);
	p.triage[SEVERITY_INFO] = p.triage[SEVERITY_HIGH];
	p.triage[SEVERITY_MEDIUM].kind = SLA_NONE;
	t = triage_new(&p, NOW_MS, NULL, &err);
	assert_int_equal(sla_plan(t, SEVERITY_INFO, NOW_MS, &plan, &err), 0);
	assert_int_equal(plan.due_ms, 0);
	assert_int_equal(sla_plan(t, SEVERITY_MEDIUM, NOW_MS, &plan, &err), 0);
	assert_int_equal(plan.due_ms, 0);
}

static void set_low_calendar(struct policy *p, const char *name)
{
	free(p->triage[SEVERITY_LOW].calendar);
	p->triage[SEVERITY_LOW].calendar = xstrdup(name);
}

static void test_missing_calendar(void **state)
{
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = NULL;
	struct clock_plan plan = { .due_ms = 42 };
	struct err err = ERR_INIT;

	(void)state;
	init_policy(&p);
	set_low_calendar(&p, "nowhere");
	t = triage_new(&p, NOW_MS, NULL, &err);
	assert_int_equal(sla_plan(t, SEVERITY_LOW, NOW_MS, &plan, &err),
			 ERR_CONF);
	assert_non_null(strstr(err.text, "calendar \"nowhere\""));
	assert_int_equal(plan.due_ms, 42);
}

static void test_replan(void **state)
{
	/* Minutes after the start; due 0: no clock. */
	static const struct {
		enum severity from, to;
		int64_t old_due, now, due;
	} rows[] = {
		/* Up: the earlier of old due and start + new target. */
		{ SEVERITY_MEDIUM, SEVERITY_HIGH, 1440, 10, 240 },
		{ SEVERITY_MEDIUM, SEVERITY_HIGH, 1440, 600, 240 },
		{ SEVERITY_MEDIUM, SEVERITY_HIGH, 100, 10, 100 },
		{ SEVERITY_MEDIUM, SEVERITY_HIGH, 0, 10, 240 },
		/* To critical: never less than a quarter of an hour. */
		{ SEVERITY_HIGH, SEVERITY_CRITICAL, 240, 0, 15 },
		{ SEVERITY_HIGH, SEVERITY_CRITICAL, 240, 10, 25 },
		{ SEVERITY_HIGH, SEVERITY_CRITICAL, 240, 239, 254 },
		{ SEVERITY_HIGH, SEVERITY_CRITICAL, 240, 500, 515 },
		/* Down: as if it had been so from the start. */
		{ SEVERITY_CRITICAL, SEVERITY_HIGH, 15, 10, 240 },
		{ SEVERITY_HIGH, SEVERITY_MEDIUM, 240, 10, 1440 },
		{ SEVERITY_HIGH, SEVERITY_INFO, 240, 10, 0 },
		/* Monday 12:00 UTC to Tuesday's close in Berlin. */
		{ SEVERITY_HIGH, SEVERITY_LOW, 240, 10, 29 * 60 },
	};
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = NULL;
	struct err err = ERR_INIT;

	(void)state;
	init_policy(&p);
	t = triage_new(&p, NOW_MS, NULL, &err);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct clock_row clock = { .severity = rows[i].from,
					   .started_ms = NOW_MS };
		struct clock_plan plan;

		if (rows[i].old_due)
			clock.due_ms = NOW_MS + rows[i].old_due * MINUTE_MS;
		assert_int_equal(sla_replan(t, &clock, rows[i].to,
					    NOW_MS + rows[i].now * MINUTE_MS,
					    &plan, &err),
				 0);
		assert_int_equal(plan.started_ms, NOW_MS);
		assert_int_equal(plan.due_ms == 0, rows[i].due == 0);
		if (rows[i].due)
			assert_int_equal((plan.due_ms - NOW_MS) / MINUTE_MS,
					 rows[i].due);
	}
}

/* A level that has no target keeps the due time a lesser level had. */
static void test_replan_up_to_no_target(void **state)
{
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = NULL;
	struct clock_row clock = { .severity = SEVERITY_MEDIUM,
				   .started_ms = NOW_MS,
				   .due_ms = NOW_MS + HOUR_MS };
	struct err err = ERR_INIT;
	struct clock_plan plan;

	(void)state;
	init_policy(&p);
	p.triage[SEVERITY_HIGH].kind = SLA_NONE;
	t = triage_new(&p, NOW_MS, NULL, &err);
	assert_int_equal(sla_replan(t, &clock, SEVERITY_HIGH, NOW_MS, &plan,
				    &err),
			 0);
	assert_int_equal(plan.due_ms, clock.due_ms);
}

static struct triage *must_make(struct policy *p)
{
	struct err err = ERR_INIT;
	struct triage *t;

	init_policy(p);
	t = triage_new(p, NOW_MS, NULL, &err);
	if (!t)
		fail_msg("%s", err.text);
	return t;
}

/* Four hours of an office from 08:00 to 18:00 in Berlin, from Friday 17:00 to
 * Monday 11:00: nobody is warned on a Sunday. Whose end is another one by now
 * is halved as it stands. */
static void test_share_of_business_hours(void **state)
{
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = must_make(&p);
	struct clock_row clock = { .severity = SEVERITY_HIGH,
				   .started_ms = at("2026-01-09T16:00:00Z"),
				   .due_ms = at("2026-01-12T10:00:00Z") };

	(void)state;
	assert_instant(sla_percent_ms(t, &clock, 50), "2026-01-11T01:00:00Z");
	p.triage[SEVERITY_HIGH].calendar = xstrdup("office");
	assert_instant(sla_percent_ms(t, &clock, 0), "2026-01-09T16:00:00Z");
	assert_instant(sla_percent_ms(t, &clock, 25), "2026-01-09T17:00:00Z");
	assert_instant(sla_percent_ms(t, &clock, 50), "2026-01-12T08:00:00Z");
	assert_instant(sla_percent_ms(t, &clock, 80), "2026-01-12T09:12:00Z");
	assert_instant(sla_percent_ms(t, &clock, 100), "2026-01-12T10:00:00Z");
	assert_instant(sla_next_ms(t, &clock), "2026-01-12T08:00:00Z");
	p.triage[SEVERITY_HIGH].elapsed_ms = 5 * HOUR_MS;
	assert_instant(sla_percent_ms(t, &clock, 50), "2026-01-11T01:00:00Z");
	clock.severity = SEVERITY_LOW;
	assert_instant(sla_percent_ms(t, &clock, 50), "2026-01-11T01:00:00Z");
}

/* A clock of 100 minutes: half at 50, four fifths at 80. */
static const struct {
	int now, up_since, warned;
	enum sla_event event;
	bool while_down;
	int next; /* minutes; 0 never */
} ticks[] = {
	{ 0, 0, 0, SLA_NOTHING, false, 50 },
	{ 49, 0, 0, SLA_NOTHING, false, 50 },
	{ 50, 0, 0, SLA_WARN_50, false, 80 },
	{ 79, 0, 0, SLA_WARN_50, false, 80 },
	{ 79, 0, 50, SLA_NOTHING, false, 80 },
	{ 80, 0, 50, SLA_WARN_80, false, 100 },
	{ 90, 0, 80, SLA_NOTHING, false, 100 },
	{ 100, 0, 80, SLA_BREACH, false, 0 },
	{ 1000, 0, 80, SLA_BREACH, false, 0 },
	/* Everything at once collapses into the worst. */
	{ 85, 0, 0, SLA_WARN_80, false, 100 },
	{ 200, 0, 0, SLA_BREACH, false, 0 },
	{ 200, 0, 50, SLA_BREACH, false, 0 },
	/* Down when it fell due, or up again in time. */
	{ 200, 150, 0, SLA_BREACH, true, 0 },
	{ 200, 100, 0, SLA_BREACH, false, 0 },
	{ 200, 99, 0, SLA_BREACH, false, 0 },
	{ 90, 85, 0, SLA_WARN_80, true, 100 },
	{ 60, 55, 0, SLA_WARN_50, true, 80 },
};

static void test_ticks(void **state)
{
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = must_make(&p);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ticks); i++) {
		struct clock_row clock = { .started_ms = NOW_MS,
					   .due_ms = NOW_MS + 100 * MINUTE_MS,
					   .warned = ticks[i].warned };
		struct sla_tick tick;
		int64_t next_ms = NOW_MS + ticks[i].next * MINUTE_MS;

		sla_tick(t, &clock, NOW_MS + ticks[i].now * MINUTE_MS,
			 NOW_MS + ticks[i].up_since * MINUTE_MS, &tick);
		if (tick.event != ticks[i].event ||
		    tick.while_down != ticks[i].while_down)
			fail_msg("row %zu: event %d", i, (int)tick.event);
		assert_int_equal(tick.next_ms, ticks[i].next ? next_ms : 0);
	}
}

static void test_clocks_that_stand_still(void **state)
{
	struct clock_row stopped = { .started_ms = NOW_MS,
				     .due_ms = NOW_MS + HOUR_MS,
				     .stopped_ms = NOW_MS + 1 };
	struct clock_row breached = { .started_ms = NOW_MS,
				      .due_ms = NOW_MS + HOUR_MS,
				      .breached_ms = NOW_MS + HOUR_MS };
	struct clock_row none = { .started_ms = NOW_MS };
	const struct clock_row *rows[] = { &stopped, &breached, &none };
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = must_make(&p);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sla_tick tick;

		sla_tick(t, rows[i], NOW_MS + 10 * HOUR_MS, NOW_MS, &tick);
		assert_int_equal(tick.event, SLA_NOTHING);
		assert_int_equal(tick.next_ms, 0);
		assert_int_equal(sla_next_ms(t, rows[i]), 0);
	}
}

static void test_next(void **state)
{
	static const struct {
		int warned, next;
	} rows[] = { { 0, 50 }, { 50, 80 }, { 80, 100 } };
	CLEANUP(policy_release) struct policy p;
	CLEANUP(free_triage) struct triage *t = must_make(&p);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct clock_row clock = { .started_ms = NOW_MS,
					   .due_ms = NOW_MS + 100 * MINUTE_MS,
					   .warned = rows[i].warned };

		assert_int_equal((sla_next_ms(t, &clock) - NOW_MS) / MINUTE_MS,
				 rows[i].next);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_pins_a_clock),
		cmocka_unit_test(test_no_clock),
		cmocka_unit_test(test_missing_calendar),
		cmocka_unit_test(test_replan),
		cmocka_unit_test(test_replan_up_to_no_target),
		cmocka_unit_test(test_share_of_business_hours),
		cmocka_unit_test(test_ticks),
		cmocka_unit_test(test_clocks_that_stand_still),
		cmocka_unit_test(test_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
