/*
 * What the tests of responses share: two alerts, on an account of somebody and
 * on one that is protected, and what people say about responses to them.
 */
#ifndef TESTS_DAEMON_RESPOND_SCENE_H
#define TESTS_DAEMON_RESPOND_SCENE_H

#include <stdlib.h>
#include <string.h>

#include "daemon/responding.h"
#include "daemon/rig.h"
#include "store/txn.h"
#include "util/xmalloc.h"

#define NOW INT64_C(1780992000000)
#define HOUR INT64_C(3600000)
#define TENANT "11111111-2222-3333-4444-555555555555"

static const char yaml[] =
	"sources:\n"
	"  - {name: azure, type: defender-for-cloud, tenant: " TENANT
	", auth: managed-identity}\n"
	"  - {name: graph, type: graph-security, tenant: " TENANT
	", auth: managed-identity}\n"
	"targets:\n"
	"  - {name: oncall, type: folder, path: /nowhere/oncall}\n"
	"  - {name: hook, type: exec, command: [/bin/true]}\n"
	"fallback: oncall\n"
	"respond:\n"
	"  actions: [suspend-user, dismiss]\n"
	"  hooks: [hook]\n"
	"  protect: [\"boss@*\"]\n"
	"  per-hour: 2\n";

static int setup(void **state)
{
	static const struct rig_alert alerts[] = {
		{ .id = "one",
		  .severity = SEVERITY_HIGH,
		  .tenant = TENANT,
		  .account = "ada@contoso.com" },
		{ .id = "two",
		  .severity = SEVERITY_HIGH,
		  .tenant = TENANT,
		  .account = "boss@contoso.com" },
	};

	if (rig_begin(state, yaml, NOW) < 0)
		return -1;
	rig_page(*state, alerts, 2, true);
	return 0;
}

static struct respond_order order(const struct rig *r, enum response_action a)
{
	return (struct respond_order){ .alert_id = 1,
				       .who = "ann",
				       .action = a,
				       .reason = "stolen password",
				       .now_ms = r->now_ms };
}

static int64_t plan(struct rig *r, enum response_action a,
		    enum response_state state)
{
	CLEANUP(response_release) struct response made = { 0 };
	struct respond_order o = order(r, a);
	struct err err = ERR_INIT;

	o.hook = "hook";
	if (responding_plan(&r->pipeline, &o, &made, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(made.state, state);
	return made.id;
}

static int approve(struct rig *r, int64_t id, const char *who, enum role role)
{
	CLEANUP(response_release) struct response done = { 0 };
	const struct respond_decision d = {
		.id = id, .who = who, .role = role, .now_ms = r->now_ms
	};

	return responding_approve(&r->pipeline, &d, &done, NULL);
}

static int refuse(struct rig *r, int64_t id, const char *who, enum role role)
{
	CLEANUP(response_release) struct response done = { 0 };
	const struct respond_decision d = { .id = id,
					    .who = who,
					    .role = role,
					    .reason = "wrong one",
					    .now_ms = r->now_ms };

	return responding_refuse(&r->pipeline, &d, &done, NULL);
}

static int tend(struct rig *r, bool starting)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int n;

	assert_int_equal(txn_begin(&txn, r->store, NULL), 0);
	n = responding_tend(&r->pipeline, starting, r->now_ms, NULL);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	return n;
}

static void expect_text(struct rig *r, const char *query, const char *text)
{
	CLEANUP(free_ptr) char *found = rig_text(r, query);

	assert_string_equal(found, text);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, rig_end)

#endif
