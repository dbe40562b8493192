/* The words for states, phases and verdicts. */
#include "core/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"

static void test_states(void **state)
{
	enum alert_state s = ALERT_OPEN;

	(void)state;
	assert_string_equal(alert_state_name(ALERT_OPEN), "open");
	assert_string_equal(alert_state_name(ALERT_ACKNOWLEDGED),
			    "acknowledged");
	assert_string_equal(alert_state_name(ALERT_CLOSED), "closed");
	assert_string_equal(alert_state_name((enum alert_state)3), "unknown");
	assert_true(alert_state_parse("Closed", &s));
	assert_int_equal(s, ALERT_CLOSED);
	assert_false(alert_state_parse("close", &s));
	assert_false(alert_state_parse("", &s));
	assert_false(alert_state_parse(NULL, &s));
	assert_int_equal(s, ALERT_CLOSED);
}

static void test_phases(void **state)
{
	static const char *const words[] = { "detect",	    "triage",
					     "investigate", "contain",
					     "remediate",   "document" };
	enum phase p;

	(void)state;
	assert_int_equal(ARRAY_SIZE(words), PHASE_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		assert_string_equal(phase_name((enum phase)i), words[i]);
		assert_true(phase_parse(words[i], &p));
		assert_int_equal(p, i);
	}
	assert_false(phase_parse("triaged", &p));
}

static void test_source_states(void **state)
{
	static const char *const words[] = { "active", "in-progress",
					     "resolved", "dismissed" };

	(void)state;
	assert_int_equal(ARRAY_SIZE(words), SOURCE_STATE_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		assert_string_equal(source_state_name((enum source_state)i),
				    words[i]);
	assert_string_equal(source_state_name((enum source_state)4), "unknown");
}

static void test_verdicts(void **state)
{
	enum verdict v = VERDICT_BENIGN;

	(void)state;
	assert_string_equal(verdict_name(VERDICT_NONE), "");
	assert_true(verdict_parse("true-positive", &v));
	assert_int_equal(v, VERDICT_TRUE_POSITIVE);
	assert_true(verdict_parse("FALSE-positive", &v));
	assert_int_equal(v, VERDICT_FALSE_POSITIVE);
	assert_true(verdict_parse("benign", &v));
	assert_int_equal(v, VERDICT_BENIGN);
	/* "" is how no verdict prints, not something anybody may type. */
	assert_false(verdict_parse("", &v));
	assert_int_equal(v, VERDICT_BENIGN);
}

static void test_closed_at_the_source(void **state)
{
	(void)state;
	assert_false(source_state_is_closed(SOURCE_ACTIVE));
	assert_false(source_state_is_closed(SOURCE_IN_PROGRESS));
	assert_true(source_state_is_closed(SOURCE_RESOLVED));
	assert_true(source_state_is_closed(SOURCE_DISMISSED));
	/* What we do not understand stays open. */
	assert_false(source_state_is_closed((enum source_state)9));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_source_states),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_closed_at_the_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
