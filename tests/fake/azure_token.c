/*
 * Sign-in of the fake cloud: tokens that look and weigh like real ones, and
 * the error bodies of Entra. Called by fake_azure.c.
 */
#include "fake/azure_priv.h"

#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define TOKEN_PREFIX "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0."
#define TOKEN_FILL 1200 /* real ones have 1 to 2 KB */

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
	{ 90002, 400, "invalid_request", "Tenant not found." },
	{ 500011, 400, "invalid_resource",
	  "The resource principal was not found in the tenant." },
	{ 900144, 400, "invalid_request",
	  "The request body must contain the following parameter." },
	{ 90033, 400, "temporarily_unavailable",
	  "A transient error has occurred. Please try again." },
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
static json_int_t check_form(const struct azure *a, const char *form)
{
	CLEANUP(free_ptr) char *grant = web_param(form, "grant_type");
	CLEANUP(free_ptr) char *scope = web_param(form, "scope");
	CLEANUP(free_ptr) char *id = web_param(form, "client_id");
	CLEANUP(free_ptr) char *secret = web_param(form, "client_secret");
	const char *want_id = jsonx_str(a->token, "client_id");
	const char *want_secret = jsonx_str(a->token, "client_secret");

	if (!grant || strcmp(grant, "client_credentials") != 0 || !scope ||
	    !id || !secret)
		return 900144;
	if (want_id && strcmp(id, want_id) != 0)
		return 700016;
	if (want_secret && strcmp(secret, want_secret) != 0)
		return 7000215;
	return 0;
}

static char *issue(struct azure *a, json_int_t expires_in)
{
	struct strbuf sb = STRBUF_INIT;
	struct issued_token *t;

	GROW(a->tokens, a->n_tokens + 1, a->n_tokens_alloc);
	t = &a->tokens[a->n_tokens++];
	t->serial = ++a->last_serial;
	t->ends_mono_ms = clock_mono_ms() + expires_in * 1000;
	strbuf_addf(&sb, "%s%llu.", TOKEN_PREFIX, t->serial);
	for (size_t i = 0; i < TOKEN_FILL; i++)
		strbuf_addch(&sb, (char)('a' + (t->serial + i * i) % 26));
	return strbuf_detach(&sb);
}

void azure_answer_token(struct azure *a, const struct web_request *req,
			const json_t *effect, struct web_reply *reply)
{
	CLEANUP(free_ptr) char *token = NULL;
	json_int_t expires_in = fault_int(a->token, "expires_in", 3599);
	json_int_t wrong = fault_int(effect, "aadsts", 0);
	json_t *life;

	a->n_token_requests++;
	if (!wrong)
		wrong = check_form(a, req->body);
	if (wrong) {
		sign_in_error(reply, wrong);
		return;
	}
	token = issue(a, expires_in);
	/* Identity endpoints of machines write the number as a string. */
	life = json_is_true(json_object_get(a->token, "as_string"))
		       ? json_sprintf("%lld", (long long)expires_in)
		       : json_integer(expires_in);
	web_reply_json(reply, 200,
		       json_pack("{s:s, s:O, s:o, s:s}", "token_type", "Bearer",
				 "expires_in", life, "ext_expires_in", life,
				 "access_token", token));
}

bool azure_token_is_good(const struct azure *a, const char *authorization)
{
	static const char prefix[] = "Bearer " TOKEN_PREFIX;
	unsigned long long serial;

	if (!authorization ||
	    strncmp(authorization, prefix, strlen(prefix)) != 0)
		return false;
	serial = strtoull(authorization + strlen(prefix), NULL, 10);
	for (size_t i = 0; i < a->n_tokens; i++)
		if (a->tokens[i].serial == serial)
			return clock_mono_ms() < a->tokens[i].ends_mono_ms;
	return false;
}
