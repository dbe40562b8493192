/*
 * Reads `calendars:` and `sla:`. Whether a zone exists and what an ICS file
 * says is known to triage/calendar.c alone; here stands what the text shows.
 *
 * tested with: test_load
 */
#include "conf/conf_priv.h"

#include <stdlib.h>
#include <string.h>
#include "util/compiler.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define DAY_MINUTES (24 * 60)
#define WEEK_MINUTES (7 * DAY_MINUTES)
#define SPANS_MAX 24 /* of one day */

const char *const weekday_names[7] = { "mon", "tue", "wed", "thu",
				       "fri", "sat", "sun" };

static void load_calendar(struct load *l, const struct node *map)
{
	struct policy *p = &l->c->policy;
	struct calendar_def d = { .mark = map->mark };

	load_section(l, "calendars", map, 0, &d);
	for (size_t i = 0; i < p->n_calendars; i++)
		if (!load_unique(l, map, d.name, p->calendars[i].name,
				 &p->calendars[i].mark))
			break;
	p->calendars =
		xreallocarray(p->calendars, p->n_calendars + 1, sizeof(d));
	p->calendars[p->n_calendars++] = d;
}

void load_calendars(struct load *l, const struct option *o,
		    const struct node *v, void *object)
{
	(void)o;
	(void)object;
	load_entries(l, v, load_calendar);
}

void load_zone(struct load *l, const struct option *o, const struct node *v,
	       void *object)
{
	char **field = FIELD(char *, object, o);

	if (!load_is_text(l, v, "a time zone such as Europe/Berlin"))
		return;
	if (v->text[0] == '/' || strstr(v->text, "..") ||
	    strlen(v->text) > CONF_NAME_MAX ||
	    v->text[strspn(v->text, "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_+-/")]) {
		load_fault(l, &v->mark,
			   "must be a time zone such as Europe/Berlin, not "
			   "'%.60s'",
			   v->text);
		return;
	}
	free(*field);
	*field = xstrdup(v->text);
}

/* "08:00-12:00"; "22:00-06:00" ends on the next day. */
static bool span_parse(const char *s, struct hours_span *ret)
{
	struct hours_span h;
	char from[6] = "";

	if (strlen(s) != 11 || s[5] != '-')
		return false;
	memcpy(from, s, 5);
	if (!parse_clock_time(from, DAY_MINUTES - 1, &h.from_minute) ||
	    !parse_clock_time(s + 6, DAY_MINUTES, &h.to_minute) ||
	    h.from_minute == h.to_minute)
		return false;
	if (h.to_minute < h.from_minute)
		h.to_minute += DAY_MINUTES;
	*ret = h;
	return true;
}

static bool span_load(struct load *l, const struct node *v,
		      struct hours_span *ret)
{
	if (!load_is_text(l, v, "hours such as \"08:00-12:00\""))
		return false;
	if (span_parse(v->text, ret))
		return true;
	load_fault(l, &v->mark,
		   "must be hours such as \"08:00-12:00\" (24:00 is legal, "
		   "\"22:00-06:00\" ends on the next day), not '%.40s'",
		   v->text);
	return false;
}

static void span_add(struct hours_span **v, size_t *n, struct hours_span span)
{
	size_t at = *n;

	*v = xreallocarray(*v, *n + 1, sizeof(**v));
	while (at > 0 && (*v)[at - 1].from_minute > span.from_minute) {
		(*v)[at] = (*v)[at - 1];
		at--;
	}
	(*v)[at] = span;
	(*n)++;
}

/* In minutes of the week, which has no end: Sunday night meets Monday. */
static bool week_overlap(int day_a, struct hours_span a, int day_b,
			 struct hours_span b)
{
	int from_a = day_a * DAY_MINUTES + a.from_minute;
	int to_a = day_a * DAY_MINUTES + a.to_minute;

	for (int turn = -WEEK_MINUTES; turn <= WEEK_MINUTES;
	     turn += WEEK_MINUTES) {
		int shift = day_b * DAY_MINUTES + turn;

		if (from_a < shift + b.to_minute &&
		    shift + b.from_minute < to_a)
			return true;
	}
	return false;
}

static bool week_has_room(struct load *l, const struct node *v,
			  const struct calendar_def *d, int day,
			  struct hours_span span)
{
	if (d->n_spans[day] >= SPANS_MAX) {
		load_fault(l, &v->mark, "more than %d spans on one day",
			   SPANS_MAX);
		return false;
	}
	for (int other = 0; other < 7; other++) {
		for (size_t i = 0; i < d->n_spans[other]; i++) {
			if (!week_overlap(day, span, other, d->spans[other][i]))
				continue;
			load_fault(l, &v->mark, "overlaps other hours of %s",
				   weekday_names[other]);
			return false;
		}
	}
	return true;
}

int parse_weekday(const char *s, size_t len)
{
	for (int i = 0; i < 7; i++)
		if (len == 3 && strncmp(s, weekday_names[i], 3) == 0)
			return i;
	return -1;
}

/* "mon", "mon-fri", "mon,wed,fri", or both mixed, as bits. 0: neither. */
static unsigned days_parse(const char *s)
{
	unsigned days = 0;

	for (;;) {
		size_t n = strcspn(s, ",");
		const char *dash = memchr(s, '-', n);
		size_t first_len = dash ? (size_t)(dash - s) : n;
		int first = parse_weekday(s, first_len);
		int last = dash ? parse_weekday(dash + 1, n - first_len - 1)
				: first;

		if (first < 0 || last < 0)
			return 0;
		for (int day = first;; day = (day + 1) % 7) {
			days |= BIT(day);
			if (day == last)
				break;
		}
		if (!s[n])
			return days;
		s += n + 1;
		s += strspn(s, " ");
	}
}

static void load_day_span(struct load *l, struct calendar_def *d,
			  const struct node *v, unsigned days)
{
	struct hours_span span;

	if (!span_load(l, v, &span))
		return;
	for (int day = 0; day < 7; day++) {
		if (!(days & BIT(day)))
			continue;
		if (!week_has_room(l, v, d, day, span))
			return;
		span_add(&d->spans[day], &d->n_spans[day], span);
	}
}

void load_hours(struct load *l, const struct option *o, const struct node *v,
		void *object)
{
	struct calendar_def *d = object;

	(void)o;
	d->marks.hours = v->mark;
	if (v->kind != NODE_MAP) {
		load_fault(l, &v->mark,
			   "must be days with hours, such as {mon-fri: "
			   "[\"09:00-17:00\"]}");
		return;
	}
	for (size_t i = 0; i < v->n; i++) {
		const struct node *key = v->items[i].key;
		const struct node *value = v->items[i].value;
		unsigned days = days_parse(key->text);

		if (!days) {
			load_fault(l, &key->mark,
				   "'%.40s' is no day; use mon tue wed thu fri "
				   "sat sun, mon-fri, or \"mon,wed\"",
				   key->text);
			continue;
		}
		if (value->kind != NODE_LIST)
			load_day_span(l, d, value, days);
		for (size_t j = 0; value->kind == NODE_LIST && j < value->n;
		     j++)
			load_day_span(l, d, value->items[j].value, days);
	}
}

bool parse_date(const char *s, int *ret_year, int *ret_month, int *ret_day)
{
	int year = 0, month = 0, day = 0, y, m, d;

	if (strlen(s) != 10 || s[4] != '-' || s[7] != '-')
		return false;
	for (int i = 0; i < 10; i++)
		if (i != 4 && i != 7 && (s[i] < '0' || s[i] > '9'))
			return false;
	for (int i = 0; i < 4; i++)
		year = year * 10 + s[i] - '0';
	month = (s[5] - '0') * 10 + s[6] - '0';
	day = (s[8] - '0') * 10 + s[9] - '0';
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	/* A date that is none, 30 February, comes back as another one. */
	timefmt_civil(timefmt_days(year, month, day), &y, &m, &d);
	if (y != year || m != month || d != day)
		return false;
	*ret_year = year;
	*ret_month = month;
	*ret_day = day;
	return true;
}

static bool day_is_in(const struct calendar_day *v, size_t n,
		      const struct calendar_day *day)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].year == day->year && v[i].month == day->month &&
		    v[i].day == day->day)
			return true;
	return false;
}

static bool day_load(struct load *l, const struct node *v,
		     const struct calendar_def *d, struct calendar_day *ret)
{
	struct calendar_day day = { .mark = v->mark };
	bool closed, special;

	if (!load_is_text(l, v, "a date such as 2026-12-25"))
		return false;
	if (!parse_date(v->text, &day.year, &day.month, &day.day)) {
		load_fault(l, &v->mark,
			   "must be a date such as 2026-12-25, not '%.40s'",
			   v->text);
		return false;
	}
	closed = day_is_in(d->closed, d->n_closed, &day);
	special = day_is_in(d->special, d->n_special, &day);
	if (closed || special) {
		load_fault(l, &v->mark,
			   "%s stands in this calendar twice, under %s already",
			   v->text, closed ? "closed" : "special");
		return false;
	}
	*ret = day;
	return true;
}

void load_holidays(struct load *l, const struct option *o, const struct node *v,
		   void *object)
{
	struct calendar_def *d = object;

	d->marks.holidays = v->mark;
	load_path(l, o, v, object);
}

void load_closed(struct load *l, const struct option *o, const struct node *v,
		 void *object)
{
	struct calendar_def *d = object;
	struct calendar_day day;

	(void)o;
	d->marks.closed = v->mark;
	if (v->kind != NODE_LIST) {
		load_fault(l, &v->mark, "must be a list of dates");
		return;
	}
	for (size_t i = 0; i < v->n; i++) {
		if (!day_load(l, v->items[i].value, d, &day))
			continue;
		d->closed =
			xreallocarray(d->closed, d->n_closed + 1, sizeof(day));
		d->closed[d->n_closed++] = day;
	}
}

static void load_special_span(struct load *l, const struct node *v,
			      struct calendar_day *day)
{
	struct hours_span span;

	if (!span_load(l, v, &span))
		return;
	for (size_t i = 0; i < day->n_spans; i++) {
		if (span.from_minute >= day->spans[i].to_minute ||
		    day->spans[i].from_minute >= span.to_minute)
			continue;
		load_fault(l, &v->mark, "overlaps other hours of this date");
		return;
	}
	if (day->n_spans < SPANS_MAX)
		span_add(&day->spans, &day->n_spans, span);
	else
		load_fault(l, &v->mark, "more than %d spans on one day",
			   SPANS_MAX);
}

void load_special(struct load *l, const struct option *o, const struct node *v,
		  void *object)
{
	struct calendar_def *d = object;
	struct calendar_day day;

	(void)o;
	d->marks.special = v->mark;
	if (v->kind != NODE_MAP) {
		load_fault(l, &v->mark,
			   "must be dates with hours, such as {2026-12-24: "
			   "[\"09:00-12:00\"]}");
		return;
	}
	for (size_t i = 0; i < v->n; i++) {
		const struct node *value = v->items[i].value;

		if (!day_load(l, v->items[i].key, d, &day))
			continue;
		if (value->kind == NODE_LIST && value->n == 0)
			load_fault(l, &value->mark,
				   "has no hours; a closed day belongs into "
				   "'closed'");
		if (value->kind != NODE_LIST)
			load_special_span(l, value, &day);
		for (size_t j = 0; value->kind == NODE_LIST && j < value->n;
		     j++)
			load_special_span(l, value->items[j].value, &day);
		d->special = xreallocarray(d->special, d->n_special + 1,
					   sizeof(day));
		d->special[d->n_special++] = day;
	}
}
