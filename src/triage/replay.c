/*
 * A life once more. Called by cli/ for what-if and by tests. It stands where
 * the daemon's pipeline, people and timed jobs stand, and keeps in memory what
 * they keep in the database: the row of the alert, its content, its file, and
 * who was told. This file is the virtual clock and what casework asks for.
 *
 * tested with: test_replay
 */
#include "triage/replay_priv.h"

#include <stdlib.h>
#include <string.h>
#include "triage/rotation.h"
#include "util/xmalloc.h"

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

void replay_forget_heard(struct replay *r)
{
	for (size_t i = 0; i < r->n_heard; i++)
		free(r->heard[i].target);
	free(r->heard);
	r->heard = NULL;
	r->n_heard = r->n_heard_alloc = 0;
}

static void note_heard(struct replay *r, const char *target, int64_t since_ms)
{
	for (size_t i = 0; i < r->n_heard; i++) {
		if (strcmp(r->heard[i].target, target) != 0)
			continue;
		r->heard[i].since_ms = MIN(r->heard[i].since_ms, since_ms);
		return;
	}
	GROW(r->heard, r->n_heard + 1, r->n_heard_alloc);
	r->heard[r->n_heard++] = (struct heard){ xstrdup(target), since_ms };
}

static int say_to(struct replay *r, const struct call *c, const char *target,
		  struct err *err)
{
	struct replay_page page = { c, target, c->now_ms };
	int rc = r->out.page(r->out.ctx, &page, err);

	if (rc >= 0 && page.heard_ms != 0)
		note_heard(r, target, page.heard_ms);
	return rc;
}

static int say_to_heard(struct replay *r, const struct call *c, struct err *err)
{
	size_t n = r->n_heard, n_said = 0;
	int rc = 0;

	for (size_t i = 0; i < n && rc >= 0; i++) {
		if (r->heard[i].since_ms > c->now_ms)
			continue;
		rc = say_to(r, c, r->heard[i].target, err);
		n_said++;
	}
	if (rc < 0 || n_said > 0 || !c->or_fallback)
		return rc;
	return say_to(r, c, triage_policy(r->t)->fallback, err);
}

static int replay_on_call(void *ctx, const struct call *c, struct err *err)
{
	CLEANUP(strlist_release) struct strlist names = STRLIST_INIT;
	struct replay *r = ctx;
	struct duty duty;
	int rc = 0;

	if (!c->notify)
		return say_to_heard(r, c, err);
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

struct casework replay_work(struct replay *r)
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

int replay_happen(struct replay *r, const struct replay_item *item,
		  struct err *err)
{
	int rc = replay_run(r, item->at_ms, err);

	if (rc >= 0)
		rc = replay_do(r, item, err);
	if (rc > 0)
		replay_update_file(r);
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
		w = replay_work(r);
		rc = casework_tick(&w, err);
		if (rc < 0)
			return rc;
		replay_update_file(r);
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
	replay_forget_heard(r);
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
