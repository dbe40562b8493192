/* Borders of values in whole, spoilt and cut text. */
#include "source/slice_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "util/strbuf.h"

static void test_values(void **state)
{
	static const struct {
		const char *text;
		enum slice expect;
		const char *value, *rest;
	} rows[] = {
		{ " {\"a\":1} ,", SLICE_VALUE, "{\"a\":1}", " ," },
		{ "[1,[2]]]", SLICE_VALUE, "[1,[2]]", "]" },
		{ "\"a\\\"b\" x", SLICE_VALUE, "\"a\\\"b\"", " x" },
		{ "\"a\\\\\" x", SLICE_VALUE, "\"a\\\\\"", " x" },
		{ "12,", SLICE_VALUE, "12", "," },
		{ "  ", SLICE_END, NULL, NULL },
		{ "", SLICE_END, NULL, NULL },
		{ "{\"a\":", SLICE_CUT, NULL, NULL },
		{ "{\"a}", SLICE_CUT, NULL, NULL },
		{ "\"a\\\"", SLICE_CUT, NULL, NULL },
		/* What jscan refuses still has an end. */
		{ "{\"a\":1] x", SLICE_VALUE, "{\"a\":1]", " x" },
		{ "{\"}\":[} x", SLICE_VALUE, "{\"}\":[}", " x" },
		{ "[{\"a\":{]]", SLICE_VALUE, "[{\"a\":{]", "]" },
		{ "} x", SLICE_VALUE, "}", " x" },
		{ ",1", SLICE_VALUE, ",", "1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *p = rows[i].text;
		struct span v;

		assert_int_equal(slice_value(&p, p + strlen(p), &v),
				 rows[i].expect);
		if (rows[i].expect != SLICE_VALUE) {
			assert_ptr_equal(p, rows[i].text);
			continue;
		}
		assert_int_equal(v.len, strlen(rows[i].value));
		assert_memory_equal(v.p, rows[i].value, v.len);
		assert_string_equal(p, rows[i].rest);
	}
}

static void test_depth(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *p;
	struct span v;

	(void)state;
	for (int i = 0; i < 100000; i++)
		strbuf_addch(&text, '[');
	for (int i = 0; i < 100000; i++)
		strbuf_addch(&text, ']');
	p = text.buf;
	assert_int_equal(slice_value(&p, p + text.len, &v), SLICE_VALUE);
	assert_int_equal(v.len, text.len);
	p = text.buf;
	assert_int_equal(slice_value(&p, p + text.len - 1, &v), SLICE_CUT);
}

static void test_ends_in_string(void **state)
{
	static const struct {
		const char *text;
		bool expect;
	} rows[] = {
		{ "", false },		{ "{\"a\":1", false },
		{ "{\"a\":\"b", true }, { "{\"a\":\"b\\\"", true },
		{ "\"a\\\\\"", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(slice_ends_in_string(
					 rows[i].text,
					 rows[i].text + strlen(rows[i].text)),
				 rows[i].expect);
}

/* In pieces of any size the same end is found. */
static void test_skip(void **state)
{
	static const char text[] = "{\"a\\\"}\":[{},\"]\\\\\"]}rest";
	size_t end = strlen(text) - 4;

	(void)state;
	for (size_t piece = 1; piece < sizeof(text); piece++) {
		struct slice_skip s;
		const char *p = text + 1;

		slice_skip_begin(&s, text[0]);
		while (slice_skip_is_busy(&s)) {
			const char *stop = p + piece;

			if (stop > text + strlen(text))
				stop = text + strlen(text);
			p = slice_skip_on(&s, p, stop);
		}
		assert_int_equal(p - text, end);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_ends_in_string),
		cmocka_unit_test(test_skip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
