/* Places in the log of events: where a destination begins, that it only goes
 * forward, that it keeps its place while the settings do not name it. */
#include "store/forwards.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "helpers/sample.h"
#include "helpers/tempstore.h"
#include "store/audit.h"
#include "store/txn.h"

#define T SAMPLE_NOW_MS

static void add_events(struct store *s, int n)
{
	for (int i = 0; i < n; i++) {
		const struct audit_event e = {
			.alert_id = i % 2,
			.at_ms = T + i,
			.actor = "triaged",
			.kind = i % 2 ? "opened" : "started",
			.detail = "{\"a\":1}",
		};

		assert_int_equal(audit_add(s, &e, NULL), 0);
	}
}

static struct forward_place begin(struct store *s, const char *name,
				  bool from_beginning)
{
	struct forward_place p = { -1, -1, -1 };

	assert_int_equal(forwards_begin(s, name, from_beginning, T, &p, NULL),
			 0);
	return p;
}

static void test_where_it_begins(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(begin(t->store, "empty", false).event_id, 0);
	add_events(t->store, 3);
	assert_int_equal(begin(t->store, "now", false).event_id, 3);
	assert_int_equal(begin(t->store, "all", true).event_id, 0);
	/* One that is known stays where it is, however it is named. */
	assert_int_equal(begin(t->store, "empty", false).event_id, 0);
	assert_int_equal(begin(t->store, "now", true).event_id, 3);
}

static void test_only_forward(void **state)
{
	struct tempstore *t = *state;
	struct txn txn = TXN_NONE;
	struct forward_place p;

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	add_events(t->store, 9);
	(void)begin(t->store, "siem", true);
	assert_int_equal(forwards_fail(t->store, "siem", "refused", T + 1,
				       NULL),
			 0);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	assert_string_equal(tempstore_value(t, "SELECT last_error || behind "
					       "FROM v_forwards"),
			    "refused9");
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(forwards_advance(t->store, "siem", 5, 5, T + 2, NULL),
			 0);
	assert_int_equal(forwards_advance(t->store, "siem", 4, 4, T + 3, NULL),
			 0);
	assert_int_equal(forwards_advance(t->store, "none", 4, 4, T + 3, NULL),
			 0);
	p = begin(t->store, "siem", true);
	assert_int_equal(p.event_id, 5);
	assert_int_equal(p.n_forwarded, 5);
	assert_int_equal(p.forwarded_ms, T + 2);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	assert_string_equal(
		tempstore_value(t, "SELECT ifnull(last_error, 'fine') || "
				   "behind || forwarded FROM v_forwards"),
		"fine45");
}

static void test_keeps_its_place(void **state)
{
	struct tempstore *t = *state;
	struct txn txn = TXN_NONE;

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	add_events(t->store, 2);
	(void)begin(t->store, "siem", false);
	assert_int_equal(forwards_unlist(t->store, NULL), 0);
	add_events(t->store, 2);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	assert_int_equal(tempstore_number(t,
					  "SELECT configured FROM v_forwards"),
			 0);
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(begin(t->store, "siem", false).event_id, 2);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	assert_int_equal(tempstore_number(t,
					  "SELECT configured FROM v_forwards"),
			 1);
}

static void test_reads_in_order(void **state)
{
	struct tempstore *t = *state;
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct logged_event events[4];
	int64_t last = -1;

	assert_int_equal(forwards_last(t->store, &last, NULL), 0);
	assert_int_equal(last, 0);
	assert_int_equal(forwards_read(t->store, 0, events, 4, NULL), 0);
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	add_events(t->store, 6);
	assert_int_equal(forwards_last(t->store, &last, NULL), 0);
	assert_int_equal(last, 6);
	assert_int_equal(forwards_read(t->store, 1, events, 4, NULL), 4);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(events[i].id, i + 2);
		assert_int_equal(events[i].at_ms, T + i + 1);
		assert_int_equal(events[i].alert_id, (i + 1) % 2);
		assert_string_equal(events[i].detail, "{\"a\":1}");
		assert_string_equal(events[i].kind,
				    (i + 1) % 2 ? "opened" : "started");
		assert_true(events[i].hash[0] | events[i].hash[1] |
			    events[i].hash[2]);
		logged_event_release(&events[i]);
	}
	assert_int_equal(forwards_read(t->store, 5, events, 4, NULL), 1);
	assert_int_equal(events[0].id, 6);
	logged_event_release(&events[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_where_it_begins,
						tempstore_setup,
						tempstore_teardown),
		cmocka_unit_test_setup_teardown(test_only_forward,
						tempstore_setup,
						tempstore_teardown),
		cmocka_unit_test_setup_teardown(test_keeps_its_place,
						tempstore_setup,
						tempstore_teardown),
		cmocka_unit_test_setup_teardown(test_reads_in_order,
						tempstore_setup,
						tempstore_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
