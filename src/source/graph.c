/*
 * Words for the doors of Microsoft Graph. Called by graph_security.c,
 * graph_hunting.c and activities.c.
 */
#include "source/graph_priv.h"

#include <string.h>
#include "util/xmalloc.h"

/* The application id of Microsoft Graph, the same in every tenant. */
#define GRAPH_APP_ID "00000003-0000-0000-c000-000000000000"

size_t graph_word_len(const char *word)
{
	return strspn(word, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
}

char *graph_needs(const char *name, const char *role, const char *client_id)
{
	/* The portal offers no such thing for an identity of a machine. */
	if (!client_id)
		return xasprintf(
			"the managed identity lacks the permission %s "
			"of Microsoft Graph: assign it the "
			"application role %s of the application " GRAPH_APP_ID,
			name, role);
	return xasprintf("the application lacks the permission %s: az ad app "
			 "permission add --id %s --api " GRAPH_APP_ID
			 " --api-permissions %s=Role; az ad app permission "
			 "admin-consent --id %s",
			 name, client_id, role, client_id);
}

/* Of several identities of a machine the settings name one by its id. */
static const char *application_of(const struct source_conf *c)
{
	return c->auth == AUTH_MANAGED_IDENTITY ? NULL : c->client_id;
}

char *graph_alerts_needs(const struct source_conf *c)
{
	return graph_needs("SecurityAlert.Read.All",
			   "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5",
			   application_of(c));
}

char *graph_incidents_needs(const struct source_conf *c)
{
	return graph_needs("SecurityIncident.Read.All",
			   "45cc0394-e837-488b-a098-1918f48d186c",
			   application_of(c));
}

char *graph_hunting_needs(const struct source_conf *c)
{
	return graph_needs("ThreatHunting.Read.All",
			   "dd98c7f5-2d42-42d3-a0e4-633161547251",
			   application_of(c));
}
