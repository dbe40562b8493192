/*
 * The policies of the simulation, and their due times worked out a second way:
 * by libc, which has never heard of libical.
 */
#include "helpers/triage_sim.h"

#include <stdio.h>
#include <time.h>

static const char *const zones[SIM_POLICIES] = {
	"Europe/Berlin",
	"America/New_York",
	"Asia/Kolkata",
};

static void on(struct route *r, const char *severity)
{
	strlist_add(&r->when.globs[MATCH_SEVERITY], severity);
}

static struct ladder_step *step(struct route *r, int64_t after_min,
				const char *who)
{
	struct ladder_step *s =
		add_step(r, AFTER_ELAPSED, after_min * MINUTE_MS);

	strlist_release(&s->notify);
	strlist_add(&s->notify, who);
	return s;
}

static void repeat(struct ladder_step *s, int64_t every_min, int times)
{
	s->repeat_ms = every_min * MINUTE_MS;
	s->times = times;
}

static void base_policy(struct policy *p, const char *zone)
{
	init_policy(p);
	free(p->calendars[0].timezone);
	p->calendars[0].timezone = xstrdup(zone);
	p->resolve[SEVERITY_CRITICAL].kind = SLA_ELAPSED;
	p->resolve[SEVERITY_CRITICAL].elapsed_ms = DAY_MS;
	p->resolve[SEVERITY_HIGH].kind = SLA_ELAPSED;
	p->resolve[SEVERITY_HIGH].elapsed_ms = 5 * DAY_MS;
	p->acknowledge_expires_ms[SEVERITY_CRITICAL] = 30 * MINUTE_MS;
	p->acknowledge_expires_ms[SEVERITY_HIGH] = 2 * HOUR_MS;
	p->acknowledge_expires_ms[SEVERITY_MEDIUM] = 12 * HOUR_MS;
}

/* The ladders of semantics 5. */
static void init_plain(struct policy *p)
{
	struct route *r = add_route(p, "critical");

	on(r, "critical");
	step(r, 0, "a");
	step(r, 5, "b");
	step(r, 10, "c");
	repeat(step(r, 15, "c"), 15, 8);
	r = add_route(p, "high");
	on(r, "high");
	step(r, 0, "a");
	step(r, 60, "b");
	step(r, 180, "c");
	step(r, 240, "c");
	r = add_route(p, "medium");
	on(r, "medium");
	step(r, 0, "a");
	add_step(r, AFTER_PERCENT, 80);
	r = add_route(p, "low");
	on(r, "low");
	add_step(r, AFTER_DUE_DAY_OPEN, 0);
}

/* "nobody" has the duty never, "duty" but on two days. */
static void add_rotations(struct policy *p, const char *zone)
{
	static const char *const names[] = { "nobody", "duty" };
	static const struct civil begin = { 2026, 1, 1, 540 };
	static const struct civil gap[] = { { 2026, 2, 3, 0 },
					    { 2026, 2, 5, 0 } };
	static const struct civil ever = { 2036, 1, 1, 0 };

	p->rotations = xcalloc(2, sizeof(*p->rotations));
	p->n_rotations = 2;
	for (int i = 0; i < 2; i++) {
		struct rotation *r = &p->rotations[i];

		r->name = xstrdup(names[i]);
		r->timezone = xstrdup(zone);
		r->start = begin;
		r->weekday = -1;
		r->every_days = 1;
		strlist_add(&r->members, "a");
		strlist_add(&r->members, "b");
		r->overrides = xcalloc(1, sizeof(*r->overrides));
		r->n_overrides = 1;
		r->overrides[0].from = i ? gap[0] : begin;
		r->overrides[0].to = i ? gap[1] : ever;
	}
}

/* Two ladders at once, a digest, low ones without a route, a rotation. */
static void init_rotating(struct policy *p)
{
	struct route *r = add_route(p, "audit");

	on(r, "critical");
	r->go_on = true;
	step(r, 0, "audit");
	r = add_route(p, "critical");
	on(r, "critical");
	on(r, "high");
	step(r, 0, "duty");
	repeat(step(r, 20, "duty"), 10, 3);
	step(r, 90, "boss");
	r = add_route(p, "medium");
	on(r, "medium");
	r->digest = xcalloc(1, sizeof(*r->digest));
	r->digest->at_minute = 540;
	r->digest->calendar = xstrdup("office");
	strlist_add(&r->digest->notify, "a");
	p->ack_counts = true;
}

/* Steps without anybody, routes of the same names as elsewhere, and clocks by
 * the source's time. */
static void init_thin(struct policy *p)
{
	struct route *r = add_route(p, "critical");

	p->sla_start = SLA_START_SOURCE;
	on(r, "critical");
	step(r, 0, "nobody");
	repeat(step(r, 5, "b"), 5, 2);
	step(r, 60, "nobody");
	r = add_route(p, "high");
	on(r, "high");
	repeat(step(r, 0, "nobody"), 5, 2);
	step(r, 30, "nobody");
	r = add_route(p, "low");
	on(r, "low");
	on(r, "medium");
	step(r, 0, "a");
}

void sim_policies(struct sim *s)
{
	static void (*const init[SIM_POLICIES])(struct policy *) = {
		init_plain,
		init_rotating,
		init_thin,
	};
	struct err err = ERR_INIT;

	for (int i = 0; i < SIM_POLICIES; i++) {
		base_policy(&s->policies[i], zones[i]);
		add_rotations(&s->policies[i], zones[i]);
		init[i](&s->policies[i]);
		s->triages[i] = triage_new(&s->policies[i], NOW_MS, NULL, &err);
		if (!s->triages[i])
			fail_msg("%s", err.text);
	}
}

void sim_zone(int i)
{
	setenv("TZ", zones[i], 1);
	tzset();
}

/* The office is open on weekdays from 8 to 18. */
static int64_t next_close_ms(int64_t start_ms)
{
	time_t start = (time_t)(start_ms / SECOND_MS);
	struct tm day;

	localtime_r(&start, &day);
	do {
		day.tm_mday++;
		day.tm_hour = 18;
		day.tm_min = 0;
		day.tm_sec = 0;
		day.tm_isdst = -1;
		start = mktime(&day);
	} while (day.tm_wday == 0 || day.tm_wday == 6);
	return (int64_t)start * SECOND_MS;
}

int64_t sim_plan_due(const struct sim *s, enum severity severity,
		     int64_t start_ms)
{
	(void)s;
	switch (severity) {
	case SEVERITY_CRITICAL:
		return start_ms + 15 * MINUTE_MS;
	case SEVERITY_HIGH:
		return start_ms + 4 * HOUR_MS;
	case SEVERITY_MEDIUM:
		return start_ms + 24 * HOUR_MS;
	case SEVERITY_LOW:
		return next_close_ms(start_ms);
	case SEVERITY_INFO:
		break;
	}
	return 0;
}
