/* A store with one alert in hand, not stored yet: for the tests of alerts. */
#ifndef TESTS_STORE_ALERT_SCENE_H
#define TESTS_STORE_ALERT_SCENE_H

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/alerts.h"
#include "store/ledger.h"
#include "store/txn.h"

struct scene {
	struct tempstore *t;
	struct store *s;
	struct txn txn;
	struct alert a;
	struct decision d;
	struct sighting at;
};

static inline int64_t begin_poll(struct scene *sc, const char *source)
{
	struct poll_window w = { source, "sub", 0, 0 };
	int64_t poll;

	assert_int_equal(ledger_poll_begin(sc->s, &w, sc->at.now_ms, &poll,
					   NULL),
			 0);
	return poll;
}

static inline int setup(void **state)
{
	static struct scene scene;
	void *t = NULL;

	if (tempstore_setup(&t) < 0)
		return -1;
	scene = (struct scene){ .t = t,
				.s = ((struct tempstore *)t)->store,
				.at = { 0, SAMPLE_NOW_MS } };
	*state = &scene;
	sample_arm(&scene.a, 1);
	scene.d = sample_decision(&scene.a);
	if (txn_begin(&scene.txn, scene.s, NULL) < 0)
		return -1;
	scene.at.poll = begin_poll(&scene, "azure");
	return 0;
}

static inline int teardown(void **state)
{
	struct scene *sc = *state;
	void *t = sc->t;

	txn_end(&sc->txn);
	alert_release(&sc->a);
	return tempstore_teardown(&t);
}

/* What an admin sees: commits, asks, goes on in a new transaction. */
static inline const char *ask(struct scene *sc, const char *text)
{
	const char *value;

	if (sc->txn.store != NULL)
		assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	value = tempstore_value(sc->t, text);
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	return value;
}

static inline int64_t insert(struct scene *sc)
{
	int64_t id = 0;
	struct err err = ERR_INIT;

	if (alerts_insert(sc->s, &sc->a, &sc->d, &sc->at, &id, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(id > 0);
	return id;
}

/* The row of the identity when exactly these bytes are stored, else 0. */
static inline int64_t known_origin(struct store *s, const struct alert_key *key,
				   const uint8_t raw_hash[ALERT_HASH_SIZE])
{
	struct item it = { .kind = ITEM_UNREAD, .key = *key };

	memcpy(it.raw_hash, raw_hash, sizeof(it.raw_hash));
	alerts_known(s, &it, 1);
	assert_true((it.kind == ITEM_UNCHANGED) == (it.origin > 0));
	return it.origin;
}

static inline bool known(struct scene *sc, const struct alert_key *key,
			 const uint8_t raw_hash[ALERT_HASH_SIZE])
{
	return known_origin(sc->s, key, raw_hash) != 0;
}

static inline void find(struct scene *sc, struct tracked *ret)
{
	struct alert_key keys[2];
	size_t n = alert_keys(&sc->a, keys);

	assert_int_equal(alerts_find(sc->s, keys, n, ret, NULL), 1);
}

static inline void update(struct scene *sc, enum transition transition)
{
	CLEANUP(tracked_release) struct tracked known = { 0 };
	struct err err = ERR_INIT;

	find(sc, &known);
	sc->d.transition = transition;
	if (alerts_update(sc->s, &known, &sc->a, &sc->d, &sc->at, &err) < 0)
		fail_msg("%s", err.text);
}

#endif
