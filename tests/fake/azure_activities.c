/*
 * The audit trail of the fake cloud: whoever is asked about did something every
 * activity_every_s seconds since 1970, from here and there, but for users whose
 * name begins with "nobody". Shown by the portal (POST /api/v1/activities/) and
 * by the hunting table CloudAppEvents. Called by azure_cloud_apps.c and
 * azure_hunting.c.
 */
#include "fake/azure_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fake/fault.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define LIMIT_MAX 100
#define TOTAL_MAX 5000

static const char *const actions[] = { "Log on", "Failed log on",
				       "Download file", "Create rule" };

/* Of whom, and when. */
struct trail_ask {
	const char *user, *ip; /* the one not asked for is made up */
	int64_t from_ms, to_ms;
	bool descending;
	size_t skip, limit;
};

static int64_t step_ms(const struct azure *a)
{
	return MAX(a->activity_every_s, 1) * 1000;
}

/* The first moment of the trail at or after @ms, and how many are up to @to. */
static int64_t first_ms(const struct azure *a, int64_t ms)
{
	int64_t step = step_ms(a);

	return (ms + step - 1) / step * step;
}

static size_t count(const struct azure *a, const struct trail_ask *q)
{
	int64_t first = first_ms(a, q->from_ms);
	const char *who = q->user ? q->user : "";

	if (strncmp(who, "nobody", 6) == 0 || first > q->to_ms)
		return 0;
	return (size_t)((q->to_ms - first) / step_ms(a)) + 1;
}

static size_t kind_of(int64_t ms)
{
	return (size_t)(ms / 60000 % (int64_t)ARRAY_SIZE(actions));
}

static json_t *portal_entry(const struct trail_ask *q, int64_t ms)
{
	const char *action = actions[kind_of(ms)];
	CLEANUP(free_ptr) char *id = xasprintf("71_%" PRId64 "_ab", ms);

	return json_pack(
		"{s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:{s:s}, s:{s:s, s:s}, "
		"s:{s:s, s:s, s:b}, s:{s:[{s:i, s:s},{s:i, s:s}], s:{s:b}}, "
		"s:{s:n}, s:{s:s}}",
		"_id", id, "uid", id, "timestamp", (json_int_t)ms, "created",
		(json_int_t)ms + 90000, "appName", "Microsoft SharePoint",
		"description", action, "eventTypeName",
		"EVENT_CATEGORY_UNSPECIFIED", "user", "userName",
		q->user ? q->user : "carol@example.org", "device", "clientIP",
		q->ip ? q->ip : "203.0.113.77", "countryCode", "NO", "location",
		"city", "Bergen", "countryCode", "NO", "anonymousProxy", 0,
		"mainInfo", "eventObjects", "role", 4, "name", "Somebody",
		"role", 3, "name", "plan.docx", "activityResult", "isSuccess",
		strncmp(action, "Failed", 6) != 0, "entityData", "0",
		"rawDataJson", "Operation", action);
}

static bool first_of(const json_t *filter, const char **ret)
{
	*ret = json_string_value(
		json_array_get(json_object_get(filter, "eq"), 0));
	return *ret != NULL;
}

/* An object id: {"entity": {"eq": [{"id": ID}]}} */
static bool first_id(const json_t *filter, const char **ret)
{
	*ret = jsonx_str(json_array_get(json_object_get(filter, "eq"), 0),
			 "id");
	return *ret != NULL;
}

/* NULL, or the name of what is wrong. */
static const char *read_filters(const json_t *filters, struct trail_ask *q)
{
	const char *name;
	json_t *filter;
	bool good;

	json_object_foreach((json_t *)filters, name, filter)
	{
		if (strcmp(name, "date") == 0)
			good = azure_read_range(filter, &q->from_ms, &q->to_ms);
		else if (strcmp(name, "user.username") == 0)
			good = first_of(filter, &q->user);
		else if (strcmp(name, "entity") == 0)
			good = first_id(filter, &q->user);
		else if (strcmp(name, "ip.address") == 0)
			good = first_of(filter, &q->ip);
		else
			good = false;
		if (!good)
			return name;
	}
	/* The real one gives everybody's; who asks us never means that. */
	return q->user || q->ip ? NULL : "filters";
}

void azure_answer_activities(struct azure *a, const struct web_request *req,
			     const json_t *effect, struct web_reply *reply)
{
	CLEANUP(jsonx_unref)
	json_t *body = jsonx_parse(req->body, req->body_len, 0, NULL);
	const char *direction = jsonx_str(body, "sortDirection");
	const char *shape = jsonx_str(effect, "shape");
	struct trail_ask q = {
		.from_ms = 0,
		.to_ms = INT64_C(4102444800000),
		.descending = !direction || strcmp(direction, "desc") == 0,
		.skip = (size_t)fault_int(body, "skip", 0),
		.limit = (size_t)fault_int(body, "limit", LIMIT_MAX),
	};
	const char *wrong = read_filters(json_object_get(body, "filters"), &q);
	json_t *data;
	size_t n, end;

	if (wrong || q.limit < 1 || q.limit > LIMIT_MAX) {
		azure_refuse_field(reply, wrong ? wrong : "limit");
		return;
	}
	n = count(a, &q);
	q.skip = MIN(q.skip, n);
	end = MIN(n, q.skip + MIN(q.limit, a->page));
	data = json_array();
	for (size_t i = q.skip; i < end; i++) {
		int64_t place = (int64_t)(q.descending ? n - 1 - i : i);

		json_array_append_new(data,
				      portal_entry(&q,
						   first_ms(a, q.from_ms) +
							   place * step_ms(a)));
	}
	if (shape && strcmp(shape, "bad_item") == 0)
		json_array_append_new(data, json_integer(17));
	web_reply_json(reply, 200,
		       json_pack("{s:o, s:b, s:I, s:b}", "data", data,
				 "hasNext",
				 end<n, "total", (json_int_t)MIN(n, TOTAL_MAX),
				     "moreThanTotal", n>
					 TOTAL_MAX));
}

/* The literal behind "COLUMN =~ " (heap), NULL when it is not asked for. */
static char *literal_of(const char *query, const char *column)
{
	CLEANUP(free_ptr) char *head = xasprintf("%s =~ \"", column);
	struct strbuf value = STRBUF_INIT;
	const char *p = strstr(query, head);

	if (!p)
		return NULL;
	for (p += strlen(head); *p && *p != '"'; p++) {
		if (*p == '\\' && p[1])
			p++;
		strbuf_addch(&value, *p);
	}
	return strbuf_detach(&value);
}

static json_t *hunting_entry(const struct trail_ask *q, int64_t ms)
{
	CLEANUP(free_ptr) char *id = xasprintf("71_%" PRId64 "_ab", ms);
	char when[TIMEFMT_MAX];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, "
			 "s:{s:s}}",
			 "Timestamp", timefmt_utc(ms, when), "ReportId", id,
			 "ActionType", actions[kind_of(ms)], "Application",
			 "Microsoft SharePoint", "AccountDisplayName",
			 "Somebody", "IPAddress",
			 q->ip ? q->ip : "203.0.113.77", "City", "Bergen",
			 "CountryCode", "NO", "IsAnonymousProxy", 0,
			 "ObjectName", "plan.docx", "RawEventData", "UserId",
			 q->user ? q->user : "carol@example.org");
}

/* "where ... datetime(FROM) ... datetime(TO) ... datetime(MOMENT) | top N" */
json_t *azure_hunt_activities(struct azure *a, const char *query)
{
	CLEANUP(free_ptr) char *user = literal_of(query, "AccountId");
	CLEANUP(free_ptr) char *ip = literal_of(query, "IPAddress");
	const char *top = strstr(query, "| top ");
	size_t most = top ? strtoull(top + 6, NULL, 10) : SIZE_MAX;
	struct trail_ask q = { .user = user, .ip = ip };
	json_t *rows = json_array();
	int64_t ticks[3] = { 0 };
	const char *at = query;
	int64_t before, behind;

	for (size_t i = 0; i < ARRAY_SIZE(ticks); i++)
		if (!azure_next_instant(&at, &ticks[i]))
			return rows;
	q.from_ms = ticks[0] / XDR_TICKS_MS;
	q.to_ms = ticks[1] / XDR_TICKS_MS;
	if (count(a, &q) == 0)
		return rows;
	/* From the moment on, the nearer one first. */
	behind = first_ms(a, ticks[2] / XDR_TICKS_MS);
	before = behind - step_ms(a);
	while (json_array_size(rows) < most &&
	       (before >= q.from_ms || behind <= q.to_ms)) {
		bool back = behind > q.to_ms ||
			    (before >= q.from_ms &&
			     ticks[2] / XDR_TICKS_MS - before <
				     behind - ticks[2] / XDR_TICKS_MS);
		int64_t ms = back ? before : behind;

		if (back)
			before -= step_ms(a);
		else
			behind += step_ms(a);
		if (ms >= q.from_ms && ms <= q.to_ms)
			json_array_append_new(rows, hunting_entry(&q, ms));
	}
	return rows;
}
