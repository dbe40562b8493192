/* What people hear of a source, with a clock moved by hand. */
#include "daemon/vigil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/rig.h"
#include "util/clock.h"
#include "util/xmalloc.h"

#define MINUTE INT64_C(60000)
#define DAY (24 * 60 * MINUTE)
#define T0 INT64_C(1780992000000)

static const char yaml[] =
	"sources:\n"
	"  - {name: quick, type: file, path: /nowhere/q, interval: 1m}\n"
	"  - {name: slow, type: file, path: /nowhere/s, interval: 1h}\n"
	"targets:\n"
	"  - {name: oncall, type: folder, path: /nowhere/oncall}\n"
	"fallback: oncall\n";

struct scene {
	struct rig rig;
	struct vigil v;
};

static int setup(void **state)
{
	struct scene *s = xcalloc(1, sizeof(*s));

	rig_open(&s->rig, yaml, T0);
	vigil_begin(&s->v, &s->rig.pipeline, &s->rig.settings.conf->sources[0]);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	rig_close(&s->rig);
	free(s);
	return 0;
}

/* The alerts about triaged itself: "id state episode;" */
static void expect(struct scene *s, const char *expected)
{
	CLEANUP(free_ptr)
	char *text = rig_text(&s->rig,
			      "select ifnull(group_concat(native_id||' '||"
			      "state||' '||episode, ';'), '') from (select * "
			      "from v_alerts order by native_id)");

	assert_string_equal(text, expected);
}

static void test_stale_and_well_again(void **state)
{
	struct scene *s = *state;

	rig_advance(&s->rig, T0 + 10 * MINUTE);
	vigil_look(&s->v, "");
	expect(s, "");
	rig_advance(&s->rig, T0 + 10 * MINUTE + 1);
	vigil_look(&s->v, "HTTP 503");
	vigil_look(&s->v, "HTTP 500");
	expect(s, "source-stale/quick open 1");
	assert_int_equal(rig_integer(&s->rig,
				     "select count(*) from v_alerts where "
				     "severity = 'high' and description like "
				     "'%complete for 10 min%HTTP 503'"),
			 1);
	assert_true(rig_integer(&s->rig, "select count(*) from v_deliveries") >
		    0);
	vigil_complete(&s->v);
	expect(s, "source-stale/quick closed 1");
	assert_int_equal(s->v.complete_ms, T0 + 10 * MINUTE + 1);
	/* It begins anew. */
	rig_advance(&s->rig, T0 + 20 * MINUTE);
	vigil_look(&s->v, "");
	expect(s, "source-stale/quick closed 1");
	rig_advance(&s->rig, T0 + 21 * MINUTE);
	vigil_look(&s->v, "");
	expect(s, "source-stale/quick open 2");
}

/* The rest is read: no word about a stale or refused source. */
static void test_part_refused(void **state)
{
	struct scene *s = *state;

	vigil_part(&s->v, "incidents: HTTP 403: Some.Permission", true);
	vigil_complete(&s->v);
	vigil_part(&s->v, "incidents: HTTP 403: Some.Permission", true);
	expect(s, "source-part-refused/quick open 1");
	assert_int_equal(rig_integer(&s->rig,
				     "select count(*) from v_alerts where "
				     "severity = 'medium' and description like "
				     "'%Some.Permission'"),
			 1);
	/* That poll broke off before. */
	vigil_part(&s->v, "", false);
	expect(s, "source-part-refused/quick open 1");
	vigil_part(&s->v, "", true);
	expect(s, "source-part-refused/quick closed 1");
	/* It stands from the run before. */
	vigil_part(&s->v, "incidents: HTTP 403: Some.Permission", true);
	vigil_begin(&s->v, &s->rig.pipeline, s->v.conf);
	vigil_part(&s->v, "", true);
	expect(s, "source-part-refused/quick closed 2");
}

/* Only both together: off, and refused in that way. */
static void test_clock_off(void **state)
{
	struct scene *s = *state;

	vigil_clock(&s->v, 11 * MINUTE, false);
	vigil_clock(&s->v, 5 * MINUTE, true);
	vigil_clock(&s->v, -5 * MINUTE, true);
	expect(s, "");
	vigil_clock(&s->v, -6 * MINUTE, true);
	vigil_clock(&s->v, -7 * MINUTE, true);
	expect(s, "clock-off/quick open 1");
	assert_int_equal(rig_integer(&s->rig,
				     "select count(*) from v_alerts where "
				     "severity = 'high' and description like "
				     "'% is 6 min behind the service%'"),
			 1);
	vigil_clock(&s->v, 0, true);
	expect(s, "clock-off/quick closed 1");
	vigil_clock(&s->v, 6 * MINUTE, true);
	expect(s, "clock-off/quick open 2");
	/* Let in all the same, by a later run. */
	vigil_begin(&s->v, &s->rig.pipeline, s->v.conf);
	vigil_clock(&s->v, 6 * MINUTE, false);
	expect(s, "clock-off/quick closed 2");
}

static void test_three_intervals(void **state)
{
	struct scene *s = *state;

	s->v.conf = &s->rig.settings.conf->sources[1];
	rig_advance(&s->rig, T0 + 180 * MINUTE);
	vigil_look(&s->v, "");
	expect(s, "");
	rig_advance(&s->rig, T0 + 181 * MINUTE);
	vigil_look(&s->v, "");
	expect(s, "source-stale/slow open 1");
}

static void test_refused_and_well_again(void **state)
{
	struct scene *s = *state;

	vigil_failed(&s->v, "AADSTS7000215", true, false);
	vigil_failed(&s->v, "AADSTS7000222", true, false);
	expect(s, "source-refused/quick open 1");
	/* Another failure does not say that the sign-in works. */
	vigil_failed(&s->v, "no network", false, false);
	expect(s, "source-refused/quick open 1");
	vigil_failed(&s->v, "HTTP 500 on page 2", false, true);
	expect(s, "source-refused/quick closed 1");
	vigil_failed(&s->v, "AADSTS7000215", true, true);
	expect(s, "source-refused/quick open 2");
	vigil_complete(&s->v);
	expect(s, "source-refused/quick closed 2");
	assert_int_equal(rig_integer(&s->rig, "select count(*) from v_alerts"),
			 1);
}

/* What the run before had told is ended by the first good poll. */
static void test_restart(void **state)
{
	struct scene *s = *state;
	struct vigil after;

	rig_advance(&s->rig, T0 + 11 * MINUTE);
	vigil_look(&s->v, "");
	vigil_failed(&s->v, "AADSTS7000215", true, false);
	rig_restart(&s->rig);
	vigil_begin(&after, &s->rig.pipeline, s->v.conf);
	expect(s, "source-refused/quick open 1;source-stale/quick open 1");
	vigil_failed(&after, "AADSTS7000215", true, false);
	expect(s, "source-refused/quick open 1;source-stale/quick open 1");
	vigil_complete(&after);
	expect(s, "source-refused/quick closed 1;source-stale/quick closed 1");
}

static void test_certificate(void **state)
{
	struct scene *s = *state;
	const int64_t ends = T0 + 40 * DAY;

	vigil_certificate(&s->v, 0);
	vigil_certificate(&s->v, ends);
	expect(s, "");
	rig_advance(&s->rig, ends - 30 * DAY - 1);
	vigil_certificate(&s->v, ends);
	expect(s, "");
	rig_advance(&s->rig, ends - 30 * DAY);
	vigil_certificate(&s->v, ends);
	vigil_certificate(&s->v, ends);
	expect(s, "certificate-ends/quick/30-days open 1");
	rig_advance(&s->rig, ends - 14 * DAY);
	vigil_certificate(&s->v, ends);
	expect(s, "certificate-ends/quick/14-days open 1;"
		  "certificate-ends/quick/30-days closed 1");
	rig_advance(&s->rig, ends - 7 * DAY);
	vigil_certificate(&s->v, ends);
	rig_advance(&s->rig, ends - 1 * DAY);
	vigil_certificate(&s->v, ends);
	rig_advance(&s->rig, ends + 1 * DAY);
	vigil_certificate(&s->v, ends);
	expect(s, "certificate-ends/quick/1-days open 1;"
		  "certificate-ends/quick/14-days closed 1;"
		  "certificate-ends/quick/30-days closed 1;"
		  "certificate-ends/quick/7-days closed 1");
	/* A new one is there. */
	vigil_certificate(&s->v, ends + 365 * DAY);
	assert_int_equal(rig_integer(&s->rig,
				     "select count(*) from v_alerts where "
				     "state <> 'closed'"),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stale_and_well_again,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_part_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_clock_off, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_three_intervals, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_refused_and_well_again,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_certificate, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
