/* Defender for Cloud Apps: numbers that are words, HTML, three shapes. */
#include "source/parsed.h"

#define HEAD "{'_id':'60ed','timestamp':1626193095126,'title':'T'"

static void test_wire(void **state)
{
	CLEANUP(alert_release) struct alert a;
	CLEANUP(free_ptr) char *entities = NULL;

	(void)state;
	parse_alert(DOOR_CLOUD_APPS, "",
		    HEAD
		    ",'contextId':'t-1','description':'<p>File __siteIcon__ "
		    "matched &amp; <b>shared</b>.<br>Two.</p>','severityValue':"
		    "2,'statusValue':1,'resolutionStatusValue':0,'stories':[0],"
		    "'intent':[0,2,11],'idValue':15859716,'comment':'null',"
		    "'URL':'https://c.eu.portal.cloudappsecurity.com/#/alerts/"
		    "60ed','entities':[{'type':'account','label':'Kim','pa':"
		    "'kim@c.example','entityRole':'Source'},{'type':'user',"
		    "'id':'kim@c.example'},{'type':'service','id':11161,"
		    "'label':'Office 365'},{'type':'service','id':12260},"
		    "{'type':'ip','id':'192.0.2.1'},{'type':'newThing',"
		    "'label':'x'},{'type':'policyRule','label':'P'},{},5],"
		    "'policy':{'type':'policyRule','label':'P'}}",
		    &a);
	same_text(a.kind, "cloud-apps", "kind");
	same_text(a.provider, "defender-for-cloud-apps", "provider");
	same_text(a.native_id, "60ed", "id");
	same_text(a.tenant, "t-1", "tenant");
	same_text(a.linked_kind, "graph-security", "linked kind");
	same_text(a.linked_id, "ca60ed", "linked id");
	same_text(a.description, "File matched & shared.\nTwo.", "description");
	same_text(a.alert_type, "15859716", "alert type");
	same_text(a.tactics, "InitialAccess,Exfiltration", "tactics");
	same_text(a.source_status, "open", "status");
	assert_int_equal(a.created_ms, 1626193095126);
	assert_non_null(a.portal_url);
	entities = entities_text(&a);
	same_text(entities,
		  "account=kim@c.example(Source); app=Office 365; app=12260; "
		  "ip=192.0.2.1; newThing=x; policy=P",
		  "entities");
	same_text(a.entity, "kim@c.example", "entity");
}

static void test_severities(void **state)
{
	static const struct {
		const char *json, *word;
		enum severity base;
		bool unmapped, absent;
	} rows[] = {
		{ ",'severityValue':0", "low", SEVERITY_LOW, false, false },
		{ ",'severityValue':1", "medium", SEVERITY_MEDIUM, false,
		  false },
		{ ",'severityValue':2", "high", SEVERITY_HIGH, false, false },
		{ ",'severityValue':3", "informational", SEVERITY_INFO, false,
		  false },
		{ ",'severityValue':'2'", "high", SEVERITY_HIGH, false, false },
		{ ",'severityValue':5", "5", SEVERITY_MEDIUM, true, false },
		{ ",'severityValue':-1", "-1", SEVERITY_MEDIUM, true, false },
		{ ",'severityValue':'x'", "x", SEVERITY_MEDIUM, true, false },
		{ ",'severityValue':null", NULL, SEVERITY_MEDIUM, true, true },
		{ "", NULL, SEVERITY_MEDIUM, true, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;
		CLEANUP(free_ptr)
		char *json = xasprintf(HEAD "%s}", rows[i].json);

		parse_alert(DOOR_ANY, "", json, &a);
		assert_int_equal(a.base, rows[i].base);
		same_text(a.source_severity, rows[i].word, rows[i].json);
		assert_int_equal(a.severity_unmapped, rows[i].unmapped);
		assert_int_equal(a.severity_absent, rows[i].absent);
	}
}

static void test_states(void **state)
{
	static const struct {
		const char *json, *word;
		enum source_state expect;
	} rows[] = {
		{ "'resolutionStatusValue':0", "open", SOURCE_ACTIVE },
		{ "'resolutionStatusValue':1", "dismissed", SOURCE_DISMISSED },
		{ "'resolutionStatusValue':2", "resolved", SOURCE_RESOLVED },
		{ "'resolutionStatusValue':3", "false positive",
		  SOURCE_DISMISSED },
		{ "'resolutionStatusValue':4", "benign", SOURCE_DISMISSED },
		{ "'resolutionStatusValue':5", "true positive",
		  SOURCE_RESOLVED },
		{ "'resolutionStatusValue':6", "6", SOURCE_ACTIVE },
		/* Read is not closed, and a time of closing was seen on open
		 * alerts. */
		{ "'statusValue':2,'resolveTime':'2021-05-13T14:02:34Z'", NULL,
		  SOURCE_ACTIVE },
		{ "'is_open':true", NULL, SOURCE_ACTIVE },
		{ "'is_open':false", "resolved", SOURCE_RESOLVED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(alert_release) struct alert a;
		CLEANUP(free_ptr)
		char *json = xasprintf(HEAD ",%s}", rows[i].json);

		parse_alert(DOOR_ANY, "", json, &a);
		same_text(a.source_status, rows[i].word, rows[i].json);
		assert_int_equal(a.source_state, rows[i].expect);
	}
}

static void test_regrouped(void **state)
{
	CLEANUP(alert_release) struct alert a;
	CLEANUP(free_ptr) char *entities = NULL;

	(void)state;
	parse_alert(DOOR_ANY, "",
		    HEAD ",'severityValue':1,'account':[{'type':'account',"
			 "'pa':'k@c'}],'ip':[{'type':'ip','id':'::1'}],"
			 "'country':[{'type':'country','id':'NL'}],"
			 "'is_open':true}",
		    &a);
	entities = entities_text(&a);
	same_text(entities, "account=k@c; ip=::1; country=NL", "entities");
}

static void test_stories(void **state)
{
	CLEANUP(alert_release) struct alert a;

	(void)state;
	parse_alert(DOOR_ANY, "", HEAD ",'stories':[0,4,6,99],'intent':[0]}",
		    &a);
	same_text(a.tactics, "ThreatDetection,CloudDiscovery", "tactics");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wire),
		cmocka_unit_test(test_severities),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_regrouped),
		cmocka_unit_test(test_stories),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
