/* Lines of the SIEM agent: alerts are read, everything else is named. */
#include "source/file_cef_priv.h"

#include "source/parsed.h"
#include "source/slice_priv.h"

#define HEAD "2017-07-15T20:42:30.531Z CEF:0|MCAS|SIEM_Agent|0.102.17|"

static const char *read_line(const char *line, struct strbuf *json)
{
	struct span span = { line, strlen(line) };

	assert_true(file_cef_is(span));
	return file_cef_read(span, json);
}

static void test_alert(void **state)
{
	CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
	CLEANUP(alert_release) struct alert a;
	CLEANUP(free_ptr) char *entities = NULL;
	struct item it = { 0 };

	(void)state;
	assert_null(read_line(
		HEAD "ALERT_CABINET_EVENT_MATCH_AUDIT|my\\|Policy|8|"
		     "externalId=596a7e36 start=1500151350531 "
		     "end=1500151350532 msg=Policy a\\=b fired \"x\" "
		     "suser=admin@example.com destinationServiceName=Box Inc "
		     "cn1Label=riskScore cn1= cs1Label=portalURL "
		     "cs1=https://contoso.portal.cloudappsecurity.com/#/a "
		     "dvc=192.0.2.1 c6a1Label=\"Device IPv6 Address\" c6a1=",
		&json));
	alert_init(&it.alert);
	normalize_item(DOOR_ANY, "t", (struct span){ json.buf, json.len }, &it);
	assert_int_equal(it.kind, ITEM_ALERT);
	alert_move(&a, &it.alert);
	assert_string_equal(a.kind, ALERT_KIND_CLOUD_APPS);
	assert_string_equal(a.native_id, "596a7e36");
	assert_string_equal(a.linked_id, "ca596a7e36");
	assert_string_equal(a.title, "my|Policy");
	assert_string_equal(a.description, "Policy a=b fired \"x\"");
	assert_string_equal(a.alert_type, "ALERT_CABINET_EVENT_MATCH_AUDIT");
	assert_string_equal(a.policy, "activity-policy");
	assert_int_equal(a.base, SEVERITY_HIGH);
	assert_false(a.severity_unmapped);
	assert_true(a.created_ms == INT64_C(1500151350531));
	assert_non_null(a.portal_url);
	assert_non_null(strstr(a.raw, "cn1Label=riskScore"));
	entities = entities_text(&a);
	assert_string_equal(entities, "policy=my|Policy; "
				      "account=admin@example.com; "
				      "app=Box Inc; ip=192.0.2.1");
}

static void test_severities(void **state)
{
	static const char *const rows[][2] = {
		{ "0", "'low'" },    { "3", "'low'" },	{ "4", "'medium'" },
		{ "6", "'medium'" }, { "7", "'high'" }, { "10", "'high'" },
		{ "odd", "'odd'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
		CLEANUP(free_ptr)
		char *line =
			xasprintf(HEAD "ALERT_X|n|%s|externalId=1", rows[i][0]);
		CLEANUP(free_ptr) char *expect = quoted(rows[i][1]);

		assert_null(read_line(line, &json));
		assert_non_null(strstr(json.buf, expect));
	}
}

static void test_refused(void **state)
{
	static const char *const rows[][2] = {
		{ HEAD "EVENT_CATEGORY_LOGIN|Log in|0|externalId=1",
		  "activity, not an alert" },
		{ HEAD "OTHER|x|0|externalId=1", "neither" },
		{ HEAD "ALERT_X|x", "cut short" },
		{ HEAD, "cut short" },
		{ "CEF:0|", "cut short" },
		{ "CEF:0|Vendor|P|1|ALERT_X|n|3|externalId=1",
		  "not of Defender" },
	};
	CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
	CLEANUP(free_ptr) char *longer = xmalloc(SLICE_CLIP + 1);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *reason = read_line(rows[i][0], &json);

		assert_non_null(reason);
		if (!strstr(reason, rows[i][1]))
			fail_msg("%s: %s", rows[i][0], reason);
	}
	memset(longer, 'x', SLICE_CLIP);
	longer[SLICE_CLIP] = '\0';
	memcpy(longer, "CEF:0|", 6);
	assert_non_null(strstr(read_line(longer, &json), "too long"));
	assert_false(file_cef_is((struct span){ "CEF:1", 5 }));
}

/* An alert without its id is one that nobody can use, not one in silence. */
static void test_no_id(void **state)
{
	CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
	struct item it = { 0 };

	(void)state;
	assert_null(read_line(HEAD "ALERT_X|n|3|start=5", &json));
	alert_init(&it.alert);
	normalize_item(DOOR_ANY, "t", (struct span){ json.buf, json.len }, &it);
	assert_int_equal(it.kind, ITEM_BAD);
}

/* An id that is no clean text is not made one: "a" is somebody else. */
static void test_unclean_id(void **state)
{
	static const char *const ids[] = { "a\x01", "a\xff",
					   "\x7f"
					   "a" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
		CLEANUP(free_ptr)
		char *line =
			xasprintf(HEAD "ALERT_X|n|3|externalId=%s ", ids[i]);
		struct item it = { 0 };

		assert_null(read_line(line, &json));
		alert_init(&it.alert);
		normalize_item(DOOR_ANY, "t",
			       (struct span){ json.buf, json.len }, &it);
		assert_int_equal(it.kind, ITEM_BAD);
		assert_non_null(strstr(it.reason, "an id with control"));
	}
}

/* What stands before a zero byte is not all that there is. */
static void test_zero_byte(void **state)
{
	static const char line[] = HEAD "ALERT_X|n|3|externalId=a\0b ";
	CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
	struct item it = { 0 };

	(void)state;
	assert_null(
		file_cef_read((struct span){ line, sizeof(line) - 1 }, &json));
	alert_init(&it.alert);
	normalize_item(DOOR_ANY, "t", (struct span){ json.buf, json.len }, &it);
	assert_int_equal(it.kind, ITEM_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alert),
		cmocka_unit_test(test_severities),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_id),
		cmocka_unit_test(test_unclean_id),
		cmocka_unit_test(test_zero_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
