/*
 * See subscriptions.h. Called by the daemon; the work is discovery's.
 */
#include "source/subscriptions.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include "source/discovery_priv.h"
#include "source/nowhere_priv.h"
#include "util/clock.h"
#include "util/xmalloc.h"

struct subscriptions {
	struct source_env env;
	char *name, *endpoint, *ca_file, *client_id, *proxy;
	struct strlist named, groups; /* as configured */
	struct discovery *discovery;
	struct discovery_result result;
	struct loop_timer *turn; /* away from discovery's own call */
	subscriptions_done_fn *fn;
	void *arg;
};

static void on_discovered(void *arg, const struct discovery_result *r)
{
	struct subscriptions *s = arg;

	s->result = *r;
	loop_timer_set(s->turn, 0);
}

/* The list is borrowed until the discovery goes with the object. */
static void on_turn(void *arg)
{
	struct subscriptions *s = arg;
	const struct listing_result *worst = &s->result.worst;
	char error[sizeof(s->result.scope) + sizeof(worst->error) + 2] = "";
	const struct subscriptions_result r = {
		.list = discovery_list(s->discovery),
		.error = error,
		.retry_after_ms = worst->retry_after_ms,
	};

	if (worst->end != LISTING_COMPLETE)
		(void)snprintf(error, sizeof(error), "%s: %s", s->result.scope,
			       worst->error);
	else if (s->result.unusable)
		(void)snprintf(error, sizeof(error),
			       "a subscription without a usable id in the list "
			       "of subscriptions");
	s->fn(s->arg, &r);
}

struct subscriptions *subscriptions_ask(const struct source_conf *c,
					const struct source_env *env,
					subscriptions_done_fn *fn, void *arg)
{
	struct subscriptions *s = xcalloc(1, sizeof(*s));

	assert(c->type == SOURCE_DEFENDER_FOR_CLOUD);
	s->name = xstrdup(c->name);
	s->endpoint = xstrdup(c->resource_manager);
	s->ca_file = xstrdup(c->ca_file);
	s->client_id = xstrdup(c->client_id);
	s->proxy = xstrdup(env->proxy);
	strlist_copy(&s->named, &c->subscriptions);
	strlist_copy(&s->groups, &c->management_groups);
	s->env = *env;
	s->env.proxy = s->proxy;
	s->env.ingest = &nowhere;
	s->fn = fn;
	s->arg = arg;
	s->turn = loop_timer_new(env->loop, on_turn, s);
	s->discovery = discovery_new(&(struct discovery_conf){
		.env = &s->env,
		.source = s->name,
		.endpoint = s->endpoint,
		.ca_file = s->ca_file,
		.client_id = s->client_id,
		.subscriptions = &s->named,
		.groups = &s->groups,
		.fn = on_discovered,
		.arg = s,
	});
	/* Told which, there is nothing to find. */
	s->result.worst.end = LISTING_COMPLETE;
	if (discovery_is_due(s->discovery, clock_mono_ms()))
		discovery_begin(s->discovery);
	else
		loop_timer_set(s->turn, 0);
	return s;
}

struct subscriptions *subscriptions_free(struct subscriptions *s)
{
	if (!s)
		return NULL;
	discovery_free(s->discovery);
	loop_timer_free(s->turn);
	strlist_release(&s->named);
	strlist_release(&s->groups);
	free(s->name);
	free(s->endpoint);
	free(s->ca_file);
	free(s->client_id);
	free(s->proxy);
	free(s);
	return NULL;
}
