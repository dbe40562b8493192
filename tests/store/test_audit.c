/* The chain holds, and each way to alter it is found. */
#include "store/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/txn.h"

static void add(struct tempstore *t, int64_t alert_id, const char *detail)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct audit_event e = { alert_id, SAMPLE_NOW_MS, "ada", "noted",
				 detail };

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(audit_add(t->store, &e, NULL), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

static void add_five(struct tempstore *t)
{
	add(t, 0, NULL);
	add(t, 1, "{\"n\":2}");
	add(t, 1, "{\"n\":3}");
	add(t, 2, "{\"n\":4}");
	add(t, 0, "{\"n\":5}");
}

static void test_whole(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(store_close_ptr) struct store *reader = NULL;
	struct err err = ERR_INIT;
	int64_t n = -1, id = -1;

	assert_int_equal(audit_verify(t->store, &n, &id, &err), 0);
	assert_int_equal(n, 0);
	add_five(t);
	assert_int_equal(audit_verify(t->store, &n, &id, &err), 0);
	assert_int_equal(n, 5);
	assert_int_equal(id, -1);
	assert_int_equal(store_open_read(t->path, &reader, NULL), 0);
	assert_int_equal(audit_verify(reader, &n, &id, &err), 0);
	assert_string_equal(tempstore_value(t, "SELECT detail FROM v_events"),
			    "{}");
	assert_int_equal(tempstore_number(t, "SELECT length(hash) FROM "
					     "v_events"),
			 64);
}

static void test_tampering(void **state)
{
	static const struct {
		const char *act;
		int64_t first_bad;
	} cases[] = {
		{ "UPDATE event SET actor = 'eve' WHERE id = 3", 3 },
		{ "UPDATE event SET detail = '{}' WHERE id = 5", 5 },
		{ "UPDATE event SET kind = 'x' WHERE id = 1", 1 },
		{ "UPDATE event SET at_ms = at_ms + 1 WHERE id = 2", 2 },
		{ "UPDATE event SET alert_id = 9 WHERE id = 4", 4 },
		{ "UPDATE event SET hash = zeroblob(32) WHERE id = 2", 2 },
		{ "DELETE FROM event WHERE id = 3", 3 },
		{ "DELETE FROM event WHERE id = 5", 5 }, /* the end cut off */
		{ "DELETE FROM event", 1 },
		{ "UPDATE event SET id = 99 WHERE id = 3;"
		  "UPDATE event SET id = 3 WHERE id = 4;"
		  "UPDATE event SET id = 4 WHERE id = 99",
		  3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *own = NULL;
		struct tempstore *t;
		struct err err = ERR_INIT;
		int64_t n = -1, id = -1;

		assert_int_equal(tempstore_setup(&own), 0);
		t = own;
		add_five(t);
		tempstore_exec(t, cases[i].act);
		assert_int_equal(audit_verify(t->store, &n, &id, &err),
				 ERR_STORE_DAMAGED);
		assert_int_equal(id, cases[i].first_bad);
		assert_int_equal(n, -1);
		tempstore_teardown(&own);
	}
	(void)state;
}

static void test_cut_end_stays_visible(void **state)
{
	struct tempstore *t = *state;
	struct err err = ERR_INIT;
	int64_t n, id = -1;

	add_five(t);
	tempstore_exec(t, "DELETE FROM event WHERE id >= 4");
	add(t, 0, NULL); /* the daemon goes on, with a gap */
	assert_int_equal(audit_verify(t->store, &n, &id, &err),
			 ERR_STORE_DAMAGED);
	assert_int_equal(id, 4);
}

static void test_hostile_text(void **state)
{
	struct tempstore *t = *state;
	int64_t n, id;

	add(t, 1, "'); DROP TABLE event; --%s%n\x1b]0;x\x07");
	assert_int_equal(audit_verify(t->store, &n, &id, NULL), 0);
	assert_int_equal(n, 1);
}

/* Altered in every way: what is found, and what is known of it. */
static void test_findings(void **state)
{
	static const struct {
		const char *act;
		enum audit_fault fault;
		int64_t id, last_id, alert_id, n;
		bool goes_on;
	} cases[] = {
		{ "UPDATE event SET actor = 'eve' WHERE id = 3", AUDIT_ALTERED,
		  3, 3, 1, 2, true },
		{ "UPDATE event SET hash = zeroblob(32) WHERE id = 2",
		  AUDIT_ALTERED, 2, 2, 1, 1, false },
		{ "UPDATE event SET detail = '{}' WHERE id = 5", AUDIT_ALTERED,
		  5, 5, 0, 4, false },
		{ "DELETE FROM event WHERE id IN (2, 3)", AUDIT_MISSING, 2, 3,
		  2, 1, false },
		{ "INSERT INTO event (id, at_ms, actor, kind, detail, hash) "
		  "VALUES (-1, 1, 'eve', 'noted', '{}', zeroblob(32))",
		  AUDIT_INSERTED, -1, -1, 0, 0, false },
		{ "DELETE FROM event WHERE id >= 4", AUDIT_CUT, 4, 5, 0, 3,
		  false },
		{ "DELETE FROM event", AUDIT_CUT, 1, 5, 0, 0, false },
		{ "UPDATE event SET id = 9 WHERE id = 5", AUDIT_MISSING, 5, 8,
		  0, 4, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *own = NULL;
		struct audit_report r;
		struct tempstore *t;

		assert_int_equal(tempstore_setup(&own), 0);
		t = own;
		add_five(t);
		tempstore_exec(t, cases[i].act);
		assert_int_equal(audit_walk(t->store, NULL, 0, NULL, &r, NULL),
				 0);
		if (r.fault != cases[i].fault || r.id != cases[i].id ||
		    r.last_id != cases[i].last_id ||
		    r.alert_id != cases[i].alert_id || r.n != cases[i].n ||
		    r.goes_on != cases[i].goes_on)
			fail_msg("case %zu: fault %d id %d..%d alert %d n %d "
				 "%d",
				 i, (int)r.fault, (int)r.id, (int)r.last_id,
				 (int)r.alert_id, (int)r.n, r.goes_on);
		tempstore_teardown(&own);
	}
	(void)state;
}

/* Who can write to the file can make the end anew: marks find that. */
static void test_marks(void **state)
{
	struct tempstore *t = *state;
	struct audit_mark marks[2] = { { .id = 0 } };
	struct audit_report r;

	assert_false(audit_written(t->store, &marks[0]));
	add_five(t);
	assert_true(audit_written(t->store, &marks[0]));
	assert_int_equal(marks[0].id, 5);
	marks[1] = marks[0];
	marks[1].id = 0; /* the hash alone */
	assert_int_equal(audit_walk(t->store, marks, 2, NULL, &r, NULL), 0);
	assert_int_equal(r.fault, AUDIT_WHOLE);
	assert_int_equal(r.n, 5);
	assert_memory_equal(r.head.hash, marks[0].hash, DIGEST_SIZE);

	/* The end is cut off so that the engine's own count agrees. */
	tempstore_exec(t, "DELETE FROM event WHERE id >= 4; UPDATE "
			  "sqlite_sequence SET seq = 3 WHERE name = 'event'");
	assert_int_equal(audit_walk(t->store, NULL, 0, NULL, &r, NULL), 0);
	assert_int_equal(r.fault, AUDIT_WHOLE);
	assert_int_equal(audit_walk(t->store, marks, 1, NULL, &r, NULL), 0);
	assert_int_equal(r.fault, AUDIT_CUT);
	assert_int_equal(r.mark, 1);
	assert_int_equal(r.id, 4);
	assert_int_equal(r.last_id, 5);
	assert_int_equal(audit_walk(t->store, &marks[1], 1, NULL, &r, NULL), 0);
	assert_int_equal(r.fault, AUDIT_UNMARKED);

	/* And another end is put there, which follows. */
	add(t, 1, "{\"n\":44}");
	add(t, 1, "{\"n\":55}");
	assert_int_equal(audit_walk(t->store, NULL, 0, NULL, &r, NULL), 0);
	assert_int_equal(r.fault, AUDIT_WHOLE);
	assert_int_equal(audit_walk(t->store, marks, 1, NULL, &r, NULL), 0);
	assert_int_equal(r.fault, AUDIT_MADE_ANEW);
	assert_int_equal(r.id, 5);
	assert_int_equal(r.mark, 1);
}

/* What was rolled back was never written. */
static void test_written_is_committed(void **state)
{
	struct tempstore *t = *state;
	struct audit_event e = { 0, SAMPLE_NOW_MS, "ada", "noted", NULL };
	struct audit_mark before, after;

	add(t, 0, NULL);
	assert_true(audit_written(t->store, &before));
	{
		CLEANUP(txn_end) struct txn txn = TXN_NONE;

		assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
		assert_int_equal(audit_add(t->store, &e, NULL), 0);
	}
	assert_true(audit_written(t->store, &after));
	assert_memory_equal(&before, &after, sizeof(before));
	add(t, 0, NULL);
	assert_true(audit_written(t->store, &after));
	assert_int_equal(after.id, 2);
}

static void add_kind(struct tempstore *t, const char *kind)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct audit_event e = { 1, SAMPLE_NOW_MS, "ada", kind, NULL };

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(audit_add(t->store, &e, NULL), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

#define INSERT_ALERT                                                           \
	"INSERT INTO source (id, name, kind) VALUES (1, 's', 'arm');"          \
	"INSERT INTO alert (id, source_id, kind, tenant, native_id, "          \
	"severity_unmapped, source_state, is_incident, clipped, "              \
	"content_hash, base, severity, state, phase, episode, revision, "      \
	"historical, seen_ms, episode_ms, updated_ms) VALUES (1, 1, 'arm', "   \
	"'t', 'n', 0, 0, 0, 0, x'00', 3, 3, 0, 0, 1, 1, 0, 1, 1, 1)"

/* An alert that was changed past the log. */
static void test_states(void **state)
{
	static const struct {
		const char *kinds[4]; /* behind "opened" */
		const char *act;
		enum audit_fault fault;
	} cases[] = {
		{ { NULL }, "SELECT 1", AUDIT_WHOLE },
		{ { NULL },
		  "UPDATE alert SET state = 2, closed_ms = 1",
		  AUDIT_STATE },
		{ { "closed" },
		  "UPDATE alert SET state = 2, closed_ms = 1",
		  AUDIT_WHOLE },
		{ { "closed" }, "SELECT 1", AUDIT_STATE },
		{ { "closed", "reopened" },
		  "UPDATE alert SET episode = 2",
		  AUDIT_WHOLE },
		{ { "closed", "reopened" }, "SELECT 1", AUDIT_STATE },
		{ { "noted", "updated" },
		  "UPDATE alert SET state = 1",
		  AUDIT_WHOLE },
		{ { "merged" },
		  "UPDATE alert SET state = 2, closed_ms = 1",
		  AUDIT_WHOLE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *own = NULL;
		struct audit_report r;
		struct tempstore *t;

		assert_int_equal(tempstore_setup(&own), 0);
		t = own;
		tempstore_exec(t, INSERT_ALERT);
		add_kind(t, "opened");
		for (size_t j = 0; cases[i].kinds[j]; j++)
			add_kind(t, cases[i].kinds[j]);
		tempstore_exec(t, cases[i].act);
		assert_int_equal(audit_walk(t->store, NULL, 0, NULL, &r, NULL),
				 0);
		if (r.fault != cases[i].fault ||
		    (r.fault == AUDIT_STATE && r.alert_id != 1))
			fail_msg("case %zu: fault %d", i, (int)r.fault);
		tempstore_teardown(&own);
	}
	(void)state;
}

static void add_many(struct tempstore *t, int n)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct audit_event e = { 1, SAMPLE_NOW_MS, "ada", "noted", NULL };

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(audit_add(t->store, &e, NULL), 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
}

static int stop_at_once(void *arg, const struct store_progress *p)
{
	(void)p;
	++*(int *)arg;
	return 1;
}

static void test_walk_is_stopped(void **state)
{
	struct tempstore *t = *state;
	int n = 0;
	struct store_watch watch = { stop_at_once, &n };
	struct audit_report r;

	add_many(t, 150);
	assert_int_equal(audit_walk(t->store, NULL, 0, &watch, &r, NULL), 0);
	assert_int_equal(n, 0); /* 150 rows are read at once */
	add_many(t, 1000);
	assert_int_equal(audit_walk(t->store, NULL, 0, &watch, &r, NULL),
			 ERR_CANCELLED);
	assert_int_equal(n, 1);
	add(t, 0, NULL); /* nothing is left open */
}

#define WITH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, tempstore_setup,                 \
					tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_whole),
		cmocka_unit_test(test_tampering),
		WITH(test_cut_end_stays_visible),
		WITH(test_hostile_text),
		cmocka_unit_test(test_findings),
		WITH(test_marks),
		WITH(test_written_is_committed),
		cmocka_unit_test(test_states),
		WITH(test_walk_is_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
