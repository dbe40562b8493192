/* Defender for Cloud alerts in the shapes they come in. */
#include "source/parsed.h"

#include "util/timefmt.h"

#define VM                                                                     \
	"/subscriptions/s-1/resourceGroups/rg-1/providers/Microsoft.Compute/"  \
	"virtualMachines/vm-1"
#define ID                                                                     \
	"/subscriptions/s-1/resourceGroups/RG-1/providers/"                    \
	"Microsoft.Security/locations/l/alerts/"

static int64_t ms(const char *s)
{
	int64_t ret;

	assert_int_equal(timefmt_parse(s, strlen(s), &ret), 1);
	return ret;
}

/* What every shape of the same alert must come to. */
static void check(const struct alert *a, const char *id)
{
	same_text(a->kind, "defender-for-cloud", "kind");
	same_text(a->provider, "defender-for-cloud", "provider");
	same_text(a->native_id, id, "native id");
	same_text(a->subscription, "s-1", "subscription");
	same_text(a->resource_id, VM, "resource");
	same_text(a->resource_group, "rg-1", "group");
	same_text(a->resource_type, "Microsoft.Compute/virtualMachines",
		  "type");
	same_text(a->title, "A title", "title");
	same_text(a->alert_type, "VM_Test", "alert type");
	same_text(a->entity, "vm-1", "entity");
	assert_int_equal(a->base, SEVERITY_HIGH);
	same_text(a->source_severity, "High", "source severity");
	assert_false(a->severity_unmapped);
	assert_false(a->severity_absent);
	assert_int_equal(a->created_ms, ms("2026-11-01T10:00:03.5Z"));
	assert_int_equal(a->activity_from_ms, ms("2026-11-01T09:00:00Z"));
	assert_int_equal(a->source_updated_ms, 0);
	assert_false(a->clipped);
}

static void test_2022(void **state)
{
	CLEANUP(alert_release) struct alert a;
	CLEANUP(free_ptr) char *entities = NULL;

	(void)state;
	parse_alert(
		DOOR_ARM, "tenant-1",
		"{'id':'" ID "1','name':'1','type':"
		"'Microsoft.Security/Locations/alerts','properties':{"
		"'systemAlertId':'1','alertType':'VM_Test','alertDisplayName':"
		"' A title ','description':'One.\\r\\nTwo.','severity':'High',"
		"'status':'InProgress','intent':'LateralMovement, Execution',"
		"'startTimeUtc':'2026-11-01T09:00:00Z','endTimeUtc':"
		"'2026-11-01T09:30:00.1234567Z','timeGeneratedUtc':"
		"'2026-11-01T10:00:03.5000000Z','isIncident':true,"
		"'correlationKey':'k','techniques':['T1059'],'subTechniques':"
		"['T1059.001','T1059'],'compromisedEntity':'vm-1',"
		"'productName':'Azure Security Center','resourceIdentifiers':"
		"[{'$id':'1','type':'LogAnalytics','workspaceId':'w'},{'$id':"
		"'2','type':'AzureResource','azureResourceId':'" VM
		"','azureResourceTenantId':'tenant-9'}],'remediationSteps':["
		"'1. First.\\r\\n\\r\\n 2. Second.','{\\'kind\\':1}',"
		"'Third.'],'alertUri':'https://portal.azure.com/#blade/x',"
		"'entities':[{'$id':'3','type':'host','hostName':'vm-1'}]}}",
		&a);
	check(&a, "1");
	same_text(a.tenant, "tenant-1", "tenant");
	same_text(a.linked_kind, "graph-security", "linked kind");
	same_text(a.linked_id, "dc1", "linked id");
	same_text(a.description, "One.\nTwo.", "description");
	same_text(a.tactics, "LateralMovement,Execution", "tactics");
	same_text(a.techniques, "T1059,T1059.001", "techniques");
	same_text(a.correlation, "k", "correlation");
	same_text(a.source_status, "InProgress", "status");
	assert_int_equal(a.source_state, SOURCE_IN_PROGRESS);
	assert_true(a.is_incident);
	assert_int_equal(a.activity_to_ms, ms("2026-11-01T09:30:00.123Z"));
	same_text(a.portal_url, "https://portal.azure.com/#blade/x", "url");
	entities = entities_text(&a);
	same_text(entities, "host=vm-1", "entities");
}

static void test_other_shapes(void **state)
{
	static const struct {
		const char *name, *id, *json; /* name: for the reader */
	} rows[] = {
		{ "PascalCase inside, as seen at random", "2",
		  "{'id':'" ID "2','name':'2','type':"
		  "'Microsoft.Security/Locations/alerts','properties':{"
		  "'SystemAlertId':'2','AlertType':'VM_Test',"
		  "'AlertDisplayName':'A title','Severity':'High',"
		  "'StartTimeUtc':'2026-11-01T09:00:00Z','TimeGeneratedUtc':"
		  "'2026-11-01T10:00:03.5Z','CompromisedEntity':'vm-1',"
		  "'ResourceIdentifiers':[{'Type':'AzureResource',"
		  "'AzureResourceId':'" VM "'}]}}" },
		{ "2019", "3",
		  "{'id':'" ID "3','name':'3','type':"
		  "'Microsoft.Security/Locations/alerts','properties':{"
		  "'alertName':'VM_Test','alertDisplayName':'A title',"
		  "'reportedSeverity':'High','state':'Active',"
		  "'detectedTimeUtc':'2026-11-01T09:00:00Z',"
		  "'reportedTimeUtc':'2026-11-01T10:00:03.5Z',"
		  "'compromisedEntity':'vm-1','associatedResource':'" VM
		  "','remediationSteps':'a\\r\\nb'}}" },
		{ "Event Hubs", "4",
		  "{'VendorName':'Microsoft','AlertType':'VM_Test',"
		  "'ProductName':'Azure Security Center','SystemAlertId':'4',"
		  "'StartTimeUtc':'2026-11-01T09:00:00+00:00',"
		  "'TimeGenerated':'2026-11-01T10:00:03.5Z','Severity':'High',"
		  "'Status':'New','Intent':'Probing','AzureResourceId':'" VM
		  "','CompromisedEntity':'vm-1','AlertDisplayName':'A title',"
		  "'Entities':null,'CorrelationKey':null}" },
		{ "Log Analytics, lists as text", "5",
		  "{'SystemAlertId':'5','AlertType':'VM_Test','DisplayName':"
		  "'A title','AlertName':'x','ProviderName':'ASC','TenantId':"
		  "'workspace','StartTimeUtc':'2026-11-01 09:00:00',"
		  "'TimeGenerated':'2026-11-01 10:00:03.5','Severity':'High',"
		  "'ResourceId':'" VM "','CompromisedEntity':'vm-1'}" },
		{ "Resource Graph", "6",
		  "{'id':'" ID "6','name':'6','type':"
		  "'microsoft.security/locations/alerts','tenantId':'t',"
		  "'subscriptionId':'s-1','properties':{'AlertType':'VM_Test',"
		  "'AlertDisplayName':'A title','Severity':'High',"
		  "'StartTimeUtc':'2026-11-01T09:00:00Z','TimeGeneratedUtc':"
		  "'2026-11-01T10:00:03.5Z','ResourceIdentifiers':[{"
		  "'AzureResourceId':'" VM "'}]}}" },
		{ "the command line's flat one", "7",
		  "{'id':'" ID "7','name':'7','type':"
		  "'Microsoft.Security/Locations/alerts','systemAlertId':'7',"
		  "'alertType':'VM_Test','alertDisplayName':'A title',"
		  "'severity':'High','startTimeUtc':'2026-11-01T09:00:00Z',"
		  "'timeGeneratedUtc':'2026-11-01T10:00:03.5Z',"
		  "'resourceIdentifiers':[{'azureResourceId':'" VM "'}],"
		  "'resourceGroup':'rg-1'}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;

		parse_alert(DOOR_ANY, "", rows[i].json, &a);
		check(&a, rows[i].id);
		assert_int_equal(a.source_state, SOURCE_ACTIVE);
	}
}

static void test_tenant(void **state)
{
	static const struct {
		const char *configured, *json, *expect;
	} rows[] = {
		{ "c",
		  "{'systemAlertId':'1','resourceIdentifiers':[{"
		  "'azureResourceTenantId':'r'}]}",
		  "c" },
		{ "",
		  "{'systemAlertId':'1','resourceIdentifiers':[{"
		  "'AadTenantId':'a'},{'azureResourceTenantId':'r'}]}",
		  "r" },
		{ "",
		  "{'systemAlertId':'1','resourceIdentifiers':"
		  "'[{\\'AadTenantId\\':\\'a\\'}]'}",
		  "a" },
		{ "", "{'tenantId':'t','properties':{'systemAlertId':'1'}}",
		  "t" },
		{ "", "{'tenantId':'workspace','systemAlertId':'1'}", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;

		parse_alert(DOOR_ANY, rows[i].configured, rows[i].json, &a);
		same_text(a.tenant, rows[i].expect, "tenant");
	}
}

static void test_remediation(void **state)
{
	static const char *const rows[][2] = {
		{ "['a','b']", "a\nb" },
		{ "[' a\\r\\n\\n b ','','c']", "a\nb\nc" },
		{ "'a\\r\\nb'", "a\nb" },
		{ "'[\\'a\\',\\'b\\']'", "a\nb" },
		{ "['{\\'kind\\':\\'openBlade\\',\\'displayValue\\':\\'Do "
		  "it\\'}']",
		  "Do it" },
		{ "[]", NULL },
		{ "null", NULL },
		{ "5", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;
		CLEANUP(free_ptr)
		char *json =
			xasprintf("{'systemAlertId':'1','remediationSteps':%s}",
				  rows[i][0]);

		parse_alert(DOOR_ANY, "", json, &a);
		same_text(a.remediation, rows[i][1], "remediation");
	}
}

static void test_little(void **state)
{
	CLEANUP(alert_release) struct alert a;

	(void)state;
	parse_alert(DOOR_ARM, "", "{'name':'1','properties':{}}", &a);
	same_text(a.native_id, "1", "id");
	same_text(a.title, "Untitled alert from defender-for-cloud", "title");
	assert_null(a.resource_id);
	assert_int_equal(a.base, SEVERITY_MEDIUM);
	assert_true(a.severity_absent);
	assert_true(a.severity_unmapped);
	assert_int_equal(a.created_ms, 0);
}

/* Wrong types everywhere but in the id: read as absent, never a crash. */
static void test_wrong_types(void **state)
{
	static const char *const values[] = { "1",   "-1",     "1.5", "true",
					      "[]",  "{}",     "''",  "null",
					      "[1]", "[[{}]]", "[{}]" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		CLEANUP(alert_release) struct alert a;
		CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
		static const char *const keys[] = { "alertDisplayName",
						    "description",
						    "severity",
						    "status",
						    "intent",
						    "startTimeUtc",
						    "timeGeneratedUtc",
						    "resourceIdentifiers",
						    "entities",
						    "alertUri",
						    "extendedProperties",
						    "remediationSteps",
						    "compromisedEntity",
						    "techniques",
						    "isIncident",
						    "productName",
						    "correlationKey",
						    "alertType" };

		strbuf_addstr(&json, "{'id':5,'name':'1','properties':{");
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			strbuf_addf(&json, "%s'%s':%s", k ? "," : "", keys[k],
				    values[i]);
		strbuf_addstr(&json, "}}");
		parse_alert(DOOR_ARM, "t", json.buf, &a);
		assert_non_null(strstr(a.title, "Untitled alert from "));
		assert_true(a.severity_unmapped);
	}
}

static void test_incident_flag(void **state)
{
	CLEANUP(alert_release) struct alert a;

	(void)state;
	parse_alert(DOOR_ANY, "",
		    "{'systemAlertId':'1','extendedProperties':{'isincident':"
		    "'true','resourceType':'Virtual Machine'}}",
		    &a);
	assert_true(a.is_incident);
	same_text(a.resource_type, "Virtual Machine", "resource type");
}

/* What is cut out of an id is as clean as any field. */
static void test_hostile_id(void **state)
{
	CLEANUP(alert_release) struct alert a;

	(void)state;
	alert_init(&a);
	parse_alert(DOOR_ARM, "t",
		    "{'id':'/subscriptions/s\\u202e1\\u001b[2J/resourceGroups/"
		    "r\\u009b/x','properties':{'systemAlertId':'1'}}",
		    &a);
	same_text(a.subscription, "s1[2J", "subscription");
	same_text(a.resource_group, "r", "group");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_2022),
		cmocka_unit_test(test_other_shapes),
		cmocka_unit_test(test_tenant),
		cmocka_unit_test(test_hostile_id),
		cmocka_unit_test(test_remediation),
		cmocka_unit_test(test_little),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_incident_flag),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
