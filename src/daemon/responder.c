/*
 * See responder.h. Called by the agenda. A place holds one response that runs,
 * with all that its request borrows, since a reload throws the settings away
 * while it does. What ended waits in its place until the store has taken it.
 *
 * tested with: scenario/test_respond
 */
#include "daemon/responder_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/respond_subject.h"
#include "daemon/responding.h"
#include "respond/door.h"
#include "source/source.h"
#include "store/responses.h"
#include "store/txn.h"
#include "util/backoff.h"
#include "util/clock.h"
#include "util/digest.h"
#include "util/log.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define BACKOFF_BASE_MS 5000
#define BACKOFF_MAX_MS 300000
/* What is due waits for another one of its subject: it ends with on_end(). */
#define BLOCKED_MS 1000

static void place_release(struct place *pl)
{
	act_free(pl->act);
	runbook_cancel(pl->runbook);
	response_release(&pl->response);
	free(pl->base);
	free(pl->subject);
	free(pl->client_id);
	free(pl->ca_file);
	free(pl->proxy);
	*pl = (struct place){ .owner = pl->owner };
}

struct responder *responder_new(const struct responder_env *env)
{
	struct responder *rs = xcalloc(1, sizeof(*rs));

	rs->env = *env;
	for (size_t i = 0; i < RESPONDER_PLACES; i++)
		rs->places[i].owner = rs;
	return rs;
}

struct responder *responder_free(struct responder *rs)
{
	if (!rs)
		return NULL;
	for (size_t i = 0; i < RESPONDER_PLACES; i++)
		place_release(&rs->places[i]);
	free(rs);
	return NULL;
}

void responder_drain(struct responder *rs)
{
	rs->draining = true;
}

bool responder_idle(const struct responder *rs)
{
	for (size_t i = 0; i < RESPONDER_PLACES; i++)
		if (rs->places[i].state != PLACE_FREE)
			return false;
	return true;
}

/* --- how it ended --- */

void place_end(struct place *pl, enum response_state to, const char *text)
{
	pl->state = PLACE_ENDED;
	pl->ending.state = to;
	utf8_clean_into(pl->text, sizeof(pl->text), text);
	pl->owner->env.on_end(pl->owner->env.arg);
}

/* Not now: tried again, where trying again does no harm. */
static void place_put_off(struct place *pl, int64_t wait_ms, const char *text)
{
	const struct response *r = &pl->response;
	uint32_t random;
	int64_t pause_ms;

	if (r->called && !response_is_repeatable(r->action)) {
		pl->ending.uncertain = true;
		place_end(pl, RESPONSE_FAILED, text);
		return;
	}
	digest_random(&random, sizeof(random));
	pause_ms = backoff_ms((unsigned)MAX(r->attempts, 1), BACKOFF_BASE_MS,
			      BACKOFF_MAX_MS, random);
	pl->ending.not_before_ms = clock_wall_ms() + MAX(pause_ms, wait_ms);
	place_end(pl, RESPONSE_APPROVED, text);
}

/*
 * It was refused for good. Was it done by a try before this one, whose answer
 * was lost? A look that comes through tells, where there is something to see.
 */
static bool may_be_done(const struct place *pl, bool looked)
{
	bool shows = response_wants(pl->response.action) != FOUND_UNKNOWN;

	return pl->called_before && !(looked && shows);
}

void place_stop(struct place *pl, const char *text)
{
	if (pl->store_failed) {
		place_put_off(pl, 0, text);
		return;
	}
	pl->ending.uncertain = may_be_done(pl, true);
	place_end(pl, RESPONSE_REFUSED, text);
}

static void on_act_done(void *ctx, const struct act_result *r)
{
	struct place *pl = ctx;
	char text[sizeof(pl->text)];

	snprintf(pl->request_id, sizeof(pl->request_id), "%s", r->request_id);
	if (r->wait_ms > 0 && pl->budget)
		budget_pause(pl->budget, clock_mono_ms(), r->wait_ms);
	switch (r->end) {
	case ACT_DONE:
		snprintf(text, sizeof(text), "%.300s%s%.180s", r->text,
			 pl->caution ? "; " : "",
			 pl->caution ? pl->caution : "");
		place_end(pl, RESPONSE_DONE, text);
		return;
	case ACT_LEFT:
		snprintf(text, sizeof(text),
			 pl->response.called ? "it was done: it is %s now"
					     : "it was %s already",
			 r->text);
		place_end(pl, RESPONSE_DONE, text);
		return;
	case ACT_STOPPED:
		place_stop(pl, r->text);
		return;
	case ACT_LATER:
		place_put_off(pl, r->wait_ms, r->text);
		return;
	case ACT_FAILED:
		pl->ending.uncertain = may_be_done(pl, r->changing);
		place_end(pl, RESPONSE_FAILED, r->text);
		return;
	}
}

/* Asks the row; whatever it says, nothing is called when it cannot be
 * written. */
enum act_next place_found(struct place *pl, const struct respond_seen *seen,
			  struct err *err)
{
	struct err trouble = ERR_INIT;
	enum act_next next = ACT_STOP;

	if (responding_found(pl->owner->env.pipeline, &pl->response, seen,
			     clock_wall_ms(), &next, err, &trouble) < 0) {
		pl->store_failed = true;
		(void)err_set(err, trouble.code, "%s", trouble.text);
		return ACT_STOP;
	}
	if (seen)
		pl->caution = respond_caution(&pl->response, seen);
	return next;
}

static enum act_next on_found(void *ctx, const struct respond_seen *seen,
			      struct err *err)
{
	return place_found(ctx, seen, err);
}

/* --- begin --- */

static int copy_way(struct place *pl, const struct respond_way *way,
		    struct source_env *ret, struct err *err)
{
	const struct source_conf *conf;

	if (!poller_lend(pl->owner->env.poller, way->source->name, ret,
			 &conf) ||
	    !ret->token)
		return err_set(err, ERR_CONF, "source %s does not sign in",
			       way->source->name);
	pl->budget = ret->budget;
	pl->base = xstrdup(way->base);
	pl->client_id = xstrdup(conf->client_id);
	pl->ca_file = xstrdup(conf->ca_file);
	pl->proxy = xstrdup(ret->proxy);
	return 0;
}

/* The alert's service, tenant and sign-in, by the settings of now. */
static int find_way(struct place *pl, struct respond_way *ret, struct err *err)
{
	struct pipeline *p = pl->owner->env.pipeline;
	const struct response *r = &pl->response;
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	int rc = alerts_load(p->store, r->alert_id, &v, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND,
			       "its alert is not kept any more");
	if (rc > 0)
		rc = respond_find_way(p->conf, &v.alert, r->action, r->source,
				      ret, err);
	return rc;
}

static void begin_act(struct place *pl, enum respond_door door,
		      struct token_source *token)
{
	pl->act = act_new(&(struct act_conf){
		.pool = pl->owner->env.pool,
		.token = token,
		.ca_file = pl->ca_file,
		.proxy = pl->proxy,
		.place = { .door = door,
			   .base = pl->base,
			   .id = pl->subject,
			   .client_id = pl->client_id },
		.response = &pl->response,
		.found = on_found,
		.done = on_act_done,
		.ctx = pl,
	});
}

/* Nothing was asked: it was no attempt. */
static void await_turn(struct place *pl, int64_t wait_ms)
{
	pl->response.attempts--;
	pl->ending.not_before_ms = clock_wall_ms() + wait_ms;
	place_end(pl, RESPONSE_APPROVED,
		  "the service takes no more requests now");
}

static int begin_upstream(struct place *pl, struct err *err)
{
	struct respond_way way;
	struct source_env env;
	int64_t wait_ms;
	int rc = find_way(pl, &way, err);

	if (rc >= 0)
		rc = copy_way(pl, &way, &env, err);
	if (rc >= 0)
		rc = respond_subject_find(pl->owner->env.pipeline->store,
					  &pl->response, &way, &pl->subject,
					  err);
	if (rc < 0)
		return rc;
	/* Polls spend from it, too. */
	wait_ms = env.budget ? budget_take(env.budget, clock_mono_ms()) : 0;
	if (wait_ms > 0)
		await_turn(pl, wait_ms);
	else
		begin_act(pl, way.door, env.token);
	return 0;
}

static void begin(struct place *pl)
{
	struct err err = ERR_INIT;
	int rc;

	pl->state = PLACE_RUNNING;
	pl->called_before = pl->response.called;
	log_debug("response %" PRId64 ": attempt %" PRId64, pl->response.id,
		  pl->response.attempts);
	if (pl->response.action == RESPONSE_NOTIFY_USER)
		rc = place_begin_message(pl, &err);
	else if (pl->response.action == RESPONSE_EXEC)
		rc = place_begin_program(pl, &err);
	else
		rc = begin_upstream(pl, &err);
	if (rc >= 0)
		return;
	pl->ending.uncertain = may_be_done(pl, false);
	place_end(pl, RESPONSE_FAILED, err.text);
}

/* --- the turn --- */

/* The store has the end, or somebody else wrote another one. */
static int settle(struct place *pl, int64_t now_ms, struct err *err)
{
	int rc;

	pl->ending.answer = pl->text;
	pl->ending.request_id = pl->request_id;
	rc = responding_end(pl->owner->env.pipeline, &pl->response, &pl->ending,
			    now_ms, err);
	if (rc < 0 && rc != ERR_CONFLICT)
		return rc;
	place_release(pl);
	return 0;
}

static int settle_all(struct responder *rs, int64_t now_ms, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < RESPONDER_PLACES && rc >= 0; i++)
		if (rs->places[i].state == PLACE_ENDED)
			rc = settle(&rs->places[i], now_ms, err);
	return rc;
}

/* A machine that slept: whoever finds the row from now on must be right. */
static void abandon_lapsed(struct responder *rs, int64_t now_ms)
{
	for (size_t i = 0; i < RESPONDER_PLACES; i++)
		if (rs->places[i].state == PLACE_RUNNING &&
		    rs->places[i].response.lease_ms <= now_ms)
			place_release(&rs->places[i]);
}

static int tend(struct responder *rs, int64_t now_ms, struct err *err)
{
	struct pipeline *p = rs->env.pipeline;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int64_t next_ms = responses_next_ms(p->store);
	int rc;

	if (rs->begun && (next_ms == 0 || next_ms > now_ms))
		return 0;
	abandon_lapsed(rs, now_ms);
	rc = txn_begin(&txn, p->store, err);
	if (rc >= 0)
		rc = responding_tend(p, !rs->begun, now_ms, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

static struct place *free_place(struct responder *rs)
{
	for (size_t i = 0; i < RESPONDER_PLACES; i++)
		if (rs->places[i].state == PLACE_FREE)
			return &rs->places[i];
	return NULL;
}

/* As many as there is room for. */
static int begin_due(struct responder *rs, int64_t now_ms, struct err *err)
{
	struct place *pl;
	int rc = 1;

	while (!rs->draining && rc == 1 && (pl = free_place(rs))) {
		rc = responding_take(rs->env.pipeline, now_ms, &pl->response,
				     err);
		if (rc == 1)
			begin(pl);
	}
	return rc;
}

int responder_run(struct responder *rs, int64_t now_ms, int64_t *ret_next_ms,
		  struct err *err)
{
	struct store *s = rs->env.pipeline->store;
	int64_t next_ms;
	int rc = settle_all(rs, now_ms, err);

	if (rc >= 0)
		rc = tend(rs, now_ms, err);
	if (rc < 0)
		return rc;
	rs->begun = true;
	next_ms = responses_next_ms(s);
	if (next_ms && next_ms <= now_ms) {
		rc = begin_due(rs, now_ms, err);
		if (rc < 0)
			return rc;
		next_ms = responses_next_ms(s);
	}
	if (rs->draining || !next_ms)
		*ret_next_ms = 0;
	else
		*ret_next_ms = MAX(next_ms, now_ms + BLOCKED_MS);
	return 0;
}
