/*
 * Hunting of the fake Graph: POST /v1.0/security/runHuntingQuery. It does not
 * speak the query language; it takes from a query what a program that reads
 * behaviors or activities (azure_activities.c) needs: the table, the instants,
 * a limit. Called by azure_graph.c.
 */
#include "fake/azure_priv.h"

#include <stdlib.h>
#include <string.h>

#include "util/jsonx.h"
#include "util/xmalloc.h"

#define ROWS_MAX 100000 /* the service's limit */

/* datetime(X): the next one of @at, which is passed. */
bool azure_next_instant(const char **at, int64_t *ret_ticks)
{
	static const char word[] = "datetime(";
	const char *begin = strcasestr(*at, word);
	const char *end = begin ? strchr(begin, ')') : NULL;
	CLEANUP(free_ptr) char *text = NULL;

	if (!end)
		return false;
	begin += strlen(word);
	text = xstrndup(begin, (size_t)(end - begin));
	*at = end;
	return azure_parse_ticks(text, ret_ticks);
}

/* "| take N" or "| limit N" or "| top N by". */
static size_t row_limit(const char *query)
{
	static const char *const words[] = { "take ", "limit ", "top " };
	size_t limit = ROWS_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *at = strcasestr(query, words[i]);

		if (at)
			limit = MIN(limit,
				    strtoull(at + strlen(words[i]), NULL, 10));
	}
	return limit;
}

/* Does the upper end belong to the time asked for? */
static bool end_is_open(const char *query)
{
	const char *less = strchr(query, '<');

	return less && less[1] != '=';
}

static json_t *schema_of(const json_t *results)
{
	json_t *schema = json_array(), *value;
	const char *name;

	json_object_foreach(json_array_get(results, 0), name, value)
		json_array_append_new(schema,
				      json_pack("{s:s, s:s}", "name", name,
						"type",
						strcmp(name, "Timestamp") == 0
							? "DateTime"
							: "String"));
	return schema;
}

static void add_rows(json_t *results, json_t *rows, size_t limit)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) if (json_array_size(results) < limit)
		json_array_append(results, row);
	json_decref(rows);
}

/* Another order in each answer, and some rows once more, as the script says. */
static void disturb(struct azure *a, json_t *results)
{
	size_t n = json_array_size(results);
	uint64_t answer = ++a->n_listings;

	for (size_t i = 0; i < MIN(a->repeat, n); i++)
		json_array_append(results, json_array_get(results, i));
	n = json_array_size(results);
	for (size_t i = n; a->shuffle && i > 1; i--) {
		size_t other = azure_mix(i, answer) % i;
		json_t *row = json_incref(json_array_get(results, i - 1));

		json_array_set(results, i - 1, json_array_get(results, other));
		json_array_set_new(results, other, row);
	}
}

/*
 * A query that collects the entities of a behavior with make_list() gets one
 * row for each behavior; a plain join gets one for each entity.
 */
static json_t *rows_of(const struct azure *a, size_t behavior,
		       const char *query)
{
	bool entities = strstr(query, "BehaviorEntities") != NULL;
	json_t *rows;

	if (!entities || !strstr(query, "make_list("))
		return xdr_behavior_rows(a->xdr, behavior, entities);
	rows = xdr_behavior_rows(a->xdr, behavior, false);
	json_object_set_new(json_array_get(rows, 0), "Entities",
			    xdr_behavior_rows(a->xdr, behavior, true));
	return rows;
}

/* @results is taken over. */
static void answer_rows(struct web_reply *reply, json_t *results)
{
	web_reply_json(reply, 200,
		       json_pack("{s:s, s:o, s:o}", "@odata.context",
				 "https://graph.microsoft.com/v1.0/$metadata#"
				 "microsoft.graph.security.huntingQueryResults",
				 "schema", schema_of(results), "results",
				 results));
}

void azure_answer_hunting(struct azure *a, const struct web_request *req,
			  struct web_reply *reply)
{
	struct err err = ERR_INIT;
	CLEANUP(jsonx_unref)
	json_t *body = jsonx_parse(req->body, req->body_len, 0, &err);
	const char *query = jsonx_str(body, "Query");
	int64_t from = INT64_MIN, to = INT64_MAX;
	const char *at = query;
	json_t *results;

	if (query && strstr(query, "CloudAppEvents")) {
		answer_rows(reply, azure_hunt_activities(a, query));
		return;
	}
	if (!query || !strstr(query, "BehaviorInfo")) {
		azure_graph_error(reply, "bad-request");
		return;
	}
	if (azure_next_instant(&at, &from))
		(void)azure_next_instant(&at, &to); /* else it has no end */
	results = json_array();
	for (size_t i = 0; i < xdr_n_behaviors(a->xdr); i++) {
		int64_t when = xdr_behavior_ms(a->xdr, i) * XDR_TICKS_MS;

		if (when < from || when > to ||
		    (when == to && end_is_open(query)))
			continue;
		add_rows(results, rows_of(a, i, query), row_limit(query));
	}
	disturb(a, results);
	answer_rows(reply, results);
}
