/*
 * One alert that lives again: what casework asks for, and whom it is said to.
 * It keeps in memory what the daemon keeps in the database: the row of the
 * alert, its content, its file, and who was told. Called by replay.c; decides
 * nothing.
 *
 * tested with: test_replay
 */
#include "triage/replay_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "triage/rotation.h"
#include "util/xmalloc.h"

/* --- who was told --- */

void replay_forget_heard(struct replay_life *l)
{
	for (size_t i = 0; i < l->n_heard; i++)
		free(l->heard[i].target);
	free(l->heard);
	l->heard = NULL;
	l->n_heard = l->n_heard_alloc = 0;
}

void replay_note_heard(struct replay_life *l, const char *target,
		       int64_t since_ms)
{
	for (size_t i = 0; i < l->n_heard; i++) {
		if (strcmp(l->heard[i].target, target) != 0)
			continue;
		l->heard[i].since_ms = MIN(l->heard[i].since_ms, since_ms);
		return;
	}
	GROW(l->heard, l->n_heard + 1, l->n_heard_alloc);
	l->heard[l->n_heard++] = (struct heard){ xstrdup(target), since_ms };
}

static int heard_order(const void *a, const void *b)
{
	return strcmp(((const struct heard *)a)->target,
		      ((const struct heard *)b)->target);
}

static int say_to(struct saying *s, const char *target, struct err *err)
{
	s->notice.target = target;
	return replay_say(s->life->replay, s, err);
}

/* In the order of their names, as the outbox lists them. */
static int say_to_heard(struct saying *s, bool or_fallback, struct err *err)
{
	struct replay_life *l = s->life;
	size_t n = l->n_heard, n_said = 0;
	int rc = 0;

	if (n > 0)
		qsort(l->heard, n, sizeof(*l->heard), heard_order);
	for (size_t i = 0; i < n && rc >= 0; i++) {
		if (l->heard[i].since_ms > s->notice.at_ms)
			continue;
		rc = say_to(s, l->heard[i].target, err);
		n_said++;
	}
	if (rc < 0 || n_said > 0 || !or_fallback)
		return rc;
	return say_to(s, triage_policy(l->replay->t)->fallback, err);
}

int replay_answer(struct replay_life *l, const struct alert *a,
		  enum notice_kind kind, struct err *err)
{
	struct saying s = {
		.life = l,
		.alert = a,
		.tags = l->tags,
		.severity = l->file.severity,
		.transition = (int64_t)++l->n_acts,
		.notice = { .of = l->of,
			    .alert_id = l->known.id,
			    .episode = l->file.episode,
			    .kind = kind,
			    .at_ms = l->replay->now_ms },
	};

	return say_to_heard(&s, false, err);
}

int replay_tell(struct replay_life *l, const char *target, struct err *err)
{
	struct saying s = {
		.life = l,
		.alert = &l->kept,
		/* No rule is asked for it. */
		.severity = l->kept.base,
		.transition = (int64_t)++l->n_acts,
		.notice = { .of = l->of,
			    .alert_id = l->known.id,
			    .episode = l->known.episode,
			    .kind = NOTICE_OPENED,
			    .at_ms = l->replay->now_ms },
	};

	return say_to(&s, target, err);
}

/* --- what casework asks for --- */

static int replay_on_clock(void *ctx, const struct clock_row *row,
			   struct err *err)
{
	struct replay_life *l = ctx;

	return l->replay->out.clock(l->replay->out.ctx, l->of, row, err);
}

static int tell_route(struct replay_life *l, const char *route, struct err *err)
{
	return l->replay->out.route(l->replay->out.ctx, l->of, l->file.episode,
				    route, err);
}

static int replay_on_ladder(void *ctx, const struct ladder_row *row,
			    struct err *err)
{
	return tell_route(ctx, row->route, err);
}

static int replay_on_unacknowledge(void *ctx, const struct casefile *c,
				   int64_t now_ms, struct err *err)
{
	struct replay_life *l = ctx;

	(void)c;
	(void)now_ms;
	(void)err;
	l->known.state = ALERT_OPEN;
	l->known.acknowledged_ms = 0;
	return 0;
}

static int replay_on_event(void *ctx, const struct case_event *e,
			   struct err *err)
{
	(void)ctx;
	(void)e;
	(void)err;
	return 0; /* clocks and notices say the same */
}

static int collect(struct saying *s, const struct call *c, struct err *err)
{
	struct bundle_place place = { .cause = NOISE_DIGEST,
				      .due_ms = c->collect_ms };
	int rc = tell_route(s->life, c->route, err);

	(void)snprintf(place.name, sizeof(place.name), "%s", c->route);
	for (size_t i = 0; i < c->notify->n && rc >= 0; i++) {
		place.target = c->notify->v[i];
		rc = replay_collect(s->life->replay, s, &place, err);
	}
	return rc;
}

static int replay_on_call(void *ctx, const struct call *c, struct err *err)
{
	struct replay_life *l = ctx;
	struct saying s = {
		.life = l,
		.alert = c->alert,
		.tags = c->tags,
		.severity = c->file->severity,
		.transition = c->transition,
		.notice = { .of = l->of,
			    .alert_id = l->known.id,
			    .episode = c->file->episode,
			    .kind = c->kind,
			    .step = c->step,
			    .at_ms = c->now_ms },
	};
	struct duty duty;
	int rc = 0;

	if (!c->notify)
		return say_to_heard(&s, c->or_fallback, err);
	if (c->collect_ms)
		return collect(&s, c, err);
	for (size_t i = 0; i < c->notify->n && rc >= 0; i++) {
		rotation_resolve(triage_policy(l->replay->t), c->notify->v[i],
				 c->now_ms, &duty);
		if (duty.target)
			rc = say_to(&s, duty.target, err);
	}
	return rc;
}

struct casebook replay_book(struct replay_life *l)
{
	return (struct casebook){
		.ctx = l,
		.clock = replay_on_clock,
		.ladder = replay_on_ladder,
		.unacknowledge = replay_on_unacknowledge,
		.call = replay_on_call,
		.event = replay_on_event,
	};
}

struct casework replay_work(struct replay_life *l, const struct casebook *book)
{
	return (struct casework){
		.triage = l->replay->t,
		.file = &l->file,
		.alert = &l->kept,
		.tags = l->tags,
		.now_ms = l->replay->now_ms,
		.up_since_ms = l->replay->up_since_ms,
		.book = book,
	};
}

/* --- the object --- */

struct replay_life *replay_life_new(struct replay *r, int64_t alert_id,
				    void *of)
{
	struct replay_life *l = xcalloc(1, sizeof(*l));

	l->replay = r;
	l->of = of;
	l->known.id = alert_id;
	l->file.alert_id = alert_id;
	alert_init(&l->kept);
	return l;
}

struct replay_life *replay_life_free(struct replay_life *l)
{
	tracked_release(&l->known);
	alert_release(&l->kept);
	replay_forget_heard(l);
	free(l->keys);
	free(l);
	return NULL;
}

const struct tracked *replay_standing(const struct replay_life *life)
{
	return &life->known;
}
