/*
 * The decision about one alert: what happened to it, how bad it is now, and
 * what its clock and ladders do. Called by daemon/pipeline for every item of
 * every page, and by what-if. Pure: the same four inputs give the same answer;
 * nothing is stored, sent or remembered here.
 */
#include "triage/triage.h"

#include <stdio.h>
#include <string.h>
#include "triage/rules.h"
#include "triage/sla.h"
#include "util/compiler.h"

/* Activity that a source reports this soon after a close belongs to what was
 * closed (semantics 1). */
#define REOPEN_GRACE_MS INT64_C(300000)

/* Everything a decision is made from; the helpers share it. */
struct question {
	const struct triage *t;
	const struct policy *policy;
	const struct alert *alert;
	const struct tracked *known; /* NULL: first sight */
	const struct surroundings *around;
	int64_t now_ms;
	bool new_content, new_status;
	bool is_news;
};

static void ask(struct question *q, const struct triage *t,
		const struct triage_input *in)
{
	const struct tracked *known = in->known;
	uint8_t hash[ALERT_HASH_SIZE];

	*q = (struct question){ .t = t,
				.policy = triage_policy(t),
				.alert = in->alert,
				.known = known,
				.around = &in->around,
				.now_ms = in->now_ms,
				.is_news = in->is_news };
	if (!known)
		return;
	alert_content_hash(in->alert, hash);
	q->new_content = memcmp(hash, known->content_hash, sizeof(hash)) != 0;
	q->new_status = in->alert->source_state != known->source_state;
}

/* Two doors answer at different speeds: the copy with the older update time
 * must not undo the newer one. */
static bool is_stale(const struct question *q)
{
	return q->alert->source_updated_ms != 0 &&
	       q->alert->source_updated_ms < q->known->source_updated_ms;
}

/*
 * Closed here, alive there. When the source itself had it closed and opened it
 * again, that is news however late. When it was active all along (a human
 * closed it here), only fresh activity inside the window is: anything else
 * would bring back what somebody has just put away.
 */
static bool is_reopened(const struct question *q)
{
	const struct tracked *k = q->known;

	if (k->state != ALERT_CLOSED ||
	    source_state_is_closed(q->alert->source_state))
		return false;
	if (source_state_is_closed(k->source_state))
		return true;
	return q->alert->activity_to_ms > k->closed_ms + REOPEN_GRACE_MS &&
	       q->now_ms <= k->closed_ms + q->policy->reopen_window_ms;
}

static enum transition find_transition(const struct question *q)
{
	bool closed = source_state_is_closed(q->alert->source_state);

	if (!q->known)
		return closed ? TRANSITION_SEEN_CLOSED : TRANSITION_OPENED;
	if (is_stale(q))
		return q->new_content || q->new_status ? TRANSITION_STALE
						       : TRANSITION_NONE;
	/* Before comparing content, which does not cover activity times. */
	if (is_reopened(q))
		return TRANSITION_REOPENED;
	if (!q->new_content && !q->new_status)
		return TRANSITION_NONE;
	/* Only the turn counts: what somebody re-opened here stays open
	 * although the source still has it closed. */
	if (closed && !source_state_is_closed(q->known->source_state) &&
	    q->known->state != ALERT_CLOSED)
		return TRANSITION_CLOSED;
	return TRANSITION_UPDATED;
}

/* Nothing is decided anew: repeat what is stored. */
static void keep_severity(const struct question *q, struct decision *d)
{
	d->base = q->known->base;
	d->severity = q->known->severity;
}

static void find_severity(const struct question *q, struct decision *d)
{
	const struct rule *rule;

	d->base = q->alert->base;
	d->unmapped = q->alert->severity_unmapped;
	/* A copy without a severity says nothing about it. */
	if (q->known && q->alert->severity_absent) {
		d->base = q->known->base;
		d->unmapped = false;
	}
	d->severity = d->base;
	rule = rules_first(q->policy, q->alert, d->base, q->around, q->now_ms);
	if (!rule)
		return;
	d->rule = rule->name;
	d->owner = rule->owner;
	if (rule->tags.n > 0)
		d->tags = &rule->tags;
	if (rule->sets_severity)
		d->severity = rule->severity;
}

static void compare_severity(const struct question *q, struct decision *d)
{
	if (!q->known)
		return;
	d->severity_rose = d->severity > q->known->severity;
	d->severity_fell = d->severity < q->known->severity;
}

static void describe_change(const struct question *q, struct decision *d)
{
	bool severity = d->severity_rose || d->severity_fell ||
			(q->known && d->base != q->known->base);

	if (!q->known)
		return;
	snprintf(d->changed, sizeof(d->changed), "%s%s%s%s%s",
		 severity ? "severity" : "",
		 severity && q->new_status ? "," : "",
		 q->new_status ? "status" : "",
		 (severity || q->new_status) && q->new_content ? "," : "",
		 q->new_content ? "content" : "");
}

/* Older than anybody is still waiting for, when its source is read the first
 * time. */
static bool is_historical(const struct question *q)
{
	int64_t created_ms = q->alert->created_ms;

	return !q->is_news && created_ms != 0 &&
	       created_ms < q->now_ms - q->policy->import_horizon_ms;
}

/* What rises to a level with a clock did not ask for one before, whatever the
 * policy counts from. */
static enum start_basis find_start(const struct question *q,
				   const struct decision *d, int64_t *ret_ms)
{
	const struct alert *a = q->alert;

	if (d->transition == TRANSITION_OPENED)
		return sla_start(q->policy, a->created_ms, q->now_ms, 0,
				 ret_ms);
	if (d->transition == TRANSITION_REOPENED)
		return sla_start(q->policy, a->source_updated_ms, q->now_ms,
				 q->known->closed_ms, ret_ms);
	*ret_ms = q->now_ms;
	return q->policy->sla_start == SLA_START_SEEN ? START_SEEN : START_ROSE;
}

/*
 * A clock and a ladder of their own. Work that the source says has begun stops
 * the clock at once, so that the row shows it met; the ladder still tells
 * people, since automation sets that status too.
 */
static int start_clock(const struct question *q, struct decision *d,
		       struct err *err)
{
	int64_t start_ms;
	int rc;

	if (d->severity == SEVERITY_INFO)
		return 0;
	d->start = find_start(q, d, &start_ms);
	rc = sla_plan(q->t, d->severity, start_ms, &d->clock, err);
	if (rc < 0)
		return rc;
	d->clock_start = d->clock.due_ms != 0;
	d->clock_stop =
		d->clock_start && q->alert->source_state == SOURCE_IN_PROGRESS;
	d->ladder_start = true;
	return 0;
}

static int first_sight(const struct question *q, struct decision *d,
		       struct err *err)
{
	d->historical = is_historical(q);
	if (d->transition == TRANSITION_SEEN_CLOSED || d->historical)
		return 0;
	return start_clock(q, d, err);
}

/* The clock of the present episode as planned when it began; due_ms 0: it has
 * none. */
static int present_clock(const struct question *q, struct clock_row *ret,
			 struct err *err)
{
	const struct tracked *k = q->known;
	struct clock_plan plan = { .due_ms = 0 };
	int64_t start_ms =
		k->clock_started_ms ? k->clock_started_ms : k->episode_ms;
	int rc;

	if (!k->historical) {
		rc = sla_plan(q->t, k->severity, start_ms, &plan, err);
		if (rc < 0)
			return rc;
	}
	*ret = (struct clock_row){ .alert_id = k->id,
				   .episode = k->episode,
				   .severity = k->severity,
				   .started_ms = start_ms,
				   .due_ms = plan.due_ms };
	return 0;
}

static int move_clock(const struct question *q, const struct clock_row *clock,
		      struct decision *d, struct err *err)
{
	int rc;

	rc = sla_replan(q->t, clock, d->severity, q->now_ms, &d->clock, err);
	if (rc < 0)
		return rc;
	d->clock_move = d->clock.due_ms != 0;
	d->clock_stop = !d->clock_move;
	return 0;
}

/*
 * Worse than before: who acknowledged it did so for less. What had no clock
 * (information, or history) starts one now, because nobody could have known
 * earlier.
 */
static int severity_rises(const struct question *q, struct decision *d,
			  struct err *err)
{
	struct clock_row clock;
	int rc;

	d->withdraw_ack = q->known->state == ALERT_ACKNOWLEDGED;
	rc = present_clock(q, &clock, err);
	if (rc < 0)
		return rc;
	if (clock.due_ms == 0) {
		d->historical = false;
		return start_clock(q, d, err);
	}
	d->ladder_start = true;
	return move_clock(q, &clock, d, err);
}

static int severity_falls(const struct question *q, struct decision *d,
			  struct err *err)
{
	struct clock_row clock;
	int rc;

	d->ladder_stop = d->severity == SEVERITY_INFO;
	rc = present_clock(q, &clock, err);
	if (rc < 0 || clock.due_ms == 0)
		return rc;
	return move_clock(q, &clock, d, err);
}

static int update(const struct question *q, struct decision *d, struct err *err)
{
	int rc = 0;

	/* Put away: its content is kept up to date, and nobody is woken. */
	if (q->known->state == ALERT_CLOSED)
		return 0;
	if (d->severity_rose)
		rc = severity_rises(q, d, err);
	else if (d->severity_fell)
		rc = severity_falls(q, d, err);
	if (rc < 0)
		return rc;
	if (q->new_status && q->alert->source_state == SOURCE_IN_PROGRESS)
		d->clock_stop = true;
	return 0;
}

static int follow(const struct question *q, struct decision *d, struct err *err)
{
	int rc = 0;

	if (d->quiet) {
		d->historical = true;
		return 0;
	}
	switch (d->transition) {
	case TRANSITION_NONE:
	case TRANSITION_STALE:
		break;
	case TRANSITION_OPENED:
	case TRANSITION_SEEN_CLOSED:
		rc = first_sight(q, d, err);
		break;
	case TRANSITION_UPDATED:
		rc = update(q, d, err);
		break;
	case TRANSITION_CLOSED:
		d->clock_stop = true;
		d->ladder_stop = true;
		break;
	case TRANSITION_REOPENED:
		d->historical = false;
		rc = start_clock(q, d, err);
		break;
	}
	return rc;
}

int triage_decide_input(const struct triage *t, const struct triage_input *in,
			struct decision *ret, struct err *err)
{
	struct decision d = { 0 };
	struct question q;
	int rc;

	ask(&q, t, in);
	d.transition = find_transition(&q);
	d.policy_hash = q.policy->hash;
	d.historical = in->known && in->known->historical;
	d.quiet = in->alert->imported &&
		  (!in->known || !in->known->clock_started_ms);
	if (d.transition == TRANSITION_NONE ||
	    d.transition == TRANSITION_STALE) {
		keep_severity(&q, &d);
	} else {
		find_severity(&q, &d);
		compare_severity(&q, &d);
		describe_change(&q, &d);
	}
	rc = follow(&q, &d, err);
	if (rc < 0)
		return rc;
	*ret = d;
	return 0;
}

int triage_decide(const struct triage *t, const struct alert *alert,
		  const struct tracked *known, int64_t now_ms,
		  struct decision *ret, struct err *err)
{
	const struct triage_input in = { .alert = alert,
					 .known = known,
					 .now_ms = now_ms };

	return triage_decide_input(t, &in, ret, err);
}
