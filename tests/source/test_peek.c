/*
 * An identity told without building the alert is that of the alert, or none is
 * told.
 */
#include "source/normalize.h"

#include "source/parsed.h"

static void test_peek(void **state)
{
	static const struct {
		const char *json;
		bool is_unclear; /* without a configured tenant */
	} rows[] = {
		{ .json = "{'name':'N','properties':{'systemAlertId':'S'}}" },
		{ .json = "{'name':'N','properties':{}, 'type':"
			  "'Microsoft.Security/alerts','id':'i'}" },
		{ .json = "{'name':'N','properties':{'SystemAlertId':'S',"
			  "'resourceIdentifiers':[{'type':'AAD','AadTenantId':'"
			  "A'},"
			  "{'azureResourceTenantId':'R'}]}}" },
		{ .json = "{'SystemAlertId':'\\u0041b "
			  "','TenantId':'workspace'}" },
		/* A flat row's names around properties: it is not flat. */
		{ .json = "{'name':'N','systemAlertId':'O','properties':{"
			  "'systemAlertId':'S','resourceIdentifiers':"
			  "[{'type':'AAD','aadTenantId':'A'}]}}" },
		{ .json = "{'tenantId':'T','properties':{'systemAlertId':'S'}"
			  "}" },
		{ .json = "{'id':'I','title':'t','serviceSource':'s','tenantId'"
			  ":'T'}" },
		/* A tenant is cleaned, while an id is not. */
		{ .json = "{'id':'I','title':'t','serviceSource':'s',"
			  "'tenantId':' T\\u007f '}" },
		{ .json = "{'tenantId':'T','properties':{'systemAlertId':'S',"
			  "'resourceIdentifiers':[{'aadTenantId':''},"
			  "{'aadTenantId':' '},{'aadTenantId':'A'}]}}" },
		{ .json = "{'_id':'I','severityValue':1,'contextId':'C'}" },
		{ .json = "{'_id':'I','severityValue':1}" },
		/* An export writes lists as JSON inside a string. */
		{ .json = "{'systemAlertId':'S','resourceIdentifiers':"
			  "'[{\\u0022aadTenantId\\u0022:\\u0022A\\u0022}]'}",
		  true },
	};
	static const char *const tenants[] = { "", "configured" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows) * 2; i++) {
		const char *tenant = tenants[i % 2];
		CLEANUP(free_ptr) char *raw = quoted(rows[i / 2].json);
		struct span span = { raw, strlen(raw) };
		struct item it = { 0 };
		struct alert_key key;
		bool is_told;

		alert_init(&it.alert);
		normalize_item(DOOR_ANY, tenant, span, &it);
		assert_int_equal(it.kind, ITEM_ALERT);
		is_told = normalize_peek_key(DOOR_ANY, tenant, span, &key);
		assert_int_equal(is_told, *tenant || !rows[i / 2].is_unclear);
		if (is_told)
			assert_memory_equal(&key, &it.key, sizeof(key));
		alert_release(&it.alert);
	}
}

static void test_peek_nothing(void **state)
{
	static const char *const rows[] = {
		"{}",
		"[]",
		"",
		"x",
		"{'name':5,'properties':{}}",
		"{'id':'1','vendorInformation':{},'title':'t'}",
		"{'_id':7,'severityValue':1}",
	};
	struct alert_key key;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_ptr) char *raw = quoted(rows[i]);

		assert_false(
			normalize_peek_key(DOOR_ANY, "t",
					   (struct span){ raw, strlen(raw) },
					   &key));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_peek_nothing),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
