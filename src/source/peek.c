/*
 * Who an item is, without building the alert: most of a poll is what it was the
 * last time, and is told by its identity and its hash alone. Called by batch.c
 * through normalize.h. It follows the parsers, member by member, and may say
 * "cannot tell" but never another identity than theirs (tests/fuzz compares);
 * where it cannot tell, the item is parsed at each poll, and nothing else.
 */
#include "source/normalize.h"

#include <string.h>
#include "source/field_priv.h"
#include "source/shape_priv.h"
#include "util/compiler.h"
#include "util/jscan.h"
#include "util/xmalloc.h"

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

/*
 * Where arm_alert.c finds the tenant of an alert, in the same order. 1, 0 there
 * is none, ERR_SCHEMA it cannot be told: JSON inside a string, as exports have.
 */
static int find_arm_tenant(enum shape shape, struct span raw, struct span *ret)
{
	struct span properties = raw;
	struct span list;

	if (shape == SHAPE_ARM &&
	    jscan_member(raw, "properties", &properties) <= 0)
		return 0;
	if (jscan_member(properties, "resourceIdentifiers", &list) > 0) {
		if (jscan_type(list) == JSCAN_STRING)
			return ERR_SCHEMA;
		if (jscan_type(list) == JSCAN_ARRAY &&
		    (text_in_array(list, "azureResourceTenantId", ret) ||
		     text_in_array(list, "aadTenantId", ret)))
			return 1;
	}
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

static bool peek_flat(const struct identity *at, const char *tenant,
		      struct span raw, struct alert_key *ret)
{
	CLEANUP(free_ptr) char *id = peek_id(raw, at->id);
	CLEANUP(free_ptr) char *own = NULL;
	struct span text;

	if (!id)
		return false;
	if (!*tenant && text_member(raw, at->tenant, &text))
		own = tenant_of(text);
	alert_key(at->kind, own ? own : tenant, id, ret);
	return true;
}

static bool peek_arm(enum shape shape, const char *tenant, struct span raw,
		     struct alert_key *ret)
{
	CLEANUP(free_ptr) char *id = NULL;
	CLEANUP(free_ptr) char *own = NULL;
	struct span text;
	int rc = 0;

	if (shape == SHAPE_ARM_FLAT && has_properties(raw))
		shape = SHAPE_ARM;
	id = peek_arm_id(shape, raw);
	if (id && !*tenant)
		rc = find_arm_tenant(shape, raw, &text);
	if (!id || rc < 0)
		return false;
	if (rc > 0)
		own = tenant_of(text);
	alert_key(ALERT_KIND_ARM, own ? own : tenant, id, ret);
	return true;
}

/* In every shape what is configured goes before what the item says. */
bool normalize_peek_key(enum door door, const char *tenant, struct span raw,
			struct alert_key *ret)
{
	enum shape shape = shape_behind(door, raw);
	const struct identity *at = identity_of(shape);

	if (shape == SHAPE_ARM || shape == SHAPE_ARM_FLAT)
		return peek_arm(shape, tenant, raw, ret);
	return at && peek_flat(at, tenant, raw, ret);
}
