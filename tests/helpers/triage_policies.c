/*
 * The policies of the simulation, and their due times worked out a second way:
 * by libc, which has never heard of libical.
 */
#include "helpers/triage_sim_priv.h"

#include <time.h>

static const char *const zones[SIM_POLICIES] = {
	"Europe/Berlin",
	"America/New_York",
	"Asia/Kolkata",
};

/*
 * Quiet hours and maintenance, as the policies have them and as libc counts
 * them: in the zone of the policy's office, on days of a week from Sunday.
 */
static const struct hours {
	int policy;
	const char *work; /* NULL: quiet hours */
	const char *target; /* of quiet hours; NULL all */
	int title; /* of maintenance; -1 all */
	unsigned days;
	int from, to; /* minutes of the day; beyond 1440: of the next */
} hours[] = {
	{ 0, NULL, "b", -1, 0x7f, 1320, 1800 },
	{ 0, "patches", NULL, 1, 1U << 3, 120, 300 },
	{ 0, "backup", NULL, 0, 1U << 0, 60, 240 },
	{ 1, NULL, NULL, -1, 1U << 0 | 1U << 6, 0, 1440 },
	{ 1, NULL, "boss", -1, 0x7f, 1200, 1860 },
	{ 2, NULL, "a", -1, 0x7f, 720, 780 },
	{ 2, "nightly", NULL, -1, 0x7f, 60, 210 },
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

static void add_hours(struct policy *p, const struct hours *h, const char *zone)
{
	struct calendar_def *c;

	if (h->work) {
		struct maintenance_plan *m;

		p->maintenance =
			xreallocarray(p->maintenance, p->n_maintenance + 1,
				      sizeof(*p->maintenance));
		m = &p->maintenance[p->n_maintenance++];
		*m = (struct maintenance_plan){ .name = xstrdup(h->work) };
		if (h->title >= 0)
			strlist_add(&m->when.globs[MATCH_TITLE],
				    sim_titles[h->title]);
		c = &m->hours;
	} else {
		struct quiet_plan *q;

		p->quiet = xreallocarray(p->quiet, p->n_quiet + 1,
					 sizeof(*p->quiet));
		q = &p->quiet[p->n_quiet++];
		*q = (struct quiet_plan){ .target = h->target
							    ? xstrdup(h->target)
							    : NULL };
		c = &q->hours;
	}
	init_calendar(c, "hours", zone, 0, (struct hours_span){ 0, 0 });
	for (int day = 0; day < 7; day++)
		if (h->days >> day & 1)
			set_hours(c, (day + 6) % 7, h->from, h->to);
}

static void init_noise(struct policy *p, int number)
{
	p->group_wait_ms[SEVERITY_HIGH] = 30 * SECOND_MS;
	p->group_wait_ms[SEVERITY_MEDIUM] = 5 * MINUTE_MS;
	p->group_wait_ms[SEVERITY_LOW] = 5 * MINUTE_MS;
	p->storm = (struct storm_plan){ 20, 5 * MINUTE_MS, 5 * MINUTE_MS };
	p->critical_storm =
		(struct storm_plan){ 4, 5 * MINUTE_MS, 55 * SECOND_MS };
	for (size_t i = 0; i < ARRAY_SIZE(hours); i++)
		if (hours[i].policy == number)
			add_hours(p, &hours[i], zones[number]);
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
	strlist_add(&r->digest->notify, "duty");
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
	p->group_wait_ms[SEVERITY_HIGH] = 0;
	p->storm.groups = 8;
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
		init_noise(&s->policies[i], i);
		init[i](&s->policies[i]);
		s->triages[i] = triage_new(&s->policies[i], NOW_MS, NULL, &err);
		if (!s->triages[i])
			fail_msg("%s", err.text);
	}
}

static int zone_now; /* the one that libc has */

void sim_zone(int i)
{
	zone_now = i;
	setenv("TZ", zones[i], 1);
	tzset();
}

/* The office is open on weekdays from 8 to 18. */
static int64_t count_close_ms(int64_t start_ms)
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

/* The date alone matters, and no zone's date begins within half an hour. */
static int64_t next_close_ms(int64_t start_ms)
{
	static struct {
		int64_t half_hour, close_ms;
		int zone;
	} known[4096], *k;
	int64_t half_hour = start_ms / (30 * MINUTE_MS);

	k = &known[half_hour % (int64_t)ARRAY_SIZE(known)];
	if (k->half_hour != half_hour || k->zone != zone_now) {
		k->half_hour = half_hour;
		k->zone = zone_now;
		k->close_ms = count_close_ms(start_ms);
	}
	return k->close_ms;
}

static int64_t triage_due(enum severity severity, int64_t start_ms)
{
	switch (severity) {
	case SEVERITY_CRITICAL:
		return start_ms + 15 * MINUTE_MS;
	case SEVERITY_HIGH:
		return start_ms + 4 * HOUR_MS;
	case SEVERITY_MEDIUM:
		return start_ms + DAY_MS;
	case SEVERITY_LOW:
		return next_close_ms(start_ms);
	case SEVERITY_INFO:
		break;
	}
	return 0;
}

int64_t sim_plan_due(enum clock_kind kind, enum severity severity,
		     int64_t start_ms)
{
	if (kind == CLOCK_TRIAGE)
		return triage_due(severity, start_ms);
	if (severity == SEVERITY_CRITICAL)
		return start_ms + DAY_MS;
	return severity == SEVERITY_HIGH ? start_ms + 5 * DAY_MS : 0;
}

/* --- quiet hours and maintenance by libc --- */

/* Minute @minute of the day that is @days behind the one of @now_ms. */
static int64_t civil_ms(int64_t now_ms, int days, int minute, int *ret_weekday)
{
	time_t now = (time_t)(now_ms / SECOND_MS);
	struct tm day;

	localtime_r(&now, &day);
	day.tm_mday += days + minute / 1440;
	day.tm_hour = minute % 1440 / 60;
	day.tm_min = minute % 60;
	day.tm_sec = 0;
	day.tm_isdst = -1;
	now = mktime(&day);
	*ret_weekday = (day.tm_wday + 7 - minute / 1440) % 7;
	return (int64_t)now * SECOND_MS;
}

/* What is known of some hours: from a moment to another, their end (0 none). */
struct known {
	int64_t from_ms, to_ms, end_ms;
};

static struct known look(const struct hours *h, int64_t now_ms)
{
	int weekday;
	struct known k = { now_ms, civil_ms(now_ms, 1, 0, &weekday), 0 };

	for (int day = -1; day <= 1; day++) {
		int64_t to_ms = civil_ms(now_ms, day, h->to, &weekday);
		int64_t from_ms = civil_ms(now_ms, day, h->from, &weekday);

		if (!(h->days >> weekday & 1))
			continue;
		if (from_ms > now_ms) {
			k.to_ms = MIN(k.to_ms, from_ms);
		} else if (now_ms < to_ms) {
			k.end_ms = to_ms;
			break;
		}
	}
	if (k.end_ms)
		k.to_ms = k.end_ms;
	return k;
}

/* Hours that begin where others end are one time. */
static int64_t hours_end(const struct hours *h, int64_t now_ms)
{
	static struct known cache[ARRAY_SIZE(hours)];
	struct known *k = &cache[h - hours];
	int64_t next_ms;

	if (now_ms >= k->from_ms && now_ms < k->to_ms)
		return k->end_ms;
	*k = look(h, now_ms);
	while (k->end_ms && (next_ms = look(h, k->end_ms).end_ms))
		k->end_ms = k->to_ms = next_ms;
	return k->end_ms;
}

int64_t sim_quiet_end(const struct sim *s, const char *target, int64_t now_ms)
{
	int64_t end_ms = 0;

	for (size_t i = 0; i < ARRAY_SIZE(hours) && !end_ms; i++) {
		const struct hours *h = &hours[i];

		if (h->policy == s->policy && !h->work &&
		    (!h->target || strcmp(h->target, target) == 0))
			end_ms = hours_end(h, now_ms);
	}
	return end_ms;
}

int64_t sim_work_end(const struct sim *s, size_t title, int64_t now_ms,
		     const char **ret_name)
{
	int64_t end_ms = 0;

	for (size_t i = 0; i < ARRAY_SIZE(hours) && !end_ms; i++) {
		const struct hours *h = &hours[i];

		if (h->policy != s->policy || !h->work ||
		    (h->title >= 0 && (size_t)h->title != title))
			continue;
		end_ms = hours_end(h, now_ms);
		*ret_name = h->work;
	}
	return end_ms;
}
