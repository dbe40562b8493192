/*
 * Names the built-in policy and the threat behind an alert, so that a rule can
 * ask for them whatever door it came by. Called by the normalizers; pure
 * tables. Section 4 of the Cloud Apps notes lists the policies: the same one
 * is a number in the portal's API, a type name in exports, an action type as a
 * behavior, and a title or label everywhere, which Microsoft renames.
 */
#include "source/recognize_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

#define ACCOUNT "compromised-account"
#define MALWARE "malware"
#define EXFILTRATION "data-exfiltration"
#define INSIDER "insider-or-privilege"

struct policy_row {
	const char *policy, *category;
	/* Any of these, compared as whole words with the alert type: idValue,
	 * ALERT_* name, ActionType. */
	const char *types[3];
	/* Beginnings of title or policy label: letters and digits alone. */
	const char *names[4];
};

static const struct policy_row policies[] = {
	{ "anonymous-ip",
	  ACCOUNT,
	  { "ALERT_ANUBIS_DETECTION_RISKY_IP_ANONYMOUS",
	    "ActivityFromAnonymousIPAddresses" },
	  { "activityfromanonymousip", "activityfromatoripaddress",
	    "activityfromtoripaddress" } },
	{ "suspicious-ip",
	  ACCOUNT,
	  { "ALERT_ANUBIS_DETECTION_RISKY_IP",
	    "ActivityFromSuspiciousIPAddresses" },
	  { "activityfromsuspiciousip", "activityfromasuspiciousip",
	    "successfullogonfromasuspiciousip",
	    "successfullogonfromsuspiciousip" } },
	{ "infrequent-country",
	  ACCOUNT,
	  { "ALERT_ANUBIS_DETECTION_NEW_COUNTRY",
	    "ActivityFromInfrequentCountry" },
	  { "activityfrominfrequentcountry",
	    "activityfromaninfrequentcountry" } },
	{ "multiple-failed-logins",
	  ACCOUNT,
	  { "ALERT_ANUBIS_DETECTION_REPEATED_ACTIVITY_FAILED_LOGIN",
	    "MultipleFailedLoginAttempts" },
	  { "multiplefailedlogin" } },
	{ "unusual-administration",
	  INSIDER,
	  { "15859721", "SuspiciousAdministrativeActivity",
	    "UnusualAdministrativeActivity" },
	  { "unusualadministrativeactivit",
	    "suspiciousadministrativeactivit" } },
	{ "multiple-vm-deletion",
	  EXFILTRATION,
	  { "MultipleDeleteVmActivities" },
	  { "multipledeletevm", "multiplevmdelet" } },
	{ "multiple-vm-creation",
	  INSIDER,
	  { "MultipleVmCreationActivities" },
	  { "multiplevmcreation", "multiplecreatevm" } },
	{ "impossible-travel",
	  ACCOUNT,
	  { "15859716", "ALERT_ANUBIS_DETECTION_VELOCITY",
	    "ImpossibleTravelActivity" },
	  { "impossibletravel" } },
	{ "terminated-user",
	  INSIDER,
	  { NULL },
	  { "activityperformedbyterminateduser",
	    "activityperformedbyaterminateduser" } },
	{ "ransomware",
	  MALWARE,
	  { "ALERT_ANUBIS_DETECTION_RANSOMWARE" },
	  { "ransomwareactivity" } },
	{ "unusual-region",
	  INSIDER,
	  { "ALERT_ANUBIS_DETECTION_UNCOMMON_CLOUD_REGION" },
	  { "unusualregionforcloudresource" } },
	{ "inbox-forwarding",
	  EXFILTRATION,
	  { NULL },
	  { "suspiciousinboxforwarding" } },
	{ "inbox-manipulation",
	  ACCOUNT,
	  { NULL },
	  { "suspiciousinboxmanipulation" } },
	{ "mail-deletion",
	  ACCOUNT,
	  { NULL },
	  { "suspiciousemaildeletion", "suspiciousmaildeletion" } },
	{ "exfiltration-to-unsanctioned-apps",
	  EXFILTRATION,
	  { "ALERT_EXFILTRATION_DISCOVERY_ANOMALY_DETECTION" },
	  { "dataexfiltrationtounsanctionedapp",
	    "dataexfiltrationtoanappthatisnotsanctioned" } },
	{ "risky-sign-in", ACCOUNT, { "15795457" }, { "riskysignin" } },
	{ "honeytoken", ACCOUNT, { "15795464" }, { "honeytoken" } },
	/* Written by the customer: their threat is whatever the tactics say. */
	{ "activity-policy",
	  NULL,
	  { "ALERT_CABINET_EVENT_MATCH_AUDIT" },
	  { NULL } },
	{ "file-policy",
	  EXFILTRATION,
	  { "15728642", "ALERT_CABINET_EVENT_MATCH_FILE" },
	  { NULL } },
	{ "access-policy",
	  NULL,
	  { "ALERT_CABINET_INLINE_EVENT_MATCH" },
	  { NULL } },
	{ "oauth-app-policy",
	  NULL,
	  { "ALERT_CABINET_APP_PERMISSION" },
	  { NULL } },
};

/* A plan of Defender for Cloud: beginnings of the alert type, the component's
 * name squeezed, and the beginning of the ARM type of what is hit. */
struct service_row {
	const char *policy;
	const char *types[3];
	const char *components[4];
	const char *resource;
};

#define SITES "Microsoft.Web/sites"

static const struct service_row services[] = {
	{ "service-bus",
	  { "ServiceBus" },
	  { "servicebus", "servicebuses", "servicebusnamespaces" },
	  "Microsoft.ServiceBus/" },
	{ "api-management",
	  { "API_", "APIManagement", "ApiManagement." },
	  { "api", "apis", "apimanagement", "defenderforapis" },
	  "Microsoft.ApiManagement/" },
	{ "functions",
	  { "Functions_", "AzureFunctions" },
	  { "functions", "azurefunctions", "functionapp", "functionapps" },
	  SITES "/functions" },
	{ "functions-or-web-app",
	  { "AppServices_", "AppService_" },
	  { "appservices", "appservice" },
	  SITES },
};

/* A text of which only letters and digits count, small; cut behind what is
 * longer than any name in the tables. */
struct squeezed {
	char text[64];
};

static struct squeezed squeeze(const char *text)
{
	struct squeezed s;
	size_t n = 0;

	for (; text && *text && n < sizeof(s.text) - 1; text++) {
		char c = *text;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			s.text[n++] = c;
	}
	s.text[n] = '\0';
	return s;
}

static bool begins_squeezed(const struct squeezed *s, const char *name)
{
	return s->text[0] == name[0] &&
	       strncmp(s->text, name, strlen(name)) == 0;
}

static bool is_squeezed(const struct squeezed *s, const char *name)
{
	return s->text[0] == name[0] && strcmp(s->text, name) == 0;
}

/* As strcasecmp() == 0; most words differ in their first letter. */
static bool is_word(const char *a, const char *b)
{
	return (*a | 0x20) == (*b | 0x20) && strcasecmp(a, b) == 0;
}

static bool begins(const char *text, const char *head)
{
	return text && strncasecmp(text, head, strlen(head)) == 0;
}

/* "MCAS_ALERT_X" of Graph v1 and the audit log is "ALERT_X" in the portal, and
 * the plan for Resource Manager hands behaviors on as "ARM.MCAS_X". */
static const char *bare_type(const char *type)
{
	static const char *const heads[] = { "ARM.MCAS_", "MCAS_" };

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		if (begins(type, heads[i]))
			return type + strlen(heads[i]);
	}
	return type;
}

static bool has_name(const struct policy_row *row, const struct squeezed *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(row->names) && row->names[i]; i++) {
		if (begins_squeezed(text, row->names[i]))
			return true;
	}
	return false;
}

static bool has_type(const struct policy_row *row, const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(row->types) && row->types[i]; i++) {
		if (type && is_word(row->types[i], type))
			return true;
	}
	return false;
}

static const struct policy_row *find_name(const struct squeezed *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		if (has_name(&policies[i], text))
			return &policies[i];
	}
	return NULL;
}

/* By any of its labels; what stands first in the table. */
static const struct policy_row *find_label(const struct alert *a)
{
	const struct policy_row *first = NULL;

	for (size_t i = 0; i < a->n_entities; i++) {
		const struct policy_row *row;
		struct squeezed label;

		if (strcmp(a->entities[i].kind, "policy") != 0)
			continue;
		label = squeeze(a->entities[i].value);
		row = find_name(&label);
		if (row && (!first || row < first))
			first = row;
	}
	return first;
}

/* The type is the surest sign, the label next; a title is free text. */
static const struct policy_row *find_policy(const struct alert *a)
{
	const char *type = bare_type(a->alert_type);
	const struct policy_row *labelled;
	struct squeezed title;

	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		if (has_type(&policies[i], type))
			return &policies[i];
	}
	labelled = find_label(a);
	if (labelled)
		return labelled;
	title = squeeze(a->title);
	return find_name(&title);
}

static bool is_service(const struct service_row *row, const struct alert *a,
		       const struct squeezed *component)
{
	for (size_t i = 0; i < ARRAY_SIZE(row->types) && row->types[i]; i++) {
		if (begins(a->alert_type, row->types[i]))
			return true;
	}
	for (size_t i = 0;
	     i < ARRAY_SIZE(row->components) && row->components[i]; i++) {
		if (is_squeezed(component, row->components[i]))
			return true;
	}
	return begins(a->resource_type, row->resource);
}

/* Where the alert says what kind of site it is, a web app and a function are
 * told apart; mostly it does not. */
static const char *find_service(const struct alert *a,
				const struct recognize_clues *clues)
{
	const char *kind = clues->resource_kind ? clues->resource_kind : "";
	const struct squeezed component = squeeze(clues->component);
	const char *found = NULL;

	for (size_t i = 0; !found && i < ARRAY_SIZE(services); i++) {
		if (is_service(&services[i], a, &component))
			found = services[i].policy;
	}
	if (!found || strcmp(found, "functions-or-web-app") != 0)
		return found;
	if (strcasestr(kind, "function"))
		return "functions";
	if (strcasecmp(kind, "app") == 0 || begins(kind, "app,"))
		return "app-service";
	return found;
}

/* Tactics by the threat they belong to. What stands later is worse: an alert
 * of several is of the last of them that is known. */
static const char *category_of_tactic(const char *word)
{
	static const struct {
		const char *tactic, *category;
	} table[] = {
		{ "preattack", ACCOUNT },
		{ "probing", ACCOUNT },
		{ "reconnaissance", ACCOUNT },
		{ "initialaccess", ACCOUNT },
		{ "credentialaccess", ACCOUNT },
		{ "credentialstealing", ACCOUNT },
		{ "accesscontrol", ACCOUNT },
		{ "persistence", INSIDER },
		{ "privilegeescalation", INSIDER },
		{ "privilegedaccount", INSIDER },
		{ "defenseevasion", INSIDER },
		{ "discovery", INSIDER },
		{ "lateralmovement", INSIDER },
		{ "configurationcontrol", INSIDER },
		{ "execution", MALWARE },
		{ "exploitation", MALWARE },
		{ "exploit", MALWARE },
		{ "commandandcontrol", MALWARE },
		{ "malware", MALWARE },
		{ "ransomware", MALWARE },
		{ "collection", EXFILTRATION },
		{ "exfiltration", EXFILTRATION },
		{ "impact", EXFILTRATION },
		{ "dlp", EXFILTRATION },
		{ "sharingcontrol", EXFILTRATION },
	};
	const struct squeezed squeezed = squeeze(word);

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (is_squeezed(&squeezed, table[i].tactic))
			return table[i].category;
	}
	return NULL;
}

static int weight(const char *category)
{
	static const char *const order[] = { ACCOUNT, INSIDER, MALWARE,
					     EXFILTRATION };

	for (size_t i = 0; category && i < ARRAY_SIZE(order); i++) {
		if (strcmp(order[i], category) == 0)
			return (int)i + 1;
	}
	return 0;
}

static const char *category_of_tactics(const char *list)
{
	CLEANUP(free_ptr) char *copy = xstrdup(list ? list : "");
	const char *worst = NULL;
	char *rest = copy, *word;

	while ((word = strsep(&rest, ","))) {
		const char *category = category_of_tactic(word);

		if (weight(category) > weight(worst))
			worst = category;
	}
	return worst;
}

static bool is_malware(const struct alert *a)
{
	static const char *const words[] = { "malware", "ransomware" };

	for (size_t i = 0; i < a->n_entities; i++) {
		if (strcmp(a->entities[i].kind, "malware") == 0)
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if ((a->title && strcasestr(a->title, words[i])) ||
		    (a->alert_type && strcasestr(a->alert_type, words[i])))
			return true;
	}
	return false;
}

void recognize(struct alert *a, const struct recognize_clues *clues)
{
	static const struct recognize_clues none;
	const struct policy_row *row = find_policy(a);
	const char *category = row ? row->category : NULL;
	const char *policy =
		row ? row->policy : find_service(a, clues ? clues : &none);

	if (!category && is_malware(a))
		category = MALWARE;
	if (!category)
		category = category_of_tactics(a->tactics);
	free(a->policy);
	free(a->category);
	a->policy = xstrdup(policy);
	a->category = xstrdup(category);
}
