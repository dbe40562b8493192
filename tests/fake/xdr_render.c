/*
 * What alerts of the other products look like, at Graph and at Cloud Apps, and
 * the rows of a behavior. Called by the doors of fake_azure.c; the texts are
 * our own, keys and nesting follow the APIs.
 */
#include "fake/xdr.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fake/peer.h"
#include "util/compiler.h"
#include "util/jsonx.h"
#include "util/timefmt.h"

#define TENANT "7c1d5c54-2b9a-4f0e-9d3f-0c6b1f2f8a11"
#define WORD_SIZE 64

struct kind {
	const char *title, *category, *technique, *action;
	int type; /* idValue of Cloud Apps */
	int intent; /* its number there */
};

/* What the policies of Cloud Apps are called; the action is that of hunting. */
static const struct kind kinds[] = {
	{ "Impossible travel activity", "InitialAccess", "T1078",
	  "ImpossibleTravelActivity", 15859716, 2 },
	{ "Suspicious administrative activity", "PrivilegeEscalation",
	  "T1078.004", "SuspiciousAdministrativeActivity", 15859721, 4 },
	{ "Multiple failed login attempts", "CredentialAccess", "T1110",
	  "MultipleFailedLoginAttempts", 15859717, 6 },
	{ "Activity from infrequent country", "DefenseEvasion", "T1078",
	  "ActivityFromInfrequentCountry", 15859718, 5 },
	{ "Multiple delete VM activities", "Impact", "T1485",
	  "MultipleDeleteVmActivities", 15859719, 13 },
	{ "Multiple VM creation activities", "Impact", "T1496",
	  "MultipleVmCreationActivities", 15859720, 13 },
};

static const struct kind *kind_of(const struct xdr *x, size_t index)
{
	return &kinds[xdr_draw(x, index, 10) % ARRAY_SIZE(kinds)];
}

struct names {
	char user[WORD_SIZE], user_id[XDR_ID_SIZE], ip[WORD_SIZE];
	char host[WORD_SIZE];
};

static void name_them(const struct xdr *x, size_t index, struct names *n)
{
	static const char *const users[] = { "amira",	"bogdan", "chen",
					     "dolores", "eero",	  "fatou" };
	size_t user = xdr_draw(x, index, 11) % ARRAY_SIZE(users);

	(void)snprintf(n->user, sizeof(n->user), "%s@example.org", users[user]);
	(void)snprintf(n->user_id, sizeof(n->user_id),
		       "3b1c0a52-7777-4888-9999-00000000000%zu", user);
	/* RFC 5737, for documentation. */
	(void)snprintf(n->ip, sizeof(n->ip), "203.0.113.%u",
		       (unsigned)(xdr_draw(x, index, 12) % 254 + 1));
	(void)snprintf(n->host, sizeof(n->host), "pc%03u.example.org",
		       (unsigned)(xdr_draw(x, index, 13) % 500));
}

void xdr_format_ticks(int64_t ticks, char ret[XDR_ID_SIZE])
{
	char utc[TIMEFMT_MAX], fraction[16] = "";
	int64_t part = ticks % 10000000;

	(void)timefmt_utc(ticks / XDR_TICKS_MS, utc);
	if (part)
		(void)snprintf(fraction, sizeof(fraction), ".%07" PRId64, part);
	for (size_t n = strlen(fraction); n && fraction[n - 1] == '0'; n--)
		fraction[n - 1] = '\0';
	(void)snprintf(ret, XDR_ID_SIZE, "%.19s%sZ", utc, fraction);
}

#define EVIDENCE(type)                                                         \
	"{\"@odata.type\":\"#microsoft.graph.security." type                   \
	"\",\"createdDateTime\":\"%s\",\"verdict\":\"suspicious\","            \
	"\"remediationStatus\":\"none\",\"remediationStatusDetails\":null,"    \
	"\"roles\":[\"%s\"],\"detailedRoles\":[],\"tags\":[],"

static void add_evidence(const struct xdr *x, size_t index, const char *created,
			 struct strbuf *sb)
{
	const char *prefix = xdr_product_of(x, index)->prefix;
	struct names n;

	name_them(x, index, &n);
	strbuf_addf(
		sb,
		EVIDENCE("userEvidence") "\"stream\":null,\"userAccount\":{"
					 "\"accountName\":\"%.*s\","
					 "\"domainName\":\"EXAMPLE\","
					 "\"userSid\":null,\"azureAdUserId\":"
					 "\"%s\","
					 "\"userPrincipalName\":\"%s\","
					 "\"displayName\":null,"
					 "\"activeDirectoryObjectGuid\":null,"
					 "\"resourceAccessEvents\":[]}},",
		created, "compromised", (int)strcspn(n.user, "@"), n.user,
		n.user_id, n.user);
	strbuf_addf(sb,
		    EVIDENCE("ipEvidence") "\"ipAddress\":\"%s\","
					   "\"countryLetterCode\":\"XA\","
					   "\"location\":null,"
					   "\"stream\":null}",
		    created, "source", n.ip);
	if (strcmp(prefix, "ca") == 0)
		strbuf_addf(
			sb,
			"," EVIDENCE(
				"cloudApplicationEvidence") "\"appId\":12260,"
							    "\"displayName\":"
							    "\"Microsoft "
							    "Azure\","
							    "\"instanceId\":0,"
							    "\"instanceName\":"
							    "\"Microsoft "
							    "Azure\","
							    "\"saasAppId\":"
							    "12260,"
							    "\"stream\":null}",
			created, "contextual");
	if (strcmp(prefix, "ma") == 0)
		strbuf_addf(
			sb,
			"," EVIDENCE(
				"oauthApplicationEvidence") "\"appId\":\"%s\","
							    "\"displayName\":"
							    "\"Sync helper\","
							    "\"objectId\":\"%"
							    "s\",\"publisher\":"
							    "null}",
			created, "attacked", n.user_id, n.user_id);
	if (strcmp(prefix, "da") == 0)
		strbuf_addf(
			sb,
			"," EVIDENCE(
				"deviceEvidence") "\"mdeDeviceId\":\"73e7e2de%"
						  "08x\","
						  "\"azureAdDeviceId\":null,"
						  "\"deviceDnsName\":\"%s\","
						  "\"osPlatform\":"
						  "\"Windows11\",\"osBuild\":"
						  "null,"
						  "\"ipInterfaces\":[\"192.0.2."
						  "7\"],"
						  "\"loggedOnUsers\":[],"
						  "\"vmMetadata\":null}",
			created, "attacked", (unsigned)xdr_draw(x, index, 14),
			n.host);
}

void xdr_render_graph(const struct xdr *x, size_t index, bool later_members,
		      struct strbuf *sb)
{
	const struct xdr_product *p = xdr_product_of(x, index);
	const struct kind *k = kind_of(x, index);
	char id[XDR_ID_SIZE], created[XDR_ID_SIZE], updated[XDR_ID_SIZE];
	bool shown = !p->later || later_members;
	bool closed = strcmp(xdr_status(x, index), "resolved") == 0;

	xdr_provider_id(x, index, id);
	xdr_format_ticks(xdr_created_ticks(x, index), created);
	xdr_format_ticks(xdr_updated_ticks(x, index), updated);
	strbuf_addf(
		sb,
		"{\"@odata.type\":\"#microsoft.graph.security.alert\","
		"\"id\":\"%s%s\",\"providerAlertId\":\"%s\","
		"\"incidentId\":\"%u\",\"status\":\"%s\",\"severity\":\"%s\","
		"\"classification\":null,\"determination\":null,"
		"\"serviceSource\":\"%s\",\"detectionSource\":\"%s\","
		"\"productName\":\"%s\",\"detectorId\":\"%s\","
		"\"tenantId\":\"" TENANT "\",\"title\":\"%s\",",
		p->prefix, id, id, (unsigned)(index / 3 + 1000),
		xdr_status(x, index), xdr_severity(x, index),
		shown ? p->service : "unknownFutureValue",
		shown ? p->detection : "unknownFutureValue", p->name, k->action,
		k->title);
	strbuf_addf(sb,
		    "\"description\":\"<p>What was seen is <b>unlike</b> what "
		    "this account does.</p>\\r\\nLook at it.\","
		    "\"recommendedActions\":\"1. Ask the user.\\n2. Revoke the "
		    "sessions.\",\"category\":\"%s\",\"assignedTo\":null,"
		    "\"alertWebUrl\":\"https://security.microsoft.com/alerts/"
		    "%s%s?tid=" TENANT "\",\"incidentWebUrl\":"
		    "\"https://security.microsoft.com/incidents/%u?tid=" TENANT
		    "\",\"actorDisplayName\":null,\"threatDisplayName\":null,"
		    "\"threatFamilyName\":null,\"mitreTechniques\":[\"%s\"],"
		    "\"systemTags\":[],\"createdDateTime\":\"%s\","
		    "\"lastUpdateDateTime\":\"%s\",",
		    k->category, p->prefix, id, (unsigned)(index / 3 + 1000),
		    k->technique, created, updated);
	if (closed)
		strbuf_addf(sb, "\"resolvedDateTime\":\"%s\",", updated);
	else
		strbuf_addstr(sb, "\"resolvedDateTime\":null,");
	strbuf_addf(sb,
		    "\"firstActivityDateTime\":\"%s\","
		    "\"lastActivityDateTime\":\"%s\",\"comments\":[],"
		    "\"evidence\":[",
		    created, created);
	add_evidence(x, index, created, sb);
	strbuf_addstr(sb, "]}");
}

/* 3 is the lowest there. */
static int severity_value(const char *word)
{
	static const char *const words[] = { "low", "medium", "high",
					     "informational" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i], word) == 0)
			return (int)i;
	return 5; /* seen in one public sample */
}

static json_t *cloud_apps_entities(const struct kind *k, const struct names *n)
{
	return json_pack(
		"[{s:s, s:i, s:s, s:i, s:s, s:s, s:s}, {s:s, s:s, s:s},"
		" {s:s, s:s, s:s}, {s:i, s:s, s:s}, {s:s, s:s, s:s, s:s}]",
		"entityRole", "Source", "entityType", 2, "id", n->user_id,
		"inst", 0, "label", n->user, "pa", n->user, "type", "account",
		"id", n->ip, "label", n->ip, "type", "ip", "id", "XA", "label",
		"XA", "type", "country", "id", 12260, "label",
		"Microsoft Azure", "type", "service", "id",
		"5bfd18bfab73c36ba10d38ca", "label", k->title, "policyType",
		"ANOMALY_DETECTION", "type", "policyRule");
}

json_t *xdr_cloud_apps_alert(const struct xdr *x, size_t index)
{
	const struct kind *k = kind_of(x, index);
	bool closed = strcmp(xdr_status(x, index), "resolved") == 0;
	char id[XDR_ID_SIZE], updated[XDR_ID_SIZE], url[160];
	struct names n;
	json_t *alert;

	name_them(x, index, &n);
	xdr_provider_id(x, index, id);
	xdr_format_ticks(xdr_updated_ticks(x, index), updated);
	(void)snprintf(
		url, sizeof(url),
		"https://contoso.portal.cloudappsecurity.com/#/alerts/%s", id);
	alert = json_pack(
		"{s:s, s:s, s:s, s:s, s:o, s:i, s:b, s:i, s:i, s:i, s:[i],"
		" s:[i], s:i, s:I, s:s, s:s}",
		"_id", id, "contextId", TENANT, "title", k->title,
		"description",
		"<p>What was seen is <b>unlike</b> what this account "
		"does.</p><br>Look at it.",
		"entities", cloud_apps_entities(k, &n), "idValue", k->type,
		"isSystemAlert", 0, "resolutionStatusValue", closed ? 5 : 0,
		"severityValue", severity_value(xdr_severity(x, index)),
		"statusValue", closed ? 1 : 0, "stories", 0, "intent",
		k->intent, "threatScore", 20, "timestamp",
		(json_int_t)(xdr_created_ticks(x, index) / XDR_TICKS_MS),
		"comment", "", "URL", url);
	if (!alert)
		peer_die("cannot render an alert of Cloud Apps");
	if (closed)
		json_object_set_new(alert, "resolveTime", json_string(updated));
	return alert;
}

static json_t *behavior_info(const struct xdr *x, size_t behavior)
{
	const struct kind *k = kind_of(x, behavior + 1000000);
	char id[XDR_ID_SIZE], when[XDR_ID_SIZE], techniques[WORD_SIZE];
	char categories[WORD_SIZE];

	(void)snprintf(id, sizeof(id), "bh%016" PRIx64,
		       xdr_draw(x, behavior, 20));
	(void)snprintf(techniques, sizeof(techniques), "[\"%s\"]",
		       k->technique);
	(void)snprintf(categories, sizeof(categories), "[\"%s\"]", k->category);
	xdr_format_ticks(xdr_behavior_ms(x, behavior) * XDR_TICKS_MS, when);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s,"
			 " s:s}",
			 "Timestamp", when, "BehaviorId", id, "ActionType",
			 k->action, "Description", k->title, "Categories",
			 categories, "AttackTechniques", techniques,
			 "ServiceSource", "Microsoft Defender for Cloud Apps",
			 "DetectionSource", "Cloud App Security", "DataSources",
			 "[\"Microsoft Azure\"]", "StartTime", when, "EndTime",
			 when);
}

json_t *xdr_behavior_rows(const struct xdr *x, size_t behavior, bool entities)
{
	json_t *rows = json_array();
	struct names n;
	json_t *user, *ip;

	if (!entities) {
		json_array_append_new(rows, behavior_info(x, behavior));
		return rows;
	}
	name_them(x, behavior + 1000000, &n);
	user = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "EntityType", "User",
			 "EntityRole", "Impacted", "AccountUpn", n.user,
			 "AccountObjectId", n.user_id, "Application",
			 "Microsoft Azure", "RemoteIP", "");
	ip = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "EntityType", "Ip",
		       "EntityRole", "Related", "AccountUpn", "",
		       "AccountObjectId", "", "Application", "Microsoft Azure",
		       "RemoteIP", n.ip);
	json_array_append_new(rows, user);
	json_array_append_new(rows, ip);
	for (size_t i = 0; i < 2; i++) {
		json_t *info = behavior_info(x, behavior);

		/* The columns of both tables, as a join gives them. */
		json_object_update_missing(json_array_get(rows, i), info);
		json_decref(info);
	}
	return rows;
}
