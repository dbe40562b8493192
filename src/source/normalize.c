/*
 * One item's bytes to an alert, whatever API they come from. Called by the
 * sources; knows no network, file or store. An item that cannot be understood
 * becomes ITEM_BAD with its reason: it must never cost its page.
 */
#include "source/normalize.h"

#include <stdlib.h>
#include <string.h>
#include "source/field_priv.h"
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
	case SHAPE_NONE:
		break;
	}
	return err_set(err, ERR_SCHEMA, "no alert of a known shape");
}

static int parse_item(enum door door, const char *tenant, struct span raw,
		      struct alert *ret, struct err *err)
{
	CLEANUP(jsonx_unref) json_t *object = NULL;

	if (raw.len > SLICE_ITEM_MAX)
		return err_set(err, ERR_LIMIT,
			       "an item of %zu bytes, more than %zu MiB",
			       raw.len, SLICE_ITEM_MAX >> 20);
	object = jsonx_parse_unique(raw.p, raw.len, ITEM_HEAP, err);
	if (!object)
		return ERR_SCHEMA;
	if (!json_is_object(object))
		return err_set(err, ERR_SCHEMA, "the item is no JSON object");
	return parse_shape(shape_for(door, raw), object, tenant, ret, err);
}

void normalize_item(enum door door, const char *tenant, struct span raw,
		    struct item *ret)
{
	CLEANUP(alert_release) struct alert a;
	struct err err = ERR_INIT;

	alert_init(&a);
	if (parse_item(door, tenant, raw, &a, &err) < 0) {
		ret->kind = ITEM_BAD;
		ret->raw = raw.p;
		ret->raw_len = raw.len > SLICE_ITEM_MAX ? SLICE_CLIP : raw.len;
		snprintf(ret->reason, sizeof(ret->reason), "%s", err.text);
		return;
	}
	a.raw = xstrndup(raw.p, raw.len);
	a.raw_len = raw.len;
	ret->kind = ITEM_ALERT;
	alert_key(a.kind, a.tenant, a.native_id, &ret->key);
	alert_release(&ret->alert);
	alert_move(&ret->alert, &a);
}

/* Text member @key of @object as an id (heap), or NULL. */
static char *peek_id(struct span object, const char *key)
{
	CLEANUP(free_ptr) char *text = NULL;
	struct span value;
	char *id;

	if (jscan_member(object, key, &value) <= 0 ||
	    jscan_type(value) != JSCAN_STRING ||
	    value.len > 8 * (size_t)ALERT_ID_MAX)
		return NULL;
	text = jscan_string(value);
	if (!text || !*text || field_id(text, &id, NULL) < 0)
		return NULL;
	return id;
}

/* The first text under @key in an array of objects (heap), or NULL. */
static char *peek_in_array(struct span array, const char *key)
{
	struct jscan it;
	struct span name, value;
	char *id = NULL;

	jscan_enter(&it, array);
	while (!id && jscan_next(&it, &name, &value) > 0)
		id = peek_id(value, key);
	return id;
}

/* Where arm_alert.c finds the tenant of an alert, in the same order. */
static char *peek_arm_tenant(struct span raw, struct span properties)
{
	struct span list;
	char *tenant = NULL;

	if (jscan_member(properties, "resourceIdentifiers", &list) > 0 &&
	    jscan_type(list) == JSCAN_ARRAY) {
		tenant = peek_in_array(list, "azureResourceTenantId");
		if (!tenant)
			tenant = peek_in_array(list, "aadTenantId");
	}
	if (!tenant && properties.p != raw.p)
		tenant = peek_id(raw, "tenantId");
	return tenant;
}

static char *peek_arm_id(enum shape shape, struct span raw, char **ret_tenant)
{
	struct span properties = raw;
	char *id;

	if (shape == SHAPE_ARM &&
	    jscan_member(raw, "properties", &properties) <= 0)
		return NULL;
	*ret_tenant = peek_arm_tenant(raw, properties);
	id = peek_id(properties, "systemAlertId");
	return id ? id : peek_id(raw, "name");
}

bool normalize_peek_key(enum door door, const char *tenant, struct span raw,
			struct alert_key *ret)
{
	CLEANUP(free_ptr) char *id = NULL;
	CLEANUP(free_ptr) char *own_tenant = NULL;
	enum shape shape = shape_for(door, raw);
	const char *kind = ALERT_KIND_ARM;

	switch (shape) {
	case SHAPE_ARM:
	case SHAPE_ARM_FLAT:
		id = peek_arm_id(shape, raw, &own_tenant);
		break;
	case SHAPE_GRAPH:
	case SHAPE_GRAPH_INCIDENT:
		kind = shape == SHAPE_GRAPH ? ALERT_KIND_GRAPH
					    : ALERT_KIND_GRAPH_INCIDENT;
		id = peek_id(raw, "id");
		own_tenant = peek_id(raw, "tenantId");
		break;
	case SHAPE_CLOUD_APPS:
		kind = ALERT_KIND_CLOUD_APPS;
		id = peek_id(raw, "_id");
		own_tenant = peek_id(raw, "contextId");
		break;
	case SHAPE_BEHAVIOR:
		kind = ALERT_KIND_BEHAVIOR;
		id = peek_id(raw, "BehaviorId");
		own_tenant = peek_id(raw, "TenantId");
		break;
	case SHAPE_GRAPH_V1:
	case SHAPE_CLOUD_APPS_ACTIVITY:
	case SHAPE_NONE:
		return false;
	}
	if (!id)
		return false;
	if (!*tenant)
		tenant = own_tenant ? own_tenant : "";
	alert_key(kind, tenant, id, ret);
	return true;
}
