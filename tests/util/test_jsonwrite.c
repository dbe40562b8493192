/* What the quick writer writes is, byte for byte, what jansson writes. */
#include "util/jsonwrite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "util/compiler.h"

static void check_same(json_t *value)
{
	CLEANUP(strbuf_release) struct strbuf ours = STRBUF_INIT;
	char *theirs = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	assert_non_null(theirs);
	assert_true(jsonwrite(value, &ours));
	assert_string_equal(ours.buf, theirs);
	assert_int_equal(ours.len, strlen(theirs));
	free(theirs);
	json_decref(value);
}

static void every_kind_of_value(void **state)
{
	static const char *const rows[] = {
		"{}",
		"[]",
		"\"\"",
		"0",
		"-1",
		"9223372036854775807",
		"-9223372036854775808",
		"0.0",
		"-0.5e-3",
		"1E5",
		"1e300",
		"0.1",
		"123456789.125",
		"[true,false,null]",
		"{\"b\":{\"z\":[1,2.5,{\"c\":\"d\"}]},\"a\":[],\"b2\":{}}",
		"{\"\\\"\\\\\":1,\"\\n\":2,\"\":3}",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u007f\\u001f\"",
		"\"\\u00e9\\u20AC\\uD83D\\ude00 tail \\u2028\"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_same(json_loads(rows[i], JSON_DECODE_ANY, NULL));
}

static void every_byte_of_a_string(void **state)
{
	(void)state;
	for (int c = 0; c < 0x80; c++) {
		const char text[] = { 'a', (char)c, 'b', (char)c, (char)c };

		check_same(json_stringn(text, sizeof(text)));
		check_same(json_pack("{s#:i}", text, (int)sizeof(text), c));
	}
}

/* Arrays in arrays, so many. */
static json_t *deep(int levels)
{
	json_t *value = json_array();

	while (--levels > 0) {
		json_t *around = json_array();

		assert_int_equal(json_array_append_new(around, value), 0);
		value = around;
	}
	return value;
}

static void depth_is_bounded(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	json_t *value = deep(2049);

	(void)state;
	check_same(deep(2000));
	assert_false(jsonwrite(value, &sb));
	json_decref(value);
}

static void nothing_has_no_text(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	(void)state;
	assert_false(jsonwrite(NULL, &sb));
}

static void text_is_added_behind_what_is_there(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	json_t *value = json_pack("[s, i]", "a", 1);

	(void)state;
	strbuf_addstr(&sb, "x");
	assert_true(jsonwrite(value, &sb));
	assert_string_equal(sb.buf, "x[\"a\",1]");
	json_decref(value);
}

/* As json_pack() and jansson's writer say it; @good: it is taken at all. */
static void check_pack(bool good, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf ours = STRBUF_INIT;
	char *theirs = NULL;
	json_t *value;
	va_list ap;

	va_start(ap, format);
	assert_int_equal(jsonwrite_pack(&ours, format, ap), good);
	/* Ours has taken nothing: theirs begins with the same argument. */
	value = json_vpack_ex(NULL, 0, format, ap);
	va_end(ap);
	if (good) {
		assert_non_null(value);
		theirs = json_dumps(value, JSON_COMPACT);
		assert_string_equal(ours.buf, theirs);
	}
	free(theirs);
	json_decref(value);
}

static void packed_as_jansson_packs(void **state)
{
	const char *none = NULL;
	json_int_t large = INT64_MIN;

	(void)state;
	check_pack(true, "{}");
	check_pack(true, "{s:s}", "a", "b");
	check_pack(true, "{s:s, s:s*, s:s*,s:b, s:b, s:i, s:I, s:I}", "a",
		   "q\"\\\n\xc3\xa9", "left", none, "there", "", "yes", 1, "no",
		   0, "i", -7, "I", large, "J", (json_int_t)0);
	check_pack(true, "{s:s*}", "a", none);
	check_pack(true, "{s:s*, s:b}", "a", none, "b", 1);
	/* Left to jansson, which may take it. */
	check_pack(false, "{s:s}", "a", none);
	check_pack(false, "{s:s}", "a", "\xff");
	check_pack(false, "{s:{s:s}}", "a", "b", "c");
	check_pack(false, "{s:[i]}", "a", 1);
	check_pack(false, "{s:n}", "a");
	check_pack(false, "{s:o}", "a", json_integer(1));
	check_pack(false, "[s]", "a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_value),
		cmocka_unit_test(every_byte_of_a_string),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(nothing_has_no_text),
		cmocka_unit_test(text_is_added_behind_what_is_there),
		cmocka_unit_test(packed_as_jansson_packs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
