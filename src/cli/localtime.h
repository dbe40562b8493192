/* The reader's own time zone, with its name: for screens and for what people
 * type. Everything stored and decided is UTC. */
#ifndef CLI_LOCALTIME_H
#define CLI_LOCALTIME_H

#include <stdbool.h>
#include <stdint.h>
#include "util/compiler.h"

#define LOCALTIME_MAX 64

/* "2026-11-21 23:04 CET" into @buf (LOCALTIME_MAX bytes); returns @buf. */
char *localtime_minute(int64_t ms, char *buf);
/* "2026-11-21 23:04:09 CET" */
char *localtime_second(int64_t ms, char *buf);
/* The zone's name at @ms: "CET". */
char *localtime_zone(int64_t ms, char *buf);

/* Seconds east of UTC at @ms in @zone, as the system's library has it: to
 * compare it with the calendar's. False: it knows no such zone. */
bool localtime_zone_offset(const char *zone, int64_t ms, int *ret_offset_s);

/*
 * A moment as people type it: "24h" (so long before @now_ms), "2026-11-21",
 * "2026-11-21 08:00" (local), or RFC 3339 with a zone. Of a local time that the
 * zone has twice it is the first; one that it leaves out is the end of the gap.
 * 0 or ERR_SCHEMA.
 */
int localtime_parse(const char *text, int64_t now_ms,
		    int64_t *ret_ms) must_check;
/* The same for the end of a time: the last of two. */
int localtime_parse_end(const char *text, int64_t now_ms,
			int64_t *ret_ms) must_check;

#endif
