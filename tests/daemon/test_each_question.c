/*
 * Each thing the daemon does to its database while one of the questions it asks
 * fails, the first, the second, until there is no n-th any more: whoever asked
 * for it hears the cause, the database is as it was before, and the same thing
 * is then done. One story, told from the first alert to the end of retention.
 *
 * Battery: A5.
 *
 * tests/store/test_each_call.c does the same for each call of the store.
 */
#include "daemon/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/bygone.h"
#include "daemon/drilling.h"
#include "daemon/hush.h"
#include "daemon/keeper.h"
#include "daemon/requarantine.h"
#include "daemon/responding.h"
#include "daemon/rig.h"
#include "daemon/second.h"
#include "daemon/silencing.h"
#include "daemon/timed.h"
#include "store/call_faults.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/sqlite/engine_priv.h"
#include "store/txn.h"
#include "triage/silences.h"
#include "util/clock.h"
#include "util/xmalloc.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
/* Tuesday 2026-06-09 10:00 in Berlin. */
#define TUESDAY INT64_C(1780992000000)
#define TENANT "11111111-2222-3333-4444-555555555555"
#define ENDLESS 5000

static const char yaml[] =
	"sources:\n"
	"  - {name: azure, type: defender-for-cloud, tenant: " TENANT
	", auth: managed-identity}\n"
	"  - {name: graph, type: graph-security, tenant: " TENANT
	", auth: managed-identity}\n"
	"targets:\n"
	"  - {name: oncall, type: folder, path: /nowhere/oncall}\n"
	"  - {name: boss, type: folder, path: /nowhere/boss}\n"
	"  - {name: soc, type: folder, path: /nowhere/soc}\n"
	"  - {name: hook, type: exec, command: [/bin/true]}\n"
	"calendars:\n"
	"  - name: office\n"
	"    timezone: Europe/Berlin\n"
	"    hours: {mon-fri: [\"09:00-17:00\"]}\n"
	"sla: {high: {triage: 4h, resolve: 2d}}\n"
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
	"  - name: morning\n"
	"    when: {severity: medium}\n"
	"    digest: {at: \"11:00\", calendar: office, notify: [soc]}\n"
	"fallback: oncall\n"
	"quiet-hours: {target: boss, timezone: Europe/Berlin, hours: "
	"{mon-sun: [\"10:00-11:00\"]}}\n"
	"groups: {wait: {high: 30s}}\n"
	"storm: {groups: 2, within: 5m, critical-groups: 1, critical-every: "
	"50s}\n"
	"retention: {closed-alerts: 40d, raw: 20d, polls: 10d, deliveries: "
	"30d}\n"
	"respond: {actions: [suspend-user, dismiss], per-hour: 2, "
	"expires: 4m}\n";

static struct rig *r;
static int64_t poll_id;
static struct keeper keeper;
/* Somebody else's look at the database. */
static sqlite3 *db;
static sqlite3_stmt *looking;

struct step {
	const char *name;
	int (*run)(struct err *err);
	int64_t at_ms; /* after TUESDAY; 0: when the one before it was */
	/* What is due is several things, each in a transaction of its own; who
	 * cannot tell what is asks again in his regular turn. LAST_UNTOLD: it
	 * is done, and what it looks at last is looked at again later. */
	enum { TOLD, DUE, LAST_UNTOLD } how;
};

/* --- alerts --- */

static int do_poll_begin(struct err *err)
{
	const struct poll_window w = { .source = "azure", .scope = "s" };

	return r->pipeline.ingest.poll_begin(r->pipeline.ingest.ctx, &w,
					     &poll_id, err);
}

static int do_poll_fail(struct err *err)
{
	return r->pipeline.ingest.poll_fail(r->pipeline.ingest.ctx, poll_id,
					    "cut by the test", err);
}

/* A page of the alerts named a, b, c ... in @titles, and an item that nobody
 * understands. */
static int page(const char *const *titles, const struct rig_alert *like,
		struct err *err)
{
	struct item items[4] = { 0 };
	struct page p = { .items = items };
	int rc;

	while (titles[p.n_items]) {
		char id[2] = { (char)('a' + p.n_items), '\0' };
		struct rig_alert a = *like;

		a.id = id;
		a.title = titles[p.n_items];
		rig_item(r, &a, &items[p.n_items++]);
	}
	items[p.n_items++] = (struct item){ .kind = ITEM_BAD,
					    .raw = "17",
					    .raw_len = 2,
					    .reason = "no object" };
	rc = r->pipeline.ingest.page(r->pipeline.ingest.ctx, poll_id, &p, err);
	for (size_t i = 0; i + 1 < p.n_items; i++)
		alert_release(&items[i].alert);
	return rc;
}

static const char *const titles[] = { "One", "the crown", "Three", NULL };

static int do_page(struct err *err)
{
	return page(titles,
		    &(struct rig_alert){ .severity = SEVERITY_HIGH,
					 .tenant = TENANT,
					 .account = "ada@contoso.com" },
		    err);
}

static int do_page_medium(struct err *err)
{
	static const char *const other[] = { "One", "the crown", "Three",
					     NULL };

	return page(other,
		    &(struct rig_alert){ .severity = SEVERITY_MEDIUM,
					 .tenant = "other" },
		    err);
}

static int do_page_changed(struct err *err)
{
	static const char *const other[] = { "One changed", "the crown again",
					     NULL };

	return page(other,
		    &(struct rig_alert){ .severity = SEVERITY_HIGH,
					 .tenant = TENANT },
		    err);
}

static int do_page_resolved(struct err *err)
{
	static const char *const other[] = { "One done", NULL };

	return page(other,
		    &(struct rig_alert){ .severity = SEVERITY_HIGH,
					 .status = "Resolved",
					 .source_state = SOURCE_RESOLVED,
					 .tenant = TENANT },
		    err);
}

static int do_self(struct err *err)
{
	const struct self_alert s = { .slug = "disk",
				      .severity = SEVERITY_HIGH,
				      .title = "The disk is full",
				      .description = "No room.",
				      .remediation = "Make room.",
				      .avoid_target = "soc" };

	return pipeline_self_alert(&r->pipeline, &s, err);
}

static int do_self_over(struct err *err)
{
	const struct self_alert s = { .slug = "disk",
				      .severity = SEVERITY_HIGH,
				      .title = "The disk is full",
				      .description = "No room.",
				      .remediation = "Make room.",
				      .resolved = true };

	return pipeline_self_alert(&r->pipeline, &s, err);
}

/* What falls due, up to now. */
static int do_timed(struct err *err)
{
	return timed_run(&r->pipeline, r->now_ms, err);
}

static int settle_with(const char *target, enum notice_state state,
		       struct err *err)
{
	struct notice n[16];
	int got = outbox_lease(r->store, target, r->now_ms, OUTBOX_ROOM(16), n,
			       err);
	int rc = got;

	for (int i = 0; i < got; i++) {
		struct settlement s = { .id = n[i].id,
					.state = state,
					.error = state == NOTICE_DEAD
							 ? "it says no"
							 : NULL };

		if (rc >= 0)
			rc = outbox_settle(r->store, &s, 1, r->now_ms, err);
		notice_release(&n[i]);
	}
	return rc;
}

/* Not harmed: between two steps. */
static void deliver(void)
{
	struct err err = ERR_INIT;

	if (settle_with("soc", NOTICE_SENT, &err) < 0 ||
	    settle_with("oncall", NOTICE_DEAD, &err) < 0 ||
	    settle_with("boss", NOTICE_SENT, &err) < 0)
		fail_msg("%s", err.text);
}

static int do_second(struct err *err)
{
	return second_run(&r->pipeline, r->now_ms, err);
}

/* --- people --- */

static struct human_change change_of(int64_t id)
{
	return (struct human_change){
		.id = id, .who = "ann", .note = "mine", .now_ms = r->now_ms
	};
}

static int do_acknowledge(struct err *err)
{
	struct human_change c = change_of(2);

	return pipeline_acknowledge(&r->pipeline, &c, err);
}

static int do_assign(struct err *err)
{
	struct human_change c = change_of(3);
	struct work_outcome o;

	return pipeline_assign(&r->pipeline, &c, "ann", &o, err);
}

static int do_phase(struct err *err)
{
	struct human_change c = change_of(3);
	struct work_outcome o;

	return pipeline_set_phase(&r->pipeline, &c, PHASE_INVESTIGATE, &o, err);
}

static int do_unassign(struct err *err)
{
	struct human_change c = change_of(3);
	struct work_outcome o;

	return pipeline_assign(&r->pipeline, &c, NULL, &o, err);
}

static int do_hold(struct err *err)
{
	struct human_change c = change_of(3);
	struct work_outcome o;

	return pipeline_hold(&r->pipeline, &c, HOUR, &o, err);
}

static int do_hold_end(struct err *err)
{
	struct human_change c = change_of(3);
	struct work_outcome o;

	return pipeline_hold(&r->pipeline, &c, 0, &o, err);
}

static int do_note(struct err *err)
{
	struct human_change c = change_of(3);

	return pipeline_add_note(&r->pipeline, &c, err);
}

static int do_close(struct err *err)
{
	struct human_change c = change_of(2);

	return pipeline_close(&r->pipeline, &c, VERDICT_BENIGN, err);
}

static int do_reopen(struct err *err)
{
	struct human_change c = change_of(2);
	struct work_outcome o;

	return pipeline_reopen(&r->pipeline, &c, &o, err);
}

/* --- silences and drills --- */

static int silence(bool store, struct err *err)
{
	CLEANUP(silence_release)
	struct silence s = {
		.author = xstrdup("ann"),
		.reason = xstrdup("known noise"),
		.created_ms = r->now_ms,
		.starts_ms = r->now_ms,
		.ends_ms = r->now_ms + HOUR,
	};
	char when[] = "title=One*";
	struct silence_preview preview;
	int64_t id;

	assert_int_equal(silence_parse_when(when, &s, NULL), 0);
	return store ? silencing_add(&r->pipeline, &s, &id, err)
		     : silencing_preview(&r->pipeline, &s, r->now_ms, &preview,
					 err);
}

static int do_silence_preview(struct err *err)
{
	return silence(false, err);
}

static int do_silence(struct err *err)
{
	return silence(true, err);
}

static int do_silence_run(struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, r->store, err);

	if (rc >= 0)
		rc = silencing_run(&r->pipeline, r->now_ms, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

static int do_silence_end(struct err *err)
{
	return silencing_end(&r->pipeline, 2, "ben", r->now_ms, err);
}

static int do_hush_refresh(struct err *err)
{
	return hush_refresh(&r->pipeline, err);
}

static int do_bygone(struct err *err)
{
	return bygone_end(&r->pipeline, err);
}

static int do_hush_hasten(struct err *err)
{
	return hush_hasten(&r->pipeline, r->now_ms, err);
}

static int do_drill(struct err *err)
{
	CLEANUP(drill_release) struct drill d = { 0 };
	const struct drill_order o = { .who = "ann",
				       .severity = SEVERITY_HIGH,
				       .for_ms = 12 * MINUTE,
				       .now_ms = r->now_ms };

	return drilling_begin(&r->pipeline, &o, &d, err);
}

static int do_drill_end(struct err *err)
{
	const struct drill_stop s = { .who = "eve", .now_ms = r->now_ms };
	enum drill_result result;
	int64_t id;

	return drilling_end(&r->pipeline, &s, &id, &result, err);
}

static int do_drill_run(struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, r->store, err);

	if (rc >= 0)
		rc = drilling_run(&r->pipeline, r->now_ms, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

/* --- responses --- */

static int do_plan(struct err *err)
{
	CLEANUP(response_release) struct response made = { 0 };
	const struct respond_order o = { .alert_id = 3,
					 .who = "ann",
					 .action = RESPONSE_SUSPEND_USER,
					 .reason = "stolen password",
					 .contain = true,
					 .now_ms = r->now_ms };

	return responding_plan(&r->pipeline, &o, &made, err);
}

static struct respond_decision decision_on(int64_t id)
{
	return (struct respond_decision){ .id = id,
					  .who = "ben",
					  .role = ROLE_ADMIN,
					  .reason = "yes",
					  .now_ms = r->now_ms };
}

static int do_approve(struct err *err)
{
	CLEANUP(response_release) struct response done = { 0 };
	const struct respond_decision d = decision_on(1);

	return responding_approve(&r->pipeline, &d, &done, err);
}

static int do_refuse(struct err *err)
{
	CLEANUP(response_release) struct response done = { 0 };
	const struct respond_decision d = decision_on(2);

	return responding_refuse(&r->pipeline, &d, &done, err);
}

static struct response taken;

static int do_take(struct err *err)
{
	struct response got = { 0 };
	int rc = responding_take(&r->pipeline, r->now_ms, &got, err);

	if (rc < 0)
		return rc;
	response_release(&taken);
	taken = got;
	return 0;
}

static int do_respond_end(struct err *err)
{
	const struct respond_ending e = { .state = RESPONSE_DONE,
					  .answer = "204" };

	return responding_end(&r->pipeline, &taken, &e, r->now_ms, err);
}

static int do_tend(struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, r->store, err);

	if (rc >= 0)
		rc = responding_tend(&r->pipeline, true, r->now_ms, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

/* --- the end of things --- */

static int do_requarantine(struct err *err)
{
	int64_t after = 0, resolved = 0;

	return requarantine_slice(&r->pipeline, &after, &resolved, err);
}

static int do_keep(struct err *err)
{
	int rc;

	keeper = (struct keeper){ .pipeline = &r->pipeline };
	do
		rc = keeper_slice(&keeper, r->now_ms, err);
	while (rc == 1);
	return rc;
}

static const struct step steps[] = {
	{ "a poll begins", do_poll_begin, 0, TOLD },
	{ "a page", do_page, 0, TOLD },
	{ "a page for a digest", do_page_medium, 0, TOLD },
	{ "a poll fails", do_poll_fail, 0, TOLD },
	{ "due: a group", do_timed, MINUTE, DUE },
	{ "one acknowledges", do_acknowledge, 2 * MINUTE, TOLD },
	{ "one takes it", do_assign, 0, TOLD },
	{ "one says how far", do_phase, 0, TOLD },
	{ "one gives it up", do_unassign, 0, TOLD },
	{ "one waits", do_hold, 0, TOLD },
	{ "one goes on", do_hold_end, 0, TOLD },
	{ "one notes", do_note, 0, TOLD },
	{ "a look at a silence", do_silence_preview, 3 * MINUTE, TOLD },
	{ "a silence", do_silence, 0, LAST_UNTOLD },
	{ "another silence", do_silence, 0, LAST_UNTOLD },
	{ "a silence ends", do_silence_end, 0, LAST_UNTOLD },
	{ "another poll", do_poll_begin, 4 * MINUTE, TOLD },
	{ "a page of changes", do_page_changed, 0, TOLD },
	{ "a page of what is over", do_page_resolved, 0, TOLD },
	{ "the end of it", do_poll_fail, 0, TOLD },
	{ "due: a ladder", do_timed, 21 * MINUTE, DUE },
	{ "trouble of our own", do_self, 22 * MINUTE, TOLD },
	{ "the second channel", do_second, 23 * MINUTE, TOLD },
	{ "trouble is over", do_self_over, 24 * MINUTE, TOLD },
	{ "due: a group again", do_timed, 26 * MINUTE, DUE },
	{ "the silences anew", do_hush_refresh, 0, TOLD },
	{ "other settings", do_hush_hasten, 0, TOLD },
	{ "what they do not name", do_bygone, 0, TOLD },
	{ "a drill", do_drill, 27 * MINUTE, TOLD },
	{ "a drill ends", do_drill_end, 28 * MINUTE, TOLD },
	{ "another drill", do_drill, 29 * MINUTE, TOLD },
	{ "a drill has ended", do_drill_run, 45 * MINUTE, DUE },
	{ "a response is planned", do_plan, 46 * MINUTE, TOLD },
	{ "it is approved", do_approve, 0, TOLD },
	{ "it is begun", do_take, 0, TOLD },
	{ "it is done", do_respond_end, 0, TOLD },
	{ "responses of before", do_tend, 0, TOLD },
	{ "planned again", do_plan, 47 * MINUTE, TOLD },
	{ "asked for again", do_tend, 49 * MINUTE, TOLD },
	{ "it is refused", do_refuse, 0, TOLD },
	{ "closed", do_close, 50 * MINUTE, TOLD },
	{ "opened again", do_reopen, 51 * MINUTE, TOLD },
	{ "due: a silence is over", do_silence_run, 64 * MINUTE, DUE },
	{ "due: a digest", do_timed, 65 * MINUTE, DUE },
	{ "due: a breach", do_timed, 5 * HOUR, DUE },
	{ "closed again", do_close, 6 * HOUR, TOLD },
	{ "tried again", do_requarantine, 0, TOLD },
	{ "retention", do_keep, 60 * DAY, DUE },
};

/* Changes with every commit of somebody else. */
static int64_t data_version(void)
{
	int64_t version;

	assert_int_equal(sqlite3_step(looking), SQLITE_ROW);
	version = sqlite3_column_int64(looking, 0);
	sqlite3_reset(looking);
	return version;
}

static void check_said(const struct step *s, long at, int rc,
		       const struct err *err)
{
	if (rc != ERR_STORE_FULL || err->code != rc)
		fail_msg("%s, question %ld: %d, %d %s", s->name, at, rc,
			 err->code, err->text);
	if (!strstr(err->text, "disk is full"))
		fail_msg("%s: no cause in: %s", s->name, err->text);
}

/* One time with question @at failing. Did it fail for that? Else it is done. */
static bool run(const struct step *s, long at)
{
	int64_t before = data_version();
	struct err err = ERR_INIT;
	bool struck;
	int rc;

	query_finalize_all(r->store);
	fault_arm(at);
	rc = s->run(&err);
	struck = fault_disarm();
	if (!struck && rc < 0)
		fail_msg("%s: %s", s->name, err.text);
	if (!struck || (s->how == LAST_UNTOLD && rc >= 0))
		return false;
	if (s->how == TOLD || rc < 0)
		check_said(s, at, rc, &err);
	if (s->how != DUE && data_version() != before)
		fail_msg("%s, question %ld: half of it was done", s->name, at);
	return true;
}

static void test_step(void **state)
{
	const struct step *s = *state;
	long n = 1;

	if (s->at_ms)
		r->now_ms = TUESDAY + s->at_ms;
	clock_hold(r->now_ms, r->now_ms);
	deliver();
	while (run(s, n))
		assert_true(n++ < ENDLESS);
	assert_true(n > 1);
}

static int set_up(void **state)
{
	void *made = NULL;
	char path[96];

	(void)state;
	if (rig_begin(&made, yaml, TUESDAY) < 0)
		return -1;
	r = made;
	snprintf(path, sizeof(path), "%s/triaged.db", r->directory);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		return -1;
	return sqlite3_prepare_v2(db, "PRAGMA data_version", -1, &looking,
				  NULL);
}

static int tear_down(void **state)
{
	void *made = r;

	(void)state;
	response_release(&taken);
	sqlite3_finalize(looking);
	sqlite3_close(db);
	return rig_end(&made);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(steps)];

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		tests[i] = (struct CMUnitTest){ .name = steps[i].name,
						.test_func = test_step,
						.initial_state =
							(void *)&steps[i] };
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
