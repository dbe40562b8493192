/* The look back at the ladders finds a step that nobody took, and only that. */
#include "daemon/proof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/rig.h"
#include "store/cases.h"
#include "store/txn.h"
#include "util/xmalloc.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
/* Tuesday 2026-06-09 10:00 in Berlin. */
#define TUESDAY INT64_C(1780992000000)

static const char yaml[] =
	"targets:\n"
	"  - {name: oncall, type: folder, path: /nowhere/oncall}\n"
	"  - {name: boss, type: folder, path: /nowhere/boss}\n"
	"rotations:\n"
	"  - name: nobody\n"
	"    timezone: UTC\n"
	"    start: 2030-01-01\n"
	"    handover: \"09:00\"\n"
	"    members: [boss]\n"
	"routes:\n"
	"  - name: all\n"
	"    ladder:\n"
	"      - {after: 0s, notify: [oncall]}\n"
	"      - {after: 10m, notify: [nobody]}\n"
	"      - {after: 20m, notify: [boss]}\n"
	"fallback: oncall\n";

struct scene {
	struct rig rig;
	struct proof proof;
};

static int setup(void **state)
{
	struct scene *s = xcalloc(1, sizeof(*s));

	rig_open(&s->rig, yaml, TUESDAY);
	s->proof.pipeline = &s->rig.pipeline;
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

static void note_policy(struct scene *s)
{
	struct err err = ERR_INIT;

	if (proof_note_policy(&s->proof, s->rig.now_ms, &err) < 0)
		fail_msg("%s", err.text);
}

/* Runs to the end. */
static void prove(struct scene *s)
{
	struct err err = ERR_INIT;
	int rc;

	do {
		rc = proof_slice(&s->proof, s->rig.now_ms, &err);
		if (rc < 0)
			fail_msg("%s", err.text);
	} while (rc > 0);
}

static void assert_text(struct scene *s, const char *query,
			const char *expected)
{
	CLEANUP(free_ptr) char *found = rig_text(&s->rig, query);

	assert_string_equal(found, expected);
}

static const char last_run[] = "select detail from v_events where kind = "
			       "'ladders-audited' order by id desc limit 1";

static void test_all_steps_ran(void **state)
{
	struct scene *s = *state;
	struct rig_alert a = { .severity = SEVERITY_HIGH };

	note_policy(s);
	rig_page(&s->rig, &a, 1, true);
	rig_advance(&s->rig, TUESDAY + HOUR);
	prove(s);
	/* The second step was skipped, and the third taken then. */
	assert_text(s, last_run, "{\"ladders\":1,\"steps\":3,\"missing\":0}");
	assert_int_equal(rig_integer(&s->rig, "select count(*) from v_alerts"),
			 1);
}

/* The row says that it is at its end; the steps it never took tell. */
static void forget(struct scene *s)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct ladder_row row = { .alert_id = 1,
				  .episode = 1,
				  .route = "all",
				  .started_ms = TUESDAY,
				  .step = 3 };

	assert_true(txn_begin(&txn, s->rig.store, NULL) >= 0);
	assert_int_equal(cases_put_ladder(s->rig.store, &row, NULL), 0);
	assert_true(txn_commit(&txn, NULL) >= 0);
}

static void test_a_step_that_nobody_took(void **state)
{
	struct scene *s = *state;
	struct rig_alert a = { .severity = SEVERITY_HIGH };

	note_policy(s);
	rig_page(&s->rig, &a, 1, true);
	forget(s);
	rig_advance(&s->rig, TUESDAY + HOUR);
	prove(s);
	assert_text(s, last_run, "{\"ladders\":2,\"steps\":2,\"missing\":1}");
	assert_text(s,
		    "select title || ' ' || severity || ' ' || native_id from "
		    "v_alerts where kind = 'triaged'",
		    "Step 2 of alert 1 was not taken high "
		    "ladder-audit/1/1/all/2");
	/* The same find the next day is the same alert. */
	rig_advance(&s->rig, TUESDAY + 25 * HOUR);
	prove(s);
	assert_int_equal(rig_integer(&s->rig, "select count(*) from v_alerts "
					      "where kind = 'triaged'"),
			 1);
}

/* By which times a ladder climbed that began under another policy is not known
 * any more. */
static void test_another_policy(void **state)
{
	struct scene *s = *state;
	struct rig_alert a = { .severity = SEVERITY_HIGH };

	note_policy(s);
	rig_page(&s->rig, &a, 1, true);
	forget(s);
	rig_advance(&s->rig, TUESDAY + HOUR);
	/* A restart with the same policy changes nothing. */
	s->proof = (struct proof){ .pipeline = &s->rig.pipeline };
	note_policy(s);
	assert_int_equal(s->proof.policy_since_ms, TUESDAY);
	memcpy(s->proof.policy, "another", 8);
	note_policy(s);
	assert_int_equal(s->proof.policy_since_ms, TUESDAY + HOUR);
	prove(s);
	assert_text(s, last_run, "{\"ladders\":0,\"steps\":0,\"missing\":0}");
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_all_steps_ran),
		TEST(test_a_step_that_nobody_took),
		TEST(test_another_policy),
	};

	return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
