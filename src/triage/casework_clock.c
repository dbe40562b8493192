/*
 * The clocks of an alert: start, move, hold, stop, and what falls due on them.
 * Called by casework.c. When a clock is due is known to sla.c alone.
 *
 * tested with: test_casework
 */
#include "triage/casework_priv.h"

#include <stdio.h>
#include "triage/sla.h"
#include "util/compiler.h"

#define STOPPED_BY_SOURCE "stopped by the source"

static const char *const clock_words[CLOCK_KIND_MAX] = {
	[CLOCK_TRIAGE] = "triage",
	[CLOCK_RESOLVE] = "resolve",
};

/* Does an episode begin here that the source began before? */
static bool case_is_new(const struct decision *d)
{
	return d->transition == TRANSITION_OPENED ||
	       d->transition == TRANSITION_REOPENED;
}

static int clock_save(const struct casework *w, struct clock_row *row,
		      struct err *err)
{
	row->next_ms = sla_next_ms(w->triage, row);
	return w->book->clock(w->book->ctx, row, err);
}

/* What falls due on a clock, and what is kept of it. */
static const struct {
	int warned;
	enum case_event_kind event;
} marks[] = {
	[SLA_NOTHING] = { 0, 0 },
	[SLA_WARN_50] = { 50, CASE_WARNED_50 },
	[SLA_WARN_80] = { 80, CASE_WARNED_80 },
	[SLA_BREACH] = { 80, CASE_BREACHED },
};

static void clock_mark(struct clock_row *row, enum sla_event event)
{
	row->warned = MAX(row->warned, marks[event].warned);
	if (event == SLA_BREACH)
		row->breached_ms = row->due_ms;
}

static int clock_event(const struct casework *w, const struct clock_row *row,
		       enum case_event_kind kind, const struct sla_tick *tick,
		       bool before_seen, struct err *err)
{
	const struct case_event e = {
		.file = w->file,
		.alert = w->alert,
		.kind = kind,
		.clock = row->kind,
		.while_down = tick->while_down,
		.before_seen = before_seen,
		.due_ms = tick->at_ms,
		.now_ms = w->now_ms,
	};

	return w->book->event(w->book->ctx, &e, err);
}

/* Half the time is an event in the log: the ladder speaks to people. */
static int clock_tell(const struct casework *w, const struct clock_row *row,
		      const struct sla_tick *tick, const char *when,
		      struct err *err)
{
	bool breach = tick->event == SLA_BREACH;
	char reason[96];
	const struct call c = {
		.file = w->file,
		.alert = w->alert,
		.tags = w->tags,
		.kind = breach ? NOTICE_BREACHED : NOTICE_WARNING,
		.or_fallback = breach,
		.transition = row->kind,
		.reason = reason,
		.due_ms = tick->at_ms,
		.now_ms = w->now_ms,
	};

	if (tick->event == SLA_WARN_50)
		return 0;
	if (breach)
		(void)snprintf(reason, sizeof(reason), "its %s clock ran out%s",
			       clock_words[row->kind], when);
	else
		(void)snprintf(reason, sizeof(reason),
			       "you were told about it and its %s clock is at "
			       "80 %%",
			       clock_words[row->kind]);
	return w->book->call(w->book->ctx, &c, err);
}

/* Note what fell due on a running clock, say it, and look on. Before @from_ms
 * the clock was on hold. */
static int clock_happen(const struct casework *w, struct clock_row *row,
			int64_t from_ms, struct err *err)
{
	struct sla_tick tick;
	int rc;

	sla_tick(w->triage, row, w->now_ms, w->up_since_ms, &tick);
	tick.at_ms = MAX(tick.at_ms, from_ms);
	tick.while_down = tick.at_ms < w->up_since_ms;
	clock_mark(row, tick.event);
	rc = clock_save(w, row, err);
	if (rc < 0 || tick.event == SLA_NOTHING)
		return rc;
	rc = clock_event(w, row, marks[tick.event].event, &tick, false, err);
	if (rc < 0)
		return rc;
	return clock_tell(w, row, &tick,
			  tick.while_down ? " while triaged was down" : "",
			  err);
}

/* It ran again from @at_ms on. */
static void clock_unhold(struct clock_row *row, int64_t at_ms)
{
	int64_t waited_ms = MAX(at_ms - row->held_ms, 0);

	row->due_ms += waited_ms;
	row->waited_ms += waited_ms;
	row->held_ms = 0;
	row->hold_until_ms = 0;
}

static int clock_tick(const struct casework *w, struct clock_row *row,
		      struct err *err)
{
	struct sla_tick tick = { .at_ms = 0 };
	int rc;

	if (row->next_ms == 0 || row->next_ms > w->now_ms)
		return 0;
	if (row->held_ms != 0) {
		tick.at_ms = row->hold_until_ms;
		tick.while_down = row->hold_until_ms < w->up_since_ms;
		clock_unhold(row, row->hold_until_ms);
		rc = clock_event(w, row, CASE_HOLD_EXPIRED, &tick, false, err);
		if (rc < 0)
			return rc;
	}
	return clock_happen(w, row, tick.at_ms, err);
}

int case_clocks_tick(const struct casework *w, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < CLOCK_KIND_MAX && rc >= 0; i++)
		rc = clock_tick(w, &w->file->clocks[i], err);
	return rc;
}

/*
 * Stopped for good. What was due before nobody has looked at it is breached
 * nevertheless; a hold ends with it.
 */
static int clock_stop(const struct casework *w, struct clock_row *row,
		      const char *why, struct err *err)
{
	if (row->started_ms == 0 || row->stopped_ms != 0)
		return 0;
	if (row->held_ms != 0)
		clock_unhold(row, w->now_ms);
	if (row->breached_ms == 0 && w->now_ms > row->due_ms)
		row->breached_ms = row->due_ms;
	row->stopped_ms = w->now_ms;
	row->stopped_why = why;
	return clock_save(w, row, err);
}

int case_clock_stop(const struct casework *w, enum clock_kind kind,
		    const char *why, struct err *err)
{
	return clock_stop(w, &w->file->clocks[kind], why, err);
}

/*
 * A clock that counts from the source's time may be past its marks when the
 * alert is seen. The worst of them is written down; the message that tells of
 * the alert says so too, and none is sent for itself.
 */
static int clock_catch_up(const struct casework *w, struct clock_row *row,
			  struct err *err)
{
	struct sla_tick tick;
	int rc;

	sla_tick(w->triage, row, w->now_ms, w->now_ms, &tick);
	tick.while_down = false;
	clock_mark(row, tick.event);
	rc = clock_save(w, row, err);
	if (rc < 0 || tick.event == SLA_NOTHING)
		return rc;
	return clock_event(w, row, marks[tick.event].event, &tick, true, err);
}

static int clock_begin(const struct casework *w, enum clock_kind kind,
		       const struct clock_plan *plan, bool is_new,
		       struct err *err)
{
	struct clock_row *row = &w->file->clocks[kind];

	if (plan->due_ms == 0)
		return 0;
	*row = (struct clock_row){
		.alert_id = w->file->alert_id,
		.episode = w->file->episode,
		.kind = kind,
		.severity = w->file->severity,
		.started_ms = plan->started_ms,
		.due_ms = plan->due_ms,
	};
	(void)snprintf(row->policy, sizeof(row->policy), "%s", plan->policy);
	return is_new ? clock_catch_up(w, row, err) : clock_save(w, row, err);
}

static int level_has_clock(const struct casework *w,
			   const struct clock_row *row, enum severity level,
			   struct err *err)
{
	struct clock_plan plan;
	int rc = sla_plan_clock(w->triage, row->kind, level, row->started_ms,
				&plan, err);

	return rc < 0 ? rc : plan.due_ms != 0;
}

/*
 * Did it stop only because the level it fell to has no such clock, and is there
 * one again? The row keeps the level at which it stopped, whatever came since.
 */
static int stopped_for_level(const struct casework *w,
			     const struct clock_row *row, enum severity from,
			     struct err *err)
{
	int rc;

	if (w->file->severity <= from)
		return 0;
	rc = level_has_clock(w, row, row->severity, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	return level_has_clock(w, row, w->file->severity, err);
}

/*
 * From the clock as it was pinned, not as today's policy would start it. What
 * had run out before the change stays so; a clock that was stopped stays so,
 * unless the alert comes back from a level without one.
 */
static int clock_move(const struct casework *w, struct clock_row *row,
		      enum severity from, struct err *err)
{
	struct clock_plan plan;
	int rc;

	if (row->stopped_ms != 0) {
		rc = stopped_for_level(w, row, from, err);
		if (rc <= 0)
			return rc;
	} else if (row->held_ms == 0 && sla_is_running(row) &&
		   row->due_ms <= w->now_ms) {
		rc = clock_happen(w, row, 0, err);
		if (rc < 0)
			return rc;
	}
	rc = sla_replan(w->triage, row, w->file->severity, w->now_ms, &plan,
			err);
	if (rc < 0)
		return rc;
	row->severity = w->file->severity;
	if (plan.due_ms == 0)
		return clock_stop(w, row, "its level has no such clock", err);
	row->due_ms = plan.due_ms;
	row->stopped_ms = 0;
	row->stopped_why = NULL;
	(void)snprintf(row->policy, sizeof(row->policy), "%s", plan.policy);
	return clock_save(w, row, err);
}

/* A resolve clock began with the episode, also one that a rise brings. */
static int resolve_begin(const struct casework *w, const struct decision *d,
			 struct err *err)
{
	int64_t start_ms = w->file->clocks[CLOCK_TRIAGE].started_ms;
	struct clock_plan plan;
	int rc;

	if (start_ms == 0)
		start_ms = d->clock.started_ms;
	if (start_ms == 0)
		start_ms = w->now_ms;
	rc = sla_plan_clock(w->triage, CLOCK_RESOLVE, w->file->severity,
			    start_ms, &plan, err);
	if (rc < 0)
		return rc;
	return clock_begin(w, CLOCK_RESOLVE, &plan, case_is_new(d), err);
}

static int clock_follow(const struct casework *w, enum clock_kind kind,
			const struct decision *d, enum severity from,
			struct err *err)
{
	struct clock_row *row = &w->file->clocks[kind];

	/* Put away: it may get worse, and nobody's time runs. */
	if (w->file->state == ALERT_CLOSED)
		return 0;
	if (row->started_ms != 0)
		return d->severity_rose || d->severity_fell
			       ? clock_move(w, row, from, err)
			       : 0;
	if (kind == CLOCK_TRIAGE)
		return d->clock_start ? clock_begin(w, kind, &d->clock,
						    case_is_new(d), err)
				      : 0;
	return d->ladder_start ? resolve_begin(w, d, err) : 0;
}

int case_clocks_follow(const struct casework *w, const struct decision *d,
		       enum severity from, struct err *err)
{
	bool closed = d->transition == TRANSITION_CLOSED;
	int rc = 0;

	for (int kind = 0; kind < CLOCK_KIND_MAX && rc >= 0 && !closed; kind++)
		rc = clock_follow(w, (enum clock_kind)kind, d, from, err);
	if (rc >= 0 && d->clock_stop)
		rc = case_clock_stop(w, CLOCK_TRIAGE, STOPPED_BY_SOURCE, err);
	if (rc >= 0 && closed)
		rc = case_clock_stop(w, CLOCK_RESOLVE, STOPPED_BY_SOURCE, err);
	return rc;
}

void case_clocks_add_late(const struct casework *w, struct strbuf *to)
{
	for (size_t i = 0; i < CLOCK_KIND_MAX; i++) {
		const struct clock_row *row = &w->file->clocks[i];

		if (row->breached_ms != 0)
			strbuf_addf(to,
				    "; its %s clock ran out before it was "
				    "seen",
				    clock_words[i]);
		else if (row->warned >= 80)
			strbuf_addf(to,
				    "; its %s clock was past 80 %% when it "
				    "was seen",
				    clock_words[i]);
	}
}

int case_clocks_tell_breach(const struct casework *w, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < CLOCK_KIND_MAX && rc >= 0; i++) {
		const struct clock_row *row = &w->file->clocks[i];
		const struct sla_tick tick = { .event = SLA_BREACH,
					       .at_ms = row->due_ms };

		if (row->breached_ms != 0)
			rc = clock_tell(w, row, &tick, " before it was seen",
					err);
	}
	return rc;
}

int casework_hold(const struct casework *w, int64_t until_ms, struct err *err)
{
	struct clock_row *row = &w->file->clocks[CLOCK_RESOLVE];

	if (!sla_is_running(row))
		return err_set(err, ERR_BAD_STATE,
			       "alert %lld has no resolve clock that runs, so "
			       "there is nothing to hold",
			       (long long)w->file->alert_id);
	if (until_ms == 0) {
		if (row->held_ms == 0)
			return err_set(err, ERR_BAD_STATE,
				       "alert %lld is not on hold",
				       (long long)w->file->alert_id);
		/* How long it lasted is known better when the clock turns out
		 * to have been ahead. */
		row->last_held_ms = row->held_ms;
		row->unheld_ms = w->now_ms;
		clock_unhold(row, w->now_ms);
		return clock_save(w, row, err);
	}
	if (until_ms <= w->now_ms ||
	    until_ms - w->now_ms > CASEWORK_HOLD_MAX_MS)
		return err_set(err, ERR_LIMIT,
			       "a hold ends in the future, at most 7 days from "
			       "now");
	if (row->held_ms == 0)
		row->held_ms = w->now_ms;
	row->hold_until_ms = until_ms;
	return clock_save(w, row, err);
}
