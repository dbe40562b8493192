/*
 * Graph of the fake cloud: GET /v1.0/security/alerts_v2 over the alerts of
 * Defender for Cloud and of the other products, GET /v1.0/security/incidents
 * (azure_incidents.c), and the way to the hunting tables. Called by
 * fake_azure.c.
 */
#include "fake/azure_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fake/azure_filter.h"
#include "fake/fault.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define TOP_MAX 2000

static const struct azure_error errors[] = {
	{ "unauthorized", 401, "InvalidAuthenticationToken",
	  "Access token has expired or is not yet valid.",
	  "WWW-Authenticate: Bearer realm=\"\", authorization_uri=\"https://"
	  "login.example.org/common/oauth2/authorize\"\r\n" },
	{ "insufficient-claims", 401, "InvalidAuthenticationToken",
	  "Continuous access evaluation resulted in a challenge.", NULL },
	{ "forbidden", 403, "Forbidden",
	  "Missing application roles. API required roles: "
	  "SecurityAlert.Read.All, application roles: .",
	  NULL },
	{ "throttled", 429, "TooManyRequests",
	  "Too many requests. Retry later.", "Retry-After: 1\r\n" },
	{ "throttled-silently", 429, "TooManyRequests",
	  "Too many requests. Retry later.", NULL },
	{ "bad-request", 400, "BadRequest", "Invalid filter clause.", NULL },
	{ "not-found", 404, "ResourceNotFound", "Resource not found.", NULL },
	{ "denied", 403, "Authorization_RequestDenied",
	  "Insufficient privileges to complete the operation.", NULL },
	{ "no-mime", 400, "ErrorMimeContentInvalidBase64String",
	  "Invalid base64 string for MIME content.", NULL },
	{ "send-denied", 403, "ErrorAccessDenied",
	  "Access is denied. Check credentials and try again.", NULL },
	{ "bad-recipient", 400, "ErrorInvalidRecipients",
	  "At least one recipient is not valid.", NULL },
	{ "server-error", 500, "InternalServerError", "Internal error.", NULL },
	{ "unavailable", 503, "ServiceUnavailable", "Try again.",
	  "Retry-After: 1\r\n" },
	{ "gateway-timeout", 504, "GatewayTimeout", "Upstream timed out.",
	  NULL },
};

void azure_graph_error(struct web_reply *reply, const char *name)
{
	const struct azure_error *e =
		azure_error_find(errors, ARRAY_SIZE(errors), name);

	strbuf_reset(&reply->headers);
	if (e->header)
		strbuf_addstr(&reply->headers, e->header);
	web_reply_json(reply, e->status,
		       json_pack("{s:{s:s, s:s, s:{s:s, s:s, s:s}}}", "error",
				 "code", e->code, "message", e->text,
				 "innerError", "date", "2026-01-01T00:00:00",
				 "request-id",
				 "8a1f0000-fa4e-4000-8000-000000000003",
				 "client-request-id",
				 "8a1f0000-fa4e-4000-8000-000000000004"));
}

static size_t count_alerts(const struct azure *a)
{
	return estate_n_alerts(a->estate) + xdr_n_alerts(a->xdr);
}

static const char *severity_word(const char *arm)
{
	static const char *const words[][2] = {
		{ "High", "high" },
		{ "Medium", "medium" },
		{ "Low", "low" },
		{ "Informational", "informational" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(words[i][0], arm) == 0)
			return words[i][1];
	return "unknown";
}

static const char *status_word(const char *arm)
{
	if (strcasecmp(arm, "Active") == 0)
		return "new";
	return strcasecmp(arm, "InProgress") == 0 ? "inProgress" : "resolved";
}

/* An alert of Defender for Cloud: "dc" before the id it has there. */
static void render_estate(const struct azure *a, size_t index, bool later,
			  struct strbuf *sb)
{
	CLEANUP(strbuf_release) struct strbuf arm = STRBUF_INIT;
	CLEANUP(jsonx_unref) json_t *alert = NULL;
	CLEANUP(jsonx_unref) json_t *graph = NULL;
	CLEANUP(free_ptr) char *id = NULL;
	CLEANUP(free_ptr) char *text = NULL;
	const struct xdr_product *p = &xdr_defender_for_cloud;
	struct err err = ERR_INIT;
	char updated[XDR_ID_SIZE];
	const json_t *properties, *resource;

	(void)estate_render(a->estate, index, 1, &arm);
	alert = jsonx_parse(arm.buf, arm.len, 0, &err);
	properties = json_object_get(alert, "properties");
	if (!properties)
		peer_die("an alert of ours is no JSON: %s", err.text);
	resource = json_array_get(json_object_get(properties,
						  "resourceIdentifiers"),
				  0);
	id = xasprintf("dc%s", jsonx_str(alert, "name"));
	xdr_format_ticks(estate_updated_ticks(a->estate, index), updated);
	graph = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s,"
		" s:s, s:s, s:s, s:s, s:[{s:s, s:s, s:s, s:s, s:[s], s:s,"
		" s:s, s:s}]}",
		"@odata.type", "#microsoft.graph.security.alert", "id", id,
		"providerAlertId", jsonx_str(alert, "name"), "status",
		status_word(jsonx_str(properties, "status")), "severity",
		severity_word(jsonx_str(properties, "severity")),
		"serviceSource", later ? p->service : "unknownFutureValue",
		"detectionSource", later ? p->detection : "unknownFutureValue",
		"productName", p->name, "tenantId", AZURE_TENANT, "title",
		jsonx_str(properties, "alertDisplayName"), "description",
		jsonx_str(properties, "description"), "category",
		jsonx_str(properties, "intent"), "createdDateTime",
		jsonx_str(properties, "timeGeneratedUtc"), "lastUpdateDateTime",
		updated, "firstActivityDateTime",
		jsonx_str(properties, "startTimeUtc"), "lastActivityDateTime",
		jsonx_str(properties, "endTimeUtc"), "evidence", "@odata.type",
		"#microsoft.graph.security.azureResourceEvidence",
		"createdDateTime", updated, "verdict", "unknown",
		"remediationStatus", "none", "roles", "attacked", "resourceId",
		jsonx_str(resource, "azureResourceId"), "resourceName",
		jsonx_str(properties, "compromisedEntity"), "resourceType",
		"virtualMachine");
	text = graph ? jsonx_dump(graph) : NULL;
	if (!text)
		peer_die("cannot render an alert of Graph");
	strbuf_addstr(sb, text);
}

static void render_alert(const struct azure *a, size_t item,
			 const struct azure_view *v, struct strbuf *sb)
{
	size_t n = estate_n_alerts(a->estate);

	if (item < n)
		render_estate(a, item, v->later_members, sb);
	else
		xdr_render_graph(a->xdr, item - n, v->later_members, sb);
}

static void describe_alert(const struct azure *a, size_t item,
			   struct azure_filter_item *ret)
{
	size_t n = estate_n_alerts(a->estate), i = item - n;

	if (item < n)
		*ret = (struct azure_filter_item){
			xdr_defender_for_cloud.service,
			status_word(estate_status(a->estate, item)),
			severity_word(estate_severity(a->estate, item)),
			estate_raised_ms(a->estate, item) * XDR_TICKS_MS,
			estate_updated_ticks(a->estate, item)
		};
	else
		*ret = (struct azure_filter_item){
			xdr_product_of(a->xdr, i)->service,
			xdr_status(a->xdr, i), xdr_severity(a->xdr, i),
			xdr_created_ticks(a->xdr, i),
			xdr_updated_ticks(a->xdr, i)
		};
}

const struct azure_list azure_graph_alerts = { "/v1.0/security/alerts_v2",
					       count_alerts, describe_alert,
					       render_alert };

struct place {
	int64_t key;
	uint64_t tie;
	size_t item;
};

static int compare_places(const void *one, const void *two)
{
	const struct place *a = one, *b = two;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->tie < b->tie ? -1 : a->tie > b->tie;
}

/* The key to sort by; false when nobody can sort by @text. */
static bool sort_key(const char *text, const struct azure_filter_item *item,
		     int64_t *ret)
{
	static const char updated[] = "lastUpdateDateTime";
	static const char created[] = "createdDateTime";
	const char *way;
	bool is_updated;

	if (!text) {
		*ret = -item->created_ticks; /* newest first */
		return true;
	}
	is_updated = strncmp(text, updated, strlen(updated)) == 0;
	if (!is_updated && strncmp(text, created, strlen(created)) != 0)
		return false;
	way = text + (is_updated ? strlen(updated) : strlen(created));
	*ret = is_updated ? item->updated_ticks : item->created_ticks;
	if (strcmp(way, " desc") == 0)
		*ret = -*ret;
	else if (*way && strcmp(way, " asc") != 0)
		return false;
	return true;
}

/* What @filter lets through, in order. False: the order is not known. */
static bool fill_order(struct azure *a, const struct azure_list *list,
		       const struct azure_filter *filter, const char *orderby,
		       uint64_t listing)
{
	struct azure_order *o = &a->graph_order;
	size_t n = list->count(a);
	CLEANUP(free_ptr)
	struct place *places = xreallocarray(NULL, n + 1, sizeof(*places));
	struct azure_filter_item item;

	o->items = xreallocarray(NULL, n + 1, sizeof(*o->items));
	o->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct place *p = &places[o->n];

		list->describe(a, i, &item);
		if (!sort_key(orderby, &item, &p->key))
			return false;
		p->tie = a->shuffle ? azure_mix(i, listing) : i;
		p->item = i;
		/* Unordered, any order will do when it is shuffled. */
		if (a->shuffle && !orderby)
			p->key = 0;
		o->n += azure_filter_matches(filter, &item);
	}
	qsort(places, o->n, sizeof(*places), compare_places);
	for (size_t i = 0; i < o->n; i++)
		o->items[i] = places[i].item;
	return true;
}

static bool find_order(struct azure *a, const struct azure_list *list,
		       const struct web_request *req, uint64_t listing)
{
	CLEANUP(free_ptr) char *filter = web_param(req->query, "$filter");
	CLEANUP(free_ptr) char *orderby = web_param(req->query, "$orderby");
	CLEANUP(free_ptr)
	char *key = xasprintf("%s\n%s\n%s\n%llu", list->path,
			      filter ? filter : "", orderby ? orderby : "",
			      (unsigned long long)(a->shuffle ? listing : 0));
	struct azure_filter *f = filter ? azure_filter_new(filter) : NULL;
	bool ok = !filter || f;

	if (ok && !azure_order_is(&a->graph_order, key, a->generation)) {
		ok = fill_order(a, list, f, orderby, listing);
		if (!ok)
			(void)azure_order_is(&a->graph_order, "", 0);
	}
	azure_filter_free(f);
	return ok;
}

/* False: a query option this service does not have. */
static bool read_top(const struct azure *a, const struct web_request *req,
		     size_t *ret)
{
	CLEANUP(free_ptr) char *top = web_param(req->query, "$top");

	*ret = a->page;
	if (top)
		*ret = strtoull(top, NULL, 10);
	if (top && a->page < *ret)
		*ret = a->page; /* the script's page is the most it gives */
	return *ret >= 1 && *ret <= TOP_MAX;
}

static void add_items(struct azure *a, const struct azure_list *list,
		      const struct web_request *req, struct azure_position from,
		      size_t end, struct strbuf *sb)
{
	CLEANUP(free_ptr) char *expand = web_param(req->query, "$expand");
	const char *prefer = web_header(req, "prefer");
	const struct azure_view view = {
		.later_members =
			prefer &&
			strcasestr(prefer, "include-unknown-enum-members"),
		.expand = expand && strcmp(expand, "alerts") == 0,
	};

	for (size_t i = from.place; i < end; i++) {
		if (i > from.place)
			strbuf_addch(sb, ',');
		list->render(a, a->graph_order.items[i], &view, sb);
	}
}

static void add_bad(const json_t *effect, bool more, struct strbuf *sb)
{
	const char *shape = jsonx_str(effect, "shape");
	const char *item = jsonx_str(effect, "item");

	if (shape && strcmp(shape, "bad_item") == 0)
		strbuf_addf(sb, "%s%s",
			    item ? item
				 : "{\"id\":\"bad\",\"title\":\"\\ud800\"}",
			    more ? "," : "");
}

static void answer_list(struct azure *a, const struct azure_list *list,
			const struct web_request *req, const json_t *effect,
			struct web_reply *reply)
{
	CLEANUP(free_ptr) char *count = web_param(req->query, "$count");
	struct azure_position at = azure_position_of(a, req), next;
	struct strbuf *sb = &reply->body;
	const char *shape = jsonx_str(effect, "shape");
	size_t top, end, n;

	if (!read_top(a, req, &top) || !find_order(a, list, req, at.listing)) {
		azure_graph_error(reply, "bad-request");
		return;
	}
	n = a->graph_order.n;
	at.place = MIN(at.place, n);
	end = MIN(n, at.place + top);
	next = (struct azure_position){ end - MIN(a->repeat, end - at.place),
					at.listing };
	web_reply_header(reply, "Content-Type",
			 "application/json;odata.metadata=minimal;"
			 "odata.streaming=true;charset=utf-8");
	strbuf_addf(sb,
		    "{\"@odata.context\":\"https://graph.microsoft.com/"
		    "v1.0/$metadata#security/%s\"",
		    strrchr(list->path, '/') + 1);
	if (count && strcmp(count, "true") == 0)
		strbuf_addf(sb, ",\"@odata.count\":%zu", n);
	if (!shape || strcmp(shape, "no_value") != 0) {
		strbuf_addstr(sb, ",\"value\":[");
		add_bad(effect, at.place < end, sb);
		add_items(a, list, req, at, end, sb);
		strbuf_addch(sb, ']');
	}
	azure_add_next_link(sb, a, req, effect, "@odata.nextLink",
			    end < n ? &next : NULL);
	strbuf_addch(sb, '}');
}

/* What a GET of @path lists; NULL nothing. */
static const struct azure_list *list_at(const char *path)
{
	static const struct azure_list *const lists[] = {
		&azure_graph_alerts, &azure_graph_incidents
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (strcmp(path, lists[i]->path) == 0)
			return lists[i];
	return NULL;
}

void azure_answer_graph(struct azure *a, const struct web_request *req,
			const json_t *effect, struct web_reply *reply)
{
	const char *error = jsonx_str(effect, "graph");
	const struct issued_token *token =
		azure_token_find(a, web_header(req, "authorization"),
				 AUDIENCE_ANY);

	web_reply_header(reply, "request-id",
			 "8a1f0000-fa4e-4000-8000-000000000005");
	if (!azure_meter_take(&a->graph_meter)) {
		azure_graph_error(reply, "throttled");
	} else if (error) {
		azure_graph_error(reply, error);
	} else if (!token) {
		azure_graph_error(reply, "unauthorized");
	} else if (a->claims && !token->has_claims) {
		azure_graph_error(reply, "insufficient-claims");
		azure_challenge(a, reply);
	} else if (azure_answer_mail(a, req, reply) ||
		   azure_answer_user(a, req, reply) ||
		   azure_answer_alert(a, req, reply)) {
		return;
	} else if (list_at(req->path) && strcmp(req->method, "GET") == 0) {
		answer_list(a, list_at(req->path), req, effect, reply);
	} else if (strcmp(req->path, "/v1.0/security/runHuntingQuery") == 0 &&
		   strcmp(req->method, "POST") == 0) {
		azure_answer_hunting(a, req, reply);
	} else {
		azure_graph_error(reply, "not-found");
	}
}
