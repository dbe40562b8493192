/*
 * Alerts of Defender for Cloud Apps from its portal's REST API (section 3 of
 * the API notes), read by windows. Called through source.c.
 *
 *	poll -> alerts (by date) -> resolved (by resolutionDate) -> finish
 *
 * The API has no time of the last change. So the windows go by the date an
 * alert was raised, which finds new ones only, and a second list by the date
 * it was resolved finds what was closed since, however old: an SLA clock that
 * runs on after the close is the costly mistake. Neither finds a reopening, or
 * a severity somebody changed: the sweep, which reads the past again, does, as
 * late as its interval.
 */
#include "source/source_priv.h"

#include <stdlib.h>
#include <string.h>
#include "source/cloud_apps_priv.h"
#include "source/reader_priv.h"
#include "source/skip_pages_priv.h"
#include "util/xmalloc.h"

/* A first run reads a week, as from Graph. */
#define HORIZON_MS INT64_C(604800000)
/* What was resolved before anybody looked is no news. */
#define RESOLVED_HORIZON_MS INT64_C(600000)
/* A day of a large tenant's alerts is some pages of 100. */
#define LARGEST_MS INT64_C(86400000)

enum part_kind { PART_ALERTS, PART_RESOLVED };
#define PART_MAX (PART_RESOLVED + 1)

struct cloud_apps;

/* One of the two lists. */
struct part {
	struct cloud_apps *source;
	const char *filter, *time_key;
	struct reader *reader;
	struct skip_pages pages;
	struct page_shape shape;
	char *body; /* of the window's first request */
};

struct cloud_apps {
	struct source *owner;
	char *tenant, *endpoint, *url, *ca_file;
	bool legacy; /* a token made in the portal by a person */
	struct part parts[PART_MAX];
	struct source_result result; /* of the parts that are done */
};

const char *cloud_apps_needs(bool legacy)
{
	return legacy ? "the account that made the API token was "
			"removed or lost its role; make a new token "
			"(portal: Settings, Cloud Apps, API tokens)"
		      : "grant the application the permission "
			"Investigation.read of Microsoft Cloud App "
			"Security, with admin consent";
}

const char *cloud_apps_refused(bool legacy)
{
	return legacy ? ": the API token was revoked, or is another "
			"portal's; make a new one (portal: Settings, "
			"Cloud Apps, API tokens)"
		      : "; check that url is this tenant's own (portal: "
			"Settings, Cloud Apps, About)";
}

static void on_request(void *self, const struct window *w,
		       struct listing_conf *ret)
{
	static const char *const headers[] = { "Content-Type: application/json",
					       NULL };
	struct part *part = self;
	const struct cloud_apps *a = part->source;
	struct strbuf body = STRBUF_INIT;

	skip_pages_begin(&part->pages, part->filter, w->from_ms, w->to_ms);
	skip_pages_request(&part->pages, &body);
	free(part->body);
	part->body = strbuf_detach(&body);
	ret->url = a->url;
	ret->endpoint = a->endpoint;
	ret->ca_file = a->ca_file;
	ret->door = DOOR_CLOUD_APPS;
	ret->tenant = a->tenant;
	ret->method = "POST";
	ret->headers = headers;
	ret->body = part->body;
	ret->shape = &part->shape;
	ret->follow = skip_pages_follow;
	ret->time_key = part->time_key;
	ret->needs = cloud_apps_needs(a->legacy);
	ret->refused = cloud_apps_refused(a->legacy);
}

static void on_done(void *self, const struct source_result *r)
{
	struct part *part = self;
	struct cloud_apps *a = part->source;
	struct source_result result;

	source_result_add(&a->result, r);
	/* Who is not let in, or told to wait, need not knock again. */
	if (part == &a->parts[PART_ALERTS] && !a->result.auth_failed &&
	    a->result.retry_after_ms == 0) {
		reader_poll(a->parts[PART_RESOLVED].reader);
		return;
	}
	result = a->result;
	source_finish(a->owner, &result);
}

static void cloud_apps_poll(void *self)
{
	struct cloud_apps *a = self;

	a->result = (struct source_result){ .complete = true };
	reader_poll(a->parts[PART_ALERTS].reader);
}

static void part_open(struct part *part, const struct source_conf *c,
		      const struct source_env *env, const char *scope,
		      int64_t horizon_ms)
{
	/* A token of the portal names no directory. */
	const char *where = c->tenant && *c->tenant ? c->tenant : c->url;
	char identity[READER_IDENTITY_SIZE];
	struct reader_conf conf = {
		.owner = part->source->owner,
		.env = env,
		.scope = scope,
		.identity = reader_identity(where, NULL, identity),
		.limits = { .horizon_ms = MAX(horizon_ms, c->overlap_ms),
			    .overlap_ms = c->overlap_ms,
			    .largest_ms = LARGEST_MS,
			    .sweep_every_ms = c->sweep_every_ms,
			    .sweep_window_ms = c->sweep_window_ms },
		.request = on_request,
		.done = on_done,
		.self = part,
	};

	part->shape = (struct page_shape){ .items = "data",
					   .member = skip_pages_member,
					   .arg = &part->pages };
	part->reader = reader_new(&conf);
}

static void *cloud_apps_open(struct source *owner, const struct source_conf *c,
			     const struct source_env *env)
{
	struct cloud_apps *a = xcalloc(1, sizeof(*a));
	struct part *alerts = &a->parts[PART_ALERTS];
	struct part *resolved = &a->parts[PART_RESOLVED];

	a->owner = owner;
	a->tenant = xstrdup(c->tenant ? c->tenant : "");
	a->endpoint = xstrdup(c->url);
	/* With its slash at the end, or the service answers with a redirect. */
	a->url = xasprintf("%s/api/v1/alerts/", c->url);
	a->ca_file = xstrdup(c->ca_file);
	a->legacy = c->auth == AUTH_TOKEN;
	*alerts = (struct part){ .source = a,
				 .filter = "date",
				 .time_key = "timestamp" };
	*resolved = (struct part){ .source = a,
				   .filter = "resolutionDate",
				   .time_key = "resolveTime" };
	part_open(alerts, c, env, "alerts", HORIZON_MS);
	part_open(resolved, c, env, "resolved", RESOLVED_HORIZON_MS);
	return a;
}

static void cloud_apps_close(void *self)
{
	struct cloud_apps *a = self;

	for (size_t i = 0; i < PART_MAX; i++) {
		reader_free(a->parts[i].reader);
		free(a->parts[i].body);
	}
	free(a->tenant);
	free(a->endpoint);
	free(a->url);
	free(a->ca_file);
	free(a);
}

const struct source_ops cloud_apps_ops = {
	.kind = "cloud-apps",
	.open = cloud_apps_open,
	.close = cloud_apps_close,
	.poll = cloud_apps_poll,
};
