/* Responses through their rows: who asked, who decided, what a crash leaves. */
#include "daemon/responding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/respond_scene.h"
#include "store/alerts.h"
#include "store/responses.h"
#include "store/waits.h"
#include "store/txn.h"

static void expect_plan(struct rig *r, const struct respond_order *o, int code,
			const char *words)
{
	CLEANUP(response_release) struct response made = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(responding_plan(&r->pipeline, o, &made, &err), code);
	if (!strstr(err.text, words))
		fail_msg("said: %s", err.text);
}

static void test_planned_and_approved(void **state)
{
	struct rig *r = *state;
	int64_t id = plan(r, RESPONSE_SUSPEND_USER, RESPONSE_WAITING);

	expect_text(r,
		    "select action || ' ' || subject || ' ' || source || ' ' "
		    "|| asked_by || ' ' || reason from v_responses",
		    "suspend-user ada@contoso.com graph ann stolen password");
	assert_int_equal(approve(r, id, "ann", ROLE_ADMIN), ERR_DENIED);
	assert_int_equal(approve(r, id, "ben", ROLE_OPERATE), ERR_DENIED);
	expect_text(r, "select state from v_responses", "waiting");
	assert_int_equal(approve(r, id, "ben", ROLE_ADMIN), 0);
	assert_int_equal(approve(r, id, "ben", ROLE_ADMIN), ERR_BAD_STATE);
	expect_text(r, "select state || approved_by from v_responses",
		    "approvedben");
	expect_text(r,
		    "select group_concat(kind || ' ' || actor || ' ' || "
		    "json_extract(detail, '$.action'), ', ') from v_events "
		    "where kind like 'response-%'",
		    "response-planned ann suspend-user, response-approved ben "
		    "suspend-user");
	assert_int_equal(approve(r, 99, "ben", ROLE_ADMIN), ERR_NOT_FOUND);
}

/* What is only shown leaves nothing behind. */
static void test_dry(void **state)
{
	CLEANUP(response_release) struct response made = { 0 };
	struct rig *r = *state;
	struct respond_order o = order(r, RESPONSE_SUSPEND_USER);

	o.dry = true;
	assert_int_equal(responding_plan(&r->pipeline, &o, &made, NULL), 0);
	assert_int_equal(made.id, 0);
	assert_int_equal(made.state, RESPONSE_WAITING);
	assert_string_equal(made.subject, "ada@contoso.com");
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where step = -1"),
			 0);
	assert_int_equal(rig_integer(r, "select count(*) from v_responses"), 0);
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind like 'response-%'"),
			 0);
}

static void test_refusals(void **state)
{
	struct rig *r = *state;
	struct respond_order o = order(r, RESPONSE_REVOKE_SESSIONS);

	expect_plan(r, &o, ERR_REFUSED, "is not enabled");
	o = order(r, RESPONSE_SUSPEND_USER);
	o.alert_id = 2;
	expect_plan(r, &o, ERR_REFUSED, "boss@contoso.com is protected");
	o.alert_id = 3;
	expect_plan(r, &o, ERR_NOT_FOUND, "there is no alert 3");
	o = order(r, RESPONSE_SUSPEND_USER);
	o.user = "eve@contoso.com";
	expect_plan(r, &o, ERR_NOT_FOUND, "has no account eve");
	o = order(r, RESPONSE_EXEC);
	expect_plan(r, &o, ERR_CONF, "say which program");
	o.hook = "other";
	expect_plan(r, &o, ERR_REFUSED, "respond.hooks");
	o = order(r, RESPONSE_RESTORE_USER);
	expect_plan(r, &o, ERR_REFUSED, "takes back what was done here");
	plan(r, RESPONSE_SUSPEND_USER, RESPONSE_WAITING);
	o = order(r, RESPONSE_SUSPEND_USER);
	expect_plan(r, &o, ERR_BUSY, "number 1 is to suspend-user");
	assert_int_equal(rig_integer(r, "select count(*) from v_responses"), 1);
}

static void test_refused_by_people(void **state)
{
	struct rig *r = *state;
	int64_t id = plan(r, RESPONSE_DISMISS, RESPONSE_PLANNED);

	assert_int_equal(refuse(r, id, "eve", ROLE_OPERATE), ERR_DENIED);
	assert_int_equal(refuse(r, id, "ann", ROLE_OPERATE), 0);
	expect_text(r,
		    "select state || ' ' || ended_by || ' ' || answer || ' ' "
		    "|| uncertain from v_responses",
		    "refused ann wrong one 0");
	assert_int_equal(refuse(r, id, "ann", ROLE_ADMIN), ERR_BAD_STATE);
	/* Approved, and thought better of by who may. */
	id = plan(r, RESPONSE_DISMISS, RESPONSE_PLANNED);
	assert_int_equal(approve(r, id, "ann", ROLE_ADMIN), 0);
	assert_int_equal(refuse(r, id, "eve", ROLE_ADMIN), 0);
}

static void test_changed_alert(void **state)
{
	static const struct rig_alert later = { .id = "one",
						.title = "Another title",
						.severity = SEVERITY_HIGH,
						.tenant = TENANT,
						.account = "ada@contoso.com" };
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct rig *r = *state;
	int64_t id = plan(r, RESPONSE_DISMISS, RESPONSE_PLANNED);
	const struct human_change c = { .id = 1,
					.who = "cia",
					.now_ms = r->now_ms };

	assert_int_equal(txn_begin(&txn, r->store, NULL), 0);
	assert_int_equal(alerts_touch(r->store, &c, NULL), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	/* What people do with it is no reason to ask again, */
	assert_int_equal(approve(r, id, "ben", ROLE_ADMIN), 0);
	id = plan(r, RESPONSE_SUSPEND_USER, RESPONSE_WAITING);
	rig_page(r, &later, 1, true);
	/* but that its source says something else is. */
	assert_int_equal(approve(r, id, "ben", ROLE_ADMIN), ERR_CONFLICT);
}

/* So many in an hour, restarts or not. */
static void test_cap(void **state)
{
	struct rig *r = *state;
	int64_t a = plan(r, RESPONSE_DISMISS, RESPONSE_PLANNED);
	int64_t b = plan(r, RESPONSE_SUSPEND_USER, RESPONSE_WAITING);
	int64_t c = plan(r, RESPONSE_EXEC, RESPONSE_WAITING);

	assert_int_equal(approve(r, a, "ben", ROLE_ADMIN), 0);
	assert_int_equal(approve(r, b, "ben", ROLE_ADMIN), 0);
	rig_restart(r);
	assert_int_equal(approve(r, c, "ben", ROLE_ADMIN), ERR_LIMIT);
	/* A little before its hour is over the plan ends, too. */
	r->now_ms += HOUR - 1;
	assert_int_equal(approve(r, c, "ben", ROLE_ADMIN), ERR_LIMIT);
}

static void test_expires(void **state)
{
	struct rig *r = *state;
	int64_t a = plan(r, RESPONSE_DISMISS, RESPONSE_PLANNED);

	plan(r, RESPONSE_SUSPEND_USER, RESPONSE_WAITING);
	r->now_ms += HOUR / 2;
	assert_int_equal(approve(r, a, "ben", ROLE_ADMIN), 0);
	assert_int_equal(tend(r, false), 1); /* the other is asked for again */
	r->now_ms = NOW + HOUR;
	assert_int_equal(tend(r, false), 1);
	r->now_ms = NOW + HOUR + HOUR / 2;
	assert_int_equal(tend(r, false), 1);
	expect_text(r,
		    "select group_concat(id || state || ' ' || answer, ', ') "
		    "from v_responses",
		    "1expired it could not be done in time, 2expired nobody "
		    "approved it in time");
	/* Who approved it has left the screen; that nobody did is nothing new.
	 */
	expect_text(
		r,
		"select group_concat(reason, '; ') from v_deliveries where "
		"step = -1 and reason like '% --plan %'",
		"triagectl approve 1 --plan tells about it: dismiss alert 1 "
		"was not done, asked for by ann: it could not be done in "
		"time");
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind = 'response-expired'"),
			 2);
}

static void lease(struct rig *r, bool called)
{
	CLEANUP(response_release) struct response row = { 0 };
	CLEANUP(txn_end) struct txn txn = TXN_NONE;

	assert_int_equal(txn_begin(&txn, r->store, NULL), 0);
	assert_int_equal(responses_lease(r->store, r->now_ms, &row, NULL), 1);
	row.called = called;
	assert_int_equal(responses_move(r->store, &row, RESPONSE_RUNNING, NULL),
			 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

/* Killed while they ran: what harms nobody is tried again, a program is not. */
static void test_killed(void **state)
{
	static const struct {
		enum response_action action;
		bool called;
		const char *after;
	} cases[] = {
		{ RESPONSE_EXEC, false, "approved 0" },
		{ RESPONSE_EXEC, true, "failed 1" },
	};
	struct rig *r = *state;
	int64_t id = plan(r, RESPONSE_SUSPEND_USER, RESPONSE_WAITING);

	assert_int_equal(approve(r, id, "ben", ROLE_ADMIN), 0);
	lease(r, true);
	assert_int_equal(tend(r, false), 0);
	rig_restart(r);
	assert_int_equal(tend(r, true), 1);
	expect_text(r, "select state || ' ' || uncertain from v_responses",
		    "approved 0");
	id = plan(r, RESPONSE_EXEC, RESPONSE_WAITING);
	assert_int_equal(refuse(r, 1, "ben", ROLE_ADMIN), 0);
	expect_text(r,
		    "select state || ' ' || uncertain from v_responses where "
		    "id = 1",
		    "refused 1");
	assert_int_equal(approve(r, id, "ben", ROLE_ADMIN), 0);
	for (size_t i = 0; i < 2; i++) {
		lease(r, cases[i].called);
		assert_int_equal(tend(r, true), 1);
		expect_text(r,
			    "select state || ' ' || uncertain from v_responses "
			    "where action = 'exec'",
			    cases[i].after);
	}
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind = 'response-failed'"),
			 1);
}

/* --- one that runs --- */

static void take_one(struct rig *r, struct response *ret)
{
	assert_int_equal(responding_take(&r->pipeline, r->now_ms, ret, NULL),
			 1);
	assert_int_equal(ret->state, RESPONSE_RUNNING);
}

static enum act_next find(struct rig *r, struct response *row,
			  enum response_found how, const char *name)
{
	CLEANUP(respond_seen_release)
	struct respond_seen seen = { .found = how };
	enum act_next next = ACT_STOP;
	struct err why = ERR_INIT;

	strlist_add(&seen.names, name);
	assert_int_equal(responding_found(&r->pipeline, row, &seen, r->now_ms,
					  &next, &why, NULL),
			 0);
	return next;
}

static int end(struct rig *r, struct response *row, enum response_state to)
{
	const struct respond_ending e = { .state = to,
					  .answer = "said so",
					  .request_id = "req-1",
					  .not_before_ms = r->now_ms + 5000 };

	return responding_end(&r->pipeline, row, &e, r->now_ms, NULL);
}

static void approve_new(struct rig *r, bool contain)
{
	CLEANUP(response_release) struct response made = { 0 };
	struct respond_order o = order(r, RESPONSE_SUSPEND_USER);

	o.contain = contain;
	assert_int_equal(responding_plan(&r->pipeline, &o, &made, NULL), 0);
	assert_int_equal(approve(r, made.id, "ben", ROLE_ADMIN), 0);
}

/* What was found is known before the call, and the work is further after. */
static void test_done(void **state)
{
	CLEANUP(response_release) struct response row = { 0 };
	struct rig *r = *state;

	approve_new(r, true);
	take_one(r, &row);
	assert_int_equal(find(r, &row, FOUND_ENABLED, "ada@contoso.com"),
			 ACT_CHANGE);
	expect_text(r, "select state || ' ' || found from v_responses",
		    "running enabled");
	expect_text(r,
		    "select json_extract(detail, '$.found') from v_events "
		    "where kind = 'response-called'",
		    "enabled");
	assert_int_equal(end(r, &row, RESPONSE_DONE), 0);
	expect_text(r,
		    "select state || ' ' || answer || ' ' || request_id || ' ' "
		    "|| ended_by from v_responses",
		    "done said so req-1 triaged");
	expect_text(r, "select phase from v_alerts where id = 1", "contain");
	expect_text(r,
		    "select actor || ' ' || json_extract(detail, '$.note') "
		    "from v_events where kind = 'phase'",
		    "ann response 1 was done: suspend-user ada@contoso.com");
	/* Now it can be taken back. */
	plan(r, RESPONSE_RESTORE_USER, RESPONSE_WAITING);
}

static void test_phase_stays(void **state)
{
	CLEANUP(response_release) struct response row = { 0 };
	struct rig *r = *state;
	const struct human_change c = { .id = 1,
					.who = "ann",
					.now_ms = r->now_ms };

	approve_new(r, true);
	assert_int_equal(pipeline_set_phase(&r->pipeline, &c, PHASE_REMEDIATE,
					    NULL, NULL),
			 0);
	take_one(r, &row);
	assert_int_equal(find(r, &row, FOUND_ENABLED, "ada@contoso.com"),
			 ACT_CHANGE);
	assert_int_equal(end(r, &row, RESPONSE_DONE), 0);
	expect_text(r, "select phase from v_alerts where id = 1", "remediate");
}

/* By a name that only the directory has for him; and what is so already. */
static void test_found(void **state)
{
	static const struct {
		enum response_found how;
		const char *name;
		enum act_next next;
	} cases[] = {
		{ FOUND_ENABLED, "boss@fabrikam.com", ACT_STOP },
		{ FOUND_DISABLED, "ada@contoso.com", ACT_LEAVE },
	};
	struct rig *r = *state;

	approve_new(r, false);
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(response_release) struct response row = { 0 };

		take_one(r, &row);
		assert_int_equal(find(r, &row, cases[i].how, cases[i].name),
				 cases[i].next);
		assert_false(row.called);
		assert_int_equal(end(r, &row, RESPONSE_APPROVED), 0);
		/* Not before it may be tried again. */
		assert_int_equal(responding_take(&r->pipeline, r->now_ms, &row,
						 NULL),
				 0);
		r->now_ms += 5000;
	}
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind = 'response-called'"),
			 0);
}

/* How it was before the first try stays known, and with it the way back. */
static void test_found_once(void **state)
{
	struct rig *r = *state;

	approve_new(r, false);
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(response_release) struct response row = { 0 };

		take_one(r, &row);
		assert_int_equal(find(r, &row,
				      i ? FOUND_DISABLED : FOUND_ENABLED,
				      "ada@contoso.com"),
				 i ? ACT_LEAVE : ACT_CHANGE);
		assert_int_equal(end(r, &row,
				     i ? RESPONSE_DONE : RESPONSE_APPROVED),
				 0);
		r->now_ms += 5000;
	}
	expect_text(r,
		    "select state || ' ' || found || ' ' || attempts from "
		    "v_responses",
		    "done enabled 2");
	plan(r, RESPONSE_RESTORE_USER, RESPONSE_WAITING);
}

/* A service that stays down after the call: not for ever, and somebody looks.
 */
static void test_given_up(void **state)
{
	struct rig *r = *state;

	approve_new(r, false);
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(response_release) struct response row = { 0 };

		take_one(r, &row);
		assert_int_equal(find(r, &row, FOUND_ENABLED,
				      "ada@contoso.com"),
				 ACT_CHANGE);
		r->now_ms = NOW + 24 * HOUR - 1 + (int64_t)i;
		assert_int_equal(end(r, &row, RESPONSE_APPROVED), 0);
		assert_int_equal(row.state,
				 i ? RESPONSE_FAILED : RESPONSE_APPROVED);
		r->now_ms += 5000;
	}
	expect_text(r,
		    "select uncertain || ended_by || ' ' || answer from "
		    "v_responses",
		    "1triaged given up 1 d after it was approved, so it may "
		    "have been done or not; look before you plan it again; "
		    "the last try: said so");
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind = 'response-failed'"),
			 1);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where reason like '% 1 --plan %may "
					"have been done%'"),
			 1);
}

/* Its day is a day also when the clock was a month ahead as it was approved,
 * and was set back while it was tried. */
static void test_given_up_after_turnback(void **state)
{
	CLEANUP(response_release) struct response before = { 0 };
	CLEANUP(response_release) struct response after = { 0 };
	const int64_t ahead = 30 * 24 * HOUR;
	int64_t n[WAIT_KIND_MAX];
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct rig *r = *state;

	r->now_ms = NOW + ahead;
	approve_new(r, false);
	take_one(r, &before);
	assert_int_equal(find(r, &before, FOUND_ENABLED, "ada@contoso.com"),
			 ACT_CHANGE);
	r->now_ms = NOW + HOUR;
	assert_int_equal(txn_begin(&txn, r->store, NULL), 0);
	assert_int_equal(waits_move(r->store, r->now_ms, ahead, n, NULL), 0);
	assert_int_equal(n[WAIT_RESPONSE], 1);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	/* Who had it then still has the time that was approved first. */
	assert_int_equal(end(r, &before, RESPONSE_APPROVED), 0);
	assert_int_equal(rig_integer(r, "select expires_ms from v_responses"),
			 NOW + HOUR);
	r->now_ms = NOW + 24 * HOUR;
	take_one(r, &after);
	assert_int_equal(end(r, &after, RESPONSE_APPROVED), 0);
	assert_int_equal(after.state, RESPONSE_FAILED);
	expect_text(r, "select substr(answer, 1, 35) from v_responses",
		    "given up 1 d after it was approved,");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_planned_and_approved),
		TEST(test_dry),
		TEST(test_refusals),
		TEST(test_refused_by_people),
		TEST(test_changed_alert),
		TEST(test_cap),
		TEST(test_expires),
		TEST(test_killed),
		TEST(test_done),
		TEST(test_phase_stays),
		TEST(test_found),
		TEST(test_found_once),
		TEST(test_given_up),
		TEST(test_given_up_after_turnback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
