/*
 * Local time for the person at the terminal. Called by cli/format and
 * cli/selectors; the only user of localtime_r in triaged (business calendars
 * have zones of their own in triage/calendar). Knows no alert.
 */
#include "cli/localtime.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "util/err.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define DAY_S 86400

/* False, and "-" in @buf, for what no calendar can name. */
static bool civil(int64_t ms, struct tm *ret, char *buf)
{
	/* Before 1970 a division rounds towards zero; no alert is so old. */
	time_t seconds = (time_t)(ms / 1000);

	if (localtime_r(&seconds, ret))
		return true;
	(void)snprintf(buf, LOCALTIME_MAX, "-");
	return false;
}

char *localtime_minute(int64_t ms, char *buf)
{
	struct tm tm;

	if (civil(ms, &tm, buf))
		(void)strftime(buf, LOCALTIME_MAX, "%Y-%m-%d %H:%M %Z", &tm);
	return buf;
}

char *localtime_second(int64_t ms, char *buf)
{
	struct tm tm;

	if (civil(ms, &tm, buf))
		(void)strftime(buf, LOCALTIME_MAX, "%Y-%m-%d %H:%M:%S %Z", &tm);
	return buf;
}

char *localtime_zone(int64_t ms, char *buf)
{
	struct tm tm;

	if (civil(ms, &tm, buf))
		(void)strftime(buf, LOCALTIME_MAX, "%Z", &tm);
	return buf;
}

/* The library takes the zone from the environment, and what it does not know
 * for UTC: whoever asks has looked the name up before. */
bool localtime_zone_offset(const char *zone, int64_t ms, int *ret_offset_s)
{
	const char *own = getenv("TZ");
	CLEANUP(free_ptr) char *before = xstrdup(own);
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	bool found;

	setenv("TZ", zone, 1);
	tzset();
	found = localtime_r(&seconds, &tm) != NULL;
	if (before)
		setenv("TZ", before, 1);
	else
		unsetenv("TZ");
	tzset();
	if (found)
		*ret_offset_s = (int)tm.tm_gmtoff;
	return found;
}

/* Digits only where strptime would also take blanks and signs. */
static bool has_shape(const char *text, const char *shape)
{
	if (strlen(text) != strlen(shape))
		return false;
	for (size_t i = 0; shape[i]; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';

		if (shape[i] == '0' ? !digit : text[i] != shape[i])
			return false;
	}
	return true;
}

static int64_t offset_at(int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	return localtime_r(&t, &tm) ? tm.tm_gmtoff : 0;
}

/* From @from on, before @to, the zone's clock is put forward: when? */
static int64_t end_of_gap(int64_t from, int64_t to)
{
	const int64_t before = offset_at(from);

	while (to - from > 1) {
		int64_t middle = from + (to - from) / 2;

		*(offset_at(middle) == before ? &from : &to) = middle;
	}
	return to;
}

/* The library's mktime() takes either of two, by what it was asked before. */
static int64_t from_civil(int64_t civil, bool last)
{
	const int64_t a = civil - offset_at(civil - DAY_S);
	const int64_t b = civil - offset_at(civil + DAY_S);
	bool is_a = a + offset_at(a) == civil, is_b = b + offset_at(b) == civil;

	if (is_a && is_b)
		return last ? MAX(a, b) : MIN(a, b);
	if (is_a || is_b)
		return is_a ? a : b;
	return end_of_gap(MIN(a, b), MAX(a, b));
}

static int parse_local(const char *text, const char *how, bool last,
		       int64_t *ret_ms)
{
	struct tm tm = { .tm_mday = 0 };
	const char *end = strptime(text, how, &tm);
	int day;
	int64_t civil;

	if (!end || *end)
		return ERR_SCHEMA;
	day = tm.tm_mday;
	civil = timegm(&tm);
	/* 31 February would silently become March. */
	if (tm.tm_mday != day)
		return ERR_SCHEMA;
	*ret_ms = from_civil(civil, last) * 1000;
	return 0;
}

static int parse(const char *text, int64_t now_ms, bool last, int64_t *ret_ms)
{
	int64_t ms;

	if (timefmt_parse_duration(text, &ms) == 0) {
		*ret_ms = now_ms - ms;
		return 0;
	}
	if (has_shape(text, "0000-00-00"))
		return parse_local(text, "%Y-%m-%d", last, ret_ms);
	if (has_shape(text, "0000-00-00 00:00") ||
	    has_shape(text, "0000-00-00T00:00"))
		return parse_local(text,
				   text[10] == 'T' ? "%Y-%m-%dT%H:%M"
						   : "%Y-%m-%d %H:%M",
				   last, ret_ms);
	/* What has no zone would be read as UTC, which nobody typing means. */
	if (strlen(text) > 10 && strpbrk(text + 10, "Zz+-") &&
	    timefmt_parse(text, strlen(text), &ms) == 1) {
		*ret_ms = ms;
		return 0;
	}
	return ERR_SCHEMA;
}

int localtime_parse(const char *text, int64_t now_ms, int64_t *ret_ms)
{
	return parse(text, now_ms, false, ret_ms);
}

int localtime_parse_end(const char *text, int64_t now_ms, int64_t *ret_ms)
{
	return parse(text, now_ms, true, ret_ms);
}
