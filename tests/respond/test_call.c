/* Requests of responses, letter by letter, and hostile names in them. */
#include "respond/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define GRAPH "https://graph.microsoft.com"
#define ARM "https://management.azure.com"
#define PORTAL "https://contoso.eu.portal.cloudappsecurity.com"
#define ARM_ID                                                                 \
	"/subscriptions/20ff7fc3-e762-44dd-bd96-b71116dcdc23/resourceGroups/"  \
	"rg-1/providers/Microsoft.Security/locations/westeurope/alerts/"       \
	"2517_a-b"

static const struct respond_place users = { RESPOND_GRAPH_USERS, GRAPH,
					    "ada#EXT#@contoso.com", NULL };
static const struct respond_place graph = { RESPOND_GRAPH_ALERTS, GRAPH,
					    "ca603f704aaf7417985bbf3b22",
					    NULL };
static const struct respond_place arm = { RESPOND_ARM_ALERTS, ARM, ARM_ID,
					  NULL };
static const struct respond_place portal = { RESPOND_PORTAL_ALERTS, PORTAL,
					     "603f704aaf7417985bbf3b22", NULL };

static void expect(const struct respond_place *p, enum response_action a,
		   enum verdict v, enum respond_step step, const char *text)
{
	CLEANUP(respond_call_release) struct respond_call c = { 0 };
	CLEANUP(free_ptr) char *made = NULL;
	const struct response r = {
		.action = a,
		.verdict = v,
		.reason = (char *)"a \"test\"",
	};
	struct err err = ERR_INIT;

	assert_int_equal(respond_can(p->door, a, v, &err), 0);
	assert_int_equal(respond_call_make(p, &r, step, &c, &err), 0);
	made = respond_call_text(&c);
	assert_string_equal(made, text);
}

#define USER GRAPH "/v1.0/users/ada%23EXT%23%40contoso.com"

static void test_users(void **state)
{
	static const enum response_action all[] = { RESPONSE_REVOKE_SESSIONS,
						    RESPONSE_SUSPEND_USER,
						    RESPONSE_RESTORE_USER };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		expect(&users, all[i], VERDICT_NONE, RESPOND_LOOK,
		       "GET " USER "?$select=id,userPrincipalName,mail,"
		       "accountEnabled,userType,onPremisesSyncEnabled");
	expect(&users, RESPONSE_REVOKE_SESSIONS, VERDICT_NONE, RESPOND_CHANGE,
	       "POST " USER "/revokeSignInSessions");
	expect(&users, RESPONSE_SUSPEND_USER, VERDICT_NONE, RESPOND_CHANGE,
	       "PATCH " USER " {\"accountEnabled\":false}");
	expect(&users, RESPONSE_RESTORE_USER, VERDICT_NONE, RESPOND_CHANGE,
	       "PATCH " USER " {\"accountEnabled\":true}");
}

#define GRAPH_ALERT GRAPH "/v1.0/security/alerts_v2/ca603f704aaf7417985bbf3b22"

static void test_graph_alerts(void **state)
{
	static const struct {
		enum response_action action;
		enum verdict verdict;
		const char *body;
	} cases[] = {
		{ RESPONSE_DISMISS, VERDICT_FALSE_POSITIVE,
		  "{\"status\": \"resolved\", \"classification\": "
		  "\"falsePositive\"}" },
		{ RESPONSE_DISMISS, VERDICT_BENIGN,
		  "{\"status\": \"resolved\", \"classification\": "
		  "\"informationalExpectedActivity\"}" },
		{ RESPONSE_RESOLVE, VERDICT_TRUE_POSITIVE,
		  "{\"status\": \"resolved\", \"classification\": "
		  "\"truePositive\"}" },
		{ RESPONSE_RESOLVE, VERDICT_NONE,
		  "{\"status\": \"resolved\"}" },
		{ RESPONSE_IN_PROGRESS, VERDICT_NONE,
		  "{\"status\": \"inProgress\"}" },
		{ RESPONSE_ACTIVATE, VERDICT_NONE, "{\"status\": \"new\"}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(respond_call_release) struct respond_call c = { 0 };
		CLEANUP(jsonx_unref) json_t *made = NULL, *wanted = NULL;
		const struct response r = { .action = cases[i].action,
					    .verdict = cases[i].verdict };

		expect(&graph, r.action, r.verdict, RESPOND_LOOK,
		       "GET " GRAPH_ALERT);
		assert_int_equal(respond_call_make(&graph, &r, RESPOND_CHANGE,
						   &c, NULL),
				 0);
		assert_string_equal(c.method, "PATCH");
		assert_string_equal(c.url, GRAPH_ALERT);
		made = jsonx_parse(c.body, strlen(c.body), 0, NULL);
		wanted = jsonx_parse(cases[i].body, strlen(cases[i].body), 0,
				     NULL);
		assert_non_null(wanted);
		if (!json_equal(made, wanted))
			fail_msg("%s", c.body);
	}
}

static void test_arm_alerts(void **state)
{
	(void)state;
	expect(&arm, RESPONSE_DISMISS, VERDICT_NONE, RESPOND_LOOK,
	       "GET " ARM ARM_ID "?api-version=2022-01-01");
	expect(&arm, RESPONSE_DISMISS, VERDICT_NONE, RESPOND_CHANGE,
	       "POST " ARM ARM_ID "/dismiss?api-version=2022-01-01");
	expect(&arm, RESPONSE_RESOLVE, VERDICT_NONE, RESPOND_CHANGE,
	       "POST " ARM ARM_ID "/resolve?api-version=2022-01-01");
	expect(&arm, RESPONSE_IN_PROGRESS, VERDICT_NONE, RESPOND_CHANGE,
	       "POST " ARM ARM_ID "/inProgress?api-version=2022-01-01");
	expect(&arm, RESPONSE_ACTIVATE, VERDICT_NONE, RESPOND_CHANGE,
	       "POST " ARM ARM_ID "/activate?api-version=2022-01-01");
}

static void test_portal_alerts(void **state)
{
	static const struct {
		enum response_action action;
		enum verdict verdict;
		const char *verb;
	} cases[] = {
		{ RESPONSE_DISMISS, VERDICT_FALSE_POSITIVE,
		  "close_false_positive" },
		{ RESPONSE_DISMISS, VERDICT_BENIGN, "close_benign" },
		{ RESPONSE_RESOLVE, VERDICT_TRUE_POSITIVE,
		  "close_true_positive" },
		{ RESPONSE_RESOLVE, VERDICT_NONE, "close_true_positive" },
	};
	static const char wanted[] =
		"{\"filters\": {\"id\": {\"eq\": [\"603f704aaf7417985bbf3b22\"]"
		"}}, \"comment\": \"a \\\"test\\\"\"}";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(respond_call_release) struct respond_call c = { 0 };
		CLEANUP(free_ptr) char *url = NULL;
		CLEANUP(jsonx_unref) json_t *a = NULL, *b = NULL;
		const struct response r = { .action = cases[i].action,
					    .verdict = cases[i].verdict,
					    .reason = (char *)"a \"test\"" };

		expect(&portal, r.action, r.verdict, RESPOND_LOOK,
		       "GET " PORTAL
		       "/api/v1/alerts/603f704aaf7417985bbf3b22/");
		assert_int_equal(respond_call_make(&portal, &r, RESPOND_CHANGE,
						   &c, NULL),
				 0);
		url = xasprintf(PORTAL "/api/v1/alerts/%s/", cases[i].verb);
		assert_string_equal(c.method, "POST");
		assert_string_equal(c.url, url);
		a = jsonx_parse(c.body, strlen(c.body), 0, NULL);
		b = jsonx_parse(wanted, strlen(wanted), 0, NULL);
		if (!json_equal(a, b))
			fail_msg("%s", c.body);
	}
}

/* A name is never a part of the path, and an empty one names nothing. */
static void test_hostile(void **state)
{
	static const struct {
		enum respond_door door;
		const char *id, *url; /* NULL: refused */
	} cases[] = {
		{ RESPOND_GRAPH_USERS, "../groups/x?y=z&a b",
		  GRAPH "/v1.0/users/..%2Fgroups%2Fx%3Fy%3Dz%26a%20b" },
		{ RESPOND_GRAPH_ALERTS, "a/../b%2e\r\nX: y",
		  GRAPH "/v1.0/security/alerts_v2/a%2F..%2Fb%252e%0D%0AX%3A%20"
			"y" },
		{ RESPOND_GRAPH_USERS, "", NULL },
		{ RESPOND_PORTAL_ALERTS, "", NULL },
		{ RESPOND_GRAPH_ALERTS, "..", NULL },
		{ RESPOND_GRAPH_ALERTS, ".", NULL },
		{ RESPOND_PORTAL_ALERTS, "a\xff", NULL },
		{ RESPOND_GRAPH_USERS, "\xc3(", NULL },
		{ RESPOND_GRAPH_ALERTS, NULL, NULL },
		{ RESPOND_ARM_ALERTS, "/subscriptions/x/../y", NULL },
		{ RESPOND_ARM_ALERTS, ARM_ID "/dismiss", NULL },
		{ RESPOND_ARM_ALERTS, ARM_ID "?x=y", NULL },
		{ RESPOND_ARM_ALERTS, ".evil.example" ARM_ID, NULL },
		{ RESPOND_ARM_ALERTS, "@evil.example" ARM_ID, NULL },
		{ RESPOND_ARM_ALERTS,
		  "/subscriptions/s/providers/Microsoft.Compute/x/y", NULL },
		{ RESPOND_ARM_ALERTS,
		  "/subscriptions/s/providers/Microsoft.Security/locations/"
		  "w/alerts/..",
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(respond_call_release) struct respond_call c = { 0 };
		const struct respond_place p = { cases[i].door, GRAPH,
						 cases[i].id, NULL };
		const struct response r = { .action = RESPONSE_DISMISS };
		int rc = respond_call_make(&p, &r, RESPOND_CHANGE, &c, NULL);

		if (!cases[i].url) {
			if (rc != ERR_REFUSED)
				fail_msg("made: %s", c.url);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_string_equal(c.url, cases[i].url);
	}
}

static void test_arm_id(void **state)
{
	static const char good[] = "{\"id\": \"" ARM_ID "\", \"name\": \"x\"}";
	static const char *const bad[] = {
		"{\"name\": \"x\"}",
		"{\"id\": \"/subscriptions/s/x/y\"}",
		"{\"id\": 7}",
		"not JSON",
	};
	char *id = NULL;

	(void)state;
	assert_int_equal(respond_arm_id(good, strlen(good), &id, NULL), 0);
	assert_string_equal(id, ARM_ID);
	free(id);
	id = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(respond_arm_id(bad[i], strlen(bad[i]), &id,
						&err),
				 ERR_SCHEMA);
		assert_true(*err.text);
		assert_null(id);
	}
}

static void test_can(void **state)
{
	static const struct {
		enum respond_door door;
		enum response_action action;
		enum verdict verdict;
		int code;
		const char *words;
	} cases[] = {
		{ RESPOND_GRAPH_ALERTS, RESPONSE_DISMISS, VERDICT_NONE,
		  ERR_CONF, "add --as false-positive or --as benign" },
		{ RESPOND_PORTAL_ALERTS, RESPONSE_DISMISS, VERDICT_NONE,
		  ERR_CONF, "add --as" },
		{ RESPOND_PORTAL_ALERTS, RESPONSE_IN_PROGRESS, VERDICT_NONE,
		  ERR_REFUSED, "has no alerts in progress" },
		{ RESPOND_PORTAL_ALERTS, RESPONSE_ACTIVATE, VERDICT_NONE,
		  ERR_REFUSED, "opens no closed alert again" },
		{ RESPOND_GRAPH_USERS, RESPONSE_DISMISS, VERDICT_NONE,
		  ERR_REFUSED, "not done by this service" },
		{ RESPOND_ARM_ALERTS, RESPONSE_SUSPEND_USER, VERDICT_NONE,
		  ERR_REFUSED, "not done by this service" },
		{ RESPOND_GRAPH_USERS, RESPONSE_NOTIFY_USER, VERDICT_NONE,
		  ERR_REFUSED, "not done by this service" },
		{ RESPOND_GRAPH_USERS, RESPONSE_EXEC, VERDICT_NONE, ERR_REFUSED,
		  "not done by this service" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(respond_can(cases[i].door, cases[i].action,
					     cases[i].verdict, &err),
				 cases[i].code);
		if (!strstr(err.text, cases[i].words))
			fail_msg("said: %s", err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_graph_alerts),
		cmocka_unit_test(test_arm_alerts),
		cmocka_unit_test(test_portal_alerts),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_arm_id),
		cmocka_unit_test(test_can),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
