/* What nobody sees, and that what is seen is not told. */
#include "advice/checklist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "advice/posture_facts.h"

static void test_plans(void **state)
{
	CLEANUP(posture_facts_release) struct posture_facts f = facts_read();
	CLEANUP(chores_release) struct chores l = CHORES_NONE;

	(void)state;
	facts_add_plan(&f, "KeyVaults", true);
	facts_add_plan(&f, "StorageAccounts", false);
	facts_add_plan(&f, "CosmosDbs", false);
	facts_add_plan(&f, "SqlServers", true)->coverage =
		xstrdup("NotCovered");
	facts_add_type(&f, "Microsoft.KeyVault/vaults", 5);
	facts_add_type(&f, "Microsoft.Storage/storageAccounts", 12);
	facts_add_type(&f, "Microsoft.Sql/servers", 2);
	facts_add_type(&f, "Microsoft.ApiManagement/service", 2);
	blindspots_subscription(&l, &f, NULL);
	/* On, nothing to protect, and no such plan: no blind spots of ours. */
	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[0].what, "2 SQL databases and servers");
	assert_non_null(strstr(l.v[0].why, "not for all"));
	assert_non_null(strstr(l.v[0].next, "pricing show -n SqlServers"));
	assert_string_equal(l.v[1].what, "12 storage accounts");
	assert_non_null(strstr(l.v[1].why, "StorageAccounts is off"));
	assert_non_null(strstr(l.v[1].next, "pricing create"));
	assert_int_equal(l.v[1].read_ms, T);
	assert_string_equal(l.v[1].subscription, SUB);
}

/* Not to know is one blind spot, not one for each plan. */
static void test_unread(void **state)
{
	CLEANUP(posture_facts_release) struct posture_facts f = facts_new();
	CLEANUP(chores_release) struct chores l = CHORES_NONE;

	(void)state;
	blindspots_subscription(&l, &f, NULL);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.v[0].state, CHORE_UNKNOWN);
	f.whole_ms[POSTURE_PLANS] = T;
	facts_add_plan(&f, "Containers", false);
	blindspots_subscription(&l, &f, NULL);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.v[1].state, CHORE_UNKNOWN);
	assert_string_equal(l.v[1].what, "clusters and registries");
}

static void test_unwatched(void **state)
{
	CLEANUP(chores_release) struct chores l = CHORES_NONE;

	(void)state;
	blindspots_unwatched(&l, "azure", SUB, "Enabled");
	blindspots_unwatched(&l, "azure", SUB, "Disabled");
	blindspots_unwatched(&l, "azure", SUB, NULL);
	assert_int_equal(l.n, 3);
	assert_string_equal(l.v[0].why,
			    "the settings of source azure leave it out");
	assert_non_null(strstr(l.v[1].why, "calls it Disabled"));
	assert_string_equal(l.v[2].why, l.v[0].why);
	assert_string_equal(l.v[2].subscription, SUB);
}

static void test_reading(void **state)
{
	static const struct {
		struct reading_facts f;
		size_t n;
		const char *item, *why, *next;
	} rows[] = {
		{ { .scope = SUB }, 0, NULL, NULL, NULL },
		{ { .scope = SUB, .never = true, .unproven_ms = 5 },
		  1,
		  "never-read",
		  "never read",
		  "doctor" },
		{ { .scope = SUB, .unproven_ms = 7200000 },
		  1,
		  "unproven",
		  "2 h could not be read",
		  "coverage" },
		{ { .scope = SUB, .n_gaps = 2 },
		  1,
		  "unproven",
		  "slices of time",
		  "coverage" },
		{ { .scope = SUB, .quarantined = 3 },
		  1,
		  "not-understood",
		  "3 kept raw",
		  "unknown-items" },
		{ { .scope = SUB, .left = true, .unproven_ms = 5, .n_gaps = 1 },
		  1,
		  "left",
		  "does not find it",
		  "sources" },
		{ { .scope = "", .unproven_ms = 5, .quarantined = 1 },
		  2,
		  "unproven",
		  "read",
		  "coverage" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(chores_release)
		struct chores l = CHORES_NONE;

		blindspots_reading(&l, &rows[i].f);
		assert_int_equal(l.n, rows[i].n);
		if (l.n == 0)
			continue;
		assert_string_equal(l.v[0].item, rows[i].item);
		assert_non_null(strstr(l.v[0].why, rows[i].why));
		assert_non_null(strstr(l.v[0].next, rows[i].next));
		assert_true((l.v[0].subscription != NULL) ==
			    (rows[i].f.scope[0] != '\0'));
	}
}

static void test_settings(void **state)
{
	static char name[] = "azure", sub[] = SUB;
	static char *one[] = { sub };
	struct source_conf sources[] = {
		{ .name = name,
		  .type = SOURCE_DEFENDER_FOR_CLOUD,
		  .posture_every_ms = 1 },
		{ .name = name, .type = SOURCE_CLOUD_APPS },
		{ .name = name, .type = SOURCE_GRAPH_HUNTING },
	};
	const struct conf c = { .sources = sources, .n_sources = 3 };
	const struct conf none = { .n_sources = 0 };
	CLEANUP(chores_release) struct chores l = CHORES_NONE;

	(void)state;
	blindspots_own(&l, &c);
	assert_int_equal(l.n, 0);
	sources[0].subscriptions = (struct strlist){ .v = one, .n = 1 };
	sources[0].posture_every_ms = 0;
	sources[2].type = SOURCE_FILE;
	blindspots_own(&l, &c);
	assert_int_equal(l.n, 3);
	assert_non_null(strstr(find(&l, "named-subscriptions")->why, "name 1"));
	assert_string_equal(find(&l, "posture")->source, "azure");
	assert_non_null(find(&l, "behaviors-source"));
	chores_release(&l);
	blindspots_own(&l, &none);
	assert_int_equal(l.n, 2);
	assert_non_null(find(&l, "cloud-source"));
	assert_non_null(find(&l, "cloud-apps-source"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_unwatched),
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
