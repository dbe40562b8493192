/* A notice goes, or waits with its reason: groups, storms, quiet hours,
 * maintenance, and what a restart remembers of them. */
#include "daemon/funnel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/pipeline_priv.h"
#include "daemon/rig.h"
#include "daemon/storms.h"
#include "store/txn.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
/* 2026-03-03T10:00:00Z, a Tuesday */
#define T INT64_C(1772532000000)

static const char yaml[] =
	"targets:\n"
	"  - {name: oncall, type: folder, path: /nowhere/oncall}\n"
	"  - {name: night, type: folder, path: /nowhere/night}\n"
	"rules:\n"
	"  - {name: crown, when: {title: \"*crown*\"}, set: {severity: "
	"critical}}\n"
	"routes:\n"
	"  - when: {title: \"*night*\"}\n"
	"    ladder: [{after: 0s, notify: [night]}]\n"
	"  - ladder: [{after: 0s, notify: [oncall]}, {after: 5h, notify: "
	"[oncall]}]\n"
	"fallback: oncall\n"
	"groups: {wait: {high: 30s, medium: 5m, low: 30s}}\n"
	"storm: {groups: 5, within: 5m, summary-every: 5m, critical-groups: 2, "
	"critical-every: 50s}\n"
	"quiet-hours: {target: night, timezone: Etc/UTC, hours: {mon-sun: "
	"[\"09:00-12:00\"]}}\n"
	"maintenance:\n"
	"  - {name: move, owner: ops, reason: r, when: {title: \"*server*\"}, "
	"timezone: Etc/UTC, from: 2026-03-03T09:00, to: 2026-03-03T11:00}\n";

static int setup(void **state)
{
	return rig_begin(state, yaml, T);
}

/* An alert of a detector of its own, so that it is a group of its own. */
static void arrives(struct rig *r, const char *id, const char *type,
		    const char *title, enum severity severity)
{
	struct rig_alert a = {
		.id = id, .type = type, .title = title, .severity = severity
	};

	rig_page(r, &a, 1, false);
}

static void assert_text(struct rig *r, const char *query, const char *expected)
{
	CLEANUP(free_ptr) char *text = rig_text(r, query);

	assert_string_equal(text, expected);
}

#define SENT                                                                   \
	"select group_concat(kind || ':' || target || ':' || "                 \
	"ifnull(cause, 'alone'), ' ') from v_deliveries where kind <> "        \
	"'breached'"
#define HELD                                                                   \
	"select group_concat(cause || ':' || outcome, ' ') from "              \
	"v_suppressions"

#define IN_STORM "select count(*) from v_suppressions where cause = 'storm'"

static void test_a_group_waits_and_goes_as_one(void **state)
{
	struct rig *r = *state;

	arrives(r, "a", "X", "one", SEVERITY_HIGH);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries"),
			 0);
	rig_advance(r, T + 10 * SECOND);
	arrives(r, "b", "X", "two", SEVERITY_HIGH);
	rig_advance(r, T + 29 * SECOND);
	assert_text(r, SENT, "");
	rig_advance(r, T + 30 * SECOND);
	assert_text(r, SENT, "digest:oncall:group");
	assert_int_equal(rig_integer(r,
				     "select count(*) from v_delivery_alerts"),
			 2);
	assert_text(r, HELD, "group:carried group:carried");
	/* A wait of half a minute is no line of history. */
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind = 'held-back'"),
			 0);
	/* The others were told: what follows goes by itself, waiting. */
	arrives(r, "c", "X", "three", SEVERITY_HIGH);
	rig_advance(r, T + MINUTE);
	assert_text(r, SENT, "digest:oncall:group opened:oncall:alone");
}

static void test_one_alone_is_the_ordinary_notice(void **state)
{
	struct rig *r = *state;

	arrives(r, "a", "X", "one", SEVERITY_MEDIUM);
	rig_advance(r, T + 5 * MINUTE);
	assert_text(r, SENT, "opened:oncall:alone");
	assert_text(r, "select reason from v_deliveries",
		    "severity medium; step 1 of 2 of route 2; held back since "
		    "2026-03-03 10:00 UTC: it waited for others of its group");
	assert_int_equal(rig_integer(r,
				     "select count(*) from v_delivery_alerts"),
			 0);
	assert_int_equal(rig_integer(r, "select delivery_id from "
					"v_suppressions"),
			 1);
	assert_text(r,
		    "select detail ->> 'cause' || (detail ->> 'until_at') from "
		    "v_events where kind = 'held-back'",
		    "group2026-03-03T10:05:00.000Z");
}

static void test_the_worse_one_breaks_out(void **state)
{
	struct rig *r = *state;

	arrives(r, "a", "X", "one", SEVERITY_MEDIUM);
	arrives(r, "b", "X", "two", SEVERITY_HIGH);
	rig_advance(r, T + SECOND);
	assert_text(r, SENT, "digest:oncall:group");
	assert_int_equal(rig_integer(r,
				     "select count(*) from v_delivery_alerts"),
			 2);
}

static void test_a_critical_waits_for_nobody(void **state)
{
	struct rig *r = *state;

	arrives(r, "a", "X", "one", SEVERITY_MEDIUM);
	arrives(r, "b", "X", "crown", SEVERITY_HIGH);
	assert_text(r, SENT, "opened:oncall:alone");
	assert_int_equal(rig_integer(r, "select alert_id from v_deliveries"),
			 2);
	rig_advance(r, T + SECOND); /* and takes the other along */
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries"),
			 2);
}

static void test_closed_meanwhile(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .id = "a",
			       .type = "X",
			       .severity = SEVERITY_MEDIUM };

	rig_page(r, &a, 1, false);
	a.source_state = SOURCE_RESOLVED;
	a.status = "Resolved";
	rig_page(r, &a, 1, false);
	rig_advance(r, T + 10 * MINUTE);
	assert_text(r, SENT, "");
	assert_text(r,
		    "select outcome || ': ' || ended_why from "
		    "v_suppressions",
		    "needless: the alert was closed before this was sent");
}

static void storm(struct rig *r, int from, int to, enum severity severity,
		  const char *title)
{
	for (int i = from; i < to; i++) {
		char id[16];

		snprintf(id, sizeof(id), "id%d", i);
		arrives(r, id, id, title, severity);
	}
}

/* Every alert is in a message, or waits for one. */
static void assert_accounted(struct rig *r)
{
	assert_int_equal(
		rig_integer(r,
			    "select count(*) from v_alerts a where not exists "
			    "(select 1 from v_deliveries d where d.alert_id = "
			    "a.id) and not exists (select 1 from "
			    "v_delivery_alerts l where l.alert_id = a.id) and "
			    "not exists (select 1 from v_suppressions s where "
			    "s.alert_id = a.id and s.outcome = 'waiting')"),
		0);
}

static void test_a_storm_becomes_summaries(void **state)
{
	struct rig *r = *state;

	storm(r, 0, 60, SEVERITY_LOW, "flood");
	assert_accounted(r);
	rig_advance(r, T + 40 * SECOND);
	storm(r, 60, 100, SEVERITY_LOW, "flood");
	storm(r, 100, 110, SEVERITY_HIGH, "crown");
	rig_advance(r, T + 20 * MINUTE);
	assert_accounted(r);
	assert_int_equal(rig_integer(r, "select count(*) from v_suppressions "
					"where outcome = 'waiting'"),
			 0);
	/* 110 groups, and no more mails than these. */
	assert_true(rig_integer(r, "select count(*) from v_deliveries") <= 12);
	assert_text(r,
		    "select group_concat(distinct ifnull(cause || cause_name, "
		    "'alone')) from v_deliveries where severity = 'critical'",
		    "alone,stormcritical");
	assert_true(rig_integer(r, "select count(*) from v_events where kind = "
				   "'held-back'") > 50);
}

static void test_a_restart_remembers_the_storm(void **state)
{
	struct rig *r = *state;
	int64_t before;

	storm(r, 0, 30, SEVERITY_LOW, "flood");
	rig_advance(r, T + 40 * SECOND);
	before = rig_integer(r, "select count(*) from v_deliveries");
	rig_restart(r);
	storm(r, 30, 60, SEVERITY_LOW, "flood");
	rig_advance(r, T + 80 * SECOND);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries"),
			 before);
	assert_accounted(r);
}

/* Alerts of as many groups, in one transaction that comes to nothing. */
static void storm_that_is_undone(struct rig *r, int n)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct err err = ERR_INIT;

	if (txn_begin(&txn, r->store, &err) < 0)
		fail_msg("%s", err.text);
	for (int i = 0; i < n; i++) {
		char slug[16];

		snprintf(slug, sizeof(slug), "slug%d", i);
		if (self_accept(&r->pipeline,
				&(struct self_alert){
					.slug = slug,
					.severity = SEVERITY_HIGH,
					.title = slug,
					.description = slug,
					.remediation = slug,
				},
				r->now_ms, &err) < 0)
			fail_msg("%s", err.text);
	}
}

/* Nobody was told: it makes no storm of what comes next. */
static void test_what_is_rolled_back_is_forgotten(void **state)
{
	struct rig *r = *state;

	arrives(r, "a", "A", "before", SEVERITY_LOW);
	storm_that_is_undone(r, 20);
	arrives(r, "b", "B", "after", SEVERITY_LOW);
	assert_text(r, HELD, "group:waiting group:waiting");
	/* What was there before is remembered: five may go, and not six. */
	storm(r, 0, 3, SEVERITY_LOW, "flood");
	assert_int_equal(rig_integer(r, IN_STORM), 0);
	storm(r, 3, 4, SEVERITY_LOW, "flood");
	assert_int_equal(rig_integer(r, IN_STORM), 1);
}

static void tell_storm(void *arg, const struct noise_storm *s, bool ended)
{
	strbuf_addf(arg, "%s%s %s of %s",
		    ((struct strbuf *)arg)->len ? "; " : "",
		    ended ? "end" : "begin", s->critical ? "criticals" : "all",
		    s->target);
	if (ended)
		strbuf_addf(arg, " %zu/%zu", s->n_held, s->n_summaries);
	else
		strbuf_addf(arg, " above %zu", s->groups);
}

static void look_for_storms(struct rig *r, struct storms *storms,
			    const char *expected)
{
	CLEANUP(strbuf_release) struct strbuf said = STRBUF_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(storms_look(storms, &r->pipeline, r->now_ms,
				     tell_storm, &said, &err),
			 0);
	assert_string_equal(said.len ? said.buf : "", expected);
}

/* Each storm's beginning and end once; what was undone is none. */
static void test_a_storm_is_told_of(void **state)
{
	CLEANUP(storms_release) struct storms storms = { 0 };
	struct rig *r = *state;

	storm_that_is_undone(r, 20);
	look_for_storms(r, &storms, "");
	storm(r, 0, 5, SEVERITY_LOW, "flood");
	look_for_storms(r, &storms, "");
	storm(r, 5, 9, SEVERITY_LOW, "flood");
	look_for_storms(r, &storms, "begin all of oncall above 5");
	storm(r, 10, 14, SEVERITY_HIGH, "crown");
	look_for_storms(r, &storms, "begin criticals of oncall above 2");
	look_for_storms(r, &storms, "");
	rig_advance(r, T + 6 * MINUTE);
	look_for_storms(r, &storms,
			"end all of oncall 9/2; end criticals of oncall 2/1");
	look_for_storms(r, &storms, "");
}

static void test_quiet_hours_and_maintenance(void **state)
{
	struct rig *r = *state;

	arrives(r, "a", "A", "night one", SEVERITY_HIGH);
	arrives(r, "b", "B", "night two", SEVERITY_MEDIUM);
	arrives(r, "c", "C", "server", SEVERITY_MEDIUM);
	arrives(r, "d", "D", "night crown server", SEVERITY_HIGH);
	/* Neither holds a critical. */
	assert_text(r, SENT, "opened:night:alone");
	rig_advance(r, T + HOUR - 1);
	assert_text(r, SENT, "opened:night:alone");
	/* Maintenance ends at 11:00, what is alone goes as it would have. */
	rig_advance(r, T + HOUR + MINUTE);
	assert_text(r, SENT, "opened:night:alone opened:oncall:alone");
	rig_advance(r, T + 2 * HOUR);
	assert_text(r, SENT,
		    "opened:night:alone opened:oncall:alone "
		    "digest:night:quiet");
	assert_text(r, "select reason from v_deliveries where kind = 'digest'",
		    "quiet hours ended: 2 alerts in one message");
	assert_text(r, HELD, "quiet:carried quiet:carried maintenance:carried");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_a_group_waits_and_goes_as_one),
		WITH(test_one_alone_is_the_ordinary_notice),
		WITH(test_the_worse_one_breaks_out),
		WITH(test_a_critical_waits_for_nobody),
		WITH(test_closed_meanwhile),
		WITH(test_a_storm_becomes_summaries),
		WITH(test_a_restart_remembers_the_storm),
		WITH(test_what_is_rolled_back_is_forgotten),
		WITH(test_a_storm_is_told_of),
		WITH(test_quiet_hours_and_maintenance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
