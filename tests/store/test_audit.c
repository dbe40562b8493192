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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
