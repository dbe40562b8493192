/*
 * When a digest is due: each business day, or the one of a week; and what the
 * first run collects. Called by whoever puts an alert into a bundle of either
 * kind, and by the forecast.
 *
 * tested with: test_digest_plan
 */
#include "triage/digest_plan.h"

#include <stdio.h>

/* What is still active goes sooner. */
#define IMPORT_URGENT_WAIT_MS (INT64_C(60) * 1000)

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

bool digest_plan_import(const struct decision *d, const char *target,
			int64_t now_ms, struct bundle_place *ret)
{
	bool urgent = d->severity >= SEVERITY_HIGH &&
		      d->transition == TRANSITION_OPENED;

	if (d->severity == SEVERITY_INFO)
		return false;
	*ret = (struct bundle_place){
		.cause = NOISE_IMPORT,
		.target = target,
		.due_ms = now_ms + (urgent ? IMPORT_URGENT_WAIT_MS
					   : IMPORT_PLAN_WAIT_MS),
	};
	(void)snprintf(ret->name, sizeof(ret->name), "%s",
		       urgent ? "still active from before the first run"
			      : "from before the first run");
	return true;
}
