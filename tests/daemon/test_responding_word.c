/* What people hear of responses: that one waits for them, once more, and that
 * it does no more. */
#include "daemon/responding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "daemon/respond_scene.h"
#include "daemon/silencing.h"
#include "store/outbox.h"
#include "store/responses.h"
#include "triage/silences.h"
#include "util/xmalloc.h"

static void expect_notices(struct rig *r, const char *text)
{
	expect_text(r,
		    "select coalesce(group_concat(target || ' ' || kind || ' ' "
		    "|| alert_id || ' ' || reason, '; '), '') from "
		    "v_deliveries where step = -1",
		    text);
}

/* How many about responses. */
static int64_t notices(struct rig *r)
{
	return rig_integer(r, "select count(*) from v_deliveries where step = "
			      "-1");
}

static void expect_decided(struct rig *r, const char *text)
{
	expect_text(r,
		    "select coalesce(group_concat(target || ' ' || reason, "
		    "'; '), '') from v_deliveries where step = -2",
		    text);
}

/* All that is owed arrives. */
static void send_all(struct rig *r)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct notice got[8];
	int n;

	assert_int_equal(txn_begin(&txn, r->store, NULL), 0);
	do {
		n = outbox_lease(r->store, "oncall", r->now_ms, OUTBOX_ROOM(8),
				 got, NULL);
		for (int i = 0; i < n; i++) {
			const struct settlement v = { .id = got[i].id,
						      .state = NOTICE_SENT };

			assert_int_equal(outbox_settle(r->store, &v, 1,
						       r->now_ms, NULL),
					 0);
			notice_release(&got[i]);
		}
	} while (n > 0);
	assert_int_equal(n, 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

static void silence(struct rig *r, int64_t for_ms)
{
	struct silence s = { .author = (char *)"ann",
			     .reason = (char *)"known scan",
			     .created_ms = r->now_ms,
			     .starts_ms = r->now_ms,
			     .ends_ms = r->now_ms + for_ms };
	struct err err = ERR_INIT;
	int64_t id;

	if (silence_parse_when("severity=high", &s, &err) < 0 ||
	    silencing_add(&r->pipeline, &s, &id, &err) < 0)
		fail_msg("%s", err.text);
	match_release(&s.when);
	free(s.when_text);
}

static void acknowledge(struct rig *r)
{
	const struct human_change c = { .id = 1,
					.who = "ann",
					.now_ms = r->now_ms };

	assert_int_equal(pipeline_acknowledge(&r->pipeline, &c, NULL), 0);
}

/* Whoever was told of the alert hears once that it waits, with what to type. */
static void test_second_is_asked(void **state)
{
	static const char asked[] =
		"oncall updated 1 triagectl approve 1 (no: triagectl approve 1 "
		"--refuse), by 2026-06-09 09:00 UTC, not by ann, who asks for "
		"suspend-user ada@contoso.com: stolen password";
	struct rig *r = *state;
	int64_t id = plan(r, RESPONSE_SUSPEND_USER, RESPONSE_WAITING);

	expect_notices(r, asked);
	assert_int_equal(approve(r, id, "ann", ROLE_ADMIN), ERR_DENIED);
	assert_int_equal(approve(r, id, "ben", ROLE_ADMIN), 0);
	/* What who asks may approve alone is not waited for. */
	plan(r, RESPONSE_DISMISS, RESPONSE_PLANNED);
	expect_notices(r, asked);
	/* That one had not left yet: nobody is called for it any more. */
	expect_decided(r, "");
	expect_text(r,
		    "select state || ' ' || last_error from v_deliveries where "
		    "step = -1",
		    "superseded ben approved it at 2026-06-09 08:00 UTC");
}

static void run(struct rig *r, const char *statement)
{
	CLEANUP(free_ptr) char *path = xasprintf("%s/triaged.db", r->directory);
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, statement, NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* What a restore of the database ended, of which the restored outbox may not
 * know whom it asked. */
static void test_restored(void **state)
{
	struct rig *r = *state;

	plan(r, RESPONSE_SUSPEND_USER, RESPONSE_WAITING);
	send_all(r);
	run(r, "UPDATE response SET state = 6, finished_ms = 5, ended_by "
	       "= 'ops', answer = 'the database was restored; plan it "
	       "again if it is still wanted', remind_ms = 5");
	run(r, "DELETE FROM delivery WHERE step = -1");
	assert_int_equal(tend(r, false), 0);
	assert_int_equal(tend(r, true), 1);
	expect_notices(r, "oncall updated 1 triagectl approve 1 --plan tells "
			  "about it: suspend-user ada@contoso.com was not "
			  "done, asked for by ann: the database was restored; "
			  "plan it again if it is still wanted");
	rig_restart(r);
	assert_int_equal(tend(r, true), 0);
	assert_int_equal(notices(r), 1);
}

/* When half of the time is over without an answer, and then no more. */
static void test_asked_again(void **state)
{
	struct rig *r = *state;

	plan(r, RESPONSE_SUSPEND_USER, RESPONSE_WAITING);
	/* What one person may do alone calls nobody, twice neither. */
	plan(r, RESPONSE_DISMISS, RESPONSE_PLANNED);
	send_all(r);
	assert_int_equal(responses_next_ms(r->store), NOW + HOUR / 2);
	r->now_ms = NOW + HOUR / 2 - 1;
	assert_int_equal(tend(r, false), 0);
	r->now_ms++;
	assert_int_equal(tend(r, false), 1);
	expect_text(r,
		    "select group_concat(reason, '; ') from v_deliveries where "
		    "step = -1 and state = 'pending'",
		    "nobody has answered yet: triagectl approve 1 (no: "
		    "triagectl approve 1 --refuse), by 2026-06-09 09:00 UTC, "
		    "not by ann, who asks for suspend-user ada@contoso.com: "
		    "stolen password");
	send_all(r);
	r->now_ms += HOUR / 4;
	assert_int_equal(tend(r, false), 0);
	rig_restart(r);
	assert_int_equal(tend(r, true), 0);
	assert_int_equal(responses_next_ms(r->store), NOW + HOUR);
	assert_int_equal(notices(r), 2);
}

/* A daemon that was down then asks when it is back, once; one that comes back
 * when all is over asks nobody. */
static void test_asked_again_after_restart(void **state)
{
	struct rig *r = *state;

	plan(r, RESPONSE_SUSPEND_USER, RESPONSE_WAITING);
	send_all(r);
	for (int i = 0; i < 3; i++) {
		r->now_ms = NOW + HOUR / 2 + i * HOUR / 8;
		rig_restart(r);
		assert_int_equal(tend(r, true), i == 0 ? 1 : 0);
		assert_int_equal(notices(r), 2);
	}
	r->now_ms = NOW + 2 * HOUR;
	assert_int_equal(tend(r, true), 1);
	plan(r, RESPONSE_SUSPEND_USER, RESPONSE_WAITING);
	assert_int_equal(notices(r), 3);
	r->now_ms += 2 * HOUR;
	rig_restart(r);
	assert_int_equal(tend(r, true), 1);
	assert_int_equal(notices(r), 3);
}

/* Who goes to approve it is told to look first, so nobody is sent there. */
static void test_changed_is_not_asked_again(void **state)
{
	static const struct rig_alert later = { .id = "one",
						.title = "Another title",
						.severity = SEVERITY_HIGH,
						.tenant = TENANT,
						.account = "ada@contoso.com" };
	struct rig *r = *state;

	plan(r, RESPONSE_SUSPEND_USER, RESPONSE_WAITING);
	rig_page(r, &later, 1, true);
	r->now_ms += HOUR / 2;
	assert_int_equal(tend(r, false), 1);
	assert_int_equal(notices(r), 1);
	assert_int_equal(tend(r, false), 0);
}

/* Those who were asked hear who decided, or that time did. */
static void test_decided(void **state)
{
	static const struct {
		const char *decided;
		int refuse; /* 0 it is approved, 1 refused, 2 nobody comes */
	} cases[] = {
		{ "oncall ben approved it at 2026-06-09 08:00 UTC: number 1, "
		  "suspend-user ada@contoso.com, asked for by ann",
		  0 },
		{ "oncall ben refused it at 2026-06-09 08:00 UTC (wrong one): "
		  "number 1, suspend-user ada@contoso.com, asked for by ann",
		  1 },
		{ "oncall nobody approved it by 2026-06-09 09:00 UTC: number "
		  "1, suspend-user ada@contoso.com, asked for by ann",
		  2 },
	};

	for (size_t i = 0; i < 3; i++) {
		struct rig *r = *state;
		int64_t id = plan(r, RESPONSE_SUSPEND_USER, RESPONSE_WAITING);

		send_all(r);
		if (cases[i].refuse == 0)
			assert_int_equal(approve(r, id, "ben", ROLE_ADMIN), 0);
		else if (cases[i].refuse == 1)
			assert_int_equal(refuse(r, id, "ben", ROLE_ADMIN), 0);
		else
			r->now_ms += HOUR;
		assert_int_equal(tend(r, false), cases[i].refuse == 2);
		expect_decided(r, cases[i].decided);
		/* Later turns and restarts say no more. */
		rig_restart(r);
		assert_int_equal(tend(r, true), 0);
		expect_decided(r, cases[i].decided);
		rig_end(state);
		setup(state);
	}
}

/* What a silence holds asks nobody once it is decided, though the silence ends;
 * as long as it waits it does, whoever has the alert. */
static void test_held_back(void **state)
{
	struct rig *r = *state;
	int64_t id;

	silence(r, HOUR / 4);
	id = plan(r, RESPONSE_SUSPEND_USER, RESPONSE_WAITING);
	plan(r, RESPONSE_EXEC, RESPONSE_WAITING);
	acknowledge(r);
	assert_int_equal(notices(r), 0);
	assert_int_equal(approve(r, id, "ben", ROLE_ADMIN), 0);
	rig_advance(r, NOW + HOUR / 4);
	expect_text(r,
		    "select group_concat(substr(reason, 1, 19), '; ') from "
		    "v_deliveries where step < 0",
		    "triagectl approve 2");
}

/* The alert that the silence held goes by its own message, and what somebody is
 * to do about it is not lost in that. */
static void test_held_back_together(void **state)
{
	static const struct rig_alert third = { .id = "three",
						.severity = SEVERITY_HIGH,
						.tenant = TENANT,
						.account = "cia@contoso.com" };
	CLEANUP(response_release) struct response made = { 0 };
	struct rig *r = *state;
	struct respond_order o = order(r, RESPONSE_SUSPEND_USER);

	silence(r, HOUR / 4);
	rig_page(r, &third, 1, false);
	o.alert_id = 3;
	assert_int_equal(responding_plan(&r->pipeline, &o, &made, NULL), 0);
	assert_int_equal(made.state, RESPONSE_WAITING);
	rig_advance(r, NOW + HOUR / 4);
	expect_text(r,
		    "select group_concat(kind || ' ' || step || ' ' || "
		    "substr(ifnull(reason, ''), 1, 19), '; ') from (select * "
		    "from v_deliveries where alert_id = 3 order by kind)",
		    "opened 0 severity high; step; updated -1 triagectl "
		    "approve 1");
}

/* Whoever was told that the alert is closed has nothing to approve. */
static void test_decided_of_closed(void **state)
{
	static const struct rig_alert closed = { .id = "one",
						 .severity = SEVERITY_HIGH,
						 .source_state =
							 SOURCE_RESOLVED,
						 .tenant = TENANT,
						 .account = "ada@contoso.com" };
	struct rig *r = *state;
	int64_t id = plan(r, RESPONSE_SUSPEND_USER, RESPONSE_WAITING);

	send_all(r);
	rig_page(r, &closed, 1, true);
	expect_text(r, "select state from v_alerts where id = 1", "closed");
	assert_int_equal(refuse(r, id, "ben", ROLE_ADMIN), 0);
	expect_decided(r, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_second_is_asked),
		TEST(test_restored),
		TEST(test_asked_again),
		TEST(test_asked_again_after_restart),
		TEST(test_changed_is_not_asked_again),
		TEST(test_decided),
		TEST(test_held_back),
		TEST(test_held_back_together),
		TEST(test_decided_of_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
