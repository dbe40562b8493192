/*
 * Text, times and lists out of a stranger's JSON.
 *
 * Battery: B4 C10.
 */
#include "source/field_priv.h"

#include "source/parsed.h"

static json_t *parsed(const char *json)
{
	CLEANUP(free_ptr) char *raw = quoted(json);
	json_t *value = jsonx_parse(raw, strlen(raw), 0, NULL);

	assert_non_null(value);
	return value;
}

static void test_first(void **state)
{
	CLEANUP(jsonx_unref)
	json_t *o = parsed(
		"{'a':'','b':null,'c':5,'blank':' \\t','D':'x','e':'y'}");

	(void)state;
	assert_string_equal(FIELD_FIRST(o, "a", "b", "c", "blank", "d", "e"),
			    "x");
	assert_null(FIELD_FIRST(o, "a", "b", "c", "blank"));
	assert_null(FIELD_FIRST(NULL, "a"));
}

static void test_line(void **state)
{
	static const struct {
		const char *in;
		size_t max;
		const char *out;
		bool clipped;
	} rows[] = {
		{ "plain", 10, "plain", false },
		{ " \t a\nb \r\n", 10, "a b", false },
		{ "a\x1b[31mb\x7f", 10, "a[31mb", false },
		{ "\xe2\x80\xae"
		  "evil",
		  10, "evil", false },
		{ "1234567890", 10, "1234567890", false },
		{ "12345678901", 10, "123456789\xe2\x80\xa6", true },
		{ "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 3,
		  "\xc3\xa9\xc3\xa9\xe2\x80\xa6", true },
		{ "  ", 10, NULL, false },
		{ "", 10, NULL, false },
		{ NULL, 10, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct alert a = { 0 };
		CLEANUP(free_ptr)
		char *out = field_line(&a, rows[i].in, rows[i].max);

		same_text(out, rows[i].out, rows[i].in);
		assert_int_equal(a.clipped, rows[i].clipped);
	}
}

static void test_text(void **state)
{
	struct alert a = { 0 };
	CLEANUP(strbuf_release) struct strbuf large = STRBUF_INIT;
	CLEANUP(free_ptr) char *html = field_text(&a, " <p>a</p>b\r\nc ");
	CLEANUP(free_ptr) char *cut = NULL;

	(void)state;
	assert_string_equal(html, "a\nb\nc");
	assert_false(a.clipped);
	assert_null(field_text(&a, "<p></p>"));
	for (int i = 0; i < 300000; i++)
		strbuf_addch(&large, 'x');
	cut = field_text(&a, large.buf);
	assert_int_equal(strlen(cut), ALERT_TEXT_MAX - 1 + 3);
	assert_true(a.clipped);
}

/* As it was sent or not at all: a cleaned id would be that of another alert. */
static void test_id(void **state)
{
	static const char *const kept[] = { "25_a", " 25_a ", "\xc3\xa9",
					    "a\xe2\x80\x8b" };
	static const char *const refused[] = {
		"",	    " ",      " \t\n",		"\x01\n",
		"25\x01_a", "25_a\n", "25\x7f",		"25\xc2\x9b",
		"25\xff",   "25\xc3", "25\xe2\x80\xae", "25\xef\xbf\xbd",
		"25\ta",
	};
	CLEANUP(strbuf_release) struct strbuf large = STRBUF_INIT;
	char *id;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		assert_int_equal(field_id(kept[i], &id, NULL), 0);
		assert_string_equal(id, kept[i]);
		free(id);
	}
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		assert_int_equal(field_id(refused[i], &id, NULL), ERR_SCHEMA);
	assert_int_equal(field_id(NULL, &id, NULL), ERR_SCHEMA);
	for (int i = 0; i < ALERT_ID_MAX; i++)
		strbuf_addch(&large, 'x');
	assert_int_equal(field_id(large.buf, &id, NULL), 0);
	free(id);
	strbuf_addch(&large, 'x');
	assert_int_equal(field_id(large.buf, &id, NULL), ERR_SCHEMA);
}

static void test_time(void **state)
{
	static const struct {
		const char *json;
		int64_t expect;
	} rows[] = {
		{ "{'t':'2026-11-01T09:00:00Z'}", 1793523600000 },
		{ "{'t':'2026-11-01T10:00:00.1234567+01:00'}", 1793523600123 },
		{ "{'t':'2026-11-01 09:00:00'}", 1793523600000 },
		{ "{'t':1793523600000}", 1793523600000 },
		{ "{'t':'0001-01-01T00:00:00Z'}", 0 },
		{ "{'t':'9998-12-31T23:59:59.999Z'}", 253370764799999 },
		{ "{'t':'9999-12-31T23:59:59.9999999Z'}", 0 },
		{ "{'t':'9999-12-31T00:00:00Z','u':'2026-11-01T09:00:00Z'}",
		  1793523600000 },
		{ "{'t':253370764799999}", 253370764799999 },
		{ "{'t':253370764800000}", 0 },
		{ "{'t':'2025-09-18T15:14:17+0530577Z'}", 0 },
		{ "{'t':''}", 0 },
		{ "{'t':null}", 0 },
		{ "{'t':-5}", 0 },
		{ "{'t':9223372036854775807}", 0 },
		{ "{'t':1.5}", 0 },
		{ "{'t':'soon','u':'2026-11-01T09:00:00Z'}", 1793523600000 },
		{ "{}", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(jsonx_unref) json_t *o = parsed(rows[i].json);

		if (FIELD_TIME(o, "t", "u") != rows[i].expect)
			fail_msg("%s: %lld", rows[i].json,
				 (long long)FIELD_TIME(o, "t", "u"));
	}
}

static void test_container(void **state)
{
	CLEANUP(jsonx_unref)
	json_t *o = parsed(
		"{'a':[1],'b':'[1,2]','c':' {\\'x\\':1}','d':'text','e':'[1',"
		"'f':5}");
	static const struct {
		const char *key;
		size_t n;
	} rows[] = { { "a", 1 }, { "b", 2 }, { "c", 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(jsonx_unref)
		json_t *c = field_container(o, rows[i].key);

		assert_non_null(c);
		assert_int_equal(json_array_size(c), rows[i].n);
	}
	assert_null(field_container(o, "d"));
	assert_null(field_container(o, "e"));
	assert_null(field_container(o, "f"));
	assert_null(field_container(o, "g"));
}

static void test_lists(void **state)
{
	CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf steps = STRBUF_INIT;
	CLEANUP(jsonx_unref) json_t *many = parsed("['c',5,null,'A','d, e']");
	CLEANUP(jsonx_unref) json_t *one = parsed("{'x':'f'}");
	struct alert a = { 0 };
	CLEANUP(free_ptr) char *text = NULL;

	(void)state;
	field_add_words(&list, " a , b,,a, Unknown");
	field_add_words(&list, NULL);
	field_add_all(&list, many);
	field_add_all(&list, json_object_get(one, "x"));
	field_add_all(&list, NULL);
	text = field_list(&a, &list);
	assert_string_equal(text, "a,b,c,d,e,f");
	field_add_steps(&steps, " one \r\n\r\ntwo\n");
	field_add_steps(&steps, NULL);
	field_add_steps(&steps, "three");
	assert_string_equal(steps.buf, "one\ntwo\nthree");
}

static void test_arm_ids(void **state)
{
	static const struct {
		const char *id, *group, *type, *name;
	} rows[] = {
		{ "/subscriptions/s/resourceGroups/g/providers/M.C/vm/x", "g",
		  "M.C/vm", "x" },
		{ "/SUBSCRIPTIONS/s/RESOURCEGROUPS/g/PROVIDERS/M.S/servers/a/"
		  "databases/b",
		  "g", "M.S/servers/databases", "b" },
		{ "/subscriptions/s/resourceGroups/g/providers/A.B/c/d/"
		  "providers/E.F/g/h",
		  "g", "E.F/g", "h" },
		{ "/subscriptions/s", NULL, NULL, "s" },
		{ "/subscriptions/s/resourceGroups/", NULL, NULL, NULL },
		{ "/resourceGroupsX/g/y", NULL, NULL, "y" },
		{ "vm-1", NULL, NULL, NULL },
		{ "", NULL, NULL, NULL },
		{ NULL, NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_ptr)
		char *group = field_arm_segment(rows[i].id, "resourceGroups");
		CLEANUP(free_ptr) char *type = field_arm_type(rows[i].id);

		same_text(group, rows[i].group, rows[i].id);
		same_text(type, rows[i].type, rows[i].id);
		same_text(field_arm_name(rows[i].id), rows[i].name, rows[i].id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first), cmocka_unit_test(test_line),
		cmocka_unit_test(test_text),  cmocka_unit_test(test_id),
		cmocka_unit_test(test_time),  cmocka_unit_test(test_container),
		cmocka_unit_test(test_lists), cmocka_unit_test(test_arm_ids),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
