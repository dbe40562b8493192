/*
 * The fake of Microsoft Entra sign-in and of Azure Resource Manager with
 * Defender for Cloud: POST /{tenant}/oauth2/v2.0/token, GET /subscriptions,
 * GET /subscriptions/{id}/providers/Microsoft.Security/alerts.
 *
 * Its script, beside what fault.h and estate.h say (a key of the estate without
 * "add" builds it anew, from that script alone):
 *   page             alerts of a page (100)
 *   subscription_page  subscriptions of a page (all)
 *   shuffle          true: another order in each listing
 *   repeat           so many alerts of a page come again on the next
 *   token            {expires_in, as_string, client_id, client_secret}; the
 *                    last two are checked when given
 *   revoke           true: no token issued so far is good any more
 *   add              so many new alerts, raised now (or at "base")
 *   set              [{index, status, severity}, ...]
 * Effects of its own, in a fault:
 *   aadsts           code of a sign-in error; arm: name of an ARM error (table
 *                    below); next_link: "self", "first", "none" or a URL;
 *   shape            "pascal", "no_value", "value_object", "bad_item"
 *   item             text of the bad item
 * Control: GET /_fake/state, GET /_fake/alerts.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fake/azure_priv.h"
#include "util/clock.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

static const struct {
	const char *name;
	int status;
	const char *code, *text;
	const char *header; /* "Name: value\r\n" or NULL */
} arm_errors[] = {
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
	{ "no-version", 400, "MissingApiVersionParameter",
	  "The api-version query parameter (?api-version=) is required for all "
	  "requests.",
	  NULL },
};

void azure_arm_error(struct web_reply *reply, const char *name)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(arm_errors) &&
	       strcmp(arm_errors[i].name, name) != 0)
		i++;
	if (i == ARRAY_SIZE(arm_errors))
		peer_die("script: no ARM error \"%s\"", name);
	strbuf_reset(&reply->headers);
	if (arm_errors[i].header)
		strbuf_addstr(&reply->headers, arm_errors[i].header);
	web_reply_json(reply, arm_errors[i].status,
		       json_pack("{s:{s:s, s:s}}", "error", "code",
				 arm_errors[i].code, "message",
				 arm_errors[i].text));
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
	if (strcasecmp(req->path, "/subscriptions") == 0) {
		azure_answer_subscriptions(a, req, effect, reply);
		return;
	}
	rest = split_subscription(a, req->path, &sub);
	if (!rest || sub == estate_n_subs(a->estate) ||
	    strcasecmp(rest, "/providers/Microsoft.Security/alerts") != 0) {
		azure_arm_error(reply, "not-found");
		return;
	}
	azure_answer_alerts(a, sub, req, effect, reply);
}

static void answer(void *arg, const struct web_request *req,
		   const json_t *effect, struct web_reply *reply)
{
	struct azure *a = arg;
	const char *arm_error = jsonx_str(effect, "arm");
	size_t len = strlen(req->path);

	if (len > 18 &&
	    strcmp(req->path + len - 18, "/oauth2/v2.0/token") == 0) {
		azure_answer_token(a, req, effect, reply);
		return;
	}
	a->n_arm_requests++;
	web_reply_header(reply, "x-ms-request-id",
			 "5d3a0c1e-0000-4000-8000-00000000fa4e");
	if (arm_error)
		azure_arm_error(reply, arm_error);
	else if (!azure_token_is_good(a, web_header(req, "authorization")))
		azure_arm_error(reply, "bad-token");
	else if (strcmp(req->method, "GET") != 0)
		reply->status = 405;
	else
		answer_arm(a, req, effect, reply);
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

static void control(void *arg, const struct web_request *req,
		    const json_t *effect, struct web_reply *reply)
{
	const struct azure *a = arg;
	json_t *list;

	(void)effect;
	if (strcmp(req->path, "/_fake/state") == 0) {
		web_reply_json(reply, 200,
			       json_pack("{s:I, s:I, s:I, s:o}",
					 "token_requests", a->n_token_requests,
					 "arm_requests", a->n_arm_requests,
					 "alerts",
					 (json_int_t)estate_n_alerts(a->estate),
					 "subscriptions",
					 describe_subscriptions(a)));
		return;
	}
	if (strcmp(req->path, "/_fake/alerts") != 0) {
		reply->status = 404;
		return;
	}
	list = json_array();
	for (size_t i = 0; i < estate_n_alerts(a->estate); i++)
		json_array_append_new(list, estate_describe(a->estate, i));
	web_reply_json(reply, 200, list);
}

static void build_estate(struct azure *a, const json_t *script)
{
	static const char *const keys[] = { "seed",	"subscriptions",
					    "alerts",	"base",
					    "spread_s", "severities",
					    "status" };
	bool anew = !a->estate;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (json_object_get(script, keys[i]) &&
		    !json_object_get(script, "add"))
			anew = true;
	if (!anew)
		return;
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
	json_array_foreach(json_object_get(script, "set"), i, change)
		estate_set(a->estate, (size_t)fault_int(change, "index", 0),
			   jsonx_str(change, "status"),
			   jsonx_str(change, "severity"));
}

static void take_script(void *arg, const json_t *script)
{
	struct azure *a = arg;
	json_t *shuffle = json_object_get(script, "shuffle");
	json_t *token = json_object_get(script, "token");

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
	if (token) {
		json_decref(a->token);
		a->token = json_incref(token);
	}
	if (json_is_true(json_object_get(script, "revoke")))
		a->n_tokens = 0;
}

int main(int argc, char **argv)
{
	struct peer peer;
	struct azure a = { .page = 100, .subscription_page = 1000 };
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
