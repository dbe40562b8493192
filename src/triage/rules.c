/*
 * Which rule decides about an alert. Called by decide.c. Knows no clock: what
 * follows from a severity is not its business.
 */
#include "triage/rules.h"

#include "triage/match.h"

/*
 * A demotion that has run out must end by itself, without a reload: its owner
 * promised to look again by then.
 */
static bool has_expired(const struct rule *r, int64_t now_ms)
{
	return r->expires_ms != 0 && r->expires_ms <= now_ms;
}

const struct rule *rules_first(const struct policy *p,
			       const struct alert *alert, enum severity base,
			       const struct surroundings *around,
			       int64_t now_ms)
{
	const struct match_subject s = { .alert = alert, .severity = base };

	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *r = &p->rules[i];

		if (r->other_high_type && !(around && around->other_high_type))
			continue;
		if (!has_expired(r, now_ms) && match_covers(&r->when, &s))
			return r;
	}
	return NULL;
}
