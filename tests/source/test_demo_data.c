/* The story: every row plays an alert that exists, in order. */
#include "source/demo_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

static void test_story(void **state)
{
	bool raised[64] = { 0 };
	bool door[DOOR_ANY] = { 0 };

	(void)state;
	assert_true(n_demo_alerts >= 10 && n_demo_alerts <= 64);
	for (size_t i = 0; i < n_demo_events; i++) {
		const struct demo_event *e = &demo_events[i];

		assert_true(e->alert < n_demo_alerts);
		assert_true(e->poll >= 1);
		assert_true(i == 0 || e->poll >= demo_events[i - 1].poll);
		/* What changes was there before. */
		assert_int_equal(raised[e->alert],
				 e->severity || e->status || e->note);
		raised[e->alert] = true;
	}
	for (size_t i = 0; i < n_demo_alerts; i++) {
		assert_true(raised[i]);
		assert_null(strchr(demo_alerts[i].json, '"'));
		door[demo_alerts[i].door] = true;
	}
	for (int d = 0; d < DOOR_ANY; d++)
		assert_true(door[d]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_story),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
