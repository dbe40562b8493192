/*
 * Incidents of the fake Graph: each of three alerts of the other products, as
 * their incidentId says. Called by azure_graph.c. It has changed when one of
 * its alerts has, is as severe as the worst, and resolved when all are.
 */
#include "fake/azure_priv.h"

#include <string.h>

#include "fake/azure_filter.h"
#include "util/compiler.h"

#define ALERTS_EACH 3
#define FIRST_NUMBER 1000

static const char *const severities[] = { "informational", "low", "medium",
					  "high" };

static size_t count(const struct azure *a)
{
	return (xdr_n_alerts(a->xdr) + ALERTS_EACH - 1) / ALERTS_EACH;
}

static size_t end_of(const struct azure *a, size_t item)
{
	return MIN(xdr_n_alerts(a->xdr), (item + 1) * ALERTS_EACH);
}

static size_t rank(const char *severity)
{
	for (size_t i = 0; i < ARRAY_SIZE(severities); i++)
		if (strcmp(severities[i], severity) == 0)
			return i;
	return 0;
}

static void describe(const struct azure *a, size_t item,
		     struct azure_filter_item *ret)
{
	size_t first = item * ALERTS_EACH, worst = 0;

	*ret = (struct azure_filter_item){
		.service = "",
		.status = "resolved",
		.created_ticks = xdr_created_ticks(a->xdr, first),
		.updated_ticks = xdr_updated_ticks(a->xdr, first),
	};
	for (size_t i = first; i < end_of(a, item); i++) {
		if (strcmp(xdr_status(a->xdr, i), "resolved") != 0)
			ret->status = "active";
		worst = MAX(worst, rank(xdr_severity(a->xdr, i)));
		ret->created_ticks =
			MIN(ret->created_ticks, xdr_created_ticks(a->xdr, i));
		ret->updated_ticks =
			MAX(ret->updated_ticks, xdr_updated_ticks(a->xdr, i));
	}
	ret->severity = severities[worst];
}

static void render(const struct azure *a, size_t item,
		   const struct azure_view *v, struct strbuf *sb)
{
	struct azure_filter_item d;
	char created[XDR_ID_SIZE], updated[XDR_ID_SIZE];
	size_t number = item + FIRST_NUMBER;

	describe(a, item, &d);
	xdr_format_ticks(d.created_ticks, created);
	xdr_format_ticks(d.updated_ticks, updated);
	strbuf_addf(sb,
		    "{\"id\":\"%zu\",\"tenantId\":\"" AZURE_TENANT
		    "\",\"status\":\"%s\",\"incidentWebUrl\":"
		    "\"https://security.microsoft.com/incident2/%zu/overview?"
		    "tid=" AZURE_TENANT "\",\"redirectIncidentId\":null,"
		    "\"displayName\":\"Incident %zu\",\"createdDateTime\":"
		    "\"%s\",\"lastUpdateDateTime\":\"%s\",\"assignedTo\":"
		    "null,\"classification\":\"unknown\",\"determination\":"
		    "\"unknown\",\"severity\":\"%s\",\"customTags\":[],"
		    "\"comments\":[]",
		    number, d.status, number, number, created, updated,
		    d.severity);
	if (v->expand) {
		strbuf_addstr(sb, ",\"alerts\":[");
		for (size_t i = item * ALERTS_EACH; i < end_of(a, item); i++) {
			if (i % ALERTS_EACH)
				strbuf_addch(sb, ',');
			xdr_render_graph(a->xdr, i, v->later_members, sb);
		}
		strbuf_addch(sb, ']');
	}
	strbuf_addch(sb, '}');
}

const struct azure_list azure_graph_incidents = { "/v1.0/security/incidents",
						  count, describe, render };
