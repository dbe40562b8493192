/* What is collected by decision: when the next digest of a route is due, and
 * where alerts from before the first run wait. Pure. */
#ifndef TRIAGE_DIGEST_PLAN_H
#define TRIAGE_DIGEST_PLAN_H

#include "core/bundle.h"
#include "core/decision.h"
#include "triage/calendar.h"

/* @c is the calendar that @plan names. 0, or ERR_CONF when it has no answer. */
int digest_plan_next_ms(const struct digest_plan *plan,
			const struct calendar *c, int64_t now_ms,
			int64_t *ret_ms, struct err *err) must_check;

/* A first poll arrives in pages: its summary waits so long for the rest. */
#define IMPORT_PLAN_WAIT_MS (INT64_C(5) * 60 * 1000)
/* The bundle of @target for an alert from before the import horizon; false: it
 * is not worth a line of the summary. */
bool digest_plan_import(const struct decision *d, const char *target,
			int64_t now_ms, struct bundle_place *ret);

#endif
