/*
 * One paged listing as a state machine. Called by the sources that ask an API;
 * knows no product, only pages.
 *
 *	begin -> token -> page -> items -> token (next page) ... -> ended
 *	           ^        |
 *	           +- wait -+   what failed is asked again, at the same URL
 *
 * Every page has a token of its own: a long listing outlives one. A page that
 * says of itself that it is not whole (206, Warning, no framing) is handed
 * over all the same, but then the listing is not complete, and says nothing
 * about alerts it did not show.
 */
#include "source/listing_priv.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "source/batch_priv.h"
#include "source/link_set_priv.h"
#include "net/budget.h"
#include "util/backoff.h"
#include "util/clock.h"
#include "util/digest.h"
#include "util/log.h"
#include "util/xmalloc.h"

#define BODY_MAX ((size_t)32 << 20)
#define PAGES_MAX 10000
/* A usual page of 100 is one transaction, and ends before this many; larger
 * ones give others turns. */
#define SLICE_ITEMS 150
#define TRIES_MAX 5

#define BACKOFF_MS 1000
#define BACKOFF_MAX_MS 60000
/* Told to wait longer than this, the poll ends and says so. */
#define WAIT_MAX_MS 120000
#define REQUEST_MS 120000
/* The sign-in and the transfer have limits of their own; these are ours. */
#define TOKEN_DEADLINE_MS 300000
#define PAGE_DEADLINE_MS (REQUEST_MS + 30000)
#define HEADERS_MAX 8

enum listing_state {
	LISTING_BEGIN,
	LISTING_TOKEN,
	LISTING_PAGE,
	LISTING_ITEMS,
	LISTING_WAIT,
	LISTING_ENDED,
};
#define LISTING_STATE_MAX (LISTING_ENDED + 1)

enum step { STEP_WAIT, STEP_DONE };

struct listing {
	struct listing_conf conf;
	enum listing_state state;
	struct loop_timer *timer; /* the state's deadline, or its turn */
	struct token_wait *token_wait;
	struct xfer *xfer;

	int64_t poll; /* the open ledger row; 0 none */
	char *url, *request; /* of the present page; the body may be NULL */
	char *next_request; /* body for the page behind it; NULL none */
	int64_t newest_ms; /* change that was seen; 0 none */
	int64_t deadline_ms; /* of the state; monotonic */
	int64_t not_before_ms; /* monotonic; the service asked, without a budget
				*/
	struct secret *token; /* it was asked for with */
	bool token_renewed; /* after a 401 on this page */
	unsigned tries; /* failures of this page */
	size_t n_pages;
	struct link_set seen; /* every page asked for */

	char *body; /* of the page whose items are handed over */
	struct page_split split;
	struct batch batch;
	char flaw[256]; /* why the listing cannot be complete; "" none */

	struct listing_result result;
};

static const unsigned listing_may[LISTING_STATE_MAX] = {
	[LISTING_BEGIN] =
		BIT(LISTING_TOKEN) | BIT(LISTING_WAIT) | BIT(LISTING_ENDED),
	[LISTING_TOKEN] =
		BIT(LISTING_PAGE) | BIT(LISTING_WAIT) | BIT(LISTING_ENDED),
	[LISTING_PAGE] = BIT(LISTING_ITEMS) | BIT(LISTING_TOKEN) |
			 BIT(LISTING_WAIT) | BIT(LISTING_ENDED),
	[LISTING_ITEMS] = BIT(LISTING_ITEMS) | BIT(LISTING_TOKEN) |
			  BIT(LISTING_WAIT) | BIT(LISTING_ENDED),
	[LISTING_WAIT] =
		BIT(LISTING_TOKEN) | BIT(LISTING_WAIT) | BIT(LISTING_ENDED),
};

static const char *const state_names[LISTING_STATE_MAX] = {
	[LISTING_BEGIN] = "begin", [LISTING_TOKEN] = "token",
	[LISTING_PAGE] = "page",   [LISTING_ITEMS] = "items",
	[LISTING_WAIT] = "wait",   [LISTING_ENDED] = "ended",
};

static void listing_enter(struct listing *l, enum listing_state to,
			  int64_t deadline_ms)
{
	assert(listing_may[l->state] & BIT(to));
	if (l->state != to)
		log_debug("listing %s %s: %s -> %s", l->conf.source,
			  l->conf.scope, state_names[l->state],
			  state_names[to]);
	l->state = to;
	l->deadline_ms = clock_mono_ms() + deadline_ms;
	/* A page is long work. */
	if (to == LISTING_ITEMS)
		loop_timer_queue(l->timer);
	else
		loop_timer_set(l->timer, deadline_ms);
}

/* The end, whatever it is. The ledger row is ended unless a last page did. */
static enum step listing_end(struct listing *l, enum listing_end end,
			     const char *fmt, ...) printf_like(3, 4);

static enum step listing_end(struct listing *l, enum listing_end end,
			     const char *fmt, ...)
{
	struct err err = ERR_INIT;
	int64_t poll = l->poll;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(l->result.error, sizeof(l->result.error), fmt, ap);
	va_end(ap);
	l->result.end = end;
	l->result.n_pages = l->n_pages;
	listing_enter(l, LISTING_ENDED, 0);
	loop_timer_stop(l->timer);
	l->poll = 0;
	if (poll == 0)
		return STEP_DONE;
	if (l->conf.env->ingest->poll_fail(l->conf.env->ingest->ctx, poll,
					   l->result.error, &err) < 0) {
		l->result.end = LISTING_STORE;
		snprintf(l->result.error, sizeof(l->result.error), "%s",
			 err.text);
	}
	return STEP_DONE;
}

static void on_token(void *arg, const char *token, const struct err *err,
		     int64_t retry_after_ms);
static void on_reply(void *arg, struct xfer_reply *reply);

/* How long nobody may ask yet; 0: one request of the budget is spent. */
static int64_t take_turn(struct listing *l)
{
	int64_t now_ms = clock_mono_ms();

	if (l->not_before_ms > now_ms)
		return l->not_before_ms - now_ms;
	if (!l->conf.env->budget)
		return 0;
	return budget_take(l->conf.env->budget, now_ms);
}

/* The service named a time before which nobody is to ask. */
static void hold_off(struct listing *l, int64_t for_ms)
{
	int64_t now_ms = clock_mono_ms();

	if (for_ms <= 0)
		return;
	if (l->conf.env->budget)
		budget_pause(l->conf.env->budget, now_ms, for_ms);
	else
		l->not_before_ms = now_ms + for_ms;
}

static enum step put_off(struct listing *l, int64_t wait_ms, const char *why)
{
	char words[sizeof(l->result.error)];

	l->result.retry_after_ms = wait_ms;
	listing_wait_words(why, wait_ms, words, sizeof(words));
	return listing_end(l, LISTING_THROTTLED, "%s", words);
}

/* Ask for the page at l->url: first the token. */
static enum step ask(struct listing *l)
{
	int64_t wait_ms = take_turn(l);

	l->result.whose = QUOTA_OF_ALL;
	if (wait_ms > WAIT_MAX_MS)
		return put_off(l, wait_ms,
			       "this tenant's requests have to wait");
	if (wait_ms > 0) {
		listing_enter(l, LISTING_WAIT, wait_ms);
		return STEP_WAIT;
	}
	listing_enter(l, LISTING_TOKEN, TOKEN_DEADLINE_MS);
	l->token_wait = token_get(l->conf.env->token, on_token, l);
	return STEP_WAIT;
}

static enum step try_again(struct listing *l, int64_t retry_after_ms,
			   const char *why)
{
	int64_t base_ms = l->conf.backoff_ms ? l->conf.backoff_ms : BACKOFF_MS;
	int64_t wait_ms = retry_after_ms;
	uint32_t random;

	l->result.retry_after_ms = retry_after_ms;
	if (l->conf.once)
		return listing_end(l, LISTING_INCOMPLETE, "%s", why);
	if (retry_after_ms > WAIT_MAX_MS)
		return put_off(l, retry_after_ms, why);
	if (l->tries++ == TRIES_MAX)
		return listing_end(l, LISTING_INCOMPLETE,
				   "page %zu: %s; gave up after %d more tries",
				   l->n_pages + 1, why, TRIES_MAX);
	digest_random(&random, sizeof(random));
	if (wait_ms <= 0)
		wait_ms = backoff_ms(l->tries, base_ms, BACKOFF_MAX_MS, random);
	listing_enter(l, LISTING_WAIT, wait_ms);
	return STEP_WAIT;
}

static void set_flaw(struct listing *l, const char *why)
{
	if (!l->flaw[0])
		snprintf(l->flaw, sizeof(l->flaw), "page %zu: %s",
			 l->n_pages + 1, why);
}

static enum step step_begin(struct listing *l)
{
	const struct ingest *in = l->conf.env->ingest;
	struct poll_window window = { .source = l->conf.source,
				      .scope = l->conf.scope,
				      .from_ms = l->conf.from_ms,
				      .to_ms = l->conf.to_ms };
	struct err err = ERR_INIT;

	if (in->poll_begin(in->ctx, &window, &l->poll, &err) < 0) {
		l->poll = 0;
		return listing_end(l, LISTING_STORE, "%s", err.text);
	}
	/* The first one cannot have been. */
	(void)link_set_add(&l->seen, l->url, l->request);
	return ask(l);
}

/* The caller's own headers go behind the @n that are there. */
static void add_headers(const struct listing *l, const char **headers, size_t n)
{
	const char *const *more = l->conf.headers;

	for (; more && *more; more++) {
		assert(n + 1 < HEADERS_MAX);
		headers[n++] = *more;
	}
	headers[n] = NULL;
}

/* The headers hold the token: built here, wiped here. */
static enum step step_ask_page(struct listing *l)
{
	CLEANUP(strbuf_release) struct strbuf bearer = STRBUF_INIT;
	char request_id[64] = "x-ms-client-request-id: ";
	uint8_t random[16];
	const char *headers[HEADERS_MAX] = { "Accept: application/json",
					     request_id };
	struct xfer_request request = {
		.method = l->conf.method ? l->conf.method : "GET",
		.url = l->url,
		.body = l->request,
		.body_len = l->request ? strlen(l->request) : 0,
		.headers = headers,
		.max_body = BODY_MAX,
		.total_ms = REQUEST_MS,
		.ca_file = l->conf.ca_file,
		.proxy = l->conf.env->proxy,
		.allow_private = true, /* private links, simulators */
	};

	digest_random(random, sizeof(random));
	digest_hex(random, sizeof(random), request_id + strlen(request_id));
	strbuf_addf(&bearer, "Authorization: %s %s",
		    token_scheme(l->conf.env->token), secret_peek(l->token));
	headers[2] = bearer.buf;
	add_headers(l, headers, 3);
	listing_enter(l, LISTING_PAGE, PAGE_DEADLINE_MS);
	l->xfer = xfer_start(l->conf.env->pool, &request, on_reply, l);
	explicit_bzero(bearer.buf, bearer.len);
	return STEP_WAIT;
}

static enum step step_token(struct listing *l, const char *token,
			    const struct err *err, int64_t retry_after_ms)
{
	assert(l->state == LISTING_TOKEN);
	l->token_wait = NULL;
	if (!token && err->code == ERR_AUTH) {
		l->result.retry_after_ms = retry_after_ms;
		return listing_end(l, LISTING_AUTH, "%s", err->text);
	}
	if (!token)
		return try_again(l, retry_after_ms, err->text);
	secret_free_ptr(&l->token);
	l->token = secret_new(token, strlen(token));
	return step_ask_page(l);
}

static enum step step_unauthorized(struct listing *l, const char *challenge)
{
	/* Claims it asks for go into the next request for a token. */
	token_challenge(l->conf.env->token, secret_peek(l->token), challenge);
	if (!l->token_renewed) {
		l->token_renewed = true;
		return ask(l);
	}
	return listing_end(l, LISTING_AUTH,
			   "the service refuses a new token with 401%s",
			   listing_refused(challenge, l->conf.refused));
}

/* An answer that is not a page: which kind of end is it? */
static enum step step_refusal(struct listing *l, const struct xfer_reply *r)
{
	char code[100], what[160];

	listing_error_code(r->body.buf, r->body.len, code, sizeof(code));
	l->result.whose = listing_quota(code);
	snprintf(what, sizeof(what), "HTTP %ld%s%s", r->status,
		 code[0] ? " " : "", code);
	/* Nothing of Defender is enabled there: a state, not an error. */
	if (r->status == 404 &&
	    strcasecmp(code, "Subscription Not Registered") == 0) {
		free(l->split.next);
		l->split = (struct page_split){ 0 };
		listing_enter(l, LISTING_ITEMS, 0);
		return STEP_WAIT;
	}
	if (r->status == 403)
		return listing_end(l, LISTING_FORBIDDEN, "%s: %s", what,
				   l->conf.needs ? l->conf.needs
						 : "grant the application the "
						   "role Security Reader");
	if (r->status == 408 || r->status == 429 || r->status >= 500)
		return try_again(l, r->retry_after_ms, what);
	return listing_end(l, LISTING_INCOMPLETE, "%s", what);
}

/* What tells that a page, or the listing with it, is not whole. */
static void note_flaws(struct listing *l, const struct xfer_reply *r)
{
	CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
	struct err err = ERR_INIT;
	int rc;

	if (r->status == 206)
		set_flaw(l, "HTTP 206, a part of the answer");
	if (r->limit_hit)
		set_flaw(l, "there are more subscriptions than one answer "
			    "covers; name management groups, each in a source "
			    "of its own");
	if (r->warning)
		set_flaw(l, "a Warning header: the service left something out");
	if (r->unframed)
		set_flaw(l, "an answer without length, which may be cut");
	free(take(l->next_request));
	if (!l->conf.follow)
		return;
	rc = l->conf.follow(l->conf.shape->arg, l->split.n_items, &next, &err);
	if (rc < 0)
		set_flaw(l, err.text);
	if (rc > 0)
		l->next_request = strbuf_detach(&next);
}

static enum step step_page(struct listing *l, struct xfer_reply *r)
{
	struct err err = ERR_INIT;
	size_t len = r->body.len;
	bool is_html = strncasecmp(r->content_type, "text/html", 9) == 0;

	free(l->body);
	l->body = strbuf_detach(&r->body);
	if (page_split_open(&l->split, l->conf.shape, l->body, len, &err) < 0) {
		/* Cut by the network, and perhaps whole next time. */
		if (l->split.cut && !is_html)
			return try_again(l, 0, err.text);
		return listing_end(l, LISTING_INCOMPLETE, "page %zu: %s",
				   l->n_pages + 1, err.text);
	}
	if (l->conf.once)
		free(take(l->split.next));
	else
		note_flaws(l, r);
	l->tries = 0;
	l->token_renewed = false;
	l->result.retry_after_ms = 0;
	listing_enter(l, LISTING_ITEMS, 0);
	return STEP_WAIT;
}

static enum step step_reply(struct listing *l, struct xfer_reply *r)
{
	assert(l->state == LISTING_PAGE);
	l->xfer = NULL;
	l->result.status = r->status;
	log_debug("listing %s %s: HTTP %ld, %zu bytes, request id %s",
		  l->conf.source, l->conf.scope, r->status, r->body.len,
		  r->request_id);
	if (l->conf.env->skew)
		skew_note(l->conf.env->skew, r->date_ms);
	hold_off(l, MAX(r->retry_after_ms, r->quota_wait_ms));
	if (r->err.code == ERR_LIMIT || r->err.code == ERR_REFUSED)
		return listing_end(l, LISTING_INCOMPLETE, "page %zu: %s",
				   l->n_pages + 1, r->err.text);
	if (r->err.code != 0)
		return try_again(l, r->retry_after_ms, r->err.text);
	if (r->status == 401)
		return step_unauthorized(l, r->www_authenticate);
	if (r->status != 200 && r->status != 206)
		return step_refusal(l, r);
	return step_page(l, r);
}

/* The page is handed over: on to the next one? */
static enum step step_next(struct listing *l)
{
	CLEANUP(free_ptr) char *next = take(l->split.next);
	CLEANUP(free_ptr) char *request = take(l->next_request);

	page_split_release(&l->split);
	free(take(l->body));
	l->n_pages++;
	if (!next && !request)
		return listing_end(l, LISTING_INCOMPLETE, "%s", l->flaw);
	if (!next)
		next = xstrdup(l->url);
	if (!xfer_same_origin(next, l->conf.endpoint))
		return listing_end(l, LISTING_INCOMPLETE,
				   "page %zu links to another host; not "
				   "followed, since it would get the token",
				   l->n_pages);
	if (!link_set_add(&l->seen, next, request))
		return listing_end(l, LISTING_INCOMPLETE,
				   "page %zu links back to a page that was "
				   "read: the listing goes in a circle",
				   l->n_pages);
	if (l->n_pages == PAGES_MAX)
		return listing_end(l, LISTING_INCOMPLETE, "more than %d pages",
				   PAGES_MAX);
	free(l->url);
	l->url = take(next);
	free(l->request);
	l->request = take(request);
	return ask(l);
}

static bool take_item(struct listing *l)
{
	struct span item;

	if (!page_split_next(&l->split, &item))
		return false;
	if (l->conf.time_key)
		l->newest_ms = MAX(l->newest_ms,
				   listing_item_time(item, l->conf.time_key));
	if (l->conf.collect)
		l->conf.collect(l->conf.arg, item);
	else
		batch_add(&l->batch, item);
	return true;
}

static enum step step_items(struct listing *l)
{
	CLEANUP(strbuf_release) struct strbuf cursor = STRBUF_INIT;
	struct err err = ERR_INIT;
	bool more = true, last;

	for (size_t i = 0; more && i < SLICE_ITEMS; i++)
		more = take_item(l);
	last = !more && !l->split.next && !l->next_request && !l->flaw[0];
	if (last && l->conf.cursor)
		l->conf.cursor(l->conf.arg, l->newest_ms, &cursor);
	if (batch_send(&l->batch, l->poll, last,
		       l->conf.cursor ? cursor.buf : NULL, &err) < 0)
		return listing_end(l, LISTING_STORE, "%s", err.text);
	if (more) {
		listing_enter(l, LISTING_ITEMS, 0);
		return STEP_WAIT;
	}
	if (!last)
		return step_next(l);
	l->poll = 0;
	return listing_end(l, LISTING_COMPLETE, "%s", "");
}

/* The state's time is up: its turn, or its deadline. */
static enum step step_timer(struct listing *l)
{
	switch (l->state) {
	case LISTING_BEGIN:
		return step_begin(l);
	case LISTING_TOKEN:
		l->token_wait = token_cancel(l->token_wait);
		return try_again(l, 0, "the sign-in does not answer");
	case LISTING_PAGE:
		l->xfer = xfer_cancel(l->xfer);
		return try_again(l, 0, "the service does not answer");
	case LISTING_ITEMS:
		return step_items(l);
	case LISTING_WAIT:
		return ask(l);
	case LISTING_ENDED:
		break;
	}
	return STEP_WAIT;
}

/* The driver: what a step returned. Nothing is touched after the call. */
static void listing_drive(struct listing *l, enum step step)
{
	if (step == STEP_DONE)
		l->conf.fn(l->conf.arg, &l->result);
}

static void on_timer(void *arg)
{
	listing_drive(arg, step_timer(arg));
}

static void on_token(void *arg, const char *token, const struct err *err,
		     int64_t retry_after_ms)
{
	listing_drive(arg, step_token(arg, token, err, retry_after_ms));
}

static void on_reply(void *arg, struct xfer_reply *reply)
{
	listing_drive(arg, step_reply(arg, reply));
}

struct listing *listing_new(const struct listing_conf *c)
{
	struct listing *l = xcalloc(1, sizeof(*l));

	l->conf = *c;
	l->url = xstrdup(c->url);
	l->request = xstrdup(c->body);
	batch_init(&l->batch, SLICE_ITEMS);
	l->batch.ingest = c->env->ingest;
	l->batch.door = c->door;
	l->batch.tenant = c->tenant;
	l->timer = loop_timer_new(c->env->loop, on_timer, l);
	loop_timer_set(l->timer, 0);
	return l;
}

struct listing *listing_free(struct listing *l)
{
	if (!l)
		return NULL;
	token_cancel(l->token_wait);
	xfer_cancel(l->xfer);
	loop_timer_free(l->timer);
	/* Should this fail too, the ledger ends the row at the next start. */
	if (l->poll)
		(void)l->conf.env->ingest->poll_fail(l->conf.env->ingest->ctx,
						     l->poll, "cancelled",
						     NULL);
	batch_release(&l->batch);
	page_split_release(&l->split);
	secret_free_ptr(&l->token);
	link_set_release(&l->seen);
	free(l->body);
	free(l->request);
	free(l->next_request);
	free(l->url);
	free(l);
	return NULL;
}

size_t listing_progress(const struct listing *l, int64_t *ret_wait_ms)
{
	bool asked = l->tries == 0 || l->result.retry_after_ms > 0;
	int64_t wait_ms = l->deadline_ms - clock_mono_ms();

	*ret_wait_ms = l->state == LISTING_WAIT && asked ? MAX(wait_ms, 0) : 0;
	return l->n_pages;
}
