/*
 * An alert whose clocks began while the clock of the machine was ahead: their
 * due times by the calendar, once they were moved. Called by daemon/turnback.
 *
 * tested with: daemon/test_turnback
 */
#include <string.h>

#include "triage/casework_priv.h"
#include "triage/ladder.h"
#include "triage/sla.h"

static bool began_ahead(const struct casework *w, int64_t started_ms,
			int64_t by_ms)
{
	return started_ms != 0 && started_ms + by_ms > w->now_ms;
}

/* When the policy of now has @row due that starts at @start_ms; 0: it has no
 * such clock, or another policy than the one that is pinned. */
static int64_t due_by_calendar(const struct casework *w,
			       const struct clock_row *row, int64_t start_ms)
{
	struct err err = ERR_INIT; /* a calendar without a day: no due time */
	struct clock_plan plan;

	if (sla_plan_clock(w->triage, row->kind, row->severity, start_ms, &plan,
			   &err) < 0 ||
	    plan.due_ms == 0 || strcmp(plan.policy, row->policy) != 0)
		return 0;
	return plan.due_ms + row->waited_ms;
}

static int turn_clock(const struct casework *w, struct clock_row *row,
		      int64_t by_ms, struct err *err)
{
	int64_t due_ms;

	if (!sla_is_running(row) || !began_ahead(w, row->started_ms, by_ms) ||
	    due_by_calendar(w, row, row->started_ms + by_ms) !=
		    row->due_ms + by_ms)
		return 0;
	due_ms = due_by_calendar(w, row, row->started_ms);
	if (due_ms == 0 || due_ms == row->due_ms)
		return 0;
	row->due_ms = due_ms;
	row->next_ms = sla_next_ms(w->triage, row);
	return w->book->clock(w->book->ctx, row, err);
}

/* What comes so long after its start was moved rightly. */
static int turn_ladder(const struct casework *w, struct ladder_row *row,
		       int64_t by_ms, struct err *err)
{
	const struct route *route = case_ladder_route(w, row);
	int rc;

	if (row->next_ms == 0 || !began_ahead(w, row->started_ms, by_ms) ||
	    !route || (size_t)row->step >= route->n_steps ||
	    route->steps[row->step].after == AFTER_ELAPSED)
		return 0;
	rc = ladder_due(w->triage, route, row, &w->file->clocks[CLOCK_TRIAGE],
			&row->next_ms, err);
	return rc < 0 ? rc : w->book->ladder(w->book->ctx, row, err);
}

int casework_turned_back(const struct casework *w, int64_t by_ms,
			 struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < CLOCK_KIND_MAX && rc >= 0; i++)
		rc = turn_clock(w, &w->file->clocks[i], by_ms, err);
	for (size_t i = 0; i < w->file->n_ladders && rc >= 0; i++)
		rc = turn_ladder(w, &w->file->ladders[i], by_ms, err);
	return rc;
}
