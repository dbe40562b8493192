/*
 * Lists of the fake Resource Manager: pages, links to the next, and the ways
 * in which real pages went wrong. Called by fake_azure.c.
 */
#include "fake/azure_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/jsonx.h"
#include "util/xmalloc.h"

static void add_subscription(struct strbuf *sb, const struct azure *a, size_t s)
{
	char id[ESTATE_GUID_SIZE], number[24];
	const char *state;

	(void)snprintf(number, sizeof(number), "%zu", s);
	state = jsonx_str(a->states, number);
	estate_sub_id(a->estate, s, id);
	strbuf_addf(sb,
		    "{\"id\":\"/subscriptions/%s\",\"authorizationSource\":"
		    "\"RoleBased\",\"managedByTenants\":[],\"subscriptionId\":"
		    "\"%s\",\"tenantId\":\"7c1d5c54-2b9a-4f0e-9d3f-"
		    "0c6b1f2f8a11\",\"displayName\":\"Subscription %zu\","
		    "\"state\":\"%s\",\"subscriptionPolicies\":{"
		    "\"locationPlacementId\":\"Public_2014-09-01\","
		    "\"quotaId\":\"EnterpriseAgreement_2014-09-01\","
		    "\"spendingLimit\":\"Off\"}}",
		    id, id, s, state ? state : "Enabled");
}

void azure_answer_subscriptions(struct azure *a, const struct web_request *req,
				const json_t *effect, struct web_reply *reply)
{
	struct strbuf *sb = &reply->body;
	struct azure_position at = azure_position_of(a, req);
	size_t n = estate_n_subs(a->estate);
	size_t end = MIN(n, at.place + a->subscription_page);
	struct azure_position next = { end, at.listing };

	web_reply_header(reply, "Content-Type",
			 "application/json; charset=utf-8");
	strbuf_addstr(sb, "{\"value\":[");
	for (size_t s = at.place; s < end; s++) {
		if (s > at.place)
			strbuf_addch(sb, ',');
		add_subscription(sb, a, s);
	}
	strbuf_addf(sb, "],\"count\":{\"type\":\"Total\",\"value\":%zu}", n);
	azure_add_next_link(sb, a, req, effect, "nextLink",
			    end < n ? &next : NULL);
	strbuf_addch(sb, '}');
}

/* Places of a list in the order of this listing; NULL: as they are. */
static size_t *shuffled(const struct azure *a, size_t n, uint64_t seed)
{
	size_t *order;

	if (!a->shuffle || n == 0)
		return NULL;
	order = xreallocarray(NULL, n, sizeof(*order));
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	for (size_t i = n - 1; i > 0; i--) {
		size_t k, kept = order[i];

		/* Knuth's generator: only that it mixes matters. */
		seed = seed * UINT64_C(6364136223846793005) +
		       UINT64_C(1442695040888963407);
		k = (size_t)((seed >> 33) % (i + 1));
		order[i] = order[k];
		order[k] = kept;
	}
	return order;
}

/* Keys begin with a capital; severity and isIncident are missing. */
static json_t *to_pascal(json_t *value)
{
	json_t *copy, *member;
	const char *key;
	size_t i;

	if (json_is_array(value)) {
		copy = json_array();
		json_array_foreach(value, i, member)
			json_array_append_new(copy, to_pascal(member));
		return copy;
	}
	if (!json_is_object(value))
		return json_incref(value);
	copy = json_object();
	json_object_foreach(value, key, member)
	{
		CLEANUP(free_ptr) char *name = xstrdup(key);

		name[0] = (char)toupper((unsigned char)name[0]);
		if (strcmp(key, "severity") != 0 &&
		    strcmp(key, "isIncident") != 0)
			json_object_set_new(copy, name, to_pascal(member));
	}
	return copy;
}

/* The alert that starts at @from of @sb in the other shape. */
static void make_pascal(struct strbuf *sb, size_t from)
{
	struct err err = ERR_INIT;
	CLEANUP(jsonx_unref)
	json_t *alert = jsonx_parse(sb->buf + from, sb->len - from, 0, &err);
	json_t *properties = json_object_get(alert, "properties");
	CLEANUP(free_ptr) char *text = NULL;

	if (!properties)
		peer_die("an alert of ours is no JSON: %s", err.text);
	json_object_set_new(alert, "properties", to_pascal(properties));
	text = jsonx_dump(alert);
	strbuf_setlen(sb, from);
	strbuf_addstr(sb, text);
}

/* A lone surrogate: jansson refuses the text it is in. */
#define BAD_ITEM                                                               \
	"{\"id\":\"/subscriptions/x/providers/Microsoft.Security/locations/"   \
	"westeurope/alerts/bad\",\"name\":\"bad\",\"properties\":{"            \
	"\"description\":\"\\ud800\"}}"

static void add_bad_item(struct strbuf *sb, const json_t *effect)
{
	const char *item = jsonx_str(effect, "item");

	strbuf_addstr(sb, item ? item : BAD_ITEM);
}

/* What leaves in this page: {name: "severity status"}. */
static void note_item(json_t *items, const struct azure *a, size_t index)
{
	CLEANUP(free_ptr) char *content = NULL;
	json_t *alert;

	if (!items)
		return;
	alert = estate_describe(a->estate, index);
	content = xasprintf("%s %s", estate_severity(a->estate, index),
			    estate_status(a->estate, index));
	json_object_set_new(items, jsonx_str(alert, "name"),
			    json_string(content));
	json_decref(alert);
}

/* Alerts [at, end) of the list, with commas; a bad one in the middle. */
static void add_alerts(const struct azure *a, size_t sub,
		       const struct azure_position *at, size_t end,
		       const json_t *effect, struct web_reply *reply)
{
	struct strbuf *sb = &reply->body;
	const char *shape = jsonx_str(effect, "shape");
	bool pascal = shape && strcmp(shape, "pascal") == 0;
	bool bad = shape && strcmp(shape, "bad_item") == 0;
	CLEANUP(free_ptr)
	size_t *order = shuffled(a, estate_count(a->estate, sub), at->listing);
	/* The counters of $id differ from answer to answer. */
	unsigned id = 1 + (unsigned)(at->listing * 7 % 90);

	for (size_t i = at->place; i < end; i++) {
		size_t place = order ? order[i] : i;
		size_t from;

		if (i > at->place)
			strbuf_addch(sb, ',');
		if (bad && i == at->place + (end - at->place) / 2) {
			add_bad_item(sb, effect);
			strbuf_addch(sb, ',');
		}
		from = sb->len;
		id += estate_render(a->estate, estate_at(a->estate, sub, place),
				    id, sb);
		if (pascal)
			make_pascal(sb, from);
		note_item(reply->items, a, estate_at(a->estate, sub, place));
	}
}

void azure_answer_alerts(struct azure *a, size_t sub,
			 const struct web_request *req, const json_t *effect,
			 struct web_reply *reply)
{
	const char *shape = jsonx_str(effect, "shape");
	struct strbuf *sb = &reply->body;
	struct azure_position at = azure_position_of(a, req);
	size_t n = estate_count(a->estate, sub);
	size_t end = MIN(n, at.place + a->page);
	struct azure_position next = { end - MIN(a->repeat, end), at.listing };
	bool endless = shape && strcmp(shape, "endless") == 0;

	if (endless)
		next.place = at.place + a->page;
	at.place = MIN(at.place, n);
	web_reply_header(reply, "Content-Type",
			 "application/json; charset=utf-8");
	web_reply_header(
		reply,
		"x-ms-ratelimit-remaining-subscription-resource-requests",
		"749");
	if (shape && strcmp(shape, "no_value") == 0) {
		strbuf_addstr(sb, "{\"values\":[]}");
		return;
	}
	if (shape && strcmp(shape, "value_object") == 0) {
		strbuf_addstr(sb, "{\"value\":{}}");
		return;
	}
	strbuf_addstr(sb, "{\"value\":[");
	if (a->log_items)
		reply->items = json_object();
	add_alerts(a, sub, &at, end, effect, reply);
	strbuf_addch(sb, ']');
	azure_add_next_link(sb, a, req, effect, "nextLink",
			    end < n || endless ? &next : NULL);
	strbuf_addch(sb, '}');
}
