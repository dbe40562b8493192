/*
 * See scope.h. Called where the ledger is told to people, and where what nobody
 * reads any more ends. The words are those that each kind of source gives its
 * polls.
 *
 * tested with: test_scope
 */
#include "conf/scope.h"

#include <string.h>
#include "util/strlist.h"

static bool is_guid(const char *s)
{
	return strlen(s) == 36 && strspn(s, "0123456789abcdefABCDEF-") == 36;
}

/* The words of source/defender_cloud.c and source/discovery.c. */
static bool azure_asks(const struct source_conf *conf, const char *scope)
{
	static const char group[] = "management-group ";
	bool groups = conf->management_groups.n > 0;
	bool named = conf->subscriptions.n > 0;

	if (conf->resource_graph)
		return strcmp(scope, "resource-graph") == 0 ||
		       (groups && named &&
			strcmp(scope, "resource-graph subscriptions") == 0);
	if (strncmp(scope, group, strlen(group)) == 0)
		return strlist_has_ci(&conf->management_groups,
				      scope + strlen(group));
	if (strcmp(scope, "subscriptions") == 0)
		return !groups && !named;
	return named && !groups ? strlist_has_ci(&conf->subscriptions, scope)
				: is_guid(scope);
}

bool conf_source_asks(const struct source_conf *conf, const char *scope)
{
	switch (conf->type) {
	case SOURCE_DEFENDER_FOR_CLOUD:
		return azure_asks(conf, scope);
	case SOURCE_GRAPH_SECURITY:
		return strcmp(scope, "alerts") == 0 ||
		       (conf->incidents && strcmp(scope, "incidents") == 0);
	case SOURCE_GRAPH_HUNTING:
		return strcmp(scope, "behaviors") == 0;
	case SOURCE_CLOUD_APPS:
		return strcmp(scope, "alerts") == 0 ||
		       strcmp(scope, "resolved") == 0;
	case SOURCE_FILE:
		return strchr(scope, '/') != NULL;
	case SOURCE_DEMO:
		break;
	}
	return true;
}
