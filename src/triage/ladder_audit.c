/*
 * Looks for steps that nobody took. Called by daemon/proof.c; knows no store.
 */
#include "triage/ladder_audit.h"

#include "triage/ladder.h"
#include "util/compiler.h"

/* The end of a step's repeats, behind which the next one comes. */
static int64_t last_repeat_ms(const struct ladder_step *step, int64_t begin_ms)
{
	return begin_ms +
	       (step->repeat_ms > 0 ? step->times : 0) * step->repeat_ms;
}

static bool has_trace(const struct ladder_proof *p, size_t step)
{
	return step < p->n_traces && p->traces[step];
}

/* INT64_MAX: nothing says that the ladder had to take it. */
static int step_due(const struct triage *t, const struct ladder_proof *p,
		    const struct ladder_row *at, int64_t *ret_ms,
		    struct err *err)
{
	const struct ladder_row *row = p->row;
	bool was_taken = row->step > at->step ||
			 (row->step == at->step && row->repeat > 0);

	if (p->route->steps[at->step].after == AFTER_ELAPSED || was_taken)
		return ladder_due(t, p->route, at, p->clock, ret_ms, err);
	*ret_ms = INT64_MAX - LADDER_AUDIT_GRACE_MS;
	if (row->step == at->step && row->next_ms != 0)
		*ret_ms = row->next_ms;
	return 0;
}

int ladder_audit(const struct triage *t, const struct ladder_proof *p,
		 int *ret_step, int64_t *ret_ms, int64_t *ret_due,
		 struct err *err)
{
	int64_t end_ms = p->row->stopped_ms ? p->row->stopped_ms : p->now_ms;
	struct ladder_row at = { .started_ms = p->row->started_ms };
	int64_t due_ms, from_ms = 0, n_due = 0;
	int found = 0, rc;

	for (size_t i = 0; i < p->route->n_steps && !found; i++) {
		at.step = (int)i;
		rc = step_due(t, p, &at, &due_ms, err);
		if (rc < 0)
			return rc;
		due_ms = MAX(due_ms, from_ms);
		if (due_ms + LADDER_AUDIT_GRACE_MS >= end_ms)
			break;
		n_due++;
		from_ms = last_repeat_ms(&p->route->steps[i], due_ms);
		if (has_trace(p, i))
			continue;
		found = 1;
		*ret_step = (int)i;
		*ret_ms = due_ms;
	}
	if (ret_due)
		*ret_due = n_due;
	return found;
}
