/* One alert by several doors is one row, in whatever order its copies come. */
#include "daemon/doors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/rig.h"
#include "source/normalize.h"
#include "store/ledger.h"
#include "store/txn.h"
#include "util/xmalloc.h"

#define NOW INT64_C(1780992000000)
#define N_SEEDS 40
#define N_ALERTS 6
#define N_EVENTS 60

static const char yaml[] =
	"targets:\n"
	"  - {name: oncall, type: folder, path: /nowhere/oncall}\n"
	"routes:\n"
	"  - name: all\n"
	"    ladder: [{after: 0s, notify: [oncall]}]\n"
	"fallback: oncall\n";

static int setup(void **state)
{
	return rig_begin(state, yaml, NOW);
}

static const struct {
	enum door door;
	const char *source, *kind;
} doors[] = {
	{ DOOR_ARM, "azure", "defender-for-cloud" },
	{ DOOR_GRAPH, "graph", "graph-security" },
	{ DOOR_CLOUD_APPS, "portal", "cloud-apps" },
};

/* A copy of alert @id, whose states are 0 active, 1 resolved. */
static char *copy_of(enum door door, const char *id, int severity, int state,
		     int minute)
{
	static const char *const words[] = { "low", "medium", "high" };

	if (door == DOOR_ARM)
		return xasprintf("{\"id\":\"/subscriptions/s/x/%s\",\"name\":"
				 "\"%s\",\"properties\":{\"systemAlertId\":"
				 "\"%s\",\"alertDisplayName\":\"A\","
				 "\"severity\":\"%s\",\"status\":\"%s\"}}",
				 id, id, id, words[severity],
				 state ? "Resolved" : "Active");
	if (door == DOOR_GRAPH)
		return xasprintf(
			"{\"id\":\"%s%s\",\"providerAlertId\":\"%s\","
			"\"title\":\"A\",\"severity\":\"%s\",\"status\":"
			"\"%s\",\"lastUpdateDateTime\":\"2026-06-09T%02d:"
			"%02d:00Z\"}",
			id[0] == 'm' ? "dc" : "ca", id, id, words[severity],
			state ? "resolved" : "new", minute / 60, minute % 60);
	return xasprintf("{\"_id\":\"%s\",\"title\":\"A\",\"severityValue\":%d,"
			 "\"resolutionStatusValue\":%d}",
			 id, severity, state ? 2 : 0);
}

static void make_item(struct rig *r, enum door door, const char *json,
		      struct item *it)
{
	const struct ingest *in = &r->pipeline.ingest;
	struct span raw = { json, strlen(json) };

	assert_true(normalize_peek_key(door, "t", raw, &it->key));
	normalize_raw_hash(in->raw_key, raw, it->raw_hash);
	it->kind = ITEM_UNREAD;
	in->known(in->ctx, it, 1);
	if (it->kind == ITEM_UNCHANGED)
		return;
	normalize_item(door, "t", raw, it);
	memcpy(it->alert.raw_hash, it->raw_hash, sizeof(it->raw_hash));
	assert_int_equal(it->kind, ITEM_ALERT);
}

/* As a listing of its own; @unlinked: as a release did that knew no doors. */
static void hand_in(struct rig *r, size_t d, const char *json, bool unlinked)
{
	const struct ingest *in = &r->pipeline.ingest;
	const struct poll_window w = { .source = doors[d].source, .scope = "" };
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct item it = { .kind = ITEM_BAD };
	struct page page = { .items = &it, .n_items = 1, .last = true };
	struct err err = ERR_INIT;
	int64_t poll = 0;

	assert_true(txn_begin(&txn, r->store, &err) >= 0);
	assert_true(ledger_source(r->store, doors[d].source, doors[d].kind,
				  r->now_ms, &err) >= 0);
	assert_true(txn_commit(&txn, &err) >= 0);
	assert_true(in->poll_begin(in->ctx, &w, &poll, &err) >= 0);
	alert_init(&it.alert);
	make_item(r, doors[d].door, json, &it);
	if (unlinked) {
		free(it.alert.linked_kind);
		free(it.alert.linked_id);
		it.alert.linked_kind = it.alert.linked_id = NULL;
		alert_seal(&it.alert);
	}
	if (in->page(in->ctx, poll, &page, &err) < 0)
		fail_msg("%s", err.text);
	alert_release(&it.alert);
}

static void say(struct rig *r, size_t d, const char *id, int severity,
		int state, int minute)
{
	CLEANUP(free_ptr)
	char *json = copy_of(doors[d].door, id, severity, state, minute);

	hand_in(r, d, json, false);
}

static int64_t count(struct rig *r, const char *what)
{
	CLEANUP(free_ptr)
	char *query = xasprintf("select count(*) from %s", what);

	return rig_integer(r, query);
}

static void assert_text(struct rig *r, const char *query, const char *expected)
{
	CLEANUP(free_ptr) char *text = rig_text(r, query);

	assert_string_equal(text, expected);
}

/* Both orders of each pair; an id that only resembles stays apart. */
static void test_both_orders(void **state)
{
	struct rig *r = *state;

	say(r, 0, "m1", 2, 0, 0);
	say(r, 1, "m1", 2, 0, 0);
	say(r, 1, "m2", 2, 0, 0);
	say(r, 0, "M2", 2, 0, 0);
	say(r, 2, "ca11", 2, 0, 0);
	say(r, 1, "ca11", 2, 0, 0);
	say(r, 1, "ca22", 2, 0, 0);
	say(r, 2, "ca22", 2, 0, 0);
	assert_int_equal(count(r, "v_alerts"), 4);
	assert_int_equal(count(r, "v_origins"), 8);
	/* Stripping more than two letters would find this one's "11". */
	say(r, 2, "11", 2, 0, 0);
	say(r, 0, "11", 2, 0, 0);
	assert_int_equal(count(r, "v_alerts"), 6);
	assert_int_equal(count(r, "v_events where kind = 'merged'"), 0);
	assert_int_equal(count(r, "v_events where kind = 'doors-disagree'"), 0);
}

static int64_t count_disagreements(struct rig *r)
{
	return count(r, "v_events where kind = 'doors-disagree'");
}

/* What a copy says anew the other door has yet to follow. */
static void test_lag(void **state)
{
	struct rig *r = *state;

	say(r, 0, "m1", 2, 0, 0);
	say(r, 1, "m1", 2, 1, 30);
	assert_text(r, "select state from v_alerts", "closed");
	say(r, 0, "m1", 2, 1, 0);
	/* Open again, first here and then there. */
	say(r, 1, "m1", 2, 0, 40);
	say(r, 0, "m1", 2, 0, 0);
	assert_text(r, "select state || episode from v_alerts", "open2");
	/* The severity, there first. */
	say(r, 0, "m1", 1, 0, 0);
	say(r, 1, "m1", 1, 0, 50);
	/* A door that changes its own mind disagrees with nobody. */
	say(r, 1, "m1", 0, 0, 51);
	/* An older copy says nothing new. */
	say(r, 1, "m1", 2, 1, 5);
	assert_text(r, "select severity || state from v_alerts", "lowopen");
	/* The listing there is as it was. */
	say(r, 0, "m1", 1, 0, 0);
	assert_text(r, "select severity from v_alerts", "low");
	assert_int_equal(count_disagreements(r), 0);
}

/* ARM's copy with other bytes that say the same. */
static void say_again(struct rig *r, const char *id, int severity, int state)
{
	CLEANUP(free_ptr)
	char *json = copy_of(DOOR_ARM, id, severity, state, 0);
	CLEANUP(free_ptr)
	char *longer =
		xasprintf("%.*s,\"correlationUnused\":%lld}}",
			  (int)strlen(json) - 2, json, (long long)++r->now_ms);

	hand_in(r, 0, longer, false);
}

/* A door that came again with what it had said before could have followed. */
static void test_disagreement(void **state)
{
	struct rig *r = *state;

	say(r, 0, "m1", 2, 0, 0);
	say(r, 1, "m1", 0, 0, 30);
	assert_text(r, "select severity from v_alerts", "low");
	assert_int_equal(count_disagreements(r), 0);
	say_again(r, "m1", 2, 0);
	assert_text(r, "select severity from v_alerts", "high");
	assert_int_equal(count_disagreements(r), 1);
	assert_text(r,
		    "select detail from v_events where kind = "
		    "'doors-disagree'",
		    "{\"door\":\"defender-for-cloud\",\"other_door\":"
		    "\"graph-security\",\"severity\":\"high\","
		    "\"severity_there\":\"low\",\"status\":\"active\","
		    "\"status_there\":\"active\"}");
	/* To repeat oneself is not to disagree twice. */
	say_again(r, "m1", 2, 0);
	assert_int_equal(count_disagreements(r), 1);
	/* The other one insists. */
	say(r, 1, "m1", 0, 0, 31);
	assert_int_equal(count_disagreements(r), 2);
}

static void store_apart(struct rig *r)
{
	CLEANUP(free_ptr) char *arm = copy_of(DOOR_ARM, "m1", 2, 0, 0);
	CLEANUP(free_ptr) char *graph = copy_of(DOOR_GRAPH, "m1", 2, 0, 0);

	hand_in(r, 1, graph, true);
	hand_in(r, 0, arm, true);
	assert_int_equal(count(r, "v_alerts"), 2);
	assert_int_equal(count(r, "v_deliveries where state = 'pending'"), 2);
}

/* Two rows of before the link was known: the older goes on. */
static void test_merge(void **state)
{
	struct rig *r = *state;

	store_apart(r);
	say(r, 0, "m1", 1, 0, 0);
	assert_text(r,
		    "select group_concat(id || state || ifnull(close_note, "
		    "'-') || triage_state) from (select * from v_alerts "
		    "order by id)",
		    "1open-running,2closedduplicate of alert 1met");
	assert_text(r, "select closed_by from v_alerts where id = 2",
		    "triaged");
	assert_int_equal(count(r, "v_origins where alert_id = 1"), 2);
	assert_int_equal(count(r, "v_origins"), 2);
	assert_text(r,
		    "select group_concat(alert_id || state || "
		    "ifnull(last_error, '')) from (select * from v_deliveries "
		    "where alert_id = 2)",
		    "2supersededmerged into alert 1");
	assert_text(r,
		    "select group_concat(alert_id || detail) from (select * "
		    "from v_events where kind = 'merged' order by id)",
		    "2{\"into\":1},1{\"from\":2}");
	assert_int_equal(count(r, "v_events where kind = 'origin-conflict'"),
			 0);
	/* From now on every door leads to the one row. */
	say(r, 1, "m1", 1, 1, 9);
	say(r, 0, "m1", 1, 1, 0);
	assert_text(r, "select group_concat(state) from v_alerts",
		    "closed,closed");
	assert_int_equal(count(r, "v_alerts"), 2);
	assert_int_equal(count(r, "v_events where kind = 'merged'"), 2);
	/* What it owed before it was known to be a duplicate stays undone. */
	rig_advance(r, r->now_ms + 86400000);
	assert_int_equal(count(r, "v_sla where breached_ms is not null"), 0);
}

/* Two rows of before the link was known: graph's of minute @at, then ARM's. */
static void store_two(struct rig *r, int graph_state, int arm_state, int at)
{
	CLEANUP(free_ptr)
	char *graph = copy_of(DOOR_GRAPH, "m1", 2, graph_state, at);
	CLEANUP(free_ptr) char *arm = copy_of(DOOR_ARM, "m1", 2, arm_state, 0);

	hand_in(r, 1, graph, true);
	hand_in(r, 0, arm, true);
}

static void assert_rows(struct rig *r, const char *expected)
{
	assert_text(r,
		    "select group_concat(id || state || ifnull(close_note, "
		    "'') || triage_state) from (select * from v_alerts order "
		    "by id)",
		    expected);
}

/* Closed at its source and open at the other door: the open one goes on. */
static void test_merge_outlived(void **state)
{
	struct rig *r = *state;

	store_two(r, 1, 0, 0);
	assert_rows(r, "1closednone,2openrunning");
	/* Nothing but the link is new. */
	say_again(r, "m1", 2, 0);
	assert_rows(r, "1closedduplicate of alert 2none,2openrunning");
	assert_int_equal(count(r, "v_origins where alert_id = 2"), 2);
	assert_int_equal(count(r, "v_deliveries where state = 'pending'"), 1);
	assert_text(r,
		    "select group_concat(alert_id || detail) from (select * "
		    "from v_events where kind = 'merged' order by id)",
		    "1{\"into\":2},2{\"from\":1}");
	/* Both doors lead there from now on. */
	say(r, 1, "m1", 2, 0, 9);
	say(r, 1, "m1", 2, 1, 10);
	assert_text(r, "select state from v_alerts where id = 2", "closed");
	assert_int_equal(count(r, "v_alerts"), 2);
	assert_int_equal(count(r, "v_events where kind = 'merged'"), 2);
}

/* What a human put away stays there; so does what is open. */
static void test_merge_kept(void **state)
{
	static const struct human_change close = { .id = 1,
						   .who = "kim",
						   .now_ms = NOW };
	struct rig *r = *state;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct err err = ERR_INIT;

	store_two(r, 0, 0, 0);
	assert_true(txn_begin(&txn, r->store, &err) >= 0);
	assert_true(alerts_close(r->store, &close, VERDICT_BENIGN, &err) >= 0);
	assert_true(txn_commit(&txn, &err) >= 0);
	say_again(r, "m1", 2, 0);
	assert_text(r,
		    "select group_concat(id || state || ifnull(close_note, "
		    "'')) from (select * from v_alerts order by id)",
		    "1closed,2closedduplicate of alert 1");
}

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16;
}

/* Copies in random order, repeated and changing; then all doors agree. */
static void run_seed(struct rig *r, unsigned seed)
{
	unsigned at = seed;
	bool seen[N_ALERTS] = { false };
	char id[16];
	int64_t n_seen = 0;

	for (int i = 0; i < N_EVENTS; i++) {
		unsigned k = next_random(&at) % N_ALERTS;
		size_t d = next_random(&at) % 2 ? 1 : k % 2 ? 2 : 0;

		snprintf(id, sizeof(id), "%c%u-%u", k % 2 ? 'c' : 'm', seed, k);
		n_seen += !seen[k];
		seen[k] = true;
		r->now_ms += 1000;
		say(r, d, id, (int)(next_random(&at) % 3),
		    (int)(next_random(&at) % 2), i);
	}
	for (unsigned k = 0; k < N_ALERTS; k++) {
		snprintf(id, sizeof(id), "%c%u-%u", k % 2 ? 'c' : 'm', seed, k);
		n_seen += !seen[k];
		say(r, k % 2 ? 2 : 0, id, 1, k > 2, 0);
		say(r, 1, id, 1, k > 2, 100);
	}
	assert_int_equal(n_seen, N_ALERTS);
}

static void test_random_order(void **state)
{
	struct rig *r = *state;

	for (unsigned seed = 1; seed <= N_SEEDS; seed++) {
		print_message("seed %u\n", seed);
		run_seed(r, seed);
		assert_int_equal(count(r, "v_alerts"), seed * N_ALERTS);
		assert_int_equal(count(r, "v_alerts where base_severity <> "
					  "'medium'"),
				 0);
		assert_int_equal(count(r, "v_alerts where state = 'closed'"),
				 seed * N_ALERTS / 2);
		assert_int_equal(count(r, "(select alert_id from v_origins "
					  "group by alert_id having count(*) "
					  "<> 2)"),
				 0);
	}
	assert_int_equal(count(r, "v_events where kind = 'merged'"), 0);
	assert_true(count(r, "v_events where kind = 'doors-disagree'") > 0);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_both_orders),	   WITH(test_lag),
		WITH(test_disagreement),   WITH(test_merge),
		WITH(test_merge_outlived), WITH(test_merge_kept),
		WITH(test_random_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
