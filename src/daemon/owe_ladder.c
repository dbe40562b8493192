/*
 * Ladders: which route carries an alert, which steps are due, who is owed what
 * by each. The part of owe.h that escalates.
 *
 * A stored ladder names its route. After a reload the route of that name is
 * climbed as it is now, so that a changed on-call target takes effect at once;
 * a route that is gone ends in one notice to the fallback.
 *
 * tested with: test_owe test_pipeline
 */
#include "daemon/owe.h"

#include <stdio.h>
#include <string.h>

#include "daemon/story.h"
#include "store/audit.h"
#include "store/clocks.h"
#include "store/outbox.h"
#include "triage/ladder.h"
#include "util/xmalloc.h"

#define ROUTES_MAX 8

/* What a climb needs to know besides the stored row. */
struct climb {
	int64_t id, episode;
	const struct alert *alert;
	enum severity severity;
	enum notice_kind first; /* kind of the very first message */
	const char *cause; /* why the ladder runs, for the reason line */
	const struct clock_row *clock; /* NULL: none */
	int64_t now_ms;
};

static int climb_event(struct pipeline *p, const struct climb *c,
		       const struct ladder_row *row, struct err *err)
{
	CLEANUP(free_ptr)
	char *detail = row->repeat
			       ? story_detail("{s:s, s:i, s:i}", "route",
					      row->route, "step", row->step + 1,
					      "repeat", row->repeat)
			       : story_detail("{s:s, s:i}", "route", row->route,
					      "step", row->step + 1);
	int rc;

	rc = audit_add(p->store,
		       &(struct audit_event){
			       .alert_id = c->id,
			       .at_ms = c->now_ms,
			       .actor = "triaged",
			       .kind = "escalated",
			       .detail = detail,
		       },
		       err);
	if (rc < 0)
		return rc;
	story_tell(p, &(struct news){
			      .kind = NEWS_ESCALATED,
			      .alert_id = c->id,
			      .alert = c->alert,
			      .severity = c->severity,
			      .due_ms = c->clock ? c->clock->due_ms : 0,
			      .detail = row->route,
		      });
	return 0;
}

/* Nobody of the step has the duty: the fallback gets it, and that is written
 * down. */
static int climb_skipped(struct pipeline *p, const struct climb *c,
			 const struct ladder_row *row, const struct owing *o,
			 struct err *err)
{
	const char *fallback = p->conf->policy.fallback;
	CLEANUP(free_ptr)
	char *reason = xasprintf("%s; nobody is on call there, you are the "
				 "fallback",
				 o->reason);
	CLEANUP(free_ptr)
	char *detail =
		story_detail("{s:s, s:i, s:s}", "route", row->route, "step",
			     row->step + 1, "fallback", fallback);
	struct owing own = *o;
	int rc;

	own.reason = reason;
	rc = owe_target(p, &own, fallback, err);
	if (rc < 0)
		return rc;
	rc = audit_add(p->store,
		       &(struct audit_event){
			       .alert_id = c->id,
			       .at_ms = c->now_ms,
			       .actor = "triaged",
			       .kind = "skipped",
			       .detail = detail,
		       },
		       err);
	if (rc < 0)
		return rc;
	story_tell(p, &(struct news){
			      .kind = NEWS_SKIPPED,
			      .alert_id = c->id,
			      .alert = c->alert,
			      .severity = c->severity,
			      .due_ms = c->clock ? c->clock->due_ms : 0,
			      .detail = row->route,
		      });
	return 0;
}

static int climb_step(struct pipeline *p, const struct climb *c,
		      const struct route *route, const struct ladder_row *row,
		      struct err *err)
{
	const struct ladder_step *step = &route->steps[row->step];
	bool first = row->step == 0 && row->repeat == 0;
	CLEANUP(free_ptr)
	char *reason = xasprintf("%s; step %d of %zu of %s%s", c->cause,
				 row->step + 1, route->n_steps, route->name,
				 row->repeat ? ", repeated" : "");
	struct owing o = {
		.alert_id = c->id,
		.episode = c->episode,
		.alert = c->alert,
		.severity = c->severity,
		.kind = first ? c->first : NOTICE_ESCALATED,
		.step = row->step,
		.transition = row->started_ms + row->repeat,
		.reason = reason,
		.now_ms = c->now_ms,
	};
	int rc = 0, n_told = 0;

	for (size_t i = 0; i < step->notify.n && rc >= 0; i++) {
		rc = owe_named(p, &o, step->notify.v[i], err);
		n_told += rc > 0;
	}
	if (rc >= 0 && n_told == 0)
		rc = climb_skipped(p, c, row, &o, err);
	if (rc >= 0 && !first)
		rc = climb_event(p, c, row, err);
	return rc;
}

/* Take what is due, move on, and store where the ladder stands. */
static int climb(struct pipeline *p, const struct climb *c,
		 const struct route *route, struct ladder_row *row,
		 struct err *err)
{
	int taken = -1;
	int rc;

	while (row->next_ms && row->next_ms <= c->now_ms) {
		if (row->step != taken) {
			rc = climb_step(p, c, route, row, err);
			if (rc < 0)
				return rc;
			taken = row->step;
		}
		rc = ladder_advance(p->triage, route, c->clock, row, err);
		if (rc < 0)
			return rc;
	}
	return ladders_save(p->store, row, err);
}

static int start_digest(struct pipeline *p, const struct climb *c,
			const struct route *route, struct err *err)
{
	const struct digest_plan *plan = route->digest;
	const struct calendar *calendar =
		triage_calendar(p->triage, plan->calendar);
	int64_t due_ms = c->now_ms;
	struct owing o = {
		.alert_id = c->id,
		.episode = c->episode,
		.alert = c->alert,
		.severity = c->severity,
		.kind = c->first,
		.transition = c->now_ms,
		.reason = c->cause,
		.now_ms = c->now_ms,
	};
	int rc;

	if (calendar) {
		rc = calendar_next_at(calendar, c->now_ms, plan->at_minute,
				      &due_ms, err);
		if (rc < 0)
			return rc;
	}
	for (size_t i = 0; i < plan->notify.n; i++) {
		rc = owe_digest(p, &o, route->name, plan->notify.v[i], due_ms,
				err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int start_route(struct pipeline *p, const struct climb *c,
		       const struct route *route, struct err *err)
{
	struct ladder_row row = {
		.alert_id = c->id,
		.episode = c->episode,
		.started_ms = c->now_ms,
	};
	int rc;

	if (route->digest)
		return start_digest(p, c, route, err);
	(void)snprintf(row.route, sizeof(row.route), "%s", route->name);
	rc = ladder_due(p->triage, route, &row, c->clock, &row.next_ms, err);
	if (rc < 0)
		return rc;
	rc = ladders_start(p->store, &row, err);
	if (rc < 0)
		return rc;
	return climb(p, c, route, &row, err);
}

/* No route covers it: the fallback gets it, and that is written down. */
static int start_unrouted(struct pipeline *p, const struct climb *c,
			  struct err *err)
{
	CLEANUP(free_ptr)
	char *reason = xasprintf("%s; no route covers it, you are the fallback",
				 c->cause);
	CLEANUP(free_ptr)
	char *detail =
		story_detail("{s:s}", "fallback", p->conf->policy.fallback);
	int rc;

	rc = owe_target(p,
			&(struct owing){
				.alert_id = c->id,
				.episode = c->episode,
				.alert = c->alert,
				.severity = c->severity,
				.kind = c->first,
				.transition = c->now_ms,
				.reason = reason,
				.now_ms = c->now_ms,
			},
			p->conf->policy.fallback, err);
	if (rc < 0)
		return rc;
	rc = audit_add(p->store,
		       &(struct audit_event){
			       .alert_id = c->id,
			       .at_ms = c->now_ms,
			       .actor = "triaged",
			       .kind = "unrouted",
			       .detail = detail,
		       },
		       err);
	if (rc < 0)
		return rc;
	story_tell(p, &(struct news){
			      .kind = NEWS_UNROUTED,
			      .alert_id = c->id,
			      .alert = c->alert,
			      .severity = c->severity,
		      });
	return 0;
}

static int start_all(struct pipeline *p, const struct climb *c,
		     const struct strlist *tags, struct err *err)
{
	const struct route *routes[ROUTES_MAX];
	struct match_subject subject = {
		.alert = c->alert,
		.severity = c->severity,
		.tags = tags,
	};
	size_t n;
	int rc;

	if (c->severity == SEVERITY_INFO)
		return 0;
	rc = ladders_stop(p->store, c->id, c->episode, "begun again", err);
	if (rc < 0)
		return rc;
	n = ladder_routes(p->triage, &subject, routes, ROUTES_MAX);
	if (n == 0)
		return start_unrouted(p, c, err);
	for (size_t i = 0; i < n; i++) {
		rc = start_route(p, c, routes[i], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static enum notice_kind first_kind(const struct subject *s)
{
	switch (s->decision->transition) {
	case TRANSITION_REOPENED:
		return NOTICE_REOPENED;
	case TRANSITION_UPDATED:
		return NOTICE_UPDATED;
	case TRANSITION_NONE:
	case TRANSITION_OPENED:
	case TRANSITION_SEEN_CLOSED:
	case TRANSITION_CLOSED:
	case TRANSITION_STALE:
		break;
	}
	return NOTICE_OPENED;
}

int owe_ladder(struct pipeline *p, const struct subject *s, struct err *err)
{
	CLEANUP(free_ptr) char *cause = NULL;
	const struct decision *d = s->decision;
	struct clock_row clock = {
		.alert_id = s->id,
		.episode = s->episode,
		.severity = d->severity,
		.started_ms = d->clock.started_ms,
		.due_ms = d->clock.due_ms,
	};

	if (d->severity_rose && s->known)
		cause = xasprintf("severity rose from %s to %s",
				  severity_name(s->known->severity),
				  severity_name(d->severity));
	else if (d->rule)
		cause = xasprintf("severity %s by rule %s",
				  severity_name(d->severity), d->rule);
	else
		cause = xasprintf("severity %s", severity_name(d->severity));
	return start_all(p,
			 &(struct climb){
				 .id = s->id,
				 .episode = s->episode,
				 .alert = s->alert,
				 .severity = d->severity,
				 .first = first_kind(s),
				 .cause = cause,
				 .clock = d->clock.due_ms ? &clock : NULL,
				 .now_ms = s->at->now_ms,
			 },
			 d->tags, err);
}

int owe_ladder_again(struct pipeline *p, const struct alert_view *v,
		     const char *who, int64_t now_ms, struct err *err)
{
	const struct tracked *t = &v->tracked;
	CLEANUP(free_ptr)
	char *cause = xasprintf("%s acknowledged it and nothing followed", who);
	struct clock_row clock = { 0 };
	int rc;

	rc = clocks_get(p->store, t->id, t->episode, &clock, err);
	if (rc < 0)
		return rc;
	return start_all(p,
			 &(struct climb){
				 .id = t->id,
				 .episode = t->episode,
				 .alert = &v->alert,
				 .severity = t->severity,
				 .first = NOTICE_ESCALATED,
				 .cause = cause,
				 .clock = rc > 0 ? &clock : NULL,
				 .now_ms = now_ms,
			 },
			 &v->tags, err);
}

int owe_steps(struct pipeline *p, const struct alert_view *v,
	      struct ladder_row *row, int64_t now_ms, struct err *err)
{
	const struct tracked *t = &v->tracked;
	const struct route *route = ladder_route_named(p->triage, row->route);
	CLEANUP(free_ptr)
	char *cause = xasprintf("severity %s, nobody has answered",
				severity_name(t->severity));
	struct clock_row clock = { 0 };
	struct climb c = {
		.id = t->id,
		.episode = t->episode,
		.alert = &v->alert,
		.severity = t->severity,
		.first = t->episode > 1 ? NOTICE_REOPENED : NOTICE_OPENED,
		.cause = cause,
		.now_ms = now_ms,
	};
	int rc;

	rc = clocks_get(p->store, t->id, t->episode, &clock, err);
	if (rc < 0)
		return rc;
	c.clock = rc > 0 ? &clock : NULL;
	if (route && (size_t)row->step < route->n_steps)
		return climb(p, &c, route, row, err);
	row->next_ms = 0;
	rc = ladders_save(p->store, row, err);
	if (rc < 0 || route)
		return rc;
	return start_unrouted(p, &c, err);
}
