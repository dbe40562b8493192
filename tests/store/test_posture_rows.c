/* The posture as rows: how things are now, since when, and what is gone. */
#include "store/posture_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "store/posture_scene.h"

static void check(struct tempstore *t, const char *question,
		  const char *expected)
{
	assert_string_equal(tempstore_value(t, question), expected);
}

#define PLANS                                                                  \
	"SELECT group_concat(name || enabled || '@' || "                       \
	"(since_ms - 1728000000000), ' ') FROM (SELECT * FROM v_plans "        \
	"ORDER BY name)"

static void test_plans(void **state)
{
	struct tempstore *t = *state;
	struct posture_page p = page_of(POSTURE_PLANS, T);

	add_plan(&p, "Arm", false);
	add_plan(&p, "Dns", true);
	keep(t, &p);
	check(t, PLANS, "Arm0@1000 Dns1@1000");
	check(t,
	      "SELECT subscription || trial_ends_at FROM v_plans "
	      "WHERE enabled",
	      "11111111-0000-4000-8000-00000000000a2024-10-05T00:00:01.000Z");
	/* Since when it is on is when it was seen to change. */
	p = page_of(POSTURE_PLANS, T + 5);
	add_plan(&p, "ARM", true);
	add_plan(&p, "Dns", true);
	keep(t, &p);
	check(t, PLANS, "Arm1@1005 Dns1@1000");
	/* What a part of a list does not tell may well be there. */
	p = page_of(POSTURE_PLANS, T + 9);
	add_plan(&p, "Api", false);
	p.trouble = "the answer was cut";
	keep(t, &p);
	check(t, PLANS, "Api0@1009 Arm1@1005 Dns1@1000");
	p = page_of(POSTURE_PLANS, T + 10);
	add_plan(&p, "Arm", true);
	p.n_unread = 1;
	keep(t, &p);
	check(t, PLANS, "Api0@1009 Arm1@1005 Dns1@1000");
	p = page_of(POSTURE_PLANS, T + 11);
	add_plan(&p, "Arm", true);
	keep(t, &p);
	check(t, PLANS, "Arm1@1005");
}

#define READS                                                                  \
	"SELECT group_concat(part || ' ' || complete || ' ' || items || ' ' "  \
	"|| unread || ' ' || ifnull(trouble, '-') || ' ' || "                  \
	"(tried_ms - 1728000000000) || ' ' || "                                \
	"ifnull(complete_ms - 1728000000000, '-'), '; ') FROM v_posture_reads"

/* A reading that failed says so, and when the last whole one was. */
static void test_readings(void **state)
{
	struct tempstore *t = *state;
	struct posture_page p = page_of(POSTURE_PLANS, T);

	p.trouble = "a role is missing";
	keep(t, &p);
	check(t, READS, "plans 0 0 0 a role is missing 1000 -");
	p = page_of(POSTURE_PLANS, T + 1);
	add_plan(&p, "Arm", true);
	keep(t, &p);
	check(t, READS, "plans 1 1 0 - 1001 1001");
	p = page_of(POSTURE_PLANS, T + 2);
	p.trouble = "throttled";
	p.n_unread = 3;
	keep(t, &p);
	check(t, READS, "plans 0 0 3 throttled 1002 1001");
	for (int i = 0; i < POSTURE_PART_MAX; i++) {
		char question[128];

		p = page_of((enum posture_part)i, T + 3);
		keep(t, &p);
		snprintf(question, sizeof(question),
			 "SELECT v.part FROM v_posture_reads AS v "
			 "WHERE v.part = '%s'",
			 posture_part_name((enum posture_part)i));
		check(t, question, posture_part_name((enum posture_part)i));
	}
}

#define SCORES                                                                 \
	"SELECT group_concat(day || ' ' || current || '/' || max || ' ' || "   \
	"percent, '; ') FROM (SELECT * FROM v_secure_score ORDER BY day)"

/* The last of each day, and no more than are kept. */
static void test_scores(void **state)
{
	struct tempstore *t = *state;
	static const struct {
		int64_t at_ms, current;
	} seen[] = { { T, 1400 }, { T + 60000, 2800 }, { T + DAY, 3884 } };
	struct txn txn = TXN_NONE;
	struct posture_page p;

	for (size_t i = 0; i < ARRAY_SIZE(seen); i++) {
		p = page_of(POSTURE_SCORES, seen[i].at_ms);
		add_score(&p, seen[i].current);
		keep(t, &p);
	}
	check(t, SCORES,
	      "2024-10-04 28.0/56.0 50.0; 2024-10-05 38.84/56.0 69.35");
	/* A day without a score says nothing about those before. */
	p = page_of(POSTURE_SCORES, T + 2 * DAY);
	keep(t, &p);
	check(t, "SELECT count(*) FROM v_secure_score", "2");
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(posture_rows_expire(t->store, T + DAY, 0, 100, NULL),
			 1);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	check(t, "SELECT day FROM v_secure_score", "2024-10-05");
}

#define ADVICE                                                                 \
	"SELECT group_concat(substr(resource_id, -1) || ' ' || state || ' ' "  \
	"|| ifnull(gone_why, '-') || ' ' || (since_ms - 1728000000000) || "    \
	"' ' || (first_seen_ms - 1728000000000), '; ') FROM (SELECT * FROM "   \
	"v_recommendations ORDER BY resource_id)"

static void test_recommendations(void **state)
{
	struct tempstore *t = *state;
	struct posture_page p = page_of(POSTURE_RECOMMENDATIONS, T);
	struct posture_kept kept;

	add_advice(&p, "a", ADVICE_UNHEALTHY);
	add_advice(&p, "b", ADVICE_HEALTHY);
	add_advice(&p, "c", ADVICE_UNKNOWN);
	add_advice(&p, "d", ADVICE_UNHEALTHY);
	kept = keep(t, &p);
	assert_int_equal(kept.n_new, 3);
	assert_int_equal(kept.n_gone, 0);
	check(t, ADVICE,
	      "a open - 1000 1000; c open - 1000 1000; d open - 1000 1000");
	check(t, "SELECT group_concat(type || n) FROM v_resource_types",
	      "Microsoft.Compute/virtualMachines4");
	/* Mended, not applicable any more, and told no more. */
	p = page_of(POSTURE_RECOMMENDATIONS, T + 1);
	add_advice(&p, "A", ADVICE_HEALTHY);
	add_advice(&p, "c", ADVICE_NOT_APPLICABLE);
	kept = keep(t, &p);
	assert_int_equal(kept.n_gone, 3);
	check(t, ADVICE,
	      "a gone healthy 1000 1000; c gone not-applicable 1000 1000; "
	      "d gone absent 1000 1000");
	check(t, "SELECT n FROM v_resource_types", "2");
	/* Back again: the same one, of a new time. */
	p = page_of(POSTURE_RECOMMENDATIONS, T + 2);
	add_advice(&p, "a", ADVICE_UNHEALTHY);
	p.trouble = "the answer was cut";
	kept = keep(t, &p);
	assert_int_equal(kept.n_new, 1);
	check(t, ADVICE,
	      "a open - 1002 1000; c gone not-applicable 1000 1000; "
	      "d gone absent 1000 1000");
	check(t, "SELECT n FROM v_resource_types", "2");
	/* Still there is nothing new. */
	p = page_of(POSTURE_RECOMMENDATIONS, T + 3);
	add_advice(&p, "a", ADVICE_UNHEALTHY);
	kept = keep(t, &p);
	assert_int_equal(kept.n_new + kept.n_gone, 0);
}

/* What is not proven to be gone stays. */
static void test_absence_needs_proof(void **state)
{
	struct tempstore *t = *state;
	struct posture_page p = page_of(POSTURE_RECOMMENDATIONS, T);

	add_advice(&p, "a", ADVICE_UNHEALTHY);
	keep(t, &p);
	p = page_of(POSTURE_RECOMMENDATIONS, T + 1);
	p.trouble = "throttled";
	assert_int_equal(keep(t, &p).n_gone, 0);
	p = page_of(POSTURE_RECOMMENDATIONS, T + 2);
	p.n_unread = 1;
	assert_int_equal(keep(t, &p).n_gone, 0);
	check(t, ADVICE, "a open - 1000 1000");
	/* Another subscription knows nothing of it. */
	p = page_of(POSTURE_RECOMMENDATIONS, T + 3);
	p.subscription = "22222222-0000-4000-8000-000000000002";
	assert_int_equal(keep(t, &p).n_gone, 0);
	check(t, ADVICE, "a open - 1000 1000");
}

static void test_followed_ones_expire(void **state)
{
	struct tempstore *t = *state;
	struct posture_page p = page_of(POSTURE_RECOMMENDATIONS, T);
	struct txn txn = TXN_NONE;

	add_advice(&p, "a", ADVICE_UNHEALTHY);
	add_advice(&p, "b", ADVICE_UNHEALTHY);
	keep(t, &p);
	p = page_of(POSTURE_RECOMMENDATIONS, T + 1);
	add_advice(&p, "b", ADVICE_UNHEALTHY);
	keep(t, &p);
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(posture_rows_expire(t->store, 0, T + 1, 9, NULL), 0);
	assert_int_equal(posture_rows_expire(t->store, 0, T + 2, 9, NULL), 1);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	check(t, ADVICE, "b open - 1000 1000");
}

/* Words and severity of its kind, unless it has its own. */
static void test_kinds(void **state)
{
	struct tempstore *t = *state;
	struct posture_page p = page_of(POSTURE_KINDS, T);
	struct advice_kind kind = { .kind = xstrdup("K1"),
				    .title = xstrdup("Encrypt disks"),
				    .has_severity = true,
				    .severity = SEVERITY_HIGH,
				    .remediation = xstrdup("Do it"),
				    .effort = xstrdup("Low") };

	posture_page_add_kind(&p, &kind);
	keep(t, &p);
	p = page_of(POSTURE_RECOMMENDATIONS, T);
	add_advice(&p, "a", ADVICE_UNHEALTHY);
	keep(t, &p);
	check(t,
	      "SELECT title || ' ' || severity || ' ' || remediation || ' ' "
	      "|| effort FROM v_recommendations",
	      "Encrypt disks high Do it Low");
	for (int i = 0; i < SEVERITY_MAX; i++) {
		p = page_of(POSTURE_RECOMMENDATIONS, T + 1 + i);
		add_advice(&p, "a", ADVICE_UNHEALTHY);
		p.advices[0].has_severity = true;
		p.advices[0].severity = (enum severity)i;
		keep(t, &p);
		check(t, "SELECT severity FROM v_recommendations",
		      severity_name((enum severity)i));
	}
	/* A kind that nobody tells of any more keeps its words. */
	p = page_of(POSTURE_KINDS, T + 1);
	keep(t, &p);
	check(t, "SELECT title FROM v_recommendations", "Encrypt disks");
}

#define SETTINGS                                                               \
	"SELECT group_concat(part || ' ' || name || enabled, '; ') FROM "      \
	"(SELECT * FROM v_posture_settings ORDER BY part, name)"

/* Each part's settings are its own. */
static void test_settings(void **state)
{
	struct tempstore *t = *state;

	for (int i = POSTURE_CONTACTS; i < POSTURE_PART_MAX; i++) {
		struct posture_page p = page_of((enum posture_part)i, T);

		add_setting(&p, "a", true);
		add_setting(&p, "b", false);
		keep(t, &p);
	}
	for (int i = POSTURE_CONTACTS; i < POSTURE_PART_MAX; i++) {
		struct posture_page p = page_of((enum posture_part)i, T + 1);

		if (i == POSTURE_SHARING)
			break;
		add_setting(&p, "a", i == POSTURE_EXPORTS);
		keep(t, &p);
	}
	check(t, SETTINGS,
	      "contacts a0; exports a1; provisioning a0; sharing a1; "
	      "sharing b0");
}

/* Nothing is kept of a page whose source nobody knows. */
static void test_unknown_source(void **state)
{
	struct tempstore *t = *state;
	struct posture_page p = page_of(POSTURE_PLANS, T);
	struct posture_kept kept = { 7, 7 };
	struct txn txn = TXN_NONE;
	struct err err = ERR_INIT;

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(posture_rows_keep(t->store, &p, &kept, &err),
			 ERR_NOT_FOUND);
	assert_string_equal(err.text, "no source is called 'azure'");
	assert_int_equal(kept.n_new, 7);
	txn_end(&txn);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, tempstore_setup, tempstore_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plans),
		TEST(test_readings),
		TEST(test_scores),
		TEST(test_recommendations),
		TEST(test_absence_needs_proof),
		TEST(test_followed_ones_expire),
		TEST(test_kinds),
		TEST(test_settings),
		TEST(test_unknown_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
