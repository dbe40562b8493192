/*
 * Times and durations as text. Called by source/ for API times, net/ for
 * Retry-After, conf/ for durations and everybody who shows a time. Knows no
 * time zone but UTC and fixed offsets; asks for the time only to place the
 * two-digit years of obsolete HTTP dates.
 */
#include "util/timefmt.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util/clock.h"
#include "util/err.h"

#define DAY_MS INT64_C(86400000)
#define DURATION_MAX_MS (36500 * DAY_MS)

static const char *const month_names[] = { "Jan", "Feb", "Mar", "Apr",
					   "May", "Jun", "Jul", "Aug",
					   "Sep", "Oct", "Nov", "Dec" };
static const char *const day_names[] = { "Sunday",    "Monday",	  "Tuesday",
					 "Wednesday", "Thursday", "Friday",
					 "Saturday" };

/* What is left of a text; every take_ moves @p only when it succeeds. */
struct cursor {
	const char *p, *end;
};

struct fields {
	int year, month, day, hour, minute, second;
};

/* A number of exactly @n_digits digits. */
static bool take_number(struct cursor *c, int n_digits, int *ret)
{
	int value = 0;

	if (c->end - c->p < n_digits)
		return false;
	for (int i = 0; i < n_digits; i++) {
		if (c->p[i] < '0' || c->p[i] > '9')
			return false;
		value = value * 10 + (c->p[i] - '0');
	}
	c->p += n_digits;
	*ret = value;
	return true;
}

static bool take_bytes(struct cursor *c, const char *text, size_t len)
{
	if ((size_t)(c->end - c->p) < len || memcmp(c->p, text, len) != 0)
		return false;
	c->p += len;
	return true;
}

static bool take_text(struct cursor *c, const char *text)
{
	return take_bytes(c, text, strlen(text));
}

static bool take_any(struct cursor *c, const char *chars)
{
	if (c->p == c->end || *c->p == '\0' || !strchr(chars, *c->p))
		return false;
	c->p++;
	return true;
}

/* "HH:MM:SS" */
static bool take_clock(struct cursor *c, struct fields *f)
{
	return take_number(c, 2, &f->hour) && take_text(c, ":") &&
	       take_number(c, 2, &f->minute) && take_text(c, ":") &&
	       take_number(c, 2, &f->second);
}

static bool take_month_name(struct cursor *c, int *ret_month)
{
	for (size_t i = 0; i < ARRAY_SIZE(month_names); i++) {
		if (take_text(c, month_names[i])) {
			*ret_month = (int)i + 1;
			return true;
		}
	}
	return false;
}

/* Which day it names is not checked: RFC 9110 tells receivers to be robust. */
static bool take_day_name(struct cursor *c, bool whole)
{
	for (size_t i = 0; i < ARRAY_SIZE(day_names); i++) {
		const char *name = day_names[i];

		if (take_bytes(c, name, whole ? strlen(name) : 3))
			return true;
	}
	return false;
}

/* Fraction of a second, 1 to 9 digits; what is finer than ms is dropped. */
static bool take_fraction(struct cursor *c, int *ret_ms)
{
	int n_digits = 0;
	int ms = 0;

	while (c->p < c->end && *c->p >= '0' && *c->p <= '9') {
		if (n_digits < 3)
			ms = ms * 10 + (*c->p - '0');
		n_digits++;
		c->p++;
	}
	for (int i = n_digits; i < 3; i++)
		ms *= 10;
	*ret_ms = ms;
	return n_digits >= 1 && n_digits <= 9;
}

/* "Z", "+hh:mm", "-hh:mm" or nothing. */
static bool take_offset(struct cursor *c, int *ret_minutes)
{
	int sign = 0;
	int hours, minutes;

	*ret_minutes = 0;
	if (c->p == c->end || take_any(c, "Zz"))
		return true;
	if (take_text(c, "+"))
		sign = 1;
	else if (take_text(c, "-"))
		sign = -1;
	if (!sign || !take_number(c, 2, &hours) || !take_text(c, ":") ||
	    !take_number(c, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_minutes = sign * (hours * 60 + minutes);
	return true;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30,
				    31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool fields_to_ms(const struct fields *f, int64_t *ret_ms)
{
	if (f->year < 1 || f->month < 1 || f->month > 12 || f->day < 1 ||
	    f->day > days_in_month(f->year, f->month) || f->hour > 23 ||
	    f->minute > 59 || f->second > 60)
		return false;
	/* Second 60 becomes the next second by itself. */
	*ret_ms = timefmt_days(f->year, f->month, f->day) * DAY_MS +
		  ((f->hour * 60 + f->minute) * 60 + f->second) * INT64_C(1000);
	return true;
}

int timefmt_parse(const char *s, size_t len, int64_t *ret_ms)
{
	struct cursor c = { s, s + len };
	struct fields f;
	int fraction_ms = 0;
	int offset_minutes;
	int64_t ms;

	if (len == 0)
		return 0;
	if (!take_number(&c, 4, &f.year) || !take_text(&c, "-") ||
	    !take_number(&c, 2, &f.month) || !take_text(&c, "-") ||
	    !take_number(&c, 2, &f.day) || !take_any(&c, "Tt ") ||
	    !take_clock(&c, &f))
		return ERR_SCHEMA;
	if (take_text(&c, ".") && !take_fraction(&c, &fraction_ms))
		return ERR_SCHEMA;
	if (!take_offset(&c, &offset_minutes) || c.p != c.end ||
	    !fields_to_ms(&f, &ms))
		return ERR_SCHEMA;
	if (f.year == 1)
		return 0;
	ms += fraction_ms - offset_minutes * INT64_C(60000);
	if (ms >= timefmt_days(10000, 1, 1) * DAY_MS)
		return ERR_SCHEMA;
	*ret_ms = ms;
	return 1;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static bool take_imf_date(struct cursor c, struct fields *f)
{
	return take_day_name(&c, false) && take_text(&c, ", ") &&
	       take_number(&c, 2, &f->day) && take_text(&c, " ") &&
	       take_month_name(&c, &f->month) && take_text(&c, " ") &&
	       take_number(&c, 4, &f->year) && take_text(&c, " ") &&
	       take_clock(&c, f) && take_text(&c, " GMT") && c.p == c.end;
}

/* RFC 9110 5.6.7: more than 50 years ahead means the past century. */
static int full_year(int two_digits)
{
	int now_year, month, day;
	int year;

	timefmt_civil(clock_wall_ms() / DAY_MS, &now_year, &month, &day);
	year = now_year - now_year % 100 + two_digits;
	return year > now_year + 50 ? year - 100 : year;
}

/* "Sunday, 06-Nov-94 08:49:37 GMT" */
static bool take_rfc850_date(struct cursor c, struct fields *f)
{
	bool ok = take_day_name(&c, true) && take_text(&c, ", ") &&
		  take_number(&c, 2, &f->day) && take_text(&c, "-") &&
		  take_month_name(&c, &f->month) && take_text(&c, "-") &&
		  take_number(&c, 2, &f->year) && take_text(&c, " ") &&
		  take_clock(&c, f) && take_text(&c, " GMT") && c.p == c.end;

	if (ok)
		f->year = full_year(f->year);
	return ok;
}

/* "Sun Nov  6 08:49:37 1994" */
static bool take_asctime_date(struct cursor c, struct fields *f)
{
	if (!take_day_name(&c, false) || !take_text(&c, " ") ||
	    !take_month_name(&c, &f->month) || !take_text(&c, " "))
		return false;
	if (!take_number(&c, take_text(&c, " ") ? 1 : 2, &f->day))
		return false;
	return take_text(&c, " ") && take_clock(&c, f) && take_text(&c, " ") &&
	       take_number(&c, 4, &f->year) && c.p == c.end;
}

int timefmt_parse_http_date(const char *s, int64_t *ret_ms)
{
	struct cursor c = { s, s + strlen(s) };
	struct fields f;

	if (!take_imf_date(c, &f) && !take_rfc850_date(c, &f) &&
	    !take_asctime_date(c, &f))
		return ERR_SCHEMA;
	return fields_to_ms(&f, ret_ms) ? 0 : ERR_SCHEMA;
}

/* Largest first, as timefmt_duration wants them. */
static const struct {
	const char *name;
	int64_t ms;
} duration_units[] = {
	{ "d", DAY_MS }, { "h", 3600000 }, { "m", 60000 },
	{ "s", 1000 },	 { "ms", 1 },
};

int timefmt_parse_duration(const char *s, int64_t *ret_ms)
{
	int64_t n = 0;
	const char *p = s;

	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (*p - '0');
		if (n > DURATION_MAX_MS)
			return ERR_SCHEMA;
	}
	if (p == s)
		return ERR_SCHEMA;
	for (size_t i = 0; i < ARRAY_SIZE(duration_units); i++) {
		if (strcmp(p, duration_units[i].name) != 0)
			continue;
		if (n > DURATION_MAX_MS / duration_units[i].ms)
			return ERR_SCHEMA;
		*ret_ms = n * duration_units[i].ms;
		return 0;
	}
	return ERR_SCHEMA;
}

/* Days towards the past, also before 1970, and the rest of the day. */
static int64_t split_day(int64_t ms, int *ret_day_ms)
{
	int64_t days = ms / DAY_MS;
	int rest = (int)(ms % DAY_MS);

	if (rest < 0) {
		rest += (int)DAY_MS;
		days--;
	}
	*ret_day_ms = rest;
	return days;
}

static struct fields fields_of(int64_t ms, int *ret_fraction_ms,
			       int *ret_weekday)
{
	struct fields f;
	int day_ms;
	int64_t days = split_day(ms, &day_ms);

	timefmt_civil(days, &f.year, &f.month, &f.day);
	f.hour = day_ms / 3600000;
	f.minute = day_ms / 60000 % 60;
	f.second = day_ms / 1000 % 60;
	*ret_fraction_ms = day_ms % 1000;
	/* 1970-01-01 was a Thursday. */
	*ret_weekday = (int)(((days + 4) % 7 + 7) % 7);
	return f;
}

static void put_digits(char *to, int n, int value)
{
	while (n-- > 0) {
		to[n] = (char)('0' + value % 10);
		value /= 10;
	}
}

char *timefmt_utc(int64_t ms, char *buf)
{
	int fraction_ms, weekday;
	struct fields f = fields_of(ms, &fraction_ms, &weekday);

	/* Several for each alert: by hand where the year has four digits. */
	if (f.year < 1000 || f.year > 9999) {
		(void)snprintf(buf, TIMEFMT_MAX,
			       "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", f.year,
			       f.month, f.day, f.hour, f.minute, f.second,
			       fraction_ms);
		return buf;
	}
	memcpy(buf, "yyyy-mm-ddThh:mm:ss.mmmZ",
	       sizeof("yyyy-mm-ddThh:mm:ss.mmmZ"));
	put_digits(buf, 4, f.year);
	put_digits(buf + 5, 2, f.month);
	put_digits(buf + 8, 2, f.day);
	put_digits(buf + 11, 2, f.hour);
	put_digits(buf + 14, 2, f.minute);
	put_digits(buf + 17, 2, f.second);
	put_digits(buf + 20, 3, fraction_ms);
	return buf;
}

char *timefmt_minute(int64_t ms, int offset_s, char *buf)
{
	int fraction_ms, weekday;
	struct fields f = fields_of(ms + offset_s * INT64_C(1000), &fraction_ms,
				    &weekday);

	(void)snprintf(buf, TIMEFMT_MAX, "%04d-%02d-%02d %02d:%02d", f.year,
		       f.month, f.day, f.hour, f.minute);
	return buf;
}

char *timefmt_mail(int64_t ms, char *buf)
{
	int fraction_ms, weekday;
	struct fields f = fields_of(ms, &fraction_ms, &weekday);

	(void)snprintf(buf, TIMEFMT_MAX,
		       "%.3s, %02d %s %04d %02d:%02d:%02d +0000",
		       day_names[weekday], f.day, month_names[f.month - 1],
		       f.year, f.hour, f.minute, f.second);
	return buf;
}

char *timefmt_span(int64_t ms, char *buf)
{
	static const struct {
		const char *name;
		int64_t s;
	} units[] = {
		{ "d", 86400 }, { "h", 3600 }, { "min", 60 }, { "s", 1 }
	};
	int64_t s = ms / 1000 + (ms % 1000 >= 500) - (ms % 1000 <= -500);
	size_t i = 0;
	int64_t small;

	s = s < 0 ? -s : s;
	while (i < ARRAY_SIZE(units) - 1 && s < units[i].s)
		i++;
	/* To the nearest of the smaller unit: what is due in 4 h must not read
	 * "3 h 59 min" because of a few milliseconds. */
	if (i + 1 < ARRAY_SIZE(units)) {
		small = units[i + 1].s;
		s = (s + small / 2) / small * small;
	}
	if (i > 0 && s >= units[i - 1].s)
		i--;
	small = i + 1 < ARRAY_SIZE(units) ? s % units[i].s / units[i + 1].s : 0;
	if (small)
		(void)snprintf(buf, TIMEFMT_MAX, "%lld %s %lld %s",
			       (long long)(s / units[i].s), units[i].name,
			       (long long)small, units[i + 1].name);
	else
		(void)snprintf(buf, TIMEFMT_MAX, "%lld %s",
			       (long long)(s / units[i].s), units[i].name);
	return buf;
}

char *timefmt_duration(int64_t ms, char *buf)
{
	size_t i = 0;

	if (ms == 0)
		return memcpy(buf, "0s", sizeof("0s"));
	while (ms % duration_units[i].ms)
		i++;
	(void)snprintf(buf, TIMEFMT_MAX, "%lld%s",
		       (long long)(ms / duration_units[i].ms),
		       duration_units[i].name);
	return buf;
}

/*
 * Both count in years that begin in March, so that the leap day is the last
 * day, and in eras of 400 years, which all have 146097 days.
 */
int64_t timefmt_days(int year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year =
		(153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 -
	       year_of_era / 100 + day_of_year - 719468;
}

void timefmt_civil(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t day_of_era = z - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 +
			       day_of_era / 36524 - day_of_era / 146096) /
			      365;
	int64_t day_of_year =
		day_of_era -
		(365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int month = (int)((5 * day_of_year + 2) / 153);

	*ret_day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	*ret_month = month < 10 ? month + 3 : month - 9;
	*ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2));
}
