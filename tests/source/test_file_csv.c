/* Tables as they are exported, and as they are damaged. */
#include "source/file_csv_priv.h"

#include "source/parsed.h"
#include "source/slice_priv.h"

static void fill(struct file_window *w, const char *text, size_t len)
{
	file_window_init(w);
	while (len > 0) {
		size_t room, n;
		char *to = file_window_room(w, &room);

		n = MIN(room, len);
		memcpy(to, text, n);
		file_window_fed(w, n);
		text += n;
		len -= n;
	}
	w->eof = true;
}

static bool open_header(struct file_csv *c, const char *header)
{
	return file_csv_open(c, (struct span){ header, strlen(header) });
}

static void test_headers(void **state)
{
	static const struct {
		const char *header;
		char delimiter; /* 0: no table of alerts */
	} rows[] = {
		{ "TenantId,SystemAlertId,Severity", ',' },
		{ "TenantId;\"SystemAlertId\";Severity\r", ';' },
		{ "systemalertid\tSeverity\tX", '\t' },
		{ "AlertDisplayName,CompromisedEntity,x", ',' },
		{ "\"a,b\",SystemAlertId,c", ',' },
		{ "a,b,c", 0 },
		{ "Time,User,Severity", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct file_csv c;

		assert_int_equal(open_header(&c, rows[i].header),
				 rows[i].delimiter != 0);
		if (!rows[i].delimiter)
			continue;
		assert_int_equal(c.delimiter, rows[i].delimiter);
		file_csv_release(&c);
	}
}

static void test_rows(void **state)
{
	static const struct {
		const char *text, *expect; /* the object, or !reason */
		enum csv_row what;
	} rows[] = {
		{ "1,2,3\n", "{'SystemAlertId':'2','c':'3'}", CSV_ROW },
		{ "1,2,\n", "{'SystemAlertId':'2'}", CSV_ROW },
		{ "\n\r\n1,2,3", "{'SystemAlertId':'2','c':'3'}", CSV_ROW },
		{ "1,2,\"x, y\nz\"\r\n", "{'SystemAlertId':'2','c':'x, y\\nz'}",
		  CSV_ROW },
		{ "1,2,\"\"\"q\"\"\"\n", "{'SystemAlertId':'2','c':'\\'q\\''}",
		  CSV_ROW },
		{ "1,\"2\",a\"b\n", "{'SystemAlertId':'2','c':'a\\'b'}",
		  CSV_ROW },
		{ "1,2,\xff\n", "{'SystemAlertId':'2','c':'\xef\xbf\xbd'}",
		  CSV_ROW },
		{ "1,2\n", "fewer cells", CSV_BAD },
		{ "1,2,3,4\n", "more cells", CSV_BAD },
		{ "1,,3\n", "no alert", CSV_BAD },
		{ "1,2,\"3\n4", NULL, CSV_CUT },
		{ "", NULL, CSV_END },
		{ "\n\n", NULL, CSV_END },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
		struct file_window w;
		struct file_csv c;
		struct span raw;
		const char *reason = NULL;

		assert_true(open_header(&c, ",SystemAlertId,c"));
		fill(&w, rows[i].text, strlen(rows[i].text));
		assert_int_equal(file_csv_next(&c, &w, &json, &raw, &reason),
				 rows[i].what);
		for (char *p = json.buf; *p; p++)
			*p = *p == '"' ? '\'' : *p;
		if (rows[i].what == CSV_ROW)
			assert_string_equal(json.buf, rows[i].expect);
		if (rows[i].what == CSV_BAD)
			assert_non_null(strstr(reason, rows[i].expect));
		file_window_release(&w);
		file_csv_release(&c);
	}
}

/* A quote that nobody closes takes no more memory than an item. */
static void test_endless(void **state)
{
	size_t len = SLICE_ITEM_MAX + 100;
	CLEANUP(free_ptr) char *text = xmalloc(len);
	CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
	struct file_window w;
	struct file_csv c;
	struct span raw;
	const char *reason = NULL;

	(void)state;
	memset(text, '\n', len);
	memcpy(text, "1,\"2", 4);
	assert_true(open_header(&c, ",SystemAlertId,c"));
	fill(&w, text, len);
	w.eof = false;
	assert_int_equal(file_csv_next(&c, &w, &json, &raw, &reason),
			 CSV_BROKEN);
	assert_int_equal(raw.len, SLICE_CLIP);
	assert_non_null(strstr(reason, "not read"));
	file_window_release(&w);
	fill(&w, "1,\"2", 4);
	w.eof = false;
	assert_int_equal(file_csv_next(&c, &w, &json, &raw, &reason), CSV_MORE);
	file_window_release(&w);
	file_csv_release(&c);
}

/* A row of Log Analytics is an alert of Resource Manager. */
static void test_alert(void **state)
{
	static const char row[] =
		"{'TenantId':'workspace','StartTimeUtc':'2019-01-11 06:31:40',"
		"'SystemAlertId':'047f','ProviderName':'Detection',"
		"'AlertName':'n','AlertDisplayName':'d','Severity':'High',"
		"'IsIncident':'False','TimeGenerated':'2019-01-12 06:41:44',"
		"'Entities':'[{\\'$id\\':\\'4\\',\\'HostName\\':\\'h\\',"
		"\\'Type\\':\\'host\\'}]'}";
	CLEANUP(alert_release) struct alert a;
	CLEANUP(free_ptr) char *text = NULL;

	(void)state;
	parse_alert(DOOR_ANY, "", row, &a);
	assert_string_equal(a.kind, ALERT_KIND_ARM);
	assert_string_equal(a.native_id, "047f");
	assert_string_equal(a.tenant, "");
	assert_int_equal(a.base, SEVERITY_HIGH);
	assert_false(a.is_incident);
	assert_true(a.created_ms == INT64_C(1547275304000));
	text = entities_text(&a);
	assert_string_equal(text, "host=h");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_alert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
