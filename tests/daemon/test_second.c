/*
 * Who is told instead when a message that calls for an answer does not get
 * through, or its target has left the settings; first of all of an alert that
 * has become critical since its people were told.
 */
#include "daemon/second.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemon/rig.h"
#include "store/outbox.h"
#include "util/xmalloc.h"

#define NOW INT64_C(1780992000000)

#define ROUTES(hook)                                                           \
	"targets:\n"                                                           \
	"  - {name: " hook ", type: folder, path: /nowhere/hook}\n"            \
	"  - {name: boss, type: folder, path: /nowhere/boss}\n"                \
	"rules:\n"                                                             \
	"  - {name: worse, when: {title: worse}, set: {severity: critical}}\n" \
	"routes:\n"                                                            \
	"  - {name: all, ladder: [{after: 0s, notify: [" hook "]}]}\n"         \
	"fallback: boss\n"

static int setup(void **state)
{
	return rig_begin(state, ROUTES("hook"), NOW);
}

/* What is due at the hook ends as @how; how many there were. */
static int settle(struct rig *r, enum notice_state how)
{
	struct notice v[4];
	int n = outbox_lease(r->store, "hook", r->now_ms, OUTBOX_ROOM(4), v,
			     NULL);

	for (int i = 0; i < n; i++) {
		const struct settlement s = { .id = v[i].id,
					      .state = how,
					      .error = "HTTP 404" };

		assert_int_equal(outbox_settle(r->store, &s, 1, r->now_ms,
					       NULL),
				 0);
		notice_release(&v[i]);
	}
	return n;
}

/* Its people were told that it is high; then it rises. */
static void rise(struct rig *r)
{
	struct rig_alert a = { .severity = SEVERITY_HIGH };

	rig_page(r, &a, 1, true);
	assert_int_equal(settle(r, NOTICE_SENT), 1);
	rig_advance(r, r->now_ms + 60000);
	a.title = "worse";
	rig_page(r, &a, 1, true);
}

static void assert_boss(struct rig *r, const char *expected)
{
	CLEANUP(free_ptr)
	char *found = rig_text(r, "select coalesce(group_concat(kind), '') "
				  "from v_deliveries where target = 'boss'");

	assert_string_equal(found, expected);
}

static void test_rise_that_does_not_arrive(void **state)
{
	struct rig *r = *state;

	rise(r);
	assert_int_equal(second_run(&r->pipeline, r->now_ms, NULL), 0);
	assert_boss(r, "");
	assert_int_equal(settle(r, NOTICE_DEAD), 1);
	assert_int_equal(second_run(&r->pipeline, r->now_ms, NULL), 1);
	assert_boss(r, "updated");
}

/* A reload renamed the target before it was told. */
static void test_rise_for_a_target_that_left(void **state)
{
	struct rig *r = *state;
	CLEANUP(faults_release) struct faults faults = { 0 };
	struct settings later;
	const struct conf *before = r->pipeline.conf;

	rise(r);
	assert_int_equal(check_load("later.yaml", ROUTES("pager"), &later,
				    &faults),
			 0);
	r->pipeline.conf = later.conf;
	assert_int_equal(second_run(&r->pipeline, r->now_ms, NULL), 1);
	assert_boss(r, "updated");
	r->pipeline.conf = before;
	settings_release(&later);
}

/* Settings that have only target @name. */
static void move_to(struct rig *r, const char *name)
{
	CLEANUP(free_ptr)
	char *yaml = xasprintf("targets:\n  - {name: %s, type: folder, path: "
			       "/nowhere/%s}\nfallback: %s\n",
			       name, name, name);
	CLEANUP(faults_release) struct faults faults = { 0 };
	const struct conf *before = r->pipeline.conf;
	struct settings later;

	assert_int_equal(check_load("later.yaml", yaml, &later, &faults), 0);
	r->pipeline.conf = later.conf;
	assert_int_equal(second_run(&r->pipeline, r->now_ms, NULL), 1);
	r->pipeline.conf = before;
	settings_release(&later);
}

/* The reason of the first is kept, and of the changes the last is told. */
static void test_reason_over_several_changes(void **state)
{
	struct rig *r = *state;
	CLEANUP(free_ptr) char *first = NULL;
	CLEANUP(free_ptr) char *last = NULL;
	CLEANUP(free_ptr) char *expected = NULL;

	rise(r);
	first = rig_text(r, "select reason from v_deliveries where kind = "
			    "'updated'");
	move_to(r, "pager");
	move_to(r, "phone");
	last = rig_text(r, "select reason from v_deliveries where target = "
			   "'phone'");
	expected = xasprintf("%s; target pager is no longer configured; you "
			     "are told instead",
			     first);
	assert_string_equal(last, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rise_that_does_not_arrive,
						setup, rig_end),
		cmocka_unit_test_setup_teardown(
			test_rise_for_a_target_that_left, setup, rig_end),
		cmocka_unit_test_setup_teardown(
			test_reason_over_several_changes, setup, rig_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
