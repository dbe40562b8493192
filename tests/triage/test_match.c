/*
 * Globs, and every key of a `when` block.
 *
 * Battery: G1.
 */
#include "triage/match.h"

#include <stdio.h>
#include "triage/fixture.h"

static void test_globs(void **state)
{
	static const struct {
		const char *glob, *text;
		bool matches;
	} rows[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "a", "", false },
		{ "*", "", true },
		{ "*", "anything", true },
		{ "**", "x", true },
		{ "?", "", false },
		{ "?", "a", true },
		{ "?", "ab", false },
		{ "abc", "ABC", true },
		{ "ABC", "abc", true },
		{ "abc", "abcd", false },
		{ "abc*", "abcd", true },
		{ "*bcd", "abcd", true },
		{ "*bc", "abcd", false },
		{ "a*c", "abbbc", true },
		{ "a*c", "ac", true },
		{ "a*c", "acb", false },
		{ "*a*b*", "xxaxxbxx", true },
		{ "*a*b*", "xxbxxaxx", false },
		{ "*aab", "aaaaaab", true },
		{ "a?c", "abc", true },
		{ "a?*c", "ac", false },
		{ "*/resourceGroups/rg-pay-*/*",
		  "/subscriptions/1/resourcegroups/RG-PAY-eu/providers/x",
		  true },
		/* One character, however many bytes. */
		{ "M?ller", "M\xc3\xbcller", true },
		{ "M??ller", "M\xc3\xbcller", false },
		{ "?", "\xf0\x9f\x98\x80", true },
		{ "M\xc3\xbcller", "m\xc3\xbcller", true },
		/* Nothing else has a meaning. */
		{ "a[bc]", "ab", false },
		{ "a[bc]", "a[bc]", true },
		{ "a\\*", "a*", false },
		{ "CORP\\ada", "corp\\ADA", true },
		{ "a.c", "abc", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (match_glob(rows[i].glob, rows[i].text) != rows[i].matches)
			fail_msg("\"%s\" against \"%s\"", rows[i].glob,
				 rows[i].text);
	}
}

/* A hostile title must not cost seconds: stars times length at the most. */
static void test_glob_does_not_explode(void **state)
{
	char text[2001];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_false(match_glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
	assert_true(match_glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*", text));
}

static void init_alert(struct alert *a)
{
	alert_init(a);
	a->source = xstrdup("azure");
	a->provider = xstrdup("defender-for-cloud");
	a->tenant = xstrdup("11111111-2222-3333-4444-555555555555");
	a->subscription = xstrdup("sub-1");
	a->title = xstrdup("Suspicious process");
	a->alert_type = xstrdup("VM_SuspectProcess");
	a->resource_id = xstrdup("/subscriptions/s/resourceGroups/rg/x");
	a->resource_type = xstrdup("virtualMachines");
	a->entity = xstrdup("web-1");
	a->tactics = xstrdup("Execution, Privilege Escalation,Impact");
	a->techniques = xstrdup("T1059,T1068");
	a->category = xstrdup("malware");
	a->policy = xstrdup("functions-or-web-app");
	a->source_status = xstrdup("InProgress");
	a->source_state = SOURCE_IN_PROGRESS;
	alert_add_entity(a, "account", "ada@example.org", NULL);
	alert_add_entity(a, "ip", "192.0.2.1", NULL);
}

static void test_every_key(void **state)
{
	static const struct {
		enum match_key key;
		const char *hit, *miss;
	} rows[] = {
		{ MATCH_SEVERITY, "high", "medium" },
		{ MATCH_SOURCE, "az*", "aws" },
		{ MATCH_PROVIDER, "defender-for-cloud", "defender-for-*-apps" },
		{ MATCH_TENANT, "1111*", "2222*" },
		{ MATCH_SUBSCRIPTION, "SUB-1", "sub-2" },
		{ MATCH_RESOURCE, "*/resourcegroups/rg/*", "*/rg2/*" },
		{ MATCH_RESOURCE_TYPE, "virtualmachines", "servers" },
		{ MATCH_ALERT_TYPE, "VM_*", "SQL_*" },
		{ MATCH_TITLE, "*process*", "process" },
		{ MATCH_ENTITY, "web-?", "db-?" },
		{ MATCH_ENTITY, "ada@*", "bob@*" },
		{ MATCH_ENTITY, "192.0.2.*", "192.0.3.*" },
		{ MATCH_TACTIC, "impact", "exfiltration" },
		{ MATCH_TACTIC, "privilege escalation", "*,*" },
		{ MATCH_TECHNIQUE, "T1068", "T106" },
		{ MATCH_STATUS, "inprogress", "new" },
		{ MATCH_STATUS, "in-progress", "active" },
		{ MATCH_TAG, "crown-*", "jewel" },
		{ MATCH_INCIDENT, "no", "yes" },
		{ MATCH_CATEGORY, "malware", "mal" },
		{ MATCH_POLICY, "functions*", "service-bus" },
		{ MATCH_ACCOUNT, "ADA@*", "web-?" },
		{ MATCH_ACCOUNT, "ada*", "192.0.2.*" },
	};
	CLEANUP(alert_release) struct alert a;
	CLEANUP(strlist_release) struct strlist tags = STRLIST_INIT;
	struct match_subject s = { &a, SEVERITY_HIGH, &tags };

	(void)state;
	init_alert(&a);
	strlist_add(&tags, "crown-jewel");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(match_release) struct match hit = { 0 };
		CLEANUP(match_release) struct match miss = { 0 };

		strlist_add(&hit.globs[rows[i].key], rows[i].hit);
		strlist_add(&miss.globs[rows[i].key], rows[i].miss);
		if (!match_covers(&hit, &s) || match_covers(&miss, &s))
			fail_msg("%s", match_key_name(rows[i].key));
		strlist_add(&miss.globs[rows[i].key], rows[i].hit);
		assert_true(match_covers(&miss, &s));
	}
}

/* "*" asks for a value; an alert without one is found by `not`. */
static void test_absent_values(void **state)
{
	CLEANUP(alert_release) struct alert a;
	struct match_subject s = { &a, SEVERITY_HIGH, NULL };

	(void)state;
	alert_init(&a);
	for (int key = MATCH_SOURCE; key < MATCH_KEY_MAX; key++) {
		CLEANUP(match_release) struct match has = { 0 };
		CLEANUP(match_release) struct match lacks = { 0 };
		bool always = key == MATCH_STATUS || key == MATCH_INCIDENT;

		strlist_add(&has.globs[key], "*");
		lacks.deny = xcalloc(1, sizeof(*lacks.deny));
		strlist_add(&lacks.deny->globs[key], "*");
		assert_int_equal(match_covers(&has, &s), always);
		assert_int_equal(match_covers(&lacks, &s), !always);
	}
}

static void test_all_keys_and_not(void **state)
{
	CLEANUP(alert_release) struct alert a;
	CLEANUP(match_release) struct match m = { 0 };
	struct match_subject s = { &a, SEVERITY_HIGH, NULL };

	(void)state;
	init_alert(&a);
	assert_true(match_covers(&m, &s));
	strlist_add(&m.globs[MATCH_SEVERITY], "critical");
	strlist_add(&m.globs[MATCH_SEVERITY], "high");
	strlist_add(&m.globs[MATCH_SOURCE], "azure");
	assert_true(match_covers(&m, &s));
	s.severity = SEVERITY_LOW;
	assert_false(match_covers(&m, &s));
	s.severity = SEVERITY_CRITICAL;
	assert_true(match_covers(&m, &s));
	/* not: denies only when the whole inner block matches. */
	m.deny = xcalloc(1, sizeof(*m.deny));
	strlist_add(&m.deny->globs[MATCH_TITLE], "suspicious*");
	assert_false(match_covers(&m, &s));
	strlist_add(&m.deny->globs[MATCH_ENTITY], "db-*");
	assert_true(match_covers(&m, &s));
}

/* The key that is named is the first that fails, in the order of the enum. */
static void test_what_fails_is_named(void **state)
{
	CLEANUP(alert_release) struct alert a;
	CLEANUP(match_release) struct match m = { 0 };
	struct match_subject s = { &a, SEVERITY_MEDIUM, NULL };
	struct match_miss miss = { 0 };

	(void)state;
	init_alert(&a);
	assert_false(match_find_miss(&m, &s, &miss));
	strlist_add(&m.globs[MATCH_SOURCE], "azure");
	strlist_add(&m.globs[MATCH_TITLE], "nothing*");
	strlist_add(&m.globs[MATCH_TAG], "crown-jewel");
	assert_true(match_find_miss(&m, &s, &miss));
	assert_int_equal(miss.key, MATCH_TITLE);
	assert_false(miss.denied);
	assert_string_equal(miss.globs->v[0], "nothing*");
	assert_string_equal(match_value(miss.key, &s), "Suspicious process");
	assert_null(match_value(MATCH_TAG, &s));
	assert_string_equal(match_value(MATCH_ACCOUNT, &s), "ada@example.org");
	strlist_add(&m.globs[MATCH_SEVERITY], "high");
	assert_true(match_find_miss(&m, &s, &miss));
	assert_int_equal(miss.key, MATCH_SEVERITY);
	assert_string_equal(match_value(miss.key, &s), "medium");
}

static void test_what_denies_is_named(void **state)
{
	CLEANUP(alert_release) struct alert a;
	CLEANUP(match_release) struct match m = { 0 };
	struct match_subject s = { &a, SEVERITY_MEDIUM, NULL };
	struct match_miss miss = { 0 };

	(void)state;
	init_alert(&a);
	m.deny = xcalloc(1, sizeof(*m.deny));
	assert_true(match_find_miss(&m, &s, &miss));
	assert_true(miss.denied);
	assert_null(miss.globs);
	strlist_add(&m.deny->globs[MATCH_ENTITY], "web-*");
	assert_true(match_find_miss(&m, &s, &miss));
	assert_true(miss.denied);
	assert_int_equal(miss.key, MATCH_ENTITY);
	assert_string_equal(miss.globs->v[0], "web-*");
	strlist_add(&m.deny->globs[MATCH_TITLE], "other");
	assert_false(match_find_miss(&m, &s, &miss));
}

static void test_incidents(void **state)
{
	CLEANUP(alert_release) struct alert a;
	CLEANUP(match_release) struct match m = { 0 };
	struct match_subject s = { &a, SEVERITY_HIGH, NULL };

	(void)state;
	init_alert(&a);
	a.is_incident = true;
	strlist_add(&m.globs[MATCH_INCIDENT], "yes");
	assert_true(match_covers(&m, &s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_globs),
		cmocka_unit_test(test_glob_does_not_explode),
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_absent_values),
		cmocka_unit_test(test_all_keys_and_not),
		cmocka_unit_test(test_what_fails_is_named),
		cmocka_unit_test(test_what_denies_is_named),
		cmocka_unit_test(test_incidents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
