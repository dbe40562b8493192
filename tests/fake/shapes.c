/*
 * What the alerts of the fake cloud look like. Called by estate.c; knows
 * neither time nor chance. The texts are our own; keys, nesting and sizes
 * follow the API. In a template ' stands for " and $(word) for a field;
 * $(#2) is the second $id of the alert, a counter of the whole answer.
 */
#include "fake/shapes.h"

#include <stdlib.h>
#include <string.h>

#include "fake/peer.h"
#include "util/xmalloc.h"

#define PIECES_MAX 200

#define SCOPE "/subscriptions/$(sub)/resourceGroups/$(group)/providers/"
#define ID(n) "'$id':'$(location)_$(#" #n ")'"
#define REF(n) "{'$ref':'$(location)_$(#" #n ")'}"

#define HEAD(type, intent, component)                                          \
	"{'id':'" SCOPE "Microsoft.Security/locations/$(location)/alerts/"     \
	"$(name)','name':'$(name)','type':'Microsoft.Security/Locations/"      \
	"alerts','properties':{'status':'$(status)','timeGeneratedUtc':"       \
	"'$(generated)','processingEndTimeUtc':'$(processed)',"                \
	"'version':'2022-01-01.0','vendorName':'Microsoft','productName':"     \
	"'Microsoft Defender for Cloud','productComponentName':'" component    \
	"','alertType':'" type "','startTimeUtc':'$(start)','endTimeUtc':"     \
	"'$(end)','severity':'$(severity)','isIncident':false,"                \
	"'systemAlertId':'$(name)','intent':'" intent                          \
	"','resourceIdentifiers'"                                              \
	":[{" ID(1) ",'azureResourceId':'" SCOPE

#define TENANT "'azureResourceTenantId':'7c1d5c54-2b9a-4f0e-9d3f-0c6b1f2f8a11'"

#define TAIL                                                                   \
	",'alertUri':'https://portal.azure.com/#blade/Microsoft_Azure_"        \
	"Security_AzureDefenderForData/AlertBlade/alertId/$(name)/"            \
	"subscriptionId/$(realsub)/resourceGroup/$(group)/referencedFrom/"     \
	"alertDeepLink/location/$(location)'}}"

#define IP(id, address, code, country, state, city, x, y, asn, carrier)        \
	"{" ID(id) ",'address':'" address "','location':{'countryCode':'" code \
		   "','countryName':'" country "','state':'" state             \
		   "','city':'" city "','longitude':" x ",'latitude':" y       \
		   ",'asn':" asn ",'carrier':'" carrier                        \
		   "','organization':'" carrier "'},'type':'ip'}"
#define IP_A(id)                                                               \
	IP(id, "$(ip1)", "XA", "Examplia", "North Examplia", "Port Sample",    \
	   "4.94019", "52.30905", "64496", "Example Transit Ltd.")
#define IP_B(id)                                                               \
	IP(id, "$(ip2)", "XB", "Testonia", "Upper Testonia", "Probe City",     \
	   "28.96028", "41.01389", "64497", "Sample Hosting GmbH")
#define IP_C(id)                                                               \
	IP(id, "$(ip3)", "XC", "Mockland", "Mock Bay", "Stubville",            \
	   "100.50177", "13.75633", "65551", "Invented Networks SA")
#define CONNECTION(id, from)                                                   \
	"{" ID(id) ",'sourceAddress':" REF(                                    \
		from) ",'destinationPort':3389,"                               \
		      "'protocol':'Tcp','type':'network-connection'}"

#define MACHINE "Microsoft.Compute/virtualMachines/$(resource)"

static const char unrecommended_ip[] =
	HEAD("Network_TrafficFromUnrecommendedIP", "PreAttack", "Servers")
		MACHINE
	"','type':'AzureResource'," TENANT "},{" ID(
		2) ",'workspaceId':'0b6d5c3e-1111-4222-8333-5f1d2a7c9e10',"
		   "'workspaceSubscriptionId':'$(sub)','workspaceResourceGroup'"
		   ":'$(group)',"
		   "'agentId':'8a5f3a52-3f0d-4a6e-a8b1-9b1b5e0d2c77','type':"
		   "'LogAnalytics'}],'compromisedEntity':'$(resource)','"
		   "alertDisplayName':"
		   "'Traffic from addresses the hardening rule would "
		   "block','description':"
		   "'Inbound traffic reached $(resource) from addresses that "
		   "adaptive "
		   "network hardening recommends to block. Either they do not "
		   "talk to this "
		   "machine regularly, or they are on a list of hostile "
		   "addresses.\\r\\n"
		   "Review the sources below before you enforce the rule.',"
		   "'remediationSteps':['{\\'kind\\':\\'openBlade\\',\\'"
		   "displayValue\\':"
		   "\\'Enforce "
		   "rule\\',\\'extension\\':\\'Microsoft_Azure_Security_R3\\',"
		   "\\'detailBlade\\':\\'"
		   "AdaptiveNetworkControlsResourceBlade\\',"
		   "\\'detailBladeInputs\\':\\'protectedResourceId=" SCOPE
			   MACHINE "\\'}'],"
		   "'extendedProperties':{'investigation Steps':'1. Review the "
		   "addresses "
		   "and decide whether they should talk to the machine\\r\\n2. "
		   "Enforce the "
		   "hardening rule, which admits only recommended "
		   "addresses','destination "
		   "Port':'3389','protocol':'TCP','source IP(s) [Number of "
		   "attempts]':'IP: "
		   "$(ip1) [1]\\r\\nIP: $(ip2) [1]\\r\\nIP: $(ip3) "
		   "[4]','resourceType':"
		   "'Virtual "
		   "Machine','killChainIntent':'PreAttack'},'entities':[{" ID(
			   3) ",'resourceId':'" SCOPE
			   MACHINE "','type':'azure-resource'},{" ID(
				   4) ",'azureID':'" SCOPE MACHINE
				      "','type':'host'}," IP_A(5) "," IP_B(6) "," IP_C(7) "," CONNECTION(
					      8,
					      5) "," CONNECTION(9,
								6) "," CONNECTION(10,
										  7) "]" TAIL;

static const char ssh_brute_force[] =
	HEAD("VM_SshBruteForceFailed", "Probing",
	     "Servers") MACHINE "','type':'AzureResource'," TENANT
				"}],'compromisedEntity':"
				"'$(resource)','alertDisplayName':'Failed SSH "
				"brute force attack',"
				"'description':'Several sources tried to sign "
				"in to $(resource) by SSH "
				"with many user names; none succeeded so far. "
				"The account tried most was "
				"%{User Name}. \\u2022 Sources below \\u2022 "
				"It\\u2019s worth a look at "
				"the network "
				"rules.','remediationSteps':['Disable password "
				"sign-in for "
				"SSH','Restrict the source addresses in the "
				"network security group',"
				"'Use just-in-time "
				"access'],'extendedProperties':{'attacker "
				"source "
				"IP':'IP Address: $(ip1)','accounts used to "
				"sign in to host [Number of "
				"attempts]':'root [181]\\r\\nadmin "
				"[40]\\r\\n$(user) [12]','was SSH "
				"session initiated':'No','end Time "
				"UTC':'$(end)','enrichment_tas_threat__"
				"reports':'{\\'Kind\\':\\'MultiLink\\',\\'"
				"DisplayValueToUrlDictionary\\':"
				"{\\'Report: SSH brute "
				"forcing\\':\\'https://portal.example.org/"
				"report\\'"
				"}}','resourceType':'Virtual "
				"Machine','killChainIntent':'Probing'},"
				"'entities':[{" ID(
					2) ",'hostName':'$(resource)','azureID'"
					   ":'" SCOPE MACHINE
					   "','omsAgentID':'5c8a7b1e-90ab-4cde-"
					   "8f01-23456789abcd',"
					   "'osFamily':'Linux','type':'host'}"
					   "," IP_A(3) "," IP_B(4) ",{" ID(5) ",'name':'root','host':" REF(2) ",'type':'account'},{" ID(
						   6) ",'name':'$(user)','host'"
						      ":" REF(2) ",'type':'"
								 "account'},"
								 "{" ID(7) ",'"
									   "sou"
									   "rce"
									   "Add"
									   "res"
									   "s'"
									   ":" REF(3) ",'destinationPort':22,'protocol':'Tcp',"
										      "'type':'network-connection'},{" ID(8) ",'host':" REF(2) ",'account':" REF(
											      5) ",'type':'host-logon-session'}," REF(4) "],'techniques':['T1110',"
																	 "'T1021'],'subTechniques':['T1110.001','T1021.004']" TAIL;

static const char suspicious_process[] =
	HEAD("VM_SuspiciousProcessExecution", "LateralMovement, Execution",
	     "Servers") MACHINE
	"','type':'AzureResource'," TENANT "}],'compromisedEntity':"
	"'$(resource)','alertDisplayName':'Suspicious process executed',"
	"'description':'A process that attackers use to read the credentials "
	"of "
	"other users was started on $(resource) by "
	"$(user).','remediationSteps':"
	"['Ask $(user) whether the command was intended','Isolate the machine "
	"when it was not','Change the passwords of accounts that signed in "
	"lately'],'extendedProperties':{'compromised Host':'$(resource)','user "
	"Name':'CORP\\\\$(user)','account Session Id':'0x3e7','suspicious "
	"Process':'c:\\\\users\\\\$(user)\\\\appdata\\\\local\\\\temp\\\\"
	"credview.exe','suspicious Command Line':'credview.exe /dump "
	"/out:c:\\\\temp\\\\o.txt','suspicious Process Id':'0x1a2c','parent "
	"Process':'c:\\\\windows\\\\system32\\\\cmd.exe','resourceType':'"
	"Virtual "
	"Machine','application name ':'credview'},'entities':[{" ID(
		2) ",'hostName':'$(resource)','azureID':'" SCOPE MACHINE
		   "','osFamily':'Windows','type':'host'},{" ID(
			   3) ",'directory':'c:\\\\windows\\\\system32','name':"
			      "'"
			      "cmd.exe','type':"
			      "'file'},{" ID(
				      4) ",'processId':'0x0e10','imageFile'"
					 ":" REF(3) ",'host':" REF(
						 2) ",'type':'process'},"
						    "{" ID(5) ",'name':'$("
							      "user)',"
							      "'ntDomain':'"
							      "CORP','sid':"
							      "'S-1-5-21-"
							      "1004336348-"
							      "1177238915-"
							      "682003330-"
							      "1108'"
							      ",'"
							      "isDomainJoin"
							      "ed':true,'"
							      "logonId':'"
							      "0x3e7','"
							      "host':" REF(2) ",'type':'account'},{" ID(
								      6) ","
									 "'"
									 "d"
									 "i"
									 "r"
									 "e"
									 "c"
									 "t"
									 "o"
									 "r"
									 "y"
									 "'"
									 ":"
									 "'"
									 "c"
									 ":"
									 "\\\\u"
									 "sers"
									 "\\\\$"
									 "(user"
									 ")\\\\"
									 "a"
									 "p"
									 "p"
									 "d"
									 "a"
									 "t"
									 "a"
									 "\\\\l"
									 "ocal"
									 "\\\\t"
									 "emp',"
									 "'name"
									 "':'"
									 "credv"
									 "iew."
									 "exe',"
									 "'file"
									 "Hashe"
									 "s':["
									 "{" ID(7) ",'algorithm':'SHA256','value':'9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
										   "2b0b822cd15d6c15b0f00a08','type':'filehash'}],'type':'file'},{" ID(
											   8) ",'processId':'0x1a2c','commandLine':'credview.exe /dump "
											      "/out:c:\\\\temp\\\\o.txt','creationTimeUtc':'$(start)','imageFile':" REF(6) ",'parentProcess':" REF(
												      4) ",'account':" REF(5) ",'host':" REF(2) ",'type':'process'}," IP_C(9) "],'extendedLinks':[{'href':"
																					      "'https://docs.example.org/credential-access','category':null,'label':"
																					      "'About credential access','type':'webLink'}],'techniques':['T1059',"
																					      "'T1003'],'subTechniques':['T1059.003']" TAIL;

#define STORE "Microsoft.Storage/storageAccounts/$(resource)"

static const char blob_access[] = HEAD("Storage.Blob_AnonymousAccessAnomaly",
				       "Collection", "Storage Accounts") STORE
	"','type':'AzureResource'," TENANT "}],'compromisedEntity':"
	"'$(resource)','alertDisplayName':'Unusual anonymous access to a "
	"storage "
	"container','description':'Somebody read the container backups of "
	"$(resource) without signing in, from an address that was never seen "
	"there. The container is open to the public; is it meant to "
	"be?','remediationSteps':['Close public access to the container',"
	"'Rotate what the blobs contained','See who else read them in the "
	"logs'],'extendedProperties':{'client IP address':'$(ip1)','client "
	"location':'Port Sample, Examplia','authentication type':'Anonymous',"
	"'operations types':'GetBlob, ListBlobs','service type':'Azure Blobs',"
	"'user agent':'curl/7.88.1','api type':'Blob','container':'backups',"
	"'resource type':'Storage','potential causes':'The container was "
	"opened "
	"by mistake, or an application uses it without credentials.',"
	"'effectiveAzureResourceId':'" SCOPE STORE "','compromisedEntity':"
	"'$(resource)','resourceType':'Storage','killChainIntent':'Collection'}"
	","
	"'entities':[{" ID(
		2) ",'resourceId':'" SCOPE STORE "','type':"
		   "'azure-resource'}," IP_A(3) ",{" ID(
			   4) ",'name':'backups',"
			      "'storageResource':" REF(
				      2) ",'url':'https://"
					 "$(resource).blob.example"
					 ".org/"
					 "backups','type':'blob-container'},"
					 "{" ID(5) ",'name':'2024/db.bak',"
						   "'url':'https://"
						   "$(resource).blob.example."
						   "org/backups/2024/db.bak',"
						   "'etag':'0x8DA1B2C3D4E5F60'"
						   ",'blobContainer':" REF(4) ",'type':'blob'},{" ID(
							   6) ",'name':'2024/"
							      "keys.zip','url'"
							      ":'https://"
							      "$(resource)."
							      "blob.example"
							      ".org/backups/"
							      "2024/"
							      "keys.zip','"
							      "etag':'"
							      "0x8DA1B2C3D4E5F"
							      "61','"
							      "blobContainer'"
							      ":" REF(4) ",'"
									 "type"
									 "':'"
									 "blob"
									 "'},"
									 "{" ID(7) ",'sourceAddress':" REF(
										 3) ",'protocol':'Tcp','type':'network-connection'}],'techniques':['T1530'],"
										    "'supportingEvidence':{'type':'tabularEvidences','title':'Reads of the "
										    "last hour','columns':['Date','Activity','Source'],'rows':[['$(start)',"
										    "'GetBlob','$(ip1)'],['$(end)','ListBlobs','$(ip1)']]}" TAIL;

#define CLUSTER "Microsoft.ContainerService/managedClusters/$(resource)"

static const char privileged_pod[] =
	HEAD("K8S_PrivilegedContainer", "PrivilegeEscalation", "Containers")
		CLUSTER
	"','type':'AzureResource'," TENANT "}],'compromisedEntity':"
	"'$(resource)','alertDisplayName':'Privileged container detected',"
	"'description':'A container with the rights of its node was started in "
	"$(resource). Whoever controls it controls the "
	"node.','remediationSteps':"
	"['Find out who deployed it','Remove the privileged flag','Admit only "
	"unprivileged pods by policy'],'extendedProperties':{'namespace':"
	"'payments','pod':'worker-7d9c5b6f4-x2x7k','container':'worker','image'"
	":"
	"'registry.example.org/payments/worker:1.8.3','cluster':'$(resource)',"
	"'user agent':'kubectl/v1.27.3','username':'$(user)@example.org',"
	"'resourceType':'Kubernetes Service','killChainIntent':"
	"'PrivilegeEscalation'},'entities':[{" ID(
		2) ",'resourceId':'" SCOPE CLUSTER
		   "','type':'azure-resource'},{" ID(3) ",'cloudResource':" REF(2) ",'type':'K8s-cluster'},{" ID(4) ",'name':'payments','cluster':" REF(3) ",'type':'K8s-namespace'},{" ID(
			   5) ",'name':'worker-7d9c5b6f4-x2x7k',"
			      "'namespace':" REF(
				      4) ",'labels':{'app':'worker','team':'"
					 "payments'},"
					 "'type':'K8s-pod'},{" ID(
						 6) ",'imageId':'registry."
						    "example.org/payments/"
						    "worker:1.8.3','type':'"
						    "container-image'},{" ID(
							    7) ",'name':'"
							       "worker',"
							       "'image':" REF(6) ",'pod':" REF(5) ",'type':'container'},{" ID(
								       8) ",'"
									  "name"
									  "':'$"
									  "(use"
									  "r)',"
									  "'upn"
									  "Suff"
									  "ix':"
									  "'exa"
									  "mple"
									  ".org"
									  "','"
									  "aadU"
									  "serI"
									  "d':"
									  "'3b1"
									  "c0a5"
									  "2-"
									  "7777"
									  "-488"
									  "8-"
									  "9999"
									  "-1d2"
									  "e3f4"
									  "0516"
									  "2','"
									  "type"
									  "':'"
									  "acco"
									  "unt'"
									  "}"
									  "," IP_B(9) ",{" ID(10) ",'sourceAddress':" REF(
										  9) ",'destinationPort':443,"
										     "'protocol':'Tcp','type':'network-connection'}],'extendedLinks':[{"
										     "'href':'https://docs.example.org/pods','category':'threat_reports',"
										     "'label':'Pods that must not be privileged','type':'webLink'}],"
										     "'techniques':['T1611']" TAIL;

static const char sample_alert[] =
	HEAD("SIMULATED_ARM_OperationFromSuspiciousIP", "Execution",
	     "Resource Manager") MACHINE
	"','type':'AzureResource'," TENANT "}],'compromisedEntity':"
	"'Sample-$(resource)','alertDisplayName':'[SAMPLE ALERT] "
	"Management "
	"operation from a suspicious address','description':'THIS IS A "
	"SAMPLE "
	"ALERT: an operation of Resource Manager came from an address "
	"that is "
	"known for attacks.','remediationSteps':['This is a sample: "
	"nothing to "
	"do'],'extendedProperties':{'caller':'$(user)@example.org','"
	"operation':"
	"'Microsoft.Compute/virtualMachines/runCommand/"
	"action','address':"
	"'$(ip3)','resourceType':'Virtual Machine','killChainIntent':"
	"'Execution','notes':'Sample alerts show what the plan would "
	"report; "
	"they are made on demand and mean no attack. They carry the "
	"entities of "
	"a real alert so that automation can be "
	"tried.'},'entities':[" IP_C(2) "," IP_A(3) "," IP_B(4) ",{" ID(
		5) ",'name':'$(user)','upnSuffix':"
		   "'example.org','type':'account'},{" ID(
			   6) ",'resourceId':'" SCOPE MACHINE
			      "','type':'azure-resource'},{" ID(
				      7) ",'hostName':"
					 "'Sample-$(resource)','azureID':"
					 "'" SCOPE MACHINE
					 "','osFamily':'Linux',"
					 "'type':'host'}," CONNECTION(
						 8,
						 2) "," CONNECTION(9,
								   3) "]" TAIL;

struct shape {
	const char *template;
	size_t delay_max_s; /* as late as the real detector was seen to be */
};

static const struct shape shapes[] = {
	{ ssh_brute_force, 4380 },   { unrecommended_ip, 266400 },
	{ suspicious_process, 214 }, { blob_access, 720 },
	{ privileged_pod, 214 },     { sample_alert, 54000 },
};

static const char *const field_words[SHAPE_FIELD_MAX] = {
	[SHAPE_SUB] = "sub",
	[SHAPE_REAL_SUB] = "realsub",
	[SHAPE_GROUP] = "group",
	[SHAPE_LOCATION] = "location",
	[SHAPE_NAME] = "name",
	[SHAPE_STATUS] = "status",
	[SHAPE_SEVERITY] = "severity",
	[SHAPE_START] = "start",
	[SHAPE_END] = "end",
	[SHAPE_GENERATED] = "generated",
	[SHAPE_PROCESSED] = "processed",
	[SHAPE_RESOURCE] = "resource",
	[SHAPE_USER] = "user",
	[SHAPE_IP1] = "ip1",
	[SHAPE_IP2] = "ip2",
	[SHAPE_IP3] = "ip3",
};

/* A template cut at its $(words): text, then a field or a counter. */
struct piece {
	const char *text;
	size_t len;
	int field; /* -1: none */
	unsigned id; /* 0: none */
};

struct compiled {
	char *text;
	struct piece pieces[PIECES_MAX];
	size_t n;
	unsigned n_ids;
};

static struct compiled compiled[ARRAY_SIZE(shapes)];

static int field_of(const char *word, size_t len)
{
	for (int i = 0; i < SHAPE_FIELD_MAX; i++)
		if (strlen(field_words[i]) == len &&
		    memcmp(field_words[i], word, len) == 0)
			return i;
	peer_die("template: no field %.*s", (int)len, word);
}

static void add_piece(struct compiled *c, const char *text, const char *end)
{
	struct piece *p = &c->pieces[c->n++];
	const char *close = *end ? strchr(end, ')') : NULL;

	if (c->n == PIECES_MAX)
		peer_die("template: too many words");
	*p = (struct piece){ text, (size_t)(end - text), -1, 0 };
	if (!close)
		return;
	if (end[2] == '#')
		p->id = (unsigned)strtoul(end + 3, NULL, 10);
	else
		p->field = field_of(end + 2, (size_t)(close - end - 2));
	c->n_ids = MAX(c->n_ids, p->id);
}

static void compile(struct compiled *c, const char *template)
{
	const char *p, *end;

	c->text = xstrdup(template); /* as long as the fake lives */
	for (char *quote = c->text; (quote = strchr(quote, '\''));)
		*quote = '"';
	for (p = c->text; (end = strstr(p, "$(")); p = strchr(end, ')') + 1)
		add_piece(c, p, end);
	add_piece(c, p, p + strlen(p));
}

size_t shape_count(void)
{
	return ARRAY_SIZE(shapes);
}

size_t shape_delay_max_s(size_t shape)
{
	return shapes[shape].delay_max_s;
}

static void add_number(struct strbuf *sb, unsigned n)
{
	char digits[16];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	strbuf_add(sb, digits + at, sizeof(digits) - at);
}

unsigned shape_render(size_t shape, const char *const fields[SHAPE_FIELD_MAX],
		      unsigned first_id, struct strbuf *sb)
{
	struct compiled *c = &compiled[shape];

	if (c->n == 0)
		compile(c, shapes[shape].template);
	for (size_t i = 0; i < c->n; i++) {
		const struct piece *p = &c->pieces[i];

		strbuf_add(sb, p->text, p->len);
		if (p->id)
			add_number(sb, first_id + p->id - 1);
		else if (p->field >= 0)
			strbuf_addstr(sb, fields[p->field]);
	}
	return c->n_ids;
}
