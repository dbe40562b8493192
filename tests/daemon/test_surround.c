/* Two high detectors on one entity, through the pipeline and the store. */
#include "daemon/surround.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/rig.h"
#include "store/ledger.h"
#include "store/txn.h"
#include "util/compiler.h"
#include "util/xmalloc.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define START INT64_C(1780992000000) /* 2026-06-09T08:00:00Z */

static const char yaml[] =
	"targets: [{name: oncall, type: folder, path: /nowhere/oncall}]\n"
	"fallback: oncall\n";

static int setup(void **state)
{
	return rig_begin(state, yaml, START);
}

static void make(struct alert *a, const char *id, const char *type)
{
	alert_init(a);
	a->source = xstrdup("azure");
	a->kind = xstrdup(ALERT_KIND_ARM);
	a->tenant = xstrdup("contoso");
	a->native_id = xstrdup(id);
	a->title = xstrdup(type);
	a->alert_type = xstrdup(type);
	a->base = SEVERITY_HIGH;
	a->source_state = SOURCE_ACTIVE;
	alert_add_entity(a, "account", "kim@example.org", NULL);
}

static void take_in(struct rig *r, const struct alert *a, int64_t now_ms)
{
	struct sighting at = { .now_ms = now_ms };
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct err err = ERR_INIT;

	assert_true(txn_begin(&txn, r->store, &err) >= 0);
	assert_true(ledger_source(r->store, "azure", "defender-for-cloud",
				  now_ms, &err) >= 0);
	if (pipeline_accept(&r->pipeline, a, &at, NULL, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(txn_commit(&txn, &err) >= 0);
}

static void assert_severity(struct rig *r, const char *id, const char *expected)
{
	CLEANUP(free_ptr)
	char *query = xasprintf("select severity || ' ' || ifnull("
				"severity_rule, '') from v_alerts where "
				"native_id = '%s'",
				id);
	CLEANUP(free_ptr) char *text = rig_text(r, query);

	assert_string_equal(text, expected);
}

#define PROMOTED "critical two-high-types-on-one-entity"

static void the_second_is_critical(void **state)
{
	CLEANUP(alert_release) struct alert first, same, second;
	struct rig *r = *state;

	make(&first, "1", "VM_Login");
	make(&same, "2", "VM_Login");
	make(&second, "3", "VM_Miner");
	take_in(r, &first, START);
	take_in(r, &same, START + MINUTE);
	assert_severity(r, "2", "high ");
	take_in(r, &second, START + HOUR);
	assert_severity(r, "3", PROMOTED);
	assert_severity(r, "1", "high ");
	/* It stays so when it is looked at again, and the first one follows. */
	free(second.title);
	second.title = xstrdup("a miner, really");
	take_in(r, &second, START + 9 * HOUR);
	assert_severity(r, "3", PROMOTED);
	free(first.title);
	first.title = xstrdup("more of it");
	take_in(r, &first, START + 9 * HOUR);
	assert_severity(r, "1", PROMOTED);
}

static void too_late_or_too_low(void **state)
{
	CLEANUP(alert_release) struct alert first, low, late;
	struct rig *r = *state;

	make(&first, "1", "VM_Login");
	make(&low, "2", "VM_Scan");
	low.base = SEVERITY_MEDIUM;
	make(&late, "3", "VM_Miner");
	take_in(r, &low, START);
	take_in(r, &first, START);
	assert_severity(r, "1", "high ");
	assert_severity(r, "2", "medium ");
	take_in(r, &late, START + HOUR + 1);
	assert_severity(r, "3", "high ");
}

/* An incident has the entities of its own alerts. */
static void an_incident_is_no_detector(void **state)
{
	CLEANUP(alert_release) struct alert incident, alert;
	struct rig *r = *state;

	make(&incident, "1", "xdr-incident");
	free(incident.kind);
	incident.kind = xstrdup(ALERT_KIND_GRAPH_INCIDENT);
	make(&alert, "2", "VM_Login");
	take_in(r, &incident, START);
	take_in(r, &alert, START);
	assert_severity(r, "2", "high ");
	free(incident.title);
	incident.title = xstrdup("it grows");
	take_in(r, &incident, START + MINUTE);
	assert_severity(r, "1", "high ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_second_is_critical, setup,
						rig_end),
		cmocka_unit_test_setup_teardown(too_late_or_too_low, setup,
						rig_end),
		cmocka_unit_test_setup_teardown(an_incident_is_no_detector,
						setup, rig_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
