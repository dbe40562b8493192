/* What is over goes at its time; what a source shows of it afterwards is no
 * news; a database that is too large gives up the oldest first.
 *
 * Battery: B1.
 */
#include "daemon/keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/rig.h"
#include "store/alerts.h"
#include "store/audit.h"
#include "store/outbox.h"
#include "store/txn.h"
#include "util/clock.h"
#include "util/xmalloc.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define T0 INT64_C(1780992000000)

static const char yaml[] =
	"sources:\n"
	"  - {name: azure, type: file, path: /nowhere/q, interval: 1m}\n"
	"targets:\n"
	"  - {name: oncall, type: folder, path: /nowhere/oncall}\n"
	"retention: {closed-alerts: 40d, raw: 20d, polls: 10d, deliveries: "
	"30d, size-limit: 64MiB}\n"
	"fallback: oncall\n";

static int setup(void **state)
{
	return rig_begin(state, yaml, T0);
}

/* All slices until it rests; how many. */
static int run(struct rig *r, struct keeper *k)
{
	struct err err = ERR_INIT;
	int n = 0, rc = 1;

	k->pipeline = &r->pipeline;
	while (rc > 0) {
		rc = keeper_slice(k, r->now_ms, &err);
		if (rc < 0)
			fail_msg("%s", err.text);
		if (++n > 100000)
			fail_msg("it never rests");
	}
	return n;
}

static void close_all(struct rig *r)
{
	struct err err = ERR_INIT;
	int64_t last = rig_integer(r, "select max(id) from v_alerts");

	for (int64_t id = 1; id <= last; id++) {
		const struct human_change c = { .id = id,
						.who = "amy",
						.now_ms = r->now_ms };

		if (pipeline_close(&r->pipeline, &c, VERDICT_BENIGN, &err) < 0)
			fail_msg("%s", err.text);
	}
}

/* Nothing waits to be sent any more. */
static void drop_messages(struct rig *r)
{
	struct err err = ERR_INIT;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int64_t last = rig_integer(r, "select max(id) from v_alerts");

	assert_int_equal(txn_begin(&txn, r->store, &err), 0);
	for (int64_t id = 1; id <= last; id++)
		assert_true(outbox_supersede(r->store, id, 1, "told", r->now_ms,
					     &err) >= 0);
	assert_int_equal(txn_commit(&txn, &err), 0);
}

static void check_chain(struct rig *r)
{
	struct err err = ERR_INIT;
	int64_t n, bad;

	if (audit_verify(r->store, &n, &bad, &err) < 0)
		fail_msg("%s", err.text);
}

static void goes_at_its_time(void **state)
{
	struct rig *r = *state;
	struct keeper k = { 0 };
	struct rig_alert a = { .id = "one", .severity = SEVERITY_HIGH };
	struct rig_alert b = { .id = "two", .severity = SEVERITY_HIGH };

	rig_page(r, &a, 1, true);
	close_all(r);
	drop_messages(r);
	rig_page(r, &b, 1, true);
	rig_advance(r, T0 + 21 * DAY);
	run(r, &k);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts"), 2);
	assert_int_equal(rig_integer(r, "select count(*) from v_revisions "
					"where raw is null"),
			 1);
	rig_advance(r, T0 + 41 * DAY);
	run(r, &k);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts"), 1);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts where "
					"native_id = 'two' and state = 'open'"),
			 1);
	check_chain(r);
}

/* The wall clock shows this, and so long has passed since the beginning. */
static void show(struct rig *r, int64_t wall_ms, int64_t passed_ms)
{
	clock_hold(wall_ms, T0 + passed_ms);
	r->now_ms = wall_ms;
}

static void check_kept(struct rig *r, int64_t n_alerts)
{
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts"),
			 n_alerts);
	assert_int_equal(rig_integer(r, "select count(*) from v_revisions "
					"where raw is null"),
			 0);
}

static void a_clock_that_is_ahead_removes_nothing(void **state)
{
	struct rig *r = *state;
	struct keeper k = { 0 };
	struct rig_alert a = { .id = "one", .severity = SEVERITY_HIGH };

	rig_page(r, &a, 1, true);
	close_all(r);
	drop_messages(r);
	run(r, &k);
	show(r, T0 + 3652 * DAY, 10 * MINUTE);
	run(r, &k);
	check_kept(r, 1);
	/* Nor after some hours, as what is written by now has such times. */
	a.id = "two";
	rig_page(r, &a, 1, true);
	for (int hours = 1; hours < 14; hours += 6) {
		show(r, T0 + 3652 * DAY + hours * HOUR, hours * HOUR);
		run(r, &k);
	}
	check_kept(r, 2);
	k = (struct keeper){ 0 }; /* as after a restart */
	run(r, &k);
	check_kept(r, 2);
	/* It is set right, and what is over goes at its time. */
	show(r, T0 + 15 * HOUR, 15 * HOUR);
	run(r, &k);
	check_kept(r, 2);
	show(r, T0 + 41 * DAY, 41 * DAY);
	run(r, &k);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts where "
					"native_id = 'one'"),
			 0);
}

/* Of a machine that was off nobody knows that its clock is right. */
static void after_a_long_time_off_it_takes_as_long(void **state)
{
	struct rig *r = *state;
	struct keeper k = { 0 };
	struct rig_alert a = { .id = "one", .severity = SEVERITY_HIGH };

	rig_page(r, &a, 1, true);
	close_all(r);
	drop_messages(r);
	run(r, &k);
	k = (struct keeper){ 0 };
	show(r, T0 + 50 * DAY, 0);
	run(r, &k);
	check_kept(r, 1);
	show(r, T0 + 69 * DAY, 19 * DAY);
	run(r, &k);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts"), 1);
	show(r, T0 + 71 * DAY, 21 * DAY);
	run(r, &k);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts"), 0);
}

static void tells_once_a_day(void **state)
{
	struct rig *r = *state;
	struct keeper k = { 0 };
	struct rig_alert a = { .severity = SEVERITY_HIGH };
	static const char *const told =
		"select count(*) from v_events where kind = 'retention'";

	rig_page(r, &a, 1, true);
	close_all(r);
	drop_messages(r);
	run(r, &k);
	assert_int_equal(rig_integer(r, told), 0); /* there was nothing */
	rig_advance(r, T0 + 21 * DAY);
	run(r, &k);
	assert_int_equal(rig_integer(r, told), 1);
	assert_int_equal(rig_integer(r, "select detail ->> 'raw' from v_events "
					"where kind = 'retention'"),
			 1);
	rig_advance(r, T0 + 21 * DAY + 7 * HOUR);
	a.id = "later"; /* nothing to remove, and nothing to tell */
	rig_page(r, &a, 1, true);
	run(r, &k);
	assert_int_equal(rig_integer(r, told), 1);
	rig_advance(r, T0 + 41 * DAY);
	run(r, &k);
	assert_int_equal(rig_integer(r, told), 2);
	check_chain(r);
}

static void nobody_hears_of_what_is_gone(void **state)
{
	struct rig *r = *state;
	struct keeper k = { 0 };
	struct rig_alert a = { .severity = SEVERITY_HIGH };
	int64_t messages;

	rig_page(r, &a, 1, true);
	close_all(r);
	drop_messages(r);
	rig_advance(r, T0 + 41 * DAY);
	run(r, &k);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts"), 0);
	messages = rig_integer(r, "select count(*) from v_deliveries");
	rig_page(r, &a, 1, true);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts"), 0);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries"),
			 messages);
	assert_int_equal(rig_integer(r, "select noop from v_polls order by id "
					"desc limit 1"),
			 1);
	/* Its source closes it and has it active again: somebody must look,
	 * and has the time that a new alert has. */
	a.source_state = SOURCE_RESOLVED;
	rig_page(r, &a, 1, true);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts"), 0);
	a.source_state = SOURCE_ACTIVE;
	rig_page(r, &a, 1, true);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts where "
					"state = 'open' and triage_due_ms > 0"),
			 1);
	assert_true(rig_integer(r, "select count(*) from v_deliveries") >
		    messages);
}

/* Bytes that nobody can do without. */
static void fill(struct rig *r, int64_t mib)
{
	struct err err = ERR_INIT;

	for (int64_t i = 0; i < mib; i++) {
		CLEANUP(txn_end) struct txn txn = TXN_NONE;
		char *detail = xcalloc(1, 1 << 20);

		memset(detail, 'x', (1 << 20) - 1);
		if (txn_begin(&txn, r->store, &err) < 0 ||
		    audit_add(r->store,
			      &(struct audit_event){ .at_ms = r->now_ms,
						     .actor = "test",
						     .kind = "ballast",
						     .detail = detail },
			      &err) < 0 ||
		    txn_commit(&txn, &err) < 0)
			fail_msg("%s", err.text);
		free(detail);
	}
}

static void gives_up_the_oldest_when_too_large(void **state)
{
	struct rig *r = *state;
	struct keeper k = { 0 };
	struct rig_alert a = { .id = "old", .severity = SEVERITY_HIGH };
	struct rig_alert b = { .id = "open", .severity = SEVERITY_HIGH };
	struct rig_alert c = { .id = "young", .severity = SEVERITY_HIGH };

	rig_page(r, &a, 1, true);
	close_all(r);
	drop_messages(r);
	rig_advance(r, T0 + 8 * DAY); /* long before its time */
	rig_page(r, &b, 1, true);
	rig_page(r, &c, 1, true);
	run(r, &k);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts"), 3);
	fill(r, 66);
	run(r, &k);
	assert_true(k.over);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts where "
					"native_id = 'old'"),
			 0);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts where "
					"native_id in ('open', 'young') and "
					"state = 'open'"),
			 2);
	/* That was not enough, and an alert says so; once. */
	rig_advance(r, r->now_ms + HOUR);
	run(r, &k);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts where "
					"native_id = 'database-size' and state "
					"= 'open'"),
			 1);
	check_chain(r);
}

static void more_room_ends_the_alert(void **state)
{
	struct rig *r = *state;
	struct keeper k = { 0 };
	struct conf *conf = (struct conf *)r->pipeline.conf;

	fill(r, 66);
	run(r, &k);
	assert_true(k.over);
	conf->retention.size_limit = INT64_C(1) << 30;
	k = (struct keeper){ 0 }; /* as after a restart */
	run(r, &k);
	assert_false(k.over);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts where "
					"native_id = 'database-size' and state "
					"= 'closed'"),
			 1);
}

#define N_MANY 2100 /* more than one slice removes */

static int64_t alerts_left(struct rig *r)
{
	return rig_integer(r, "select count(*) from v_alerts");
}

/* Who kept too little for a moment loses what was removed by then, no more. */
static void other_times_in_the_middle(void **state)
{
	struct rig *r = *state;
	struct keeper k = { .pipeline = &r->pipeline };
	struct conf *conf = (struct conf *)r->pipeline.conf;
	struct rig_alert many[N_MANY];
	struct err err = ERR_INIT;
	char ids[N_MANY][8];
	int64_t left;

	for (int i = 0; i < N_MANY; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "a%d", i);
		many[i] = (struct rig_alert){ .id = ids[i],
					      .severity = SEVERITY_LOW };
	}
	rig_page(r, many, N_MANY, true);
	close_all(r);
	drop_messages(r);
	rig_advance(r, T0 + 21 * DAY);
	run(r, &k);
	assert_int_equal(alerts_left(r), N_MANY);
	/* It need not be time for a round. */
	conf->retention.closed_alerts_ms = 10 * DAY;
	conf->retention.deliveries_ms = 10 * DAY;
	keeper_reload(&k);
	while (alerts_left(r) == N_MANY)
		assert_int_equal(keeper_slice(&k, r->now_ms, &err), 1);
	left = alerts_left(r);
	assert_true(left > 0);
	conf->retention.closed_alerts_ms = 40 * DAY;
	keeper_reload(&k);
	run(r, &k);
	assert_int_equal(alerts_left(r), left);
	check_chain(r);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(goes_at_its_time),
		WITH(a_clock_that_is_ahead_removes_nothing),
		WITH(after_a_long_time_off_it_takes_as_long),
		WITH(tells_once_a_day),
		WITH(nobody_hears_of_what_is_gone),
		WITH(gives_up_the_oldest_when_too_large),
		WITH(more_room_ends_the_alert),
		WITH(other_times_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
