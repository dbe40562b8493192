/*
 * Cloud Apps of the fake cloud: POST /api/v1/alerts/ with filters, 100 a page,
 * so many requests a minute for everybody, activities (azure_activities.c)
 * among them. Called by fake_azure.c. It shows the
 * alerts of xdr.h whose prefix at Graph is "ca".
 */
#include "fake/azure_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fake/fault.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

#define LIMIT_MAX 100
#define TOTAL_MAX 5000 /* what is counted at most */

struct query {
	int64_t from_ms, to_ms;
	bool resolved; /* asked for by the time it was resolved */
	int64_t resolved_from_ms, resolved_to_ms;
	json_t *severity, *resolution; /* values of eq; NULL: any */
	json_t *open; /* true, false, NULL any */
	bool descending, by_severity;
	size_t skip, limit;
};

static const struct azure_error errors[] = {
	{ "unauthorized", 401, "", "Invalid token", NULL },
	{ "forbidden", 403, "",
	  "You do not have permission to perform this action.", NULL },
	{ "throttled", 429, "",
	  "Request was throttled. Expected available in 20 seconds.", NULL },
	{ "server-error", 500, "", "Internal server error", NULL },
	{ "unavailable", 503, "", "Service unavailable", NULL },
};

static void say_no(struct web_reply *reply, const char *name)
{
	const struct azure_error *e =
		azure_error_find(errors, ARRAY_SIZE(errors), name);

	web_reply_json(reply, e->status, json_pack("{s:s}", "detail", e->text));
}

/* The form in which the portal names the field it does not like. */
void azure_refuse_field(struct web_reply *reply, const char *field)
{
	web_reply_json(reply, 400,
		       json_pack("{s:[{s:s, s:s, s:{}}], s:b}", field, "error",
				 "Enter a valid value.", "errorMessageCode",
				 "CONSOLE_FORMS_NOT_VALID_VALUE",
				 "errorMessageParams", "error", 1));
}

bool azure_read_range(const json_t *filter, int64_t *from_ms, int64_t *to_ms)
{
	const json_t *range =
		json_array_get(json_object_get(filter, "range"), 0);

	if (!json_is_object(filter))
		return false;
	*from_ms =
		fault_int(filter, "gte", fault_int(range, "start", *from_ms));
	*to_ms = fault_int(filter, "lte", fault_int(range, "end", *to_ms));
	return true;
}

/* NULL, or the name of the filter that is wrong. */
static const char *read_filters(const json_t *filters, struct query *q)
{
	const char *name;
	json_t *filter;

	json_object_foreach((json_t *)filters, name, filter)
	{
		if (strcmp(name, "date") == 0) {
			if (!azure_read_range(filter, &q->from_ms, &q->to_ms))
				return name;
		} else if (strcmp(name, "resolutionDate") == 0) {
			q->resolved = true;
			if (!azure_read_range(filter, &q->resolved_from_ms,
					      &q->resolved_to_ms))
				return name;
		} else if (strcmp(name, "severity") == 0) {
			q->severity = json_object_get(filter, "eq");
		} else if (strcmp(name, "resolutionStatus") == 0) {
			q->resolution = json_object_get(filter, "eq");
		} else if (strcmp(name, "alertOpen") == 0) {
			q->open = json_object_get(filter, "eq");
		} else {
			return name;
		}
	}
	return NULL;
}

static const char *read_query(const json_t *body, struct query *q)
{
	const char *field = jsonx_str(body, "sortField");
	const char *direction = jsonx_str(body, "sortDirection");
	json_int_t limit = fault_int(body, "limit", LIMIT_MAX);
	json_int_t skip = fault_int(body, "skip", 0);

	*q = (struct query){ .from_ms = INT64_MIN,
			     .to_ms = INT64_MAX,
			     .resolved_from_ms = INT64_MIN,
			     .resolved_to_ms = INT64_MAX };
	if (!json_is_object(body))
		return "body";
	if (field && strcmp(field, "date") != 0 && strcmp(field, "severity"))
		return "sortField";
	if (direction && strcmp(direction, "asc") && strcmp(direction, "desc"))
		return "sortDirection";
	if (limit < 1 || limit > LIMIT_MAX)
		return "limit";
	if (skip < 0)
		return "skip";
	q->by_severity = field && strcmp(field, "severity") == 0;
	q->descending = !direction || strcmp(direction, "desc") == 0;
	q->limit = (size_t)limit;
	q->skip = (size_t)skip;
	return read_filters(json_object_get(body, "filters"), q);
}

static bool is_among(const json_t *values, json_int_t value)
{
	json_t *one;
	size_t i;

	if (!values)
		return true;
	if (json_is_integer(values))
		return json_integer_value(values) == value;
	json_array_foreach(values, i, one) if (json_integer_value(one) ==
					       value) return true;
	return false;
}

static bool is_closed(const struct azure *a, size_t index)
{
	return strcmp(xdr_status(a->xdr, index), "resolved") == 0;
}

static json_int_t severity_of(const struct azure *a, size_t index)
{
	static const char *const words[] = { "low", "medium", "high" };
	const char *word = xdr_severity(a->xdr, index);

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i], word) == 0)
			return (json_int_t)i;
	return 3;
}

/* Only what is closed has such a time. */
static bool was_resolved_then(const struct azure *a, size_t index,
			      const struct query *q)
{
	int64_t ms = xdr_updated_ticks(a->xdr, index) / XDR_TICKS_MS;

	return !q->resolved ||
	       (is_closed(a, index) && ms >= q->resolved_from_ms &&
		ms <= q->resolved_to_ms);
}

static bool matches(const struct azure *a, size_t index, const struct query *q)
{
	int64_t ms = xdr_created_ticks(a->xdr, index) / XDR_TICKS_MS;
	bool closed = is_closed(a, index);

	return strcmp(xdr_product_of(a->xdr, index)->prefix, "ca") == 0 &&
	       ms >= q->from_ms && ms <= q->to_ms &&
	       was_resolved_then(a, index, q) &&
	       is_among(q->severity, severity_of(a, index)) &&
	       is_among(q->resolution, closed ? 5 : 0) &&
	       (!q->open || json_is_true(q->open) != closed);
}

struct place {
	int64_t key;
	uint64_t tie;
	size_t index;
};

static int compare_places(const void *one, const void *two)
{
	const struct place *a = one, *b = two;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->tie < b->tie ? -1 : a->tie > b->tie;
}

/* The alerts asked for, in order. Ties come in another order each time. */
static struct place *select_alerts(struct azure *a, const struct query *q,
				   size_t *ret_n)
{
	size_t n = xdr_n_alerts(a->xdr);
	struct place *places = xreallocarray(NULL, n + 1, sizeof(*places));

	*ret_n = 0;
	for (size_t i = 0; i < n; i++) {
		struct place *p = &places[*ret_n];

		if (!matches(a, i, q))
			continue;
		p->key = q->by_severity
				 ? severity_of(a, i)
				 : xdr_created_ticks(a->xdr, i) / XDR_TICKS_MS;
		if (q->descending)
			p->key = -p->key;
		p->tie = a->shuffle ? azure_mix(i, a->generation) : i;
		p->index = i;
		++*ret_n;
	}
	qsort(places, *ret_n, sizeof(*places), compare_places);
	return places;
}

static void answer_list(struct azure *a, const struct web_request *req,
			const json_t *effect, struct web_reply *reply)
{
	struct err err = ERR_INIT;
	CLEANUP(jsonx_unref)
	json_t *body = jsonx_parse(req->body, req->body_len, 0, &err);
	CLEANUP(free_ptr) struct place *places = NULL;
	const char *shape = jsonx_str(effect, "shape");
	struct query q;
	const char *wrong = read_query(body, &q);
	json_t *data;
	size_t n, end;

	if (wrong) {
		azure_refuse_field(reply, wrong);
		return;
	}
	places = select_alerts(a, &q, &n);
	q.limit = MIN(q.limit, a->page);
	/* What comes again is taken off the place, as when a list grows. */
	q.skip = MIN(q.skip - MIN(a->repeat, q.skip), n);
	end = MIN(n, q.skip + q.limit);
	data = json_array();
	for (size_t i = q.skip; i < end; i++)
		json_array_append_new(data,
				      xdr_cloud_apps_alert(a->xdr,
							   places[i].index));
	if (shape && strcmp(shape, "bad_item") == 0)
		json_array_append_new(data, json_integer(17));
	web_reply_json(
		reply, 200,
		json_pack("{s:o, s:b, s:I, s:I, s:b}", "data", data, "hasNext",
			  end<n, "max", (json_int_t)q.limit, "total",
			      (json_int_t)MIN(n, TOTAL_MAX), "moreThanTotal", n>
				  TOTAL_MAX));
}

/* OAuth for Cloud Apps, or the text an administrator once made. */
static bool is_let_in(const struct azure *a, const char *authorization)
{
	const char *legacy = jsonx_str(a->token, "legacy");

	if (legacy && authorization &&
	    strncmp(authorization, "Token ", 6) == 0 &&
	    strcmp(authorization + 6, legacy) == 0)
		return true;
	return azure_token_find(a, authorization, AUDIENCE_CLOUD_APPS) != NULL;
}

void azure_answer_cloud_apps(struct azure *a, const struct web_request *req,
			     const json_t *effect, struct web_reply *reply)
{
	const char *error = jsonx_str(effect, "cloud_apps");
	const char *path = strstr(req->path, "/api/v1/");

	if (!azure_meter_take(&a->cloud_apps_meter))
		say_no(reply, "throttled");
	else if (error)
		say_no(reply, error);
	else if (!is_let_in(a, web_header(req, "authorization")))
		say_no(reply, "unauthorized");
	else if (path && strcmp(path, "/api/v1/alerts/") == 0 &&
		 strcmp(req->method, "POST") == 0)
		answer_list(a, req, effect, reply);
	else if (path && strcmp(path, "/api/v1/activities/") == 0 &&
		 strcmp(req->method, "POST") == 0)
		azure_answer_activities(a, req, effect, reply);
	else if (!azure_answer_portal_alert(a, req, reply))
		reply->status = 404;
}
