/* Graph evidence: kinds, names, roles, and what is named as hit. */
#include "source/entity_priv.h"

#include "source/parsed.h"

#define E(kind, body)                                                          \
	"{'@odata.type':'#microsoft.graph.security." kind "'," body "}"

static void test_kinds(void **state)
{
	static const struct {
		const char *evidence, *entities, *hit;
	} rows[] = {
		{ "[" E("userEvidence", "'userAccount':{'userPrincipalName':"
					"'a@c.example','accountName':'a'}") "]",
		  "account=a@c.example", "a@c.example" },
		{ "[" E("userEvidence", "'userAccount':{'accountName':'a',"
					"'domainName':'D'}") "]",
		  "account=D\\a", "D\\a" },
		{ "[" E("userEvidence", "'userAccount':null") "]", "", NULL },
		{ "[" E("ipEvidence", "'roles':['unknown','attacker'],"
				      "'ipAddress':'192.0.2.1'") "]",
		  "ip=192.0.2.1(attacker)", "192.0.2.1" },
		{ "[" E("deviceEvidence",
			"'deviceDnsName':null,'hostName':'h','vmMetadata':{"
			"'resourceId':'/subscriptions/s/x/vm',"
			"'subscriptionId':'s'}") "]",
		  "host=h; resource=/subscriptions/s/x/vm", "h" },
		{ "[" E("cloudApplicationEvidence", "'appId':11161") "]",
		  "app=11161", "11161" },
		{ "[" E("cloudApplicationEvidence",
			"'appId':11161,'displayName':'Office 365'") "]",
		  "app=Office 365", "Office 365" },
		{ "[" E("oauthApplicationEvidence", "'appId':'g-u-i-d'") "]",
		  "app=g-u-i-d", "g-u-i-d" },
		{ "[" E("servicePrincipalEvidence",
			"'servicePrincipalName':'sp'") "]",
		  "app=sp", "sp" },
		{ "[" E("mailboxEvidence",
			"'primaryAddress':'m@c.example',"
			"'userAccount':{'accountName':'m'}") "]",
		  "mailbox=m@c.example; account=m", "m" },
		{ "[" E("cloudLogonSessionEvidence",
			"'sessionId':'s1','account':{'userAccount':{"
			"'userPrincipalName':'a@b'}}") "]",
		  "session=s1; account=a@b", "a@b" },
		{ "[" E("fileEvidence",
			"'detailedRoles':['Seen'],'fileDetails':{'fileName':"
			"'x.exe','filePath':'C:\\\\t','sha256':'ff'}") "]",
		  "file=C:\\t\\x.exe(Seen); hash=ff(Seen)", "C:\\t\\x.exe" },
		{ "[" E("processEvidence",
			"'processCommandLine':'x -y','imageFile':{'fileName':"
			"'x'}") "]",
		  "process=x -y; file=x", "x" },
		{ "[" E("urlEvidence", "'url':'https://x/'") "," E(
			  "securityGroupEvidence",
			  "'displayName':'g'") "," E("registryKeyEvidence",
						     "'registryKey':'k'") "]",
		  "url=https://x/; group=g; registry-key=k", "https://x/" },
		{ "[" E("registryKeyEvidence",
			"'registryHive':'HKLM','registryKey':'SYSTEM'") "]",
		  "registry-key=HKLM\\SYSTEM", NULL },
		{ "[" E("kubernetesPodEvidence",
			"'name':'p'") "," E("brandNewEvidence",
					    "'displayName':'n'") "]",
		  "kubernetesPod=p; brandNew=n", NULL },
		{ "[{'noType':1},5,null]", "", NULL },
		{ "{}", "", NULL },
		/* Whom it hit comes first, and the machine before SYSTEM. */
		{ "[" E("ipEvidence", "'ipAddress':'192.0.2.1'") "," E(
			  "userEvidence",
			  "'userAccount':{'accountName':'SYSTEM',"
			  "'domainName':'NT AUTHORITY'}") "," E("deviceEvidenc"
								"e",
								"'deviceDnsName"
								"':'h'") "]",
		  "ip=192.0.2.1; account=NT AUTHORITY\\SYSTEM; host=h", "h" },
		{ "[" E("userEvidence",
			"'userAccount':{'accountName':'u'}") "," E("deviceEvi"
								   "dence",
								   "'roles':["
								   "'attacked"
								   "'],"
								   "'deviceDn"
								   "sName':'"
								   "h'") "]",
		  "account=u; host=h(attacked)", "h" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;
		CLEANUP(free_ptr) char *json = quoted(rows[i].evidence);
		CLEANUP(free_ptr) char *text = NULL;
		CLEANUP(jsonx_unref)
		json_t *evidence = jsonx_parse(json, strlen(json), 0, NULL);

		assert_non_null(evidence);
		alert_init(&a);
		graph_evidence_add_all(&a, evidence);
		text = entities_text(&a);
		same_text(text, rows[i].entities, rows[i].evidence);
		same_text(a.entity, rows[i].hit, rows[i].evidence);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
