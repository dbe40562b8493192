/* Business days and hours. Due times have their table in test_sla.c. */
#include "triage/calendar.h"

#include "triage/fixture.h"

static const struct hours_span office_hours = { 480, 1080 };

static void free_calendar(struct calendar **c)
{
	*c = calendar_free(*c);
}

static struct calendar *must_compile(const struct calendar_def *def)
{
	struct err err = ERR_INIT;
	struct calendar *c = calendar_new(def, NOW_MS, &err);

	if (!c)
		fail_msg("%s", err.text);
	return c;
}

static void assert_refused(const struct calendar_def *def, const char *text)
{
	struct err err = ERR_INIT;

	assert_null(calendar_new(def, NOW_MS, &err));
	assert_int_equal(err.code, ERR_CONF);
	if (!strstr(err.text, text))
		fail_msg("\"%s\" lacks \"%s\"", err.text, text);
}

static void assert_next_day(const struct calendar *c, const char *start,
			    const char *open, const char *close)
{
	struct err err = ERR_INIT;
	int64_t open_ms, close_ms;

	assert_int_equal(calendar_next_business_day(c, at(start), &open_ms,
						    &close_ms, &err),
			 0);
	assert_instant(open_ms, open);
	assert_instant(close_ms, close);
}

/* A date is closed, special, holiday or ordinary, in this order. */
static void test_exceptions_have_an_order(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def;
	CLEANUP(free_calendar) struct calendar *c = NULL;

	(void)state;
	init_calendar(&def, "office", "UTC", 5, office_hours);
	/* Tuesday: both; Wednesday: closed; Saturday: open this once. */
	add_closed(&def, 2026, 1, 6);
	add_special(&def, 2026, 1, 6, office_hours);
	add_closed(&def, 2026, 1, 7);
	add_special(&def, 2026, 1, 10, (struct hours_span){ 600, 720 });
	c = must_compile(&def);
	assert_string_equal(calendar_name(c), "office");
	assert_next_day(c, "2026-01-05T09:00:00Z", "2026-01-08T08:00:00Z",
			"2026-01-08T18:00:00Z");
	assert_next_day(c, "2026-01-09T09:00:00Z", "2026-01-10T10:00:00Z",
			"2026-01-10T12:00:00Z");
	assert_next_day(c, "2026-01-10T09:00:00Z", "2026-01-12T08:00:00Z",
			"2026-01-12T18:00:00Z");
}

/* With a lunch break the day opens with the first span and closes with the
 * last, in whatever order they are written. */
static void test_several_spans(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def;
	CLEANUP(free_calendar) struct calendar *c = NULL;

	(void)state;
	init_calendar(&def, "office", "UTC", 0, office_hours);
	set_hours(&def, 1, 780, 1020);
	set_hours(&def, 1, 480, 720);
	c = must_compile(&def);
	assert_next_day(c, "2026-01-05T09:00:00Z", "2026-01-06T08:00:00Z",
			"2026-01-06T17:00:00Z");
	assert_true(calendar_is_open(c, at("2026-01-06T08:00:00Z")));
	assert_true(calendar_is_open(c, at("2026-01-06T11:59:59Z")));
	assert_false(calendar_is_open(c, at("2026-01-06T12:00:00Z")));
	assert_false(calendar_is_open(c, at("2026-01-06T12:59:59Z")));
	assert_true(calendar_is_open(c, at("2026-01-06T13:00:00Z")));
	assert_false(calendar_is_open(c, at("2026-01-06T17:00:00Z")));
	assert_false(calendar_is_open(c, at("2026-01-06T07:59:59Z")));
	assert_false(calendar_is_open(c, at("2026-01-07T09:00:00Z")));
}

/* A night shift belongs to the day it opens. */
static void test_overnight(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def;
	CLEANUP(free_calendar) struct calendar *c = NULL;

	(void)state;
	init_calendar(&def, "nights", "Europe/Berlin", 5,
		      (struct hours_span){ 1320, 1800 });
	c = must_compile(&def);
	assert_next_day(c, "2026-01-05T12:00:00Z", "2026-01-06T21:00:00Z",
			"2026-01-07T05:00:00Z");
	/* Friday's night reaches into Saturday, Sunday has none. */
	assert_true(calendar_is_open(c, at("2026-01-10T04:59:59Z")));
	assert_false(calendar_is_open(c, at("2026-01-10T05:00:00Z")));
	assert_false(calendar_is_open(c, at("2026-01-11T22:00:00Z")));
	assert_false(calendar_is_open(c, at("2026-01-12T04:00:00Z")));
	assert_true(calendar_is_open(c, at("2026-01-12T21:00:00Z")));
}

/* Hours that end in the doubled hour end with its second pass. */
static void test_open_through_the_fold(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def;
	CLEANUP(free_calendar) struct calendar *c = NULL;

	(void)state;
	init_calendar(&def, "nights", "Europe/Berlin", 7,
		      (struct hours_span){ 1320, 1590 });
	c = must_compile(&def);
	assert_true(calendar_is_open(c, at("2026-10-25T00:45:00Z")));
	assert_true(calendar_is_open(c, at("2026-10-25T01:29:59Z")));
	assert_false(calendar_is_open(c, at("2026-10-25T01:30:00Z")));
}

/* Open around the clock means without a seam at midnight or a change. */
static void test_always_open(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def;
	CLEANUP(free_calendar) struct calendar *c = NULL;
	int64_t from = at("2026-03-28T00:00:00Z");

	(void)state;
	init_calendar(&def, "always", "Europe/Berlin", 7,
		      (struct hours_span){ 0, 1440 });
	c = must_compile(&def);
	for (int64_t ms = from; ms < from + 48 * HOUR_MS; ms += 10 * MINUTE_MS)
		assert_true(calendar_is_open(c, ms));
	from = at("2026-10-24T12:00:00Z");
	for (int64_t ms = from; ms < from + 48 * HOUR_MS; ms += 10 * MINUTE_MS)
		assert_true(calendar_is_open(c, ms));
}

/* A span that the clocks jump over makes no business day. */
static void test_swallowed_span(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def;
	CLEANUP(free_calendar) struct calendar *c = NULL;

	(void)state;
	init_calendar(&def, "small", "Europe/Berlin", 7,
		      (struct hours_span){ 130, 170 });
	c = must_compile(&def);
	assert_next_day(c, "2026-03-28T12:00:00Z", "2026-03-30T00:10:00Z",
			"2026-03-30T00:50:00Z");
}

/* Only what lies inside the hours counts. Due times have their table in
 * test_golden.c; these are the rows one can check by hand. */
static void test_add_open(void **state)
{
	static const struct {
		const char *start;
		int minutes;
		const char *end;
	} rows[] = {
		/* A day with a lunch break, Monday; the ends of spans. */
		{ "2026-01-05T08:00:00Z", 240, "2026-01-05T12:00:00Z" },
		{ "2026-01-05T08:00:00Z", 241, "2026-01-05T13:01:00Z" },
		{ "2026-01-05T12:00:00Z", 60, "2026-01-05T14:00:00Z" },
		{ "2026-01-05T12:30:00Z", 60, "2026-01-05T14:00:00Z" },
		{ "2026-01-05T17:30:00Z", 30, "2026-01-05T18:00:00Z" },
		{ "2026-01-05T17:30:00Z", 31, "2026-01-06T08:01:00Z" },
		{ "2026-01-05T03:00:00Z", 15, "2026-01-05T08:15:00Z" },
		{ "2026-01-05T19:00:00Z", 15, "2026-01-06T08:15:00Z" },
		/* A whole week, over closed Wednesday, into special Saturday.
		 */
		{ "2026-01-05T08:00:00Z", 540, "2026-01-05T18:00:00Z" },
		{ "2026-01-06T17:00:00Z", 120, "2026-01-08T09:00:00Z" },
		{ "2026-01-09T17:00:00Z", 90, "2026-01-10T10:30:00Z" },
		{ "2026-01-09T17:00:00Z", 240, "2026-01-12T09:00:00Z" },
		/* Nothing to count. */
		{ "2026-01-05T09:00:00Z", 0, "2026-01-05T09:00:00Z" },
		{ "2026-01-05T12:00:00Z", 0, "2026-01-05T13:00:00Z" },
		{ "2026-01-11T12:00:00Z", 0, "2026-01-12T08:00:00Z" },
	};
	CLEANUP(calendar_def_release) struct calendar_def def;
	CLEANUP(free_calendar) struct calendar *c = NULL;
	struct err err = ERR_INIT;

	(void)state;
	init_calendar(&def, "office", "UTC", 5,
		      (struct hours_span){ 780, 1080 });
	for (int day = 0; day < 5; day++)
		set_hours(&def, day, 480, 720);
	add_closed(&def, 2026, 1, 7);
	add_special(&def, 2026, 1, 10, (struct hours_span){ 600, 720 });
	c = must_compile(&def);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t ms;

		assert_int_equal(calendar_add_open(c, at(rows[i].start),
						   rows[i].minutes * MINUTE_MS,
						   &ms, &err),
				 0);
		assert_instant(ms, rows[i].end);
	}
}

/* Sunday's night meets the special hours of Monday: the hour both have counts
 * once, and a night that began yesterday is still open. */
static void test_add_open_at_night(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def;
	CLEANUP(free_calendar) struct calendar *c = NULL;
	struct err err = ERR_INIT;
	int64_t ms;

	(void)state;
	init_calendar(&def, "nights", "UTC", 7,
		      (struct hours_span){ 1320, 1800 });
	add_special(&def, 2026, 1, 12, (struct hours_span){ 300, 480 });
	c = must_compile(&def);
	assert_int_equal(calendar_add_open(c, at("2026-01-12T05:30:00Z"),
					   60 * MINUTE_MS, &ms, &err),
			 0);
	assert_instant(ms, "2026-01-12T06:30:00Z");
	assert_int_equal(calendar_add_open(c, at("2026-01-12T04:00:00Z"),
					   240 * MINUTE_MS, &ms, &err),
			 0);
	assert_instant(ms, "2026-01-12T08:00:00Z");
	assert_instant(calendar_day_open(c, at("2026-01-11T02:00:00Z")),
		       "2026-01-10T22:00:00Z");
	assert_instant(calendar_day_open(c, at("2026-01-12T08:00:00Z")),
		       "2026-01-12T05:00:00Z");
	assert_instant(calendar_day_open(c, at("2026-01-12T12:00:00Z")),
		       "2026-01-12T12:00:00Z");
}

static void test_add_open_gives_up(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def;
	CLEANUP(free_calendar) struct calendar *c = NULL;
	struct err err = ERR_INIT;
	int64_t ms = 1;

	(void)state;
	init_calendar(&def, "mondays", "UTC", 1,
		      (struct hours_span){ 480, 540 });
	c = must_compile(&def);
	assert_int_equal(calendar_add_open(c, NOW_MS, 500 * HOUR_MS, &ms, &err),
			 0);
	ms = 1;
	assert_int_equal(calendar_add_open(c, NOW_MS, 600 * HOUR_MS, &ms, &err),
			 ERR_CONF);
	assert_int_equal(ms, 1);
	assert_non_null(strstr(err.text, "calendar mondays has not 25d"));
}

static void test_next_at(void **state)
{
	static const struct {
		const char *now, *next;
		int minute;
	} rows[] = {
		{ "2026-01-05T07:59:59Z", "2026-01-05T08:00:00Z", 540 },
		{ "2026-01-05T08:00:00Z", "2026-01-06T08:00:00Z", 540 },
		{ "2026-01-09T12:00:00Z", "2026-01-12T08:00:00Z", 540 },
		{ "2026-01-10T12:00:00Z", "2026-01-12T08:00:00Z", 540 },
		/* Closed Tuesday: Monday evening goes on to Wednesday. */
		{ "2026-01-19T12:00:00Z", "2026-01-21T08:00:00Z", 540 },
		/* In summer an hour earlier by UTC. */
		{ "2026-03-27T12:00:00Z", "2026-03-30T07:00:00Z", 540 },
		{ "2026-01-04T23:30:00Z", "2026-01-05T23:00:00Z", 1440 },
	};
	CLEANUP(calendar_def_release) struct calendar_def def;
	CLEANUP(free_calendar) struct calendar *c = NULL;
	struct err err = ERR_INIT;
	int64_t ms;

	(void)state;
	init_calendar(&def, "office", "Europe/Berlin", 5, office_hours);
	add_closed(&def, 2026, 1, 20);
	c = must_compile(&def);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(calendar_next_at(c, at(rows[i].now),
						  rows[i].minute, &ms, &err),
				 0);
		assert_instant(ms, rows[i].next);
	}
}

static void test_definitions_that_are_refused(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def zone = { 0 };
	CLEANUP(calendar_def_release) struct calendar_def none = { 0 };
	CLEANUP(calendar_def_release) struct calendar_def date = { 0 };
	CLEANUP(calendar_def_release) struct calendar_def month = { 0 };

	(void)state;
	init_calendar(&zone, "office", "Europe/Berln", 5, office_hours);
	assert_refused(&zone, "calendar office: time zone \"Europe/Berln\"");
	init_calendar(&none, "never", "UTC", 0, office_hours);
	assert_refused(&none, "calendar never has no business day in the 60");
	init_calendar(&date, "office", "UTC", 5, office_hours);
	add_closed(&date, 2026, 2, 30);
	assert_refused(&date, "calendar office: the date 2026-02-30");
	init_calendar(&month, "office", "UTC", 5, office_hours);
	add_special(&month, 2026, 13, 1, office_hours);
	assert_refused(&month, "2026-13-01");
}

/* The horizon is proven for a year ahead, not only from today. */
static void test_horizon_is_proven_ahead(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def = { 0 };
	CLEANUP(calendar_def_release) struct calendar_def just = { 0 };
	CLEANUP(free_calendar) struct calendar *c = NULL;

	(void)state;
	init_calendar(&just, "just", "UTC", 0, office_hours);
	add_special(&just, 2026, 1, 6, office_hours);
	for (int month = 2; month <= 12; month++)
		add_special(&just, 2026, month, 28, office_hours);
	for (int month = 1; month <= 4; month++)
		add_special(&just, 2027, month, 28, office_hours);
	c = must_compile(&just);
	init_calendar(&def, "gap", "UTC", 0, office_hours);
	for (int month = 1; month <= 12; month++) {
		if (month != 7 && month != 8)
			add_special(&def, 2026, month, 28, office_hours);
	}
	assert_refused(&def, "from 2026-06-29");
}

static void test_no_answer_is_an_error(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def = { 0 };
	CLEANUP(free_calendar) struct calendar *c = NULL;
	struct err err = ERR_INIT;
	int64_t open_ms = 1, close_ms = 2;

	(void)state;
	init_calendar(&def, "office", "UTC", 0, office_hours);
	for (int month = 1; month <= 12; month++) {
		add_special(&def, 2026, month, 28, office_hours);
		add_special(&def, 2027, month, 28, office_hours);
	}
	c = must_compile(&def);
	assert_int_equal(calendar_next_business_day(c,
						    at("2030-01-01T00:00:00Z"),
						    &open_ms, &close_ms, &err),
			 ERR_CONF);
	assert_int_equal(open_ms, 1);
	assert_int_equal(close_ms, 2);
	assert_int_equal(calendar_next_at(c, at("2030-01-01T00:00:00Z"), 540,
					  &open_ms, &err),
			 ERR_CONF);
	assert_int_equal(open_ms, 1);
}

static void test_span_end(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def = { 0 };
	CLEANUP(free_calendar) struct calendar *c = NULL;
	static const struct {
		const char *now, *end;
	} rows[] = {
		/* Mon to Wed 08-12 and 22-06; Berlin is an hour ahead. */
		{ "2026-01-05T06:59:59.999Z", "2026-01-05T06:59:59.999Z" },
		{ "2026-01-05T07:00:00Z", "2026-01-05T11:00:00Z" },
		{ "2026-01-05T10:59:59.999Z", "2026-01-05T11:00:00Z" },
		{ "2026-01-05T11:00:00Z", "2026-01-05T11:00:00Z" },
		{ "2026-01-05T21:00:00Z", "2026-01-06T05:00:00Z" },
		{ "2026-01-06T04:30:00Z", "2026-01-06T05:00:00Z" },
		{ "2026-01-08T04:59:00Z", "2026-01-08T05:00:00Z" },
		/* Thursday evening is not one of them. */
		{ "2026-01-08T22:00:00Z", "2026-01-08T22:00:00Z" },
	};

	(void)state;
	init_calendar(&def, "quiet", "Europe/Berlin", 3,
		      (struct hours_span){ 480, 720 });
	for (int day = 0; day < 3; day++)
		set_hours(&def, day, 1320, 1800);
	c = must_compile(&def);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t end_ms = calendar_span_end(c, at(rows[i].now));

		assert_instant(end_ms, rows[i].end);
		assert_false(calendar_is_open(c, end_ms));
	}
}

/* A weekend from Saturday 00:00 to Sunday 24:00 is one span, and so is a night
 * that meets the next day; what never closes has an end all the same. */
static void test_span_end_of_what_meets(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def = { 0 };
	CLEANUP(calendar_def_release) struct calendar_def all = { 0 };
	CLEANUP(free_calendar) struct calendar *c = NULL;
	CLEANUP(free_calendar) struct calendar *always = NULL;
	int64_t now_ms = at("2026-01-07T12:00:00Z"), end_ms;

	(void)state;
	init_calendar(&def, "weekend", "UTC", 0, office_hours);
	set_hours(&def, 4, 1320, 1440);
	set_hours(&def, 5, 0, 1440);
	set_hours(&def, 6, 0, 1440);
	c = must_compile(&def);
	assert_instant(calendar_span_end(c, at("2026-01-09T23:00:00Z")),
		       "2026-01-12T00:00:00Z");
	init_calendar(&all, "always", "UTC", 7, (struct hours_span){ 0, 1440 });
	always = must_compile(&all);
	end_ms = calendar_span_end(always, now_ms);
	assert_true(end_ms > now_ms + 7 * 24 * HOUR_MS);
	assert_true(end_ms <= now_ms + 8 * 24 * HOUR_MS);
}

/* The night of the change is an hour longer; its end is the local one. */
static void test_span_end_through_the_fold(void **state)
{
	CLEANUP(calendar_def_release) struct calendar_def def = { 0 };
	CLEANUP(free_calendar) struct calendar *c = NULL;

	(void)state;
	init_calendar(&def, "night", "Europe/Berlin", 7,
		      (struct hours_span){ 1320, 1800 });
	c = must_compile(&def);
	assert_instant(calendar_span_end(c, at("2026-10-24T20:00:00Z")),
		       "2026-10-25T05:00:00Z");
	assert_instant(calendar_span_end(c, at("2026-03-28T21:00:00Z")),
		       "2026-03-29T04:00:00Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exceptions_have_an_order),
		cmocka_unit_test(test_several_spans),
		cmocka_unit_test(test_overnight),
		cmocka_unit_test(test_open_through_the_fold),
		cmocka_unit_test(test_always_open),
		cmocka_unit_test(test_swallowed_span),
		cmocka_unit_test(test_add_open),
		cmocka_unit_test(test_add_open_at_night),
		cmocka_unit_test(test_add_open_gives_up),
		cmocka_unit_test(test_span_end),
		cmocka_unit_test(test_span_end_of_what_meets),
		cmocka_unit_test(test_span_end_through_the_fold),
		cmocka_unit_test(test_next_at),
		cmocka_unit_test(test_definitions_that_are_refused),
		cmocka_unit_test(test_horizon_is_proven_ahead),
		cmocka_unit_test(test_no_answer_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
