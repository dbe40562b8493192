/* Lines of an export and of strangers, and what is taken from them. */
#include "cli/export_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/jsonx.h"
#include "util/xmalloc.h"

static void test_lines(void **state)
{
	static const struct {
		const char *line;
		int n; /* -1 refused */
		const char *out;
	} cases[] = {
		{ "", 0, "" },
		{ " \r\n", 0, "" },
		{ "{\"schema\":\"triaged.export.v1\"}\n", 0, "" },
		{ "{\"schema\":\"triaged.export.v2\"}", -1, "another version" },
		{ "{\"end\":true,\"alerts\":3}", 0, "" },
		{ "{\"id\":\"x\"}\r\n", 1, "{\"id\":\"x\"}\n" },
		{ "{\"alert\":{},\"revisions\":[{\"raw\":\"{\\\"a\\\":\\n1}\"},"
		  "{\"raw\":null},{\"raw\":\"{}\"}]}",
		  2, "{\"a\": 1}\n{}\n" },
		{ "{\"alert\":{},\"revisions\":[{\"raw\":null}]}", -1,
		  "no raw form" },
		{ "{\"alert\":{},\"revisions\":[]}", -1, "no raw form" },
		{ "{\"alert\":{\"kind\":\"drill\"},\"revisions\":[{\"raw\":"
		  "\"{}\"}]}",
		  0, "" },
		/* An alert of a stranger that has such a member. */
		{ "{\"alert\":{},\"revisions\":3}", 1,
		  "{\"alert\":{},\"revisions\":3}\n" },
		{ "[1]", -1, "no JSON object" },
		{ "hello", -1, "no JSON object" },
		{ "{\"a\":1,\"a\":2}", -1, "no JSON object" },
		{ "{\"a\":\"\xff\"}", -1, "no JSON object" },
		{ "{} {}", -1, "no JSON object" },
		/* What only import itself writes, for the daemon. */
		{ "{\"triaged_import\":{},\"raw\":\"{}\"}", -1,
		  "no line of an export" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		struct err err = ERR_INIT;
		bool worked = true;
		int n = export_take(cases[i].line, strlen(cases[i].line), NULL,
				    &sb, &worked, &err);

		if (cases[i].n < 0) {
			assert_int_equal(n, ERR_SCHEMA);
			assert_non_null(strstr(err.text, cases[i].out));
			assert_int_equal(sb.len, 0);
			continue;
		}
		if (n != cases[i].n)
			fail_msg("case %zu: %d %s", i, n, err.text);
		assert_string_equal(sb.len ? sb.buf : "", cases[i].out);
		assert_false(worked);
	}
	(void)state;
}

static bool know_x(void *arg, const char *kind, const char *tenant,
		   const char *native_id)
{
	++*(int *)arg;
	return strcmp(kind, "arm") == 0 && strcmp(tenant, "t") == 0 &&
	       strcmp(native_id, "x") == 0;
}

static void test_known(void **state)
{
	static const char known_line[] =
		"{\"alert\":{\"kind\":\"arm\",\"native_id\":\"x\","
		"\"tenant\":\"t\"},"
		"\"revisions\":[{\"raw\":\"{}\"}]}";
	static const char other_line[] =
		"{\"alert\":{\"kind\":\"arm\",\"native_id\":\"x\"},"
		"\"revisions\":[{\"raw\":\"{}\"}]}";
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	int asked = 0;
	bool worked = true;
	struct export_known known = { know_x, &asked };

	assert_int_equal(export_take(known_line, strlen(known_line), &known,
				     &sb, &worked, NULL),
			 0);
	assert_int_equal(sb.len, 0);
	assert_int_equal(export_take(other_line, strlen(other_line), &known,
				     &sb, &worked, NULL),
			 1);
	assert_int_equal(asked, 2);
	(void)state;
}

/* Each of these alone is work, and comes with the last revision. */
static void test_worked(void **state)
{
	static const struct {
		const char *alert, *events, *part;
	} cases[] = {
		{ "\"owner\":\"ada\"", "", NULL }, /* by a rule */
		{ "\"phase\":\"detect\",\"state\":\"open\"", "", NULL },
		{ "\"owner\":\"ada\",\"assigned_by\":\"bob\"", "",
		  "\"owner\":\"ada\"" },
		{ "\"phase\":\"contain\"", "", "\"phase\":\"contain\"" },
		{ "\"state\":\"acknowledged\"", "",
		  "\"state\":\"acknowledged\"" },
		{ "\"verdict\":\"benign\"", "", "\"verdict\":\"benign\"" },
		{ "",
		  "{\"kind\":\"note\",\"actor\":\"ada\",\"at_ms\":7,"
		  "\"detail\":\"{\\\"text\\\":\\\"n\\\"}\"}",
		  "\"notes\":[{\"by\":\"ada\",\"text\":\"n\",\"at_ms\":7}]" },
		/* One that was imported keeps whose it was. */
		{ "",
		  "{\"kind\":\"note\",\"actor\":\"source x\",\"at_ms\":7,"
		  "\"detail\":\"{\\\"text\\\":\\\"n\\\",\\\"by\\\":"
		  "\\\"bob\\\",\\\"at\\\":\\\"1970-01-01T00:00:01Z"
		  "\\\"}\"}",
		  "{\"by\":\"bob\",\"text\":\"n\",\"at_ms\":1000}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		CLEANUP(free_ptr)
		char *line = xasprintf("{\"alert\":{%s},\"revisions\":[{"
				       "\"raw\":\"{1}\"},{\"raw\":\"{2}\"}],"
				       "\"events\":[%s]}",
				       cases[i].alert, cases[i].events);
		bool worked = false;
		const char *second;

		assert_int_equal(export_take(line, strlen(line), NULL, &sb,
					     &worked, NULL),
				 2);
		assert_int_equal(worked, cases[i].part != NULL);
		if (!worked) {
			assert_string_equal(sb.buf, "{1}\n{2}\n");
			continue;
		}
		second = strchr(sb.buf, '\n');
		assert_int_equal(strncmp(sb.buf, "{\"triaged_import\":{},", 21),
				 0);
		if (!strstr(second, cases[i].part))
			fail_msg("%zu: %s", i, sb.buf);
	}
	(void)state;
}

static void test_rows(void **state)
{
	const char *const names[] = { "a", "b", "c", "d" };
	const struct cell cells[] = {
		{ .type = CELL_INTEGER, .integer = -7 },
		{ .type = CELL_TEXT, .text = "x\ny", .len = 3 },
		{ .type = CELL_BYTES, .text = "\xff\x00", .len = 2 },
		{ .type = CELL_NULL },
	};
	CLEANUP(jsonx_unref) json_t *row = export_row(4, names, cells);
	char *text = jsonx_dump(row);

	assert_string_equal(text, "{\"a\":-7,\"b\":\"x\\ny\",\"c\":{\"base64\":"
				  "\"/wA=\"},\"d\":null}");
	free(text);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_worked),
		cmocka_unit_test(test_rows),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
