/* The end of a wait: what is still worth telling, and what holds it then. */
#include "triage/resurface.h"

#include "triage/noise_rig.h"

static void test_what_is_needless(void **state)
{
	static const struct {
		enum alert_state state;
		int64_t episode;
		enum notice_kind kind;
		const char *why;
	} rows[] = {
		{ ALERT_OPEN, 1, NOTICE_OPENED, NULL },
		{ ALERT_OPEN, 1, NOTICE_BREACHED, NULL },
		{ ALERT_OPEN, 2, NOTICE_OPENED, "re-opened" },
		{ ALERT_CLOSED, 1, NOTICE_OPENED, "closed before" },
		{ ALERT_CLOSED, 1, NOTICE_ACKNOWLEDGED, "closed before" },
		{ ALERT_CLOSED, 1, NOTICE_CLOSED, NULL },
		{ ALERT_CLOSED, 2, NOTICE_CLOSED, "re-opened" },
		{ ALERT_OPEN, 1, NOTICE_CLOSED, "is open" },
		{ ALERT_ACKNOWLEDGED, 1, NOTICE_ESCALATED, "acknowledged" },
		{ ALERT_ACKNOWLEDGED, 1, NOTICE_ACKNOWLEDGED, NULL },
		{ ALERT_OPEN, 1, NOTICE_ACKNOWLEDGED, "has run out" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct tracked t = { .state = rows[i].state,
					   .episode = rows[i].episode };
		const struct bundle_entry e = { .episode = 1,
						.kind = rows[i].kind };
		const char *why = resurface_needless(&t, &e);

		if (!rows[i].why)
			assert_null(why);
		else if (!why || !strstr(why, rows[i].why))
			fail_msg("row %zu: %s", i, why ? why : "(none)");
	}
}

/* It waits for somebody whoever has the alert, as long as there is one. */
static void test_what_is_about_a_response(void **state)
{
	static const struct {
		enum alert_state state;
		int step;
		bool needless;
	} rows[] = {
		{ ALERT_ACKNOWLEDGED, 0, true },
		{ ALERT_ACKNOWLEDGED, NOTICE_STEP_ABOUT_RESPONSE, false },
		{ ALERT_ACKNOWLEDGED, NOTICE_STEP_RESPONSE_DECIDED, false },
		{ ALERT_CLOSED, NOTICE_STEP_ABOUT_RESPONSE, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct tracked t = { .state = rows[i].state,
					   .episode = 1 };
		const struct bundle_entry e = { .episode = 1,
						.step = rows[i].step,
						.kind = NOTICE_UPDATED };

		assert_int_equal(resurface_needless(&t, &e) != NULL,
				 rows[i].needless);
	}
}

/* What holds it when it leaves such a bundle. */
static enum noise_cause leaves(const struct rig *r, enum noise_cause from,
			       int64_t now_ms)
{
	const struct bundle_place nowhere = { .cause = NOISE_NONE };
	struct noise_offer o = offer(r, SEVERITY_HIGH, "g", now_ms);
	struct bundle_place place;

	o.leaves = from;
	resurface_judge(r->noise, &o, &nowhere, &place);
	return place.cause;
}

/* Quiet hours from noon to one o'clock have begun meanwhile. */
static void test_what_holds_it_then(void **state)
{
	static const struct {
		enum noise_cause from, then;
	} rows[] = {
		{ NOISE_GROUP, NOISE_QUIET },
		{ NOISE_STORM, NOISE_QUIET },
		{ NOISE_QUIET, NOISE_QUIET },
		{ NOISE_SILENCE, NOISE_QUIET },
		{ NOISE_MAINTENANCE, NOISE_QUIET },
		/* The hour of a digest was chosen. */
		{ NOISE_DIGEST, NOISE_NONE },
		{ NOISE_IMPORT, NOISE_NONE },
	};
	CLEANUP(rig_release) struct rig r;

	(void)state;
	rig_init(&r);
	add_quiet(&r.policy, "soc", 720, 780);
	rig_start(&r);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum noise_cause then = leaves(&r, rows[i].from, NOW_MS);

		if (then != rows[i].then)
			fail_msg("row %zu: %s", i, noise_cause_name(then));
		assert_int_equal(leaves(&r, rows[i].from, NOW_MS + HOUR_MS),
				 NOISE_NONE);
	}
}

/* A silence that began meanwhile holds whatever waited for something else, also
 * a digest, and goes before the answer for a bundle. */
static void test_a_silence_holds_everything(void **state)
{
	static const enum noise_cause from[] = {
		NOISE_DIGEST,	   NOISE_IMPORT, NOISE_GROUP,	NOISE_STORM,
		NOISE_MAINTENANCE, NOISE_QUIET,	 NOISE_SILENCE,
	};
	const struct bundle_place instead = { .cause = NOISE_STORM,
					      .target = "soc",
					      .due_ms = NOW_MS };
	struct silence silence = { .id = 3,
				   .starts_ms = NOW_MS,
				   .ends_ms = NOW_MS + HOUR_MS };
	CLEANUP(rig_release) struct rig r;
	struct noise_offer o;
	struct bundle_place place;

	(void)state;
	rig_init(&r);
	rig_start(&r);
	noise_set_silences(r.noise, &silence, 1);
	for (size_t i = 0; i < ARRAY_SIZE(from); i++)
		assert_int_equal(leaves(&r, from[i], NOW_MS), NOISE_SILENCE);
	o = offer(&r, SEVERITY_HIGH, "g", NOW_MS);
	o.leaves = NOISE_GROUP;
	resurface_judge(r.noise, &o, &instead, &place);
	assert_int_equal(place.cause, NOISE_SILENCE);
	assert_string_equal(place.name, "3");
	assert_int_equal(place.due_ms, silence.ends_ms);
	o.now_ms = silence.ends_ms;
	resurface_judge(r.noise, &o, &instead, &place);
	assert_int_equal(place.cause, NOISE_STORM);
}

/* Groups of one target that are due together count together; criticals by
 * themselves. */
static void test_together(void **state)
{
	struct resurface_due due[30];
	struct bundle_place ret[30];
	CLEANUP(rig_release) struct rig r;

	(void)state;
	rig_init(&r);
	rig_start(&r);
	for (size_t i = 0; i < ARRAY_SIZE(due); i++)
		due[i] = (struct resurface_due){ NOISE_GROUP, "soc",
						 SEVERITY_HIGH };
	due[0].cause = NOISE_QUIET;
	due[1].target = "mail";
	due[2].worst = SEVERITY_CRITICAL;
	resurface_judge_together(r.noise, due, ARRAY_SIZE(due), NOW_MS, ret);
	for (size_t i = 0; i < ARRAY_SIZE(due); i++)
		assert_int_equal(ret[i].cause,
				 i < 3 ? NOISE_NONE : NOISE_STORM);
	resurface_judge_together(r.noise, due, 23, NOW_MS, ret);
	for (size_t i = 0; i < 23; i++)
		assert_int_equal(ret[i].cause, NOISE_NONE);
}

/*
 * As many groups as the limit allows, and no storm: each was counted when it
 * asked, and leaves in its own message.
 */
static void test_the_limit_itself_is_no_storm(void **state)
{
	CLEANUP(rig_release) struct rig r;
	struct noise_offer o;
	struct noise_notice s;
	char group[NOISE_GROUP_MAX];

	(void)state;
	rig_init(&r);
	rig_start(&r);
	o = offer(&r, SEVERITY_HIGH, group, NOW_MS);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(group, sizeof(group), "g%d", i);
		assert_int_equal(pass(&r, &o), NOISE_GROUP);
	}
	o.now_ms += 30000;
	o.leaves = NOISE_GROUP;
	for (int i = 0; i < 20; i++) {
		(void)snprintf(group, sizeof(group), "g%d", i);
		assert_int_equal(leaves(&r, NOISE_GROUP, o.now_ms), NOISE_NONE);
		s = notice_of(&o, NOISE_NONE);
		noise_note(r.noise, &s);
	}
	assert_int_equal(leaves(&r, NOISE_GROUP, o.now_ms), NOISE_STORM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_needless),
		cmocka_unit_test(test_what_is_about_a_response),
		cmocka_unit_test(test_what_holds_it_then),
		cmocka_unit_test(test_a_silence_holds_everything),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_the_limit_itself_is_no_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
