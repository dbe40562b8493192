/* The command line, sorted by the table of commands. */
#include "cli/arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/commands.h"

#define WORDS_MAX 16

/* Splits @line at blanks; the words live in @buf. */
static int parse(const char *line, char *buf, struct arguments *ret,
		 struct err *err)
{
	static char *argv[WORDS_MAX + 1];
	char *rest = buf, *word;
	int argc = 0;

	strcpy(buf, line);
	while ((word = strsep(&rest, " ")) && argc < WORDS_MAX)
		argv[argc++] = word;
	argv[argc] = NULL;
	return arguments_parse(argc, argv, ret, err);
}

static void test_global_options_anywhere(void **state)
{
	static const char *const lines[] = {
		"triagectl --json -c a.yaml list --limit 5",
		"triagectl list --limit 5 --json --config a.yaml",
		"triagectl --config=a.yaml list --json --limit=5",
		"triagectl -ca.yaml list --limit 5 --json",
	};
	char buf[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct arguments a;
		int64_t limit;

		assert_int_equal(parse(lines[i], buf, &a, NULL), 0);
		assert_string_equal(a.command->name, "list");
		assert_true(arguments_has(&a, "json"));
		assert_string_equal(arguments_value(&a, "config"), "a.yaml");
		assert_int_equal(arguments_number(&a, "limit", 7, &limit, NULL),
				 0);
		assert_int_equal(limit, 5);
		assert_int_equal(a.n_words, 0);
	}
}

static void test_words_between_options(void **state)
{
	struct arguments a;
	char buf[200];

	(void)state;
	assert_int_equal(parse("triagectl ack 1 --note x 2 -- --3", buf, &a,
			       NULL),
			 0);
	assert_int_equal(a.n_words, 3);
	assert_string_equal(a.words[0], "1");
	assert_string_equal(a.words[1], "2");
	assert_string_equal(a.words[2], "--3");
	assert_string_equal(arguments_value(&a, "note"), "x");
}

/* what-if has a --config of its own; -c stays the one of every command. */
static void test_option_of_its_own(void **state)
{
	static const char *const lines[] = {
		"triagectl -c a.yaml what-if --config b.yaml",
		"triagectl --config a.yaml what-if --config=b.yaml",
		"triagectl what-if --config b.yaml -c a.yaml",
	};
	struct arguments a;
	char buf[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		assert_int_equal(parse(lines[i], buf, &a, NULL), 0);
		assert_string_equal(arguments_value(&a, "config"), "b.yaml");
		assert_string_equal(arguments_global(&a, "config"), "a.yaml");
	}
	assert_int_equal(parse("triagectl -c a.yaml what-if", buf, &a, NULL),
			 0);
	assert_false(arguments_has(&a, "config"));
	assert_int_equal(parse("triagectl list", buf, &a, NULL), 0);
	assert_null(arguments_global(&a, "config"));
}

static void test_repeated_option(void **state)
{
	struct arguments a;
	char buf[200];

	(void)state;
	assert_int_equal(parse("triagectl list --severity high --severity low",
			       buf, &a, NULL),
			 0);
	assert_string_equal(arguments_nth(&a, "severity", 0), "high");
	assert_string_equal(arguments_nth(&a, "severity", 1), "low");
	assert_null(arguments_nth(&a, "severity", 2));
	assert_string_equal(arguments_value(&a, "severity"), "low");
}

static void test_nothing_typed(void **state)
{
	struct arguments a;
	char buf[200];

	(void)state;
	assert_int_equal(parse("triagectl", buf, &a, NULL), 0);
	assert_null(a.command);
	assert_int_equal(parse("triagectl --version", buf, &a, NULL), 0);
	assert_null(a.command);
	assert_true(arguments_has(&a, "version"));
}

static void test_refused(void **state)
{
	static const struct {
		const char *line, *says;
	} rows[] = {
		{ "triagectl lsit", "did you mean 'list'" },
		{ "triagectl frobnicate", "triagectl help" },
		{ "triagectl list --severty high",
		  "did you mean '--severity'" },
		{ "triagectl list --zzzzzz", "unknown option '--zzzzzz'" },
		{ "triagectl list --zzzzzz=1", "unknown option '--zzzzzz'" },
		{ "triagectl list -x", "unknown option '-x'" },
		{ "triagectl --limit 5 list", "unknown option '--limit'" },
		{ "triagectl list --limit", "--limit N" },
		{ "triagectl -c", "--config FILE" },
		{ "triagectl list --json=1", "'--json' takes no value" },
	};
	char buf[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = ERR_INIT;
		struct arguments a;

		assert_int_equal(parse(rows[i].line, buf, &a, &err), ERR_CONF);
		assert_non_null(strstr(err.text, rows[i].says));
	}
}

static void test_numbers(void **state)
{
	static const char *const bad[] = { "x", "-1", "5x",
					   "",	"+3", "99999999999999999999" };
	int64_t n = 3;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct option_row row = { .name = "limit", .value = "N" };
		struct arguments a = { .given = { { &row, bad[i] } },
				       .n_given = 1 };

		assert_int_equal(arguments_number(&a, "limit", 0, &n, NULL),
				 ERR_CONF);
		assert_int_equal(n, 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_global_options_anywhere),
		cmocka_unit_test(test_words_between_options),
		cmocka_unit_test(test_option_of_its_own),
		cmocka_unit_test(test_repeated_option),
		cmocka_unit_test(test_nothing_typed),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
