/*
 * Sign-in with OAuth 2 client credentials (Microsoft identity platform, "OAuth
 * 2.0 client credentials flow"). Called by source/ and daemon/; it must not
 * know what the token opens.
 *
 * The result of the last request, good or bad, is kept with the moment up to
 * which it counts; that alone decides whether asking makes a request. All
 * moments are monotonic.
 */
#include "net/token.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "util/backoff.h"
#include "util/clock.h"
#include "util/digest.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define REPLY_MAX ((size_t)65536)
#define REPLY_HEAP ((size_t)1024 * 1024)
/* The longest that is ever issued, with continuous access evaluation. */
#define LIFE_MAX_S ((int64_t)28 * 3600)
#define RENEW_PERCENT 80

#define PASSING_BASE_MS 5000
#define PASSING_MAX_MS ((int64_t)5 * 60 * 1000)
#define LASTING_BASE_MS ((int64_t)5 * 60 * 1000)
#define LASTING_MAX_MS ((int64_t)3600 * 1000)

struct token_wait {
	TAILQ_ENTRY(token_wait) link;
	struct token_source *ts;
	token_fn *fn;
	void *arg;
	bool serving;
};

struct token_source {
	struct xfer_pool *pool;
	char *url, *client_id, *scope, *ca_file, *proxy;
	struct secret *client_secret;

	struct secret *token; /* NULL none */
	int64_t renew_ms, end_ms; /* of the token */

	struct err failure; /* of the last request; code 0 none */
	unsigned n_failures; /* in a row, of the same class */
	int64_t again_ms; /* no request before */
	int64_t told_ms; /* the service's own word for it; 0 none */

	struct xfer *request; /* NULL: none in flight */
	int64_t asked_ms; /* when it went out */
	struct loop_timer *owed; /* serves from the loop's next turn */
	TAILQ_HEAD(, token_wait) waiting;
	size_t n_waiting;
	bool serving;
};

static void ts_on_owed(void *arg);

/* application/x-www-form-urlencoded, and good for a path segment too. */
static void add_escaped(struct strbuf *sb, const char *text, size_t len)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~";

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c && strchr(plain, c))
			strbuf_addch(sb, (char)c);
		else
			strbuf_addf(sb, "%%%02X", c);
	}
}

static char *token_url(const char *login, const char *tenant)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	size_t len = strlen(login);

	while (len && login[len - 1] == '/')
		len--;
	strbuf_add(&sb, login, len);
	strbuf_addch(&sb, '/');
	add_escaped(&sb, tenant, strlen(tenant));
	strbuf_addstr(&sb, "/oauth2/v2.0/token");
	return strbuf_detach(&sb);
}

struct token_source *token_source_new(struct xfer_pool *p,
				      const struct token_conf *c)
{
	struct token_source *ts = xcalloc(1, sizeof(*ts));

	ts->pool = p;
	ts->url = token_url(c->login, c->tenant);
	ts->client_id = xstrdup(c->client_id);
	ts->scope = xstrdup(c->scope);
	ts->ca_file = xstrdup(c->ca_file);
	ts->proxy = xstrdup(c->proxy);
	ts->client_secret = secret_new(secret_peek(c->client_secret),
				       secret_len(c->client_secret));
	ts->owed = loop_timer_new(xfer_pool_loop(p), ts_on_owed, ts);
	TAILQ_INIT(&ts->waiting);
	return ts;
}

static void ts_remove(struct token_source *ts, struct token_wait *w)
{
	TAILQ_REMOVE(&ts->waiting, w, link);
	ts->n_waiting--;
}

struct token_source *token_source_free(struct token_source *ts)
{
	struct token_wait *w;

	if (!ts)
		return NULL;
	assert(!ts->serving);
	xfer_cancel(ts->request);
	while ((w = TAILQ_FIRST(&ts->waiting))) {
		ts_remove(ts, w);
		free(w);
	}
	loop_timer_free(ts->owed);
	secret_free(ts->token);
	secret_free(ts->client_secret);
	free(ts->url);
	free(ts->client_id);
	free(ts->scope);
	free(ts->ca_file);
	free(ts->proxy);
	free(ts);
	return NULL;
}

static bool ts_is_good(const struct token_source *ts, int64_t now_ms)
{
	return ts->token && now_ms < ts->end_ms;
}

/* What is kept answers, without a request. */
static bool ts_is_settled(const struct token_source *ts, int64_t now_ms)
{
	return (ts_is_good(ts, now_ms) && now_ms < ts->renew_ms) ||
	       now_ms < ts->again_ms;
}

static void ts_call(struct token_source *ts, struct token_wait *w,
		    const struct secret *token, int64_t now_ms)
{
	static const struct err none = ERR_INIT;
	int64_t wait_ms = 0;

	ts_remove(ts, w);
	w->serving = true;
	if (!token && ts->told_ms > now_ms)
		wait_ms = ts->told_ms - now_ms;
	w->fn(w->arg, token ? secret_peek(token) : NULL,
	      token ? &none : &ts->failure, wait_ms);
	free(w);
}

/* Answer whoever waits now. A call back may ask again, which is answered in a
 * later turn, and reject the token, so it gets a copy. */
static void ts_serve(struct token_source *ts)
{
	int64_t now_ms = clock_mono_ms();
	size_t n = ts->n_waiting;
	CLEANUP(secret_free_ptr) struct secret *token = NULL;
	struct token_wait *w;

	if (ts_is_good(ts, now_ms))
		token = secret_new(secret_peek(ts->token),
				   secret_len(ts->token));
	ts->serving = true;
	while (n-- && (w = TAILQ_FIRST(&ts->waiting)))
		ts_call(ts, w, token, now_ms);
	ts->serving = false;
	if (ts->n_waiting)
		loop_timer_set(ts->owed, 0);
}

/* Keep a failure (@err is in ts->failure) and when to try again. */
static void ts_keep_failure(struct token_source *ts, int64_t told_ms)
{
	bool lasting = ts->failure.code == ERR_AUTH;
	int64_t now_ms = clock_mono_ms(), delay_ms;
	uint32_t random;

	digest_random(&random, sizeof(random));
	ts->n_failures++;
	delay_ms = lasting ? backoff_ms(ts->n_failures, LASTING_BASE_MS,
					LASTING_MAX_MS, random)
			   : backoff_ms(ts->n_failures, PASSING_BASE_MS,
					PASSING_MAX_MS, random);
	ts->told_ms = told_ms ? now_ms + told_ms : 0;
	ts->again_ms = now_ms + MAX(delay_ms, told_ms);
}

static void ts_fail(struct token_source *ts, const struct err *why,
		    int64_t told_ms)
{
	CLEANUP(free_ptr) char *where = xfer_origin(ts->url);

	if ((ts->failure.code == ERR_AUTH) != (why->code == ERR_AUTH))
		ts->n_failures = 0;
	ts->failure = *why;
	(void)err_prefix(&ts->failure, "%s", where); /* its code is kept */
	ts_keep_failure(ts, told_ms);
}

static void ts_keep_token(struct token_source *ts, const char *token,
			  int64_t life_s)
{
	int64_t life_ms = life_s * 1000;

	secret_free(ts->token);
	ts->token = secret_new(token, strlen(token));
	ts->renew_ms = ts->asked_ms + life_ms * RENEW_PERCENT / 100;
	ts->end_ms = ts->asked_ms + life_ms;
	ts->failure = (struct err)ERR_INIT;
	ts->n_failures = 0;
	ts->again_ms = 0;
	ts->told_ms = 0;
}

/* It goes into a header: nothing but the characters of RFC 6750 (and others
 * that are visible), and not longer than a secret may be. */
static bool token_is_valid(const char *token)
{
	size_t len = strlen(token);

	for (size_t i = 0; i < len; i++)
		if (token[i] <= ' ' || token[i] >= 0x7f)
			return false;
	return len <= SECRET_MAX;
}

static int parse_token(const json_t *json, const char **ret_token,
		       int64_t *ret_life_s, struct err *err)
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
	*ret_token = token;
	*ret_life_s = MIN(life_s, LIFE_MAX_S);
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

static int ts_read_success(struct token_source *ts, const struct strbuf *body,
			   struct err *err)
{
	CLEANUP(jsonx_unref) json_t *json = NULL;
	const char *token = NULL;
	int64_t life_s = 0;
	int rc;

	json = jsonx_parse(body->buf, body->len, REPLY_HEAP, NULL);
	if (!json_is_object(json))
		return err_set(err, ERR_SCHEMA,
			       "the sign-in service answered 200 with "
			       "something that is not a token: check login "
			       "endpoint and proxy");
	rc = parse_token(json, &token, &life_s, err);
	if (!rc && clock_mono_ms() - ts->asked_ms >= life_s * 1000)
		rc = err_set(err, ERR_SCHEMA,
			     "the token had ended before it arrived");
	if (!rc)
		ts_keep_token(ts, token, life_s);
	wipe_token(json);
	return rc;
}

/* A service that echoes its input must not make us print our secret. */
static void hide_secret(const struct token_source *ts,
			const struct strbuf *body, struct err *err)
{
	size_t len = secret_len(ts->client_secret);

	if (len &&
	    memmem(body->buf, body->len, secret_peek(ts->client_secret), len))
		err_set(err, err->code,
			"sign-in refused, in words that hold the client "
			"secret and are not shown");
}

static int ts_read(struct token_source *ts, struct xfer_reply *reply,
		   struct err *err)
{
	int rc;

	if (reply->err.code) {
		*err = reply->err;
		return err->code;
	}
	if (reply->status == 200)
		return ts_read_success(ts, &reply->body, err);
	rc = token_explain_error(reply->status, reply->body.buf,
				 reply->body.len, err);
	hide_secret(ts, &reply->body, err);
	return rc;
}

static void ts_on_reply(void *arg, struct xfer_reply *reply)
{
	struct token_source *ts = arg;
	struct err err = ERR_INIT;

	ts->request = NULL;
	if (ts_read(ts, reply, &err) < 0)
		ts_fail(ts, &err, reply->retry_after_ms);
	explicit_bzero(reply->body.buf, reply->body.len);
	ts_serve(ts);
}

static void add_field(struct strbuf *sb, const char *name, const char *value,
		      size_t len)
{
	if (sb->len)
		strbuf_addch(sb, '&');
	strbuf_addstr(sb, name);
	strbuf_addch(sb, '=');
	add_escaped(sb, value, len);
}

static void ts_ask(struct token_source *ts)
{
	static const char *const headers[] = {
		"Content-Type: application/x-www-form-urlencoded",
		"Accept: application/json",
		NULL,
	};
	CLEANUP(strbuf_release) struct strbuf form = STRBUF_INIT;
	struct xfer_request r = { .method = "POST", .headers = headers };

	add_field(&form, "client_id", ts->client_id, strlen(ts->client_id));
	add_field(&form, "scope", ts->scope, strlen(ts->scope));
	add_field(&form, "grant_type", "client_credentials",
		  strlen("client_credentials"));
	add_field(&form, "client_secret", secret_peek(ts->client_secret),
		  secret_len(ts->client_secret));
	r.url = ts->url;
	r.body = form.buf;
	r.body_len = form.len;
	r.max_body = REPLY_MAX;
	r.ca_file = ts->ca_file;
	r.proxy = ts->proxy;
	r.allow_private = true; /* private links are private addresses */
	ts->asked_ms = clock_mono_ms();
	ts->request = xfer_start(ts->pool, &r, ts_on_reply, ts);
	explicit_bzero(form.buf, form.len);
}

/* From the loop: answer by what is kept, or ask. */
static void ts_on_owed(void *arg)
{
	struct token_source *ts = arg;
	int64_t now_ms = clock_mono_ms();

	if (ts->request || !ts->n_waiting)
		return;
	if (ts_is_settled(ts, now_ms))
		ts_serve(ts);
	else
		ts_ask(ts);
}

struct token_wait *token_get(struct token_source *ts, token_fn *fn, void *arg)
{
	struct token_wait *w = xcalloc(1, sizeof(*w));

	w->ts = ts;
	w->fn = fn;
	w->arg = arg;
	TAILQ_INSERT_TAIL(&ts->waiting, w, link);
	ts->n_waiting++;
	loop_timer_set(ts->owed, 0);
	return w;
}

struct token_wait *token_cancel(struct token_wait *w)
{
	if (!w || w->serving)
		return NULL;
	ts_remove(w->ts, w);
	free(w);
	return NULL;
}

void token_reject(struct token_source *ts, const char *token)
{
	if (ts->token && !strcmp(secret_peek(ts->token), token))
		ts->token = secret_free(ts->token);
}
