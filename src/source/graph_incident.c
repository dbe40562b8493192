/*
 * An incident of Defender XDR (section 2.3 of the API notes): what correlates
 * several alerts, triaged as an alert of its own. Called through normalize.h.
 */
#include "source/normalize.h"

#include <stdlib.h>
#include <string.h>
#include "source/field_priv.h"
#include "source/recognize_priv.h"
#include "source/word_priv.h"
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define PORTAL_URL_MAX 2000

static int set_identity(struct alert *a, const json_t *o, const char *tenant,
			struct err *err)
{
	int rc;

	rc = field_id(jsonx_str(o, "id"), &a->native_id, err);
	if (rc < 0)
		return rc;
	if (!tenant || !*tenant)
		tenant = jsonx_str(o, "tenantId");
	a->tenant = field_line(a, tenant, ALERT_WORD_MAX);
	if (!a->tenant)
		a->tenant = xstrdup("");
	a->kind = xstrdup(ALERT_KIND_GRAPH_INCIDENT);
	a->provider = xstrdup("defender-xdr");
	a->incident = xstrdup(a->native_id);
	a->is_incident = true;
	return 0;
}

/* With $expand=alerts: an array, or a single object in one published reply. */
static void add_tactics(struct alert *a, const json_t *alerts)
{
	CLEANUP(strbuf_release) struct strbuf tactics = STRBUF_INIT;
	const json_t *one;
	size_t i;

	field_add_all(&tactics, jsonx_get(alerts, "category"));
	json_array_foreach(alerts, i, one)
	{
		field_add_all(&tactics, jsonx_get(one, "category"));
		field_add_all(&tactics, jsonx_get(one, "categories"));
	}
	a->tactics = field_list(a, &tactics);
}

int graph_incident_parse(const json_t *object, const char *tenant,
			 struct alert *ret, struct err *err)
{
	const char *url = jsonx_str(object, "incidentWebUrl");
	int rc;

	rc = set_identity(ret, object, tenant, err);
	if (rc < 0)
		return rc;
	ret->title = field_line(ret, jsonx_str(object, "displayName"),
				ALERT_TITLE_MAX);
	ret->description =
		field_text(ret, FIELD_FIRST(object, "description", "summary"));
	word_set_severity(ret, jsonx_str(object, "severity"));
	word_set_status(ret, jsonx_str(object, "status"));
	ret->created_ms =
		FIELD_TIME(object, "createdDateTime", "lastUpdateDateTime");
	ret->source_updated_ms = FIELD_TIME(object, "lastUpdateDateTime");
	add_tactics(ret, jsonx_get(object, "alerts"));
	if (url && strlen(url) <= PORTAL_URL_MAX && word_is_portal_url(url))
		ret->portal_url = xstrdup(url);
	recognize(ret, NULL);
	return 0;
}
