/* What waits: collected once, carried or ended with a reason, never lost; and
 * what release 0.1 had collected is still there. */
#include "store/bundles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/alerts.h"
#include "store/cases.h"
#include "store/outbox.h"
#include "store/sqlite/engine_priv.h"
#include "store/txn.h"

#define T SAMPLE_NOW_MS
#define MINUTE INT64_C(60000)

struct scene {
	struct tempstore *t;
	struct store *s;
	struct txn txn;
	int64_t ids[3]; /* high, critical, low */
};

static int64_t insert(struct store *s, int n, enum severity severity)
{
	CLEANUP(alert_release) struct alert a;
	struct sighting at = { 0, T };
	struct decision d;
	int64_t id = 0;

	sample_arm(&a, n);
	d = sample_decision(&a);
	d.severity = severity;
	assert_int_equal(alerts_insert(s, &a, &d, &at, &id, NULL), 0);
	return id;
}

static int setup(void **state)
{
	static struct scene scene;
	void *t = NULL;

	if (tempstore_setup(&t) < 0)
		return -1;
	scene = (struct scene){ .t = t, .s = ((struct tempstore *)t)->store };
	*state = &scene;
	if (txn_begin(&scene.txn, scene.s, NULL) < 0)
		return -1;
	scene.ids[0] = insert(scene.s, 1, SEVERITY_HIGH);
	scene.ids[1] = insert(scene.s, 2, SEVERITY_CRITICAL);
	scene.ids[2] = insert(scene.s, 3, SEVERITY_LOW);
	return 0;
}

static int teardown(void **state)
{
	struct scene *sc = *state;
	void *t = sc->t;

	txn_end(&sc->txn);
	return tempstore_teardown(&t);
}

static const char *ask(struct scene *sc, const char *text)
{
	const char *value;

	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
	value = tempstore_value(sc->t, text);
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	return value;
}

static struct bundle_place place_of(enum noise_cause cause, const char *name,
				    int64_t due_ms)
{
	struct bundle_place p = { .cause = cause,
				  .target = "soc",
				  .due_ms = due_ms };

	snprintf(p.name, sizeof(p.name), "%s", name);
	return p;
}

/* The @n-th notice about alert number @i of the scene. */
static int add(struct scene *sc, const struct bundle_place *place, int i, int n)
{
	const struct bundle_entry e = {
		.alert_id = sc->ids[i],
		.episode = 1,
		.kind = n == 0 ? NOTICE_OPENED : NOTICE_ESCALATED,
		.severity = SEVERITY_HIGH,
		.step = n,
		.transition = 7,
		.reason = "because",
	};

	return bundles_add(sc->s, place, &e, T + n, NULL, NULL);
}

static int64_t put_notice(struct scene *sc, int64_t bundle, int n)
{
	CLEANUP(notice_release)
	struct notice notice = sample_notice(0, "soc", n);
	int64_t id = 0;

	notice.alert_id = 0;
	notice.kind = NOTICE_DIGEST;
	notice.bundle_id = bundle;
	assert_int_equal(outbox_put(sc->s, &notice, &id, NULL), 1);
	return id;
}

static void test_collected_once_for_each_cause(void **state)
{
	struct scene *sc = *state;
	struct bundle_place group = place_of(NOISE_GROUP, "g", T + 50);
	struct bundle_place silence = place_of(NOISE_SILENCE, "g", T + 40);
	struct bundle_row due[4];

	assert_int_equal(add(sc, &group, 0, 0), 1);
	assert_int_equal(add(sc, &group, 0, 0), 0); /* that very notice */
	assert_int_equal(add(sc, &group, 0, 1), 1);
	group.due_ms = T + 90; /* the nearest due time holds */
	assert_int_equal(add(sc, &group, 1, 0), 1);
	assert_int_equal(add(sc, &silence, 2, 0), 1);
	assert_int_equal(bundles_next_ms(sc->s), T + 40);
	assert_int_equal(bundles_due(sc->s, T + 39, due, 4, NULL), 0);
	assert_int_equal(bundles_due(sc->s, T + 50, due, 4, NULL), 2);
	assert_int_equal(due[0].cause, NOISE_SILENCE);
	assert_int_equal(due[0].worst, SEVERITY_LOW);
	assert_int_equal(due[0].n_alerts, 1);
	assert_string_equal(due[1].name, "g");
	assert_string_equal(due[1].target, "soc");
	assert_int_equal(due[1].cause, NOISE_GROUP);
	assert_int_equal(due[1].opened_ms, T);
	assert_int_equal(due[1].due_ms, T + 50);
	assert_int_equal(due[1].worst, SEVERITY_CRITICAL);
	assert_int_equal(due[1].n_alerts, 2); /* of three notices */
	bundle_row_release(&due[0]);
	bundle_row_release(&due[1]);
	group.due_ms = T + 20;
	assert_int_equal(add(sc, &group, 2, 0), 1);
	assert_int_equal(bundles_find(sc->s, &group, &due[0], NULL), 1);
	assert_int_equal(due[0].due_ms, T + 20);
	bundle_row_release(&due[0]);
	group.target = "other";
	assert_int_equal(bundles_find(sc->s, &group, &due[0], NULL), 0);
}

static void test_each_entry_ends_with_message_or_reason(void **state)
{
	struct scene *sc = *state;
	struct bundle_place place = place_of(NOISE_QUIET, "", T + 50);
	struct bundle_wait *v = NULL;
	struct bundle_row due;
	int64_t sent[2], ids[4], total = 0;
	size_t n = 0;

	for (int i = 0; i < 3; i++)
		assert_int_equal(add(sc, &place, i, 0), 1);
	assert_int_equal(add(sc, &place, 0, 1), 1);
	assert_int_equal(bundles_due(sc->s, T + 50, &due, 1, NULL), 1);
	assert_int_equal(bundles_waiting(sc->s, due.id, &v, &n, NULL), 0);
	assert_int_equal(n, 4);
	assert_int_equal(v[0].entry.alert_id, sc->ids[0]);
	assert_int_equal(v[1].entry.kind, NOTICE_ESCALATED);
	assert_int_equal(v[1].entry.step, 1);
	assert_int_equal(v[1].entry.transition, 7);
	assert_int_equal(v[1].added_ms, T + 1);
	assert_string_equal(v[3].entry.reason, "because");
	assert_int_equal(bundles_settle(sc->s, v[3].id, BUNDLE_NEEDLESS,
					"closed meanwhile", T + 60, NULL),
			 0);
	bundle_waits_free(v, n);
	sent[0] = put_notice(sc, due.id, 1);
	sent[1] = put_notice(sc, due.id, 2);
	assert_int_equal(bundles_send(sc->s, due.id, sent, 2, T + 60, NULL), 0);
	assert_int_equal(outbox_alerts(sc->s, sent[1], ids, 1, &total, NULL),
			 1);
	assert_int_equal(ids[0], sc->ids[1]); /* worst first */
	assert_int_equal(total, 2);
	assert_string_equal(
		ask(sc, "SELECT group_concat(alert_id || outcome || kind || "
			"ifnull(ended_why, '') || ifnull(delivery_id, '-'), "
			"' ') FROM v_suppressions ORDER BY id"),
		"1carriedopened1 2carriedopened1 "
		"3needlessopenedclosed meanwhile- 1carriedescalated1");
	assert_string_equal(ask(sc, "SELECT cause || cause_name || bundle_id "
				    "FROM v_deliveries LIMIT 1"),
			    "quiet1");
	/* It is over: the next is another one. */
	assert_int_equal(bundles_due(sc->s, T + 99, &due, 1, NULL), 0);
	assert_int_equal(add(sc, &place, 0, 0), 1);
	bundle_row_release(&due);
	assert_int_equal(bundles_due(sc->s, T + 99, &due, 1, NULL), 1);
	assert_int_equal(due.n_alerts, 1);
	bundle_row_release(&due);
}

static void test_one_alert_needs_no_list(void **state)
{
	struct scene *sc = *state;
	struct bundle_place place = place_of(NOISE_GROUP, "g", T);
	CLEANUP(notice_release)
	struct notice n = sample_notice(sc->ids[0], "soc", 1);
	struct bundle_row due;
	int64_t sent = 0;

	assert_int_equal(add(sc, &place, 0, 0), 1);
	assert_int_equal(bundles_due(sc->s, T, &due, 1, NULL), 1);
	assert_int_equal(outbox_put(sc->s, &n, &sent, NULL), 1);
	assert_int_equal(bundles_send(sc->s, due.id, &sent, 1, T, NULL), 0);
	bundle_row_release(&due);
	assert_string_equal(
		ask(sc, "SELECT outcome || delivery_id || (SELECT count(*) "
			"FROM v_delivery_alerts) FROM v_suppressions"),
		"carried10");
}

static void test_hasten_and_defer(void **state)
{
	struct scene *sc = *state;
	struct bundle_place one = place_of(NOISE_SILENCE, "1", T + 100);
	struct bundle_place two = place_of(NOISE_SILENCE, "2", T + 100);
	struct bundle_row due;

	assert_int_equal(add(sc, &one, 0, 0), 1);
	assert_int_equal(add(sc, &two, 0, 0), 1);
	assert_int_equal(bundles_hasten(sc->s, NOISE_SILENCE, "1", T + 10,
					NULL),
			 1);
	assert_int_equal(bundles_due(sc->s, T + 10, &due, 1, NULL), 1);
	assert_string_equal(due.name, "1");
	assert_int_equal(bundles_defer(sc->s, due.id, T + 500, NULL), 0);
	bundle_row_release(&due);
	assert_int_equal(bundles_due(sc->s, T + 10, &due, 1, NULL), 0);
	assert_int_equal(bundles_hasten(sc->s, NOISE_SILENCE, NULL, T + 20,
					NULL),
			 2);
	assert_int_equal(bundles_hasten(sc->s, NOISE_QUIET, NULL, T + 20, NULL),
			 0);
}

/* Whoever got the message of a group was told about each alert in it; a digest
 * is no promise to hear of the rest. */
static void test_told_by_a_group_not_by_a_digest(void **state)
{
	struct scene *sc = *state;
	static const enum noise_cause causes[] = { NOISE_GROUP, NOISE_DIGEST };

	for (int i = 0; i < 2; i++) {
		struct bundle_place place = place_of(causes[i], "x", T);
		struct told *told = NULL;
		struct bundle_row due;
		int64_t sent;

		assert_int_equal(add(sc, &place, i, 0), 1);
		assert_int_equal(bundles_due(sc->s, T, &due, 1, NULL), 1);
		sent = put_notice(sc, due.id, i);
		assert_int_equal(bundles_send(sc->s, due.id, &sent, 1, T, NULL),
				 0);
		bundle_row_release(&due);
		(void)ask(sc, "SELECT 1");
		txn_end(&sc->txn);
		assert_int_equal(outbox_settle(sc->s,
					       &(struct settlement){
						       .id = sent,
						       .state = NOTICE_SENT },
					       1, T, NULL),
				 0);
		assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
		assert_int_equal(outbox_told(sc->s, sc->ids[i], 1, &told, NULL),
				 causes[i] == NOISE_GROUP);
		if (causes[i] == NOISE_GROUP)
			told_free(told, 1);
	}
}

static void test_the_past_is_one_row_a_message(void **state)
{
	struct scene *sc = *state;
	struct bundle_place place = place_of(NOISE_STORM, "", T);
	CLEANUP(notice_release)
	struct notice n = sample_notice(sc->ids[0], "soc", 9);
	struct bundle_past *v = NULL;
	struct bundle_row due;
	int64_t sent[2];
	size_t n_past = 0;

	n.created_ms = T - 1;
	assert_int_equal(outbox_put(sc->s, &n, NULL, NULL), 1);
	assert_int_equal(add(sc, &place, 0, 0), 1);
	assert_int_equal(bundles_due(sc->s, T, &due, 1, NULL), 1);
	sent[0] = put_notice(sc, due.id, 1);
	sent[1] = put_notice(sc, due.id, 2);
	assert_int_equal(bundles_send(sc->s, due.id, sent, 2, T, NULL), 0);
	bundle_row_release(&due);
	assert_int_equal(bundles_past(sc->s, T - 1, T + MINUTE, &v, &n_past,
				      NULL),
			 0);
	assert_int_equal(n_past, 3);
	assert_int_equal(v[0].alert_id, sc->ids[0]);
	assert_int_equal(v[0].leaves, NOISE_NONE);
	assert_int_equal(v[1].alert_id, sc->ids[0]); /* how it came there */
	assert_int_equal(v[1].held, NOISE_STORM);
	assert_int_equal(v[2].alert_id, 0);
	assert_int_equal(v[2].leaves, NOISE_STORM);
	assert_int_equal(v[2].delivery, sent[1]);
	bundle_pasts_free(v, n_past);
	assert_int_equal(bundles_past(sc->s, T + MINUTE, INT64_MAX, &v, &n_past,
				      NULL),
			 0);
	assert_int_equal(n_past, 0);
	bundle_pasts_free(v, n_past);
}

/* A database of release 0.1 with a digest that was sent and one that waits. */
#define OLD_ALERT(id, severity)                                                \
	"INSERT INTO alert (id, source_id, kind, tenant, native_id, "          \
	"severity_unmapped, source_state, is_incident, clipped, "              \
	"content_hash, base, severity, state, phase, episode, revision, "      \
	"historical, seen_ms, episode_ms, updated_ms) VALUES (" #id            \
	", 1, 'k', '', 'n" #id "', 0, 0, 0, 0, x'00', 1, " #severity           \
	", 0, 0, 1, 1, 0, 5, 1, 1);"

static const char old_rows[] =
	"INSERT INTO source VALUES (1, 's', 'k', 0);" OLD_ALERT(1,
								3) OLD_ALERT(2,
									     1)
		OLD_ALERT(3,
			  1) "INSERT INTO bundle VALUES (4, 'route 2', 'soc', "
			     "1000, 0), "
			     "(5, 'route 2', 'soc', 9000, 1), "
			     "(6, 'from before the first run', 'oncall', 8000, "
			     "1);"
			     "INSERT INTO bundle_alert VALUES (4, 1), (4, 2), "
			     "(5, 2), (6, 3);"
			     "INSERT INTO delivery (id, key, alert_id, "
			     "episode, target, recipient, "
			     "kind, step, severity, reason, state, created_ms, "
			     "not_before_ms, "
			     "sent_ms) VALUES (7, 'a', 1, 1, 'soc', NULL, 0, "
			     "0, 3, 'x', 2, 900, "
			     "900, 950), (8, 'b', NULL, 0, 'soc', NULL, 8, 0, "
			     "3, 'route 2: 2 "
			     "alerts in one message', 2, 1001, 1001, 1002);"
			     "INSERT INTO delivery_alert VALUES (8, 1), (8, 2);"
			     "INSERT INTO clock VALUES (1, 1, 0, 3, 'high 4h', "
			     "1, 2, 0, NULL, NULL, "
			     "NULL, 5);";

static void test_bundles_of_release_0_1(void **state)
{
	struct tempstore *t = *state;
	char wal[160];
	FILE *f;

	t->store = store_close(t->store);
	unlink(t->path);
	snprintf(wal, sizeof(wal), "%s-wal", t->path);
	unlink(wal);
	f = fopen(t->path, "w");
	assert_non_null(f);
	fclose(f);
	for (int i = 0; i < 4; i++)
		tempstore_exec(t, (const char *)store_migrations[i].text);
	tempstore_exec(t, old_rows);
	assert_int_equal(store_open(t->directory, &t->store, NULL), 0);
	assert_string_equal(
		tempstore_value(t, "SELECT group_concat(alert_id || cause || "
				   "':' || cause_name || outcome || until_ms "
				   "|| ifnull('-' || delivery_id, ''), ', ') "
				   "FROM v_suppressions"),
		"1digest:route 2carried1000-8, 2digest:route 2carried1000-8, "
		"2digest:route 2waiting9000, "
		"3import:from before the first runwaiting8000");
	assert_string_equal(tempstore_value(t,
					    "SELECT group_concat(id || kind || "
					    "ifnull(cause, '-'), ' ') FROM "
					    "v_deliveries"),
			    "7opened- 8digestdigest");
	assert_int_equal(tempstore_number(t, "SELECT n FROM v_delivery_counts "
					     "WHERE state = 'sent'"),
			 2);
	assert_int_equal(tempstore_number(t, "SELECT count(*) FROM "
					     "v_delivery_alerts"),
			 2);
	assert_string_equal(tempstore_value(t, "SELECT state FROM v_sla"),
			    "running");
	assert_string_equal(tempstore_value(t, "PRAGMA foreign_key_check"), "");
	assert_int_equal(cases_next_ms(t->store), 5);
	assert_int_equal(bundles_next_ms(t->store), 8000);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* What comes to a storm's bundle from others that are due goes with it. */
static void test_a_storm_is_the_last(void **state)
{
	struct scene *sc = *state;
	struct bundle_place storm = place_of(NOISE_STORM, "", T);
	struct bundle_place group = place_of(NOISE_GROUP, "g", T + 5);
	struct bundle_row due[3];

	assert_int_equal(add(sc, &storm, 0, 0), 1);
	assert_int_equal(add(sc, &group, 1, 0), 1);
	assert_int_equal(bundles_due(sc->s, T + 9, due, 3, NULL), 2);
	assert_int_equal(due[0].cause, NOISE_GROUP);
	assert_int_equal(due[1].cause, NOISE_STORM);
	bundle_row_release(&due[0]);
	bundle_row_release(&due[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_collected_once_for_each_cause),
		WITH(test_each_entry_ends_with_message_or_reason),
		WITH(test_one_alert_needs_no_list),
		WITH(test_hasten_and_defer),
		WITH(test_a_storm_is_the_last),
		WITH(test_told_by_a_group_not_by_a_digest),
		WITH(test_the_past_is_one_row_a_message),
		cmocka_unit_test_setup_teardown(test_bundles_of_release_0_1,
						tempstore_setup,
						tempstore_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
