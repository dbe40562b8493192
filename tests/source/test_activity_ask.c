/* What is asked for a trail: whatever a name holds, it stays a name. */
#include "source/activity_ask_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define MOMENT INT64_C(1780992000000) /* 2026-06-09T08:00:00Z */

static struct activities_query query_of(enum activities_about about,
					const char *value)
{
	return (struct activities_query){ .about = about,
					  .value = value,
					  .from_ms = MOMENT - 7200000,
					  .moment_ms = MOMENT,
					  .to_ms = MOMENT + 7200000,
					  .most = 500 };
}

static void test_filter(void **state)
{
	static const struct row {
		enum activities_about about;
		const char *value, *expected;
	} rows[] = {
		{ ACTIVITIES_ACCOUNT, "ada@example.org",
		  "\"user.username\":{\"eq\":[\"ada@example.org\"]}" },
		{ ACTIVITIES_ADDRESS, "203.0.113.9",
		  "\"ip.address\":{\"eq\":[\"203.0.113.9\"]}" },
		{ ACTIVITIES_ACCOUNT, "3FA9f28b-eb0e-463a-ba7b-8089fe9991e2",
		  "\"entity\":{\"eq\":[{\"id\":"
		  "\"3FA9f28b-eb0e-463a-ba7b-8089fe9991e2\",\"saas\":11161,"
		  "\"inst\":0}]}" },
		{ ACTIVITIES_ACCOUNT, "3FA9f28b-eb0e-463a-ba7b-8089fe9991e",
		  "\"user.username\":{\"eq\":["
		  "\"3FA9f28b-eb0e-463a-ba7b-8089fe9991e\"]}" },
		{ ACTIVITIES_ACCOUNT, "a\"]},\"x\":{\"eq\":[\"",
		  "\"user.username\":{\"eq\":[\"a\\\"]},\\\"x\\\":{"
		  "\\\"eq\\\":[\\\"\"]}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct activities_query q =
			query_of(rows[i].about, rows[i].value);
		CLEANUP(free_ptr) char *filter = activity_ask_filter(&q);

		assert_string_equal(filter, rows[i].expected);
	}
}

/* The query inside the body, heap. */
static char *hunting_query(const struct activities_query *q)
{
	CLEANUP(free_ptr) char *body = activity_ask_hunting(q);
	CLEANUP(jsonx_unref)
	json_t *o = jsonx_parse(body, strlen(body), 0, NULL);

	assert_non_null(o);
	assert_int_equal(json_object_size(o), 1);
	return xstrdup(jsonx_str(o, "Query"));
}

static void test_hunting(void **state)
{
	struct activities_query q = query_of(ACTIVITIES_ADDRESS, "2001:db8::9");
	CLEANUP(free_ptr) char *ip = hunting_query(&q);
	CLEANUP(free_ptr) char *account = NULL;

	(void)state;
	assert_string_equal(
		ip,
		"CloudAppEvents | where Timestamp >= "
		"datetime(2026-06-09T06:00:00.000Z) and Timestamp <= "
		"datetime(2026-06-09T10:00:00.000Z) | where IPAddress =~ "
		"\"2001:db8::9\" | extend TriagedDistance = abs(Timestamp - "
		"datetime(2026-06-09T08:00:00.000Z)) | top 501 by "
		"TriagedDistance asc | project-away TriagedDistance");
	q = query_of(ACTIVITIES_ACCOUNT, "o'neil@example.org");
	account = hunting_query(&q);
	assert_non_null(strstr(account,
			       "| where AccountId =~ \"o'neil@example.org\" or "
			       "AccountObjectId =~ \"o'neil@example.org\" or "
			       "tostring(RawEventData.UserId) =~ "
			       "\"o'neil@example.org\" |"));
}

/*
 * A reader of the query language of our own: takes the string literals out.
 * What is left must be the same for every name, and each literal must read as
 * the name.
 */
static char *without_literals(const char *query, const char *name)
{
	struct strbuf rest = STRBUF_INIT;

	for (const char *p = query; *p; p++) {
		CLEANUP(strbuf_release) struct strbuf literal = STRBUF_INIT;

		strbuf_addch(&rest, *p);
		if (*p != '"')
			continue;
		for (p++; *p != '"'; p++) {
			assert_true(*p != '\0' && *p != '\n' && *p != '\r');
			if (*p == '\\')
				p++;
			strbuf_addch(&literal, *p);
		}
		assert_string_equal(literal.buf, name);
		strbuf_addch(&rest, '"');
	}
	return strbuf_detach(&rest);
}

static void test_no_injection(void **state)
{
	static const char *const names[] = {
		"ada@example.org",
		"x\" or 1==1 //",
		"x\\\" or true or \"",
		"x\\",
		"\\\\\"",
		"\"\"\"",
		"'; CloudAppEvents | take 1000 //",
		"@\"verbatim\"",
		"```",
		"guest_other.org#EXT#@example.org",
		"\xd0\xb0\xd0\xb4\xd0\xb0@example.org",
	};
	struct activities_query q = query_of(ACTIVITIES_ACCOUNT, names[0]);
	CLEANUP(free_ptr) char *first = hunting_query(&q);
	CLEANUP(free_ptr) char *plain = without_literals(first, names[0]);

	(void)state;
	for (size_t i = 1; i < ARRAY_SIZE(names); i++) {
		CLEANUP(free_ptr) char *query = NULL;
		CLEANUP(free_ptr) char *rest = NULL;

		q.value = names[i];
		assert_int_equal(activities_check(&q, NULL), 0);
		query = hunting_query(&q);
		rest = without_literals(query, names[i]);
		assert_string_equal(rest, plain);
	}
}

static void test_refused(void **state)
{
	static const struct row {
		enum activities_about about;
		const char *value, *error;
	} rows[] = {
		{ ACTIVITIES_ACCOUNT, "", "user" },
		{ ACTIVITIES_ACCOUNT, "a\nb", "user" },
		{ ACTIVITIES_ACCOUNT, "a\rb", "user" },
		{ ACTIVITIES_ACCOUNT, "a\tb", "user" },
		{ ACTIVITIES_ACCOUNT, "a\x1b[2J", "user" },
		{ ACTIVITIES_ACCOUNT, "a\xc2\x85z", "user" }, /* next line */
		{ ACTIVITIES_ACCOUNT, "a\xe2\x80\xa8z", "user" },
		{ ACTIVITIES_ACCOUNT, "a\xff", "user" },
		{ ACTIVITIES_ADDRESS, "", "IP address" },
		{ ACTIVITIES_ADDRESS, "203.0.113", "IP address" },
		{ ACTIVITIES_ADDRESS, "203.0.113.9 ", "IP address" },
		{ ACTIVITIES_ADDRESS, "fe80::1%eth0", "IP address" },
		{ ACTIVITIES_ADDRESS, "\" or true", "IP address" },
	};
	struct err err = ERR_INIT;
	struct activities_query q;
	char long_name[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		q = query_of(rows[i].about, rows[i].value);
		assert_int_equal(activities_check(&q, &err), ERR_CONF);
		assert_non_null(strstr(err.text, rows[i].error));
	}
	memset(long_name, 'a', sizeof(long_name));
	long_name[321] = '\0';
	q = query_of(ACTIVITIES_ACCOUNT, long_name);
	assert_int_equal(activities_check(&q, &err), ERR_CONF);
	long_name[320] = '\0';
	assert_int_equal(activities_check(&q, &err), 0);
	q.most = 0;
	assert_int_equal(activities_check(&q, &err), ERR_CONF);
	q.most = ACTIVITIES_MOST + 1;
	assert_int_equal(activities_check(&q, &err), ERR_CONF);
	q.most = ACTIVITIES_MOST;
	q.to_ms = q.from_ms - 1;
	assert_int_equal(activities_check(&q, &err), ERR_CONF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_hunting),
		cmocka_unit_test(test_no_injection),
		cmocka_unit_test(test_refused),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
