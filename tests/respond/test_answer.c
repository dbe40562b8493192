/* Answers of the services, after the shapes that were recorded. */
#include "respond/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"

#define SUBSCRIPTION "/subscriptions/20ff7fc3-e762-44dd-bd96-b71116dcdc23"
#define ARM_ID                                                                 \
	SUBSCRIPTION "/providers/Microsoft.Security/locations/westeurope/"     \
		     "alerts/2517"
#define ENABLED                                                                \
	"{\"@odata.context\":\"x\",\"id\":\"11111111-2222-3333-4444-"          \
	"555555555555\",\"userPrincipalName\":\"ada@contoso.com\","            \
	"\"mail\":null,\"accountEnabled\":true,\"userType\":\"Member\","       \
	"\"onPremisesSyncEnabled\":null}"
#define DENIED                                                                 \
	"{\"error\":{\"code\":\"Authorization_RequestDenied\",\"message\":"    \
	"\"Insufficient privileges to complete the operation.\","              \
	"\"innerError\":{\"request-id\":\"x\"}}}"

static const char *const ids[RESPOND_DOOR_MAX] = {
	[RESPOND_GRAPH_USERS] = "ada@contoso.com",
	[RESPOND_GRAPH_ALERTS] = "ca1",
	[RESPOND_ARM_ALERTS] = ARM_ID,
	[RESPOND_PORTAL_ALERTS] = "603f",
};

static struct respond_answer ask(enum respond_door door, enum response_action a,
				 enum respond_step step, long status,
				 const char *body, struct respond_seen *seen)
{
	const struct respond_place p = { door, "https://x", ids[door],
					 "app-1" };
	const struct response r = { .action = a };
	const struct err err = { ERR_NET, "connection reset" };
	const struct respond_reply reply = {
		.step = step,
		.status = status,
		.err = status ? NULL : &err,
		.body = body,
		.len = strlen(body),
		.retry_after_ms = 7000,
	};
	struct respond_answer answer;

	respond_read(&p, &r, &reply, seen, &answer);
	return answer;
}

static void test_look_at_user(void **state)
{
	static const struct {
		enum response_action action;
		const char *body;
		enum respond_outcome outcome;
		enum response_found found;
	} cases[] = {
		{ RESPONSE_SUSPEND_USER, ENABLED, RESPOND_OK, FOUND_ENABLED },
		{ RESPONSE_SUSPEND_USER,
		  "{\"id\":\"1\",\"userPrincipalName\":\"a@b.c\","
		  "\"accountEnabled\":false}",
		  RESPOND_OK, FOUND_DISABLED },
		{ RESPONSE_SUSPEND_USER,
		  "{\"id\":\"1\",\"userPrincipalName\":\"a@b.c\"}", RESPOND_NO,
		  FOUND_UNKNOWN },
		{ RESPONSE_REVOKE_SESSIONS,
		  "{\"id\":\"1\",\"userPrincipalName\":\"a@b.c\"}", RESPOND_OK,
		  FOUND_UNKNOWN },
		{ RESPONSE_SUSPEND_USER,
		  "{\"id\":\"1\",\"userPrincipalName\":\"a@b.c\","
		  "\"accountEnabled\":\"true\"}",
		  RESPOND_NO, FOUND_UNKNOWN },
		{ RESPONSE_REVOKE_SESSIONS, "{\"id\":\"1\"}", RESPOND_NO,
		  FOUND_UNKNOWN },
		{ RESPONSE_SUSPEND_USER, "[]", RESPOND_NO, FOUND_UNKNOWN },
		{ RESPONSE_SUSPEND_USER, "<html>", RESPOND_NO, FOUND_UNKNOWN },
		{ RESPONSE_SUSPEND_USER, "", RESPOND_NO, FOUND_UNKNOWN },
		/* Which of the two is meant cannot be known. */
		{ RESPONSE_SUSPEND_USER,
		  "{\"id\":\"1\",\"userPrincipalName\":\"a@b.c\","
		  "\"accountEnabled\":true,\"accountEnabled\":false}",
		  RESPOND_NO, FOUND_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(respond_seen_release) struct respond_seen seen = { 0 };
		struct respond_answer a =
			ask(RESPOND_GRAPH_USERS, cases[i].action, RESPOND_LOOK,
			    200, cases[i].body, &seen);

		assert_int_equal(a.outcome, cases[i].outcome);
		assert_int_equal(seen.found, cases[i].found);
		assert_true(*a.text);
	}
}

static void test_names_and_cautions(void **state)
{
	CLEANUP(respond_seen_release) struct respond_seen seen = { 0 };
	static const struct response revoke = {
		.action = RESPONSE_REVOKE_SESSIONS
	};
	static const struct response suspend = {
		.action = RESPONSE_SUSPEND_USER
	};
	static const struct response dismiss = { .action = RESPONSE_DISMISS };

	(void)state;
	ask(RESPOND_GRAPH_USERS, RESPONSE_SUSPEND_USER, RESPOND_LOOK, 200,
	    "{\"id\":\"1\",\"userPrincipalName\":\"a@b.c\",\"mail\":\"m@b.c\","
	    "\"accountEnabled\":true,\"userType\":\"guest\","
	    "\"onPremisesSyncEnabled\":true}",
	    &seen);
	assert_int_equal(seen.names.n, 3);
	assert_true(strlist_has(&seen.names, "1"));
	assert_true(strlist_has(&seen.names, "a@b.c"));
	assert_true(strlist_has(&seen.names, "m@b.c"));
	assert_non_null(strstr(respond_caution(&revoke, &seen), "at home"));
	assert_non_null(
		strstr(respond_caution(&suspend, &seen), "synchronization"));
	assert_null(respond_caution(&dismiss, &seen));
	respond_seen_release(&seen);
	assert_null(strstr(respond_caution(&revoke, &seen), "at home"));
	assert_non_null(strstr(respond_caution(&suspend, &seen), "revoke"));
}

static void test_look_at_alert(void **state)
{
	static const struct {
		enum respond_door door;
		const char *body;
		enum response_found found;
	} cases[] = {
		{ RESPOND_GRAPH_ALERTS, "{\"status\":\"new\"}", FOUND_ACTIVE },
		{ RESPOND_GRAPH_ALERTS, "{\"status\":\"inProgress\"}",
		  FOUND_IN_PROGRESS },
		{ RESPOND_GRAPH_ALERTS,
		  "{\"status\":\"resolved\",\"classification\":null}",
		  FOUND_RESOLVED },
		{ RESPOND_GRAPH_ALERTS,
		  "{\"status\":\"resolved\",\"classification\":"
		  "\"falsePositive\"}",
		  FOUND_DISMISSED },
		{ RESPOND_GRAPH_ALERTS,
		  "{\"status\":\"new\",\"classification\":\"falsePositive\"}",
		  FOUND_ACTIVE },
		{ RESPOND_GRAPH_ALERTS, "{\"status\":\"unknownFutureValue\"}",
		  FOUND_UNKNOWN },
		{ RESPOND_ARM_ALERTS,
		  "{\"properties\":{\"status\":\"Dismissed\"}}",
		  FOUND_DISMISSED },
		{ RESPOND_ARM_ALERTS,
		  "{\"properties\":{\"status\":\"InProgress\"}}",
		  FOUND_IN_PROGRESS },
		{ RESPOND_ARM_ALERTS, "{\"properties\":{}}", FOUND_ACTIVE },
		{ RESPOND_ARM_ALERTS, "{}", FOUND_UNKNOWN },
		{ RESPOND_PORTAL_ALERTS, "{\"resolutionStatusValue\":0}",
		  FOUND_ACTIVE },
		{ RESPOND_PORTAL_ALERTS, "{\"resolutionStatusValue\":3}",
		  FOUND_DISMISSED },
		{ RESPOND_PORTAL_ALERTS, "{\"resolutionStatusValue\":5}",
		  FOUND_RESOLVED },
		{ RESPOND_PORTAL_ALERTS, "{\"resolutionStatusValue\":6}",
		  FOUND_UNKNOWN },
		{ RESPOND_PORTAL_ALERTS, "{\"resolutionStatusValue\":-1}",
		  FOUND_UNKNOWN },
		{ RESPOND_PORTAL_ALERTS, "{\"_id\":\"603f\"}", FOUND_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct respond_seen seen = { 0 };
		struct respond_answer a =
			ask(cases[i].door, RESPONSE_DISMISS, RESPOND_LOOK, 200,
			    cases[i].body, &seen);

		assert_int_equal(a.outcome, RESPOND_OK);
		assert_int_equal(seen.found, cases[i].found);
		a = ask(cases[i].door, RESPONSE_DISMISS, RESPOND_LOOK, 200,
			"<html>", &seen);
		assert_int_equal(a.outcome, RESPOND_NO);
	}
}

static void test_change(void **state)
{
	static const struct {
		enum respond_door door;
		enum response_action action;
		long status;
		const char *body;
		enum respond_outcome outcome;
	} cases[] = {
		{ RESPOND_GRAPH_USERS, RESPONSE_REVOKE_SESSIONS, 200,
		  "{\"@odata.context\":\"x\",\"value\":true}", RESPOND_OK },
		{ RESPOND_GRAPH_USERS, RESPONSE_REVOKE_SESSIONS, 204, "",
		  RESPOND_OK },
		{ RESPOND_GRAPH_USERS, RESPONSE_REVOKE_SESSIONS, 200,
		  "{\"value\":false}", RESPOND_NO },
		{ RESPOND_GRAPH_USERS, RESPONSE_SUSPEND_USER, 204, "",
		  RESPOND_OK },
		{ RESPOND_GRAPH_ALERTS, RESPONSE_RESOLVE, 200,
		  "{\"status\":\"resolved\"}", RESPOND_OK },
		{ RESPOND_ARM_ALERTS, RESPONSE_DISMISS, 204, "", RESPOND_OK },
		{ RESPOND_PORTAL_ALERTS, RESPONSE_DISMISS, 200,
		  "{\"closed_benign\":1}", RESPOND_OK },
		{ RESPOND_PORTAL_ALERTS, RESPONSE_RESOLVE, 200,
		  "{\"closed_true_positive\":1}", RESPOND_OK },
		{ RESPOND_PORTAL_ALERTS, RESPONSE_DISMISS, 200,
		  "{\"closed_benign\":0,\"alertsNotFound\":[\"603f\"]}",
		  RESPOND_NO },
		{ RESPOND_PORTAL_ALERTS, RESPONSE_DISMISS, 200, "",
		  RESPOND_NO },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct respond_answer a =
			ask(cases[i].door, cases[i].action, RESPOND_CHANGE,
			    cases[i].status, cases[i].body, NULL);

		assert_int_equal(a.outcome, cases[i].outcome);
		assert_true(*a.text);
	}
}

static void test_faults(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum respond_outcome outcome;
		const char *words;
	} cases[] = {
		{ 0, "", RESPOND_AGAIN, "connection reset" },
		{ 301, "", RESPOND_NO, "answered 301" },
		{ 400, "{\"error\":{\"code\":\"Request_BadRequest\"}}",
		  RESPOND_NO, "answered 400 Request_BadRequest" },
		/* Not a word: strangers' text goes no further. */
		{ 400, "{\"error\":{\"code\":\"\\u001b[31m look here\"}}",
		  RESPOND_NO, "answered 400" },
		{ 401, "", RESPOND_SIGN_IN, "token" },
		{ 404, "", RESPOND_NO, "no such account" },
		{ 408, "", RESPOND_AGAIN, "answered 408" },
		{ 429, "{\"error\":{\"code\":\"TooManyRequests\"}}",
		  RESPOND_AGAIN, "answered 429 TooManyRequests" },
		{ 503, "<html>", RESPOND_AGAIN, "answered 503" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct respond_seen seen = { 0 };
		struct respond_answer a =
			ask(RESPOND_GRAPH_USERS, RESPONSE_SUSPEND_USER,
			    i % 2 ? RESPOND_LOOK : RESPOND_CHANGE,
			    cases[i].status, cases[i].body, &seen);

		assert_int_equal(a.outcome, cases[i].outcome);
		if (!strstr(a.text, cases[i].words) || strchr(a.text, '\033'))
			fail_msg("said: %s", a.text);
		assert_int_equal(a.wait_ms,
				 a.outcome == RESPOND_AGAIN && cases[i].status
					 ? 7000
					 : 0);
		assert_int_equal(seen.found, FOUND_UNKNOWN);
	}
}

static void test_permission(void **state)
{
	static const struct {
		enum respond_door door;
		enum response_action action;
		enum respond_step step;
		const char *words;
	} cases[] = {
		{ RESPOND_GRAPH_USERS, RESPONSE_SUSPEND_USER, RESPOND_LOOK,
		  "application app-1 needs the application permission "
		  "User.Read.All with admin consent" },
		{ RESPOND_GRAPH_USERS, RESPONSE_SUSPEND_USER, RESPOND_CHANGE,
		  "User.EnableDisableAccount.All with admin consent; for an "
		  "account with an administrator's role also the directory "
		  "role Privileged Authentication Administrator" },
		{ RESPOND_GRAPH_USERS, RESPONSE_REVOKE_SESSIONS, RESPOND_CHANGE,
		  "User.RevokeSessions.All" },
		{ RESPOND_GRAPH_ALERTS, RESPONSE_DISMISS, RESPOND_LOOK,
		  "SecurityAlert.Read.All" },
		{ RESPOND_GRAPH_ALERTS, RESPONSE_DISMISS, RESPOND_CHANGE,
		  "SecurityAlert.ReadWrite.All" },
		{ RESPOND_ARM_ALERTS, RESPONSE_DISMISS, RESPOND_CHANGE,
		  "--assignee app-1 --role \"Security Admin\" "
		  "--scope " SUBSCRIPTION },
		{ RESPOND_ARM_ALERTS, RESPONSE_DISMISS, RESPOND_LOOK,
		  "Security Reader" },
		{ RESPOND_PORTAL_ALERTS, RESPONSE_DISMISS, RESPOND_CHANGE,
		  "Investigation.manage" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct respond_seen seen = { 0 };
		struct respond_answer a =
			ask(cases[i].door, cases[i].action, cases[i].step, 403,
			    DENIED, &seen);

		assert_int_equal(a.outcome, RESPOND_NO);
		if (!strstr(a.text, cases[i].words))
			fail_msg("said: %s", a.text);
	}
}

/* Told before anything is asked for. */
static void test_needs(void **state)
{
	static const struct {
		enum respond_door door;
		enum response_action action;
		const char *words;
	} cases[] = {
		{ RESPOND_GRAPH_USERS, RESPONSE_REVOKE_SESSIONS,
		  "the application permissions User.Read.All and "
		  "User.RevokeSessions.All" },
		{ RESPOND_GRAPH_USERS, RESPONSE_SUSPEND_USER,
		  "the application permissions User.Read.All and "
		  "User.EnableDisableAccount.All" },
		{ RESPOND_GRAPH_ALERTS, RESPONSE_RESOLVE,
		  "the application permission SecurityAlert.ReadWrite.All" },
		{ RESPOND_ARM_ALERTS, RESPONSE_DISMISS,
		  "the role Security Admin in the subscription" },
		{ RESPOND_PORTAL_ALERTS, RESPONSE_DISMISS,
		  "a token with Investigation.manage" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct respond_place p = { .door = cases[i].door };
		const struct response r = { .action = cases[i].action };
		char needs[RESPOND_NEEDS_MAX];

		respond_needs(&p, &r, needs, sizeof(needs));
		assert_string_equal(needs, cases[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_look_at_user),
		cmocka_unit_test(test_names_and_cautions),
		cmocka_unit_test(test_look_at_alert),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_permission),
		cmocka_unit_test(test_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
