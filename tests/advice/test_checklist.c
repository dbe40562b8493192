/* What is set up, what is missing, and what nobody knows. */
#include "advice/checklist_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "advice/posture_facts.h"

#define TARGETS                                                                \
	"targets:\n"                                                           \
	"  - {name: ops, type: folder, path: /var/tmp/notices}\n"              \
	"fallback: ops\n"

static void check_text(const char *text, const char *part)
{
	if (part ? !text || !strstr(text, part) : text != NULL)
		fail_msg("'%s' has no '%s'", text ? text : "NULL",
			 part ? part : "NULL");
}

static void test_plans(void **state)
{
	static const struct {
		const char *plan, *type;
		bool there, on;
		int n;
		const char *coverage;
		enum chore_state state;
		const char *why, *next; /* why NULL: no item */
	} rows[] = {
		{ "KeyVaults", "microsoft.keyvault/VAULTS", true, true, 2, NULL,
		  CHORE_DONE, "on, for 2 key vaults", NULL },
		{ "KeyVaults", "Microsoft.KeyVault/vaults", true, false, 1,
		  NULL, CHORE_MISSING, "off, and 1 key vault would need it",
		  "az security pricing create -n KeyVaults --tier Standard "
		  "--subscription " SUB },
		{ "KeyVaults", "Microsoft.KeyVault/vaults", true, false, 0,
		  NULL, CHORE_DONE, NULL, NULL },
		{ "KeyVaults", "Microsoft.KeyVault/vaults", true, true, 3,
		  "PartiallyCovered", CHORE_MISSING, "not for all of 3",
		  "az security pricing show -n KeyVaults" },
		{ "KeyVaults", "Microsoft.KeyVault/vaults", true, true, 3,
		  "fullycovered", CHORE_DONE, "on, for 3 key vaults", NULL },
		{ "AI", "Microsoft.CognitiveServices/accounts", false, false, 3,
		  NULL, CHORE_UNKNOWN, "tells of no such plan",
		  "az security pricing list" },
		{ "Arm", "x/y", true, false, 0, NULL, CHORE_MISSING,
		  "Azure Resource Manager", "-n Arm" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(posture_facts_release)
		struct posture_facts f = facts_read();
		CLEANUP(chores_release)
		struct chores l = CHORES_NONE;
		const struct chore *item;
		struct plan *plan;

		if (rows[i].there) {
			plan = facts_add_plan(&f, rows[i].plan, rows[i].on);
			if (rows[i].coverage)
				plan->coverage = xstrdup(rows[i].coverage);
		}
		facts_add_type(&f, rows[i].type, rows[i].n);
		checklist_subscription(&l, &f, NULL);
		item = find(&l, "plan");
		if (!rows[i].why) {
			assert_null(item);
			continue;
		}
		assert_non_null(item);
		assert_int_equal(item->state, rows[i].state);
		assert_int_equal(item->read_ms, T);
		check_text(item->what, rows[i].plan);
		check_text(item->why, rows[i].why);
		check_text(item->next, rows[i].next);
	}
}

/* What was never read is not taken for good, nor for bad. */
static void test_unread(void **state)
{
	static char name[] = "azure", client[] = "app", arm[] = "https://arm";
	const struct source_conf c = { .name = name,
				       .type = SOURCE_DEFENDER_FOR_CLOUD,
				       .client_id = client,
				       .resource_manager = arm };
	CLEANUP(posture_facts_release) struct posture_facts f = facts_new();
	CLEANUP(chores_release) struct chores l = CHORES_NONE;

	(void)state;
	f.parts[POSTURE_PLANS].trouble =
		"HTTP 403: role missing: az role assignment create --x";
	checklist_subscription(&l, &f, &c);
	assert_true(l.n >= 6);
	for (size_t i = 0; i < l.n; i++) {
		assert_int_equal(l.v[i].state, CHORE_UNKNOWN);
		assert_int_equal(l.v[i].read_ms, 0);
		assert_non_null(l.v[i].what);
		assert_non_null(l.v[i].next);
	}
	check_text(find(&l, "plan")->why, "could not be read: HTTP 403");
	check_text(find(&l, "plan")->next, "az role assignment create");
	check_text(find(&l, "contact")->why, "not read yet");
	assert_null(find(&l, "alert-emails"));
}

/* Plans were read, what there is to protect was not. */
static void test_uncounted(void **state)
{
	CLEANUP(posture_facts_release) struct posture_facts f = facts_read();
	CLEANUP(chores_release) struct chores l = CHORES_NONE;

	(void)state;
	f.whole_ms[POSTURE_RECOMMENDATIONS] = 0;
	facts_add_plan(&f, "StorageAccounts", false);
	checklist_subscription(&l, &f, NULL);
	assert_int_equal(find(&l, "plan")->state, CHORE_UNKNOWN);
	check_text(find(&l, "plan")->why,
		   "whether there are any storage accounts was never read");
	assert_non_null(find(&l, "provisioning"));
	assert_int_equal(checklist_protects(&f, "StorageAccounts"), -1);
}

static void test_protects(void **state)
{
	CLEANUP(posture_facts_release) struct posture_facts f = facts_read();

	(void)state;
	facts_add_type(&f, "Microsoft.Compute/virtualMachines", 3);
	facts_add_type(&f, "microsoft.hybridcompute/machines", 4);
	assert_int_equal(checklist_protects(&f, "virtualmachines"), 7);
	assert_int_equal(checklist_protects(&f, "KeyVaults"), 0);
	assert_int_equal(checklist_protects(&f, "Arm"), -1);
	assert_int_equal(checklist_protects(&f, "Unheard"), -1);
}

static void test_settings(void **state)
{
	static const struct {
		enum posture_part part;
		const char *name; /* NULL: there is none */
		bool on;
		const char *detail, *item;
		enum chore_state state;
		const char *why, *next;
	} rows[] = {
		{ POSTURE_CONTACTS, NULL, false, NULL, "contact", CHORE_MISSING,
		  "nobody to tell", "securityContacts/default" },
		{ POSTURE_CONTACTS, "contact 1", false, "no alerts", "contact",
		  CHORE_DONE, "1 set", NULL },
		{ POSTURE_CONTACTS, "contact 1", false, "no alerts",
		  "alert-emails", CHORE_MISSING, "off: no alerts", "az rest" },
		{ POSTURE_CONTACTS, "contact 1", true,
		  "alerts from High, to Owner", "alert-emails", CHORE_DONE,
		  "on: alerts from High", NULL },
		{ POSTURE_EXPORTS, NULL, false, NULL, "export", CHORE_MISSING,
		  "nothing is exported", "--subscription " SUB },
		{ POSTURE_EXPORTS, "rg/hub", false, "Alerts to EventHub",
		  "export", CHORE_MISSING, "rg/hub is off", "Alerts" },
		{ POSTURE_EXPORTS, "rg/hub", true, "SecureScores to EventHub",
		  "export", CHORE_MISSING, "rg/hub takes no alerts", "Alerts" },
		{ POSTURE_EXPORTS, "rg/hub", true, "Alerts to EventHub",
		  "export", CHORE_DONE, "rg/hub: Alerts", NULL },
		{ POSTURE_PROVISIONING, "default", false, NULL, "provisioning",
		  CHORE_MISSING, "not provisioned", "--auto-provision On" },
		{ POSTURE_PROVISIONING, "default", true, NULL, "provisioning",
		  CHORE_DONE, "provisioned", NULL },
		{ POSTURE_SHARING, "mcas", true, NULL, "cloud-apps-sharing",
		  CHORE_DONE, "MCAS is on", NULL },
		{ POSTURE_SHARING, "MCAS", false, NULL, "cloud-apps-sharing",
		  CHORE_MISSING, "MCAS is off", "settings/MCAS?api-version" },
		{ POSTURE_SHARING, "MCAS", true, NULL, "endpoint-sharing",
		  CHORE_MISSING, "WDATP is not set", "settings/WDATP" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(posture_facts_release)
		struct posture_facts f = facts_read();
		CLEANUP(chores_release)
		struct chores l = CHORES_NONE;
		const struct chore *item;

		facts_add_type(&f, "Microsoft.Compute/virtualMachines", 1);
		if (rows[i].name)
			facts_add_setting(&f, rows[i].part, rows[i].name,
					  rows[i].on, rows[i].detail);
		checklist_subscription(&l, &f, NULL);
		item = find(&l, rows[i].item);
		assert_non_null(item);
		if (item->state != rows[i].state)
			fail_msg("row %zu: %s", i, item->why);
		check_text(item->why, rows[i].why);
		check_text(item->next, rows[i].next);
	}
}

/* Where there is no machine, agents are nobody's matter. */
static void test_no_machines(void **state)
{
	CLEANUP(posture_facts_release) struct posture_facts f = facts_read();
	CLEANUP(chores_release) struct chores l = CHORES_NONE;

	(void)state;
	checklist_subscription(&l, &f, NULL);
	assert_null(find(&l, "provisioning"));
	assert_null(find(&l, "endpoint-sharing"));
	assert_non_null(find(&l, "cloud-apps-sharing"));
}

static struct conf *conf_of(const char *text)
{
	struct faults f = { NULL, 0, 0 };
	struct conf *c = NULL;

	if (conf_load_text("t.yaml", text, strlen(text), &c, &f) < 0)
		fail_msg("%s", f.v[0].text);
	faults_release(&f);
	return c;
}

static void test_own(void **state)
{
	static const struct {
		const char *text, *item;
		enum chore_state state;
		const char *why;
	} rows[] = {
		{ "", "cloud-source", CHORE_MISSING, "no source" },
		{ "", "cloud-apps-source", CHORE_MISSING, "no source" },
		{ "", "heartbeat", CHORE_MISSING, "no heartbeat" },
		{ "", "second-way", CHORE_MISSING, "no e-mail and no webhook" },
		{ "sources:\n"
		  "  - {name: azure, type: defender-for-cloud, tenant: "
		  "11111111-2222-3333-4444-555555555555, auth: "
		  "managed-identity, posture: off}\n",
		  "posture", CHORE_MISSING, "off" },
		{ "sources:\n"
		  "  - {name: azure, type: defender-for-cloud, tenant: "
		  "11111111-2222-3333-4444-555555555555, auth: "
		  "managed-identity}\n",
		  "posture", CHORE_DONE, "every 12 h" },
		{ "sources:\n"
		  "  - {name: g, type: graph-security, tenant: "
		  "11111111-2222-3333-4444-555555555555, auth: "
		  "managed-identity, service-sources: [microsoftSentinel]}\n",
		  "cloud-apps-source", CHORE_MISSING, "no source" },
		{ "sources:\n"
		  "  - {name: g, type: graph-security, tenant: "
		  "11111111-2222-3333-4444-555555555555, auth: "
		  "managed-identity}\n",
		  "behaviors-source", CHORE_MISSING, "graph-hunting" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_ptr)
		char *text =
			xasprintf("%s%s%s",
				  strstr(rows[i].text, "sources:")
					  ? ""
					  : "sources:\n  - {name: f, type: "
					    "file, path: /in/*.json}\n",
				  rows[i].text, TARGETS);
		CLEANUP(conf_free_ptr) struct conf *c = conf_of(text);
		CLEANUP(chores_release)
		struct chores l = CHORES_NONE;
		const struct own_facts own = { .now_ms = T };
		const struct chore *item;

		checklist_own(&l, c, &own);
		item = find(&l, rows[i].item);
		assert_non_null(item);
		if (item->state != rows[i].state)
			fail_msg("row %zu: %s", i, item->why);
		check_text(item->why, rows[i].why);
		assert_null(item->subscription);
		assert_true((item->next == NULL) ==
			    (item->state == CHORE_DONE));
	}
}

static void test_drill(void **state)
{
	static const struct {
		int days; /* ago; -1 never */
		enum chore_state state;
	} rows[] = { { -1, CHORE_MISSING },
		     { 1, CHORE_DONE },
		     { 89, CHORE_DONE },
		     { 91, CHORE_MISSING } };
	const char text[] = "sources:\n  - {name: f, type: file, path: "
			    "/in/*.json}\n" TARGETS;
	CLEANUP(conf_free_ptr) struct conf *c = conf_of(text);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(chores_release)
		struct chores l = CHORES_NONE;
		const struct own_facts own = {
			.now_ms = T,
			.last_drill_ms =
				rows[i].days < 0
					? 0
					: T - rows[i].days * INT64_C(86400000)
		};

		checklist_own(&l, c, &own);
		assert_int_equal(find(&l, "drill")->state, rows[i].state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_uncounted),
		cmocka_unit_test(test_protects),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_no_machines),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_drill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
