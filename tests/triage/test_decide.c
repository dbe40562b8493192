/*
 * What a sighting means: transitions, severity, clocks and ladders.
 *
 * Battery: C9.
 */
#include "triage/triage.h"

#include "triage/fixture.h"

#define DAY_MS (24 * HOUR_MS)

static void free_triage(struct triage **t)
{
	*t = triage_free(*t);
}

/* A policy, its triage, an alert and what is known of it. */
struct scene {
	struct policy policy;
	struct triage *t;
	struct alert alert;
	struct tracked known;
	struct decision d;
};

static void init_scene(struct scene *s)
{
	struct err err = ERR_INIT;

	memset(s, 0, sizeof(*s));
	init_policy(&s->policy);
	s->t = triage_new(&s->policy, NOW_MS, NULL, &err);
	assert_non_null(s->t);
	alert_init(&s->alert);
	s->alert.title = xstrdup("Suspicious process");
	s->alert.base = SEVERITY_HIGH;
	s->alert.created_ms = NOW_MS - 5 * MINUTE_MS;
	s->known = (struct tracked){ .id = 7,
				     .episode = 1,
				     .revision = 1,
				     .base = SEVERITY_HIGH,
				     .severity = SEVERITY_HIGH,
				     .seen_ms = NOW_MS - HOUR_MS,
				     .episode_ms = NOW_MS - HOUR_MS };
	alert_content_hash(&s->alert, s->known.content_hash);
}

static void release_scene(struct scene *s)
{
	free_triage(&s->t);
	alert_release(&s->alert);
	policy_release(&s->policy);
}

static void set_title(struct scene *s, const char *title)
{
	free(s->alert.title);
	s->alert.title = xstrdup(title);
}

static void decide_at(struct scene *s, bool known, int64_t now_ms)
{
	struct err err = ERR_INIT;
	int rc = triage_decide(s->t, &s->alert, known ? &s->known : NULL,
			       now_ms, &s->d, &err);

	if (rc < 0)
		fail_msg("%s", err.text);
}

static void decide_new(struct scene *s)
{
	decide_at(s, false, NOW_MS);
}

static void decide_known(struct scene *s)
{
	decide_at(s, true, NOW_MS);
}

/* Nothing starts, moves or stops. */
static void assert_quiet(const struct decision *d)
{
	assert_false(d->clock_start || d->clock_move || d->clock_stop);
	assert_false(d->ladder_start || d->ladder_stop);
	assert_false(d->withdraw_ack);
}

static void test_first_sight(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	decide_new(&s);
	assert_int_equal(s.d.transition, TRANSITION_OPENED);
	assert_int_equal(s.d.base, SEVERITY_HIGH);
	assert_int_equal(s.d.severity, SEVERITY_HIGH);
	assert_true(s.d.clock_start && s.d.ladder_start);
	assert_false(s.d.clock_stop || s.d.clock_move || s.d.ladder_stop);
	assert_instant(s.d.clock.started_ms, "2026-01-05T12:00:00Z");
	assert_instant(s.d.clock.due_ms, "2026-01-05T16:00:00Z");
	assert_string_equal(s.d.policy_hash, "0123456789abcdef");
	assert_string_equal(s.d.changed, "");
	assert_null(s.d.rule);
	assert_false(s.d.severity_rose || s.d.severity_fell);
}

static void test_first_sight_closed(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.alert.source_state = SOURCE_DISMISSED;
	decide_new(&s);
	assert_int_equal(s.d.transition, TRANSITION_SEEN_CLOSED);
	assert_quiet(&s.d);
}

/* Somebody works on it already: the clock is met at once, people are told. */
static void test_first_sight_in_progress(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.alert.source_state = SOURCE_IN_PROGRESS;
	decide_new(&s);
	assert_int_equal(s.d.transition, TRANSITION_OPENED);
	assert_true(s.d.clock_start && s.d.clock_stop && s.d.ladder_start);
}

static void test_info_is_quiet(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.alert.base = SEVERITY_INFO;
	decide_new(&s);
	assert_int_equal(s.d.transition, TRANSITION_OPENED);
	assert_quiet(&s.d);
}

/* A level without a target has no clock, but people are told. */
static void test_no_target_still_notifies(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.policy.triage[SEVERITY_HIGH].kind = SLA_NONE;
	s.alert.source_state = SOURCE_IN_PROGRESS;
	decide_new(&s);
	assert_false(s.d.clock_start || s.d.clock_stop);
	assert_true(s.d.ladder_start);
}

/* Its source was read whole before it was there, or it comes again. */
static void test_news_is_no_history(void **state)
{
	CLEANUP(release_scene) struct scene s;
	struct triage_input in = { .alert = &s.alert,
				   .now_ms = NOW_MS,
				   .is_news = true };

	(void)state;
	init_scene(&s);
	s.alert.created_ms = NOW_MS - 90 * DAY_MS;
	assert_int_equal(triage_decide_input(s.t, &in, &s.d, NULL), 0);
	assert_false(s.d.historical);
	assert_true(s.d.clock_start && s.d.ladder_start);
}

static void test_historical(void **state)
{
	static const struct {
		int64_t age_ms; /* -1: created_ms absent */
		bool historical;
	} rows[] = {
		{ -1, false },	       { 0, false },
		{ DAY_MS, false },     { DAY_MS + 1, true },
		{ 90 * DAY_MS, true }, { -HOUR_MS, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(release_scene) struct scene s;

		init_scene(&s);
		s.alert.created_ms =
			rows[i].age_ms == -1 ? 0 : NOW_MS - rows[i].age_ms;
		decide_new(&s);
		assert_int_equal(s.d.historical, rows[i].historical);
		if (rows[i].historical)
			assert_quiet(&s.d);
		else
			assert_true(s.d.clock_start && s.d.ladder_start);
	}
}

/* What people worked on elsewhere: at first sight, when an older revision
 * follows that is worse, closed or active again. What runs here goes on. */
static void test_import_is_quiet(void **state)
{
	static const struct {
		enum alert_state state;
		enum source_state is;
		enum transition transition;
	} rows[] = {
		{ ALERT_OPEN, SOURCE_ACTIVE, TRANSITION_UPDATED },
		{ ALERT_OPEN, SOURCE_RESOLVED, TRANSITION_CLOSED },
		{ ALERT_CLOSED, SOURCE_ACTIVE, TRANSITION_REOPENED },
	};
	CLEANUP(release_scene) struct scene s;

	init_scene(&s);
	s.alert.imported = xcalloc(1, sizeof(*s.alert.imported));
	decide_new(&s);
	assert_int_equal(s.d.transition, TRANSITION_OPENED);
	assert_true(s.d.quiet && s.d.historical);
	assert_quiet(&s.d);
	set_title(&s, "It went on");
	s.known.base = s.known.severity = SEVERITY_LOW;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		s.known.state = rows[i].state;
		s.known.closed_ms = rows[i].state ? NOW_MS - HOUR_MS : 0;
		s.known.source_state =
			rows[i].state ? SOURCE_RESOLVED : SOURCE_ACTIVE;
		s.alert.source_state = rows[i].is;
		decide_known(&s);
		assert_int_equal(s.d.transition, rows[i].transition);
		assert_true(s.d.quiet && s.d.historical);
		assert_quiet(&s.d);
	}
	s.known.state = ALERT_OPEN;
	s.known.closed_ms = 0;
	s.known.source_state = s.alert.source_state = SOURCE_ACTIVE;
	s.known.clock_started_ms = NOW_MS - HOUR_MS;
	decide_known(&s);
	assert_true(s.d.clock_move && s.d.ladder_start && !s.d.quiet);
	(void)state;
}

static void test_nothing_new(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.known.severity = SEVERITY_CRITICAL;
	s.known.historical = true;
	s.alert.source_updated_ms = NOW_MS;
	decide_known(&s);
	assert_int_equal(s.d.transition, TRANSITION_NONE);
	assert_int_equal(s.d.severity, SEVERITY_CRITICAL);
	assert_int_equal(s.d.base, SEVERITY_HIGH);
	assert_true(s.d.historical);
	assert_string_equal(s.d.changed, "");
	assert_quiet(&s.d);
}

static void test_new_content(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	set_title(&s, "Suspicious process (3 hosts)");
	decide_known(&s);
	assert_int_equal(s.d.transition, TRANSITION_UPDATED);
	assert_string_equal(s.d.changed, "content");
	assert_quiet(&s.d);
}

/* An older copy from the slower door changes nothing. */
static void test_stale(void **state)
{
	static const struct {
		int64_t known_ms, alert_ms;
		enum transition transition;
	} rows[] = {
		{ 2000, 1999, TRANSITION_STALE },
		{ 2000, 2000, TRANSITION_CLOSED },
		{ 2000, 2001, TRANSITION_CLOSED },
		{ 2000, 0, TRANSITION_CLOSED },
		{ 0, 1999, TRANSITION_CLOSED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(release_scene) struct scene s;

		init_scene(&s);
		s.known.source_updated_ms = rows[i].known_ms;
		s.alert.source_updated_ms = rows[i].alert_ms;
		s.alert.source_state = SOURCE_RESOLVED;
		decide_known(&s);
		assert_int_equal(s.d.transition, rows[i].transition);
		if (rows[i].transition == TRANSITION_STALE)
			assert_quiet(&s.d);
	}
}

static void test_closed_at_the_source(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.known.state = ALERT_ACKNOWLEDGED;
	s.alert.source_state = SOURCE_RESOLVED;
	decide_known(&s);
	assert_int_equal(s.d.transition, TRANSITION_CLOSED);
	assert_true(s.d.clock_stop && s.d.ladder_stop);
	assert_false(s.d.clock_start || s.d.ladder_start || s.d.withdraw_ack);
	assert_string_equal(s.d.changed, "status,content");
}

/* A close that brings a higher severity still is a close. */
static void test_closed_and_worse(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.known.severity = s.known.base = SEVERITY_LOW;
	s.alert.source_state = SOURCE_DISMISSED;
	decide_known(&s);
	assert_int_equal(s.d.transition, TRANSITION_CLOSED);
	assert_true(s.d.severity_rose);
	assert_false(s.d.clock_start || s.d.clock_move || s.d.ladder_start);
	assert_string_equal(s.d.changed, "severity,status,content");
}

static void test_closed_twice(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.known.state = ALERT_CLOSED;
	s.known.source_state = SOURCE_RESOLVED;
	s.alert.source_state = SOURCE_DISMISSED;
	decide_known(&s);
	assert_int_equal(s.d.transition, TRANSITION_UPDATED);
	assert_quiet(&s.d);
}

/* Re-opened here by hand while the source has it closed: news about its text
 * do not close it again. */
static void test_human_reopening_stays(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.known.state = ALERT_OPEN;
	s.known.source_state = SOURCE_RESOLVED;
	s.alert.source_state = SOURCE_RESOLVED;
	set_title(&s, "Other");
	decide_known(&s);
	assert_int_equal(s.d.transition, TRANSITION_UPDATED);
	assert_quiet(&s.d);
}

static const struct {
	const char *what;
	enum source_state was, is;
	int64_t closed_ago_ms, activity_ms; /* activity after the close */
	enum transition transition;
} reopenings[] = {
	{ "closed by a human, nothing new", SOURCE_ACTIVE, SOURCE_ACTIVE,
	  HOUR_MS, 0, TRANSITION_UPDATED },
	{ "activity inside the grace", SOURCE_ACTIVE, SOURCE_ACTIVE, HOUR_MS,
	  5 * MINUTE_MS, TRANSITION_UPDATED },
	{ "activity after the grace", SOURCE_ACTIVE, SOURCE_ACTIVE, HOUR_MS,
	  5 * MINUTE_MS + 1, TRANSITION_REOPENED },
	{ "activity, last moment of the window", SOURCE_ACTIVE, SOURCE_ACTIVE,
	  7 * DAY_MS, HOUR_MS, TRANSITION_REOPENED },
	{ "activity, too late", SOURCE_ACTIVE, SOURCE_ACTIVE, 7 * DAY_MS + 1,
	  HOUR_MS, TRANSITION_UPDATED },
	{ "the source opened it again", SOURCE_RESOLVED, SOURCE_ACTIVE, HOUR_MS,
	  0, TRANSITION_REOPENED },
	{ "the source opened it again, late", SOURCE_RESOLVED, SOURCE_ACTIVE,
	  60 * DAY_MS, 0, TRANSITION_REOPENED },
	{ "the source works on it again", SOURCE_DISMISSED, SOURCE_IN_PROGRESS,
	  HOUR_MS, 0, TRANSITION_REOPENED },
	{ "activity, but closed there", SOURCE_ACTIVE, SOURCE_RESOLVED, HOUR_MS,
	  HOUR_MS, TRANSITION_UPDATED },
	{ "work begins after our close", SOURCE_ACTIVE, SOURCE_IN_PROGRESS,
	  HOUR_MS, 0, TRANSITION_UPDATED },
};

static void test_reopening(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reopenings); i++) {
		CLEANUP(release_scene) struct scene s;

		init_scene(&s);
		s.known.state = ALERT_CLOSED;
		s.known.closed_ms = NOW_MS - reopenings[i].closed_ago_ms;
		s.known.source_state = reopenings[i].was;
		s.known.historical = true;
		s.alert.source_state = reopenings[i].is;
		s.alert.activity_to_ms =
			s.known.closed_ms + reopenings[i].activity_ms;
		set_title(&s, "Other");
		decide_known(&s);
		if (s.d.transition != reopenings[i].transition)
			fail_msg("%s", reopenings[i].what);
		if (s.d.transition == TRANSITION_UPDATED) {
			assert_quiet(&s.d);
			continue;
		}
		assert_true(s.d.clock_start && s.d.ladder_start);
		assert_false(s.d.historical);
		assert_instant(s.d.clock.due_ms, "2026-01-05T16:00:00Z");
	}
}

/* Fresh activity re-opens although the content's hash is the same. */
static void test_reopening_with_the_same_content(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.known.state = ALERT_CLOSED;
	s.known.closed_ms = NOW_MS - HOUR_MS;
	s.alert.activity_to_ms = NOW_MS;
	decide_known(&s);
	assert_int_equal(s.d.transition, TRANSITION_REOPENED);
	/* But not when the copy is an old one. */
	s.known.source_updated_ms = 2000;
	s.alert.source_updated_ms = 1000;
	decide_known(&s);
	assert_int_equal(s.d.transition, TRANSITION_NONE);
}

static void test_worse_while_closed_by_a_human(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.known.state = ALERT_CLOSED;
	s.known.closed_ms = NOW_MS - HOUR_MS;
	s.known.base = s.known.severity = SEVERITY_LOW;
	set_title(&s, "Other");
	decide_known(&s);
	assert_int_equal(s.d.transition, TRANSITION_UPDATED);
	assert_true(s.d.severity_rose);
	assert_quiet(&s.d);
}

static void test_work_begins(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.alert.source_state = SOURCE_IN_PROGRESS;
	decide_known(&s);
	assert_int_equal(s.d.transition, TRANSITION_UPDATED);
	assert_true(s.d.clock_stop);
	assert_false(s.d.ladder_stop || s.d.ladder_start);
	assert_string_equal(s.d.changed, "status,content");
	/* And when it was so before, nothing stops again. */
	s.known.source_state = SOURCE_IN_PROGRESS;
	decide_known(&s);
	assert_quiet(&s.d);
}

static void test_severity_up(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.known.base = s.known.severity = SEVERITY_MEDIUM;
	s.known.state = ALERT_ACKNOWLEDGED;
	set_title(&s, "Other");
	decide_known(&s);
	assert_true(s.d.severity_rose && s.d.withdraw_ack);
	assert_true(s.d.clock_move && s.d.ladder_start);
	assert_false(s.d.clock_start || s.d.clock_stop || s.d.ladder_stop);
	/* Seen at 11:00, four hours from then. */
	assert_instant(s.d.clock.due_ms, "2026-01-05T15:00:00Z");
	assert_string_equal(s.d.clock.policy, "high 4h");
	assert_string_equal(s.d.changed, "severity,content");
	s.known.state = ALERT_OPEN;
	decide_known(&s);
	assert_false(s.d.withdraw_ack);
}

static void test_severity_up_to_critical(void **state)
{
	CLEANUP(release_scene) struct scene s;
	struct rule *r;

	(void)state;
	init_scene(&s);
	r = add_rule(&s.policy, "always-critical");
	r->sets_severity = true;
	r->severity = SEVERITY_CRITICAL;
	set_title(&s, "Other");
	decide_known(&s);
	assert_true(s.d.clock_move);
	assert_instant(s.d.clock.due_ms, "2026-01-05T12:15:00Z");
}

static void test_severity_down(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.known.severity = SEVERITY_CRITICAL;
	s.known.state = ALERT_ACKNOWLEDGED;
	set_title(&s, "Other");
	decide_known(&s);
	assert_true(s.d.severity_fell && s.d.clock_move);
	assert_false(s.d.withdraw_ack || s.d.ladder_start || s.d.ladder_stop ||
		     s.d.clock_stop);
	assert_instant(s.d.clock.due_ms, "2026-01-05T15:00:00Z");
}

static void test_severity_down_to_info(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.alert.base = SEVERITY_INFO;
	decide_known(&s);
	assert_true(s.d.clock_stop && s.d.ladder_stop);
	assert_false(s.d.clock_move || s.d.clock_start || s.d.ladder_start);
}

/* What had no clock starts one now: nobody could have known earlier. */
static void test_severity_up_without_a_clock(void **state)
{
	(void)state;
	for (int historical = 0; historical <= 1; historical++) {
		CLEANUP(release_scene) struct scene s;

		init_scene(&s);
		s.known.severity = historical ? SEVERITY_LOW : SEVERITY_INFO;
		s.known.historical = historical;
		set_title(&s, "Other");
		decide_known(&s);
		assert_true(s.d.clock_start && s.d.ladder_start);
		assert_false(s.d.clock_move || s.d.historical);
		assert_instant(s.d.clock.due_ms, "2026-01-05T16:00:00Z");
	}
}

/* By the source's own time, unless that cannot be. */
static void test_where_the_clock_starts(void **state)
{
	static const struct {
		enum sla_start setting;
		const char *created, *start;
		enum start_basis basis;
	} rows[] = {
		{ SLA_START_SEEN, "2026-01-05T11:55:00Z",
		  "2026-01-05T12:00:00Z", START_SEEN },
		{ SLA_START_SOURCE, "2026-01-05T11:55:00Z",
		  "2026-01-05T11:55:00Z", START_SOURCE },
		{ SLA_START_SOURCE, "2026-01-05T12:00:00Z",
		  "2026-01-05T12:00:00Z", START_SOURCE },
		{ SLA_START_SOURCE, "2026-01-05T12:00:01Z",
		  "2026-01-05T12:00:00Z", START_FUTURE },
		{ SLA_START_SOURCE, "2026-01-04T12:00:00Z",
		  "2026-01-04T12:00:00Z", START_SOURCE },
		{ SLA_START_SOURCE, NULL, "2026-01-05T12:00:00Z",
		  START_UNDATED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(release_scene) struct scene s;

		init_scene(&s);
		s.policy.sla_start = rows[i].setting;
		s.alert.created_ms = rows[i].created ? at(rows[i].created) : 0;
		decide_new(&s);
		assert_true(s.d.clock_start);
		assert_instant(s.d.clock.started_ms, rows[i].start);
		assert_int_equal(s.d.clock.due_ms - s.d.clock.started_ms,
				 4 * HOUR_MS);
		assert_int_equal(s.d.start, rows[i].basis);
	}
}

/* The update that opened it again, and no time of the life before. */
static void test_where_the_clock_starts_again(void **state)
{
	static const struct {
		const char *updated, *start;
		enum start_basis basis;
	} rows[] = {
		{ "2026-01-05T11:50:00Z", "2026-01-05T11:50:00Z",
		  START_SOURCE },
		{ NULL, "2026-01-05T12:00:00Z", START_UNDATED },
		{ "2026-01-05T13:00:00Z", "2026-01-05T12:00:00Z",
		  START_FUTURE },
		{ "2026-01-05T11:20:00Z", "2026-01-05T12:00:00Z",
		  START_BEFORE_CLOSE },
		{ "2026-01-04T11:59:59Z", "2026-01-05T12:00:00Z",
		  START_TOO_OLD },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(release_scene) struct scene s;

		init_scene(&s);
		s.policy.sla_start = SLA_START_SOURCE;
		s.known.state = ALERT_CLOSED;
		s.known.source_state = SOURCE_RESOLVED;
		s.known.closed_ms = at("2026-01-05T11:30:00Z");
		s.alert.source_updated_ms =
			rows[i].updated ? at(rows[i].updated) : 0;
		decide_known(&s);
		assert_int_equal(s.d.transition, TRANSITION_REOPENED);
		assert_instant(s.d.clock.started_ms, rows[i].start);
		assert_int_equal(s.d.start, rows[i].basis);
	}
}

/* What was information did not ask for a clock when it was created. */
static void test_a_rise_starts_the_clock_now(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.policy.sla_start = SLA_START_SOURCE;
	s.known.severity = SEVERITY_INFO;
	set_title(&s, "Other");
	decide_known(&s);
	assert_true(s.d.clock_start);
	assert_instant(s.d.clock.started_ms, "2026-01-05T12:00:00Z");
	assert_int_equal(s.d.start, START_ROSE);
}

/* It moves from where it began, whatever the setting is by now. */
static void test_a_moved_clock_keeps_its_start(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.known.clock_started_ms = NOW_MS - 90 * MINUTE_MS;
	s.alert.base = SEVERITY_MEDIUM;
	decide_known(&s);
	assert_true(s.d.clock_move);
	assert_instant(s.d.clock.due_ms, "2026-01-06T10:30:00Z");
}

static void test_start_basis_has_names(void **state)
{
	(void)state;
	for (int i = START_SEEN; i <= START_ROSE; i++)
		assert_non_null(start_basis_name((enum start_basis)i));
	assert_string_equal(start_basis_name(START_UNDATED), "source-undated");
}

static void test_historical_falls_quietly(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.known.historical = true;
	s.alert.base = SEVERITY_MEDIUM;
	decide_known(&s);
	assert_true(s.d.severity_fell && s.d.historical);
	assert_quiet(&s.d);
}

/* A copy without a severity never lowers a stored one. */
static void test_absent_severity(void **state)
{
	CLEANUP(release_scene) struct scene s;

	(void)state;
	init_scene(&s);
	s.alert.base = SEVERITY_MEDIUM;
	s.alert.severity_absent = true;
	s.alert.severity_unmapped = true;
	decide_known(&s);
	assert_int_equal(s.d.base, SEVERITY_HIGH);
	assert_int_equal(s.d.severity, SEVERITY_HIGH);
	assert_false(s.d.unmapped || s.d.severity_fell);
	assert_string_equal(s.d.changed, "content");
	decide_new(&s);
	assert_int_equal(s.d.severity, SEVERITY_MEDIUM);
	assert_true(s.d.unmapped);
}

static void test_a_rule_decides(void **state)
{
	CLEANUP(release_scene) struct scene s;
	struct rule *r;

	(void)state;
	init_scene(&s);
	r = add_rule(&s.policy, "crown-jewels");
	strlist_add(&r->when.globs[MATCH_SEVERITY], "high");
	r->sets_severity = true;
	r->severity = SEVERITY_CRITICAL;
	r->owner = xstrdup("payments-team");
	strlist_add(&r->tags, "crown-jewel");
	decide_new(&s);
	assert_int_equal(s.d.base, SEVERITY_HIGH);
	assert_int_equal(s.d.severity, SEVERITY_CRITICAL);
	assert_string_equal(s.d.rule, "crown-jewels");
	assert_string_equal(s.d.owner, "payments-team");
	assert_true(strlist_has(s.d.tags, "crown-jewel"));
	assert_instant(s.d.clock.due_ms, "2026-01-05T12:15:00Z");
}

/* A rule may set an owner alone; it then still ends the search. */
static void test_a_rule_without_severity(void **state)
{
	CLEANUP(release_scene) struct scene s;
	struct rule *second;

	(void)state;
	init_scene(&s);
	add_rule(&s.policy, "owner")->owner = xstrdup("ada");
	second = add_rule(&s.policy, "never reached");
	second->sets_severity = true;
	second->severity = SEVERITY_CRITICAL;
	decide_new(&s);
	assert_int_equal(s.d.severity, SEVERITY_HIGH);
	assert_string_equal(s.d.rule, "owner");
	assert_string_equal(s.d.owner, "ada");
	assert_null(s.d.tags);
}

/* A demotion ends by itself; then the alert is as bad as its source says. */
static void test_expired_demotion(void **state)
{
	CLEANUP(release_scene) struct scene s;
	struct rule *r;

	(void)state;
	init_scene(&s);
	r = add_rule(&s.policy, "noisy-scanner");
	r->sets_severity = true;
	r->severity = SEVERITY_INFO;
	r->expires_ms = NOW_MS + 1;
	decide_new(&s);
	assert_int_equal(s.d.severity, SEVERITY_INFO);
	assert_quiet(&s.d);
	decide_at(&s, false, NOW_MS + 1);
	assert_int_equal(s.d.severity, SEVERITY_HIGH);
	assert_true(s.d.clock_start);
}

/* Without an answer from the calendar nothing is decided. */
static void test_error_leaves_the_result(void **state)
{
	CLEANUP(release_scene) struct scene s;
	struct err err = ERR_INIT;

	(void)state;
	init_scene(&s);
	free(s.policy.triage[SEVERITY_LOW].calendar);
	s.policy.triage[SEVERITY_LOW].calendar = xstrdup("nowhere");
	s.alert.base = SEVERITY_LOW;
	s.d.transition = TRANSITION_STALE;
	assert_int_equal(triage_decide(s.t, &s.alert, NULL, NOW_MS, &s.d, &err),
			 ERR_CONF);
	assert_int_equal(s.d.transition, TRANSITION_STALE);
}

static void test_surroundings_reach_the_rules(void **state)
{
	struct triage_input in = { .around = { .other_high_type = true },
				   .now_ms = NOW_MS };
	CLEANUP(release_scene) struct scene s;
	struct err err = ERR_INIT;
	struct rule *r;

	(void)state;
	init_scene(&s);
	r = add_rule(&s.policy, "two-high-types-on-one-entity");
	r->other_high_type = r->sets_severity = true;
	r->severity = SEVERITY_CRITICAL;
	in.alert = &s.alert;
	assert_int_equal(triage_decide_input(s.t, &in, &s.d, &err), 0);
	assert_int_equal(s.d.severity, SEVERITY_CRITICAL);
	assert_string_equal(s.d.rule, "two-high-types-on-one-entity");
	decide_at(&s, false, NOW_MS); /* nothing near */
	assert_int_equal(s.d.severity, SEVERITY_HIGH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_sight),
		cmocka_unit_test(test_first_sight_closed),
		cmocka_unit_test(test_first_sight_in_progress),
		cmocka_unit_test(test_info_is_quiet),
		cmocka_unit_test(test_no_target_still_notifies),
		cmocka_unit_test(test_historical),
		cmocka_unit_test(test_news_is_no_history),
		cmocka_unit_test(test_import_is_quiet),
		cmocka_unit_test(test_nothing_new),
		cmocka_unit_test(test_new_content),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_closed_at_the_source),
		cmocka_unit_test(test_closed_and_worse),
		cmocka_unit_test(test_closed_twice),
		cmocka_unit_test(test_human_reopening_stays),
		cmocka_unit_test(test_reopening),
		cmocka_unit_test(test_reopening_with_the_same_content),
		cmocka_unit_test(test_worse_while_closed_by_a_human),
		cmocka_unit_test(test_work_begins),
		cmocka_unit_test(test_severity_up),
		cmocka_unit_test(test_severity_up_to_critical),
		cmocka_unit_test(test_severity_down),
		cmocka_unit_test(test_severity_down_to_info),
		cmocka_unit_test(test_severity_up_without_a_clock),
		cmocka_unit_test(test_where_the_clock_starts),
		cmocka_unit_test(test_where_the_clock_starts_again),
		cmocka_unit_test(test_a_rise_starts_the_clock_now),
		cmocka_unit_test(test_a_moved_clock_keeps_its_start),
		cmocka_unit_test(test_start_basis_has_names),
		cmocka_unit_test(test_historical_falls_quietly),
		cmocka_unit_test(test_absent_severity),
		cmocka_unit_test(test_a_rule_decides),
		cmocka_unit_test(test_a_rule_without_severity),
		cmocka_unit_test(test_expired_demotion),
		cmocka_unit_test(test_error_leaves_the_result),
		cmocka_unit_test(test_surroundings_reach_the_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
