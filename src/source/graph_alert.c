/*
 * A Microsoft Graph security alert of alerts_v2 (section 2.3 of the API
 * notes). Called through normalize.h.
 */
#include "source/normalize.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "source/entity_priv.h"
#include "source/field_priv.h"
#include "source/recognize_priv.h"
#include "source/word_priv.h"
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define PORTAL_URL_MAX 2000

/*
 * The same alert at its own product: Graph puts two letters in front of the
 * provider's id. Only when the rest equals providerAlertId, since an old
 * Endpoint id or a Cloud Apps id may begin with those letters by itself.
 */
static void set_link(struct alert *a, const char *provider_id)
{
	static const struct {
		const char *prefix;
		const char *kind;
	} doors[] = {
		{ "dc", ALERT_KIND_ARM },
		{ "ca", ALERT_KIND_CLOUD_APPS },
	};

	if (!provider_id || strlen(a->native_id) < 3 ||
	    strcasecmp(a->native_id + 2, provider_id) != 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(doors); i++) {
		if (strncasecmp(a->native_id, doors[i].prefix, 2) != 0)
			continue;
		a->linked_kind = xstrdup(doors[i].kind);
		a->linked_id = xstrdup(a->native_id + 2);
	}
}

static int set_identity(struct alert *a, const json_t *o, const char *tenant,
			struct err *err)
{
	int rc;

	rc = field_id(jsonx_str(o, "id"), &a->native_id, err);
	if (rc < 0)
		return rc;
	field_set_tenant(a, tenant, jsonx_str(o, "tenantId"));
	a->kind = xstrdup(ALERT_KIND_GRAPH);
	set_link(a, jsonx_str(o, "providerAlertId"));
	return 0;
}

static bool says_nothing(const char *word)
{
	return !word || strcasecmp(word, "unknown") == 0 ||
	       strcasecmp(word, "unknownFutureValue") == 0;
}

/* Without the Prefer header newer products are all "unknownFutureValue". */
static char *provider_of(const json_t *o, const char *id)
{
	const char *word = jsonx_str(o, "serviceSource");

	if (says_nothing(word))
		word = jsonx_str(o, "productName");
	if (says_nothing(word))
		word = word_provider_by_prefix(id);
	return word_provider(word ? word : "graph-security");
}

static void set_words(struct alert *a, const json_t *o)
{
	CLEANUP(strbuf_release) struct strbuf tactics = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf techniques = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf steps = STRBUF_INIT;

	a->provider = provider_of(o, a->native_id);
	a->title = field_line(a, FIELD_FIRST(o, "title", "detectorId"),
			      ALERT_TITLE_MAX);
	a->description = field_text(a, jsonx_str(o, "description"));
	a->alert_type =
		field_line(a, FIELD_FIRST(o, "detectorId", "alertPolicyId"),
			   ALERT_WORD_MAX);
	a->incident = field_line(a, jsonx_str(o, "incidentId"), ALERT_WORD_MAX);
	/* `categories` is replacing `category`. */
	field_add_all(&tactics, jsonx_get(o, "category"));
	field_add_all(&tactics, jsonx_get(o, "categories"));
	a->tactics = field_list(a, &tactics);
	field_add_all(&techniques, jsonx_get(o, "mitreTechniques"));
	a->techniques = field_list(a, &techniques);
	field_add_steps(&steps, jsonx_str(o, "recommendedActions"));
	if (steps.len > 0)
		a->remediation = field_text(a, steps.buf);
}

static void set_times(struct alert *a, const json_t *o)
{
	a->activity_from_ms = FIELD_TIME(o, "firstActivityDateTime");
	a->activity_to_ms = FIELD_TIME(o, "lastActivityDateTime");
	a->source_updated_ms = FIELD_TIME(o, "lastUpdateDateTime");
	a->created_ms =
		FIELD_TIME(o, "createdDateTime", "firstActivityDateTime",
			   "lastUpdateDateTime");
}

static void set_resource(struct alert *a)
{
	a->resource_group = field_arm_segment(a->resource_id, "resourceGroups");
	a->resource_type = field_arm_type(a->resource_id);
	if (!a->subscription)
		a->subscription =
			field_arm_segment(a->resource_id, "subscriptions");
}

int graph_alert_parse(const json_t *object, const char *tenant,
		      struct alert *ret, struct err *err)
{
	const char *url = jsonx_str(object, "alertWebUrl");
	int rc;

	rc = set_identity(ret, object, tenant, err);
	if (rc < 0)
		return rc;
	set_words(ret, object);
	word_set_severity(ret, jsonx_str(object, "severity"));
	word_set_status(ret, jsonx_str(object, "status"));
	set_times(ret, object);
	graph_evidence_add_all(ret, jsonx_get(object, "evidence"));
	set_resource(ret);
	if (url && strlen(url) <= PORTAL_URL_MAX && word_is_portal_url(url))
		ret->portal_url = xstrdup(url);
	recognize(ret, NULL);
	return 0;
}
