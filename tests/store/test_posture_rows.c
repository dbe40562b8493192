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
	assert_int_equal(posture_rows_expire(t->store, T + DAY, 100, NULL), 1);
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
	assert_int_equal(posture_rows_expire(t->store, T + 1, 9, NULL), 0);
	assert_int_equal(posture_rows_expire(t->store, T + 2, 9, NULL), 1);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	check(t, ADVICE, "b open - 1000 1000");
}

/* How many are lost by it; these words are the subscriptions, "" for none. */
static int watch(struct tempstore *t, const char *words, bool whole,
		 int64_t now_ms)
{
	struct strlist list = { 0 };
	struct txn txn = TXN_NONE;
	int lost;

	for (; *words; words++)
		strlist_add(&list, (char[]){ *words, '\0' });
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(ledger_source(t->store, "azure", "defender-for-cloud",
				       T, NULL),
			 0);
	lost = posture_rows_watch(t->store, "azure", &list, whole, now_ms,
				  NULL);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	strlist_release(&list);
	return lost;
}

static void keep_plan_of(struct tempstore *t, const char *subscription,
			 int64_t now_ms)
{
	struct posture_page p = page_of(POSTURE_PLANS, now_ms);

	p.subscription = subscription;
	add_plan(&p, "Arm", true);
	keep(t, &p);
}

#define WATCHED                                                                \
	"SELECT group_concat(subscription || watched || '@' || "               \
	"(watched_ms - 1728000000000) || ifnull(' to ' || "                    \
	"(lost_ms - 1728000000000), ''), '; ') FROM (SELECT * FROM "           \
	"v_subscriptions ORDER BY subscription)"
#define WITH_PLANS                                                             \
	"SELECT ifnull(group_concat(subscription), '') FROM (SELECT * FROM "   \
	"v_plans ORDER BY subscription)"

/* One that is not read any more leaves the views, and comes back whole. */
static void test_lost_subscriptions(void **state)
{
	struct tempstore *t = *state;
	struct txn txn = TXN_NONE;

	assert_int_equal(watch(t, "ab", true, T), 0);
	keep_plan_of(t, "a", T);
	keep_plan_of(t, "B", T);
	check(t, WATCHED, "a1@1000; b1@1000");
	/* Who does not know all knows none that is lost. */
	assert_int_equal(watch(t, "a", false, T + 1), 0);
	check(t, WITH_PLANS, "a,b");
	assert_int_equal(watch(t, "A", true, T + 2), 1);
	assert_int_equal(watch(t, "a", true, T + 3), 0);
	check(t, WATCHED, "a1@1000; b0@1000 to 1002");
	check(t, WITH_PLANS, "a");
	assert_int_equal(watch(t, "ab", true, T + 4), 0);
	check(t, WATCHED, "a1@1000; b1@1004");
	check(t, WITH_PLANS, "a,b");
	/* When its time has come it goes with all it has. */
	assert_int_equal(watch(t, "a", true, T + 5), 1);
	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(posture_rows_expire(t->store, T + 5, 9, NULL), 0);
	assert_int_equal(posture_rows_expire(t->store, T + 6, 9, NULL), 1);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	check(t, WATCHED, "a1@1000");
	check(t, "SELECT count(*) FROM plan", "1");
}

static void keep_listed(struct tempstore *t, const char *words, int64_t now_ms)
{
	struct posture_page p = page_of(POSTURE_SUBSCRIPTIONS, now_ms);

	p.subscription = "";
	for (; *words; words++) {
		struct posture_subscription item = {
			.id = xasprintf("%c", *words),
			.name = xasprintf("Sub %c", *words),
			.state = xstrdup("Enabled"),
		};

		posture_page_add_subscription(&p, &item);
	}
	keep(t, &p);
}

/* Those that could be read are named, whether anybody reads them or not. */
static void test_subscriptions_that_are_told(void **state)
{
	struct tempstore *t = *state;

	assert_int_equal(watch(t, "a", true, T), 0);
	keep_listed(t, "Ab", T);
	check(t,
	      "SELECT group_concat(subscription || name || state || watched, "
	      "'; ') FROM (SELECT * FROM v_subscriptions "
	      "ORDER BY subscription)",
	      "aSub AEnabled1; bSub bEnabled0");
	check(t,
	      "SELECT part || items || '<' || subscription || '>' "
	      "FROM v_posture_reads",
	      "subscriptions2<>");
	/* What was only told of is forgotten, what was read is not. */
	keep_listed(t, "c", T + 1);
	check(t,
	      "SELECT group_concat(subscription) FROM (SELECT * FROM "
	      "v_subscriptions ORDER BY subscription)",
	      "a,c");
	assert_int_equal(watch(t, "", true, T + 2), 1);
	check(t, "SELECT subscription FROM v_posture_reads", "");
}

static void expect_sources(struct tempstore *t, const char *expected)
{
	struct strlist names = { 0 };

	assert_int_equal(posture_rows_sources(t->store, &names, NULL), 0);
	assert_int_equal(names.n, *expected ? 1 : 0);
	if (names.n)
		assert_string_equal(names.v[0], expected);
	strlist_release(&names);
}

static int leave(struct tempstore *t, const char *source, int64_t now_ms)
{
	struct txn txn = TXN_NONE;
	int n;

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	n = posture_rows_leave(t->store, source, now_ms, NULL);
	assert_int_equal(txn_commit(&txn, NULL), 0);
	return n;
}

#define READ_PARTS                                                             \
	"SELECT ifnull(group_concat(part || subscription), '') FROM (SELECT "  \
	"* FROM v_posture_reads ORDER BY subscription, part)"

/* A source that is not read leaves the views whole, and comes back whole. */
static void test_source_leaves(void **state)
{
	struct tempstore *t = *state;

	expect_sources(t, "");
	assert_int_equal(watch(t, "ab", true, T), 0);
	keep_listed(t, "abc", T);
	keep_plan_of(t, "a", T);
	expect_sources(t, "azure");
	assert_int_equal(leave(t, "other", T + 1), 0);
	check(t, READ_PARTS, "subscriptions,plansa");
	/* Two, and the list of them. */
	assert_int_equal(leave(t, "azure", T + 1), 3);
	assert_int_equal(leave(t, "azure", T + 2), 0);
	expect_sources(t, "");
	check(t, READ_PARTS, "");
	check(t, WITH_PLANS, "");
	check(t,
	      "SELECT group_concat(subscription || watched || ifnull("
	      "lost_ms - 1728000000000, '')) FROM (SELECT * FROM "
	      "v_subscriptions ORDER BY subscription)",
	      "a01001,b01001,c0");
	assert_int_equal(watch(t, "a", true, T + 3), 0);
	keep_listed(t, "ab", T + 3);
	check(t, READ_PARTS, "subscriptions,plansa");
	check(t, WITH_PLANS, "a");
	expect_sources(t, "azure");
}

static void keep_parts(struct tempstore *t, int64_t now_ms, const char *trouble)
{
	for (int part = 0; part < POSTURE_SUBSCRIPTIONS; part++) {
		struct posture_page p = page_of(part, now_ms);

		p.subscription = "a";
		p.trouble = part == POSTURE_SCORES ? trouble : NULL;
		if (part != POSTURE_KINDS)
			keep(t, &p);
	}
}

static struct posture_standing stands(struct tempstore *t)
{
	struct posture_standing s = { -1, -1, -1 };

	assert_int_equal(posture_rows_standing(t->store, "azure", 1000, 100, &s,
					       NULL),
			 0);
	return s;
}

/* When to read again, and how it went, is in the rows: a daemon may be gone in
 * between. */
static void test_standing(void **state)
{
	struct tempstore *t = *state;
	struct posture_standing s = stands(t);

	assert_int_equal(s.due_ms, 0);
	assert_int_equal(s.oldest_ms, 0);
	assert_int_equal(watch(t, "a", true, T), 0);
	keep_plan_of(t, "a", T);
	s = stands(t);
	assert_int_equal(s.due_ms, 0); /* the other parts */
	assert_int_equal(s.oldest_ms, T);
	keep_parts(t, T + 5, NULL);
	s = stands(t);
	assert_int_equal(s.due_ms, T + 1005);
	assert_int_equal(s.n_incomplete, 0);
	assert_int_equal(s.oldest_ms, T + 5);
	keep_parts(t, T + 9, "a role is missing");
	s = stands(t);
	assert_int_equal(s.due_ms, T + 109);
	assert_int_equal(s.n_incomplete, 1);
	assert_int_equal(s.oldest_ms, T + 5); /* of the scores */
	/* One that appears was never read. */
	assert_int_equal(watch(t, "ab", true, T + 10), 0);
	assert_int_equal(stands(t).due_ms, 0);
	assert_int_equal(watch(t, "", true, T + 11), 2);
	s = stands(t);
	assert_int_equal(s.n_incomplete, 0);
	assert_int_equal(s.oldest_ms, 0);
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

	for (int i = POSTURE_CONTACTS; i <= POSTURE_SHARING; i++) {
		struct posture_page p = page_of((enum posture_part)i, T);

		add_setting(&p, "a", true);
		add_setting(&p, "b", false);
		keep(t, &p);
	}
	for (int i = POSTURE_CONTACTS; i < POSTURE_SHARING; i++) {
		struct posture_page p = page_of((enum posture_part)i, T + 1);

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
	size_t at = 0;
	struct txn txn = TXN_NONE;
	struct err err = ERR_INIT;

	assert_int_equal(txn_begin(&txn, t->store, NULL), 0);
	assert_int_equal(posture_rows_keep(t->store, &p, &at, 9, &kept, &err),
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
		TEST(test_lost_subscriptions),
		TEST(test_subscriptions_that_are_told),
		TEST(test_source_leaves),
		TEST(test_standing),
		TEST(test_kinds),
		TEST(test_settings),
		TEST(test_unknown_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
