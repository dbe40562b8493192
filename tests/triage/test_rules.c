/* Which rule decides. */
#include "triage/rules.h"

#include "triage/fixture.h"

static const char *first_name(const struct policy *p, const struct alert *a,
			      enum severity base, int64_t now_ms)
{
	const struct rule *r = rules_first(p, a, base, NULL, now_ms);

	return r ? r->name : "none";
}

static void test_first_match_wins(void **state)
{
	CLEANUP(policy_release) struct policy p;
	CLEANUP(alert_release) struct alert a;

	(void)state;
	init_policy(&p);
	alert_init(&a);
	a.title = xstrdup("Mimikatz");
	assert_null(rules_first(&p, &a, SEVERITY_HIGH, NULL, NOW_MS));
	strlist_add(&add_rule(&p, "other")->when.globs[MATCH_TITLE], "x*");
	strlist_add(&add_rule(&p, "first")->when.globs[MATCH_TITLE], "mimi*");
	add_rule(&p, "all");
	assert_string_equal(first_name(&p, &a, SEVERITY_HIGH, NOW_MS), "first");
	a.title[0] = 'W';
	assert_string_equal(first_name(&p, &a, SEVERITY_HIGH, NOW_MS), "all");
}

static void test_severity_is_the_base(void **state)
{
	CLEANUP(policy_release) struct policy p;
	CLEANUP(alert_release) struct alert a;

	(void)state;
	init_policy(&p);
	alert_init(&a);
	a.base = SEVERITY_LOW; /* what counts is the argument */
	strlist_add(&add_rule(&p, "high")->when.globs[MATCH_SEVERITY], "high");
	assert_string_equal(first_name(&p, &a, SEVERITY_HIGH, NOW_MS), "high");
	assert_string_equal(first_name(&p, &a, SEVERITY_MEDIUM, NOW_MS),
			    "none");
}

static void test_expiry(void **state)
{
	CLEANUP(policy_release) struct policy p;
	CLEANUP(alert_release) struct alert a;

	(void)state;
	init_policy(&p);
	alert_init(&a);
	add_rule(&p, "until")->expires_ms = NOW_MS;
	add_rule(&p, "always");
	assert_string_equal(first_name(&p, &a, SEVERITY_HIGH, NOW_MS - 1),
			    "until");
	assert_string_equal(first_name(&p, &a, SEVERITY_HIGH, NOW_MS),
			    "always");
}

static void test_surroundings(void **state)
{
	CLEANUP(policy_release) struct policy p;
	CLEANUP(alert_release) struct alert a;
	struct surroundings around = { .other_high_type = true };

	(void)state;
	init_policy(&p);
	alert_init(&a);
	add_rule(&p, "two")->other_high_type = true;
	strlist_add(&p.rules[0].when.globs[MATCH_SEVERITY], "high");
	assert_ptr_equal(rules_first(&p, &a, SEVERITY_HIGH, &around, NOW_MS),
			 &p.rules[0]);
	assert_null(rules_first(&p, &a, SEVERITY_MEDIUM, &around, NOW_MS));
	around.other_high_type = false;
	assert_null(rules_first(&p, &a, SEVERITY_HIGH, &around, NOW_MS));
	assert_null(rules_first(&p, &a, SEVERITY_HIGH, NULL, NOW_MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_match_wins),
		cmocka_unit_test(test_severity_is_the_base),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_surroundings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
