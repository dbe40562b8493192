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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_wrap),
		cmocka_unit_test(test_long_words_stay_whole),
		cmocka_unit_test(test_empty_lines_have_no_blanks),
		cmocka_unit_test(test_lines_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
