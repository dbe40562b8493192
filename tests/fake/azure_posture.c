/*
 * What the fake Resource Manager tells of a subscription beside its alerts:
 * plans, scores, recommendations, and how it is set up. Called by fake_azure.c.
 * Three kinds of subscription take turns: one well kept, one in part, and one
 * that nobody looked after. Shapes are the API's, words and names our own.
 */
#include "fake/azure_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/compiler.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define PROVIDER "/providers/Microsoft.Security/"

/* In which of the three kinds of subscription: bits. */
#define WELL 1U
#define PART 2U
#define POOR 4U
#define ALL (WELL | PART | POOR)

static bool is_in(unsigned kinds, size_t sub)
{
	return kinds >> (sub % 3) & 1;
}

/* The frame of every item: {"id", "name", "type", "properties"}. */
static json_t *item_of(const char *scope, const char *list, const char *name,
		       json_t *properties)
{
	return json_pack("{s:o, s:s, s:o, s:o}", "id",
			 json_sprintf("%s" PROVIDER "%s/%s", scope, list, name),
			 "name", name, "type",
			 json_sprintf("Microsoft.Security/%s", list),
			 "properties", properties);
}

/* ---- plans and score ---- */

static const struct {
	const char *name;
	unsigned on; /* where it is */
	const char *sub_plan;
	const char *replaced_by;
	const char *extensions; /* JSON */
} plans[] = {
	{ "VirtualMachines", WELL | PART, "P2", NULL,
	  "[{\"name\":\"AgentlessVmScanning\",\"isEnabled\":\"True\"},"
	  "{\"name\":\"FileIntegrityMonitoring\",\"isEnabled\":\"False\"}]" },
	{ "SqlServers", WELL, NULL, NULL, NULL },
	{ "StorageAccounts", WELL, "DefenderForStorageV2", NULL,
	  "[{\"name\":\"OnUploadMalwareScanning\",\"isEnabled\":\"True\"}]" },
	{ "KeyVaults", 0, NULL, NULL, NULL },
	{ "Arm", WELL | PART, "PerSubscription", NULL, NULL },
	{ "Containers", WELL, NULL, NULL, NULL },
	{ "KubernetesService", 0, NULL, "Containers", NULL },
	{ "CloudPosture", 0, NULL, NULL, NULL },
};

static json_t *list_plans(const struct azure *a, size_t sub, const char *scope)
{
	json_t *list = json_array();

	(void)a;
	for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
		bool on = is_in(plans[i].on, sub);
		json_t *p = json_pack("{s:s, s:s, s:s}", "pricingTier",
				      on ? "Standard" : "Free",
				      "freeTrialRemainingTime", "PT0S",
				      "resourcesCoverageStatus",
				      on ? "FullyCovered" : "NotCovered");

		if (on && plans[i].sub_plan)
			json_object_set_new(p, "subPlan",
					    json_string(plans[i].sub_plan));
		if (plans[i].replaced_by)
			json_object_update_new(p,
					       json_pack("{s:b, s:[s]}",
							 "deprecated", 1,
							 "replacedBy",
							 plans[i].replaced_by));
		if (on)
			json_object_set_new(
				p, "enablementTime",
				json_string("2025-03-01T12:42:42.1921106Z"));
		if (on && plans[i].extensions)
			json_object_set_new(p, "extensions",
					    json_loads(plans[i].extensions, 0,
						       NULL));
		json_array_append_new(list, item_of(scope, "pricings",
						    plans[i].name, p));
	}
	return list;
}

static json_t *list_scores(const struct azure *a, size_t sub, const char *scope)
{
	static const double current[] = { 41.5, 27.25, 8 };
	double n = current[sub % 3];

	(void)a;
	return json_pack("[o]",
			 item_of(scope, "secureScores", "ascScore",
				 json_pack("{s:s, s:{s:i, s:f, s:f}, s:i}",
					   "displayName", "ASC score", "score",
					   "max", 50, "current", n,
					   "percentage", n / 50, "weight",
					   30)));
}

/* ---- recommendations ---- */

static const struct {
	const char *kind, *title, *severity, *category, *remediation;
} kinds[] = {
	{ "0a5c1f60-0000-4000-8000-000000000001",
	  "Management ports should be closed to the internet", "High",
	  "Networking",
	  "To close the ports:<br>1. Open the <a href=\"#\">network</a> "
	  "settings of the resource.<br>2. Remove rules that allow any "
	  "source.<br>3. Reach it by a bastion." },
	{ "0a5c1f60-0000-4000-8000-000000000002",
	  "Security updates should be installed", "Medium", "Compute",
	  "Install what is missing, then start the machine anew." },
	{ "0a5c1f60-0000-4000-8000-000000000003",
	  "Storage accounts should refuse anonymous access", "Medium", "Data",
	  "Set <b>allowBlobPublicAccess</b> to false." },
	{ "0a5c1f60-0000-4000-8000-000000000004",
	  "Secrets of key vaults should expire", "Low", "Data",
	  "Give every secret a date." },
	{ "0a5c1f60-0000-4000-8000-000000000005",
	  "A subscription should have more than one owner", "High",
	  "IdentityAndAccess", NULL },
};

/* Behind "/subscriptions/ID"; NULL: what the first alert is about. */
static const struct {
	size_t kind;
	const char *resource;
	unsigned unhealthy; /* where it is; elsewhere it is healthy */
} findings[] = {
	{ 0, NULL, ALL },
	{ 0,
	  "/resourceGroups/web/providers/Microsoft.Compute/virtualMachines/"
	  "web1",
	  PART | POOR },
	{ 0,
	  "/resourceGroups/web/providers/Microsoft.Compute/virtualMachines/"
	  "web2",
	  0 },
	{ 1,
	  "/resourceGroups/web/providers/Microsoft.Compute/virtualMachines/"
	  "web1",
	  ALL },
	{ 1,
	  "/resourceGroups/web/providers/Microsoft.Compute/virtualMachines/"
	  "web2",
	  POOR },
	{ 2,
	  "/resourceGroups/data/providers/Microsoft.Storage/storageAccounts/"
	  "invoices",
	  PART | POOR },
	{ 3, "/resourceGroups/data/providers/Microsoft.KeyVault/vaults/keys",
	  POOR },
	{ 4, "", POOR },
};

/* The resource of the subscription's newest alert; NULL: it has none. */
static char *alert_resource(const struct azure *a, size_t sub)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	CLEANUP(jsonx_unref) json_t *alert = NULL;
	const json_t *ids;
	const char *id;

	if (estate_count(a->estate, sub) == 0)
		return NULL;
	(void)estate_render(a->estate, estate_at(a->estate, sub, 0), 1, &sb);
	alert = json_loadb(sb.buf, sb.len, 0, NULL);
	ids = json_object_get(json_object_get(alert, "properties"),
			      "resourceIdentifiers");
	id = jsonx_str(json_array_get(ids, 0), "azureResourceId");
	return id ? xstrdup(id) : NULL;
}

/* Was it mended? The script's "healthy" has numbers of findings. */
static bool is_mended(const struct azure *a, size_t finding)
{
	const json_t *number;
	size_t i;

	json_array_foreach(a->healthy, i, number)
	{
		if (json_integer_value(number) == (json_int_t)finding)
			return true;
	}
	return false;
}

static json_t *list_findings(const struct azure *a, size_t sub,
			     const char *scope)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(findings); i++) {
		bool bad =
			is_in(findings[i].unhealthy, sub) && !is_mended(a, i);
		CLEANUP(free_ptr)
		char *resource =
			findings[i].resource
				? xasprintf("%s%s", scope, findings[i].resource)
				: alert_resource(a, sub);
		json_t *p;

		if (!resource)
			continue;
		p = json_pack("{s:s, s:{s:s, s:s}, s:{s:s, s:s}}",
			      "displayName", kinds[findings[i].kind].title,
			      "resourceDetails", "Source", "Azure", "Id",
			      resource, "status", "code",
			      bad ? "Unhealthy" : "Healthy",
			      "firstEvaluationDate",
			      "2026-04-12T09:07:18.6759138Z");
		json_array_append_new(list,
				      item_of(resource, "assessments",
					      kinds[findings[i].kind].kind, p));
	}
	return list;
}

/* The service tells of a kind whatever subscription is asked. */
static json_t *list_kinds(const struct azure *a, size_t sub, const char *scope)
{
	json_t *list = json_array();

	(void)a;
	(void)sub;
	(void)scope;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		json_t *p = json_pack(
			"{s:s, s:s, s:s, s:s, s:[s], s:s}", "displayName",
			kinds[i].title, "assessmentType", "BuiltIn", "severity",
			kinds[i].severity, "description",
			"What is open to <b>anybody</b> is found first.",
			"categories", kinds[i].category, "userImpact", "Low");

		if (kinds[i].remediation)
			json_object_update_new(
				p, json_pack("{s:s, s:s}",
					     "remediationDescription",
					     kinds[i].remediation,
					     "implementationEffort", "Low"));
		json_array_append_new(list, item_of("", "assessmentMetadata",
						    kinds[i].kind, p));
	}
	return list;
}

/* ---- how it is set up ---- */

static json_t *list_contacts(const struct azure *a, size_t sub,
			     const char *scope)
{
	json_t *p;

	(void)a;
	if (!is_in(WELL | PART, sub))
		return json_array();
	p = json_pack("{s:b, s:s, s:s, s:{s:s, s:[s]}, s:[{s:s, s:s}]}",
		      "isEnabled", 1, "emails",
		      is_in(WELL, sub) ? "soc@contoso.example" : "", "phone",
		      "", "notificationsByRole", "state",
		      is_in(WELL, sub) ? "On" : "Off", "roles", "Owner",
		      "notificationsSources", "sourceType", "Alert",
		      "minimalSeverity", "Medium");
	return json_pack("[o]",
			 item_of(scope, "securityContacts", "default", p));
}

static json_t *list_exports(const struct azure *a, size_t sub,
			    const char *scope)
{
	CLEANUP(free_ptr)
	char *group = xasprintf("%s/resourceGroups/security", scope);
	json_t *p;

	(void)a;
	if (!is_in(WELL, sub))
		return json_array();
	p = json_pack("{s:b, s:[{s:s}], s:[{s:s}], s:[{s:s}]}", "isEnabled", 1,
		      "scopes", "scopePath", scope, "sources", "eventSource",
		      "Alerts", "actions", "actionType", "EventHub");
	return json_pack("[o]", item_of(group, "automations", "to-hub", p));
}

static json_t *list_provisioning(const struct azure *a, size_t sub,
				 const char *scope)
{
	(void)a;
	return json_pack("[o]",
			 item_of(scope, "autoProvisioningSettings", "default",
				 json_pack("{s:s}", "autoProvision",
					   is_in(WELL, sub) ? "On" : "Off")));
}

static json_t *list_settings(const struct azure *a, size_t sub,
			     const char *scope)
{
	static const char *const names[] = { "MCAS", "WDATP", "Sentinel" };
	json_t *list = json_array();

	(void)a;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		bool on = is_in(i == 0 ? WELL | PART : WELL, sub);
		json_t *item =
			item_of(scope, "settings", names[i],
				json_pack("{s:b}", "enabled", on ? 1 : 0));

		json_object_set_new(item, "kind",
				    json_string(i == 2 ? "AlertSyncSettings"
						       : "DataExportSettings"));
		json_array_append_new(list, item);
	}
	return list;
}

/* ---- pages ---- */

static const struct {
	const char *name;
	json_t *(*list)(const struct azure *a, size_t sub, const char *scope);
} lists[] = {
	{ "pricings", list_plans },
	{ "secureScores", list_scores },
	{ "assessments", list_findings },
	{ "assessmentMetadata", list_kinds },
	{ "securityContacts", list_contacts },
	{ "automations", list_exports },
	{ "autoProvisioningSettings", list_provisioning },
	{ "settings", list_settings },
};

static void answer_page(struct azure *a, const json_t *list,
			const struct web_request *req, const json_t *effect,
			struct web_reply *reply)
{
	const char *shape = jsonx_str(effect, "shape");
	bool bad = shape && strcmp(shape, "bad_item") == 0;
	struct azure_position at = azure_position_of(a, req), next;
	size_t n = json_array_size(list);
	size_t end = MIN(n, at.place + a->page);
	struct strbuf *sb = &reply->body;

	next = (struct azure_position){ end, at.listing };
	web_reply_header(reply, "Content-Type",
			 "application/json; charset=utf-8");
	if (shape && strcmp(shape, "no_value") == 0) {
		strbuf_addstr(sb, "{\"values\":[]}");
		return;
	}
	strbuf_addf(sb, "{\"value\":[%s", bad ? "7" : "");
	for (size_t i = at.place; i < end; i++) {
		CLEANUP(free_ptr)
		char *text = jsonx_dump(json_array_get(list, i));

		strbuf_addf(sb, "%s%s", i > at.place || bad ? "," : "", text);
	}
	strbuf_addch(sb, ']');
	azure_add_next_link(sb, a, req, effect, "nextLink",
			    end < n ? &next : NULL);
	strbuf_addch(sb, '}');
}

bool azure_answer_posture(struct azure *a, size_t sub, const char *rest,
			  const struct web_request *req, const json_t *effect,
			  struct web_reply *reply)
{
	char id[ESTATE_GUID_SIZE];
	CLEANUP(free_ptr) char *scope = NULL;

	if (strncasecmp(rest, PROVIDER, strlen(PROVIDER)) != 0)
		return false;
	rest += strlen(PROVIDER);
	estate_sub_id(a->estate, sub, id);
	scope = xasprintf("/subscriptions/%s", id);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		CLEANUP(jsonx_unref) json_t *list = NULL;

		if (strcasecmp(rest, lists[i].name) != 0)
			continue;
		list = lists[i].list(a, sub, scope);
		answer_page(a, list, req, effect, reply);
		return true;
	}
	return false;
}
