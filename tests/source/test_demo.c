/* The demonstration: a story that every normalizer understands. */
#include "source/demo_priv.h"

#include "source/door.h"
#include "util/clock.h"
#include "util/jsonx.h"

static const struct source_conf conf = {
	.name = (char *)"demo",
	.type = SOURCE_DEMO,
	.tenant = (char *)"",
};

static void test_story(void **state)
{
	struct loop *loop = loop_new();
	struct door_keeper door;
	struct source_env env = { .loop = loop, .ingest = &door.ingest };
	struct source *s;
	int last_poll = demo_events[n_demo_events - 1].poll;

	(void)state;
	door_init(&door);
	s = source_new(&conf, &env);
	for (int i = 1; i <= last_poll + 2; i++) {
		struct source_result r;

		clock_hold(1800000000000 + i * 3000, i * 3000);
		r = door_poll(s, loop);
		assert_true(r.complete);
		assert_int_equal(r.n_listings, 1);
	}
	clock_release();
	assert_int_equal(door.n_rows, last_poll + 2);
	assert_int_equal(door.rows[0].n_alerts, 3);
	assert_int_equal(door.rows[1].n_unchanged, 3);
	for (size_t i = 0; i < door.n_rows; i++) {
		assert_true(door.rows[i].complete);
		assert_int_equal(door.rows[i].n_bad, 0);
		assert_string_equal(door.rows[i].scope, "demonstration");
	}
	/* Quiet at the end, but every alert is still listed. */
	assert_int_equal(door.rows[last_poll].n_alerts, 0);
	assert_int_equal(door.rows[last_poll].n_unchanged, n_demo_alerts);
	/* One handing over for each event. */
	assert_int_equal(door.ids.n, n_demo_events);
	source_free(s);
	door_release(&door);
	loop_free(loop);
}

/* The severity rise, the update and the close are told by the same id. */
static void test_changes(void **state)
{
	struct loop *loop = loop_new();
	struct door_keeper door;
	struct source_env env = { .loop = loop, .ingest = &door.ingest };
	struct source *s;
	bool rose = false, closed = false;

	(void)state;
	door_init(&door);
	s = source_new(&conf, &env);
	for (int i = 0; i < 10; i++)
		(void)door_poll(s, loop);
	for (size_t i = 0; i < door.ids.n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (strcmp(door.ids.v[i], door.ids.v[k]) != 0)
				continue;
			rose |= strcmp(door.severities.v[k], "medium") == 0 &&
				strcmp(door.severities.v[i], "high") == 0;
			closed |= strcmp(door.states.v[i], "resolved") == 0;
		}
	}
	assert_true(rose);
	assert_true(closed);
	source_free(s);
	door_release(&door);
	loop_free(loop);
}

static void test_refused(void **state)
{
	struct loop *loop = loop_new();
	struct door_keeper door;
	struct source_env env = { .loop = loop, .ingest = &door.ingest };
	struct source *s;
	struct source_result r;

	(void)state;
	door_init(&door);
	s = source_new(&conf, &env);
	door.refuse_page = true;
	r = door_poll(s, loop);
	assert_false(r.complete);
	assert_string_equal(r.error, "no page today");
	assert_string_equal(door.rows[0].failed, "no page today");
	door.refuse_begin = true;
	r = door_poll(s, loop);
	assert_string_equal(r.error, "no row today");
	source_free(s);
	door_release(&door);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_story),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_refused),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
