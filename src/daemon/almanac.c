/*
 * See almanac.h. Called by the agenda.
 *
 * tested with: test_almanac
 */
#include "daemon/almanac.h"

#include "triage/calendar.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* Early enough to get next year's file, late enough that there is one. */
#define NOTICE_DAYS 60

static int year_at(int64_t ms)
{
	int y, m, d;

	timefmt_civil(ms / (INT64_C(24) * 3600 * 1000), &y, &m, &d);
	return y;
}

static int tell(struct pipeline *p, const struct calendar_def *def, int year,
		bool resolved, struct err *err)
{
	CLEANUP(free_ptr)
	char *slug = xasprintf("calendar-holidays/%s", def->name);
	CLEANUP(free_ptr)
	char *title = xasprintf("Calendar %s has no holidays for %d", def->name,
				year);
	CLEANUP(free_ptr)
	char *text = xasprintf("%s has no holiday in %d. Due times of that "
			       "year take its holidays for business days.",
			       def->holidays, year);

	return pipeline_self_alert(
		p,
		&(struct self_alert){
			.slug = slug,
			.severity = SEVERITY_MEDIUM,
			.title = title,
			.description = text,
			.remediation = "Put a newer file in its place.\n"
				       "triagectl reload",
			.resolved = resolved,
		},
		err);
}

int almanac_look(struct pipeline *p, int64_t now_ms, struct err *err)
{
	const struct policy *policy = &p->conf->policy;
	int year = year_at(now_ms + NOTICE_DAYS * INT64_C(24) * 3600 * 1000);
	int rc = 0;

	for (size_t i = 0; i < policy->n_calendars && rc >= 0; i++) {
		const struct calendar_def *def = &policy->calendars[i];
		const struct calendar *c =
			triage_calendar(p->triage, def->name);

		if (def->holidays && c)
			rc = tell(p, def, year,
				  calendar_has_holidays_for(c, year), err);
	}
	return rc < 0 ? rc : 0;
}
