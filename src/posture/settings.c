/*
 * How a subscription is set up: who is told of alerts, what is exported, which
 * switches are on. Called by parts.c. Addresses and names of people are read
 * over: that somebody is told is all that is kept, and by which roles.
 *
 * Contacts come in three shapes, by the version of the API that made them.
 *
 * tested with: test_parts
 */
#include "posture/item_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define RESOURCE_GROUPS "/resourceGroups/"

static bool is_word(const json_t *object, const char *key, const char *word)
{
	const char *s = jsonx_str(object, key);

	return s && strcasecmp(s, word) == 0;
}

/* Are alerts told, and from which severity on (NULL: it does not say)? */
static bool told(const json_t *properties, const char **ret_from)
{
	const json_t *one;
	size_t i;

	json_array_foreach(jsonx_get(properties, "notificationsSources"), i,
			   one)
	{
		if (is_word(one, "sourceType", "Alert")) {
			*ret_from = jsonx_str(one, "minimalSeverity");
			return true;
		}
	}
	one = jsonx_get(properties, "alertNotifications");
	*ret_from = jsonx_str(one, "minimalSeverity");
	return is_word(one, "state", "On") ||
	       is_word(properties, "alertNotifications", "On");
}

/* "Owner, Admin": the roles whose holders are told; NULL none. */
static char *told_roles(const json_t *properties)
{
	const json_t *by = jsonx_get(properties, "notificationsByRole");

	if (is_word(by, "state", "On"))
		return item_words(by, "roles");
	return is_word(properties, "alertsToAdmins", "On")
		       ? xstrdup("administrators")
		       : NULL;
}

static void read_contact(size_t number, const json_t *properties,
			 struct posture_setting *s)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	CLEANUP(free_ptr) char *roles = told_roles(properties);
	const char *from = NULL;
	bool is_told = told(properties, &from);
	bool address = jsonx_str(properties, "emails") ||
		       jsonx_str(properties, "email");
	const json_t *enabled = jsonx_get(properties, "isEnabled");

	s->name = xasprintf("contact %zu", number);
	/* Without an address and a role nobody is told, whatever is on. */
	s->is_on = is_told && (address || roles) && !json_is_false(enabled);
	strbuf_addstr(&sb, is_told ? "alerts" : "no alerts");
	if (is_told && from)
		strbuf_addf(&sb, " from %s", from);
	if (address)
		strbuf_addstr(&sb, ", by e-mail");
	if (roles)
		strbuf_addf(&sb, ", to %s", roles);
	s->detail = item_list(&sb);
}

/* Which kinds of events an export takes: "Alerts, SecureScores". */
static char *export_sources(const json_t *properties)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const json_t *one;
	size_t i;

	json_array_foreach(jsonx_get(properties, "sources"), i, one)
	{
		item_add_word(&sb, jsonx_str(one, "eventSource"));
	}
	return item_list(&sb);
}

/* Where it goes: "EventHub", "Workspace", "LogicApp". */
static char *export_actions(const json_t *properties)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const json_t *one;
	size_t i;

	json_array_foreach(jsonx_get(properties, "actions"), i, one)
	{
		item_add_word(&sb, jsonx_str(one, "actionType"));
	}
	return item_list(&sb);
}

/* "Sample-RG/ToHub": exports of two groups may have one name. */
static char *export_name(const json_t *item)
{
	const char *id = jsonx_str(item, "id");
	const char *group = id ? strcasestr(id, RESOURCE_GROUPS) : NULL;
	CLEANUP(free_ptr) char *name = item_word(item, "name");
	CLEANUP(free_ptr) char *whole = NULL;
	size_t len;

	if (!name || !group)
		return take(name);
	group += strlen(RESOURCE_GROUPS);
	len = MIN(strcspn(group, "/"), (size_t)POSTURE_WORD_MAX);
	whole = xasprintf("%.*s/%s", (int)len, group, name);
	return item_line(whole);
}

static void read_export(const json_t *properties, struct posture_setting *s)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	CLEANUP(free_ptr) char *from = export_sources(properties);
	CLEANUP(free_ptr) char *to = export_actions(properties);

	s->is_on = jsonx_bool(properties, "isEnabled") && from && to;
	strbuf_addf(&sb, "%s to %s", from ? from : "nothing",
		    to ? to : "nowhere");
	s->detail = item_list(&sb);
}

int setting_read(enum posture_part part, size_t number, const json_t *item,
		 const json_t *properties, struct posture_setting *ret,
		 struct err *err)
{
	if (part == POSTURE_CONTACTS) {
		read_contact(number, properties, ret);
		return 0;
	}
	ret->name = part == POSTURE_EXPORTS ? export_name(item)
					    : item_word(item, "name");
	if (!ret->name)
		return err_set(err, ERR_SCHEMA, "the setting has no name");
	if (part == POSTURE_EXPORTS) {
		read_export(properties, ret);
	} else if (part == POSTURE_PROVISIONING) {
		ret->is_on = is_word(properties, "autoProvision", "On");
	} else {
		ret->is_on = jsonx_bool(properties, "enabled");
		ret->detail = item_word(item, "kind");
	}
	return 0;
}
