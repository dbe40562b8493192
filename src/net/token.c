/*
 * Sign-in with OAuth 2 client credentials (Microsoft identity platform, "OAuth
 * 2.0 client credentials flow"). Called by source/ and daemon/; it must not
 * know what the token opens, nor how each method asks.
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
#include "net/token_priv.h"
#include "util/backoff.h"
#include "util/clock.h"
#include "util/digest.h"
#include "util/xmalloc.h"

#define RENEW_PERCENT 80

#define PASSING_BASE_MS 5000
#define PASSING_MAX_MS ((int64_t)5 * 60 * 1000)
#define LASTING_BASE_MS ((int64_t)5 * 60 * 1000)
#define LASTING_MAX_MS ((int64_t)3600 * 1000)
/* After so long without a refusal the next one is a first one. */
#define REFUSALS_FORGOTTEN_MS (2 * LASTING_MAX_MS)

struct token_wait {
	TAILQ_ENTRY(token_wait) link;
	struct token_source *ts;
	token_fn *fn;
	void *arg;
	bool serving;
};

struct token_source {
	struct xfer_pool *pool;
	struct token_login login;

	struct secret *token; /* NULL none */
	bool has_claims; /* the token was asked for with claims */
	int64_t renew_ms, end_ms; /* of the token */

	struct err failure; /* of the last request; code 0 none */
	unsigned n_failures; /* in a row, of the same class */
	int64_t again_ms; /* no request before */
	int64_t told_ms; /* the service's own word for it; 0 none */

	char *claims; /* for the next token; NULL none */
	unsigned n_refusals; /* 401s that cost a token, lately */
	int64_t refused_ms; /* the last of them */
	int64_t replace_ms; /* no other token for a refused one before */

	struct skew skew; /* by the answers */
	struct xfer *request; /* NULL: none in flight */
	struct secret *sent; /* the proof in it; NULL none */
	bool sent_claims, sent_arc_key;
	int64_t asked_ms; /* when it went out */
	struct loop_timer *owed; /* serves from the loop's next turn */
	TAILQ_HEAD(, token_wait) waiting;
	size_t n_waiting;
	bool serving;
};

static void ts_on_owed(void *arg);
static void ts_on_reply(void *arg, struct xfer_reply *reply);

struct token_source *token_source_new(struct xfer_pool *p,
				      const struct token_conf *c)
{
	struct token_source *ts = xcalloc(1, sizeof(*ts));

	ts->pool = p;
	token_login_init(&ts->login, c);
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
	secret_free(ts->sent);
	free(ts->claims);
	token_login_release(&ts->login);
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

/* Between @n tries that will not help until somebody acts: never less than
 * promised, so the spread is upwards at first. */
static int64_t lasting_delay_ms(unsigned n)
{
	uint32_t random;

	digest_random(&random, sizeof(random));
	return MAX(backoff_ms(n, LASTING_BASE_MS, LASTING_MAX_MS, random),
		   LASTING_BASE_MS);
}

static int64_t failure_delay_ms(const struct token_source *ts, int64_t told_ms)
{
	bool identity = ts->login.method == AUTH_MANAGED_IDENTITY;
	uint32_t random;

	if (ts->failure.code == ERR_AUTH)
		return MAX(lasting_delay_ms(ts->n_failures), told_ms);
	/* A tenant that signs in too often (AADSTS90055) needs long. */
	if (ts->failure.code == ERR_THROTTLED && !identity)
		return told_ms ? told_ms : lasting_delay_ms(ts->n_failures);
	digest_random(&random, sizeof(random));
	return MAX(backoff_ms(ts->n_failures, PASSING_BASE_MS, PASSING_MAX_MS,
			      random),
		   told_ms);
}

/* Failures of one class back off together: that of ERR_AUTH, of
 * ERR_THROTTLED, or 0 for whatever passes. */
static int failure_class(int code)
{
	return code == ERR_AUTH || code == ERR_THROTTLED ? code : 0;
}

/* Keep a failure and when to try again. */
static void ts_fail(struct token_source *ts, const struct err *why,
		    int64_t told_ms)
{
	int64_t now_ms = clock_mono_ms();

	if (failure_class(ts->failure.code) != failure_class(why->code))
		ts->n_failures = 0;
	ts->failure = *why;
	ts->n_failures++;
	ts->told_ms = told_ms ? now_ms + told_ms : 0;
	ts->again_ms = now_ms + failure_delay_ms(ts, told_ms);
}

/* @token is ours from now on; @life_ms counts from when it was asked for. */
static void ts_keep_token(struct token_source *ts, struct secret *token,
			  int64_t life_ms)
{
	secret_free(ts->token);
	ts->token = token;
	ts->has_claims = ts->sent_claims;
	ts->renew_ms = ts->asked_ms + life_ms * RENEW_PERCENT / 100;
	ts->end_ms = ts->asked_ms + life_ms;
	ts->failure = (struct err)ERR_INIT;
	ts->n_failures = 0;
	ts->again_ms = 0;
	ts->told_ms = 0;
	if (!ts->sent_claims)
		return;
	free(ts->claims);
	ts->claims = NULL;
}

static void ts_take_answer(struct token_source *ts, struct xfer_reply *reply)
{
	CLEANUP(free_ptr) char *where = xfer_origin(ts->login.url);
	struct token_answer answer = { .token = NULL };
	struct err err = ERR_INIT;
	int rc;

	rc = token_answer_read(&ts->login, reply, ts->sent, &answer, &err);
	if (!rc && clock_mono_ms() - ts->asked_ms >= answer.life_ms) {
		answer.token = secret_free(answer.token);
		rc = err_set(&err, ERR_SCHEMA,
			     "the token had ended before it arrived");
	}
	if (!rc) {
		ts_keep_token(ts, answer.token, answer.life_ms);
		return;
	}
	(void)err_prefix(&err, "%s", where); /* same code */
	ts_fail(ts, &err, reply->retry_after_ms);
}

/* Ask. False when no request could be made; the failure is kept then. */
static bool ts_ask(struct token_source *ts, const struct secret *arc_key)
{
	CLEANUP(token_order_release) struct token_order o;
	struct err err = ERR_INIT;
	bool claims = ts->claims && token_login_takes_claims(&ts->login);

	token_order_init(&o);
	ts->asked_ms = clock_mono_ms();
	if (token_order_fill(&o, &ts->login, claims ? ts->claims : NULL,
			     arc_key, &err) < 0) {
		ts_fail(ts, &err, 0);
		return false;
	}
	secret_free(ts->sent);
	ts->sent = take(o.sent);
	ts->sent_claims = claims;
	ts->sent_arc_key = arc_key != NULL;
	ts->request = xfer_start(ts->pool, &o.request, ts_on_reply, ts);
	return true;
}

/*
 * Azure Arc answers the first request with the name of a file that only we
 * can read, and the second one, which holds what is in it, with the token.
 */
static bool ts_asks_again(struct token_source *ts,
			  const struct xfer_reply *reply)
{
	CLEANUP(free_ptr) char *path = NULL;
	CLEANUP(secret_free_ptr) struct secret *key = NULL;
	struct err err = ERR_INIT;

	if (!ts->login.is_arc || ts->sent_arc_key || reply->err.code ||
	    reply->status != 401)
		return false;
	path = token_challenge_param(reply->basic_challenge, "Basic", "realm");
	if (!path)
		return false;
	if (token_file_arc_key(ts->login.arc_folder, path, &key, &err) == 0)
		return ts_ask(ts, key);
	ts_fail(ts, &err, 0);
	ts_serve(ts);
	return true;
}

static void ts_on_reply(void *arg, struct xfer_reply *reply)
{
	struct token_source *ts = arg;

	ts->request = NULL;
	skew_note(&ts->skew, reply->date_ms);
	if (ts_asks_again(ts, reply))
		return;
	ts_take_answer(ts, reply);
	ts->sent = secret_free(ts->sent);
	explicit_bzero(reply->body.buf, reply->body.len);
	ts_serve(ts);
}

/* A legacy token is the secret itself, and has no known end. */
static void ts_use_secret(struct token_source *ts)
{
	const struct secret *s = ts->login.client_secret;
	struct err err = ERR_INIT;

	if (token_is_valid(secret_peek(s))) {
		ts_keep_token(ts, secret_new(secret_peek(s), secret_len(s)), 0);
		ts->renew_ms = ts->end_ms = INT64_MAX;
		return;
	}
	(void)err_set(&err, ERR_AUTH,
		      "token holds characters that no API token has: store "
		      "the token alone, without quotes or line breaks, then "
		      "restart triaged");
	ts_fail(ts, &err, 0);
}

/* From the loop: answer by what is kept, or ask. */
static void ts_on_owed(void *arg)
{
	struct token_source *ts = arg;
	int64_t now_ms = clock_mono_ms();

	if (ts->request || !ts->n_waiting)
		return;
	if (!ts_is_settled(ts, now_ms)) {
		if (ts->login.method == AUTH_TOKEN)
			ts_use_secret(ts);
		else if (ts_ask(ts, NULL))
			return;
	}
	ts_serve(ts);
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

static void ts_count_refusal(struct token_source *ts, int64_t now_ms)
{
	if (now_ms - ts->refused_ms > REFUSALS_FORGOTTEN_MS)
		ts->n_refusals = 0;
	ts->n_refusals++;
	ts->refused_ms = now_ms;
	ts->replace_ms = now_ms + lasting_delay_ms(ts->n_refusals);
}

/* No new token would help: fail until it is time to see whether one does. */
static void ts_give_up(struct token_source *ts)
{
	(void)err_set(
		&ts->failure, ERR_AUTH,
		ts->login.method == AUTH_TOKEN
			? "the service refuses the API token: create a new one "
			  "in the Defender portal, store it as token, then "
			  "restart triaged"
			: "the service refuses the token even with the claims "
			  "that it asked for: see the sign-in log of the "
			  "application in Entra ID, and exclude it from the "
			  "Conditional Access policy named there");
	ts->told_ms = 0;
	ts->again_ms = ts->replace_ms;
	ts->request = xfer_cancel(ts->request);
}

/* @claims (heap, ours from now on) may be NULL. */
static void ts_refuse(struct token_source *ts, const char *token, char *claims)
{
	CLEANUP(free_ptr) char *owned = claims;
	int64_t now_ms = clock_mono_ms();
	bool hopeless = ts->login.method == AUTH_TOKEN || ts->has_claims;

	if (!ts->token || strcmp(secret_peek(ts->token), token) != 0)
		return; /* another user of the token was first */
	if (!hopeless && !claims && ts->n_refusals && now_ms < ts->replace_ms)
		return; /* it is the new one already */
	ts->token = secret_free(ts->token);
	ts_count_refusal(ts, now_ms);
	if (claims) {
		free(ts->claims);
		ts->claims = take(owned);
		/* What is in flight asks without them. */
		ts->request = xfer_cancel(ts->request);
	}
	if (hopeless)
		ts_give_up(ts);
	if (ts->n_waiting)
		loop_timer_set(ts->owed, 0);
}

void token_reject(struct token_source *ts, const char *token)
{
	ts_refuse(ts, token, NULL);
}

void token_challenge(struct token_source *ts, const char *token,
		     const char *www_authenticate)
{
	char *claims = token_login_takes_claims(&ts->login)
			       ? token_challenge_claims(www_authenticate)
			       : NULL;

	ts_refuse(ts, token, claims);
}

const char *token_scheme(const struct token_source *ts)
{
	return ts->login.method == AUTH_TOKEN ? "Token" : "Bearer";
}

struct skew token_skew(const struct token_source *ts)
{
	return ts->skew;
}

int64_t token_certificate_ends_ms(const struct token_source *ts)
{
	const struct token_certificate *c = ts->login.certificate;

	return c ? token_certificate_ends(c) : 0;
}
