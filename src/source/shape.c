/*
 * Tells an alert from everything else the same APIs answer with (suppression
 * rules, incidents, activities, secure scores, errors). Called by normalize
 * and file_split; parses nothing. Generous towards damaged alerts: what looks
 * like one but cannot be read must end in quarantine, not in silence.
 */
#include "source/shape_priv.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>
#include "source/import_item_priv.h"
#include "source/slice_priv.h"

enum name {
	N_ID,
	N_OBJECT_ID, /* Cloud Apps' _id */
	N_PROPERTIES,
	N_TYPE,
	N_ODATA_TYPE,
	N_PROVIDER_ALERT_ID,
	N_SERVICE_SOURCE,
	N_DETECTION_SOURCE,
	N_ALERT_WEB_URL,
	N_TITLE,
	N_VENDOR_INFORMATION,
	N_EVENT_TIME,
	N_AZURE_TENANT,
	N_SYSTEM_ALERT_ID,
	N_ALERT_DISPLAY_NAME,
	N_SEVERITY,
	N_REPORTED_SEVERITY,
	N_COMPROMISED_ENTITY,
	N_START_TIME,
	N_SEVERITY_VALUE,
	N_STATUS_VALUE,
	N_RESOLUTION,
	N_ID_VALUE,
	N_STORIES,
	N_TIMESTAMP,
	N_BEHAVIOR_ID,
	N_ACTION_TYPE,
	N_INCIDENT_URL,
	N_REDIRECT,
	N_DISPLAY_NAME,
	N_UID,
	N_EVENT_TYPE,
	N_INSTANTIATION,
	N_EVENT_ROUTING,
	N_IMPORT,
};
#define N_MAX (N_IMPORT + 1)
#define HAS(name) (UINT64_C(1) << (name))

_Static_assert(N_MAX <= 64, "more names than bits");

static const char *const names[N_MAX] = {
	[N_ID] = "id",
	[N_OBJECT_ID] = "_id",
	[N_PROPERTIES] = "properties",
	[N_TYPE] = "type",
	[N_ODATA_TYPE] = "@odata.type",
	[N_PROVIDER_ALERT_ID] = "providerAlertId",
	[N_SERVICE_SOURCE] = "serviceSource",
	[N_DETECTION_SOURCE] = "detectionSource",
	[N_ALERT_WEB_URL] = "alertWebUrl",
	[N_TITLE] = "title",
	[N_VENDOR_INFORMATION] = "vendorInformation",
	[N_EVENT_TIME] = "eventDateTime",
	[N_AZURE_TENANT] = "azureTenantId",
	[N_SYSTEM_ALERT_ID] = "systemAlertId",
	[N_ALERT_DISPLAY_NAME] = "alertDisplayName",
	[N_SEVERITY] = "severity",
	[N_REPORTED_SEVERITY] = "reportedSeverity",
	[N_COMPROMISED_ENTITY] = "compromisedEntity",
	[N_START_TIME] = "startTimeUtc",
	[N_SEVERITY_VALUE] = "severityValue",
	[N_STATUS_VALUE] = "statusValue",
	[N_RESOLUTION] = "resolutionStatusValue",
	[N_ID_VALUE] = "idValue",
	[N_STORIES] = "stories",
	[N_TIMESTAMP] = "timestamp",
	[N_BEHAVIOR_ID] = "BehaviorId",
	[N_ACTION_TYPE] = "ActionType",
	[N_INCIDENT_URL] = "incidentWebUrl",
	[N_REDIRECT] = "redirectIncidentId",
	[N_DISPLAY_NAME] = "displayName",
	[N_UID] = "uid",
	[N_EVENT_TYPE] = "eventType",
	[N_INSTANTIATION] = "instantiation",
	[N_EVENT_ROUTING] = "eventRouting",
	[N_IMPORT] = IMPORT_ITEM_WORK,
};

/* The names an object has, as bits, and the values that decide. */
struct look {
	uint64_t has;
	struct span properties, type, odata_type;
};

static bool any(const struct look *l, uint64_t bits)
{
	return (l->has & bits) != 0;
}

static bool all(const struct look *l, uint64_t bits)
{
	return (l->has & bits) == bits;
}

static void look_member(struct look *l, struct span key, struct span value)
{
	for (unsigned i = 0; i < N_MAX; i++) {
		if (!span_eq_ci(key, names[i]))
			continue;
		l->has |= HAS(i);
		if (i == N_PROPERTIES)
			l->properties = value;
		else if (i == N_TYPE)
			l->type = value;
		else if (i == N_ODATA_TYPE)
			l->odata_type = value;
	}
}

/* Tolerant of commas and of a cut: names are all that is wanted. */
static void look_into(struct look *l, struct span object)
{
	const char *p = object.p + 1;
	const char *end = object.p + object.len;
	struct span key, value;

	*l = (struct look){ 0 };
	if (jscan_type(object) != JSCAN_OBJECT)
		return;
	while (slice_value(&p, end, &key) == SLICE_VALUE) {
		if (jscan_type(key) != JSCAN_STRING)
			continue;
		p = slice_blank(p, end);
		if (p == end || *p != ':')
			continue;
		p++;
		key = (struct span){ key.p + 1, key.len - 2 };
		if (slice_value(&p, end, &value) != SLICE_VALUE)
			value = (struct span){ p, 0 };
		look_member(l, key, value);
		if (value.len == 0)
			return;
	}
}

/* "Microsoft.Security/[Locations/]alerts" or ".../iotAlerts". */
static bool is_alert_type(struct span type)
{
	static const char provider[] = "\"microsoft.security/";
	size_t len = sizeof(provider) - 1;
	const char *slash;

	if (type.len <= len || strncasecmp(type.p, provider, len) != 0)
		return false;
	slash = memrchr(type.p, '/', type.len);
	type = (struct span){ slash + 1,
			      type.len - (size_t)(slash + 2 - type.p) };
	return span_eq_ci(type, "alerts") || span_eq_ci(type, "iotAlerts");
}

static enum shape shape_of_arm(const struct look *top)
{
	struct look inner;

	/* Any ARM resource has a type, and it says what it is. */
	if (all(top, HAS(N_TYPE) | HAS(N_ID)) && top->type.len > 0)
		return is_alert_type(top->type) ? SHAPE_ARM : SHAPE_NONE;
	look_into(&inner, top->properties);
	if (any(&inner, HAS(N_SYSTEM_ALERT_ID)) ||
	    (any(&inner, HAS(N_ALERT_DISPLAY_NAME)) &&
	     any(&inner, HAS(N_SEVERITY) | HAS(N_REPORTED_SEVERITY) |
				 HAS(N_COMPROMISED_ENTITY) |
				 HAS(N_START_TIME))))
		return SHAPE_ARM;
	return SHAPE_NONE;
}

static bool is_graph(const struct look *l)
{
	static const char type[] = "\"#microsoft.graph.security.alert\"";

	if (any(l, HAS(N_ODATA_TYPE)))
		return span_eq_ci(l->odata_type, type);
	return any(l, HAS(N_ALERT_WEB_URL)) ||
	       (any(l, HAS(N_PROVIDER_ALERT_ID) | HAS(N_SERVICE_SOURCE) |
			       HAS(N_DETECTION_SOURCE)) &&
		any(l, HAS(N_TITLE) | HAS(N_ID)));
}

static bool is_cloud_apps(const struct look *l)
{
	return any(l, HAS(N_OBJECT_ID)) &&
	       (any(l, HAS(N_SEVERITY_VALUE) | HAS(N_STATUS_VALUE) |
			       HAS(N_RESOLUTION) | HAS(N_ID_VALUE) |
			       HAS(N_STORIES)) ||
		all(l, HAS(N_TITLE) | HAS(N_TIMESTAMP)));
}

/* A flat row: the shape of Event Hubs, Log Analytics and the command line. */
static bool is_arm_flat(const struct look *l)
{
	return any(l, HAS(N_SYSTEM_ALERT_ID)) ||
	       (any(l, HAS(N_ALERT_DISPLAY_NAME)) &&
		any(l, HAS(N_SEVERITY) | HAS(N_REPORTED_SEVERITY) |
			       HAS(N_COMPROMISED_ENTITY) | HAS(N_START_TIME)));
}

/*
 * Cloud Apps' data without its _id still has numbers no other API has; without
 * this an alert that lost its id would pass as no alert at all.
 */
static bool is_cloud_apps_without_id(const struct look *l)
{
	return all(l, HAS(N_SEVERITY_VALUE) | HAS(N_TITLE));
}

static bool is_incident(const struct look *l)
{
	static const char type[] = "\"#microsoft.graph.security.incident\"";

	if (any(l, HAS(N_ODATA_TYPE)))
		return span_eq_ci(l->odata_type, type);
	return all(l, HAS(N_ID) | HAS(N_DISPLAY_NAME)) &&
	       any(l, HAS(N_INCIDENT_URL) | HAS(N_REDIRECT));
}

/* What somebody did, of which a thousand make an alert. */
static bool is_activity(const struct look *l)
{
	return any(l, HAS(N_OBJECT_ID) | HAS(N_UID)) &&
	       any(l, HAS(N_EVENT_TYPE)) &&
	       any(l, HAS(N_INSTANTIATION) | HAS(N_EVENT_ROUTING));
}

enum shape shape_of(struct span object)
{
	struct look l;

	look_into(&l, object);
	if (any(&l, HAS(N_IMPORT)))
		return SHAPE_IMPORTED;
	if (all(&l, HAS(N_BEHAVIOR_ID) | HAS(N_ACTION_TYPE)))
		return SHAPE_BEHAVIOR;
	if (is_activity(&l))
		return SHAPE_CLOUD_APPS_ACTIVITY;
	if (is_cloud_apps(&l) || is_cloud_apps_without_id(&l))
		return SHAPE_CLOUD_APPS;
	if (is_arm_flat(&l))
		return SHAPE_ARM_FLAT;
	if (any(&l, HAS(N_PROPERTIES)))
		return shape_of_arm(&l);
	if (any(&l, HAS(N_VENDOR_INFORMATION)) &&
	    any(&l, HAS(N_EVENT_TIME) | HAS(N_AZURE_TENANT) | HAS(N_TITLE)))
		return SHAPE_GRAPH_V1;
	if (is_graph(&l))
		return SHAPE_GRAPH;
	return is_incident(&l) ? SHAPE_GRAPH_INCIDENT : SHAPE_NONE;
}

/* Whatever the listing holds; what looks like nothing else is an alert. */
static enum shape shape_of_graph(struct span item)
{
	enum shape shape = shape_of(item);

	return shape == SHAPE_GRAPH_V1 || shape == SHAPE_GRAPH_INCIDENT
		       ? shape
		       : SHAPE_GRAPH;
}

enum shape shape_behind(enum door door, struct span item)
{
	switch (door) {
	case DOOR_ARM:
		return SHAPE_ARM;
	case DOOR_GRAPH:
		return shape_of_graph(item);
	case DOOR_CLOUD_APPS:
		return SHAPE_CLOUD_APPS;
	case DOOR_BEHAVIOR:
		return SHAPE_BEHAVIOR;
	case DOOR_ANY:
	case DOOR_FILE:
		break;
	}
	return shape_of(item);
}
