/*
 * Azure Resource Graph's requests and answers. Called by defender_cloud.c;
 * knows no network.
 *
 * The query projects id and ends in order by id: without both the service
 * gives no token for the next page, says resultTruncated and leaves the rest
 * out in silence. So truncation without a token is a listing that is not
 * whole, and an answer that does not say whether it was truncated is none.
 */
#include "source/resource_graph_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

/* The most a page may have; more pages cost quota (15 queries in 5 s). */
#define ROWS_MAX 1000
#define TOKEN_MAX 16384

static const char query[] =
	"securityresources"
	" | where type =~ 'microsoft.security/locations/alerts'"
	" | project id, name, subscriptionId, properties"
	" | order by id asc";

void resource_graph_init(struct resource_graph *g,
			 const struct strlist *subscriptions,
			 const struct strlist *groups)
{
	resource_graph_release(g);
	*g = (struct resource_graph){ .subscriptions = subscriptions,
				      .groups = groups,
				      .count = -1 };
}

void resource_graph_release(struct resource_graph *g)
{
	free(take(g->skip_token));
}

static void set_list(json_t *body, const char *key, const struct strlist *l)
{
	json_t *list;

	if (!l || l->n == 0)
		return;
	list = json_array();
	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(list, json_string(l->v[i]));
	json_object_set_new(body, key, list);
}

static void add_request(const struct resource_graph *g, const char *token,
			struct strbuf *out)
{
	CLEANUP(jsonx_unref) json_t *body = NULL;
	CLEANUP(free_ptr) char *text = NULL;

	body = json_pack("{s:s, s:{s:s, s:i, s:s*}}", "query", query, "options",
			 "resultFormat", "objectArray", "$top", ROWS_MAX,
			 "$skipToken", token);
	set_list(body, "subscriptions", g->subscriptions);
	set_list(body, "managementGroups", g->groups);
	text = jsonx_dump(body);
	strbuf_addstr(out, text ? text : "");
}

void resource_graph_request(const struct resource_graph *g, struct strbuf *out)
{
	add_request(g, NULL, out);
}

/* Said as a text, and by some as a truth value. */
static bool is_true(struct span value)
{
	return span_eq_ci(value, "\"true\"") || span_eq_ci(value, "true");
}

void resource_graph_member(void *arg, struct span key, struct span value)
{
	struct resource_graph *g = arg;

	if (span_eq_ci(key, "resultTruncated")) {
		g->says_truncated = true;
		g->truncated = is_true(value);
	} else if (span_eq_ci(key, "count")) {
		g->count = span_count(value);
	} else if (span_eq_ci(key, "$skipToken") && value.len <= TOKEN_MAX) {
		free(g->skip_token);
		g->skip_token = jscan_string(value);
	}
}

int resource_graph_follow(void *arg, size_t n_items, struct strbuf *ret,
			  struct err *err)
{
	struct resource_graph *g = arg;
	CLEANUP(free_ptr) char *token = take(g->skip_token);
	bool says = g->says_truncated;
	bool truncated = g->truncated;
	int64_t count = g->count;

	g->says_truncated = g->truncated = false;
	g->count = -1;
	if (!says)
		return err_set(err, ERR_SCHEMA,
			       "the answer does not say whether it is whole "
			       "(resultTruncated)");
	if (count >= 0 && (uint64_t)count != n_items)
		return err_set(err, ERR_SCHEMA,
			       "the answer has %zu rows and says %lld", n_items,
			       (long long)count);
	/* A token counts whatever is said: there is more behind it. */
	if (token && *token) {
		add_request(g, token, ret);
		return 1;
	}
	if (truncated)
		return err_set(err, ERR_SCHEMA,
			       "the answer is truncated and has no token for "
			       "the rest");
	return 0;
}
