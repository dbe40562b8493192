/*
 * The door of all three APIs: one bad item of a hundred costs nobody but
 * itself, whatever is wrong with it (rows C10 and C11 of the fault catalogue).
 *
 * Battery: B4 C10 C11 C13.
 */
#include "source/normalize.h"

#include "source/page_split_priv.h"
#include "source/parsed.h"

#define AN_ALERT                                                               \
	"{'id':'1','name':'n%d','properties':{'systemAlertId':'n%d',"          \
	"'severity':'Low','alertDisplayName':'t'}}"

static struct item normalized(enum door door, const char *raw, size_t len)
{
	struct item it = { 0 };

	alert_init(&it.alert);
	normalize_item(door, "", (struct span){ raw, len }, &it);
	return it;
}

/* A page of 100 with @bad in the middle; how many came out as what. */
static void count_page(const char *bad, size_t bad_len, size_t *ret_good,
		       size_t *ret_bad)
{
	CLEANUP(strbuf_release) struct strbuf page = STRBUF_INIT;
	struct page_split split;
	struct span item;

	*ret_good = *ret_bad = 0;
	strbuf_addstr(&page, "{\"value\":[");
	for (int i = 0; i < 100; i++) {
		CLEANUP(free_ptr) char *json = xasprintf(AN_ALERT, i, i);
		CLEANUP(free_ptr) char *good = quoted(json);

		if (i)
			strbuf_addch(&page, ',');
		if (i == 50)
			strbuf_add(&page, bad, bad_len);
		else
			strbuf_addstr(&page, good);
	}
	strbuf_addstr(&page, "]}");
	assert_int_equal(page_split_open(&split, NULL, page.buf, page.len,
					 NULL),
			 0);
	while (page_split_next(&split, &item)) {
		struct item it = normalized(DOOR_ARM, item.p, item.len);

		*ret_good += it.kind == ITEM_ALERT;
		if (it.kind == ITEM_BAD) {
			(*ret_bad)++;
			assert_int_equal(it.raw_len, bad_len);
			assert_memory_equal(it.raw, bad, bad_len);
			assert_true(it.reason[0] != '\0');
		}
		alert_release(&it.alert);
	}
	page_split_release(&split);
}

static void test_one_of_a_hundred(void **state)
{
#define ROW(s)                                                                 \
	{                                                                      \
		s, sizeof(s) - 1                                               \
	}
	static const struct {
		const char *bad;
		size_t len;
	} rows[] = {
		ROW("{\"name\":\"x\",\"a\":\"\xff\xfe\"}"),
		ROW("{\"name\":\"x\",\"a\":\"\xc3\"}"),
		ROW("{\"name\":\"x\",\"a\":\"\\ud800\"}"),
		ROW("{\"name\":\"x\",\"a\":\"\\udc00x\"}"),
		ROW("{\"name\":\"x\",\"a\":9223372036854775808}"),
		ROW("{\"name\":\"x\",\"a\":1e400}"),
		ROW("{\"name\":\"x\",\"a\":NaN}"),
		ROW("{\"name\":\"x\",\"a\":\"\x01\"}"),
		ROW("{\"name\":\"x\",\"a\":\"\n\"}"),
		ROW("{\"name\":\"x\",\"a\":\"b\0c\"}"),
		ROW("{\"name\":\"x\",\"name\":\"y\"}"),
		ROW("{\"name\":\"x\",\"p\":{\"s\":1,\"\\u0073\":2}}"),
		ROW("{\"name\":\"x\",,}"),
		ROW("{\"name\":\"x\" \"a\"}"),
		ROW("{\"name\":[}"),
		ROW("{'name':'x'}"),
		ROW("null"),
		ROW("17"),
		ROW("\"text\""),
		ROW("[]"),
		ROW("nonsense"),
		ROW("{}"),
		ROW("{\"name\":null}"),
		ROW("{\"name\":\"\"}"),
		ROW("{\"name\":\" \"}"),
		ROW("{\"name\":5}"),
		ROW("{\"name\":[\"x\"]}"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t good, bad;

		count_page(rows[i].bad, rows[i].len, &good, &bad);
		if (good != 99 || bad != 1)
			fail_msg("%s: %zu good, %zu bad", rows[i].bad, good,
				 bad);
	}
}

/* The escape of NUL must not hide an alert: it is read, not quarantined. */
static void test_nul(void **state)
{
	static const char raw[] = "{\"name\":\"x\",\"properties\":{"
				  "\"alertDisplayName\":\"a\\u0000b\"}}";
	struct item it = normalized(DOOR_ARM, raw, strlen(raw));

	(void)state;
	assert_int_equal(it.kind, ITEM_ALERT);
	assert_string_equal(it.alert.title, "a\xef\xbf\xbd"
					    "b");
	assert_string_equal(it.alert.raw, raw);
	alert_release(&it.alert);
}

static void test_deep(void **state)
{
	static const size_t depths[] = { 255, 300, 2049, 100000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(depths); i++) {
		CLEANUP(strbuf_release) struct strbuf deep = STRBUF_INIT;
		size_t good, bad;

		strbuf_addstr(&deep, "{\"name\":\"x\",\"a\":");
		for (size_t k = 0; k < depths[i]; k++)
			strbuf_addch(&deep, '[');
		for (size_t k = 0; k < depths[i]; k++)
			strbuf_addch(&deep, ']');
		strbuf_addch(&deep, '}');
		count_page(deep.buf, deep.len, &good, &bad);
		/* What jansson can read is an alert, however odd. */
		assert_int_equal(bad, depths[i] > 2048);
		assert_int_equal(good, 100 - bad);
	}
}

static void test_large(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct item it;

	(void)state;
	/* A title of a megabyte is clipped and marked. */
	strbuf_addstr(&text, "{\"name\":\"x\",\"properties\":{"
			     "\"alertDisplayName\":\"");
	for (int i = 0; i < 1000000; i++)
		strbuf_addch(&text, 't');
	strbuf_addstr(&text, "\"}}");
	it = normalized(DOOR_ARM, text.buf, text.len);
	assert_int_equal(it.kind, ITEM_ALERT);
	assert_true(it.alert.clipped);
	assert_int_equal(strlen(it.alert.title), ALERT_TITLE_MAX - 1 + 3);
	alert_release(&it.alert);

	/* An id of a megabyte is none. */
	strbuf_reset(&text);
	strbuf_addstr(&text, "{\"name\":\"");
	for (int i = 0; i < 1000000; i++)
		strbuf_addch(&text, 'i');
	strbuf_addstr(&text, "\"}");
	it = normalized(DOOR_ARM, text.buf, text.len);
	assert_int_equal(it.kind, ITEM_BAD);
	assert_non_null(strstr(it.reason, "an id of 1000000 bytes"));

	/* More than any item may be: only its beginning is kept. */
	strbuf_setlen(&text, text.len - 2);
	for (int i = 0; i < 4000000; i++)
		strbuf_addch(&text, 'i');
	strbuf_addstr(&text, "\"}");
	it = normalized(DOOR_ARM, text.buf, text.len);
	assert_int_equal(it.kind, ITEM_BAD);
	assert_non_null(strstr(it.reason, "more than 4 MiB"));
	assert_int_equal(it.raw_len, 65536);
}

static void test_memory(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct item it;

	(void)state;
	strbuf_addstr(&text, "{\"name\":\"x\",\"a\":[{}");
	while (text.len < 4000000)
		strbuf_addstr(&text, ",{}");
	strbuf_addstr(&text, "]}");
	it = normalized(DOOR_ARM, text.buf, text.len);
	assert_int_equal(it.kind, ITEM_BAD);
	assert_non_null(strstr(it.reason, "too large"));
}

static void test_refusals(void **state)
{
	static const char *const rows[][2] = {
		{ "{'id':'1','vendorInformation':{'provider':'x'},"
		  "'azureTenantId':'t','title':'t','severity':'low'}",
		  "Graph legacy v1 alert: use alerts_v2" },
		{ "{'error':{'code':'x'}}", "no alert of a known shape" },
		{ "{'title':'t','serviceSource':'x'}", "no id" },
		{ "{'title':'t','severityValue':1}", "no id" },
		{ "[1]", "the item is no JSON object" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_ptr) char *raw = quoted(rows[i][0]);
		struct item it = normalized(DOOR_ANY, raw, strlen(raw));

		assert_int_equal(it.kind, ITEM_BAD);
		assert_string_equal(it.reason, rows[i][1]);
	}
	{
		CLEANUP(free_ptr) char *raw = quoted(rows[0][0]);
		struct item it = normalized(DOOR_GRAPH, raw, strlen(raw));

		assert_string_equal(it.reason, rows[0][1]);
	}
}

/* Identity does not depend on case. */
static void test_case(void **state)
{
	static const char a[] = "{\"systemAlertId\":\"25_AbC\"}";
	static const char b[] = "{\"systemAlertId\":\"25_aBc\"}";
	struct item x = normalized(DOOR_ANY, a, strlen(a));
	struct item y = normalized(DOOR_ANY, b, strlen(b));

	(void)state;
	assert_memory_equal(&x.key, &y.key, sizeof(x.key));
	assert_string_equal(x.alert.native_id, "25_AbC");
	alert_release(&x.alert);
	alert_release(&y.alert);
}

/* Every byte of an alert replaced, dropped or doubled: no crash, no leak. */
static void test_mutations(void **state)
{
	static const char *const rows[] = {
		"{'id':'/subscriptions/s/a','name':'1','type':'Microsoft."
		"Security/alerts','properties':{'severity':'High','entities':"
		"[{'$id':'1','type':'ip','address':'::1'},{'$ref':'1'}]}}",
		"{'id':'dc1','providerAlertId':'1','title':'t','evidence':["
		"{'@odata.type':'#x.userEvidence','userAccount':{}}]}",
		"{'_id':'1','severityValue':3,'entities':[{'type':'ip','id':"
		"5}],'intent':[1,2],'description':'<b>x</b>&amp;'}",
	};
	static const char swaps[] = "\"{}[],:\\ \0"
				    "5x";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_ptr) char *raw = quoted(rows[i]);
		size_t len = strlen(raw);

		for (size_t at = 0; at < len; at++) {
			for (size_t s = 0; s < sizeof(swaps); s++) {
				CLEANUP(free_ptr) char *m = xmemdup(raw, len);
				struct alert_key key;
				struct item it;

				m[at] = swaps[s];
				it = normalized(DOOR_ANY, m, len);
				alert_release(&it.alert);
				(void)normalize_peek_key(DOOR_ANY, "",
							 (struct span){ m,
									len },
							 &key);
			}
		}
	}
}

/* Lists and messages have something to call it by. */
static void test_untitled(void **state)
{
	static const struct {
		enum door door;
		const char *json, *title;
	} rows[] = {
		{ DOOR_GRAPH, "{'id':'1','serviceSource':'x'}",
		  "Untitled alert from x" },
		{ DOOR_GRAPH, "{'id':'1','serviceSource':'x','title':' '}",
		  "Untitled alert from x" },
		{ DOOR_CLOUD_APPS, "{'_id':'1','severityValue':1}",
		  "Untitled alert from defender-for-cloud-apps" },
		{ DOOR_ARM, "{'name':'1','properties':{'alertType':'VM_Test'}}",
		  "VM_Test" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;

		parse_alert(rows[i].door, "", rows[i].json, &a);
		same_text(a.title, rows[i].title, rows[i].json);
	}
}

/* Keys of the alerts that were taken, which all must differ. */
struct taken {
	struct alert_key key[5 * 0x2100];
	size_t n;
};

static void take_id(struct taken *taken, enum door door, const char *member,
		    const char *id)
{
	CLEANUP(free_ptr)
	char *json = xasprintf("{'properties':{'%s':'%s'},'%s':'%s'}", member,
			       id, door == DOOR_ARM ? "unused" : member, id);
	CLEANUP(free_ptr) char *raw = quoted(json);
	struct item it = normalized(door, raw, strlen(raw));

	assert_true(taken->n < ARRAY_SIZE(taken->key));
	if (it.kind == ITEM_ALERT)
		taken->key[taken->n++] = it.key;
	else
		assert_non_null(strstr(it.reason, " id"));
	alert_release(&it.alert);
}

static int compare_keys(const void *one, const void *two)
{
	return memcmp(one, two, sizeof(struct alert_key));
}

/*
 * Every code point before, within and behind an id: no two of them become one
 * alert, but by the case of a letter.
 */
static void test_ids_differ(void **state)
{
	static const struct {
		enum door door;
		const char *member;
		unsigned n_points;
	} doors[] = {
		{ DOOR_ARM, "systemAlertId", 0x2100 },
		{ DOOR_GRAPH, "id", 0x100 },
		{ DOOR_CLOUD_APPS, "_id", 0x100 },
		{ DOOR_BEHAVIOR, "BehaviorId", 0x100 },
	};
	static const char *const around[][2] = { { "", "ab" },
						 { "c", "d" },
						 { "ef", "" } };
	static struct taken taken;

	(void)state;
	for (size_t d = 0; d < ARRAY_SIZE(doors); d++) {
		taken.n = 0;
		take_id(&taken, doors[d].door, doors[d].member, "ab");
		for (unsigned c = 0; c < 3 * doors[d].n_points; c++) {
			const char *const *with = around[c % 3];
			char id[32];

			if (c / 3 >= 'A' && c / 3 <= 'Z')
				continue;
			snprintf(id, sizeof(id), "%s\\u%04x%s", with[0], c / 3,
				 with[1]);
			take_id(&taken, doors[d].door, doors[d].member, id);
		}
		qsort(taken.key, taken.n, sizeof(*taken.key), compare_keys);
		assert_true(taken.n > doors[d].n_points);
		for (size_t i = 1; i < taken.n; i++)
			assert_true(compare_keys(&taken.key[i - 1],
						 &taken.key[i]) != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_of_a_hundred),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_case),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_untitled),
		cmocka_unit_test(test_ids_differ),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
