/*
 * A behavior of the hunting tables: a row of BehaviorInfo with the rows of
 * BehaviorEntities that belong to it in the list "Entities" (graph_hunting.c
 * asks for them in this form). Called through normalize.h.
 *
 * Columns of the type dynamic come as JSON or as text that holds JSON.
 */
#include "source/normalize.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "source/field_priv.h"
#include "source/recognize_priv.h"
#include "source/word_priv.h"
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define KEYS_MAX 6

/* EntityType, our kind, and the columns that may name it, best first. */
struct entity_row {
	const char *type, *kind;
	const char *keys[KEYS_MAX];
};

static const struct entity_row entity_rows[] = {
	{ "User",
	  "account",
	  { "AccountUpn", "AccountName", "AccountObjectId", "AccountSid" } },
	{ "Account",
	  "account",
	  { "AccountUpn", "AccountName", "AccountObjectId", "AccountSid" } },
	{ "Ip", "ip", { "RemoteIP", "LocalIP", "IPAddress" } },
	{ "Machine", "host", { "DeviceName", "DeviceId" } },
	{ "Device", "host", { "DeviceName", "DeviceId" } },
	{ "Host", "host", { "DeviceName", "DeviceId" } },
	{ "File", "file", { "FileName", "SHA256", "SHA1" } },
	{ "Process",
	  "process",
	  { "ProcessCommandLine", "FileName", "SHA256" } },
	{ "Url", "url", { "RemoteUrl" } },
	{ "CloudApplication", "app", { "Application", "ApplicationId" } },
	{ "Application", "app", { "Application", "ApplicationId" } },
	{ "OAuthApplication", "app", { "Application", "OAuthApplicationId" } },
	{ "CloudResource", "resource", { "ResourceId", "CloudResource" } },
	{ "AzureResource", "resource", { "ResourceId", "CloudResource" } },
	{ "MailMessage", "mail", { "EmailSubject", "NetworkMessageId" } },
	{ "MailCluster", "mail", { "EmailClusterId" } },
	{ "RegistryKey", "registry-key", { "RegistryKey" } },
	{ "RegistryValue",
	  "registry-value",
	  { "RegistryValueName", "RegistryKey" } },
};

/* A kind that is new to us keeps its word, and what it most likely is. */
static const char *const any_keys[] = {
	"AccountUpn",  "RemoteIP",   "DeviceName",  "FileName", "RemoteUrl",
	"Application", "ResourceId", "AccountName", NULL,
};

static const struct entity_row *row_of(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(entity_rows); i++) {
		if (strcasecmp(type, entity_rows[i].type) == 0)
			return &entity_rows[i];
	}
	return NULL;
}

/* What an entity is called: in a column, or in its AdditionalFields. */
static const char *value_of(const json_t *e, const json_t *more,
			    const struct entity_row *row)
{
	const char *const *keys = row ? row->keys : any_keys;
	const char *s = field_first(e, keys);

	return s ? s : field_first(more, keys);
}

static void add_entity(struct alert *a, const json_t *e)
{
	CLEANUP(jsonx_unref) json_t *more = NULL;
	CLEANUP(free_ptr) char *joined = NULL;
	const char *type = jsonx_str(e, "EntityType");
	const char *domain = jsonx_str(e, "AccountDomain");
	const char *name = jsonx_str(e, "AccountName");
	const struct entity_row *row = type ? row_of(type) : NULL;
	const char *value;

	if (!type)
		return;
	more = field_container(e, "AdditionalFields");
	value = value_of(e, more, row);
	if (row && strcmp(row->kind, "account") == 0 && domain && name &&
	    value == name) {
		joined = xasprintf("%s\\%s", domain, name);
		value = joined;
	}
	field_add_entity(a, row ? row->kind : type, value,
			 FIELD_FIRST(e, "EntityRole", "DetailedEntityRole"));
	if (row && strcmp(row->kind, "resource") == 0 && !a->resource_id &&
	    value && *value == '/')
		a->resource_id = field_line(a, value, ALERT_ID_MAX);
}

/* The account of the behavior itself, unless its entities name it too. */
static void add_own_account(struct alert *a, const json_t *o)
{
	const char *upn = jsonx_str(o, "AccountUpn");

	for (size_t i = 0; upn && i < a->n_entities; i++) {
		if (strcasecmp(a->entities[i].value, upn) == 0)
			return;
	}
	field_add_entity(a, "account", upn, NULL);
}

static void add_entities(struct alert *a, const json_t *o)
{
	CLEANUP(jsonx_unref) json_t *list = field_container(o, "Entities");
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		CLEANUP(jsonx_unref) json_t *inner = NULL;
		const char *text = json_string_value(one);

		if (text)
			inner = jsonx_parse(text, strlen(text), (size_t)4 << 20,
					    NULL);
		add_entity(a, inner ? inner : one);
	}
	/* A plain join has one row an entity, its columns beside the others. */
	add_entity(a, o);
	add_own_account(a, o);
}

/* Whom it is about: an account before a machine, a machine before the rest. */
static void set_entity(struct alert *a)
{
	static const char *const order[] = { "account", "host", "resource",
					     "app", "ip" };

	for (size_t k = 0; k < ARRAY_SIZE(order) && !a->entity; k++) {
		for (size_t i = 0; i < a->n_entities && !a->entity; i++) {
			if (strcmp(a->entities[i].kind, order[k]) == 0)
				a->entity = xstrdup(a->entities[i].value);
		}
	}
}

static char *list_of(struct alert *a, const json_t *o, const char *key)
{
	CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;
	CLEANUP(jsonx_unref) json_t *values = field_container(o, key);

	field_add_all(&list, values ? values : jsonx_get(o, key));
	return field_list(a, &list);
}

static void set_words(struct alert *a, const json_t *o)
{
	const char *product = jsonx_str(o, "ServiceSource");

	a->provider = word_provider(product ? product : "graph-hunting");
	a->title = field_line(a, FIELD_FIRST(o, "Title", "ActionType"),
			      ALERT_TITLE_MAX);
	a->description = field_text(a, jsonx_str(o, "Description"));
	a->alert_type =
		field_line(a, jsonx_str(o, "ActionType"), ALERT_WORD_MAX);
	a->tactics = list_of(a, o, "Categories");
	a->techniques = list_of(a, o, "AttackTechniques");
	/* Behaviors have no severity and no status: they are low by default,
	 * and a rule may raise them. */
	a->base = SEVERITY_LOW;
	a->source_state = SOURCE_ACTIVE;
}

static void set_times(struct alert *a, const json_t *o)
{
	a->activity_from_ms = FIELD_TIME(o, "StartTime");
	a->activity_to_ms = FIELD_TIME(o, "EndTime");
	a->source_updated_ms = FIELD_TIME(o, "Timestamp");
	a->created_ms = FIELD_TIME(o, "Timestamp", "StartTime", "EndTime");
}

static void set_resource(struct alert *a)
{
	a->resource_group = field_arm_segment(a->resource_id, "resourceGroups");
	a->resource_type = field_arm_type(a->resource_id);
	a->subscription = field_arm_segment(a->resource_id, "subscriptions");
}

int behavior_alert_parse(const json_t *object, const char *tenant,
			 struct alert *ret, struct err *err)
{
	int rc =
		field_id(jsonx_str(object, "BehaviorId"), &ret->native_id, err);

	if (rc < 0)
		return rc;
	field_set_tenant(ret, tenant, jsonx_str(object, "TenantId"));
	ret->kind = xstrdup(ALERT_KIND_BEHAVIOR);
	set_words(ret, object);
	set_times(ret, object);
	add_entities(ret, object);
	set_entity(ret);
	set_resource(ret);
	recognize(ret, NULL);
	return 0;
}
