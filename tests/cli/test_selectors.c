/* Selectors of `list` as typed, to what the store is asked. */
#include "cli/selectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "util/compiler.h"

#define NOW INT64_C(1795298649000)

static struct option_row option(const char *name)
{
	return (struct option_row){ .name = name, .value = "X" };
}

static int parse(const char *name, const char *value, struct selection *ret,
		 struct err *err)
{
	const struct option_row row = option(name);
	const struct arguments a = { .given = { { &row, value } },
				     .n_given = 1 };

	return selectors_parse(&a, NOW, ret, err);
}

static void test_defaults(void **state)
{
	CLEANUP(selection_release) struct selection s = { 0 };
	const struct arguments none = { 0 };

	(void)state;
	assert_int_equal(selectors_parse(&none, NOW, &s, NULL), 0);
	assert_int_equal(s.sel.states,
			 BIT(ALERT_OPEN) | BIT(ALERT_ACKNOWLEDGED));
	assert_int_equal(s.sel.severities, 0);
	assert_int_equal(s.sel.now_ms, NOW);
	assert_null(s.sel.resource);
	assert_null(s.sel.sort);
	assert_false(s.narrowed);
}

static void test_words_to_bits(void **state)
{
	static const struct {
		const char *name, *value;
		unsigned severities, states;
	} rows[] = {
		{ "severity", "high", BIT(SEVERITY_HIGH),
		  BIT(ALERT_OPEN) | BIT(ALERT_ACKNOWLEDGED) },
		{ "severity", "Critical,low",
		  BIT(SEVERITY_CRITICAL) | BIT(SEVERITY_LOW),
		  BIT(ALERT_OPEN) | BIT(ALERT_ACKNOWLEDGED) },
		{ "state", "closed", 0, BIT(ALERT_CLOSED) },
		{ "state", "open,closed", 0,
		  BIT(ALERT_OPEN) | BIT(ALERT_CLOSED) },
		{ "state", "all", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(selection_release) struct selection s = { 0 };

		assert_int_equal(parse(rows[i].name, rows[i].value, &s, NULL),
				 0);
		assert_int_equal(s.sel.severities, rows[i].severities);
		assert_int_equal(s.sel.states, rows[i].states);
		assert_true(s.narrowed);
	}
}

static void test_resource_without_wildcards(void **state)
{
	struct selection s = { 0 };

	(void)state;
	assert_int_equal(parse("resource", "vm-pay-01", &s, NULL), 0);
	assert_string_equal(s.sel.resource, "*vm-pay-01*");
	selection_release(&s);
	assert_int_equal(parse("resource", "*/rg-pay/*", &s, NULL), 0);
	assert_string_equal(s.sel.resource, "*/rg-pay/*");
	selection_release(&s);
}

static void test_moments(void **state)
{
	struct selection s = { 0 };

	(void)state;
	assert_int_equal(parse("since", "24h", &s, NULL), 0);
	assert_int_equal(s.sel.since_ms, NOW - INT64_C(86400000));
	assert_int_equal(parse("until", "2026-11-21", &s, NULL), 0);
	assert_int_equal(s.sel.until_ms, INT64_C(1795219200000));
}

static void test_sort_and_phase(void **state)
{
	struct selection s = { 0 };

	(void)state;
	assert_int_equal(parse("sort", "due", &s, NULL), 0);
	assert_string_equal(s.sel.sort, "due");
	assert_int_equal(parse("sort", "urgency", &s, NULL), 0);
	assert_null(s.sel.sort);
	assert_int_equal(parse("phase", "CONTAIN", &s, NULL), 0);
	assert_string_equal(s.sel.phase, "contain");
}

static void test_refused(void **state)
{
	static const struct {
		const char *name, *value, *says;
	} rows[] = {
		{ "severity", "hihg", "did you mean 'high'" },
		{ "severity", "high,", "unknown word ''" },
		{ "state", "opn", "did you mean 'open'" },
		{ "phase", "xxxxxxxx", "detect, triage" },
		{ "sort", "duee", "did you mean 'due'" },
		{ "since", "yesterday", "--since: 'yesterday'" },
		{ "until", "2026-02-30", "--until" },
		{ "limit", "many", "--limit" },
		{ "limit", "2000000", "at most" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct selection s = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(parse(rows[i].name, rows[i].value, &s, &err),
				 ERR_CONF);
		assert_non_null(strstr(err.text, rows[i].says));
	}
}

static void test_until_before_since(void **state)
{
	const struct option_row since = option("since"),
				until = option("until");
	const struct arguments a = {
		.given = { { &since, "1h" }, { &until, "2h" } },
		.n_given = 2,
	};
	struct selection s = { 0 };

	(void)state;
	assert_int_equal(selectors_parse(&a, NOW, &s, NULL), ERR_CONF);
}

/* What --state is hangs on the command; the last word is all of them. */
static void test_states(void **state)
{
	static const struct {
		const char *kind, *value;
		int rc;
		unsigned bits;
	} rows[] = {
		{ "PLAN-STATE", "off", 0, BIT(1) },
		{ "PLAN-STATE", "ON,off", 0, BIT(0) | BIT(1) },
		{ "PLAN-STATE", "all", 0, 0 },
		{ "PLAN-STATE", "on,all", 0, 0 },
		{ "PLAN-STATE", "open", ERR_CONF, 7 },
		{ "ADVICE-STATE", "gone", 0, BIT(1) },
		{ "ITEM-STATE", "missing,unknown", 0, BIT(0) | BIT(1) },
		{ "ITEM-STATE", "done", 0, BIT(2) },
		{ "ITEM-STATE", "all", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct option_row row = option("state");
		const struct arguments a = {
			.given = { { &row, rows[i].value } }, .n_given = 1
		};
		unsigned bits = 7;

		assert_int_equal(selectors_states(&a, rows[i].kind, &bits,
						  NULL),
				 rows[i].rc);
		assert_int_equal(bits, rows[i].bits);
	}
}

static void test_posture(void **state)
{
	const struct option_row subscription = option("subscription"),
				severity = option("severity"),
				resource = option("resource");
	const struct arguments a = {
		.given = { { &subscription, "11-22" },
			   { &severity, "high" },
			   { &resource, "web" } },
		.n_given = 3,
	};
	const struct arguments none = { 0 };
	CLEANUP(selection_release) struct selection s = { 0 };

	(void)state;
	assert_int_equal(selectors_parse_posture(&none, NOW, &s, NULL), 0);
	assert_false(s.narrowed);
	assert_null(s.sel.subscription);
	assert_int_equal(selectors_parse_posture(&a, NOW, &s, NULL), 0);
	assert_true(s.narrowed);
	assert_string_equal(s.sel.subscription, "11-22");
	assert_string_equal(s.sel.resource, "*web*");
	assert_int_equal(s.sel.severities, BIT(SEVERITY_HIGH));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_words_to_bits),
		cmocka_unit_test(test_resource_without_wildcards),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_sort_and_phase),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_until_before_since),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_posture),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
