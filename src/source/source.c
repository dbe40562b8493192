/*
 * What all sources share: a name, one poll at a time, one report. Called by
 * daemon/; the types are rows of a table, each in a file of its own.
 */
#include "source/source.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "source/source_priv.h"
#include "util/xmalloc.h"

struct source {
	const struct source_ops *ops;
	void *self;
	char *name;
	struct source_env env;
	char *proxy; /* env.proxy */
	bool busy;
	source_done_fn *fn;
	void *arg;
};

static const struct source_ops *const types[] = {
	[SOURCE_DEFENDER_FOR_CLOUD] = &defender_cloud_ops,
	[SOURCE_FILE] = &file_ops,
	[SOURCE_DEMO] = &demo_ops,
	[SOURCE_GRAPH_SECURITY] = &graph_security_ops,
	[SOURCE_GRAPH_HUNTING] = &graph_hunting_ops,
	[SOURCE_CLOUD_APPS] = &cloud_apps_ops,
};

struct source *source_new(const struct source_conf *c,
			  const struct source_env *env)
{
	struct source *s = xcalloc(1, sizeof(*s));

	s->ops = types[c->type];
	s->name = xstrdup(c->name);
	s->env = *env;
	s->proxy = xstrdup(env->proxy);
	s->env.proxy = s->proxy;
	s->self = s->ops->open(s, c, &s->env);
	return s;
}

struct source *source_free(struct source *s)
{
	if (!s)
		return NULL;
	s->ops->close(s->self);
	free(s->proxy);
	free(s->name);
	free(s);
	return NULL;
}

const char *source_name(const struct source *s)
{
	return s->name;
}

const char *source_kind(enum source_type t)
{
	return types[t]->kind;
}

void source_poll(struct source *s, source_done_fn *fn, void *arg)
{
	assert(!s->busy);
	s->busy = true;
	s->fn = fn;
	s->arg = arg;
	s->ops->poll(s->self);
}

bool source_busy(const struct source *s)
{
	return s->busy;
}

void source_finish(struct source *s, const struct source_result *r)
{
	assert(s->busy);
	s->busy = false;
	s->fn(s->arg, r);
}

void source_result_fail(struct source_result *r, const char *fmt, ...)
{
	va_list ap;

	r->complete = false;
	if (r->error[0])
		return;
	va_start(ap, fmt);
	vsnprintf(r->error, sizeof(r->error), fmt, ap);
	va_end(ap);
}

void source_result_add(struct source_result *sum, const struct source_result *r)
{
	sum->n_listings += r->n_listings;
	sum->auth_failed |= r->auth_failed;
	sum->more |= r->more;
	sum->retry_after_ms = MAX(sum->retry_after_ms, r->retry_after_ms);
	if (!r->complete)
		source_result_fail(sum, "%s", r->error);
}

struct cloud_scope {
	const char *endpoint, *scope;
};

/* The scope of the cloud @endpoint belongs to; the first row is the public one.
 */
static const char *scope_of(const char *endpoint,
			    const struct cloud_scope *clouds, size_t n)
{
	for (size_t i = 1; endpoint && i < n; i++) {
		if (xfer_same_origin(endpoint, clouds[i].endpoint))
			return clouds[i].scope;
	}
	return clouds[0].scope;
}

/*
 * The audience belongs to the cloud, not to the endpoint: a private link or a
 * simulator in front of the public cloud takes the public cloud's tokens.
 */
const char *source_token_scope(const struct source_conf *c)
{
#define CLOUD(endpoint)                                                        \
	{                                                                      \
		endpoint, endpoint "/.default"                                 \
	}
	static const struct cloud_scope arm[] = {
		CLOUD("https://management.azure.com"),
		CLOUD("https://management.usgovcloudapi.net"),
		CLOUD("https://management.chinacloudapi.cn"),
	};
	static const struct cloud_scope graph[] = {
		CLOUD("https://graph.microsoft.com"),
		CLOUD("https://graph.microsoft.us"),
		CLOUD("https://dod-graph.microsoft.us"),
		CLOUD("https://microsoftgraph.chinacloudapi.cn"),
	};
#undef CLOUD

	switch (c->type) {
	case SOURCE_DEFENDER_FOR_CLOUD:
		return scope_of(c->resource_manager, arm, ARRAY_SIZE(arm));
	case SOURCE_GRAPH_SECURITY:
	case SOURCE_GRAPH_HUNTING:
		return scope_of(c->graph, graph, ARRAY_SIZE(graph));
	case SOURCE_CLOUD_APPS:
		/* The id of "Microsoft Cloud App Security", in every tenant. */
		return "05a65629-4c1b-48c1-a78b-804c4abdd4af/.default";
	case SOURCE_FILE:
	case SOURCE_DEMO:
		break;
	}
	return NULL;
}

struct token_conf source_token_conf(const struct source_conf *c)
{
	return (struct token_conf){
		.method = c->auth,
		.login = c->login,
		.tenant = c->tenant,
		.client_id = c->client_id,
		.client_secret = c->client_secret.value,
		.federated_token_file = c->federated_token_file,
		.instance_metadata = c->instance_metadata,
		.scope = source_token_scope(c),
		.ca_file = c->ca_file,
		.proxy = c->proxy,
	};
}
