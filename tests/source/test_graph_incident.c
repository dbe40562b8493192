/* Incidents of Defender XDR, in both spellings that were published. */
#include "source/parsed.h"

static void test_incident(void **state)
{
	CLEANUP(alert_release) struct alert a;

	(void)state;
	parse_alert(DOOR_GRAPH, "",
		    "{'id':'29','tenantId':'t','status':'active',"
		    "'incidentWebUrl':'https://security.microsoft.com/"
		    "incident2/29/overview?tid=t','redirectIncidentId':null,"
		    "'displayName':'Multi-stage','createdDateTime':"
		    "'2026-01-22T12:09:23.1433333Z','lastUpdateDateTime':"
		    "'2026-02-25T16:29:33.1Z','severity':'high',"
		    "'description':'<b>worm</b>','alerts':[{'category':"
		    "'Execution'},{'category':'Exfiltration'}]}",
		    &a);
	assert_string_equal(a.kind, ALERT_KIND_GRAPH_INCIDENT);
	assert_string_equal(a.alert_type, "xdr-incident");
	assert_string_equal(a.native_id, "29");
	assert_string_equal(a.incident, "29");
	assert_string_equal(a.tenant, "t");
	assert_false(a.is_incident); /* two tactics */
	assert_null(a.linked_id);
	assert_string_equal(a.title, "Multi-stage");
	assert_string_equal(a.description, "worm");
	assert_string_equal(a.tactics, "Execution,Exfiltration");
	assert_string_equal(a.category, "data-exfiltration");
	assert_int_equal(a.base, SEVERITY_HIGH);
	assert_int_equal(a.source_state, SOURCE_ACTIVE);
	assert_true(a.created_ms == INT64_C(1769083763143));
	assert_true(a.source_updated_ms == INT64_C(1772036973100));
	assert_non_null(a.portal_url);
}

static void test_others(void **state)
{
	static const struct {
		const char *json;
		enum severity base;
		enum source_state state;
	} rows[] = {
		{ "{'@odata.type':'#microsoft.graph.security.incident',"
		  "'id':'1','Severity':'Medium','Status':'Active',"
		  "'alerts':{'category':'Impact'}}",
		  SEVERITY_MEDIUM, SOURCE_ACTIVE },
		{ "{'id':'1','displayName':'d','redirectIncidentId':'2',"
		  "'severity':'low','status':'redirected'}",
		  SEVERITY_LOW, SOURCE_DISMISSED },
		{ "{'id':'1','displayName':'d','incidentWebUrl':'http://x',"
		  "'severity':'informational','status':'inProgress'}",
		  SEVERITY_INFO, SOURCE_IN_PROGRESS },
		{ "{'id':'1','displayName':'d','incidentWebUrl':'',"
		  "'severity':'low','status':'awaitingAction'}",
		  SEVERITY_LOW, SOURCE_ACTIVE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;

		parse_alert(DOOR_ANY, "t", rows[i].json, &a);
		assert_int_equal(a.base, rows[i].base);
		assert_int_equal(a.source_state, rows[i].state);
		assert_false(a.severity_unmapped);
		assert_null(a.portal_url);
	}
}

/* Three tactics make an incident; their order is that of no answer. */
static void test_tactics(void **state)
{
	static const struct {
		const char *alerts, *tactics;
		bool is_incident;
	} rows[] = {
		{ "[]", NULL, false },
		{ "[{'category':'Impact'}]", "Impact", false },
		{ "[{'category':'Impact'},{'category':'impact'},"
		  "{'category':'Execution'}]",
		  "Execution,Impact", false },
		{ "[{'category':'Malware'},{'category':'SuspiciousActivity'},"
		  "{'category':'Ransomware'}]",
		  "Malware,Ransomware,SuspiciousActivity", false },
		{ "[{'category':'impact'},{'category':'initialAccess'},"
		  "{'categories':['Execution','unknown']}]",
		  "Execution,impact,initialAccess", true },
		{ "{'categories':['Impact','Discovery','LateralMovement']}",
		  "Discovery,Impact,LateralMovement", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;
		CLEANUP(free_ptr)
		char *json = xasprintf("{'id':'7','displayName':'d',"
				       "'incidentWebUrl':'','severity':'high',"
				       "'alerts':%s}",
				       rows[i].alerts);

		parse_alert(DOOR_GRAPH, "t", json, &a);
		if (rows[i].tactics)
			assert_string_equal(a.tactics, rows[i].tactics);
		else
			assert_null(a.tactics);
		assert_true(a.is_incident == rows[i].is_incident);
	}
}

/* The unchanged check and the parser agree on who it is. */
static void test_peek(void **state)
{
	CLEANUP(free_ptr)
	char *raw = quoted("{'id':'29','displayName':'d','tenantId':'own',"
			   "'incidentWebUrl':''}");
	struct span span = { raw, strlen(raw) };
	struct item it = { 0 };
	struct alert_key key;

	(void)state;
	alert_init(&it.alert);
	normalize_item(DOOR_GRAPH, "", span, &it);
	assert_int_equal(it.kind, ITEM_ALERT);
	assert_true(normalize_peek_key(DOOR_GRAPH, "", span, &key));
	assert_memory_equal(key.b, it.key.b, sizeof(key.b));
	alert_release(&it.alert);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_incident),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_tactics),
		cmocka_unit_test(test_peek),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
