/* What could not be understood, tried again. */
#include "daemon/requarantine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/ingest.h"
#include "daemon/rig.h"
#include "source/normalize.h"
#include "util/xmalloc.h"

#define MINUTE INT64_C(60000)
#define T0 INT64_C(1780992000000)

static const char yaml[] =
	"sources:\n"
	"  - {name: azure, type: file, path: /nowhere/q, interval: 1m}\n"
	"targets:\n"
	"  - {name: oncall, type: folder, path: /nowhere/oncall}\n"
	"fallback: oncall\n";

/* An alert of ARM's list; this version understands it, the one before did
 * not. */
#define ALERT(id, title)                                                       \
	"{\"id\":\"/subscriptions/s/providers/Microsoft.Security/locations/"   \
	"l/alerts/" id "\",\"name\":\"" id "\",\"type\":"                      \
	"\"Microsoft.Security/Locations/alerts\",\"properties\":{"             \
	"\"systemAlertId\":\"" id "\",\"alertType\":\"VM_X\","                 \
	"\"alertDisplayName\":\"" title "\",\"severity\":\"High\","            \
	"\"status\":\"Active\","                                               \
	"\"timeGeneratedUtc\":\"2026-06-09T07:59:00.000Z\"}}"

static int setup(void **state)
{
	return rig_begin(state, yaml, T0);
}

/* A listing of one item: kept as bad, or as the alert it is. */
static void poll(struct rig *r, const char *source, const char *raw, bool bad)
{
	const struct ingest *in = &r->pipeline.ingest;
	struct poll_window w = { .source = source, .scope = "s" };
	struct item it = { .kind = ITEM_BAD,
			   .raw = raw,
			   .raw_len = strlen(raw),
			   .reason = "not known yet" };
	struct page page = { .items = &it, .n_items = 1, .last = true };
	struct err err = ERR_INIT;
	int64_t id;

	normalize_raw_hash(in->raw_key, (struct span){ raw, strlen(raw) },
			   it.raw_hash);
	alert_init(&it.alert);
	if (!bad)
		normalize_item(DOOR_ARM, "", (struct span){ raw, strlen(raw) },
			       &it);
	if (in->poll_begin(in->ctx, &w, &id, &err) < 0 ||
	    in->page(in->ctx, id, &page, &err) < 0)
		fail_msg("%s", err.text);
	alert_release(&it.alert);
}

static int64_t try_all(struct rig *r)
{
	int64_t after = 0, resolved = 0;
	struct err err = ERR_INIT;
	int rc;

	do
		rc = requarantine_slice(&r->pipeline, &after, &resolved, &err);
	while (rc > 0);
	if (rc < 0)
		fail_msg("%s", err.text);
	assert_int_equal(after, 0);
	return resolved;
}

static void test_understood_now(void **state)
{
	struct rig *r = *state;

	poll(r, "azure", ALERT("a1", "One"), true);
	poll(r, "azure", "17", true);
	rig_advance(r, T0 + MINUTE);
	assert_int_equal(try_all(r), 1);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts where "
					"title = 'One' and source = 'azure' "
					"and state = 'open'"),
			 1);
	assert_int_equal(rig_integer(r, "select resolved_ms from v_quarantine "
					"where raw <> '17'"),
			 T0 + MINUTE);
	assert_int_equal(rig_integer(r, "select resolved_ms is null from "
					"v_quarantine where raw = '17'"),
			 1);
	assert_int_equal(rig_integer(r, "select count(*) from v_events where "
					"kind = 'quarantine-resolved'"),
			 1);
	assert_int_equal(
		rig_integer(r, "select count(*) from v_deliveries where "
			       "alert_id in (select id from v_alerts where "
			       "source = 'azure')"),
		1);
	assert_int_equal(try_all(r), 0);
}

/* It has come again since, in a form that was understood. */
static void test_the_stored_copy_stays(void **state)
{
	struct rig *r = *state;

	poll(r, "azure", ALERT("a1", "Old words"), true);
	rig_advance(r, T0 + MINUTE);
	poll(r, "azure", ALERT("a1", "New words"), false);
	assert_int_equal(try_all(r), 1);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts where "
					"title = 'New words'"),
			 1);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts where "
					"source = 'azure'"),
			 1);
	assert_int_equal(rig_integer(r,
				     "select count(*) from v_revisions where "
				     "source = 'azure'"),
			 1);
}

static void test_a_source_that_is_gone(void **state)
{
	struct rig *r = *state;

	poll(r, "gone", ALERT("a1", "One"), true);
	assert_int_equal(try_all(r), 0);
	assert_int_equal(rig_integer(r, "select count(*) from v_alerts where "
					"source = 'gone'"),
			 0);
}

/* More than one slice; each is looked at once. */
static void test_many(void **state)
{
	struct rig *r = *state;
	char raw[32];

	for (int i = 0; i < 250; i++) {
		(void)snprintf(raw, sizeof(raw), "%d", i);
		poll(r, "azure", raw, true);
	}
	poll(r, "azure", ALERT("a1", "Last"), true);
	assert_int_equal(try_all(r), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_understood_now, setup,
						rig_end),
		cmocka_unit_test_setup_teardown(test_the_stored_copy_stays,
						setup, rig_end),
		cmocka_unit_test_setup_teardown(test_a_source_that_is_gone,
						setup, rig_end),
		cmocka_unit_test_setup_teardown(test_many, setup, rig_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
