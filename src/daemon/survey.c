/*
 * See survey_priv.h. Called by surveyor.c. What is read is posture/collect.c's,
 * how it is asked source/'s, how it is kept store/'s: here they meet.
 *
 * tested with: test_surveyor
 */
#include "daemon/survey_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "posture/collect.h"
#include "source/pages.h"
#include "source/subscriptions.h"
#include "store/posture_rows.h"
#include "store/txn.h"
#include "triaged/messages.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/xmalloc.h"

/* Recommendations come by the ten thousand: so many are some milliseconds, and
 * alerts are not to wait for more. */
#define SLICE 256

enum survey_stage { SURVEY_WAITING, SURVEY_FINDING, SURVEY_READING };
#define SURVEY_STAGE_MAX (SURVEY_READING + 1)

struct survey {
	const struct surveyor_env *env; /* borrowed */
	char *source, *endpoint;
	int64_t every_ms, due_mono_ms;
	enum survey_stage stage;
	struct collect_door door;
	struct collect *collect;

	struct subscriptions *question; /* while finding */
	struct pages *pages; /* while reading */
	struct listed_sink sink; /* the collector's, while reading */
	struct loop_timer *turn; /* while a page is kept */
	struct posture_kept kept; /* of it */

	bool complete, told_to_wait; /* the last round */
	struct posture_standing standing; /* as of the last round */
	char finding_error[800]; /* not all subscriptions are known */
	char error[800];
};

static void survey_enter(struct survey *s, enum survey_stage to)
{
	static const char *const names[SURVEY_STAGE_MAX] = { "waiting",
							     "finding",
							     "reading" };
	static const unsigned may[SURVEY_STAGE_MAX] = {
		[SURVEY_WAITING] = BIT(SURVEY_FINDING),
		[SURVEY_FINDING] = BIT(SURVEY_READING) | BIT(SURVEY_WAITING),
		[SURVEY_READING] = BIT(SURVEY_WAITING),
	};

	assert(may[s->stage] & BIT(to));
	log_debug("posture of %s: %s -> %s", s->source, names[s->stage],
		  names[to]);
	s->stage = to;
}

static int64_t again_ms(const struct survey *s)
{
	return MIN(s->every_ms, SURVEYOR_AGAIN_MS);
}

/* Whoever looks is told how it stands, and the agenda after a start. */
static void survey_look(struct survey *s)
{
	const struct surveyor_env *env = s->env;
	struct posture_standing standing;
	struct err err = ERR_INIT;

	if (posture_rows_standing(env->store, s->source, s->every_ms,
				  again_ms(s), &standing, &err) < 0)
		env->on_store(env->arg, &err);
	else
		s->standing = standing;
}

/* Once when it begins to fail, or for another reason, and once at the end. */
static void survey_tell(const struct survey *s, bool complete,
			const char *error)
{
	if (complete && s->error[0])
		log_event(LOG_NOTICE, MSG_POSTURE_COMPLETE,
			  "the posture of a source is read whole again",
			  kv_str("SOURCE", s->source));
	else if (!complete && strcmp(s->error, error) != 0)
		log_event(LOG_WARNING, MSG_POSTURE_INCOMPLETE,
			  "the posture of a source was not read whole",
			  kv_str("SOURCE", s->source), kv_str("ERROR", error));
}

/* The round is over, well or not; @wait_ms 0: as the interval is. */
static void survey_end(struct survey *s, bool complete, int64_t wait_ms,
		       const char *error)
{
	survey_tell(s, complete, error);
	(void)snprintf(s->error, sizeof(s->error), "%s", error);
	s->complete = complete;
	s->told_to_wait = wait_ms != 0;
	survey_look(s);
	if (!wait_ms)
		wait_ms = complete ? s->every_ms : again_ms(s);
	s->due_mono_ms = clock_mono_ms() + wait_ms;
	survey_enter(s, SURVEY_WAITING);
	s->env->on_idle(s->env->arg);
}

/* ---- the collector's door ---- */

static void on_pages_item(void *arg, struct span item)
{
	struct survey *s = arg;

	s->sink.item(s->sink.arg, item);
}

static void on_pages_done(void *arg, const struct pages_result *r)
{
	static const enum listed ends[] = {
		[PAGES_ALL] = LISTED_ALL,
		[PAGES_PART] = LISTED_PART,
		[PAGES_STOP] = LISTED_STOP,
	};
	struct survey *s = arg;
	char error[512];
	const struct listed_result listed = { .end = ends[r->end],
					      .retry_after_ms =
						      r->retry_after_ms,
					      .error = error };

	(void)snprintf(error, sizeof(error), "%s", r->error);
	s->pages = pages_free(s->pages);
	s->sink.done(s->sink.arg, &listed);
}

static void *survey_list(void *ctx, const char *url, const char *subscription,
			 const struct listed_sink *to)
{
	struct survey *s = ctx;
	CLEANUP(free_ptr)
	char *below = *subscription
			      ? xasprintf("/subscriptions/%s", subscription)
			      : xstrdup("/providers/Microsoft.Management/"
					"managementGroups/GROUP");
	struct source_env env;
	const struct source_conf *conf = NULL;
	/* A survey whose source is gone goes with it. */
	bool lent = s->env->lend(s->env->arg, s->source, &env, &conf);

	assert(lent && !s->pages);
	(void)lent; /* without assertions */
	s->sink = *to;
	s->pages = pages_new(conf, &env,
			     &(struct pages_conf){ .url = url,
						   .below = below,
						   .item = on_pages_item,
						   .done = on_pages_done,
						   .arg = s });
	return s->pages;
}

static void survey_cancel(void *ctx, void *listing)
{
	struct survey *s = ctx;

	assert(listing == s->pages);
	s->pages = pages_free(s->pages);
}

static int survey_keep(void *ctx, const struct posture_page *page, size_t *at,
		       struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct survey *s = ctx;
	struct store *store = s->env->store;
	int more = 0, rc = txn_begin(&txn, store, err);

	if (*at == 0)
		s->kept = (struct posture_kept){ 0 };
	if (rc >= 0)
		rc = more = posture_rows_keep(store, page, at, SLICE, &s->kept,
					      err);
	if (rc >= 0)
		rc = txn_commit(&txn, err);
	s->env->on_store(s->env->arg, rc < 0 ? err : NULL);
	if (rc >= 0 && !more && page->part == POSTURE_RECOMMENDATIONS)
		log_debug("posture of %s: subscription %s has %lld new "
			  "recommendations, %lld are gone",
			  s->source, page->subscription,
			  (long long)s->kept.n_new, (long long)s->kept.n_gone);
	return rc < 0 ? rc : more;
}

static void on_turn(void *arg)
{
	struct survey *s = arg;

	collect_turn(s->collect);
}

static void survey_turn(void *ctx)
{
	struct survey *s = ctx;

	loop_timer_set(s->turn, 0);
}

static int64_t survey_now(void *ctx)
{
	(void)ctx;
	return clock_wall_ms();
}

/* ---- a round ---- */

static void on_collected(void *arg, const struct collect_result *r)
{
	struct survey *s = arg;
	const char *error = r->error[0] ? r->error : s->finding_error;

	survey_end(s, r->complete && !s->finding_error[0],
		   r->stopped ? r->retry_after_ms : 0, error);
}

/* These are read from now on; others are not any more, if all are known. */
static int survey_watch(struct survey *s, const struct subscriptions_result *r,
			struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	struct store *store = s->env->store;
	int lost, rc = txn_begin(&txn, store, err);

	if (rc < 0)
		return rc;
	lost = posture_rows_watch(store, s->source, r->list, !r->error[0],
				  clock_wall_ms(), err);
	rc = lost < 0 ? lost : txn_commit(&txn, err);
	if (rc >= 0 && lost > 0)
		log_event(LOG_NOTICE, MSG_POSTURE_LOST,
			  "subscriptions are not read any more",
			  kv_str("SOURCE", s->source), kv_int("COUNT", lost));
	return rc;
}

static void on_found(void *arg, const struct subscriptions_result *r)
{
	struct survey *s = arg;
	struct err err = ERR_INIT;
	int rc = survey_watch(s, r, &err);
	int64_t wait_ms = r->retry_after_ms;

	s->env->on_store(s->env->arg, rc < 0 ? &err : NULL);
	(void)snprintf(s->finding_error, sizeof(s->finding_error), "%s",
		       rc < 0 ? err.text : r->error);
	if (rc >= 0 && (r->list->n > 0 || !r->error[0])) {
		survey_enter(s, SURVEY_READING);
		collect_begin(s->collect, r->list, on_collected, s);
	}
	/* The list goes with it, and was copied. */
	s->question = subscriptions_free(s->question);
	if (s->stage == SURVEY_FINDING)
		survey_end(s, false, wait_ms, s->finding_error);
}

static void survey_begin(struct survey *s)
{
	const struct surveyor_env *env = s->env;
	struct source_env lent;
	const struct source_conf *conf;

	if (!env->lend(env->arg, s->source, &lent, &conf)) {
		s->due_mono_ms = clock_mono_ms() + SURVEYOR_AGAIN_MS;
		return;
	}
	survey_enter(s, SURVEY_FINDING);
	s->question = subscriptions_ask(conf, &lent, on_found, s);
}

/* ---- from outside ---- */

/* In how long the first round begins: what is young enough may age. */
static int64_t first_in_ms(const struct survey *s)
{
	int64_t left_ms = s->standing.due_ms - clock_wall_ms();

	return MIN(MAX(left_ms, SURVEYOR_FIRST_MS),
		   MAX(s->every_ms, SURVEYOR_FIRST_MS));
}

struct survey *survey_new(const struct surveyor_env *env,
			  const struct source_conf *c, int64_t mono_ms)
{
	struct survey *s = xcalloc(1, sizeof(*s));

	s->env = env;
	s->source = xstrdup(c->name);
	s->endpoint = xstrdup(c->resource_manager);
	s->every_ms = c->posture_every_ms;
	survey_look(s);
	s->due_mono_ms = mono_ms + first_in_ms(s);
	s->door = (struct collect_door){ .ctx = s,
					 .list = survey_list,
					 .cancel = survey_cancel,
					 .keep = survey_keep,
					 .turn = survey_turn,
					 .now_ms = survey_now };
	s->turn = loop_timer_new(env->loop, on_turn, s);
	s->collect = collect_new(s->source, s->endpoint, &s->door);
	return s;
}

struct survey *survey_free(struct survey *s)
{
	if (!s)
		return NULL;
	/* It ends the listing that runs. */
	collect_free(s->collect);
	subscriptions_free(s->question);
	loop_timer_free(s->turn);
	free(s->source);
	free(s->endpoint);
	free(s);
	return NULL;
}

bool survey_is_of(const struct survey *s, const struct source_conf *c)
{
	return strcmp(s->source, c->name) == 0 &&
	       strcmp(s->endpoint, c->resource_manager) == 0;
}

void survey_adopt(struct survey *s, int64_t every_ms, int64_t mono_ms)
{
	/* Whatever kept it from being read may be mended. */
	if (s->error[0] && !s->told_to_wait)
		s->due_mono_ms = mono_ms;
	if (s->every_ms > every_ms)
		s->due_mono_ms -= s->every_ms - every_ms;
	s->every_ms = every_ms;
}

int64_t survey_run(struct survey *s, int64_t mono_ms)
{
	if (s->stage == SURVEY_WAITING && s->due_mono_ms <= mono_ms)
		survey_begin(s);
	return s->stage == SURVEY_WAITING ? MAX(s->due_mono_ms - mono_ms, 0)
					  : -1;
}

void survey_state(const struct survey *s, int64_t mono_ms,
		  struct surveyor_state *ret)
{
	*ret = (struct surveyor_state){
		.source = s->source,
		.busy = s->stage != SURVEY_WAITING,
		.complete = s->complete,
		.next_in_ms = s->stage == SURVEY_WAITING
				      ? MAX(s->due_mono_ms - mono_ms, 0)
				      : 0,
		.every_ms = s->every_ms,
		.n_incomplete = s->standing.n_incomplete,
		.oldest_ms = s->standing.oldest_ms,
		.error = s->error,
	};
}
