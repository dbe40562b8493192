/* A drill over the whole pipeline with a hand-moved clock: it goes the way of
 * an alert, ends by itself, counts as none, and runs no hooks. */
#include "daemon/drilling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/hush.h"
#include "daemon/rig.h"
#include "daemon/second.h"
#include "daemon/timed.h"
#include "store/outbox.h"
#include "triage/noise.h"
#include "util/xmalloc.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
/* Tuesday 2026-06-09 10:00 in Berlin. */
#define TUESDAY INT64_C(1780992000000)

static const char yaml[] =
	"targets:\n"
	"  - {name: oncall, type: folder, path: /nowhere/oncall}\n"
	"  - {name: boss, type: folder, path: /nowhere/boss}\n"
	"  - {name: hook, type: exec, command: [/bin/true]}\n"
	"routes:\n"
	"  - name: urgent\n"
	"    when: {severity: [critical, high]}\n"
	"    ladder:\n"
	"      - {after: 0s, notify: [oncall, hook]}\n"
	"      - {after: 5m, notify: [boss], repeat: 5m, times: 9}\n"
	"  - name: hushed\n"
	"    when: {severity: medium}\n"
	"    ladder: [{after: 0s, notify: [boss]}]\n"
	"  - name: morning\n"
	"    digest: {at: \"09:00\", calendar: office, notify: [hook, boss]}\n"
	"calendars:\n"
	"  - {name: office, timezone: Europe/Berlin, hours: {mon-fri: "
	"[\"09:00-17:00\"]}}\n"
	"fallback: oncall\n"
	"quiet-hours: {target: boss, timezone: Europe/Berlin, hours: "
	"{mon-sun: [\"09:00-12:00\"]}}\n"
	"groups: {wait: {high: 30s}}\n"
	"storm: {groups: 1, within: 5m, critical-groups: 1, critical-every: "
	"50s}\n";

static int setup(void **state)
{
	return rig_begin(state, yaml, TUESDAY);
}

static struct drill_order order(const struct rig *r, enum severity severity)
{
	return (struct drill_order){ .who = "ann",
				     .severity = severity,
				     .for_ms = 12 * MINUTE,
				     .now_ms = r->now_ms };
}

static void begin(struct rig *r, const struct drill_order *o)
{
	CLEANUP(drill_release) struct drill d = { 0 };
	struct err err = ERR_INIT;

	if (drilling_begin(&r->pipeline, o, &d, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(d.alert_id > 0);
}

/* As eve; @alert 0: whichever runs. */
static int stop(struct rig *r, int64_t alert, enum drill_result *ret)
{
	const struct drill_stop s = { .alert_id = alert,
				      .who = "eve",
				      .now_ms = r->now_ms };
	struct err err = ERR_INIT;
	int64_t id = 0;
	int rc = drilling_end(&r->pipeline, &s, &id, ret, &err);

	assert_true((rc == 0) == (id > 0));
	return rc;
}

static void deliver(struct rig *r, const char *target, enum notice_state ends)
{
	struct notice n[8];
	struct err err = ERR_INIT;
	int got = outbox_lease(r->store, target, r->now_ms, OUTBOX_ROOM(8), n,
			       &err);

	assert_true(got > 0);
	for (int i = 0; i < got; i++) {
		const struct settlement s = { .id = n[i].id,
					      .state = ends,
					      .error = "it says no" };

		assert_true(outbox_settle(r->store, &s, 1, r->now_ms, &err) >=
			    0);
		notice_release(&n[i]);
	}
}

static void acknowledge(struct rig *r)
{
	const struct human_change c = { .id = 1,
					.who = "ben",
					.now_ms = r->now_ms };
	struct err err = ERR_INIT;

	assert_int_equal(pipeline_acknowledge(&r->pipeline, &c, &err), 0);
}

static void assert_text(struct rig *r, const char *query, const char *expected)
{
	CLEANUP(free_ptr) char *text = rig_text(r, query);

	assert_string_equal(text, expected);
}

#define RESULT "select result || ' ' || ended_by from v_drills"
#define STATE "select state from v_alerts"

static void test_told_and_answered(void **state)
{
	struct rig *r = *state;
	struct drill_order o = order(r, SEVERITY_CRITICAL);

	begin(r, &o);
	assert_text(r, "select severity || source || kind from v_alerts",
		    "criticaldrilldrill");
	assert_int_equal(rig_integer(r, "select count(*) from v_sla"), 1);
	deliver(r, "oncall", NOTICE_SENT);
	rig_advance(r, TUESDAY + MINUTE);
	assert_text(r, STATE, "open");
	acknowledge(r);
	rig_advance(r, TUESDAY + MINUTE + 1);
	assert_text(r, RESULT, "passed triaged");
	assert_text(r, STATE, "closed");
	assert_text(r,
		    "select detail ->> 'answered_by' from v_events where "
		    "kind = 'drill-ended'",
		    "ben");
}

/* Who saw it on a screen was not told by a message: it goes on. */
static void test_answered_and_not_told(void **state)
{
	struct rig *r = *state;
	struct drill_order o = order(r, SEVERITY_CRITICAL);

	begin(r, &o);
	acknowledge(r);
	rig_advance(r, TUESDAY + 11 * MINUTE);
	assert_text(r, STATE, "acknowledged");
	rig_advance(r, TUESDAY + 12 * MINUTE);
	assert_text(r, RESULT, "unreached triaged");
}

static void test_nobody_answers(void **state)
{
	struct rig *r = *state;
	struct drill_order o = order(r, SEVERITY_CRITICAL);

	begin(r, &o);
	deliver(r, "oncall", NOTICE_SENT);
	rig_advance(r, TUESDAY + 6 * MINUTE);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where target = 'boss'"),
			 1);
	/* A restart in the middle, past its end: no further step. */
	rig_restart(r);
	rig_advance(r, TUESDAY + HOUR);
	assert_text(r, RESULT, "unanswered triaged");
	assert_text(r, STATE, "closed");
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where target = 'boss' and kind = "
					"'escalated'"),
			 2);
	assert_int_equal(timed_next_ms(&r->pipeline), 0);
}

static void test_two_at_once(void **state)
{
	struct rig *r = *state;
	CLEANUP(drill_release) struct drill d = { 0 };
	struct drill_order o = order(r, SEVERITY_CRITICAL);
	struct err err = ERR_INIT;
	enum drill_result result;

	begin(r, &o);
	assert_int_equal(drilling_begin(&r->pipeline, &o, &d, &err),
			 ERR_CONFLICT);
	assert_non_null(strstr(err.text, "alert 1, begun by ann"));
	assert_int_equal(stop(r, 9, &result), ERR_NOT_FOUND);
	assert_int_equal(stop(r, 0, &result), 0);
	assert_int_equal(result, DRILL_UNREACHED);
	assert_text(r, RESULT, "unreached eve");
	assert_int_equal(stop(r, 0, &result), ERR_NOT_FOUND);
	o.now_ms = ++r->now_ms;
	begin(r, &o);
}

static void test_refuses(void **state)
{
	struct rig *r = *state;
	struct drill_order rows[] = { order(r, SEVERITY_INFO),
				      order(r, SEVERITY_LOW),
				      order(r, SEVERITY_LOW),
				      order(r, SEVERITY_LOW) };

	rows[1].for_ms = 0;
	rows[2].for_ms = DRILL_MOST_MS + 1;
	rows[3].match = "entity=*";
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(drill_release) struct drill d = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(drilling_begin(&r->pipeline, &rows[i], &d,
						&err),
				 ERR_CONF);
		assert_int_equal(d.id, 0);
	}
	assert_int_equal(rig_integer(r, "select count(*) from v_drills"), 0);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts"), 0);
}

#define HOOKS                                                                  \
	"select count(*) || ifnull(max(state || substr(last_error, 1, 9)), "   \
	"'') from v_deliveries where target = 'hook'"

static void test_hooks(void **state)
{
	struct rig *r = *state;
	struct drill_order o = order(r, SEVERITY_CRITICAL);
	enum drill_result result;
	struct err err = ERR_INIT;

	begin(r, &o);
	assert_text(r, HOOKS, "1supersededleft out:");
	/* The second channel is one to people, too. */
	deliver(r, "oncall", NOTICE_DEAD);
	assert_true(second_run(&r->pipeline, r->now_ms, &err) > 0);
	assert_text(r, HOOKS, "1supersededleft out:");
	assert_int_equal(stop(r, 0, &result), 0);
	o.now_ms = ++r->now_ms;
	o.with_hooks = true;
	begin(r, &o);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where target = 'hook' and state = "
					"'pending'"),
			 1);
	/* What a program took is nobody told. */
	deliver(r, "hook", NOTICE_SENT);
	assert_int_equal(stop(r, 0, &result), 0);
	assert_int_equal(result, DRILL_UNREACHED);
}

/* A hook in a digest is one too; the others wait for its hour. */
static void test_digest(void **state)
{
	struct rig *r = *state;
	struct drill_order o = order(r, SEVERITY_LOW);

	begin(r, &o);
	assert_text(r, HOOKS, "1supersededleft out:");
	assert_text(r, "select target || cause from v_suppressions",
		    "bossdigest");
	rig_advance(r, TUESDAY + 25 * HOUR);
	assert_text(r, "select outcome from v_suppressions", "needless");
	assert_text(r, RESULT, "unreached triaged");
}

/* Quiet hours hold it as they would a real one. */
static void test_quiet_hours(void **state)
{
	struct rig *r = *state;
	struct drill_order o = order(r, SEVERITY_MEDIUM);

	begin(r, &o);
	assert_text(r, "select target || cause from v_suppressions",
		    "bossquiet");
	rig_advance(r, TUESDAY + HOUR);
	assert_text(r, RESULT, "unreached triaged");
}

/* The limit is one message: drills do not count, and are not counted out. */
static void test_no_storm(void **state)
{
	struct rig *r = *state;
	struct drill_order o = order(r, SEVERITY_HIGH);
	struct rig_alert real[] = {
		{ .id = "a", .type = "A", .severity = SEVERITY_HIGH },
		{ .id = "b", .type = "B", .severity = SEVERITY_HIGH },
		{ .id = "c", .type = "C", .severity = SEVERITY_HIGH }
	};
	enum drill_result result;

	for (int i = 0; i < 4; i++) {
		o.now_ms = r->now_ms;
		begin(r, &o);
		deliver(r, "oncall", NOTICE_SENT);
		assert_int_equal(stop(r, 0, &result), 0);
		assert_int_equal(result, DRILL_UNANSWERED);
		r->now_ms++;
	}
	assert_int_equal(noise_storm_since(hush_noise(&r->pipeline), "oncall",
					   r->now_ms),
			 0);
	/* Nor after a restart, which reads what was sent. */
	rig_restart(r);
	assert_int_equal(noise_storm_since(hush_noise(&r->pipeline), "oncall",
					   r->now_ms),
			 0);
	rig_page(r, real, ARRAY_SIZE(real), true);
	assert_int_not_equal(noise_storm_since(hush_noise(&r->pipeline),
					       "oncall", r->now_ms),
			     0);
	o.now_ms = r->now_ms;
	begin(r, &o);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where kind = 'opened' and target = "
					"'oncall'"),
			 6); /* five drills, and the first real one */
}

/* A real alert on the same thing is no worse for it. */
static void test_makes_nothing_worse(void **state)
{
	struct rig *r = *state;
	struct drill_order o = order(r, SEVERITY_HIGH);

	o.match = "entity=vm-1 account=eve alert-type=Z";
	begin(r, &o);
	assert_int_equal(rig_integer(r, "select count(*) from v_entities"), 1);
	assert_text(r, "select severity from v_alerts", "high");
}

static void test_stays_closed(void **state)
{
	struct rig *r = *state;
	struct drill_order o = order(r, SEVERITY_HIGH);
	const struct human_change c = { .id = 1, .who = "ben" };
	struct work_outcome w;
	struct err err = ERR_INIT;

	begin(r, &o);
	rig_advance(r, TUESDAY + HOUR);
	assert_int_equal(pipeline_reopen(&r->pipeline, &c, &w, &err),
			 ERR_BAD_STATE);
	assert_text(r, STATE, "closed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_end)
		TEST(test_told_and_answered),
		TEST(test_answered_and_not_told),
		TEST(test_nobody_answers),
		TEST(test_two_at_once),
		TEST(test_refuses),
		TEST(test_hooks),
		TEST(test_digest),
		TEST(test_quiet_hours),
		TEST(test_no_storm),
		TEST(test_makes_nothing_worse),
		TEST(test_stays_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
