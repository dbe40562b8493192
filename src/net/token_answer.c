/*
 * A token out of an answer. Called by token.c; it must not know what becomes
 * of the token.
 *
 * tested with: test_token
 */
#include "net/token_priv.h"

#include <string.h>
#include "util/jsonx.h"

#define REPLY_HEAP ((size_t)1024 * 1024)
/* The longest that is ever issued, with continuous access evaluation. */
#define LIFE_MAX_S ((int64_t)28 * 3600)
/* So much of a proof in an answer makes all of it unfit to be shown: an echo
 * may be cut. */
#define ECHO_LEN 32
/* So much of it in our own words: those come out of JSON, in which an echo may
 * be spelt with escapes. */
#define ECHO_SHOWN_LEN 8

bool token_is_valid(const char *token)
{
	size_t len = strlen(token);

	for (size_t i = 0; i < len; i++)
		if (token[i] <= ' ' || token[i] >= 0x7f)
			return false;
	return len <= SECRET_MAX;
}

/* Entra ID writes expires_in as a number, IMDS as a string. */
static int parse_token(const json_t *json, struct token_answer *ret,
		       struct err *err)
{
	const char *token = jsonx_str(json, "access_token");
	int64_t life_s;

	if (!token || !token_is_valid(token))
		return err_set(err, ERR_SCHEMA,
			       "the sign-in service answered 200 without a "
			       "usable access_token");
	if (!jsonx_int(json, "expires_in", &life_s) || life_s <= 0)
		return err_set(err, ERR_SCHEMA,
			       "the sign-in service answered 200 without a "
			       "usable expires_in");
	ret->token = secret_new(token, strlen(token));
	ret->life_ms = MIN(life_s, LIFE_MAX_S) * 1000;
	return 0;
}

/* jansson frees its strings as they are. */
static void wipe_token(const json_t *json)
{
	const json_t *v = jsonx_get(json, "access_token");

	if (json_is_string(v))
		explicit_bzero((char *)(uintptr_t)json_string_value(v),
			       json_string_length(v));
}

static int read_success(const struct strbuf *body, struct token_answer *ret,
			struct err *err)
{
	CLEANUP(jsonx_unref) json_t *json = NULL;
	int rc;

	json = jsonx_parse(body->buf, body->len, REPLY_HEAP, NULL);
	if (!json_is_object(json))
		return err_set(err, ERR_SCHEMA,
			       "the sign-in service answered 200 with "
			       "something that is not a token: check login "
			       "endpoint and proxy");
	rc = parse_token(json, ret, err);
	wipe_token(json);
	return rc;
}

/* A service that echoes its input must not make us print our secret. */
static void hide_echo(const struct strbuf *body, const struct secret *sent,
		      struct err *err)
{
	size_t len = sent ? MIN(secret_len(sent), (size_t)ECHO_LEN) : 0;
	size_t shown = MIN(len, (size_t)ECHO_SHOWN_LEN);

	if (len &&
	    (memmem(body->buf, body->len, secret_peek(sent), len) ||
	     memmem(err->text, strlen(err->text), secret_peek(sent), shown)))
		(void)err_set(err, err->code,
			      "sign-in refused, in words that hold the "
			      "credential and are not shown");
}

int token_answer_read(const struct token_login *l,
		      const struct xfer_reply *reply, const struct secret *sent,
		      struct token_answer *ret, struct err *err)
{
	bool identity = l->method == AUTH_MANAGED_IDENTITY;
	int rc;

	if (reply->err.code) {
		*err = reply->err;
		if (identity)
			(void)err_prefix(err, /* same code */
					 "no managed identity service "
					 "answers, is one assigned to this "
					 "machine?");
		return reply->err.code;
	}
	if (reply->status == 200)
		return read_success(&reply->body, ret, err);
	if (identity)
		rc = token_explain_identity(reply->status, reply->body.buf,
					    reply->body.len, err);
	else
		rc = token_explain_error(reply->status, reply->body.buf,
					 reply->body.len, err);
	hide_echo(&reply->body, sent, err);
	return rc;
}
