/* What people are shown before they decide: the calls, what undoes them, who
 * may approve, what is missing. */
#include "daemon/respond_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/rig.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define NOW INT64_C(1780992000000)
#define TENANT "11111111-2222-3333-4444-555555555555"
#define ARM_ID                                                                 \
	"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Security/"     \
	"locations/westeurope/alerts/one"

static const char yaml[] =
	"sources:\n"
	"  - {name: azure, type: defender-for-cloud, tenant: " TENANT
	", auth: managed-identity}\n"
	"  - {name: graph, type: graph-security, tenant: " TENANT
	", auth: managed-identity}\n"
	"targets:\n"
	"  - {name: oncall, type: folder, path: /nowhere/oncall}\n"
	"  - {name: hook, type: exec, command: [/bin/block, \"--all\"]}\n"
	"  - {name: mail, type: email, server: \"smtp://127.0.0.1:25\",\n"
	"     starttls: off, from: t@x.org, to: [o@x.org]}\n"
	"fallback: oncall\n"
	"privileged-accounts: [\"admin*\"]\n"
	"respond:\n"
	"  actions: [suspend-user, revoke-sessions, notify-user, dismiss]\n"
	"  hooks: [hook]\n"
	"  protect: [\"boss@*\"]\n"
	"  notify-by: mail\n"
	"  per-hour: 2\n";

static int setup(void **state)
{
	static const struct rig_alert alerts[] = {
		{ .id = ARM_ID,
		  .severity = SEVERITY_HIGH,
		  .tenant = TENANT,
		  .account = "ada@contoso.com" },
		{ .id = "two",
		  .severity = SEVERITY_HIGH,
		  .tenant = TENANT,
		  .account = "admin1@contoso.com" },
		{ .id = "three",
		  .severity = SEVERITY_HIGH,
		  .tenant = "another",
		  .account = "eve_x.org#EXT#@contoso.com" },
	};

	if (rig_begin(state, yaml, NOW) < 0)
		return -1;
	rig_page(*state, alerts, 3, true);
	return 0;
}

/* As if: nothing is stored. */
static int plan(struct rig *r, int64_t alert, enum response_action a,
		json_t **ret, struct err *err)
{
	CLEANUP(response_release) struct response made = { 0 };
	const struct respond_order o = { .alert_id = alert,
					 .who = "ann",
					 .action = a,
					 .hook = "hook",
					 .reason = "stolen password",
					 .dry = true,
					 .now_ms = r->now_ms };
	const struct respond_decision asker = { .who = "ann",
						.role = ROLE_ADMIN,
						.now_ms = r->now_ms };
	int rc = responding_plan(&r->pipeline, &o, &made, err);

	return rc < 0 ? rc
		      : respond_plan_say(&r->pipeline, &made, &asker, ret, err);
}

static json_t *planned(struct rig *r, int64_t alert, enum response_action a)
{
	struct err err = ERR_INIT;
	json_t *data = NULL;

	if (plan(r, alert, a, &data, &err) < 0)
		fail_msg("%s", err.text);
	return data;
}

static const char *call(const json_t *data, size_t i, const char *step)
{
	const json_t *one = json_array_get(json_object_get(data, "calls"), i);

	assert_string_equal(jsonx_str(one, "step"), step);
	return jsonx_str(one, "call");
}

static void expect_has(const char *text, const char *words)
{
	if (!text || !strstr(text, words))
		fail_msg("'%s' lacks '%s'", text ? text : "-", words);
}

static void test_user(void **state)
{
	struct rig *r = *state;
	CLEANUP(jsonx_unref) json_t *d = planned(r, 1, RESPONSE_SUSPEND_USER);

	assert_true(json_is_null(json_object_get(d, "response")));
	assert_string_equal(jsonx_str(d, "state"), "waiting");
	assert_string_equal(jsonx_str(d, "subject"), "ada@contoso.com");
	assert_string_equal(jsonx_str(d, "source"), "graph");
	assert_string_equal(call(d, 1, "change"),
			    "PATCH https://graph.microsoft.com/v1.0/users/"
			    "ada%40contoso.com {\"accountEnabled\":false}");
	expect_has(call(d, 0, "look"), "GET https://graph.microsoft.com/");
	assert_string_equal(jsonx_str(d, "undo"), "restore-user");
	assert_string_equal(jsonx_str(d, "needs"),
			    "the application permissions User.Read.All and "
			    "User.EnableDisableAccount.All");
	assert_true(jsonx_bool(d, "second_person"));
	expect_has(jsonx_str(d, "you_may_not"), "you asked for it yourself");
	assert_null(jsonx_str(d, "privileged"));
}

static void test_alert(void **state)
{
	struct rig *r = *state;
	CLEANUP(jsonx_unref) json_t *d = planned(r, 1, RESPONSE_DISMISS);

	assert_string_equal(call(d, 1, "change"),
			    "POST https://management.azure.com" ARM_ID
			    "/dismiss?api-version=2022-01-01");
	assert_string_equal(jsonx_str(d, "undo"), "activate");
	assert_false(jsonx_bool(d, "second_person"));
	assert_null(jsonx_str(d, "you_may_not"));
	expect_has(jsonx_str(d, "needs"), "Security Admin");
}

static void test_site(void **state)
{
	struct rig *r = *state;
	CLEANUP(jsonx_unref) json_t *run = planned(r, 1, RESPONSE_EXEC);
	CLEANUP(jsonx_unref) json_t *mail = planned(r, 1, RESPONSE_NOTIFY_USER);

	expect_has(call(run, 0, "change"), "run /bin/block --all, ");
	assert_null(jsonx_str(run, "undo"));
	assert_null(jsonx_str(run, "source"));
	assert_null(jsonx_str(run, "needs"));
	expect_has(jsonx_str(run, "caution"), "nothing takes it back");
	assert_string_equal(call(mail, 0, "change"),
			    "e-mail to ada@contoso.com by target mail, "
			    "with the reason as all its text");
}

static void test_cautions(void **state)
{
	struct rig *r = *state;
	CLEANUP(jsonx_unref)
	json_t *d = planned(r, 2, RESPONSE_REVOKE_SESSIONS);

	assert_string_equal(jsonx_str(d, "privileged"), "admin*");
	expect_has(jsonx_str(d, "caution"), "about an hour");
	assert_null(jsonx_str(d, "undo"));
}

/* What cannot be done is no plan. */
static void test_lacks(void **state)
{
	struct rig *r = *state;
	struct err err = ERR_INIT;
	json_t *d = NULL;

	assert_int_equal(plan(r, 2, RESPONSE_DISMISS, &d, &err), ERR_SCHEMA);
	expect_has(err.text, "without the Azure resource id");
	assert_int_equal(plan(r, 3, RESPONSE_REVOKE_SESSIONS, &d, &err),
			 ERR_CONF);
	expect_has(err.text, "signs in to the tenant of the alert");
	assert_null(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_user, setup, rig_end),
		cmocka_unit_test_setup_teardown(test_alert, setup, rig_end),
		cmocka_unit_test_setup_teardown(test_site, setup, rig_end),
		cmocka_unit_test_setup_teardown(test_cautions, setup, rig_end),
		cmocka_unit_test_setup_teardown(test_lacks, setup, rig_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
