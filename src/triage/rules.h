/* Promotion, demotion, owners and tags: the ordered rules of the policy. */
#ifndef TRIAGE_RULES_H
#define TRIAGE_RULES_H

#include <stdint.h>
#include "core/alert.h"
#include "core/policy.h"

/* What a rule may ask beyond the alert: the store knows. */
struct surroundings {
	/*
	 * Another alert of base high, of another alert type and on one of the
	 * same entities, was first seen within an hour of this one, before it
	 * or after: so the answer stays the same when this one is
	 * decided about again.
	 */
	bool other_high_type;
};

/*
 * The first rule that is not expired at @now_ms and covers @alert, whose
 * severity by the table of semantics 2 is @base. @around NULL: nothing
 * is near it. Borrowed from the policy; NULL: none.
 */
const struct rule *rules_first(const struct policy *p,
			       const struct alert *alert, enum severity base,
			       const struct surroundings *around,
			       int64_t now_ms);

#endif
