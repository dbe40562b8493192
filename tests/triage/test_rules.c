/* Which rule decides. */
#include "triage/rules.h"

#include "triage/fixture.h"

static const char *first_name(const struct policy *p, const struct alert *a,
			      enum severity base, int64_t now_ms)
{
	const struct rule *r = rules_first(p, a, base, now_ms);

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
	assert_null(rules_first(&p, &a, SEVERITY_HIGH, NOW_MS));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_match_wins),
		cmocka_unit_test(test_severity_is_the_base),
		cmocka_unit_test(test_expiry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
