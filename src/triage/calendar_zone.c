/*
 * Civil time of an IANA zone to instants and back. Called by calendar.c and by
 * whoever prints local time. Uses the system's zoneinfo, so that a tzdata
 * update reaches us like every other program; libical's own copy of the zones
 * is as old as its release.
 *
 * Only the offset at an instant is asked of libical. Which instant a civil
 * time means in the hours around a change is our rule (semantics 4), so it is
 * worked out here and not by libical's conversions.
 */
#include "triage/calendar.h"

#include <libical/ical.h>
#include <string.h>
#include "triage/calendar_priv.h"
#include "util/compiler.h"
#include "util/timefmt.h"

#define ZONE_NAME_MAX 64
#define MS_PER_S 1000
#define DAYS_KNOWN 256

int64_t calendar_floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The name becomes a path below the zoneinfo directory: keep it there. */
static bool name_is_sane(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > ZONE_NAME_MAX || name[0] == '/')
		return false;
	if (strstr(name, ".."))
		return false;
	return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789+-_/") == len;
}

static icaltimezone *zone_look_up(const char *name)
{
	icaltimezone *zone;

	if (!name_is_sane(name))
		return NULL;
	/* Both are settings of the library, and cheap to repeat. */
	icalerror_set_errors_are_fatal(0);
	icaltimezone_set_builtin_tzdata(0);
	if (strcmp(name, "UTC") == 0)
		return icaltimezone_get_utc_timezone();
	zone = icaltimezone_get_builtin_timezone(name);
	/* Its list of zones is one file, and each zone another: of a zone that
	 * is only listed every offset would be 0. */
	return zone && icaltimezone_get_component(zone) ? zone : NULL;
}

/*
 * The library walks its list of hundreds by name, and a rotation asks at every
 * step of a ladder: what was found last is remembered. A zone is never freed.
 */
struct _icaltimezone *calendar_zone_find(const char *name)
{
	static _Thread_local struct {
		char name[ZONE_NAME_MAX + 1];
		icaltimezone *zone;
	} last;
	icaltimezone *zone;

	if (!name)
		return NULL;
	if (last.zone && strcmp(name, last.name) == 0)
		return last.zone;
	zone = zone_look_up(name);
	if (zone) {
		memccpy(last.name, name, '\0', sizeof(last.name));
		last.zone = zone;
	}
	return zone;
}

static int ask_offset(icaltimezone *zone, int64_t s)
{
	struct icaltimetype utc =
		icaltime_from_timet_with_zone((time_t)s, 0,
					      icaltimezone_get_utc_timezone());

	return icaltimezone_get_utc_offset_of_utc_time(zone, &utc, NULL);
}

/*
 * Every message asks for several offsets of a few days, and the library works
 * each out anew: those of a whole day are remembered. No zone changes twice in
 * a day, so that one offset at both its ends is the one between them.
 */
int calendar_zone_offset_at(struct _icaltimezone *zone, int64_t s)
{
	static _Thread_local struct {
		icaltimezone *zone;
		int64_t day;
		int offset;
		bool whole_day;
	} known[DAYS_KNOWN], *k;
	int64_t day = calendar_floor_div(s, SECONDS_PER_DAY);

	k = &known[((uint64_t)day ^ (uintptr_t)zone / 64) % DAYS_KNOWN];
	if (k->zone != zone || k->day != day) {
		k->zone = zone;
		k->day = day;
		k->offset = ask_offset(zone, day * SECONDS_PER_DAY);
		k->whole_day = ask_offset(zone, (day + 1) * SECONDS_PER_DAY -
							1) == k->offset;
	}
	return k->whole_day ? k->offset : ask_offset(zone, s);
}

/* The first second in (@low, @high] at which the offset is not what it is at
 * @low; between them it changes once. */
static int64_t first_change(struct _icaltimezone *zone, int64_t low,
			    int64_t high)
{
	int before = calendar_zone_offset_at(zone, low);

	while (high - low > 1) {
		int64_t mid = low + (high - low) / 2;

		if (calendar_zone_offset_at(zone, mid) == before)
			low = mid;
		else
			high = mid;
	}
	return high;
}

/*
 * A zone is never more than 15 h from UTC, so a day before and a day after the
 * reading taken as UTC lie on either side of the moment looked for; the
 * offsets there are the two it can have (no zone changes twice in two days).
 */
int64_t calendar_zone_resolve(struct _icaltimezone *zone,
			      const struct civil *at, bool last)
{
	int64_t reading =
		timefmt_days(at->year, at->month, at->day) * SECONDS_PER_DAY +
		(int64_t)at->minute * 60;
	int before = calendar_zone_offset_at(zone, reading - SECONDS_PER_DAY);
	int after = calendar_zone_offset_at(zone, reading + SECONDS_PER_DAY);
	int64_t by_before = reading - before, by_after = reading - after;
	bool fits_before, fits_after;

	fits_before = calendar_zone_offset_at(zone, by_before) == before;
	fits_after = calendar_zone_offset_at(zone, by_after) == after;
	if (fits_before && fits_after)
		return (last ? MAX(by_before, by_after)
			     : MIN(by_before, by_after)) *
		       MS_PER_S;
	if (fits_before)
		return by_before * MS_PER_S;
	if (fits_after)
		return by_after * MS_PER_S;
	/* The clocks jumped over it. */
	return first_change(zone, by_after, by_before) * MS_PER_S;
}

bool calendar_zone_offset(const char *zone, int64_t ms, int *ret_offset_s)
{
	struct _icaltimezone *found = calendar_zone_find(zone);

	if (!found)
		return false;
	*ret_offset_s =
		calendar_zone_offset_at(found,
					calendar_floor_div(ms, MS_PER_S));
	return true;
}

int64_t calendar_zone_instant(const char *zone, const struct civil *at,
			      bool last)
{
	struct _icaltimezone *found = calendar_zone_find(zone);

	/* An unknown zone reads as UTC: callers have looked it up before. */
	if (!found)
		found = icaltimezone_get_utc_timezone();
	return calendar_zone_resolve(found, at, last);
}
