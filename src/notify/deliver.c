/*
 * The way out of the outbox. One timer drives it: begin what waits for room;
 * store what ended and lease what is due for every target with room, in one
 * transaction; then sleep until the nearest moment something is due. Called by
 * daemon/; sends nothing itself (deliver_send.c).
 *
 * At least once: a notice is leased before it is sent and settled after, so a
 * crash between the two repeats it under the same key.
 */
#include "notify/deliver.h"

#include <stdlib.h>
#include <string.h>
#include "notify/deliver_priv.h"
#include "store/outbox.h"
#include "store/txn.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/xmalloc.h"

/* As many as one lease may bring. */
#define LEASE_MAX 256
/* After a look that found nothing although something was said to be due. */
#define EMPTY_MS 1000
/* So that a turn that is missing is noticed. A jump of the wall clock, which
 * the timer does not follow, is a kick. */
#define SLEEP_MAX_MS 120000
/* Well above what a turn may sleep, and what a queue of slow mail takes. */
#define TURN_STUCK_MS 300000
#define FLIGHT_STUCK_MS (30 * 60000)
/* The slowest sender, a program, with time to end and to be settled. */
_Static_assert(OUTBOX_LEASE_MS > CONF_EXEC_LIMIT_MAX_MS + 60000,
	       "a lease must outlast its sender");

void deliver_wake(struct deliver *d)
{
	loop_timer_set(d->timer, 0);
}

static bool is_paused(const struct target *t, int64_t mono_ms)
{
	return mono_ms < t->paused_mono_ms;
}

/* How many were leased, or a negative code. */
static int lease_some(struct target *t, const struct outbox_room *room,
		      struct flights *ret, struct err *err)
{
	struct notice batch[LEASE_MAX];
	int n = 0;

	if (room->critical > 0 || room->other > 0)
		n = outbox_lease(t->deliver->env.store, t->name,
				 clock_wall_ms(), room, batch, err);
	for (int i = 0; i < n; i++) {
		struct flight *f = flight_new(t, &batch[i]);

		TAILQ_INSERT_TAIL(ret, f, link);
	}
	return n;
}

static int lease(struct target *t, struct flights *ret, struct err *err)
{
	struct outbox_room room;
	int n;

	target_lease_room(t, MIN(ahead_lease_max(t), (size_t)LEASE_MAX), &room);
	n = lease_some(t, &room, ret, err);
	/* Less: there is nothing more, or the rate does not allow it. */
	t->due = n < 0 || (size_t)n == room.max;
	if (n == 0 && (room.critical > 0 || room.other > 0))
		t->empty_mono_ms = clock_mono_ms();
	return n;
}

/* What else is due stays so for the end of the pause. */
static int lease_tests(struct target *t, struct flights *ret, struct err *err)
{
	struct outbox_room room;
	int n;

	target_lease_room(t, MIN(ahead_lease_max(t), (size_t)LEASE_MAX), &room);
	room.tests = true;
	n = lease_some(t, &room, ret, err);
	t->tries = n < 0 || (size_t)n == room.max || room.other == 0;
	return n;
}

static bool wants_lease(const struct target *t, int64_t mono_ms)
{
	if (t->deliver->draining || ahead_lease_max(t) == 0)
		return false;
	if (is_paused(t, mono_ms))
		return t->tries;
	return t->due || mono_ms >= t->wake_mono_ms;
}

static int lease_all(struct deliver *d, struct flights *ret, struct err *err)
{
	int64_t mono_ms = clock_mono_ms();
	struct target *t;
	int rc = 0;

	TAILQ_FOREACH (t, &d->live, link) {
		if (rc < 0 || !wants_lease(t, mono_ms))
			continue;
		rc = is_paused(t, mono_ms) ? lease_tests(t, ret, err)
					   : lease(t, ret, err);
	}
	return MIN(rc, 0);
}

static bool has_work(const struct deliver *d)
{
	int64_t mono_ms = clock_mono_ms();
	const struct target *t;

	TAILQ_FOREACH (t, &d->live, link) {
		if (wants_lease(t, mono_ms))
			return true;
	}
	return d->must_settle || ahead_gives_back(d);
}

/* Once what ended is stored there is room again, and a later notice of the
 * same alert may have waited for it. */
static void note_landed(struct deliver *d)
{
	struct target *t;

	TAILQ_FOREACH (t, &d->live, link) {
		t->due |= t->landed;
		t->landed = false;
	}
}

/* What ended and what goes next are one change of the store: to wait for the
 * disk is what a turn costs most. */
static int store_turn(struct deliver *d, struct flights *given,
		      struct flights *ret, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc = txn_begin(&txn, d->env.store, err);

	if (rc >= 0)
		rc = deliver_settle(d, err);
	if (rc >= 0)
		rc = ahead_give_back(d, given, err);
	if (rc < 0)
		return rc;
	note_landed(d);
	rc = lease_all(d, ret, err);
	return rc < 0 ? rc : txn_commit(&txn, err);
}

/* The store has them as before, so that they are leased again. */
static void forget_leased(struct flights *leased)
{
	struct flight *f;

	while ((f = TAILQ_FIRST(leased))) {
		TAILQ_REMOVE(leased, f, link);
		f->target->due = true;
		f->target->tries |= f->notice.kind == NOTICE_TEST;
		flight_free(f);
	}
}

/* Sets when @t has to be looked at again by itself. */
static void plan(struct target *t, int64_t mono_ms)
{
	int64_t now_ms = clock_wall_ms();
	int64_t next_ms;

	t->wake_mono_ms = INT64_MAX;
	if (ahead_lease_max(t) == 0)
		return; /* the end of a flight wakes us */
	if (is_paused(t, mono_ms) && t->tries) {
		t->wake_mono_ms = mono_ms + EMPTY_MS;
		return;
	}
	if (t->due) {
		t->wake_mono_ms = MAX(mono_ms, t->paused_mono_ms);
		return;
	}
	next_ms = target_next_ms(t, now_ms);
	if (next_ms == 0)
		return;
	t->wake_mono_ms = mono_ms + MAX(next_ms - now_ms, (int64_t)0);
	t->wake_mono_ms = MAX(t->wake_mono_ms, t->empty_mono_ms + EMPTY_MS);
	t->wake_mono_ms = MAX(t->wake_mono_ms, t->paused_mono_ms);
}

static void sleep_until_next(struct deliver *d)
{
	int64_t mono_ms = clock_mono_ms();
	int64_t wake_ms = mono_ms + SLEEP_MAX_MS;
	struct target *t;

	if (d->store_failed) {
		loop_timer_set(d->timer, DELIVER_STORE_RETRY_MS);
		return;
	}
	if (d->draining)
		return; /* each end of a flight wakes us */
	TAILQ_FOREACH (t, &d->live, link) {
		/* What ended is stored first, and then planned with. */
		if (d->n_ended == 0)
			plan(t, mono_ms);
		if (ahead_lease_max(t) > 0)
			wake_ms = MIN(wake_ms,
				      MAX(t->wake_mono_ms,
					  t->tries ? 0 : t->paused_mono_ms));
	}
	loop_timer_set(d->timer, MAX(wake_ms - mono_ms, (int64_t)0));
}

static void turn(struct deliver *d)
{
	struct flights leased = TAILQ_HEAD_INITIALIZER(leased);
	struct flights given = TAILQ_HEAD_INITIALIZER(given);
	struct err err = ERR_INIT;

	if (!d->store_failed)
		ahead_start(d);
	d->store_failed = false;
	if (!has_work(d))
		return;
	if (store_turn(d, &given, &leased, &err) < 0) {
		log_debug("no turn of the outbox: %s", err.text);
		d->store_failed = true;
		forget_leased(&leased);
		ahead_take_again(&given);
		return;
	}
	flights_free(&given);
	deliver_tell(d);
	ahead_start_leased(d, &leased);
}

static void deliver_on_turn(void *arg)
{
	struct deliver *d = arg;

	d->turn_mono_ms = clock_mono_ms();
	turn(d);
	targets_reap(d);
	sleep_until_next(d);
}

static void deliver_on_company(void *arg)
{
	struct deliver *d = arg;

	d->must_settle = true;
	/* A store that failed keeps its second of rest. */
	if (!d->store_failed)
		deliver_wake(d);
}

struct deliver *deliver_new(const struct conf *c, const struct deliver_env *env,
			    struct err *err)
{
	struct deliver *d = xcalloc(1, sizeof(*d));

	d->env = *env;
	/* It comes from a configuration that a reload may free. */
	d->env.timezone = NULL;
	d->timezone = xstrdup(env->timezone);
	TAILQ_INIT(&d->live);
	TAILQ_INIT(&d->retired);
	TAILQ_INIT(&d->flying);
	TAILQ_INIT(&d->ended);
	d->timer = loop_timer_new(env->loop, deliver_on_turn, d);
	d->company = loop_timer_new(env->loop, deliver_on_company, d);
	d->turn_mono_ms = clock_mono_ms();
	d->tokens = token_cache_new(env->pool);
	if (targets_new(d, c, &d->live, err) < 0)
		return deliver_free(d);
	targets_recall(d, &d->live);
	deliver_wake(d);
	return d;
}

int deliver_reload(struct deliver *d, const struct conf *c, struct err *err)
{
	struct targets list;
	int rc;

	/* Whoever mended what kept messages from a target waits for them. */
	rc = outbox_hasten(d->env.store, NULL, clock_wall_ms(), err);
	if (rc >= 0)
		rc = targets_new(d, c, &list, err);
	if (rc < 0)
		return rc;
	targets_retire(d);
	targets_recall(d, &list);
	TAILQ_CONCAT(&d->live, &list, link);
	deliver_wake(d);
	return 0;
}

void deliver_try(struct deliver *d, const char *name)
{
	struct target *t;

	TAILQ_FOREACH (t, &d->live, link)
		t->tries |= strcmp(t->name, name) == 0;
	deliver_kick(d);
}

void deliver_set_timezone(struct deliver *d, const char *zone)
{
	char *copy = xstrdup(zone);

	free(d->timezone);
	d->timezone = copy;
}

void deliver_kick(struct deliver *d)
{
	struct target *t;

	TAILQ_FOREACH (t, &d->live, link)
		t->due = true;
	/* A store that failed keeps its second of rest. */
	if (!d->store_failed)
		deliver_wake(d);
}

void deliver_enable(struct deliver *d, const char *name)
{
	struct target *t;

	TAILQ_FOREACH (t, &d->live, link)
		if (strcmp(t->name, name) == 0)
			target_enable(t);
	deliver_kick(d);
}

bool deliver_stuck(const struct deliver *d, int64_t mono_ms)
{
	/* New ones are put at the end. */
	const struct flight *oldest = TAILQ_FIRST(&d->flying);

	if (d->draining)
		return false; /* its end has a limit of its own */
	return mono_ms - d->turn_mono_ms > TURN_STUCK_MS ||
	       (oldest && mono_ms - oldest->start_mono_ms > FLIGHT_STUCK_MS);
}

void deliver_drain(struct deliver *d)
{
	d->draining = true;
	d->must_settle = d->n_ended > 0;
	deliver_wake(d);
}

bool deliver_idle(const struct deliver *d)
{
	return TAILQ_EMPTY(&d->flying) && TAILQ_EMPTY(&d->ended) &&
	       !ahead_any(d);
}

bool deliver_target_state(const struct deliver *d, size_t i,
			  struct deliver_target_state *ret)
{
	struct target *t = TAILQ_FIRST(&d->live);

	while (t && i-- > 0)
		t = TAILQ_NEXT(t, link);
	if (!t)
		return false;
	*ret = (struct deliver_target_state){
		.name = t->name,
		.waits_until_ms = target_waits_until_ms(t),
		.rate = t->conf->rate,
	};
	return true;
}

/* Nothing can be tried for it now. A paused target was tried and said no. */
static bool is_settled(const struct target *t)
{
	return is_paused(t, clock_mono_ms()) ? !t->tries : !t->due;
}

bool deliver_settled(const struct deliver *d)
{
	const struct target *t;

	if (!deliver_idle(d) || d->store_failed)
		return false;
	TAILQ_FOREACH (t, &d->live, link) {
		if (!is_settled(t))
			return false;
	}
	return true;
}

/*
 * A request without an answer may have arrived: it counts as a try and goes
 * again at once after the start, under the same key.
 */
static void stop_flights(struct deliver *d)
{
	const struct outcome_report stopped = {
		.outcome = OUTCOME_RETRY,
		.retry_after_ms = 1,
		.error = "triaged stopped before the answer came; it may have "
			 "arrived",
	};
	struct flight *f = TAILQ_FIRST(&d->flying);

	while (f) {
		struct flight *next = TAILQ_NEXT(f, link);

		if (f->xfer || f->runbook) {
			(void)xfer_cancel(f->xfer); /* NULL by contract */
			(void)runbook_cancel(f->runbook); /* the same */
			flight_end(f, &stopped);
		}
		f = next;
	}
}

/* Waiting, mail never begun, or without its token yet: nothing happened, so the
 * lease is given back. */
static void release_rest(struct deliver *d)
{
	struct err err = ERR_INIT;

	/* On failure the next start recovers them: it holds the lock. */
	if (flights_release(d, &d->flying, &err) < 0)
		log_debug("leases not given back: %s", err.text);
	flights_free(&d->flying);
}

struct deliver *deliver_free(struct deliver *d)
{
	if (!d)
		return NULL;
	/* It ends as what flies but was not begun. */
	ahead_take_all(d, &d->flying);
	stop_flights(d);
	/* Ends the mail workers, which report what they had begun. */
	targets_free(&d->live);
	targets_free(&d->retired);
	if (deliver_settle(d, NULL) >= 0)
		deliver_tell(d);
	release_rest(d);
	flights_free(&d->ended);
	d->tokens = token_cache_free(d->tokens);
	d->timer = loop_timer_free(d->timer);
	d->company = loop_timer_free(d->company);
	free(d->timezone);
	free(d);
	return NULL;
}
