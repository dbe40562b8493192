/* The parts of a subscription's posture: what is read, what is survived. */
#include "posture/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

#define SUB "/subscriptions/11111111-0000-4000-8000-000000000001"
#define VM                                                                     \
	SUB "/resourceGroups/web/providers/Microsoft.Compute/"                 \
	    "virtualMachines/web1"
#define ITEM(name, properties)                                                 \
	"{\"name\":\"" name "\",\"properties\":{" properties "}}"
#define FOUND(id, properties)                                                  \
	"{\"id\":\"" id "/providers/Microsoft.Security/assessments/k1\","      \
	"\"name\":\"k1\",\"properties\":{" properties "}}"

/* The fields of the only item, behind a bar each; "-" for none; or the error's
 * text behind "! ". */
static const struct row {
	const char *name;
	enum posture_part part;
	const char *item, *expected;
} rows[] = {
	/* on|tier|sub plan|deprecated|replaced|coverage|on|off|enabled|trial */
	{ "a plan that is on, in part", POSTURE_PLANS,
	  ITEM("VirtualMachines",
	       "\"pricingTier\":\"Standard\",\"subPlan\":\"P2\","
	       "\"freeTrialRemainingTime\":\"PT0S\",\"enablementTime\":"
	       "\"2023-03-01T12:42:42.1921106Z\",\"enforce\":\"False\","
	       "\"resourcesCoverageStatus\":\"PartiallyCovered\","
	       "\"extensions\":[{\"name\":\"A\",\"isEnabled\":\"True\"},"
	       "{\"name\":\"B\",\"isEnabled\":\"False\"},{\"name\":\"C\","
	       "\"isEnabled\":\"True\"},7]"),
	  "VirtualMachines|1|Standard|P2|0|-|PartiallyCovered|A, C|B|"
	  "1677674562192|0" },
	{ "one that is off", POSTURE_PLANS,
	  ITEM("Arm", "\"pricingTier\":\"Free\""),
	  "Arm|0|Free|-|0|-|-|-|-|0|0" },
	{ "one in its trial", POSTURE_PLANS,
	  ITEM("Api", "\"pricingTier\":\"Standard\",\"freeTrialRemainingTime\":"
		      "\"P29DT1H2M3.5S\""),
	  "Api|1|Standard|-|0|-|-|-|-|0|2509323000" },
	{ "a duration that is none", POSTURE_PLANS,
	  ITEM("Api", "\"pricingTier\":\"Standard\",\"freeTrialRemainingTime\":"
		      "\"P1M99999999999999999D\""),
	  "Api|1|Standard|-|0|-|-|-|-|0|0" },
	{ "one that was replaced", POSTURE_PLANS,
	  ITEM("Dns", "\"pricingTier\":\"Standard\",\"deprecated\":true,"
		      "\"replacedBy\":[\"VirtualMachines\",\"Api\"]"),
	  "Dns|1|Standard|-|1|VirtualMachines, Api|-|-|-|0|0" },
	{ "a plan without a word about it", POSTURE_PLANS,
	  ITEM("Arm", "\"subPlan\":\"P1\""),
	  "! it does not say whether the plan is on" },
	{ "a plan without a name", POSTURE_PLANS,
	  "{\"properties\":{\"pricingTier\":\"Free\"}}",
	  "! the plan has no name" },

	/* current|max|percent|weight, in hundredths */
	{ "a score", POSTURE_SCORES,
	  ITEM("ascScore", "\"score\":{\"max\":56,\"current\":38.84,"
			   "\"percentage\":0.6936},\"weight\":881"),
	  "ascScore|3884|5600|6936|881" },
	{ "nothing to score", POSTURE_SCORES,
	  ITEM("ascScore", "\"score\":{\"max\":0,\"current\":0}"),
	  "ascScore|0|0|0|0" },
	{ "a score without its percentage", POSTURE_SCORES,
	  ITEM("ascScore", "\"score\":{\"max\":50,\"current\":12.5}"),
	  "ascScore|1250|5000|2500|0" },
	{ "a score that is none", POSTURE_SCORES,
	  ITEM("ascScore", "\"score\":{\"max\":\"56\",\"current\":1}"),
	  "! the score has no points" },
	{ "a score below nothing", POSTURE_SCORES,
	  ITEM("ascScore", "\"score\":{\"max\":56,\"current\":-1}"),
	  "! the score has no points" },
	{ "a score beyond everything", POSTURE_SCORES,
	  ITEM("ascScore", "\"score\":{\"max\":1e300,\"current\":1}"),
	  "! the score has no points" },
	{ "a score of more than all", POSTURE_SCORES,
	  ITEM("ascScore", "\"score\":{\"max\":5,\"current\":6}"),
	  "! the score is more than all there is" },

	/* kind|title|state|resource|type|cause|description|severity|first|
	 * changed|portal */
	{ "something to do", POSTURE_RECOMMENDATIONS,
	  FOUND(VM,
		"\"displayName\":\"Encrypt\",\"status\":{\"code\":"
		"\"Unhealthy\",\"firstEvaluationDate\":"
		"\"2021-04-12T09:07:18.6759138Z\",\"statusChangeDate\":"
		"\"2021-04-13T09:07:18Z\"},\"resourceDetails\":{"
		"\"Source\":\"Azure\",\"Id\":\"" VM "\"},\"links\":{"
		"\"azurePortalUri\":\"www.portal.azure.com/?fea#blade/x\"}"),
	  "k1|Encrypt|unhealthy|" VM "|Microsoft.Compute/virtualMachines|-|-|-|"
	  "1618218438675|1618304838000|https://portal.azure.com/?fea#blade/x" },
	{ "keys as the specification spells them", POSTURE_RECOMMENDATIONS,
	  FOUND(SUB, "\"status\":{\"code\":\"NotApplicable\",\"cause\":"
		     "\"OffByPolicy\",\"description\":\"It <b>is</b> off\"},"
		     "\"resourceDetails\":{\"source\":\"Azure\",\"id\":\"" SUB
		     "\"}"),
	  "k1|-|not-applicable|" SUB "|Microsoft.Resources/subscriptions|"
	  "OffByPolicy|It is off|-|0|0|-" },
	{ "a machine elsewhere", POSTURE_RECOMMENDATIONS,
	  FOUND(SUB, "\"status\":{\"code\":\"Healthy\"},\"resourceDetails\":{"
		     "\"Source\":\"OnPremise\",\"MachineName\":\"db7\"}"),
	  "k1|-|healthy|db7|machine|-|-|-|0|0|-" },
	{ "its own id says what it is about", POSTURE_RECOMMENDATIONS,
	  FOUND(SUB "/resourceGroups/web/providers/Microsoft.Sql/servers/s/"
		    "databases/d",
		"\"status\":{\"code\":\"Unhealthy\"}"),
	  "k1|-|unhealthy|" SUB "/resourceGroups/web/providers/Microsoft.Sql/"
	  "servers/s/databases/d|Microsoft.Sql/servers/databases|-|-|-|0|0|-" },
	{ "the risk of this one goes before its kind's severity",
	  POSTURE_RECOMMENDATIONS,
	  FOUND(SUB "/resourceGroups/web",
		"\"status\":{\"code\":\"Unhealthy\"},\"risk\":{\"level\":"
		"\"Critical\"},\"metadata\":{\"severity\":\"Low\"}"),
	  "k1|-|unhealthy|" SUB "/resourceGroups/web|"
	  "Microsoft.Resources/resourceGroups|-|-|critical|0|0|-" },
	{ "a state nobody knows is not healthy, a severity is none",
	  POSTURE_RECOMMENDATIONS,
	  FOUND(SUB, "\"status\":{\"code\":\"Quantum\"},\"metadata\":{"
		     "\"severity\":\"Dire\"}"),
	  "k1|-|unknown|" SUB "|Microsoft.Resources/subscriptions|-|-|-|0|0|"
	  "-" },
	{ "no link but to a portal", POSTURE_RECOMMENDATIONS,
	  FOUND(SUB, "\"status\":{\"code\":\"Healthy\"},\"links\":{"
		     "\"azurePortal\":\"https://portal.azure.com.evil.example/"
		     "\"}"),
	  "k1|-|healthy|" SUB "|Microsoft.Resources/subscriptions|-|-|-|0|0|"
	  "-" },
	{ "no link that drives a terminal", POSTURE_RECOMMENDATIONS,
	  FOUND(SUB, "\"displayName\":\"a\\u001b[2J\\nb\\u202e\",\"status\":{"
		     "\"code\":\"Healthy\"},\"links\":{\"azurePortal\":"
		     "\"portal.azure.com/\\u001b\\u202e\"}"),
	  "k1|a[2J b|healthy|" SUB "|Microsoft.Resources/subscriptions|-|-|-|0|"
	  "0|https://portal.azure.com/" },
	{ "wrong types are absent", POSTURE_RECOMMENDATIONS,
	  FOUND(SUB, "\"displayName\":[],\"status\":[{}],\"resourceDetails\":7,"
		     "\"links\":\"x\",\"metadata\":null,\"risk\":[]"),
	  "k1|-|unknown|" SUB "|Microsoft.Resources/subscriptions|-|-|-|0|0|"
	  "-" },
	{ "about nothing", POSTURE_RECOMMENDATIONS,
	  "{\"id\":\"x\",\"name\":\"k1\",\"properties\":{}}",
	  "! it does not say what it is about" },
	{ "without an id", POSTURE_RECOMMENDATIONS, ITEM("k1", ""),
	  "! it has no id" },

	/* kind|title|severity|description|remediation|categories|effort|
	 * impact|preview */
	{ "what is said of a kind", POSTURE_KINDS,
	  ITEM("k1", "\"displayName\":\"Encrypt\",\"severity\":\"High\","
		     "\"description\":\"Why\",\"remediationDescription\":"
		     "\"To do:<br>1. <a href=\\\"x\\\">Open</a> it.<br>2. Run\""
		     ",\"categories\":[\"Compute\",\"Data\"],\"preview\":true,"
		     "\"userImpact\":\"Low\",\"implementationEffort\":"
		     "\"Moderate\""),
	  "k1|Encrypt|high|Why|To do:\n1. Open it.\n2. Run|Compute, Data|"
	  "Moderate|Low|1" },
	{ "the older name of its category", POSTURE_KINDS,
	  ITEM("k1", "\"displayName\":\"E\",\"category\":[\"Compute\"]"),
	  "k1|E|-|-|-|Compute|-|-|0" },
	{ "a kind without words", POSTURE_KINDS, ITEM("k1", ""),
	  "! it has no title" },

	/* name|on|detail */
	{ "a contact of 2017", POSTURE_CONTACTS,
	  ITEM("ada-example.org", "\"alertNotifications\":\"On\","
				  "\"alertsToAdmins\":\"On\",\"email\":"
				  "\"ada@example.org\",\"phone\":\"\""),
	  "contact 1|1|alerts, by e-mail, to administrators" },
	{ "one who is told nothing", POSTURE_CONTACTS,
	  ITEM("ada-example.org", "\"alertNotifications\":\"Off\","
				  "\"alertsToAdmins\":\"Off\",\"email\":"
				  "\"ada@example.org\""),
	  "contact 1|0|no alerts, by e-mail" },
	{ "a contact of 2020", POSTURE_CONTACTS,
	  ITEM("default", "\"emails\":\"a@example.org;b@example.org\","
			  "\"alertNotifications\":{\"state\":\"On\","
			  "\"minimalSeverity\":\"Low\"},"
			  "\"notificationsByRole\":{\"state\":\"Off\","
			  "\"roles\":[\"Owner\"]}"),
	  "contact 1|1|alerts from Low, by e-mail" },
	{ "a contact of 2023", POSTURE_CONTACTS,
	  ITEM("default", "\"isEnabled\":true,\"emails\":\"\","
			  "\"notificationsByRole\":{\"state\":\"On\","
			  "\"roles\":[\"Owner\",\"Admin\"]},"
			  "\"notificationsSources\":[{\"sourceType\":"
			  "\"AttackPath\",\"minimalRiskLevel\":\"Critical\"},"
			  "{\"sourceType\":\"Alert\",\"minimalSeverity\":"
			  "\"Medium\"}]"),
	  "contact 1|1|alerts from Medium, to Owner, Admin" },
	{ "a contact that is switched off", POSTURE_CONTACTS,
	  ITEM("default", "\"isEnabled\":false,\"emails\":\"a@example.org\","
			  "\"notificationsSources\":[{\"sourceType\":\"Alert\"}"
			  "]"),
	  "contact 1|0|alerts, by e-mail" },
	{ "told, but nobody", POSTURE_CONTACTS,
	  ITEM("default", "\"alertNotifications\":{\"state\":\"On\","
			  "\"minimalSeverity\":\"High\"}"),
	  "contact 1|0|alerts from High" },
	{ "an export", POSTURE_EXPORTS,
	  ITEM("ToHub", "\"isEnabled\":true,\"sources\":[{\"eventSource\":"
			"\"Alerts\"},{\"eventSource\":\"SecureScores\"}],"
			"\"actions\":[{\"actionType\":\"EventHub\"}]"),
	  "ToHub|1|Alerts, SecureScores to EventHub" },
	{ "an export of a group", POSTURE_EXPORTS,
	  "{\"id\":\"" SUB "/resourcegroups/web/providers/Microsoft.Security/"
	  "automations/ToHub\",\"name\":\"ToHub\",\"properties\":{}}",
	  "web/ToHub|0|nothing to nowhere" },
	{ "an export of nothing", POSTURE_EXPORTS,
	  ITEM("ToHub", "\"isEnabled\":true,\"sources\":[],\"actions\":[]"),
	  "ToHub|0|nothing to nowhere" },
	{ "a switch", POSTURE_PROVISIONING,
	  ITEM("default", "\"autoProvision\":\"On\""), "default|1|-" },
	{ "a switch that is off", POSTURE_PROVISIONING,
	  ITEM("default", "\"autoProvision\":\"Off\""), "default|0|-" },
	{ "data that is shared", POSTURE_SHARING,
	  "{\"name\":\"MCAS\",\"kind\":\"DataExportSettings\",\"properties\":"
	  "{\"enabled\":true}}",
	  "MCAS|1|DataExportSettings" },

	/* id|name|state */
	{ "a subscription", POSTURE_SUBSCRIPTIONS,
	  "{\"subscriptionId\":\"s1\",\"displayName\":\"Pay\\u001bments\","
	  "\"state\":\"Disabled\"}",
	  "s1|Payments|Disabled" },
	{ "a subscription without a name", POSTURE_SUBSCRIPTIONS,
	  "{\"subscriptionId\":\"s1\",\"displayName\":7}", "s1|-|-" },
	{ "a subscription without an id", POSTURE_SUBSCRIPTIONS,
	  "{\"displayName\":\"Payments\"}", "! it has no id" },

	{ "no object", POSTURE_PLANS, "[]", "! it has no properties" },
	{ "no properties", POSTURE_PLANS, "{\"name\":\"x\"}",
	  "! it has no properties" },
	{ "two of them", POSTURE_PLANS,
	  "{\"name\":\"a\",\"name\":\"b\",\"properties\":{}}", "! " },
	{ "a part of one", POSTURE_PLANS, "{\"name\":\"x\",\"prop", "! " },
};

static void add(struct strbuf *sb, const char *s)
{
	strbuf_addf(sb, "%s%s", sb->len > 0 ? "|" : "", s ? s : "-");
}

static void add_int(struct strbuf *sb, int64_t n)
{
	CLEANUP(free_ptr) char *text = xasprintf("%lld", (long long)n);

	add(sb, text);
}

static void describe_plan(struct strbuf *sb, const struct plan *p)
{
	add(sb, p->name);
	add_int(sb, p->is_on);
	add(sb, p->tier);
	add(sb, p->sub_plan);
	add_int(sb, p->is_deprecated);
	add(sb, p->replaced_by);
	add(sb, p->coverage);
	add(sb, p->extensions_on);
	add(sb, p->extensions_off);
	add_int(sb, p->enabled_ms);
	add_int(sb, p->trial_left_ms);
}

static void describe_score(struct strbuf *sb, const struct secure_score *s)
{
	add(sb, s->name);
	add_int(sb, s->current);
	add_int(sb, s->max);
	add_int(sb, s->percent);
	add_int(sb, s->weight);
}

static void describe_advice(struct strbuf *sb, const struct advice *a)
{
	add(sb, a->kind);
	add(sb, a->title);
	add(sb, advice_state_name(a->state));
	add(sb, a->resource_id);
	add(sb, a->resource_type);
	add(sb, a->cause);
	add(sb, a->description);
	add(sb, a->has_severity ? severity_name(a->severity) : NULL);
	add_int(sb, a->first_ms);
	add_int(sb, a->changed_ms);
	add(sb, a->portal_url);
}

static void describe_kind(struct strbuf *sb, const struct advice_kind *k)
{
	add(sb, k->kind);
	add(sb, k->title);
	add(sb, k->has_severity ? severity_name(k->severity) : NULL);
	add(sb, k->description);
	add(sb, k->remediation);
	add(sb, k->categories);
	add(sb, k->effort);
	add(sb, k->impact);
	add_int(sb, k->is_preview);
}

static void describe(struct strbuf *sb, const struct posture_page *p)
{
	if (p->part == POSTURE_PLANS) {
		describe_plan(sb, &p->plans[0]);
	} else if (p->part == POSTURE_SCORES) {
		describe_score(sb, &p->scores[0]);
	} else if (p->part == POSTURE_RECOMMENDATIONS) {
		describe_advice(sb, &p->advices[0]);
	} else if (p->part == POSTURE_KINDS) {
		describe_kind(sb, &p->kinds[0]);
	} else if (p->part == POSTURE_SUBSCRIPTIONS) {
		add(sb, p->subscriptions[0].id);
		add(sb, p->subscriptions[0].name);
		add(sb, p->subscriptions[0].state);
	} else {
		add(sb, p->settings[0].name);
		add_int(sb, p->settings[0].is_on);
		add(sb, p->settings[0].detail);
	}
}

static int read_text(struct posture_page *p, const char *text, struct err *err)
{
	return parts_read(p, (struct span){ text, strlen(text) }, err);
}

static void check(const struct row *r)
{
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
	CLEANUP(posture_page_release)
	struct posture_page page = { .part = r->part };
	struct err err = ERR_INIT;
	int rc = read_text(&page, r->item, &err);

	print_message("%s\n", r->name);
	assert_int_equal(page.n, rc < 0 ? 0 : 1);
	if (rc >= 0) {
		describe(&found, &page);
		assert_string_equal(found.buf, r->expected);
		return;
	}
	assert_int_equal(rc, err.code);
	strbuf_addf(&found, "! %s", err.text);
	/* jansson's own words follow a bare "! ". */
	if (strcmp(r->expected, "! ") != 0)
		assert_string_equal(found.buf, r->expected);
	else
		assert_true(rc == ERR_SCHEMA && found.len > 2);
}

static void test_items(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(&rows[i]);
}

/* Of a contact nothing is kept that says who it is. */
static void test_no_person_is_kept(void **state)
{
	CLEANUP(posture_page_release)
	struct posture_page page = { .part = POSTURE_CONTACTS };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].part == POSTURE_CONTACTS)
			assert_int_equal(read_text(&page, rows[i].item, NULL),
					 0);
	}
	assert_true(page.n > 3);
	for (size_t i = 0; i < page.n; i++) {
		assert_null(strstr(page.settings[i].name, "example"));
		assert_null(strstr(page.settings[i].detail, "example"));
	}
	assert_string_equal(page.settings[2].name, "contact 3");
}

/* However long its words are, an item stays small; an id is never cut. */
static void test_limits(void **state)
{
	CLEANUP(posture_page_release)
	struct posture_page page = { .part = POSTURE_KINDS };
	CLEANUP(free_ptr) char *word = xmalloc(100001);
	CLEANUP(free_ptr) char *item = NULL;
	CLEANUP(free_ptr) char *kind = NULL;
	CLEANUP(free_ptr) char *large = xcalloc(1, POSTURE_ITEM_MAX + 2);
	struct err err = ERR_INIT;

	(void)state;
	memset(word, 'x', 100000);
	word[100000] = '\0';
	item = xasprintf("{\"name\":\"k\",\"properties\":{\"displayName\":"
			 "\"%s\",\"remediationDescription\":\"%s\","
			 "\"categories\":[\"%s\",\"%s\"]}}",
			 word, word, word, word);
	assert_int_equal(read_text(&page, item, NULL), 0);
	assert_int_equal(utf8_length(page.kinds[0].title), POSTURE_WORD_MAX);
	assert_int_equal(utf8_length(page.kinds[0].remediation),
			 POSTURE_TEXT_MAX);
	assert_int_equal(utf8_length(page.kinds[0].categories),
			 POSTURE_WORD_MAX);
	kind = xasprintf("{\"name\":\"%s\",\"properties\":{\"displayName\":"
			 "\"E\"}}",
			 word);
	assert_int_equal(read_text(&page, kind, &err), ERR_SCHEMA);
	assert_non_null(strstr(err.text, "100000 bytes"));
	memset(large, ' ', POSTURE_ITEM_MAX + 1);
	assert_int_equal(read_text(&page, large, &err), ERR_LIMIT);
	assert_int_equal(page.n, 1);
}

/* Whatever is cut off an item, it is read or refused. */
static void test_cut_items(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(posture_page_release)
		struct posture_page page = { .part = rows[i].part };
		size_t len = strlen(rows[i].item);

		for (size_t n = 0; n < len; n++) {
			CLEANUP(free_ptr) char *cut = xmemdup(rows[i].item, n);

			assert_true(parts_read(&page, (struct span){ cut, n },
					       NULL) < 0);
		}
		assert_int_equal(page.n, 0);
	}
}

static void test_addresses(void **state)
{
	(void)state;
	for (unsigned p = 0; p < POSTURE_PART_MAX; p++) {
		bool of_one = p != POSTURE_SUBSCRIPTIONS;
		CLEANUP(free_ptr)
		char *url = parts_url("https://arm.example",
				      "11111111-0000-4000-8000-000000000001",
				      (enum posture_part)p);
		const char *head =
			of_one ? "https://arm.example" SUB
				 "/providers/Microsoft.Security/"
			       : "https://arm.example/subscriptions?api-";

		assert_ptr_equal(strstr(url, head), url);
		assert_non_null(strstr(url, "?api-version=20"));
		assert_non_null(posture_part_name((enum posture_part)p));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_no_person_is_kept),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_cut_items),
		cmocka_unit_test(test_addresses),
	};

	jsonx_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
