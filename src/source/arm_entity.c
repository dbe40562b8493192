/*
 * Entities of a Defender for Cloud alert (section 6.3 of the API notes): a
 * graph of objects joined by $id and $ref, in any key case, some of them
 * nested where others only refer. Called by arm_alert.c.
 */
#include "source/entity_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "source/field_priv.h"
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

/* Objects of one alert that are looked at; ALERT_ENTITIES_MAX are kept. */
#define NODES_MAX 4000
#define NEST_MAX 8

/* Every object of the alert's entities, in the order they stand. */
struct node {
	const json_t *object;
	const char *id; /* its $id, NULL for none */
};

struct nodes {
	struct node *v;
	size_t n, n_alloc;
};

static void nodes_release(struct nodes *nodes)
{
	free(nodes->v);
}

/* @depth is bounded, so the recursion is. */
static void nodes_collect(struct nodes *nodes, const json_t *value, int depth)
{
	json_t *member;
	const char *key;
	size_t i;

	if (depth > NEST_MAX || nodes->n >= NODES_MAX)
		return;
	json_array_foreach(value, i, member)
		nodes_collect(nodes, member, depth + 1);
	if (!json_is_object(value))
		return;
	GROW(nodes->v, nodes->n + 1, nodes->n_alloc);
	nodes->v[nodes->n++] = (struct node){ value, jsonx_str(value, "$id") };
	json_object_foreach((json_t *)value, key, member)
		nodes_collect(nodes, member, depth + 1);
}

/* @value, or what it refers to; NULL when that is not in this alert. */
static const json_t *resolve(const struct nodes *nodes, const json_t *value)
{
	const char *ref = jsonx_str(value, "$ref");

	if (!ref)
		return json_is_object(value) ? value : NULL;
	for (size_t i = 0; i < nodes->n; i++) {
		const struct node *node = &nodes->v[i];

		if (node->id && strcmp(node->id, ref) == 0)
			return node->object;
	}
	return NULL;
}

static const char *str_of(const struct nodes *nodes, const json_t *entity,
			  const char *member, const char *key)
{
	return jsonx_str(resolve(nodes, jsonx_get(entity, member)), key);
}

static void name_account(const json_t *e, struct strbuf *out)
{
	const char *name = jsonx_str(e, "name");
	const char *suffix = jsonx_str(e, "upnSuffix");
	const char *domain = jsonx_str(e, "ntDomain");
	const char *other = FIELD_FIRST(e, "userPrincipalName", "displayName",
					"aadUserId", "sid", "puid", "id");

	if (name && suffix && !strchr(name, '@'))
		strbuf_addf(out, "%s@%s", name, suffix);
	else if (name && domain && !strchr(name, '\\'))
		strbuf_addf(out, "%s\\%s", domain, name);
	else if (name || other)
		strbuf_addstr(out, name ? name : other);
}

static void name_host(const json_t *e, struct strbuf *out)
{
	const char *name = FIELD_FIRST(e, "hostName", "netBiosName", "fqdn");
	const char *domain = jsonx_str(e, "dnsDomain");
	const char *id = jsonx_str(e, "azureID");

	if (!name)
		name = id && field_arm_name(id) ? field_arm_name(id)
						: jsonx_str(e, "omsAgentID");
	if (!name)
		return;
	strbuf_addstr(out, name);
	if (domain && !strchr(name, '.'))
		strbuf_addf(out, ".%s", domain);
}

static void name_file(const json_t *e, struct strbuf *out)
{
	const char *directory = jsonx_str(e, "directory");
	const char *name = jsonx_str(e, "name");
	size_t len = directory ? strlen(directory) : 0;

	if (directory)
		strbuf_addstr(out, directory);
	if (directory && name && !strchr("/\\", directory[len - 1]))
		strbuf_addch(out, strchr(directory, '\\') ? '\\' : '/');
	if (name)
		strbuf_addstr(out, name);
}

/* A process known by its number alone names nothing one could look for. */
static void name_process(const struct nodes *nodes, const json_t *e,
			 struct strbuf *out)
{
	const char *command = jsonx_str(e, "commandLine");
	const json_t *image = resolve(nodes, jsonx_get(e, "imageFile"));

	if (command)
		strbuf_addstr(out, command);
	else if (image)
		name_file(image, out);
}

/* "192.0.2.1 to 10.0.0.4 port 3389 Tcp", as far as known. */
static void name_connection(const struct nodes *nodes, const json_t *e,
			    struct strbuf *out)
{
	const char *from = str_of(nodes, e, "sourceAddress", "address");
	const char *to = str_of(nodes, e, "destinationAddress", "address");
	const char *protocol = jsonx_str(e, "protocol");
	int64_t port;

	if (!from && !to)
		return;
	if (from)
		strbuf_addstr(out, from);
	if (to) {
		strbuf_addstr(out, from ? " to " : "to ");
		strbuf_addstr(out, to);
	}
	if (jsonx_int(e, "destinationPort", &port))
		strbuf_addf(out, " port %lld", (long long)port);
	if (protocol) {
		strbuf_addstr(out, " ");
		strbuf_addstr(out, protocol);
	}
}

/* A pod or service within its namespace: "kube-system/proxy". */
static void name_kubernetes(const struct nodes *nodes, const json_t *e,
			    struct strbuf *out)
{
	const char *space = str_of(nodes, e, "namespace", "name");
	const char *name = jsonx_str(e, "name");

	if (!name)
		name = field_arm_name(
			str_of(nodes, e, "cloudResource", "resourceId"));
	if (space && name)
		strbuf_addf(out, "%s/%s", space, name);
	else if (name)
		strbuf_addstr(out, name);
}

/* A key is unique only under its hive. */
static void name_registry_key(const json_t *e, struct strbuf *out)
{
	const char *hive = jsonx_str(e, "hive");
	const char *key = jsonx_str(e, "key");

	strbuf_addf(out, "%s%s%s", hive ? hive : "", hive && key ? "\\" : "",
		    key ? key : "");
}

enum naming {
	BY_KEYS,
	BY_ACCOUNT,
	BY_HOST,
	BY_FILE,
	BY_PROCESS,
	BY_CONNECTION,
	BY_KUBERNETES,
	BY_REGISTRY
};

struct kind_row {
	const char *type; /* theirs, any case */
	const char *kind; /* ours */
	enum naming naming;
	const char *keys[4]; /* BY_KEYS: the first that is there */
};

static const struct kind_row kinds[] = {
	{ "account", "account", BY_ACCOUNT, { 0 } },
	{ "amazon-resource", "resource", BY_KEYS, { "amazonResourceId" } },
	{ "azure-resource", "resource", BY_KEYS, { "resourceId" } },
	{ "blob", "blob", BY_KEYS, { "url", "name" } },
	{ "blob-container", "blob-container", BY_KEYS, { "url", "name" } },
	{ "cloud-application", "app", BY_KEYS, { "name", "appId" } },
	{ "container", "container", BY_KEYS, { "name", "containerId" } },
	{ "container-image", "image", BY_KEYS, { "imageId" } },
	{ "dns", "domain", BY_KEYS, { "domainName" } },
	{ "dnsresolve", "domain", BY_KEYS, { "domainName" } },
	{ "file", "file", BY_FILE, { 0 } },
	{ "filehash", "hash", BY_KEYS, { "value" } },
	{ "gcp-resource", "resource", BY_KEYS, { "resourceName" } },
	{ "host", "host", BY_HOST, { 0 } },
	{ "host-logon-session", "session", BY_KEYS, { "sessionId" } },
	{ "iotdevice", "device", BY_KEYS, { "deviceId", "deviceName" } },
	{ "ip", "ip", BY_KEYS, { "address" } },
	{ "k8s-cluster", "cluster", BY_KUBERNETES, { 0 } },
	{ "k8s-namespace", "namespace", BY_KEYS, { "name" } },
	{ "k8s-pod", "pod", BY_KUBERNETES, { 0 } },
	{ "k8s-secret", "secret", BY_KUBERNETES, { 0 } },
	{ "k8s-service", "service", BY_KUBERNETES, { 0 } },
	{ "mailbox",
	  "mailbox",
	  BY_KEYS,
	  { "mailboxPrimaryAddress", "upn", "displayName" } },
	{ "malware", "malware", BY_KEYS, { "name" } },
	{ "network-connection", "connection", BY_CONNECTION, { 0 } },
	{ "process", "process", BY_PROCESS, { 0 } },
	{ "registry-key", "registry-key", BY_REGISTRY, { 0 } },
	{ "security-group", "group", BY_KEYS, { "distinguishedName", "sid" } },
	{ "url", "url", BY_KEYS, { "url" } },
};

static const struct kind_row *kind_find(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		/* Most differ in their first letter. */
		if ((*kinds[i].type | 0x20) == (*type | 0x20) &&
		    strcasecmp(kinds[i].type, type) == 0)
			return &kinds[i];
	}
	return NULL;
}

static void name_entity(const struct nodes *nodes, const json_t *e,
			const struct kind_row *row, struct strbuf *out)
{
	const char *s;

	switch (row->naming) {
	case BY_KEYS:
		for (size_t i = 0;
		     i < ARRAY_SIZE(row->keys) && row->keys[i] && out->len == 0;
		     i++) {
			s = jsonx_str(e, row->keys[i]);
			strbuf_addstr(out, s ? s : "");
		}
		break;
	case BY_ACCOUNT:
		name_account(e, out);
		break;
	case BY_HOST:
		name_host(e, out);
		break;
	case BY_FILE:
		name_file(e, out);
		break;
	case BY_PROCESS:
		name_process(nodes, e, out);
		break;
	case BY_CONNECTION:
		name_connection(nodes, e, out);
		break;
	case BY_KUBERNETES:
		name_kubernetes(nodes, e, out);
		break;
	case BY_REGISTRY:
		name_registry_key(e, out);
		break;
	}
}

/* A type that is new to us: its own word, and whatever names it. */
static void add_unknown(struct alert *a, const json_t *e, const char *type)
{
	CLEANUP(free_ptr) char *kind = xstrdup(type);

	for (char *p = kind; *p; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	}
	field_add_entity(a, kind,
			 FIELD_FIRST(e, "name", "displayName", "resourceId",
				     "address", "url", "value", "id"),
			 NULL);
}

static void add_node(struct alert *a, const struct nodes *nodes,
		     const json_t *e)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
	const char *type = jsonx_str(e, "type");
	const struct kind_row *row = type ? kind_find(type) : NULL;

	if (!type || jsonx_str(e, "$ref"))
		return;
	if (!row) {
		add_unknown(a, e, type);
		return;
	}
	name_entity(nodes, e, row, &value);
	field_add_entity(a, row->kind, value.buf, jsonx_str(e, "role"));
	/* What is hit is matched by its ARM id, so that is an entity too. */
	if (row->naming == BY_HOST)
		field_add_entity(a, "resource", jsonx_str(e, "azureID"), NULL);
}

void arm_entity_add_all(struct alert *a, const json_t *entities)
{
	CLEANUP(nodes_release) struct nodes nodes = { 0 };

	nodes_collect(&nodes, entities, 0);
	if (nodes.n >= NODES_MAX)
		a->clipped = true;
	for (size_t i = 0; i < nodes.n; i++)
		add_node(a, &nodes, nodes.v[i].object);
}
