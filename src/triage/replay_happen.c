/*
 * What sources and people do, once more: as pipeline_accept() and what people
 * do in the daemon. Called by replay.c when the clock has come there.
 *
 * tested with: test_replay
 */
#include "triage/replay_priv.h"

#include <stdlib.h>
#include "util/xmalloc.h"

/* It did happen, unless it failed. */
static int done(int rc)
{
	return rc < 0 ? rc : 1;
}

/* The file of the next episode, of which nobody was told. */
static void begin_episode(struct replay *r)
{
	r->file = (struct casefile){
		.alert_id = r->known.id,
		.episode = r->known.episode + 1,
	};
	replay_forget_heard(r);
}

static int happen_said(struct replay *r, const struct replay_item *item,
		       struct err *err)
{
	const struct tracked *known = r->known.episode ? &r->known : NULL;
	const struct triage_input in = { .alert = item->alert,
					 .known = known,
					 .around = item->around,
					 .now_ms = item->at_ms };
	struct casework w = replay_work(r);
	struct decision d;
	enum severity from;
	int rc;

	r->known.clock_started_ms = r->file.clocks[CLOCK_TRIAGE].started_ms;
	rc = triage_decide_input(r->t, &in, &d, err);
	if (rc < 0 || d.transition == TRANSITION_NONE ||
	    d.transition == TRANSITION_STALE)
		return rc;
	from = known ? known->severity : d.severity;
	if (!known || d.transition == TRANSITION_REOPENED)
		begin_episode(r);
	rc = r->out.decision(r->out.ctx, r->file.episode, &d, item->at_ms, err);
	if (rc < 0)
		return rc;
	r->file.severity = d.severity;
	if (d.withdraw_ack)
		r->file.state = ALERT_OPEN;
	w.alert = item->alert;
	w.tags = d.tags;
	rc = casework_follow(&w, &d, from, err);
	if (rc < 0)
		return rc;
	replay_keep(r, item->alert, &d);
	return 1;
}

static bool is_triaged(const struct replay *r)
{
	return r->known.owner && r->has_confirmed &&
	       r->confirmed >= r->known.severity;
}

/* When an acknowledgement of now ends; 0 never. */
static int64_t ack_end(const struct replay *r)
{
	int64_t life_ms =
		triage_policy(r->t)->acknowledge_expires_ms[r->known.severity];

	return life_ms ? r->now_ms + life_ms : 0;
}

static int happen_acknowledged(struct replay *r, const struct replay_item *item,
			       struct err *err)
{
	const struct casework w = replay_work(r);
	struct tracked *k = &r->known;

	if (k->state == ALERT_CLOSED)
		return 0;
	k->state = ALERT_ACKNOWLEDGED;
	k->acknowledged_ms = item->at_ms;
	replay_keep_text(&k->acknowledged_by, item->who);
	replay_update_file(r);
	r->file.acknowledge_expires_ms = is_triaged(r) ? 0 : ack_end(r);
	return done(casework_acknowledge(&w, err));
}

static int happen_closed(struct replay *r, const struct replay_item *item,
			 struct err *err)
{
	const struct casework w = replay_work(r);
	const char *why = item->kind == REPLAY_MERGED ? "merged" : "closed";

	r->is_copy |= item->kind == REPLAY_MERGED;
	if (r->known.state == ALERT_CLOSED)
		return 0;
	r->known.state = ALERT_CLOSED;
	r->known.closed_ms = item->at_ms;
	replay_update_file(r);
	return done(casework_close(&w, why, err));
}

/* Owner or phase have changed; @was: it was triaged before. As the daemon's
 * work_follow(). */
static int follow_work(struct replay *r, const struct replay_item *item,
		       bool was, struct err *err)
{
	const struct casework w = replay_work(r);
	struct tracked *k = &r->known;
	bool is = is_triaged(r);

	if (is && (!was || k->state == ALERT_OPEN)) {
		if (k->state != ALERT_ACKNOWLEDGED)
			replay_keep_text(&k->acknowledged_by, item->who);
		if (k->acknowledged_ms == 0)
			k->acknowledged_ms = item->at_ms;
		k->state = ALERT_ACKNOWLEDGED;
		r->file.acknowledge_expires_ms = 0;
		replay_update_file(r);
		return done(casework_triaged(&w, err));
	}
	if (was && !is && k->state == ALERT_ACKNOWLEDGED &&
	    r->file.acknowledge_expires_ms == 0)
		r->file.acknowledge_expires_ms = ack_end(r);
	return 1;
}

static int happen_worked(struct replay *r, const struct replay_item *item,
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

static int happen_reopened(struct replay *r, const struct replay_item *item,
			   struct err *err)
{
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
	w = replay_work(r);
	return done(casework_reopen(&w, item->who, err));
}

/* A hold needs a clock that runs; this life may not have one. */
static int happen_held(struct replay *r, const struct replay_item *item,
		       struct err *err)
{
	const struct casework w = replay_work(r);
	struct err why = ERR_INIT;
	int rc = casework_hold(&w, item->until_ms, &why);

	if (rc == ERR_BAD_STATE || rc == ERR_LIMIT)
		return 0;
	return rc < 0 ? err_set(err, rc, "%s", why.text) : 1;
}

int replay_do(struct replay *r, const struct replay_item *item, struct err *err)
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
	}
	return 0;
}
