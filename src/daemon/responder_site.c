/*
 * Responses that no service is asked for: a message to the user, a program of
 * the site. Called by responder.c.
 *
 * tested with: scenario/test_respond
 */
#include "daemon/responder_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/notice.h"
#include "notify/render.h"
#include "store/alerts.h"
#include "store/outbox.h"
#include "store/txn.h"
#include "util/clock.h"
#include "util/xmalloc.h"

/* Beside the time limit of a program: its end, and the loop's own delays. */
#define LEASE_BEYOND_MS 60000

/* Heap strings are the caller's to free: notice_release(). */
static void make_notice(const struct place *pl, struct notice *ret)
{
	const struct response *r = &pl->response;
	CLEANUP(free_ptr)
	char *subject = xasprintf("response/%" PRId64, r->id);

	*ret = (struct notice){
		.alert_id = r->alert_id,
		.episode = r->episode,
		.kind = NOTICE_RESPONSE,
		.severity = SEVERITY_HIGH,
		.created_ms = clock_wall_ms(),
		.attempts = 1,
	};
	ret->not_before_ms = ret->created_ms;
	ret->expires_ms = notice_expires_ms(ret->severity, ret->created_ms);
	notice_key(&(struct notice_subject){ .subject = subject,
					     .episode = r->episode,
					     .transition = r->planned_ms,
					     .kind = NOTICE_RESPONSE,
					     .recipient = r->subject },
		   ret->key);
}

/* --- a message --- */

static int put_message(struct place *pl, const char *target, struct err *err)
{
	struct store *s = pl->owner->env.pipeline->store;
	CLEANUP(notice_release) struct notice n = { 0 };
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int64_t id = 0;
	int rc = txn_begin(&txn, s, err);

	make_notice(pl, &n);
	n.alert_id = 0; /* nothing of it is said to whom it is about */
	n.target = xstrdup(target);
	n.recipient = xstrdup(pl->response.subject);
	n.reason = xstrdup(pl->response.reason);
	n.attempts = 0;
	if (rc >= 0)
		rc = outbox_put(s, &n, &id, err);
	if (rc >= 0)
		rc = txn_commit(&txn, err);
	if (rc >= 0)
		snprintf(pl->request_id, sizeof(pl->request_id),
			 "message %" PRId64, id);
	return rc < 0 ? rc : 0;
}

int place_begin_message(struct place *pl, struct err *err)
{
	const struct conf *c = pl->owner->env.pipeline->conf;
	const char *target = c->respond.notify_by;
	struct err why = ERR_INIT;
	char text[RESPONSE_ANSWER_MAX];
	int rc;

	if (!target)
		return err_set(err, ERR_CONF,
			       "respond.notify-by, the target it goes by, is "
			       "not in the settings any more");
	if (place_found(pl, NULL, &why) != ACT_CHANGE) {
		place_stop(pl, why.text);
		return 0;
	}
	rc = put_message(pl, target, err);
	if (rc < 0)
		return rc;
	snprintf(text, sizeof(text),
		 "it is in the outbox; what becomes of it: triagectl outbox "
		 "show %s",
		 pl->request_id + strlen("message "));
	place_end(pl, RESPONSE_DONE, text);
	return 0;
}

/* --- a program --- */

static void on_exit_of(void *arg, const struct outcome_report *report,
		       const char *output)
{
	size_t n = strcspn(output, "\r\n");
	struct place *pl = arg;
	CLEANUP(free_ptr) char *text = NULL;

	pl->runbook = NULL;
	switch (report->outcome) {
	case OUTCOME_SENT:
		text = xasprintf("it ended with exit status 0%s%.*s",
				 n ? ": " : "", (int)n, output);
		place_end(pl, RESPONSE_DONE, text);
		return;
	case OUTCOME_RETRY: /* it is not known how far it came */
		pl->ending.uncertain = true;
		place_end(pl, RESPONSE_FAILED, report->error);
		return;
	case OUTCOME_DEAD:
	case OUTCOME_DISABLE:
		place_end(pl, RESPONSE_FAILED, report->error);
		return;
	}
}

/* The alert as it is now, and who decided what. */
static int make_input(const struct place *pl, struct strbuf *ret,
		      struct err *err)
{
	const struct response *r = &pl->response;
	struct pipeline *p = pl->owner->env.pipeline;
	CLEANUP(render_job_release) struct render_job job = { 0 };
	CLEANUP(notice_release) struct notice n = { 0 };
	int rc;

	make_notice(pl, &n);
	n.target = xstrdup(r->subject);
	n.reason = xasprintf("response %" PRId64 ": %s asked for it, %s "
			     "approved it%s%s",
			     r->id, r->asked_by, r->approved_by,
			     r->reason ? ": " : "", r->reason ? r->reason : "");
	rc = render_gather(p->store, &n, &job, err);
	if (rc < 0)
		return rc;
	job.now_ms = n.created_ms;
	job.host = pl->owner->env.host;
	render_json(&job, false, ret);
	strbuf_addch(ret, '\n');
	return 0;
}

int place_begin_program(struct place *pl, struct err *err)
{
	struct pipeline *p = pl->owner->env.pipeline;
	const struct target_conf *t =
		conf_target(p->conf, pl->response.subject);
	CLEANUP(strbuf_release) struct strbuf input = STRBUF_INIT;
	struct err why = ERR_INIT;
	int rc;

	if (!t || t->type != TARGET_EXEC)
		return err_set(err, ERR_CONF,
			       "%s is no program of the settings any more",
			       pl->response.subject);
	rc = make_input(pl, &input, err);
	if (rc < 0)
		return rc;
	/* Stored with what place_found() stores. */
	pl->response.lease_ms = clock_wall_ms() + t->limit_ms + LEASE_BEYOND_MS;
	if (place_found(pl, NULL, &why) != ACT_CHANGE) {
		place_stop(pl, why.text);
		return 0;
	}
	pl->runbook = runbook_start(pl->owner->env.loop,
				    &(struct runbook_order){
					    .command = &t->command,
					    .input = &input,
					    .limit_ms = t->limit_ms,
				    },
				    on_exit_of, pl);
	return 0;
}
