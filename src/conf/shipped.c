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
struct shipped_rule {
	const char *name;
	enum match_key key; /* what its globs are about */
	const char *globs[2];
	const char *tag;
	/* With the operator's globs of this list, and without any not there. */
	const struct strlist *(*more)(const struct policy *p);
	bool paths; /* of those the ones with a '/', else those without */
	bool other_high_type;
};

static const struct strlist *crown_jewels(const struct policy *p)
{
	return &p->crown_jewels;
}

static const struct strlist *always_critical(const struct policy *p)
{
	return &p->always_critical;
}

static const struct strlist *privileged_accounts(const struct policy *p)
{
	return &p->privileged_accounts;
}

static const struct shipped_rule rules[] = {
	/* A subscription has no '/', and a resource id is full of them. */
	{ .name = "crown-jewel",
	  .key = MATCH_RESOURCE,
	  .tag = "crown-jewel",
	  .more = crown_jewels,
	  .paths = true },
	{ .name = "crown-jewel-subscription",
	  .key = MATCH_SUBSCRIPTION,
	  .tag = "crown-jewel",
	  .more = crown_jewels },
	{ .name = "default-incident",
	  .key = MATCH_INCIDENT,
	  .globs = { "yes" } },
	{ .name = "default-intent",
	  .key = MATCH_TACTIC,
	  .globs = { "Exfiltration", "Impact" } },
	/* Detectors after which every minute counts, whatever else is known. */
	{ .name = "default-always-critical",
	  .key = MATCH_ALERT_TYPE,
	  .globs = { "*ransomware*" },
	  .more = always_critical },
	{ .name = "privileged-account",
	  .key = MATCH_ACCOUNT,
	  .more = privileged_accounts },
	{ .name = "two-high-types-on-one-entity", .other_high_type = true },
};

bool shipped_has_rule(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (strcmp(rules[i].name, name) == 0)
			return true;
	return false;
}

static void add_globs(const struct policy *p, const struct shipped_rule *from,
		      struct strlist *to)
{
	const struct strlist *more = from->more ? from->more(p) : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(from->globs); i++)
		if (from->globs[i])
			strlist_add(to, from->globs[i]);
	for (size_t i = 0; more && i < more->n; i++)
		if (from->more != crown_jewels ||
		    !strchr(more->v[i], '/') == !from->paths)
			strlist_add(to, more->v[i]);
}

static void shipped_rule_add(struct policy *p, const struct shipped_rule *from)
{
	struct rule r = { .sets_severity = true,
			  .severity = SEVERITY_CRITICAL,
			  .other_high_type = from->other_high_type };

	strlist_add(&r.when.globs[MATCH_SEVERITY], "high");
	if (!from->other_high_type) {
		add_globs(p, from, &r.when.globs[from->key]);
		/* Without a glob it would take every high alert. */
		if (r.when.globs[from->key].n == 0) {
			match_release(&r.when);
			return;
		}
	}
	if (from->tag)
		strlist_add(&r.tags, from->tag);
	r.name = xstrdup(from->name);
	p->rules = xreallocarray(p->rules, p->n_rules + 1, sizeof(r));
	p->rules[p->n_rules++] = r;
}

void shipped_rules(struct policy *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		shipped_rule_add(p, &rules[i]);
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
	struct route r = { .name = xasprintf("default %s", level),
			   .named = true };

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
