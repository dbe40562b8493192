/*
 * One notice on its way: rendered, handed to the sender of its target, and
 * what the sender's answer means for it. Called by deliver.c to start; the
 * senders call back. Writes nothing to the store.
 *
 * tested with: test_deliver
 */
#include "notify/deliver_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "notify/custom.h"
#include "notify/folder.h"
#include "notify/webhook.h"
#include "util/backoff.h"
#include "util/clock.h"
#include "util/digest.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define BACKOFF_BASE_MS OUTBOX_SHORTEST_PAUSE_MS
#define BACKOFF_MAX_MS OUTBOX_PATIENCE_MS

void flight_free(struct flight *f)
{
	flight_release_mail(f);
	notice_release(&f->notice);
	free(f->output);
	free(f->detail);
	free(f);
}

/*
 * A peer that asks for a longer wait than the notice lives gets one last try
 * at its end: better than none.
 */
static int64_t retry_at_ms(const struct notice *n,
			   const struct outcome_report *r, int64_t now_ms)
{
	int64_t last_ms = n->expires_ms - BACKOFF_BASE_MS;
	int64_t delay_ms = r->retry_after_ms;
	uint32_t random;

	if (delay_ms == 0) {
		digest_random(&random, sizeof(random));
		delay_ms = backoff_ms(MAX(n->attempts, 1u), BACKOFF_BASE_MS,
				      BACKOFF_MAX_MS, random);
	}
	if (n->expires_ms && now_ms + delay_ms > last_ms &&
	    last_ms > now_ms + BACKOFF_BASE_MS)
		return last_ms;
	return now_ms + delay_ms;
}

static void set_state(struct flight *f, const struct outcome_report *r)
{
	switch (r->outcome) {
	case OUTCOME_SENT:
		f->state = NOTICE_SENT;
		break;
	case OUTCOME_RETRY:
		f->state = NOTICE_RETRY;
		f->not_before_ms = retry_at_ms(&f->notice, r, clock_wall_ms());
		break;
	case OUTCOME_DISABLE:
	case OUTCOME_DEAD:
		f->state = NOTICE_DEAD;
		break;
	}
}

static const struct outcome_report reloaded = {
	.outcome = OUTCOME_RETRY,
	.retry_after_ms = 1,
	.error = "the settings were read again while the receiver was asked; "
		 "it is asked anew",
};

/* That the credentials or the address of before are no good says nothing about
 * those of now. */
static bool is_outdated(const struct target *t, const struct outcome_report *r)
{
	return !t->conf && (r->refused || r->outcome == OUTCOME_DISABLE);
}

void flight_end(struct flight *f, const struct outcome_report *r)
{
	struct target *t = f->target;
	struct deliver *d = t->deliver;

	if (is_outdated(t, r))
		r = &reloaded;
	set_state(f, r);
	f->elapsed_ms = clock_mono_ms() - f->start_mono_ms;
	f->xfer = NULL;
	f->runbook = NULL;
	snprintf(f->error, sizeof(f->error), "%s", r->error);
	utf8_clean_in_place(f->error);
	target_heard(t, f, r);
	ahead_note_answer(t, r->outcome == OUTCOME_SENT, f->elapsed_ms);
	t->n_flying--;
	t->landed = true;
	f->target = NULL;
	TAILQ_REMOVE(&d->flying, f, link);
	TAILQ_INSERT_TAIL(&d->ended, f, link);
	deliver_note_ended(d);
}

void flight_end_with(struct flight *f, enum outcome outcome, const char *why)
{
	struct outcome_report r = { .outcome = outcome };

	snprintf(r.error, sizeof(r.error), "%s", why);
	flight_end(f, &r);
}

void flight_end_reloaded(struct flight *f)
{
	flight_end(f, &reloaded);
}

static void ack_release(struct deliver_ack *a)
{
	free(a->url);
	free(a->code);
}

/* Fills in what of @job says how to answer; it stays in @ack. */
static void offer_answer(const struct flight *f, struct deliver_ack *ack,
			 struct render_job *job)
{
	const struct deliver_env *env = &f->target->deliver->env;

	if (!env->ack_fn || !render_asks(job))
		return;
	env->ack_fn(env->arg, &f->notice, job->now_ms, ack);
	job->ack_url = ack->url;
	job->ack_expires_ms = ack->url_expires_ms;
	job->ack_code = ack->code;
}

/* What the notice is about, now; how to answer stays in @ack. False: it ended
 * here. */
static bool gather(struct flight *f, struct render_job *ret,
		   struct deliver_ack *ack)
{
	struct deliver *d = f->target->deliver;
	struct err err = ERR_INIT;

	if (render_gather(d->env.store, &f->notice, ret, &err) < 0) {
		flight_end_with(f, OUTCOME_RETRY, err.text);
		return false;
	}
	ret->now_ms = clock_wall_ms();
	ret->timezone = d->timezone;
	ret->zone_offset = d->env.zone_offset;
	ret->host = d->env.host;
	ret->custom = f->target->custom;
	ret->paced = f->paced;
	offer_answer(f, ack, ret);
	return true;
}

/* The notice goes out all the same; somebody should mend the template. */
void target_tell_plain(struct target *t, const struct notice *n)
{
	const struct deliver_env *env = &t->deliver->env;
	struct deliver_event e = {
		.news = DELIVER_PLAIN,
		.target = t->name,
		.notice = n,
	};

	e.error = custom_take_fault(t->custom, clock_mono_ms(), &e.again);
	if (e.error && env->fn)
		env->fn(env->arg, &e);
}

/* ---- webhook ---- */

static xfer_done_fn webhook_on_done;

static void webhook_ask(struct flight *f, const struct render_job *j)
{
	const struct talk_view view = { f->target->conf, j };
	CLEANUP(webhook_post_release) struct webhook_post post;

	webhook_post_init(&post, &f->talk, &view);
	target_tell_plain(f->target, &f->notice);
	target_asked(f->target, f);
	f->xfer = xfer_start(f->target->deliver->env.pool, &post.request,
			     webhook_on_done, f);
}

/* Another request for the same notice, about the alert as it is by now. */
static void webhook_go_on(struct flight *f)
{
	CLEANUP(render_job_release) struct render_job job = { 0 };
	CLEANUP(ack_release) struct deliver_ack ack = { 0 };

	if (!f->target->conf)
		flight_end_reloaded(f);
	else if (gather(f, &job, &ack))
		webhook_ask(f, &job);
}

static void webhook_on_done(void *arg, struct xfer_reply *reply)
{
	struct flight *f = arg;
	struct target *t = f->target;
	struct outcome_report r;

	f->xfer = NULL;
	/* A talk cannot go on under settings it does not know; what was sent
	 * is sent again under the same key. */
	if (!t->conf && f->talk.format->hear)
		flight_end_reloaded(f);
	else if (webhook_hear(&f->talk, t->conf, t->peer, reply, &r))
		webhook_go_on(f);
	else
		flight_end(f, &r);
}

static void start_webhook(struct flight *f, const struct render_job *j)
{
	talk_begin(&f->talk, f->target->conf->webhook.format, f->notice.kind);
	talk_plan(&f->talk, j);
	webhook_ask(f, j);
}

/* ---- folder ---- */

static void start_folder(struct flight *f, const struct render_job *j)
{
	/* A folder has no address of its own; this one is nobody's. */
	static const char from[] = "triaged@localhost";
	CLEANUP(strbuf_release) struct strbuf bytes = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
	CLEANUP(mail_message_release) struct mail_message message;
	struct err err = ERR_INIT;
	struct render_mail mail;
	int rc;

	render_mail(j, &mail);
	deliver_make_mail(j, from, &mail, &message);
	render_mail_release(&mail);
	mail_compose(&message, from, &bytes);
	render_json(j, false, &json);
	rc = folder_write(f->target->conf->path, &f->notice, &bytes, &json,
			  &err);
	flight_end_with(f, rc < 0 ? OUTCOME_RETRY : OUTCOME_SENT, err.text);
}

/* ---- runbook hook ---- */

static void runbook_on_done(void *arg, const struct outcome_report *r,
			    const char *output)
{
	struct flight *f = arg;

	f->output = xstrdup(output);
	flight_end(f, r);
}

static void start_runbook(struct flight *f, const struct render_job *j)
{
	CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
	const struct runbook_order order = {
		.command = &f->target->conf->command,
		.input = &json,
		.limit_ms = f->target->conf->limit_ms,
	};

	render_json(j, false, &json);
	strbuf_addch(&json, '\n');
	f->runbook = runbook_start(f->target->deliver->env.loop, &order,
				   runbook_on_done, f);
}

/* ---- all ---- */

static void start_rendered(struct flight *f, const struct render_job *j)
{
	switch (f->target->type) {
	case TARGET_EMAIL:
		flight_start_mail(f, j);
		break;
	case TARGET_WEBHOOK:
		start_webhook(f, j);
		break;
	case TARGET_FOLDER:
		start_folder(f, j);
		break;
	case TARGET_EXEC:
		start_runbook(f, j);
		break;
	case TARGET_HEARTBEAT: /* targets_new() refuses it */
		break;
	}
}

static void end_disabled(struct flight *f)
{
	char why[DELIVER_WHY_MAX];

	snprintf(why, sizeof(why),
		 "the target is disabled since it said: %.180s",
		 f->target->disabled);
	flight_end_with(f, OUTCOME_DEAD, why);
}

void flight_render(struct flight *f)
{
	CLEANUP(render_job_release) struct render_job job = { 0 };
	CLEANUP(ack_release) struct deliver_ack ack = { 0 };

	if (gather(f, &job, &ack))
		start_rendered(f, &job);
}

/*
 * It was owed when the target had other recipients, or was of another type: who
 * has left is told nothing more, and a message for nobody is not given up.
 */
static bool is_astray(const struct target *t, const struct notice *n)
{
	const char *to = n->recipient;

	if (t->type != TARGET_EMAIL)
		return to != NULL;
	/* What is about a response goes to whom the response is about. */
	return !to ||
	       (n->kind != NOTICE_RESPONSE && !strlist_has(&t->conf->to, to));
}

struct flight *flight_new(struct target *t, struct notice *n)
{
	struct flight *f = xcalloc(1, sizeof(*f));

	f->target = t;
	f->notice = *n;
	memset(n, 0, sizeof(*n));
	return f;
}

void flight_start(struct flight *f)
{
	struct target *t = f->target;
	struct deliver *d = t->deliver;

	f->paced = target_spend(t, &f->notice);
	f->start_mono_ms = clock_mono_ms();
	TAILQ_INSERT_TAIL(&d->flying, f, link);
	t->n_flying++;
	/* A test is how one finds out whether it is back. */
	if (t->disabled[0] && f->notice.kind != NOTICE_TEST) {
		end_disabled(f);
		return;
	}
	f->astray = is_astray(t, &f->notice);
	if (f->astray) {
		flight_end_with(f, OUTCOME_RETRY,
				"the target has no such recipient any more");
		return;
	}
	flight_render(f);
}
