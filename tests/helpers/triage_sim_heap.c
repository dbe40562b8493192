/*
 * The moments at which the simulated daemon has to look at an alert, the
 * nearest first. Called by triage_sim.c; knows rows and no rules.
 */
#include "helpers/triage_sim_priv.h"

static void heap_place(struct sim *s, size_t at, size_t alert)
{
	s->heap[at] = alert;
	s->alerts[alert].heap_at = at;
}

int64_t sim_heap_key(const struct sim *s, size_t at)
{
	return s->alerts[s->heap[at]].next_ms;
}

/* What stands at @at goes where it belongs. */
static void heap_settle(struct sim *s, size_t at)
{
	size_t alert = s->heap[at];
	int64_t key = s->alerts[alert].next_ms;

	for (; at > 1 && sim_heap_key(s, at / 2) > key; at /= 2)
		heap_place(s, at, s->heap[at / 2]);
	for (;;) {
		size_t child = 2 * at;

		if (child > s->n_heap)
			break;
		if (child < s->n_heap &&
		    sim_heap_key(s, child + 1) < sim_heap_key(s, child))
			child++;
		if (sim_heap_key(s, child) >= key)
			break;
		heap_place(s, at, s->heap[child]);
		at = child;
	}
	heap_place(s, at, alert);
}

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
	if (a_ms == 0 || b_ms == 0)
		return a_ms ? a_ms : b_ms;
	return MIN(a_ms, b_ms);
}

/* As a store would find it: the least moment of any row. */
int64_t sim_rows_next(const struct sim_rows *r)
{
	int64_t next_ms = 0;

	for (size_t i = 0; i < CLOCK_KIND_MAX; i++)
		next_ms = sooner(next_ms, r->clocks[i].next_ms);
	for (size_t i = 0; i < r->n_ladders; i++)
		next_ms = sooner(next_ms, r->ladders[i].next_ms);
	return sooner(next_ms, r->acknowledge_expires_ms);
}

void sim_heap_arm(struct sim *s, struct sim_alert *a)
{
	size_t at = a->heap_at;

	a->next_ms = sim_rows_next(&a->rows);
	if (a->next_ms == 0 && at == 0)
		return;
	if (at == 0) {
		heap_place(s, ++s->n_heap, a->number);
		at = s->n_heap;
	} else if (a->next_ms == 0) {
		a->heap_at = 0;
		if (at == s->n_heap--)
			return;
		heap_place(s, at, s->heap[s->n_heap + 1]);
	}
	heap_settle(s, at);
}
