/* Markdown as a source writes it, and text that only looks like it. */
#include "cli/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"

static void test_marks(void **state)
{
	static const struct {
		const char *from, *to;
	} table[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "## Steps\n\n  1. Look\r\n2. Act  \n",
		  "Steps\n1. Look\n2. Act" },
		{ "#tag stays", "#tag stays" },
		{ "* a\n+ b\n- c\n\xe2\x80\xa2\td", "- a\n- b\n- c\n- d" },
		{ "**Isolate** the `vm-1`, __now__", "Isolate the vm-1, now" },
		{ "see [the page](https://example.org/a) first",
		  "see the page (https://example.org/a) first" },
		/* No marks: arithmetic, globs, names, what is not closed. */
		{ "2 ** 3 ** 4", "2 ** 3 ** 4" },
		{ "a_b __init__", "a_b init" },
		{ "**open", "**open" },
		{ "[x] [y](", "[x] [y](" },
		{ "a[0](b", "a[0](b" },
		{ "``", "``" },
		{ "\n\n \t\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		assert_false(plain_add(&sb, table[i].from,
				       strlen(table[i].from), 0, 0));
		assert_string_equal(sb.buf, table[i].to);
	}
}

static void test_limits(void **state)
{
	static const struct {
		const char *from;
		size_t lines, bytes;
		const char *to;
		bool more;
	} table[] = {
		{ "a\nb\nc", 2, 0, "a\nb", true },
		{ "a\n\n\nb\n\n", 2, 0, "a\nb", false },
		{ "one two three", 0, 9, "one two", true },
		{ "one two", 0, 7, "one two", false },
		{ "one\ntwo three", 0, 8, "one\ntwo", true },
		/* Never through a letter. */
		{ "\xc3\xa4\xc3\xb6\xc3\xbc", 0, 3, "\xc3\xa4", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		bool more = plain_add(&sb, table[i].from, strlen(table[i].from),
				      table[i].lines, table[i].bytes);

		assert_string_equal(sb.buf, table[i].to);
		assert_int_equal(more, table[i].more);
	}
}

/* A page of brackets takes time in proportion to its length. */
static void test_hostile_brackets(void **state)
{
	static char text[200000];
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	(void)state;
	memset(text, '[', sizeof(text));
	assert_false(plain_add(&sb, text, sizeof(text), 0, 0));
	assert_int_equal(sb.len, sizeof(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_hostile_brackets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
