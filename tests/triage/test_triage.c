/* A policy made ready, and what keeps it from being so. */
#include "triage/triage.h"

#include "triage/fixture.h"

static void test_calendars_are_found(void **state)
{
	CLEANUP(policy_release) struct policy p;
	struct err err = ERR_INIT;
	struct triage *t;

	(void)state;
	init_policy(&p);
	add_calendar(&p, "nights", "UTC", 7, (struct hours_span){ 0, 360 });
	t = triage_new(&p, NOW_MS, NULL, &err);
	assert_non_null(t);
	assert_ptr_equal(triage_policy(t), &p);
	assert_string_equal(calendar_name(triage_calendar(t, "nights")),
			    "nights");
	assert_string_equal(calendar_name(triage_calendar(t, "office")),
			    "office");
	assert_null(triage_calendar(t, "Office"));
	assert_null(triage_calendar(t, NULL));
	assert_null(triage_free(t));
	assert_null(triage_free(NULL));
}

static void test_bad_calendar_is_pointed_at(void **state)
{
	CLEANUP(policy_release) struct policy p;
	struct err err = ERR_INIT;
	struct mark mark = { 0 };
	struct calendar_def *def;

	(void)state;
	init_policy(&p);
	def = add_calendar(&p, "mars", "Mars/Olympus", 7,
			   (struct hours_span){ 0, 360 });
	def->mark = (struct mark){ "triaged.yaml", 12, 5 };
	assert_null(triage_new(&p, NOW_MS, &mark, &err));
	assert_int_equal(err.code, ERR_CONF);
	assert_int_equal(mark.line, 12);
	assert_int_equal(mark.column, 5);
	assert_string_equal(mark.file, "triaged.yaml");
	assert_null(triage_new(&p, NOW_MS, NULL, &err));
}

static void test_bad_quiet_hours_are_pointed_at(void **state)
{
	CLEANUP(policy_release) struct policy p;
	struct err err = ERR_INIT;
	struct mark mark = { 0 };
	struct triage *t;

	(void)state;
	init_policy(&p);
	p.quiet = xcalloc(1, sizeof(*p.quiet));
	p.n_quiet = 1;
	p.quiet[0].mark = (struct mark){ "triaged.yaml", 30, 3 };
	init_calendar(&p.quiet[0].hours, "quiet-hours", "UTC", 1,
		      (struct hours_span){ 0, 1440 });
	t = triage_new(&p, NOW_MS, NULL, &err);
	assert_non_null(t);
	assert_instant(windows_quiet_end(triage_windows(t), 0, NOW_MS),
		       "2026-01-06T00:00:00Z");
	triage_free(t);
	p.quiet[0].hours.timezone[0] = 'X';
	assert_null(triage_new(&p, NOW_MS, &mark, &err));
	assert_int_equal(mark.line, 30);
}

/* A clock that could not be planned some day is refused today. */
static void test_clock_without_hours_is_pointed_at(void **state)
{
	CLEANUP(policy_release) struct policy p;
	struct sla_target *target = &p.triage[SEVERITY_MEDIUM];
	struct err err = ERR_INIT;
	struct mark mark = { 0 };
	struct triage *t;

	(void)state;
	init_policy(&p);
	add_calendar(&p, "mondays", "UTC", 1, (struct hours_span){ 480, 540 });
	target->calendar = xstrdup("mondays");
	target->mark = (struct mark){ "triaged.yaml", 20, 11 };
	t = triage_new(&p, NOW_MS, &mark, &err);
	assert_non_null(t);
	triage_free(t);
	target->elapsed_ms = 600 * HOUR_MS;
	assert_null(triage_new(&p, NOW_MS, &mark, &err));
	assert_int_equal(err.code, ERR_CONF);
	assert_int_equal(mark.line, 20);
	assert_int_equal(mark.column, 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calendars_are_found),
		cmocka_unit_test(test_bad_calendar_is_pointed_at),
		cmocka_unit_test(test_bad_quiet_hours_are_pointed_at),
		cmocka_unit_test(test_clock_without_hours_is_pointed_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
