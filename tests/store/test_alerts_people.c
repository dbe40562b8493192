/* What people do with an alert, and what a listing no longer has. */
#include "store/alerts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "store/alert_scene.h"

static void test_acknowledge(void **state)
{
	struct scene *sc = *state;
	CLEANUP(tracked_release) struct tracked k = { 0 };
	struct human_change c = { .who = "ada",
				  .note = "mine",
				  .now_ms = SAMPLE_NOW_MS + 1 };
	struct err err = ERR_INIT;
	int64_t ids[4];

	c.id = 77;
	assert_int_equal(alerts_acknowledge(sc->s, &c, 0, &err), ERR_NOT_FOUND);
	c.id = insert(sc);
	c.version = 9;
	assert_int_equal(alerts_acknowledge(sc->s, &c, 0, &err), ERR_CONFLICT);
	c.version = 1;
	assert_int_equal(alerts_acknowledge(sc->s, &c, SAMPLE_NOW_MS + 50,
					    &err),
			 0);
	find(sc, &k);
	assert_int_equal(k.state, ALERT_ACKNOWLEDGED);
	assert_int_equal(k.phase, PHASE_TRIAGE);
	assert_int_equal(k.version, 2);
	assert_string_equal(k.acknowledged_by, "ada");
	assert_int_equal(alerts_next_ack_expiry(sc->s), SAMPLE_NOW_MS + 50);
	assert_int_equal(alerts_ack_expired(sc->s, SAMPLE_NOW_MS + 49, ids, 4,
					    NULL),
			 0);
	assert_int_equal(alerts_ack_expired(sc->s, SAMPLE_NOW_MS + 50, ids, 4,
					    NULL),
			 1);
	assert_int_equal(ids[0], c.id);
	assert_int_equal(alerts_unacknowledge(sc->s, c.id, SAMPLE_NOW_MS + 51,
					      &err),
			 0);
	assert_int_equal(alerts_unacknowledge(sc->s, c.id, SAMPLE_NOW_MS + 51,
					      &err),
			 ERR_BAD_STATE);
	assert_int_equal(alerts_unacknowledge(sc->s, 99, 1, &err),
			 ERR_NOT_FOUND);
	assert_int_equal(alerts_next_ack_expiry(sc->s), 0);
	tracked_release(&k);
	find(sc, &k);
	assert_int_equal(k.state, ALERT_OPEN);
	assert_int_equal(k.acknowledged_ms, 0);
	assert_string_equal(k.acknowledged_by, "ada");
}

static void test_close(void **state)
{
	struct scene *sc = *state;
	struct human_change c = { .who = "eve",
				  .note = "known scanner",
				  .now_ms = SAMPLE_NOW_MS + 1 };
	struct err err = ERR_INIT;

	c.id = insert(sc);
	assert_int_equal(alerts_close(sc->s, &c, VERDICT_FALSE_POSITIVE, &err),
			 0);
	assert_int_equal(alerts_close(sc->s, &c, VERDICT_BENIGN, &err),
			 ERR_BAD_STATE);
	assert_non_null(strstr(err.text, "eve"));
	assert_int_equal(alerts_acknowledge(sc->s, &c, 0, &err), ERR_BAD_STATE);
	assert_string_equal(ask(sc, "SELECT state||verdict||closed_by||"
				    "close_note FROM v_alerts"),
			    "closedfalse-positiveeveknown scanner");
	assert_string_equal(ask(sc, "SELECT state||n FROM v_alert_counts"),
			    "closed1");
}

static void end_poll(struct scene *sc, const char *error)
{
	assert_int_equal(ledger_poll_end(sc->s, sc->at.poll, error,
					 sc->at.now_ms, NULL),
			 0);
}

static int mark(struct scene *sc)
{
	return alerts_mark_missing(sc->s, "azure", "sub", sc->at.poll,
				   sc->at.now_ms, NULL);
}

static int64_t insert_origin(struct scene *sc)
{
	struct alert_key keys[2];
	int64_t origin;

	insert(sc);
	alert_keys(&sc->a, keys);
	assert_true(alerts_known(sc->s, &keys[0], sc->a.raw_hash, &origin));
	return origin;
}

static void next_poll(struct scene *sc, int64_t origin)
{
	sc->at.now_ms += 1000;
	sc->at.poll = begin_poll(sc, "azure");
	if (origin != 0)
		assert_int_equal(alerts_bump(sc->s, origin, &sc->at, NULL), 1);
}

static void test_missing(void **state)
{
	struct scene *sc = *state;
	int64_t stays, goes;
	static const char who[] =
		"SELECT ifnull(group_concat(id||' '||missing_since_ms), '') "
		"FROM v_alerts WHERE missing_since_ms IS NOT NULL";

	stays = insert_origin(sc);
	alert_release(&sc->a);
	sample_arm(&sc->a, 2);
	goes = insert_origin(sc);
	assert_int_equal(mark(sc), 0); /* the first listing proves nothing */
	end_poll(sc, NULL);

	next_poll(sc, stays);
	assert_int_equal(mark(sc), 0); /* not seen once */
	end_poll(sc, NULL);
	next_poll(sc, stays);
	end_poll(sc, "HTTP 500"); /* says nothing about absence */

	next_poll(sc, stays);
	end_poll(sc, NULL);
	assert_int_equal(mark(sc), 1); /* before or after its end */
	assert_int_equal(mark(sc), 0); /* once */
	assert_string_equal(ask(sc, who), "2 1772442003000");
	assert_string_equal(ask(sc, "SELECT state FROM v_alerts WHERE id = 2"),
			    "open");

	next_poll(sc, goes); /* seen again */
	assert_int_equal(mark(sc), 0);
	end_poll(sc, NULL);
	assert_string_equal(ask(sc, who), "");
	next_poll(sc, goes);
	assert_int_equal(mark(sc), 1); /* now the other one left */
	assert_string_equal(ask(sc, who), "1 1772442005000");
	assert_int_equal(alerts_mark_missing(sc->s, "nobody", "sub", 1, 1,
					     NULL),
			 0);
}

/* Listings of slices of time: an alert of last week is in none of them. */
static void test_windows_miss_nothing(void **state)
{
	struct scene *sc = *state;
	struct poll_window w = { "azure", "sub", 1000, 2000 };

	insert(sc);
	end_poll(sc, NULL);
	for (int i = 0; i < 3; i++) {
		sc->at.now_ms += 1000;
		assert_int_equal(ledger_poll_begin(sc->s, &w, sc->at.now_ms,
						   &sc->at.poll, NULL),
				 0);
		end_poll(sc, NULL);
		assert_int_equal(mark(sc), 0);
	}
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_acknowledge),
		WITH(test_close),
		WITH(test_missing),
		WITH(test_windows_miss_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
