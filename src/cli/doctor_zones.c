/*
 * Are the rules of the zones that the settings use the ones in force? Due
 * times of business hours and digests are an hour off where they are not.
 * Called by cmd_doctor.c.
 *
 * tested with: scenario/test_doctor_machine
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/doctor_priv.h"
#include "cli/localtime.h"
#include "triage/calendar.h"
#include "triage/zone_outline.h"
#include "util/jsonx.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define STEP "time zones"
#define ZONE_FOLDER "/usr/share/zoneinfo/"
#define DAY_MS INT64_C(86400000)
/*
 * The table of leap seconds that comes with tzdata says until when it holds.
 * Twice a year there is a newer one: so long behind its end at least one
 * release, and mostly a change of some zone, is missing.
 */
#define EXPIRED_MS (180 * DAY_MS)
#define NTP_TO_UNIX_S INT64_C(2208988800)
#define LINE_BYTES 256

/* By the name of the zone: each is told. */
static void add_zone(struct checkup *c, bool trouble, const char *name,
		     const char *cause, const char *next)
{
	doctor_add(c, &(struct finding){ .trouble = trouble,
					 .about = "machine",
					 .name = name,
					 .step = STEP,
					 .cause = cause,
					 .next = next });
}

/* How the daemon has @zone, of a day it names; NULL unknown. */
static const char *daemon_outline(const struct checkup *c, const char *zone,
				  int64_t *ret_day)
{
	const json_t *o;
	size_t i;

	json_array_foreach(c->zones, i, o)
	{
		const char *name = jsonx_str(o, "zone");

		if (name && strcmp(name, zone) == 0 &&
		    jsonx_int(o, "from_day", ret_day))
			return jsonx_str(o, "outline");
	}
	return NULL;
}

/* libical reads a zone once, and keeps it until the process ends. */
static void compare_daemon(struct checkup *c, const char *zone)
{
	CLEANUP(strbuf_release) struct strbuf fresh = STRBUF_INIT;
	CLEANUP(free_ptr) char *cause = NULL;
	int64_t day = 0;
	const char *old = daemon_outline(c, zone, &day);

	if (!old)
		return;
	zone_outline(calendar_zone_offset, zone, day, &fresh);
	if (!fresh.len || strcmp(fresh.buf, old) == 0)
		return;
	cause = xasprintf("the rules of %s were updated while triaged ran, and "
			  "it computes with the old ones: due times and "
			  "digests in that zone are off",
			  zone);
	add_zone(c, true, zone, cause, "systemctl restart triaged");
}

static void compare_system(struct checkup *c, const char *zone)
{
	CLEANUP(strbuf_release) struct strbuf ours = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf theirs = STRBUF_INIT;
	CLEANUP(free_ptr) char *cause = NULL;
	int64_t today = c->session->now_ms / DAY_MS;

	zone_outline(calendar_zone_offset, zone, today, &ours);
	if (!ours.len) {
		cause = xasprintf("the zone database has no %s, which the "
				  "settings name: triaged would not start",
				  zone);
		add_zone(c, true, zone, cause,
			 "apt-get install --reinstall tzdata");
		return;
	}
	zone_outline(localtime_zone_offset, zone, today, &theirs);
	if (strcmp(ours.buf, theirs.buf) == 0)
		return;
	cause = xasprintf("the calendar library reads the rules of %s "
			  "otherwise than the system does: due times and "
			  "digests in that zone are off",
			  zone);
	add_zone(c, true, zone, cause,
		 "apt-get install --only-upgrade tzdata libical3");
}

/* "#@ 3991593600", in seconds since 1900; 0 not told. */
static int64_t table_ends_ms(void)
{
	FILE *file = fopen(ZONE_FOLDER "leap-seconds.list", "re");
	char line[LINE_BYTES];
	int64_t s = 0;

	while (file && !s && fgets(line, sizeof(line), file))
		if (strncmp(line, "#@", 2) == 0)
			s = strtoll(line + 2, NULL, 10);
	if (file)
		fclose(file);
	return s > NTP_TO_UNIX_S ? (s - NTP_TO_UNIX_S) * 1000 : 0;
}

/* "2025b" of "# version 2025b". */
static void read_release(char *ret, size_t size)
{
	static const char begin[] = "# version ";
	FILE *file = fopen(ZONE_FOLDER "tzdata.zi", "re");
	char line[LINE_BYTES];

	(void)snprintf(ret, size, "unknown");
	if (file && fgets(line, sizeof(line), file) &&
	    strncmp(line, begin, strlen(begin)) == 0)
		(void)snprintf(
			ret, size, "%.*s",
			(int)strspn(line + strlen(begin),
				    "0123456789abcdefghijklmnopqrstuvwxyz"),
			line + strlen(begin));
	if (file)
		fclose(file);
}

static void look_age(struct checkup *c, const struct strlist *zones)
{
	CLEANUP(free_ptr) char *names = strlist_join(zones, ", ");
	CLEANUP(free_ptr) char *cause = NULL;
	int64_t ends_ms = table_ends_ms();
	char release[32], end[TIMEFMT_MAX];

	if (!ends_ms || c->session->now_ms < ends_ms + EXPIRED_MS)
		return;
	read_release(release, sizeof(release));
	timefmt_utc(ends_ms, end);
	cause = xasprintf("the time zone rules are of release %s, and what "
			  "came with it held until %.10s: where a government "
			  "has changed its clocks since, due times in %s are "
			  "off",
			  release, end, names);
	add_zone(c, false, "tzdata", cause,
		 "apt-get install --only-upgrade tzdata");
}

void doctor_look_zones(struct checkup *c)
{
	const struct conf *conf = doctor_conf(c);
	CLEANUP(strlist_release) struct strlist zones = STRLIST_INIT;

	if (!conf)
		return;
	zone_outline_list(&conf->policy, &zones);
	for (size_t i = 0; i < zones.n; i++) {
		compare_daemon(c, zones.v[i]);
		compare_system(c, zones.v[i]);
	}
	if (zones.n > 0)
		look_age(c, &zones);
}
