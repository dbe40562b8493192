/*
 * One timer and at most one request for each target of type heartbeat. Called
 * by daemon/beat.c, which says whether all is well; knows neither the store
 * nor what "well" means.
 */
#include "notify/heartbeat.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "notify/webhook.h"
#include "util/clock.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/utf8.h"
#include "util/xmalloc.h"

/* Of one request, unless the interval is shorter. */
#define SEND_MS 30000
/* After one that did not arrive: the receiver may be about to raise alarm. */
#define AGAIN_MS 30000
/* While silent, so that the end of the trouble shows soon. */
#define LOOK_AGAIN_MS 10000
#define REPLY_BYTES_MAX 4096
#define WHY_MAX 256

struct beat {
	struct heartbeats *owner;
	char *name;
	const struct target_conf *conf;
	struct loop_timer *timer;
	struct xfer *xfer; /* NULL: none under way */
	enum heartbeat_state state;
	int64_t last_ms;
	char why[WHY_MAX];
	heartbeat_done_fn *fn; /* who asked for one */
	void *arg;
};

struct heartbeats {
	struct heartbeat_env env;
	struct beat **beats;
	size_t n;
	bool stopped;
};

const char *heartbeat_state_name(enum heartbeat_state s)
{
	static const char *const names[HEARTBEAT_STATE_MAX] = {
		[HEARTBEAT_NEW] = "new",
		[HEARTBEAT_BEATS] = "beats",
		[HEARTBEAT_LOST] = "lost",
		[HEARTBEAT_SILENT] = "silent",
	};

	return names[s];
}

static struct heartbeat_report report_of(const struct beat *b)
{
	return (struct heartbeat_report){
		.target = b->name,
		.state = b->state,
		.last_ms = b->last_ms,
		.why = b->why,
	};
}

/* Whoever asked hears it, whatever it is. */
static void answer(struct beat *b, const struct heartbeat_report *r)
{
	heartbeat_done_fn *fn = b->fn;

	b->fn = NULL;
	if (fn)
		fn(b->arg, r);
}

/* The one place where a state is entered, told once per change. */
static void enter(struct beat *b, enum heartbeat_state state, const char *why,
		  int64_t next_ms)
{
	const struct heartbeat_env *env = &b->owner->env;
	bool news = b->state != state || strcmp(b->why, why) != 0;
	struct heartbeat_report r;

	b->state = state;
	snprintf(b->why, sizeof(b->why), "%s", why);
	utf8_clean_in_place(b->why);
	loop_timer_set(b->timer, next_ms);
	r = report_of(b);
	if (news && env->fn)
		env->fn(env->arg, &r);
	answer(b, &r);
}

static json_t *body_of(const struct heartbeat_env *env,
		       const struct heartbeat_facts *f)
{
	json_t *open = json_object();
	char now[TIMEFMT_MAX];

	for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--)
		(void)json_object_set_new(open, severity_name((enum severity)s),
					  json_integer(f->open[s]));
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:o}", "type",
			 "heartbeat", "version", env->version, "host",
			 env->host, "time", timefmt_utc(clock_wall_ms(), now),
			 "open", open, "overdue", (json_int_t)f->overdue,
			 "owed", (json_int_t)f->owed, "poll_age_seconds",
			 f->poll_age_ms < 0
				 ? json_null()
				 : json_integer(f->poll_age_ms / 1000));
}

static void on_done(void *arg, struct xfer_reply *reply)
{
	struct beat *b = arg;
	CLEANUP(free_ptr)
	char *origin = xfer_origin(secret_peek(b->conf->url.value));
	struct outcome_report r;

	b->xfer = NULL;
	webhook_judge(origin, reply, &r);
	if (r.outcome == OUTCOME_SENT) {
		b->last_ms = clock_wall_ms();
		enter(b, HEARTBEAT_BEATS, "",
		      b->conf->interval_ms -
			      MIN(reply->elapsed_ms, b->conf->interval_ms));
		return;
	}
	enter(b, HEARTBEAT_LOST, r.error,
	      MIN(b->conf->interval_ms,
		  MAX(r.retry_after_ms, (int64_t)AGAIN_MS)));
}

static void send_one(struct beat *b, const struct heartbeat_facts *f)
{
	static const char *const headers[] = { "Content-Type: application/json",
					       NULL };
	const struct heartbeat_env *env = &b->owner->env;
	CLEANUP(jsonx_unref) json_t *root = body_of(env, f);
	CLEANUP(free_ptr) char *body = root ? jsonx_dump(root) : NULL;
	const struct xfer_request request = {
		.method = "POST",
		.url = secret_peek(b->conf->url.value),
		.headers = headers,
		.body = body,
		.body_len = body ? strlen(body) : 0,
		.max_body = REPLY_BYTES_MAX,
		.cut_body = true,
		.total_ms = MIN(b->conf->interval_ms, (int64_t)SEND_MS),
		.ca_file = b->conf->ca_file,
		.proxy = b->conf->webhook.proxy,
		.allow_private = b->conf->allow_private,
		.allow_http = b->conf->allow_private,
	};

	b->xfer = xfer_start(env->pool, &request, on_done, b);
}

static void on_timer(void *arg)
{
	struct beat *b = arg;
	const struct heartbeat_env *env = &b->owner->env;
	struct heartbeat_facts facts = { .poll_age_ms = -1 };
	const char *why;

	if (b->xfer)
		return; /* its end sets the timer */
	why = b->owner->stopped ? "triaged is stopping"
				: env->look_fn(env->arg, &facts);
	if (!why)
		send_one(b, &facts);
	else if (b->owner->stopped)
		enter(b, HEARTBEAT_SILENT, why, b->conf->interval_ms);
	else
		enter(b, HEARTBEAT_SILENT, why, LOOK_AGAIN_MS);
}

static struct beat *beat_new(struct heartbeats *h, const char *name)
{
	struct beat *b = xcalloc(1, sizeof(*b));

	b->owner = h;
	b->name = xstrdup(name);
	b->timer = loop_timer_new(h->env.loop, on_timer, b);
	return b;
}

static struct beat *beat_free(struct beat *b)
{
	if (!b)
		return NULL;
	(void)xfer_cancel(b->xfer); /* NULL by contract */
	b->timer = loop_timer_free(b->timer);
	answer(b, NULL);
	free(b->name);
	free(b);
	return NULL;
}

static size_t find(const struct heartbeats *h, const char *name)
{
	size_t i = 0;

	while (i < h->n && (!h->beats[i] || strcmp(h->beats[i]->name, name)))
		i++;
	return i;
}

/* As if it were new, but for what is known of it. */
static void beat_configure(struct beat *b, const struct target_conf *c)
{
	b->conf = c;
	b->xfer = xfer_cancel(b->xfer);
	loop_timer_set(b->timer, 0);
}

void heartbeats_reload(struct heartbeats *h, const struct conf *c)
{
	struct beat **beats = xcalloc(c->n_heartbeats + 1, sizeof(*beats));
	size_t i;

	for (i = 0; i < c->n_heartbeats; i++) {
		const struct target_conf *t = &c->heartbeats[i];
		size_t at = find(h, t->name);

		if (at < h->n) {
			beats[i] = h->beats[at];
			h->beats[at] = NULL;
		} else {
			beats[i] = beat_new(h, t->name);
		}
		beat_configure(beats[i], t);
	}
	for (size_t j = 0; j < h->n; j++)
		beat_free(h->beats[j]);
	free(h->beats);
	h->beats = beats;
	h->n = i;
}

struct heartbeats *heartbeats_new(const struct conf *c,
				  const struct heartbeat_env *env)
{
	struct heartbeats *h = xcalloc(1, sizeof(*h));

	h->env = *env;
	heartbeats_reload(h, c);
	return h;
}

struct heartbeats *heartbeats_free(struct heartbeats *h)
{
	if (!h)
		return NULL;
	for (size_t i = 0; i < h->n; i++)
		beat_free(h->beats[i]);
	free(h->beats);
	free(h);
	return NULL;
}

void heartbeats_stop(struct heartbeats *h)
{
	h->stopped = true;
}

size_t heartbeats_count(const struct heartbeats *h)
{
	return h ? h->n : 0;
}

void heartbeats_report(const struct heartbeats *h, size_t i,
		       struct heartbeat_report *ret)
{
	*ret = report_of(h->beats[i]);
}

int heartbeat_send(struct heartbeats *h, const char *target,
		   heartbeat_done_fn *fn, void *arg, struct err *err)
{
	size_t at = find(h, target);
	struct beat *b;

	if (at == h->n)
		return err_set(err, ERR_NOT_FOUND,
			       "there is no heartbeat '%.80s'", target);
	b = h->beats[at];
	if (b->fn)
		return err_set(err, ERR_BAD_STATE,
			       "somebody else asked for a heartbeat to %s and "
			       "waits for its outcome; ask again in a moment",
			       target);
	b->fn = fn;
	b->arg = arg;
	/* One that is under way serves. */
	if (!b->xfer)
		loop_timer_set(b->timer, 0);
	return 0;
}
