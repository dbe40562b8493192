/* What is an alert, and what only looks like one. */
#include "source/shape_priv.h"

#include "source/parsed.h"

static void test_shapes(void **state)
{
	static const struct {
		const char *json;
		enum shape expect;
	} rows[] = {
		{ "{'id':'i','name':'n','type':"
		  "'Microsoft.Security/Locations/alerts','properties':{}}",
		  SHAPE_ARM },
		{ "{'id':'i','type':'microsoft.security/alerts',"
		  "'PROPERTIES':{}}",
		  SHAPE_ARM },
		{ "{'id':'i','type':'Microsoft.Security/iotAlerts',"
		  "'properties':{}}",
		  SHAPE_ARM },
		{ "{'name':'n','properties':{'systemAlertId':'s'}}",
		  SHAPE_ARM },
		{ "{'properties':{'AlertDisplayName':'t','severity':'x'}}",
		  SHAPE_ARM },
		{ "{'SystemAlertId':'s'}", SHAPE_ARM_FLAT },
		{ "{'alertDisplayName':'t','compromisedEntity':'x'}",
		  SHAPE_ARM_FLAT },
		{ "{'@odata.type':'#microsoft.graph.security.alert'}",
		  SHAPE_GRAPH },
		{ "{'id':'i','providerAlertId':'p'}", SHAPE_GRAPH },
		{ "{'title':'t','detectionSource':'p'}", SHAPE_GRAPH },
		{ "{'id':'i','title':'t','vendorInformation':{}}",
		  SHAPE_GRAPH_V1 },
		{ "{'_id':'i','severityValue':1}", SHAPE_CLOUD_APPS },
		{ "{'_id':'i','timestamp':1,'title':'t'}", SHAPE_CLOUD_APPS },
		{ "{'title':'t','severityValue':1}", SHAPE_CLOUD_APPS },
		{ "{'BehaviorId':'b','ActionType':'a'}", SHAPE_BEHAVIOR },
		{ "{'BehaviorId':'b'}", SHAPE_NONE },
		/* Others of the same APIs. */
		{ "{'id':'i','name':'n','type':"
		  "'Microsoft.Security/alertsSuppressionRules','properties':"
		  "{'alertType':'x','state':'Enabled'}}",
		  SHAPE_NONE },
		{ "{'id':'i','type':'Microsoft.Security/secureScores',"
		  "'properties':{'displayName':'ASC score'}}",
		  SHAPE_NONE },
		{ "{'id':'i','type':'Microsoft.AlertsManagement/alerts',"
		  "'properties':{}}",
		  SHAPE_NONE },
		{ "{'id':'i','type':'Microsoft.Security/aggregatedAlerts',"
		  "'properties':{'alertDisplayName':'x','severity':'y'}}",
		  SHAPE_NONE },
		{ "{'id':'29','displayName':'incident','severity':'high',"
		  "'incidentWebUrl':'u','status':'active'}",
		  SHAPE_GRAPH_INCIDENT },
		{ "{'id':'29','displayName':'d','redirectIncidentId':'30'}",
		  SHAPE_GRAPH_INCIDENT },
		{ "{'@odata.type':'#microsoft.graph.security.incident',"
		  "'id':'1','title':'t','serviceSource':'s'}",
		  SHAPE_GRAPH_INCIDENT },
		{ "{'id':'i','providerAlertId':'p','displayName':'d',"
		  "'incidentWebUrl':'u'}",
		  SHAPE_GRAPH },
		{ "{'id':'29','displayName':'a user'}", SHAPE_NONE },
		{ "{'_id':'a','eventType':2,'instantiation':3,"
		  "'timestamp':1,'title':'t'}",
		  SHAPE_CLOUD_APPS_ACTIVITY },
		{ "{'uid':'a','eventType':2,'eventRouting':{}}",
		  SHAPE_CLOUD_APPS_ACTIVITY },
		{ "{'_id':'activity','timestamp':1,'eventType':2,"
		  "'description':'d'}",
		  SHAPE_NONE },
		{ "{'_id':'entity','threatScore':1,'displayName':'d'}",
		  SHAPE_NONE },
		{ "{'error':{'code':'x'}}", SHAPE_NONE },
		{ "{'alertName':'x','subscriptionId':'s'}", SHAPE_NONE },
		{ "{}", SHAPE_NONE },
		{ "[]", SHAPE_NONE },
		{ "'x'", SHAPE_NONE },
		{ "5", SHAPE_NONE },
		{ "", SHAPE_NONE },
		/* Cut: by what stands before the cut. */
		{ "{'_id':'i','severityValue':1,'description':'x",
		  SHAPE_CLOUD_APPS },
		{ "{'id':'i','type':'Microsoft.Security/alerts',"
		  "'properties':{'x':[",
		  SHAPE_ARM },
		{ "{'value':[{'_id':'i','severityValue':1}", SHAPE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(free_ptr) char *json = quoted(rows[i].json);
		struct span span = { json, strlen(json) };

		if (shape_of(span) != rows[i].expect)
			fail_msg("%s: %d", json, shape_of(span));
		assert_int_equal(normalize_is_alert(span),
				 rows[i].expect != SHAPE_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
