/*
 * A life once more. Called by cli/ for what-if and by tests. It stands where
 * the daemon's pipeline, people and timed jobs stand, and keeps in memory what
 * they keep in the database: the row of the alert, its content, its file, and
 * who was told.
 *
 * tested with: test_replay
 */
#include "triage/replay.h"

#include <stdlib.h>
#include <string.h>
#include "triage/casework.h"
#include "triage/rotation.h"
#include "util/xmalloc.h"

struct replay {
	const struct triage *t;
	const struct pause *pauses;
	size_t n_pauses;
	struct replay_out out;
	struct casebook book; /* ctx is this object */
	struct tracked known; /* episode 0: nothing was said yet */
	bool assigned; /* its owner is a person's word: no rule takes it back */
	bool is_copy; /* another row went on as this alert */
	bool has_confirmed;
	enum severity confirmed; /* the level a person confirmed */
	struct alert kept; /* content, as the copies left it */
	const struct strlist *tags; /* of the policy; NULL none */
	struct casefile file; /* of the present episode */
	struct strlist told; /* targets that heard of this episode */
	int64_t now_ms; /* the virtual clock; it never goes back */
	int64_t up_since_ms; /* the end of the last pause */
};

/* --- what casework asks for --- */

static int replay_on_clock(void *ctx, const struct clock_row *row,
			   struct err *err)
{
	struct replay *r = ctx;

	return r->out.clock(r->out.ctx, row, err);
}

static int replay_on_ladder(void *ctx, const struct ladder_row *row,
			    struct err *err)
{
	struct replay *r = ctx;

	return r->out.route(r->out.ctx, row->episode, row->route, err);
}

static int replay_on_unacknowledge(void *ctx, const struct casefile *c,
				   int64_t now_ms, struct err *err)
{
	struct replay *r = ctx;

	(void)c;
	(void)now_ms;
	(void)err;
	r->known.state = ALERT_OPEN;
	r->known.acknowledged_ms = 0;
	return 0;
}

static int replay_on_event(void *ctx, const struct case_event *e,
			   struct err *err)
{
	(void)ctx;
	(void)e;
	(void)err;
	return 0; /* clocks and pages say the same */
}

static int say_to(struct replay *r, const struct call *c, const char *target,
		  struct err *err)
{
	int rc = r->out.page(r->out.ctx, &(struct replay_page){ c, target },
			     err);

	if (!strlist_has(&r->told, target))
		strlist_add(&r->told, target);
	return rc;
}

static int say_to_told(struct replay *r, const struct call *c, struct err *err)
{
	size_t n = r->told.n;
	int rc = 0;

	if (n == 0 && c->or_fallback)
		return say_to(r, c, triage_policy(r->t)->fallback, err);
	for (size_t i = 0; i < n && rc >= 0; i++)
		rc = say_to(r, c, r->told.v[i], err);
	return rc;
}

static int replay_on_call(void *ctx, const struct call *c, struct err *err)
{
	CLEANUP(strlist_release) struct strlist names = STRLIST_INIT;
	struct replay *r = ctx;
	struct duty duty;
	int rc = 0;

	if (!c->notify)
		return say_to_told(r, c, err);
	if (c->collect_ms)
		return r->out.route(r->out.ctx, c->file->episode, c->route,
				    err);
	/* One who is named twice hears of it once. */
	for (size_t i = 0; i < c->notify->n && rc >= 0; i++) {
		rotation_resolve(triage_policy(r->t), c->notify->v[i],
				 c->now_ms, &duty);
		if (!duty.target || strlist_has(&names, duty.target))
			continue;
		strlist_add(&names, duty.target);
		rc = say_to(r, c, duty.target, err);
	}
	return rc;
}

/* --- what is kept --- */

static void keep_text(char **kept, const char *said)
{
	if (!said)
		return;
	free(*kept);
	*kept = xstrdup(said);
}

static void keep_ms(int64_t *kept, int64_t said_ms)
{
	if (said_ms != 0)
		*kept = said_ms;
}

static void keep_texts(struct alert *k, const struct alert *a)
{
	keep_text(&k->provider, a->provider);
	keep_text(&k->subscription, a->subscription);
	keep_text(&k->linked_kind, a->linked_kind);
	keep_text(&k->linked_id, a->linked_id);
	keep_text(&k->title, a->title);
	keep_text(&k->description, a->description);
	keep_text(&k->alert_type, a->alert_type);
	keep_text(&k->source_severity, a->source_severity);
	keep_text(&k->source_status, a->source_status);
	keep_text(&k->resource_id, a->resource_id);
	keep_text(&k->resource_group, a->resource_group);
	keep_text(&k->resource_type, a->resource_type);
	keep_text(&k->entity, a->entity);
	keep_text(&k->tactics, a->tactics);
	keep_text(&k->techniques, a->techniques);
	keep_text(&k->category, a->category);
	keep_text(&k->policy, a->policy);
	keep_text(&k->incident, a->incident);
	keep_text(&k->correlation, a->correlation);
}

/* As alerts_update() does: what a copy does not have stays. */
static void keep_content(struct alert *k, const struct alert *a)
{
	if (!k->kind) {
		keep_text(&k->source, a->source);
		keep_text(&k->kind, a->kind);
		keep_text(&k->tenant, a->tenant);
		keep_text(&k->native_id, a->native_id);
	}
	keep_texts(k, a);
	keep_ms(&k->created_ms, a->created_ms);
	keep_ms(&k->activity_from_ms, a->activity_from_ms);
	keep_ms(&k->activity_to_ms, a->activity_to_ms);
	keep_ms(&k->source_updated_ms, a->source_updated_ms);
	k->base = a->base;
	k->source_state = a->source_state;
	k->is_incident = a->is_incident;
	for (size_t i = 0; i < k->n_entities; i++) {
		free(k->entities[i].kind);
		free(k->entities[i].value);
		free(k->entities[i].role);
	}
	k->n_entities = 0;
	for (size_t i = 0; i < a->n_entities; i++)
		alert_add_entity(k, a->entities[i].kind, a->entities[i].value,
				 a->entities[i].role);
}

/* A new episode knows nothing of the one before. */
static void keep_nothing(struct replay *r)
{
	struct tracked *k = &r->known;

	k->historical = false;
	k->acknowledged_ms = k->closed_ms = 0;
	free(k->acknowledged_by);
	k->acknowledged_by = NULL;
	r->has_confirmed = false;
}

/* Where it stands after the decision: as alerts_insert() and alerts_update()
 * write the row. */
static void keep_standing(struct replay *r, const struct decision *d,
			  int64_t now_ms)
{
	struct tracked *k = &r->known;

	switch (d->transition) {
	case TRANSITION_OPENED:
	case TRANSITION_SEEN_CLOSED:
		k->seen_ms = now_ms;
		k->historical = d->historical;
		break;
	case TRANSITION_REOPENED:
		keep_nothing(r);
		break;
	case TRANSITION_UPDATED:
	case TRANSITION_CLOSED:
	case TRANSITION_NONE:
	case TRANSITION_STALE:
		break;
	}
	if (d->transition == TRANSITION_OPENED ||
	    d->transition == TRANSITION_REOPENED) {
		k->state = ALERT_OPEN;
	} else if (d->transition == TRANSITION_SEEN_CLOSED ||
		   (d->transition == TRANSITION_CLOSED &&
		    k->state != ALERT_CLOSED)) {
		k->state = ALERT_CLOSED;
		k->closed_ms = now_ms;
	} else if (d->withdraw_ack && k->state == ALERT_ACKNOWLEDGED) {
		k->state = ALERT_OPEN;
		k->acknowledged_ms = 0;
	}
	if (k->episode != r->file.episode)
		k->episode_ms = now_ms;
	k->episode = r->file.episode;
	k->base = d->base;
	k->severity = d->severity;
	if (!r->assigned)
		keep_text(&k->owner, d->owner);
	r->tags = d->tags;
}

static void keep(struct replay *r, const struct alert *a,
		 const struct decision *d, int64_t now_ms)
{
	struct tracked *k = &r->known;

	keep_content(&r->kept, a);
	keep_standing(r, d, now_ms);
	k->revision++;
	k->source_state = a->source_state;
	keep_ms(&k->source_updated_ms, a->source_updated_ms);
	keep_ms(&k->activity_to_ms, a->activity_to_ms);
	keep_text(&k->linked_kind, a->linked_kind);
	alert_content_hash(a, k->content_hash);
}

/* The part of the file that is the row's. */
static void update_file(struct replay *r)
{
	const struct tracked *k = &r->known;

	r->file.severity = k->severity;
	r->file.state = k->state;
	r->file.owner = k->owner;
	r->file.acknowledged_by = k->acknowledged_by;
	if (k->state != ALERT_ACKNOWLEDGED)
		r->file.acknowledge_expires_ms = 0;
}

/* --- what happens --- */

/* The alert as it is kept, now. */
static struct casework work_of(struct replay *r)
{
	return (struct casework){
		.triage = r->t,
		.file = &r->file,
		.alert = &r->kept,
		.tags = r->tags,
		.now_ms = r->now_ms,
		.up_since_ms = r->up_since_ms,
		.book = &r->book,
	};
}

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
	strlist_release(&r->told);
}

static int happen_said(struct replay *r, const struct replay_item *item,
		       struct err *err)
{
	const struct tracked *known = r->known.episode ? &r->known : NULL;
	const struct triage_input in = { .alert = item->alert,
					 .known = known,
					 .around = item->around,
					 .now_ms = item->at_ms };
	struct casework w = work_of(r);
	struct decision d;
	enum severity from;
	int rc;

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
	keep(r, item->alert, &d, item->at_ms);
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
	const struct casework w = work_of(r);
	struct tracked *k = &r->known;

	if (k->state == ALERT_CLOSED)
		return 0;
	k->state = ALERT_ACKNOWLEDGED;
	k->acknowledged_ms = item->at_ms;
	keep_text(&k->acknowledged_by, item->who);
	update_file(r);
	r->file.acknowledge_expires_ms = is_triaged(r) ? 0 : ack_end(r);
	return done(casework_acknowledge(&w, err));
}

static int happen_closed(struct replay *r, const struct replay_item *item,
			 struct err *err)
{
	const struct casework w = work_of(r);
	const char *why = item->kind == REPLAY_MERGED ? "merged" : "closed";

	r->is_copy |= item->kind == REPLAY_MERGED;
	if (r->known.state == ALERT_CLOSED)
		return 0;
	r->known.state = ALERT_CLOSED;
	r->known.closed_ms = item->at_ms;
	update_file(r);
	return done(casework_close(&w, why, err));
}

/* Owner or phase have changed; @was: it was triaged before. As the daemon's
 * work_follow(). */
static int follow_work(struct replay *r, const struct replay_item *item,
		       bool was, struct err *err)
{
	const struct casework w = work_of(r);
	struct tracked *k = &r->known;
	bool is = is_triaged(r);

	if (is && (!was || k->state == ALERT_OPEN)) {
		if (k->state != ALERT_ACKNOWLEDGED)
			keep_text(&k->acknowledged_by, item->who);
		if (k->acknowledged_ms == 0)
			k->acknowledged_ms = item->at_ms;
		k->state = ALERT_ACKNOWLEDGED;
		r->file.acknowledge_expires_ms = 0;
		update_file(r);
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
	keep_nothing(r);
	k->state = ALERT_OPEN;
	k->episode = r->file.episode;
	k->episode_ms = item->at_ms;
	update_file(r);
	w = work_of(r);
	return done(casework_reopen(&w, item->who, err));
}

/* A hold needs a clock that runs; this life may not have one. */
static int happen_held(struct replay *r, const struct replay_item *item,
		       struct err *err)
{
	const struct casework w = work_of(r);
	struct err why = ERR_INIT;
	int rc = casework_hold(&w, item->until_ms, &why);

	if (rc == ERR_BAD_STATE || rc == ERR_LIMIT)
		return 0;
	return rc < 0 ? err_set(err, rc, "%s", why.text) : 1;
}

static int happen(struct replay *r, const struct replay_item *item,
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
	}
	return 0;
}

int replay_happen(struct replay *r, const struct replay_item *item,
		  struct err *err)
{
	int rc = replay_run(r, item->at_ms, err);

	if (rc >= 0)
		rc = happen(r, item, err);
	if (rc > 0)
		update_file(r);
	return rc;
}

/* When what is due at @due_ms is done: in a pause at its end. */
static int64_t done_at(struct replay *r, int64_t due_ms)
{
	for (size_t i = 0; i < r->n_pauses; i++) {
		if (due_ms < r->pauses[i].from_ms)
			break;
		r->up_since_ms = r->pauses[i].to_ms;
		if (due_ms < r->pauses[i].to_ms)
			return r->pauses[i].to_ms;
	}
	return due_ms;
}

int replay_run(struct replay *r, int64_t end_ms, struct err *err)
{
	struct casework w;
	int64_t due_ms, now_ms;
	int rc;

	while ((due_ms = casework_next_ms(&r->file)) != 0) {
		/* A clock that moved may be due before that. */
		now_ms = MAX(done_at(r, due_ms), r->now_ms);
		if (now_ms > end_ms)
			break;
		r->now_ms = now_ms;
		w = work_of(r);
		rc = casework_tick(&w, err);
		if (rc < 0)
			return rc;
		update_file(r);
		if (casework_next_ms(&r->file) == due_ms)
			return err_set(err, ERR_BAD_STATE,
				       "alert %lld does not get on in time; "
				       "this is an error of triagectl",
				       (long long)r->file.alert_id);
	}
	r->now_ms = MAX(r->now_ms, end_ms);
	return 0;
}

/* --- the object --- */

struct replay *replay_new(const struct triage *t, const struct pause *pauses,
			  size_t n_pauses, const struct replay_out *out)
{
	struct replay *r = xcalloc(1, sizeof(*r));

	r->t = t;
	r->pauses = pauses;
	r->n_pauses = n_pauses;
	r->out = *out;
	r->book = (struct casebook){
		.ctx = r,
		.clock = replay_on_clock,
		.ladder = replay_on_ladder,
		.unacknowledge = replay_on_unacknowledge,
		.call = replay_on_call,
		.event = replay_on_event,
	};
	alert_init(&r->kept);
	return r;
}

void replay_begin(struct replay *r, int64_t alert_id)
{
	tracked_release(&r->known);
	r->known = (struct tracked){ .id = alert_id };
	alert_release(&r->kept);
	r->tags = NULL;
	r->assigned = r->is_copy = r->has_confirmed = false;
	r->file = (struct casefile){ .alert_id = alert_id };
	strlist_release(&r->told);
	r->now_ms = r->up_since_ms = 0;
}

struct replay *replay_free(struct replay *r)
{
	if (!r)
		return NULL;
	replay_begin(r, 0);
	free(r);
	return NULL;
}

void replay_free_ptr(struct replay **r)
{
	*r = replay_free(*r);
}

const struct tracked *replay_standing(const struct replay *r)
{
	return &r->known;
}
