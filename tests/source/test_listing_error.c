/* Error bodies of every shape: the code, and never the message. */
#include "source/listing_priv.h"

#include "source/parsed.h"
#include "util/clock.h"

static void test_codes(void **state)
{
	static const char *const rows[][2] = {
		{ "{'error':{'code':'AuthorizationFailed','message':'kim'}}",
		  "AuthorizationFailed" },
		{ "{'error':{'code':'Subscription Not Registered'}}",
		  "Subscription Not Registered" },
		{ "{'Code':'BadRequest','Message':'kim'}", "BadRequest" },
		{ "{'code':'x','message':null}", "x" },
		{ "{'HttpStatusCode':404,'ErrorCode':'Not Found'}",
		  "Not Found" },
		{ "{'error':'invalid_client'}", "invalid_client" },
		{ "{'error':{'code':'a\\u001bb\\nc'}}", "ab c" },
		{ "{'error':{'code':5}}", "" },
		{ "{'error':{}}", "" },
		{ "{'filters':[{'error':'kim is no date','errorMessageCode':"
		  "'CONSOLE_FORMS_NOT_VALID_VALUE','errorMessageParams':{}}],"
		  "'error':true}",
		  "filters CONSOLE_FORMS_NOT_VALID_VALUE" },
		{ "{'errors':[{'error':'Invalid filter'}]}", "Invalid filter" },
		{ "{'errors':[7],'error':true}", "" },
		{ "{'errors':{'error':'x'}}", "" },
		{ "{}", "" },
		{ "[]", "" },
		{ "<html>", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_ptr) char *body = quoted(rows[i][0]);
		char code[100];

		listing_error_code(body, strlen(body), code, sizeof(code));
		assert_string_equal(code, rows[i][1]);
	}
}

static void test_whose_quota(void **state)
{
	(void)state;
	assert_int_equal(listing_quota("SubscriptionRequestsThrottled"),
			 QUOTA_OF_SUBSCRIPTION);
	assert_int_equal(listing_quota("resourcerequeststhrottled"),
			 QUOTA_OF_SUBSCRIPTION);
	assert_int_equal(listing_quota("TenantRequestsThrottled"),
			 QUOTA_OF_ALL);
	assert_int_equal(listing_quota("TooManyRequests"), QUOTA_UNSAID);
	assert_int_equal(listing_quota(""), QUOTA_UNSAID);
}

static void test_until_when(void **state)
{
	char words[80], cut[8];

	(void)state;
	clock_hold(INT64_C(1600000000000), 1);
	listing_wait_words("HTTP 429", 600000, words, sizeof(words));
	assert_string_equal(words,
			    "HTTP 429; the service asks to wait 600 s, until "
			    "2020-09-13T12:36:40Z");
	listing_wait_words("HTTP 429", 600000, cut, sizeof(cut));
	assert_string_equal(cut, "HTTP 42");
	clock_release();
}

static void test_refused(void **state)
{
	(void)state;
	assert_non_null(strstr(listing_refused("Bearer", NULL), "tenant"));
	assert_string_equal(listing_refused("Bearer", ": ours"), ": ours");
	assert_non_null(strstr(listing_refused("Bearer claims=\"x\"", ": ours"),
			       "Conditional Access"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_whose_quota),
		cmocka_unit_test(test_until_when),
		cmocka_unit_test(test_refused),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
