/* When the next digest of a route is due. Pure. */
#ifndef TRIAGE_DIGEST_PLAN_H
#define TRIAGE_DIGEST_PLAN_H

#include "triage/calendar.h"

/* @c is the calendar that @plan names. 0, or ERR_CONF when it has no answer. */
int digest_plan_next_ms(const struct digest_plan *plan,
			const struct calendar *c, int64_t now_ms,
			int64_t *ret_ms, struct err *err) must_check;

#endif
