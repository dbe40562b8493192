/*
 * Times and durations as text. Instants are int64_t milliseconds since
 * 1970-01-01 UTC, from year 1 to 9999. No time zones here: see
 * triage/calendar.h for local time.
 */
#ifndef UTIL_TIMEFMT_H
#define UTIL_TIMEFMT_H

#include <stddef.h>
#include <stdint.h>
#include "util/compiler.h"

#define TIMEFMT_MAX 40

/*
 * RFC 3339, as the Microsoft APIs write it: 0 to 9 fraction digits, Z or an
 * offset (neither: UTC, the only zone of these services); also a blank for
 * the T (exports). Leap second :60 is the next
 * second. 0001-01-01T00:00:00 is "absent" for .NET services.
 * Returns 1 parsed, 0 absent (empty, or year 1), or ERR_SCHEMA.
 */
int timefmt_parse(const char *s, size_t len, int64_t *ret_ms) must_check;

/* RFC 9110 HTTP-date, all three forms. Returns 0 or ERR_SCHEMA. */
int timefmt_parse_http_date(const char *s, int64_t *ret_ms) must_check;

/*
 * "90s" "15m" "4h" "2d" "500ms"; one number, one unit, at most 36500d.
 * 0 or ERR_SCHEMA.
 */
int timefmt_parse_duration(const char *s, int64_t *ret_ms) must_check;

/* "2026-11-21T21:22:00.000Z" into @buf (TIMEFMT_MAX bytes); returns @buf. */
char *timefmt_utc(int64_t ms, char *buf);
/* "2026-11-21 21:22" of the instant shifted by @offset_s, for people. */
char *timefmt_minute(int64_t ms, int offset_s, char *buf);
/* RFC 5322 date "Sat, 21 Nov 2026 21:22:00 +0000". */
char *timefmt_mail(int64_t ms, char *buf);
/* For people, rounded, two units at most: "42 s", "15 min", "3 h 12 min",
 * "2 d 4 h". */
char *timefmt_span(int64_t ms, char *buf);
/* The shortest configuration form: "15m", "24h" -> "1d", "90s". */
char *timefmt_duration(int64_t ms, char *buf);

/* Proleptic Gregorian date to days since 1970-01-01, and back. */
int64_t timefmt_days(int year, int month, int day);
void timefmt_civil(int64_t days, int *ret_year, int *ret_month, int *ret_day);

#endif
