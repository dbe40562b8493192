/*
 * See drilling.h. Called by the verbs of drills and by the timed job. The alert
 * opens and closes as one of a source does: nothing here tells anybody, stops a
 * clock or climbs a ladder.
 *
 * tested with: test_drilling scenario/test_drill
 */
#include "daemon/drilling.h"

#include <inttypes.h>
#include <jansson.h>

#include "daemon/pipeline_priv.h"
#include "daemon/story.h"
#include "daemon/tidings.h"
#include "store/audit.h"
#include "store/drill_rows.h"
#include "store/txn.h"
#include "triage/drill_alert.h"
#include "triaged/messages.h"
#include "util/log.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* --- begin --- */

static int check_alone(struct pipeline *p, struct err *err)
{
	CLEANUP(drill_release) struct drill d = { 0 };
	char until[TIMEFMT_MAX];
	int rc = drill_rows_running(p->store, &d, err);

	if (rc <= 0)
		return rc;
	return err_set(err, ERR_CONFLICT,
		       "a drill runs already: alert %" PRId64 ", begun by %s, "
		       "until %s UTC at the latest; end it with: triagectl "
		       "drill --end",
		       d.alert_id, d.asked_by,
		       timefmt_minute(d.ends_ms, 0, until));
}

/* The alert goes in, and its number comes back. */
static int raise(struct pipeline *p, const struct alert *a, struct drill *d,
		 struct err *err)
{
	CLEANUP(tracked_release) struct tracked t = { 0 };
	struct sighting at = { .poll = 0, .now_ms = d->started_ms };
	struct alert_key key;
	int rc = pipeline_accept(p, a, &at, NULL, err);

	if (rc < 0)
		return rc;
	alert_key(a->kind, a->tenant, a->native_id, &key);
	rc = alerts_find(p->store, &key, 1, &t, err);
	if (rc <= 0)
		return rc < 0 ? rc
			      : err_set(err, ERR_STORE,
					"the alert of drill %" PRId64
					" is not stored",
					d->id);
	d->alert_id = t.id;
	return drill_rows_bind(p->store, d->id, t.id, err);
}

static int tell_begun(struct pipeline *p, const struct drill *d,
		      const struct drill_order *o, struct err *err)
{
	char until[TIMEFMT_MAX];
	CLEANUP(free_ptr)
	char *detail = story_detail("{s:I, s:s, s:s*, s:s*, s:s, s:b}", "drill",
				    (json_int_t)d->id, "severity",
				    severity_name(d->severity), "match",
				    o->match && *o->match ? o->match : NULL,
				    "reason", o->reason, "until_at",
				    timefmt_utc(d->ends_ms, until),
				    "with_hooks", d->with_hooks);

	return audit_add(p->store,
			 &(struct audit_event){
				 .alert_id = d->alert_id,
				 .at_ms = o->now_ms,
				 .actor = o->who,
				 .kind = "drill-started",
				 .detail = detail,
			 },
			 err);
}

static int begin_in(struct pipeline *p, const struct drill_order *o,
		    struct drill *d, struct err *err)
{
	CLEANUP(alert_release) struct alert a;
	int rc;

	alert_init(&a);
	rc = check_alone(p, err);
	/* The row comes first: the funnel asks it whether hooks run. */
	if (rc >= 0)
		rc = drill_rows_add(p->store, d, &d->id, err);
	if (rc >= 0)
		rc = drill_alert_fill(&a, d, o->match, err);
	if (rc >= 0)
		rc = raise(p, &a, d, err);
	return rc < 0 ? rc : tell_begun(p, d, o, err);
}

static int check_order(const struct drill_order *o, struct err *err)
{
	if (o->severity == SEVERITY_INFO)
		return err_set(err, ERR_CONF,
			       "nobody is told of an alert of severity info; "
			       "choose critical, high, medium or low");
	if (o->for_ms < DRILL_LEAST_MS || o->for_ms > DRILL_MOST_MS)
		return err_set(err, ERR_CONF,
			       "a drill waits for an answer at least 1 s and "
			       "at most 4 h");
	return 0;
}

int drilling_begin(struct pipeline *p, const struct drill_order *o,
		   struct drill *ret, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	CLEANUP(drill_release) struct drill d = { 0 };
	int rc = check_order(o, err);

	if (rc < 0)
		return rc;
	d = (struct drill){ .asked_by = xstrdup(o->who),
			    .reason = xstrdup(o->reason),
			    .severity = o->severity,
			    .with_hooks = o->with_hooks,
			    .started_ms = o->now_ms,
			    .ends_ms = o->now_ms + o->for_ms };
	rc = txn_begin(&txn, p->store, err);
	if (rc >= 0)
		rc = begin_in(p, o, &d, err);
	if (rc >= 0)
		rc = txn_commit(&txn, err);
	if (rc < 0)
		return rc;
	log_event(LOG_NOTICE, MSG_DRILL_STARTED, "a drill was begun",
		  kv_int("ALERT_ID", d.alert_id), kv_str("WHO", o->who),
		  kv_str("SEVERITY", severity_name(d.severity)),
		  kv_str("REASON", o->reason));
	*ret = d;
	d = (struct drill){ 0 };
	p->on_commit(p->arg);
	return 0;
}

/* --- end --- */

/* One drill on its way out. */
struct ending {
	const struct drill *drill;
	const char *who; /* NULL: it ends by itself */
	int64_t now_ms;
	struct tracked alert; /* as it was before */
	size_t n_told;
	enum drill_result result;
};

static void ending_release(struct ending *e)
{
	tracked_release(&e->alert);
}

/* Targets that accepted it, but for hooks, which are programs. */
static size_t count_told(struct pipeline *p, const struct strlist *targets)
{
	size_t n = 0;

	for (size_t i = 0; i < targets->n; i++) {
		const struct target_conf *c =
			conf_target(p->conf, targets->v[i]);

		n += !c || c->type != TARGET_EXEC;
	}
	return n;
}

static int judge(struct pipeline *p, struct ending *e, struct err *err)
{
	CLEANUP(strlist_release) struct strlist targets = STRLIST_INIT;
	int rc = alerts_find_id(p->store, e->drill->alert_id, &e->alert, err);

	if (rc > 0)
		rc = drill_rows_told(p->store, e->alert.id, &targets, err);
	if (rc < 0)
		return rc;
	e->n_told = count_told(p, &targets);
	if (e->n_told == 0)
		e->result = DRILL_UNREACHED;
	else
		e->result = e->alert.state == ALERT_OPEN ? DRILL_UNANSWERED
							 : DRILL_PASSED;
	return 0;
}

/* The alert closes, unless somebody has closed it. */
static int close_alert(struct pipeline *p, const struct ending *e,
		       struct err *err)
{
	CLEANUP(alert_view_release) struct alert_view v = { 0 };
	const struct sighting at = { .poll = 0, .now_ms = e->now_ms };
	int rc = alerts_load(p->store, e->drill->alert_id, &v, err);

	if (rc <= 0 || v.tracked.state == ALERT_CLOSED)
		return rc < 0 ? rc : 0;
	drill_alert_end(&v.alert, drill_result_name(e->result));
	return pipeline_accept(p, &v.alert, &at, NULL, err);
}

static const char *answered_by(const struct tracked *t)
{
	if (t->state == ALERT_OPEN)
		return NULL;
	return t->acknowledged_by ? t->acknowledged_by : t->closed_by;
}

static int write_end(struct pipeline *p, const struct ending *e,
		     struct err *err)
{
	const struct drill *d = e->drill;
	CLEANUP(free_ptr)
	char *detail =
		story_detail("{s:I, s:s, s:I, s:s*, s:I, s:b}", "drill",
			     (json_int_t)d->id, "result",
			     drill_result_name(e->result), "targets_told",
			     (json_int_t)e->n_told, "answered_by",
			     answered_by(&e->alert), "lasted_ms",
			     (json_int_t)MAX(e->now_ms - d->started_ms, 0),
			     "early", e->who != NULL);

	return audit_add(p->store,
			 &(struct audit_event){
				 .alert_id = d->alert_id,
				 .at_ms = e->now_ms,
				 .actor = e->who ? e->who : "triaged",
				 .kind = "drill-ended",
				 .detail = detail,
			 },
			 err);
}

static void log_end(struct pipeline *p, const struct ending *e)
{
	bool bad = e->result == DRILL_UNREACHED;

	tidings_log(p->store, bad ? LOG_WARNING : LOG_NOTICE, MSG_DRILL_ENDED,
		    "a drill has ended", kv_int("ALERT_ID", e->drill->alert_id),
		    kv_str("WHO", e->drill->asked_by),
		    kv_str("RESULT", drill_result_name(e->result)),
		    kv_int("TARGETS_TOLD", (int64_t)e->n_told),
		    kv_str("BY", e->who ? e->who : "itself"));
}

/* Over, by @who or (NULL) by itself. */
static int drilling_over(struct pipeline *p, const struct drill *d,
			 const char *who, int64_t now_ms,
			 enum drill_result *ret, struct err *err)
{
	CLEANUP(ending_release)
	struct ending e = { .drill = d, .who = who, .now_ms = now_ms };
	int rc = judge(p, &e, err);

	if (rc >= 0)
		rc = close_alert(p, &e, err);
	if (rc >= 0)
		rc = drill_rows_end(p->store, d->id, who ? who : "triaged",
				    e.result, now_ms, err);
	if (rc >= 0)
		rc = write_end(p, &e, err);
	if (rc < 0)
		return rc;
	log_end(p, &e);
	*ret = e.result;
	return 0;
}

static int find_running(struct pipeline *p, int64_t alert_id, struct drill *ret,
			struct err *err)
{
	int rc = drill_rows_running(p->store, ret, err);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no drill runs now");
	if (alert_id && alert_id != ret->alert_id)
		return err_set(err, ERR_NOT_FOUND,
			       "alert %" PRId64 " is no drill that runs; the "
			       "one that runs is alert %" PRId64,
			       alert_id, ret->alert_id);
	return 0;
}

int drilling_end(struct pipeline *p, const struct drill_stop *stop,
		 int64_t *ret_alert_id, enum drill_result *ret, struct err *err)
{
	CLEANUP(txn_end) struct txn txn = TXN_NONE;
	CLEANUP(drill_release) struct drill d = { 0 };
	enum drill_result result;
	int rc = txn_begin(&txn, p->store, err);

	if (rc >= 0)
		rc = find_running(p, stop->alert_id, &d, err);
	if (rc >= 0)
		rc = drilling_over(p, &d, stop->who, stop->now_ms, &result,
				   err);
	if (rc >= 0)
		rc = txn_commit(&txn, err);
	if (rc < 0)
		return rc;
	*ret_alert_id = d.alert_id;
	*ret = result;
	p->on_commit(p->arg);
	return 0;
}

int drilling_run(struct pipeline *p, int64_t now_ms, struct err *err)
{
	CLEANUP(drill_release) struct drill d = { 0 };
	int64_t next_ms = drilling_next_ms(p);
	enum drill_result result;
	int rc;

	if (!next_ms || next_ms > now_ms)
		return 0;
	rc = drill_rows_running(p->store, &d, err);
	if (rc <= 0)
		return rc;
	rc = drilling_over(p, &d, NULL, now_ms, &result, err);
	return rc < 0 ? rc : 1;
}

int64_t drilling_next_ms(struct pipeline *p)
{
	return drill_rows_next_ms(p->store);
}
