/*
 * What holds without being configured: promotion rules behind the configured
 * ones, the routes of a configuration without routes, and a calendar for one
 * without calendars. Called by files.c. The figures are those of the
 * manual's section SHIPPED RULES AND ROUTES.
 *
 * tested with: test_load
 */
#include "conf/conf_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/xmalloc.h"

#define MINUTE_MS (60 * (int64_t)1000)
#define CALENDAR_NAME "default"

/* Every one needs base high, so none of them can lower anything. */
static const struct shipped_rule {
	const char *name;
	enum match_key key;
	const char *globs[2];
} rules[] = {
	{ "default-incident", MATCH_INCIDENT, { "yes" } },
	{ "default-intent", MATCH_TACTIC, { "Exfiltration", "Impact" } },
	/* Detectors after which every minute counts, whatever else is known. */
	{ "default-always-critical", MATCH_ALERT_TYPE, { "*ransomware*" } },
};

bool shipped_has_rule(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (strcmp(rules[i].name, name) == 0)
			return true;
	return false;
}

void shipped_rules(struct policy *p)
{
	p->rules = xreallocarray(p->rules, p->n_rules + ARRAY_SIZE(rules),
				 sizeof(*p->rules));
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		struct rule r = { .sets_severity = true,
				  .severity = SEVERITY_CRITICAL };

		r.name = xstrdup(rules[i].name);
		strlist_add(&r.when.globs[MATCH_SEVERITY], "high");
		for (size_t j = 0; j < ARRAY_SIZE(rules[i].globs); j++)
			if (rules[i].globs[j])
				strlist_add(&r.when.globs[rules[i].key],
					    rules[i].globs[j]);
		p->rules[p->n_rules++] = r;
	}
}

#define ELAPSED(minutes)                                                       \
	{                                                                      \
		.after = AFTER_ELAPSED, .after_ms = (minutes)*MINUTE_MS        \
	}

static const struct shipped_route {
	enum severity severity;
	size_t n_steps;
	struct ladder_step steps[4];
} routes[] = {
	{ SEVERITY_CRITICAL,
	  4,
	  { ELAPSED(0),
	    ELAPSED(5),
	    ELAPSED(10),
	    { .after = AFTER_ELAPSED,
	      .after_ms = 15 * MINUTE_MS,
	      .repeat_ms = 15 * MINUTE_MS,
	      .times = 8 } } },
	{ SEVERITY_HIGH,
	  4,
	  { ELAPSED(0), ELAPSED(60), ELAPSED(180), ELAPSED(240) } },
	{ SEVERITY_MEDIUM,
	  2,
	  { ELAPSED(0), { .after = AFTER_PERCENT, .after_percent = 80 } } },
	{ SEVERITY_LOW, 1, { { .after = AFTER_DUE_DAY_OPEN } } },
};

static void shipped_route(struct policy *p, const struct shipped_route *from)
{
	const char *level = severity_name(from->severity);
	struct route r = { .name = xasprintf("default %s", level) };

	strlist_add(&r.when.globs[MATCH_SEVERITY], level);
	r.steps = xcalloc(from->n_steps, sizeof(*r.steps));
	for (r.n_steps = 0; r.n_steps < from->n_steps; r.n_steps++) {
		r.steps[r.n_steps] = from->steps[r.n_steps];
		strlist_add(&r.steps[r.n_steps].notify, p->fallback);
	}
	p->routes = xreallocarray(p->routes, p->n_routes + 1, sizeof(r));
	p->routes[p->n_routes++] = r;
}

void shipped_routes(struct policy *p)
{
	if (p->n_routes > 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		shipped_route(p, &routes[i]);
}

static void shipped_calendar_add(struct policy *p)
{
	struct calendar_def d = { .name = xstrdup(CALENDAR_NAME),
				  .timezone = xstrdup("UTC") };

	for (int day = 0; day < 5; day++) {
		d.spans[day] = xmalloc(sizeof(*d.spans[day]));
		d.spans[day][0] = (struct hours_span){ 9 * 60, 17 * 60 };
		d.n_spans[day] = 1;
	}
	p->calendars = xmalloc(sizeof(d));
	p->calendars[0] = d;
	p->n_calendars = 1;
}

/* A calendar left out is the only one there is; among several it would be a
 * guess whose night somebody works through. */
static void calendar_fill(struct load *l, char **name, const char *path,
			  const struct mark *mark)
{
	const struct mark *at = origin_find(l->c, path);
	const struct mark top = { l->c->files.v[0], 1, 1 };

	if (*name)
		return;
	if (l->c->policy.n_calendars == 1) {
		*name = xstrdup(l->c->policy.calendars[0].name);
		return;
	}
	if (!at)
		at = mark && mark->file ? mark : &top;
	faults_add(l->faults, at,
		   "%s: name its calendar; there are several of them", path);
}

void shipped_calendar(struct load *l)
{
	struct policy *p = &l->c->policy;

	if (p->n_calendars == 0)
		shipped_calendar_add(p);
	for (int level = 0; level < SEVERITY_MAX; level++) {
		CLEANUP(free_ptr)
		char *path = xasprintf("sla.%s",
				       severity_name((enum severity)level));

		if (p->triage[level].kind == SLA_NEXT_BUSINESS_DAY)
			calendar_fill(l, &p->triage[level].calendar, path,
				      NULL);
	}
	for (size_t i = 0; i < p->n_routes; i++) {
		struct route *r = &p->routes[i];
		CLEANUP(free_ptr)
		char *path =
			xasprintf("routes.%s.digest", r->name ? r->name : "");

		if (r->digest)
			calendar_fill(l, &r->digest->calendar, path, &r->mark);
	}
}
