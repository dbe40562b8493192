/*
 * When a digest is due: each business day, or the one of a week. Called by
 * whoever puts an alert into a digest's bundle, and by the forecast.
 */
#include "triage/digest_plan.h"

int digest_plan_next_ms(const struct digest_plan *plan,
			const struct calendar *c, int64_t now_ms,
			int64_t *ret_ms, struct err *err)
{
	if (plan->weekday == 0)
		return calendar_next_at(c, now_ms, plan->at_minute, ret_ms,
					err);
	return calendar_next_weekly_at(c, now_ms, plan->weekday,
				       plan->at_minute, ret_ms, err);
}
