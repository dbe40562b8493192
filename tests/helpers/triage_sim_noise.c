/*
 * What becomes of a call on its way to people: it goes, or it waits in a
 * bundle. The simulation's side of what the daemon does in its funnel, over
 * rows in memory; what is decided is decided by triage/noise. Called by
 * triage_sim.c.
 */
#include "helpers/triage_sim_priv.h"

int sim_target(struct sim *s, const char *name)
{
	for (size_t i = 0; i < s->n_targets; i++)
		if (strcmp(s->targets[i], name) == 0)
			return (int)i;
	assert_true(s->n_targets < SIM_TARGETS_MAX);
	s->targets[s->n_targets] = name;
	return (int)s->n_targets++;
}

void sim_owe(struct sim *s, const struct sim_notice *n)
{
	if (s->n_offers == SIM_OFFERS_MAX)
		sim_fail(s, s->at, "too many notices at once");
	s->offers[s->n_offers++] = *n;
}

/* --- what is remembered --- */

void sim_note(struct sim *s, const struct noise_notice *m)
{
	GROW(s->past, s->n_past + 1, s->n_past_alloc);
	s->past[s->n_past++] = *m;
	if (s->sabotage == SABOTAGE_FLOOD && !m->summary)
		return;
	if (s->sabotage == SABOTAGE_HASTY && m->summary)
		return;
	noise_note(s->noise, m);
}

struct noise_notice sim_note_of(const struct sim *s, const struct sim_alert *a,
				const struct noise_offer *o,
				enum noise_cause held)
{
	return (struct noise_notice){
		.target = o->target,
		.group = a->group,
		.severity = o->subject.severity,
		.tactics = o->subject.alert->tactics,
		.crown_jewel = noise_is_crown_jewel(o->subject.tags),
		.first = o->first,
		.held = held,
		.leaves = o->leaves,
		.now_ms = sim_now(s),
	};
}

void sim_describe(const struct sim *s, const struct sim_alert *a,
		  const struct alert *alert, const struct sim_notice *n,
		  struct noise_offer *ret)
{
	*ret = (struct noise_offer){
		.subject = { .alert = alert,
			     .severity = a->rows.severity,
			     .tags = sim_tags(a) },
		.target = s->targets[n->target],
		.kind = n->kind,
		.group = a->group,
		.first = noise_is_first(n->kind),
		.now_ms = sim_now(s),
	};
}

/* --- bundles --- */

static struct sim_bundle *bundle_find(struct sim *s,
				      const struct bundle_place *place,
				      int target)
{
	for (size_t i = 0; i < s->n_bundles; i++) {
		struct sim_bundle *b = &s->bundles[i];

		if (b->cause == place->cause && b->target == target &&
		    strcmp(b->name, place->name) == 0)
			return b;
	}
	return NULL;
}

void sim_bundles_arm(struct sim *s)
{
	s->bundles_next_ms = 0;
	for (size_t i = 0; i < s->n_bundles; i++)
		s->bundles_next_ms =
			sim_sooner(s->bundles_next_ms, s->bundles[i].due_ms);
}

void sim_bundle_put(struct sim *s, const struct sim_bundle *b)
{
	GROW(s->bundles, s->n_bundles + 1, s->n_bundles_alloc);
	s->bundles[s->n_bundles++] = *b;
	s->bundles_next_ms = sim_sooner(s->bundles_next_ms, b->due_ms);
}

static struct sim_bundle *bundle_open(struct sim *s,
				      const struct bundle_place *place,
				      int target)
{
	struct sim_bundle *old = bundle_find(s, place, target);
	struct sim_bundle b = { .id = ++s->n_bundles_ever,
				.cause = place->cause,
				.target = target,
				.opened_ms = sim_now(s),
				.due_ms = place->due_ms,
				.wanted_ms = place->due_ms };

	if (old) {
		old->due_ms = MIN(old->due_ms, place->due_ms);
		old->wanted_ms = MIN(old->wanted_ms, place->due_ms);
		s->bundles_next_ms = MIN(s->bundles_next_ms, old->due_ms);
		return old;
	}
	memcpy(b.name, place->name, sizeof(b.name));
	if (sim_sabotaged(s, SABOTAGE_STUCK, 100))
		b.due_ms += DAY_MS;
	sim_bundle_put(s, &b);
	return &s->bundles[s->n_bundles - 1];
}

void sim_put_aside(struct sim *s, const struct sim_notice *n,
		   const struct bundle_place *place, int target)
{
	struct sim_bundle *b = bundle_open(s, place, target);

	GROW(b->v, b->n + 1, b->n_alloc);
	b->v[b->n++] = *n;
	s->alerts[n->alert].n_waiting++;
	s->n_held[place->cause]++;
}

void sim_noise_hasten(struct sim *s, enum noise_cause cause, const char *name)
{
	int64_t now_ms = sim_now(s);

	for (size_t i = 0; i < s->n_bundles; i++) {
		struct sim_bundle *b = &s->bundles[i];

		if (b->cause != cause || (name && strcmp(b->name, name) != 0))
			continue;
		b->wanted_ms = MIN(b->wanted_ms, now_ms);
		if (s->sabotage != SABOTAGE_UNHASTENED)
			b->due_ms = MIN(b->due_ms, now_ms);
	}
	sim_bundles_arm(s);
}

void sim_check_wait(const struct sim *s, const struct sim_bundle *b)
{
	int64_t late_ms = sim_now(s) - MAX(b->wanted_ms, s->calm_since_ms);

	if (late_ms > SIM_TICK_MS && b->opened_ms < sim_now(s) - SIM_TICK_MS)
		sim_fail(s, &s->alerts[b->v[0].alert],
			 "%s %s holds it for %lld ms too long",
			 noise_cause_name(b->cause), b->name,
			 (long long)late_ms);
}

/* --- a notice comes --- */

void sim_carried(struct sim *s, struct sim_alert *a, const struct sim_notice *n)
{
	a->told |= 1U << n->target;
	a->n_carried++;
	s->n_carried++;
}

void sim_message(struct sim *s, const struct sim_alert *a,
		 const struct noise_notice *m)
{
	s->n_messages++;
	sim_count_message(s, a, m);
	sim_note(s, m);
}

/* As the daemon's break_out(): true when it is in the group's message. */
static bool break_out(struct sim *s, const struct sim_alert *a,
		      const struct sim_notice *n)
{
	struct bundle_place place = { .cause = NOISE_GROUP,
				      .target = s->targets[n->target],
				      .due_ms = sim_now(s) };
	struct sim_bundle *b;

	(void)snprintf(place.name, sizeof(place.name), "%s", a->group);
	b = bundle_find(s, &place, n->target);
	if (!b)
		return false;
	if (a->rows.severity != SEVERITY_CRITICAL) {
		sim_put_aside(s, n, &place, n->target);
		return true;
	}
	b->due_ms = b->wanted_ms = sim_now(s);
	sim_bundles_arm(s);
	return false;
}

static void break_verdict(struct sim *s, const struct sim_alert *a,
			  struct bundle_place *place)
{
	bool critical = a->rows.severity == SEVERITY_CRITICAL;

	switch (place->cause) {
	case NOISE_SILENCE:
		if (sim_sabotaged(s, SABOTAGE_LEAK, 20))
			place->cause = NOISE_NONE;
		break;
	case NOISE_MAINTENANCE:
	case NOISE_QUIET:
		if (sim_sabotaged(s, SABOTAGE_EARLY, 20))
			place->due_ms -= MINUTE_MS;
		break;
	case NOISE_GROUP:
		if (sim_sabotaged(s, SABOTAGE_PATIENT, 20))
			place->due_ms += 5 * MINUTE_MS;
		break;
	case NOISE_NONE:
		if (critical && sim_sabotaged(s, SABOTAGE_QUIETED, 20))
			place->cause = NOISE_QUIET;
		if (!critical && sim_sabotaged(s, SABOTAGE_STORMY, 20))
			place->cause = NOISE_STORM;
		break;
	case NOISE_DIGEST:
	case NOISE_IMPORT:
	case NOISE_STORM:
		break;
	}
}

static void offer(struct sim *s, struct sim_alert *a,
		  const struct sim_notice *n)
{
	struct alert alert;
	char id[SIM_ID_MAX];
	struct noise_offer o;
	struct noise_verdict v;
	struct noise_notice m;

	sim_fill_alert(a, &alert, id);
	sim_describe(s, a, &alert, n, &o);
	noise_judge(s->noise, &o, &v);
	break_verdict(s, a, &v.place);
	sim_check_place(s, a, &o, &v.place);
	sim_count_asked(s, n->target, a->rows.severity);
	m = sim_note_of(s, a, &o, v.place.cause);
	if (v.place.cause != NOISE_NONE) {
		sim_put_aside(s, n, &v.place, n->target);
		if (v.place.cause == NOISE_GROUP ||
		    v.place.cause == NOISE_STORM)
			sim_note(s, &m);
	} else if (v.breaks_out && break_out(s, a, n)) {
		m.held = NOISE_GROUP;
		sim_note(s, &m);
	} else {
		sim_carried(s, a, n);
		sim_message(s, a, &m);
	}
}

static void collect(struct sim *s, const struct sim_notice *n)
{
	struct bundle_place place = { .cause = *n->digest ? NOISE_DIGEST
							  : NOISE_IMPORT,
				      .target = s->targets[n->target],
				      .due_ms = n->collect_ms };

	(void)snprintf(place.name, sizeof(place.name), "%s", n->digest);
	sim_put_aside(s, n, &place, n->target);
}

static void owe(struct sim *s, struct sim_alert *a, const struct sim_notice *n)
{
	a->n_owed++;
	s->n_owed++;
	if (n->digest)
		collect(s, n);
	else
		offer(s, a, n);
}

void sim_noise_commit(struct sim *s, struct sim_alert *a)
{
	const struct policy *p = &s->policies[s->policy];

	for (size_t i = 0; i < s->n_offers; i++) {
		struct sim_notice n = s->offers[i];
		unsigned told = a->told;

		n.alert = a->number;
		n.order = s->n_owed;
		n.episode = a->rows.episode;
		if (n.target != SIM_TOLD) {
			owe(s, a, &n);
			continue;
		}
		if (!told && n.or_fallback)
			told = 1U << sim_target(s, p->fallback);
		for (n.target = 0; told >> n.target; n.target++)
			if (told >> n.target & 1)
				owe(s, a, &n);
	}
	s->n_offers = 0;
}

/* --- what happens to the daemon --- */

void sim_noise_open(struct sim *s)
{
	s->noise = noise_new(sim_triage(s));
}

void sim_noise_close(struct sim *s)
{
	for (size_t i = 0; i < s->n_bundles; i++)
		free(s->bundles[i].v);
	for (size_t i = 0; i < s->n_silences; i++)
		silence_release(&s->silences[i]);
	free(s->bundles);
	free(s->past);
	noise_free(s->noise);
}

/* Its memory is made from the last day. */
void sim_noise_restart(struct sim *s)
{
	int64_t since_ms = sim_now(s) - NOISE_REMEMBER_MS;
	size_t n = 0;

	noise_free(s->noise);
	sim_noise_open(s);
	noise_set_silences(s->noise, s->silences, s->n_silences);
	for (size_t i = 0; i < s->n_past; i++) {
		if (s->past[i].now_ms < since_ms)
			continue;
		s->past[n++] = s->past[i];
		noise_note(s->noise, &s->past[n - 1]);
	}
	s->n_past = n;
	if (s->n_bundles > 0 && sim_sabotaged(s, SABOTAGE_FORGOTTEN, 2))
		free(s->bundles[--s->n_bundles].v);
	sim_bundles_arm(s);
}

/* As hush_hasten() and hush_reload() of the daemon. */
void sim_noise_reload(struct sim *s)
{
	noise_set_triage(s->noise, sim_triage(s));
	sim_noise_hasten(s, NOISE_MAINTENANCE, NULL);
	sim_noise_hasten(s, NOISE_QUIET, NULL);
}

void sim_noise_check(const struct sim *s)
{
	size_t n_waiting = 0;

	for (size_t i = 0; i < s->n_bundles; i++) {
		sim_check_wait(s, &s->bundles[i]);
		n_waiting += s->bundles[i].n;
	}
	if (s->n_owed != s->n_carried + s->n_needless + n_waiting)
		sim_fail(s, &s->alerts[0],
			 "the account of notices: %zu were owed, %zu were "
			 "carried, %zu were needless, %zu wait",
			 s->n_owed, s->n_carried, s->n_needless, n_waiting);
}
