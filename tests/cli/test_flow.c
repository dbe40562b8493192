/* Words that flow into lines. */
#include "cli/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"

static void test_words_wrap(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct flow f = { .out = &sb, .width = 12, .indent = 2 };

	(void)state;
	flow_add(&f, "one two  three");
	flow_add(&f, ", four");
	assert_string_equal(sb.buf, "  one two\n  three,\n  four");
}

static void test_long_words_stay_whole(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct flow f = { .out = &sb, .width = 10, .indent = 2 };

	(void)state;
	flow_add(&f, "see https://portal.example/alert now");
	assert_string_equal(sb.buf,
			    "  see\n  https://portal.example/alert\n  now");
}

static void test_empty_lines_have_no_blanks(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct flow f = { .out = &sb, .width = 10, .indent = 4 };

	(void)state;
	flow_add(&f, "a\n\nb");
	flow_break(&f);
	assert_string_equal(sb.buf, "    a\n\n    b\n");
}

static void test_lines_as_they_are(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct flow f = { .out = &sb, .width = 10, .indent = 4, .column = 3 };

	(void)state;
	strbuf_addstr(&sb, "lab");
	flow_add_line(&f, "a  b", 4);
	flow_add_line(&f, "c  dXX", 4);
	assert_string_equal(sb.buf, "lab a  b\n    c  d");
}

/* What a shell takes for one command when it is copied. */
static void test_commands_can_be_copied(void **state)
{
	static const struct {
		const char *text, *lines;
	} rows[] = {
		{ "df -h /var", "  df -h /var" },
		{ "find / -name a -type f -print",
		  "  find / -name a \\\n  -type f -print" },
		/* Room is kept for what joins the lines. */
		{ "0123456789 123456 x", "  0123456789 \\\n  123456 x" },
		{ "grep 'a b c d e f g h i j' file",
		  "  grep \\\n  'a b c d e f g h i j' \\\n  file" },
		{ "echo \"it's a quote\" x",
		  "  echo \\\n  \"it's a quote\" x" },
		{ "ls -l  # in the end it is not run",
		  "  ls -l \\\n  # in the end it is not run" },
		/* An apostrophe between quotes ends none. */
		{ "ls 'it'\\''s a file' on x",
		  "  ls \\\n  'it'\\''s a file' \\\n  on x" },
		{ "x \"\\\" y z\" aaaaaaaaaaa",
		  "  x \"\\\" y z\" \\\n  aaaaaaaaaaa" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		struct flow f = { .out = &sb, .width = 20, .indent = 2 };

		flow_add_command(&f, rows[i].text);
		assert_string_equal(sb.buf, rows[i].lines);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_wrap),
		cmocka_unit_test(test_long_words_stay_whole),
		cmocka_unit_test(test_empty_lines_have_no_blanks),
		cmocka_unit_test(test_lines_as_they_are),
		cmocka_unit_test(test_commands_can_be_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
