/* The next digest: daily and weekly, over holidays. */
#include "triage/digest_plan.h"

#include "triage/fixture.h"

static void free_calendar(struct calendar **c)
{
	*c = calendar_free(*c);
}

/* Berlin, Monday to Friday, an hour ahead of UTC in winter; Monday, 6 April
 * 2026 (Easter) and the days from 21 December to 3 January are closed. */
static struct calendar *office(void)
{
	CLEANUP(calendar_def_release) struct calendar_def def = { 0 };
	struct err err = ERR_INIT;
	struct calendar *c;

	init_calendar(&def, "office", "Europe/Berlin", 5,
		      (struct hours_span){ 480, 1080 });
	add_closed(&def, 2026, 4, 6);
	for (int day = 21; day <= 31; day++)
		add_closed(&def, 2026, 12, day);
	for (int day = 1; day <= 3; day++)
		add_closed(&def, 2027, 1, day);
	c = calendar_new(&def, NOW_MS, &err);
	assert_non_null(c);
	return c;
}

static void test_next(void **state)
{
	static const struct {
		int weekday;
		const char *now, *next;
	} rows[] = {
		{ 0, "2026-01-05T07:59:59Z", "2026-01-05T08:00:00Z" },
		{ 0, "2026-01-05T08:00:00Z", "2026-01-06T08:00:00Z" },
		{ 0, "2026-01-09T08:00:00Z", "2026-01-12T08:00:00Z" },
		{ 1, "2026-01-05T07:59:59Z", "2026-01-05T08:00:00Z" },
		{ 1, "2026-01-05T08:00:00Z", "2026-01-12T08:00:00Z" },
		{ 1, "2026-01-11T23:30:00Z", "2026-01-12T08:00:00Z" },
		{ 5, "2026-01-05T12:00:00Z", "2026-01-09T08:00:00Z" },
		{ 5, "2026-01-09T08:00:00Z", "2026-01-16T08:00:00Z" },
		{ 4, "2026-01-05T12:00:00Z", "2026-01-08T08:00:00Z" },
		/* Of a Saturday or Sunday: on Monday. */
		{ 6, "2026-01-05T08:00:00Z", "2026-01-12T08:00:00Z" },
		{ 7, "2026-01-05T07:00:00Z", "2026-01-05T08:00:00Z" },
		/* Put off by a holiday, also when that has come. */
		{ 1, "2026-04-05T12:00:00Z", "2026-04-07T07:00:00Z" },
		{ 1, "2026-04-06T12:00:00Z", "2026-04-07T07:00:00Z" },
		{ 1, "2026-04-07T07:00:00Z", "2026-04-13T07:00:00Z" },
		/* Two weeks are put off to one day, which is told once. */
		{ 1, "2026-12-14T08:00:00Z", "2027-01-04T08:00:00Z" },
		{ 1, "2027-01-04T08:00:00Z", "2027-01-11T08:00:00Z" },
		/* 2026-03-29: the clocks go forward. */
		{ 1, "2026-03-27T12:00:00Z", "2026-03-30T07:00:00Z" },
	};
	CLEANUP(free_calendar) struct calendar *c = office();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct digest_plan plan = { .at_minute = 540,
					    .weekday = rows[i].weekday };
		struct err err = ERR_INIT;
		int64_t ms;

		assert_int_equal(digest_plan_next_ms(&plan, c, at(rows[i].now),
						     &ms, &err),
				 0);
		assert_instant(ms, rows[i].next);
	}
}

static void test_no_answer(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def = { 0 };
	CLEANUP(free_calendar) struct calendar *c = NULL;
	struct digest_plan plan = { .at_minute = 540, .weekday = 1 };
	struct err err = ERR_INIT;
	int64_t ms = 1;

	(void)state;
	init_calendar(&def, "office", "UTC", 0,
		      (struct hours_span){ 480, 540 });
	for (int month = 1; month <= 12; month++) {
		add_special(&def, 2026, month, 28,
			    (struct hours_span){ 480, 540 });
		add_special(&def, 2027, month, 28,
			    (struct hours_span){ 480, 540 });
	}
	c = calendar_new(&def, NOW_MS, &err);
	assert_non_null(c);
	assert_int_equal(digest_plan_next_ms(&plan, c,
					     at("2030-01-01T00:00:00Z"), &ms,
					     &err),
			 ERR_CONF);
	assert_int_equal(ms, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
