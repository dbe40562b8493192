/* Tests of util/jscan: borders of values, strict structure, hostile nesting. */
#include "util/jscan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "util/err.h"
#include "util/strbuf.h"

static struct span span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

static void expect_span(struct span got, const char *want)
{
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.p, want, got.len);
}

static void value_finds_its_borders(void **state)
{
	static const struct {
		const char *text;
		int want_rc;
		const char *want;
		size_t want_moved;
	} rows[] = {
		{ "", 0, NULL, 0 },
		{ " \t\r\n", 0, NULL, 0 },
		{ "\xef\xbb\xbf", 0, NULL, 0 },
		{ " 12 ", 1, "12", 3 },
		{ "true,false", 1, "true", 4 },
		{ "\xef\xbb\xbf {}", 1, "{}", 6 },
		{ "[1,[2,{\"a\":[]}]] x", 1, "[1,[2,{\"a\":[]}]]", 16 },
		{ "\"a]}\\\"b\" ", 1, "\"a]}\\\"b\"", 8 },
		{ "\"\\\\\",", 1, "\"\\\\\"", 4 },
		{ "{\"]\":\"}\"}", 1, "{\"]\":\"}\"}", 9 },
		{ "\"\xff\x01\"", 1, "\"\xff\x01\"", 4 },
		{ "1e400}", 1, "1e400", 5 },
		{ "[", ERR_SCHEMA, NULL, 0 },
		{ "[1,2", ERR_SCHEMA, NULL, 0 },
		{ "[}", ERR_SCHEMA, NULL, 0 },
		{ "{\"a\":[1}", ERR_SCHEMA, NULL, 0 },
		{ "]", ERR_SCHEMA, NULL, 0 },
		{ ",", ERR_SCHEMA, NULL, 0 },
		{ "\"abc", ERR_SCHEMA, NULL, 0 },
		{ "\"abc\\\"", ERR_SCHEMA, NULL, 0 },
		{ "[\"abc]", ERR_SCHEMA, NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *p = rows[i].text;
		struct span value = { NULL, 77 };
		int rc = jscan_value(&p, p + strlen(p), &value);

		assert_int_equal(rc, rows[i].want_rc);
		assert_int_equal(p - rows[i].text, rows[i].want_moved);
		if (rc > 0)
			expect_span(value, rows[i].want);
		else
			assert_int_equal(value.len, 77);
	}
}

/* The buffer is no C string: an end in the middle of anything is the end. */
static void every_prefix_is_refused(void **state)
{
	static const char text[] =
		"{\"a\":[\"\\u0041\\\\\",{}],\"b\":\"\\\"\"}";

	(void)state;
	for (size_t len = 1; len < strlen(text); len++) {
		char *copy = malloc(len);
		const char *p = copy;
		struct span value;

		memcpy(copy, text, len);
		assert_int_equal(jscan_value(&p, copy + len, &value),
				 ERR_SCHEMA);
		free(copy);
	}
}

static int nested(size_t depth)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct span value;
	const char *p;

	for (size_t i = 0; i < depth; i++)
		strbuf_addstr(&sb, i % 2 ? "[" : "{\"a\":");
	for (size_t i = depth; i > 0; i--)
		strbuf_addch(&sb, (i - 1) % 2 ? ']' : '}');
	p = sb.buf;
	return jscan_value(&p, p + sb.len, &value);
}

static void nesting_has_a_limit(void **state)
{
	(void)state;
	assert_int_equal(nested(JSCAN_MAX_DEPTH), 1);
	assert_int_equal(nested(JSCAN_MAX_DEPTH + 1), ERR_LIMIT);
	assert_int_equal(nested(1000000), ERR_LIMIT);
}

static void type_is_the_first_byte(void **state)
{
	(void)state;
	assert_int_equal(jscan_type(span_of("{}")), JSCAN_OBJECT);
	assert_int_equal(jscan_type(span_of("[]")), JSCAN_ARRAY);
	assert_int_equal(jscan_type(span_of("\"\"")), JSCAN_STRING);
	assert_int_equal(jscan_type(span_of("null")), JSCAN_OTHER);
	assert_int_equal(jscan_type(span_of("")), JSCAN_OTHER);
}

/* Members as "key=value;" and the code at the end. */
static int walk(const char *text, struct strbuf *sb)
{
	struct jscan it;
	struct span key, value;
	int rc;

	jscan_enter(&it, span_of(text));
	while ((rc = jscan_next(&it, &key, &value)) > 0) {
		strbuf_add(sb, key.p, key.len);
		strbuf_addch(sb, '=');
		strbuf_add(sb, value.p, value.len);
		strbuf_addch(sb, ';');
	}
	/* The end stays the end. */
	assert_int_equal(jscan_next(&it, &key, &value), rc);
	return rc;
}

static void iteration_is_strict(void **state)
{
	static const struct {
		const char *text;
		int want_rc;
		const char *want;
	} rows[] = {
		{ "{}", 0, "" },
		{ "[ ]", 0, "" },
		{ "[1, \"a\" ,{} ]", 0, "=1;=\"a\";={};" },
		{ "{\"a\":1,\"b\" : [2]}", 0, "a=1;b=[2];" },
		{ "{\"a\\\"b\":\"\xff\"}", 0, "a\\\"b=\"\xff\";" },
		{ "[1 2]", ERR_SCHEMA, "=1;" },
		{ "[1,]", ERR_SCHEMA, "=1;" },
		{ "[,1]", ERR_SCHEMA, "" },
		{ "[1,,2]", ERR_SCHEMA, "=1;" },
		{ "[1:2]", ERR_SCHEMA, "=1;" },
		{ "[{}{}]", ERR_SCHEMA, "={};" },
		{ "[\"a\"\"b\"]", ERR_SCHEMA, "=\"a\";" },
		{ "[{\"a\"},1]", 0, "={\"a\"};=1;" },
		{ "{\"a\" 1}", ERR_SCHEMA, "" },
		{ "{\"a\",1}", ERR_SCHEMA, "" },
		{ "{\"a\":}", ERR_SCHEMA, "" },
		{ "{\"a\"}", ERR_SCHEMA, "" },
		{ "{a:1}", ERR_SCHEMA, "" },
		{ "{1:1}", ERR_SCHEMA, "" },
		{ "{\"a\":1,}", ERR_SCHEMA, "a=1;" },
		{ "{\"a\":1;\"b\":2}", ERR_SCHEMA, "a=1;" },
		{ "{\"a\":1 \"b\":2}", ERR_SCHEMA, "a=1;" },
		{ "null", ERR_SCHEMA, "" },
		{ "\"[]\"", ERR_SCHEMA, "" },
		{ "[1", ERR_SCHEMA, "" },
		{ "[", ERR_SCHEMA, "" },
		{ "", ERR_SCHEMA, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		int rc = walk(rows[i].text, &sb);

		/* `1;"b"` is one word to the scanner, refused at the colon. */
		if (strchr(rows[i].text, ';'))
			assert_int_equal(rc, ERR_SCHEMA);
		else
			assert_string_equal(sb.buf, rows[i].want);
		assert_int_equal(rc, rows[i].want_rc);
	}
}

static void member_ignores_case(void **state)
{
	struct span page = span_of(
		"{\"Value\":[1],\"nextLink\":\"x\",\"value\":2,\"e\" 3}");
	struct span value;

	(void)state;
	assert_int_equal(jscan_member(page, "value", &value), 1);
	expect_span(value, "[1]");
	assert_int_equal(jscan_member(page, "NEXTLINK", &value), 1);
	expect_span(value, "\"x\"");
	assert_int_equal(jscan_member(page, "nextLin", &value), ERR_SCHEMA);
	assert_int_equal(jscan_member(span_of("{\"a\":1}"), "b", &value), 0);
	assert_int_equal(jscan_member(span_of("[1]"), "b", &value), ERR_SCHEMA);
	expect_span(value, "\"x\"");
}

static void string_is_unescaped_or_refused(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} rows[] = {
		{ "\"\"", "" },
		{ "\"plain\"", "plain" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
		{ "\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac" },
		{ "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80" },
		{ "\"\xc3\xa9\"", "\xc3\xa9" },
		{ "\"\\u0000\"", NULL },
		{ "\"\\ud83d\"", NULL },
		{ "\"\\ud83dx\"", NULL },
		{ "\"\\ud83d\\u0041\"", NULL },
		{ "\"\\ude00\"", NULL },
		{ "\"\\u12\"", NULL },
		{ "\"\\u12g4\"", NULL },
		{ "\"\\u\x11"
		  "234\"",
		  NULL },
		{ "\"\\x41\"", NULL },
		{ "\"\\\"", NULL },
		{ "\"a\nb\"", NULL },
		{ "\"a\"b\"", NULL },
		{ "\"\xff\"", NULL },
		{ "\"", NULL },
		{ "", NULL },
		{ "12", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *s = jscan_string(span_of(rows[i].text));

		if (rows[i].want)
			assert_string_equal(s, rows[i].want);
		else
			assert_null(s);
		free(s);
	}
}

static void descend_stops_at_the_end_of_the_object(void **state)
{
	static const struct {
		const char *text;
		int want_rc;
		const char *want; /* keys seen, and how it ended */
	} rows[] = {
		{ "{\"a\":1,\"P\":{\"x\":1,\"y\":[]},\"z\":1}", 1, "xy." },
		{ "{\"p\" : { } ,\"z\":1}", 1, "." },
		{ "{\"p\":{\"x\":{\"q\":1}}}", 1, "x." },
		{ "{\"a\":{\"p\":{\"x\":1}}}", 0, "" },
		{ "{}", 0, "" },
		{ "{\"p\":{\"x\":1]}", 1, "x!" },
		{ "{\"p\":{\"x\":1,}}", 1, "x!" },
		{ "{\"p\":{\"x\":1 \"y\":2}}", 1, "x!" },
		{ "{\"p\":{\"x\":1}", 1, "x!" },
		{ "{\"p\":[1]}", ERR_SCHEMA, "" },
		{ "{\"p\":\"{\"}", ERR_SCHEMA, "" },
		{ "{\"p\":}", ERR_SCHEMA, "" },
		{ "{1}", ERR_SCHEMA, "" },
		{ "[{\"p\":{}}]", ERR_SCHEMA, "" },
		{ "1", ERR_SCHEMA, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf seen = STRBUF_INIT;
		struct span key, value;
		struct jscan it;
		int rc;

		jscan_enter(&it, span_of(rows[i].text));
		rc = jscan_descend(&it, "p");
		assert_int_equal(rc, rows[i].want_rc);
		if (rc <= 0) {
			assert_true(jscan_next(&it, &key, &value) < 0);
			continue;
		}
		while ((rc = jscan_next(&it, &key, &value)) > 0)
			strbuf_add(&seen, key.p, key.len);
		strbuf_addch(&seen, rc < 0 ? '!' : '.');
		assert_string_equal(seen.buf, rows[i].want);
	}
}

static void count_is_whole_or_refused(void **state)
{
	static const struct {
		const char *text;
		int64_t count;
	} rows[] = { { "0", 0 },
		     { "20", 20 },
		     { "2147483647", INT32_MAX },
		     { "2147483648", -1 },
		     { "99999999999999999999", -1 },
		     { "", -1 },
		     { "-1", -1 },
		     { "1.0", -1 },
		     { "1e3", -1 },
		     { "\"7\"", -1 },
		     { "null", -1 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct span s = { rows[i].text, strlen(rows[i].text) };

		assert_int_equal(span_count(s), rows[i].count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descend_stops_at_the_end_of_the_object),
		cmocka_unit_test(value_finds_its_borders),
		cmocka_unit_test(every_prefix_is_refused),
		cmocka_unit_test(nesting_has_a_limit),
		cmocka_unit_test(type_is_the_first_byte),
		cmocka_unit_test(iteration_is_strict),
		cmocka_unit_test(member_ignores_case),
		cmocka_unit_test(string_is_unescaped_or_refused),
		cmocka_unit_test(count_is_whole_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
