/*
 * The moments at which the simulated daemon has to look at an alert, the
 * nearest first. Called by triage_sim.c; knows rows and no rules.
 */
#include "helpers/triage_sim_priv.h"

static void heap_place(struct sim *s, size_t at, struct sim_due due)
{
	s->heap[at] = due;
	s->heap_at[due.alert] = at;
}

int64_t sim_heap_key(const struct sim *s, size_t at)
{
	return s->heap[at].at_ms;
}

/* What stands at @at goes where it belongs. */
static void heap_settle(struct sim *s, size_t at)
{
	struct sim_due due = s->heap[at];

	for (; at > 1 && sim_heap_key(s, at / 2) > due.at_ms; at /= 2)
		heap_place(s, at, s->heap[at / 2]);
	for (;;) {
		size_t child = 2 * at;

		if (child > s->n_heap)
			break;
		if (child < s->n_heap &&
		    sim_heap_key(s, child + 1) < sim_heap_key(s, child))
			child++;
		if (sim_heap_key(s, child) >= due.at_ms)
			break;
		heap_place(s, at, s->heap[child]);
		at = child;
	}
	heap_place(s, at, due);
}

/* As a store would find it: the least moment of any row. */
int64_t sim_rows_next(const struct sim_rows *r)
{
	int64_t next_ms = 0;

	for (size_t i = 0; i < CLOCK_KIND_MAX; i++)
		next_ms = sim_sooner(next_ms, r->clocks[i].next_ms);
	for (size_t i = 0; i < r->n_ladders; i++)
		next_ms = sim_sooner(next_ms, r->ladders[i].next_ms);
	return sim_sooner(next_ms, r->acknowledge_expires_ms);
}

void sim_heap_arm(struct sim *s, struct sim_alert *a)
{
	const struct sim_due due = { sim_rows_next(&a->rows), a->number };
	size_t at = s->heap_at[a->number];

	if (due.at_ms == 0 && at == 0)
		return;
	if (at == 0)
		at = ++s->n_heap;
	if (due.at_ms != 0) {
		heap_place(s, at, due);
	} else {
		s->heap_at[a->number] = 0;
		if (at == s->n_heap--)
			return;
		heap_place(s, at, s->heap[s->n_heap + 1]);
	}
	heap_settle(s, at);
}
