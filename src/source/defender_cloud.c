/*
 * Defender for Cloud over Azure Resource Manager: which subscriptions there
 * are (discovery.c, hourly), then every page of every subscription's alerts.
 * No filter exists, and alerts appear up to three days late (fact 4 of the API
 * notes), so a poll reads the whole list. For thousands of subscriptions it
 * asks Resource Graph instead, with one listing. Called through source.c.
 *
 *	idle -> discover -> list -> idle
 *
 * The waits and deadlines are the listing's; here is only which one is next,
 * and that few of them run at a time.
 */
#include "source/source_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "source/discovery_priv.h"
#include "source/listing_priv.h"
#include "source/recess_priv.h"
#include "source/resource_graph_priv.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/strlist.h"
#include "util/xmalloc.h"

/*
 * Listings at a time. Each waits for a slow service most of its life; more of
 * them would only spend the tenant's quota in bursts and hold more pages in
 * memory.
 */
#define LANES 4

enum cloud_state { CLOUD_IDLE, CLOUD_DISCOVER, CLOUD_LIST };
#define CLOUD_STATE_MAX (CLOUD_LIST + 1)

struct defender_cloud;

/* One listing at work. */
struct lane {
	struct defender_cloud *cloud;
	struct listing *listing; /* NULL: free */
	bool ended;
	struct listing_result last;
	char *scope, *needs;
	struct resource_graph graph;
	struct page_shape shape;
};

struct defender_cloud {
	struct source *owner;
	const struct source_env *env; /* the owner's */
	char *tenant, *endpoint, *ca_file, *client_id;
	struct strlist subscriptions, groups; /* as configured */
	bool resource_graph;

	enum cloud_state state;
	struct loop_timer *turn; /* from one listing to the next */
	struct discovery *discovery;
	struct discovery_result discovered;
	struct lane lanes[LANES];
	size_t next, n_tasks; /* listings of this poll */
	size_t first; /* the one it begins with: what another left out */
	size_t n_forbidden, n_complete;
	/*
	 * Who is told to wait for long is not asked before, and the others are.
	 * Whose quota was spent the service may not say; told so by as many as
	 * are asked at a time, and by none that it was not, it is that of all.
	 */
	struct recesses recesses;
	size_t n_waiting; /* of this poll's listings */
	int64_t wait_ms; /* the shortest of theirs */
	size_t n_doubts; /* since a listing was complete */
	char waiting[600]; /* why the first of those that were not asked */
	int64_t interval_ms; /* between two polls */
	struct source_result result;
};

static const unsigned cloud_may[CLOUD_STATE_MAX] = {
	[CLOUD_IDLE] = BIT(CLOUD_DISCOVER) | BIT(CLOUD_LIST),
	[CLOUD_DISCOVER] = BIT(CLOUD_LIST) | BIT(CLOUD_IDLE),
	[CLOUD_LIST] = BIT(CLOUD_IDLE),
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

static void on_listing_done(void *arg, const struct listing_result *r)
{
	struct lane *lane = arg;

	/* The listing is freed in the next turn, not in its own call. */
	lane->last = *r;
	lane->ended = true;
	loop_timer_set(lane->cloud->turn, 0);
}

static struct listing_conf lane_conf(struct lane *lane, const char *url)
{
	const struct defender_cloud *d = lane->cloud;

	return (struct listing_conf){
		.env = d->env,
		.source = source_name(d->owner),
		.scope = lane->scope,
		.needs = lane->needs,
		.url = url,
		.endpoint = d->endpoint,
		.ca_file = d->ca_file,
		.door = DOOR_ARM,
		.tenant = d->tenant,
		.fn = on_listing_done,
		.arg = lane,
	};
}

static void list_subscription(struct lane *lane, const char *id)
{
	const struct defender_cloud *d = lane->cloud;
	CLEANUP(free_ptr) char *below = xasprintf("/subscriptions/%s", id);
	CLEANUP(free_ptr) char *url = NULL;
	struct listing_conf conf;

	url = xasprintf("%s%s/providers/Microsoft.Security/alerts"
			"?api-version=2022-01-01",
			d->endpoint, below);
	lane->scope = xstrdup(id);
	lane->needs = discovery_role_hint(d->client_id, below);
	conf = lane_conf(lane, url);
	lane->listing = listing_new(&conf);
}

/*
 * One request cannot name both groups and subscriptions; who configures both
 * gets a listing for each.
 */
static void list_graph(struct lane *lane, bool named)
{
	static const char *const headers[] = { "Content-Type: application/json",
					       NULL };
	const struct defender_cloud *d = lane->cloud;
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	CLEANUP(free_ptr)
	char *url = xasprintf("%s" RESOURCE_GRAPH_PATH, d->endpoint);
	struct listing_conf conf;

	resource_graph_init(&lane->graph, named ? &d->subscriptions : NULL,
			    named ? NULL : &d->groups);
	resource_graph_request(&lane->graph, &body);
	lane->shape = (struct page_shape){ .items = "data",
					   .member = resource_graph_member,
					   .arg = &lane->graph };
	lane->scope = xstrdup(named && d->groups.n > 0
				      ? "resource-graph subscriptions"
				      : "resource-graph");
	lane->needs = discovery_role_hint(d->client_id,
					  "/providers/Microsoft.Management/"
					  "managementGroups/GROUP");
	conf = lane_conf(lane, url);
	conf.method = "POST";
	conf.headers = headers;
	conf.body = body.buf;
	conf.shape = &lane->shape;
	conf.follow = resource_graph_follow;
	lane->listing = listing_new(&conf);
}

static size_t count_tasks(const struct defender_cloud *d)
{
	if (!d->resource_graph)
		return discovery_list(d->discovery)->n;
	return d->groups.n > 0 && d->subscriptions.n > 0 ? 2 : 1;
}

static void note_wait(struct defender_cloud *d, int64_t wait_ms)
{
	d->wait_ms = d->n_waiting++ ? MIN(d->wait_ms, wait_ms) : wait_ms;
}

/* Is this listing one that waits? */
static bool task_waits(struct defender_cloud *d, size_t task)
{
	const struct recess *r;

	if (d->resource_graph)
		return false;
	r = recess_of(&d->recesses, discovery_list(d->discovery)->v[task]);
	if (!r)
		return false;
	if (!d->waiting[0])
		(void)snprintf(d->waiting, sizeof(d->waiting), "%s", r->error);
	note_wait(d, r->until_ms - clock_mono_ms());
	return true;
}

/* The next listing of this poll; false none is left. */
static bool next_task(struct defender_cloud *d, size_t *ret)
{
	while (d->next < d->n_tasks) {
		size_t task = (d->first + d->next++) % d->n_tasks;

		if (task_waits(d, task))
			continue;
		*ret = task;
		return true;
	}
	return false;
}

static void lane_begin(struct lane *lane, size_t task)
{
	struct defender_cloud *d = lane->cloud;

	lane->ended = false;
	d->result.n_listings++;
	if (!d->resource_graph)
		list_subscription(lane, discovery_list(d->discovery)->v[task]);
	else
		list_graph(lane, task == 1 || d->groups.n == 0);
}

static void lane_clear(struct lane *lane)
{
	lane->listing = listing_free(lane->listing);
	resource_graph_release(&lane->graph);
	free(take(lane->scope));
	free(take(lane->needs));
}

/* The others are asked as usual meanwhile. */
static void end_with_waits(struct defender_cloud *d)
{
	bool all = d->n_waiting == d->n_tasks;
	int64_t wait_ms = all ? d->wait_ms : MIN(d->wait_ms, d->interval_ms);

	if (d->waiting[0])
		source_result_fail(&d->result, "%s", d->waiting);
	d->result.retry_after_ms = MAX(d->result.retry_after_ms, wait_ms);
}

static void finish(struct defender_cloud *d)
{
	struct source_result result;

	/* Forbidden everywhere is a missing role, not a missing subscription.
	 */
	if (d->n_forbidden > 0 && d->n_complete == 0 && d->n_waiting == 0)
		d->result.auth_failed = true;
	if (d->n_waiting > 0)
		end_with_waits(d);
	cloud_enter(d, CLOUD_IDLE);
	result = d->result;
	source_finish(d->owner, &result);
}

/* A subscription was told to wait. Is it alone in that? */
static bool begin_recess(struct defender_cloud *d, const char *id,
			 const struct listing_result *last)
{
	CLEANUP(free_ptr) char *error = xasprintf("%s: %s", id, last->error);

	if (d->resource_graph || last->whose == QUOTA_OF_ALL)
		return false;
	recess_begin(&d->recesses, id, clock_mono_ms() + last->retry_after_ms,
		     error);
	d->n_doubts += last->whose == QUOTA_UNSAID;
	if (d->n_doubts >= LANES)
		return false;
	note_wait(d, last->retry_after_ms);
	return true;
}

/* Note how a listing failed. True when the others need not be tried. */
static bool note_failure(struct defender_cloud *d, const char *what,
			 const struct listing_result *last)
{
	source_result_fail(&d->result, "%s: %s", what, last->error);
	if (d->state == CLOUD_LIST && last->end == LISTING_THROTTLED &&
	    begin_recess(d, what, last))
		return false;
	d->result.retry_after_ms =
		MAX(d->result.retry_after_ms, last->retry_after_ms);
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

/* Nothing more in this poll. The next one goes on from here, or those behind
 * subscriptions whose quota is always spent would never be read. */
static void stop_listing(struct defender_cloud *d)
{
	d->first = (d->first + d->next) % d->n_tasks;
	d->next = d->n_tasks;
}

/* The listings that ended. Those that still run may end well whatever became
 * of these; only no new ones begin. */
static void reap(struct defender_cloud *d)
{
	for (size_t i = 0; i < LANES; i++) {
		struct lane *lane = &d->lanes[i];
		const struct listing_result *last = &lane->last;

		if (!lane->listing || !lane->ended)
			continue;
		d->n_complete += last->end == LISTING_COMPLETE;
		if (last->end == LISTING_COMPLETE)
			d->n_doubts = 0;
		d->n_forbidden += last->end == LISTING_FORBIDDEN;
		/* It may be gone, or no longer ours to read. */
		if (last->end != LISTING_COMPLETE &&
		    (last->status == 403 || last->status == 404))
			discovery_doubt(d->discovery);
		if (last->end != LISTING_COMPLETE &&
		    note_failure(d, lane->scope, last))
			stop_listing(d);
		lane_clear(lane);
	}
}

static void fill(struct defender_cloud *d)
{
	size_t n_busy = 0, task;

	for (size_t i = 0; i < LANES; i++) {
		struct lane *lane = &d->lanes[i];

		if (!lane->listing && next_task(d, &task))
			lane_begin(lane, task);
		n_busy += lane->listing != NULL;
	}
	if (n_busy == 0)
		finish(d);
}

static void begin_list(struct defender_cloud *d)
{
	cloud_enter(d, CLOUD_LIST);
	d->next = 0;
	d->n_tasks = count_tasks(d);
	recesses_end(&d->recesses, clock_mono_ms());
	fill(d);
}

static void end_discovery(struct defender_cloud *d)
{
	const struct discovery_result *r = &d->discovered;
	bool stop = false;

	d->result.n_listings += r->n_listings;
	if (r->unusable)
		source_result_fail(&d->result,
				   "a subscription without a usable id in the "
				   "list of subscriptions");
	if (r->worst.end != LISTING_COMPLETE)
		stop = note_failure(d, r->scope, &r->worst);
	else if (discovery_list(d->discovery)->n == 0) {
		d->result.auth_failed = true;
		source_result_fail(&d->result,
				   "the application sees no subscription: "
				   "grant it the role Security Reader");
	}
	if (r->worst.end == LISTING_FORBIDDEN)
		d->result.auth_failed = true;
	if (stop)
		finish(d);
	else
		begin_list(d);
}

static void on_turn(void *arg)
{
	struct defender_cloud *d = arg;

	switch (d->state) {
	case CLOUD_IDLE:
		if (d->resource_graph ||
		    !discovery_is_due(d->discovery, clock_mono_ms())) {
			begin_list(d);
			break;
		}
		cloud_enter(d, CLOUD_DISCOVER);
		discovery_begin(d->discovery);
		break;
	case CLOUD_DISCOVER:
		end_discovery(d);
		break;
	case CLOUD_LIST:
		reap(d);
		fill(d);
		break;
	}
}

static void on_discovered(void *arg, const struct discovery_result *r)
{
	struct defender_cloud *d = arg;

	d->discovered = *r;
	loop_timer_set(d->turn, 0);
}

static void cloud_poll(void *self)
{
	struct defender_cloud *d = self;

	d->result = (struct source_result){ .complete = true };
	d->n_forbidden = 0;
	d->n_complete = 0;
	d->n_waiting = 0;
	d->n_doubts = 0;
	d->waiting[0] = '\0';
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
	d->client_id = xstrdup(c->client_id);
	d->resource_graph = c->resource_graph;
	d->interval_ms = c->interval_ms;
	strlist_copy(&d->subscriptions, &c->subscriptions);
	strlist_copy(&d->groups, &c->management_groups);
	for (size_t i = 0; i < LANES; i++)
		d->lanes[i].cloud = d;
	d->discovery = discovery_new(&(struct discovery_conf){
		.env = env,
		.source = source_name(owner),
		.endpoint = d->endpoint,
		.ca_file = d->ca_file,
		.client_id = d->client_id,
		.subscriptions = &d->subscriptions,
		.groups = &d->groups,
		.fn = on_discovered,
		.arg = d,
	});
	d->turn = loop_timer_new(env->loop, on_turn, d);
	return d;
}

static void cloud_close(void *self)
{
	struct defender_cloud *d = self;

	for (size_t i = 0; i < LANES; i++)
		lane_clear(&d->lanes[i]);
	discovery_free(d->discovery);
	loop_timer_free(d->turn);
	recesses_release(&d->recesses);
	strlist_release(&d->subscriptions);
	strlist_release(&d->groups);
	free(d->tenant);
	free(d->endpoint);
	free(d->ca_file);
	free(d->client_id);
	free(d);
}

const struct source_ops defender_cloud_ops = {
	.kind = "defender-for-cloud",
	.open = cloud_open,
	.close = cloud_close,
	.poll = cloud_poll,
};
