/*
 * Alerts of Microsoft Graph (alerts_v2, section 2 of the API notes), read by
 * windows of lastUpdateDateTime: status, severity and evidence change long
 * after an alert was made, and only that time moves with them; and behind them,
 * where asked for, the incidents of Defender XDR in the same way. Called
 * through source.c.
 *
 * Incidents have a permission of their own. Who lacks it still gets the alerts:
 * the poll is as complete as it can be, and says what it was refused.
 *
 * Both ends of a window belong to it: one edit of an incident gives all its
 * alerts the same instant, and what is read twice is known by its bytes.
 */
#include "source/reader_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "source/graph_priv.h"
#include "util/clock.h"
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
/* Without an order a page may lose what the next one should have. */
#define UNORDERED_MS INT64_C(3600000)
/* Consent comes by a human's hand. */
#define REFUSED_MS INT64_C(900000)

enum part_id { PART_ALERTS, PART_INCIDENTS };
#define PART_MAX (PART_INCIDENTS + 1)

static const struct {
	const char *scope, *path;
	char *(*needs)(const struct source_conf *c);
	bool of_services; /* knows serviceSource */
} kinds[PART_MAX] = {
	[PART_ALERTS] = { "alerts", "alerts_v2?", graph_alerts_needs, true },
	/* Without its alerts an incident has no tactics. */
	[PART_INCIDENTS] = { "incidents", "incidents?$expand=alerts&",
			     graph_incidents_needs, false },
};

struct graph_security;

struct part {
	struct graph_security *source;
	enum part_id id;
	struct reader *reader; /* NULL: not asked for */
	/* $orderby is not documented for either list; a service that refuses it
	 * is not asked for it until then (monotonic). */
	int64_t ordered_ms;
	bool unordered; /* the last request */
	char *url, *needs; /* of the last window */
};

struct graph_security {
	struct source *owner;
	char *tenant, *endpoint, *ca_file;
	struct strlist services; /* empty: every one */
	struct part parts[PART_MAX];
	struct source_result result; /* of the parts that are done */
	/* Why incidents are not read, and when to ask for them again. */
	char refused[sizeof(((struct source_result *)NULL)->refused)];
	int64_t again_mono_ms;
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

static char *url_of(const struct part *part, const struct window *w)
{
	const struct graph_security *g = part->source;
	struct strbuf url = STRBUF_INIT;
	char from[TIMEFMT_MAX], to[TIMEFMT_MAX];

	strbuf_addf(&url,
		    "%s/v1.0/security/%s$filter="
		    "lastUpdateDateTime%%20ge%%20%s%%20and%%20"
		    "lastUpdateDateTime%%20le%%20%s",
		    g->endpoint, kinds[part->id].path,
		    timefmt_utc(w->from_ms, from), timefmt_utc(w->to_ms, to));
	if (kinds[part->id].of_services)
		add_services(g, &url);
	/* The default is newest first: what changes while the pages are read
	 * would push others from one page to the next, unseen. */
	if (!part->unordered)
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
	struct part *part = self;
	const struct graph_security *g = part->source;

	free(part->url);
	part->unordered = clock_mono_ms() < part->ordered_ms;
	part->url = url_of(part, w);
	ret->url = part->url;
	ret->headers = headers;
	ret->endpoint = g->endpoint;
	ret->ca_file = g->ca_file;
	ret->door = DOOR_GRAPH;
	ret->tenant = g->tenant;
	ret->needs = part->needs;
	ret->time_key = "lastUpdateDateTime";
}

/* A link that has ended is refused with 400 too, behind the first page. */
static bool on_again(void *self, const struct listing_result *r)
{
	struct part *part = self;

	if (r->end != LISTING_INCOMPLETE || r->status != 400 || r->n_pages > 0)
		return false;
	/* Refused without it, too: it was not the order. */
	part->ordered_ms = part->unordered ? 0 : clock_mono_ms() + UNORDERED_MS;
	return !part->unordered;
}

static void finish(struct graph_security *g)
{
	struct source_result result = g->result;

	memcpy(result.refused, g->refused, sizeof(result.refused));
	source_finish(g->owner, &result);
}

/* Who is not let in, or told to wait, need not knock again. */
static bool asks_for_incidents(const struct graph_security *g)
{
	return g->parts[PART_INCIDENTS].reader && !g->result.auth_failed &&
	       g->result.retry_after_ms == 0 &&
	       (!g->refused[0] || clock_mono_ms() >= g->again_mono_ms);
}

/*
 * What is refused right after the alerts were read, with the same token, is the
 * incidents alone.
 */
static void note_incidents(struct graph_security *g,
			   const struct source_result *r)
{
	g->refused[0] = '\0';
	if (!r->auth_failed) {
		source_result_add(&g->result, r);
		return;
	}
	g->result.n_listings += r->n_listings;
	g->again_mono_ms = clock_mono_ms() + REFUSED_MS;
	snprintf(g->refused, sizeof(g->refused), "incidents: %s", r->error);
}

static void on_done(void *self, const struct source_result *r)
{
	struct part *part = self;
	struct graph_security *g = part->source;

	if (part->id == PART_INCIDENTS) {
		note_incidents(g, r);
		finish(g);
		return;
	}
	source_result_add(&g->result, r);
	if (asks_for_incidents(g))
		reader_poll(g->parts[PART_INCIDENTS].reader);
	else
		finish(g);
}

static void graph_security_poll(void *self)
{
	struct graph_security *g = self;

	g->result = (struct source_result){ .complete = true };
	reader_poll(g->parts[PART_ALERTS].reader);
}

static void part_open(struct part *part, enum part_id id,
		      const struct source_conf *c, const struct source_env *env)
{
	const struct strlist *services =
		id == PART_ALERTS ? &c->service_sources : NULL;
	char identity[READER_IDENTITY_SIZE];
	struct reader_conf conf = {
		.owner = part->source->owner,
		.env = env,
		.scope = kinds[id].scope,
		.identity = reader_identity(c->tenant, services, identity),
		.limits = { .horizon_ms = HORIZON_MS,
			    .overlap_ms = c->overlap_ms,
			    .largest_ms = LARGEST_MS,
			    .sweep_every_ms = c->sweep_every_ms,
			    .sweep_window_ms = c->sweep_window_ms },
		.request = on_request,
		.again = on_again,
		.done = on_done,
		.self = part,
	};

	part->id = id;
	part->needs = kinds[id].needs(c);
	part->reader = reader_new(&conf);
}

static void *graph_security_open(struct source *owner,
				 const struct source_conf *c,
				 const struct source_env *env)
{
	struct graph_security *g = xcalloc(1, sizeof(*g));

	g->owner = owner;
	g->tenant = xstrdup(c->tenant ? c->tenant : "");
	g->endpoint = xstrdup(c->graph);
	g->ca_file = xstrdup(c->ca_file);
	strlist_copy(&g->services, &c->service_sources);
	for (size_t i = 0; i < PART_MAX; i++)
		g->parts[i].source = g;
	part_open(&g->parts[PART_ALERTS], PART_ALERTS, c, env);
	if (c->incidents)
		part_open(&g->parts[PART_INCIDENTS], PART_INCIDENTS, c, env);
	return g;
}

static void graph_security_close(void *self)
{
	struct graph_security *g = self;

	for (size_t i = 0; i < PART_MAX; i++) {
		reader_free(g->parts[i].reader);
		free(g->parts[i].needs);
		free(g->parts[i].url);
	}
	strlist_release(&g->services);
	free(g->tenant);
	free(g->endpoint);
	free(g->ca_file);
	free(g);
}

const struct source_ops graph_security_ops = {
	.kind = "graph-security",
	.open = graph_security_open,
	.close = graph_security_close,
	.poll = graph_security_poll,
};
