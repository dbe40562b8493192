/* A clock that was ahead is set back: what began to wait meanwhile waits for
 * as long as it was to, unless the clock is only wrong for a moment. */
#include "daemon/turnback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemon/rig.h"
#include "daemon/silencing.h"
#include "store/audit.h"
#include "store/txn.h"
#include "triage/silences.h"
#include "util/xmalloc.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define AHEAD (3652 * DAY)
/* 2026-03-03T10:00:00Z, a Tuesday */
#define T INT64_C(1772532000000)
#define SETTLE TURNBACK_SETTLE_MS

static const char yaml[] =
	"targets: [{name: oncall, type: folder, path: /nowhere}]\n"
	"calendars:\n"
	"  - {name: office, timezone: Europe/Berlin, hours: {mon-fri: "
	"\"08:00-18:00\"}}\n"
	"routes:\n"
	"  - when: {severity: low}\n"
	"    ladder: [{after: due-day, notify: [oncall]}]\n"
	"  - ladder: [{after: 0s, notify: [oncall]}]\n"
	"fallback: oncall\n"
	"sla:\n"
	"  high: {triage: 4h, resolve: 10d}\n"
	"  medium: {triage: 6h, calendar: office}\n"
	"  low: {triage: next-business-day, calendar: office}\n"
	"acknowledge-expires: {high: 2h}\n";

static int setup(void **state)
{
	return rig_begin(state, yaml, T);
}

static void arrives(struct rig *r, const char *id)
{
	struct rig_alert a = { .id = id,
			       .type = id,
			       .severity = SEVERITY_HIGH };

	rig_page(r, &a, 1, false);
}

static void acknowledge(struct rig *r, int64_t id)
{
	struct err err = ERR_INIT;

	if (pipeline_acknowledge(&r->pipeline,
				 &(struct human_change){ .id = id,
							 .who = "ann",
							 .now_ms = r->now_ms },
				 &err) < 0)
		fail_msg("%s", err.text);
}

static void silence(struct rig *r)
{
	struct silence s = { .author = (char *)"ann",
			     .reason = (char *)"known scan",
			     .created_ms = r->now_ms,
			     .starts_ms = r->now_ms,
			     .ends_ms = r->now_ms + 3 * HOUR };
	struct err err = ERR_INIT;
	int64_t id;

	if (silence_parse_when("severity=low", &s, &err) < 0 ||
	    silencing_add(&r->pipeline, &s, &id, &err) < 0)
		fail_msg("%s", err.text);
	match_release(&s.when);
	free(s.when_text);
}

static void jump(struct rig *r, struct turnback *t, int64_t by_ms,
		 int64_t mono_ms)
{
	struct err err = ERR_INIT;

	rig_advance(r, r->now_ms + by_ms);
	if (turnback_jump(t, &r->pipeline, by_ms, r->now_ms, mono_ms, &err) < 0)
		fail_msg("%s", err.text);
}

static int look(struct rig *r, struct turnback *t, bool behind, int64_t mono_ms)
{
	struct err err = ERR_INIT;
	int rc = turnback_look(t, &r->pipeline, behind, r->now_ms, mono_ms,
			       &err);

	if (rc < 0)
		fail_msg("%s", err.text);
	return rc;
}

/* In how long the acknowledgement of @id runs out. */
static int64_t expires_in(struct rig *r, int64_t id)
{
	CLEANUP(free_ptr)
	char *ask = xasprintf("SELECT acknowledge_expires_ms FROM v_alerts "
			      "WHERE id = %lld",
			      (long long)id);

	return rig_integer(r, ask) - r->now_ms;
}

static int64_t events(struct rig *r, const char *kind)
{
	CLEANUP(free_ptr)
	char *ask = xasprintf("SELECT count(*) FROM v_events WHERE kind = '%s'",
			      kind);

	return rig_integer(r, ask);
}

static void test_set_right(void **state)
{
	struct rig *r = *state;
	struct turnback t = { .by_ms = 0 };

	arrives(r, "before");
	acknowledge(r, 1);
	jump(r, &t, AHEAD, 0);
	assert_int_equal(t.by_ms, 0);
	assert_int_equal(turnback_in_ms(&t, 0), -1);
	rig_advance(r, r->now_ms + DAY); /* that of before has run out */
	arrives(r, "ahead");
	acknowledge(r, 2);
	silence(r);
	jump(r, &t, -AHEAD, 1000);
	assert_int_equal(expires_in(r, 2), AHEAD + 2 * HOUR);
	assert_int_equal(turnback_in_ms(&t, 1000), SETTLE);
	assert_int_equal(look(r, &t, false, 1000 + SETTLE - 1), 0);
	assert_int_equal(look(r, &t, true, 1000 + SETTLE), 0);
	assert_int_equal(expires_in(r, 2), AHEAD + 2 * HOUR);

	assert_int_equal(look(r, &t, false, 1000 + SETTLE), 1);
	assert_int_equal(expires_in(r, 2), 2 * HOUR);
	assert_int_equal(turnback_in_ms(&t, 1000 + SETTLE), -1);
	assert_int_equal(events(r, "clock-set-back"), 1);
	assert_int_equal(rig_integer(r, "SELECT detail ->> 'acknowledgements' "
					"FROM v_events WHERE kind = "
					"'waits-moved'"),
			 1);
	/* Facts stay: it was acknowledged when the clock said so. */
	assert_int_equal(rig_integer(r, "SELECT acknowledged_ms FROM v_alerts "
					"WHERE id = 2"),
			 T + AHEAD + DAY);
	/* What is in memory has moved, too. */
	rig_advance(r, r->now_ms + 2 * HOUR);
	assert_int_equal(rig_integer(r, "SELECT count(*) FROM v_alerts WHERE "
					"id = 2 AND state = 'open'"),
			 1);
	assert_int_equal(events(r, "silence-ended"), 0);
	rig_advance(r, r->now_ms + HOUR);
	assert_int_equal(events(r, "silence-ended"), 1);
}

static void test_wrong_for_a_moment(void **state)
{
	struct rig *r = *state;
	struct turnback t = { .by_ms = 0 };

	arrives(r, "one");
	acknowledge(r, 1);
	jump(r, &t, -20000 * DAY, 0);
	assert_int_equal(t.by_ms, 20000 * DAY);
	jump(r, &t, 20000 * DAY + 3 * MINUTE, MINUTE);
	assert_int_equal(t.by_ms, 0);
	assert_int_equal(look(r, &t, false, 2 * SETTLE), 0);
	assert_int_equal(expires_in(r, 1), 2 * HOUR - 3 * MINUTE);
	assert_int_equal(events(r, "waits-moved"), 0);
}

static void hold(struct rig *r, int64_t id, int64_t for_ms)
{
	const struct human_change c = { .id = id,
					.who = "ann",
					.note = "the vendor sends a patch",
					.now_ms = r->now_ms };
	struct work_outcome o;
	struct err err = ERR_INIT;

	if (pipeline_hold(&r->pipeline, &c, for_ms, &o, &err) < 0)
		fail_msg("%s", err.text);
}

/* In how long the resolve clock of alert 1 runs out. */
static int64_t resolve_in(struct rig *r)
{
	return rig_integer(r, "SELECT due_ms FROM v_sla WHERE alert_id = 1 AND "
			      "clock = 'resolve'") -
	       r->now_ms;
}

/* It began before, and somebody ended it while the clock was a day ahead: that
 * day was none. */
static void test_unheld_ahead(void **state)
{
	struct rig *r = *state;
	struct turnback t = { .by_ms = 0 };

	arrives(r, "one");
	hold(r, 1, 3 * DAY);
	rig_advance(r, r->now_ms + HOUR);
	jump(r, &t, DAY, 0);
	hold(r, 1, 0);
	assert_int_equal(resolve_in(r), 10 * DAY);
	jump(r, &t, -DAY, 1000);
	assert_int_equal(resolve_in(r), 11 * DAY);
	assert_int_equal(look(r, &t, false, 1000 + SETTLE), 1);
	assert_int_equal(resolve_in(r), 10 * DAY);
	/* Another step back is about other waits. */
	rig_advance(r, r->now_ms + HOUR);
	jump(r, &t, -MINUTE, 2 * SETTLE);
	(void)look(r, &t, false, 3 * SETTLE);
	assert_int_equal(resolve_in(r), 10 * DAY - HOUR + MINUTE);
}

static void expect_at(struct rig *r, const char *ask, const char *at)
{
	CLEANUP(free_ptr) char *found = rig_text(r, ask);

	assert_string_equal(found, at);
}

#define DUE_OF(id) "SELECT due_at FROM v_sla WHERE alert_id = " id

/* Business hours are where they were: a clock that counts them ends by them,
 * and the step that hangs on it begins by them. */
static void test_business_hours(void **state)
{
	struct rig *r = *state;
	struct turnback t = { .by_ms = 0 };
	const struct rig_alert alerts[] = {
		{ .id = "low", .type = "low", .severity = SEVERITY_LOW },
		{ .id = "medium", .type = "m", .severity = SEVERITY_MEDIUM },
		{ .id = "high", .type = "h", .severity = SEVERITY_HIGH },
	};

	/* Friday, 16:00 in Berlin. */
	jump(r, &t, 3 * DAY + 5 * HOUR, 0);
	rig_page(r, alerts, 3, false);
	expect_at(r, DUE_OF("1"), "2026-03-09T17:00:00.000Z");
	expect_at(r, DUE_OF("2"), "2026-03-09T11:00:00.000Z");
	jump(r, &t, -3 * DAY - 5 * HOUR, 1000);
	assert_int_equal(look(r, &t, false, 1000 + SETTLE), 1);
	/* Tuesday, 11:00 in Berlin: the close of Wednesday, and six hours. */
	expect_at(r, DUE_OF("1"), "2026-03-04T17:00:00.000Z");
	expect_at(r, DUE_OF("2"), "2026-03-03T16:00:00.000Z");
	expect_at(r, DUE_OF("3") " AND clock = 'triage'",
		  "2026-03-03T14:00:00.000Z");
	assert_int_equal(rig_integer(r, "SELECT count(*) FROM v_deliveries "
					"WHERE alert_id = 1"),
			 0);
	/* The low one is told of at the open of its day. */
	rig_advance(r, T + 21 * HOUR - 1);
	assert_int_equal(rig_integer(r, "SELECT count(*) FROM v_deliveries "
					"WHERE alert_id = 1"),
			 0);
	rig_advance(r, T + 21 * HOUR);
	assert_int_equal(rig_integer(r, "SELECT count(*) FROM v_deliveries "
					"WHERE alert_id = 1"),
			 1);
}

/* As on many machines: little by little. */
static void test_steps(void **state)
{
	struct rig *r = *state;
	struct turnback t = { .by_ms = 0 };

	arrives(r, "one");
	acknowledge(r, 1);
	jump(r, &t, -HOUR, 0);
	jump(r, &t, -HOUR, SETTLE - 1);
	assert_int_equal(look(r, &t, false, SETTLE), 0);
	assert_int_equal(look(r, &t, false, 2 * SETTLE), 1);
	assert_int_equal(expires_in(r, 1), 2 * HOUR);
}

static void recall(struct rig *r, struct turnback *t, int64_t mono_ms)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct err err = ERR_INIT;
	const struct audit_event started = { .at_ms = r->now_ms,
					     .actor = "triaged",
					     .kind = "started" };

	if (txn_begin(&txn, r->store, &err) < 0 ||
	    turnback_recall(t, r->store, r->now_ms, mono_ms, &err) < 0 ||
	    audit_add(r->store, &started, &err) < 0 ||
	    txn_commit(&txn, &err) < 0)
		fail_msg("%s", err.text);
}

/* The clock was set while triaged was down, and it is stopped again and again
 * before the time is over, as --once is. */
static void test_over_starts(void **state)
{
	struct rig *r = *state;
	struct turnback t = { .by_ms = 7 };

	recall(r, &t, 0);
	assert_int_equal(t.by_ms, 0);
	rig_advance(r, r->now_ms + AHEAD);
	arrives(r, "ahead");
	acknowledge(r, 1);
	rig_advance(r, T);
	rig_restart(r);
	recall(r, &t, 0);
	assert_int_equal(t.by_ms, AHEAD);
	assert_int_equal(look(r, &t, false, MINUTE), 0);
	rig_advance(r, T + MINUTE);
	rig_restart(r);
	recall(r, &t, 0);
	assert_int_equal(t.by_ms, AHEAD);
	assert_int_equal(turnback_in_ms(&t, 0), SETTLE - MINUTE);
	rig_advance(r, T + SETTLE);
	rig_restart(r);
	recall(r, &t, 0);
	assert_int_equal(look(r, &t, false, 0), 1);
	assert_int_equal(expires_in(r, 1), 2 * HOUR - SETTLE);
	/* Done is done. */
	rig_restart(r);
	recall(r, &t, 0);
	assert_int_equal(t.by_ms, 0);
	assert_int_equal(events(r, "clock-set-back"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_set_right, setup, rig_end),
		cmocka_unit_test_setup_teardown(test_wrong_for_a_moment, setup,
						rig_end),
		cmocka_unit_test_setup_teardown(test_business_hours, setup,
						rig_end),
		cmocka_unit_test_setup_teardown(test_unheld_ahead, setup,
						rig_end),
		cmocka_unit_test_setup_teardown(test_steps, setup, rig_end),
		cmocka_unit_test_setup_teardown(test_over_starts, setup,
						rig_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
