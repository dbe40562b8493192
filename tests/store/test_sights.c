/* What a poll finds unchanged, in any order: the quick ways along neighbours
 * say and write the same as one look-up or update for each. */
#include "store/alerts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "store/alert_scene.h"
#include "store/sqlite/engine_priv.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define ALERTS 60

struct known_alert {
	struct alert_key key;
	uint8_t raw_hash[ALERT_HASH_SIZE];
	int64_t origin;
	int64_t seen[2]; /* as it should be, by feed; 0 never */
};

static struct known_alert all[ALERTS];

static void store_all(struct scene *sc)
{
	for (size_t i = 0; i < ALERTS; i++) {
		free(sc->a.native_id);
		sc->a.native_id = xasprintf("alert-%zu", i * 7919 % ALERTS);
		memset(sc->a.raw_hash, (int)i + 1, sizeof(sc->a.raw_hash));
		/* Every fifth is announced by another door, too. */
		free(sc->a.linked_kind);
		free(sc->a.linked_id);
		sc->a.linked_kind = i % 5 ? NULL : xstrdup("graph");
		sc->a.linked_id = i % 5 ? NULL : xasprintf("other-%zu", i);
		alert_seal(&sc->a);
		all[i] = (struct known_alert){ .key = sc->a.keys[0] };
		memcpy(all[i].raw_hash, sc->a.raw_hash, ALERT_HASH_SIZE);
		insert(sc);
		all[i].origin =
			known_origin(sc->s, &all[i].key, all[i].raw_hash);
		assert_true(all[i].origin > 0);
		all[i].seen[0] = sc->at.now_ms;
	}
}

/* @order is a permutation: each place asks for order[i]; of every @changed'th
 * the bytes are others, and a stranger stands before every @strange'th. */
static void check_known(struct scene *sc, const size_t *order, size_t changed,
			size_t strange)
{
	struct item items[2 * ALERTS] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < ALERTS; i++) {
		const struct known_alert *k = &all[order[i]];

		if (i % strange == 0)
			items[n++].kind = ITEM_UNREAD;
		items[n].kind = ITEM_UNREAD;
		items[n].key = k->key;
		memcpy(items[n].raw_hash, k->raw_hash, ALERT_HASH_SIZE);
		items[n++].raw_hash[0] ^= i % changed == 0;
	}
	alerts_known(sc->s, items, n);
	n = 0;
	for (size_t i = 0; i < ALERTS; i++) {
		if (i % strange == 0)
			assert_int_equal(items[n++].kind, ITEM_UNREAD);
		assert_int_equal(items[n].kind, i % changed == 0
							? ITEM_UNREAD
							: ITEM_UNCHANGED);
		if (i % changed != 0)
			assert_int_equal(items[n].origin, all[order[i]].origin);
		n++;
	}
}

static void known_in_any_order(void **state)
{
	struct scene *sc = *state;
	static const size_t steps[] = { 1, 59, 7, 31, 11 };
	size_t order[ALERTS];

	store_all(sc);
	for (size_t s = 0; s < ARRAY_SIZE(steps); s++) {
		for (size_t i = 0; i < ALERTS; i++)
			order[i] = i * steps[s] % ALERTS;
		check_known(sc, order, 1000, 1000);
		check_known(sc, order, 3, 1000);
		check_known(sc, order, 1000, 4);
		check_known(sc, order, 10, 7);
	}
	/* In order, but every one twice, and with leaps. */
	for (size_t i = 0; i < ALERTS; i++)
		order[i] = i / 2;
	check_known(sc, order, 1000, 1000);
	for (size_t i = 0; i < ALERTS; i++)
		order[i] = i * 3 / 2 % ALERTS;
	check_known(sc, order, 1000, 1000);
}

/* What the feed of @source has seen, against what it should have. */
static void check_sights(struct scene *sc, size_t feed)
{
	static const char *const sources[] = { "azure", "second" };
	CLEANUP(strbuf_release) struct strbuf want = STRBUF_INIT;
	CLEANUP(free_ptr) char *text = NULL;

	for (size_t i = 0; i < ALERTS; i++)
		if (all[i].seen[feed])
			strbuf_addf(&want, "%s%lld", want.len ? " " : "",
				    (long long)all[i].seen[feed]);
	text = xasprintf("SELECT ifnull(group_concat(seen_ms, ' '), '') FROM "
			 "(SELECT t.seen_ms FROM sight AS t JOIN feed AS f ON "
			 "f.id = t.feed_id JOIN source AS s ON s.id = "
			 "f.source_id WHERE s.name = '%s' AND "
			 "t.missing_since_ms IS NULL ORDER BY t.origin_id)",
			 sources[feed]);
	assert_string_equal(ask(sc, text), want.buf);
}

/* Of the alerts those of which @share draws less than @of. */
static void bump_lot(struct scene *sc, size_t feed, const struct sighting *at,
		     unsigned of)
{
	int64_t origins[2 * ALERTS];
	struct err err = ERR_INIT;
	static unsigned lot = 1;
	size_t n = 0;

	for (size_t i = ALERTS; i-- > 0;) {
		lot = lot * 1103515245 + 12345;
		if ((lot >> 16) % 100 >= of)
			continue;
		origins[n++] = all[i].origin;
		if (i % 11 == 0) /* a listing may name it twice */
			origins[n++] = all[i].origin;
		all[i].seen[feed] = at->now_ms;
	}
	if (alerts_bump_all(sc->s, origins, n, at, &err) < 0)
		fail_msg("%s", err.text);
}

static void bumps_those_and_no_others(void **state)
{
	static const unsigned shares[] = { 100, 97, 90, 50, 10, 2, 0, 100 };
	struct scene *sc = *state;
	struct sighting at[2] = { { sc->at.poll, SAMPLE_NOW_MS },
				  { 0, SAMPLE_NOW_MS } };

	store_all(sc);
	at[1].poll = begin_poll(sc, "second");
	for (size_t i = 0; i < 2 * ARRAY_SIZE(shares); i++) {
		size_t feed = i % 2;

		at[feed].now_ms += 1 + (int64_t)i;
		assert_string_equal(ask(sc, "SELECT count(*) FROM sight WHERE "
					    "missing_since_ms IS NOT NULL"),
				    "0");
		bump_lot(sc, feed, &at[feed],
			 shares[(i / 2 + 3 * feed) % ARRAY_SIZE(shares)]);
		check_sights(sc, 0);
		check_sights(sc, 1);
	}
}

/* Missing no more; and whoever stands between is as missing as before. */
static void found_again(void **state)
{
	struct scene *sc = *state;
	struct sighting at = { 0, SAMPLE_NOW_MS + 9 };
	int64_t origins[ALERTS];
	size_t n = 0;

	store_all(sc);
	at.poll = begin_poll(sc, "azure");
	assert_int_equal(engine_exec(sc->s,
				     "UPDATE sight SET "
				     "missing_since_ms = 5",
				     NULL),
			 0);
	for (size_t i = 0; i < ALERTS; i++)
		if (i != 30)
			origins[n++] = all[i].origin;
	assert_int_equal(alerts_bump_all(sc->s, origins, n, &at, NULL), 0);
	assert_string_equal(ask(sc, "SELECT group_concat(native_id || "
				    "t.missing_since_ms || ' ' || t.poll_id) "
				    "FROM sight AS t JOIN origin AS o ON o.id "
				    "= t.origin_id WHERE "
				    "t.missing_since_ms IS NOT NULL"),
			    "alert-305 1");
}

/* Without a poll, and of one that is none. */
static void of_no_poll(void **state)
{
	struct scene *sc = *state;
	struct sighting at = { 0, SAMPLE_NOW_MS + 3 };
	struct err err = ERR_INIT;

	store_all(sc);
	bump_lot(sc, 0, &at, 100);
	check_sights(sc, 0);
	at.poll = 999;
	assert_int_equal(alerts_bump_all(sc->s, &all[3].origin, 1, &at, &err),
			 ERR_NOT_FOUND);
	assert_int_equal(alerts_bump_all(sc->s, NULL, 0, &at, &err), 0);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(known_in_any_order),
		WITH(bumps_those_and_no_others),
		WITH(found_again),
		WITH(of_no_poll),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
