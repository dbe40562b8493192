/*
 * The runner of one response. Called by the daemon's timed job, which owns the
 * row; knows no store, no rule and no product.
 */
#include "respond/act.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/digest.h"
#include "util/secret.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

/* Two steps, twice each, and the sign-ins before them. */
#define REQUEST_MS 20000
#define BODY_MAX ((size_t)4 * 1024 * 1024)

struct act {
	struct act_conf conf;
	enum respond_step step;
	bool signed_anew; /* in this step */
	struct token_wait *wait;
	struct secret *token; /* of the request that runs */
	struct xfer *xfer;
	struct loop_timer *turn; /* the next step, or the end */
	struct loop_timer *limit;
	bool over; /* the turn calls done() */
	struct act_result result;
};

/* A step that ended in a callback of its own goes on in the next turn. */
static void finish(struct act *a, enum act_end end, const char *text)
{
	a->over = true;
	a->result.end = end;
	a->result.changing = a->step == RESPOND_CHANGE;
	snprintf(a->result.text, sizeof(a->result.text), "%s", text);
	loop_timer_stop(a->limit);
	loop_timer_set(a->turn, 0);
}

static void on_found(struct act *a, const struct respond_seen *seen,
		     const char *text)
{
	struct err err = ERR_INIT;

	switch (a->conf.found(a->conf.ctx, seen, &err)) {
	case ACT_CHANGE:
		a->step = RESPOND_CHANGE;
		a->signed_anew = false;
		loop_timer_set(a->turn, 0);
		return;
	case ACT_LEAVE:
		finish(a, ACT_LEFT, text);
		return;
	case ACT_STOP:
		finish(a, ACT_STOPPED, err.text);
		return;
	}
}

static void on_token_refused(struct act *a, const struct xfer_reply *reply,
			     const char *text)
{
	token_challenge(a->conf.token, secret_peek(a->token),
			reply->www_authenticate);
	if (a->signed_anew) {
		finish(a, ACT_FAILED, text);
		return;
	}
	a->signed_anew = true;
	loop_timer_set(a->turn, 0);
}

static void judge(struct act *a, const struct xfer_reply *reply)
{
	CLEANUP(respond_seen_release) struct respond_seen seen = { 0 };
	const struct respond_reply r = {
		.step = a->step,
		/* An answer that is not whole is none. */
		.status = reply->err.code ? 0 : reply->status,
		.err = &reply->err,
		.body = reply->body.buf,
		.len = reply->body.len,
		.retry_after_ms = reply->retry_after_ms,
	};
	struct respond_answer answer;

	respond_read(&a->conf.place, a->conf.response, &r, &seen, &answer);
	a->result.wait_ms = answer.wait_ms;
	switch (answer.outcome) {
	case RESPOND_OK:
		if (a->step == RESPOND_LOOK)
			on_found(a, &seen, answer.text);
		else
			finish(a, ACT_DONE, answer.text);
		return;
	case RESPOND_AGAIN:
		finish(a, ACT_LATER, answer.text);
		return;
	case RESPOND_SIGN_IN:
		on_token_refused(a, reply, answer.text);
		return;
	case RESPOND_NO:
		finish(a, ACT_FAILED, answer.text);
		return;
	}
}

static void on_reply(void *arg, struct xfer_reply *reply)
{
	struct act *a = arg;

	a->xfer = NULL;
	snprintf(a->result.request_id, sizeof(a->result.request_id), "%s",
		 reply->request_id);
	judge(a, reply);
}

/* The headers hold the token: built here, wiped here. */
static void ask(struct act *a, const struct respond_call *c)
{
	CLEANUP(strbuf_release) struct strbuf bearer = STRBUF_INIT;
	char request_id[64] = "x-ms-client-request-id: ";
	uint8_t random[16];
	const char *const headers[] = {
		"Accept: application/json", request_id, "",
		c->body ? "Content-Type: application/json" : NULL, NULL
	};
	const char *filled[ARRAY_SIZE(headers)];
	const struct xfer_request request = {
		.method = c->method,
		.url = c->url,
		.headers = filled,
		.body = c->body,
		.body_len = c->body ? strlen(c->body) : 0,
		.max_body = BODY_MAX,
		.total_ms = REQUEST_MS,
		.ca_file = a->conf.ca_file,
		.proxy = a->conf.proxy,
		.allow_private = true, /* private links, simulators */
	};

	digest_random(random, sizeof(random));
	digest_hex(random, sizeof(random), request_id + strlen(request_id));
	strbuf_addf(&bearer, "Authorization: %s %s",
		    token_scheme(a->conf.token), secret_peek(a->token));
	memcpy(filled, headers, sizeof(headers));
	filled[2] = bearer.buf;
	a->xfer = xfer_start(a->conf.pool, &request, on_reply, a);
	explicit_bzero(bearer.buf, bearer.len);
}

static void on_token(void *arg, const char *token, const struct err *err,
		     int64_t retry_after_ms)
{
	CLEANUP(respond_call_release) struct respond_call call = { 0 };
	struct err why = ERR_INIT;
	struct act *a = arg;

	a->wait = NULL;
	if (!token) {
		a->result.wait_ms = retry_after_ms;
		finish(a, err->code == ERR_AUTH ? ACT_FAILED : ACT_LATER,
		       err->text);
		return;
	}
	if (respond_call_make(&a->conf.place, a->conf.response, a->step, &call,
			      &why) < 0) {
		finish(a, ACT_FAILED, why.text);
		return;
	}
	secret_free(a->token);
	a->token = secret_new(token, strlen(token));
	ask(a, &call);
}

static void on_turn(void *arg)
{
	struct act *a = arg;

	if (a->over)
		a->conf.done(a->conf.ctx, &a->result);
	else
		a->wait = token_get(a->conf.token, on_token, a);
}

static void on_limit(void *arg)
{
	struct act *a = arg;

	a->wait = token_cancel(a->wait);
	a->xfer = xfer_cancel(a->xfer);
	finish(a, ACT_LATER, "the service did not answer in time");
}

struct act *act_new(const struct act_conf *c)
{
	struct loop *loop = xfer_pool_loop(c->pool);
	struct act *a = xcalloc(1, sizeof(*a));

	assert(c->found && c->done);
	a->conf = *c;
	a->step = RESPOND_LOOK;
	a->turn = loop_timer_new(loop, on_turn, a);
	a->limit = loop_timer_new(loop, on_limit, a);
	loop_timer_set(a->limit, ACT_LIMIT_MS);
	loop_timer_set(a->turn, 0);
	return a;
}

struct act *act_free(struct act *a)
{
	if (!a)
		return NULL;
	token_cancel(a->wait);
	xfer_cancel(a->xfer);
	loop_timer_free(a->turn);
	loop_timer_free(a->limit);
	secret_free(a->token);
	free(a);
	return NULL;
}
