/*
 * Which plan protects what, and how each stands to what is there. Called by
 * checklist.c and blindspots.c. Knows no sentence but the names of things.
 *
 * tested with: test_checklist
 */
#include "advice/checklist_priv.h"

#include <string.h>
#include <strings.h>
#include "util/xmalloc.h"

/* Plans without a row protect nothing that has a type, or are not known. */
static const struct protection protections[] = {
	{ "VirtualMachines", "server", "servers",
	  (const char *const[]){ "Microsoft.Compute/virtualMachines",
				 "Microsoft.Compute/virtualMachineScaleSets",
				 "Microsoft.ClassicCompute/virtualMachines",
				 "Microsoft.HybridCompute/machines",
				 "machine", /* one that is elsewhere */
				 NULL } },
	{ "SqlServers", "SQL database or server", "SQL databases and servers",
	  (const char *const[]){ "Microsoft.Sql/servers",
				 "Microsoft.Sql/servers/databases",
				 "Microsoft.Sql/managedInstances", NULL } },
	{ "SqlServerVirtualMachines", "SQL server on a machine",
	  "SQL servers on machines",
	  (const char *const[]){ "Microsoft.SqlVirtualMachine/"
				 "SqlVirtualMachines",
				 "Microsoft.AzureArcData/sqlServerInstances",
				 NULL } },
	{ "AppServices", "app service", "app services",
	  (const char *const[]){ "Microsoft.Web/sites",
				 "Microsoft.Web/serverFarms", NULL } },
	{ "StorageAccounts", "storage account", "storage accounts",
	  (const char *const[]){ "Microsoft.Storage/storageAccounts", NULL } },
	{ "KeyVaults", "key vault", "key vaults",
	  (const char *const[]){ "Microsoft.KeyVault/vaults", NULL } },
	{ "OpenSourceRelationalDatabases", "open-source database",
	  "open-source databases",
	  (const char *const[]){ "Microsoft.DBforPostgreSQL/servers",
				 "Microsoft.DBforPostgreSQL/flexibleServers",
				 "Microsoft.DBforMySQL/servers",
				 "Microsoft.DBforMySQL/flexibleServers",
				 "Microsoft.DBforMariaDB/servers", NULL } },
	{ "CosmosDbs", "Cosmos DB account", "Cosmos DB accounts",
	  (const char *const[]){ "Microsoft.DocumentDB/databaseAccounts",
				 NULL } },
	{ "Containers", "cluster or registry", "clusters and registries",
	  (const char *const[]){ "Microsoft.ContainerService/managedClusters",
				 "Microsoft.ContainerRegistry/registries",
				 "Microsoft.Kubernetes/connectedClusters",
				 NULL } },
	{ "Api", "API service", "API services",
	  (const char *const[]){ "Microsoft.ApiManagement/service", NULL } },
	{ "AI", "AI service", "AI services",
	  (const char *const[]){ "Microsoft.CognitiveServices/accounts",
				 NULL } },
	{ "Arm", NULL, NULL, NULL },
};

const struct protection *protection_at(size_t i)
{
	return i < ARRAY_SIZE(protections) ? &protections[i] : NULL;
}

static int64_t count_of(const struct posture_facts *f, const char *type)
{
	for (size_t i = 0; i < f->n_types; i++) {
		if (strcasecmp(f->types[i].type, type) == 0)
			return f->types[i].n;
	}
	return 0;
}

static int64_t count_all(const struct posture_facts *f,
			 const struct protection *p)
{
	int64_t n = 0;

	for (size_t i = 0; p->types[i]; i++)
		n += count_of(f, p->types[i]);
	return n;
}

const struct plan *facts_plan(const struct posture_facts *f, const char *name)
{
	const struct posture_page *page = &f->parts[POSTURE_PLANS];

	for (size_t i = 0; i < page->n; i++) {
		if (strcasecmp(page->plans[i].name, name) == 0)
			return &page->plans[i];
	}
	return NULL;
}

bool facts_has_machines(const struct posture_facts *f)
{
	return count_all(f, &protections[0]) > 0;
}

int64_t checklist_protects(const struct posture_facts *f, const char *plan)
{
	const struct protection *p;

	for (size_t i = 0; (p = protection_at(i)); i++) {
		if (p->types && strcasecmp(p->plan, plan) == 0)
			return f->whole_ms[POSTURE_RECOMMENDATIONS]
				       ? count_all(f, p)
				       : -1;
	}
	return -1;
}

enum cover protection_judge(const struct posture_facts *f,
			    const struct protection *p, int64_t *ret_n)
{
	const struct plan *plan = facts_plan(f, p->plan);
	bool counted = f->whole_ms[POSTURE_RECOMMENDATIONS] || !p->types;
	int64_t n = p->types ? count_all(f, p) : 1;

	*ret_n = n;
	if (!f->whole_ms[POSTURE_PLANS] && !plan)
		return COVER_UNREAD;
	if (plan && plan->is_on)
		return plan->coverage && strcasecmp(plan->coverage,
						    "FullyCovered") != 0
			       ? COVER_PART
			       : COVER_ON;
	if (counted && n == 0)
		return COVER_NEEDLESS;
	if (!plan) /* some clouds do not have all of them */
		return counted && p->types ? COVER_UNTOLD : COVER_NEEDLESS;
	return counted ? COVER_OFF : COVER_OFF_MAYBE;
}

char *protection_words(const struct protection *p, int64_t n)
{
	if (!p->types)
		return xstrdup("changes by Azure Resource Manager");
	return xasprintf("%lld %s", (long long)n, n == 1 ? p->one : p->many);
}
