/*
 * When the clocks of an alert are due by semantics 3, worked out from what has
 * happened and not by the code that is tested. Called by triage_sim.c.
 */
#include "helpers/triage_sim_priv.h"

static const char *const clock_names[CLOCK_KIND_MAX] = {
	[CLOCK_TRIAGE] = "triage",
	[CLOCK_RESOLVE] = "resolve",
};

/* The source's word that work has begun stops the triage clock alone. */
static bool begun_there(const struct sim_alert *a, enum clock_kind kind)
{
	return kind == CLOCK_TRIAGE && a->state_there == SOURCE_IN_PROGRESS;
}

/* No source of the simulation tells when it opened something again. */
static void want_start(struct sim *s, struct sim_alert *a, enum clock_kind kind,
		       enum transition transition)
{
	bool by_source = s->policies[s->policy].sla_start == SLA_START_SOURCE &&
			 transition == TRANSITION_OPENED;
	const struct sim_want *triage = &a->want[CLOCK_TRIAGE];
	struct sim_want w = { .start_ms =
				      by_source ? a->created_ms : sim_now(s),
			      .stopped = begun_there(a, kind) };

	/* It began with the episode, also one that a rise brings. */
	if (kind == CLOCK_RESOLVE && triage->start_ms != 0)
		w.start_ms = triage->start_ms;
	w.due_ms = sim_plan_due(kind, a->rows.severity, w.start_ms);
	if (w.due_ms != 0)
		a->want[kind] = w;
}

/* What it spent on hold until @at_ms comes on top. */
static void want_unhold(struct sim_want *w, int64_t at_ms)
{
	int64_t waited_ms = MAX(at_ms - w->held_ms, 0);

	if (w->held_ms == 0)
		return;
	w->due_ms += waited_ms;
	w->waited_ms += waited_ms;
	w->held_ms = w->until_ms = 0;
}

static void want_move(struct sim *s, struct sim_alert *a, enum clock_kind kind,
		      enum severity from)
{
	enum severity to = a->rows.severity;
	struct sim_want *w = &a->want[kind];
	int64_t due_ms = sim_plan_due(kind, to, w->start_ms);

	if (w->stopped && !(w->level && to > from))
		return;
	if (due_ms == 0) {
		want_unhold(w, sim_now(s));
		w->stopped = w->level = true;
		return;
	}
	due_ms += w->waited_ms;
	if (to > from)
		due_ms = MIN(due_ms, w->due_ms);
	if (to > from && to == SEVERITY_CRITICAL)
		due_ms = MAX(due_ms, sim_now(s) + 15 * MINUTE_MS);
	w->due_ms = due_ms;
	/* Back from a level without one: as a clock that starts. */
	w->stopped = w->level && begun_there(a, kind);
	w->level = false;
}

void sim_want_stop(struct sim *s, struct sim_alert *a, enum clock_kind kind)
{
	struct sim_want *w = &a->want[kind];

	if (w->start_ms == 0)
		return;
	want_unhold(w, sim_now(s));
	w->stopped = true;
}

static void want_update(struct sim *s, struct sim_alert *a,
			enum clock_kind kind, enum severity from)
{
	if (a->want[kind].start_ms && a->rows.severity != from)
		want_move(s, a, kind, from);
	else if (a->rows.severity > from && !a->want[kind].start_ms)
		want_start(s, a, kind, TRANSITION_UPDATED);
}

void sim_want_follow(struct sim *s, struct sim_alert *a,
		     const struct decision *d, enum severity from,
		     enum source_state there)
{
	bool opens = (d->transition == TRANSITION_OPENED && !d->historical) ||
		     d->transition == TRANSITION_REOPENED;
	bool moves = d->transition == TRANSITION_UPDATED &&
		     a->rows.state != ALERT_CLOSED;

	if (d->transition == TRANSITION_REOPENED)
		memset(a->want, 0, sizeof(a->want));
	for (int i = 0; i < CLOCK_KIND_MAX; i++) {
		enum clock_kind kind = (enum clock_kind)i;

		if (opens && a->rows.severity != SEVERITY_INFO)
			want_start(s, a, kind, d->transition);
		else if (moves)
			want_update(s, a, kind, from);
		else if (d->transition == TRANSITION_CLOSED)
			sim_want_stop(s, a, kind);
	}
	if (moves && a->state_there != there &&
	    a->state_there == SOURCE_IN_PROGRESS)
		sim_want_stop(s, a, CLOCK_TRIAGE);
}

void sim_want_hold(struct sim *s, struct sim_alert *a, int64_t until_ms)
{
	struct sim_want *w = &a->want[CLOCK_RESOLVE];

	if (until_ms == 0) {
		want_unhold(w, sim_now(s));
		return;
	}
	if (w->held_ms == 0)
		w->held_ms = sim_now(s);
	w->until_ms = until_ms;
}

void sim_want_tick(struct sim *s, struct sim_alert *a)
{
	struct sim_want *w = &a->want[CLOCK_RESOLVE];

	if (w->held_ms != 0 && w->until_ms <= sim_now(s))
		want_unhold(w, w->until_ms);
}

void sim_want_check(const struct sim *s, const struct sim_alert *a)
{
	for (int i = 0; i < CLOCK_KIND_MAX; i++) {
		const struct clock_row *row = &a->rows.clocks[i];
		const struct sim_want *w = &a->want[i];

		if (row->due_ms != w->due_ms)
			sim_fail(s, a,
				 "the %s clock is due %lld s from what the "
				 "rules say",
				 clock_names[i],
				 (long long)((row->due_ms - w->due_ms) /
					     SECOND_MS));
		if ((row->stopped_ms != 0) != w->stopped)
			sim_fail(s, a, "the %s clock %s", clock_names[i],
				 w->stopped ? "did not stop" : "has stopped");
	}
}
