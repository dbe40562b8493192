/* Graph alerts_v2: fields, links to other doors, products. */
#include "source/parsed.h"

#include "util/timefmt.h"

static void test_whole(void **state)
{
	CLEANUP(alert_release) struct alert a;
	char buf[TIMEFMT_MAX];

	(void)state;
	parse_alert(
		DOOR_GRAPH, "",
		"{'@odata.type':'#microsoft.graph.security.alert','id':'dax_1',"
		"'providerAlertId':'x_1','incidentId':'29','status':'"
		"inProgress',"
		"'severity':'informational','serviceSource':"
		"'microsoftDefenderForEndpoint','detectorId':'d-1',"
		"'tenantId':'t-1','title':'  A title','description':"
		"'<p>One.</p><a href=\\'x\\'>two</a>','recommendedActions':"
		"'Do this.\\n\\n Do that.','category':'Persistence',"
		"'categories':['Persistence','Impact'],'mitreTechniques':"
		"['T1546.003','T1486'],'createdDateTime':"
		"'2026-01-22T12:09:22.8566667Z','lastUpdateDateTime':"
		"'2026-02-25T16:29:33.1Z','firstActivityDateTime':"
		"'2026-01-22T12:08:16Z','lastActivityDateTime':"
		"'2026-01-22T13:36:33Z','alertWebUrl':"
		"'https://security.microsoft.com/alerts/dax_1?tid=t-1',"
		"'evidence':[{'@odata.type':"
		"'#microsoft.graph.security.azureResourceEvidence','resourceId'"
		":"
		"'/subscriptions/s-1/resourceGroups/g/providers/N.N/t/r'}]}",
		&a);
	same_text(a.kind, "graph-security", "kind");
	same_text(a.provider, "defender-for-endpoint", "provider");
	same_text(a.tenant, "t-1", "tenant");
	same_text(a.native_id, "dax_1", "id");
	assert_null(a.linked_kind);
	same_text(a.title, "A title", "title");
	same_text(a.description, "One.\ntwo", "description");
	same_text(a.remediation, "Do this.\nDo that.", "remediation");
	same_text(a.tactics, "Persistence,Impact", "tactics");
	same_text(a.techniques, "T1546.003,T1486", "techniques");
	same_text(a.incident, "29", "incident");
	same_text(a.alert_type, "d-1", "alert type");
	assert_int_equal(a.base, SEVERITY_INFO);
	assert_int_equal(a.source_state, SOURCE_IN_PROGRESS);
	same_text(timefmt_utc(a.created_ms, buf), "2026-01-22T12:09:22.856Z",
		  "created");
	same_text(timefmt_utc(a.source_updated_ms, buf),
		  "2026-02-25T16:29:33.100Z", "updated");
	same_text(a.resource_group, "g", "group");
	same_text(a.resource_type, "N.N/t", "resource type");
	same_text(a.subscription, "s-1", "subscription");
	same_text(a.entity, "r", "entity");
	assert_non_null(a.portal_url);
}

static void test_links(void **state)
{
	static const struct {
		const char *id, *provider_id, *kind, *linked;
	} rows[] = {
		{ "dc25_a", "25_a", "defender-for-cloud", "25_a" },
		{ "DC25_A", "25_a", "defender-for-cloud", "25_A" },
		{ "ca60ed", "60ed", "cloud-apps", "60ed" },
		/* The id itself begins so: no prefix to strip. */
		{ "ca60ed", "ca60ed", NULL, NULL },
		{ "dc25_a", "other", NULL, NULL },
		{ "dc25_a", NULL, NULL, NULL },
		{ "da25_a", "25_a", NULL, NULL },
		{ "dc", "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;
		CLEANUP(free_ptr)
		char *json = xasprintf(
			"{'id':'%s','title':'t','serviceSource':'x'%s%s%s}",
			rows[i].id,
			rows[i].provider_id ? ",'providerAlertId':'" : "",
			rows[i].provider_id ? rows[i].provider_id : "",
			rows[i].provider_id ? "'" : "");

		parse_alert(DOOR_ANY, "", json, &a);
		same_text(a.linked_kind, rows[i].kind, rows[i].id);
		same_text(a.linked_id, rows[i].linked, rows[i].id);
	}
}

/* Both doors of one alert have a key in common. */
static void test_same_alert(void **state)
{
	CLEANUP(alert_release) struct alert graph, arm;
	struct alert_key g[2], m[2];

	(void)state;
	parse_alert(DOOR_ANY, "T",
		    "{'id':'dc25_a','title':'t',"
		    "'providerAlertId':'25_a'}",
		    &graph);
	parse_alert(DOOR_ANY, "t", "{'systemAlertId':'25_A'}", &arm);
	assert_int_equal(alert_keys(&graph, g), 2);
	assert_int_equal(alert_keys(&arm, m), 2);
	assert_memory_equal(&g[1], &m[0], sizeof(g[1]));
	assert_memory_equal(&g[0], &m[1], sizeof(g[1]));
}

static void test_products(void **state)
{
	static const char *const rows[][2] = {
		{ "'serviceSource':'microsoftDefenderForCloud'",
		  "defender-for-cloud" },
		{ "'serviceSource':'microsoftDefenderForCloudApps'",
		  "defender-for-cloud-apps" },
		{ "'serviceSource':'microsoftDefenderForIdentity'",
		  "defender-for-identity" },
		{ "'serviceSource':'microsoftDefenderForOffice365'",
		  "defender-for-office-365" },
		{ "'serviceSource':'microsoft365Defender'", "defender-xdr" },
		{ "'serviceSource':'azureAdIdentityProtection'",
		  "entra-id-protection" },
		{ "'serviceSource':'microsoftAppGovernance'",
		  "app-governance" },
		{ "'serviceSource':'dataLossPrevention'", "purview-dlp" },
		{ "'serviceSource':'microsoftSentinel'", "sentinel" },
		{ "'serviceSource':'microsoftInsiderRiskManagement'",
		  "insider-risk" },
		{ "'serviceSource':'microsoftThreatIntelligence'",
		  "threat-intelligence" },
		{ "'serviceSource':'microsoftSecurityForAI'",
		  "security-for-ai" },
		{ "'serviceSource':'Brand New'", "brand-new" },
		{ "'serviceSource':'unknownFutureValue','productName':"
		  "'App Governance'",
		  "app-governance" },
		{ "'serviceSource':'unknownFutureValue'", "sentinel" },
		{ "'detectionSource':'manual'", "sentinel" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;
		CLEANUP(free_ptr)
		char *json =
			xasprintf("{'id':'sn1','title':'t',%s}", rows[i][0]);

		parse_alert(DOOR_ANY, "", json, &a);
		same_text(a.provider, rows[i][1], rows[i][0]);
	}
}

static void test_portal(void **state)
{
	CLEANUP(alert_release) struct alert a;

	(void)state;
	parse_alert(DOOR_ANY, "",
		    "{'id':'1','title':'t','alertWebUrl':"
		    "'https://security.microsoft.com.evil.example/a'}",
		    &a);
	assert_null(a.portal_url);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_same_alert),
		cmocka_unit_test(test_products),
		cmocka_unit_test(test_portal),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
