/* Who may do what to whom: every rule, and the step at which it holds. */
#include "triage/consent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"
#include "util/xmalloc.h"

#define T INT64_C(1772442000000)

/* Everything is allowed, until a test changes something. */
struct scene {
	struct response_policy policy;
	struct strlist privileged, names;
	struct alert alert;
	struct response response, undone;
	struct consent c;
};

static int setup(void **state)
{
	struct scene *s = xcalloc(1, sizeof(*s));

	alert_init(&s->alert);
	s->alert.kind = xstrdup(ALERT_KIND_GRAPH);
	alert_add_entity(&s->alert, "account", "ada@contoso.com", "attacked");
	alert_add_entity(&s->alert, "account", "CONTOSO\\svc", NULL);
	alert_add_entity(&s->alert, "ip", "203.0.113.9", NULL);
	s->policy = (struct response_policy){
		.enabled = BIT(RESPONSE_SUSPEND_USER) | BIT(RESPONSE_DISMISS) |
			   BIT(RESPONSE_RESOLVE),
		.per_hour = 2,
		.approver = ROLE_ADMIN,
		.expires_ms = RESPONSE_EXPIRES_MS,
	};
	strlist_add(&s->policy.protect, "breakglass*@contoso.com");
	strlist_add(&s->policy.hooks, "block-ip");
	strlist_add(&s->privileged, "admin*@*");
	s->response = (struct response){
		.id = 5,
		.alert_id = 17,
		.alert_version = 3,
		.action = RESPONSE_SUSPEND_USER,
		.state = RESPONSE_WAITING,
		.subject = xstrdup("ada@contoso.com"),
		.asked_by = xstrdup("ann"),
		.approved_by = xstrdup("ben"),
		.expires_ms = T + 1000,
	};
	s->undone = (struct response){
		.action = RESPONSE_SUSPEND_USER,
		.state = RESPONSE_DONE,
		.found = FOUND_ENABLED,
		.subject = xstrdup("ADA@contoso.com"),
	};
	s->c = (struct consent){
		.policy = &s->policy,
		.privileged = &s->privileged,
		.alert = &s->alert,
		.alert_version = 3,
		.response = &s->response,
		.now_ms = T,
	};
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	response_policy_release(&s->policy);
	strlist_release(&s->privileged);
	strlist_release(&s->names);
	alert_release(&s->alert);
	response_release(&s->response);
	response_release(&s->undone);
	free(s);
	return 0;
}

static void about(struct scene *s, enum response_action a, const char *subject)
{
	s->response.action = a;
	free(s->response.subject);
	s->response.subject = xstrdup(subject);
}

static void expect(int rc, const struct err *err, int code, const char *words)
{
	assert_int_equal(rc, code);
	if (!strstr(err->text, words))
		fail_msg("said: %s", err->text);
}

static void expect_plan(const struct scene *s, int code, const char *words)
{
	struct err err = ERR_INIT;

	expect(consent_plan(&s->c, &err), &err, code, words);
}

static void expect_approve(const struct scene *s, const char *who,
			   enum role role, int code, const char *words)
{
	struct err err = ERR_INIT;

	expect(consent_approve(&s->c, who, role, &err), &err, code, words);
}

static void expect_run(const struct scene *s, int code, const char *words)
{
	struct err err = ERR_INIT;

	expect(consent_run(&s->c, &err), &err, code, words);
}

static void test_all_well(void **state)
{
	const struct scene *s = *state;

	expect_plan(s, 0, "");
	expect_approve(s, "ben", ROLE_ADMIN, 0, "");
	expect_run(s, 0, "");
}

static void test_nothing_by_default(void **state)
{
	struct scene *s = *state;

	s->policy.enabled = 0;
	strlist_release(&s->policy.hooks);
	for (int i = 0; i < RESPONSE_ACTION_MAX; i++) {
		about(s, (enum response_action)i, "block-ip");
		expect_plan(s, ERR_REFUSED, "is not enabled");
		expect_approve(s, "ben", ROLE_ADMIN, ERR_REFUSED,
			       "is not enabled");
		expect_run(s, ERR_REFUSED, "is not enabled");
	}
}

static void test_user(void **state)
{
	struct scene *s = *state;
	struct err err = ERR_INIT;
	const char *user = NULL;

	assert_int_equal(consent_user(&s->alert, NULL, &user, &err), 0);
	assert_string_equal(user, "ada@contoso.com");
	user = NULL;
	assert_int_equal(consent_user(&s->alert, "ADA@contoso.com", &user,
				      &err),
			 0);
	assert_string_equal(user, "ada@contoso.com");
	user = NULL;
	expect(consent_user(&s->alert, "eve@contoso.com", &user, &err), &err,
	       ERR_NOT_FOUND, "has no account eve@contoso.com");
	expect(consent_user(&s->alert, "contoso\\SVC", &user, &err), &err,
	       ERR_REFUSED, "one machine or domain");
	/* An address is nobody's name. */
	expect(consent_user(&s->alert, "203.0.113.9", &user, &err), &err,
	       ERR_NOT_FOUND, "no account");
	alert_add_entity(&s->alert, "account", "ada@contoso.com", "source");
	assert_int_equal(consent_user(&s->alert, NULL, &user, &err), 0);
	user = NULL;
	alert_add_entity(&s->alert, "account", "bob@contoso.com", NULL);
	expect(consent_user(&s->alert, NULL, &user, &err), &err, ERR_CONF,
	       "2 accounts; say which one with --user: ada@contoso.com, "
	       "bob@contoso.com");
	assert_null(user);
	alert_release(&s->alert);
	s->alert.kind = xstrdup(ALERT_KIND_GRAPH);
	expect(consent_user(&s->alert, NULL, &user, &err), &err, ERR_NOT_FOUND,
	       "no account that the directory knows");
}

static void test_protected(void **state)
{
	struct scene *s = *state;

	about(s, RESPONSE_SUSPEND_USER, "BreakGlass1@contoso.com");
	expect_plan(s, ERR_REFUSED, "breakglass*@contoso.com in respond");
	expect_approve(s, "ben", ROLE_ADMIN, ERR_REFUSED, "is protected");
	expect_run(s, ERR_REFUSED, "is protected");
	/* The directory knows that this is the same account. */
	about(s, RESPONSE_SUSPEND_USER, "11111111-2222-3333-4444-555555555555");
	expect_plan(s, 0, "");
	strlist_add(&s->names, "someone@contoso.com");
	strlist_add(&s->names, "breakglass2@contoso.com");
	s->c.names = &s->names;
	expect_run(s, ERR_REFUSED, "is protected");
	/* An alert about it can be dismissed. */
	about(s, RESPONSE_DISMISS, "breakglass1@contoso.com");
	expect_plan(s, 0, "");
	/* Who was locked out before it was protected must come in again. */
	s->policy.enabled |= BIT(RESPONSE_RESTORE_USER);
	about(s, RESPONSE_RESTORE_USER, "breakglass1@contoso.com");
	expect_run(s, 0, "");
}

static void test_inverse(void **state)
{
	struct scene *s = *state;

	about(s, RESPONSE_RESTORE_USER, "ada@contoso.com");
	expect_plan(s, ERR_REFUSED, "takes back what was done here");
	s->c.undone = &s->undone;
	expect_plan(s, 0, "");
	/* Somebody else had disabled it before us. */
	s->undone.found = FOUND_DISABLED;
	expect_plan(s, ERR_REFUSED, "takes back");
	s->undone.found = FOUND_ENABLED;
	s->undone.state = RESPONSE_FAILED;
	expect_plan(s, ERR_REFUSED, "takes back");
	s->undone.state = RESPONSE_DONE;
	about(s, RESPONSE_RESTORE_USER, "bob@contoso.com");
	expect_plan(s, ERR_REFUSED, "nothing was done to bob@contoso.com");
}

static void test_no_alert_of_ours(void **state)
{
	struct scene *s = *state;

	free(s->alert.kind);
	s->alert.kind = xstrdup(ALERT_KIND_DRILL);
	expect_plan(s, ERR_REFUSED, "is a drill");
	free(s->alert.kind);
	s->alert.kind = xstrdup(ALERT_KIND_SELF);
	expect_plan(s, ERR_REFUSED, "about triaged itself");
}

static void test_verdict(void **state)
{
	static const struct {
		enum response_action action;
		enum verdict verdict;
		int code;
	} cases[] = {
		{ RESPONSE_DISMISS, VERDICT_NONE, 0 },
		{ RESPONSE_DISMISS, VERDICT_BENIGN, 0 },
		{ RESPONSE_DISMISS, VERDICT_FALSE_POSITIVE, 0 },
		{ RESPONSE_DISMISS, VERDICT_TRUE_POSITIVE, ERR_CONF },
		{ RESPONSE_RESOLVE, VERDICT_NONE, 0 },
		{ RESPONSE_RESOLVE, VERDICT_TRUE_POSITIVE, 0 },
		{ RESPONSE_RESOLVE, VERDICT_BENIGN, ERR_CONF },
		{ RESPONSE_SUSPEND_USER, VERDICT_BENIGN, ERR_CONF },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		s->response.action = cases[i].action;
		s->response.verdict = cases[i].verdict;
		assert_int_equal(consent_plan(&s->c, NULL), cases[i].code);
	}
}

static void test_once(void **state)
{
	struct scene *s = *state;

	s->c.other = 4;
	expect_plan(s, ERR_BUSY, "number 4 is to suspend-user ada@contoso.com");
}

static void test_role(void **state)
{
	struct scene *s = *state;

	expect_approve(s, "ben", ROLE_OPERATE, ERR_DENIED,
		       "needs the role admin, and yours is operate");
	s->policy.approver = ROLE_OPERATE;
	expect_approve(s, "ben", ROLE_OPERATE, 0, "");
	expect_approve(s, "ben", ROLE_READ, ERR_DENIED, "role operate");
}

static void test_second(void **state)
{
	static const struct {
		enum second_person second;
		enum response_action action;
		const char *subject;
		bool needed;
	} cases[] = {
		{ SECOND_FOR_USERS, RESPONSE_SUSPEND_USER, "ada@x.org", true },
		{ SECOND_FOR_USERS, RESPONSE_DISMISS, "id", false },
		{ SECOND_FOR_USERS, RESPONSE_EXEC, "block-ip", true },
		{ SECOND_ALWAYS, RESPONSE_DISMISS, "id", true },
		{ SECOND_NEVER, RESPONSE_SUSPEND_USER, "ada@x.org", false },
		{ SECOND_NEVER, RESPONSE_EXEC, "block-ip", false },
		{ SECOND_NEVER, RESPONSE_SUSPEND_USER, "Admin1@x.org", true },
		/* Not the name of a person. */
		{ SECOND_NEVER, RESPONSE_DISMISS, "admin@x.org", false },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		s->policy.second = cases[i].second;
		about(s, cases[i].action, cases[i].subject);
		assert_int_equal(consent_needs_second(&s->c), cases[i].needed);
		expect_approve(s, "ann", ROLE_ADMIN,
			       cases[i].needed ? ERR_DENIED : 0,
			       cases[i].needed ? "yourself" : "");
		expect_approve(s, "ben", ROLE_ADMIN, 0, "");
	}
}

/* The directory of accounts did not answer one of the two times. */
static void test_second_without_a_name(void **state)
{
	struct scene *s = *state;

	about(s, RESPONSE_SUSPEND_USER, "ada@contoso.com");
	s->policy.second = SECOND_FOR_USERS;
	expect_approve(s, "uid 1000", ROLE_ADMIN, ERR_DENIED,
		       "ann asked for it and you are uid 1000");
	free(s->response.asked_by);
	s->response.asked_by = xstrdup("uid 1000");
	expect_approve(s, "ben", ROLE_ADMIN, ERR_DENIED, "may be one person");
	expect_approve(s, "uid 1000", ROLE_ADMIN, ERR_DENIED, "yourself");
	expect_approve(s, "uid 1001", ROLE_ADMIN, 0, "");
	expect_run(s, ERR_REFUSED, "needs a second person");
	s->policy.second = SECOND_NEVER;
	expect_approve(s, "ben", ROLE_ADMIN, 0, "");
	expect_run(s, 0, "");
}

static void test_unchanged(void **state)
{
	struct scene *s = *state;

	s->c.alert_version = 4;
	expect_approve(s, "ben", ROLE_ADMIN, ERR_CONFLICT,
		       "alert 17 has changed since number 5 was planned");
	/* What was approved is done, whatever people note meanwhile. */
	expect_run(s, 0, "");
}

static void test_cap(void **state)
{
	struct scene *s = *state;

	s->c.n_recent = 1;
	expect_approve(s, "ben", ROLE_ADMIN, 0, "");
	s->c.n_recent = 2;
	expect_approve(s, "ben", ROLE_ADMIN, ERR_LIMIT,
		       "respond.per-hour allows 2");
	s->response.action = RESPONSE_RESTORE_USER;
	expect_approve(s, "ben", ROLE_ADMIN, 0, "");
}

static void test_in_time(void **state)
{
	struct scene *s = *state;

	s->c.now_ms = T + 999;
	expect_approve(s, "ben", ROLE_ADMIN, 0, "");
	s->c.now_ms = T + 1000;
	expect_approve(s, "ben", ROLE_ADMIN, ERR_BAD_STATE,
		       "expired at 2026-03-02T09:00:01");
	expect_run(s, ERR_BAD_STATE, "expired at");
	s->response.called = true;
	expect_run(s, 0, "");
}

static void test_state(void **state)
{
	struct scene *s = *state;

	for (int i = 0; i < RESPONSE_STATE_MAX; i++) {
		bool open = i == RESPONSE_PLANNED || i == RESPONSE_WAITING;

		s->response.state = (enum response_state)i;
		expect_approve(s, "ben", ROLE_ADMIN, open ? 0 : ERR_BAD_STATE,
			       open ? "" : "already");
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

/* The directory knows by which of his names somebody is privileged. */
static void test_second_by_other_name(void **state)
{
	struct scene *s = *state;

	s->policy.second = SECOND_NEVER;
	free(s->response.approved_by);
	s->response.approved_by = xstrdup("ann");
	expect_run(s, 0, "");
	strlist_add(&s->names, "admin7@contoso.com");
	s->c.names = &s->names;
	expect_run(s, ERR_REFUSED, "needs a second person");
	free(s->response.approved_by);
	s->response.approved_by = xstrdup("ben");
	expect_run(s, 0, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_well),
		TEST(test_nothing_by_default),
		TEST(test_user),
		TEST(test_protected),
		TEST(test_inverse),
		TEST(test_no_alert_of_ours),
		TEST(test_verdict),
		TEST(test_once),
		TEST(test_role),
		TEST(test_second),
		TEST(test_second_without_a_name),
		TEST(test_unchanged),
		TEST(test_cap),
		TEST(test_in_time),
		TEST(test_state),
		TEST(test_second_by_other_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
