/*
 * One item's bytes to an alert, whatever API they come from. Called by the
 * sources; knows no network, file or store. An item that cannot be understood
 * becomes ITEM_BAD with its reason: it must never cost its page.
 */
#include "source/normalize.h"

#include <stdlib.h>
#include <string.h>
#include "source/import_item_priv.h"
#include "source/shape_priv.h"
#include "source/slice_priv.h"
#include "util/compiler.h"
#include "util/jsonx.h"
#include "util/utf8.h"
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
	return parse_shape(shape_behind(door, raw), object, tenant, ret, err);
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
	CLEANUP(free_ptr) char *text = NULL;

	if (a->title)
		return;
	text = xasprintf("Untitled alert from %s",
			 a->provider ? a->provider : a->kind);
	/* A name from outside may fill all that a title may have. */
	a->title = utf8_clean_dup(a->alert_type ? a->alert_type : text,
				  ALERT_TITLE_MAX, UTF8_LINE);
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
