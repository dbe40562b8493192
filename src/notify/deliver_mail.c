/*
 * The e-mail of a notice: made, given a token where the target signs in with
 * one, and handed to the mail worker or to Microsoft Graph. Called by
 * deliver_send.c; a sender's answer that is final goes back to it.
 *
 * A token is got here, in the loop, before each message: the worker's thread
 * knows none of that. One that is refused is replaced once, at once.
 *
 * tested with: test_deliver_mail
 */
#include "notify/deliver_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "notify/mail_graph.h"
#include "util/xmalloc.h"

/* Of a notice's key in a Message-ID: unique, and short enough for a line. */
#define MESSAGE_ID_KEY 32

static const char *domain_of(const char *address)
{
	return strrchr(address, '@') + 1; /* addresses were checked */
}

/*
 * The root of a thread is no mail's own Message-ID. Were it that of the first
 * mail, each later one had to know which was the first for this recipient,
 * and who is first told by an escalation never got one. A root nobody has
 * serves all of them, stays the same over retries and restarts, and mail
 * programs show an empty root, or none, for it.
 */
void deliver_make_mail(const struct render_job *j, const char *from,
		       struct render_mail *mail, struct mail_message *ret)
{
	const struct notice *n = j->notice;
	enum severity severity = j->n_alerts > 0
					 ? j->alerts[0].view.tracked.severity
					 : n->severity;

	*ret = (struct mail_message){
		.id = n->id,
		.recipient = xstrdup(n->recipient),
		.subject = take(mail->subject),
		.text = take(mail->text),
		.html = take(mail->html),
		.message_id = xasprintf("%.*s@%s", MESSAGE_ID_KEY, n->key,
					domain_of(from)),
		.importance = mail->importance,
		.kind = notice_kind_name(n->kind),
		.severity = severity_name(severity),
		/* Of the event, not of the try: the same on every retry. */
		.date_ms = n->created_ms,
	};
	if (mail->alert_key)
		ret->thread_id = xasprintf("alert-%s@%s", mail->alert_key,
					   domain_of(from));
	ret->alert_key = take(mail->alert_key);
}

static struct secret *secret_copy(const struct secret *s)
{
	return secret_new(secret_peek(s), secret_len(s));
}

/* ---- Microsoft Graph ---- */

/* Once for each notice: the token was refused, so another one. */
static bool may_renew(struct flight *f)
{
	bool may = !f->token_renewed;

	f->token_renewed = true;
	return may && f->target->conf;
}

static void graph_on_done(void *arg, struct xfer_reply *reply)
{
	struct flight *f = arg;
	struct target *t = f->target;
	struct outcome_report r;

	f->xfer = NULL;
	if (reply->err.code == 0 && reply->status == 401) {
		token_challenge(t->token, secret_peek(f->token),
				reply->www_authenticate);
		if (may_renew(f)) {
			flight_render(f);
			return;
		}
	}
	graph_judge(t->peer, reply, &r);
	flight_end(f, &r);
}

static void graph_ask(struct flight *f)
{
	CLEANUP(graph_post_release) struct graph_post post;
	struct target *t = f->target;

	graph_post_init(&post, t->conf, &f->mail, f->token);
	target_asked(t, f);
	f->xfer = xfer_start(t->deliver->env.pool, &post.request, graph_on_done,
			     f);
}

/* ---- the token ---- */

/* Whoever has to mend a permanent one needs time: the target waits. */
static void end_without_token(struct flight *f, const struct err *err,
			      int64_t retry_after_ms)
{
	struct outcome_report r = {
		.outcome = OUTCOME_RETRY,
		.retry_after_ms = retry_after_ms,
		.refused = err->code == ERR_AUTH,
	};

	if (r.refused)
		r.retry_after_ms =
			MAX(retry_after_ms, (int64_t)OUTCOME_REFUSED_PAUSE_MS);
	snprintf(r.error, sizeof(r.error), "no token for %.60s: %.170s",
		 f->target->peer, err->text);
	flight_end(f, &r);
}

static void mail_on_token(void *arg, const char *token, const struct err *err,
			  int64_t retry_after_ms)
{
	struct flight *f = arg;
	struct target *t = f->target;

	f->token_wait = NULL;
	target_asked(t, f);
	if (!token) {
		end_without_token(f, err, retry_after_ms);
		return;
	}
	secret_free_ptr(&f->token);
	f->token = secret_new(token, strlen(token));
	if (t->mail) {
		f->mail.token = secret_copy(f->token);
		mail_worker_send(t->mail, &f->mail);
	} else if (t->conf) {
		graph_ask(f);
	} else {
		flight_end_reloaded(f);
	}
}

/* ---- both ---- */

void flight_start_mail(struct flight *f, const struct render_job *j)
{
	struct target *t = f->target;
	struct render_mail mail;

	if (!mail_address_ok(f->notice.recipient)) {
		flight_end_with(f, OUTCOME_DEAD,
				"the recipient's address cannot be used");
		return;
	}
	render_mail(j, &mail);
	target_tell_plain(t, &f->notice);
	mail_message_release(&f->mail); /* of a refused token */
	deliver_make_mail(j, t->conf->from, &mail, &f->mail);
	render_mail_release(&mail);
	if (t->token)
		f->token_wait = token_get(t->token, mail_on_token, f);
	else
		mail_worker_send(t->mail, &f->mail);
}

static void mail_answered(struct flight *f, const struct outcome_report *r)
{
	/* One after the other, and a refusal ends the connection: what is taken
	 * after it was asked after it. */
	if (!f->token)
		target_asked(f->target, f);
	if (r->refused && f->token) {
		token_reject(f->target->token, secret_peek(f->token));
		if (may_renew(f)) {
			flight_render(f);
			return;
		}
	}
	flight_end(f, r);
}

void deliver_on_mail(void *arg, int64_t id, const struct outcome_report *r)
{
	struct target *t = arg;
	struct flight *f;

	TAILQ_FOREACH (f, &t->deliver->flying, link) {
		if (f->target == t && f->notice.id == id) {
			mail_answered(f, r);
			return;
		}
	}
}

void flight_release_mail(struct flight *f)
{
	f->token_wait = token_cancel(f->token_wait);
	mail_message_release(&f->mail);
	secret_free_ptr(&f->token);
}
