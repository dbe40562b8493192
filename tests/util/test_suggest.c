/* Slips of the pen, and words that are no slip of any other. */
#include "util/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "util/compiler.h"

static void finds_the_nearest(void **state)
{
	static const char *const words[] = { "url",	 "interval", "type",
					     "starttls", "to",	     "tenant",
					     "tenants" };
	static const struct {
		const char *typed, *expected;
	} cases[] = {
		{ "urll", "url" },
		{ "intervall", "interval" },
		{ "itnerval", "interval" },
		{ "tyep", "type" },
		{ "tenat", "tenant" },
		{ "tennants", "tenants" },
		{ "tls", NULL },
		{ "storm", NULL },
		{ "", NULL },
		{ "password", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct suggest s = { .word = cases[i].typed };

		for (size_t j = 0; j < ARRAY_SIZE(words); j++)
			suggest_offer(&s, words[j]);
		if (!cases[i].expected)
			assert_null(s.best);
		else
			assert_string_equal(s.best, cases[i].expected);
	}
}

static void says_it(void **state)
{
	struct suggest s = { .word = "urll" };
	char buf[SUGGEST_TEXT_MAX];

	(void)state;
	assert_string_equal(suggest_text(&s, buf), "");
	suggest_offer(&s, "url");
	assert_string_equal(suggest_text(&s, buf), " (did you mean 'url'?)");
}

static void test_nearest(void **state)
{
	static const char *const words[] = { "status", "list",	   "show",
					     "ack",    "timeline", "outbox",
					     "sql" };
	static const struct {
		const char *typed, *meant;
	} rows[] = {
		{ "lst", "list" },
		{ "lsit", "list" },
		{ "stauts", "status" },
		{ "timelines", "timeline" },
		{ "tmieline", "timeline" },
		{ "akc", "ack" },
		{ "zzz", NULL },
		{ "restart", NULL },
		{ "", NULL },
		{ "outboxes", "outbox" },
		{ "outboxing", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *found =
			suggest_word(rows[i].typed, words, ARRAY_SIZE(words));

		if (rows[i].meant)
			assert_string_equal(found, rows[i].meant);
		else
			assert_null(found);
	}
}

static void test_long_words_are_left_alone(void **state)
{
	static const char *const words[] = { "list" };
	char typed[500];

	(void)state;
	memset(typed, 'l', sizeof(typed));
	typed[sizeof(typed) - 1] = '\0';
	assert_null(suggest_word(typed, words, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_long_words_are_left_alone),
		cmocka_unit_test(finds_the_nearest),
		cmocka_unit_test(says_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
