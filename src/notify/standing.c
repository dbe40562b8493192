/*
 * Rounds of telling what still fires: see the header. Called by daemon/. A
 * round goes over the targets at once, and for each over its alerts in
 * batches, one request after the other, so that no turn of the loop renders
 * many. What a request says is the format's matter: a batch is a digest.
 *
 * tested with: test_standing
 */
#include "notify/standing.h"

#include <stdlib.h>
#include <string.h>
#include "notify/format_alertmanager.h"
#include "notify/render.h"
#include "notify/webhook.h"
#include "store/outbox.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/xmalloc.h"

#define ROUND_MS 60000
/* An end is told for as long as the last telling would have kept it firing. */
#define ENDED_MS ALERTMANAGER_FIRING_MS

/* One alert of a round. */
struct firing {
	int64_t id;
	int64_t until_mono_ms; /* it ended, and is told up to then; 0: it did
				  not */
};

struct stand {
	struct standing *standing;
	const struct target_conf *conf;
	char *peer; /* for error texts; no secret */
	struct firing *v; /* of the round, lowest id first */
	size_t n;
	size_t next; /* to be told; n: the round is over */
	struct xfer *xfer;
	int64_t rest_mono_ms; /* asked not to come before */
	bool failing;
};

struct standing {
	struct standing_env env;
	struct loop_timer *timer;
	struct stand *v;
	size_t n;
};

/* ---- who is told of ---- */

static const struct firing *find(const struct firing *v, size_t n, int64_t id)
{
	for (size_t low = 0, high = n; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (v[middle].id == id)
			return &v[middle];
		if (v[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static int by_id(const void *pa, const void *pb)
{
	const struct firing *a = pa;
	const struct firing *b = pb;

	return (a->id > b->id) - (a->id < b->id);
}

/* Those of @old that are not among the @n_open of @v any more have ended. */
static size_t add_ended(struct firing *v, size_t n_open,
			const struct firing *old, size_t n_old)
{
	int64_t mono_ms = clock_mono_ms();
	size_t n = n_open;

	for (size_t i = 0; i < n_old; i++) {
		struct firing f = old[i];

		if (find(v, n_open, f.id))
			continue;
		if (!f.until_mono_ms)
			f.until_mono_ms = mono_ms + ENDED_MS;
		if (f.until_mono_ms >= mono_ms)
			v[n++] = f;
	}
	return n;
}

static int collect(struct stand *t, struct err *err)
{
	CLEANUP(free_ptr) int64_t *ids = NULL;
	struct firing *v;
	size_t n = 0;
	int rc = outbox_standing(t->standing->env.store, t->conf->name, &ids,
				 &n, err);

	if (rc < 0)
		return rc;
	v = xcalloc(n + t->n + 1, sizeof(*v));
	for (size_t i = 0; i < n; i++)
		v[i].id = ids[i];
	n = add_ended(v, n, t->v, t->n);
	qsort(v, n, sizeof(*v), by_id);
	free(t->v);
	t->v = v;
	t->n = n;
	return 0;
}

/* ---- one batch ---- */

/* One that left for another reason than its end is not ours to tell. */
static void drop_others(const struct stand *t, struct render_job *job)
{
	size_t n = 0;

	for (size_t i = 0; i < job->n_alerts; i++) {
		const struct tracked *a = &job->alerts[i].view.tracked;
		const struct firing *f = find(t->v, t->n, a->id);

		if (f && f->until_mono_ms && a->state != ALERT_CLOSED)
			alert_view_release(&job->alerts[i].view);
		else
			job->alerts[n++] = job->alerts[i];
	}
	job->n_alerts = n;
	job->n_total = (int64_t)n;
}

/* The next of the round into @ret. 1, 0 there are none, or a negative code. */
static int next_batch(struct stand *t, struct render_job *ret, struct err *err)
{
	int64_t ids[ALERTMANAGER_BATCH];

	while (t->next < t->n) {
		size_t n = 0;
		int rc;

		while (n < ARRAY_SIZE(ids) && t->next < t->n)
			ids[n++] = t->v[t->next++].id;
		rc = render_gather_alerts(t->standing->env.store, ids, n, ret,
					  err);
		if (rc < 0)
			return rc;
		drop_others(t, ret);
		if (ret->n_alerts > 0)
			return 1;
		render_job_release(ret);
	}
	return 0;
}

static xfer_done_fn standing_on_done;

static void post(struct stand *t, const struct render_job *job)
{
	const struct talk_view view = { t->conf, job };
	CLEANUP(webhook_post_release) struct webhook_post p;
	struct talk talk;

	talk_begin(&talk, FORMAT_ALERTMANAGER, NOTICE_DIGEST);
	webhook_post_init(&p, &talk, &view);
	t->xfer = xfer_start(t->standing->env.pool, &p.request,
			     standing_on_done, t);
}

static void tell(struct stand *t, const char *error)
{
	const struct standing_env *env = &t->standing->env;
	bool failing = error != NULL;

	if (failing == t->failing)
		return;
	t->failing = failing;
	env->fn(env->arg, t->conf->name, error);
}

static void go_on(struct stand *t)
{
	struct notice notice = {
		.kind = NOTICE_DIGEST,
		.target = t->conf->name,
		.created_ms = clock_wall_ms(),
	};
	CLEANUP(render_job_release) struct render_job job = { 0 };
	struct err err = ERR_INIT;
	int rc = next_batch(t, &job, &err);

	if (rc < 0) { /* the database has a voice of its own */
		log_debug("target %s: alerts not read: %s", t->conf->name,
			  err.text);
		t->next = t->n;
	}
	if (rc <= 0)
		return;
	job.notice = &notice;
	job.now_ms = notice.created_ms;
	job.host = t->standing->env.host;
	post(t, &job);
}

static void standing_on_done(void *arg, struct xfer_reply *reply)
{
	struct stand *t = arg;
	struct outcome_report r;
	struct talk talk;

	t->xfer = NULL;
	talk_begin(&talk, FORMAT_ALERTMANAGER, NOTICE_DIGEST);
	talk.shorten = true; /* the next round is soon enough */
	(void)webhook_hear(&talk, t->conf, t->peer, reply, &r); /* no talk */
	if (r.outcome == OUTCOME_SENT) {
		tell(t, NULL);
		go_on(t);
		return;
	}
	/* The others of the round would fare as badly. */
	t->next = t->n;
	if (r.outcome == OUTCOME_DISABLE)
		t->rest_mono_ms = INT64_MAX;
	else if (r.retry_after_ms > 0)
		t->rest_mono_ms = clock_mono_ms() + r.retry_after_ms;
	tell(t, r.error);
}

/* ---- rounds ---- */

static void begin(struct stand *t)
{
	struct err err = ERR_INIT;

	if (t->xfer || clock_mono_ms() < t->rest_mono_ms)
		return;
	if (collect(t, &err) < 0) {
		log_debug("target %s: what fires was not read: %s",
			  t->conf->name, err.text);
		return;
	}
	t->next = 0;
	go_on(t);
}

static void standing_on_round(void *arg)
{
	struct standing *s = arg;

	for (size_t i = 0; i < s->n; i++)
		begin(&s->v[i]);
	if (s->n > 0)
		loop_timer_set(s->timer, ROUND_MS);
}

static void drop_targets(struct standing *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct stand *t = &s->v[i];

		(void)xfer_cancel(t->xfer); /* NULL by contract */
		free(t->peer);
		free(t->v);
	}
	free(s->v);
	s->v = NULL;
	s->n = 0;
	loop_timer_stop(s->timer);
}

void standing_reload(struct standing *s, const struct conf *c)
{
	drop_targets(s);
	s->v = xcalloc(c->n_targets + 1, sizeof(*s->v));
	for (size_t i = 0; i < c->n_targets; i++) {
		const struct target_conf *t = &c->targets[i];

		if (t->type != TARGET_WEBHOOK ||
		    t->webhook.format != FORMAT_ALERTMANAGER)
			continue;
		s->v[s->n++] = (struct stand){
			.standing = s,
			.conf = t,
			.peer = webhook_peer(t),
		};
	}
	standing_kick(s);
}

void standing_kick(struct standing *s)
{
	if (s->n > 0)
		loop_timer_set(s->timer, 0);
}

struct standing *standing_new(const struct conf *c,
			      const struct standing_env *env)
{
	struct standing *s = xcalloc(1, sizeof(*s));

	s->env = *env;
	s->timer = loop_timer_new(env->loop, standing_on_round, s);
	standing_reload(s, c);
	return s;
}

struct standing *standing_free(struct standing *s)
{
	if (!s)
		return NULL;
	drop_targets(s);
	s->timer = loop_timer_free(s->timer);
	free(s);
	return NULL;
}
