/* Events with their alerts out of the store, as they are now. */
#include "forward/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "store/alert_scene.h"
#include "store/audit.h"
#include "store/cases.h"

static void add_event(struct scene *sc, int64_t alert, const char *kind)
{
	const struct audit_event e = { .alert_id = alert,
				       .at_ms = sc->at.now_ms,
				       .actor = "triaged",
				       .kind = kind };

	assert_int_equal(audit_add(sc->s, &e, NULL), 0);
}

static void test_joined(void **state)
{
	struct scene *sc = *state;
	struct forward_record r[4];
	int64_t id = insert(sc);
	const struct clock_row clock = {
		.alert_id = id,
		.episode = 1,
		.kind = CLOCK_TRIAGE,
		.severity = SEVERITY_HIGH,
		.policy = "high 4h",
		.started_ms = sc->at.now_ms,
		.due_ms = sc->at.now_ms + 5000,
		.next_ms = sc->at.now_ms + 5000,
	};

	assert_int_equal(cases_put_clock(sc->s, &clock, NULL), 0);
	add_event(sc, 0, "started");
	add_event(sc, id, "opened");
	add_event(sc, id + 100, "gone");
	assert_int_equal(records_read(sc->s, 0, r, 4, NULL), 3);
	assert_false(r[0].has_alert);
	assert_string_equal(r[0].event.kind, "started");
	assert_true(r[1].has_alert);
	assert_string_equal(r[1].view.alert.title, sc->a.title);
	assert_int_equal(r[1].view.tracked.severity, SEVERITY_HIGH);
	assert_int_equal(r[1].view.alert.n_entities, 3);
	assert_int_equal(r[1].due_ms, sc->at.now_ms + 5000);
	assert_false(r[2].has_alert);
	assert_int_equal(r[2].event.alert_id, id + 100);
	for (int i = 0; i < 3; i++)
		record_release(&r[i]);
	assert_int_equal(records_read(sc->s, 2, r, 1, NULL), 1);
	assert_int_equal(r[0].event.id, 3);
	record_release(&r[0]);
	assert_int_equal(records_read(sc->s, 3, r, 4, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_joined, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
