/*
 * Owner, phase, hold, re-opening and notes over a real store with a hand-moved
 * clock: what stops, what moves, who is told, what is written down.
 */
#include "daemon/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/rig.h"
#include "store/audit.h"
#include "store/outbox.h"
#include "triage/casework.h"
#include "util/xmalloc.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
/* Tuesday 2026-06-09 10:00 in Berlin. */
#define TUESDAY INT64_C(1780992000000)

static const char yaml[] =
	"targets:\n"
	"  - {name: oncall, type: folder, path: /nowhere/oncall}\n"
	"  - {name: boss, type: folder, path: /nowhere/boss}\n"
	"sla:\n"
	"  high: {triage: 4h, resolve: 3d}\n"
	"rules:\n"
	"  - name: crown\n"
	"    when: {severity: high, title: \"*crown*\"}\n"
	"    set: {severity: critical, owner: payments}\n"
	"  - name: owned\n"
	"    when: {severity: high, title: \"*owned*\"}\n"
	"    set: {severity: high, owner: payments}\n"
	"routes:\n"
	"  - name: urgent\n"
	"    when: {severity: [critical, high]}\n"
	"    ladder:\n"
	"      - {after: 0s, notify: [oncall]}\n"
	"      - {after: 20m, notify: [boss], repeat: 10m, times: 8}\n"
	"fallback: oncall\n";

static int setup(void **state)
{
	return rig_begin(state, yaml, TUESDAY);
}

static void open_alert(struct rig *r, const char *title)
{
	const struct rig_alert a = { .severity = SEVERITY_HIGH,
				     .title = title };

	rig_page(r, &a, 1, true);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts"), 1);
}

/* Send everything that is due, as a target that always succeeds would. */
static void deliver(struct rig *r, const char *target)
{
	struct notice n[16];
	struct err err = ERR_INIT;
	int got = outbox_lease(r->store, target, r->now_ms, OUTBOX_ROOM(16), n,
			       &err);

	assert_true(got >= 0);
	for (int i = 0; i < got; i++) {
		struct settlement s = { .id = n[i].id, .state = NOTICE_SENT };

		assert_true(outbox_settle(r->store, &s, 1, r->now_ms, &err) >=
			    0);
		notice_release(&n[i]);
	}
}

static struct human_change change(const struct rig *r, const char *who)
{
	return (struct human_change){ .id = 1,
				      .who = who,
				      .now_ms = r->now_ms };
}

static struct work_outcome assign(struct rig *r, const char *who,
				  const char *owner)
{
	const struct human_change c = change(r, who);
	struct work_outcome o = { .triaged = false };
	struct err err = ERR_INIT;

	if (pipeline_assign(&r->pipeline, &c, owner, &o, &err) < 0)
		fail_msg("%s", err.text);
	return o;
}

static struct work_outcome set_phase(struct rig *r, const char *who,
				     enum phase phase)
{
	const struct human_change c = change(r, who);
	struct work_outcome o = { .triaged = false };
	struct err err = ERR_INIT;

	if (pipeline_set_phase(&r->pipeline, &c, phase, &o, &err) < 0)
		fail_msg("%s", err.text);
	return o;
}

static void acknowledge(struct rig *r, const char *who)
{
	const struct human_change c = change(r, who);
	struct err err = ERR_INIT;

	if (pipeline_acknowledge(&r->pipeline, &c, &err) < 0)
		fail_msg("%s", err.text);
}

static void close_alert(struct rig *r, const char *who)
{
	const struct human_change c = change(r, who);
	struct err err = ERR_INIT;

	if (pipeline_close(&r->pipeline, &c, VERDICT_BENIGN, &err) < 0)
		fail_msg("%s", err.text);
}

static void assert_text(struct rig *r, const char *query, const char *expected)
{
	CLEANUP(free_ptr) char *text = rig_text(r, query);

	assert_string_equal(text, expected);
}

static int64_t escalations(struct rig *r)
{
	return rig_integer(r, "select count(*) from v_deliveries where kind = "
			      "'escalated'");
}

#define TRIAGE                                                                 \
	"select state || ' ' || ifnull(stopped_ms, 'runs') from v_sla "        \
	"where clock = 'triage' order by episode desc limit 1"
#define EVENTS                                                                 \
	"select group_concat(kind, ' ') from (select kind from v_events "      \
	"where alert_id = 1 and kind not like 'sla-%' and kind not in "        \
	"('opened', 'updated') order by id)"

static void assert_stopped(struct rig *r, const char *word, int64_t at_ms)
{
	CLEANUP(free_ptr)
	char *expected = xasprintf("%s %lld", word, (long long)at_ms);

	assert_text(r, TRIAGE, expected);
}

/* Phase first or owner first: triaged with the second of them. */
static void test_triaged_in_either_order(void **state)
{
	struct rig *r = *state;
	struct work_outcome o;

	open_alert(r, NULL);
	o = set_phase(r, "alice", PHASE_INVESTIGATE);
	assert_true(o.confirmed && !o.has_owner && !o.triaged && !o.changed);
	assert_text(r, TRIAGE, "running runs");
	rig_advance(r, TUESDAY + 20 * MINUTE);
	assert_int_equal(escalations(r), 1); /* nobody has it yet */
	o = assign(r, "alice", "bob");
	assert_true(o.triaged && o.changed);
	assert_stopped(r, "met", r->now_ms);
	assert_text(r, EVENTS, "phase escalated assigned triaged");
	assert_text(r,
		    "select actor || detail from v_events where kind = "
		    "'triaged'",
		    "alice{\"owner\":\"bob\",\"severity\":\"high\",\"phase\":"
		    "\"investigate\",\"late\":false}");
	assert_text(r,
		    "select state || owner || assigned_by || "
		    "confirmed_severity || acknowledged_by from v_alerts",
		    "acknowledgedbobalicehighalice");
}

static void test_owner_first(void **state)
{
	struct rig *r = *state;
	struct work_outcome o;

	open_alert(r, NULL);
	o = assign(r, "alice", "bob");
	assert_true(o.has_owner && !o.confirmed && !o.triaged);
	assert_text(r, "select state from v_alerts", "open");
	o = set_phase(r, "bob", PHASE_TRIAGE);
	assert_true(o.triaged && o.changed);
	assert_stopped(r, "met", r->now_ms);
	/* Further work changes nothing about that, and is no news. */
	o = set_phase(r, "bob", PHASE_CONTAIN);
	assert_true(o.triaged && !o.changed);
	o = assign(r, "bob", "carol");
	assert_true(o.triaged && !o.changed);
	assert_text(r, EVENTS, "assigned phase triaged phase assigned");
}

/* The ladder is over, what of it was not sent stays home, those told know. */
static void test_ladder_stops_for_good(void **state)
{
	struct rig *r = *state;

	open_alert(r, NULL);
	deliver(r, "oncall");
	rig_advance(r, TUESDAY + 20 * MINUTE);
	assert_int_equal(escalations(r), 1);
	assign(r, "alice", "bob");
	set_phase(r, "alice", PHASE_TRIAGE);
	assert_text(r,
		    "select state || ': ' || last_error from v_deliveries "
		    "where target = 'boss'",
		    "superseded: triaged before this was sent");
	assert_text(r,
		    "select target || ': ' || reason from v_deliveries where "
		    "kind = 'acknowledged'",
		    "oncall: you were told about it; alice triaged it, its "
		    "owner is bob");
	/* An acknowledgement of high alerts would end after two hours. */
	rig_advance(r, TUESDAY + 2 * DAY);
	assert_int_equal(escalations(r), 1);
	assert_text(r, "select state from v_alerts", "acknowledged");
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind = 'sla-breached' and detail like "
					"'%triage%'"),
			 0);
}

/* The owner by a rule and the phase by an acknowledgement are nobody's word
 * about the severity. */
static void test_acknowledgement_confirms_nothing(void **state)
{
	struct rig *r = *state;
	struct work_outcome o;

	open_alert(r, "an owned machine");
	acknowledge(r, "alice");
	assert_text(r, "select phase || ' ' || owner from v_alerts",
		    "triage payments");
	assert_text(r, TRIAGE, "running runs");
	rig_advance(r, TUESDAY + 2 * HOUR);
	assert_text(r, "select state from v_alerts", "open"); /* ran out */
	acknowledge(r, "alice");
	o = set_phase(r, "alice", PHASE_TRIAGE);
	assert_true(o.triaged && o.changed);
	/* To acknowledge it again gives it no end. */
	acknowledge(r, "bob");
	rig_advance(r, TUESDAY + 2 * DAY);
	assert_text(r, "select state || acknowledged_by from v_alerts",
		    "acknowledgedbob");
}

/* A rule may give the owner after the phase: it counts with the next word of a
 * person, and an acknowledgement until then ends as any. */
static void test_owner_by_a_later_rule(void **state)
{
	struct rig *r = *state;
	const struct rig_alert owned = { .severity = SEVERITY_HIGH,
					 .title = "an owned machine" };
	struct work_outcome o;

	open_alert(r, NULL);
	o = set_phase(r, "alice", PHASE_TRIAGE);
	assert_false(o.triaged);
	rig_page(r, &owned, 1, true);
	assert_text(r, "select owner || state from v_alerts", "paymentsopen");
	acknowledge(r, "alice");
	assert_int_equal(rig_integer(r, "select acknowledge_expires_ms from "
					"v_alerts"),
			 TUESDAY + 2 * HOUR);
	o = set_phase(r, "alice", PHASE_CONTAIN);
	assert_true(o.triaged && o.changed);
	assert_stopped(r, "met", TUESDAY);
	rig_advance(r, TUESDAY + DAY);
	assert_text(r, "select state from v_alerts", "acknowledged");
}

static void test_late_is_breached(void **state)
{
	struct rig *r = *state;

	open_alert(r, NULL);
	rig_advance(r, TUESDAY + 5 * HOUR);
	assign(r, "alice", "alice");
	set_phase(r, "alice", PHASE_TRIAGE);
	assert_stopped(r, "breached", TUESDAY + 5 * HOUR);
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind = 'triaged' and detail like "
					"'%\"late\":true%'"),
			 1);
}

/* Without an owner it escalates again, when an acknowledgement of that moment
 * would have ended; the clock does not run again. */
static void test_owner_taken_away(void **state)
{
	struct rig *r = *state;
	struct work_outcome o;
	int64_t n;

	open_alert(r, NULL);
	set_phase(r, "alice", PHASE_TRIAGE);
	assign(r, "alice", "bob");
	rig_advance(r, TUESDAY + DAY);
	n = escalations(r);
	o = assign(r, "alice", NULL);
	assert_true(o.changed && !o.triaged && !o.has_owner);
	assert_stopped(r, "met", TUESDAY);
	rig_advance(r, TUESDAY + DAY + 2 * HOUR - MINUTE);
	assert_int_equal(escalations(r), n);
	rig_advance(r, TUESDAY + DAY + 2 * HOUR);
	assert_int_equal(escalations(r), n + 1);
	assert_text(r, "select state from v_alerts", "open");
	/* Taken back in time, it would have had no end again. */
	o = assign(r, "carol", "carol");
	assert_true(o.triaged && o.changed);
	assert_text(r,
		    "select acknowledged_by || ifnull(acknowledge_expires_ms, "
		    "'') from v_alerts",
		    "carol");
}

/* What rose is not what somebody confirmed: it escalates at once. */
static void test_rise_undoes_it(void **state)
{
	struct rig *r = *state;
	const struct rig_alert worse = { .severity = SEVERITY_HIGH,
					 .title = "the crown too" };
	struct work_outcome o;

	open_alert(r, NULL);
	set_phase(r, "alice", PHASE_TRIAGE);
	assign(r, "alice", "bob");
	deliver(r, "oncall");
	rig_page(r, &worse, 1, true);
	assert_text(r, "select state || severity || owner from v_alerts",
		    "opencriticalbob");
	assert_int_equal(rig_integer(r, "select count(*) from ladder where "
					"next_ms > 0"),
			 1);
	o = set_phase(r, "bob", PHASE_CONTAIN);
	assert_true(o.triaged && o.changed);
	assert_int_equal(rig_integer(r, "select count(*) from ladder where "
					"next_ms > 0"),
			 0);
}

static int hold(struct rig *r, int64_t for_ms, struct work_outcome *ret,
		struct err *err)
{
	struct human_change c = change(r, "alice");

	c.note = "the vendor sends a patch";
	return pipeline_hold(&r->pipeline, &c, for_ms, ret, err);
}

#define RESOLVE_DUE "select due_ms from v_sla where clock = 'resolve'"
#define RESOLVE_STATE "select state from v_sla where clock = 'resolve'"

/* Two days on hold, ended by the clock itself, move the due time by two. */
static void test_hold_runs_out(void **state)
{
	struct rig *r = *state;
	struct work_outcome o = { .due_ms = 0 };
	struct err err = ERR_INIT;

	open_alert(r, NULL);
	assert_int_equal(rig_integer(r, RESOLVE_DUE), TUESDAY + 3 * DAY);
	rig_advance(r, TUESDAY + HOUR);
	assert_int_equal(hold(r, 2 * DAY, &o, &err), 0);
	assert_int_equal(o.due_ms, TUESDAY + 5 * DAY);
	assert_text(r, RESOLVE_STATE, "held");
	/* The triage clock does not wait. */
	rig_advance(r, TUESDAY + 5 * HOUR);
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind = 'sla-breached'"),
			 1);
	rig_advance(r, TUESDAY + HOUR + 2 * DAY);
	assert_text(r, RESOLVE_STATE, "running");
	assert_int_equal(rig_integer(r, RESOLVE_DUE), TUESDAY + 5 * DAY);
	assert_text(r,
		    "select group_concat(actor || kind) from (select actor, "
		    "kind from v_events where kind like 'h%' order by id)",
		    "aliceheld,triagedhold-expired");
	rig_advance(r, TUESDAY + 5 * DAY - MINUTE);
	assert_text(r, RESOLVE_STATE, "running");
	rig_advance(r, TUESDAY + 5 * DAY);
	assert_text(r, RESOLVE_STATE, "breached");
}

static void test_hold_ends_early(void **state)
{
	struct rig *r = *state;
	struct work_outcome o = { .due_ms = 0 };
	struct err err = ERR_INIT;

	open_alert(r, NULL);
	assert_int_equal(hold(r, 0, &o, &err), ERR_BAD_STATE);
	assert_non_null(strstr(err.text, "not on hold"));
	assert_int_equal(hold(r, 2 * DAY, &o, &err), 0);
	rig_advance(r, TUESDAY + 6 * HOUR);
	assert_int_equal(hold(r, 0, &o, &err), 0);
	assert_int_equal(o.due_ms, TUESDAY + 3 * DAY + 6 * HOUR);
	assert_int_equal(rig_integer(r, RESOLVE_DUE), o.due_ms);
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind = 'hold-ended'"),
			 1);
	assert_int_equal(hold(r, CASEWORK_HOLD_MAX_MS + 1, &o, &err),
			 ERR_LIMIT);
	close_alert(r, "alice");
	assert_int_equal(hold(r, DAY, &o, &err), ERR_BAD_STATE);
	/* What was refused left no trace. */
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind = 'held'"),
			 1);
}

/* A new episode: clocks from now, the ladder from its first step, other keys.
 */
static void test_reopen(void **state)
{
	struct rig *r = *state;
	struct human_change c;
	struct work_outcome o = { .episode = 0 };
	struct err err = ERR_INIT;

	open_alert(r, NULL);
	set_phase(r, "alice", PHASE_CONTAIN);
	assign(r, "alice", "bob");
	deliver(r, "oncall");
	c = change(r, "alice");
	assert_int_equal(pipeline_reopen(&r->pipeline, &c, &o, &err),
			 ERR_BAD_STATE);
	close_alert(r, "alice");
	rig_advance(r, TUESDAY + DAY);
	c = change(r, "dave");
	c.note = "it is back";
	assert_int_equal(pipeline_reopen(&r->pipeline, &c, &o, &err), 0);
	assert_int_equal(o.episode, 2);
	assert_text(r,
		    "select state || phase || episode || owner || "
		    "ifnull(confirmed_severity, '-') from v_alerts",
		    "opendetect2bob-");
	assert_text(r, TRIAGE, "running runs");
	assert_int_equal(rig_integer(r,
				     "select due_ms from v_sla where clock = "
				     "'triage' and episode = 2"),
			 TUESDAY + DAY + 4 * HOUR);
	assert_int_equal(rig_integer(r,
				     "select due_ms from v_sla where clock = "
				     "'resolve' and episode = 2"),
			 TUESDAY + 4 * DAY);
	assert_text(r,
		    "select target || ': ' || reason from v_deliveries where "
		    "kind = 'reopened'",
		    "oncall: dave re-opened it; step 1 of 2 of urgent");
	rig_advance(r, TUESDAY + DAY + 20 * MINUTE);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where target = 'boss' and episode = "
					"2"),
			 1);
	assert_int_equal(rig_integer(r, "select count(*) - count(distinct key) "
					"from v_deliveries"),
			 0);
	assert_text(r,
		    "select actor || detail from v_events where kind = "
		    "'reopened'",
		    "dave{\"episode\":2,\"note\":\"it is back\"}");
	/* Confirmed in the first episode says nothing about the second. */
	assert_false(assign(r, "dave", "dave").triaged);
}

/* The next copy of the source finds it open and leaves it so. */
static void test_reopen_stays_open(void **state)
{
	struct rig *r = *state;
	const struct rig_alert resolved = { .severity = SEVERITY_HIGH,
					    .status = "Resolved",
					    .source_state = SOURCE_RESOLVED };
	struct human_change c;
	struct err err = ERR_INIT;

	open_alert(r, NULL);
	rig_page(r, &resolved, 1, true);
	assert_text(r, "select state from v_alerts", "closed");
	c = change(r, "dave");
	assert_int_equal(pipeline_reopen(&r->pipeline, &c,
					 &(struct work_outcome){ 0 }, &err),
			 0);
	rig_page(r, &resolved, 1, true);
	assert_text(r, "select state || episode from v_alerts", "open2");
}

static void test_note(void **state)
{
	struct rig *r = *state;
	struct human_change c;
	struct err err = ERR_INIT;
	int64_t version;

	open_alert(r, NULL);
	close_alert(r, "alice");
	version = rig_integer(r, "select version from v_alerts");
	c = change(r, "bob");
	c.version = 77; /* of no matter */
	c.note = "two lines\nof it";
	assert_int_equal(pipeline_add_note(&r->pipeline, &c, &err), 0);
	assert_text(r,
		    "select actor || detail from v_events where kind = 'note'",
		    "bob{\"text\":\"two lines\\nof it\"}");
	assert_int_equal(rig_integer(r, "select version from v_alerts"),
			 version);
	c.id = 99;
	assert_int_equal(pipeline_add_note(&r->pipeline, &c, &err),
			 ERR_NOT_FOUND);
}

/* Two who looked at the same version: the second is told, and changes nothing.
 */
static void test_second_of_two(void **state)
{
	struct rig *r = *state;
	struct human_change c;
	struct work_outcome o = { .triaged = false };
	struct err err = ERR_INIT;
	int64_t n_events, count;

	open_alert(r, NULL);
	c = change(r, "alice");
	c.version = rig_integer(r, "select version from v_alerts");
	assert_int_equal(pipeline_assign(&r->pipeline, &c, "alice", &o, &err),
			 0);
	n_events = rig_integer(r, "select count(*) from v_events");
	c.who = "bob";
	assert_int_equal(pipeline_assign(&r->pipeline, &c, "bob", &o, &err),
			 ERR_CONFLICT);
	assert_int_equal(pipeline_set_phase(&r->pipeline, &c, PHASE_TRIAGE, &o,
					    &err),
			 ERR_CONFLICT);
	assert_int_equal(pipeline_hold(&r->pipeline, &c, DAY, &o, &err),
			 ERR_CONFLICT);
	assert_int_equal(pipeline_reopen(&r->pipeline, &c, &o, &err),
			 ERR_CONFLICT);
	assert_text(r, "select owner || phase from v_alerts", "alicedetect");
	assert_int_equal(rig_integer(r, "select count(*) from v_events"),
			 n_events);
	assert_int_equal(audit_verify(r->store, &count, &(int64_t){ 0 }, &err),
			 0);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_triaged_in_either_order),
		WITH(test_owner_first),
		WITH(test_ladder_stops_for_good),
		WITH(test_acknowledgement_confirms_nothing),
		WITH(test_owner_by_a_later_rule),
		WITH(test_late_is_breached),
		WITH(test_owner_taken_away),
		WITH(test_rise_undoes_it),
		WITH(test_hold_runs_out),
		WITH(test_hold_ends_early),
		WITH(test_reopen),
		WITH(test_reopen_stays_open),
		WITH(test_note),
		WITH(test_second_of_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
