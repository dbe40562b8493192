/*
 * How a program computes the local time of a zone, as a text that can be
 * compared: two programs, or two libraries, with other rules have another one.
 */
#ifndef TRIAGE_ZONE_OUTLINE_H
#define TRIAGE_ZONE_OUTLINE_H

#include <stdbool.h>
#include <stdint.h>
#include "core/policy.h"
#include "util/strbuf.h"
#include "util/strlist.h"

/* Due times are computed at most so far ahead. */
#define ZONE_OUTLINE_DAYS 400

typedef bool zone_outline_fn(const char *zone, int64_t ms, int *ret_offset_s);

/*
 * Append the offset in minutes at noon UTC of day @from_day (since 1970-01-01),
 * and each other one of the days behind it: "60 20386:120 20568:60". Nothing
 * when @offset knows no such zone. calendar_zone_offset() is one @offset.
 */
void zone_outline(zone_outline_fn *offset, const char *zone, int64_t from_day,
		  struct strbuf *out);

/* The zones that the settings compute in, each once; UTC is none. */
void zone_outline_list(const struct policy *p, struct strlist *ret);

#endif
