/*
 * What the fake Resource Manager knows of a whole tenant: the tenant, its
 * management groups, and Resource Graph over the alerts of all subscriptions.
 * Called by fake_azure.c.
 */
#include "fake/azure_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fake/fault.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define TOP_DEFAULT 100
#define TOP_MAX 1000

static void answer_tenants(struct web_reply *reply)
{
	web_reply_json(reply, 200,
		       json_pack("{s:[{s:s, s:s, s:s, s:s}]}", "value", "id",
				 "/tenants/" AZURE_TENANT, "tenantId",
				 AZURE_TENANT, "displayName", "Contoso",
				 "tenantCategory", "Home"));
}

static json_t *describe_subscription(const struct azure *a, size_t sub,
				     const char *group)
{
	char id[ESTATE_GUID_SIZE], path[80], name[40], parent[160];

	estate_sub_id(a->estate, sub, id);
	(void)snprintf(path, sizeof(path), "/subscriptions/%s", id);
	(void)snprintf(name, sizeof(name), "Subscription %zu", sub);
	(void)snprintf(parent, sizeof(parent),
		       "/providers/Microsoft.Management/managementGroups/%s",
		       group);
	return json_pack("{s:s, s:s, s:s, s:{s:s, s:{s:s}}}", "id", path,
			 "type",
			 "Microsoft.Management/managementGroups/subscriptions",
			 "name", id, "properties", "displayName", name,
			 "parent", "id", parent);
}

/* Of the script: {"groups": {NAME: [number of subscription, ...]}}. */
static void answer_descendants(struct azure *a, const char *group, size_t len,
			       const struct web_request *req,
			       const json_t *effect, struct web_reply *reply)
{
	CLEANUP(free_ptr) char *name = xstrndup(group, len);
	const json_t *members = json_object_get(a->groups, name);
	struct azure_position at = azure_position_of(a, req), next;
	size_t n = json_array_size(members), end;
	struct strbuf *sb = &reply->body;

	if (!members) {
		azure_arm_error(reply, "not-found");
		return;
	}
	end = MIN(n, at.place + a->subscription_page);
	next = (struct azure_position){ end, at.listing };
	web_reply_header(reply, "Content-Type",
			 "application/json; charset=utf-8");
	strbuf_addstr(sb, "{\"value\":[");
	for (size_t i = at.place; i < end; i++) {
		size_t sub =
			(size_t)json_integer_value(json_array_get(members, i));
		json_t *one = describe_subscription(a, sub, name);
		CLEANUP(free_ptr) char *text = jsonx_dump(one);

		json_decref(one);
		strbuf_addf(sb, "%s%s", i > at.place ? "," : "", text);
	}
	strbuf_addch(sb, ']');
	azure_add_next_link(sb, a, req, effect, "nextLink",
			    end < n ? &next : NULL);
	strbuf_addch(sb, '}');
}

struct row {
	char *id;
	size_t item;
};

static int compare_rows(const void *one, const void *two)
{
	const struct row *a = one, *b = two;

	return strcasecmp(a->id, b->id);
}

static bool is_asked_for(const struct azure *a, size_t item,
			 const json_t *subscriptions)
{
	char id[ESTATE_GUID_SIZE];
	json_t *one;
	size_t i;

	estate_sub_id(a->estate, item % estate_n_subs(a->estate), id);
	json_array_foreach(subscriptions, i,
			   one) if (strcasecmp(json_string_value(one), id) ==
				    0) return true;
	return !subscriptions;
}

/* Alerts by id, kept until something changes. */
static void find_rows(struct azure *a, const json_t *subscriptions)
{
	struct azure_order *o = &a->arm_order;
	size_t n = estate_n_alerts(a->estate);
	CLEANUP(free_ptr)
	char *key = subscriptions ? jsonx_dump(subscriptions) : xstrdup("");
	CLEANUP(free_ptr) struct row *rows = NULL;

	if (azure_order_is(o, key, a->generation))
		return;
	rows = xreallocarray(NULL, n + 1, sizeof(*rows));
	o->items = xreallocarray(NULL, n + 1, sizeof(*o->items));
	for (size_t i = 0; i < n; i++) {
		if (!is_asked_for(a, i, subscriptions))
			continue;
		rows[o->n].item = i;
		rows[o->n++].id = estate_id(a->estate, i);
	}
	qsort(rows, o->n, sizeof(*rows), compare_rows);
	for (size_t i = 0; i < o->n; i++) {
		o->items[i] = rows[i].item;
		free(rows[i].id);
	}
}

/* The columns of the usual projection. */
static json_t *row_of(const struct azure *a, size_t item, unsigned first_id)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	CLEANUP(jsonx_unref) json_t *alert = NULL;
	struct err err = ERR_INIT;
	char sub[ESTATE_GUID_SIZE];

	(void)estate_render(a->estate, item, first_id, &sb);
	alert = jsonx_parse(sb.buf, sb.len, 0, &err);
	estate_sub_id(a->estate, item % estate_n_subs(a->estate), sub);
	return json_pack("{s:O, s:O, s:s, s:s, s:s, s:O}", "id",
			 json_object_get(alert, "id"), "name",
			 json_object_get(alert, "name"), "type",
			 "microsoft.security/locations/alerts", "tenantId",
			 AZURE_TENANT, "subscriptionId", sub, "properties",
			 json_object_get(alert, "properties"));
}

static json_t *rows_of(struct azure *a, size_t from, size_t end)
{
	json_t *data = json_array();

	for (size_t i = from; i < end; i++)
		json_array_append_new(data, row_of(a, a->arm_order.items[i],
						   (unsigned)(i - from) * 20));
	return data;
}

static void answer_resources(struct azure *a, const struct web_request *req,
			     const json_t *effect, struct web_reply *reply)
{
	struct err err = ERR_INIT;
	CLEANUP(jsonx_unref)
	json_t *body = jsonx_parse(req->body, req->body_len, 0, &err);
	const char *query = jsonx_str(body, "query");
	const json_t *options = json_object_get(body, "options");
	const char *token = jsonx_str(options, "$skipToken");
	size_t from = token ? strtoull(token, NULL, 10) : 0;
	size_t top = (size_t)fault_int(options, "$top", TOP_DEFAULT);
	size_t n, end;
	bool more, ordered;
	json_t *answer;

	web_reply_header(reply, "x-ms-user-quota-remaining", "14");
	web_reply_header(reply, "x-ms-user-quota-resets-after", "00:00:05");
	if (!query || top < 1 || top > TOP_MAX ||
	    !strcasestr(query, "securityresources")) {
		azure_arm_error(reply, "bad-query");
		return;
	}
	find_rows(a, json_object_get(body, "subscriptions"));
	n = a->arm_order.n;
	from = MIN(from, n);
	end = MIN(n, from + MIN(top, a->page));
	more = end < n;
	/* Without them the rest is lost without a word. */
	ordered = strcasestr(query, "project id") &&
		  strcasestr(query, "order by id");
	answer = json_pack("{s:I, s:I, s:s, s:[], s:o}", "totalRecords",
			   (json_int_t)n, "count", (json_int_t)(end - from),
			   "resultTruncated", more ? "true" : "false", "facets",
			   "data", rows_of(a, from, end));
	if (more && ordered && !jsonx_bool(effect, "truncated"))
		json_object_set_new(answer, "$skipToken",
				    json_sprintf("%zu", end));
	web_reply_json(reply, 200, answer);
}

bool azure_answer_tenant(struct azure *a, const struct web_request *req,
			 const json_t *effect, struct web_reply *reply)
{
	static const char groups[] =
		"/providers/Microsoft.Management/managementGroups/";
	static const char descendants[] = "/descendants";
	const char *path = req->path;
	size_t len = strlen(path), n = strlen(groups);
	size_t tail = strlen(descendants);

	if (strcasecmp(path, "/providers/Microsoft.ResourceGraph/resources") ==
		    0 &&
	    strcmp(req->method, "POST") == 0) {
		answer_resources(a, req, effect, reply);
		return true;
	}
	if (strcmp(req->method, "GET") != 0)
		return false;
	if (strcasecmp(path, "/tenants") == 0) {
		answer_tenants(reply);
		return true;
	}
	if (len <= n + tail || strncasecmp(path, groups, n) != 0 ||
	    strcasecmp(path + len - tail, descendants) != 0)
		return false;
	answer_descendants(a, path + n, len - n - tail, req, effect, reply);
	return true;
}
