/*
 * Files of every make: what is found in them, whatever the size of the pieces
 * they come in. An alert in the tables is A(id); ' stands for ".
 */
#include "source/file_split_priv.h"

#include "source/parsed.h"
#include "util/strlist.h"

#define A(id) "{'_id':'" id "','severityValue':1}"
#define OTHER "{'name':'no alert','list':[1,{'x':null}]}"

/* What came, as "1 2 !reason 3 $": ids, reasons, and the end ($ or ~ cut). */
static char *walk(const char *text, size_t len, size_t piece)
{
	CLEANUP(file_split_free_ptr) struct file_split *s = file_split_new();
	struct strbuf out = STRBUF_INIT;
	struct split_found found;
	size_t at = 0;

	for (;;) {
		enum split what = file_split_next(s, &found);
		size_t room, n;
		char *to;

		switch (what) {
		case SPLIT_ITEM: {
			struct item it = { 0 };

			alert_init(&it.alert);
			normalize_item(DOOR_ANY, "", found.raw, &it);
			strbuf_addf(&out, "%s ",
				    it.kind == ITEM_ALERT ? it.alert.native_id
							  : "?");
			alert_release(&it.alert);
			break;
		}
		case SPLIT_BAD:
			assert_true(found.raw.len > 0);
			assert_non_null(found.raw.p);
			strbuf_addf(&out, "!%.12s ", found.reason);
			break;
		case SPLIT_MORE:
			to = file_split_room(s, &room);
			assert_true(room > 0);
			n = MIN(MIN(piece, room), len - at);
			memcpy(to, text + at, n);
			at += n;
			file_split_fed(s, n);
			break;
		case SPLIT_PAUSE:
			break;
		case SPLIT_END:
			strbuf_addch(&out, '$');
			return strbuf_detach(&out);
		case SPLIT_CUT:
			strbuf_addch(&out, '~');
			return strbuf_detach(&out);
		}
	}
}

static void check(const char *json, const char *expect)
{
	CLEANUP(free_ptr) char *text = quoted(json);
	size_t len = strlen(text);
	const size_t pieces[] = { 1, 2, 7, 64, len + 1 };

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		CLEANUP(free_ptr) char *got = walk(text, len, pieces[i]);

		if (strcmp(got, expect) != 0)
			fail_msg("by %zu: %s gives %s, not %s", pieces[i], text,
				 got, expect);
	}
}

static void test_shapes(void **state)
{
	static const char *const rows[][2] = {
		{ "", "$" },
		{ " \n ", "$" },
		{ "{'value':[" A("1") "," A("2") "],'nextLink':'x'}", "1 2 $" },
		{ "{'data':[" A("1") "],'hasNext':false,'max':1}", "1 $" },
		{ "[" A("1") " , " A("2") "]", "1 2 $" },
		{ A("1"), "1 $" },
		{ "\xef\xbb\xbf" A("1"), "1 $" },
		/* Files that were put together. */
		{ "\xef\xbb\xbf[" A("1") "]\xef\xbb\xbf[" A("2") "]\n"
		  "\xef\xbb\xbf" A("3") "\n",
		  "1 2 3 $" },
		{ A("1") "\n" A("2") "\n", "1 2 $" },
		{ A("1") "\r\n\r\n" A("2"), "1 2 $" },
		{ A("1") A("2"), "1 2 $" },
		{ A("1") "\n[" A("2") "," A("3") "]\n" A("4"), "1 2 3 4 $" },
		{ "{\n 'value': [\n " A("1") "\n ]\n}\n", "1 $" },
		{ "[\n" A("1") ",\n" A("2") "\n]", "1 2 $" },
		/* Wrappers. */
		{ "{'parameters':{'alertName':'x'},'responses':{'200':{'body':"
		  "{'value':[" A("1") "]}}}}",
		  "1 $" },
		{ "{'interactions':[{'request':{'a':1},'response':{'body':"
		  "{'data':[" A("1") "]}}},{'response':{}}]}",
		  "1 $" },
		{ "{'result':" A("1") "}", "1 $" },
		{ "{'id':'29','displayName':'i','alerts':[" A("1") "]}",
		  "1 $" },
		{ "[{'_raw':'{\\'_id\\':\\'1\\',\\'severityValue\\':1}',"
		  "'host':'h'}]",
		  "1 $" },
		{ "['{\\'_id\\':\\'1\\',\\'severityValue\\':1}']", "1 $" },
		/* Empty lists are no fault. */
		{ "[]", "$" },
		{ "{'value':[]}", "$" },
		{ "{'data':[],'total':0}", "$" },
		/* Nothing found. */
		{ "{}", "!no alert of  $" },
		{ OTHER, "!no alert of  $" },
		{ "{'value':[" OTHER "]}", "!no alert of  $" },
		{ "{'error':{'code':'x','details':[]}}", "!no alert of  $" },
		{ OTHER "\n" A("1") "\n" OTHER,
		  "!no alert of  1 !no alert of  $" },
		{ A("1") "\n17\n'x'\ntrue\n" A("2"),
		  "1 !no alert of  !no alert of  !no alert of  2 $" },
		/* Strangers in a list of alerts. */
		{ "[" A("1") "," OTHER "," A("2") "]", "1 2 !1 of 3 eleme $" },
		{ "[" OTHER ",5,null," A("1") "]", "1 !3 of 4 eleme $" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(rows[i][0], rows[i][1]);
}

static void test_spoilt(void **state)
{
	static const char *const rows[][2] = {
		/* Cut: still being written. */
		{ "{", "~" },
		{ "[", "~" },
		{ "{'value':[" A("1") ",{'_id':'2','sever", "1 ~" },
		{ "{'value':[" A("1"), "1 ~" },
		{ "{'value':[" A("1") "],'nextLink':'ht", "1 ~" },
		{ A("1") "\n{'_id':'2','severityValue':", "1 ~" },
		{ A("1") "\n{'_id':'2", "1 ~" },
		/* One line of JSON lines is spoilt, the others live. */
		{ A("1") "\n{'_id':'2','x\n" A("3") "\n",
		  "1 !a line of JS 3 $" },
		{ A("1") "\n{'_id':'2',\n" A("3") "\n" A("4") "\n",
		  "1 !a line of JS 3 4 $" },
		{ A("1") "\n{'_id':]\n" A("3"), "1 !brackets tha 3 $" },
		{ "{'_id':'1','x\n" A("2") "\n" A("3") "\n",
		  "!a line of JS 2 3 $" },
		/* An item that is spoilt inside is an item. */
		{ "[{'_id':'1','severityValue':1e999}," A("2") "]", "? 2 $" },
		{ "[{'_id':'1','severityValue':1,'x':[}," A("2") "]", "? 2 $" },
		/* Commas are no fault of an alert. */
		{ "[" A("1") A("2") ",," A("3") ",]", "1 2 3 $" },
		{ "[" A("1") "}", "1 !brackets tha $" },
		{ A("1") "\n]\n" A("2"), "1 !brackets tha 2 $" },
		{ A("1") "]\n{'_id':'2'," A("3") "\n" A("4") "\n",
		  "1 !brackets tha !a line of JS 4 $" },
		/* Rubbish between elements is one, and hides none. */
		{ "[" A("1") ",\x1a<<< " A("2") "]\n" A("3"),
		  "1 2 !1 of 3 eleme 3 $" },
		{ "[\xef\xbb\xbf[" A("1") "]]\n" A("2"), "1 2 $" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(rows[i][0], rows[i][1]);
}

/* An incident is an item, and so are the alerts it was expanded with. */
static void test_incidents(void **state)
{
	static const char *const rows[][2] = {
		{ "{'value':[{'id':'29','displayName':'d',"
		  "'incidentWebUrl':'u','comments':[{'comment':'c'}]},"
		  "{'id':'30','displayName':'d','redirectIncidentId':null}]}",
		  "29 30 $" },
		{ "{'id':'29','displayName':'d','incidentWebUrl':'u',"
		  "'alerts':[{'id':'da1','providerAlertId':'p'},"
		  "{'id':'da2','providerAlertId':'q'}]}",
		  "29 da1 da2 $" },
		{ "[{'id':'29','displayName':'d','incidentWebUrl':'u',"
		  "'alerts':{'id':'da1','providerAlertId':'p'}},{'x':1}]",
		  "29 da1 !1 of 2 eleme $" },
		{ "{'uid':'a','eventType':2,'eventRouting':{}}", "? $" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(rows[i][0], rows[i][1]);
}

static void test_text(void **state)
{
	static const char *const rows[][2] = {
		{ "a,b,c\n1,2,3\n\n4,5,6", "!a line of CS !a line of CS "
					   "!a line of CS $" },
		{ "date CEF:0|MCAS|SIEM_Agent|x\n", "!a CEF line,  $" },
		{ "CEF:0|MCAS|S|1|ALERT_X|n|3|externalId=7 start=5\n"
		  "CEF:0|MCAS|S|1|EVENT_CATEGORY_LOGIN|n|0|externalId=8\n"
		  "<14> CEF:0|MCAS|S|1|ALERT_Y|n|9|externalId=9\n",
		  "7 !a CEF line o 9 $" },
		{ ",SystemAlertId,Severity\n0,a1,High\n1,\"a\"\"2\",Low\n",
		  "a1 a\"2 $" },
		{ "SystemAlertId;Severity;Description\r\n"
		  "a1;High;\"two\nlines; one cell\"\r\n\r\na2;Low\r\n"
		  "a3;Low;x;y\r\n;Low;x\r\na4;Low;z",
		  "a1 !a row of CSV !a row of CSV !a row of CSV a4 $" },
		{ "a,SystemAlertId,c\n1,\"2,3", "~" },
		{ "a,SystemAlertId,c\n", "$" },
		{ "LEEF:2.0|x\n", "!a LEEF line, $" },
		{ "<html>\n</html>", "!XML, HTML or !XML, HTML or $" },
		{ "hello", "!a line of te $" },
		{ "\x1f\x8b\x08 and so on\nand on\n", "!a gzip archi $" },
		/* A mark that is not at the very beginning is none. */
		{ "   \x1f\x8b\x08 and so on\n", "!a line of te $" },
		{ "   \xef\xbb\xbf{}\n", "!a line of te $" },
		{ "\xff\xfe{ x", "!UTF-16 text: $" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(rows[i][0], rows[i][1]);
}

/* A NUL byte, and bytes of no encoding, anywhere. */
static void test_bytes(void **state)
{
	static const char text[] =
		"{\"_id\":\"1\",\"severityValue\":1}\n\0\0\n\xff\xfe\n"
		"{\"_id\":\"2\",\"severityValue\":1}\n";
	CLEANUP(free_ptr) char *got = walk(text, sizeof(text) - 1, 5);

	(void)state;
	assert_non_null(strstr(got, "1 "));
	assert_non_null(strstr(got, "2 $"));
}

/* An alert too large to read is named; what stands around it is found. */
static void test_large_alert(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_ptr) char *head = quoted("{'value':[" A("1") ",");
	CLEANUP(free_ptr)
	char *big = quoted("{'_id':'2','severityValue':1,'description':'");
	CLEANUP(free_ptr) char *tail = quoted("'}," A("3") "]}");
	CLEANUP(free_ptr) char *got = NULL;

	(void)state;
	strbuf_addstr(&text, head);
	strbuf_addstr(&text, big);
	for (int i = 0; i < 700000; i++)
		strbuf_addstr(&text, "xy}]{[\\\"");
	strbuf_addstr(&text, tail);
	got = walk(text.buf, text.len, text.len);
	assert_string_equal(got, "1 !an alert of  3 $");
}

/* A wrapper of any size is walked, not read whole. */
static void test_large_wrapper(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_ptr) char *alert = quoted(A("1"));
	CLEANUP(free_ptr) char *got = NULL;
	size_t n = 0;

	(void)state;
	strbuf_addstr(&text, "{\"junk\":\"");
	for (int i = 0; i < 5000000; i++)
		strbuf_addch(&text, 'j');
	strbuf_addstr(&text, "\",\"value\":[");
	for (; text.len < 12000000; n++)
		strbuf_addf(&text, "%s%s", n ? "," : "", alert);
	strbuf_addstr(&text, "]}");
	got = walk(text.buf, text.len, 1 << 20);
	assert_int_equal(strlen(got), 2 * n + 1);
}

static void test_deep_wrapper(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_ptr) char *got = NULL;

	(void)state;
	for (int i = 0; i < 100000; i++)
		strbuf_addstr(&text, "{\"a\":[");
	for (int i = 0; i < 100000; i++)
		strbuf_addstr(&text, "]}");
	got = walk(text.buf, text.len, text.len);
	assert_string_equal(got, "!brackets nes $");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_spoilt),
		cmocka_unit_test(test_incidents),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_large_alert),
		cmocka_unit_test(test_large_wrapper),
		cmocka_unit_test(test_deep_wrapper),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
