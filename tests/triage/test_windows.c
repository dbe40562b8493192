/* Quiet hours and maintenance as instants. */
#include "triage/windows.h"

#include "triage/fixture.h"

static void free_windows(struct windows **w)
{
	*w = windows_free(*w);
}

static struct maintenance_plan *add_work(struct policy *p, const char *zone)
{
	struct maintenance_plan *m;

	p->maintenance = xreallocarray(p->maintenance, p->n_maintenance + 1,
				       sizeof(*p->maintenance));
	m = &p->maintenance[p->n_maintenance++];
	memset(m, 0, sizeof(*m));
	m->name = xstrdup("patch-day");
	m->mark = (struct mark){ "triaged.yaml", 40, 5 };
	init_calendar(&m->hours, "maintenance patch-day", zone, 0,
		      (struct hours_span){ 0, 0 });
	return m;
}

static struct windows *must_compile(const struct policy *p)
{
	struct err err = ERR_INIT;
	struct windows *w = windows_new(p, NOW_MS, NULL, &err);

	if (!w)
		fail_msg("%s", err.text);
	return w;
}

static void test_once(void **state)
{
	CLEANUP(policy_release) struct policy p = { 0 };
	CLEANUP(free_windows) struct windows *w = NULL;
	struct maintenance_plan *m = add_work(&p, "Europe/Berlin");
	struct window work;

	(void)state;
	m->once = true;
	m->from = (struct civil){ 2026, 7, 1, 22 * 60 };
	m->to = (struct civil){ 2026, 7, 2, 6 * 60 };
	w = must_compile(&p);
	assert_true(windows_maintenance(w, 0, NOW_MS, &work));
	assert_instant(work.from_ms, "2026-07-01T20:00:00Z");
	assert_instant(work.to_ms, "2026-07-02T04:00:00Z");
	assert_true(windows_maintenance(w, 0, work.to_ms - 1, &work));
	assert_false(windows_maintenance(w, 0, work.to_ms, &work));
}

/* A night of the fold is long, one of the gap may not exist. */
static void test_once_when_the_clocks_change(void **state)
{
	CLEANUP(policy_release) struct policy p = { 0 };
	CLEANUP(free_windows) struct windows *w = NULL;
	struct maintenance_plan *m = add_work(&p, "Europe/Berlin");
	struct err err = ERR_INIT;
	struct mark mark = { 0 };
	struct window work;

	(void)state;
	m->once = true;
	m->from = (struct civil){ 2026, 10, 25, 2 * 60 };
	m->to = (struct civil){ 2026, 10, 25, 2 * 60 + 30 };
	w = must_compile(&p);
	assert_true(windows_maintenance(w, 0, NOW_MS, &work));
	assert_instant(work.from_ms, "2026-10-25T00:00:00Z");
	assert_instant(work.to_ms, "2026-10-25T01:30:00Z");
	m->from = (struct civil){ 2026, 3, 29, 2 * 60 };
	m->to = (struct civil){ 2026, 3, 29, 2 * 60 + 30 };
	assert_null(windows_new(&p, NOW_MS, &mark, &err));
	assert_non_null(strstr(err.text, "patch-day: its time does not exist"));
	assert_int_equal(mark.line, 40);
}

static void test_weekly(void **state)
{
	CLEANUP(policy_release) struct policy p = { 0 };
	CLEANUP(free_windows) struct windows *w = NULL;
	struct maintenance_plan *m = add_work(&p, "UTC");
	struct window work;

	(void)state;
	set_hours(&m->hours, 6, 1320, 1440);
	set_hours(&m->hours, 0, 0, 360);
	w = must_compile(&p);
	assert_true(windows_maintenance(w, 0, NOW_MS, &work));
	assert_instant(work.from_ms, "2026-01-11T22:00:00Z");
	assert_instant(work.to_ms, "2026-01-12T06:00:00Z");
	assert_true(
		windows_maintenance(w, 0, at("2026-01-12T05:00:00Z"), &work));
	assert_true(work.from_ms <= at("2026-01-12T05:00:00Z"));
	assert_instant(work.to_ms, "2026-01-12T06:00:00Z");
	assert_true(windows_maintenance(w, 0, work.to_ms, &work));
	assert_instant(work.from_ms, "2026-01-18T22:00:00Z");
}

static void test_unknown_zones(void **state)
{
	CLEANUP(policy_release) struct policy p = { 0 };
	struct maintenance_plan *m = add_work(&p, "Mars/Olympus");
	struct err err = ERR_INIT;
	struct mark mark = { 0 };

	(void)state;
	assert_null(windows_new(&p, NOW_MS, &mark, &err));
	assert_non_null(strstr(err.text, "Mars/Olympus"));
	assert_int_equal(mark.line, 40);
	m->once = true;
	m->from = (struct civil){ 2026, 7, 1, 0 };
	m->to = (struct civil){ 2026, 7, 2, 0 };
	assert_null(windows_new(&p, NOW_MS, NULL, &err));
	assert_non_null(strstr(err.text, "maintenance patch-day: time zone"));
}

static void test_quiet(void **state)
{
	CLEANUP(policy_release) struct policy p = { 0 };
	CLEANUP(free_windows) struct windows *w = NULL;

	(void)state;
	p.quiet = xcalloc(1, sizeof(*p.quiet));
	p.n_quiet = 1;
	init_calendar(&p.quiet[0].hours, "quiet-hours", "UTC", 7,
		      (struct hours_span){ 1320, 1800 });
	w = must_compile(&p);
	assert_int_equal(windows_quiet_end(w, 0, NOW_MS), 0);
	assert_instant(windows_quiet_end(w, 0, at("2026-01-05T22:00:00Z")),
		       "2026-01-06T06:00:00Z");
	assert_int_equal(windows_quiet_end(w, 0, at("2026-01-06T06:00:00Z")),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_once_when_the_clocks_change),
		cmocka_unit_test(test_weekly),
		cmocka_unit_test(test_unknown_zones),
		cmocka_unit_test(test_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
