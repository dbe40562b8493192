/*
 * What the tests of noise share: a policy with the shipped limits, an alert,
 * and a caller that does with a verdict what the daemon does: send, or put into
 * a bundle, and note it.
 */
#ifndef TESTS_TRIAGE_NOISE_RIG_H
#define TESTS_TRIAGE_NOISE_RIG_H

#include <stdio.h>
#include "triage/fixture.h"
#include "triage/noise.h"
#include "triage/silences.h"

struct rig {
	struct policy policy;
	struct triage *triage;
	struct noise *noise;
	struct alert alert;
	struct strlist tags;
};

static inline void rig_init(struct rig *r)
{
	struct policy *p = &r->policy;

	memset(r, 0, sizeof(*r));
	init_policy(p);
	p->group_wait_ms[SEVERITY_HIGH] = 30000;
	p->group_wait_ms[SEVERITY_MEDIUM] = 5 * MINUTE_MS;
	p->group_wait_ms[SEVERITY_LOW] = 5 * MINUTE_MS;
	p->storm = (struct storm_plan){ 20, 5 * MINUTE_MS, 5 * MINUTE_MS };
	p->critical_storm = (struct storm_plan){ 4, 5 * MINUTE_MS, 55000 };
	alert_init(&r->alert);
	r->alert.tenant = xstrdup("contoso");
	r->alert.title = xstrdup("Port scan");
}

/* Once the policy is as the test wants it. */
static inline void rig_start(struct rig *r)
{
	struct err err = ERR_INIT;

	r->triage = triage_new(&r->policy, NOW_MS, NULL, &err);
	if (!r->triage)
		fail_msg("%s", err.text);
	r->noise = noise_new(r->triage);
}

static inline void rig_release(struct rig *r)
{
	noise_free(r->noise);
	triage_free(r->triage);
	alert_release(&r->alert);
	strlist_release(&r->tags);
	policy_release(&r->policy);
}

static inline void add_quiet(struct policy *p, const char *target, int from,
			     int to)
{
	struct quiet_plan *q;

	p->quiet = xreallocarray(p->quiet, p->n_quiet + 1, sizeof(*p->quiet));
	q = &p->quiet[p->n_quiet++];
	memset(q, 0, sizeof(*q));
	q->target = xstrdup(target);
	init_calendar(&q->hours, "quiet-hours", "UTC", 7,
		      (struct hours_span){ from, to });
}

static inline struct maintenance_plan *add_work(struct policy *p,
						const char *name)
{
	struct maintenance_plan *m;

	p->maintenance = xreallocarray(p->maintenance, p->n_maintenance + 1,
				       sizeof(*p->maintenance));
	m = &p->maintenance[p->n_maintenance++];
	memset(m, 0, sizeof(*m));
	m->name = xstrdup(name);
	return m;
}

static inline struct noise_offer offer(const struct rig *r,
				       enum severity severity,
				       const char *group, int64_t now_ms)
{
	return (struct noise_offer){
		.subject = { .alert = &r->alert,
			     .severity = severity,
			     .tags = &r->tags },
		.target = "soc",
		.kind = NOTICE_OPENED,
		.group = group,
		.first = true,
		.now_ms = now_ms,
	};
}

static inline struct noise_verdict judge(const struct rig *r,
					 const struct noise_offer *o)
{
	struct noise_verdict v;

	noise_judge(r->noise, o, &v);
	return v;
}

static inline struct noise_notice notice_of(const struct noise_offer *o,
					    enum noise_cause held)
{
	return (struct noise_notice){
		.target = o->target,
		.group = o->group,
		.severity = o->subject.severity,
		.tactics = o->subject.alert->tactics,
		.crown_jewel = noise_is_crown_jewel(o->subject.tags),
		.first = o->first,
		.held = held,
		.leaves = o->leaves,
		.now_ms = o->now_ms,
	};
}

/* Judge it and note what follows; returns the cause. */
static inline enum noise_cause pass(struct rig *r, const struct noise_offer *o)
{
	struct noise_verdict v = judge(r, o);
	struct noise_notice s = notice_of(o, v.place.cause);

	if (v.place.cause == NOISE_NONE || v.place.cause == NOISE_GROUP ||
	    v.place.cause == NOISE_STORM)
		noise_note(r->noise, &s);
	return v.place.cause;
}

static inline void note_summary(struct rig *r, bool critical, int64_t now_ms)
{
	struct noise_notice s = {
		.target = "soc",
		.severity = critical ? SEVERITY_CRITICAL : SEVERITY_HIGH,
		.summary = true,
		.now_ms = now_ms,
	};

	noise_note(r->noise, &s);
}

#endif
