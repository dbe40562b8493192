/*
 * One response that runs: leased, allowed once more with what the service says
 * now, and ended. Each step is one transaction with its event. Called by
 * responder.c; knows no network.
 *
 * tested with: test_responding
 */
#include "daemon/responding_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/people_priv.h"
#include "store/responses.h"
#include "store/txn.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

int responding_take(struct pipeline *p, int64_t now_ms, struct response *ret,
		    struct err *err)
{
	CLEANUP(response_release) struct response r = { 0 };
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, p->store, err);

	if (rc >= 0)
		rc = responses_lease(p->store, now_ms, &r, err);
	if (rc != 1)
		return rc;
	rc = txn_commit(&txn, err);
	if (rc < 0)
		return rc;
	*ret = r;
	r = (struct response){ 0 };
	return 1;
}

/* --- it was looked at --- */

/* Do people and settings still allow it? *ret_no says why not. */
static int ask_consent(struct pipeline *p, const struct response *r,
		       const struct respond_seen *seen, int64_t now_ms,
		       bool *ret_allowed, struct err *why, struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	struct consent c;
	int rc = responding_alert(p, r->alert_id, &v, err);

	*ret_allowed = false;
	if (rc == ERR_NOT_FOUND) {
		(void)err_set(why, rc, "its alert is not kept any more");
		return 0;
	}
	if (rc < 0)
		return rc;
	c = responding_consent(p, &v, r, now_ms);
	c.names = seen ? &seen->names : NULL;
	*ret_allowed = consent_run(&c, why) == 0;
	return 0;
}

static bool is_so_already(const struct response *r,
			  const struct respond_seen *seen)
{
	enum response_found wanted = response_wants(r->action);

	return seen && wanted != FOUND_UNKNOWN && seen->found == wanted;
}

static int keep_call_in(struct pipeline *p, struct response *r, int64_t now_ms,
			struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, p->store, err);

	if (rc >= 0)
		rc = responses_move(p->store, r, RESPONSE_RUNNING, err);
	if (rc >= 0)
		rc = responding_tell(p, r, "response-called", "triaged", now_ms,
				     err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

/* How it stood before anything was done stays known when it is done again. */
static int keep_call(struct pipeline *p, struct response *r,
		     const struct respond_seen *seen, int64_t now_ms,
		     struct err *err)
{
	const enum response_found found = r->found;
	const bool called = r->called;
	int rc;

	if (seen && !called)
		r->found = seen->found;
	r->called = true;
	rc = keep_call_in(p, r, now_ms, err);
	if (rc < 0) {
		r->found = found;
		r->called = called;
	}
	return rc;
}

int responding_found(struct pipeline *p, struct response *r,
		     const struct respond_seen *seen, int64_t now_ms,
		     enum act_next *ret_next, struct err *why, struct err *err)
{
	bool allowed;
	int rc = ask_consent(p, r, seen, now_ms, &allowed, why, err);

	if (rc < 0)
		return rc;
	if (!allowed) {
		*ret_next = ACT_STOP;
		return 0;
	}
	if (is_so_already(r, seen)) {
		*ret_next = ACT_LEAVE;
		return 0;
	}
	rc = keep_call(p, r, seen, now_ms, err);
	if (rc >= 0)
		*ret_next = ACT_CHANGE;
	return rc < 0 ? rc : 0;
}

/* --- it is over, for now or for good --- */

static const char *event_of(enum response_state to)
{
	switch (to) {
	case RESPONSE_DONE:
		return "response-done";
	case RESPONSE_FAILED:
		return "response-failed";
	case RESPONSE_REFUSED:
		return "response-refused";
	case RESPONSE_EXPIRED:
		return "response-expired";
	case RESPONSE_PLANNED:
	case RESPONSE_WAITING:
	case RESPONSE_APPROVED:
	case RESPONSE_RUNNING:
		return NULL;
	}
	return NULL;
}

/* Whoever asked said so with it. Work that is further stays where it is. */
static int contain(struct pipeline *p, const struct response *r, int64_t now_ms,
		   struct err *err)
{
	CLEANUP(tracked_release) struct tracked t = { 0 };
	CLEANUP(free_ptr)
	char *note = xasprintf("response %" PRId64 " was done: %s %s", r->id,
			       response_action_name(r->action), r->subject);
	const struct human_change c = { .id = r->alert_id,
					.who = r->asked_by,
					.note = note,
					.now_ms = now_ms };
	int rc = people_find(p, r->alert_id, &t, err);

	if (rc == ERR_NOT_FOUND)
		return 0; /* removed meanwhile: there is no phase to set */
	if (rc < 0 || t.state == ALERT_CLOSED || t.phase >= PHASE_CONTAIN ||
	    t.episode != r->episode)
		return rc;
	return people_set_phase(p, &c, PHASE_CONTAIN, err);
}

static void take_ending(struct response *r, const struct respond_ending *e,
			const char *who, int64_t now_ms)
{
	const char *id = e->request_id;

	free(r->answer);
	r->answer = xstrdup(e->answer);
	if (id && *id) {
		free(r->request_id);
		r->request_id = xstrdup(id);
	}
	if (e->state == RESPONSE_APPROVED) {
		r->not_before_ms = e->not_before_ms;
		return;
	}
	r->finished_ms = now_ms;
	r->uncertain = e->uncertain;
	free(r->ended_by);
	r->ended_by = xstrdup(who);
}

int responding_enter(struct pipeline *p, struct response *r,
		     const struct respond_ending *e, const char *who,
		     int64_t now_ms, struct err *err)
{
	const char *event = event_of(e->state);
	const bool waited = r->state == RESPONSE_WAITING;
	int rc;

	take_ending(r, e, who, now_ms);
	rc = responses_move(p->store, r, e->state, err);
	if (rc >= 0 && event)
		rc = responding_tell(p, r, event, who, now_ms, err);
	if (rc >= 0 && waited)
		rc = responding_tell_decided(p, r, who, now_ms, err);
	return rc < 0 ? rc : responding_tell_end(p, r, now_ms, err);
}

/* What was never called runs out with its approval; what was must be looked at
 * again, but not for ever. */
static bool is_given_up(const struct pipeline *p, const struct response *r,
			const struct respond_ending *e, int64_t now_ms)
{
	return e->state == RESPONSE_APPROVED && r->called &&
	       now_ms - r->since_ms >= p->conf->respond.give_up_ms;
}

static int give_up(struct pipeline *p, struct response *r,
		   const struct respond_ending *e, int64_t now_ms,
		   struct err *err)
{
	char span[TIMEFMT_MAX], answer[RESPONSE_ANSWER_MAX];
	const struct respond_ending over = {
		.state = RESPONSE_FAILED,
		.uncertain = true,
		.answer = answer,
		.request_id = e->request_id,
	};

	snprintf(answer, sizeof(answer),
		 "given up %s after it was approved, so it may have been done "
		 "or not; look before you plan it again; the last try: %s",
		 timefmt_span(now_ms - r->since_ms, span),
		 e->answer ? e->answer : "no answer");
	utf8_clean_in_place(answer); /* it may be cut within a letter */
	return responding_enter(p, r, &over, "triaged", now_ms, err);
}

int responding_end(struct pipeline *p, struct response *r,
		   const struct respond_ending *e, int64_t now_ms,
		   struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	enum response_state before = r->state;
	int rc = txn_begin(&txn, p->store, err);

	if (rc >= 0)
		rc = is_given_up(p, r, e, now_ms)
			     ? give_up(p, r, e, now_ms, err)
			     : responding_enter(p, r, e, "triaged", now_ms,
						err);
	if (rc >= 0 && e->state == RESPONSE_DONE && r->contain)
		rc = contain(p, r, now_ms, err);
	if (rc >= 0)
		rc = txn_commit(&txn, err);
	if (rc < 0) {
		r->state = before; /* the row's, for the next try */
		return rc;
	}
	p->on_commit(p->arg);
	return 0;
}
