/* cli/setup_diff: what differs, with what stands around it. */
#include "cli/setup_diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_differences(void **state)
{
	static const struct {
		const char *from, *to, *diff;
	} rows[] = {
		{ "", "", "" },
		{ "a\nb\n", "a\nb\n", "" },
		{ "", "a\nb\n", "+ a\n+ b\n" },
		{ "a\n", "", "- a\n" },
		{ "a\nb\nc\n", "a\nx\nc\n", "  a\n- b\n+ x\n  c\n" },
		{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8\n10\n",
		  "  7\n  8\n- 9\n+ 10\n" },
		{ "a\n1\n2\n3\n4\n5\nb\n", "x\n1\n2\n3\n4\n5\ny\n",
		  "- a\n+ x\n  1\n  2\n  ...\n  4\n  5\n- b\n+ y\n" },
		{ "a", "a\n", "" },
		{ "a\na\n", "a\n", "  a\n- a\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

		setup_diff(rows[i].from, rows[i].to, &out);
		assert_string_equal(out.buf, rows[i].diff);
	}
}

static void test_very_long(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	for (int i = 0; i < 2001; i++)
		strbuf_addf(&text, "%d\n", i);
	setup_diff("a\n", text.buf, &out);
	assert_string_equal(out.buf, "- all 1 lines\n+ 2001 others\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_differences),
		cmocka_unit_test(test_very_long),
	};

	return cmocka_run_group_tests_name("setup_diff", tests, NULL, NULL);
}
