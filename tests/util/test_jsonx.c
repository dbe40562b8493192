/*
 * Tests of util/jsonx: budget, error texts, forgiving look-ups.
 *
 * Battery: C6.
 */
#include "util/jsonx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "util/strbuf.h"
#include "util/xmalloc.h"

static json_t *parse(const char *text)
{
	struct err err = ERR_INIT;
	json_t *value = jsonx_parse(text, strlen(text), 0, &err);

	assert_string_equal(err.text, "");
	assert_non_null(value);
	return value;
}

static void good_text_comes_back(void **state)
{
	static const char *const rows[][2] = {
		{ "{ \"b\": [1, 2.5, null], \"a\": \"x\\ny\" }",
		  "{\"b\":[1,2.5,null],\"a\":\"x\\ny\"}" },
		{ "\xef\xbb\xbf[]", "[]" },
		{ "\"text\"", "\"text\"" },
		{ "12", "12" },
		{ "{\"a\":1,\"a\":2}", "{\"a\":2}" },
		{ "[\"a\\u0000b\"]", "[\"a\xef\xbf\xbd"
				     "b\"]" },
		{ "[\"\\\\u0000\",\"\\u0000\"]",
		  "[\"\\\\u0000\",\"\xef\xbf\xbd\"]" },
		{ "{\"\\u0000k\":\"\\u0000\\u0000\"}",
		  "{\"\xef\xbf\xbdk\":\"\xef\xbf\xbd\xef\xbf\xbd\"}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(jsonx_unref) json_t *value = parse(rows[i][0]);
		char *dump = jsonx_dump(value);

		assert_string_equal(dump, rows[i][1]);
		free(dump);
	}
}

static void bad_text_says_where(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *want;
	} rows[] = {
		{ "{\"a\":1,\n \"b\":}", ERR_SCHEMA, "line 2 column 6" },
		{ "", ERR_SCHEMA, "line 1 column 0" },
		{ "{\"a\":1} x", ERR_SCHEMA, "line 1 column 9" },
		{ "[\"\xff\"]", ERR_SCHEMA, "line 1" },
		{ "[1e400]", ERR_SCHEMA, "line 1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = ERR_INIT;

		assert_null(jsonx_parse(rows[i].text, strlen(rows[i].text), 0,
					&err));
		assert_int_equal(err.code, rows[i].code);
		assert_non_null(strstr(err.text, rows[i].want));
	}
}

/* Behind a number jansson does not mind it. */
static void zero_byte_is_no_json(void **state)
{
	static const char *const rows[] = { "{\"a\":2_,\"b\":1}", "[1_]", "2_",
					    "{\"a\":\"x_y\"}", "_", "{}_" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_ptr) char *text = xstrdup(rows[i]);
		size_t len = strlen(text);
		struct err err = ERR_INIT;

		*strchr(text, '_') = '\0';
		assert_null(jsonx_parse(text, len, 0, &err));
		assert_int_equal(err.code, ERR_SCHEMA);
		assert_null(jsonx_parse_unique(text, len, 0, NULL));
	}
}

static void error_does_not_quote_the_input(void **state)
{
	const char *text = "{\"access_token\": eyJ0eXAi }";
	struct err err = ERR_INIT;

	(void)state;
	assert_null(jsonx_parse(text, strlen(text), 0, &err));
	assert_null(strstr(err.text, "eyJ"));
}

static void deep_text_is_over_the_limit(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 100000; i++)
		strbuf_addch(&sb, '[');
	assert_null(jsonx_parse(sb.buf, sb.len, 0, &err));
	assert_int_equal(err.code, ERR_LIMIT);
}

/* At every budget: refused in words, nothing leaked, then enough. */
static void budget_holds_at_every_size(void **state)
{
	const char *text = "{\"a\":[{},{\"b\":\"some longer string\"},2],"
			   "\"c\":{\"d\":1.5}}";
	size_t heap = 1;
	int n_refused = 0;

	(void)state;
	for (; heap < 100000; heap += 16) {
		struct err err = ERR_INIT;
		CLEANUP(jsonx_unref)
		json_t *value = jsonx_parse(text, strlen(text), heap, &err);

		if (value)
			break;
		n_refused++;
		assert_int_equal(err.code, ERR_LIMIT);
		assert_non_null(strstr(err.text, "too large"));
	}
	assert_true(n_refused > 10);
	assert_true(heap < 10000);
}

/* The measured trap: small text, huge heap. */
static void budget_stops_the_expansion(void **state)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	strbuf_addch(&sb, '[');
	for (int i = 0; i < 100000; i++)
		strbuf_addstr(&sb, "{},");
	strbuf_addstr(&sb, "{}]");
	assert_null(jsonx_parse(sb.buf, sb.len, 1 << 20, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	/* The limit was of that parse only. */
	json_decref(parse("[{},{}]"));
}

static void look_up_forgives_case_and_type(void **state)
{
	CLEANUP(jsonx_unref)
	json_t *o = parse("{\"Title\":\"t\",\"title2\":\"\",\"n\":null,\"i\":7,"
			  "\"exact\":1,\"EXACT\":2,\"o\":{}}");

	(void)state;
	assert_string_equal(jsonx_str(o, "title"), "t");
	assert_string_equal(jsonx_str(o, "TITLE"), "t");
	assert_null(jsonx_str(o, "title2"));
	assert_null(jsonx_str(o, "i"));
	assert_null(jsonx_str(o, "absent"));
	assert_null(jsonx_get(o, "n"));
	assert_non_null(jsonx_get(o, "O"));
	assert_int_equal(json_integer_value(jsonx_get(o, "exact")), 1);
	assert_int_equal(json_integer_value(jsonx_get(o, "EXACT")), 2);
	assert_null(jsonx_get(NULL, "a"));
	assert_null(jsonx_get(jsonx_get(o, "i"), "a"));
}

static void integers_come_in_many_forms(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t want;
	} rows[] = {
		{ "{\"n\":42}", true, 42 },
		{ "{\"n\":-42}", true, -42 },
		{ "{\"N\":\"3600\"}", true, 3600 },
		{ "{\"n\":\"-1\"}", true, -1 },
		{ "{\"n\":3600.0}", true, 3600 },
		{ "{\"n\":1e300}", false, 0 },
		{ "{\"n\":9223372036854775808.0}", false, 0 },
		{ "{\"n\":\"9223372036854775807\"}", true, INT64_MAX },
		{ "{\"n\":\"9223372036854775808\"}", false, 0 },
		{ "{\"n\":\"\"}", false, 0 },
		{ "{\"n\":\"-\"}", false, 0 },
		{ "{\"n\":\" 1\"}", false, 0 },
		{ "{\"n\":\"1h\"}", false, 0 },
		{ "{\"n\":true}", false, 0 },
		{ "{}", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(jsonx_unref) json_t *o = parse(rows[i].text);
		int64_t n = 99;

		assert_int_equal(jsonx_int(o, "n", &n), rows[i].ok);
		assert_int_equal(n, rows[i].ok ? rows[i].want : 99);
	}
}

static void booleans_come_in_many_forms(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} rows[] = {
		{ "{\"b\":true}", true },     { "{\"b\":\"True\"}", true },
		{ "{\"b\":\"true\"}", true }, { "{\"b\":1}", true },
		{ "{\"b\":false}", false },   { "{\"b\":\"yes\"}", false },
		{ "{\"b\":2}", false },	      { "{\"b\":null}", false },
		{ "{\"b\":{}}", false },      { "{}", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(jsonx_unref) json_t *o = parse(rows[i].text);

		assert_int_equal(jsonx_bool(o, "b"), rows[i].want);
	}
	assert_false(jsonx_bool(NULL, "b"));
}

static void unref_empties_the_variable(void **state)
{
	json_t *value = parse("[1]");

	(void)state;
	jsonx_unref(&value);
	assert_null(value);
	jsonx_unref(&value);
	assert_null(jsonx_dump(NULL));
}

/* Larger than the memory that is kept, so that there are several pieces. */
static void scope_takes_all_it_saw(void **state)
{
	json_t *before = parse("{\"a\":[1,2]}");
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	strbuf_addch(&text, '[');
	for (int i = 0; i < 10000; i++)
		strbuf_addf(&text, "{\"member\":\"%d\"},", i);
	strbuf_addstr(&text, "0]");
	for (int i = 0; i < 3; i++) {
		json_t *value, *other;

		jsonx_scope_begin();
		value = jsonx_parse(text.buf, text.len, 0, &err);
		other = jsonx_parse("{\"a\":\"\\u0000\"}", 14, 0, &err);
		assert_int_equal(json_array_size(value), 10001);
		assert_string_equal(jsonx_str(json_array_get(value, 9999),
					      "member"),
				    "9999");
		assert_string_equal(jsonx_str(other, "a"), "\xef\xbf\xbd");
		assert_null(jsonx_parse(text.buf, text.len, 1000, &err));
		assert_int_equal(err.code, ERR_LIMIT);
		json_decref(other);
		json_decref(before);
		before = NULL;
		jsonx_scope_end(value);
	}
	before = parse("[]"); /* its own again */
	json_decref(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_text_comes_back),
		cmocka_unit_test(bad_text_says_where),
		cmocka_unit_test(zero_byte_is_no_json),
		cmocka_unit_test(error_does_not_quote_the_input),
		cmocka_unit_test(deep_text_is_over_the_limit),
		cmocka_unit_test(budget_holds_at_every_size),
		cmocka_unit_test(budget_stops_the_expansion),
		cmocka_unit_test(look_up_forgives_case_and_type),
		cmocka_unit_test(integers_come_in_many_forms),
		cmocka_unit_test(booleans_come_in_many_forms),
		cmocka_unit_test(unref_empties_the_variable),
		cmocka_unit_test(scope_takes_all_it_saw),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
