/* What was meant by a slip of the fingers. */
#include "cli/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"

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
		{ "outboxing", "outbox" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *found =
			nearest_word(rows[i].typed, words, ARRAY_SIZE(words));

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
	assert_null(nearest_word(typed, words, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_long_words_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
