/* Which scopes of the ledger the settings of a source still read. */
#include "conf/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "util/compiler.h"

#define ONE "11111111-2222-3333-4444-555555555555"
#define TWO "aaaaaaaa-2222-3333-4444-555555555555"

enum named { NOTHING, SUBSCRIPTION, GROUP, BOTH };

static const struct {
	enum source_type type;
	enum named named;
	bool incidents, resource_graph;
	const char *scope;
	bool reads;
} rows[] = {
	{ SOURCE_DEFENDER_FOR_CLOUD, NOTHING, 0, 0, "subscriptions", true },
	{ SOURCE_DEFENDER_FOR_CLOUD, NOTHING, 0, 0, TWO, true },
	{ SOURCE_DEFENDER_FOR_CLOUD, NOTHING, 0, 0, "resource-graph", false },
	{ SOURCE_DEFENDER_FOR_CLOUD, NOTHING, 0, 0, "alerts", false },
	{ SOURCE_DEFENDER_FOR_CLOUD, SUBSCRIPTION, 0, 0, ONE, true },
	{ SOURCE_DEFENDER_FOR_CLOUD, SUBSCRIPTION, 0, 0, TWO, false },
	{ SOURCE_DEFENDER_FOR_CLOUD, SUBSCRIPTION, 0, 0, "subscriptions",
	  false },
	{ SOURCE_DEFENDER_FOR_CLOUD, GROUP, 0, 0, "management-group prod",
	  true },
	{ SOURCE_DEFENDER_FOR_CLOUD, GROUP, 0, 0, "management-group PROD",
	  true },
	{ SOURCE_DEFENDER_FOR_CLOUD, GROUP, 0, 0, "management-group test",
	  false },
	{ SOURCE_DEFENDER_FOR_CLOUD, GROUP, 0, 0, TWO, true },
	{ SOURCE_DEFENDER_FOR_CLOUD, NOTHING, 0, 0, "management-group prod",
	  false },
	{ SOURCE_DEFENDER_FOR_CLOUD, NOTHING, 0, true, "resource-graph", true },
	{ SOURCE_DEFENDER_FOR_CLOUD, NOTHING, 0, true, ONE, false },
	{ SOURCE_DEFENDER_FOR_CLOUD, GROUP, 0, true,
	  "resource-graph subscriptions", false },
	{ SOURCE_DEFENDER_FOR_CLOUD, BOTH, 0, true,
	  "resource-graph subscriptions", true },
	{ SOURCE_GRAPH_SECURITY, NOTHING, 0, 0, "alerts", true },
	{ SOURCE_GRAPH_SECURITY, NOTHING, 0, 0, "incidents", false },
	{ SOURCE_GRAPH_SECURITY, NOTHING, true, 0, "incidents", true },
	{ SOURCE_GRAPH_SECURITY, NOTHING, true, 0, "behaviors", false },
	{ SOURCE_GRAPH_HUNTING, NOTHING, 0, 0, "behaviors", true },
	{ SOURCE_GRAPH_HUNTING, NOTHING, 0, 0, "alerts", false },
	{ SOURCE_CLOUD_APPS, NOTHING, 0, 0, "alerts", true },
	{ SOURCE_CLOUD_APPS, NOTHING, 0, 0, "resolved", true },
	{ SOURCE_CLOUD_APPS, NOTHING, 0, 0, "incidents", false },
	{ SOURCE_FILE, NOTHING, 0, 0, "/srv/in/a.json", true },
	{ SOURCE_FILE, NOTHING, 0, 0, "alerts", false },
};

static void test_asks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct source_conf c = { .type = rows[i].type,
					 .incidents = rows[i].incidents,
					 .resource_graph =
						 rows[i].resource_graph };

		if (rows[i].named & SUBSCRIPTION)
			strlist_add(&c.subscriptions, ONE);
		if (rows[i].named & GROUP)
			strlist_add(&c.management_groups, "prod");
		if (conf_source_asks(&c, rows[i].scope) != rows[i].reads)
			fail_msg("row %zu: %s", i, rows[i].scope);
		strlist_release(&c.subscriptions);
		strlist_release(&c.management_groups);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_asks) };

	return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
