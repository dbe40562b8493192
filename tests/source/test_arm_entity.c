/* Entities of Defender for Cloud: kinds, names, references. */
#include "source/entity_priv.h"

#include "source/parsed.h"

static void test_kinds(void **state)
{
	static const char *const rows[][2] = {
		{ "[{'type':'ip','address':'192.0.2.1'}]", "ip=192.0.2.1" },
		{ "[{'type':'host','hostName':'h','dnsDomain':'d.example'}]",
		  "host=h.d.example" },
		{ "[{'type':'host','azureID':'/s/x/vm-1'}]",
		  "host=vm-1; resource=/s/x/vm-1" },
		{ "[{'type':'account','name':'a','ntDomain':'D'}]",
		  "account=D\\a" },
		{ "[{'type':'account','name':'a','upnSuffix':'c.example'}]",
		  "account=a@c.example" },
		{ "[{'type':'account','aadUserId':'u'}]", "account=u" },
		{ "[{'Type':'FILE','Directory':'c:\\\\t','Name':'x.exe'}]",
		  "file=c:\\t\\x.exe" },
		{ "[{'type':'file','directory':'/tmp/','name':'x'}]",
		  "file=/tmp/x" },
		{ "[{'type':'process','commandLine':'rm -rf /'}]",
		  "process=rm -rf /" },
		{ "[{'type':'process','processId':'0x10'}]", "" },
		{ "[{'type':'azure-resource','resourceId':'/s/r'}]",
		  "resource=/s/r" },
		{ "[{'type':'url','url':'https://x/'},{'type':'dns',"
		  "'domainName':'x.example'}]",
		  "url=https://x/; domain=x.example" },
		{ "[{'type':'filehash','algorithm':'MD5','value':'ff'}]",
		  "hash=ff" },
		{ "[{'type':'registry-key','hive':'HKCU','key':'console'}]",
		  "registry-key=HKCU\\console" },
		{ "[{'type':'registry-key','key':'console'}]",
		  "registry-key=console" },
		{ "[{'type':'registry-key'}]", "" },
		{ "[{'type':'Something New','displayName':'n'}]",
		  "something new=n" },
		{ "[{'type':'Something New'}]", "" },
		{ "[{'noType':1},5,null,'x',[]]", "" },
		{ "{}", "" },
		{ "'x'", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;
		CLEANUP(free_ptr) char *json = quoted(rows[i][0]);
		CLEANUP(free_ptr) char *text = NULL;
		CLEANUP(jsonx_unref)
		json_t *entities = jsonx_parse(json, strlen(json), 0, NULL);

		alert_init(&a);
		arm_entity_add_all(&a, entities);
		text = entities_text(&a);
		same_text(text, rows[i][1], rows[i][0]);
	}
}

static void test_references(void **state)
{
	static const char *const rows[][2] = {
		{ "[{'$id':'1','type':'ip','address':'192.0.2.1'},{'$id':'2',"
		  "'type':'network-connection','sourceAddress':{'$ref':'1'},"
		  "'destinationPort':3389,'protocol':'Tcp'}]",
		  "ip=192.0.2.1; connection=192.0.2.1 port 3389 Tcp" },
		/* Forward, nested, and as a bare element. */
		{ "[{'$id':'1','type':'process','imageFile':{'$ref':'2'}},"
		  "{'$id':'2','type':'file','directory':'/b','name':'x'},"
		  "{'$ref':'2'}]",
		  "process=/b/x; file=/b/x" },
		{ "[{'type':'K8s-pod','name':'p','namespace':{'type':"
		  "'K8s-namespace','name':'n'}}]",
		  "pod=n/p; namespace=n" },
		/* Dangling, cyclic, to itself, twice the same id. */
		{ "[{'type':'network-connection','sourceAddress':{'$ref':"
		  "'9'}}]",
		  "" },
		{ "[{'$id':'1','type':'process','imageFile':{'$ref':'2'}},"
		  "{'$id':'2','$ref':'1'}]",
		  "" },
		{ "[{'$id':'1','type':'process','imageFile':{'$ref':'1'}}]",
		  "" },
		{ "[{'$id':'1','type':'ip','address':'a'},{'$id':'1','type':"
		  "'ip','address':'b'},{'type':'network-connection',"
		  "'destinationAddress':{'$ref':'1'}}]",
		  "ip=a; ip=b; connection=to a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;
		CLEANUP(free_ptr) char *json = quoted(rows[i][0]);
		CLEANUP(free_ptr) char *text = NULL;
		CLEANUP(jsonx_unref)
		json_t *entities = jsonx_parse(json, strlen(json), 0, NULL);

		assert_non_null(entities);
		alert_init(&a);
		arm_entity_add_all(&a, entities);
		text = entities_text(&a);
		same_text(text, rows[i][1], rows[i][0]);
	}
}

static void test_many(void **state)
{
	CLEANUP(alert_release) struct alert a;
	CLEANUP(jsonx_unref) json_t *entities = json_array();

	(void)state;
	for (int i = 0; i < 5000; i++)
		json_array_append_new(entities,
				      json_pack("{s:s,s:o}", "type", "ip",
						"address",
						json_sprintf("10.0.%d.%d",
							     i / 250,
							     i % 250)));
	alert_init(&a);
	arm_entity_add_all(&a, entities);
	assert_int_equal(a.n_entities, ALERT_ENTITIES_MAX);
	assert_true(a.clipped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_many),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
