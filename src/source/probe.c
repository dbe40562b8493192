/*
 * See probe.h. Called by the live check of daemon/. The requests are listings
 * (listing.c) cut short, so that every refusal is told in the words that the
 * source itself would use.
 *
 *	sign-in -> [subscriptions] -> question, question ... -> done
 */
#include "source/probe.h"

#include <assert.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "source/cloud_apps_priv.h"
#include "source/discovery_priv.h"
#include "source/graph_priv.h"
#include "source/listing_priv.h"
#include "source/nowhere_priv.h"
#include "source/resource_graph_priv.h"
#include "util/strlist.h"
#include "util/xmalloc.h"

#define ARM_SUBSCRIPTIONS "/subscriptions?api-version=2022-12-01"
#define ARM_ALERTS "/providers/Microsoft.Security/alerts?api-version=2022-01-01"
#define ARM_DESCENDANTS "/descendants?api-version=2020-05-01"
#define GROUP_PATH "/providers/Microsoft.Management/managementGroups/"

/* One request; a body makes it a POST. */
struct question {
	char *name, *url, *body;
	char *needs; /* words for a 403 */
	const char *refused; /* for a 401; NULL: ARM's */
	const char *items; /* of a page; NULL: pages with links */
	enum door door;
	bool finds; /* its items are subscriptions */
};

struct probe {
	const struct source_conf *conf;
	struct source_env env;
	probe_step_fn *step;
	probe_done_fn *done;
	void *arg;

	struct loop_timer *turn;
	struct token_wait *token_wait;
	struct listing *listing; /* NULL: between two questions */
	struct listing_result last;
	struct page_shape shape;
	struct question *questions;
	size_t n_questions, n_asked;
	struct strlist found;
	bool began, over;
};

/* ---- which questions ---- */

/* Borrowed until the next one is added. */
static struct question *add(struct probe *p, enum door door)
{
	struct question *q;

	p->questions = xreallocarray(p->questions, p->n_questions + 1,
				     sizeof(*p->questions));
	q = &p->questions[p->n_questions++];
	*q = (struct question){ .door = door };
	return q;
}

static void add_subscription(struct probe *p, const char *id)
{
	struct question *q = add(p, DOOR_ARM);
	CLEANUP(free_ptr) char *below = xasprintf("/subscriptions/%s", id);

	q->name = xasprintf("alerts of %s", id);
	q->url = xasprintf("%s%s" ARM_ALERTS, p->conf->resource_manager, below);
	q->needs = discovery_role_hint(p->conf->client_id, below);
}

static void add_group(struct probe *p, const char *group)
{
	struct question *q = add(p, DOOR_ARM);
	CLEANUP(free_ptr) char *below = discovery_group_path(group);

	q->name = xasprintf("management group %s", group);
	q->url = xasprintf("%s%s" ARM_DESCENDANTS, p->conf->resource_manager,
			   below);
	q->needs = discovery_role_hint(p->conf->client_id, below);
}

static void add_resource_graph(struct probe *p)
{
	CLEANUP(resource_graph_release) struct resource_graph g = { 0 };
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	struct question *q = add(p, DOOR_ARM);
	bool named = p->conf->management_groups.n == 0;

	resource_graph_init(&g, named ? &p->conf->subscriptions : NULL,
			    named ? NULL : &p->conf->management_groups);
	resource_graph_request(&g, &body);
	q->name = xstrdup("alerts by Resource Graph");
	q->url = xasprintf("%s" RESOURCE_GRAPH_PATH, p->conf->resource_manager);
	q->body = strbuf_detach(&body);
	q->items = "data";
	q->needs = discovery_role_hint(p->conf->client_id, GROUP_PATH "GROUP");
}

static void add_arm(struct probe *p)
{
	const struct source_conf *c = p->conf;
	struct question *q;

	if (c->resource_graph) {
		add_resource_graph(p);
		return;
	}
	for (size_t i = 0; i < c->management_groups.n; i++)
		add_group(p, c->management_groups.v[i]);
	for (size_t i = 0; i < c->subscriptions.n; i++)
		add_subscription(p, c->subscriptions.v[i]);
	if (p->n_questions > 0)
		return;
	q = add(p, DOOR_ARM);
	q->name = xstrdup("subscriptions");
	q->url = xasprintf("%s" ARM_SUBSCRIPTIONS, c->resource_manager);
	q->needs = discovery_role_hint(c->client_id, GROUP_PATH "GROUP");
	q->finds = true;
}

static void add_graph(struct probe *p)
{
	const struct source_conf *c = p->conf;
	struct question *q = add(p, DOOR_GRAPH);

	q->name = xstrdup("alerts");
	q->url = xasprintf("%s/v1.0/security/alerts_v2?$top=1", c->graph);
	q->needs = graph_alerts_needs(c);
	if (!c->incidents)
		return;
	q = add(p, DOOR_GRAPH);
	q->name = xstrdup("incidents");
	q->url = xasprintf("%s/v1.0/security/incidents?$top=1", c->graph);
	q->needs = graph_incidents_needs(c);
}

static void add_hunting(struct probe *p)
{
	struct question *q = add(p, DOOR_BEHAVIOR);

	q->name = xstrdup("behaviors");
	q->url = xasprintf("%s/v1.0/security/runHuntingQuery", p->conf->graph);
	q->body = xstrdup("{\"Query\":\"BehaviorInfo | take 1\"}");
	q->items = "results";
	q->needs = graph_hunting_needs(p->conf);
}

static void add_cloud_apps(struct probe *p)
{
	bool legacy = p->conf->auth == AUTH_TOKEN;
	struct question *q = add(p, DOOR_CLOUD_APPS);

	q->name = xstrdup("alerts");
	q->url = xasprintf("%s/api/v1/alerts/", p->conf->url);
	q->body = xstrdup("{\"filters\":{},\"skip\":0,\"limit\":1}");
	q->items = "data";
	q->needs = xstrdup(cloud_apps_needs(legacy));
	q->refused = cloud_apps_refused(legacy);
}

static void add_questions(struct probe *p)
{
	switch (p->conf->type) {
	case SOURCE_DEFENDER_FOR_CLOUD:
		add_arm(p);
		break;
	case SOURCE_GRAPH_SECURITY:
		add_graph(p);
		break;
	case SOURCE_GRAPH_HUNTING:
		add_hunting(p);
		break;
	case SOURCE_CLOUD_APPS:
		add_cloud_apps(p);
		break;
	case SOURCE_FILE:
	case SOURCE_DEMO:
		break;
	}
}

/* ---- what is told ---- */

static void tell(struct probe *p, const char *name, bool ok, const char *text)
{
	p->step(p->arg, &(struct probe_step){ name, ok, text });
}

static void tell_count(struct probe *p, const char *name)
{
	size_t n = p->found.n;
	char text[96];

	if (n > PROBE_FOUND_MAX)
		snprintf(text, sizeof(text),
			 "%zu or more; the first %d are asked", n,
			 PROBE_FOUND_MAX);
	else
		snprintf(text, sizeof(text), "%zu", n);
	tell(p, name, true, text);
}

static void tell_answer(struct probe *p, const struct question *q)
{
	CLEANUP(free_ptr) char *none = NULL;

	if (p->last.end != LISTING_COMPLETE) {
		tell(p, q->name, false, p->last.error);
		return;
	}
	if (!q->finds) {
		tell(p, q->name, true, "may be read");
		return;
	}
	if (p->found.n > 0) {
		tell_count(p, q->name);
		return;
	}
	none = xasprintf("the application sees no subscription: %s", q->needs);
	tell(p, q->name, false, none);
}

static void on_item(void *arg, struct span item)
{
	struct probe *p = arg;
	CLEANUP(free_ptr) char *id = NULL;

	if (!p->questions[p->n_asked - 1].finds)
		return;
	id = discovery_usable_id(item);
	if (id)
		strlist_add(&p->found, id);
}

/* ---- one after the other ---- */

static void on_answer(void *arg, const struct listing_result *r)
{
	struct probe *p = arg;

	/* The listing is freed in the next turn, not in its own call. */
	p->last = *r;
	loop_timer_set(p->turn, 0);
}

static void ask(struct probe *p)
{
	static const char *const json[] = { "Content-Type: application/json",
					    NULL };
	const struct question *q = &p->questions[p->n_asked++];
	const struct source_conf *c = p->conf;

	p->shape = (struct page_shape){ .items = q->items };
	p->listing = listing_new(&(struct listing_conf){
		.env = &p->env,
		.source = c->name,
		.scope = q->name,
		.url = q->url,
		.endpoint = q->url,
		.ca_file = c->ca_file,
		.door = q->door,
		.tenant = "",
		.needs = q->needs,
		.refused = q->refused,
		.method = q->body ? "POST" : NULL,
		.headers = q->body ? json : NULL,
		.body = q->body,
		.shape = q->items ? &p->shape : NULL,
		.once = true,
		.collect = on_item,
		.fn = on_answer,
		.arg = p,
	});
}

static void end(struct probe *p)
{
	p->over = true;
	p->done(p->arg);
}

static void answered(struct probe *p)
{
	const size_t asked = p->n_asked - 1;
	size_t n = MIN(p->found.n, (size_t)PROBE_FOUND_MAX);

	p->listing = listing_free(p->listing);
	tell_answer(p, &p->questions[asked]);
	if (!p->questions[asked].finds)
		return;
	for (size_t i = 0; i < n; i++)
		add_subscription(p, p->found.v[i]);
}

static void probe_on_token(void *arg, const char *token, const struct err *err,
			   int64_t retry_after_ms)
{
	struct probe *p = arg;

	(void)retry_after_ms; /* nobody waits */
	p->token_wait = NULL;
	if (!token) {
		tell(p, "sign-in", false, err->text);
		end(p);
		return;
	}
	tell(p, "sign-in", true,
	     p->conf->client_id ? p->conf->client_id : "accepted");
	loop_timer_set(p->turn, 0);
}

/* What a folder has now; that there is nothing yet is no fault. */
static void look_for_files(struct probe *p)
{
	char text[96];
	glob_t g = { 0 };
	size_t n_closed = 0;

	(void)glob(p->conf->path, 0, NULL, &g); /* nothing found: no paths */
	for (size_t i = 0; i < g.gl_pathc; i++)
		n_closed += access(g.gl_pathv[i], R_OK) < 0;
	if (n_closed > 0)
		snprintf(text, sizeof(text),
			 "%zu of %zu files cannot be read by this user",
			 n_closed, g.gl_pathc);
	else
		snprintf(text, sizeof(text), "%zu now", g.gl_pathc);
	tell(p, "files", n_closed == 0, text);
	globfree(&g);
}

static void begin(struct probe *p)
{
	p->began = true;
	if (p->conf->type == SOURCE_FILE)
		look_for_files(p);
	if (p->n_questions == 0) {
		end(p);
		return;
	}
	p->token_wait = token_get(p->env.token, probe_on_token, p);
}

static void on_turn(void *arg)
{
	struct probe *p = arg;

	if (!p->began) {
		begin(p);
		return;
	}
	if (p->listing)
		answered(p);
	if (p->n_asked < p->n_questions)
		ask(p);
	else
		end(p);
}

struct probe *probe_new(const struct source_conf *c,
			const struct source_env *env, probe_step_fn *step,
			probe_done_fn *done, void *arg)
{
	struct probe *p = xcalloc(1, sizeof(*p));

	p->conf = c;
	p->env = *env;
	p->env.ingest = &nowhere;
	p->env.budget = NULL;
	p->env.skew = NULL;
	p->step = step;
	p->done = done;
	p->arg = arg;
	add_questions(p);
	p->turn = loop_timer_new(env->loop, on_turn, p);
	loop_timer_set(p->turn, 0);
	return p;
}

struct probe *probe_free(struct probe *p)
{
	if (!p)
		return NULL;
	token_cancel(p->token_wait);
	listing_free(p->listing);
	loop_timer_free(p->turn);
	for (size_t i = 0; i < p->n_questions; i++) {
		free(p->questions[i].name);
		free(p->questions[i].url);
		free(p->questions[i].body);
		free(p->questions[i].needs);
	}
	free(p->questions);
	strlist_release(&p->found);
	free(p);
	return NULL;
}
