/*
 * What sources and people do, once more: as pipeline_accept() and what people
 * do in the daemon. Called by replay.c when the clock has come there.
 *
 * tested with: test_replay
 */
#include "triage/replay_priv.h"

#include <stdlib.h>
#include "triage/digest_plan.h"
#include "util/xmalloc.h"

/* It did happen, unless it failed. */
static int done(int rc)
{
	return rc < 0 ? rc : 1;
}

/* The file of the next episode, of which nobody was told. */
static void begin_episode(struct replay_life *r)
{
	r->file = (struct casefile){
		.alert_id = r->known.id,
		.episode = r->known.episode + 1,
	};
	replay_forget_heard(r);
}

/* An alert from before the import horizon goes into one summary, as
 * owe_import_summary() has it. */
static int collect_import(struct replay_life *r, const struct alert *a,
			  const struct decision *d, struct err *err)
{
	struct bundle_place place;
	struct saying s = {
		.life = r,
		.alert = a,
		.severity = d->severity,
		.notice = { .of = r->of,
			    .alert_id = r->known.id,
			    .episode = r->file.episode,
			    .kind = NOTICE_OPENED,
			    .at_ms = r->replay->now_ms },
	};

	if (!digest_plan_import(d, triage_policy(r->replay->t)->fallback,
				r->replay->now_ms, &place))
		return 0;
	return replay_collect(r->replay, &s, &place, err);
}

/* What is said beside ladders and clocks. */
static int tell_said(struct replay_life *r, const struct alert *a,
		     const struct decision *d, struct err *err)
{
	if (d->transition == TRANSITION_OPENED && d->historical)
		return collect_import(r, a, d, err);
	if (d->transition == TRANSITION_CLOSED)
		return replay_answer(r, a, NOTICE_CLOSED, err);
	return 0;
}

static int happen_said(struct replay_life *r, const struct replay_item *item,
		       struct err *err)
{
	const struct tracked *known = r->known.episode ? &r->known : NULL;
	const struct triage_input in = { .alert = item->alert,
					 .known = known,
					 .around = item->around,
					 .is_news = item->is_news,
					 .now_ms = item->at_ms };
	const struct casebook book = replay_book(r);
	struct casework w = replay_work(r, &book);
	struct decision d;
	enum severity from;
	int rc;

	r->known.clock_started_ms = r->file.clocks[CLOCK_TRIAGE].started_ms;
	rc = triage_decide_input(r->replay->t, &in, &d, err);
	if (rc < 0 || d.transition == TRANSITION_NONE ||
	    d.transition == TRANSITION_STALE)
		return rc;
	from = known ? known->severity : d.severity;
	if (!known || d.transition == TRANSITION_REOPENED)
		begin_episode(r);
	rc = r->replay->out.decision(r->replay->out.ctx, r->of, r->file.episode,
				     &d, item->at_ms, err);
	if (rc < 0)
		return rc;
	r->file.severity = d.severity;
	if (d.withdraw_ack)
		r->file.state = ALERT_OPEN;
	w.alert = item->alert;
	w.tags = r->tags = d.tags;
	rc = casework_follow(&w, &d, from, err);
	if (rc >= 0)
		rc = tell_said(r, item->alert, &d, err);
	if (rc < 0)
		return rc;
	replay_keep(r, item->alert, &d);
	return 1;
}

/* It has an owner, and a person confirmed its level. */
static bool is_settled(const struct replay_life *r)
{
	return r->known.owner && r->has_confirmed &&
	       r->confirmed >= r->known.severity;
}

/* As people_is_triaged(). An acknowledgement that ends was there before owner
 * and level were, and does not make it triaged. */
static bool is_triaged(const struct replay_life *r)
{
	return is_settled(r) && r->known.state == ALERT_ACKNOWLEDGED &&
	       r->file.acknowledge_expires_ms == 0;
}

/* When an acknowledgement of now ends; 0 never. */
static int64_t ack_end(const struct replay_life *r)
{
	int64_t life_ms = triage_policy(r->replay->t)
				  ->acknowledge_expires_ms[r->known.severity];

	return life_ms ? r->replay->now_ms + life_ms : 0;
}

static int happen_acknowledged(struct replay_life *r,
			       const struct replay_item *item, struct err *err)
{
	const struct casebook book = replay_book(r);
	const struct casework w = replay_work(r, &book);
	struct tracked *k = &r->known;
	bool triaged = is_triaged(r);
	int rc;

	if (k->state == ALERT_CLOSED)
		return 0;
	k->state = ALERT_ACKNOWLEDGED;
	k->acknowledged_ms = item->at_ms;
	replay_keep_text(&k->acknowledged_by, item->who);
	replay_update_file(r);
	r->file.acknowledge_expires_ms = triaged ? 0 : ack_end(r);
	rc = casework_acknowledge(&w, err);
	if (rc >= 0)
		rc = replay_answer(r, &r->kept, NOTICE_ACKNOWLEDGED, err);
	return done(rc);
}

static int happen_closed(struct replay_life *r, const struct replay_item *item,
			 struct err *err)
{
	const struct casebook book = replay_book(r);
	const struct casework w = replay_work(r, &book);
	bool merged = item->kind == REPLAY_MERGED;
	int rc;

	r->is_copy |= merged;
	if (r->known.state == ALERT_CLOSED)
		return 0;
	r->known.state = ALERT_CLOSED;
	r->known.closed_ms = item->at_ms;
	replay_update_file(r);
	rc = casework_close(&w, merged ? "merged" : "closed", err);
	/* Of a merged one the other row goes on: nobody is told. */
	if (rc >= 0 && !merged)
		rc = replay_answer(r, &r->kept, NOTICE_CLOSED, err);
	return done(rc);
}

/* As the daemon's triaged_begin(). */
static int begin_triaged(struct replay_life *r, const struct replay_item *item,
			 struct err *err)
{
	const struct casebook book = replay_book(r);
	const struct casework w = replay_work(r, &book);
	struct tracked *k = &r->known;
	bool was_open = k->state == ALERT_OPEN;
	int rc;

	if (was_open)
		replay_keep_text(&k->acknowledged_by, item->who);
	if (k->acknowledged_ms == 0)
		k->acknowledged_ms = item->at_ms;
	k->state = ALERT_ACKNOWLEDGED;
	r->file.acknowledge_expires_ms = 0;
	replay_update_file(r);
	rc = casework_triaged(&w, err);
	if (rc >= 0 && was_open)
		rc = replay_answer(r, &r->kept, NOTICE_ACKNOWLEDGED, err);
	return rc;
}

/* Owner or phase have changed; @was: it was triaged before. As the daemon's
 * work_follow(). */
static int follow_work(struct replay_life *r, const struct replay_item *item,
		       bool was, struct err *err)
{
	bool is = is_settled(r);

	if (is && !was)
		return done(begin_triaged(r, item, err));
	if (was && !is)
		r->file.acknowledge_expires_ms = ack_end(r);
	return 1;
}

static int happen_worked(struct replay_life *r, const struct replay_item *item,
			 struct err *err)
{
	struct tracked *k = &r->known;
	bool was = is_triaged(r);

	if (k->state == ALERT_CLOSED)
		return 0;
	if (item->kind == REPLAY_ASSIGNED) {
		free(k->owner);
		k->owner = xstrdup(item->owner);
		r->assigned = item->owner != NULL;
	} else {
		r->has_confirmed = true;
		r->confirmed = k->severity;
	}
	return follow_work(r, item, was, err);
}

static int happen_reopened(struct replay_life *r,
			   const struct replay_item *item, struct err *err)
{
	const struct casebook book = replay_book(r);
	struct tracked *k = &r->known;
	struct casework w;

	if (k->state != ALERT_CLOSED || r->is_copy)
		return 0;
	begin_episode(r);
	replay_keep_nothing(r);
	k->state = ALERT_OPEN;
	k->episode = r->file.episode;
	k->episode_ms = item->at_ms;
	replay_update_file(r);
	w = replay_work(r, &book);
	return done(casework_reopen(&w, item->who, err));
}

/* A hold needs a clock that runs; this life may not have one. */
static int happen_held(struct replay_life *r, const struct replay_item *item,
		       struct err *err)
{
	const struct casebook book = replay_book(r);
	const struct casework w = replay_work(r, &book);
	struct err why = ERR_INIT;
	int rc = casework_hold(&w, item->until_ms, &why);

	if (rc == ERR_BAD_STATE || rc == ERR_LIMIT)
		return 0;
	return rc < 0 ? err_set(err, rc, "%s", why.text) : 1;
}

int replay_do(struct replay_life *r, const struct replay_item *item,
	      struct err *err)
{
	if (item->kind == REPLAY_SAID)
		return happen_said(r, item, err);
	if (r->known.episode == 0)
		return 0;
	switch (item->kind) {
	case REPLAY_SAID:
		break;
	case REPLAY_ACKNOWLEDGED:
		return happen_acknowledged(r, item, err);
	case REPLAY_ASSIGNED:
	case REPLAY_PHASED:
		return happen_worked(r, item, err);
	case REPLAY_HELD:
		return happen_held(r, item, err);
	case REPLAY_CLOSED:
	case REPLAY_MERGED:
		return happen_closed(r, item, err);
	case REPLAY_REOPENED:
		return happen_reopened(r, item, err);
	case REPLAY_TOLD:
		return done(replay_tell(r, item->who, err));
	}
	return 0;
}
