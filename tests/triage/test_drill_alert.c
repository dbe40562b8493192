/* The alert that a drill is: plainly one, as it was told to look, refused when
 * it cannot be meant. */
#include "triage/drill_alert.h"

#include "triage/fixture.h"

static const struct drill drill = {
	.id = 7,
	.asked_by = (char *)"ann",
	.reason = (char *)"first of the month",
	.severity = SEVERITY_CRITICAL,
	.started_ms = INT64_C(1780992000000),
	.ends_ms = INT64_C(1780992300000),
};

static void test_is_plainly_one(void **state)
{
	CLEANUP(alert_release) struct alert a, b;
	struct err err = ERR_INIT;

	(void)state;
	alert_init(&a);
	alert_init(&b);
	assert_int_equal(drill_alert_fill(&a, &drill, NULL, &err), 0);
	assert_int_equal(drill_alert_fill(&b, &drill, "", &err), 0);
	assert_true(alert_is_drill(&a));
	assert_false(alert_is_detected(&a));
	assert_string_equal(a.source, "drill");
	assert_string_equal(a.provider, "drill");
	assert_string_equal(a.alert_type, "drill");
	assert_string_equal(a.tenant, "");
	assert_int_equal(strncmp(a.title, "DRILL: ", 7), 0);
	assert_non_null(strstr(a.description, "ann runs a drill"));
	assert_non_null(strstr(a.description, "first of the month"));
	assert_int_equal(a.base, SEVERITY_CRITICAL);
	assert_string_equal(a.source_severity, "critical");
	assert_int_equal(a.source_state, SOURCE_ACTIVE);
	assert_int_equal(a.created_ms, drill.started_ms);
	/* A number comes again after a restore, an identity never does. */
	assert_int_equal(strncmp(a.native_id, "drill-7-", 8), 0);
	assert_string_not_equal(a.native_id, b.native_id);
	assert_int_equal(strlen(a.raw), a.raw_len);
}

static void test_looks_as_told(void **state)
{
	CLEANUP(alert_release) struct alert a;
	struct err err = ERR_INIT;

	(void)state;
	alert_init(&a);
	assert_int_equal(
		drill_alert_fill(&a, &drill,
				 "title=\"a b\" resource=/s/1/rg entity=vm "
				 "tenant=t subscription=s provider=mde "
				 "alert-type=X account=eve@example.org "
				 "tactic=Impact technique=T1 category=c "
				 "policy=p resource-type=vm",
				 &err),
		0);
	assert_string_equal(a.title, "DRILL: a b");
	assert_string_equal(a.resource_id, "/s/1/rg");
	assert_string_equal(a.resource_type, "vm");
	assert_string_equal(a.entity, "vm");
	assert_string_equal(a.tenant, "t");
	assert_string_equal(a.subscription, "s");
	assert_string_equal(a.provider, "mde");
	assert_string_equal(a.alert_type, "X");
	assert_string_equal(a.tactics, "Impact");
	assert_string_equal(a.techniques, "T1");
	assert_string_equal(a.category, "c");
	assert_string_equal(a.policy, "p");
	assert_int_equal(a.n_entities, 1);
	assert_string_equal(a.entities[0].kind, "account");
	assert_string_equal(a.entities[0].value, "eve@example.org");
	/* Whatever it looks like, its source is known. */
	assert_string_equal(a.source, "drill");
	assert_true(alert_is_drill(&a));
}

static void test_refuses(void **state)
{
	static const struct {
		const char *match, *says;
	} rows[] = {
		{ "severity=high", "say it with --severity" },
		{ "source=azure", "its source is drill" },
		{ "status=new", "always new" },
		{ "tag=vip", "tags come from rules" },
		{ "incident=yes", "never an incident" },
		{ "entity=vm-*", "entity=vm-* is a pattern" },
		{ "entity=vm-?", "is a pattern" },
		{ "entity=a,b", "entity= has 2 values" },
		{ "not.entity=a", "not what it is not" },
		{ "entiti=a", "did you mean 'entity'" },
		{ "vm-1", "no key=glob" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;
		struct err err = ERR_INIT;

		alert_init(&a);
		assert_int_equal(drill_alert_fill(&a, &drill, rows[i].match,
						  &err),
				 ERR_CONF);
		if (!strstr(err.text, rows[i].says))
			fail_msg("%s: %s", rows[i].match, err.text);
		assert_null(a.title);
	}
}

static void test_ends(void **state)
{
	CLEANUP(alert_release) struct alert a;
	uint8_t raw[ALERT_HASH_SIZE], before[ALERT_HASH_SIZE],
		after[ALERT_HASH_SIZE];
	struct err err = ERR_INIT;

	(void)state;
	alert_init(&a);
	assert_int_equal(drill_alert_fill(&a, &drill, NULL, &err), 0);
	memcpy(raw, a.raw_hash, sizeof(raw));
	alert_content_hash(&a, before);
	drill_alert_end(&a, "passed");
	alert_content_hash(&a, after);
	assert_string_equal(a.source_status, "passed");
	assert_int_equal(a.source_state, SOURCE_RESOLVED);
	assert_memory_not_equal(raw, a.raw_hash, sizeof(raw));
	assert_memory_not_equal(before, after, sizeof(before));
	assert_non_null(strstr(a.raw, "passed"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_plainly_one),
		cmocka_unit_test(test_looks_as_told),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
