/* Promotion, demotion, owners and tags: the ordered rules of the policy. */
#ifndef TRIAGE_RULES_H
#define TRIAGE_RULES_H

#include <stdint.h>
#include "core/alert.h"
#include "core/policy.h"

/*
 * The first rule that is not expired at @now_ms and covers @alert, whose
 * severity by the table of semantics 2 is @base. Borrowed from the policy;
 * NULL: none.
 */
const struct rule *rules_first(const struct policy *p,
			       const struct alert *alert, enum severity base,
			       int64_t now_ms);

#endif
