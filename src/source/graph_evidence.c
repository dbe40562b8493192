/*
 * Evidence of a Graph alert (section 2.4 of the API notes): the kind is the
 * tail of @odata.type. Called by graph_alert.c. Kinds that are new to us keep
 * their own word.
 */
#include "source/entity_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "source/field_priv.h"
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

/* The most telling role; "unknown" says nothing. */
static const char *role_of(const json_t *evidence)
{
	static const char *const lists[] = { "roles", "detailedRoles" };
	const json_t *one;
	size_t i;

	for (size_t l = 0; l < ARRAY_SIZE(lists); l++) {
		json_array_foreach(jsonx_get(evidence, lists[l]), i, one)
		{
			const char *s = json_string_value(one);

			if (s && *s && strcasecmp(s, "unknown") != 0)
				return s;
		}
	}
	return NULL;
}

/* A userAccount: sign-in name, DOMAIN\name, or whatever there is. */
static void add_account(struct alert *a, const json_t *account,
			const char *role)
{
	CLEANUP(free_ptr) char *joined = NULL;
	const char *upn = jsonx_str(account, "userPrincipalName");
	const char *name = jsonx_str(account, "accountName");
	const char *domain = jsonx_str(account, "domainName");

	if (!upn && name && domain)
		joined = xasprintf("%s\\%s", domain, name);
	if (!upn)
		upn = joined ? joined
			     : FIELD_FIRST(account, "accountName",
					   "displayName", "azureAdUserId",
					   "userSid");
	field_add_entity(a, "account", upn, role);
}

static void add_user(struct alert *a, const json_t *e, const char *role)
{
	add_account(a, jsonx_get(e, "userAccount"), role);
}

static void add_mailbox(struct alert *a, const json_t *e, const char *role)
{
	field_add_entity(a, "mailbox",
			 FIELD_FIRST(e, "primaryAddress", "upn", "displayName"),
			 role);
	add_account(a, jsonx_get(e, "userAccount"), role);
}

static void add_session(struct alert *a, const json_t *e, const char *role)
{
	field_add_entity(a, "session", jsonx_str(e, "sessionId"), role);
	add_account(a, jsonx_get(jsonx_get(e, "account"), "userAccount"), role);
	add_account(a, jsonx_get(e, "account"), role);
}

static void add_device(struct alert *a, const json_t *e, const char *role)
{
	const json_t *vm = jsonx_get(e, "vmMetadata");
	const char *id = jsonx_str(vm, "resourceId");
	const char *subscription = jsonx_str(vm, "subscriptionId");

	field_add_entity(a, "host",
			 FIELD_FIRST(e, "deviceDnsName", "hostName",
				     "mdeDeviceId", "azureAdDeviceId"),
			 role);
	field_add_entity(a, "resource", id, role);
	if (!a->resource_id)
		a->resource_id = field_line(a, id, ALERT_WORD_MAX);
	if (!a->subscription)
		a->subscription = field_line(a, subscription, ALERT_WORD_MAX);
}

static void add_resource(struct alert *a, const json_t *e, const char *role)
{
	const char *id = jsonx_str(e, "resourceId");

	field_add_entity(a, "resource",
			 FIELD_FIRST(e, "resourceId", "resourceName"), role);
	if (!a->resource_id)
		a->resource_id = field_line(a, id, ALERT_WORD_MAX);
}

static void add_file_details(struct alert *a, const json_t *details,
			     const char *role)
{
	CLEANUP(free_ptr) char *joined = NULL;
	const char *path = jsonx_str(details, "filePath");
	const char *name = jsonx_str(details, "fileName");

	if (path && name)
		joined = xasprintf("%s%s%s", path,
				   strchr(path, '/') ? "/" : "\\", name);
	field_add_entity(a, "file", joined ? joined : name, role);
	field_add_entity(a, "hash", FIELD_FIRST(details, "sha256", "sha1"),
			 role);
}

static void add_file(struct alert *a, const json_t *e, const char *role)
{
	add_file_details(a, jsonx_get(e, "fileDetails"), role);
}

static void add_process(struct alert *a, const json_t *e, const char *role)
{
	const json_t *image = jsonx_get(e, "imageFile");
	const char *command = jsonx_str(e, "processCommandLine");

	field_add_entity(a, "process",
			 command ? command : jsonx_str(image, "fileName"),
			 role);
	add_file_details(a, image, role);
	add_account(a, jsonx_get(e, "userAccount"), role);
}

/* A key is unique only under its hive. */
static void add_registry(struct alert *a, const json_t *e, const char *role)
{
	CLEANUP(free_ptr) char *joined = NULL;
	const char *hive = jsonx_str(e, "registryHive");
	const char *key = jsonx_str(e, "registryKey");

	if (hive && key)
		joined = xasprintf("%s\\%s", hive, key);
	field_add_entity(a, "registry-key",
			 joined ? joined
			 : key	? key
				: hive,
			 role);
}

/* An application id is a number in some kinds and a GUID in others. */
static void add_app(struct alert *a, const json_t *e, const char *role)
{
	char number[24] = "";
	const char *name = FIELD_FIRST(e, "displayName", "instanceName",
				       "servicePrincipalName", "appId",
				       "servicePrincipalObjectId");
	int64_t id;

	if (!name && jsonx_int(e, "appId", &id))
		snprintf(number, sizeof(number), "%lld", (long long)id);
	field_add_entity(a, "app", name ? name : number, role);
}

struct evidence_row {
	const char *type; /* of @odata.type, without "Evidence" */
	void (*add)(struct alert *a, const json_t *e, const char *role);
	const char *kind; /* without add: our word and the members that name */
	const char *keys[4];
};

static const struct evidence_row rows[] = {
	{ "user", add_user, NULL, { 0 } },
	{ "device", add_device, NULL, { 0 } },
	{ "mailbox", add_mailbox, NULL, { 0 } },
	{ "cloudLogonSession", add_session, NULL, { 0 } },
	{ "azureResource", add_resource, NULL, { 0 } },
	{ "file", add_file, NULL, { 0 } },
	{ "process", add_process, NULL, { 0 } },
	{ "cloudApplication", add_app, NULL, { 0 } },
	{ "oauthApplication", add_app, NULL, { 0 } },
	{ "servicePrincipal", add_app, NULL, { 0 } },
	{ "registryKey", add_registry, NULL, { 0 } },
	{ "registryValue", add_registry, NULL, { 0 } },
	{ "ip", NULL, "ip", { "ipAddress" } },
	{ "url", NULL, "url", { "url" } },
	{ "dns", NULL, "domain", { "domainName" } },
	{ "blob", NULL, "blob", { "url", "name" } },
	{ "blobContainer", NULL, "blob-container", { "url", "name" } },
	{ "securityGroup",
	  NULL,
	  "group",
	  { "displayName", "securityGroupId" } },
	{ "amazonResource", NULL, "resource", { "amazonResourceId" } },
	{ "googleCloudResource",
	  NULL,
	  "resource",
	  { "fullResourceName", "resourceName" } },
	{ "malware", NULL, "malware", { "name" } },
	{ "container", NULL, "container", { "name", "containerId" } },
	{ "containerImage", NULL, "image", { "imageId" } },
	{ "analyzedMessage",
	  NULL,
	  "mail",
	  { "networkMessageId", "internetMessageId" } },
	{ "mailCluster", NULL, "mail", { "clusterBy", "query" } },
};

/* "#microsoft.graph.security.userEvidence" to "user" (heap), or NULL. */
static char *type_of(const json_t *evidence)
{
	static const char tail[] = "Evidence";
	const char *type = jsonx_str(evidence, "@odata.type");
	const char *dot = type ? strrchr(type, '.') : NULL;
	size_t len;

	if (!type)
		return NULL;
	type = dot ? dot + 1 : type;
	len = strlen(type);
	if (len > strlen(tail) &&
	    strcasecmp(type + len - strlen(tail), tail) == 0)
		len -= strlen(tail);
	return xstrndup(type, len);
}

static void add_evidence(struct alert *a, const json_t *e)
{
	CLEANUP(free_ptr) char *type = type_of(e);
	const char *role = role_of(e);
	const char *value = NULL;

	if (!type)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcasecmp(rows[i].type, type) != 0)
			continue;
		if (rows[i].add) {
			rows[i].add(a, e, role);
			return;
		}
		for (size_t k = 0;
		     k < ARRAY_SIZE(rows[i].keys) && !value && rows[i].keys[k];
		     k++)
			value = jsonx_str(e, rows[i].keys[k]);
		field_add_entity(a, rows[i].kind, value, role);
		return;
	}
	field_add_entity(a, type,
			 FIELD_FIRST(e, "name", "displayName", "resourceId",
				     "url", "id"),
			 role);
}

/* How telling an entity is as the name of what is hit; 0 not at all. */
static int rank(const struct entity *e)
{
	static const char *const order[] = { "ip",	 "url",	 "process",
					     "file",	 "blob", "app",
					     "resource", "host", "mailbox",
					     "account" };
	int points = 0;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (strcmp(e->kind, order[i]) == 0)
			points = (int)i + 1;
	}
	/* "SYSTEM" is on every machine; the machine is what is hit. */
	if (strncasecmp(e->value, "NT AUTHORITY\\", 13) == 0)
		points = 1;
	if (e->role && (strcasecmp(e->role, "compromised") == 0 ||
			strcasecmp(e->role, "attacked") == 0 ||
			strcasecmp(e->role, "PrimaryDevice") == 0))
		points += 20;
	return points;
}

static void pick_entity(struct alert *a)
{
	const struct entity *best = NULL;
	const char *name = NULL;

	for (size_t i = 0; i < a->n_entities; i++) {
		const struct entity *e = &a->entities[i];

		if (rank(e) > (best ? rank(best) : 0))
			best = e;
	}
	if (!best)
		return;
	if (strcmp(best->kind, "resource") == 0)
		name = field_arm_name(best->value);
	a->entity = xstrdup(name ? name : best->value);
}

void graph_evidence_add_all(struct alert *a, const json_t *evidence)
{
	const json_t *one;
	size_t i;

	json_array_foreach(evidence, i, one) add_evidence(a, one);
	pick_entity(a);
}
