/*
 * The schedule of the sources. Times are monotonic. A source that fails is
 * tried again sooner at first, then at its interval; one that stays incomplete
 * for long raises an alert about triaged itself (semantics 7).
 * Called by the agenda; the work is in source/.
 *
 * tested with: scenario/test_bad_answers
 */
#include "daemon/poller.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "advice/diagnose.h"
#include "daemon/vigil.h"
#include "net/budget.h"
#include "net/token.h"
#include "source/source.h"
#include "triaged/messages.h"
#include "util/backoff.h"
#include "util/clock.h"
#include "util/digest.h"
#include "util/log.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define RETRY_BASE_MS 10000
/* Between the parts of a long backlog: others have their turn. */
#define BACKLOG_PAUSE_MS 1000
#define RETRY_MAX_MS (15 * 60 * 1000)
/* Longer than the longest wait a service may ask for (an hour, net/xfer.h). */
#define STUCK_MS (90 * 60 * 1000)

struct slot {
	struct poller *poller;
	const struct source_conf *conf;
	struct source *source;
	struct token_source *token; /* borrowed; NULL none */
	struct skew skew; /* by the answers to its polls */
	int64_t next_mono_ms;
	int64_t progress_mono_ms; /* last page or start of a poll */
	unsigned failures;
	bool polled, last_failed;
	bool progressed; /* a page was stored in this poll */
	bool refused; /* the last poll was, and trying again does not help */
	char error[512];
	char part[sizeof(((struct source_result *)NULL)->refused)];
	struct vigil vigil;
};

struct poller {
	struct poller_env env;
	struct token_cache *tokens; /* of all sources */
	struct budget_book *budgets;
	struct slot **slots;
	size_t n_slots;
	bool draining;
};

static bool same_text(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static bool same_secret(const struct secret_ref *a, const struct secret_ref *b)
{
	return same_text(a->value ? secret_peek(a->value) : NULL,
			 b->value ? secret_peek(b->value) : NULL);
}

static bool same_list(const struct strlist *a, const struct strlist *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

static bool same_sign_in(const struct source_conf *a,
			 const struct source_conf *b)
{
	return a->auth == b->auth && same_text(a->tenant, b->tenant) &&
	       same_text(a->client_id, b->client_id) &&
	       same_secret(&a->client_secret, &b->client_secret) &&
	       same_text(a->federated_token_file, b->federated_token_file) &&
	       same_text(a->login, b->login) &&
	       same_text(a->instance_metadata, b->instance_metadata);
}

static bool same_choice(const struct source_conf *a,
			const struct source_conf *b)
{
	return same_list(&a->subscriptions, &b->subscriptions) &&
	       same_list(&a->management_groups, &b->management_groups) &&
	       same_list(&a->service_sources, &b->service_sources) &&
	       a->resource_graph == b->resource_graph &&
	       a->incidents == b->incidents &&
	       a->interval_ms == b->interval_ms &&
	       a->overlap_ms == b->overlap_ms &&
	       a->sweep_every_ms == b->sweep_every_ms &&
	       a->sweep_window_ms == b->sweep_window_ms;
}

static bool same_source(const struct source_conf *a,
			const struct source_conf *b)
{
	return a->type == b->type && same_text(a->name, b->name) &&
	       same_sign_in(a, b) && same_choice(a, b) &&
	       a->cloud == b->cloud &&
	       same_text(a->resource_manager, b->resource_manager) &&
	       same_text(a->graph, b->graph) && same_text(a->url, b->url) &&
	       same_text(a->ca_file, b->ca_file) &&
	       same_text(a->proxy, b->proxy) && same_text(a->path, b->path);
}

/*
 * One unfinished file or forbidden subscription makes a poll incomplete for as
 * long as it lasts, and what else the source has must not come later for it.
 * Only a refused sign-in stops everything, and asking often makes that worse.
 */
static void slot_failed(struct slot *s, const struct source_result *r)
{
	int64_t longest = r->auth_failed ? MAX(s->conf->interval_ms,
					       (int64_t)RETRY_MAX_MS)
					 : s->conf->interval_ms;
	int64_t delay;
	uint32_t random;

	digest_random(&random, sizeof(random));
	s->failures++;
	delay = backoff_ms(s->failures, RETRY_BASE_MS, longest, random);
	delay = MAX(delay, r->retry_after_ms);
	s->next_mono_ms = clock_mono_ms() + delay;
	/* One line for a new kind of failure, not one for every try. */
	if (!s->last_failed || strcmp(s->error, r->error) != 0)
		log_event(r->auth_failed ? LOG_ERR : LOG_WARNING,
			  r->auth_failed ? MSG_SOURCE_AUTH : MSG_SOURCE_FAILED,
			  "poll incomplete", kv_str("SOURCE", s->conf->name),
			  kv_str("ERROR", r->error), kv_int("RETRY_MS", delay));
	s->last_failed = true;
	s->refused = r->auth_failed;
	vigil_failed(&s->vigil, r->error, r->auth_failed, s->progressed);
	(void)snprintf(s->error, sizeof(s->error), "%s", r->error);
}

static void slot_complete(struct slot *s, bool more)
{
	int64_t pause_ms = s->conf->interval_ms;

	if (more) /* of a backlog, read in parts */
		pause_ms = MIN(pause_ms, BACKLOG_PAUSE_MS);
	s->next_mono_ms = clock_mono_ms() + pause_ms;
	if (s->last_failed)
		log_event(LOG_NOTICE, MSG_SOURCE_RECOVERED,
			  "source is complete again",
			  kv_str("SOURCE", s->conf->name),
			  kv_int("FAILURES", s->failures));
	s->failures = 0;
	s->last_failed = false;
	s->refused = false;
	s->error[0] = '\0';
	vigil_complete(&s->vigil);
}

/* What the source may not read beside what it does. */
static void slot_note_part(struct slot *s, const char *refused)
{
	if (strcmp(s->part, refused) == 0)
		return;
	if (refused[0])
		log_event(LOG_WARNING, MSG_SOURCE_AUTH,
			  "a part of the source is refused",
			  kv_str("SOURCE", s->conf->name),
			  kv_str("ERROR", refused));
	(void)snprintf(s->part, sizeof(s->part), "%s", refused);
}

/* By whatever answer came last; the sign-in is shared with other sources. */
static int64_t slot_skew_ms(const struct slot *s)
{
	return skew_ms(s->token ? skew_later(s->skew, token_skew(s->token))
				: s->skew);
}

static void slot_on_done(void *arg, const struct source_result *r)
{
	struct slot *s = arg;

	s->polled = true;
	slot_note_part(s, r->refused);
	vigil_part(&s->vigil, r->refused, r->complete);
	if (r->complete)
		slot_complete(s, r->more);
	else
		slot_failed(s, r);
	vigil_clock(&s->vigil, slot_skew_ms(s),
		    r->auth_failed && diagnose_may_be_clock(r->error));
	s->poller->env.on_idle(s->poller->env.arg);
}

/* One for all sources that sign in alike; NULL for those that do not. */
static struct token_source *token_of(struct poller *p,
				     const struct source_conf *c)
{
	const struct token_conf conf = source_token_conf(c);

	return c->auth == AUTH_NONE ? NULL : token_cache_get(p->tokens, &conf);
}

/* What a service lets a whole tenant ask in a minute, whoever asks (the API
 * notes of each); 0: it has no such limit. */
static const unsigned per_minute[SOURCE_TYPE_MAX] = {
	[SOURCE_CLOUD_APPS] = 30,
	[SOURCE_GRAPH_SECURITY] = 150,
	[SOURCE_GRAPH_HUNTING] = 45,
};

static struct budget *budget_of(struct poller *p, const struct source_conf *c)
{
	CLEANUP(free_ptr) char *key = NULL;
	bool named = c->tenant && c->tenant[0];

	if (per_minute[c->type] == 0)
		return NULL;
	/* A legacy token may come without a tenant; its address has one. */
	key = xasprintf("%s %s",
			named	 ? c->tenant
			: c->url ? c->url
				 : "",
			source_kind(c->type));
	return budget_get(p->budgets, key, per_minute[c->type]);
}

static struct source_env env_of(struct poller *p, const struct source_conf *c)
{
	return (struct source_env){
		.loop = p->env.loop,
		.pool = p->env.pool,
		.token = token_of(p, c),
		.budget = budget_of(p, c),
		.ingest = &p->env.pipeline->ingest,
		.proxy = c->proxy,
	};
}

static struct slot *slot_new(struct poller *p, const struct source_conf *c)
{
	struct slot *s = xcalloc(1, sizeof(*s));
	struct source_env env = env_of(p, c);

	s->poller = p;
	s->conf = c;
	vigil_begin(&s->vigil, p->env.pipeline, c);
	s->token = env.token;
	env.skew = &s->skew;
	s->source = source_new(c, &env);
	return s;
}

static void slot_free(struct slot *s)
{
	if (!s)
		return;
	source_free(s->source);
	free(s);
}

struct poller *poller_new(const struct poller_env *env)
{
	struct poller *p = xcalloc(1, sizeof(*p));

	p->env = *env;
	p->tokens = token_cache_new(env->pool);
	p->budgets = budget_book_new();
	return p;
}

struct poller *poller_free(struct poller *p)
{
	if (!p)
		return NULL;
	for (size_t i = 0; i < p->n_slots; i++)
		slot_free(p->slots[i]);
	free(p->slots);
	token_cache_free(p->tokens);
	budget_book_free(p->budgets);
	free(p);
	return NULL;
}

/* An old slot whose source did not change, taken out of the old array. */
static struct slot *take_unchanged(struct slot **old, size_t n,
				   const struct source_conf *c)
{
	for (size_t i = 0; i < n; i++) {
		if (old[i] && same_source(old[i]->conf, c)) {
			struct slot *s = take(old[i]);

			s->conf = c;
			s->vigil.conf = c;
			return s;
		}
	}
	return NULL;
}

void poller_configure(struct poller *p, const struct conf *c)
{
	struct slot **old = p->slots;
	size_t n_old = p->n_slots;

	p->slots = xcalloc(c->n_sources ? c->n_sources : 1, sizeof(*p->slots));
	p->n_slots = c->n_sources;
	for (size_t i = 0; i < c->n_sources; i++) {
		p->slots[i] = take_unchanged(old, n_old, &c->sources[i]);
		if (!p->slots[i])
			p->slots[i] = slot_new(p, &c->sources[i]);
	}
	for (size_t i = 0; i < n_old; i++)
		slot_free(old[i]);
	free(old);
}

int64_t poller_run(struct poller *p, int64_t mono_ms)
{
	int64_t nearest = -1;

	for (size_t i = 0; i < p->n_slots && !p->draining; i++) {
		struct slot *s = p->slots[i];
		int64_t delay = s->next_mono_ms - mono_ms;

		vigil_look(&s->vigil, s->error);
		if (s->token)
			vigil_certificate(&s->vigil,
					  token_certificate_ends_ms(s->token));
		if (source_busy(s->source))
			continue;
		if (delay <= 0) {
			s->progress_mono_ms = mono_ms;
			s->progressed = false;
			source_poll(s->source, slot_on_done, s);
			continue;
		}
		nearest = nearest < 0 ? delay : MIN(nearest, delay);
	}
	return nearest;
}

void poller_drain(struct poller *p)
{
	p->draining = true;
}

void poller_progress(struct poller *p, const char *source)
{
	for (size_t i = 0; i < p->n_slots; i++) {
		struct slot *s = p->slots[i];

		if (strcmp(s->conf->name, source) != 0)
			continue;
		s->progress_mono_ms = clock_mono_ms();
		s->progressed = true;
	}
}

bool poller_lend(const struct poller *p, const char *source,
		 struct source_env *ret, const struct source_conf **ret_conf)
{
	for (size_t i = 0; i < p->n_slots; i++) {
		const struct slot *s = p->slots[i];

		if (strcmp(s->conf->name, source) != 0)
			continue;
		*ret = env_of(s->poller, s->conf);
		*ret_conf = s->conf;
		return true;
	}
	return false;
}

bool poller_all_once(const struct poller *p, size_t *ret_failed)
{
	size_t failed = 0;

	for (size_t i = 0; i < p->n_slots; i++) {
		if (!p->slots[i]->polled)
			return false;
		failed += p->slots[i]->last_failed || p->slots[i]->part[0];
	}
	*ret_failed = failed;
	return true;
}

bool poller_is_busy(const struct poller *p)
{
	for (size_t i = 0; i < p->n_slots; i++)
		if (source_busy(p->slots[i]->source))
			return true;
	return false;
}

const char *poller_stuck(const struct poller *p, int64_t mono_ms)
{
	for (size_t i = 0; i < p->n_slots; i++) {
		const struct slot *s = p->slots[i];

		if (source_busy(s->source) &&
		    mono_ms - s->progress_mono_ms > STUCK_MS)
			return s->conf->name;
	}
	return NULL;
}

size_t poller_count(const struct poller *p)
{
	return p->n_slots;
}

void poller_state(const struct poller *p, size_t i, struct poller_state *ret)
{
	const struct slot *s = p->slots[i];

	*ret = (struct poller_state){
		.name = s->conf->name,
		.kind = source_kind(s->conf->type),
		.busy = source_busy(s->source),
		.failing = s->last_failed,
		.refused = s->refused,
		.last_complete_ms = s->vigil.complete_ms,
		.next_in_ms = MAX(s->next_mono_ms - clock_mono_ms(), 0),
		.error = s->error,
		.part = s->part,
		.skew_ms = slot_skew_ms(s),
		.interval_ms = s->conf->interval_ms,
		.certificate_ends_ms =
			s->token ? token_certificate_ends_ms(s->token) : 0,
	};
}
