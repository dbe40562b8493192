/* A silence holds back, is announced, ends, and what is still open is told. */
#include "daemon/silencing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/rig.h"
#include "triage/silences.h"
#include "util/xmalloc.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
/* 2026-03-03T10:00:00Z, a Tuesday */
#define T INT64_C(1772532000000)

static const char yaml[] =
	"targets:\n"
	"  - {name: oncall, type: folder, path: /nowhere/oncall}\n"
	"  - {name: ann, type: folder, path: /nowhere/ann}\n"
	"routes:\n"
	"  - {when: {title: \"*daily*\"}, digest: {at: \"12:00\", notify: "
	"[oncall]}}\n"
	"  - ladder: [{after: 0s, notify: [oncall]}, {after: 1h, notify: "
	"[oncall]}]\n"
	"fallback: oncall\n"
	"sla: {medium: {triage: 4h}}\n";

static int setup(void **state)
{
	return rig_begin(state, yaml, T);
}

static void arrives(struct rig *r, const char *id, const char *title)
{
	struct rig_alert a = { .id = id,
			       .type = id,
			       .title = title,
			       .severity = SEVERITY_MEDIUM };

	rig_page(r, &a, 1, false);
}

static void closes(struct rig *r, const char *id, const char *title)
{
	struct rig_alert a = { .id = id,
			       .type = id,
			       .title = title,
			       .status = "Resolved",
			       .severity = SEVERITY_MEDIUM,
			       .source_state = SOURCE_RESOLVED };

	rig_page(r, &a, 1, false);
}

static void assert_text(struct rig *r, const char *query, const char *expected)
{
	CLEANUP(free_ptr) char *text = rig_text(r, query);

	assert_string_equal(text, expected);
}

static void fill(struct rig *r, struct silence *s, const char *when,
		 int64_t for_ms)
{
	struct err err = ERR_INIT;

	*s = (struct silence){ .created_ms = r->now_ms,
			       .starts_ms = r->now_ms,
			       .ends_ms = r->now_ms + for_ms };
	s->author = xstrdup("ann");
	s->reason = xstrdup("a scan");
	s->notify = xstrdup("ann");
	if (silence_parse_when(when, s, &err) < 0)
		fail_msg("%s", err.text);
}

static int64_t add(struct rig *r, const char *when, int64_t for_ms)
{
	CLEANUP(silence_release) struct silence s;
	struct err err = ERR_INIT;
	int64_t id = 0;

	fill(r, &s, when, for_ms);
	if (silencing_add(&r->pipeline, &s, &id, &err) < 0)
		fail_msg("%s", err.text);
	return id;
}

#define SENT                                                                   \
	"select group_concat(kind || ':' || target || ':' || "                 \
	"ifnull(alert_id, "                                                    \
	"'-'), ' ') from v_deliveries"

static void test_holds_announces_and_tells(void **state)
{
	struct rig *r = *state;

	assert_int_equal(add(r, "title=*scan*", 3 * HOUR), 1);
	arrives(r, "a", "a scan");
	arrives(r, "b", "something else");
	arrives(r, "c", "scan again");
	arrives(r, "d", "scan that is closed");
	assert_text(r, SENT, "opened:oncall:2");
	closes(r, "d", "scan that is closed");
	assert_text(r, "select group_concat(holding) from v_silences", "3");
	rig_advance(r, T + HOUR + 1);
	/* Its own ladder goes on, unheard. */
	assert_text(r, SENT, "opened:oncall:2 escalated:oncall:2");
	rig_advance(r, T + 2 * HOUR);
	assert_text(r,
		    "select kind || ' ' || target || ': ' || reason from "
		    "v_deliveries where alert_id is null",
		    "silence-ending ann: Silence 1 of ann (a scan) ends at "
		    "2026-03-03 13:00 UTC; it matches title=*scan* and holds "
		    "back 3 alerts.");
	rig_advance(r, T + 3 * HOUR);
	assert_text(r, "select state || ifnull(ended_by, '') from v_silences",
		    "ended");
	assert_text(r,
		    "select reason || ' ' || (select group_concat(alert_id) "
		    "from v_delivery_alerts where delivery_id = id) from "
		    "v_deliveries where kind = 'digest'",
		    "silence 1 ended: 2 alerts in one message 1,3");
	assert_text(r,
		    "select group_concat(alert_id || outcome, ' ') from "
		    "(select distinct alert_id, outcome from v_suppressions "
		    "order by 1)",
		    "1carried 3carried 4needless");
	assert_text(r,
		    "select group_concat(kind) from v_events where kind like "
		    "'silence%'",
		    "silence-added,silence-ended");
}

static void test_ended_by_somebody(void **state)
{
	struct rig *r = *state;
	int64_t id = add(r, "title=*scan*", 3 * HOUR);
	struct err err = ERR_INIT;

	arrives(r, "a", "a scan");
	rig_advance(r, T + MINUTE);
	assert_int_equal(silencing_end(&r->pipeline, id, "ben", r->now_ms,
				       &err),
			 0);
	rig_advance(r, r->now_ms);
	/* The notice that it would have been, which says that it is late. */
	assert_text(r, "select kind || ': ' || reason from v_deliveries",
		    "opened: severity medium; step 1 of 2 of route 2; held "
		    "back since 2026-03-03 10:00 UTC: silence 1 ended");
	assert_text(r, "select ended_by from v_silences", "ben");
	assert_int_equal(silencing_end(&r->pipeline, id, "ben", r->now_ms,
				       &err),
			 ERR_BAD_STATE);
	assert_int_equal(silencing_end(&r->pipeline, 9, "ben", r->now_ms, &err),
			 ERR_NOT_FOUND);
	/* Over: the next goes at once. */
	arrives(r, "e", "another scan");
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries"),
			 2);
}

static void test_survives_a_restart_and_hands_over(void **state)
{
	struct rig *r = *state;

	add(r, "title=*scan*", 30 * MINUTE);
	add(r, "severity=medium", 90 * MINUTE);
	arrives(r, "a", "a scan");
	rig_restart(r);
	arrives(r, "b", "the scan");
	assert_text(r, "select group_concat(cause_name) from v_suppressions",
		    "1,1");
	rig_advance(r, T + 30 * MINUTE);
	/* The second one covers both, and holds them on. */
	assert_text(r,
		    "select group_concat(cause_name || outcome) from "
		    "v_suppressions",
		    "1moved,1moved,2waiting,2waiting");
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where kind = 'digest'"),
			 0);
	rig_advance(r, T + 90 * MINUTE);
	assert_text(r, "select reason from v_deliveries where kind = 'digest'",
		    "silence 2 ended: 2 alerts in one message");
}

static void test_a_digest_leaves_out_what_is_silent(void **state)
{
	struct rig *r = *state;

	arrives(r, "a", "daily scan");
	arrives(r, "b", "daily news");
	add(r, "title=*scan*", 4 * HOUR);
	rig_advance(r, T + 2 * HOUR);
	assert_text(r, "select group_concat(alert_id) from v_delivery_alerts",
		    "2");
	assert_text(r,
		    "select group_concat(cause || outcome, ' ') from "
		    "v_suppressions where alert_id = 1",
		    "digestmoved silencewaiting");
}

static void test_preview(void **state)
{
	struct rig *r = *state;
	CLEANUP(silence_release) struct silence s;
	struct silence_preview v;
	struct err err = ERR_INIT;

	arrives(r, "a", "a scan");
	arrives(r, "b", "something else");
	fill(r, &s, "title=*scan*", HOUR);
	assert_int_equal(silencing_preview(&r->pipeline, &s, r->now_ms, &v,
					   &err),
			 0);
	assert_int_equal(v.n_open, 2);
	assert_int_equal(v.n_covered, 1);
	assert_int_equal(v.n_by_severity[SEVERITY_MEDIUM], 1);
	assert_int_equal(v.examples[0], 1);
	assert_int_equal(v.examples[1], 0);
	s.ends_ms = r->now_ms + 9 * 24 * HOUR;
	assert_true(silencing_preview(&r->pipeline, &s, r->now_ms, &v, &err) <
		    0);
	assert_non_null(strstr(err.text, "24 hours"));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_holds_announces_and_tells),
		WITH(test_ended_by_somebody),
		WITH(test_survives_a_restart_and_hands_over),
		WITH(test_a_digest_leaves_out_what_is_silent),
		WITH(test_preview),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
