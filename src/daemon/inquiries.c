/*
 * See inquiries.h. Called by the control verb; source/activities.c asks,
 * store/evidence_rows.h keeps, in one transaction with the event that has its
 * hash.
 *
 *	asking -> kept
 *	  |^  \-> failed
 *	  refused, and there is another source to ask
 *
 * tested with: scenario/test_activities
 */
#include "daemon/inquiries.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/people_priv.h"
#include "daemon/story.h"
#include "store/audit.h"
#include "store/txn.h"
#include "triage/trail.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/strlist.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* Each spends requests of a budget that polls live on. */
#define ASKING_MAX 4
/* Outcomes are looked up within seconds; the oldest make room. */
#define INQUIRIES_MAX 32

/* That are asked one after the other. */
#define SOURCES_MAX 4

struct inquiry {
	struct inquiries *owner;
	int64_t number; /* 0: the place is free */
	enum inquiry_stage stage;
	int64_t alert_id;
	char *who, *value;
	struct activities_query query; /* with that value */
	struct strlist sources; /* that can be asked, best first */
	size_t asked; /* which of them is, or was last */
	struct activities *activities[SOURCES_MAX]; /* of each that was */

	struct evidence_kept kept;
	int64_t n_unread, retry_at_ms;
	char trouble[sizeof(((struct activities_result *)NULL)->trouble)];
	char error[1024];
};

struct inquiries {
	struct inquiries_env env;
	struct inquiry all[INQUIRIES_MAX];
	int64_t last_number;
};

const char *inquiry_stage_name(enum inquiry_stage s)
{
	static const char *const names[INQUIRY_STAGE_MAX] = {
		[INQUIRY_ASKING] = "asking",
		[INQUIRY_KEPT] = "kept",
		[INQUIRY_FAILED] = "failed",
	};

	return names[s];
}

static const char *about_name(const struct inquiry *q)
{
	return trail_kind_name(q->query.about == ACTIVITIES_ADDRESS
				       ? TRAIL_IP
				       : TRAIL_ACCOUNT);
}

static void inquiry_release(struct inquiry *q)
{
	for (size_t i = 0; i < SOURCES_MAX; i++)
		activities_free(q->activities[i]);
	strlist_release(&q->sources);
	free(q->who);
	free(q->value);
	*q = (struct inquiry){ .number = 0 };
}

struct inquiries *inquiries_new(const struct inquiries_env *env)
{
	struct inquiries *qs = xcalloc(1, sizeof(*qs));

	qs->env = *env;
	return qs;
}

struct inquiries *inquiries_free(struct inquiries *qs)
{
	if (!qs)
		return NULL;
	for (size_t i = 0; i < INQUIRIES_MAX; i++)
		inquiry_release(&qs->all[i]);
	free(qs);
	return NULL;
}

/* --- what came of it --- */

static void inquiry_enter(struct inquiry *q, enum inquiry_stage stage)
{
	log_debug("inquiry %" PRId64 " about alert %" PRId64 ": %s -> %s",
		  q->number, q->alert_id, inquiry_stage_name(q->stage),
		  inquiry_stage_name(stage));
	q->stage = stage;
}

static int write_event(struct inquiry *q, int64_t now_ms, struct err *err)
{
	char from[TIMEFMT_MAX], to[TIMEFMT_MAX];
	CLEANUP(free_ptr)
	char *detail = story_detail(
		"{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s*, s:I, s:s}", "source",
		q->sources.v[q->asked], "about_kind", about_name(q), "about",
		q->value, "from_at", timefmt_utc(q->query.from_ms, from),
		"to_at", timefmt_utc(q->query.to_ms, to), "found",
		(json_int_t)q->kept.n_found, "added",
		(json_int_t)q->kept.n_added, "trouble",
		q->trouble[0] ? q->trouble : NULL, "fetch",
		(json_int_t)q->kept.fetch, "sha256", q->kept.hash);

	return audit_add(q->owner->env.pipeline->store,
			 &(struct audit_event){
				 .alert_id = q->alert_id,
				 .at_ms = now_ms,
				 .actor = q->who,
				 .kind = EVIDENCE_EVENT,
				 .detail = detail,
			 },
			 err);
}

/* All of it and the event, or nothing. */
static int inquiry_keep(struct inquiry *q, const struct evidence_list *found,
			struct err *err)
{
	struct pipeline *p = q->owner->env.pipeline;
	CLEANUP(tracked_release) struct tracked t = { 0 };
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	int64_t now_ms = clock_wall_ms();
	const struct evidence_fetch f = {
		.alert_id = q->alert_id,
		.kind = EVIDENCE_ACTIVITY,
		.source = q->sources.v[q->asked],
		.about_kind = about_name(q),
		.about = q->value,
		.from_ms = q->query.from_ms,
		.to_ms = q->query.to_ms,
		.most = (int64_t)q->query.most,
		.n_unread = q->n_unread,
		.fetched_ms = now_ms,
		.fetched_by = q->who,
		.trouble = q->trouble[0] ? q->trouble : NULL,
	};
	int rc = txn_begin(&txn, p->store, err);

	/* It may have been removed while the service was asked. */
	if (rc >= 0)
		rc = people_find(p, q->alert_id, &t, err);
	if (rc >= 0)
		rc = evidence_keep(p->store, &f, found, &q->kept, err);
	if (rc >= 0)
		rc = write_event(q, now_ms, err);
	if (rc >= 0)
		rc = txn_commit(&txn, err);
	if (rc < 0)
		return rc;
	p->on_commit(p->arg);
	return 0;
}

static int inquiry_ask(struct inquiry *q);

/* What each source said, one behind the other. */
static void add_error(struct inquiry *q, const char *why)
{
	size_t len = strlen(q->error);

	(void)snprintf(q->error + len, sizeof(q->error) - len,
		       "%ssource %s: %s", len ? "; " : "",
		       q->sources.v[q->asked], why);
}

static void inquiry_refused(struct inquiry *q,
			    const struct activities_result *r)
{
	add_error(q, r->error);
	q->retry_at_ms =
		r->retry_after_ms ? clock_wall_ms() + r->retry_after_ms : 0;
	if (q->asked + 1 < q->sources.n) {
		q->asked++;
		if (inquiry_ask(q) == 0)
			return;
	}
	inquiry_enter(q, INQUIRY_FAILED);
}

/* An activities_done_fn. */
static void on_answer(void *arg, struct activities_result *r)
{
	struct inquiry *q = arg;
	struct err err = ERR_INIT;

	if (r->error[0]) {
		inquiry_refused(q, r);
		return;
	}
	q->n_unread = r->n_unread;
	(void)snprintf(q->trouble, sizeof(q->trouble), "%s", r->trouble);
	if (inquiry_keep(q, &r->found, &err) < 0) {
		(void)snprintf(q->error, sizeof(q->error),
			       "%zu activities were read, and could not be "
			       "kept: %s",
			       r->found.n, err.text);
		inquiry_enter(q, INQUIRY_FAILED);
	} else {
		q->error[0] = '\0';
		inquiry_enter(q, INQUIRY_KEPT);
	}
	/* It may be megabytes, and is in the database now. */
	evidence_list_release(&r->found);
}

static int inquiry_ask(struct inquiry *q)
{
	const struct source_conf *conf;
	struct source_env env;

	assert(q->asked < q->sources.n && !q->activities[q->asked]);
	if (!poller_lend(q->owner->env.poller, q->sources.v[q->asked], &env,
			 &conf) ||
	    !activities_can(conf->type)) {
		add_error(q, "it is gone from the settings");
		return ERR_NOT_FOUND;
	}
	q->activities[q->asked] =
		activities_new(conf, &env, &q->query, on_answer, q);
	return 0;
}

/* --- who is asked, and what --- */

/* A source without a tenant of its own, or an alert without, is anybody's. */
static bool is_of_tenant(const struct source_conf *c, const char *tenant)
{
	return !tenant || !tenant[0] || !c->tenant || !c->tenant[0] ||
	       strcasecmp(c->tenant, tenant) == 0;
}

/* The portal goes first: it has what happened minutes ago. */
static void add_sources(const struct conf *c, const char *tenant,
			struct strlist *ret)
{
	static const enum source_type order[] = { SOURCE_CLOUD_APPS,
						  SOURCE_GRAPH_HUNTING };

	for (size_t k = 0; k < ARRAY_SIZE(order); k++) {
		for (size_t i = 0; i < c->n_sources; i++) {
			const struct source_conf *one = &c->sources[i];

			if (one->type == order[k] && ret->n < SOURCES_MAX &&
			    is_of_tenant(one, tenant))
				strlist_add(ret, one->name);
		}
	}
}

static int find_sources(const struct inquiries *qs, const char *tenant,
			struct strlist *ret, struct err *err)
{
	const struct conf *c = qs->env.pipeline->conf;
	CLEANUP(strlist_release) struct strlist any = STRLIST_INIT;

	add_sources(c, tenant, ret);
	if (ret->n > 0)
		return 0;
	add_sources(c, NULL, &any);
	if (any.n > 0)
		return err_set(err, ERR_BAD_STATE,
			       "source %s can tell activities, but of another "
			       "tenant than the alert's, which is %.64s; add "
			       "a source of type cloud-apps or graph-hunting "
			       "for that one",
			       any.v[0], tenant);
	return err_set(err, ERR_BAD_STATE,
		       "no source is configured that can tell activities; add "
		       "one of type cloud-apps (it needs the permission "
		       "Investigation.read) or graph-hunting "
		       "(ThreatHunting.Read.All), see triaged.yaml(5)");
}

/* Whose activities: as asked for, or those that tell most. */
static int pick_value(const struct inquiry_ask *ask, const struct alert *a,
		      struct activities_query *q, struct err *err)
{
	struct trail trail;

	q->about = ask->about;
	q->value = ask->value;
	if (ask->value)
		return 0;
	if (trail_rank(a->entities, a->n_entities, &trail, 1) == 0)
		return err_set(err, ERR_CONF,
			       "alert %" PRId64 " names neither an account "
			       "nor an address whose activities could be "
			       "asked for; name one with --user or --ip",
			       ask->alert_id);
	q->about = trail.kind == TRAIL_IP ? ACTIVITIES_ADDRESS
					  : ACTIVITIES_ACCOUNT;
	q->value = trail.value;
	return 0;
}

/* *ret's value is the alert's or the ask's. */
static int make_query(const struct inquiry_ask *ask, const struct alert_view *v,
		      struct activities_query *ret, struct err *err)
{
	const struct trail_times times = {
		.activity_from_ms = v->alert.activity_from_ms,
		.activity_to_ms = v->alert.activity_to_ms,
		.created_ms = v->alert.created_ms,
		.seen_ms = v->tracked.seen_ms,
	};
	int64_t around_ms = ask->around_ms ? ask->around_ms : TRAIL_AROUND_MS;
	struct trail_window w;
	int rc = pick_value(ask, &v->alert, ret, err);

	if (rc < 0)
		return rc;
	if (around_ms < TRAIL_AROUND_LEAST_MS ||
	    around_ms > TRAIL_AROUND_MOST_MS)
		return err_set(err, ERR_CONF,
			       "the time around an alert is between 1m and 7d");
	w = trail_window(&times, around_ms, ask->now_ms);
	ret->from_ms = w.from_ms;
	ret->moment_ms = w.moment_ms;
	ret->to_ms = w.to_ms;
	/* A negative number is too large then, and refused. */
	ret->most = ask->most ? (size_t)ask->most : TRAIL_LIMIT;
	return activities_check(ret, err);
}

static bool is_same(const struct inquiry *q, const struct inquiry_ask *ask,
		    const struct activities_query *query)
{
	return q->number && q->stage == INQUIRY_ASKING &&
	       q->alert_id == ask->alert_id && q->query.about == query->about &&
	       strcasecmp(q->value, query->value) == 0 &&
	       q->query.from_ms == query->from_ms &&
	       q->query.most == query->most;
}

/* A free place, or that of the oldest outcome. */
static struct inquiry *free_place(struct inquiries *qs, struct err *err)
{
	struct inquiry *oldest = NULL;
	size_t n_asking = 0;

	for (size_t i = 0; i < INQUIRIES_MAX; i++) {
		struct inquiry *q = &qs->all[i];

		if (q->number && q->stage == INQUIRY_ASKING)
			n_asking++;
		else if (!oldest || q->number < oldest->number)
			oldest = q;
	}
	if (n_asking < ASKING_MAX) {
		inquiry_release(oldest);
		return oldest;
	}
	(void)err_set(err, ERR_BUSY,
		      "%d others are asking for activities now; try again in a "
		      "minute",
		      ASKING_MAX);
	return NULL;
}

static int begin_new(struct inquiries *qs, const struct inquiry_ask *ask,
		     const struct activities_query *query,
		     struct strlist *sources, int64_t *ret_number,
		     struct err *err)
{
	struct inquiry *q = free_place(qs, err);
	int rc;

	if (!q)
		return ERR_BUSY;
	q->owner = qs;
	q->number = ++qs->last_number;
	q->alert_id = ask->alert_id;
	q->who = xstrdup(ask->who);
	q->value = xstrdup(query->value);
	q->query = *query;
	q->query.value = q->value;
	q->sources = *sources;
	*sources = (struct strlist)STRLIST_INIT;
	rc = inquiry_ask(q);
	if (rc < 0) {
		(void)err_set(err, rc, "%.500s", q->error);
		inquiry_release(q);
		return rc;
	}
	*ret_number = q->number;
	return 0;
}

int inquiry_begin(struct inquiries *qs, const struct inquiry_ask *ask,
		  int64_t *ret_number, struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	CLEANUP(strlist_release) struct strlist sources = STRLIST_INIT;
	struct activities_query query;
	int rc = alerts_load(qs->env.pipeline->store, ask->alert_id, &v, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no alert %" PRId64,
			       ask->alert_id);
	if (rc >= 0)
		rc = make_query(ask, &v, &query, err);
	if (rc >= 0)
		rc = find_sources(qs, v.alert.tenant, &sources, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < INQUIRIES_MAX; i++) {
		if (!is_same(&qs->all[i], ask, &query))
			continue;
		*ret_number = qs->all[i].number;
		return 0;
	}
	return begin_new(qs, ask, &query, &sources, ret_number, err);
}

bool inquiry_look(struct inquiries *qs, int64_t number,
		  struct inquiry_state *ret)
{
	for (size_t i = 0; i < INQUIRIES_MAX; i++) {
		const struct inquiry *q = &qs->all[i];

		if (number <= 0 || q->number != number)
			continue;
		*ret = (struct inquiry_state){
			.stage = q->stage,
			.source = q->sources.v[q->asked],
			.about = q->query.about,
			.value = q->value,
			.kept = q->kept,
			.n_unread = q->n_unread,
			.trouble = q->trouble,
			.error = q->error,
			.retry_at_ms = q->retry_at_ms,
		};
		if (q->stage == INQUIRY_ASKING)
			activities_progress(q->activities[q->asked],
					    &ret->progress);
		return true;
	}
	return false;
}
