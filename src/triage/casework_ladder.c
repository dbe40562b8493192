/*
 * The ladders of an alert: which routes carry it, which steps are due, who is
 * called by each. Called by casework.c.
 *
 * A stored ladder knows its route (ladder_route_of). After a reload that is
 * climbed as it is now, so that a changed on-call target takes effect at once;
 * a route or a step that is gone ends in one call to the fallback.
 *
 * tested with: test_casework
 */
#include "triage/casework_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "triage/digest_plan.h"
#include "triage/ladder.h"
#include "triage/rotation.h"
#include "util/compiler.h"
#include "util/xmalloc.h"

static const struct clock_row *triage_clock(const struct casework *w)
{
	const struct clock_row *row = &w->file->clocks[CLOCK_TRIAGE];

	return row->started_ms != 0 ? row : NULL;
}

static struct match_subject subject_of(const struct casework *w)
{
	return (struct match_subject){
		.alert = w->alert,
		.severity = w->file->severity,
		.tags = w->tags,
	};
}

static int ladder_save(const struct casework *w, const struct ladder_row *row,
		       struct err *err)
{
	return w->book->ladder(w->book->ctx, row, err);
}

static int ladder_event(const struct casework *w, enum case_event_kind kind,
			const struct ladder_row *row, struct err *err)
{
	const struct case_event e = {
		.file = w->file,
		.alert = w->alert,
		.kind = kind,
		.route = row->route,
		.step = row->step,
		.repeat = row->repeat,
		.while_down = row->next_ms < w->up_since_ms,
		.due_ms = row->next_ms,
		.now_ms = w->now_ms,
	};

	return w->book->event(w->book->ctx, &e, err);
}

/* Does the step resolve to anybody now? */
static bool step_has_somebody(const struct casework *w,
			      const struct ladder_step *step)
{
	struct duty duty;

	for (size_t i = 0; i < step->notify.n; i++) {
		rotation_resolve(triage_policy(w->triage), step->notify.v[i],
				 w->now_ms, &duty);
		if (duty.target)
			return true;
	}
	return false;
}

static bool row_is_first(const struct ladder_row *row)
{
	return row->step == 0 && row->repeat == 0;
}

/* To a step or the fallback: they hear of it now. */
static int cause_call(const struct casework *w, const struct case_cause *cause,
		      const struct call *call, struct err *err)
{
	int rc = w->book->call(w->book->ctx, call, err);

	if (rc >= 0 && cause->told)
		*cause->told = true;
	return rc;
}

static int step_call(const struct casework *w, const struct case_cause *cause,
		     const struct route *route, const struct ladder_row *row,
		     struct err *err)
{
	CLEANUP(free_ptr)
	char *reason = xasprintf("%s; step %d of %zu of %s%s", cause->text,
				 row->step + 1, route->n_steps, route->name,
				 row->repeat ? ", repeated" : "");
	const struct call call = {
		.file = w->file,
		.alert = w->alert,
		.tags = w->tags,
		.kind = row_is_first(row) ? cause->first : NOTICE_ESCALATED,
		.notify = &route->steps[row->step].notify,
		.route = row->route,
		.step = row->step,
		.repeat = row->repeat,
		.transition = row->started_ms + row->repeat,
		.reason = reason,
		.due_ms = row->next_ms,
		.now_ms = w->now_ms,
	};
	int rc = cause_call(w, cause, &call, err);

	if (rc < 0 || row_is_first(row))
		return rc;
	return ladder_event(w, CASE_ESCALATED, row, err);
}

/* The fallback gets it; @why tells how it came to that. */
static int fallback_call(const struct casework *w,
			 const struct case_cause *cause, const char *why,
			 const struct ladder_row *row, struct err *err)
{
	char *name = triage_policy(w->triage)->fallback;
	const struct strlist fallback = { .v = &name, .n = 1 };
	CLEANUP(free_ptr)
	char *reason =
		xasprintf("%s; %s, you are the fallback", cause->text, why);
	const struct call call = {
		.file = w->file,
		.alert = w->alert,
		.tags = w->tags,
		.kind = row && !row_is_first(row) ? NOTICE_ESCALATED
						  : cause->first,
		.notify = &fallback,
		.route = row ? row->route : NULL,
		.step = row ? row->step : 0,
		.transition = row ? row->started_ms + row->repeat : w->now_ms,
		.reason = reason,
		.due_ms = row ? row->next_ms : w->now_ms,
		.now_ms = w->now_ms,
	};

	return cause_call(w, cause, &call, err);
}

static int skipped_call(const struct casework *w,
			const struct case_cause *cause,
			const struct route *route, const struct ladder_row *row,
			struct err *err)
{
	CLEANUP(free_ptr)
	char *why = xasprintf("step %d of %zu of %s; nobody is on call there",
			      row->step + 1, route->n_steps, route->name);

	return fallback_call(w, cause, why, row, err);
}

/*
 * Nobody there: written down, and the next step is taken at once with all that
 * is left of this one passed over. Where no step follows, or nobody is left for
 * a repeat, the fallback gets it, so that a ladder never ends in silence.
 */
static int step_skip(const struct casework *w, const struct case_cause *cause,
		     const struct route *route, struct ladder_row *row,
		     struct err *err)
{
	struct ladder_row next = *row;
	int rc = ladder_event(w, CASE_STEP_SKIPPED, row, err);

	if (rc >= 0 && row->repeat > 0)
		rc = skipped_call(w, cause, route, row, err);
	if (rc < 0)
		return rc;
	if (row->repeat > 0)
		return ladder_advance(w->triage, route, triage_clock(w), row,
				      err);
	next.step++;
	rc = ladder_due(w->triage, route, &next, triage_clock(w), &next.next_ms,
			err);
	if (rc < 0)
		return rc;
	next.next_ms = MIN(next.next_ms, w->now_ms);
	if (next.next_ms == 0)
		rc = skipped_call(w, cause, route, row, err);
	*row = next;
	return rc;
}

/*
 * Take what is due, move on, and write down where the ladder stands. Repeats
 * that fell due together are one call, also to the fallback.
 */
static int climb(const struct casework *w, const struct case_cause *cause,
		 const struct route *route, struct ladder_row *row,
		 struct err *err)
{
	int taken = -1;
	int rc = 0;

	while (rc >= 0 && row->next_ms && row->next_ms <= w->now_ms) {
		if (row->step != taken &&
		    !step_has_somebody(w, &route->steps[row->step])) {
			taken = row->step;
			rc = step_skip(w, cause, route, row, err);
			continue;
		}
		if (row->step != taken)
			rc = step_call(w, cause, route, row, err);
		taken = row->step;
		if (rc >= 0)
			rc = ladder_advance(w->triage, route, triage_clock(w),
					    row, err);
	}
	return rc < 0 ? rc : ladder_save(w, row, err);
}

static int digest_call(const struct casework *w, const struct case_cause *cause,
		       const struct route *route, struct err *err)
{
	const struct digest_plan *plan = route->digest;
	const struct calendar *calendar =
		triage_calendar(w->triage, plan->calendar);
	struct call call = {
		.file = w->file,
		.alert = w->alert,
		.tags = w->tags,
		.kind = cause->first,
		.notify = &plan->notify,
		.route = route->name,
		.transition = w->now_ms,
		.collect_ms = w->now_ms,
		.reason = cause->text,
		.due_ms = w->now_ms,
		.now_ms = w->now_ms,
	};
	int rc;

	if (calendar) {
		rc = digest_plan_next_ms(plan, calendar, w->now_ms,
					 &call.collect_ms, err);
		if (rc < 0)
			return rc;
	}
	return w->book->call(w->book->ctx, &call, err);
}

/* No route covers it: the fallback gets it, and that is written down. */
static int start_unrouted(const struct casework *w,
			  const struct case_cause *cause, struct err *err)
{
	const struct case_event e = {
		.file = w->file,
		.alert = w->alert,
		.kind = CASE_UNROUTED,
		.due_ms = w->now_ms,
		.now_ms = w->now_ms,
	};
	int rc = fallback_call(w, cause, "no route covers it", NULL, err);

	return rc < 0 ? rc : w->book->event(w->book->ctx, &e, err);
}

/* The row of the route; else a free one, or one that is over. */
static struct ladder_row *row_for(struct casefile *c, const char *route)
{
	struct ladder_row *over = NULL;

	for (size_t i = 0; i < c->n_ladders; i++) {
		struct ladder_row *row = &c->ladders[i];

		if (strncmp(row->route, route, sizeof(row->route) - 1) == 0)
			return row;
		if (row->next_ms == 0)
			over = row;
	}
	if (c->n_ladders < CASEFILE_LADDERS_MAX)
		return &c->ladders[c->n_ladders++];
	return over;
}

static int start_route(const struct casework *w, const struct case_cause *cause,
		       const struct route *route, struct err *err)
{
	struct ladder_row *row;
	int rc;

	if (route->digest)
		return digest_call(w, cause, route, err);
	row = row_for(w->file, route->name);
	*row = (struct ladder_row){
		.alert_id = w->file->alert_id,
		.episode = w->file->episode,
		.started_ms = w->now_ms,
	};
	(void)snprintf(row->route, sizeof(row->route), "%s", route->name);
	memcpy(row->when_hash, route->when_hash, sizeof(row->when_hash));
	rc = ladder_due(w->triage, route, row, triage_clock(w), &row->next_ms,
			err);
	return rc < 0 ? rc : climb(w, cause, route, row, err);
}

/* What those without a place would have told is told to somebody. */
static int start_too_many(const struct casework *w,
			  const struct case_cause *cause, struct err *err)
{
	char why[64];

	(void)snprintf(why, sizeof(why), "more than %d routes carry it",
		       CASEFILE_LADDERS_MAX);
	return fallback_call(w, cause, why, NULL, err);
}

int case_ladders_start(const struct casework *w, const struct case_cause *cause,
		       struct err *err)
{
	const struct route *routes[CASEFILE_LADDERS_MAX + 1];
	const struct match_subject subject = subject_of(w);
	size_t n;
	int rc;

	if (w->file->severity == SEVERITY_INFO)
		return 0;
	rc = case_ladders_stop(w, "begun again", err);
	if (rc < 0)
		return rc;
	n = ladder_routes(w->triage, &subject, routes, ARRAY_SIZE(routes));
	if (n == 0)
		return start_unrouted(w, cause, err);
	for (size_t i = 0; i < MIN(n, (size_t)CASEFILE_LADDERS_MAX) && rc >= 0;
	     i++)
		rc = start_route(w, cause, routes[i], err);
	if (rc >= 0 && n > CASEFILE_LADDERS_MAX)
		rc = start_too_many(w, cause, err);
	return rc;
}

static int ladder_stop(const struct casework *w, struct ladder_row *row,
		       const char *why, struct err *err)
{
	row->next_ms = 0;
	row->stopped_ms = w->now_ms;
	row->stopped_why = why;
	return ladder_save(w, row, err);
}

int case_ladders_stop(const struct casework *w, const char *why,
		      struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < w->file->n_ladders && rc >= 0; i++) {
		if (w->file->ladders[i].next_ms != 0)
			rc = ladder_stop(w, &w->file->ladders[i], why, err);
	}
	return rc;
}

const struct route *case_ladder_route(const struct casework *w,
				      const struct ladder_row *row)
{
	const struct match_subject subject = subject_of(w);

	return ladder_route_of(w->triage, row, &subject);
}

/*
 * 1 when its route, or the step that is due, is gone and nobody has answered.
 * A route that has become a digest takes over a ladder that has not begun.
 */
static int ladder_tick(const struct casework *w, const struct case_cause *cause,
		       struct ladder_row *row, struct err *err)
{
	const struct route *route = case_ladder_route(w, row);
	bool first = row_is_first(row);
	int rc;

	if (route && (size_t)row->step < route->n_steps)
		return climb(w, cause, route, row, err);
	rc = ladder_stop(w, row, "the policy has no such step", err);
	if (rc < 0)
		return rc;
	if (route && route->digest && first)
		return digest_call(w, cause, route, err);
	return route == NULL || !route->digest;
}

int case_ladders_tick(const struct casework *w, struct err *err)
{
	char text[64];
	const struct case_cause cause = {
		.text = text,
		.first = w->file->episode > 1 ? NOTICE_REOPENED : NOTICE_OPENED,
	};
	bool gone = false;
	int rc;

	if (w->file->state != ALERT_OPEN)
		return case_ladders_stop(w, "it is not open", err);
	(void)snprintf(text, sizeof(text), "severity %s, nobody has answered",
		       severity_name(w->file->severity));
	for (size_t i = 0; i < w->file->n_ladders; i++) {
		struct ladder_row *row = &w->file->ladders[i];

		if (row->next_ms == 0 || row->next_ms > w->now_ms)
			continue;
		rc = ladder_tick(w, &cause, row, err);
		if (rc < 0)
			return rc;
		gone |= rc > 0;
	}
	return gone ? start_unrouted(w, &cause, err) : 0;
}
