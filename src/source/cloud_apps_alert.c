/*
 * A Defender for Cloud Apps alert of the portal's REST API (section 3.2 of the
 * API notes), or the regrouped form in which Cortex XSOAR keeps it. Called
 * through normalize.h. Nearly every field is a number here.
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

#define PORTAL_URL_MAX 2000

static int set_identity(struct alert *a, const json_t *o, const char *tenant,
			struct err *err)
{
	int rc;

	rc = field_id(jsonx_str(o, "_id"), &a->native_id, err);
	if (rc < 0)
		return rc;
	field_set_tenant(a, tenant, jsonx_str(o, "contextId"));
	a->kind = xstrdup(ALERT_KIND_CLOUD_APPS);
	a->linked_kind = xstrdup(ALERT_KIND_GRAPH);
	a->linked_id = xasprintf("ca%s", a->native_id);
	a->provider = xstrdup("defender-for-cloud-apps");
	return 0;
}

/* The word of a number; the digits when nobody knows it; NULL when absent. */
static const char *word_of(const json_t *o, const char *key,
			   const char *(*words)(int64_t), char digits[24])
{
	const char *word;
	int64_t value;

	if (!jsonx_int(o, key, &value))
		return jsonx_str(o, key);
	word = words(value);
	if (word)
		return word;
	snprintf(digits, 24, "%lld", (long long)value);
	return digits;
}

static void set_state(struct alert *a, const json_t *o)
{
	char digits[24];
	const char *status;

	word_set_severity(a, word_of(o, "severityValue",
				     word_cloud_apps_severity, digits));
	/* statusValue is read/unread; open or closed lives here alone. */
	status = word_of(o, "resolutionStatusValue", word_cloud_apps_status,
			 digits);
	if (!status && json_is_false(jsonx_get(o, "is_open")))
		status = "resolved";
	word_set_status(a, status);
}

static void add_numbers(struct strbuf *list, const json_t *o, const char *key,
			const char *(*words)(int64_t))
{
	const json_t *one;
	size_t i;

	json_array_foreach(jsonx_get(o, key), i, one)
	{
		if (json_is_integer(one))
			field_add_words(list, words(json_integer_value(one)));
	}
}

/* "<policy> __siteIcon__ was matched": the portal puts a picture there. */
static void drop_placeholders(char *s)
{
	static const char icon[] = "__siteIcon__";
	char *p;

	while (s && (p = strstr(s, icon))) {
		char *after = p + strlen(icon);

		if (p > s && p[-1] == ' ' && *after == ' ')
			after++;
		memmove(p, after, strlen(after) + 1);
		s = p;
	}
}

static void set_words(struct alert *a, const json_t *o)
{
	CLEANUP(strbuf_release) struct strbuf tactics = STRBUF_INIT;
	char digits[24];
	int64_t type;

	a->title = field_line(a, jsonx_str(o, "title"), ALERT_TITLE_MAX);
	a->description = field_text(a, jsonx_str(o, "description"));
	drop_placeholders(a->description);
	if (jsonx_int(o, "idValue", &type)) {
		snprintf(digits, sizeof(digits), "%lld", (long long)type);
		a->alert_type = xstrdup(digits);
	} else { /* archives of the SIEM agent have the type's name */
		a->alert_type =
			field_line(a, jsonx_str(o, "idValue"), ALERT_WORD_MAX);
	}
	add_numbers(&tactics, o, "intent", word_cloud_apps_intent);
	/* Older replies have no intent, only the portal's risk category. */
	if (tactics.len == 0)
		add_numbers(&tactics, o, "stories", word_cloud_apps_story);
	a->tactics = field_list(a, &tactics);
}

struct entity_row {
	const char *type; /* theirs */
	const char *kind; /* ours */
	const char *keys[3]; /* the first that is text is its value */
};

static const struct entity_row rows[] = {
	{ "account", "account", { "pa", "em", "label" } },
	{ "user", "account", { "id", "label" } },
	{ "ip", "ip", { "label", "id" } },
	{ "country", "country", { "label", "id" } },
	{ "service", "app", { "label" } },
	{ "policyRule", "policy", { "label", "id" } },
	{ "file", "file", { "label", "id" } },
	{ "device", "host", { "label", "id" } },
	{ "groupTag", "group", { "label", "id" } },
	{ "discovery_ip", "ip", { "label", "id" } },
	{ "discovery_user", "account", { "label", "id" } },
};

/* An id may be a number (an app) where others have text. */
static const char *entity_value(const json_t *e, const struct entity_row *row,
				char digits[24])
{
	static const char *const any[] = { "label", "id", NULL };
	int64_t id;

	for (size_t i = 0; row && i < ARRAY_SIZE(row->keys) && row->keys[i];
	     i++) {
		const char *s = jsonx_str(e, row->keys[i]);

		if (s)
			return s;
	}
	if (field_first(e, any))
		return field_first(e, any);
	if (!jsonx_int(e, "id", &id))
		return NULL;
	snprintf(digits, 24, "%lld", (long long)id);
	return digits;
}

static bool is_known(const struct alert *a, const char *kind, const char *value)
{
	for (size_t i = 0; i < a->n_entities; i++) {
		if (strcmp(a->entities[i].kind, kind) == 0 &&
		    strcasecmp(a->entities[i].value, value) == 0)
			return true;
	}
	return false;
}

static void add_entity(struct alert *a, const json_t *e)
{
	const char *type = jsonx_str(e, "type");
	const char *role = jsonx_str(e, "entityRole");
	const struct entity_row *row = NULL;
	const char *kind, *value;
	char digits[24];

	if (!type)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcasecmp(rows[i].type, type) == 0)
			row = &rows[i];
	}
	kind = row ? row->kind : type;
	value = entity_value(e, row, digits);
	/* An account is listed again as a user, without its role. */
	if (value && (role || !is_known(a, kind, value)))
		field_add_entity(a, kind, value, role);
}

static void add_entities(struct alert *a, const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) add_entity(a, one);
}

static void set_entities(struct alert *a, const json_t *o)
{
	static const char *const order[] = { "account", "host", "file", "app",
					     "ip" };
	const json_t *policy = jsonx_get(o, "policy");
	const char *label = jsonx_str(policy, "label");

	add_entities(a, jsonx_get(o, "entities"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		add_entities(a, jsonx_get(o, rows[i].type));
	if (label && !is_known(a, "policy", label))
		field_add_entity(a, "policy", label, NULL);
	for (size_t k = 0; !a->entity && k < ARRAY_SIZE(order); k++) {
		for (size_t i = 0; !a->entity && i < a->n_entities; i++) {
			if (strcmp(a->entities[i].kind, order[k]) == 0)
				a->entity = xstrdup(a->entities[i].value);
		}
	}
}

int cloud_apps_alert_parse(const json_t *object, const char *tenant,
			   struct alert *ret, struct err *err)
{
	const char *url = jsonx_str(object, "URL");
	int rc;

	rc = set_identity(ret, object, tenant, err);
	if (rc < 0)
		return rc;
	set_words(ret, object);
	set_state(ret, object);
	ret->created_ms = FIELD_TIME(object, "timestamp");
	set_entities(ret, object);
	if (url && strlen(url) <= PORTAL_URL_MAX && word_is_portal_url(url))
		ret->portal_url = xstrdup(url);
	recognize(ret, NULL);
	return 0;
}
