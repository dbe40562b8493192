/*
 * See responding.h. Called by the control verbs and by the timed job; knows no
 * network.
 *
 * tested with: test_responding
 */
#include "daemon/responding_priv.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/pipeline_priv.h"
#include "daemon/story.h"
#include "daemon/tidings.h"
#include "notify/mail.h"
#include "respond/door.h"
#include "store/audit.h"
#include "store/responses.h"
#include "store/txn.h"
#include "triaged/messages.h"
#include "util/compiler.h"
#include "util/log.h"
#include "util/xmalloc.h"

static bool is_said_by_service(const struct response *r)
{
	return r->state == RESPONSE_FAILED || r->state == RESPONSE_EXPIRED;
}

/*
 * Accounts, and what people wrote about them, are told by the database alone:
 * the journal has other readers. What a service or the clock said is told.
 */
static void journal(struct pipeline *p, const struct response *r,
		    const char *kind, const char *actor)
{
	static const struct {
		const char *kind, *text, *id;
		int level;
	} lines[] = {
		{ "response-approved", "response approved",
		  MSG_RESPONSE_APPROVED, LOG_NOTICE },
		{ "response-done", "response done", MSG_RESPONSE_DONE,
		  LOG_NOTICE },
		{ "response-failed", "response failed", MSG_RESPONSE_FAILED,
		  LOG_ERR },
		{ "response-refused", "response refused", MSG_RESPONSE_REFUSED,
		  LOG_NOTICE },
		{ "response-expired", "response expired", MSG_RESPONSE_EXPIRED,
		  LOG_WARNING },
	};

	log_debug("response %" PRId64 ": %s", r->id, kind);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (strcmp(lines[i].kind, kind) == 0)
			tidings_log(p->store, lines[i].level, lines[i].id,
				    lines[i].text, kv_int("RESPONSE", r->id),
				    kv_int("ALERT_ID", r->alert_id),
				    kv_str("ACTION",
					   response_action_name(r->action)),
				    kv_str("WHO", actor),
				    kv_str("ANSWER", is_said_by_service(r)
							     ? r->answer
							     : NULL),
				    kv_str("UNCERTAIN",
					   r->uncertain ? "yes" : "no"));
}

int responding_tell(struct pipeline *p, const struct response *r,
		    const char *kind, const char *actor, int64_t now_ms,
		    struct err *err)
{
	const char *found = r->found == FOUND_UNKNOWN
				    ? NULL
				    : response_found_name(r->found);
	CLEANUP(free_ptr)
	char *detail = story_detail(
		"{s:I, s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:b}",
		"response", (json_int_t)r->id, "action",
		response_action_name(r->action), "subject", r->subject,
		"source", r->source, "reason", r->reason, "found", found,
		"answer", r->answer, "request_id", r->request_id, "uncertain",
		r->uncertain);

	journal(p, r, kind, actor);
	return audit_add(p->store,
			 &(struct audit_event){
				 .alert_id = r->alert_id,
				 .at_ms = now_ms,
				 .actor = actor,
				 .kind = kind,
				 .detail = detail,
			 },
			 err);
}

int responding_alert(struct pipeline *p, int64_t id, struct alert_view *ret,
		     struct err *err)
{
	int rc = alerts_load(p->store, id, ret, err);

	return rc ? rc
		  : err_set(err, ERR_NOT_FOUND, "there is no alert %" PRId64,
			    id);
}

struct consent responding_consent(const struct pipeline *p,
				  const struct alert_view *v,
				  const struct response *r, int64_t now_ms)
{
	return (struct consent){
		.policy = &p->conf->respond,
		.privileged = &p->conf->policy.privileged_accounts,
		.alert = &v->alert,
		.alert_version = v->tracked.version,
		.response = r,
		.now_ms = now_ms,
	};
}

/* --- plan --- */

static int find_subject(const struct alert_view *v,
			const struct respond_order *o, struct response *r,
			struct err *err)
{
	const char *subject = o->hook;
	int rc = 0;

	if (response_action_about(o->action) == RESPONSE_ABOUT_USER)
		rc = consent_user(&v->alert, o->user, &subject, err);
	else if (response_action_about(o->action) == RESPONSE_ABOUT_ALERT)
		subject = v->alert.native_id;
	if (rc < 0)
		return rc;
	if (!subject)
		return err_set(err, ERR_CONF,
			       "say which program: triagectl respond %" PRId64
			       " exec NAME",
			       o->alert_id);
	r->subject = xstrdup(subject);
	return 0;
}

/* The directory's name of a guest looks like an address, and is none. */
static int check_message(const struct response *r, struct err *err)
{
	if (!mail_address_ok(r->subject) || strcasestr(r->subject, "#EXT#"))
		return err_set(err, ERR_REFUSED,
			       "%s is no address that mail could be sent to",
			       r->subject);
	if (!r->reason || !*r->reason)
		return err_set(err, ERR_CONF,
			       "say what they are to be told: the reason is "
			       "the message");
	return 0;
}

/* A message goes by a target, a program by itself: neither signs in. */
static int find_way(const struct pipeline *p, const struct alert_view *v,
		    struct response *r, struct err *err)
{
	struct respond_way way;
	int rc;

	if (r->action == RESPONSE_NOTIFY_USER)
		return check_message(r, err);
	if (r->action == RESPONSE_EXEC)
		return 0;
	rc = respond_find_way(p->conf, &v->alert, r->action, NULL, &way, err);
	if (rc >= 0)
		rc = respond_can(way.door, r->action, r->verdict, err);
	if (rc >= 0)
		r->source = xstrdup(way.source->name);
	return rc;
}

static int ask_consent(struct pipeline *p, const struct alert_view *v,
		       struct response *r, int64_t now_ms, struct err *err)
{
	CLEANUP(response_release) struct response undone = { 0 };
	struct consent c = responding_consent(p, v, r, now_ms);
	int rc = responses_other(p->store, r, &c.other, err);

	if (rc >= 0 && response_is_inverse(r->action)) {
		rc = responses_changed(p->store, r->action, r->subject, &undone,
				       err);
		c.undone = rc == 1 ? &undone : NULL;
		r->undoes = undone.id;
	}
	if (rc >= 0)
		rc = consent_plan(&c, err);
	if (rc < 0)
		return rc;
	r->state =
		consent_needs_second(&c) ? RESPONSE_WAITING : RESPONSE_PLANNED;
	return 0;
}

static int fill_plan(struct pipeline *p, const struct respond_order *o,
		     struct alert_view *v, struct response *r, struct err *err)
{
	int rc = responding_alert(p, o->alert_id, v, err);

	if (rc < 0)
		return rc;
	*r = (struct response){
		.alert_id = o->alert_id,
		.episode = v->tracked.episode,
		.alert_version = v->tracked.version,
		.action = o->action,
		.verdict = o->verdict,
		.contain = o->contain,
		.asked_by = xstrdup(o->who),
		.reason = xstrdup(o->reason),
		.planned_ms = o->now_ms,
		.expires_ms = o->now_ms + p->conf->respond.expires_ms,
	};
	rc = find_subject(v, o, r, err);
	if (rc >= 0)
		rc = ask_consent(p, v, r, o->now_ms, err);
	if (r->state == RESPONSE_WAITING)
		r->remind_ms = o->now_ms + p->conf->respond.expires_ms / 2;
	return rc < 0 ? rc : find_way(p, v, r, err);
}

static int keep_plan(struct pipeline *p, const struct respond_order *o,
		     const struct alert_view *v, struct response *r,
		     struct err *err)
{
	int rc = responses_add(p->store, r, &r->id, err);

	if (rc >= 0)
		rc = responding_tell(p, r, "response-planned", o->who,
				     o->now_ms, err);
	if (rc >= 0 && r->state == RESPONSE_WAITING)
		rc = responding_ask_second(p, v, r, o->now_ms, err);
	return rc;
}

int responding_plan(struct pipeline *p, const struct respond_order *o,
		    struct response *ret, struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	CLEANUP(response_release) struct response r = { 0 };
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, p->store, err);

	if (rc >= 0)
		rc = fill_plan(p, o, &v, &r, err);
	if (rc >= 0 && !o->dry)
		rc = keep_plan(p, o, &v, &r, err);
	if (rc >= 0 && !o->dry)
		rc = txn_commit(&txn, err);
	if (rc < 0)
		return rc;
	if (!o->dry)
		p->on_commit(p->arg);
	*ret = r;
	r = (struct response){ 0 };
	return 0;
}

/* --- decide --- */

static int find_row(struct pipeline *p, int64_t id, struct response *ret,
		    struct err *err)
{
	int rc = responses_get(p->store, id, ret, err);

	return rc ? rc
		  : err_set(err, ERR_NOT_FOUND, "there is no response %" PRId64,
			    id);
}

int responding_consent_now(struct pipeline *p, const struct alert_view *v,
			   const struct response *r, int64_t now_ms,
			   struct consent *ret, struct err *err)
{
	struct consent c = responding_consent(p, v, r, now_ms);
	/* Those of a clock that was a bit ahead count, too. */
	int rc = responses_recent(p->store, now_ms - RESPONSE_CAP_WINDOW_MS,
				  now_ms + RESPONSE_CAP_WINDOW_MS, &c.n_recent,
				  err);

	if (rc >= 0 && c.alert_version != r->alert_version)
		rc = responses_same(p->store, r, err);
	if (rc < 0)
		return rc;
	if (rc == 1)
		c.alert_version = r->alert_version;
	*ret = c;
	return 0;
}

static int approve_in(struct pipeline *p, const struct respond_decision *d,
		      struct response *r, struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	struct consent c;
	bool waited;
	int rc = find_row(p, d->id, r, err);

	waited = r->state == RESPONSE_WAITING;
	if (rc >= 0)
		rc = responding_alert(p, r->alert_id, &v, err);
	if (rc < 0)
		return rc;
	rc = responding_consent_now(p, &v, r, d->now_ms, &c, err);
	if (rc >= 0)
		rc = consent_approve(&c, d->who, d->role, err);
	if (rc < 0)
		return rc;
	r->approved_by = xstrdup(d->who);
	r->approved_ms = d->now_ms;
	r->expires_ms = d->now_ms + p->conf->respond.expires_ms;
	rc = responses_move(p->store, r, RESPONSE_APPROVED, err);
	if (rc >= 0)
		rc = responding_tell(p, r, "response-approved", d->who,
				     d->now_ms, err);
	if (rc >= 0 && waited)
		rc = responding_tell_decided(p, r, d->who, d->now_ms, err);
	return rc;
}

static int refuse_in(struct pipeline *p, const struct respond_decision *d,
		     struct response *r, struct err *err)
{
	int rc = find_row(p, d->id, r, err);

	if (rc < 0)
		return rc;
	if (!response_may_enter(r->state, RESPONSE_REFUSED) ||
	    r->state == RESPONSE_RUNNING)
		return err_set(err, ERR_BAD_STATE,
			       "number %" PRId64 " is %s already", r->id,
			       response_state_name(r->state));
	if (strcmp(d->who, r->asked_by) != 0 &&
	    d->role < p->conf->respond.approver)
		return err_set(err, ERR_DENIED,
			       "number %" PRId64
			       " was asked for by %s; refusing it needs the "
			       "role %s",
			       r->id, r->asked_by,
			       role_name(p->conf->respond.approver));
	return responding_enter(p, r,
				&(struct respond_ending){
					.state = RESPONSE_REFUSED,
					/* A try before may have got through. */
					.uncertain = r->called,
					.answer = d->reason,
				},
				d->who, d->now_ms, err);
}

typedef int decide_fn(struct pipeline *p, const struct respond_decision *d,
		      struct response *r, struct err *err);

static int decide(struct pipeline *p, const struct respond_decision *d,
		  decide_fn *fn, struct response *ret, struct err *err)
{
	CLEANUP(response_release) struct response r = { 0 };
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, p->store, err);

	if (rc >= 0)
		rc = fn(p, d, &r, err);
	if (rc >= 0)
		rc = txn_commit(&txn, err);
	if (rc < 0)
		return rc;
	p->on_commit(p->arg);
	*ret = r;
	r = (struct response){ 0 };
	return 0;
}

int responding_approve(struct pipeline *p, const struct respond_decision *d,
		       struct response *ret, struct err *err)
{
	return decide(p, d, approve_in, ret, err);
}

int responding_refuse(struct pipeline *p, const struct respond_decision *d,
		      struct response *ret, struct err *err)
{
	return decide(p, d, refuse_in, ret, err);
}
