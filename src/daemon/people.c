/*
 * What people do to an alert: acknowledge, close; what is between is in
 * people_work.c. Each is one transaction with its clock, ladder, notices and
 * event. Called by the control verbs; who may do it was decided there.
 *
 * tested with: test_pipeline
 */
#include "daemon/people_priv.h"

#include <jansson.h>
#include <string.h>

#include "daemon/book.h"
#include "daemon/owe.h"
#include "daemon/story.h"
#include "daemon/tidings.h"
#include "store/audit.h"
#include "store/cases.h"
#include "store/outbox.h"
#include "store/txn.h"
#include "util/xmalloc.h"

/* The change is in the row: write the event, tell those who were told. */
static int people_finish(struct pipeline *p, const struct human_change *c,
			 enum notice_kind kind, char *detail, struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	CLEANUP(free_ptr) char *reason = NULL;
	bool closed = kind == NOTICE_CLOSED;
	int rc;

	rc = audit_add(p->store,
		       &(struct audit_event){
			       .alert_id = c->id,
			       .at_ms = c->now_ms,
			       .actor = c->who,
			       .kind = closed ? "closed" : "acknowledged",
			       .detail = detail,
		       },
		       err);
	if (rc < 0)
		return rc;
	rc = alerts_load(p->store, c->id, &v, err);
	if (rc <= 0)
		return rc;
	reason = xasprintf("you were told about it; %s %s it", c->who,
			   closed ? "closed" : "acknowledged");
	rc = owe_told(p,
		      &(struct owing){
			      .alert_id = c->id,
			      .episode = v.tracked.episode,
			      .alert = &v.alert,
			      .tags = &v.tags,
			      .severity = v.tracked.severity,
			      .kind = kind,
			      .transition = v.tracked.version,
			      .reason = reason,
			      .now_ms = c->now_ms,
		      },
		      false, err);
	if (rc < 0)
		return rc;
	tidings_tell(p,
		     &(struct news){
			     .kind = closed ? NEWS_CLOSED : NEWS_ACKNOWLEDGED,
			     .alert_id = c->id,
			     .alert = &v.alert,
			     .severity = v.tracked.severity,
			     /* Addresses of people stay out of the log. */
			     .detail = c->way ? c->way->target : c->who,
		     });
	return 0;
}

int people_find(struct pipeline *p, int64_t id, struct tracked *ret,
		struct err *err)
{
	int rc = alerts_find_id(p->store, id, ret, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no alert %lld",
			       (long long)id);
	return rc;
}

bool people_is_triaged(const struct tracked *t)
{
	return t->owner && t->severity_confirmed &&
	       t->state == ALERT_ACKNOWLEDGED && t->acknowledge_expires_ms == 0;
}

int64_t people_ack_end(const struct pipeline *p, enum severity severity,
		       int64_t now_ms)
{
	int64_t life_ms = p->conf->policy.acknowledge_expires_ms[severity];

	return life_ms ? now_ms + life_ms : 0;
}

static char *acknowledged_detail(const struct human_change *c,
				 int64_t expires_ms)
{
	static const struct human_way none;
	const struct human_way *w = c->way ? c->way : &none;
	char until[TIMEFMT_MAX];

	return story_detail("{s:s*, s:s*, s:s*, s:s*, s:o*, s:s*}", "note",
			    c->note, "until_at",
			    expires_ms ? timefmt_utc(expires_ms, until) : NULL,
			    "by", w->by, "target", w->target, "delivery",
			    w->delivery ? json_integer(w->delivery) : NULL,
			    "typed_by", w->typed_by);
}

static int acknowledge_in(struct pipeline *p, const struct human_change *c,
			  struct err *err)
{
	CLEANUP(tracked_release) struct tracked t = { 0 };
	CLEANUP(free_ptr) char *detail = NULL;
	const struct casebook book = book_of(p);
	struct casefile file;
	int64_t expires_ms = 0;
	int rc;

	rc = people_find(p, c->id, &t, err);
	if (rc < 0)
		return rc;
	/* To take over what is triaged does not make it less so. */
	if (!people_is_triaged(&t))
		expires_ms = people_ack_end(p, t.severity, c->now_ms);
	rc = alerts_acknowledge(p->store, c, expires_ms, err);
	if (rc < 0)
		return rc;
	rc = cases_load(p->store, &t, &file, err);
	if (rc < 0)
		return rc;
	file.state = ALERT_ACKNOWLEDGED;
	file.acknowledged_by = c->who;
	file.acknowledge_expires_ms = expires_ms;
	rc = casework_acknowledge(&(struct casework){ .triage = p->triage,
						      .file = &file,
						      .now_ms = c->now_ms,
						      .book = &book },
				  err);
	if (rc >= 0)
		rc = outbox_supersede_ladder(
			p->store, c->id, t.episode,
			"acknowledged before this was sent", c->now_ms, err);
	if (rc < 0)
		return rc;
	detail = acknowledged_detail(c, expires_ms);
	return people_finish(p, c, NOTICE_ACKNOWLEDGED, detail, err);
}

int pipeline_acknowledge(struct pipeline *p, const struct human_change *c,
			 struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc;

	rc = txn_begin(&txn, p->store, err);
	if (rc < 0)
		return rc;
	rc = acknowledge_in(p, c, err);
	if (rc < 0)
		return rc;
	rc = txn_commit(&txn, err);
	if (rc >= 0)
		p->on_commit(p->arg);
	return rc;
}

static int close_in(struct pipeline *p, const struct human_change *c,
		    enum verdict verdict, struct err *err)
{
	CLEANUP(tracked_release) struct tracked t = { 0 };
	CLEANUP(free_ptr) char *detail = NULL;
	const struct casebook book = book_of(p);
	struct casefile file;
	int rc;

	rc = people_find(p, c->id, &t, err);
	if (rc < 0)
		return rc;
	rc = alerts_close(p->store, c, verdict, err);
	if (rc < 0)
		return rc;
	rc = cases_load(p->store, &t, &file, err);
	if (rc >= 0)
		rc = casework_close(&(struct casework){ .file = &file,
							.now_ms = c->now_ms,
							.book = &book },
				    "closed", err);
	if (rc >= 0)
		rc = outbox_supersede(p->store, c->id, t.episode,
				      "the alert was closed before this was "
				      "sent",
				      c->now_ms, err);
	if (rc < 0)
		return rc;
	detail = story_detail("{s:s, s:s*}", "as", verdict_name(verdict),
			      "note", c->note);
	return people_finish(p, c, NOTICE_CLOSED, detail, err);
}

int pipeline_close(struct pipeline *p, const struct human_change *c,
		   enum verdict verdict, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc;

	rc = txn_begin(&txn, p->store, err);
	if (rc < 0)
		return rc;
	rc = close_in(p, c, verdict, err);
	if (rc < 0)
		return rc;
	rc = txn_commit(&txn, err);
	if (rc >= 0)
		p->on_commit(p->arg);
	return rc;
}
