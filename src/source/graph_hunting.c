/*
 * Behaviors by the hunting query of Microsoft Graph (runHuntingQuery). Six of
 * the built-in policies of Cloud Apps raise behaviors, not alerts, since 2023
 * to 2025; they exist nowhere but in the tables BehaviorInfo and
 * BehaviorEntities. Called through source.c.
 *
 * There are no pages: an answer has at most 100,000 rows and 50 MB, and what is
 * beyond is cut off without a word. An answer that reaches the limit, or ours,
 * does not count, and the plan asks for half of the time.
 */
#include "source/reader_priv.h"

#include <stdlib.h>
#include <string.h>
#include "source/graph_priv.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define ROWS_MAX 100000
/* The tables keep 30 days; a first run reads a week, as with alerts. */
#define HORIZON_MS INT64_C(604800000)
#define LARGEST_MS INT64_C(86400000)

struct graph_hunting {
	struct reader *reader;
	char *tenant, *endpoint, *ca_file;
	char *url, *needs;
	char *body; /* of the last window */
};

/*
 * One row a behavior, its entities in a list. Entities may bear another time
 * than their behavior: a day to each side is enough, and keeps the table small.
 */
static char *body_of(const struct window *w)
{
	char from[TIMEFMT_MAX], to[TIMEFMT_MAX];

	timefmt_utc(w->from_ms, from);
	timefmt_utc(w->to_ms, to);
	return xasprintf("{\"Query\":\"BehaviorInfo"
			 " | where Timestamp >= datetime(%s)"
			 " and Timestamp <= datetime(%s)"
			 " | summarize arg_max(Timestamp, *) by BehaviorId"
			 " | join kind=leftouter (BehaviorEntities"
			 " | where Timestamp >= datetime(%s) - 1d"
			 " and Timestamp <= datetime(%s) + 1d"
			 " | summarize Entities = make_list(pack_all(true))"
			 " by BehaviorId) on BehaviorId"
			 " | project-away BehaviorId1"
			 " | order by Timestamp asc, BehaviorId asc\"}",
			 from, to, from, to);
}

static int on_follow(void *arg, size_t n_items, struct strbuf *ret,
		     struct err *err)
{
	(void)arg;
	(void)ret;
	if (n_items < ROWS_MAX)
		return 0;
	return err_set(err, ERR_LIMIT,
		       "%zu rows, the most an answer can have: it may be cut",
		       n_items);
}

static void on_request(void *self, const struct window *w,
		       struct listing_conf *ret)
{
	static const char *const headers[] = { "Content-Type: application/json",
					       NULL };
	static const struct page_shape shape = { .items = "results" };
	struct graph_hunting *g = self;

	free(g->body);
	g->body = body_of(w);
	ret->method = "POST";
	ret->url = g->url;
	ret->headers = headers;
	ret->body = g->body;
	ret->shape = &shape;
	ret->follow = on_follow;
	ret->endpoint = g->endpoint;
	ret->ca_file = g->ca_file;
	ret->door = DOOR_BEHAVIOR;
	ret->tenant = g->tenant;
	ret->needs = g->needs;
	ret->time_key = "Timestamp";
}

static void graph_hunting_poll(void *self)
{
	struct graph_hunting *g = self;

	reader_poll(g->reader);
}

static void *graph_hunting_open(struct source *owner,
				const struct source_conf *c,
				const struct source_env *env)
{
	struct graph_hunting *g = xcalloc(1, sizeof(*g));
	char identity[READER_IDENTITY_SIZE];
	struct reader_conf conf = {
		.owner = owner,
		.env = env,
		.scope = "behaviors",
		.identity = reader_identity(c->tenant, NULL, identity),
		.limits = { .horizon_ms = HORIZON_MS,
			    .overlap_ms = c->overlap_ms,
			    .largest_ms = LARGEST_MS,
			    .sweep_every_ms = c->sweep_every_ms,
			    .sweep_window_ms = c->sweep_window_ms },
		.request = on_request,
		.self = g,
	};

	g->tenant = xstrdup(c->tenant ? c->tenant : "");
	g->endpoint = xstrdup(c->graph);
	g->url = xasprintf("%s/v1.0/security/runHuntingQuery", c->graph);
	g->ca_file = xstrdup(c->ca_file);
	g->needs = graph_hunting_needs(c);
	g->reader = reader_new(&conf);
	return g;
}

static void graph_hunting_close(void *self)
{
	struct graph_hunting *g = self;

	reader_free(g->reader);
	free(g->tenant);
	free(g->endpoint);
	free(g->url);
	free(g->ca_file);
	free(g->needs);
	free(g->body);
	free(g);
}

const struct source_ops graph_hunting_ops = {
	.kind = "graph-hunting",
	.open = graph_hunting_open,
	.close = graph_hunting_close,
	.poll = graph_hunting_poll,
};
