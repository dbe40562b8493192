/*
 * What is leased before there is room to send it, so that one change of the
 * store carries many notices of a burst. Called by deliver.c and
 * deliver_send.c.
 *
 * A lease ahead is earned: each quick answer allows one more, a slow one takes
 * half of them away and a bad one all; with none left, what waits is given
 * back. So little is ever held back from a change of mind: the queue of a quick
 * receiver is short in time.
 *
 * tested with: test_deliver_ahead
 */
#include "notify/deliver_priv.h"

#include "util/clock.h"
#include "util/xmalloc.h"

#define AHEAD_MAX 248
#define AHEAD_ANSWER_MS 50
/* What waits behind answers that took so long each is sent within so long. */
#define AHEAD_QUEUE_MS 350

static size_t ahead_bound(int64_t elapsed_ms)
{
	return MIN((size_t)(AHEAD_QUEUE_MS * WEBHOOK_IN_FLIGHT_MAX /
			    MAX(elapsed_ms, (int64_t)1)),
		   (size_t)AHEAD_MAX);
}

void ahead_note_answer(struct target *t, bool sent, int64_t elapsed_ms)
{
	/* A rate is spent by what begins: with one, nothing goes ahead. */
	bool may = t->type == TARGET_WEBHOOK && t->conf &&
		   t->conf->rate.messages == 0;

	if (!may || !sent)
		t->ahead = 0;
	else if (elapsed_ms > AHEAD_ANSWER_MS)
		t->ahead /= 2;
	else
		t->ahead = MIN(t->ahead + 1, ahead_bound(elapsed_ms));
}

size_t ahead_lease_max(const struct target *t)
{
	/* As long as half of it waits there is no hurry. */
	if (t->n_waiting > t->ahead / 2)
		return 0;
	return target_room(t) + t->ahead - t->n_waiting;
}

static bool gives_back(const struct target *t, int64_t mono_ms)
{
	return !t->conf || t->deliver->draining || t->ahead == 0 ||
	       t->disabled[0] || mono_ms < t->paused_mono_ms;
}

/* Criticals first; those of one alert never wait together. */
static void wait_for_room(struct flight *f)
{
	struct target *t = f->target;
	struct flight *behind = TAILQ_FIRST(&t->waiting);

	while (behind && (f->notice.severity != SEVERITY_CRITICAL ||
			  behind->notice.severity == SEVERITY_CRITICAL))
		behind = TAILQ_NEXT(behind, link);
	if (behind)
		TAILQ_INSERT_BEFORE(behind, f, link);
	else
		TAILQ_INSERT_TAIL(&t->waiting, f, link);
	t->n_waiting++;
}

static void start_waiting(struct target *t)
{
	struct flight *f;

	while (target_room(t) > 0 && (f = TAILQ_FIRST(&t->waiting))) {
		TAILQ_REMOVE(&t->waiting, f, link);
		t->n_waiting--;
		flight_start(f);
	}
}

void ahead_start_leased(struct deliver *d, struct flights *leased)
{
	struct target *t;
	struct flight *f;

	while ((f = TAILQ_FIRST(leased))) {
		TAILQ_REMOVE(leased, f, link);
		wait_for_room(f);
	}
	TAILQ_FOREACH (t, &d->live, link)
		start_waiting(t);
}

void ahead_start(struct deliver *d)
{
	int64_t mono_ms = clock_mono_ms();
	struct target *t;

	TAILQ_FOREACH (t, &d->live, link) {
		if (!gives_back(t, mono_ms))
			start_waiting(t);
	}
}

static bool any_of(const struct targets *list, bool to_give_back)
{
	int64_t mono_ms = clock_mono_ms();
	const struct target *t;

	TAILQ_FOREACH (t, list, link) {
		if (t->n_waiting > 0 &&
		    (!to_give_back || gives_back(t, mono_ms)))
			return true;
	}
	return false;
}

bool ahead_any(const struct deliver *d)
{
	return any_of(&d->live, false) || any_of(&d->retired, false);
}

bool ahead_gives_back(const struct deliver *d)
{
	return any_of(&d->live, true) || any_of(&d->retired, true);
}

static void take_from(struct targets *list, bool all, struct flights *ret)
{
	int64_t mono_ms = clock_mono_ms();
	struct target *t;

	TAILQ_FOREACH (t, list, link) {
		if (t->n_waiting == 0 || !(all || gives_back(t, mono_ms)))
			continue;
		TAILQ_CONCAT(ret, &t->waiting, link);
		t->n_waiting = 0;
		t->due = true;
	}
}

int ahead_give_back(struct deliver *d, struct flights *ret, struct err *err)
{
	take_from(&d->live, false, ret);
	take_from(&d->retired, false, ret);
	return flights_release(d, ret, err);
}

void ahead_take_again(struct flights *given)
{
	struct flight *f;

	while ((f = TAILQ_FIRST(given))) {
		TAILQ_REMOVE(given, f, link);
		wait_for_room(f);
	}
}

void ahead_take_all(struct deliver *d, struct flights *ret)
{
	take_from(&d->live, true, ret);
	take_from(&d->retired, true, ret);
}

int flights_release(struct deliver *d, const struct flights *list,
		    struct err *err)
{
	CLEANUP(free_ptr) int64_t *ids = NULL;
	size_t n = 0;
	size_t n_alloc = 0;
	const struct flight *f;

	TAILQ_FOREACH (f, list, link) {
		GROW(ids, n + 1, n_alloc);
		ids[n++] = f->notice.id;
	}
	return n > 0 ? outbox_release(d->env.store, ids, n, err) : 0;
}

void flights_free(struct flights *list)
{
	struct flight *f;

	while ((f = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, f, link);
		flight_free(f);
	}
}
