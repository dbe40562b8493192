/*
 * See pages.h. Called by the daemon for the rooms that may not know this one.
 */
#include "source/pages.h"

#include <stdlib.h>
#include "source/discovery_priv.h"
#include "source/listing_priv.h"
#include "source/nowhere_priv.h"
#include "util/xmalloc.h"

struct pages {
	struct source_env env;
	char *name, *scope, *endpoint, *ca_file, *proxy, *needs;
	struct pages_conf conf;
	struct listing *listing;
	struct listing_result last;
	struct loop_timer *turn; /* away from the listing's own call */
};

static void on_item(void *arg, struct span item)
{
	struct pages *p = arg;

	p->conf.item(p->conf.arg, item);
}

static void on_listing_done(void *arg, const struct listing_result *r)
{
	struct pages *p = arg;

	p->last = *r;
	loop_timer_set(p->turn, 0);
}

static enum pages_end end_of(enum listing_end end)
{
	switch (end) {
	case LISTING_COMPLETE:
		return PAGES_ALL;
	case LISTING_INCOMPLETE:
	case LISTING_FORBIDDEN:
		return PAGES_PART;
	case LISTING_AUTH:
	case LISTING_THROTTLED:
	case LISTING_STORE:
		break;
	}
	return PAGES_STOP;
}

static void on_turn(void *arg)
{
	struct pages *p = arg;
	struct listing_result last = p->last;
	const struct pages_result r = { .end = end_of(last.end),
					.retry_after_ms = last.retry_after_ms,
					.status = last.status,
					.error = last.error };

	p->listing = listing_free(p->listing);
	p->conf.done(p->conf.arg, &r);
}

struct pages *pages_new(const struct source_conf *s,
			const struct source_env *env,
			const struct pages_conf *c)
{
	struct pages *p = xcalloc(1, sizeof(*p));

	p->name = xstrdup(s->name);
	p->scope = xstrdup(c->below);
	p->endpoint = xstrdup(s->resource_manager);
	p->ca_file = xstrdup(s->ca_file);
	p->proxy = xstrdup(env->proxy);
	p->needs = discovery_role_hint(s->client_id, c->below);
	p->env = *env;
	p->env.proxy = p->proxy;
	p->env.ingest = &nowhere;
	p->conf = *c;
	p->turn = loop_timer_new(env->loop, on_turn, p);
	p->listing = listing_new(&(struct listing_conf){
		.env = &p->env,
		.source = p->name,
		.scope = p->scope,
		.url = c->url,
		.endpoint = p->endpoint,
		.ca_file = p->ca_file,
		.door = DOOR_ARM,
		.tenant = "",
		.needs = p->needs,
		.collect = on_item,
		.fn = on_listing_done,
		.arg = p,
	});
	p->conf.url = NULL; /* the listing has its own copy */
	p->conf.below = p->scope;
	return p;
}

struct pages *pages_free(struct pages *p)
{
	if (!p)
		return NULL;
	listing_free(p->listing);
	loop_timer_free(p->turn);
	free(p->name);
	free(p->scope);
	free(p->endpoint);
	free(p->ca_file);
	free(p->proxy);
	free(p->needs);
	free(p);
	return NULL;
}
