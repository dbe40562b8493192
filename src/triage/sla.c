/*
 * SLA clocks. Called by decide.c and by the timed jobs of daemon/. Pure: no
 * store, no time of its own. What a clock's events make anybody do is not
 * known here.
 */
#include "triage/sla.h"

#include <stdio.h>
#include <string.h>
#include "util/compiler.h"
#include "util/timefmt.h"

/* Rising to critical always leaves the team a moment to react. */
#define CRITICAL_GRACE_MS INT64_C(900000)

const struct sla_target *sla_target_of(const struct policy *p,
				       enum clock_kind clock,
				       enum severity severity)
{
	return clock == CLOCK_RESOLVE ? &p->resolve[severity]
				      : &p->triage[severity];
}

enum start_basis sla_start(const struct policy *p, int64_t source_ms,
			   int64_t seen_ms, int64_t after_ms, int64_t *ret_ms)
{
	*ret_ms = seen_ms;
	if (p->sla_start == SLA_START_SEEN)
		return START_SEEN;
	if (source_ms == 0)
		return START_UNDATED;
	if (source_ms > seen_ms)
		return START_FUTURE;
	if (source_ms < seen_ms - p->import_horizon_ms)
		return START_TOO_OLD;
	if (source_ms < after_ms)
		return START_BEFORE_CLOSE;
	*ret_ms = source_ms;
	return START_SOURCE;
}

static int find_calendar(const struct triage *t, enum severity severity,
			 const char *name, const struct calendar **ret,
			 struct err *err)
{
	*ret = triage_calendar(t, name);
	if (*ret)
		return 0;
	return err_set(err, ERR_CONF,
		       "the SLA of %s needs the calendar \"%.64s\", which is "
		       "not configured",
		       severity_name(severity), name ? name : "");
}

static int plan_elapsed(const struct triage *t, const struct sla_target *target,
			enum severity severity, struct clock_plan *plan,
			struct err *err)
{
	const char *name = target->calendar;
	const struct calendar *c;
	char span[TIMEFMT_MAX];
	int rc;

	snprintf(plan->policy, sizeof(plan->policy), "%s %s%s%.32s",
		 severity_name(severity),
		 timefmt_duration(target->elapsed_ms, span), name ? " " : "",
		 name ? name : "");
	if (!name) {
		plan->due_ms = plan->started_ms + target->elapsed_ms;
		return 0;
	}
	rc = find_calendar(t, severity, name, &c, err);
	if (rc < 0)
		return rc;
	return calendar_add_open(c, plan->started_ms, target->elapsed_ms,
				 &plan->due_ms, err);
}

static int plan_business_day(const struct triage *t,
			     const struct sla_target *target,
			     enum severity severity, struct clock_plan *plan,
			     struct err *err)
{
	const struct calendar *c;
	int64_t open_ms;
	int rc;

	rc = find_calendar(t, severity, target->calendar, &c, err);
	if (rc < 0)
		return rc;
	snprintf(plan->policy, sizeof(plan->policy),
		 "%s next-business-day %.32s", severity_name(severity),
		 target->calendar);
	return calendar_next_business_day(c, plan->started_ms, &open_ms,
					  &plan->due_ms, err);
}

int sla_plan_clock(const struct triage *t, enum clock_kind clock,
		   enum severity severity, int64_t start_ms,
		   struct clock_plan *ret, struct err *err)
{
	const struct sla_target *target =
		sla_target_of(triage_policy(t), clock, severity);
	struct clock_plan plan = { .started_ms = start_ms };
	enum sla_kind kind = target->kind;
	int rc = 0;

	/* Information has no clock whatever the policy says (semantics 2). */
	if (severity == SEVERITY_INFO)
		kind = SLA_NONE;
	switch (kind) {
	case SLA_NONE:
		snprintf(plan.policy, sizeof(plan.policy), "%s none",
			 severity_name(severity));
		break;
	case SLA_ELAPSED:
		rc = plan_elapsed(t, target, severity, &plan, err);
		break;
	case SLA_NEXT_BUSINESS_DAY:
		rc = plan_business_day(t, target, severity, &plan, err);
		break;
	}
	if (rc == 0)
		*ret = plan;
	return rc;
}

int sla_plan(const struct triage *t, enum severity severity, int64_t start_ms,
	     struct clock_plan *ret, struct err *err)
{
	return sla_plan_clock(t, CLOCK_TRIAGE, severity, start_ms, ret, err);
}

int sla_replan(const struct triage *t, const struct clock_row *clock,
	       enum severity severity, int64_t now_ms, struct clock_plan *ret,
	       struct err *err)
{
	struct clock_plan plan;
	int rc;

	rc = sla_plan_clock(t, clock->kind, severity, clock->started_ms, &plan,
			    err);
	if (rc < 0)
		return rc;
	if (plan.due_ms != 0)
		plan.due_ms += clock->waited_ms;
	if (severity > clock->severity) {
		/* A worse alert never has more time than it had. */
		if (plan.due_ms == 0)
			plan.due_ms = clock->due_ms;
		else if (clock->due_ms != 0)
			plan.due_ms = MIN(plan.due_ms, clock->due_ms);
		if (severity == SEVERITY_CRITICAL && plan.due_ms != 0)
			plan.due_ms =
				MAX(plan.due_ms, now_ms + CRITICAL_GRACE_MS);
	}
	*ret = plan;
	return 0;
}

/* @ms of the business hours that a clock counts, from its start. False when it
 * counts none. */
static bool counted(const struct triage *t, const struct clock_row *clock,
		    int64_t ms, int64_t *ret_ms)
{
	const struct sla_target *target =
		sla_target_of(triage_policy(t), clock->kind, clock->severity);
	const struct calendar *c = triage_calendar(t, target->calendar);
	struct err err = ERR_INIT; /* then the plain share has to do */

	return c && target->kind == SLA_ELAPSED &&
	       calendar_add_open(c, clock->started_ms, ms, ret_ms, &err) == 0;
}

/* What a clock spent on hold lies before any mark that is still to come. */
int64_t sla_percent_ms(const struct triage *t, const struct clock_row *clock,
		       int percent)
{
	const struct sla_target *target =
		sla_target_of(triage_policy(t), clock->kind, clock->severity);
	int64_t from_ms = clock->started_ms + clock->waited_ms;
	int64_t whole_ms = target->elapsed_ms;
	int64_t end_ms, at_ms;

	if (counted(t, clock, whole_ms, &end_ms) &&
	    end_ms + clock->waited_ms == clock->due_ms &&
	    counted(t, clock, whole_ms * percent / 100, &at_ms))
		return at_ms + clock->waited_ms;
	return from_ms + (clock->due_ms - from_ms) * percent / 100;
}

bool sla_is_running(const struct clock_row *clock)
{
	return clock->due_ms != 0 && clock->stopped_ms == 0 &&
	       clock->breached_ms == 0;
}

void sla_tick(const struct triage *t, const struct clock_row *clock,
	      int64_t now_ms, int64_t up_since_ms, struct sla_tick *ret)
{
	const struct {
		enum sla_event event;
		int warned; /* what must not have been said yet */
		int64_t at_ms, next_ms;
	} marks[] = {
		{ SLA_BREACH, 100, clock->due_ms, 0 },
		{ SLA_WARN_80, 80, sla_percent_ms(t, clock, 80),
		  clock->due_ms },
		{ SLA_WARN_50, 50, sla_percent_ms(t, clock, 50),
		  sla_percent_ms(t, clock, 80) },
	};

	*ret = (struct sla_tick){ .next_ms = sla_next_ms(t, clock) };
	if (!sla_is_running(clock) || clock->held_ms != 0)
		return;
	/* Worst first: what fell due beside it is not worth saying any more. */
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (now_ms < marks[i].at_ms || clock->warned >= marks[i].warned)
			continue;
		ret->event = marks[i].event;
		ret->at_ms = marks[i].at_ms;
		ret->while_down = marks[i].at_ms < up_since_ms;
		ret->next_ms = marks[i].next_ms;
		return;
	}
}

int64_t sla_next_ms(const struct triage *t, const struct clock_row *clock)
{
	if (!sla_is_running(clock))
		return 0;
	if (clock->held_ms != 0)
		return clock->hold_until_ms;
	if (clock->warned < 50)
		return sla_percent_ms(t, clock, 50);
	if (clock->warned < 80)
		return sla_percent_ms(t, clock, 80);
	return clock->due_ms;
}
