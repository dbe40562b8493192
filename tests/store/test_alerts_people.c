/* What people do with an alert, and what a listing no longer has. */
#include "store/cases.h"
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
	assert_int_equal(cases_next_ms(sc->s), SAMPLE_NOW_MS + 50);
	assert_int_equal(cases_due(sc->s, SAMPLE_NOW_MS + 49, ids, 4, NULL), 0);
	assert_int_equal(cases_due(sc->s, SAMPLE_NOW_MS + 50, ids, 4, NULL), 1);
	assert_int_equal(ids[0], c.id);
	assert_int_equal(alerts_unacknowledge(sc->s, c.id, SAMPLE_NOW_MS + 51,
					      &err),
			 0);
	assert_int_equal(alerts_unacknowledge(sc->s, c.id, SAMPLE_NOW_MS + 51,
					      &err),
			 ERR_BAD_STATE);
	assert_int_equal(alerts_unacknowledge(sc->s, 99, 1, &err),
			 ERR_NOT_FOUND);
	assert_int_equal(cases_next_ms(sc->s), 0);
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

/* Owner and phase are a person's word: a rule does not take them back. */
static void test_assign_and_phase(void **state)
{
	struct scene *sc = *state;
	CLEANUP(tracked_release) struct tracked k = { 0 };
	struct human_change c = { .who = "ada", .now_ms = SAMPLE_NOW_MS + 1 };
	struct err err = ERR_INIT;

	c.id = 77;
	assert_int_equal(alerts_assign(sc->s, &c, "bob", &err), ERR_NOT_FOUND);
	assert_int_equal(alerts_set_phase(sc->s, &c, PHASE_TRIAGE, &err),
			 ERR_NOT_FOUND);
	c.id = insert(sc);
	c.version = 2;
	assert_int_equal(alerts_assign(sc->s, &c, "bob", &err), ERR_CONFLICT);
	c.version = 1;
	assert_int_equal(alerts_assign(sc->s, &c, "bob", &err), 0);
	/* The second of two who looked at version 1. */
	assert_int_equal(alerts_set_phase(sc->s, &c, PHASE_TRIAGE, &err),
			 ERR_CONFLICT);
	assert_non_null(strstr(err.text, "changed meanwhile"));
	find(sc, &k);
	assert_int_equal(k.state, ALERT_OPEN);
	assert_string_equal(k.owner, "bob");
	assert_false(k.severity_confirmed);
	tracked_release(&k);
	c.version = 2;
	assert_int_equal(alerts_set_phase(sc->s, &c, PHASE_CONTAIN, &err), 0);
	assert_string_equal(ask(sc, "SELECT owner||assigned_by||phase||"
				    "(confirmed_severity = severity)||version "
				    "FROM v_alerts"),
			    "bobadacontain13");
	sc->d.owner = "payments";
	sample_change(&sc->a, "other", "content");
	update(sc, TRANSITION_UPDATED);
	assert_string_equal(ask(sc, "SELECT owner FROM v_alerts"), "bob");
	c.version = 0;
	assert_int_equal(alerts_assign(sc->s, &c, NULL, &err), 0);
	sample_change(&sc->a, "third", "content");
	update(sc, TRANSITION_UPDATED);
	assert_string_equal(ask(sc, "SELECT owner||ifnull(assigned_by, '') "
				    "FROM v_alerts"),
			    "payments");
}

/* A level is confirmed up to where it was; what rose is not. */
static void test_confirmed_until_it_rises(void **state)
{
	struct scene *sc = *state;
	struct human_change c = { .who = "ada", .now_ms = SAMPLE_NOW_MS + 1 };
	static const struct {
		enum severity severity;
		bool confirmed;
	} rows[] = {
		{ SEVERITY_MEDIUM, true },
		{ SEVERITY_LOW, true },
		{ SEVERITY_MEDIUM, true },
		{ SEVERITY_HIGH, false },
	};

	sc->d.severity = SEVERITY_MEDIUM;
	c.id = insert(sc);
	assert_int_equal(alerts_set_phase(sc->s, &c, PHASE_TRIAGE, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(tracked_release) struct tracked k = { 0 };

		sc->d.severity = rows[i].severity;
		sample_change(&sc->a, i % 2 ? "odd" : "even", "again");
		update(sc, TRANSITION_UPDATED);
		find(sc, &k);
		assert_int_equal(k.severity_confirmed, rows[i].confirmed);
	}
}

/* Triaged: acknowledged, without an end until somebody lets go of it. */
static void test_triaged(void **state)
{
	struct scene *sc = *state;
	CLEANUP(tracked_release) struct tracked k = { 0 };
	struct human_change c = { .who = "ada", .now_ms = SAMPLE_NOW_MS + 1 };
	struct human_change later = { .who = "eve",
				      .now_ms = SAMPLE_NOW_MS + 9 };

	c.id = later.id = insert(sc);
	/* Nothing to let go of: it is open. */
	assert_int_equal(alerts_let_go(sc->s, &c, SAMPLE_NOW_MS + 50, NULL), 0);
	assert_int_equal(cases_next_ms(sc->s), 0);
	assert_int_equal(alerts_acknowledge(sc->s, &c, SAMPLE_NOW_MS + 50,
					    NULL),
			 0);
	assert_int_equal(alerts_set_triaged(sc->s, &later, NULL), 0);
	find(sc, &k);
	assert_int_equal(k.state, ALERT_ACKNOWLEDGED);
	assert_string_equal(k.acknowledged_by, "ada");
	assert_int_equal(k.acknowledged_ms, SAMPLE_NOW_MS + 1);
	assert_int_equal(k.acknowledge_expires_ms, 0);
	assert_int_equal(k.version, 2);
	assert_int_equal(alerts_let_go(sc->s, &later, SAMPLE_NOW_MS + 60, NULL),
			 0);
	assert_int_equal(cases_next_ms(sc->s), SAMPLE_NOW_MS + 60);
	/* An end that is there stays. */
	assert_int_equal(alerts_let_go(sc->s, &later, SAMPLE_NOW_MS + 90, NULL),
			 0);
	assert_int_equal(cases_next_ms(sc->s), SAMPLE_NOW_MS + 60);
	assert_int_equal(alerts_unacknowledge(sc->s, c.id, SAMPLE_NOW_MS + 60,
					      NULL),
			 0);
	assert_int_equal(alerts_set_triaged(sc->s, &later, NULL), 0);
	tracked_release(&k);
	find(sc, &k);
	assert_string_equal(k.acknowledged_by, "eve");
	assert_int_equal(k.acknowledged_ms, SAMPLE_NOW_MS + 9);
	assert_int_equal(k.phase, PHASE_TRIAGE);
	assert_int_equal(alerts_touch(sc->s, &later, NULL), 0);
	assert_string_equal(ask(sc, "SELECT version FROM v_alerts"), "4");
}

static void test_reopen(void **state)
{
	struct scene *sc = *state;
	CLEANUP(tracked_release) struct tracked k = { 0 };
	struct human_change c = { .who = "ada", .now_ms = SAMPLE_NOW_MS + 7 };
	struct err err = ERR_INIT;

	c.id = insert(sc);
	assert_int_equal(alerts_reopen(sc->s, &c, &err), ERR_BAD_STATE);
	assert_non_null(strstr(err.text, "is not closed"));
	assert_int_equal(alerts_assign(sc->s, &c, "bob", NULL), 0);
	assert_int_equal(alerts_set_phase(sc->s, &c, PHASE_CONTAIN, NULL), 0);
	assert_int_equal(alerts_set_triaged(sc->s, &c, NULL), 0);
	assert_int_equal(alerts_close(sc->s, &c, VERDICT_BENIGN, NULL), 0);
	assert_int_equal(alerts_touch(sc->s, &c, &err), ERR_BAD_STATE);
	assert_int_equal(alerts_assign(sc->s, &c, "eve", &err), ERR_BAD_STATE);
	assert_int_equal(alerts_set_phase(sc->s, &c, PHASE_DOCUMENT, &err),
			 ERR_BAD_STATE);
	c.version = 1;
	assert_int_equal(alerts_reopen(sc->s, &c, &err), ERR_CONFLICT);
	c.version = 4;
	assert_int_equal(alerts_reopen(sc->s, &c, &err), 0);
	find(sc, &k);
	assert_int_equal(k.state, ALERT_OPEN);
	assert_int_equal(k.phase, PHASE_DETECT);
	assert_int_equal(k.episode, 2);
	assert_int_equal(k.episode_ms, SAMPLE_NOW_MS + 7);
	assert_int_equal(k.acknowledged_ms, 0);
	assert_int_equal(k.closed_ms, 0);
	assert_string_equal(k.owner, "bob");
	assert_false(k.severity_confirmed);
	assert_string_equal(ask(sc, "SELECT ifnull(verdict, '-')||version||"
				    "ifnull(closed_by, '-')||"
				    "ifnull(acknowledged_by, '-') "
				    "FROM v_alerts"),
			    "-5--");
}

/* Its identities are another alert's now. */
static void test_duplicate_is_not_reopened(void **state)
{
	struct scene *sc = *state;
	struct human_change c = { .who = "ada", .now_ms = SAMPLE_NOW_MS + 7 };
	struct err err = ERR_INIT;
	int64_t into;

	c.id = insert(sc);
	alert_release(&sc->a);
	sample_arm(&sc->a, 2);
	into = insert(sc);
	assert_int_equal(alerts_merge(sc->s, c.id, into, SAMPLE_NOW_MS, NULL),
			 0);
	assert_int_equal(alerts_reopen(sc->s, &c, &err), ERR_BAD_STATE);
	assert_non_null(strstr(err.text, "duplicate"));
}

/* The source re-opens: what was confirmed was another episode. */
static void test_source_reopens_unconfirmed(void **state)
{
	struct scene *sc = *state;
	struct human_change c = { .who = "ada", .now_ms = SAMPLE_NOW_MS + 1 };
	CLEANUP(tracked_release) struct tracked k = { 0 };

	c.id = insert(sc);
	assert_int_equal(alerts_set_phase(sc->s, &c, PHASE_CONTAIN, NULL), 0);
	assert_int_equal(alerts_close(sc->s, &c, VERDICT_BENIGN, NULL), 0);
	sample_change(&sc->a, "again", "active");
	update(sc, TRANSITION_REOPENED);
	find(sc, &k);
	assert_int_equal(k.episode, 2);
	assert_false(k.severity_confirmed);
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
	origin = known_origin(sc->s, &keys[0], sc->a.raw_hash);
	assert_true(origin > 0);
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
		WITH(test_assign_and_phase),
		WITH(test_confirmed_until_it_rises),
		WITH(test_triaged),
		WITH(test_reopen),
		WITH(test_duplicate_is_not_reopened),
		WITH(test_source_reopens_unconfirmed),
		WITH(test_missing),
		WITH(test_windows_miss_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
