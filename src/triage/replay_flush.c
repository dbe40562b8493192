/*
 * The end of a wait, once more: as the daemon's flush. Bundles that are due
 * become messages, go on to what holds them now, or end where there is nothing
 * left to tell. Called by replay.c; what is decided is triage/resurface.
 *
 * tested with: test_replay_noise
 */
#include "triage/replay_priv.h"

#include <stdlib.h>
#include <string.h>
#include "triage/resurface.h"
#include "triage/rotation.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

/* As the daemon: bundles asked about together, tactics of a group remembered.
 */
#define SLICE 64
#define TACTICS_MAX 512

/* One bundle on its way out. It is not among the open ones any more. */
struct sift {
	struct replay *r;
	struct replay_bundle *bundle;
	const char *target; /* who gets it */
	const struct bundle_place *instead; /* all move there, if anywhere */
	size_t n_going; /* alerts that go, and their waits: */
	struct replay_wait *going;
	size_t n_waits, n_waits_alloc;
	enum severity worst;
	bool crown_jewel;
	struct strbuf tactics;
	struct replay_wait *stays; /* what waits on for the same thing */
	size_t n_stays, n_stays_alloc;
	struct bundle_place stay;
};

static void sift_release(struct sift *f)
{
	free(f->going);
	free(f->stays);
	strbuf_release(&f->tactics);
}

static struct saying saying_of(const struct sift *f,
			       const struct replay_wait *w)
{
	struct saying s = {
		.life = w->life,
		.alert = &w->life->kept,
		.tags = w->life->tags,
		.severity = w->life->known.severity,
		.transition = w->transition,
		.notice = w->notice,
	};

	s.notice.target = f->target;
	return s;
}

static bool is_needless(const struct replay_wait *w)
{
	const struct bundle_entry e = { .alert_id = w->notice.alert_id,
					.episode = w->notice.episode,
					.kind = w->notice.kind,
					.step = w->notice.step };

	return resurface_needless(&w->life->known, &e) != NULL;
}

static void sift_judge(const struct sift *f, const struct replay_wait *w,
		       struct bundle_place *ret)
{
	struct saying s = saying_of(f, w);
	char group[NOISE_GROUP_MAX];
	struct noise_offer offer;

	replay_describe(&s, f->target, f->r->now_ms, group, &offer);
	offer.leaves = f->bundle->cause;
	resurface_judge(f->r->noise, &offer, f->instead, ret);
}

static bool is_own_place(const struct sift *f, const struct bundle_place *place)
{
	return place->cause == f->bundle->cause &&
	       strcmp(place->name, f->bundle->name) == 0 &&
	       strcmp(place->target, f->bundle->target) == 0;
}

static void sift_take(struct sift *f, const struct replay_life *l)
{
	f->n_going++;
	f->worst = MAX(f->worst, l->known.severity);
	f->crown_jewel |= noise_is_crown_jewel(l->tags);
	if (l->kept.tactics && f->tactics.len < TACTICS_MAX)
		strbuf_addf(&f->tactics, "%s%s", f->tactics.len ? "," : "",
			    l->kept.tactics);
}

/* It goes, stays, or moves, as its alert does. */
static int sift_one(struct sift *f, const struct replay_wait *w,
		    const struct bundle_place *place, struct err *err)
{
	struct saying s;

	if (place->cause == NOISE_NONE) {
		GROW(f->going, f->n_waits + 1, f->n_waits_alloc);
		f->going[f->n_waits++] = *w;
		return 0;
	}
	if (is_own_place(f, place)) {
		GROW(f->stays, f->n_stays + 1, f->n_stays_alloc);
		f->stays[f->n_stays++] = *w;
		f->stay = *place;
		return 0;
	}
	s = saying_of(f, w);
	return replay_detain(f->r, &s, place, f->bundle->cause, err);
}

/* Waits [@from, @to) are of one alert. */
static int sift_alert(struct sift *f, size_t from, size_t to, struct err *err)
{
	const struct replay *r = f->r;
	struct bundle_place place = { .cause = NOISE_NONE };
	bool judged = false;
	int rc = 0;

	for (size_t i = from; i < to && rc >= 0; i++) {
		const struct replay_wait *w = &f->bundle->waits[i];

		if (is_needless(w)) {
			rc = r->out.dropped(r->out.ctx, &w->notice,
					    BUNDLE_NEEDLESS, r->now_ms, err);
			continue;
		}
		if (!judged) {
			sift_judge(f, w, &place);
			if (place.cause == NOISE_NONE)
				sift_take(f, w->life);
		}
		judged = true;
		rc = sift_one(f, w, &place, err);
	}
	return rc;
}

static int wait_order(const void *pa, const void *pb)
{
	const struct replay_wait *a = pa, *b = pb;

	if (a->notice.alert_id != b->notice.alert_id)
		return a->notice.alert_id < b->notice.alert_id ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static int sift_all(struct sift *f, struct err *err)
{
	struct replay_bundle *b = f->bundle;
	int rc = 0;

	if (b->n_waits)
		qsort(b->waits, b->n_waits, sizeof(*b->waits), wait_order);
	for (size_t i = 0, to; i < b->n_waits && rc >= 0; i = to) {
		for (to = i + 1;
		     to < b->n_waits && b->waits[to].life == b->waits[i].life;)
			to++;
		rc = sift_alert(f, i, to, err);
	}
	return rc;
}

/* --- what goes --- */

/* A storm's summary tells by its name which of the two it is. */
static enum severity told_severity(const struct sift *f)
{
	if (f->bundle->cause != NOISE_STORM)
		return f->worst;
	return *f->bundle->name ? SEVERITY_CRITICAL : SEVERITY_HIGH;
}

static bool is_digest(const struct sift *f)
{
	return f->bundle->cause == NOISE_DIGEST ||
	       f->bundle->cause == NOISE_IMPORT;
}

static void note_message(const struct sift *f)
{
	const struct replay_bundle *b = f->bundle;

	if (is_digest(f))
		return;
	noise_note(f->r->noise,
		   &(struct noise_notice){
			   .target = f->target,
			   .group = b->cause == NOISE_GROUP ? b->name : NULL,
			   .severity = told_severity(f),
			   .tactics = f->tactics.buf,
			   .crown_jewel = f->crown_jewel,
			   .first = true,
			   .summary = b->cause == NOISE_STORM,
			   .leaves = b->cause,
			   .now_ms = f->r->now_ms,
		   });
}

static void note_sent(const struct sift *f)
{
	struct saying s;

	if (f->n_going > 1 || is_digest(f)) {
		note_message(f);
		return;
	}
	s = saying_of(f, &f->going[0]);
	/* The next summary is as far away as if this were one. */
	if (replay_put(f->r, &s, f->bundle->cause) &&
	    f->bundle->cause == NOISE_STORM)
		note_message(f);
}

static int sift_send(const struct sift *f, struct err *err)
{
	struct replay *r = f->r;
	int64_t number;
	int rc = 0;

	if (f->n_going == 0)
		return 0;
	note_sent(f);
	number = ++r->n_messages;
	for (size_t i = 0; i < f->n_waits && rc >= 0; i++) {
		struct replay_message m = { .number = number,
					    .target = f->target,
					    .cause = f->bundle->cause,
					    .at_ms = r->now_ms,
					    .heard_ms = r->now_ms };

		rc = r->out.sent(r->out.ctx, &f->going[i].notice, &m, err);
		/* A digest is no news: nothing follows to who had it. */
		if (rc >= 0 && m.heard_ms && !is_digest(f))
			replay_note_heard(f->going[i].life, f->target,
					  m.heard_ms);
	}
	return rc;
}

/* What stays goes into a new bundle of that name, since this one ends. */
static int sift_end(struct sift *f, struct err *err)
{
	int rc = sift_send(f, err);

	for (size_t i = 0; i < f->n_stays && rc >= 0; i++) {
		struct saying s = saying_of(f, &f->stays[i]);

		rc = replay_detain(f->r, &s, &f->stay, f->bundle->cause, err);
	}
	return rc;
}

static const char *find_target(const struct replay *r,
			       const struct replay_bundle *b)
{
	const struct policy *p = triage_policy(r->t);
	struct duty duty;

	rotation_resolve(p, b->target, r->now_ms, &duty);
	return duty.target ? duty.target : p->fallback;
}

static void take_out(struct replay *r, const struct replay_bundle *b)
{
	size_t i = 0;

	while (r->bundles[i] != b)
		i++;
	r->n_bundles--;
	for (; i < r->n_bundles; i++)
		r->bundles[i] = r->bundles[i + 1];
}

/* All of it waits on: it stays what it is, but for what is needless. */
static void put_back(struct sift *f)
{
	struct replay *r = f->r;
	struct replay_bundle *b = f->bundle;

	for (size_t i = 0; i < b->n_waits; i++)
		b->waits[i].life->n_waiting--;
	for (size_t i = 0; i < f->n_stays; i++) {
		b->waits[i] = f->stays[i];
		b->waits[i].life->n_waiting++;
	}
	b->n_waits = f->n_stays;
	b->due_ms = f->stay.due_ms;
	GROW(r->bundles, r->n_bundles + 1, r->n_bundles_alloc);
	r->bundles[r->n_bundles++] = b;
}

/* 1 when the bundle ended, 0 when all of it waits on. */
static int flush_one(struct replay *r, struct replay_bundle *b,
		     const struct bundle_place *instead, struct err *err)
{
	CLEANUP(sift_release)
	struct sift f = { .r = r,
			  .bundle = b,
			  .target = find_target(r, b),
			  .instead = instead,
			  .tactics = STRBUF_INIT };
	int rc;

	take_out(r, b);
	rc = sift_all(&f, err);
	if (rc >= 0 && f.n_stays > 0 && f.n_going == 0) {
		put_back(&f);
		return 0;
	}
	if (rc >= 0)
		rc = sift_end(&f, err);
	return rc < 0 ? rc : 1;
}

/* --- what is due together --- */

int64_t replay_flush_next_ms(const struct replay *r)
{
	int64_t next_ms = INT64_MAX;

	/* What is due at a moment is looked at after all that happened then:
	 * a page of a source is one transaction. */
	for (size_t i = 0; i < r->n_bundles; i++)
		next_ms = MIN(next_ms, r->bundles[i]->due_ms + 1);
	return next_ms;
}

static int due_order(const void *pa, const void *pb)
{
	const struct replay_bundle *a = *(struct replay_bundle *const *)pa;
	const struct replay_bundle *b = *(struct replay_bundle *const *)pb;

	if (a->due_ms != b->due_ms)
		return a->due_ms < b->due_ms ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* All that is due, the first of them in front. Heap. */
static struct replay_bundle **find_due(const struct replay *r, size_t *ret_n)
{
	struct replay_bundle **v = xcalloc(r->n_bundles + 1, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < r->n_bundles; i++) {
		if (r->bundles[i]->due_ms < r->now_ms)
			v[n++] = r->bundles[i];
	}
	if (n > 1)
		qsort(v, n, sizeof(*v), due_order);
	*ret_n = n;
	return v;
}

static enum severity worst_of(const struct replay_bundle *b)
{
	enum severity worst = SEVERITY_INFO;

	for (size_t i = 0; i < b->n_waits; i++)
		worst = MAX(worst, b->waits[i].life->known.severity);
	return worst;
}

int replay_flush(struct replay *r, struct err *err)
{
	size_t n;
	CLEANUP(free_ptr) struct replay_bundle **v = find_due(r, &n);
	struct resurface_due due[SLICE];
	struct bundle_place instead[SLICE];
	struct replay_bundle *ended[SLICE];
	size_t n_ended = 0;
	int rc = 0;

	n = MIN(n, (size_t)SLICE);
	for (size_t i = 0; i < n; i++)
		due[i] = (struct resurface_due){ .cause = v[i]->cause,
						 .target = v[i]->target,
						 .worst = worst_of(v[i]) };
	resurface_judge_together(r->noise, due, n, r->now_ms, instead);
	/* Places name targets of these bundles until the last of them is done.
	 */
	for (size_t i = 0; i < n && rc >= 0; i++) {
		rc = flush_one(r, v[i], &instead[i], err);
		if (rc != 0)
			ended[n_ended++] = v[i];
	}
	for (size_t i = 0; i < n_ended; i++)
		replay_bundle_free(ended[i]);
	return rc < 0 ? rc : 0;
}
