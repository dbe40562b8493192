/*
 * The end of a wait: what is in a bundle goes, moves or ends. The simulation's
 * side of what the daemon does in its flush; what is decided is decided by
 * triage/resurface. Called by triage_sim.c.
 */
#include "helpers/triage_sim_priv.h"

#include "triage/resurface.h"
#include "triage/rotation.h"

#define SLICE 64 /* as the daemon's */
#define SLICES_MAX 1000 /* at one moment: it would never end */

/* Whoever has the duty now, else the fallback. */
static int receiver(struct sim *s, int target)
{
	const struct policy *p = &s->policies[s->policy];
	struct duty duty;

	rotation_resolve(p, s->targets[target], sim_now(s), &duty);
	return sim_target(s, duty.target ? duty.target : p->fallback);
}

struct sift {
	struct sim *s;
	struct sim_bundle b; /* taken out */
	const struct bundle_place *instead;
	int target; /* who gets it */
	struct sim_notice *stays; /* beginning of b.v, reused */
	size_t n_stays, n_going;
	struct sim_notice first; /* of what goes */
	struct bundle_place stay;
	enum severity worst;
	bool crown_jewel;
	unsigned tactics; /* bits of sim_tactics */
};

static int by_alert(const void *pa, const void *pb)
{
	const struct sim_notice *a = pa, *b = pb;

	if (a->alert != b->alert)
		return a->alert < b->alert ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static bool is_own_place(const struct sift *f, const struct bundle_place *place)
{
	return place->cause == f->b.cause &&
	       strcmp(place->name, f->b.name) == 0 &&
	       strcmp(place->target, f->s->targets[f->b.target]) == 0;
}

static void judge(struct sift *f, const struct sim_notice *n,
		  struct bundle_place *ret, struct noise_notice *ret_note)
{
	struct sim_alert *a = &f->s->alerts[n->alert];
	struct sim_notice to = *n;
	struct alert alert;
	char id[SIM_ID_MAX];
	struct noise_offer o;

	to.target = f->target;
	sim_fill_alert(a, &alert, id);
	sim_describe(f->s, a, &alert, &to, &o);
	o.leaves = f->b.cause;
	resurface_judge(f->s->noise, &o, f->instead, ret);
	sim_check_place(f->s, a, &o, ret);
	*ret_note = sim_note_of(f->s, a, &o, ret->cause);
}

/* It is in the message that the bundle becomes. */
static void sift_carry(struct sift *f, const struct sim_notice *n)
{
	struct sim_notice to = *n;

	if (sim_sabotaged(f->s, SABOTAGE_DROPPED, 50))
		return;
	to.target = f->target;
	sim_check_outcome(f->s, &f->s->alerts[n->alert], n, NULL);
	sim_carried(f->s, &f->s->alerts[n->alert], &to);
}

static void sift_move(struct sift *f, const struct sim_notice *n,
		      const struct bundle_place *place,
		      const struct noise_notice *m)
{
	struct sim_notice to = *n;

	to.target = f->target;
	sim_put_aside(f->s, &to, place, f->target);
	if (place->cause != NOISE_GROUP && place->cause != NOISE_STORM)
		return;
	sim_count_asked(f->s, f->target, m->severity);
	sim_note(f->s, m);
}

static bool sift_is_needless(struct sift *f, const struct sim_notice *n)
{
	struct sim *s = f->s;
	struct sim_alert *a = &s->alerts[n->alert];
	const struct tracked t = sim_tracked(a);
	const struct bundle_entry e = { .episode = n->episode,
					.kind = n->kind };
	const char *why = resurface_needless(&t, &e);

	if (!why && sim_sabotaged(s, SABOTAGE_UNTOLD, 50))
		why = "nobody knows why";
	if (why && sim_sabotaged(s, SABOTAGE_STALE, 20))
		why = NULL;
	if (!why)
		return false;
	sim_check_outcome(s, a, n, why);
	a->n_needless++;
	s->n_needless++;
	return true;
}

/* As the daemon's sift_alert(): notices [@from, @to) are of one alert. */
static void sift_alert(struct sift *f, size_t from, size_t to)
{
	struct sim_alert *a = &f->s->alerts[f->b.v[from].alert];
	struct bundle_place place = { .cause = NOISE_NONE };
	struct noise_notice m;
	bool judged = false;

	for (size_t i = from; i < to; i++) {
		const struct sim_notice n = f->b.v[i];

		a->n_waiting--;
		if (sift_is_needless(f, &n))
			continue;
		if (!judged) {
			judge(f, &n, &place, &m);
			judged = true;
			if (place.cause == NOISE_NONE && f->n_going++ == 0)
				f->first = n;
		}
		if (place.cause == NOISE_NONE) {
			sift_carry(f, &n);
		} else if (is_own_place(f, &place)) {
			f->stays[f->n_stays++] = n;
			f->stay = place;
		} else {
			sift_move(f, &n, &place, &m);
		}
	}
	if (!judged || place.cause != NOISE_NONE)
		return;
	f->worst = MAX(f->worst, a->rows.severity);
	f->crown_jewel |= m.crown_jewel;
	f->tactics |= 1U << sim_tactic(a);
}

/* As the daemon's send_one(): the notice it would have been. */
static void send_one(struct sift *f)
{
	struct sim_alert *a = &f->s->alerts[f->first.alert];
	struct sim_notice to = f->first;
	struct alert alert;
	char id[SIM_ID_MAX];
	struct noise_offer o;
	struct noise_notice m;

	to.target = f->target;
	sim_fill_alert(a, &alert, id);
	sim_describe(f->s, a, &alert, &to, &o);
	o.leaves = f->b.cause;
	m = sim_note_of(f->s, a, &o, NOISE_NONE);
	sim_message(f->s, a, &m);
}

/* As the daemon's note_message(). */
static void send_several(struct sift *f)
{
	const struct sim_bundle *b = &f->b;
	const struct sim_alert *a = &f->s->alerts[f->first.alert];
	enum severity told = f->worst;
	struct noise_notice m = {
		.target = f->s->targets[f->target],
		.group = b->cause == NOISE_GROUP ? a->group : NULL,
		.tactics = sim_tactics_of(f->tactics),
		.crown_jewel = f->crown_jewel,
		.first = true,
		.summary = b->cause == NOISE_STORM,
		.leaves = b->cause,
		.now_ms = sim_now(f->s),
	};

	if (b->cause == NOISE_STORM)
		told = *b->name ? SEVERITY_CRITICAL : SEVERITY_HIGH;
	m.severity = told;
	if (b->cause == NOISE_DIGEST || b->cause == NOISE_IMPORT) {
		f->s->n_messages++;
		return;
	}
	sim_message(f->s, a, &m);
}

static void sift_send(struct sift *f)
{
	enum noise_cause cause = f->b.cause;
	bool one = f->n_going == 1 && cause != NOISE_DIGEST &&
		   cause != NOISE_IMPORT;

	if (f->n_going == 0)
		return;
	if (one)
		send_one(f);
	/* The next summary is as far away as if this were one. */
	if (!one || cause == NOISE_STORM)
		send_several(f);
}

/* What stays waits on; in a new bundle of that name when the rest went. */
static void sift_keep(struct sift *f)
{
	struct sim *s = f->s;

	if (f->n_stays == 0) {
		free(f->b.v);
		return;
	}
	for (size_t i = 0; i < f->n_stays; i++)
		s->alerts[f->stays[i].alert].n_waiting++;
	f->b.n = f->n_stays;
	f->b.due_ms = f->b.wanted_ms = f->stay.due_ms;
	if (f->n_going > 0)
		f->b.id = ++s->n_bundles_ever;
	sim_bundle_put(s, &f->b);
}

/* As the daemon's flush_bundle(). */
static void flush_bundle(struct sim *s, size_t at,
			 const struct bundle_place *instead)
{
	struct sift f = { .s = s,
			  .b = s->bundles[at],
			  .instead = instead,
			  .target = receiver(s, s->bundles[at].target) };

	sim_check_wait(s, &f.b);
	s->bundles[at] = s->bundles[--s->n_bundles];
	f.stays = f.b.v;
	qsort(f.b.v, f.b.n, sizeof(*f.b.v), by_alert);
	for (size_t i = 0, to; i < f.b.n; i = to) {
		for (to = i + 1;
		     to < f.b.n && f.b.v[to].alert == f.b.v[i].alert;)
			to++;
		sift_alert(&f, i, to);
	}
	sift_send(&f);
	sift_keep(&f);
}

static size_t bundle_at(const struct sim *s, size_t id)
{
	size_t at = 0;

	while (s->bundles[at].id != id)
		at++;
	return at;
}

static int by_due(const void *pa, const void *pb)
{
	const struct sim_bundle *a = pa, *b = pb;

	if ((a->cause == NOISE_STORM) != (b->cause == NOISE_STORM))
		return a->cause == NOISE_STORM ? 1 : -1;
	if (a->due_ms != b->due_ms)
		return a->due_ms < b->due_ms ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

/* In the order of the store's bundles_due(). */
static size_t bundles_due(struct sim *s, struct sim_bundle ret[SLICE])
{
	size_t n = 0;

	qsort(s->bundles, s->n_bundles, sizeof(*s->bundles), by_due);
	for (size_t i = 0; i < s->n_bundles && n < SLICE; i++)
		if (s->bundles[i].due_ms <= sim_now(s))
			ret[n++] = s->bundles[i];
	return n;
}

static enum severity worst_of(const struct sim *s, const struct sim_bundle *b)
{
	enum severity worst = SEVERITY_INFO;

	for (size_t i = 0; i < b->n; i++)
		worst = MAX(worst, s->alerts[b->v[i].alert].rows.severity);
	return worst;
}

static void flush_slice(struct sim *s)
{
	struct sim_bundle due[SLICE];
	struct resurface_due asked[SLICE];
	struct bundle_place instead[SLICE];
	size_t n = bundles_due(s, due);

	for (size_t i = 0; i < n; i++)
		asked[i] = (struct resurface_due){
			.cause = due[i].cause,
			.target = s->targets[due[i].target],
			.worst = worst_of(s, &due[i]),
		};
	resurface_judge_together(s->noise, asked, n, sim_now(s), instead);
	for (size_t i = 0; i < n; i++)
		flush_bundle(s, bundle_at(s, due[i].id), &instead[i]);
	sim_bundles_arm(s);
}

void sim_noise_flush(struct sim *s)
{
	for (int i = 0; s->bundles_next_ms && s->bundles_next_ms <= sim_now(s);
	     i++) {
		if (i > SLICES_MAX)
			sim_fail(s, &s->alerts[s->bundles[0].v[0].alert],
				 "a flush changes nothing");
		flush_slice(s);
	}
}
