/*
 * What the tests of the outbox share: a store with three alerts, notices put,
 * leased and settled in it, and its rows as one line of text.
 */
#ifndef TESTS_STORE_OUTBOX_SCENE_H
#define TESTS_STORE_OUTBOX_SCENE_H

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/alerts.h"
#include "store/outbox.h"
#include "store/txn.h"

#define T SAMPLE_NOW_MS
#define LEASE_MAX 8

struct scene {
	struct tempstore *t;
	struct store *s;
	struct notice got[LEASE_MAX];
	int n;
};

static int setup(void **state)
{
	static struct scene scene;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	void *t = NULL;

	if (tempstore_setup(&t) < 0)
		return -1;
	scene = (struct scene){ .t = t, .s = ((struct tempstore *)t)->store };
	*state = &scene;
	assert_int_equal(txn_begin(&txn, scene.s, NULL), 0);
	for (int i = 1; i <= 3; i++) {
		CLEANUP(alert_release) struct alert a;
		struct sighting at = { 0, T };
		struct decision d;
		int64_t id;

		sample_arm(&a, i);
		d = sample_decision(&a);
		assert_int_equal(alerts_insert(scene.s, &a, &d, &at, &id, NULL),
				 0);
	}
	return txn_commit(&txn, NULL);
}

static void forget(struct scene *sc)
{
	for (int i = 0; i < sc->n; i++)
		notice_release(&sc->got[i]);
	sc->n = 0;
}

static int teardown(void **state)
{
	struct scene *sc = *state;
	void *t = sc->t;

	forget(sc);
	return tempstore_teardown(&t);
}

/* Puts a notice, changed by the caller, in a transaction of its own. */
static int64_t put_notice(struct scene *sc, struct notice *n, int expected)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int64_t id = 0;

	assert_int_equal(txn_begin(&txn, sc->s, NULL), 0);
	assert_int_equal(outbox_put(sc->s, n, &id, NULL), expected);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	notice_release(n);
	return id;
}

static int64_t put(struct scene *sc, int64_t alert, const char *target, int n)
{
	struct notice v = sample_notice(alert, target, n);

	return put_notice(sc, &v, 1);
}

static int lease(struct scene *sc, const char *target, int64_t now, size_t max)
{
	forget(sc);
	sc->n = outbox_lease(sc->s, target, now, OUTBOX_ROOM(max), sc->got,
			     NULL);
	assert_true(sc->n >= 0);
	return sc->n;
}

static void settle(struct scene *sc, int64_t id, enum notice_state state,
		   int64_t not_before, const char *error)
{
	struct settlement v = { .id = id,
				.state = state,
				.not_before_ms = not_before,
				.error = error };

	assert_int_equal(outbox_settle(sc->s, &v, 1, T + 5, NULL), 0);
}

static const char *row(struct scene *sc)
{
	return tempstore_value(
		sc->t, "SELECT group_concat(id||state||attempts||"
		       "iif(maybe_duplicate,'d','')||ifnull(':'||last_error,"
		       "''), ' ') FROM v_deliveries");
}

#endif
