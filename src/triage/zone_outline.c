/*
 * See zone_outline.h. Called by the doctor, on both sides of the control
 * socket: libical keeps the rules it has read until the process ends, so a
 * daemon that runs does not see an update of tzdata.
 */
#include "triage/zone_outline.h"

#include <string.h>
#include "util/compiler.h"

#define DAY_MS INT64_C(86400000)

void zone_outline(zone_outline_fn *offset, const char *zone, int64_t from_day,
		  struct strbuf *out)
{
	int before = 0, now;

	for (int64_t day = from_day; day < from_day + ZONE_OUTLINE_DAYS;
	     day++) {
		if (!offset(zone, day * DAY_MS + DAY_MS / 2, &now))
			return;
		if (day == from_day)
			strbuf_addf(out, "%d", now / 60);
		else if (now != before)
			strbuf_addf(out, " %lld:%d", (long long)day, now / 60);
		before = now;
	}
}

static void add_zone(struct strlist *list, const char *zone)
{
	if (zone && strcmp(zone, "UTC") != 0 && !strlist_has(list, zone))
		strlist_add(list, zone);
}

void zone_outline_list(const struct policy *p, struct strlist *ret)
{
	for (size_t i = 0; i < p->n_calendars; i++)
		add_zone(ret, p->calendars[i].timezone);
	for (size_t i = 0; i < p->n_rotations; i++)
		add_zone(ret, p->rotations[i].timezone);
	for (size_t i = 0; i < p->n_quiet; i++)
		add_zone(ret, p->quiet[i].hours.timezone);
	for (size_t i = 0; i < p->n_maintenance; i++)
		add_zone(ret, p->maintenance[i].hours.timezone);
}
