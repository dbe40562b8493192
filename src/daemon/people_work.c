/*
 * What people do to an alert between taking and closing it: give it an owner,
 * set its phase, put it on hold, open it again, write a note. Each is one
 * transaction with its clocks, ladders, notices and event. Called by the
 * control verbs; who may do it was decided there.
 *
 * tested with: test_people_work scenario/test_people
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
#include "triage/casework.h"
#include "util/xmalloc.h"

static int work_event(struct pipeline *p, const struct human_change *c,
		      const char *kind, const char *detail, struct err *err)
{
	const struct audit_event e = {
		.alert_id = c->id,
		.at_ms = c->now_ms,
		.actor = c->who,
		.kind = kind,
		.detail = detail,
	};

	return audit_add(p->store, &e, err);
}

/* Everything of it, after the change. */
static int work_view(struct pipeline *p, int64_t id, struct alert_view *ret,
		     struct err *err)
{
	int rc = alerts_load(p->store, id, ret, err);

	if (rc == 0)
		return err_set(err, ERR_STORE, "alert %lld has no content",
			       (long long)id);
	return rc;
}

static void work_news(struct pipeline *p, const struct human_change *c,
		      const struct alert_view *v, enum news_kind kind,
		      const char *detail)
{
	tidings_tell(p, &(struct news){
				.kind = kind,
				.alert_id = c->id,
				.alert = &v->alert,
				.severity = v->tracked.severity,
				.detail = detail,
			});
}

/* Those who were told of it while nobody had it hear that somebody has. */
static int triaged_tell(struct pipeline *p, const struct human_change *c,
			const struct alert_view *v, struct err *err)
{
	const struct tracked *t = &v->tracked;
	CLEANUP(free_ptr)
	char *reason = xasprintf("you were told about it; %s triaged it, its "
				 "owner is %s",
				 c->who, t->owner);
	const struct owing o = {
		.alert_id = c->id,
		.episode = t->episode,
		.alert = &v->alert,
		.tags = &v->tags,
		.severity = t->severity,
		.kind = NOTICE_ACKNOWLEDGED,
		.transition = t->version,
		.reason = reason,
		.now_ms = c->now_ms,
	};

	return owe_told(p, &o, false, err);
}

/* The triage clock and the ladders stop, and nothing of them goes out. */
static int triaged_stop(struct pipeline *p, const struct human_change *c,
			const struct tracked *t, bool *ret_breached,
			struct err *err)
{
	const struct casebook book = book_of(p);
	struct casefile file;
	const struct casework w = { .triage = p->triage,
				    .file = &file,
				    .now_ms = c->now_ms,
				    .book = &book };
	int rc = cases_load(p->store, t, &file, err);

	if (rc >= 0)
		rc = casework_triaged(&w, err);
	if (rc >= 0)
		rc = outbox_supersede_ladder(p->store, c->id, t->episode,
					     "triaged before this was sent",
					     c->now_ms, err);
	if (rc < 0)
		return rc;
	*ret_breached = file.clocks[CLOCK_TRIAGE].breached_ms != 0;
	return 0;
}

static int triaged_begin(struct pipeline *p, const struct human_change *c,
			 bool was_open, struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	CLEANUP(free_ptr) char *detail = NULL;
	bool breached = false;
	int rc = alerts_set_triaged(p->store, c, err);

	if (rc >= 0)
		rc = work_view(p, c->id, &v, err);
	if (rc >= 0)
		rc = triaged_stop(p, c, &v.tracked, &breached, err);
	if (rc < 0)
		return rc;
	detail = story_detail("{s:s, s:s, s:s, s:b}", "owner", v.tracked.owner,
			      "severity", severity_name(v.tracked.severity),
			      "phase", phase_name(v.tracked.phase), "late",
			      breached);
	rc = work_event(p, c, "triaged", detail, err);
	if (rc >= 0 && was_open)
		rc = triaged_tell(p, c, &v, err);
	if (rc >= 0)
		work_news(p, c, &v, NEWS_TRIAGED, v.tracked.owner);
	return rc;
}

/*
 * Owner or phase were changed, from @before: what follows. What is triaged no
 * more escalates again when nobody has taken it until an acknowledgement of
 * now would have ended.
 */
static int work_follow(struct pipeline *p, const struct human_change *c,
		       const struct tracked *before, struct work_outcome *ret,
		       struct err *err)
{
	CLEANUP(tracked_release) struct tracked t = { 0 };
	struct work_outcome o = { .triaged = false };
	bool was = people_is_triaged(before);
	int rc = people_find(p, c->id, &t, err);

	if (rc < 0)
		return rc;
	o.has_owner = t.owner != NULL;
	o.confirmed = t.severity_confirmed;
	o.triaged = o.has_owner && o.confirmed;
	o.changed = o.triaged != was;
	if (o.triaged && !was)
		rc = triaged_begin(p, c, t.state == ALERT_OPEN, err);
	else if (was && !o.triaged)
		rc = alerts_let_go(p->store, c,
				   people_ack_end(p, t.severity, c->now_ms),
				   err);
	if (rc < 0)
		return rc;
	*ret = o;
	return 0;
}

/* A change and its arguments, on its way through one transaction. */
struct work {
	const struct human_change *change;
	const char *owner;
	enum phase phase;
	int64_t for_ms;
	struct work_outcome outcome;
};

static int assign_in(struct pipeline *p, struct work *w, struct err *err)
{
	const struct human_change *c = w->change;
	CLEANUP(tracked_release) struct tracked t = { 0 };
	CLEANUP(free_ptr) char *detail = NULL;
	int rc = people_find(p, c->id, &t, err);

	if (rc >= 0)
		rc = alerts_assign(p->store, c, w->owner, err);
	if (rc < 0)
		return rc;
	detail = story_detail("{s:s*, s:s*, s:s*}", "from", t.owner, "to",
			      w->owner, "note", c->note);
	rc = work_event(p, c, "assigned", detail, err);
	return rc < 0 ? rc : work_follow(p, c, &t, &w->outcome, err);
}

static int phase_in(struct pipeline *p, struct work *w, struct err *err)
{
	const struct human_change *c = w->change;
	CLEANUP(tracked_release) struct tracked t = { 0 };
	CLEANUP(free_ptr) char *detail = NULL;
	int rc = people_find(p, c->id, &t, err);

	if (rc >= 0)
		rc = alerts_set_phase(p->store, c, w->phase, err);
	if (rc < 0)
		return rc;
	detail = story_detail("{s:s, s:s, s:s, s:s*}", "from",
			      phase_name(t.phase), "to", phase_name(w->phase),
			      "severity", severity_name(t.severity), "note",
			      c->note);
	rc = work_event(p, c, "phase", detail, err);
	return rc < 0 ? rc : work_follow(p, c, &t, &w->outcome, err);
}

int people_set_phase(struct pipeline *p, const struct human_change *c,
		     enum phase phase, struct err *err)
{
	struct work w = { .change = c, .phase = phase };

	return phase_in(p, &w, err);
}

/* When it is due if the hold lasts as long as it may. */
static int64_t held_due_ms(const struct clock_row *row)
{
	return row->due_ms +
	       (row->held_ms ? row->hold_until_ms - row->held_ms : 0);
}

static int hold_clock(struct pipeline *p, const struct human_change *c,
		      const struct tracked *t, int64_t until_ms,
		      int64_t *ret_due_ms, struct err *err)
{
	const struct casebook book = book_of(p);
	struct casefile file;
	const struct casework w = { .triage = p->triage,
				    .file = &file,
				    .now_ms = c->now_ms,
				    .book = &book };
	int rc = cases_load(p->store, t, &file, err);

	if (rc >= 0)
		rc = casework_hold(&w, until_ms, err);
	if (rc < 0)
		return rc;
	*ret_due_ms = held_due_ms(&file.clocks[CLOCK_RESOLVE]);
	return 0;
}

static int hold_in(struct pipeline *p, struct work *w, struct err *err)
{
	const struct human_change *c = w->change;
	int64_t until_ms = w->for_ms ? c->now_ms + w->for_ms : 0;
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	CLEANUP(free_ptr) char *detail = NULL;
	char until[TIMEFMT_MAX], due[TIMEFMT_MAX];
	int rc = alerts_touch(p->store, c, err);

	if (rc >= 0)
		rc = work_view(p, c->id, &v, err);
	if (rc >= 0)
		rc = hold_clock(p, c, &v.tracked, until_ms, &w->outcome.due_ms,
				err);
	if (rc < 0)
		return rc;
	detail = story_detail("{s:s*, s:s, s:s*}", "until_at",
			      until_ms ? timefmt_utc(until_ms, until) : NULL,
			      "due_at", timefmt_utc(w->outcome.due_ms, due),
			      "reason", c->note);
	rc = work_event(p, c, until_ms ? "held" : "hold-ended", detail, err);
	if (rc >= 0)
		work_news(p, c, &v, until_ms ? NEWS_HELD : NEWS_HOLD_ENDED,
			  c->note);
	return rc;
}

static int reopen_start(struct pipeline *p, const struct human_change *c,
			const struct alert_view *v, struct err *err)
{
	const struct casebook book = book_of(p);
	struct casefile file;
	const struct casework w = {
		.triage = p->triage,
		.file = &file,
		.alert = &v->alert,
		.tags = &v->tags,
		.now_ms = c->now_ms,
		.up_since_ms = p->up_since_ms,
		.book = &book,
	};
	int rc = cases_load(p->store, &v->tracked, &file, err);

	return rc < 0 ? rc : casework_reopen(&w, c->who, err);
}

static int reopen_in(struct pipeline *p, struct work *w, struct err *err)
{
	const struct human_change *c = w->change;
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	CLEANUP(free_ptr) char *detail = NULL;
	int rc = alerts_reopen(p->store, c, err);

	if (rc >= 0)
		rc = work_view(p, c->id, &v, err);
	/* Nothing would ever end it again. */
	if (rc >= 0 && alert_is_drill(&v.alert))
		rc = err_set(err, ERR_BAD_STATE,
			     "a drill that is over is not opened again; begin "
			     "another with: triagectl drill");
	if (rc < 0)
		return rc;
	w->outcome.episode = v.tracked.episode;
	detail = story_detail("{s:I, s:s*}", "episode",
			      (json_int_t)v.tracked.episode, "note", c->note);
	rc = work_event(p, c, "reopened", detail, err);
	if (rc >= 0)
		rc = reopen_start(p, c, &v, err);
	if (rc >= 0)
		work_news(p, c, &v, NEWS_REOPENED, c->who);
	return rc;
}

static int note_in(struct pipeline *p, struct work *w, struct err *err)
{
	const struct human_change *c = w->change;
	CLEANUP(tracked_release) struct tracked t = { 0 };
	CLEANUP(free_ptr) char *detail = NULL;
	int rc = people_find(p, c->id, &t, err);

	if (rc < 0)
		return rc;
	detail = story_detail("{s:s}", "text", c->note);
	return work_event(p, c, "note", detail, err);
}

static int work_do(struct pipeline *p, struct work *w,
		   int (*in)(struct pipeline *p, struct work *w,
			     struct err *err),
		   struct work_outcome *ret, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, p->store, err);

	if (rc >= 0)
		rc = in(p, w, err);
	if (rc >= 0)
		rc = txn_commit(&txn, err);
	if (rc < 0)
		return rc;
	if (ret)
		*ret = w->outcome;
	p->on_commit(p->arg);
	return 0;
}

int pipeline_assign(struct pipeline *p, const struct human_change *c,
		    const char *owner, struct work_outcome *ret,
		    struct err *err)
{
	struct work w = { .change = c, .owner = owner };

	return work_do(p, &w, assign_in, ret, err);
}

int pipeline_set_phase(struct pipeline *p, const struct human_change *c,
		       enum phase phase, struct work_outcome *ret,
		       struct err *err)
{
	struct work w = { .change = c, .phase = phase };

	return work_do(p, &w, phase_in, ret, err);
}

int pipeline_hold(struct pipeline *p, const struct human_change *c,
		  int64_t for_ms, struct work_outcome *ret, struct err *err)
{
	struct work w = { .change = c, .for_ms = for_ms };

	return work_do(p, &w, hold_in, ret, err);
}

int pipeline_reopen(struct pipeline *p, const struct human_change *c,
		    struct work_outcome *ret, struct err *err)
{
	struct work w = { .change = c };

	return work_do(p, &w, reopen_in, ret, err);
}

int pipeline_add_note(struct pipeline *p, const struct human_change *c,
		      struct err *err)
{
	struct work w = { .change = c };

	return work_do(p, &w, note_in, NULL, err);
}
