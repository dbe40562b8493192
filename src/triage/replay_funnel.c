/*
 * The way of a notice to people, once more: as the daemon's funnel, with
 * bundles in memory. What may go is decided in triage/noise. Called by
 * replay_life.c for what is said, and by replay_flush.c when a wait is over.
 *
 * tested with: test_replay_noise
 */
#include "triage/replay_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util/xmalloc.h"

void replay_describe(const struct saying *s, const char *target, int64_t now_ms,
		     char group[NOISE_GROUP_MAX], struct noise_offer *ret)
{
	noise_group(s->alert, group);
	*ret = (struct noise_offer){
		.subject = { .alert = s->alert,
			     .severity = s->severity,
			     .tags = s->tags },
		.target = target,
		.kind = s->notice.kind,
		.group = group,
		.first = noise_is_first(s->notice.kind),
		.now_ms = now_ms,
	};
}

static void note(struct replay *r, const struct saying *s,
		 enum noise_cause held, enum noise_cause leaves)
{
	char group[NOISE_GROUP_MAX];

	noise_group(s->alert, group);
	noise_note(r->noise,
		   &(struct noise_notice){
			   .target = s->notice.target,
			   .group = group,
			   .severity = s->severity,
			   .tactics = s->alert->tactics,
			   .crown_jewel = noise_is_crown_jewel(s->tags),
			   .first = noise_is_first(s->notice.kind),
			   .held = held,
			   .leaves = leaves,
			   .now_ms = r->now_ms,
		   });
}

/* --- the same is said once --- */

/* The key of the outbox, but for what is the same in one life. */
static uint64_t key_of(const struct saying *s)
{
	CLEANUP(free_ptr)
	char *text =
		xasprintf("%lld %lld %d %d %s", (long long)s->notice.episode,
			  (long long)s->transition, s->notice.kind,
			  s->notice.step, s->notice.target);
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	for (const char *p = text; *p; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
	return h;
}

static bool was_put(const struct replay_life *l, uint64_t key)
{
	for (size_t i = 0; i < l->n_keys; i++) {
		if (l->keys[i] == key)
			return true;
	}
	return false;
}

int replay_put(struct replay *r, const struct saying *s,
	       enum noise_cause leaves)
{
	struct replay_life *l = s->life;
	uint64_t key = key_of(s);

	if (was_put(l, key))
		return 0;
	GROW(l->keys, l->n_keys + 1, l->n_keys_alloc);
	l->keys[l->n_keys++] = key;
	note(r, s, NOISE_NONE, leaves);
	return 1;
}

/* --- bundles --- */

struct replay_bundle *replay_bundle_free(struct replay_bundle *b)
{
	for (size_t i = 0; i < b->n_waits; i++)
		b->waits[i].life->n_waiting--;
	free(b->waits);
	free(b->name);
	free(b->target);
	free(b);
	return NULL;
}

struct replay_bundle *replay_find_bundle(struct replay *r,
					 const struct bundle_place *place)
{
	for (size_t i = 0; i < r->n_bundles; i++) {
		struct replay_bundle *b = r->bundles[i];

		if (b->cause == place->cause &&
		    strcmp(b->name, place->name) == 0 &&
		    strcmp(b->target, place->target) == 0)
			return b;
	}
	return NULL;
}

static struct replay_bundle *bundle_open(struct replay *r,
					 const struct bundle_place *place)
{
	struct replay_bundle *b = replay_find_bundle(r, place);

	if (b) {
		b->due_ms = MIN(b->due_ms, place->due_ms);
		return b;
	}
	b = xcalloc(1, sizeof(*b));
	b->cause = place->cause;
	b->name = xstrdup(place->name);
	b->target = xstrdup(place->target);
	b->due_ms = place->due_ms;
	b->number = ++r->n_numbers;
	GROW(r->bundles, r->n_bundles + 1, r->n_bundles_alloc);
	r->bundles[r->n_bundles++] = b;
	return b;
}

static bool waits_there(const struct replay_bundle *b, const struct saying *s)
{
	for (size_t i = 0; i < b->n_waits; i++) {
		const struct replay_wait *w = &b->waits[i];

		if (w->life == s->life && w->transition == s->transition &&
		    w->notice.episode == s->notice.episode &&
		    w->notice.kind == s->notice.kind &&
		    w->notice.step == s->notice.step)
			return true;
	}
	return false;
}

int replay_detain(struct replay *r, struct saying *s,
		  const struct bundle_place *place, enum noise_cause leaves,
		  struct err *err)
{
	struct replay_bundle *b = bundle_open(r, place);
	struct replay_wait w = { .life = s->life,
				 .notice = s->notice,
				 .transition = s->transition,
				 .number = ++r->n_numbers };

	if (waits_there(b, s)) {
		if (leaves == NOISE_NONE)
			return 0; /* it was not told of as a notice */
		return r->out.dropped(r->out.ctx, &s->notice, BUNDLE_MOVED,
				      r->now_ms, err);
	}
	w.notice.target = b->target;
	GROW(b->waits, b->n_waits + 1, b->n_waits_alloc);
	b->waits[b->n_waits++] = w;
	s->life->n_waiting++;
	if (place->cause == NOISE_GROUP || place->cause == NOISE_STORM)
		note(r, s, place->cause, leaves);
	return r->out.held(r->out.ctx, &s->notice, place, err);
}

/* --- offers --- */

/* It is told of, unless the same waits there already. */
static int detain_new(struct replay *r, struct saying *s,
		      const struct bundle_place *place, struct err *err)
{
	const struct replay_bundle *b = replay_find_bundle(r, place);
	int rc;

	if (b && waits_there(b, s))
		return replay_detain(r, s, place, NOISE_NONE, err);
	rc = r->out.notice(r->out.ctx, &s->notice, err);
	return rc < 0 ? rc : replay_detain(r, s, place, NOISE_NONE, err);
}

int replay_collect(struct replay *r, struct saying *s,
		   const struct bundle_place *place, struct err *err)
{
	s->notice.target = place->target;
	return detain_new(r, s, place, err);
}

static int put_new(struct replay *r, struct saying *s, struct err *err)
{
	struct replay_message m = { .target = s->notice.target,
				    .at_ms = r->now_ms,
				    .heard_ms = r->now_ms };
	int rc;

	if (!replay_put(r, s, NOISE_NONE))
		return 0;
	m.number = ++r->n_messages;
	rc = r->out.notice(r->out.ctx, &s->notice, err);
	if (rc >= 0)
		rc = r->out.sent(r->out.ctx, &s->notice, &m, err);
	if (rc >= 0 && m.heard_ms)
		replay_note_heard(s->life, m.target, m.heard_ms);
	return rc;
}

/*
 * It says something new about its group: others of the group that wait go at
 * once, and it with them, unless it is critical. 1 when it is in the group's
 * message, 0 when not.
 */
static int break_out(struct replay *r, struct saying *s, const char *group,
		     struct err *err)
{
	struct bundle_place place = { .cause = NOISE_GROUP,
				      .target = s->notice.target,
				      .due_ms = r->now_ms };
	struct replay_bundle *b;
	int rc;

	(void)snprintf(place.name, sizeof(place.name), "%s", group);
	b = replay_find_bundle(r, &place);
	if (!b)
		return 0;
	if (s->severity == SEVERITY_CRITICAL) {
		b->due_ms = r->now_ms;
		return 0;
	}
	rc = detain_new(r, s, &place, err);
	return rc < 0 ? rc : 1;
}

int replay_say(struct replay *r, struct saying *s, struct err *err)
{
	char group[NOISE_GROUP_MAX];
	struct noise_offer offer;
	struct noise_verdict v;
	int rc = 0;

	replay_describe(s, s->notice.target, r->now_ms, group, &offer);
	noise_judge(r->noise, &offer, &v);
	if (v.place.cause != NOISE_NONE)
		return detain_new(r, s, &v.place, err);
	if (v.breaks_out)
		rc = break_out(r, s, group, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	return put_new(r, s, err);
}
