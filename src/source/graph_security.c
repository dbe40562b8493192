/*
 * Alerts of Microsoft Graph (alerts_v2, section 2 of the API notes), read by
 * windows of lastUpdateDateTime: status, severity and evidence change long
 * after an alert was made, and only that time moves with them. Called through
 * source.c.
 *
 * Both ends of a window belong to it: one edit of an incident gives all its
 * alerts the same instant, and what is read twice is known by its bytes.
 */
#include "source/reader_priv.h"

#include <stdlib.h>
#include <string.h>
#include "source/graph_priv.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/*
 * A first run reads a week. An alert that changed in it may have been made long
 * before, so this is not the import horizon, which decides about clocks and
 * reads no API.
 */
#define HORIZON_MS INT64_C(604800000)
/* A day of a large tenant's alerts is some pages. */
#define LARGEST_MS INT64_C(86400000)

struct graph_security {
	struct reader *reader;
	char *tenant, *endpoint, *ca_file;
	struct strlist services; /* empty: every one */
	/* $orderby is not documented for alerts_v2; a service that refuses it
	 * is not asked for it again. */
	bool unordered;
	char *url, *needs; /* of the last window */
};

/* Names of services stand in quotes in the URL: letters and digits alone. */
static void add_services(const struct graph_security *g, struct strbuf *url)
{
	bool first = true;

	for (size_t i = 0; i < g->services.n; i++) {
		const char *word = g->services.v[i];

		if (word[graph_word_len(word)] || !*word)
			continue;
		strbuf_addf(url, "%sserviceSource%%20eq%%20%%27%s%%27",
			    first ? "%20and%20(" : "%20or%20", word);
		first = false;
	}
	if (!first)
		strbuf_addch(url, ')');
}

static char *url_of(const struct graph_security *g, const struct window *w)
{
	struct strbuf url = STRBUF_INIT;
	char from[TIMEFMT_MAX], to[TIMEFMT_MAX];

	strbuf_addf(&url,
		    "%s/v1.0/security/alerts_v2?$filter="
		    "lastUpdateDateTime%%20ge%%20%s%%20and%%20"
		    "lastUpdateDateTime%%20le%%20%s",
		    g->endpoint, timefmt_utc(w->from_ms, from),
		    timefmt_utc(w->to_ms, to));
	add_services(g, &url);
	/* The default is newest first: what changes while the pages are read
	 * would push others from one page to the next, unseen. */
	if (!g->unordered)
		strbuf_addstr(&url, "&$orderby=lastUpdateDateTime%20asc");
	return strbuf_detach(&url);
}

static void on_request(void *self, const struct window *w,
		       struct listing_conf *ret)
{
	/* Without it every product newer than 2022 is "unknownFutureValue". */
	static const char *const headers[] = {
		"Prefer: include-unknown-enum-members", NULL
	};
	struct graph_security *g = self;

	free(g->url);
	g->url = url_of(g, w);
	ret->url = g->url;
	ret->headers = headers;
	ret->endpoint = g->endpoint;
	ret->ca_file = g->ca_file;
	ret->door = DOOR_GRAPH;
	ret->tenant = g->tenant;
	ret->needs = g->needs;
	ret->time_key = "lastUpdateDateTime";
}

static bool on_again(void *self, const struct listing_result *r)
{
	struct graph_security *g = self;

	if (g->unordered || r->end != LISTING_INCOMPLETE || r->status != 400)
		return false;
	g->unordered = true;
	return true;
}

static void graph_security_poll(void *self)
{
	struct graph_security *g = self;

	reader_poll(g->reader);
}

static void *graph_security_open(struct source *owner,
				 const struct source_conf *c,
				 const struct source_env *env)
{
	struct graph_security *g = xcalloc(1, sizeof(*g));
	struct reader_conf conf = {
		.owner = owner,
		.env = env,
		.scope = "alerts",
		.limits = { .horizon_ms = HORIZON_MS,
			    .overlap_ms = c->overlap_ms,
			    .largest_ms = LARGEST_MS,
			    .sweep_every_ms = c->sweep_every_ms,
			    .sweep_window_ms = c->sweep_window_ms },
		.request = on_request,
		.again = on_again,
		.self = g,
	};

	g->tenant = xstrdup(c->tenant ? c->tenant : "");
	g->endpoint = xstrdup(c->graph);
	g->ca_file = xstrdup(c->ca_file);
	g->needs = graph_needs("SecurityAlert.Read.All",
			       "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5",
			       c->client_id);
	strlist_copy(&g->services, &c->service_sources);
	g->reader = reader_new(&conf);
	return g;
}

static void graph_security_close(void *self)
{
	struct graph_security *g = self;

	reader_free(g->reader);
	strlist_release(&g->services);
	free(g->tenant);
	free(g->endpoint);
	free(g->ca_file);
	free(g->needs);
	free(g->url);
	free(g);
}

const struct source_ops graph_security_ops = {
	.kind = "graph-security",
	.open = graph_security_open,
	.close = graph_security_close,
	.poll = graph_security_poll,
};
