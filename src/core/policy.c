/*
 * The life of policy records: conf/ builds them, and they are freed here.
 * Knows neither the file they came from nor what they mean.
 */
#include "core/policy.h"

#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"

static const char *const match_key_names[] = {
	[MATCH_SEVERITY] = "severity",
	[MATCH_SOURCE] = "source",
	[MATCH_PROVIDER] = "provider",
	[MATCH_TENANT] = "tenant",
	[MATCH_SUBSCRIPTION] = "subscription",
	[MATCH_RESOURCE] = "resource",
	[MATCH_RESOURCE_TYPE] = "resource-type",
	[MATCH_ALERT_TYPE] = "alert-type",
	[MATCH_TITLE] = "title",
	[MATCH_ENTITY] = "entity",
	[MATCH_TACTIC] = "tactic",
	[MATCH_TECHNIQUE] = "technique",
	[MATCH_STATUS] = "status",
	[MATCH_TAG] = "tag",
	[MATCH_INCIDENT] = "incident",
	[MATCH_CATEGORY] = "category",
	[MATCH_POLICY] = "policy",
	[MATCH_ACCOUNT] = "account",
};

_Static_assert(ARRAY_SIZE(match_key_names) == MATCH_KEY_MAX, "a key lacks one");

const char *match_key_name(enum match_key k)
{
	return (unsigned)k < MATCH_KEY_MAX ? match_key_names[k] : "unknown";
}

void match_release(struct match *m)
{
	for (size_t i = 0; i < MATCH_KEY_MAX; i++)
		strlist_release(&m->globs[i]);
	if (m->deny) {
		match_release(m->deny);
		free(m->deny);
	}
	m->deny = NULL;
}

void rule_release(struct rule *r)
{
	free(r->name);
	match_release(&r->when);
	free(r->owner);
	strlist_release(&r->tags);
	free(r->reason);
	memset(r, 0, sizeof(*r));
}

void route_release(struct route *r)
{
	free(r->name);
	match_release(&r->when);
	for (size_t i = 0; i < r->n_steps; i++)
		strlist_release(&r->steps[i].notify);
	free(r->steps);
	if (r->digest) {
		free(r->digest->calendar);
		strlist_release(&r->digest->notify);
		free(r->digest);
	}
	memset(r, 0, sizeof(*r));
}

static void calendar_days_release(struct calendar_day *days, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(days[i].spans);
	free(days);
}

void calendar_def_release(struct calendar_def *c)
{
	free(c->name);
	free(c->timezone);
	for (size_t i = 0; i < ARRAY_SIZE(c->spans); i++)
		free(c->spans[i]);
	calendar_days_release(c->closed, c->n_closed);
	calendar_days_release(c->special, c->n_special);
	free(c->holidays);
	memset(c, 0, sizeof(*c));
}

void rotation_release(struct rotation *r)
{
	free(r->name);
	free(r->timezone);
	strlist_release(&r->members);
	for (size_t i = 0; i < r->n_overrides; i++)
		free(r->overrides[i].member);
	free(r->overrides);
	memset(r, 0, sizeof(*r));
}

void quiet_plan_release(struct quiet_plan *q)
{
	free(q->target);
	calendar_def_release(&q->hours);
	memset(q, 0, sizeof(*q));
}

void maintenance_plan_release(struct maintenance_plan *m)
{
	free(m->name);
	free(m->owner);
	free(m->reason);
	match_release(&m->when);
	calendar_def_release(&m->hours);
	memset(m, 0, sizeof(*m));
}

void policy_release(struct policy *p)
{
	for (size_t i = 0; i < SEVERITY_MAX; i++) {
		free(p->triage[i].calendar);
		free(p->resolve[i].calendar);
	}
	for (size_t i = 0; i < p->n_rules; i++)
		rule_release(&p->rules[i]);
	free(p->rules);
	strlist_release(&p->crown_jewels);
	strlist_release(&p->always_critical);
	strlist_release(&p->privileged_accounts);
	for (size_t i = 0; i < p->n_routes; i++)
		route_release(&p->routes[i]);
	free(p->routes);
	for (size_t i = 0; i < p->n_calendars; i++)
		calendar_def_release(&p->calendars[i]);
	free(p->calendars);
	for (size_t i = 0; i < p->n_rotations; i++)
		rotation_release(&p->rotations[i]);
	free(p->rotations);
	strlist_release(&p->machines);
	for (size_t i = 0; i < p->n_quiet; i++)
		quiet_plan_release(&p->quiet[i]);
	free(p->quiet);
	for (size_t i = 0; i < p->n_maintenance; i++)
		maintenance_plan_release(&p->maintenance[i]);
	free(p->maintenance);
	free(p->fallback);
	memset(p, 0, sizeof(*p));
}
