/*
 * One item's bytes to an alert, whatever API they come from. Called by the
 * sources; knows no network, file or store. An item that cannot be understood
 * becomes ITEM_BAD with its reason: it must never cost its page.
 */
#include "source/normalize.h"

#include <stdlib.h>
#include <string.h>
#include "source/field_priv.h"
#include "source/import_item_priv.h"
#include "source/shape_priv.h"
#include "source/slice_priv.h"
#include "util/compiler.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

/*
 * jansson spends up to 75 bytes for each byte of input ("{}," repeated); a
 * real alert takes three.
 */
#define ITEM_HEAP ((size_t)64 << 20)

bool normalize_is_alert(struct span object)
{
	return shape_of(object) != SHAPE_NONE;
}

/* Whatever the listing holds; what looks like nothing else is an alert. */
static enum shape shape_of_graph(struct span raw)
{
	enum shape shape = shape_of(raw);

	return shape == SHAPE_GRAPH_V1 || shape == SHAPE_GRAPH_INCIDENT
		       ? shape
		       : SHAPE_GRAPH;
}

static enum shape shape_for(enum door door, struct span raw)
{
	switch (door) {
	case DOOR_ARM:
		return SHAPE_ARM;
	case DOOR_GRAPH:
		return shape_of_graph(raw);
	case DOOR_CLOUD_APPS:
		return SHAPE_CLOUD_APPS;
	case DOOR_BEHAVIOR:
		return SHAPE_BEHAVIOR;
	case DOOR_ANY:
	case DOOR_FILE:
		break;
	}
	return shape_of(raw);
}

static int parse_shape(enum shape shape, const json_t *object,
		       const char *tenant, struct alert *ret, struct err *err)
{
	switch (shape) {
	case SHAPE_ARM:
	case SHAPE_ARM_FLAT:
		return arm_alert_parse(object, tenant, ret, err);
	case SHAPE_GRAPH:
		return graph_alert_parse(object, tenant, ret, err);
	case SHAPE_GRAPH_INCIDENT:
		return graph_incident_parse(object, tenant, ret, err);
	case SHAPE_CLOUD_APPS:
		return cloud_apps_alert_parse(object, tenant, ret, err);
	case SHAPE_BEHAVIOR:
		return behavior_alert_parse(object, tenant, ret, err);
	case SHAPE_CLOUD_APPS_ACTIVITY:
		return err_set(err, ERR_SCHEMA,
			       "a Cloud Apps activity, not an alert");
	case SHAPE_GRAPH_V1:
		return err_set(err, ERR_SCHEMA,
			       "Graph legacy v1 alert: use alerts_v2");
	case SHAPE_IMPORTED:
		return err_set(err, ERR_SCHEMA,
			       "an import, which is taken from files alone");
	case SHAPE_NONE:
		break;
	}
	return err_set(err, ERR_SCHEMA, "no alert of a known shape");
}

static int parse_object(enum door door, const char *tenant, struct span raw,
			const json_t *object, struct alert *ret,
			struct err *err)
{
	if (!object)
		return ERR_SCHEMA;
	if (!json_is_object(object))
		return err_set(err, ERR_SCHEMA, "the item is no JSON object");
	return parse_shape(shape_for(door, raw), object, tenant, ret, err);
}

static int parse_item(enum door door, const char *tenant, struct span raw,
		      struct alert *ret, struct err *err)
{
	json_t *object;
	int rc;

	if (raw.len > SLICE_ITEM_MAX)
		return err_set(err, ERR_LIMIT,
			       "an item of %zu bytes, more than %zu MiB",
			       raw.len, SLICE_ITEM_MAX >> 20);
	jsonx_scope_begin();
	object = jsonx_parse_unique(raw.p, raw.len, ITEM_HEAP, err);
	rc = parse_object(door, tenant, raw, object, ret, err);
	jsonx_scope_end(object);
	return rc;
}

/* What an import brings: the alert inside is read as if it came alone. */
static int parse_import(const char *tenant, struct span item, struct span *raw,
			char **ret_text, struct alert *ret, struct err *err)
{
	int rc = import_item_parse(item, &ret->imported, ret_text, err);

	if (rc < 0)
		return rc;
	*raw = (struct span){ *ret_text, strlen(*ret_text) };
	return parse_item(DOOR_ANY, tenant, *raw, ret, err);
}

static int parse_any(enum door door, const char *tenant, struct span *raw,
		     char **ret_text, struct alert *ret, struct err *err)
{
	if (door != DOOR_FILE || shape_of(*raw) != SHAPE_IMPORTED)
		return parse_item(door, tenant, *raw, ret, err);
	if (raw->len > SLICE_ITEM_MAX)
		return err_set(err, ERR_LIMIT,
			       "an import of %zu bytes, more than %zu MiB",
			       raw->len, SLICE_ITEM_MAX >> 20);
	return parse_import(tenant, *raw, raw, ret_text, ret, err);
}

/* Somebody has to tell it from others: by its type, or whose it is. */
static void name_untitled(struct alert *a)
{
	const char *provider = a->provider ? a->provider : a->kind;

	if (a->title)
		return;
	a->title = a->alert_type
			   ? xstrdup(a->alert_type)
			   : xasprintf("Untitled alert from %s", provider);
}

void normalize_item(enum door door, const char *tenant, struct span item,
		    struct item *ret)
{
	CLEANUP(alert_release) struct alert a;
	CLEANUP(free_ptr) char *text = NULL; /* of an alert inside */
	struct err err = ERR_INIT;
	struct span raw = item;

	alert_init(&a);
	if (parse_any(door, tenant, &raw, &text, &a, &err) < 0) {
		raw = item;
		ret->kind = ITEM_BAD;
		ret->raw = raw.p;
		ret->raw_len = raw.len > SLICE_ITEM_MAX ? SLICE_CLIP : raw.len;
		snprintf(ret->reason, sizeof(ret->reason), "%.255s", err.text);
		return;
	}
	name_untitled(&a);
	a.raw = xstrndup(raw.p, raw.len);
	a.raw_len = raw.len;
	ret->kind = ITEM_ALERT;
	alert_seal(&a);
	ret->key = a.keys[0];
	alert_release(&ret->alert);
	alert_move(&ret->alert, &a);
}

/* A text as an id (heap), or NULL. */
static char *id_of(struct span value)
{
	CLEANUP(free_ptr) char *text = NULL;
	char *id;

	if (jscan_type(value) != JSCAN_STRING ||
	    value.len > 8 * (size_t)ALERT_ID_MAX)
		return NULL;
	text = jscan_string(value);
	if (!text || !*text || field_id(text, &id, NULL) < 0)
		return NULL;
	return id;
}

/* Text member @key of @object as an id (heap), or NULL. */
static char *peek_id(struct span object, const char *key)
{
	struct span value;

	return jscan_member(object, key, &value) > 0 ? id_of(value) : NULL;
}

/* As jsonx_str() sees it: no empty one. */
static bool text_member(struct span object, const char *key, struct span *ret)
{
	return jscan_member(object, key, ret) > 0 &&
	       jscan_type(*ret) == JSCAN_STRING && ret->len > strlen("\"\"");
}

/* The first text under @key in an array of objects. */
static bool text_in_array(struct span array, const char *key, struct span *ret)
{
	struct jscan it;
	struct span name, value;

	jscan_enter(&it, array);
	while (jscan_next(&it, &name, &value) > 0) {
		if (text_member(value, key, ret))
			return true;
	}
	return false;
}

/* Where arm_alert.c finds the tenant of an alert, in the same order. */
static bool find_arm_tenant(enum shape shape, struct span raw, struct span *ret)
{
	struct span properties = raw;
	struct span list;

	if (shape == SHAPE_ARM &&
	    jscan_member(raw, "properties", &properties) <= 0)
		return false;
	if (jscan_member(properties, "resourceIdentifiers", &list) > 0 &&
	    jscan_type(list) == JSCAN_ARRAY &&
	    (text_in_array(list, "azureResourceTenantId", ret) ||
	     text_in_array(list, "aadTenantId", ret)))
		return true;
	return shape == SHAPE_ARM && text_member(raw, "tenantId", ret);
}

/* Cleaned as the doors clean it (heap), or NULL. */
static char *tenant_of(struct span value)
{
	CLEANUP(free_ptr) char *text = NULL;
	struct alert scratch = { 0 };

	if (value.len > 8 * (size_t)ALERT_WORD_MAX)
		return NULL;
	text = jscan_string(value);
	return field_line(&scratch, text, ALERT_WORD_MAX);
}

static char *peek_arm_id(enum shape shape, struct span raw)
{
	struct jscan it;
	struct span key, value;

	jscan_enter(&it, raw);
	if (shape == SHAPE_ARM && jscan_descend(&it, "properties") <= 0)
		return NULL;
	while (jscan_next(&it, &key, &value) > 0) {
		if (span_eq_ci(key, "systemAlertId"))
			return id_of(value);
	}
	return peek_id(raw, "name");
}

/* Where the other shapes, which are flat, say who they are. */
struct identity {
	const char *kind, *id, *tenant;
};

static const struct identity *identity_of(enum shape shape)
{
	static const struct identity of[] = {
		[SHAPE_GRAPH] = { ALERT_KIND_GRAPH, "id", "tenantId" },
		[SHAPE_GRAPH_INCIDENT] = { ALERT_KIND_GRAPH_INCIDENT, "id",
					   "tenantId" },
		[SHAPE_CLOUD_APPS] = { ALERT_KIND_CLOUD_APPS, "_id",
				       "contextId" },
		[SHAPE_BEHAVIOR] = { ALERT_KIND_BEHAVIOR, "BehaviorId",
				     "TenantId" },
	};

	return (size_t)shape < ARRAY_SIZE(of) && of[shape].kind ? &of[shape]
								: NULL;
}

/* How arm_alert.c reads a row: what has properties is not flat. */
static bool has_properties(struct span raw)
{
	struct span value;

	return jscan_member(raw, "properties", &value) > 0 &&
	       jscan_type(value) == JSCAN_OBJECT;
}

bool normalize_peek_key(enum door door, const char *tenant, struct span raw,
			struct alert_key *ret)
{
	CLEANUP(free_ptr) char *id = NULL;
	CLEANUP(free_ptr) char *own_tenant = NULL;
	struct span text;
	enum shape shape = shape_for(door, raw);
	bool is_arm = shape == SHAPE_ARM || shape == SHAPE_ARM_FLAT;
	const struct identity *at = identity_of(shape);

	if (!is_arm && !at)
		return false;
	if (shape == SHAPE_ARM_FLAT && has_properties(raw))
		shape = SHAPE_ARM;
	id = is_arm ? peek_arm_id(shape, raw) : peek_id(raw, at->id);
	if (!id)
		return false;
	/* In every shape what is configured goes before what the item says. */
	if (!*tenant) {
		if (is_arm ? find_arm_tenant(shape, raw, &text)
			   : text_member(raw, at->tenant, &text))
			own_tenant = tenant_of(text);
		tenant = own_tenant ? own_tenant : "";
	}
	alert_key(is_arm ? ALERT_KIND_ARM : at->kind, tenant, id, ret);
	return true;
}
