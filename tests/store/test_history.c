/* The stored past: what is in it, alert by alert, and when triaged was down. */
#include "store/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "store/alert_scene.h"
#include "store/audit.h"
#include "util/xmalloc.h"

#define T SAMPLE_NOW_MS

static void add_event(struct scene *sc, int64_t id, int64_t at_ms,
		      const char *kind)
{
	struct audit_event e = { id, at_ms, "triaged", kind, NULL };

	assert_int_equal(audit_add(sc->s, &e, NULL), 0);
}

static void commit(struct scene *sc)
{
	assert_int_equal(txn_commit(&sc->txn, NULL), 0);
}

/* The past since @since_ms, read by a connection of its own. */
static struct history *open_past(struct scene *sc, int64_t since_ms,
				 struct store **ret)
{
	struct history *h = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(store_open_read(sc->t->path, ret, NULL), 0);
	if (history_open(*ret, since_ms, &h, &err) < 0)
		fail_msg("%s", err.text);
	return h;
}

static void test_alert_with_all_parts(void **state)
{
	struct scene *sc = *state;
	CLEANUP(store_close_ptr) struct store *s = NULL;
	CLEANUP(history_close_ptr) struct history *h = NULL;
	CLEANUP(past_alert_release) struct past_alert p = { 0 };
	CLEANUP(free_ptr) char *raw = NULL;
	size_t len = 0;
	int64_t id = insert(sc);

	add_event(sc, id, T, "opened");
	sc->at.now_ms = T + 1000;
	free(sc->a.title);
	sc->a.title = xstrdup("Other words");
	update(sc, TRANSITION_UPDATED);
	add_event(sc, id, T + 1000, "updated");
	commit(sc);
	tempstore_exec(
		sc->t,
		"INSERT INTO clock (alert_id, episode, severity, policy, "
		"started_ms, due_ms, breached_ms) VALUES (1, 1, 3, 'high 4h', "
		"5, 6, 6);"
		"INSERT INTO ladder (alert_id, episode, route, started_ms, "
		"step, repeat) VALUES (1, 1, 'rest', 5, 0, 0);"
		"INSERT INTO delivery (key, alert_id, episode, target, "
		"recipient, kind, step, severity, reason, state, created_ms, "
		"not_before_ms, sent_ms) VALUES"
		"('a', 1, 1, 'soc', 'x@example.org', 0, 0, 3, 'r', 2, 7, 7, 7),"
		"('b', 1, 1, 'soc', 'y@example.org', 0, 0, 3, 'r', 2, 7, 7, 7);"
		"INSERT INTO bundle (id, cause, name, target, opened_ms, "
		"due_ms) VALUES (1, 1, 'daily', 'soc', 8, 9), (2, 4, '1', "
		"'boss', 8, 9), (3, 6, '', 'boss', 8, 9);"
		"INSERT INTO delivery (key, alert_id, episode, target, kind, "
		"step, severity, state, created_ms, not_before_ms, sent_ms, "
		"bundle_id) VALUES ('c', NULL, 0, 'boss', 8, 0, 3, 2, 10, 10, "
		"11, 3);"
		"INSERT INTO bundle_entry (bundle_id, alert_id, episode, kind, "
		"severity, step, transition, added_ms) VALUES "
		"(1, 1, 1, 0, 3, 0, 0, 8), (2, 1, 1, 1, 3, 2, 0, 8);"
		"INSERT INTO bundle_entry (bundle_id, alert_id, episode, kind, "
		"severity, step, transition, added_ms, outcome, ended_ms, "
		"delivery_id) VALUES (2, 1, 1, 4, 3, 0, 50, 8, 2, 9, NULL), "
		"(3, 1, 1, 4, 3, 0, 50, 9, 1, 10, 3);");
	h = open_past(sc, T, &s);
	assert_int_equal(history_next(h, &p, NULL), 1);
	assert_int_equal(p.now.tracked.id, id);
	assert_int_equal(p.n_revisions, 2);
	assert_int_equal(p.revisions[1].revision, 2);
	assert_int_equal(p.revisions[1].seen_ms, T + 1000);
	assert_string_equal(p.revisions[1].source, "azure");
	assert_false(p.revisions[1].stale);
	assert_memory_equal(p.revisions[1].content_hash,
			    p.now.tracked.content_hash, ALERT_HASH_SIZE);
	assert_int_equal(p.n_events, 2);
	assert_string_equal(p.events[1].kind, "updated");
	assert_int_equal(p.n_clocks, 1);
	assert_string_equal(p.clocks[0].policy, "high 4h");
	assert_int_equal(p.clocks[0].breached_ms, 6);
	/* Two recipients of one target are one notice; what went on from one
	 * bundle to another is one, too. */
	assert_int_equal(p.n_notices, 4);
	assert_string_equal(p.notices[0].target, "soc");
	assert_int_equal(p.notices[0].heard_ms, 7);
	assert_int_equal(p.notices[0].message, 1);
	assert_string_equal(p.notices[0].to, "soc");
	assert_int_equal(p.notices[0].n_holds, 0);
	assert_int_equal(p.notices[0].outcome, BUNDLE_CARRIED);
	assert_int_equal(p.notices[1].holds[0].cause, NOISE_DIGEST);
	assert_int_equal(p.notices[2].heard_ms, 0); /* it waits */
	assert_string_equal(p.notices[2].target, "boss");
	assert_int_equal(p.notices[2].step, 2);
	assert_int_equal(p.notices[2].outcome, BUNDLE_WAITING);
	assert_int_equal(p.notices[3].n_holds, 2);
	assert_int_equal(p.notices[3].holds[0].cause, NOISE_SILENCE);
	assert_int_equal(p.notices[3].holds[1].cause, NOISE_QUIET);
	assert_int_equal(p.notices[3].holds[1].at_ms, 9);
	assert_int_equal(p.notices[3].at_ms, 8);
	assert_int_equal(p.notices[3].ended_ms, 10);
	assert_int_equal(p.notices[3].message, 3);
	assert_int_equal(p.notices[3].heard_ms, 11);
	assert_int_equal(p.n_routes, 2);
	assert_string_equal(p.routes[0].name, "daily");
	assert_string_equal(p.routes[1].name, "rest");
	assert_int_equal(history_raw(h, id, 2, &raw, &len, NULL), 1);
	assert_int_equal(len, sc->a.raw_len);
	assert_memory_equal(raw, sc->a.raw, len);
	past_alert_release(&p);
	assert_int_equal(history_next(h, &p, NULL), 0);
}

static void test_since_leaves_out(void **state)
{
	struct scene *sc = *state;
	CLEANUP(store_close_ptr) struct store *s = NULL;
	CLEANUP(history_close_ptr) struct history *h = NULL;
	CLEANUP(past_alert_release) struct past_alert p = { 0 };

	add_event(sc, insert(sc), T, "opened");
	commit(sc);
	h = open_past(sc, T + 1, &s);
	assert_int_equal(history_next(h, &p, NULL), 0);
}

static void test_bytes_that_are_gone(void **state)
{
	struct scene *sc = *state;
	CLEANUP(store_close_ptr) struct store *s = NULL;
	CLEANUP(history_close_ptr) struct history *h = NULL;
	CLEANUP(past_alert_release) struct past_alert p = { 0 };
	char *raw = NULL;
	size_t len = 0;
	int64_t id = insert(sc);

	add_event(sc, id, T, "opened");
	commit(sc);
	tempstore_exec(sc->t, "UPDATE revision SET raw = NULL, changed = "
			      "'older copy'");
	h = open_past(sc, 0, &s);
	assert_int_equal(history_next(h, &p, NULL), 1);
	assert_true(p.revisions[0].stale);
	assert_int_equal(history_raw(h, id, 1, &raw, &len, NULL), 0);
	assert_null(raw);
	assert_int_equal(history_raw(h, id, 7, &raw, &len, NULL), 0);
}

/* What is written while the past is read is not in it. */
static void test_one_moment(void **state)
{
	struct scene *sc = *state;
	CLEANUP(store_close_ptr) struct store *s = NULL;
	CLEANUP(history_close_ptr) struct history *h = NULL;
	CLEANUP(past_alert_release) struct past_alert p = { 0 };
	CLEANUP(free_ptr) struct pause *pauses = NULL;
	int64_t id = insert(sc), end_ms = 0;
	size_t n = 0;

	add_event(sc, id, T, "opened");
	commit(sc);
	h = open_past(sc, 0, &s);
	assert_int_equal(history_pauses(h, &pauses, &n, &end_ms, NULL), 0);
	assert_int_equal(end_ms, T);
	assert_int_equal(txn_begin(&sc->txn, sc->s, NULL), 0);
	add_event(sc, id, T + 5, "updated");
	commit(sc);
	assert_int_equal(history_next(h, &p, NULL), 1);
	assert_int_equal(p.n_events, 1);
}

static void test_pauses(void **state)
{
	struct scene *sc = *state;
	CLEANUP(store_close_ptr) struct store *s = NULL;
	CLEANUP(history_close_ptr) struct history *h = NULL;
	CLEANUP(free_ptr) struct pause *pauses = NULL;
	int64_t id = insert(sc), end_ms = 0;
	size_t n = 0;

	add_event(sc, 0, T - 1000, "started"); /* the first ever: no pause */
	add_event(sc, id, T, "opened");
	add_event(sc, 0, T + 5000, "started");
	add_event(sc, 0, T + 6000, "started");
	add_event(sc, 0, T + 100, "started"); /* its clock went back */
	commit(sc);
	/* A message is a sign of life, too. */
	tempstore_exec(sc->t,
		       "INSERT INTO delivery (key, alert_id, episode, target, "
		       "kind, step, severity, state, created_ms, "
		       "not_before_ms, sent_ms) VALUES ('a', 1, 1, 'soc', 0, "
		       "0, 3, 2, 1, 1, 1);"
		       "UPDATE delivery SET created_ms = (SELECT min(at_ms) + "
		       "3000 FROM event);");
	h = open_past(sc, 0, &s);
	assert_int_equal(history_pauses(h, &pauses, &n, &end_ms, NULL), 0);
	assert_int_equal(n, 2);
	assert_int_equal(pauses[0].from_ms, T + 2000);
	assert_int_equal(pauses[0].to_ms, T + 5000);
	assert_int_equal(pauses[1].from_ms, T + 5000);
	assert_int_equal(pauses[1].to_ms, T + 6000);
	assert_true(end_ms >= T + 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_alert_with_all_parts,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_since_leaves_out, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_bytes_that_are_gone, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_one_moment, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_pauses, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
