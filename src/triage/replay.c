/*
 * Past and policy once more. Called by cli/ for what-if and by tests. It stands
 * where the daemon's pipeline, people and timed jobs stand. This file is the
 * virtual clock: what falls due, in which order.
 *
 * tested with: test_replay test_replay_noise
 */
#include "triage/replay_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util/xmalloc.h"

/* Alerts done in one turn, before bundles have theirs: as the daemon. */
#define SLICE 64
/* Lives that were left are swept so many at a time, or more. */
#define SWEEP_MIN 64

/* --- alerts by what falls due, a heap --- */

static bool is_sooner(const struct replay_life *a, const struct replay_life *b)
{
	if (a->next_ms != b->next_ms)
		return a->next_ms < b->next_ms;
	return a->known.id < b->known.id;
}

static void heap_put(struct replay *r, size_t at, struct replay_life *l)
{
	r->heap[at - 1] = l;
	l->heap_at = at;
}

static void heap_rise(struct replay *r, struct replay_life *l)
{
	size_t at = l->heap_at;

	for (; at > 1 && is_sooner(l, r->heap[at / 2 - 1]); at /= 2)
		heap_put(r, at, r->heap[at / 2 - 1]);
	heap_put(r, at, l);
}

static void heap_sink(struct replay *r, struct replay_life *l)
{
	size_t at = l->heap_at, child;

	while ((child = 2 * at) <= r->n_heap) {
		if (child < r->n_heap &&
		    is_sooner(r->heap[child], r->heap[child - 1]))
			child++;
		if (!is_sooner(r->heap[child - 1], l))
			break;
		heap_put(r, at, r->heap[child - 1]);
		at = child;
	}
	heap_put(r, at, l);
}

static void heap_remove(struct replay *r, struct replay_life *l)
{
	size_t at = l->heap_at;
	struct replay_life *last;

	if (at == 0)
		return;
	l->heap_at = 0;
	last = r->heap[--r->n_heap];
	if (last == l)
		return;
	heap_put(r, at, last);
	heap_rise(r, last);
	heap_sink(r, last);
}

/* Its file may have changed. */
static void life_changed(struct replay *r, struct replay_life *l)
{
	replay_update_file(l);
	heap_remove(r, l);
	l->next_ms = casework_next_ms(&l->file);
	if (l->next_ms == 0)
		return;
	GROW(r->heap, r->n_heap + 1, r->n_heap_alloc);
	r->n_heap++;
	heap_put(r, r->n_heap, l);
	heap_rise(r, l);
}

/* --- turns, as timed_run() --- */

/* It was ended before its time: what it holds is due. */
static void end_silence(struct replay *r, struct silence *s)
{
	char name[24];

	s->ends_ms = s->ended_ms;
	(void)snprintf(name, sizeof(name), "%" PRId64, s->id);
	for (size_t i = 0; i < r->n_bundles; i++) {
		struct replay_bundle *b = r->bundles[i];

		if (b->cause == NOISE_SILENCE && strcmp(b->name, name) == 0)
			b->due_ms = MIN(b->due_ms, s->ended_ms);
	}
}

static bool ends_early(const struct silence *s)
{
	return s->ended_ms != 0 && s->ended_ms < s->ends_ms;
}

static void end_silences(struct replay *r)
{
	for (size_t i = 0; i < r->world.n_silences; i++) {
		struct silence *s = &r->silences[i];

		if (ends_early(s) && s->ended_ms <= r->now_ms)
			end_silence(r, s);
	}
}

static int tick(struct replay *r, struct replay_life *l, struct err *err)
{
	const struct casebook book = replay_book(l);
	const struct casework w = replay_work(l, &book);
	int64_t due_ms = l->next_ms;
	int rc = casework_tick(&w, err);

	if (rc < 0)
		return rc;
	life_changed(r, l);
	if (l->next_ms == due_ms)
		return err_set(err, ERR_BAD_STATE,
			       "alert %" PRId64 " does not get on in time; "
			       "this is an error of triagectl",
			       l->known.id);
	return 0;
}

static int do_cases(struct replay *r, struct err *err)
{
	struct replay_life *due[SLICE];
	size_t n = 0;
	int rc = 0;

	while (n < SLICE && r->n_heap > 0 && r->heap[0]->next_ms <= r->now_ms) {
		due[n++] = r->heap[0];
		heap_remove(r, r->heap[0]);
	}
	for (size_t i = 0; i < n && rc >= 0; i++)
		rc = tick(r, due[i], err);
	return rc;
}

/* When what is due at @due_ms is done: in a pause at its end. */
static int64_t done_at(const struct replay *r, int64_t due_ms)
{
	for (size_t i = 0; i < r->world.n_pauses; i++) {
		const struct pause *p = &r->world.pauses[i];

		if (due_ms < p->from_ms)
			break;
		if (due_ms < p->to_ms)
			return p->to_ms;
	}
	return due_ms;
}

/* The end of the last pause. */
static int64_t up_since(const struct replay *r, int64_t now_ms)
{
	int64_t since_ms = 0;

	for (size_t i = 0; i < r->world.n_pauses; i++) {
		if (r->world.pauses[i].to_ms <= now_ms)
			since_ms = r->world.pauses[i].to_ms;
	}
	return since_ms;
}

static void go_to(struct replay *r, int64_t now_ms)
{
	r->now_ms = MAX(r->now_ms, now_ms);
	r->up_since_ms = up_since(r, r->now_ms);
}

/* The next turn; INT64_MAX: there is none. */
static int64_t next_turn(const struct replay *r)
{
	int64_t next_ms = replay_flush_next_ms(r);

	if (r->n_heap > 0)
		next_ms = MIN(next_ms, r->heap[0]->next_ms);
	for (size_t i = 0; i < r->world.n_silences; i++) {
		if (ends_early(&r->silences[i]))
			next_ms = MIN(next_ms, r->silences[i].ended_ms);
	}
	/* A clock that moved may be due before now. */
	return next_ms == INT64_MAX ? next_ms
				    : MAX(done_at(r, next_ms), r->now_ms);
}

int replay_run(struct replay *r, int64_t end_ms, struct err *err)
{
	int64_t next_ms;
	int rc = 0;

	while (rc >= 0 && (next_ms = next_turn(r)) <= end_ms) {
		go_to(r, next_ms);
		end_silences(r);
		rc = do_cases(r, err);
		if (rc >= 0)
			rc = replay_flush(r, err);
	}
	if (rc >= 0)
		go_to(r, end_ms);
	return rc;
}

int replay_happen(struct replay *r, struct replay_life *life,
		  const struct replay_item *item, struct err *err)
{
	int rc = replay_run(r, item->at_ms, err);

	if (rc >= 0)
		rc = replay_do(life, item, err);
	life_changed(r, life);
	return rc;
}

/* --- lives --- */

struct replay_life *replay_begin(struct replay *r, int64_t alert_id, void *of)
{
	struct replay_life *l = replay_life_new(r, alert_id, of);

	GROW(r->lives, r->n_lives + 1, r->n_lives_alloc);
	r->lives[r->n_lives++] = l;
	return l;
}

static bool is_over(const struct replay_life *l)
{
	return l->left && l->next_ms == 0 && l->n_waiting == 0;
}

/* So that no more than what can still happen is in memory. */
static void sweep(struct replay *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_lives; i++) {
		if (is_over(r->lives[i]))
			replay_life_free(r->lives[i]);
		else
			r->lives[n++] = r->lives[i];
	}
	r->n_lives = n;
	r->n_left = 0;
}

void replay_leave(struct replay *r, struct replay_life *life)
{
	life->left = true;
	if (++r->n_left >= SWEEP_MIN + r->n_lives / 2)
		sweep(r);
}

/* --- the object --- */

struct replay *replay_new(const struct triage *t, const struct replay_world *w,
			  const struct replay_out *out)
{
	struct replay *r = xcalloc(1, sizeof(*r));

	r->t = t;
	r->world = *w;
	r->out = *out;
	r->noise = noise_new(t);
	r->silences = xcalloc(w->n_silences + 1, sizeof(*r->silences));
	for (size_t i = 0; i < w->n_silences; i++) {
		struct silence *s = &r->silences[i];

		*s = w->silences[i];
		/* Before it was made nobody knew of it. */
		s->starts_ms = MAX(s->starts_ms, s->created_ms);
	}
	noise_set_silences(r->noise, r->silences, w->n_silences);
	return r;
}

struct replay *replay_free(struct replay *r)
{
	if (!r)
		return NULL;
	for (size_t i = 0; i < r->n_bundles; i++)
		replay_bundle_free(r->bundles[i]);
	for (size_t i = 0; i < r->n_lives; i++)
		replay_life_free(r->lives[i]);
	noise_free(r->noise);
	free(r->silences);
	free(r->bundles);
	free(r->lives);
	free(r->heap);
	free(r);
	return NULL;
}

void replay_free_ptr(struct replay **r)
{
	*r = replay_free(*r);
}
