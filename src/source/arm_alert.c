/*
 * A Defender for Cloud alert, as Azure Resource Manager lists it (section 6.1
 * of the API notes) or as an export flattens it. Called through normalize.h.
 * Keys are read in any case: the same URL was seen answering in both
 * (Azure/azure-rest-api-specs issue 38880).
 */
#include "source/normalize.h"

#include <stdlib.h>
#include <string.h>
#include "source/entity_priv.h"
#include "source/field_priv.h"
#include "source/recognize_priv.h"
#include "source/word_priv.h"
#include "util/jsonx.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define PORTAL_URL_MAX 2000

/* The object, its properties (the object itself when flat), and the lists that
 * exports write as JSON inside a string. */
struct arm {
	const json_t *object, *p;
	json_t *identifiers, *entities, *extended, *steps;
	bool is_flat;
};

static void arm_open(struct arm *arm, const json_t *object)
{
	const json_t *p = jsonx_get(object, "properties");

	arm->object = object;
	arm->is_flat = !json_is_object(p);
	arm->p = arm->is_flat ? object : p;
	arm->identifiers = field_container(arm->p, "resourceIdentifiers");
	arm->entities = field_container(arm->p, "entities");
	arm->extended = field_container(arm->p, "extendedProperties");
	arm->steps = field_container(arm->p, "remediationSteps");
}

static void arm_close(struct arm *arm)
{
	json_decref(arm->identifiers);
	json_decref(arm->entities);
	json_decref(arm->extended);
	json_decref(arm->steps);
}

/* The first text under @key in any resource identifier, or NULL. */
static const char *identifier(const struct arm *arm, const char *key)
{
	const json_t *one;
	size_t i;

	json_array_foreach(arm->identifiers, i, one)
	{
		const char *s = jsonx_str(one, key);

		if (s)
			return s;
	}
	return NULL;
}

static int set_identity(struct alert *a, const struct arm *arm,
			const char *tenant, struct err *err)
{
	const char *id = FIELD_FIRST(arm->p, "systemAlertId");
	const char *says = identifier(arm, "azureResourceTenantId");
	int rc;

	rc = field_id(id ? id : jsonx_str(arm->object, "name"), &a->native_id,
		      err);
	if (rc < 0)
		return rc;
	if (!says)
		says = identifier(arm, "aadTenantId");
	/* In a Log Analytics row TenantId is the workspace. */
	if (!says && !arm->is_flat)
		says = jsonx_str(arm->object, "tenantId");
	field_set_tenant(a, tenant, says);
	a->kind = xstrdup(ALERT_KIND_ARM);
	a->linked_kind = xstrdup(ALERT_KIND_GRAPH);
	a->linked_id = xasprintf("dc%s", a->native_id);
	return 0;
}

static void set_words(struct alert *a, const struct arm *arm)
{
	const json_t *p = arm->p;
	const char *product =
		FIELD_FIRST(p, "productName", "providerName", "provider");

	a->provider = word_provider(product ? product
					    : "Microsoft Defender for Cloud");
	a->title = field_line(a,
			      FIELD_FIRST(p, "alertDisplayName", "displayName",
					  "alertName", "alertType"),
			      ALERT_TITLE_MAX);
	a->description = field_text(a, jsonx_str(p, "description"));
	a->alert_type = field_line(a, FIELD_FIRST(p, "alertType", "alertName"),
				   ALERT_WORD_MAX);
	a->correlation =
		field_line(a, jsonx_str(p, "correlationKey"), ALERT_WORD_MAX);
	word_set_severity(a, FIELD_FIRST(p, "severity", "reportedSeverity"));
	word_set_status(a, FIELD_FIRST(p, "status", "state"));
	/* Incidents of old exports say so in their free properties only. */
	a->is_incident = jsonx_bool(p, "isIncident") ||
			 jsonx_bool(arm->extended, "isincident");
}

static void set_times(struct alert *a, const struct arm *arm)
{
	const json_t *p = arm->p;

	a->activity_from_ms =
		FIELD_TIME(p, "startTimeUtc", "detectedTimeUtc", "startTime");
	a->activity_to_ms = FIELD_TIME(p, "endTimeUtc", "endTime");
	a->created_ms = FIELD_TIME(p, "timeGeneratedUtc", "timeGenerated",
				   "reportedTimeUtc", "processingEndTimeUtc",
				   "processingEndTime", "startTimeUtc",
				   "detectedTimeUtc");
}

/* The ARM id of what is hit: identifiers first, then older and flat names. */
static const char *resource_of(const struct arm *arm)
{
	const char *id = identifier(arm, "azureResourceId");
	const json_t *one;
	size_t i;

	if (!id)
		id = FIELD_FIRST(arm->p, "azureResourceId",
				 "associatedResource", "resourceId");
	json_array_foreach(arm->entities, i, one)
	{
		if (!id)
			id = FIELD_FIRST(one, "resourceId", "azureID");
	}
	return id;
}

static void set_resource(struct alert *a, const struct arm *arm)
{
	CLEANUP(free_ptr)
	char *arm_id =
		field_line(a, jsonx_str(arm->object, "id"), ALERT_ID_MAX);
	const char *type = jsonx_str(arm->extended, "resourceType");

	a->resource_id = field_line(a, resource_of(arm), ALERT_WORD_MAX);
	a->resource_group = field_arm_segment(a->resource_id, "resourceGroups");
	if (!a->resource_group)
		a->resource_group = field_arm_segment(arm_id, "resourceGroups");
	a->resource_type = field_arm_type(a->resource_id);
	if (!a->resource_type)
		a->resource_type = field_line(a, type, ALERT_WORD_MAX);
	a->subscription = field_arm_segment(arm_id, "subscriptions");
	if (!a->subscription)
		a->subscription =
			field_arm_segment(a->resource_id, "subscriptions");
	if (!a->subscription)
		a->subscription =
			field_line(a,
				   FIELD_FIRST(arm->p, "subscriptionId",
					       "azureResourceSubscriptionId",
					       "workspaceSubscriptionId"),
				   ALERT_WORD_MAX);
	if (!a->subscription)
		a->subscription =
			field_line(a, jsonx_str(arm->object, "subscriptionId"),
				   ALERT_WORD_MAX);
	a->entity = field_line(a, jsonx_str(arm->p, "compromisedEntity"),
			       ALERT_WORD_MAX);
	if (!a->entity)
		a->entity = xstrdup(field_arm_name(a->resource_id));
}

static void set_tactics(struct alert *a, const struct arm *arm)
{
	CLEANUP(strbuf_release) struct strbuf tactics = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf techniques = STRBUF_INIT;

	/* One word or a comma list: "LateralMovement, Execution". */
	field_add_all(&tactics, jsonx_get(arm->p, "intent"));
	field_add_all(&tactics, jsonx_get(arm->p, "tactics"));
	field_add_all(&techniques, jsonx_get(arm->p, "techniques"));
	field_add_all(&techniques, jsonx_get(arm->p, "subTechniques"));
	a->tactics = field_list(a, &tactics);
	a->techniques = field_list(a, &techniques);
}

/* A step may be a portal button as JSON text: its label is the step. */
static void add_step(struct strbuf *steps, const char *s)
{
	CLEANUP(jsonx_unref) json_t *button = NULL;
	const char *label;

	if (s && *s == '{')
		button = jsonx_parse(s, strlen(s), (size_t)1 << 20, NULL);
	label = FIELD_FIRST(button, "displayValue", "label");
	field_add_steps(steps, label ? label : s);
}

static void set_remediation(struct alert *a, const struct arm *arm)
{
	CLEANUP(strbuf_release) struct strbuf steps = STRBUF_INIT;
	const json_t *one;
	size_t i;

	json_array_foreach(arm->steps, i, one)
		add_step(&steps, json_string_value(one));
	if (!arm->steps)
		add_step(&steps, jsonx_str(arm->p, "remediationSteps"));
	if (steps.len > 0)
		a->remediation = field_text(a, steps.buf);
}

static void set_portal(struct alert *a, const struct arm *arm)
{
	const char *url = FIELD_FIRST(arm->p, "alertUri", "alertLink");

	if (url && strlen(url) <= PORTAL_URL_MAX && word_is_portal_url(url))
		a->portal_url = xstrdup(url);
}

/* Kinds of a site ("functionapp,linux") stand in the free properties, if
 * anywhere. */
static void set_recognized(struct alert *a, const struct arm *arm)
{
	struct recognize_clues clues = {
		.component = jsonx_str(arm->p, "productComponentName"),
		.resource_kind = FIELD_FIRST(arm->extended, "resourceKind",
					     "kind", "resourceType"),
	};

	recognize(a, &clues);
}

int arm_alert_parse(const json_t *object, const char *tenant, struct alert *ret,
		    struct err *err)
{
	CLEANUP(arm_close) struct arm arm = { 0 };
	int rc;

	arm_open(&arm, object);
	rc = set_identity(ret, &arm, tenant, err);
	if (rc < 0)
		return rc;
	set_words(ret, &arm);
	set_times(ret, &arm);
	set_resource(ret, &arm);
	set_tactics(ret, &arm);
	set_remediation(ret, &arm);
	set_portal(ret, &arm);
	arm_entity_add_all(ret, arm.entities);
	set_recognized(ret, &arm);
	return 0;
}
