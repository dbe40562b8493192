/*
 * The fake of Microsoft's cloud, one estate behind several doors:
 *   sign-in         POST /{tenant}/oauth2/v2.0/token; GET /metadata/identity/
 *                   oauth2/token (a machine's, Azure Arc's); POST /MSI/token
 *   Resource Manager  /subscriptions, /subscriptions/{id}/providers/
 *                   Microsoft.Security/alerts and what azure_posture.c has,
 *                   /tenants, descendants of management groups, POST
 *                   Microsoft.ResourceGraph/resources
 *   Graph           /v1.0/security/alerts_v2, incidents, POST runHuntingQuery,
 *                   POST /v1.0/users/{mailbox}/sendMail (MIME)
 *   changes         of all of them: azure_actions.c
 *   Cloud Apps      POST /api/v1/alerts/, POST /api/v1/activities/
 * Graph shows the alerts of Resource Manager as "dc" and their name, those of
 * Cloud Apps as "ca" and their _id.
 *
 * Its script, beside what fault.h, estate.h and xdr.h say (a key of an estate
 * without "add..." builds it anew, from that script alone):
 *   page             alerts of a page, at most (100)
 *   subscription_page  subscriptions of a page (all)
 *   shuffle          true: another order in each listing
 *   log_items        true: the log tells what each page of alerts held
 *   repeat           so many alerts of a page come again on the next
 *   skiptoken        true: Graph links by $skiptoken, not $skip
 *   token            {expires_in, as_string, client_id, client_secret,
 *                    certificate (PEM), federated (the assertion), legacy
 *                    (of Cloud Apps)}; checked when given
 *   claims           JSON text: only a token asked for with it is good; null
 *   arc              {key, file}: the metadata service is Azure Arc's
 *   states           {number of subscription: "Disabled"} ("Enabled")
 *   healthy          numbers of findings (azure_posture.c) that were mended
 *   groups           management groups {name: [number of subscription]}
 *   graph_per_minute, cloud_apps_per_minute   requests, then 429 (0, 30)
 *   users            accounts {name: {accountEnabled, mail, userType,
 *                    onPremisesSyncEnabled, administrator}, or null: none of
 *                    that name}; whoever is not named exists and is enabled
 *   activity_every_s  whoever is asked about did something so often (300)
 *   revoke           true: no token issued so far is good any more
 *   add, add_xdr, add_behaviors   so many new ones, raised now (or at "base")
 *   set, set_xdr     [{index, status, severity, still, updated}, ...]
 * Effects of its own, in a fault:
 *   aadsts           code of a sign-in error (table in azure_token.c)
 *   identity, arm, graph, cloud_apps   name of an error of that door (tables)
 *   next_link        "self", "first", "none" or a URL
 *   shape            "pascal", "no_value", "value_object", "bad_item", "endless"
 *                    (behind the last page come empty ones)
 *   item             text of the bad item
 *   truncated        true: Resource Graph gives no token for the rest
 * Control: GET /_fake/state, /_fake/alerts (in short), /_fake/arm,
 * /_fake/graph, /_fake/incidents, /_fake/cloud_apps, /_fake/behaviors (all of
 * it, as the door would show it), /_fake/mails (what sendMail accepted),
 * /_fake/actions (each change that was asked for: method, target, body,
 * status).
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fake/azure_priv.h"
#include "fake/fault.h"
#include "util/clock.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

static const struct azure_error arm_errors[] = {
	{ "forbidden", 403, "AuthorizationFailed",
	  "The client '11111111-2222-4333-8444-555555555555' with object id "
	  "'11111111-2222-4333-8444-555555555555' does not have authorization "
	  "to perform action 'Microsoft.Security/alerts/read' over scope.",
	  NULL },
	{ "not-registered", 404, "Subscription Not Registered",
	  "Please register to Microsoft.Security in order to view your "
	  "security "
	  "status",
	  NULL },
	{ "no-alert", 404, "ResourceNotFound", "The alert could not be found.",
	  NULL },
	{ "not-found", 404, "SubscriptionNotFound",
	  "The subscription could not be found.", NULL },
	{ "throttled", 429, "ResourceRequestsThrottled",
	  "Number of requests for action 'Microsoft.Security/alerts/read' "
	  "exceeded the limit of '750' for time interval '01:00:00'. Please "
	  "try "
	  "again after '1' seconds.",
	  "Retry-After: 1\r\n" },
	{ "server-error", 500, "InternalServerError",
	  "Encountered internal server error.",
	  "x-ms-failure-cause: service\r\n" },
	{ "unavailable", 503, "ServerBusy", "The server is busy.",
	  "Retry-After: 1\r\n" },
	{ "expired-token", 401, "ExpiredAuthenticationToken",
	  "The access token expiry UTC time is earlier than current UTC time.",
	  "WWW-Authenticate: Bearer authorization_uri=\"https://login.example."
	  "org/\", error=\"invalid_token\", error_description=\"The access "
	  "token has expired.\"\r\n" },
	{ "bad-token", 401, "InvalidAuthenticationToken",
	  "The access token is invalid.",
	  "WWW-Authenticate: Bearer authorization_uri=\"https://login.example."
	  "org/\", error=\"invalid_token\"\r\n" },
	{ "insufficient-claims", 401, "InvalidAuthenticationToken",
	  "Continuous access evaluation resulted in a challenge.", NULL },
	{ "no-version", 400, "MissingApiVersionParameter",
	  "The api-version query parameter (?api-version=) is required for all "
	  "requests.",
	  NULL },
	{ "bad-query", 400, "BadRequest",
	  "Please provide below info when asking for support.", NULL },
};

void azure_arm_error(struct web_reply *reply, const char *name)
{
	const struct azure_error *e =
		azure_error_find(arm_errors, ARRAY_SIZE(arm_errors), name);

	strbuf_reset(&reply->headers);
	if (e->header)
		strbuf_addstr(&reply->headers, e->header);
	web_reply_json(reply, e->status,
		       json_pack("{s:{s:s, s:s}}", "error", "code", e->code,
				 "message", e->text));
}

/* "/subscriptions/{id}" REST: the subscription and REST, or NULL. */
static const char *split_subscription(const struct azure *a, const char *path,
				      size_t *ret_sub)
{
	static const char prefix[] = "/subscriptions/";
	const char *id = path + strlen(prefix);
	size_t len;

	if (strncasecmp(path, prefix, strlen(prefix)) != 0)
		return NULL;
	len = strcspn(id, "/");
	*ret_sub = estate_find_sub(a->estate, id, len);
	return id + len;
}

static void answer_arm(struct azure *a, const struct web_request *req,
		       const json_t *effect, struct web_reply *reply)
{
	CLEANUP(free_ptr) char *version = web_param(req->query, "api-version");
	const char *rest;
	size_t sub;

	if (!version) {
		azure_arm_error(reply, "no-version");
		return;
	}
	if (azure_answer_tenant(a, req, effect, reply) ||
	    azure_answer_arm_alert(a, req, reply))
		return;
	if (strcmp(req->method, "GET") != 0) {
		reply->status = 405;
		return;
	}
	if (strcasecmp(req->path, "/subscriptions") == 0) {
		azure_answer_subscriptions(a, req, effect, reply);
		return;
	}
	rest = split_subscription(a, req->path, &sub);
	if (!rest || sub == estate_n_subs(a->estate))
		azure_arm_error(reply, "not-found");
	else if (strcasecmp(rest, "/providers/Microsoft.Security/alerts") == 0)
		azure_answer_alerts(a, sub, req, effect, reply);
	else if (!azure_answer_posture(a, sub, rest, req, effect, reply))
		azure_arm_error(reply, "not-found");
}

static void answer_resource_manager(struct azure *a,
				    const struct web_request *req,
				    const json_t *effect,
				    struct web_reply *reply)
{
	const char *arm_error = jsonx_str(effect, "arm");
	const struct issued_token *token =
		azure_token_find(a, web_header(req, "authorization"),
				 AUDIENCE_ANY);

	a->n_arm_requests++;
	web_reply_header(reply, "x-ms-request-id",
			 "5d3a0c1e-0000-4000-8000-00000000fa4e");
	if (arm_error) {
		azure_arm_error(reply, arm_error);
	} else if (!token) {
		azure_arm_error(reply, "bad-token");
	} else if (a->claims && !token->has_claims) {
		azure_arm_error(reply, "insufficient-claims");
		azure_challenge(a, reply);
	} else {
		answer_arm(a, req, effect, reply);
	}
}

static void answer(void *arg, const struct web_request *req,
		   const json_t *effect, struct web_reply *reply)
{
	static const char sign_in[] = "/oauth2/v2.0/token";
	struct azure *a = arg;
	size_t len = strlen(req->path), tail = strlen(sign_in);

	if (len > tail && strcmp(req->path + len - tail, sign_in) == 0)
		azure_answer_token(a, req, effect, reply);
	else if (azure_answer_identity(a, req, effect, reply))
		return;
	else if (strncmp(req->path, "/v1.0/", 6) == 0)
		azure_answer_graph(a, req, effect, reply);
	else if (strncmp(req->path, "/api/v1/", 8) == 0 ||
		 strncmp(req->path, "/cas/api/v1/", 12) == 0)
		azure_answer_cloud_apps(a, req, effect, reply);
	else
		answer_resource_manager(a, req, effect, reply);
}

static json_t *describe_subscriptions(const struct azure *a)
{
	json_t *list = json_array();

	for (size_t s = 0; s < estate_n_subs(a->estate); s++) {
		char id[ESTATE_GUID_SIZE];

		estate_sub_id(a->estate, s, id);
		json_array_append_new(list, json_string(id));
	}
	return list;
}

static json_t *describe_state(const struct azure *a)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}",
			 "token_requests", a->n_token_requests,
			 "identity_requests", a->n_identity_requests,
			 "arm_requests", a->n_arm_requests, "graph_refused",
			 a->graph_meter.n_refused, "cloud_apps_refused",
			 a->cloud_apps_meter.n_refused, "alerts",
			 (json_int_t)estate_n_alerts(a->estate), "xdr",
			 (json_int_t)xdr_n_alerts(a->xdr), "behaviors",
			 (json_int_t)xdr_n_behaviors(a->xdr), "subscriptions",
			 describe_subscriptions(a), "sign_ins",
			 a->sign_ins ? json_incref(a->sign_ins) : json_array());
}

/* @list: of Graph; NULL: the alerts of Resource Manager. */
static void list_text(const struct azure *a, const struct azure_list *list,
		      struct web_reply *reply)
{
	static const struct azure_view all = { true, true };
	size_t n = list ? list->count(a) : estate_n_alerts(a->estate);

	strbuf_addch(&reply->body, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			strbuf_addch(&reply->body, ',');
		if (list)
			list->render(a, i, &all, &reply->body);
		else
			(void)estate_render(a->estate, i, 1, &reply->body);
	}
	strbuf_addch(&reply->body, ']');
}

static json_t *list_of(const struct azure *a, const char *what)
{
	json_t *list = json_array();

	if (strcmp(what, "alerts") == 0)
		for (size_t i = 0; i < estate_n_alerts(a->estate); i++)
			json_array_append_new(list,
					      estate_describe(a->estate, i));
	else if (strcmp(what, "cloud_apps") == 0)
		for (size_t i = 0; i < xdr_n_alerts(a->xdr); i++) {
			const char *prefix = xdr_product_of(a->xdr, i)->prefix;

			if (strcmp(prefix, "ca") == 0)
				json_array_append_new(
					list, xdr_cloud_apps_alert(a->xdr, i));
		}
	else if (strcmp(what, "behaviors") == 0)
		for (size_t i = 0; i < xdr_n_behaviors(a->xdr); i++) {
			json_t *rows = xdr_behavior_rows(a->xdr, i, true);

			json_array_extend(list, rows);
			json_decref(rows);
		}
	else
		json_array_append_new(list, json_string("no such list"));
	return list;
}

static void control(void *arg, const struct web_request *req,
		    const json_t *effect, struct web_reply *reply)
{
	const struct azure *a = arg;
	const char *what = req->path + strlen("/_fake/");

	(void)effect;
	if (strcmp(what, "state") == 0)
		web_reply_json(reply, 200, describe_state(a));
	else if (strcmp(what, "arm") == 0)
		list_text(a, NULL, reply);
	else if (strcmp(what, "graph") == 0)
		list_text(a, &azure_graph_alerts, reply);
	else if (strcmp(what, "mails") == 0)
		web_reply_json(reply, 200,
			       a->mails ? json_incref(a->mails) : json_array());
	else if (strcmp(what, "actions") == 0)
		web_reply_json(reply, 200,
			       a->actions ? json_incref(a->actions)
					  : json_array());
	else if (strcmp(what, "incidents") == 0)
		list_text(a, &azure_graph_incidents, reply);
	else
		web_reply_json(reply, 200, list_of(a, what));
}

static void build_estate(struct azure *a, const json_t *script)
{
	static const char *const keys[] = { "seed",	 "subscriptions",
					    "alerts",	 "base",
					    "spread_s",	 "severities",
					    "status",	 "xdr",
					    "behaviors", "products" };
	static const char *const adds[] = { "add", "add_xdr", "add_behaviors" };
	bool anew = !a->estate;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		anew = anew || json_object_get(script, keys[i]);
	for (size_t i = 0; i < ARRAY_SIZE(adds); i++)
		if (a->estate && json_object_get(script, adds[i]))
			anew = false;
	if (!anew)
		return;
	a->xdr = xdr_free(a->xdr);
	a->xdr = xdr_new(script);
	a->estate = estate_free(a->estate);
	a->estate = estate_new(script);
}

static void change_estate(struct azure *a, const json_t *script)
{
	const char *base = jsonx_str(script, "base");
	int64_t base_ms = clock_wall_ms();
	json_t *change;
	size_t i;

	if (base && timefmt_parse(base, strlen(base), &base_ms) != 1)
		peer_die("script: base is no time: %s", base);
	estate_add(a->estate, (size_t)fault_int(script, "add", 0), base_ms);
	xdr_add(a->xdr, (size_t)fault_int(script, "add_xdr", 0), base_ms);
	xdr_add_behaviors(a->xdr, (size_t)fault_int(script, "add_behaviors", 0),
			  base_ms);
	json_array_foreach(json_object_get(script, "set"), i, change)
		estate_set(a->estate, change);
	json_array_foreach(json_object_get(script, "set_xdr"), i, change)
		xdr_set(a->xdr, change);
	a->generation++;
}

/* Keep a value of the script; null takes it away. */
static void keep(json_t **kept, const json_t *script, const char *name)
{
	json_t *value = json_object_get(script, name);

	if (!value)
		return;
	json_decref(*kept);
	*kept = json_is_null(value) ? NULL : json_incref(value);
}

static void take_kept(struct azure *a, const json_t *script)
{
	keep(&a->token, script, "token");
	keep(&a->arc, script, "arc");
	keep(&a->groups, script, "groups");
	keep(&a->states, script, "states");
	keep(&a->healthy, script, "healthy");
	keep(&a->users, script, "users");
	if (json_object_get(script, "claims")) {
		free(a->claims);
		a->claims = xstrdup(jsonx_str(script, "claims"));
	}
	if (json_is_true(json_object_get(script, "revoke")))
		a->n_tokens = 0;
}

static void take_script(void *arg, const json_t *script)
{
	struct azure *a = arg;
	json_t *skiptoken = json_object_get(script, "skiptoken");
	json_t *shuffle = json_object_get(script, "shuffle");
	json_t *log_items = json_object_get(script, "log_items");

	build_estate(a, script);
	change_estate(a, script);
	a->page = (size_t)fault_int(script, "page", (json_int_t)a->page);
	a->subscription_page =
		(size_t)fault_int(script, "subscription_page",
				  (json_int_t)a->subscription_page);
	a->repeat = (size_t)fault_int(script, "repeat", (json_int_t)a->repeat);
	if (a->page == 0 || a->repeat >= a->page)
		peer_die("script: page must be larger than repeat");
	if (shuffle)
		a->shuffle = json_is_true(shuffle);
	if (log_items)
		a->log_items = json_is_true(log_items);
	if (skiptoken)
		a->skiptoken = json_is_true(skiptoken);
	a->graph_meter.per_minute = fault_int(script, "graph_per_minute",
					      a->graph_meter.per_minute);
	a->activity_every_s =
		fault_int(script, "activity_every_s", a->activity_every_s);
	a->cloud_apps_meter.per_minute =
		fault_int(script, "cloud_apps_per_minute",
			  a->cloud_apps_meter.per_minute);
	take_kept(a, script);
}

int main(int argc, char **argv)
{
	struct peer peer;
	struct azure a = { .page = 100,
			   .subscription_page = 1000,
			   .activity_every_s = 300,
			   .cloud_apps_meter = { .per_minute = 30 } };
	struct web web = {
		.peer = &peer,
		.answer = answer,
		.control = control,
		.on_script = take_script,
		.arg = &a,
	};

	peer_open(&peer, argc, argv);
	a.tls = peer.tls != NULL;
	if (!peer.script)
		peer.script = json_object();
	(void)web_start(&web, "PORT", peer.port);
	peer_run(&peer);
}
