/* One entry of an audit trail as evidence: what is read, what is survived. */
#include "source/activity_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define CLOUD(members)                                                         \
	"{\"_id\":\"t_1\",\"timestamp\":1780992000000," members "}"
#define HUNTED(members)                                                        \
	"{\"ReportId\":\"r1\",\"Timestamp\":\"2026-06-09T08:00:00Z\"," members \
	"}"

/* Each field behind a bar; "-" for none. */
static const struct row {
	const char *name;
	enum activity_door door;
	const char *item;
	const char *expected; /* actor|ip|action|app|object|location */
} rows[] = {
	{ "a sign-in", ACTIVITY_CLOUD_APPS,
	  CLOUD("\"user\":{\"userName\":\"ada@example.org\"},"
		"\"device\":{\"clientIP\":\"203.0.113.9\"},\"appName\":"
		"\"Portal\",\"description\":\"Log on\",\"location\":{"
		"\"city\":\"Bergen\",\"countryCode\":\"NO\"},\"mainInfo\":{"
		"\"activityResult\":{\"isSuccess\":true}}"),
	  "ada@example.org|203.0.113.9|Log on|Portal|-|Bergen, NO" },
	{ "one that failed without saying so", ACTIVITY_CLOUD_APPS,
	  CLOUD("\"description\":\"Log on\",\"mainInfo\":{"
		"\"activityResult\":{\"isSuccess\":false}}"),
	  "-|-|Log on (failed)|-|-|-" },
	{ "one that says so", ACTIVITY_CLOUD_APPS,
	  CLOUD("\"description\":\"Failed log on\",\"mainInfo\":{"
		"\"activityResult\":{\"isSuccess\":false}}"),
	  "-|-|Failed log on|-|-|-" },
	{ "the first thing that did not do it is what it was done to",
	  ACTIVITY_CLOUD_APPS,
	  CLOUD("\"mainInfo\":{\"eventObjects\":[{\"role\":4,\"name\":\"Ada\"}"
		",{\"role\":3,\"name\":\"plan.docx\",\"id\":\"x\"},{\"role\":3,"
		"\"name\":\"other\"}]},\"rawDataJson\":{\"ObjectId\":\"no\"}"),
	  "-|-|-|-|plan.docx|-" },
	{ "else what the vendor calls it", ACTIVITY_CLOUD_APPS,
	  CLOUD("\"mainInfo\":{\"eventObjects\":[{\"role\":4,\"name\":\"Ada\"}"
		"]},\"rawDataJson\":{\"ObjectId\":\"https://x/plan.docx\"}"),
	  "-|-|-|-|https://x/plan.docx|-" },
	{ "HTML is text", ACTIVITY_CLOUD_APPS,
	  CLOUD("\"description\":\"<b>Share</b> &quot;plan&quot;<br>now\""),
	  "-|-|Share \"plan\" now|-|-|-" },
	{ "without a user name, and through a proxy", ACTIVITY_CLOUD_APPS,
	  CLOUD("\"resolvedActor\":{\"name\":\"Ada\"},\"eventTypeName\":"
		"\"EVENT_CATEGORY_LOGIN\",\"device\":{\"countryCode\":\"NO\"},"
		"\"location\":{\"anonymousProxy\":true}"),
	  "Ada|-|EVENT_CATEGORY_LOGIN|-|-|NO, anonymous proxy" },
	{ "wrong types are absent", ACTIVITY_CLOUD_APPS,
	  CLOUD("\"user\":[],\"device\":\"x\",\"location\":7,\"mainInfo\":null,"
		"\"description\":{},\"appName\":4,\"entityData\":{\"0\":null}"),
	  "-|-|-|-|-|-" },
	{ "nothing drives a terminal", ACTIVITY_CLOUD_APPS,
	  CLOUD("\"user\":{\"userName\":\"a\\u001b[2Jb\\u202ec\"},"
		"\"description\":\"x\\u0007\\ny\",\"appName\":\"\\u0000z\""),
	  "a[2Jbc|-|x y|\xef\xbf\xbdz|-|-" },
	{ "a row of the table", ACTIVITY_HUNTING,
	  HUNTED("\"ActionType\":\"FileDownloaded\",\"Application\":\"Drive\","
		 "\"AccountDisplayName\":\"Ada L\",\"AccountId\":\"17\","
		 "\"IPAddress\":\"2001:db8::9\",\"City\":\"Bergen\","
		 "\"CountryCode\":\"NO\",\"IsAnonymousProxy\":true,"
		 "\"ObjectName\":\"plan.docx\",\"RawEventData\":{\"UserId\":"
		 "\"ada@example.org\"}"),
	  "ada@example.org|2001:db8::9|FileDownloaded|Drive|plan.docx|Bergen, "
	  "NO, anonymous proxy" },
	{ "its event as text", ACTIVITY_HUNTING,
	  HUNTED("\"RawEventData\":\"{\\\"UserId\\\":\\\"ada@example.org\\\"}\""
		 ",\"ObjectId\":\"id\""),
	  "ada@example.org|-|-|-|id|-" },
	{ "names that others use go first", ACTIVITY_HUNTING,
	  HUNTED("\"AccountDisplayName\":\"Ada L\",\"AccountId\":\"17\","
		 "\"RawEventData\":{\"UserId\":\"S-1-5\"}"),
	  "Ada L|-|-|-|-|-" },
	{ "an event that is nonsense", ACTIVITY_HUNTING,
	  HUNTED("\"RawEventData\":\"{{{\",\"ActivityType\":\"Basic\""),
	  "-|-|Basic|-|-|-" },
};

static int parse(enum activity_door door, const char *text,
		 struct evidence *ret, struct err *err)
{
	struct span item = { text, strlen(text) };

	return activity_parse(door, item, ret, err);
}

static void test_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(evidence_release) struct evidence e = { 0 };
		CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
		struct err err = ERR_INIT;

		if (parse(row->door, row->item, &e, &err) < 0)
			fail_msg("%s: %s", row->name, err.text);
		const char *const fields[] = { e.actor, e.ip,	  e.action,
					       e.app,	e.object, e.location };
		for (size_t f = 0; f < ARRAY_SIZE(fields); f++)
			strbuf_addf(&found, "%s%s", f ? "|" : "",
				    fields[f] ? fields[f] : "-");
		if (strcmp(found.buf, row->expected) != 0)
			fail_msg("%s: %s", row->name, found.buf);
		assert_int_equal(e.at_ms, INT64_C(1780992000000));
		assert_string_equal(e.raw, row->item);
		assert_false(e.clipped);
	}
}

static const struct bad {
	enum activity_door door;
	const char *item, *error;
} bads[] = {
	{ ACTIVITY_CLOUD_APPS, "", "" },
	{ ACTIVITY_CLOUD_APPS, "17", "no object" },
	{ ACTIVITY_CLOUD_APPS, "{\"_id\":", "" },
	{ ACTIVITY_CLOUD_APPS, "{\"timestamp\":1780992000000}", "no id" },
	{ ACTIVITY_CLOUD_APPS, "{\"_id\":\"\",\"timestamp\":1780992000000}",
	  "no id" },
	{ ACTIVITY_CLOUD_APPS, "{\"_id\":7,\"timestamp\":1780992000000}",
	  "no id" },
	{ ACTIVITY_CLOUD_APPS, "{\"_id\":\"a\"}", "no time" },
	{ ACTIVITY_CLOUD_APPS, "{\"_id\":\"a\",\"timestamp\":-5}", "no time" },
	{ ACTIVITY_CLOUD_APPS,
	  "{\"_id\":\"a\",\"timestamp\":99999999999999999}", "no time" },
	{ ACTIVITY_CLOUD_APPS, "{\"_id\":\"a\",\"timestamp\":\"soon\"}",
	  "no time" },
	{ ACTIVITY_CLOUD_APPS,
	  "{\"_id\":\"a\xff\",\"timestamp\":1780992000000}", "" },
	{ ACTIVITY_HUNTING, "{\"_id\":\"a\",\"timestamp\":1780992000000}",
	  "no id" },
	{ ACTIVITY_HUNTING, "{\"ReportId\":\"a\"}", "no time" },
};

static void test_no_activity(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bads); i++) {
		struct evidence e = { .at_ms = 5 };
		struct err err = ERR_INIT;

		assert_true(parse(bads[i].door, bads[i].item, &e, &err) < 0);
		if (!err.text[0] || !strstr(err.text, bads[i].error))
			fail_msg("%s: %s", bads[i].item, err.text);
		assert_int_equal(e.at_ms, 5);
		/* Nobody has to want the words. */
		assert_true(parse(bads[i].door, bads[i].item, &e, NULL) < 0);
	}
}

/* What is too long is cut, between two characters, and marked. */
static void test_clipped(void **state)
{
	CLEANUP(evidence_release) struct evidence e = { 0 };
	CLEANUP(strbuf_release) struct strbuf item = STRBUF_INIT;

	(void)state;
	strbuf_addstr(&item, "{\"_id\":\"a\",\"timestamp\":1780992000000,"
			     "\"appName\":\"");
	while (item.len < EVIDENCE_RAW_MAX + 100)
		strbuf_addstr(&item, "\xe2\x82\xac");
	strbuf_addstr(&item, "\"}");
	assert_int_equal(parse(ACTIVITY_CLOUD_APPS, item.buf, &e, NULL), 0);
	assert_true(e.clipped);
	assert_int_equal(utf8_length(e.app), EVIDENCE_WORD_MAX);
	assert_true(strlen(e.raw) <= EVIDENCE_RAW_MAX);
	assert_true(strlen(e.raw) > EVIDENCE_RAW_MAX - 4);
	assert_true(utf8_valid(e.raw, strlen(e.raw)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_no_activity),
		cmocka_unit_test(test_clipped),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
