/*
 * Sign-in of the fake cloud: tokens that look and weigh like real ones, and
 * the error bodies of Entra. Called by fake_azure.c. What a client proves
 * itself with beside a secret is checked in azure_assertion.c.
 */
#include "fake/azure_priv.h"

#include <stdlib.h>
#include <string.h>

#include "fake/azure_words.h"
#include "fake/fault.h"
#include "util/clock.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

/* {"typ":"JWT","alg":"none"} */
#define TOKEN_HEAD "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0"
#define TOKEN_FILL 1000 /* real ones have 1 to 2 KB */
#define SIGN_INS_MAX 200
#define FOR_EVER_S ((json_int_t)1 << 40) /* still a number in ms */
#define CLOUD_APPS_ID "05a65629-4c1b-48c1-a78b-804c4abdd4af"

static const struct {
	json_int_t code;
	int status;
	const char *error, *text;
} sign_in_errors[] = {
	{ 7000215, 401, "invalid_client", "Invalid client secret provided." },
	{ 7000222, 401, "invalid_client",
	  "The provided client secret keys for app are expired." },
	{ 700016, 400, "unauthorized_client",
	  "Application was not found in the directory." },
	{ 7000112, 400, "unauthorized_client", "Application is disabled." },
	{ 90002, 400, "invalid_request", "Tenant not found." },
	{ 90038, 400, "invalid_request",
	  "The tenant is in another national cloud." },
	{ 900382, 400, "invalid_request",
	  "Confidential client is not supported in cross cloud request." },
	{ 500011, 400, "invalid_resource",
	  "The resource principal was not found in the tenant." },
	{ 50001, 400, "invalid_resource", "The resource was not found." },
	{ 70011, 400, "invalid_scope", "The provided scope is not valid." },
	{ 28002, 400, "invalid_scope",
	  "The value of the input parameter scope is not valid." },
	{ 7000218, 401, "invalid_client",
	  "The request body must contain client_assertion or client_secret." },
	{ 900144, 400, "invalid_request",
	  "The request body must contain the following parameter." },
	{ 9002313, 400, "invalid_request", "Request is malformed." },
	{ 50012, 401, "invalid_client", "Authentication failed: signature." },
	{ 700027, 401, "invalid_client",
	  "The certificate with this thumbprint is not registered." },
	{ 700024, 401, "invalid_client",
	  "Client assertion is not within its valid time range." },
	{ 7000229, 401, "invalid_client",
	  "The client application is missing service principal in the "
	  "tenant." },
	{ 53003, 400, "invalid_grant",
	  "Access has been blocked by Conditional Access policies." },
	{ 700211, 401, "invalid_client",
	  "No matching federated identity record found for the issuer." },
	{ 700213, 401, "invalid_client",
	  "No matching federated identity record found for the assertion." },
	{ 90006, 400, "temporarily_unavailable", "Try again." },
	{ 90012, 400, "temporarily_unavailable", "The request timed out." },
	{ 90024, 400, "temporarily_unavailable", "The budget was exceeded." },
	{ 90033, 400, "temporarily_unavailable",
	  "A transient error has occurred. Please try again." },
	{ 90090, 400, "temporarily_unavailable", "The service is busy." },
	{ 90055, 429, "temporarily_unavailable", "The tenant is throttled." },
};

static void sign_in_error(struct web_reply *reply, json_int_t code)
{
	CLEANUP(free_ptr) char *text = NULL;
	size_t i = 0;

	while (i < ARRAY_SIZE(sign_in_errors) && sign_in_errors[i].code != code)
		i++;
	if (i == ARRAY_SIZE(sign_in_errors))
		peer_die("script: no AADSTS%lld", (long long)code);
	text = xasprintf("AADSTS%lld: %s\r\nTrace ID: 8a1f0000-fa4e-4000-8000-"
			 "000000000001\r\nCorrelation ID: 8a1f0000-fa4e-4000-"
			 "8000-000000000002\r\nTimestamp: 2026-01-01 00:00:00Z",
			 (long long)code, sign_in_errors[i].text);
	web_reply_json(reply, sign_in_errors[i].status,
		       json_pack("{s:s, s:s, s:[I], s:s, s:s, s:s}", "error",
				 sign_in_errors[i].error, "error_description",
				 text, "error_codes", code, "timestamp",
				 "2026-01-01 00:00:00Z", "trace_id",
				 "8a1f0000-fa4e-4000-8000-000000000001",
				 "correlation_id",
				 "8a1f0000-fa4e-4000-8000-000000000002"));
}

/* 0, or the code of what is wrong with the form. */
static json_int_t check_form(const struct azure *a,
			     const struct web_request *req)
{
	CLEANUP(free_ptr) char *grant = web_param(req->body, "grant_type");
	CLEANUP(free_ptr) char *scope = web_param(req->body, "scope");
	CLEANUP(free_ptr) char *id = web_param(req->body, "client_id");
	CLEANUP(free_ptr) char *secret = web_param(req->body, "client_secret");
	CLEANUP(free_ptr)
	char *assertion = web_param(req->body, "client_assertion");
	const char *want_id = jsonx_str(a->token, "client_id");
	const char *want_secret = jsonx_str(a->token, "client_secret");

	if (!grant || strcmp(grant, "client_credentials") != 0 || !scope || !id)
		return 900144;
	if (want_id && strcmp(id, want_id) != 0)
		return 700016;
	if (assertion)
		return azure_check_assertion(a, req);
	if (!secret)
		return jsonx_str(a->token, "certificate") ? 7000218 : 900144;
	if (want_secret && strcmp(secret, want_secret) != 0)
		return 7000215;
	return 0;
}

char *azure_issue(struct azure *a, json_int_t expires_in, const char *scope,
		  bool has_claims)
{
	struct strbuf sb = STRBUF_INIT;
	CLEANUP(free_ptr)
	char *payload =
		xasprintf("{\"aud\":\"%s\",\"tid\":\"" AZURE_TENANT
			  "\",\"oid\":\"11111111-2222-4333-8444-"
			  "555555555555\",\"sub\":\"11111111-2222-4333-"
			  "8444-555555555555\",\"exp\":%lld}",
			  scope,
			  (long long)(clock_wall_ms() / 1000 + expires_in));
	CLEANUP(free_ptr)
	char *middle = azure_base64url(payload, strlen(payload));
	struct issued_token *t;

	GROW(a->tokens, a->n_tokens + 1, a->n_tokens_alloc);
	t = &a->tokens[a->n_tokens++];
	t->serial = ++a->last_serial;
	t->ends_mono_ms = clock_mono_ms() + MIN(expires_in, FOR_EVER_S) * 1000;
	t->audience = strstr(scope, CLOUD_APPS_ID) ? AUDIENCE_CLOUD_APPS
						   : AUDIENCE_ANY;
	t->has_claims = has_claims;
	/* Clients decode it: base64url has no text of 4n + 1 letters. */
	strbuf_addf(&sb, TOKEN_HEAD ".%s.%012llu", middle, t->serial);
	for (size_t i = 0; i < TOKEN_FILL; i++)
		strbuf_addch(&sb, (char)('a' + (t->serial + i * i) % 26));
	return strbuf_detach(&sb);
}

/* What came, without secrets, for a test to look at. */
static void remember(struct azure *a, const struct web_request *req,
		     json_int_t code)
{
	static const char *const names[] = { "scope", "client_id", "claims",
					     "client_assertion", "grant_type" };
	json_t *line = json_pack("{s:s, s:I, s:I}", "path", req->path, "aadsts",
				 code, "t_ms", (json_int_t)clock_wall_ms());

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(free_ptr) char *value = web_param(req->body, names[i]);

		if (value)
			json_object_set_new(line, names[i], json_string(value));
	}
	if (!a->sign_ins)
		a->sign_ins = json_array();
	if (json_array_size(a->sign_ins) == SIGN_INS_MAX)
		json_array_remove(a->sign_ins, 0);
	json_array_append_new(a->sign_ins, line);
}

/* The text of the challenge, as a number of other members may surround it. */
static bool answers_challenge(const struct azure *a,
			      const struct web_request *req)
{
	CLEANUP(free_ptr) char *claims = web_param(req->body, "claims");
	struct err err = ERR_INIT;
	CLEANUP(jsonx_unref) json_t *given = NULL;
	CLEANUP(jsonx_unref) json_t *wanted = NULL;

	if (!a->claims || !claims)
		return false;
	given = jsonx_parse(claims, strlen(claims), 0, &err);
	wanted = jsonx_parse(a->claims, strlen(a->claims), 0, &err);
	return given && json_equal(given, wanted);
}

void azure_answer_token(struct azure *a, const struct web_request *req,
			const json_t *effect, struct web_reply *reply)
{
	CLEANUP(free_ptr) char *token = NULL;
	CLEANUP(free_ptr) char *scope = web_param(req->body, "scope");
	json_int_t expires_in = fault_int(a->token, "expires_in", 3599);
	json_int_t wrong = fault_int(effect, "aadsts", 0);
	json_t *life;

	a->n_token_requests++;
	if (!wrong)
		wrong = check_form(a, req);
	remember(a, req, wrong);
	if (wrong) {
		sign_in_error(reply, wrong);
		return;
	}
	token = azure_issue(a, expires_in, scope, answers_challenge(a, req));
	/* Identity endpoints of machines write the number as a string. */
	life = json_is_true(json_object_get(a->token, "as_string"))
		       ? json_sprintf("%lld", (long long)expires_in)
		       : json_integer(expires_in);
	web_reply_json(reply, 200,
		       json_pack("{s:s, s:O, s:o, s:s}", "token_type", "Bearer",
				 "expires_in", life, "ext_expires_in", life,
				 "access_token", token));
}

const struct issued_token *azure_token_find(const struct azure *a,
					    const char *authorization,
					    enum azure_audience audience)
{
	static const char prefix[] = "Bearer " TOKEN_HEAD ".";
	const char *dot;
	unsigned long long serial;

	if (!authorization ||
	    strncmp(authorization, prefix, strlen(prefix)) != 0)
		return NULL;
	dot = strrchr(authorization, '.');
	serial = strtoull(dot + 1, NULL, 10);
	for (size_t i = 0; i < a->n_tokens; i++) {
		const struct issued_token *t = &a->tokens[i];

		if (t->serial == serial)
			return clock_mono_ms() < t->ends_mono_ms &&
					       t->audience == audience
				       ? t
				       : NULL;
	}
	return NULL;
}

void azure_challenge(const struct azure *a, struct web_reply *reply)
{
	CLEANUP(free_ptr) char *claims = NULL;

	if (!a->claims)
		return;
	claims = azure_base64url(a->claims, strlen(a->claims));
	strbuf_addf(&reply->headers,
		    "WWW-Authenticate: Bearer realm=\"\", authorization_uri="
		    "\"https://login.example.org/common/oauth2/authorize\", "
		    "error=\"insufficient_claims\", claims=\"%s\"\r\n",
		    claims);
}
