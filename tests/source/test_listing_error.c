/* Error bodies of every shape: the code, and never the message. */
#include "source/listing_priv.h"

#include "source/parsed.h"

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
		cmocka_unit_test(test_refused),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
