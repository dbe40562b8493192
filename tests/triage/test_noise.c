/* The precedence of semantics 6, groups and what breaks out of them. */
#include "triage/noise.h"

#include "triage/noise_rig.h"

/* Which of the causes are there to hold a message. */
#define WITH_SILENCE BIT(0)
#define WITH_CRITICAL_SILENCE BIT(1)
#define WITH_WORK BIT(2)
#define WITH_QUIET BIT(3)
#define WITH_STORM BIT(4)
#define WITH_ALL (WITH_SILENCE | WITH_WORK | WITH_QUIET | WITH_STORM)

/* In Berlin, an hour ahead, from a minute before NOW_MS to two hours after. */
static void set_once(struct maintenance_plan *m)
{
	m->once = true;
	m->from = (struct civil){ 2026, 1, 5, 779 };
	m->to = (struct civil){ 2026, 1, 5, 900 };
	m->hours.timezone = xstrdup("Europe/Berlin");
}

static void set_up(struct rig *r, struct silence *s, unsigned with)
{
	struct err err = ERR_INIT;

	if (with & WITH_WORK) {
		add_work(&r->policy, "patch day");
		set_once(&r->policy.maintenance[0]);
	}
	if (with & WITH_QUIET)
		add_quiet(&r->policy, "soc", 600, 900);
	rig_start(r);
	if (!(with & (WITH_SILENCE | WITH_CRITICAL_SILENCE)))
		return;
	s->id = 7;
	s->starts_ms = NOW_MS;
	s->ends_ms = NOW_MS + HOUR_MS;
	s->covers_critical = with & WITH_CRITICAL_SILENCE;
	assert_int_equal(silence_parse_when("title=*scan*", s, &err), 0);
	noise_set_silences(r->noise, s, 1);
}

/* More of both budgets than may go, just before. */
static void raise_storm(struct rig *r)
{
	struct noise_notice s = { .target = "soc",
				  .severity = SEVERITY_HIGH,
				  .now_ms = NOW_MS };

	for (int i = 0; i < 20; i++)
		noise_note(r->noise, &s);
	s.severity = SEVERITY_CRITICAL;
	for (int i = 0; i < 4; i++)
		noise_note(r->noise, &s);
}

static void test_precedence(void **state)
{
	static const struct {
		unsigned with;
		enum severity severity;
		bool first;
		enum noise_cause leaves, cause;
		const char *name;
		int64_t due; /* after now */
	} rows[] = {
		{ WITH_ALL, SEVERITY_HIGH, true, NOISE_NONE, NOISE_SILENCE, "7",
		  HOUR_MS },
		{ WITH_ALL, SEVERITY_LOW, false, NOISE_NONE, NOISE_SILENCE, "7",
		  HOUR_MS },
		{ WITH_ALL & ~WITH_SILENCE, SEVERITY_HIGH, true, NOISE_NONE,
		  NOISE_MAINTENANCE, "patch day", 2 * HOUR_MS },
		{ WITH_QUIET | WITH_STORM, SEVERITY_HIGH, true, NOISE_NONE,
		  NOISE_QUIET, "", 3 * HOUR_MS },
		{ WITH_STORM, SEVERITY_HIGH, true, NOISE_NONE, NOISE_STORM, "",
		  0 },
		{ WITH_STORM, SEVERITY_HIGH, false, NOISE_NONE, NOISE_STORM, "",
		  0 },
		{ 0, SEVERITY_HIGH, true, NOISE_NONE, NOISE_GROUP, "g", 30000 },
		{ 0, SEVERITY_MEDIUM, true, NOISE_NONE, NOISE_GROUP, "g",
		  5 * MINUTE_MS },
		{ 0, SEVERITY_LOW, true, NOISE_NONE, NOISE_GROUP, "g",
		  5 * MINUTE_MS },
		/* Repeats, escalations, closes do not wait for a group. */
		{ 0, SEVERITY_HIGH, false, NOISE_NONE, NOISE_NONE, "", 0 },
		{ 0, SEVERITY_CRITICAL, true, NOISE_NONE, NOISE_NONE, "", 0 },
		/* Criticals pass by everything but their own budget and a
		 * silence that says so. */
		{ WITH_SILENCE | WITH_WORK | WITH_QUIET, SEVERITY_CRITICAL,
		  true, NOISE_NONE, NOISE_NONE, "", 0 },
		{ WITH_CRITICAL_SILENCE, SEVERITY_CRITICAL, true, NOISE_NONE,
		  NOISE_SILENCE, "7", HOUR_MS },
		{ WITH_ALL, SEVERITY_CRITICAL, true, NOISE_NONE, NOISE_STORM,
		  "critical", 0 },
		/* What leaves is asked the causes from its own on. */
		{ WITH_ALL, SEVERITY_HIGH, true, NOISE_SILENCE, NOISE_SILENCE,
		  "7", HOUR_MS },
		{ WITH_ALL, SEVERITY_HIGH, true, NOISE_MAINTENANCE,
		  NOISE_MAINTENANCE, "patch day", 2 * HOUR_MS },
		{ WITH_ALL, SEVERITY_HIGH, true, NOISE_QUIET, NOISE_QUIET, "",
		  3 * HOUR_MS },
		{ WITH_SILENCE | WITH_WORK | WITH_STORM, SEVERITY_HIGH, true,
		  NOISE_QUIET, NOISE_STORM, "", 0 },
		{ WITH_ALL, SEVERITY_HIGH, true, NOISE_GROUP, NOISE_STORM, "",
		  0 },
		{ WITH_ALL, SEVERITY_HIGH, true, NOISE_STORM, NOISE_NONE, "",
		  0 },
		/* It waited long enough: not for a group again. */
		{ 0, SEVERITY_HIGH, true, NOISE_SILENCE, NOISE_NONE, "", 0 },
		{ 0, SEVERITY_HIGH, true, NOISE_GROUP, NOISE_NONE, "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(silence_release) struct silence s = { 0 };
		CLEANUP(rig_release) struct rig r;
		struct noise_offer o;
		struct noise_verdict v;

		rig_init(&r);
		set_up(&r, &s, rows[i].with);
		if (rows[i].with & WITH_STORM)
			raise_storm(&r);
		o = offer(&r, rows[i].severity, "g", NOW_MS);
		o.first = rows[i].first;
		o.leaves = rows[i].leaves;
		v = judge(&r, &o);
		if (v.place.cause != rows[i].cause ||
		    strcmp(v.place.name, rows[i].name) != 0 ||
		    (v.place.cause != NOISE_NONE &&
		     v.place.due_ms != NOW_MS + rows[i].due))
			fail_msg("row %zu: %s '%s' in %lld ms", i,
				 noise_cause_name(v.place.cause), v.place.name,
				 (long long)(v.place.due_ms - NOW_MS));
		assert_string_equal(v.place.target, "soc");
		assert_false(v.breaks_out);
	}
}

/* Somebody tests a target, or a digest's hour has come: it goes. */
static void test_what_is_about_no_alert(void **state)
{
	CLEANUP(silence_release) struct silence s = { 0 };
	CLEANUP(rig_release) struct rig r;
	struct noise_offer o;

	(void)state;
	rig_init(&r);
	set_up(&r, &s, WITH_ALL);
	raise_storm(&r);
	o = (struct noise_offer){ .target = "soc",
				  .kind = NOTICE_TEST,
				  .now_ms = NOW_MS };
	assert_int_equal(judge(&r, &o).place.cause, NOISE_NONE);
	o.kind = NOTICE_DIGEST;
	assert_int_equal(judge(&r, &o).place.cause, NOISE_NONE);
}

/* A program is neither hushed nor waits for others; what a person silenced, or
 * planned work raises, does not reach it either. */
static void test_machine(void **state)
{
	static const struct {
		unsigned with;
		enum noise_cause cause;
	} rows[] = {
		{ 0, NOISE_NONE },
		{ WITH_QUIET | WITH_STORM, NOISE_NONE },
		{ WITH_ALL, NOISE_SILENCE },
		{ WITH_WORK | WITH_QUIET, NOISE_MAINTENANCE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(silence_release) struct silence s = { 0 };
		CLEANUP(rig_release) struct rig r;
		struct noise_offer o;

		rig_init(&r);
		strlist_add(&r.policy.machines, "soc");
		set_up(&r, &s, rows[i].with);
		raise_storm(&r);
		o = offer(&r, SEVERITY_HIGH, "g", NOW_MS);
		o.first = true;
		assert_int_equal(judge(&r, &o).place.cause, rows[i].cause);
		/* It is no member of a storm. */
		assert_int_equal(noise_storm_since(r.noise, "soc", NOW_MS), 0);
		o.leaves = NOISE_SILENCE;
		if (!(rows[i].with & (WITH_SILENCE | WITH_WORK)))
			assert_int_equal(judge(&r, &o).place.cause, NOISE_NONE);
	}
}

/* Half-open: the first millisecond counts, the last does not. */
static void test_edges(void **state)
{
	static const struct {
		int64_t at;
		unsigned with;
		enum noise_cause cause;
	} rows[] = {
		{ -1, WITH_SILENCE, NOISE_NONE },
		{ 0, WITH_SILENCE, NOISE_SILENCE },
		{ HOUR_MS - 1, WITH_SILENCE, NOISE_SILENCE },
		{ HOUR_MS, WITH_SILENCE, NOISE_NONE },
		{ -MINUTE_MS - 1, WITH_WORK, NOISE_NONE },
		{ -MINUTE_MS, WITH_WORK, NOISE_MAINTENANCE },
		{ 2 * HOUR_MS - 1, WITH_WORK, NOISE_MAINTENANCE },
		{ 2 * HOUR_MS, WITH_WORK, NOISE_NONE },
		{ -2 * HOUR_MS - 1, WITH_QUIET, NOISE_NONE },
		{ -2 * HOUR_MS, WITH_QUIET, NOISE_QUIET },
		{ 3 * HOUR_MS - 1, WITH_QUIET, NOISE_QUIET },
		{ 3 * HOUR_MS, WITH_QUIET, NOISE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(silence_release) struct silence s = { 0 };
		CLEANUP(rig_release) struct rig r;
		struct noise_offer o;

		rig_init(&r);
		set_up(&r, &s, rows[i].with);
		o = offer(&r, SEVERITY_HIGH, "g", NOW_MS + rows[i].at);
		o.first = false;
		if (judge(&r, &o).place.cause != rows[i].cause)
			fail_msg("row %zu", i);
	}
}

static void test_quiet_hours_of_a_target(void **state)
{
	CLEANUP(rig_release) struct rig r;
	struct noise_offer o;

	(void)state;
	rig_init(&r);
	add_quiet(&r.policy, "mail", 600, 900);
	add_quiet(&r.policy, NULL, 600, 730);
	rig_start(&r);
	o = offer(&r, SEVERITY_HIGH, "g", NOW_MS);
	o.first = false;
	assert_int_equal(judge(&r, &o).place.due_ms, NOW_MS + 10 * MINUTE_MS);
	o.target = "mail";
	assert_int_equal(judge(&r, &o).place.due_ms, NOW_MS + 3 * HOUR_MS);
	/* The hours of every target are over, those of this one go on. */
	o.now_ms = NOW_MS + 10 * MINUTE_MS;
	o.leaves = NOISE_QUIET;
	assert_int_equal(judge(&r, &o).place.cause, NOISE_QUIET);
	o.target = "soc";
	assert_int_equal(judge(&r, &o).place.cause, NOISE_NONE);
}

static void test_weekly_work_of_some_alerts(void **state)
{
	CLEANUP(rig_release) struct rig r;
	struct maintenance_plan *m;
	struct noise_offer o;

	(void)state;
	rig_init(&r);
	m = add_work(&r.policy, "scanner");
	strlist_add(&m->when.globs[MATCH_TITLE], "*scan*");
	init_calendar(&m->hours, "scanner", "UTC", 1,
		      (struct hours_span){ 690, 780 });
	rig_start(&r);
	o = offer(&r, SEVERITY_MEDIUM, "g", NOW_MS);
	assert_int_equal(judge(&r, &o).place.cause, NOISE_MAINTENANCE);
	assert_int_equal(judge(&r, &o).place.due_ms, NOW_MS + HOUR_MS);
	r.alert.title[0] = 'F';
	r.alert.title[5] = 'X';
	assert_int_equal(judge(&r, &o).place.cause, NOISE_GROUP);
	r.alert.title[5] = 's';
	o.now_ms += 24 * HOUR_MS; /* a Tuesday */
	assert_int_equal(judge(&r, &o).place.cause, NOISE_GROUP);
}

/* What a new member of a group brings, after what the group was told. */
static void test_breaks_out(void **state)
{
	static const struct {
		bool told; /* else it waits */
		enum severity before, after;
		const char *tactics_before, *tactics_after;
		bool jewel_before, jewel_after, first;
		bool breaks_out;
	} rows[] = {
		{ true, SEVERITY_MEDIUM, SEVERITY_HIGH, NULL, NULL, 0, 0, 1,
		  1 },
		{ false, SEVERITY_MEDIUM, SEVERITY_HIGH, NULL, NULL, 0, 0, 1,
		  1 },
		{ true, SEVERITY_HIGH, SEVERITY_HIGH, NULL, NULL, 0, 0, 1, 0 },
		{ true, SEVERITY_HIGH, SEVERITY_MEDIUM, NULL, NULL, 0, 0, 1,
		  0 },
		{ true, SEVERITY_HIGH, SEVERITY_HIGH, "Discovery", "Impact", 0,
		  0, 1, 1 },
		{ false, SEVERITY_HIGH, SEVERITY_HIGH, "Discovery",
		  "Discovery,Impact", 0, 0, 1, 1 },
		{ true, SEVERITY_HIGH, SEVERITY_HIGH, "Initial Access, Impact",
		  "impact,InitialAccess", 0, 0, 1, 0 },
		{ true, SEVERITY_HIGH, SEVERITY_HIGH, "Impact", NULL, 0, 0, 1,
		  0 },
		{ true, SEVERITY_HIGH, SEVERITY_HIGH, NULL, NULL, 0, 1, 1, 1 },
		{ true, SEVERITY_HIGH, SEVERITY_HIGH, NULL, NULL, 1, 1, 1, 0 },
		/* A repeat goes at once, but takes nobody with it. */
		{ true, SEVERITY_MEDIUM, SEVERITY_HIGH, NULL, NULL, 0, 0, 0,
		  0 },
		{ false, SEVERITY_HIGH, SEVERITY_CRITICAL, NULL, NULL, 0, 0, 1,
		  1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(rig_release) struct rig r;
		struct noise_offer o;
		struct noise_notice s;
		struct noise_verdict v;

		rig_init(&r);
		rig_start(&r);
		o = offer(&r, rows[i].after, "g", NOW_MS);
		r.alert.tactics = xstrdup(rows[i].tactics_after);
		if (rows[i].jewel_after)
			strlist_add(&r.tags, "Crown-Jewel");
		o.first = rows[i].first;
		assert_false(judge(&r, &o).breaks_out);
		s = notice_of(&o, rows[i].told ? NOISE_NONE : NOISE_GROUP);
		s.severity = rows[i].before;
		s.tactics = rows[i].tactics_before;
		s.crown_jewel = rows[i].jewel_before;
		s.first = true;
		noise_note(r.noise, &s);
		v = judge(&r, &o);
		if (v.breaks_out != rows[i].breaks_out)
			fail_msg("row %zu", i);
		assert_int_equal(v.place.cause, v.breaks_out || !o.first
							? NOISE_NONE
							: NOISE_GROUP);
		/* Another group was told nothing. */
		o.group = "other";
		assert_false(judge(&r, &o).breaks_out);
	}
}

/* A day after its last message a group is a new one, and however many there
 * are, only the last are kept. */
static void test_groups_are_forgotten(void **state)
{
	CLEANUP(rig_release) struct rig r;
	struct noise_offer o;
	char name[NOISE_GROUP_MAX];

	(void)state;
	rig_init(&r);
	memset(&r.policy.storm, 0, sizeof(r.policy.storm)); /* never */
	rig_start(&r);
	o = offer(&r, SEVERITY_MEDIUM, "g", NOW_MS);
	assert_int_equal(pass(&r, &o), NOISE_GROUP);
	o.subject.severity = SEVERITY_HIGH;
	o.now_ms = NOW_MS + NOISE_REMEMBER_MS - 1;
	assert_true(judge(&r, &o).breaks_out);
	o.now_ms = NOW_MS + NOISE_REMEMBER_MS;
	assert_false(judge(&r, &o).breaks_out);
	o.now_ms = NOW_MS + 1;
	o.group = name;
	for (int i = 0; i < 4096; i++) {
		o.subject.severity = SEVERITY_MEDIUM;
		snprintf(name, sizeof(name), "group-%d", i);
		assert_int_equal(pass(&r, &o), NOISE_GROUP);
	}
	o.subject.severity = SEVERITY_HIGH;
	assert_true(judge(&r, &o).breaks_out);
	snprintf(name, sizeof(name), "group-%d", 0);
	assert_true(judge(&r, &o).breaks_out);
	o.group = "g";
	assert_false(judge(&r, &o).breaks_out);
}

/* Words that nobody knows cannot break out for ever. */
static void test_invented_tactics_end(void **state)
{
	CLEANUP(rig_release) struct rig r;
	struct noise_offer o;
	char word[32];
	int broke_out = 0;

	(void)state;
	rig_init(&r);
	rig_start(&r);
	o = offer(&r, SEVERITY_HIGH, "g", NOW_MS);
	for (int i = 0; i < 100; i++) {
		snprintf(word, sizeof(word), "Tactic%d", i);
		free(r.alert.tactics);
		r.alert.tactics = xstrdup(word);
		broke_out += judge(&r, &o).breaks_out;
		(void)pass(&r, &o); /* whatever it says */
	}
	assert_int_equal(broke_out, 15);
}

static void test_group_names(void **state)
{
	CLEANUP(alert_release) struct alert a, b;
	char first[NOISE_GROUP_MAX], second[NOISE_GROUP_MAX];

	(void)state;
	alert_init(&a);
	alert_init(&b);
	noise_group(&a, first);
	assert_int_equal(strlen(first), 16);
	a.tenant = xstrdup("t");
	b.tenant = xstrdup("T");
	a.alert_type =
		xstrdup("VM_SuspiciousLogin \xc3\xa4 of a very long name");
	b.alert_type =
		xstrdup("vm_suspiciouslogin \xc3\xa4 of a very long name");
	a.entity = xstrdup("srv1");
	b.entity = xstrdup("SRV1");
	noise_group(&a, first);
	noise_group(&b, second);
	assert_memory_equal(first, "vm_suspiciouslogin-of-a-", 24);
	assert_string_equal(first, second);
	b.entity[3] = '2';
	noise_group(&b, second);
	assert_string_not_equal(strrchr(first, '-'), strrchr(second, '-'));
	/* A correlation key goes before them, an incident before that. */
	a.correlation = xstrdup("c1");
	b.correlation = xstrdup("c1");
	noise_group(&a, first);
	noise_group(&b, second);
	assert_string_equal(strrchr(first, '-'), strrchr(second, '-'));
	a.incident = xstrdup("924565");
	noise_group(&a, first);
	assert_memory_equal(first, "924565-", 7);
	assert_string_not_equal(strrchr(first, '-'), strrchr(second, '-'));
	b.incident = xstrdup("924565");
	free(b.tenant);
	b.tenant = xstrdup("another");
	noise_group(&b, second);
	assert_string_not_equal(first, second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_what_is_about_no_alert),
		cmocka_unit_test(test_machine),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_quiet_hours_of_a_target),
		cmocka_unit_test(test_weekly_work_of_some_alerts),
		cmocka_unit_test(test_breaks_out),
		cmocka_unit_test(test_groups_are_forgotten),
		cmocka_unit_test(test_invented_tactics_end),
		cmocka_unit_test(test_group_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
