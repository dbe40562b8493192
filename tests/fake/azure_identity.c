/*
 * How a machine of the fake cloud gets a token without any secret: the instance
 * metadata service, Azure Arc's agent, and the endpoint azure-cli 2.45 asks.
 * Called by fake_azure.c. Numbers are text here, as in the real answers.
 */
#include "fake/azure_priv.h"

#include <stdlib.h>
#include <string.h>

#include "fake/fault.h"
#include "util/clock.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

static const struct azure_error errors[] = {
	{ "no-identity", 400, "invalid_request", "Identity not found", NULL },
	{ "not-metadata", 400, "invalid_request",
	  "Required metadata header not specified", NULL },
	{ "unknown-id", 400, "invalid_request",
	  "No identity with this client id", NULL },
	{ "no-resource", 400, "invalid_resource", "resource is required",
	  NULL },
	{ "bad-key", 401, "invalid_request", "The key is not right", NULL },
	{ "updating", 410, "gone", "The service is updating", NULL },
	{ "starting", 404, "not_found", "The service is starting", NULL },
	{ "throttled", 429, "too_many_requests", "Too many requests", NULL },
	{ "server-error", 500, "unknown", "Failed to retrieve token", NULL },
};

static void say_no(struct web_reply *reply, const char *name)
{
	const struct azure_error *e =
		azure_error_find(errors, ARRAY_SIZE(errors), name);

	web_reply_json(reply, e->status,
		       json_pack("{s:s, s:s}", "error", e->code,
				 "error_description", e->text));
}

static void hand_out(struct azure *a, const char *resource,
		     struct web_reply *reply)
{
	json_int_t life = fault_int(a->token, "expires_in", 3599);
	json_int_t now = clock_wall_ms() / 1000;
	CLEANUP(free_ptr) char *token = azure_issue(a, life, resource, false);

	web_reply_json(reply, 200,
		       json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:s}",
				 "access_token", token, "refresh_token", "",
				 "expires_in",
				 json_sprintf("%lld", (long long)life),
				 "expires_on",
				 json_sprintf("%lld", (long long)(now + life)),
				 "not_before",
				 json_sprintf("%lld", (long long)now),
				 "ext_expires_in",
				 json_sprintf("%lld", (long long)life),
				 "resource", resource, "token_type", "Bearer"));
}

/* Arc: the first answer names a file only the machine's users can read. */
static bool holds_key(const struct azure *a, const struct web_request *req,
		      struct web_reply *reply)
{
	const char *authorization = web_header(req, "authorization");
	const char *key = jsonx_str(a->arc, "key");
	const char *file = jsonx_str(a->arc, "file");

	if (!key || !file)
		peer_die("script: arc needs key and file");
	if (authorization && strncmp(authorization, "Basic ", 6) == 0 &&
	    strcmp(authorization + 6, key) == 0)
		return true;
	say_no(reply, "bad-key");
	strbuf_addf(&reply->headers, "WWW-Authenticate: Basic realm=%s\r\n",
		    file);
	return false;
}

static void answer_get(struct azure *a, const struct web_request *req,
		       struct web_reply *reply)
{
	CLEANUP(free_ptr) char *resource = web_param(req->query, "resource");
	CLEANUP(free_ptr) char *id = web_param(req->query, "client_id");
	CLEANUP(free_ptr) char *version = web_param(req->query, "api-version");
	const char *metadata = web_header(req, "metadata");
	const char *want_id = jsonx_str(a->token, "client_id");

	/* A proxy on the way would hand the token to others. */
	if (!metadata || strcmp(metadata, "true") != 0 ||
	    web_header(req, "x-forwarded-for"))
		say_no(reply, "not-metadata");
	else if (!resource || !version)
		say_no(reply, "no-resource");
	else if (id && want_id && strcmp(id, want_id) != 0)
		say_no(reply, "unknown-id");
	else if (!a->arc || holds_key(a, req, reply))
		hand_out(a, resource, reply);
}

bool azure_answer_identity(struct azure *a, const struct web_request *req,
			   const json_t *effect, struct web_reply *reply)
{
	bool get = strcmp(req->path, "/metadata/identity/oauth2/token") == 0 &&
		   strcmp(req->method, "GET") == 0;
	bool post = strcmp(req->path, "/MSI/token") == 0 &&
		    strcmp(req->method, "POST") == 0;
	const char *error = jsonx_str(effect, "identity");
	CLEANUP(free_ptr) char *resource = NULL;

	if (!get && !post)
		return false;
	a->n_identity_requests++;
	if (error) {
		say_no(reply, error);
	} else if (get) {
		answer_get(a, req, reply);
	} else {
		resource = web_param(req->body, "resource");
		if (resource)
			hand_out(a, resource, reply);
		else
			say_no(reply, "no-resource");
	}
	return true;
}
