/* From an alert to the API and the sign-in that can do something about it. */
#include "respond/door.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/compiler.h"

#define T1 "11111111-2222-3333-4444-555555555555"
#define T2 "21111111-2222-3333-4444-55555555AAAA"
#define GRAPH "https://graph.microsoft.com"
#define ARM "https://management.azure.com"
#define PORTAL "https://contoso.eu.portal.cloudappsecurity.com"

static struct source_conf source(const char *name, enum source_type type,
				 const char *tenant)
{
	return (struct source_conf){
		.name = (char *)name,
		.type = type,
		.tenant = (char *)tenant,
		.graph = type == SOURCE_GRAPH_SECURITY ? (char *)GRAPH : NULL,
		.resource_manager =
			type == SOURCE_DEFENDER_FOR_CLOUD ? (char *)ARM : NULL,
		.url = type == SOURCE_CLOUD_APPS ? (char *)PORTAL : NULL,
	};
}

static void test_ways(void **state)
{
	static const struct {
		const char *kind, *tenant, *came_by;
		enum response_action action;
		const char *planned;
		int code;
		const char *source, *base; /* or words of the error */
	} cases[] = {
		{ ALERT_KIND_ARM, T1, "azure", RESPONSE_DISMISS, NULL, 0,
		  "azure", ARM },
		/* Users of an Azure alert are asked for at Graph. */
		{ ALERT_KIND_ARM, T1, "azure", RESPONSE_SUSPEND_USER, NULL, 0,
		  "graph", GRAPH },
		{ ALERT_KIND_GRAPH, T1, "graph-b", RESPONSE_RESOLVE, NULL, 0,
		  "graph-b", GRAPH },
		{ ALERT_KIND_GRAPH, T1, "gone", RESPONSE_RESOLVE, NULL, 0,
		  "graph", GRAPH },
		{ ALERT_KIND_CLOUD_APPS, "", "portal", RESPONSE_DISMISS, NULL,
		  0, "portal", PORTAL },
		/* Never with the sign-in of another tenant. */
		{ ALERT_KIND_GRAPH, "21111111-2222-3333-4444-55555555aaaa", "x",
		  RESPONSE_SUSPEND_USER, NULL, 0, "other", GRAPH },
		{ ALERT_KIND_CLOUD_APPS, "", "portal", RESPONSE_SUSPEND_USER,
		  NULL, ERR_CONF, "no source of type graph-security", NULL },
		{ ALERT_KIND_ARM, T2, "x", RESPONSE_DISMISS, NULL, ERR_CONF,
		  "no source of type defender-for-cloud", NULL },
		/* The plan named its source. */
		{ ALERT_KIND_GRAPH, T1, "graph", RESPONSE_RESOLVE, "graph-b", 0,
		  "graph-b", GRAPH },
		{ ALERT_KIND_GRAPH, T1, "graph", RESPONSE_RESOLVE, "other",
		  ERR_CONF, "the source other, with which it was planned",
		  NULL },
		{ ALERT_KIND_GRAPH_INCIDENT, T1, "graph", RESPONSE_RESOLVE,
		  NULL, ERR_REFUSED, "graph-incident cannot be changed", NULL },
		{ ALERT_KIND_GRAPH, T1, "graph", RESPONSE_EXEC, NULL,
		  ERR_REFUSED, "program", NULL },
	};
	struct source_conf sources[] = {
		source("azure", SOURCE_DEFENDER_FOR_CLOUD, T1),
		source("files", SOURCE_FILE, T1),
		source("graph", SOURCE_GRAPH_SECURITY, T1),
		source("graph-b", SOURCE_GRAPH_SECURITY, T1),
		source("other", SOURCE_GRAPH_SECURITY, T2),
		source("portal", SOURCE_CLOUD_APPS, ""),
	};
	const struct conf c = { .sources = sources,
				.n_sources = ARRAY_SIZE(sources) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct alert a = { .kind = (char *)cases[i].kind,
					 .tenant = (char *)cases[i].tenant,
					 .source = (char *)cases[i].came_by };
		struct respond_way way = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(respond_find_way(&c, &a, cases[i].action,
						  cases[i].planned, &way, &err),
				 cases[i].code);
		if (cases[i].code) {
			if (!strstr(err.text, cases[i].source))
				fail_msg("said: %s", err.text);
			assert_null(way.source);
			continue;
		}
		assert_string_equal(way.source->name, cases[i].source);
		assert_string_equal(way.base, cases[i].base);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
