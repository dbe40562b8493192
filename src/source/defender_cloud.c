/*
 * Defender for Cloud over Azure Resource Manager: which subscriptions there
 * are, then every page of every subscription's alerts. No filter exists, and
 * alerts appear up to three days late (fact 4 of the API notes), so a poll
 * reads the whole list. Called through source.c.
 *
 *	idle -> discover -> list -> list ... -> idle
 *
 * The waits and deadlines are the listing's; here is only which one is next.
 */
#include "source/source_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "source/listing_priv.h"
#include "util/log.h"
#include "util/strlist.h"
#include "util/xmalloc.h"

#define SUBSCRIPTION_ID_MAX 64
#define SUBSCRIPTIONS_MAX 20000
#define DISCOVERY_SCOPE "subscriptions"

enum cloud_state { CLOUD_IDLE, CLOUD_DISCOVER, CLOUD_LIST };
#define CLOUD_STATE_MAX (CLOUD_LIST + 1)

struct defender_cloud {
	struct source *owner;
	const struct source_env *env; /* the owner's */
	char *tenant, *endpoint, *ca_file;
	struct strlist configured; /* empty: discover */

	enum cloud_state state;
	struct loop_timer *turn; /* from one listing to the next */
	struct listing *listing;
	struct listing_result last; /* how it ended */
	struct strlist subscriptions; /* of this poll, or the last known */
	struct strlist found; /* by the discovery that runs */
	size_t next; /* of subscriptions */
	size_t n_forbidden, n_complete;
	struct source_result result;
};

static const unsigned cloud_may[CLOUD_STATE_MAX] = {
	[CLOUD_IDLE] = BIT(CLOUD_DISCOVER) | BIT(CLOUD_LIST),
	[CLOUD_DISCOVER] = BIT(CLOUD_LIST) | BIT(CLOUD_IDLE),
	[CLOUD_LIST] = BIT(CLOUD_LIST) | BIT(CLOUD_IDLE),
};

static void cloud_enter(struct defender_cloud *d, enum cloud_state to)
{
	static const char *const names[CLOUD_STATE_MAX] = { "idle", "discover",
							    "list" };

	assert(cloud_may[d->state] & BIT(to));
	log_debug("source %s: %s -> %s", source_name(d->owner), names[d->state],
		  names[to]);
	d->state = to;
}

/* It becomes a part of a path: letters, digits and dashes, nothing else. */
static bool is_subscription_id(const char *id)
{
	size_t len = strspn(id, "0123456789-"
				"abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return len > 0 && len <= SUBSCRIPTION_ID_MAX && id[len] == '\0';
}

/* An item of the discovery. What has no id cannot be listed: it is a flaw. */
static void on_subscription(void *arg, struct span item)
{
	struct defender_cloud *d = arg;
	CLEANUP(free_ptr) char *id = NULL;
	struct span value;

	if (jscan_member(item, "subscriptionId", &value) > 0)
		id = jscan_string(value);
	if (!id || !is_subscription_id(id) || d->found.n >= SUBSCRIPTIONS_MAX) {
		source_result_fail(&d->result,
				   "a subscription without a usable id in the "
				   "list of subscriptions");
		return;
	}
	/* A page may repeat what moved while it was read. */
	if (!strlist_has_ci(&d->found, id))
		strlist_add(&d->found, id);
}

static void on_listing_done(void *arg, const struct listing_result *r)
{
	struct defender_cloud *d = arg;

	/* The listing is freed in the next turn, not in its own call. */
	d->last = *r;
	loop_timer_set(d->turn, 0);
}

static void listing_begin(struct defender_cloud *d, const char *scope,
			  const char *url, bool collects)
{
	struct listing_conf conf = {
		.env = d->env,
		.source = source_name(d->owner),
		.scope = scope,
		.url = url,
		.endpoint = d->endpoint,
		.ca_file = d->ca_file,
		.door = DOOR_ARM,
		.tenant = d->tenant,
		.collect = collects ? on_subscription : NULL,
		.fn = on_listing_done,
		.arg = d,
	};

	d->listing = listing_new(&conf);
	d->result.n_listings++;
}

static void begin_discovery(struct defender_cloud *d)
{
	CLEANUP(free_ptr)
	char *url = xasprintf("%s/subscriptions?api-version=2022-12-01",
			      d->endpoint);

	strlist_release(&d->found);
	cloud_enter(d, CLOUD_DISCOVER);
	listing_begin(d, DISCOVERY_SCOPE, url, true);
}

static void finish(struct defender_cloud *d)
{
	struct source_result result = d->result;

	/* Forbidden everywhere is a missing role, not a missing subscription.
	 */
	if (d->n_forbidden > 0 && d->n_complete == 0)
		result.auth_failed = true;
	cloud_enter(d, CLOUD_IDLE);
	source_finish(d->owner, &result);
}

static void begin_next(struct defender_cloud *d)
{
	CLEANUP(free_ptr) char *url = NULL;
	const char *id;

	if (d->next == d->subscriptions.n) {
		finish(d);
		return;
	}
	id = d->subscriptions.v[d->next++];
	url = xasprintf("%s/subscriptions/%s/providers/Microsoft.Security/"
			"alerts?api-version=2022-01-01",
			d->endpoint, id);
	cloud_enter(d, CLOUD_LIST);
	listing_begin(d, id, url, false);
}

/*
 * Take over what was found. When the discovery failed, the subscriptions of
 * the last one are read all the same: late news of one is no reason to miss
 * the alerts of the others.
 */
static void end_discovery(struct defender_cloud *d)
{
	if (d->last.end == LISTING_COMPLETE) {
		strlist_release(&d->subscriptions);
		d->subscriptions = d->found;
		d->found = (struct strlist)STRLIST_INIT;
	} else if (d->subscriptions.n == 0) {
		d->subscriptions = d->found;
		d->found = (struct strlist)STRLIST_INIT;
	}
	if (d->last.end == LISTING_COMPLETE && d->subscriptions.n == 0) {
		d->result.auth_failed = true;
		source_result_fail(&d->result,
				   "the application sees no subscription: "
				   "grant it the role Security Reader");
	}
	if (d->last.end == LISTING_FORBIDDEN)
		d->result.auth_failed = true;
}

/* Count how a listing ended. True when the others need not be tried. */
static bool note_end(struct defender_cloud *d, const char *what)
{
	const struct listing_result *last = &d->last;

	d->n_complete += last->end == LISTING_COMPLETE;
	d->n_forbidden += last->end == LISTING_FORBIDDEN;
	if (last->end == LISTING_COMPLETE)
		return false;
	d->result.retry_after_ms =
		MAX(d->result.retry_after_ms, last->retry_after_ms);
	source_result_fail(&d->result, "%s: %.200s", what, last->error);
	switch (last->end) {
	case LISTING_AUTH:
		d->result.auth_failed = true;
		return true;
	case LISTING_THROTTLED:
	case LISTING_STORE:
		return true;
	case LISTING_COMPLETE:
	case LISTING_INCOMPLETE:
	case LISTING_FORBIDDEN:
		break;
	}
	return false;
}

static const char *scope_of(const struct defender_cloud *d)
{
	if (d->state == CLOUD_DISCOVER)
		return DISCOVERY_SCOPE;
	return d->subscriptions.v[d->next - 1];
}

static void on_turn(void *arg)
{
	struct defender_cloud *d = arg;
	bool stop = false;

	if (d->listing) {
		d->listing = listing_free(d->listing);
		stop = note_end(d, scope_of(d));
	}
	if (d->state == CLOUD_DISCOVER)
		end_discovery(d);
	if (stop)
		finish(d);
	else if (d->state == CLOUD_IDLE && d->configured.n == 0)
		begin_discovery(d);
	else
		begin_next(d);
}

static void cloud_poll(void *self)
{
	struct defender_cloud *d = self;

	d->result = (struct source_result){ .complete = true };
	d->next = 0;
	d->n_forbidden = 0;
	d->n_complete = 0;
	loop_timer_set(d->turn, 0);
}

static void *cloud_open(struct source *owner, const struct source_conf *c,
			const struct source_env *env)
{
	struct defender_cloud *d = xcalloc(1, sizeof(*d));

	d->owner = owner;
	d->env = env;
	d->tenant = xstrdup(c->tenant ? c->tenant : "");
	d->endpoint = xstrdup(c->resource_manager);
	d->ca_file = xstrdup(c->ca_file);
	strlist_copy(&d->configured, &c->subscriptions);
	strlist_copy(&d->subscriptions, &c->subscriptions);
	d->turn = loop_timer_new(env->loop, on_turn, d);
	return d;
}

static void cloud_close(void *self)
{
	struct defender_cloud *d = self;

	listing_free(d->listing);
	loop_timer_free(d->turn);
	strlist_release(&d->configured);
	strlist_release(&d->subscriptions);
	strlist_release(&d->found);
	free(d->tenant);
	free(d->endpoint);
	free(d->ca_file);
	free(d);
}

const struct source_ops defender_cloud_ops = {
	.kind = "defender-for-cloud",
	.open = cloud_open,
	.close = cloud_close,
	.poll = cloud_poll,
};
