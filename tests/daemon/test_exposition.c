/* daemon/exposition: heads, escaping, numbers. */
#include "daemon/exposition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void test_heads(void **state)
{
	static const struct {
		const char *name;
		enum exposition_type type;
		const char *help, *want;
	} rows[] = {
		{ "a_total", EXPOSITION_COUNTER, "Plain.",
		  "# HELP a_total Plain.\n# TYPE a_total counter\n" },
		{ "a_seconds", EXPOSITION_GAUGE, "Back\\slash\nand \"quotes\".",
		  "# HELP a_seconds Back\\\\slash\\nand \"quotes\".\n"
		  "# TYPE a_seconds gauge\n# UNIT a_seconds seconds\n" },
		{ "a_seconds_total", EXPOSITION_COUNTER, "x",
		  "# HELP a_seconds_total x\n# TYPE a_seconds_total counter\n"
		  "# UNIT a_seconds_total seconds\n" },
		{ "a_bytes", EXPOSITION_HISTOGRAM, "",
		  "# HELP a_bytes \n# TYPE a_bytes histogram\n"
		  "# UNIT a_bytes bytes\n" },
		{ "bytes", EXPOSITION_GAUGE, "x",
		  "# HELP bytes x\n# TYPE bytes gauge\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

		exposition_head(&out, rows[i].name, rows[i].type, rows[i].help);
		assert_string_equal(out.buf, rows[i].want);
	}
}

static void test_labels(void **state)
{
	CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;

	(void)state;
	exposition_add(&out, "a", NO_LABELS, 7);
	exposition_add(&out, "a", LABELS({ "b", "c" }), -7);
	exposition_add(&out, "a", LABELS({ "b", "\"} 1\n\\" }, { "d", "" }), 0);
	exposition_add(&out, "a", LABELS({ "b", "\xc3\xa4" }),
		       EXPOSITION_INFINITE);
	assert_string_equal(out.buf, "a 7\n"
				     "a{b=\"c\"} -7\n"
				     "a{b=\"\\\"} 1\\n\\\\\",d=\"\"} 0\n"
				     "a{b=\"\xc3\xa4\"} +Inf\n");
}

static void test_seconds(void **state)
{
	static const struct {
		int64_t value;
		const char *ms, *us;
	} rows[] = {
		{ 0, "a 0.000\n", "a 0.000000\n" },
		{ 1, "a 0.001\n", "a 0.000001\n" },
		{ -1, "a -0.001\n", "a -0.000001\n" },
		{ 61002, "a 61.002\n", "a 0.061002\n" },
		{ -3000000, "a -3000.000\n", "a -3.000000\n" },
		{ INT64_MIN, "a -9223372036854775.808\n",
		  "a -9223372036854.775808\n" },
		{ EXPOSITION_INFINITE, "a +Inf\n", "a +Inf\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf ms = STRBUF_INIT;
		CLEANUP(strbuf_release) struct strbuf us = STRBUF_INIT;

		exposition_add_ms(&ms, "a", NO_LABELS, rows[i].value);
		exposition_add_us(&us, "a", NO_LABELS, rows[i].value);
		assert_string_equal(ms.buf, rows[i].ms);
		assert_string_equal(us.buf, rows[i].us);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
