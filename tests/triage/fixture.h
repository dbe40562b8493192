/*
 * What the tests of this room share: times as text, and policies written as
 * literals. Everything made here is owned by the policy or definition it is
 * put into.
 */
#ifndef TESTS_TRIAGE_FIXTURE_H
#define TESTS_TRIAGE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "core/policy.h"
#include "util/compiler.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)

/* 2026-01-05T12:00:00Z, a Monday: the present of most tests. */
#define NOW_MS INT64_C(1767614400000)

static inline int64_t at(const char *text)
{
	int64_t ms = 0;

	assert_int_equal(timefmt_parse(text, strlen(text), &ms), 1);
	return ms;
}

/* Compare instants as text, so that a failure can be read. */
static inline void assert_instant(int64_t ms, const char *expected)
{
	char text[TIMEFMT_MAX], wanted[TIMEFMT_MAX];

	assert_string_equal(timefmt_utc(ms, text),
			    timefmt_utc(at(expected), wanted));
}

static inline void set_hours(struct calendar_def *def, int weekday, int from,
			     int to)
{
	size_t n = def->n_spans[weekday]++;

	def->spans[weekday] = xreallocarray(def->spans[weekday], n + 1,
					    sizeof(*def->spans[weekday]));
	def->spans[weekday][n] = (struct hours_span){ from, to };
}

/* @days weekdays from Monday on, the same hours each. */
static inline void init_calendar(struct calendar_def *def, const char *name,
				 const char *zone, int days,
				 struct hours_span hours)
{
	memset(def, 0, sizeof(*def));
	def->name = xstrdup(name);
	def->timezone = xstrdup(zone);
	for (int i = 0; i < days; i++)
		set_hours(def, i, hours.from_minute, hours.to_minute);
}

static inline void add_closed(struct calendar_def *def, int y, int m, int d)
{
	def->closed = xreallocarray(def->closed, def->n_closed + 1,
				    sizeof(*def->closed));
	def->closed[def->n_closed++] =
		(struct calendar_day){ .year = y, .month = m, .day = d };
}

static inline void add_special(struct calendar_def *def, int y, int m, int d,
			       struct hours_span hours)
{
	struct calendar_day *day;

	def->special = xreallocarray(def->special, def->n_special + 1,
				     sizeof(*def->special));
	day = &def->special[def->n_special++];
	*day = (struct calendar_day){ .year = y, .month = m, .day = d };
	day->spans = xmemdup(&hours, sizeof(hours));
	day->n_spans = 1;
}

static inline struct calendar_def *add_calendar(struct policy *p,
						const char *name,
						const char *zone, int days,
						struct hours_span hours)
{
	p->calendars = xreallocarray(p->calendars, p->n_calendars + 1,
				     sizeof(*p->calendars));
	init_calendar(&p->calendars[p->n_calendars], name, zone, days, hours);
	return &p->calendars[p->n_calendars++];
}

static inline struct rule *add_rule(struct policy *p, const char *name)
{
	struct rule *r;

	p->rules = xreallocarray(p->rules, p->n_rules + 1, sizeof(*p->rules));
	r = &p->rules[p->n_rules++];
	memset(r, 0, sizeof(*r));
	r->name = xstrdup(name);
	return r;
}

static inline struct route *add_route(struct policy *p, const char *name)
{
	struct route *r;

	p->routes =
		xreallocarray(p->routes, p->n_routes + 1, sizeof(*p->routes));
	r = &p->routes[p->n_routes++];
	memset(r, 0, sizeof(*r));
	r->name = xstrdup(name);
	return r;
}

static inline struct ladder_step *add_step(struct route *r,
					   enum after_kind after, int64_t value)
{
	struct ladder_step *s;

	r->steps = xreallocarray(r->steps, r->n_steps + 1, sizeof(*r->steps));
	s = &r->steps[r->n_steps++];
	memset(s, 0, sizeof(*s));
	s->after = after;
	if (after == AFTER_PERCENT)
		s->after_percent = (int)value;
	else
		s->after_ms = value;
	strlist_add(&s->notify, "soc");
	return s;
}

/* The defaults of semantics 1 and 3, with one office in Berlin. */
static inline void init_policy(struct policy *p)
{
	memset(p, 0, sizeof(*p));
	p->triage[SEVERITY_CRITICAL].kind = SLA_ELAPSED;
	p->triage[SEVERITY_CRITICAL].elapsed_ms = 15 * MINUTE_MS;
	p->triage[SEVERITY_HIGH].kind = SLA_ELAPSED;
	p->triage[SEVERITY_HIGH].elapsed_ms = 4 * HOUR_MS;
	p->triage[SEVERITY_MEDIUM].kind = SLA_ELAPSED;
	p->triage[SEVERITY_MEDIUM].elapsed_ms = 24 * HOUR_MS;
	p->triage[SEVERITY_LOW].kind = SLA_NEXT_BUSINESS_DAY;
	p->triage[SEVERITY_LOW].calendar = xstrdup("office");
	p->import_horizon_ms = 24 * HOUR_MS;
	p->reopen_window_ms = 7 * 24 * HOUR_MS;
	p->fallback = xstrdup("oncall");
	memcpy(p->hash, "0123456789abcdef", 17);
	add_calendar(p, "office", "Europe/Berlin", 5,
		     (struct hours_span){ 480, 1080 });
}

#endif
