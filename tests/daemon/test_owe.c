/*
 * Who is owed what when a ladder names a rotation: the member on duty, the
 * next one after the hand-over, and the fallback when that is nobody.
 */
#include "daemon/owe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/rig.h"
#include "daemon/timed.h"
#include "store/outbox.h"
#include "util/clock.h"
#include "util/xmalloc.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
/* Tuesday 2026-06-09 10:00 in Berlin: bert's week until Monday. */
#define TUESDAY INT64_C(1780992000000)

static const char yaml[] =
	"targets:\n"
	"  - {name: anna, type: folder, path: /nowhere/anna}\n"
	"  - {name: bert, type: folder, path: /nowhere/bert}\n"
	"  - {name: boss, type: folder, path: /nowhere/boss}\n"
	"calendars:\n"
	"  - name: office\n"
	"    timezone: Europe/Berlin\n"
	"    hours: {mon-fri: [\"09:00-17:00\"]}\n"
	"rotations:\n"
	"  - name: primary\n"
	"    timezone: Europe/Berlin\n"
	"    start: 2026-06-01\n"
	"    handover: \"mon 09:00\"\n"
	"    members: [anna, bert]\n"
	"    overrides:\n"
	"      - {from: 2026-06-09T12:00, to: 2026-06-09T13:00, member: none}\n"
	"      - {from: 2026-06-09T14:00, to: 2026-06-09T15:00, member: anna}\n"
	"routes:\n"
	"  - name: urgent\n"
	"    when: {severity: [critical, high]}\n"
	"    ladder:\n"
	"      - {after: 0s, notify: [primary, bert]}\n"
	"      - {after: 130m, notify: [primary]}\n"
	"      - {after: 250m, notify: [primary]}\n"
	"  - name: office\n"
	"    when: {severity: low, title: printer}\n"
	"    ladder: [{after: 0s, notify: [primary], repeat: 15m, times: 8}]\n"
	"  - name: week\n"
	"    when: {severity: medium}\n"
	"    ladder: [{after: 0s, notify: [primary], repeat: 7d, times: 2}]\n"
	"  - name: morning\n"
	"    digest: {at: \"12:30\", calendar: office, notify: [primary]}\n"
	"fallback: boss\n";

static int setup(void **state)
{
	return rig_begin(state, yaml, TUESDAY);
}

static void assert_text(struct rig *r, const char *query, const char *expected)
{
	CLEANUP(free_ptr) char *found = rig_text(r, query);

	assert_string_equal(found, expected);
}

/* Of the oldest notice of @target that is due. */
static void assert_reason(struct rig *r, const char *target,
			  const char *expected)
{
	struct err err = ERR_INIT;
	struct notice n;

	assert_int_equal(outbox_lease(r->store, target, r->now_ms,
				      OUTBOX_ROOM(1), &n, &err),
			 1);
	assert_string_equal(n.reason, expected);
	notice_release(&n);
}

static const char told[] = "select group_concat(target, ' ') from (select "
			   "target from v_deliveries "
			   "order by id)";

/* The notice says who is on call and until when; whom two names of one step
 * mean is told once. */
static void test_who_is_on_call(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .severity = SEVERITY_HIGH };

	rig_page(r, &a, 1, true);
	assert_text(r, told, "bert");
	assert_reason(r, "bert",
		      "severity high; step 1 of 3 of urgent; on call: bert "
		      "(rotation primary until Tue 12:00)");
}

/* 12:10: nobody, by an override, for the last step neither. 14:10: anna stands
 * in. */
static void test_overrides(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .severity = SEVERITY_HIGH };
	struct rig_alert b = { .id = "b", .severity = SEVERITY_HIGH };

	rig_page(r, &a, 1, true);
	rig_advance(r, TUESDAY + 130 * MINUTE);
	assert_text(r, told, "bert boss");
	assert_reason(r, "boss",
		      "severity high, nobody has answered; step 3 of 3 of "
		      "urgent; nobody is on call there, you are the fallback");
	assert_text(r,
		    "select group_concat(detail, ' ') from v_events where "
		    "kind = 'step-skipped'",
		    "{\"route\":\"urgent\",\"step\":2} "
		    "{\"route\":\"urgent\",\"step\":3}");
	rig_advance(r, TUESDAY + 250 * MINUTE);
	rig_page(r, &b, 1, true);
	assert_int_equal(rig_integer(r, "select count(*) from v_deliveries "
					"where target = 'anna' and kind = "
					"'opened'"),
			 1);
}

/* A repeat goes to whose week it is then. */
static void test_hand_over(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .severity = SEVERITY_MEDIUM };

	rig_page(r, &a, 1, true);
	rig_advance(r, TUESDAY + 14 * DAY);
	assert_text(r,
		    "select group_concat(target, ' ') from (select target from "
		    "v_deliveries where kind in ('opened', 'escalated') order "
		    "by id)",
		    "bert anna bert");
}

/* Nobody was on call while triaged was down from 12:05 to 12:50: the repeats of
 * that time are one call to the fallback, as they are to anybody. */
static void test_repeats_of_nobody(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .title = "printer", .severity = SEVERITY_LOW };

	rig_advance(r, TUESDAY + 90 * MINUTE);
	rig_page(r, &a, 1, true);
	rig_advance(r, TUESDAY + 125 * MINUTE);
	assert_text(r, told, "bert bert boss");
	clock_hold(TUESDAY + 170 * MINUTE, TUESDAY + 170 * MINUTE);
	r->now_ms = TUESDAY + 170 * MINUTE;
	assert_int_equal(timed_run(&r->pipeline, r->now_ms, NULL), 1);
	assert_text(r, told, "bert bert boss boss");
	rig_advance(r, TUESDAY + 180 * MINUTE);
	assert_text(r, told, "bert bert boss boss bert");
}

/* A digest goes to whose duty it is when it is sent: nobody's at 12:30, so that
 * the fallback gets it. */
static void test_digest(void **state)
{
	struct rig *r = *state;
	struct rig_alert a = { .severity = SEVERITY_LOW };

	rig_page(r, &a, 1, true);
	rig_advance(r, TUESDAY + 3 * HOUR);
	assert_text(r, told, "boss");
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, rig_end)
	const struct CMUnitTest tests[] = {
		TEST(test_who_is_on_call), TEST(test_overrides),
		TEST(test_hand_over),	   TEST(test_repeats_of_nobody),
		TEST(test_digest),
	};

	return cmocka_run_group_tests_name("owe", tests, NULL, NULL);
}
