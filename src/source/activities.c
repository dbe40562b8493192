/*
 * The audit trail around a moment, read by listings beside the polls of a
 * source. Called by daemon/ when a person asks; what is asked is in
 * activity_ask.c, what an answer means in activity.c.
 *
 *	portal:		what came after the moment, oldest first
 *			-> what came before it, newest first -> end
 *	hunting:	one query, the nearest rows -> end
 *
 * So what is nearest to the moment is read first, and a limit cuts off what is
 * farthest. Requests, pages, bytes and time are bounded; what was read when one
 * of them ends it is handed over, with the reason why it is not all.
 */
#include "source/activities.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "source/activity_ask_priv.h"
#include "source/activity_priv.h"
#include "source/cloud_apps_priv.h"
#include "source/graph_priv.h"
#include "source/listing_priv.h"
#include "source/skip_pages_priv.h"
#include "util/xmalloc.h"

/* Of the entries' text together. */
#define BYTES_MAX ((size_t)32 << 20)
#define PARTS_MAX 2

/* One listing: a slice of time, and how many entries of it are wanted. */
struct slice {
	int64_t from_ms, to_ms;
	bool descending;
	size_t most, n_found;
};

struct activities {
	enum activity_door door;
	bool legacy;
	char *name, *tenant, *endpoint, *url, *ca_file, *proxy;
	char *hunting_needs, *filter, *value;
	struct activities_query query;
	struct source_env env;
	struct ingest nowhere; /* polls have a ledger; this is none */

	struct slice slice;
	struct skip_pages pages;
	struct page_shape shape;
	char *body;
	struct listing *listings[PARTS_MAX];
	size_t n_listings;
	struct loop_timer *deadline;

	size_t n_bytes;
	bool more; /* than was wanted */
	bool answered; /* some page was understood */
	bool ended;
	struct activities_result result;
	activities_done_fn *fn;
	void *arg;
};

bool activities_can(enum source_type t)
{
	return t == SOURCE_CLOUD_APPS || t == SOURCE_GRAPH_HUNTING;
}

static int nowhere_begin(void *ctx, const struct poll_window *w,
			 int64_t *ret_poll, struct err *err)
{
	(void)ctx;
	(void)w;
	(void)err;
	*ret_poll = 0;
	return 0;
}

static int nowhere_page(void *ctx, int64_t poll, const struct page *page,
			struct err *err)
{
	(void)ctx;
	(void)poll;
	(void)page;
	(void)err;
	return 0;
}

static void say(char *ret, size_t size, const char *fmt, ...) printf_like(3, 4);

/* The first reason counts. */
static void say(char *ret, size_t size, const char *fmt, ...)
{
	va_list ap;

	if (ret[0])
		return;
	va_start(ap, fmt);
	(void)vsnprintf(ret, size, fmt, ap);
	va_end(ap);
}

/* The one end: what there is goes to who asked. */
static void activities_end(struct activities *a)
{
	struct activities_result *r = &a->result;

	a->ended = true;
	loop_timer_stop(a->deadline);
	if (a->more)
		say(r->trouble, sizeof(r->trouble),
		    "there are more; the %zu nearest to the alert were kept",
		    r->found.n);
	a->fn(a->arg, r);
}

/* It cannot be read on, because of @why: with what was read, or without. */
static void activities_fail(struct activities *a, const char *why)
{
	struct activities_result *r = &a->result;

	if (a->answered)
		say(r->trouble, sizeof(r->trouble), "%s", why);
	else
		say(r->error, sizeof(r->error), "%s", why);
	activities_end(a);
}

/* A listing_conf.collect */
static void on_item(void *arg, struct span item)
{
	CLEANUP(evidence_release) struct evidence e = { 0 };
	struct activities *a = arg;

	a->answered = true;
	if (a->slice.n_found >= a->slice.most || a->n_bytes >= BYTES_MAX) {
		a->more = true;
		return;
	}
	/* What nobody asked for is no evidence, whatever it says. */
	if (activity_parse(a->door, item, &e, NULL) < 0 ||
	    e.at_ms < a->slice.from_ms || e.at_ms > a->slice.to_ms) {
		a->result.n_unread++;
		return;
	}
	a->n_bytes += strlen(e.raw);
	a->slice.n_found++;
	evidence_list_add(&a->result.found, &e);
}

/* Hunting has one page, which says nothing beside its rows. */
static void on_member(void *arg, struct span key, struct span value)
{
	struct activities *a = arg;

	if (a->door == ACTIVITY_CLOUD_APPS)
		skip_pages_member(&a->pages, key, value);
}

static int on_follow(void *arg, size_t n_items, struct strbuf *ret,
		     struct err *err)
{
	struct activities *a = arg;
	int rc = 0;

	a->answered = true;
	if (a->door == ACTIVITY_CLOUD_APPS)
		rc = skip_pages_follow(&a->pages, n_items, ret, err);
	a->more |= a->pages.cut;
	return a->n_bytes >= BYTES_MAX && rc > 0 ? 0 : rc;
}

static void on_listing_done(void *arg, const struct listing_result *r);

static void listing_begin(struct activities *a)
{
	static const char *const headers[] = { "Content-Type: application/json",
					       NULL };
	bool portal = a->door == ACTIVITY_CLOUD_APPS;
	struct listing_conf conf = {
		.env = &a->env,
		.source = a->name,
		.scope = "activities",
		.url = a->url,
		.endpoint = a->endpoint,
		.ca_file = a->ca_file,
		.door = portal ? DOOR_CLOUD_APPS : DOOR_BEHAVIOR,
		.tenant = a->tenant,
		.needs =
			portal ? cloud_apps_needs(a->legacy) : a->hunting_needs,
		.refused = portal ? cloud_apps_refused(a->legacy) : NULL,
		.method = "POST",
		.headers = headers,
		.body = a->body,
		.shape = &a->shape,
		.follow = on_follow,
		.collect = on_item,
		.fn = on_listing_done,
		.arg = a,
	};

	assert(a->n_listings < PARTS_MAX);
	a->listings[a->n_listings++] = listing_new(&conf);
}

static void portal_begin(struct activities *a)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;

	skip_pages_begin(&a->pages, "date", a->slice.from_ms, a->slice.to_ms);
	a->pages.also = a->filter;
	a->pages.descending = a->slice.descending;
	a->pages.most = (int64_t)a->slice.most;
	skip_pages_request(&a->pages, &body);
	free(a->body);
	a->body = strbuf_detach(&body);
	listing_begin(a);
}

/* Half of what is wanted from behind the moment, then the rest from before. */
static bool portal_next(struct activities *a)
{
	const struct activities_query *q = &a->query;

	if (a->n_listings == 0 && q->moment_ms < q->to_ms) {
		a->slice = (struct slice){ .from_ms = q->moment_ms + 1,
					   .to_ms = q->to_ms,
					   .most = (q->most + 1) / 2 };
		portal_begin(a);
		return true;
	}
	if (a->slice.descending || a->result.found.n >= q->most ||
	    a->n_bytes >= BYTES_MAX)
		return false;
	a->slice = (struct slice){ .from_ms = q->from_ms,
				   .to_ms = MIN(q->moment_ms, q->to_ms),
				   .descending = true,
				   .most = q->most - a->result.found.n };
	portal_begin(a);
	return true;
}

static void hunting_begin(struct activities *a)
{
	const struct activities_query *q = &a->query;

	a->slice = (struct slice){ .from_ms = q->from_ms,
				   .to_ms = q->to_ms,
				   .most = q->most };
	a->body = activity_ask_hunting(q);
	listing_begin(a);
}

/* What a person reads: whose fault, and what to do. */
static void listing_words(const struct activities *a,
			  const struct listing_result *r, char *ret,
			  size_t size)
{
	bool no_table = a->door == ACTIVITY_HUNTING && r->status == 400;

	(void)snprintf(ret, size, "%s%s", r->error,
		       no_table ? ": the query was refused; the table "
				  "CloudAppEvents is there only with Defender "
				  "for Cloud Apps and its app connectors"
				: "");
}

static void on_listing_done(void *arg, const struct listing_result *r)
{
	struct activities *a = arg;
	char words[sizeof(a->result.error)];

	if (r->end == LISTING_COMPLETE) {
		if (a->door == ACTIVITY_CLOUD_APPS && portal_next(a))
			return;
		activities_end(a);
		return;
	}
	a->result.refused =
		r->end == LISTING_AUTH || r->end == LISTING_FORBIDDEN;
	a->result.retry_after_ms = r->retry_after_ms;
	listing_words(a, r, words, sizeof(words));
	activities_fail(a, words);
}

static void on_deadline(void *arg)
{
	struct activities *a = arg;
	struct activities_progress p;
	char words[200];

	activities_progress(a, &p);
	for (size_t i = 0; i < a->n_listings; i++)
		a->listings[i] = listing_free(a->listings[i]);
	(void)snprintf(words, sizeof(words),
		       p.wait_ms > 0 ? "the service lets us ask again in %lld "
				       "s only, which was too long to wait; "
				       "ask again then"
				     : "it was not read to its end within "
				       "%lld s; ask for less time or fewer "
				       "activities",
		       (long long)(p.wait_ms > 0 ? p.wait_ms / 1000 + 1
						 : ACTIVITIES_LIMIT_MS / 1000));
	a->result.retry_after_ms = p.wait_ms;
	activities_fail(a, words);
}

static void open_portal(struct activities *a, const struct source_conf *c)
{
	a->door = ACTIVITY_CLOUD_APPS;
	a->endpoint = xstrdup(c->url);
	/* With its slash at the end, or the service answers with a redirect. */
	a->url = xasprintf("%s/api/v1/activities/", c->url);
	a->filter = activity_ask_filter(&a->query);
	a->shape.items = "data";
	(void)portal_next(a); /* the first there always is */
}

static void open_hunting(struct activities *a, const struct source_conf *c)
{
	a->door = ACTIVITY_HUNTING;
	a->endpoint = xstrdup(c->graph);
	a->url = xasprintf("%s/v1.0/security/runHuntingQuery", c->graph);
	a->hunting_needs = graph_hunting_needs(c);
	a->shape.items = "results";
	hunting_begin(a);
}

struct activities *activities_new(const struct source_conf *c,
				  const struct source_env *env,
				  const struct activities_query *q,
				  activities_done_fn *fn, void *arg)
{
	struct activities *a = xcalloc(1, sizeof(*a));

	assert(activities_can(c->type));
	a->name = xstrdup(c->name);
	a->tenant = xstrdup(c->tenant ? c->tenant : "");
	a->ca_file = xstrdup(c->ca_file);
	a->proxy = xstrdup(env->proxy);
	a->value = xstrdup(q->value);
	a->legacy = c->auth == AUTH_TOKEN;
	a->query = *q;
	a->query.value = a->value;
	a->nowhere = (struct ingest){ .poll_begin = nowhere_begin,
				      .page = nowhere_page };
	a->env = *env;
	a->env.proxy = a->proxy;
	a->env.ingest = &a->nowhere;
	a->shape.member = on_member;
	a->shape.arg = a;
	a->fn = fn;
	a->arg = arg;
	a->deadline = loop_timer_new(env->loop, on_deadline, a);
	loop_timer_set(a->deadline, ACTIVITIES_LIMIT_MS);
	if (c->type == SOURCE_CLOUD_APPS)
		open_portal(a, c);
	else
		open_hunting(a, c);
	return a;
}

void activities_progress(const struct activities *a,
			 struct activities_progress *ret)
{
	*ret = (struct activities_progress){ .n_found = a->result.found.n };
	for (size_t i = 0; i < a->n_listings && !a->ended; i++) {
		if (a->listings[i])
			ret->n_pages +=
				listing_progress(a->listings[i], &ret->wait_ms);
	}
}

struct activities *activities_free(struct activities *a)
{
	if (!a)
		return NULL;
	for (size_t i = 0; i < a->n_listings; i++)
		listing_free(a->listings[i]);
	loop_timer_free(a->deadline);
	evidence_list_release(&a->result.found);
	free(a->name);
	free(a->tenant);
	free(a->endpoint);
	free(a->url);
	free(a->ca_file);
	free(a->proxy);
	free(a->hunting_needs);
	free(a->filter);
	free(a->value);
	free(a->body);
	free(a);
	return NULL;
}
