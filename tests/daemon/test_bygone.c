/* Alerts about what the settings do not name any more. */
#include "daemon/bygone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/rig.h"
#include "helpers/sample.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/posture_rows.h"
#include "store/txn.h"
#include "util/compiler.h"
#include "util/xmalloc.h"

#define T0 INT64_C(1780992000000)

static const char yaml[] =
	"sources:\n"
	"  - {name: defender, type: graph-security,\n"
	"     tenant: 11111111-2222-3333-4444-555555555555,\n"
	"     auth: managed-identity}\n"
	"targets:\n"
	"  - {name: oncall, type: folder, path: /nowhere/oncall}\n"
	"  - {name: pulse, type: heartbeat, url: 'https://pulse.example/x'}\n"
	"forward:\n"
	"  - {name: siem, type: file, path: /nowhere/events}\n"
	"fallback: oncall\n";

static void tell(struct rig *r, const char *slug)
{
	assert_int_equal(pipeline_self_alert(&r->pipeline,
					     &(struct self_alert){
						     .slug = slug,
						     .severity = SEVERITY_HIGH,
						     .title = slug,
						     .description = "It is so.",
						     .remediation = "Look.",
					     },
					     NULL),
			 0);
}

static void expect_open(struct rig *r, const char *expected)
{
	CLEANUP(free_ptr)
	char *text = rig_text(r, "select ifnull(group_concat(native_id, ' '), "
				 "'') from (select native_id from v_alerts "
				 "where state <> 'closed' order by native_id)");

	assert_string_equal(text, expected);
}

static void test_what_is_not_named_ends(void **state)
{
	static const char *const slugs[] = {
		"forward-stuck/siem",	       "forward-stuck/spool",
		"source-stale/azure",	       "target-failed/oncall/refused",
		"target-failed/pager/dead",    "target-failed/pager/disabled",
		"target-failed/pager/refused", "target-failed/pulse/disabled",
	};
	struct rig *r = *state;

	for (size_t i = 0; i < ARRAY_SIZE(slugs); i++)
		tell(r, slugs[i]);
	assert_int_equal(bygone_end(&r->pipeline, NULL), 0);
	expect_open(r, "forward-stuck/siem source-stale/azure "
		       "target-failed/oncall/refused target-failed/pager/dead "
		       "target-failed/pulse/disabled");
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts where "
					"title <> native_id"),
			 0);
	/* It is in the settings again, and stands still again. */
	tell(r, "forward-stuck/spool");
	assert_int_equal(rig_integer(r, "select episode from v_alerts where "
					"native_id = 'forward-stuck/spool' "
					"and state = 'open'"),
			 2);
}

static void refuse(struct rig *r, const char *target, enum settle_news news)
{
	CLEANUP(notice_release) struct notice n = sample_notice(0, target, 1);
	CLEANUP(notice_release) struct notice leased = { 0 };
	struct settlement end = { .state = NOTICE_DEAD,
				  .error = "HTTP 410",
				  .news = news };
	CLEANUP(txn_end) struct txn txn = TXN_NONE;

	assert_int_equal(txn_begin(&txn, r->store, NULL), 0);
	n.expires_ms = 0;
	assert_int_equal(outbox_put(r->store, &n, &end.id, NULL), 1);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	assert_int_equal(outbox_lease(r->store, target, T0, OUTBOX_ROOM(1),
				      &leased, NULL),
			 1);
	assert_int_equal(outbox_settle(r->store, &end, 1, T0, NULL), 0);
}

/* Screens and metrics that called for it would do so for ever: nobody can
 * enable what is not there. */
static void test_targets_that_are_not_named_are_in_no_trouble(void **state)
{
	CLEANUP(free_ptr) char *troubled = NULL;
	struct rig *r = *state;

	refuse(r, "oncall", SETTLE_REFUSED);
	refuse(r, "pager", SETTLE_DISABLES);
	refuse(r, "phone", SETTLE_REFUSED);
	refuse(r, "pulse", SETTLE_DISABLES);
	assert_int_equal(bygone_end(&r->pipeline, NULL), 0);
	troubled = rig_text(r, "select group_concat(target, ' ') from (select "
			       "* from v_targets where disabled_ms is not null "
			       "or refused_ms is not null order by target)");
	assert_string_equal(troubled, "oncall pulse");
}

/* Nobody reads it any more, so nobody could end what calls for it; when the
 * source is there again and cannot read it either, that is told anew. */
static void test_gaps_of_a_source_that_left_end(void **state)
{
	struct rig *r = *state;
	const struct ingest *in = &r->pipeline.ingest;
	const struct poll_window w = { "graph", "alerts", T0 - 60000, T0 };
	CLEANUP(free_ptr) char *text = NULL;

	assert_int_equal(in->gap_open(in->ctx, &w, "HTTP 500", NULL), 0);
	assert_int_equal(bygone_end(&r->pipeline, NULL), 0);
	expect_open(r, "");
	assert_int_equal(rig_integer(r, "select count(*) from v_gaps where "
					"closed_ms is null"),
			 0);
	text = rig_text(r, "select detail from v_events where kind = "
			   "'gap-closed'");
	assert_non_null(strstr(text, "settings do not name the source"));
	assert_int_equal(in->gap_open(in->ctx, &w, "HTTP 500", NULL), 0);
	assert_int_equal(rig_integer(r, "select count(*) from v_gaps where "
					"closed_ms is null"),
			 1);
	assert_int_equal(rig_integer(r, "select episode from v_alerts where "
					"state = 'open'"),
			 2);
}

/* The source is there, and reads something else. */
static void test_gaps_of_what_is_left_out_end(void **state)
{
	struct rig *r = *state;
	const struct ingest *in = &r->pipeline.ingest;
	const struct poll_window left[] = {
		{ "defender", "incidents", T0 - 60000, T0 },
		{ "defender", "behaviors", T0 - 90000, T0 },
		{ "defender", "behaviors", T0 - 60000, T0 },
	};
	const struct poll_window reads = { "defender", "alerts", T0 - 60000,
					   T0 };
	CLEANUP(free_ptr) char *text = NULL;

	assert_int_equal(in->gap_open(in->ctx, &reads, "HTTP 500", NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(left); i++)
		assert_int_equal(in->gap_open(in->ctx, &left[i], "HTTP 500",
					      NULL),
				 0);
	assert_int_equal(bygone_end(&r->pipeline, NULL), 0);
	text = rig_text(r, "select group_concat(scope) from v_gaps where "
			   "closed_ms is null");
	assert_string_equal(text, "alerts");
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind = 'gap-closed' and detail like "
					"'%the source leave it out%'"),
			 3);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts where "
					"state = 'open'"),
			 1);
}

static void test_nothing_to_end(void **state)
{
	struct rig *r = *state;
	int n = r->n_commits;

	assert_int_equal(bygone_end(&r->pipeline, NULL), 0);
	assert_int_equal(r->n_commits, n);
}

#define TENANT "11111111-2222-3333-4444-555555555555"

static const char posture_yaml[] =
	"sources:\n"
	"  - {name: read, type: defender-for-cloud, tenant: " TENANT
	", auth: managed-identity}\n"
	"  - {name: off, type: defender-for-cloud, tenant: " TENANT
	", auth: managed-identity, posture: off}\n"
	"targets: [{name: oncall, type: folder, path: /nowhere/oncall}]\n"
	"fallback: oncall\n";

static void read_posture(struct rig *r, const char *source)
{
	CLEANUP(strlist_release) struct strlist one = STRLIST_INIT;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;

	strlist_add(&one, source);
	assert_int_equal(txn_begin(&txn, r->store, NULL), 0);
	assert_int_equal(ledger_source(r->store, source, "defender-for-cloud",
				       T0, NULL),
			 0);
	assert_int_equal(posture_rows_watch(r->store, source, &one, true, T0,
					    NULL),
			 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

/* Nobody reads it any more, so it is not how things are. */
static void test_posture_that_nobody_reads_ends(void **state)
{
	static const char *const sources[] = { "gone", "off", "read" };
	CLEANUP(free_ptr) char *watched = NULL;
	struct rig *r = *state;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		read_posture(r, sources[i]);
	assert_int_equal(bygone_end(&r->pipeline, NULL), 0);
	watched = rig_text(r, "select group_concat(source || watched, ' ') "
			      "from (select * from v_subscriptions order by "
			      "source)");
	assert_string_equal(watched, "gone0 off0 read1");
	assert_int_equal(rig_integer(r, "select count(lost_ms) from "
					"v_subscriptions"),
			 2);
}

static int setup_posture(void **state)
{
	return rig_begin(state, posture_yaml, T0);
}

static int setup(void **state)
{
	return rig_begin(state, yaml, T0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_not_named_ends,
						setup, rig_end),
		cmocka_unit_test_setup_teardown(
			test_targets_that_are_not_named_are_in_no_trouble,
			setup, rig_end),
		cmocka_unit_test_setup_teardown(
			test_posture_that_nobody_reads_ends, setup_posture,
			rig_end),
		cmocka_unit_test_setup_teardown(
			test_gaps_of_a_source_that_left_end, setup, rig_end),
		cmocka_unit_test_setup_teardown(
			test_gaps_of_what_is_left_out_end, setup, rig_end),
		cmocka_unit_test_setup_teardown(test_nothing_to_end, setup,
						rig_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
