/*
 * One entry of the Cloud Apps audit trail as evidence: an activity of the
 * portal (section 3.3 of the API notes), or a row of the hunting table
 * CloudAppEvents, which tells of the same activities. Called by activities.c.
 *
 * Who, from where, what, on what: the rest stays in the text as it came.
 */
#include "source/activity_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "source/field_priv.h"
#include "util/html_text.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

/* An activity is some kilobytes; what a vendor's event drags along is more. */
#define ITEM_HEAP ((size_t)16 << 20)
/* Beyond this no byte of a text reaches its field. */
#define HTML_READ_MAX ((size_t)16 << 10)
/* mainInfo.eventObjects[].role of who did it; the others were done to. */
#define ROLE_ACTOR 4

/* The fields' cleaner marks an alert when it cuts; this one is never seen. */
struct cleaner {
	struct alert mark;
};

static char *line(struct cleaner *c, const char *s)
{
	return field_line(&c->mark, s, EVIDENCE_WORD_MAX);
}

/* Text that may be HTML, as one line. */
static char *plain(struct cleaner *c, const char *s)
{
	CLEANUP(free_ptr) char *head = NULL;
	CLEANUP(free_ptr) char *text = NULL;

	if (!s)
		return NULL;
	head = xstrndup(s, HTML_READ_MAX);
	text = html_text(head);
	return line(c, text);
}

/* "Tel Aviv, IL, anonymous proxy" */
static char *place(struct cleaner *c, const char *city, const char *country,
		   bool anonymous)
{
	const char *const parts[] = { city, country,
				      anonymous ? "anonymous proxy" : NULL };
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i])
			strbuf_addf(&sb, "%s%s", sb.len ? ", " : "", parts[i]);
	}
	return line(c, sb.buf);
}

/* What it was done to: the first thing of an activity that did not do it. */
static const char *cloud_object(const json_t *main_info)
{
	const json_t *one;
	const char *name;
	int64_t role;
	size_t i;

	json_array_foreach(jsonx_get(main_info, "eventObjects"), i, one)
	{
		if (jsonx_int(one, "role", &role) && role == ROLE_ACTOR)
			continue;
		name = FIELD_FIRST(one, "name", "id");
		if (name)
			return name;
	}
	return NULL;
}

/* "Log on", and whether it was refused where the words do not say. */
static char *cloud_action(struct cleaner *c, const json_t *o,
			  const json_t *main_info)
{
	const json_t *success =
		jsonx_get(jsonx_get(main_info, "activityResult"), "isSuccess");
	CLEANUP(free_ptr)
	char *what = plain(c, FIELD_FIRST(o, "description", "eventTypeName",
					  "eventTypeValue"));
	CLEANUP(free_ptr) char *both = NULL;

	if (!what || !json_is_false(success) || strcasestr(what, "fail"))
		return take(what);
	both = xasprintf("%s (failed)", what);
	return line(c, both);
}

static void read_cloud_apps(struct cleaner *c, const json_t *o,
			    struct evidence *e)
{
	const json_t *main_info = jsonx_get(o, "mainInfo");
	const json_t *where = jsonx_get(o, "location");
	const json_t *device = jsonx_get(o, "device");
	const char *country = jsonx_str(where, "countryCode");
	const char *actor = jsonx_str(jsonx_get(o, "user"), "userName");
	const char *object = cloud_object(main_info);

	if (!actor)
		actor = jsonx_str(jsonx_get(o, "resolvedActor"), "name");
	if (!object)
		object = jsonx_str(jsonx_get(o, "rawDataJson"), "ObjectId");
	e->actor = line(c, actor);
	e->ip = line(c, jsonx_str(device, "clientIP"));
	e->action = cloud_action(c, o, main_info);
	e->app = line(c, jsonx_str(o, "appName"));
	e->object = line(c, object);
	e->location =
		place(c, jsonx_str(where, "city"),
		      country ? country : jsonx_str(device, "countryCode"),
		      jsonx_bool(where, "anonymousProxy"));
}

/* The name that alerts and people use for the account, if there is one. */
static const char *hunting_actor(const json_t *o, const json_t *event)
{
	const char *user = jsonx_str(event, "UserId");
	const char *account = jsonx_str(o, "AccountId");
	const char *other = FIELD_FIRST(o, "AccountDisplayName", "AccountId",
					"AccountObjectId");

	if (user && strchr(user, '@'))
		return user;
	if (account && strchr(account, '@'))
		return account;
	return other ? other : user;
}

static void read_hunting(struct cleaner *c, const json_t *o, struct evidence *e)
{
	/* A column of the type dynamic comes as JSON or as text that holds it.
	 */
	CLEANUP(jsonx_unref) json_t *event = field_container(o, "RawEventData");

	e->actor = line(c, hunting_actor(o, event));
	e->ip = line(c, jsonx_str(o, "IPAddress"));
	e->action = plain(c, FIELD_FIRST(o, "ActionType", "ActivityType"));
	e->app = line(c, jsonx_str(o, "Application"));
	e->object = line(c, FIELD_FIRST(o, "ObjectName", "ObjectId"));
	e->location =
		place(c, jsonx_str(o, "City"), jsonx_str(o, "CountryCode"),
		      jsonx_bool(o, "IsAnonymousProxy"));
}

/* The bytes as they came; what is beyond the limit is cut between characters.
 */
static void keep_raw(struct evidence *e, struct span item)
{
	size_t len = MIN(item.len, (size_t)EVIDENCE_RAW_MAX);

	while (len < item.len && len > 0 && (item.p[len] & 0xc0) == 0x80)
		len--;
	e->clipped |= len < item.len;
	e->raw = xstrndup(item.p, len);
}

int activity_parse(enum activity_door door, struct span item,
		   struct evidence *ret, struct err *err)
{
	CLEANUP(evidence_release) struct evidence e = { 0 };
	CLEANUP(jsonx_unref) json_t *o = NULL;
	struct cleaner c = { 0 };
	int rc;

	o = jsonx_parse(item.p, item.len, ITEM_HEAP, err);
	if (!o)
		return err && err->code ? err->code : ERR_SCHEMA;
	if (!json_is_object(o))
		return err_set(err, ERR_SCHEMA, "it is no object");
	rc = field_id(door == ACTIVITY_CLOUD_APPS ? FIELD_FIRST(o, "_id", "uid")
						  : jsonx_str(o, "ReportId"),
		      &e.native_id, err);
	if (rc < 0)
		return rc;
	e.at_ms = FIELD_TIME(o, "timestamp"); /* in any case of the letters */
	if (e.at_ms <= 0)
		return err_set(err, ERR_SCHEMA, "it has no time");
	if (door == ACTIVITY_CLOUD_APPS)
		read_cloud_apps(&c, o, &e);
	else
		read_hunting(&c, o, &e);
	e.clipped = c.mark.clipped;
	keep_raw(&e, item);
	*ret = e;
	e = (struct evidence){ 0 };
	return 0;
}
