/* What Resource Graph is asked, and what its pages say beside their rows. */
#include "source/resource_graph_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "util/jsonx.h"

/* Without id in the query and order by it there are no tokens. */
static void test_request(void **state)
{
	CLEANUP(strlist_release) struct strlist groups = STRLIST_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(jsonx_unref) json_t *body = NULL;
	struct resource_graph g = { 0 };
	const json_t *options;
	const char *query;

	(void)state;
	strlist_add(&groups, "a \"b\"");
	resource_graph_init(&g, NULL, &groups);
	resource_graph_request(&g, &text);
	body = jsonx_parse(text.buf, text.len, 0, NULL);
	assert_non_null(body);
	query = jsonx_str(body, "query");
	assert_non_null(strstr(query, "| project id,"));
	assert_non_null(strstr(query, "| order by id asc"));
	options = jsonx_get(body, "options");
	assert_string_equal(jsonx_str(options, "resultFormat"), "objectArray");
	assert_null(jsonx_get(options, "$skipToken"));
	assert_null(jsonx_get(body, "subscriptions"));
	assert_string_equal(json_string_value(json_array_get(
				    jsonx_get(body, "managementGroups"), 0)),
			    "a \"b\"");
	resource_graph_release(&g);
}

struct member {
	const char *key, *value;
};

static int follow(const struct member *members, size_t n_items,
		  struct strbuf *next, struct err *err)
{
	struct resource_graph g = { 0 };
	int rc;

	resource_graph_init(&g, NULL, NULL);
	for (; members->key; members++)
		resource_graph_member(&g,
				      (struct span){ members->key,
						     strlen(members->key) },
				      (struct span){ members->value,
						     strlen(members->value) });
	rc = resource_graph_follow(&g, n_items, next, err);
	resource_graph_release(&g);
	return rc;
}

static void test_follow(void **state)
{
	static const struct {
		struct member members[5];
		size_t n_items;
		int rc;
		const char *has; /* the next request, or the error */
	} rows[] = {
		{ { { "resultTruncated", "\"false\"" }, { "count", "2" } },
		  2,
		  0,
		  NULL },
		{ { { "resultTruncated", "\"true\"" },
		    { "$skipToken", "\"a\\/b\"" } },
		  7,
		  1,
		  "\"$skipToken\":\"a/b\"" },
		{ { { "resultTruncated", "false" }, { "$skiptoken", "\"x\"" } },
		  7,
		  1,
		  "\"$skipToken\":\"x\"" },
		{ { { "resultTruncated", "true" } },
		  7,
		  ERR_SCHEMA,
		  "no token" },
		{ { { "resultTruncated", "\"TRUE\"" },
		    { "$skipToken", "null" } },
		  7,
		  ERR_SCHEMA,
		  "no token" },
		{ { { "resultTruncated", "\"true\"" },
		    { "$skipToken", "\"\"" } },
		  7,
		  ERR_SCHEMA,
		  "no token" },
		{ { { "count", "7" }, { "$skipToken", "\"x\"" } },
		  7,
		  ERR_SCHEMA,
		  "does not say" },
		{ { { "resultTruncated", "\"false\"" }, { "count", "8" } },
		  7,
		  ERR_SCHEMA,
		  "has 7 rows and says 8" },
		{ { { "resultTruncated", "\"false\"" },
		    { "count", "9999999999999999999999" } },
		  7,
		  0,
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
		struct err err = ERR_INIT;

		assert_int_equal(follow(rows[i].members, rows[i].n_items, &next,
					&err),
				 rows[i].rc);
		assert_int_equal(next.len > 0, rows[i].rc > 0);
		if (rows[i].has)
			assert_non_null(
				strstr(rows[i].rc > 0 ? next.buf : err.text,
				       rows[i].has));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_follow),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
