/*
 * Owed once, leased in order, settled, recovered: at least once.
 *
 * Battery: F2.
 */
#include "store/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "store/outbox_scene.h"
#include "util/strlist.h"
#include "util/xmalloc.h"

static void test_put_once(void **state)
{
	struct scene *sc = *state;
	struct notice again = sample_notice(1, "soc", 1);
	int64_t id = put(sc, 1, "soc", 1);

	assert_int_equal(put_notice(sc, &again, 0), id);
	assert_string_equal(row(sc), "1pending0");
	assert_int_equal(outbox_next_ms(sc->s, "soc", 0), T);
	assert_int_equal(outbox_next_ms(sc->s, "soc", T + 9), T + 9);
	assert_int_equal(outbox_next_ms(sc->s, NULL, 0), T);
	assert_int_equal(outbox_next_ms(sc->s, "mail", 0), 0);
}

static void test_lease_gives_what_was_put(void **state)
{
	struct scene *sc = *state;
	struct notice v = sample_notice(2, "mail", 1);
	char key[NOTICE_KEY_SIZE];

	v.recipient = xstrdup("ada@example.org");
	v.kind = NOTICE_ESCALATED;
	v.step = 2;
	v.episode = 3;
	memcpy(key, v.key, sizeof(key));
	put_notice(sc, &v, 1);
	assert_int_equal(lease(sc, "soc", T, LEASE_MAX), 0);
	assert_int_equal(lease(sc, "mail", T - 1, LEASE_MAX), 0);
	assert_int_equal(lease(sc, "mail", T, LEASE_MAX), 1);
	assert_int_equal(sc->got[0].id, 1);
	assert_int_equal(sc->got[0].alert_id, 2);
	assert_int_equal(sc->got[0].episode, 3);
	assert_string_equal(sc->got[0].target, "mail");
	assert_string_equal(sc->got[0].recipient, "ada@example.org");
	assert_int_equal(sc->got[0].kind, NOTICE_ESCALATED);
	assert_int_equal(sc->got[0].step, 2);
	assert_int_equal(sc->got[0].severity, SEVERITY_HIGH);
	assert_string_equal(sc->got[0].reason, "route high, step 1");
	assert_string_equal(sc->got[0].key, key);
	assert_int_equal(sc->got[0].attempts, 1);
	assert_int_equal(sc->got[0].created_ms, T);
	assert_int_equal(sc->got[0].expires_ms, T + 86400000);
	assert_false(sc->got[0].maybe_duplicate);
	assert_int_equal(outbox_next_ms(sc->s, "mail", T), T + OUTBOX_LEASE_MS);
	assert_int_equal(lease(sc, "mail", T, LEASE_MAX), 0); /* nobody else */
}

static void test_criticals_first_then_oldest(void **state)
{
	struct scene *sc = *state;
	struct notice v = sample_notice(3, "soc", 9);

	put(sc, 1, "soc", 1);
	put(sc, 2, "soc", 1);
	v.severity = SEVERITY_CRITICAL;
	put_notice(sc, &v, 1);
	assert_int_equal(lease(sc, "soc", T, 2), 2);
	assert_int_equal(sc->got[0].alert_id, 3);
	assert_int_equal(sc->got[1].alert_id, 1);
	assert_int_equal(lease(sc, "soc", T, 2), 1);
	assert_int_equal(sc->got[0].alert_id, 2);
}

static void test_order_of_an_alert(void **state)
{
	struct scene *sc = *state;
	struct notice v;
	int64_t first = put(sc, 1, "soc", 1), second = put(sc, 1, "soc", 2);

	put(sc, 1, "other", 3); /* another target */
	v = sample_notice(1, "soc", 4);
	v.recipient = xstrdup("ada"); /* another recipient */
	put_notice(sc, &v, 1);
	put(sc, 0, "soc", 5); /* digests are independent */
	put(sc, 0, "soc", 6);
	assert_int_equal(lease(sc, "soc", T, LEASE_MAX), 4);
	assert_int_equal(sc->got[0].id, first);
	assert_int_equal(sc->got[1].id, 4);
	/* The first waits for its retry: the second waits with it. */
	settle(sc, first, NOTICE_RETRY, T + 60000, "HTTP 503");
	assert_int_equal(lease(sc, "soc", T + 59999, LEASE_MAX), 0);
	assert_int_equal(outbox_next_ms(sc->s, "soc", T), T + 60000);
	assert_int_equal(lease(sc, "soc", T + 60000, LEASE_MAX), 1);
	assert_int_equal(sc->got[0].id, first);
	assert_int_equal(sc->got[0].attempts, 2);
	assert_string_equal(sc->got[0].last_error, "HTTP 503");
	settle(sc, first, NOTICE_SENT, 0, NULL);
	assert_int_equal(lease(sc, "soc", T + 60000, LEASE_MAX), 1);
	assert_int_equal(sc->got[0].id, second);
}

static void test_next_ms_skips_what_is_blocked(void **state)
{
	struct scene *sc = *state;
	int64_t first = put(sc, 1, "soc", 1);

	put(sc, 1, "soc", 2); /* due at T, but behind the first */
	assert_int_equal(lease(sc, "soc", T, LEASE_MAX), 1);
	settle(sc, first, NOTICE_RETRY, T + 5000, "no route");
	assert_int_equal(outbox_next_ms(sc->s, "soc", T), T + 5000);
	assert_int_equal(outbox_next_ms(sc->s, NULL, T), T + 5000);
}

static void test_settle_each_way(void **state)
{
	struct scene *sc = *state;
	struct settlement v[] = {
		{ .id = 1, .state = NOTICE_SENT },
		{ .id = 2, .state = NOTICE_DEAD, .error = "HTTP 404" },
		{ .id = 3, .state = NOTICE_SUPERSEDED, .error = "closed" },
	};

	for (int i = 1; i <= 3; i++)
		put(sc, i, "soc", 1);
	assert_int_equal(lease(sc, "soc", T, LEASE_MAX), 3);
	assert_int_equal(outbox_settle(sc->s, v, 3, T + 5, NULL), 0);
	assert_string_equal(row(sc), "1sent1 2dead1:HTTP 404 "
				     "3superseded1:closed");
	assert_string_equal(tempstore_value(sc->t, "SELECT sent_at FROM "
						   "v_deliveries"),
			    "2026-03-02T09:00:00.005Z");
	assert_string_equal(tempstore_value(sc->t,
					    "SELECT sent||unsent||dead||"
					    "last_sent_ms||last_error FROM "
					    "v_targets"),
			    "1011772442000005closed");
	assert_int_equal(outbox_next_ms(sc->s, NULL, T), 0);
	/* What is finished stays finished. */
	settle(sc, 2, NOTICE_RETRY, T, "late answer");
	settle(sc, 1, NOTICE_DEAD, 0, "late answer");
	assert_string_equal(row(sc), "1sent1 2dead1:HTTP 404 "
				     "3superseded1:closed");
	/* But an accepted one was accepted. */
	settle(sc, 3, NOTICE_SENT, 0, NULL);
	assert_non_null(strstr(row(sc), "3sent1"));
}

static void test_release(void **state)
{
	struct scene *sc = *state;
	int64_t id = put(sc, 1, "soc", 1);

	assert_int_equal(lease(sc, "soc", T, LEASE_MAX), 1);
	assert_int_equal(outbox_release(sc->s, &id, 1, NULL), 0);
	assert_string_equal(row(sc), "1pending0");
	assert_int_equal(outbox_release(sc->s, &id, 1, NULL), 0);
	assert_int_equal(lease(sc, "soc", T, LEASE_MAX), 1);
	assert_int_equal(sc->got[0].attempts, 1);
	assert_false(sc->got[0].maybe_duplicate);
}

static void test_recover_leases(void **state)
{
	struct scene *sc = *state;

	put(sc, 1, "soc", 1);
	put(sc, 2, "soc", 1);
	assert_int_equal(lease(sc, "soc", T, 1), 1);
	assert_int_equal(outbox_recover(sc->s, T + OUTBOX_LEASE_MS - 1, false,
					NULL),
			 0);
	assert_int_equal(outbox_recover(sc->s, T + OUTBOX_LEASE_MS, false,
					NULL),
			 1);
	assert_string_equal(row(sc), "1pending1d 2pending0");
	assert_int_equal(lease(sc, "soc", T + OUTBOX_LEASE_MS, 1), 1);
	assert_true(sc->got[0].maybe_duplicate);
	assert_int_equal(sc->got[0].attempts, 2);
	/* At start every lease has run out. */
	assert_int_equal(outbox_recover(sc->s, T + OUTBOX_LEASE_MS, true, NULL),
			 1);
	/* The answer of the first try comes late: it counts. */
	settle(sc, 1, NOTICE_SENT, 0, NULL);
	assert_string_equal(row(sc), "1sent2d 2pending0");
}

/* What we paused is tried now; what its target asked us to wait is not, nor
 * what is in flight or was not tried. */
static void test_hasten(void **state)
{
	static const struct {
		int64_t wait_ms;
		unsigned attempts;
		bool hastened;
	} cases[] = {
		{ 6250, 1, true },     { 6251, 1, false },
		{ 12500, 2, true },    { 60000, 2, false },
		{ 375000, 9, true },   { 375000, 40, true },
		{ 375001, 40, false },
	};
	struct scene *sc = *state;
	const int64_t now_ms = T + 100;

	put(sc, 1, "soc", 1);
	put(sc, 2, "other", 1);
	put(sc, 3, "third", 1);
	assert_int_equal(lease(sc, "soc", T, 1), 1);
	assert_int_equal(lease(sc, "other", T, 1), 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(free_ptr)
		char *waits = xasprintf("UPDATE delivery SET state = 3, "
					"attempts = %u, next_ms = %lld "
					"WHERE id = 1",
					cases[i].attempts,
					(long long)(now_ms + cases[i].wait_ms));

		tempstore_exec(sc->t, waits);
		assert_int_equal(outbox_hasten(sc->s, NULL, now_ms, NULL),
				 cases[i].hastened);
		assert_int_equal(lease(sc, "soc", now_ms, 1),
				 cases[i].hastened);
	}
	assert_int_equal(lease(sc, "other", now_ms, 1), 0);
	assert_int_equal(lease(sc, "third", now_ms, 1), 1);
}

/* Who refused our credentials and takes them now gets all of it. */
static void test_hasten_what_was_refused(void **state)
{
	struct scene *sc = *state;
	struct settlement v = { .state = NOTICE_RETRY,
				.not_before_ms = T + OUTCOME_REFUSED_PAUSE_MS,
				.error = "HTTP 401",
				.news = SETTLE_REFUSED };
	const int64_t then_ms = T + 60000;

	put(sc, 1, "soc", 1);
	put(sc, 2, "soc", 1);
	put(sc, 3, "soc", 1);
	assert_int_equal(lease(sc, "soc", T, 2), 2);
	for (v.id = 1; v.id <= 2; v.id++)
		assert_int_equal(outbox_settle(sc->s, &v, 1, T, NULL), 0);
	assert_int_equal(outbox_hasten(sc->s, "other", then_ms, NULL), 0);
	assert_int_equal(lease(sc, "soc", then_ms, 3), 1);
	v = (struct settlement){ .id = 3,
				 .state = NOTICE_SENT,
				 .news = SETTLE_WORKS };
	assert_int_equal(outbox_settle(sc->s, &v, 1, then_ms, NULL), 0);
	assert_int_equal(lease(sc, "soc", then_ms, 3), 2);
}

/* Which messages have when they were given up, and how long behind T. */
static const char *given_up(struct scene *sc)
{
	CLEANUP(free_ptr)
	char *text = xasprintf("SELECT group_concat(id || ' ' || (given_up_ms "
			       "- %lld), ', ') FROM v_deliveries "
			       "WHERE state = 'dead'",
			       (long long)T);

	return tempstore_value(sc->t, text);
}

static void test_expiry(void **state)
{
	struct scene *sc = *state;
	struct notice v;

	for (int i = 1; i <= 3; i++) {
		v = sample_notice(i, "soc", 1);
		v.expires_ms = i == 3 ? 0 : T + 100;
		put_notice(sc, &v, 1);
	}
	assert_int_equal(lease(sc, "soc", T, 1), 1); /* in time, in flight */
	assert_int_equal(outbox_recover(sc->s, T + 99, false, NULL), 0);
	assert_int_equal(outbox_recover(sc->s, T + 100, false, NULL), 0);
	assert_string_equal(row(sc), "1leased1 2dead0:expired 3pending0");
	/* A lease finds late ones by itself and goes on to the next. */
	settle(sc, 1, NOTICE_RETRY, T + 10, "HTTP 500");
	assert_int_equal(lease(sc, "soc", T + 200, 1), 1);
	assert_int_equal(sc->got[0].id, 3);
	assert_string_equal(row(sc), "1dead1:expired (HTTP 500) 2dead0:expired "
				     "3leased1");
	assert_string_equal(given_up(sc), "1 200, 2 100");
}

static int supersede(struct scene *sc, bool ladder)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int n;

	assert_int_equal(txn_begin(&txn, sc->s, NULL), 0);
	n = ladder ? outbox_supersede_ladder(sc->s, 1, 1, "acknowledged", T,
					     NULL)
		   : outbox_supersede(sc->s, 1, 1, "closed", T, NULL);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	return n;
}

static void put_kind(struct scene *sc, int64_t alert, enum notice_kind kind,
		     int64_t episode)
{
	struct notice v = sample_notice(alert, "soc", 10 * kind + episode);

	v.kind = kind;
	v.episode = episode;
	put_notice(sc, &v, 1);
}

static void test_supersede(void **state)
{
	struct scene *sc = *state;

	put_kind(sc, 1, NOTICE_OPENED, 1);
	put_kind(sc, 1, NOTICE_ESCALATED, 1);
	put_kind(sc, 1, NOTICE_WARNING, 1);
	put_kind(sc, 1, NOTICE_BREACHED, 1);
	put_kind(sc, 1, NOTICE_ESCALATED, 2);
	put_kind(sc, 2, NOTICE_ESCALATED, 1);
	assert_int_equal(supersede(sc, true), 2);
	assert_string_equal(row(sc), "1pending0 2superseded0:acknowledged "
				     "3superseded0:acknowledged 4pending0 "
				     "5pending0 6pending0");
	assert_int_equal(supersede(sc, false), 2);
	assert_string_equal(row(sc), "1superseded0:closed "
				     "2superseded0:acknowledged "
				     "3superseded0:acknowledged "
				     "4superseded0:closed 5pending0 6pending0");
}

/* In flight when it was overtaken: it arrives, or it is not tried again. */
static void test_supersede_in_flight(void **state)
{
	static const struct {
		enum notice_state answer;
		const char *row;
	} cases[] = {
		{ NOTICE_SENT, "1sent1" },
		{ NOTICE_DEAD, "1dead1:HTTP 404" },
		{ NOTICE_RETRY, "1superseded1:closed" },
	};
	struct scene *sc = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		tempstore_exec(sc->t, "DELETE FROM delivery; DELETE FROM "
				      "sqlite_sequence WHERE name = "
				      "'delivery'");
		put(sc, 1, "soc", (int)i);
		assert_int_equal(lease(sc, "soc", T, 1), 1);
		assert_int_equal(supersede(sc, false), 1);
		settle(sc, 1, cases[i].answer, T + 9,
		       cases[i].answer == NOTICE_SENT ? NULL : "HTTP 404");
		assert_string_equal(row(sc), cases[i].row);
		assert_string_equal(given_up(sc), cases[i].answer == NOTICE_DEAD
							  ? "1 5"
							  : "");
	}
	put(sc, 1, "soc", 50);
	assert_int_equal(lease(sc, "soc", T, 1), 1);
	supersede(sc, false);
	assert_int_equal(outbox_recover(sc->s, T, true, NULL), 1);
	assert_non_null(strstr(row(sc), "2superseded1d:closed"));
}

static void test_told(void **state)
{
	struct scene *sc = *state;
	struct told *told = NULL;
	struct notice v;

	put(sc, 1, "soc", 1);
	put(sc, 1, "soc", 2);
	v = sample_notice(1, "mail", 3);
	v.recipient = xstrdup("ada");
	put_notice(sc, &v, 1);
	assert_int_equal(outbox_told(sc->s, 1, 1, &told, NULL), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(lease(sc, "soc", T, 1), 1);
		settle(sc, sc->got[0].id, NOTICE_SENT, 0, NULL);
	}
	assert_int_equal(lease(sc, "mail", T, 1), 1); /* in flight */
	assert_int_equal(outbox_told(sc->s, 1, 1, &told, NULL), 2);
	assert_string_equal(told[0].target, "mail");
	assert_string_equal(told[0].recipient, "ada");
	assert_string_equal(told[1].target, "soc");
	assert_null(told[1].recipient);
	told_free(told, 2);
	assert_int_equal(outbox_told(sc->s, 1, 2, &told, NULL), 0);
	assert_int_equal(outbox_told(sc->s, 2, 1, &told, NULL), 0);
}

/* It may have arrived, whatever is known of it; what was never tried has not.
 */
static void test_tried(void **state)
{
	static const enum notice_state ends[] = { NOTICE_SENT, NOTICE_RETRY,
						  NOTICE_DEAD,
						  NOTICE_SUPERSEDED };
	static const char *const targets[] = { "a", "b", "c", "d" };
	struct scene *sc = *state;
	struct told *told = NULL;

	put(sc, 1, "never", 9);
	for (int i = 0; i < 4; i++) {
		int64_t id = put(sc, 1, targets[i], i);

		assert_int_equal(lease(sc, targets[i], T, 1), 1);
		settle(sc, id, ends[i], T + 1000, NULL);
	}
	assert_int_equal(outbox_tried(sc->s, 1, 1, &told, NULL), 4);
	for (int i = 0; i < 4; i++)
		assert_string_equal(told[i].target, targets[i]);
	told_free(told, 4);
	assert_int_equal(outbox_tried(sc->s, 1, 2, &told, NULL), 0);
	/* Of the end hears whoever may have heard of the beginning: not who
	 * said no, nor who was never asked. */
	assert_int_equal(outbox_maybe_told(sc->s, 1, 1, &told, NULL), 3);
	assert_string_equal(told[0].target, "a");
	assert_string_equal(told[1].target, "b");
	assert_string_equal(told[2].target, "d");
	told_free(told, 3);
	assert_int_equal(outbox_told(sc->s, 1, 1, &told, NULL), 1);
	told_free(told, 1);
}

static int retry(struct scene *sc, int64_t id)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int rc;

	assert_int_equal(txn_begin(&txn, sc->s, NULL), 0);
	rc = outbox_retry(sc->s, id, T + 7, NULL);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	return rc;
}

static void test_retry_of_a_dead_one(void **state)
{
	struct scene *sc = *state;
	struct notice v = sample_notice(1, "soc", 1);

	v.expires_ms = T + 1;
	put_notice(sc, &v, 1);
	assert_int_equal(retry(sc, 1), 0);
	assert_int_equal(outbox_recover(sc->s, T + 1, false, NULL), 0);
	assert_string_equal(given_up(sc), "1 1");
	assert_int_equal(retry(sc, 1), 1);
	assert_string_equal(given_up(sc), "");
	assert_int_equal(retry(sc, 99), 0);
	assert_int_equal(lease(sc, "soc", T + 7, 1), 1);
	assert_int_equal(sc->got[0].expires_ms, T + 7 + 86400000);
}

static void test_digest_of_several(void **state)
{
	struct scene *sc = *state;
	int64_t id = put(sc, 0, "soc", 1), ids[4], total = -1;

	assert_int_equal(outbox_alerts(sc->s, id, ids, 4, &total, NULL), 0);
	assert_int_equal(total, 0);
	assert_int_equal(lease(sc, "soc", T, 1), 1);
	assert_int_equal(sc->got[0].alert_id, 0);
	assert_string_equal(tempstore_value(sc->t,
					    "SELECT ifnull(alert_id, 'none') "
					    "FROM v_deliveries"),
			    "none");
}

/* ---- standing ---- */

static void check_standing(struct scene *sc, const char *target, size_t n,
			   int64_t first)
{
	int64_t *ids = NULL;
	size_t got = 99;

	assert_int_equal(outbox_standing(sc->s, target, &ids, &got, NULL), 0);
	assert_int_equal(got, n);
	for (size_t i = 1; i < got; i++)
		assert_true(ids[i] > ids[i - 1]);
	if (n > 0)
		assert_int_equal(ids[0], first);
	free(ids);
}

static void send_all(struct scene *sc, const char *target)
{
	lease(sc, target, T, LEASE_MAX);
	for (int i = 0; i < sc->n; i++)
		settle(sc, sc->got[i].id, NOTICE_SENT, 0, NULL);
}

static void close_alert(struct scene *sc, int64_t id)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	const struct human_change c = { .id = id, .who = "ada", .now_ms = T };

	assert_int_equal(txn_begin(&txn, sc->s, NULL), 0);
	assert_int_equal(alerts_close(sc->s, &c, VERDICT_BENIGN, NULL), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

static void reopen_alert(struct scene *sc, int64_t id)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	const struct human_change c = { .id = id,
					.who = "ada",
					.now_ms = T + 60000 };

	assert_int_equal(txn_begin(&txn, sc->s, NULL), 0);
	assert_int_equal(alerts_reopen(sc->s, &c, NULL), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

/* Told, and open since. */
static void test_standing(void **state)
{
	struct scene *sc = *state;

	put(sc, 2, "am", 1);
	put(sc, 1, "am", 2);
	put(sc, 3, "other", 3);
	check_standing(sc, "am", 0, 0); /* owed is not told */
	send_all(sc, "am");
	check_standing(sc, "am", 2, 1);
	check_standing(sc, "other", 0, 0);
	close_alert(sc, 1);
	check_standing(sc, "am", 1, 2);
	reopen_alert(sc, 1); /* of its new episode nobody has heard */
	check_standing(sc, "am", 1, 2);
}

static void carry(struct scene *sc, int64_t delivery, int64_t alert)
{
	char text[128];

	snprintf(text, sizeof(text),
		 "INSERT INTO delivery_alert VALUES (%lld, %lld)",
		 (long long)delivery, (long long)alert);
	tempstore_exec(sc->t, text);
}

/* What a digest carried was told too. */
static void test_standing_by_digest(void **state)
{
	struct scene *sc = *state;
	int64_t id = put(sc, 0, "am", 1);

	carry(sc, id, 2);
	carry(sc, id, 3);
	check_standing(sc, "am", 0, 0);
	send_all(sc, "am");
	check_standing(sc, "am", 2, 2);
	close_alert(sc, 2);
	reopen_alert(sc, 2); /* after it was sent */
	check_standing(sc, "am", 1, 3);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_put_once),
		WITH(test_lease_gives_what_was_put),
		WITH(test_criticals_first_then_oldest),
		WITH(test_order_of_an_alert),
		WITH(test_next_ms_skips_what_is_blocked),
		WITH(test_settle_each_way),
		WITH(test_release),
		WITH(test_recover_leases),
		WITH(test_hasten),
		WITH(test_hasten_what_was_refused),
		WITH(test_expiry),
		WITH(test_supersede),
		WITH(test_supersede_in_flight),
		WITH(test_told),
		WITH(test_tried),
		WITH(test_retry_of_a_dead_one),
		WITH(test_digest_of_several),
		WITH(test_standing),
		WITH(test_standing_by_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
