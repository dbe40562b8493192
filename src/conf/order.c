/*
 * First match wins: finds rules and routes that can never be reached, and
 * rules that lower a severity without saying who answers for it. Called by
 * load_rule.c and validate.c.
 *
 * tested with: test_load
 */
#include "conf/conf_priv.h"

#include <fnmatch.h>
#include <string.h>
#include <strings.h>
#include "util/clock.h"
#include "util/timefmt.h"

#define NO_LEVEL (-1)

static bool strlist_equal(const struct strlist *a, const struct strlist *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcasecmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

static bool match_has_only(const struct match *m, enum match_key key)
{
	for (int k = 0; k < MATCH_KEY_MAX; k++)
		if ((m->globs[k].n > 0) != (k == (int)key))
			return false;
	return !m->deny;
}

static bool match_is_empty(const struct match *m)
{
	for (int k = 0; k < MATCH_KEY_MAX; k++)
		if (m->globs[k].n > 0)
			return false;
	return !m->deny;
}

static bool match_equal(const struct match *a, const struct match *b)
{
	for (int k = 0; k < MATCH_KEY_MAX; k++)
		if (!strlist_equal(&a->globs[k], &b->globs[k]))
			return false;
	if (!a->deny || !b->deny)
		return a->deny == b->deny;
	return match_equal(a->deny, b->deny);
}

bool glob_covers_severity(const char *glob, enum severity level)
{
	/* fnmatch has more wildcards than triage/match.h promises. */
	return !strchr(glob, '[') && fnmatch(glob, severity_name(level),
					     FNM_CASEFOLD | FNM_NOESCAPE) == 0;
}

static bool globs_cover(const struct strlist *globs, enum severity level)
{
	for (size_t i = 0; i < globs->n; i++)
		if (glob_covers_severity(globs->v[i], level))
			return true;
	return false;
}

static bool match_allows(const struct match *m, enum severity level)
{
	const struct strlist *globs = &m->globs[MATCH_SEVERITY];

	if (globs->n > 0 && !globs_cover(globs, level))
		return false;
	return !(m->deny && match_has_only(m->deny, MATCH_SEVERITY) &&
		 globs_cover(&m->deny->globs[MATCH_SEVERITY], level));
}

/* Rules see the base severity, and no source ever says critical. */
static int highest_base(const struct match *m)
{
	for (int level = SEVERITY_HIGH; level >= SEVERITY_INFO; level--)
		if (match_allows(m, (enum severity)level))
			return level;
	return NO_LEVEL;
}

void order_check_demotion(struct load *l, const struct node *map,
			  const struct rule *r)
{
	const struct node *set = node_get(map, "set");
	const struct node *at = node_get(set, "severity");
	int highest = highest_base(&r->when);
	/* What stands there and is wrong has had its fault. */
	bool owner = node_get(set, "owner"), reason = node_get(map, "reason");
	bool expires = node_get(map, "expires");

	if (!at || !r->sets_severity || (int)r->severity >= highest)
		return;
	if (owner && reason && expires)
		return;
	load_fault(l, &at->mark,
		   "lowers alerts of severity %s to %s, which needs %s%s%s; "
		   "owner stands under set, the others beside it",
		   severity_name((enum severity)highest),
		   severity_name(r->severity), owner ? "" : "owner ",
		   reason ? "" : "reason ", expires ? "" : "expires");
}

static void order_warn_expired(struct load *l, const struct rule *r)
{
	char day[TIMEFMT_MAX];

	if (!r->expires_ms || r->expires_ms > clock_wall_ms())
		return;
	timefmt_utc(r->expires_ms - 1, day);
	load_warn(l, &r->mark, "expired after %.10s and does nothing any more",
		  day);
}

static void order_check_rule(struct load *l, const struct rule *r)
{
	const struct policy *p = &l->c->policy;

	order_warn_expired(l, r);
	if (highest_base(&r->when) == NO_LEVEL)
		load_warn(l, &r->mark,
			  "can never match: rules see the source's severity, "
			  "which is never critical");
	for (const struct rule *before = p->rules; before < r; before++) {
		if (before->expires_ms)
			continue;
		if (match_is_empty(&before->when) ||
		    match_equal(&before->when, &r->when)) {
			load_warn(l, &r->mark,
				  "can never match: the rule '%s' at %s:%d "
				  "takes %s first",
				  before->name ? before->name : "",
				  before->mark.file, before->mark.line,
				  match_is_empty(&before->when)
					  ? "every alert"
					  : "the same alerts");
			return;
		}
	}
}

static void order_check_route(struct load *l, const struct route *r)
{
	const struct policy *p = &l->c->policy;

	for (const struct route *before = p->routes; before < r; before++) {
		if (before->go_on)
			continue;
		if (match_is_empty(&before->when) ||
		    match_equal(&before->when, &r->when)) {
			load_warn(l, &r->mark,
				  "can never be reached: '%s' at %s:%d takes "
				  "%s first (continue: true would let them "
				  "pass)",
				  before->name ? before->name : "",
				  before->mark.file, before->mark.line,
				  match_is_empty(&before->when)
					  ? "every alert"
					  : "the same alerts");
			return;
		}
	}
}

void order_check(struct load *l)
{
	const struct policy *p = &l->c->policy;
	size_t len;

	for (size_t i = 0; i < p->n_rules; i++) {
		len = load_push(l, "rules");
		load_push(l, p->rules[i].name ? p->rules[i].name : "[]");
		order_check_rule(l, &p->rules[i]);
		load_pop(l, len);
	}
	for (size_t i = 0; i < p->n_routes; i++) {
		len = load_push(l, "routes");
		load_push(l, p->routes[i].name ? p->routes[i].name : "[]");
		order_check_route(l, &p->routes[i]);
		load_pop(l, len);
	}
}
