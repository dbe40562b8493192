/* The future of one alert, as the daemon's own casework will make it. */
#include "triage/forecast.h"

#include <stdio.h>
#include "triage/fixture.h"
#include "triage/sla.h"

struct scene {
	struct policy policy;
	struct triage *triage;
	struct alert alert;
	struct casefile file;
	struct forecast found;
};

/* High, opened at NOW_MS, on a ladder of two steps: at once and after an hour;
 * the second one again after 30 min. */
static void begin(struct scene *s)
{
	struct route *r;

	memset(s, 0, sizeof(*s));
	init_policy(&s->policy);
	r = add_route(&s->policy, "day");
	strlist_add(&r->when.globs[MATCH_SEVERITY], "high");
	add_step(r, AFTER_ELAPSED, 0);
	add_step(r, AFTER_ELAPSED, HOUR_MS);
	r->steps[1].repeat_ms = 30 * MINUTE_MS;
	r->steps[1].times = 1;
	s->triage = triage_new(&s->policy, NOW_MS, NULL, NULL);
	assert_non_null(s->triage);
	alert_init(&s->alert);
	s->file = (struct casefile){
		.alert_id = 7,
		.episode = 1,
		.severity = SEVERITY_HIGH,
		.n_ladders = 1,
		.ladders[0] = { .alert_id = 7,
				.episode = 1,
				.route = "day",
				.started_ms = NOW_MS,
				.step = 1,
				.next_ms = NOW_MS + HOUR_MS },
		.clocks[CLOCK_TRIAGE] = { .alert_id = 7,
					  .episode = 1,
					  .severity = SEVERITY_HIGH,
					  .started_ms = NOW_MS,
					  .due_ms = NOW_MS + 4 * HOUR_MS },
	};
	s->file.clocks[CLOCK_TRIAGE].next_ms =
		sla_next_ms(s->triage, &s->file.clocks[CLOCK_TRIAGE]);
}

static void end(struct scene *s)
{
	triage_free(s->triage);
	policy_release(&s->policy);
	alert_release(&s->alert);
}

static void look(struct scene *s, int64_t now_ms, int64_t until_ms)
{
	const struct casefile before = s->file;
	const struct casework w = { .triage = s->triage,
				    .file = &s->file,
				    .alert = &s->alert,
				    .now_ms = now_ms };
	struct err err = ERR_INIT;

	if (forecast_case(&w, until_ms, &s->found, &err) < 0)
		fail_msg("%s", err.text);
	assert_memory_equal(&before, &s->file, sizeof(before));
}

static void expect(const struct scene *s, size_t i, enum forecast_kind kind,
		   int64_t minutes)
{
	const struct forecast_moment *m = &s->found.v[i];

	if (i >= s->found.n)
		fail_msg("there are %zu moments", s->found.n);
	if (m->kind != kind || m->at_ms != NOW_MS + minutes * MINUTE_MS)
		fail_msg("moment %zu: kind %d, %lld min", i, m->kind,
			 (long long)((m->at_ms - NOW_MS) / MINUTE_MS));
}

static void test_steps_warnings_and_the_breach(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	look(&s, NOW_MS + MINUTE_MS, NOW_MS + 24 * HOUR_MS);
	expect(&s, 0, FORECAST_STEP, 60);
	expect(&s, 1, FORECAST_STEP, 90);
	expect(&s, 2, FORECAST_WARNING, 120);
	expect(&s, 3, FORECAST_WARNING, 192);
	expect(&s, 4, FORECAST_BREACH, 240);
	assert_int_equal(s.found.n, 5);
	assert_string_equal(s.found.v[0].route, "day");
	assert_int_equal(s.found.v[0].step, 1);
	assert_int_equal(s.found.v[1].repeat, 1);
	assert_ptr_equal(s.found.v[0].notify,
			 &s.policy.routes[0].steps[1].notify);
	assert_int_equal(s.found.v[2].percent, 50);
	assert_int_equal(s.found.v[3].percent, 80);
	assert_ptr_equal(forecast_first(&s.found, FORECAST_BREACH),
			 &s.found.v[4]);
	assert_null(forecast_first(&s.found, FORECAST_ACK_END));
	end(&s);
}

static void test_the_span_ends_it(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	look(&s, NOW_MS, NOW_MS + 2 * HOUR_MS);
	assert_int_equal(s.found.n, 3);
	look(&s, NOW_MS, NOW_MS + 59 * MINUTE_MS);
	assert_int_equal(s.found.n, 0);
	end(&s);
}

/* Everything that was due meanwhile happens as soon as the daemon runs. */
static void test_what_is_late_comes_now(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	look(&s, NOW_MS + 5 * HOUR_MS, NOW_MS + 24 * HOUR_MS);
	assert_true(s.found.n >= 2);
	for (size_t i = 0; i < s.found.n; i++)
		assert_true(s.found.v[i].at_ms == NOW_MS + 5 * HOUR_MS);
	assert_non_null(forecast_first(&s.found, FORECAST_BREACH));
	assert_int_equal(forecast_first(&s.found, FORECAST_STEP)->due_ms,
			 NOW_MS + HOUR_MS);
	end(&s);
}

static void acknowledge(struct scene *s)
{
	s->file.state = ALERT_ACKNOWLEDGED;
	s->file.acknowledged_by = "ada";
	s->file.acknowledge_expires_ms = NOW_MS + 2 * HOUR_MS;
	s->file.ladders[0].next_ms = 0;
	s->file.ladders[0].stopped_ms = NOW_MS;
	s->file.ladders[0].stopped_why = "acknowledged";
}

/* The ladder begins anew when an acknowledgement runs out, not before. */
static void test_an_acknowledgement_ends(void **state)
{
	struct scene s;
	const struct forecast_moment *m;

	(void)state;
	begin(&s);
	acknowledge(&s);
	look(&s, NOW_MS, NOW_MS + 24 * HOUR_MS);
	m = forecast_first(&s.found, FORECAST_ACK_END);
	assert_non_null(m);
	assert_true(m->at_ms == NOW_MS + 2 * HOUR_MS);
	m = forecast_first(&s.found, FORECAST_STEP);
	assert_non_null(m);
	assert_int_equal(m->step, 0);
	assert_true(m->at_ms == NOW_MS + 2 * HOUR_MS);
	end(&s);
}

static void test_nobody_covers_it_any_more(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	acknowledge(&s);
	strlist_release(&s.policy.routes[0].when.globs[MATCH_SEVERITY]);
	strlist_add(&s.policy.routes[0].when.globs[MATCH_SEVERITY], "low");
	look(&s, NOW_MS, NOW_MS + 24 * HOUR_MS);
	assert_null(forecast_first(&s.found, FORECAST_STEP));
	assert_non_null(forecast_first(&s.found, FORECAST_FALLBACK));
	end(&s);
}

/* The names of a call that nobody keeps are not kept here either. */
static void test_a_route_that_is_gone(void **state)
{
	struct scene s;
	const struct forecast_moment *m;

	(void)state;
	begin(&s);
	(void)snprintf(s.file.ladders[0].route, LADDER_ROUTE_MAX, "gone");
	look(&s, NOW_MS, NOW_MS + 24 * HOUR_MS);
	m = forecast_first(&s.found, FORECAST_FALLBACK);
	assert_non_null(m);
	assert_null(m->notify);
	assert_true(m->at_ms == NOW_MS + HOUR_MS);
	end(&s);
}

static void test_a_digest(void **state)
{
	struct scene s;
	struct digest_plan *plan = xcalloc(1, sizeof(*plan));
	const struct forecast_moment *m;

	(void)state;
	begin(&s);
	acknowledge(&s);
	plan->at_minute = 540;
	plan->calendar = xstrdup("office");
	strlist_add(&plan->notify, "soc");
	s.policy.routes[0].digest = plan;
	look(&s, NOW_MS, NOW_MS + 24 * HOUR_MS);
	m = forecast_first(&s.found, FORECAST_DIGEST);
	assert_non_null(m);
	/* 09:00 in Berlin, the next day. */
	assert_instant(m->at_ms, "2026-01-06T08:00:00Z");
	assert_ptr_equal(m->notify, &plan->notify);
	for (size_t i = 1; i < s.found.n; i++)
		assert_true(s.found.v[i - 1].at_ms <= s.found.v[i].at_ms);
	end(&s);
}

static void test_closed_has_no_future(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	s.file.state = ALERT_CLOSED;
	s.file.ladders[0].next_ms = 0;
	s.file.clocks[CLOCK_TRIAGE].stopped_ms = NOW_MS;
	s.file.clocks[CLOCK_TRIAGE].next_ms = 0;
	look(&s, NOW_MS, NOW_MS + 24 * HOUR_MS);
	assert_int_equal(s.found.n, 0);
	end(&s);
}

/* A ladder that goes on for ever fills the list and no more. */
static void test_there_is_an_end(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	s.policy.routes[0].steps[1].repeat_ms = 1000;
	s.policy.routes[0].steps[1].times = 1000000;
	look(&s, NOW_MS, NOW_MS + 24 * HOUR_MS);
	assert_int_equal(s.found.n, FORECAST_MAX);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps_warnings_and_the_breach),
		cmocka_unit_test(test_the_span_ends_it),
		cmocka_unit_test(test_what_is_late_comes_now),
		cmocka_unit_test(test_an_acknowledgement_ends),
		cmocka_unit_test(test_nobody_covers_it_any_more),
		cmocka_unit_test(test_a_route_that_is_gone),
		cmocka_unit_test(test_a_digest),
		cmocka_unit_test(test_closed_has_no_future),
		cmocka_unit_test(test_there_is_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
