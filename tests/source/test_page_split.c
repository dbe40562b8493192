/*
 * Pages cut into items, and every way in which a page is none.
 *
 * Battery: C11.
 */
#include "source/page_split_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "util/strbuf.h"

static void test_good(void **state)
{
	static const struct {
		const char *body, *next;
		const char *items[4];
	} rows[] = {
		{ "{\"value\":[]}", NULL, { 0 } },
		{ "\xef\xbb\xbf { \"value\" : [ ] } ", NULL, { 0 } },
		{ "{\"nextLink\":\"https://a/\",\"value\":[1, {\"a\":[]} "
		  ",\"x\"]}",
		  "https://a/",
		  { "1", "{\"a\":[]}", "\"x\"" } },
		{ "{\"value\":[{}],\"nextLink\":\"a\\u0026b\"}",
		  "a&b",
		  { "{}" } },
		{ "{\"value\":[{}],\"@nextLink\":\"b\"}", "b", { "{}" } },
		{ "{\"@odata.context\":{\"value\":3},\"Value\":[{}],"
		  "\"@odata.nextLink\":\"c\"}",
		  "c",
		  { "{}" } },
		{ "{\"value\":[{}],\"nextLink\":null}", NULL, { "{}" } },
		{ "{\"value\":[{}],\"nextLink\":\"\"}", NULL, { "{}" } },
		/* Spoilt items keep their places. */
		{ "{\"value\":[{\"a\":1],{\"b\" 2},nope,{\"c\":[}]}",
		  NULL,
		  { "{\"a\":1]", "{\"b\" 2}", "nope", "{\"c\":[}" } },
		{ "{\"value\":[{\"c\":\"\xff\"},[{\"d\":1],{}]}",
		  NULL,
		  { "{\"c\":\"\xff\"}", "[{\"d\":1]", "{}" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct page_split s;
		struct span item;
		struct err err = ERR_INIT;
		int rc = page_split_open(&s, NULL, rows[i].body,
					 strlen(rows[i].body), &err);

		assert_int_equal(rc, 0);
		if (rows[i].next)
			assert_string_equal(s.next, rows[i].next);
		else
			assert_null(s.next);
		for (size_t k = 0; k < 4 && rows[i].items[k]; k++) {
			assert_true(page_split_next(&s, &item));
			assert_int_equal(item.len, strlen(rows[i].items[k]));
			assert_memory_equal(item.p, rows[i].items[k], item.len);
		}
		assert_false(page_split_next(&s, &item));
		page_split_release(&s);
	}
}

static void test_bad(void **state)
{
	static const struct {
		const char *body, *says;
		bool cut;
	} rows[] = {
		{ "", "in the middle", true },
		{ "  ", "in the middle", true },
		{ "<html></html>", "HTML", false },
		{ "[]", "not a JSON object", false },
		{ "null", "not a JSON object", false },
		{ "{", "in the middle", true },
		{ "{\"value\"", "in the middle", true },
		{ "{\"value\":", "not a list", false },
		{ "{\"value\":[", "in the middle", true },
		{ "{\"value\":[{}", "in the middle", true },
		{ "{\"value\":[{},", "in the middle", true },
		{ "{\"value\":[{\"a\":\"", "in the middle", true },
		{ "{\"value\":[{}]", "in the middle", true },
		{ "{\"value\":[{}],\"nextLink\":\"ht", "in the middle", true },
		{ "{\"value\":{}}", "not a list", false },
		{ "{\"value\":null}", "not a list", false },
		{ "{}", "no list \"value\"", false },
		{ "{\"error\":{\"code\":\"x\"}}", "no list \"value\"", false },
		{ "{\"value\":[],\"value\":[]}", "two lists", false },
		{ "{\"value\":[{} {}]}", "no comma between", false },
		{ "{\"value\":[,{}]}", "no value", false },
		{ "{\"value\":[{},]}", "no value", false },
		{ "{\"value\":[] \"a\":1}", "no comma", false },
		{ "{\"value\":[],}", "no member name", false },
		{ "{value:[]}", "no member name", false },
		{ "{\"value\" []}", "no colon", false },
		{ "{\"a\":,\"value\":[]}", "no value", false },
		{ "{\"value\":[]} {}", "more text", false },
		{ "{\"value\":[],\"nextLink\":5}", "not text", false },
		{ "{\"value\":[],\"nextLink\":\"\\ud800\"}", "not text",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct page_split s;
		struct err err = ERR_INIT;
		int rc = page_split_open(&s, NULL, rows[i].body,
					 strlen(rows[i].body), &err);

		assert_int_equal(rc, ERR_SCHEMA);
		if (!strstr(err.text, rows[i].says) || s.cut != rows[i].cut)
			fail_msg("%s: %s (cut %d)", rows[i].body, err.text,
				 s.cut);
		assert_null(s.next);
	}
}

static void test_limits(void **state)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	struct page_split s;
	struct err err = ERR_INIT;

	(void)state;
	strbuf_addstr(&body, "{\"nextLink\":\"https://a/");
	for (int i = 0; i < PAGE_SPLIT_LINK_MAX; i++)
		strbuf_addch(&body, 'a');
	strbuf_addstr(&body, "\",\"value\":[]}");
	assert_int_equal(page_split_open(&s, NULL, body.buf, body.len, &err),
			 ERR_LIMIT);
	strbuf_reset(&body);
	strbuf_addstr(&body, "{\"value\":[0");
	for (int i = 0; i < PAGE_SPLIT_ITEMS_MAX; i++)
		strbuf_addstr(&body, ",0");
	strbuf_addstr(&body, "]}");
	assert_int_equal(page_split_open(&s, NULL, body.buf, body.len, &err),
			 ERR_LIMIT);
}

/* Cut anywhere, a page is never taken for a whole one. */
static void test_cut_anywhere(void **state)
{
	static const char body[] =
		"{\"value\":[{\"a\":[1,2]},{\"b\":\"c\\\"d\"}],"
		"\"nextLink\":\"https://a/?b\",\"count\":{\"n\":2}}";

	(void)state;
	for (size_t len = 0; len < strlen(body); len++) {
		char *copy = malloc(len + 1);
		struct page_split s;

		memcpy(copy, body, len);
		assert_true(page_split_open(&s, NULL, copy, len, NULL) < 0);
		page_split_release(&s);
		free(copy);
	}
}

static void note_member(void *arg, struct span key, struct span value)
{
	strbuf_addf(arg, "%.*s=%.*s;", (int)key.len, key.p, (int)value.len,
		    value.p);
}

/* Other names, no links: every member beside the list is handed out, in front
 * of it and behind it, and a spoilt item hides none. */
static void test_shape(void **state)
{
	static const char body[] = "{\"hasNext\":true,\"nextLink\":\"x\","
				   "\"Data\":[{\"a\":1],{}],\"total\":7,"
				   "\"value\":[]}";
	CLEANUP(strbuf_release) struct strbuf members = STRBUF_INIT;
	const struct page_shape shape = { .items = "data",
					  .member = note_member,
					  .arg = &members };
	struct err err = ERR_INIT;
	struct page_split s;

	(void)state;
	assert_int_equal(page_split_open(&s, &shape, body, strlen(body), &err),
			 0);
	assert_int_equal(s.n_items, 2);
	assert_null(s.next);
	assert_string_equal(members.buf,
			    "hasNext=true;nextLink=\"x\";total=7;value=[];");
	page_split_release(&s);
	assert_int_equal(page_split_open(&s, &shape, "{\"value\":[]}", 12,
					 &err),
			 ERR_SCHEMA);
	assert_string_equal(err.text, "the answer has no list \"data\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
