/* Rows of the hunting tables as alerts. */
#include "source/normalize.h"

#include "source/parsed.h"

#define FULL                                                                   \
	"{'Timestamp':'2026-11-21T20:00:00.1234567Z','BehaviorId':'bh01',"     \
	"'ActionType':'ImpossibleTravelActivity','Description':"               \
	"'<p>Kim was in <b>two</b> places.</p>','Categories':'[\\'"            \
	"InitialAccess\\']','AttackTechniques':'[\\'Valid Accounts (T1078)"    \
	"\\']','ServiceSource':'Microsoft Defender for Cloud Apps',"           \
	"'StartTime':'2026-11-21T19:00:00Z','EndTime':"                        \
	"'2026-11-21T19:30:00Z','AccountUpn':'kim@contoso.com','Entities':["   \
	"{'EntityType':'Ip','EntityRole':'Related','RemoteIP':'192.0.2.7'},"   \
	"{'EntityType':'User','EntityRole':'Impacted','AccountUpn':"           \
	"'kim@contoso.com'},"                                                  \
	"{'EntityType':'User','AccountName':'svc','AccountDomain':'CORP'},"    \
	"{'EntityType':'CloudResource','AdditionalFields':"                    \
	"'{\\'ResourceId\\':\\'/subscriptions/s1/resourceGroups/g/providers/"  \
	"Microsoft.Compute/virtualMachines/v\\'}'},"                           \
	"'{\\'EntityType\\':\\'CloudApplication\\',\\'Application\\':"         \
	"\\'Microsoft Azure\\'}',"                                             \
	"{'EntityType':'Newcomer','RemoteIP':'192.0.2.8'},"                    \
	"{'RemoteIP':'192.0.2.9'},7,null]}"

static void test_full(void **state)
{
	CLEANUP(alert_release) struct alert a;
	CLEANUP(free_ptr) char *entities = NULL;

	(void)state;
	alert_init(&a);
	parse_alert(DOOR_BEHAVIOR, "tenant-1", FULL, &a);
	same_text(a.kind, "graph-hunting", "kind");
	same_text(a.native_id, "bh01", "id");
	same_text(a.tenant, "tenant-1", "tenant");
	same_text(a.provider, "defender-for-cloud-apps", "provider");
	same_text(a.title, "ImpossibleTravelActivity", "title");
	same_text(a.alert_type, "ImpossibleTravelActivity", "type");
	same_text(a.description, "Kim was in two places.", "description");
	same_text(a.tactics, "InitialAccess", "tactics");
	same_text(a.techniques, "Valid Accounts (T1078)", "techniques");
	same_text(a.policy, "impossible-travel", "policy");
	same_text(a.entity, "kim@contoso.com", "entity");
	same_text(a.subscription, "s1", "subscription");
	same_text(a.resource_group, "g", "group");
	same_text(a.source_severity, NULL, "severity");
	assert_int_equal(a.base, SEVERITY_LOW);
	assert_false(a.severity_absent);
	assert_false(a.severity_unmapped);
	assert_int_equal(a.source_state, SOURCE_ACTIVE);
	assert_int_equal(a.created_ms, 1795291200123);
	assert_int_equal(a.source_updated_ms, 1795291200123);
	assert_int_equal(a.activity_from_ms, 1795287600000);
	assert_int_equal(a.activity_to_ms, 1795289400000);
	entities = entities_text(&a);
	same_text(entities,
		  "ip=192.0.2.7(Related); account=kim@contoso.com(Impacted); "
		  "account=CORP\\svc; resource=/subscriptions/s1/"
		  "resourceGroups/g/providers/Microsoft.Compute/"
		  "virtualMachines/v; app=Microsoft Azure; "
		  "Newcomer=192.0.2.8",
		  "entities");
}

static void test_little(void **state)
{
	CLEANUP(alert_release) struct alert a;

	(void)state;
	alert_init(&a);
	parse_alert(DOOR_ANY, "",
		    "{'BehaviorId':'b','ActionType':'X','Title':'A title',"
		    "'Categories':'Impact','TenantId':'t9','Entities':'no'}",
		    &a);
	same_text(a.title, "A title", "title");
	same_text(a.tactics, "Impact", "tactics");
	same_text(a.tenant, "t9", "tenant");
	same_text(a.entity, NULL, "entity");
	assert_int_equal(a.created_ms, 0);
	assert_int_equal(a.base, SEVERITY_LOW);
}

/* The key that is looked up without parsing is the alert's. */
static void test_key(void **state)
{
	CLEANUP(alert_release) struct alert a;
	CLEANUP(free_ptr) char *raw = quoted("{'BehaviorId':'bh01'}");
	struct alert_key peeked, key;

	(void)state;
	alert_init(&a);
	parse_alert(DOOR_BEHAVIOR, "tenant-1", "{'BehaviorId':'bh01'}", &a);
	alert_key(a.kind, a.tenant, a.native_id, &key);
	assert_true(normalize_peek_key(DOOR_BEHAVIOR, "tenant-1",
				       (struct span){ raw, strlen(raw) },
				       &peeked));
	assert_memory_equal(&key, &peeked, sizeof(key));
}

static void test_bad(void **state)
{
	static const char *const rows[] = {
		"{}", "{\"BehaviorId\":\"\"}", "{\"BehaviorId\":7}", "[]", "7",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct item it = { 0 };

		alert_init(&it.alert);
		normalize_item(DOOR_BEHAVIOR, "t",
			       (struct span){ rows[i], strlen(rows[i]) }, &it);
		assert_int_equal(it.kind, ITEM_BAD);
		assert_true(it.reason[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_little),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_bad),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
