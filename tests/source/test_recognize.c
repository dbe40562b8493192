/* Each sign of each policy and plan, and the threats of what has none. */
#include "source/recognize_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "source/parsed.h"
#include "util/compiler.h"

#define ACCOUNT "compromised-account"
#define INSIDER "insider-or-privilege"
#define EXFILTRATION "data-exfiltration"

struct sign {
	const char *type, *title, *label; /* NULL: not there */
	const char *policy, *category;
};

static const struct sign signs[] = {
	{ "MCAS_ALERT_ANUBIS_DETECTION_RISKY_IP_ANONYMOUS", NULL, NULL,
	  "anonymous-ip", ACCOUNT },
	{ "ALERT_ANUBIS_DETECTION_RISKY_IP_ANONYMOUS", NULL, NULL,
	  "anonymous-ip", ACCOUNT },
	{ "ARM.MCAS_ActivityFromAnonymousIPAddresses", NULL, NULL,
	  "anonymous-ip", ACCOUNT },
	{ NULL, "Activity from anonymous IP addresses", NULL, "anonymous-ip",
	  ACCOUNT },
	{ NULL, "Activity from a Tor IP address", NULL, "anonymous-ip",
	  ACCOUNT },
	{ NULL, NULL, "Activity from a TOR IP address", "anonymous-ip",
	  ACCOUNT },
	{ "MCAS_ALERT_ANUBIS_DETECTION_RISKY_IP", NULL, NULL, "suspicious-ip",
	  ACCOUNT },
	{ NULL, "Activity from suspicious IP addresses", NULL, "suspicious-ip",
	  ACCOUNT },
	{ NULL, NULL, "Successful logon from a suspicious IP address",
	  "suspicious-ip", ACCOUNT },
	{ "MCAS_ALERT_ANUBIS_DETECTION_NEW_COUNTRY", NULL, NULL,
	  "infrequent-country", ACCOUNT },
	{ "ActivityFromInfrequentCountry", NULL, NULL, "infrequent-country",
	  ACCOUNT },
	{ "ARM.MCAS_ActivityFromInfrequentCountry", NULL, NULL,
	  "infrequent-country", ACCOUNT },
	{ NULL, "Activity from infrequent country", NULL, "infrequent-country",
	  ACCOUNT },
	{ "MCAS_ALERT_ANUBIS_DETECTION_REPEATED_ACTIVITY_FAILED_LOGIN", NULL,
	  NULL, "multiple-failed-logins", ACCOUNT },
	{ "MultipleFailedLoginAttempts", NULL, NULL, "multiple-failed-logins",
	  ACCOUNT },
	{ NULL, "Multiple failed login attempts", NULL,
	  "multiple-failed-logins", ACCOUNT },
	{ "15859721", "anything", NULL, "unusual-administration", INSIDER },
	{ "SuspiciousAdministrativeActivity", NULL, NULL,
	  "unusual-administration", INSIDER },
	{ NULL, "Suspicious administrative activity", NULL,
	  "unusual-administration", INSIDER },
	{ NULL, NULL, "Unusual administrative activity (by user)",
	  "unusual-administration", INSIDER },
	{ "MultipleDeleteVmActivities", NULL, NULL, "multiple-vm-deletion",
	  EXFILTRATION },
	{ NULL, "Multiple delete VM activities", NULL, "multiple-vm-deletion",
	  EXFILTRATION },
	{ "MultipleVmCreationActivities", NULL, NULL, "multiple-vm-creation",
	  INSIDER },
	{ NULL, "Multiple VM creation activities", NULL, "multiple-vm-creation",
	  INSIDER },
	{ "15859716", NULL, NULL, "impossible-travel", ACCOUNT },
	{ "MCAS_ALERT_ANUBIS_DETECTION_VELOCITY", NULL, NULL,
	  "impossible-travel", ACCOUNT },
	{ "ImpossibleTravelActivity", NULL, NULL, "impossible-travel",
	  ACCOUNT },
	{ NULL, "Impossible travel activity", NULL, "impossible-travel",
	  ACCOUNT },
	{ NULL, "Activity performed by terminated user", NULL,
	  "terminated-user", INSIDER },
	{ "ALERT_ANUBIS_DETECTION_RANSOMWARE", NULL, NULL, "ransomware",
	  "malware" },
	{ NULL, "Ransomware activity", NULL, "ransomware", "malware" },
	{ "MCAS_ALERT_ANUBIS_DETECTION_UNCOMMON_CLOUD_REGION", NULL, NULL,
	  "unusual-region", INSIDER },
	{ NULL, "Unusual region for cloud resource", NULL, "unusual-region",
	  INSIDER },
	{ NULL, "Suspicious inbox forwarding", NULL, "inbox-forwarding",
	  EXFILTRATION },
	{ NULL, "Suspicious inbox manipulation rule", NULL,
	  "inbox-manipulation", ACCOUNT },
	{ NULL, "Suspicious email deletion activity", NULL, "mail-deletion",
	  ACCOUNT },
	{ "ALERT_EXFILTRATION_DISCOVERY_ANOMALY_DETECTION", NULL, NULL,
	  "exfiltration-to-unsanctioned-apps", EXFILTRATION },
	{ NULL, "Data exfiltration to unsanctioned apps", NULL,
	  "exfiltration-to-unsanctioned-apps", EXFILTRATION },
	{ "15795457", NULL, NULL, "risky-sign-in", ACCOUNT },
	{ "15795464", NULL, NULL, "honeytoken", ACCOUNT },
	{ "ALERT_CABINET_EVENT_MATCH_AUDIT", NULL, NULL, "activity-policy",
	  NULL },
	{ "15728642", NULL, NULL, "file-policy", EXFILTRATION },
	{ "ALERT_CABINET_EVENT_MATCH_FILE", NULL, NULL, "file-policy",
	  EXFILTRATION },
	{ "ALERT_CABINET_INLINE_EVENT_MATCH", NULL, NULL, "access-policy",
	  NULL },
	{ "ALERT_CABINET_APP_PERMISSION", NULL, NULL, "oauth-app-policy",
	  NULL },
	/* The type outweighs the label, and that the title. */
	{ "15859716", "Ransomware activity", "Multiple failed login attempts",
	  "impossible-travel", ACCOUNT },
	{ NULL, "Ransomware activity", "Multiple failed login attempts",
	  "multiple-failed-logins", ACCOUNT },
	/* Near misses. */
	{ "158597160", "Travel", NULL, NULL, NULL },
	{ "ALERT_ANUBIS_DETECTION_RISKY", "No activity from infrequent country",
	  "Activity", NULL, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static void test_policies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		CLEANUP(alert_release) struct alert a;

		alert_init(&a);
		a.alert_type = xstrdup(signs[i].type);
		a.title = xstrdup(signs[i].title);
		alert_add_entity(&a, "policy", signs[i].label, NULL);
		recognize(&a, NULL);
		same_text(a.policy, signs[i].policy, "policy");
		same_text(a.category, signs[i].category, "category");
		recognize(&a, NULL); /* once more changes nothing */
		same_text(a.policy, signs[i].policy, "policy");
	}
}

static void test_services(void **state)
{
	static const struct {
		const char *type, *component, *resource, *kind, *policy;
	} rows[] = {
		{ "ServiceBus_Anomaly", NULL, NULL, NULL, "service-bus" },
		{ NULL, "Service Bus", NULL, NULL, "service-bus" },
		{ "X", "", "Microsoft.ServiceBus/namespaces", NULL,
		  "service-bus" },
		{ "X", NULL, "microsoft.servicebus/namespaces/queues", NULL,
		  "service-bus" },
		{ "API_PopulationSpikeInAPITraffic", NULL, NULL, NULL,
		  "api-management" },
		{ NULL, "APIs", NULL, NULL, "api-management" },
		{ NULL, "API Management", NULL, NULL, "api-management" },
		{ NULL, NULL, "Microsoft.ApiManagement/service", NULL,
		  "api-management" },
		{ "AppServices_AnomalousPageAccess", NULL, NULL, NULL,
		  "functions-or-web-app" },
		{ "X", "App Services", NULL, NULL, "functions-or-web-app" },
		{ "X", "App Services", NULL, "functionapp,linux", "functions" },
		{ "X", NULL, "Microsoft.Web/sites", NULL,
		  "functions-or-web-app" },
		{ "X", NULL, "microsoft.web/sites", "functionapp",
		  "functions" },
		{ "X", NULL, "Microsoft.Web/sites", "Function App",
		  "functions" },
		{ "X", NULL, "Microsoft.Web/sites", "app,linux",
		  "app-service" },
		{ "X", NULL, "Microsoft.Web/sites", "App Service",
		  "functions-or-web-app" },
		{ "X", NULL, "Microsoft.Web/sites/functions", NULL,
		  "functions" },
		{ "X", "Functions", NULL, NULL, "functions" },
		{ "VM_SuspectProcess", "Virtual Machines",
		  "Microsoft.Compute/virtualMachines", NULL, NULL },
		{ "APIARY", "Applications", "Microsoft.Web/serverFarms", NULL,
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;

		alert_init(&a);
		a.alert_type = xstrdup(rows[i].type);
		a.resource_type = xstrdup(rows[i].resource);
		recognize(&a, &(struct recognize_clues){ rows[i].component,
							 rows[i].kind });
		same_text(a.policy, rows[i].policy, rows[i].type);
	}
}

static void test_categories(void **state)
{
	static const struct {
		const char *tactics, *title, *malware, *category;
	} rows[] = {
		{ "PreAttack", NULL, NULL, ACCOUNT },
		{ "Probing", NULL, NULL, ACCOUNT },
		{ "InitialAccess", NULL, NULL, ACCOUNT },
		{ "Credential Access", NULL, NULL, ACCOUNT },
		{ "Persistence", NULL, NULL, INSIDER },
		{ "PrivilegeEscalation", NULL, NULL, INSIDER },
		{ "DefenseEvasion", NULL, NULL, INSIDER },
		{ "LateralMovement,Execution", NULL, NULL, "malware" },
		{ "CommandAndControl", NULL, NULL, "malware" },
		{ "Exfiltration", NULL, NULL, EXFILTRATION },
		{ "Impact,InitialAccess", NULL, NULL, EXFILTRATION },
		{ "Collection", NULL, NULL, EXFILTRATION },
		{ "SharingControl", NULL, NULL, EXFILTRATION },
		{ "PrivilegedAccount", NULL, NULL, INSIDER },
		{ "InitialAccess", "Malware in a blob", NULL, "malware" },
		{ "InitialAccess", NULL, "Emotet", "malware" },
		{ "SuspiciousActivity", "Odd", NULL, NULL },
		{ NULL, NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;

		alert_init(&a);
		a.tactics = xstrdup(rows[i].tactics);
		a.title = xstrdup(rows[i].title);
		alert_add_entity(&a, "malware", rows[i].malware, NULL);
		recognize(&a, NULL);
		same_text(a.category, rows[i].category, rows[i].tactics);
		same_text(a.policy, NULL, "policy");
	}
}

/* Every door ends in it. */
static void test_doors(void **state)
{
	static const struct {
		enum door door;
		const char *json, *policy, *category;
	} rows[] = {
		{ DOOR_ARM,
		  "{'id':'/subscriptions/s/x','name':'1','properties':"
		  "{'systemAlertId':'1','severity':'High','intent':'Execution',"
		  "'productComponentName':'AppServices',"
		  "'extendedProperties':{'resourceType':'Function App'}}}",
		  "functions", "malware" },
		{ DOOR_ARM,
		  "{'id':'/subscriptions/s/x','name':'1','Properties':"
		  "{'SystemAlertId':'1','Severity':'Low',"
		  "'ProductComponentName':'Service Bus'}}",
		  "service-bus", NULL },
		{ DOOR_GRAPH,
		  "{'id':'ca5','providerAlertId':'5','severity':'low',"
		  "'title':'Activity from infrequent country'}",
		  "infrequent-country", ACCOUNT },
		{ DOOR_GRAPH,
		  "{'id':'dc5','providerAlertId':'5','severity':'low',"
		  "'evidence':[{'@odata.type':"
		  "'#microsoft.graph.security.azureResourceEvidence',"
		  "'resourceId':'/subscriptions/s/resourceGroups/g/providers/"
		  "Microsoft.ApiManagement/service/gate'}]}",
		  "api-management", NULL },
		{ DOOR_CLOUD_APPS,
		  "{'_id':'5','severityValue':1,'idValue':15859721}",
		  "unusual-administration", INSIDER },
		{ DOOR_CLOUD_APPS,
		  "{'_id':'5','severityValue':1,'entities':[{'type':"
		  "'policyRule','label':'Multiple failed login attempts'}]}",
		  "multiple-failed-logins", ACCOUNT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;

		parse_alert(rows[i].door, "t", rows[i].json, &a);
		same_text(a.policy, rows[i].policy, "policy");
		same_text(a.category, rows[i].category, "category");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_categories),
		cmocka_unit_test(test_doors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
