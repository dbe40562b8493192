/*
 * The story from end to end with a hand-moved clock: pipeline, story, owe,
 * self, people, timed. Everything but sources and senders is real.
 *
 * Battery: B2.
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
#include "daemon/timed.h"
#include "store/audit.h"
#include "store/outbox.h"
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
	"  - {name: soc, type: folder, path: /nowhere/soc}\n"
	"calendars:\n"
	"  - name: office\n"
	"    timezone: Europe/Berlin\n"
	"    hours: {mon-fri: [\"09:00-17:00\"]}\n"
	"sla:\n"
	"  low: {triage: next-business-day, calendar: office}\n"
	"  high: {triage: 4h, resolve: 2d}\n"
	"rules:\n"
	"  - name: crown\n"
	"    when: {severity: high, title: \"*crown*\"}\n"
	"    set: {severity: critical, owner: payments, tags: [jewel]}\n"
	"routes:\n"
	"  - name: urgent\n"
	"    when: {severity: [critical, high]}\n"
	"    ladder:\n"
	"      - {after: 0s, notify: [oncall, soc]}\n"
	"      - {after: 20m, notify: [boss], repeat: 10m, times: 2}\n"
	"  - name: medium\n"
	"    when: {severity: medium}\n"
	"    ladder: [{after: 0s, notify: [soc]}]\n"
	"  - name: morning\n"
	"    when: {title: \"*digest*\"}\n"
	"    digest: {at: \"09:00\", calendar: office, notify: [soc]}\n"
	"fallback: oncall\n";

static int setup(void **state)
{
	return rig_begin(state, yaml, TUESDAY);
}

/* Send everything that is due, as a target that always succeeds would. */
static int deliver_all(struct rig *r)
{
	static const char *const names[] = { "oncall", "boss", "soc" };
	struct err err = ERR_INIT;
	int sent = 0;

	for (size_t t = 0; t < ARRAY_SIZE(names); t++) {
		struct notice n[16];
		int got = outbox_lease(r->store, names[t], r->now_ms,
				       OUTBOX_ROOM(16), n, &err);

		assert_true(got >= 0);
		for (int i = 0; i < got; i++) {
			struct settlement s = { .id = n[i].id,
						.state = NOTICE_SENT };

			assert_true(outbox_settle(r->store, &s, 1, r->now_ms,
						  &err) >= 0);
			notice_release(&n[i]);
			sent++;
		}
	}
	return sent;
}

static void assert_text(struct rig *r, const char *query, const char *expected)
{
	CLEANUP(free_ptr) char *text = rig_text(r, query);

	assert_string_equal(text, expected);
}

static void test_opened(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .severity = SEVERITY_HIGH };

	rig_page(r, &a, 1, true);
	assert_text(r, "select severity from v_alerts", "high");
	assert_int_equal(rig_integer(r, "select triage_due_ms from v_alerts"),
			 TUESDAY + 4 * HOUR);
	assert_text(r,
		    "select group_concat(target) from (select target from "
		    "v_deliveries order by target)",
		    "oncall,soc");
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind = 'opened'"),
			 1);
	assert_int_equal(r->n_commits, 1);
	/* The same page again: counted, and nothing else. */
	rig_page(r, &a, 1, true);
	assert_int_equal(rig_integer(r, "select noop from v_polls order by id "
					"desc"),
			 1);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries"),
			 2);
	assert_int_equal(r->n_commits, 1);
}

static void test_rule(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .severity = SEVERITY_HIGH,
			       .title = "the Crown is touched" };

	rig_page(r, &a, 1, true);
	assert_text(r,
		    "select severity || ' ' || severity_rule || ' ' || owner "
		    "from v_alerts",
		    "critical crown payments");
	assert_int_equal(rig_integer(r, "select triage_due_ms from v_alerts"),
			 TUESDAY + 15 * MINUTE);
}

static void test_ladder_and_acknowledge(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .severity = SEVERITY_HIGH };
	struct human_change ack = { .id = 1, .who = "alice" };
	struct err err = ERR_INIT;

	rig_page(r, &a, 1, true);
	assert_int_equal(deliver_all(r), 2);
	rig_advance(r, TUESDAY + 20 * MINUTE);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where target = 'boss'"),
			 1);
	ack.now_ms = r->now_ms;
	assert_true(pipeline_acknowledge(&r->pipeline, &ack, &err) >= 0);
	/* The page to the boss had not left: it says why it never will. */
	assert_text(r,
		    "select state || ': ' || last_error from v_deliveries "
		    "where target = 'boss'",
		    "superseded: acknowledged before this was sent");
	/* Those told hear who has it. */
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where kind = 'acknowledged'"),
			 2);
	/* No page while it is acknowledged (high: 2 h), then again from the
	 * start. */
	rig_advance(r, r->now_ms + 2 * HOUR - MINUTE);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where kind = 'escalated'"),
			 1);
	rig_advance(r, r->now_ms + MINUTE);
	assert_text(r, "select state from v_alerts", "open");
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where kind = 'escalated'"),
			 3);
}

static void test_repeats_end(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .severity = SEVERITY_HIGH };

	rig_page(r, &a, 1, true);
	rig_advance(r, TUESDAY + 3 * HOUR);
	/* The step and two repeats, each with a key of its own. */
	assert_int_equal(rig_integer(r, "select count(distinct key) from "
					"v_deliveries where target = 'boss'"),
			 3);
}

static void test_warning_and_breach(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .severity = SEVERITY_MEDIUM };

	rig_page(r, &a, 1, true);
	assert_int_equal(deliver_all(r), 1);
	rig_advance(r, TUESDAY + 12 * HOUR);
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind = 'sla-warning-50'"),
			 1);
	rig_advance(r, TUESDAY + 20 * HOUR);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where kind = 'warning'"),
			 1);
	rig_advance(r, TUESDAY + DAY);
	assert_text(r, "select triage_state from v_alerts", "breached");
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where kind = 'breached'"),
			 1);
	rig_advance(r, TUESDAY + 3 * DAY);
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind = 'sla-breached'"),
			 1);
}

/* What fell due while the daemon was down is done once and says so. */
static void test_down_over_a_breach(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .severity = SEVERITY_HIGH };
	int64_t later = TUESDAY + 10 * HOUR;

	rig_page(r, &a, 1, true);
	assert_int_equal(deliver_all(r), 2);
	r->now_ms = later;
	rig_restart(r);
	rig_advance(r, later);
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind like 'sla-%'"),
			 1);
	assert_int_equal(rig_integer(r, "select detail ->> 'while_down' from "
					"v_events where kind = 'sla-breached'"),
			 1);
	/* The missed step and its repeats are one page. */
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where kind = 'escalated' and target "
					"= 'boss'"),
			 1);
}

static void test_source_closes(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .severity = SEVERITY_HIGH };

	rig_page(r, &a, 1, true);
	assert_int_equal(deliver_all(r), 2);
	a.source_state = SOURCE_DISMISSED;
	a.status = "Dismissed";
	rig_page(r, &a, 1, true);
	assert_text(r, "select state || ' ' || closed_by from v_alerts",
		    "closed source azure");
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where kind = 'closed'"),
			 2);
	rig_advance(r, TUESDAY + DAY);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where target = 'boss' and kind = "
					"'escalated'"),
			 0);
	/* Active again at the source: a new episode with a clock of its own. */
	a.source_state = SOURCE_ACTIVE;
	a.status = "Active";
	rig_page(r, &a, 1, true);
	assert_int_equal(rig_integer(r, "select episode from v_alerts"), 2);
	assert_int_equal(rig_integer(r, "select triage_due_ms from v_alerts"),
			 TUESDAY + DAY + 4 * HOUR);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where kind = 'reopened'"),
			 2);
}

/* The second clock of an episode: nothing but its close stops it. */
static void test_resolve(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .severity = SEVERITY_HIGH };
	struct human_change close = { .id = 1, .who = "alice" };
	struct err err = ERR_INIT;

	rig_page(r, &a, 1, true);
	assert_text(r,
		    "select group_concat(clock || ' ' || policy, ', ') from "
		    "v_sla",
		    "triage high 4h, resolve high 2d");
	assert_int_equal(rig_integer(r, "select due_ms from v_sla where clock "
					"= 'resolve'"),
			 TUESDAY + 2 * DAY);
	/* Begun at the source: the triage clock stops alone. */
	a.source_state = SOURCE_IN_PROGRESS;
	a.status = "InProgress";
	rig_page(r, &a, 1, true);
	assert_text(r, "select group_concat(state, ', ') from v_sla",
		    "met, running");
	rig_advance(r, TUESDAY + 2 * DAY);
	assert_text(r,
		    "select group_concat(kind, ' ') from v_events where detail "
		    "->> 'clock' = 'resolve'",
		    "sla-warning-50 sla-warning-80 sla-breached");
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where kind = 'breached' and target = "
					"'oncall'"),
			 1);
	close.now_ms = r->now_ms + HOUR;
	assert_true(pipeline_close(&r->pipeline, &close, VERDICT_BENIGN,
				   &err) >= 0);
	assert_text(r,
		    "select state || ' ' || stopped_why from v_sla where clock "
		    "= 'resolve'",
		    "breached closed");
}

static void test_severity_rises(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .severity = SEVERITY_MEDIUM };
	struct human_change ack = { .id = 1, .who = "alice" };
	struct err err = ERR_INIT;

	rig_page(r, &a, 1, true);
	ack.now_ms = r->now_ms;
	assert_true(pipeline_acknowledge(&r->pipeline, &ack, &err) >= 0);
	rig_advance(r, TUESDAY + HOUR);
	a.severity = SEVERITY_HIGH;
	rig_page(r, &a, 1, true);
	assert_text(r, "select severity || ' ' || state from v_alerts",
		    "high open");
	assert_int_equal(rig_integer(r, "select triage_due_ms from v_alerts"),
			 TUESDAY + 4 * HOUR);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where kind = 'updated' and target = "
					"'oncall'"),
			 1);
}

static void test_unrouted_and_info(void **state)
{
	struct rig *r = *state;
	struct rig_alert both[] = {
		{ .id = "a", .severity = SEVERITY_LOW },
		{ .id = "b", .severity = SEVERITY_INFO },
	};

	rig_page(r, both, 2, true);
	assert_text(r, "select target from v_deliveries", "oncall");
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries"),
			 1);
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind = 'unrouted'"),
			 1);
	/* Low: the close of Wednesday, 17:00 in Berlin. */
	assert_text(r,
		    "select triage_due_at from v_alerts where severity = 'low'",
		    "2026-06-10T15:00:00.000Z");
}

static void test_digest(void **state)
{
	struct rig *r = *state;
	struct rig_alert some[] = {
		{ .id = "a", .title = "digest 1", .severity = SEVERITY_LOW },
		{ .id = "b", .title = "digest 2", .severity = SEVERITY_LOW },
	};

	rig_page(r, some, 2, true);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries"),
			 0);
	rig_advance(r, TUESDAY + DAY);
	assert_text(r, "select kind || ' ' || target from v_deliveries",
		    "digest soc");
	assert_int_equal(rig_integer(r, "select count(*) from "
					"v_delivery_alerts"),
			 2);
}

/* Alerts from before the horizon: no clock, one summary; actives first. */
static void test_first_run(void **state)
{
	struct rig *r = *state;
	struct rig_alert old[] = {
		{ .id = "a",
		  .severity = SEVERITY_HIGH,
		  .created_ms = TUESDAY - 9 * DAY },
		{ .id = "b",
		  .severity = SEVERITY_MEDIUM,
		  .created_ms = TUESDAY - 9 * DAY },
		{ .id = "c",
		  .severity = SEVERITY_LOW,
		  .created_ms = TUESDAY - 9 * DAY },
	};

	rig_page(r, old, 3, true);
	assert_int_equal(rig_integer(r, "select count(*) from v_sla"), 0);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries"),
			 0);
	rig_advance(r, TUESDAY + 10 * MINUTE);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries"),
			 2);
	assert_int_equal(rig_integer(r, "select count(*) from "
					"v_delivery_alerts"),
			 3);
}

/* The daemon was down over a weekend, or the source is slow: nobody has heard
 * of what is older than the horizon by then. */
static void test_late_is_no_history(void **state)
{
	struct rig *r = *state;
	struct rig_alert first = { .id = "a", .severity = SEVERITY_LOW };
	struct rig_alert late[] = {
		{ .id = "a", .severity = SEVERITY_LOW },
		{ .id = "b",
		  .severity = SEVERITY_HIGH,
		  .created_ms = TUESDAY - 3 * DAY },
	};

	rig_page(r, &first, 1, false);
	rig_page(r, late, 2, true);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts where "
					"historical = 1"),
			 1);
	rig_page(r,
		 (struct rig_alert[]){ { .id = "c",
					 .severity = SEVERITY_HIGH,
					 .created_ms = TUESDAY - 3 * DAY } },
		 1, true);
	assert_text(r,
		    "select historical || ' ' || triage_state from v_alerts "
		    "where native_id = 'c'",
		    "0 running");
	assert_int_equal(rig_integer(r,
				     "select count(*) > 0 from v_deliveries "
				     "where kind = 'opened' and alert_id = 3"),
			 1);
}

/* A listing of a slice of time; both ends count from TUESDAY. */
static void read_slice(struct rig *r, int64_t from_ms, int64_t to_ms,
		       const struct rig_alert *alert)
{
	const struct ingest *in = &r->pipeline.ingest;
	const struct poll_window window = { .source = "xdr",
					    .scope = "alerts",
					    .from_ms = TUESDAY + from_ms,
					    .to_ms = TUESDAY + to_ms };
	struct item item = { .kind = ITEM_BAD };
	struct page page = { .items = &item, .n_items = 1, .last = true };
	struct err err = ERR_INIT;
	int64_t poll = 0;

	rig_item(r, alert, &item);
	if (in->poll_begin(in->ctx, &window, &poll, &err) < 0 ||
	    in->page(in->ctx, poll, &page, &err) < 0)
		fail_msg("%s", err.text);
	alert_release(&item.alert);
}

/* The first run of a source that is read by slices: the newest one comes first,
 * and what lies behind it was there before anybody looked all the same. */
static void test_first_run_by_slices(void **state)
{
	struct rig *r = *state;
	const struct rig_alert now = { .id = "now", .severity = SEVERITY_HIGH };
	const struct rig_alert before = { .id = "before",
					  .severity = SEVERITY_HIGH,
					  .created_ms = TUESDAY - 3 * DAY };
	const struct rig_alert late = { .id = "late",
					.severity = SEVERITY_HIGH,
					.created_ms = TUESDAY - 3 * DAY };

	read_slice(r, -DAY, 0, &now);
	read_slice(r, -4 * DAY, -3 * DAY, &before);
	read_slice(r, -15 * MINUTE, MINUTE, &late);
	assert_text(r,
		    "select group_concat(native_id || historical, ' ') from "
		    "(select * from v_alerts order by id)",
		    "now0 before1 late0");
}

/* The service answers in two shapes at random, and one of them says neither how
 * bad an alert is nor that it is an incident: nothing has changed. */
static void test_less_is_no_change(void **state)
{
	struct rig *r = *state;
	const struct ingest *in = &r->pipeline.ingest;
	const struct poll_window window = { .source = "azure", .scope = "s" };
	struct err err = ERR_INIT;

	for (int i = 0; i < 4; i++) {
		struct item item = { .kind = ITEM_BAD };
		struct page page = { &item, 1, true, NULL };
		int64_t poll = 0;

		rig_item(r, &(struct rig_alert){ .severity = SEVERITY_HIGH },
			 &item);
		item.alert.is_incident = i % 2 == 0;
		item.alert.raw_hash[0] = (uint8_t)i;
		if (i % 2 == 1) {
			free(take(item.alert.source_severity));
			item.alert.base = SEVERITY_MEDIUM;
			item.alert.severity_absent = true;
			item.alert.severity_unmapped = true;
		}
		assert_true(in->poll_begin(in->ctx, &window, &poll, &err) >= 0);
		assert_true(in->page(in->ctx, poll, &page, &err) >= 0);
		alert_release(&item.alert);
	}
	assert_text(r,
		    "select a.severity || source_severity || count(*) from "
		    "v_alerts a join v_revisions v on v.alert_id = a.id",
		    "criticalhigh1");
}

/* --once: the summary leaves with the run, a digest of tomorrow does not. */
static void test_flush(void **state)
{
	struct rig *r = *state;
	struct rig_alert some[] = {
		{ .id = "a",
		  .severity = SEVERITY_HIGH,
		  .created_ms = TUESDAY - 9 * DAY },
		{ .id = "b",
		  .severity = SEVERITY_MEDIUM,
		  .created_ms = TUESDAY - 9 * DAY },
		{ .id = "c", .title = "digest", .severity = SEVERITY_LOW },
	};
	struct err err = ERR_INIT;

	rig_page(r, some, 3, true);
	assert_int_equal(timed_flush(&r->pipeline, r->now_ms, &err), 2);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where kind = 'digest'"),
			 2);
	assert_int_equal(timed_flush(&r->pipeline, r->now_ms, &err), 0);
}

static void test_unmapped_severity(void **state)
{
	struct rig *r = *state;
	struct rig_alert two[] = {
		{ .id = "a",
		  .severity = SEVERITY_MEDIUM,
		  .severity_word = "Odd" },
		{ .id = "b",
		  .severity = SEVERITY_MEDIUM,
		  .severity_word = "Odd" },
	};

	rig_page(r, two, 2, true);
	/* One alert about it for the value and the day. */
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts where "
					"provider = 'triaged'"),
			 1);
}

/* What cannot be understood is kept, counted, and told once a day. */
static void test_quarantine(void **state)
{
	struct rig *r = *state;
	const struct ingest *in = &r->pipeline.ingest;
	const struct poll_window window = { .source = "azure", .scope = "s" };
	struct item bad[] = {
		{ .kind = ITEM_BAD,
		  .raw = "{1",
		  .raw_len = 2,
		  .raw_hash = { 1 },
		  .reason = "no" },
		{ .kind = ITEM_BAD,
		  .raw = "{2",
		  .raw_len = 2,
		  .raw_hash = { 2 },
		  .reason = "no" },
	};
	struct page page = { .items = bad, .n_items = 2, .last = true };
	struct rig_alert a = { .severity = SEVERITY_MEDIUM };
	struct err err = ERR_INIT;
	int64_t poll = 0;

	rig_page(r, &a, 1, true);
	for (int i = 0; i < 2; i++) {
		assert_true(in->poll_begin(in->ctx, &window, &poll, &err) >= 0);
		assert_true(in->page(in->ctx, poll, &page, &err) >= 0);
	}
	assert_int_equal(rig_integer(r, "select count(*) from v_quarantine"),
			 2);
	assert_int_equal(rig_integer(r, "select quarantined from v_polls where "
					"id = 2"),
			 2);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts where "
					"provider = 'triaged'"),
			 1);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries d "
					"join v_alerts a on a.id = d.alert_id "
					"where a.provider = 'triaged'"),
			 1);
}

static void test_self_alert(void **state)
{
	struct rig *r = *state;
	struct self_alert s = {
		.slug = "target-failed/soc/dead",
		.severity = SEVERITY_HIGH,
		.title = "Target soc cannot be reached",
		.description = "It does not answer.",
		.remediation = "triagectl outbox",
		.avoid_target = "soc",
	};
	struct err err = ERR_INIT;

	assert_true(pipeline_self_alert(&r->pipeline, &s, &err) >= 0);
	assert_true(pipeline_self_alert(&r->pipeline, &s, &err) >= 0);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts"), 1);
	assert_true(rig_integer(r, "select count(*) from v_deliveries where "
				   "target in ('oncall', 'boss')") >= 2);
	s.resolved = true;
	assert_true(pipeline_self_alert(&r->pipeline, &s, &err) >= 0);
	assert_text(r, "select state from v_alerts", "closed");
}

/* Somebody puts away what still lasts. It ends; when it comes again, people
 * hear of it again. */
static void test_self_alert_put_away(void **state)
{
	struct rig *r = *state;
	struct self_alert s = {
		.slug = "source-stale/azure",
		.severity = SEVERITY_HIGH,
		.title = "Source azure has no complete poll",
		.description = "Nothing for 12m.",
	};
	struct human_change c = { .id = 1, .who = "bob", .now_ms = r->now_ms };
	struct err err = ERR_INIT;

	assert_true(pipeline_self_alert(&r->pipeline, &s, &err) >= 0);
	assert_true(pipeline_close(&r->pipeline, &c, VERDICT_BENIGN, &err) >=
		    0);
	assert_true(pipeline_self_alert(&r->pipeline, &s, &err) >= 0);
	assert_text(r, "select state || closed_by from v_alerts", "closedbob");
	s.resolved = true;
	assert_true(pipeline_self_alert(&r->pipeline, &s, &err) >= 0);
	assert_text(r, "select state || closed_by from v_alerts", "closedbob");
	s.resolved = false;
	assert_true(pipeline_self_alert(&r->pipeline, &s, &err) >= 0);
	assert_text(r, "select state || episode from v_alerts", "open2");
	assert_true(rig_integer(r, "select count(*) from v_deliveries where "
				   "episode = 2 and state = 'pending'") > 0);
}

/* A second message was given up: told in the same alert while that is open, and
 * anew when somebody has closed it. */
static void test_self_alert_happened(void **state)
{
	struct rig *r = *state;
	struct self_alert s = { .slug = "target-failed/soc/dead",
				.severity = SEVERITY_HIGH,
				.title = "Target soc cannot be reached",
				.description = "Last error: 500",
				.avoid_target = "soc",
				.happened = true };
	struct human_change c = { .id = 1, .who = "bob", .now_ms = r->now_ms };
	struct err err = ERR_INIT;

	assert_true(pipeline_self_alert(&r->pipeline, &s, &err) >= 0);
	s.description = "Last error: 502";
	assert_true(pipeline_self_alert(&r->pipeline, &s, &err) >= 0);
	assert_text(r, "select state || episode from v_alerts", "open1");
	assert_true(pipeline_close(&r->pipeline, &c, VERDICT_BENIGN, &err) >=
		    0);
	assert_true(pipeline_self_alert(&r->pipeline, &s, &err) >= 0);
	assert_text(r, "select state || episode from v_alerts", "open2");
	assert_true(rig_integer(r, "select count(*) from v_deliveries where "
				   "episode = 2 and target = 'boss'") > 0);
}

static void test_close(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .severity = SEVERITY_HIGH };
	struct human_change c = { .id = 1, .who = "bob", .note = "a drill" };
	struct err err = ERR_INIT;
	int64_t n = 0, bad = 0;

	rig_page(r, &a, 1, true);
	c.now_ms = r->now_ms;
	assert_true(pipeline_close(&r->pipeline, &c, VERDICT_BENIGN, &err) >=
		    0);
	assert_text(r,
		    "select state || ' ' || closed_by || ' ' || verdict || ' ' "
		    "|| triage_state from v_alerts",
		    "closed bob benign met");
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where state = 'superseded'"),
			 2);
	assert_int_equal(pipeline_close(&r->pipeline, &c, VERDICT_BENIGN, &err),
			 ERR_BAD_STATE);
	c.id = 99;
	assert_int_equal(pipeline_close(&r->pipeline, &c, VERDICT_BENIGN, &err),
			 ERR_NOT_FOUND);
	/* The same content again leaves it closed. */
	rig_page(r, &a, 1, true);
	assert_text(r, "select state from v_alerts", "closed");
	assert_int_equal(audit_verify(r->store, &n, &bad, &err), 0);
	assert_true(n > 0);
}

static void test_stale_version(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .severity = SEVERITY_HIGH };
	struct human_change c = { .id = 1, .version = 77, .who = "bob" };
	struct err err = ERR_INIT;

	rig_page(r, &a, 1, true);
	c.now_ms = r->now_ms;
	assert_int_equal(pipeline_acknowledge(&r->pipeline, &c, &err),
			 ERR_CONFLICT);
	assert_text(r, "select state from v_alerts", "open");
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind = 'acknowledged'"),
			 0);
}

/* What a source has to say about itself is in the history, and tells nobody. */
static void test_note(void **state)
{
	struct rig *r = *state;
	const struct ingest *in = &r->pipeline.ingest;
	struct err err = ERR_INIT;

	assert_int_equal(in->note(in->ctx, "azure", "subscription-found",
				  "{\"subscription\":\"s1\"}", &err),
			 0);
	assert_text(r,
		    "select actor from v_events where "
		    "kind = 'subscription-found'",
		    "source azure");
	assert_text(r,
		    "select detail from v_events where "
		    "kind = 'subscription-found'",
		    "{\"subscription\":\"s1\"}");
	assert_int_equal(r->n_commits, 0);
}

/* A listing of @w without an alert, and the cursor that ends it. */
static void read_window(struct rig *r, const struct poll_window *w)
{
	const struct ingest *in = &r->pipeline.ingest;
	struct page page = { .last = true, .cursor = "w1 without a gap" };
	struct err err = ERR_INIT;
	int64_t poll = 0;

	if (in->poll_begin(in->ctx, w, &poll, &err) < 0 ||
	    in->page(in->ctx, poll, &page, &err) < 0)
		fail_msg("%s", err.text);
}

static void open_gap(struct rig *r, const struct poll_window *w,
		     const char *why)
{
	const struct ingest *in = &r->pipeline.ingest;
	struct err err = ERR_INIT;

	assert_int_equal(in->gap_open(in->ctx, w, why, &err), 0);
}

/* A gap is a row, two events and an alert, which lasts as long as it does: the
 * page that reads it ends it, with the cursor that knows of it no more. */
static void test_gap(void **state)
{
	struct rig *r = *state;
	const struct poll_window w = { "graph", "", TUESDAY - HOUR, TUESDAY };
	int commits;

	open_gap(r, &w, "HTTP 500");
	rig_advance(r, TUESDAY + HOUR);
	open_gap(r, &w, "HTTP 502");
	assert_text(r, "select reason || tries || since_ms from v_gaps",
		    "HTTP 50221780992000000");
	assert_text(r,
		    "select native_id || ' ' || state || ' ' || severity from "
		    "v_alerts",
		    "coverage-gap/graph//2026-06-09T07:00:00.000Z open high");
	commits = r->n_commits;
	read_window(r, &w);
	assert_int_equal(r->n_commits, commits + 1);
	assert_int_equal(rig_integer(r, "select closed_ms from v_gaps"),
			 TUESDAY + HOUR);
	assert_text(r, "select state || revision from v_alerts", "closed2");
	read_window(r, &w);
	assert_text(r,
		    "select group_concat(kind) from (select kind from v_events "
		    "where kind like 'gap%' order by id)",
		    "gap-opened,gap-closed");
}

/* Whatever covers it ends it, as after a kill that lost the plan; a part of it,
 * another scope and a listing that failed do not. */
static void test_gap_covered(void **state)
{
	struct rig *r = *state;
	const struct ingest *in = &r->pipeline.ingest;
	const struct poll_window first = { "graph", "a", TUESDAY - HOUR,
					   TUESDAY };
	const struct poll_window second = { "graph", "a", TUESDAY,
					    TUESDAY + HOUR };
	const struct poll_window others[] = {
		{ "graph", "a", TUESDAY - HOUR, TUESDAY - 1 },
		{ "graph", "a", TUESDAY - HOUR + 1, TUESDAY + HOUR - 1 },
		{ "graph", "b", TUESDAY - HOUR, TUESDAY + HOUR },
		{ "azure", "a", TUESDAY - HOUR, TUESDAY + HOUR },
		{ "graph", "a", 0, 0 },
	};
	const struct poll_window all = { "graph", "a", TUESDAY - HOUR,
					 TUESDAY + HOUR };
	struct err err = ERR_INIT;
	int64_t poll = 0;

	open_gap(r, &second, "HTTP 500");
	open_gap(r, &first, "HTTP 500");
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		read_window(r, &others[i]);
	assert_true(in->poll_begin(in->ctx, &all, &poll, &err) >= 0);
	assert_true(in->poll_fail(in->ctx, poll, "no", &err) >= 0);
	assert_int_equal(rig_integer(r, "select count(*) from v_gaps where "
					"closed_ms is null"),
			 2);
	read_window(r, &all);
	assert_int_equal(rig_integer(r, "select count(*) from v_gaps where "
					"closed_ms is null"),
			 0);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts where "
					"state = 'closed'"),
			 2);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, rig_end)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_gap, setup, rig_end),
		cmocka_unit_test_setup_teardown(test_gap_covered, setup,
						rig_end),
		TEST(test_opened),
		TEST(test_rule),
		TEST(test_ladder_and_acknowledge),
		TEST(test_repeats_end),
		TEST(test_warning_and_breach),
		TEST(test_down_over_a_breach),
		TEST(test_source_closes),
		TEST(test_resolve),
		TEST(test_severity_rises),
		TEST(test_unrouted_and_info),
		TEST(test_digest),
		TEST(test_first_run),
		TEST(test_late_is_no_history),
		TEST(test_first_run_by_slices),
		TEST(test_less_is_no_change),
		TEST(test_flush),
		TEST(test_unmapped_severity),
		TEST(test_quarantine),
		TEST(test_self_alert),
		TEST(test_self_alert_put_away),
		TEST(test_self_alert_happened),
		TEST(test_close),
		TEST(test_stale_version),
		TEST(test_note),
	};

	return cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
}
