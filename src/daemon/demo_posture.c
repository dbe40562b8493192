/*
 * What the subscription of the demonstration tells of its posture: kept once,
 * at the start, through the readers and rows of the real one. Written for it;
 * every name and id is invented. Called by demo_main.c.
 *
 * tested with: scenario/test_demo
 */
#include "daemon/demo_posture.h"

#include <string.h>
#include "posture/parts.h"
#include "store/ledger.h"
#include "store/posture_rows.h"
#include "store/txn.h"
#include "util/xmalloc.h"

#define SOURCE "demo"
#define SUBSCRIPTION "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb"
#define DAY_MS INT64_C(86400000)

/* In one line of JSON, with ' for ". */
#define PLAN(name, tier, more)                                                 \
	{                                                                      \
		POSTURE_PLANS, 0,                                              \
			"{'name':'" name                                       \
			"','properties':{'pricingTier':'" tier "'" more "}}"   \
	}
#define SCORE(days, points, percent)                                           \
	{                                                                      \
		POSTURE_SCORES, days,                                          \
			"{'name':'ascScore','properties':{'score':{'max':56,'" \
			"current':" points ",'percentage':" percent            \
			"},'weight':24}}"                                      \
	}
#define KIND(name, title, severity, effort, remedy)                            \
	{                                                                      \
		POSTURE_KINDS, 0,                                              \
			"{'name':'" name                                       \
			"','properties':{'displayName':'" title                \
			"','severity':'" severity                              \
			"','implementationEffort':'" effort                    \
			"','userImpact':'Low','remediationDescription':"       \
			"'" remedy "'}}"                                       \
	}
#define RESOURCE(path) "/subscriptions/" SUBSCRIPTION "/resourceGroups/" path
#define FOUND(kind, path, code)                                                \
	{                                                                      \
		POSTURE_RECOMMENDATIONS, 0,                                    \
			"{'id':'" RESOURCE(                                    \
				path) "/providers/Microsoft.Security/"         \
				      "assessments/" kind "','name':'" kind    \
				      "','properties':{'status':{'code':"      \
				      "'" code "'}}}"                          \
	}
#define MACHINE(name) "rg-web/providers/Microsoft.Compute/virtualMachines/" name
#define STORAGE                                                                \
	"rg-payments/providers/Microsoft.Storage/storageAccounts/"             \
	"paymentsarchive"
#define VAULT(name) "rg-payments/providers/Microsoft.KeyVault/vaults/" name

#define PORTS "00000000-0000-4000-8000-00000000d001"
#define LINK "00000000-0000-4000-8000-00000000d002"
#define LOGS "00000000-0000-4000-8000-00000000d003"

static const struct told {
	enum posture_part part;
	int days; /* ago */
	const char *json;
} items[] = {
	PLAN("Arm", "Standard", ""),
	PLAN("Containers", "Standard", ""),
	PLAN("KeyVaults", "Free", ""),
	PLAN("SqlServers", "Standard", ""),
	PLAN("StorageAccounts", "Standard",
	     ",'subPlan':'DefenderForStorageV2'"),
	PLAN("VirtualMachines", "Standard",
	     ",'subPlan':'P2','extensions':[{'name':'AgentlessVmScanning',"
	     "'isEnabled':'False'}]"),
	SCORE(8, "33.1", "0.591"),
	SCORE(0, "34.4", "0.6143"),
	KIND(PORTS,
	     "Management ports should be closed on your virtual machines",
	     "High", "Low",
	     "1. Open the machine in the portal. 2. Choose Networking. 3. "
	     "Restrict the rule to known addresses, or ask for just-in-time "
	     "access."),
	KIND(LINK, "Storage accounts should use private link connections",
	     "Medium", "Moderate",
	     "Make a private endpoint for the account, then deny public "
	     "network access."),
	KIND(LOGS, "Diagnostic logs in Key Vault should be enabled", "Low",
	     "Low", "Add a diagnostic setting that keeps AuditEvent."),
	FOUND(PORTS, MACHINE("web-01"), "Unhealthy"),
	FOUND(PORTS, MACHINE("web-02"), "Unhealthy"),
	FOUND(PORTS, MACHINE("web-03"), "Healthy"),
	FOUND(LINK, STORAGE, "Unhealthy"),
	FOUND(LOGS, VAULT("kv-payments"), "Unhealthy"),
	FOUND(LOGS, VAULT("kv-web"), "Healthy"),
	{ POSTURE_SUBSCRIPTIONS, 0,
	  "{'id':'/subscriptions/" SUBSCRIPTION
	  "','subscriptionId':'" SUBSCRIPTION
	  "','displayName':'Contoso production','state':"
	  "'Enabled'}" },
	{ POSTURE_CONTACTS, 0,
	  "{'name':'default','properties':{'isEnabled':true,'emails':"
	  "'soc@contoso.com','notificationsSources':[{'sourceType':'Alert',"
	  "'minimalSeverity':'High'}]}}" },
	{ POSTURE_PROVISIONING, 0,
	  "{'name':'default','properties':{'autoProvision':'On'}}" },
	{ POSTURE_SHARING, 0,
	  "{'name':'MCAS','kind':'DataExportSettings','properties':"
	  "{'enabled':true}}" },
	{ POSTURE_SHARING, 0,
	  "{'name':'WDATP','kind':'DataExportSettings','properties':"
	  "{'enabled':false}}" },
};

static int read_told(struct posture_page *p, const struct told *i,
		     struct err *err)
{
	CLEANUP(free_ptr) char *json = xstrdup(i->json);

	for (char *s = json; (s = strchr(s, '\''));)
		*s = '"';
	return parts_read(p, (struct span){ json, strlen(json) }, err);
}

/* One part as it was @days ago; every part has been read, whatever is there. */
static int keep_part(struct store *s, enum posture_part part, int days,
		     int64_t now_ms, struct err *err)
{
	CLEANUP(posture_page_release)
	struct posture_page p = { .source = SOURCE,
				  .subscription = part == POSTURE_SUBSCRIPTIONS
							  ? ""
							  : SUBSCRIPTION,
				  .part = part,
				  .now_ms = now_ms - days * DAY_MS };
	struct posture_kept kept = { 0 };
	size_t at = 0;
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(items) && rc >= 0; i++) {
		if (items[i].part == part && items[i].days == days)
			rc = read_told(&p, &items[i], err);
	}
	return rc < 0 ? rc : posture_rows_keep(s, &p, &at, p.n, &kept, err);
}

int demo_posture_keep(struct store *s, int64_t now_ms, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	CLEANUP(strlist_release) struct strlist all = STRLIST_INIT;
	int rc = txn_begin(&txn, s, err);

	strlist_add(&all, SUBSCRIPTION);
	if (rc >= 0)
		rc = ledger_source(s, SOURCE, SOURCE, now_ms, err);
	if (rc >= 0)
		rc = posture_rows_watch(s, SOURCE, &all, true, now_ms, err);
	if (rc >= 0)
		rc = keep_part(s, POSTURE_SCORES, 8, now_ms, err);
	for (int p = 0; p < POSTURE_PART_MAX && rc >= 0; p++)
		rc = keep_part(s, (enum posture_part)p, 0, now_ms, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}
