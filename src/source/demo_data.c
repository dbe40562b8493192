/*
 * The demonstration's alerts and their story. Written for it, in the shapes of
 * the three APIs; every name, address and id is invented (documentation
 * ranges, contoso.com). Read by demo.c alone.
 */
#include "source/demo_priv.h"

#include "util/compiler.h"

#define TENANT "11111111-2222-3333-4444-555555555555"
#define SUBSCRIPTION "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb"
#define GROUP "/subscriptions/" SUBSCRIPTION "/resourceGroups/"

/* The frame all Defender for Cloud alerts share. */
#define ARM(group, name, type, title, intent, resource, body)                  \
	"{'id':'" GROUP group                                                  \
	"/providers/Microsoft.Security/locations/westeurope/alerts/" name      \
	"','name':'" name "','type':'Microsoft.Security/Locations/alerts',"    \
	"'properties':{'version':'2022-01-01.0','status':'$T',"                \
	"'timeGeneratedUtc':'$C','processingEndTimeUtc':'$C',"                 \
	"'startTimeUtc':'$F','endTimeUtc':'$L','severity':'$S',"               \
	"'vendorName':'Microsoft',"                                            \
	"'productName':'Microsoft Defender for Cloud','isIncident':false,"     \
	"'systemAlertId':'" name "','alertType':'" type                        \
	"','alertDisplayName':'" title "','intent':'" intent                   \
	"','resourceIdentifiers':[{'$id':'westeurope_1','type':"               \
	"'AzureResource','azureResourceId':'" GROUP group                      \
	"/providers/" resource "','azureResourceTenantId':'" TENANT            \
	"'}],'alertUri':'https://portal.azure.com/#blade/"                     \
	"Microsoft_Azure_Security_AzureDefenderForData/AlertBlade/"            \
	"alertId/" name "/location/westeurope'," body "}}"

/* The frame all Graph alerts share. */
#define GRAPH(id, provider_id, source, detector, title, category, body)        \
	"{'@odata.type':'#microsoft.graph.security.alert','id':'" id           \
	"','providerAlertId':'" provider_id "','status':'$T',"                 \
	"'severity':'$S','serviceSource':'" source "','detectorId':'" detector \
	"','tenantId':'" TENANT "','title':'" title "','category':'" category  \
	"','createdDateTime':'$C','lastUpdateDateTime':'$U',"                  \
	"'firstActivityDateTime':'$F','lastActivityDateTime':'$L',"            \
	"'alertWebUrl':'https://security.microsoft.com/alerts/" id             \
	"?tid=" TENANT "'," body "}"

/* The frame all Cloud Apps alerts share. */
#define CLOUD_APPS(id, type, title, intent, body)                              \
	"{'_id':'" id "','contextId':'" TENANT "','timestamp':$M,"             \
	"'title':'" title "','idValue':" type ",'severityValue':$S,"           \
	"'statusValue':0,'resolutionStatusValue':$T,'stories':[0],"            \
	"'intent':[" intent "],'isSystemAlert':false,"                         \
	"'URL':'https://contoso.portal.cloudappsecurity.com/#/alerts/" id      \
	"'," body "}"

#define USER(upn)                                                              \
	"{'@odata.type':'#microsoft.graph.security.userEvidence',"             \
	"'roles':['compromised'],'userAccount':{'userPrincipalName':'" upn     \
	"','azureAdUserId':'99999999-8888-4777-8666-555555555555'}}"
#define DEVICE(name)                                                           \
	"{'@odata.type':'#microsoft.graph.security.deviceEvidence',"           \
	"'roles':['attacked'],'deviceDnsName':'" name "'}"
#define ADDRESS(ip)                                                            \
	"{'@odata.type':'#microsoft.graph.security.ipEvidence',"               \
	"'roles':['attacker'],'ipAddress':'" ip "'}"

/* Hit twice: the two alerts of incident 1043. */
#define SERVER DEVICE("srv-file-02.contoso.com")
#define BACKUP_USER USER("svc-backup@contoso.com")

#define SSH_ID "2516900000000000001_0a8de090-dc53-40d4-beed-f29d475b5d51"

const struct demo_alert demo_alerts[] = {
	{ DOOR_ARM, "Medium", "Active", 1500,
	  ARM("rg-web", SSH_ID, "VM_SshBruteForceFailed",
	      "Failed SSH brute force attack", "Probing",
	      "Microsoft.Compute/virtualMachines/web-01",
	      "'compromisedEntity':'web-01','description':'Failed brute force "
	      "attacks were detected from 198.51.100.23 against web-01.$N',"
	      "'remediationSteps':['1. Restrict port 22 to known addresses "
	      "with just-in-time access.','2. Use keys instead of "
	      "passwords.'],'entities':[{'$id':'westeurope_2','type':'host',"
	      "'hostName':'web-01'},{'$id':'westeurope_3','type':'ip',"
	      "'address':'198.51.100.23'}]") },
	{ DOOR_CLOUD_APPS, "1", "0", 600,
	  CLOUD_APPS("6a0000000000000000000001", "15859716",
		     "Impossible travel activity", "2",
		     "'description':'<p>The user Alex Weber "
		     "(alex.weber@contoso.com) signed in from Germany and "
		     "Brazil within 38 minutes.<br>$N</p>','entities':[{'type':"
		     "'account','label':'Alex Weber','pa':"
		     "'alex.weber@contoso.com','id':'99999999-8888-4777-8666-"
		     "555555555551','entityRole':'Source'},{'type':'ip','id':"
		     "'203.0.113.77','label':'203.0.113.77'},{'type':'service',"
		     "'id':11161,'label':'Office 365'},{'type':'policyRule',"
		     "'id':'5e0000000000000000000001','label':'Impossible "
		     "travel','policyType':'ANOMALY_DETECTION'}]") },
	{ DOOR_GRAPH, "low", "new", 300,
	  GRAPH("da6a000001-0001-4001-8001-000000000001_1",
		"6a000001-0001-4001-8001-000000000001_1",
		"microsoftDefenderForEndpoint",
		"9bfe28a9-21eb-4f8a-b51e-000000000001",
		"Suspicious System Time Discovery", "Discovery",
		"'description':'A known tool was used to gather information "
		"on this device.$N','recommendedActions':'Review the device "
		"timeline.\\nIsolate the device when in doubt.',"
		"'mitreTechniques':['T1124'],'incidentId':'1041','evidence':"
		"[" DEVICE("laptop-17.contoso.com") "]") },
	{ DOOR_ARM, "Medium", "Active", 900,
	  ARM("rg-payments",
	      "2516900000000000002_1b8de090-dc53-40d4-beed-f29d475b5d52",
	      "SQL.DB_GeoAnomaly", "Log on from an unusual location",
	      "InitialAccess",
	      "Microsoft.Sql/servers/payments/databases/ledger",
	      "'compromisedEntity':'ledger','description':'Someone signed in "
	      "to the database ledger from an unusual location.$N',"
	      "'remediationSteps':['Check whether the sign-in was expected; "
	      "rotate the credentials of the login if it was not.'],"
	      "'entities':[{'$id':'westeurope_2','type':'account','name':"
	      "'svc-report'},{'$id':'westeurope_3','type':'ip','address':"
	      "'203.0.113.9'}]") },
	{ DOOR_ARM, "High", "Active", 240,
	  ARM("rg-payments",
	      "2516900000000000003_2c8de090-dc53-40d4-beed-f29d475b5d53",
	      "Storage.Blob_DataExfiltration.AmountOfDataAnomaly",
	      "Unusual amount of data extracted from a storage account",
	      "Exfiltration",
	      "Microsoft.Storage/storageAccounts/paymentsarchive",
	      "'compromisedEntity':'paymentsarchive','description':'An "
	      "unusually large amount of data was read from the storage "
	      "account paymentsarchive.$N','remediationSteps':['1. Rotate the "
	      "access keys.','2. Revoke shared access signatures.','3. Review "
	      "the access logs.'],'techniques':['T1530'],'entities':[{'$id':"
	      "'westeurope_2','type':'azure-resource','resourceId':'" GROUP
	      "rg-payments/providers/Microsoft.Storage/storageAccounts/"
	      "paymentsarchive'},{'$id':'westeurope_3','type':'ip','address':"
	      "'203.0.113.9'}]") },
	{ DOOR_GRAPH, "high", "new", 420,
	  GRAPH("ad6a000002-0002-4002-8002-000000000002",
		"6a000002-0002-4002-8002-000000000002",
		"azureAdIdentityProtection", "AnomalousToken",
		"Anomalous Token", "CredentialAccess",
		"'description':'The token has unusual characteristics and was "
		"used from an unfamiliar address.$N','recommendedActions':"
		"'Revoke the sessions of the user.\\nReset the password.',"
		"'mitreTechniques':['T1528'],'incidentId':'1042','evidence':"
		"[" USER("alex.weber@contoso.com") "," ADDRESS(
			"203.0.113.77") "]") },
	/* The first alert again, through the other door: one alert for us. */
	{ DOOR_GRAPH, "medium", "new", 1500,
	  GRAPH("dc" SSH_ID, SSH_ID, "microsoftDefenderForCloud",
		"VM_SshBruteForceFailed", "Failed SSH brute force attack",
		"Probing",
		"'description':'Failed brute force attacks were detected from "
		"198.51.100.23 against web-01.$N','evidence':[{'@odata.type':"
		"'#microsoft.graph.security.azureResourceEvidence',"
		"'resourceId':'" GROUP "rg-web/providers/Microsoft.Compute/"
		"virtualMachines/web-01','resourceName':'web-01'}]") },
	{ DOOR_CLOUD_APPS, "2", "0", 180,
	  CLOUD_APPS("6a0000000000000000000002", "15859721",
		     "Suspicious administrative activity", "4",
		     "'description':'<p>The user <b>Kim Sommer</b> performed "
		     "more than 214 administrative activities in a single "
		     "session.$N</p>','entities':[{'type':'account','label':"
		     "'Kim Sommer','pa':'kim.sommer@contoso.com','id':"
		     "'99999999-8888-4777-8666-555555555552','entityRole':"
		     "'Source'},{'type':'ip','id':'198.51.100.80','label':"
		     "'198.51.100.80'},{'type':'service','id':12260,'label':"
		     "'Microsoft Azure'}]") },
	{ DOOR_ARM, "Low", "Active", 700,
	  ARM("rg-platform",
	      "2516900000000000004_3d8de090-dc53-40d4-beed-f29d475b5d54",
	      "K8S_PrivilegedContainer", "Privileged container detected",
	      "PrivilegeEscalation",
	      "Microsoft.ContainerService/managedClusters/aks-prod",
	      "'compromisedEntity':'aks-prod','description':'A container with "
	      "access to its node was started in the cluster aks-prod.$N',"
	      "'remediationSteps':['Find the container in the alert and ask "
	      "its owner.'],'techniques':['T1611'],'entities':[{'$id':"
	      "'westeurope_2','type':'K8s-cluster','name':'aks-prod'},{'$id':"
	      "'westeurope_3','type':'K8s-namespace','name':'build','cluster':"
	      "{'$ref':'westeurope_2'}},{'$id':'westeurope_4','type':'K8s-pod',"
	      "'name':'runner-7','namespace':{'$ref':'westeurope_3'}}]") },
	{ DOOR_GRAPH, "medium", "new", 350,
	  GRAPH("aa6a000003-0003-4003-8003-000000000003",
		"6a000003-0003-4003-8003-000000000003",
		"microsoftDefenderForIdentity", "KerberoastingSecurityAlert",
		"Suspected Kerberos SPN exposure", "CredentialAccess",
		"'description':'An actor requested tickets for several "
		"services from the host srv-file-02.$N','recommendedActions':"
		"'Reset the passwords of the exposed service accounts.',"
		"'mitreTechniques':['T1558.003'],'incidentId':'1043',"
		"'evidence':[" BACKUP_USER "," SERVER "]") },
	{ DOOR_CLOUD_APPS, "3", "0", 60,
	  CLOUD_APPS(
		  "6a0000000000000000000003", "15728642",
		  "File shared with a personal address", "10",
		  "'description':'File policy matched by <i>plan 2026.xlsx"
		  "</i>.$N','entities':[{'type':'file','label':'plan "
		  "2026.xlsx','id':'f-1'},{'type':'account','label':'Robin "
		  "Maier','pa':'robin.maier@contoso.com','id':'99999999-8888-"
		  "4777-8666-555555555553'},{'type':'service','id':15600,"
		  "'label':'Microsoft OneDrive for Business'}]") },
	{ DOOR_GRAPH, "high", "new", 200,
	  GRAPH("da6a000004-0004-4004-8004-000000000004",
		"6a000004-0004-4004-8004-000000000004",
		"microsoftDefenderForEndpoint",
		"e0da400f-affd-43ef-b1d5-000000000004",
		"Ransomware behavior detected in the file system", "Impact",
		"'description':'Many files on srv-file-02 were renamed and "
		"overwritten within a short time.$N','recommendedActions':"
		"'Isolate the device.\\nStop the process.\\nRestore the files "
		"from a backup.','mitreTechniques':['T1486'],'incidentId':"
		"'1043','evidence':[" SERVER "," BACKUP_USER "]") },
};
const size_t n_demo_alerts = ARRAY_SIZE(demo_alerts);

const struct demo_event demo_events[] = {
	{ 1, 0, NULL, NULL, NULL },
	{ 1, 1, NULL, NULL, NULL },
	{ 1, 2, NULL, NULL, NULL },
	{ 2, 3, NULL, NULL, NULL },
	{ 3, 4, NULL, NULL, NULL },
	{ 3, 5, NULL, NULL, NULL },
	{ 4, 6, NULL, NULL, NULL },
	{ 5, 1, NULL, NULL, " A third sign-in came from Japan." },
	{ 6, 7, NULL, NULL, NULL },
	{ 6, 8, NULL, NULL, NULL },
	{ 7, 3, "High", NULL, " The login then read 40,000 rows." },
	{ 8, 9, NULL, NULL, NULL },
	{ 9, 2, NULL, "resolved", NULL },
	{ 10, 10, NULL, NULL, NULL },
	{ 10, 11, NULL, NULL, NULL },
};
const size_t n_demo_events = ARRAY_SIZE(demo_events);
