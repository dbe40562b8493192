/*
 * Reads `rotations:`: targets that take turns. Whether a zone exists, and who
 * has the duty at an instant, is known to triage/ alone; here stands what the
 * text shows.
 *
 * tested with: test_rotations
 */
#include "conf/conf_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define MEMBERS_MAX 100
#define OVERRIDES_MAX 200
#define EVERY_DAYS_MAX 366
#define DAY_MINUTES (24 * 60)
#define NOBODY "none"

/* Minutes of a civil time, to compare and not to calculate with. */
static int64_t civil_order(const struct civil *at)
{
	return timefmt_days(at->year, at->month, at->day) * DAY_MINUTES +
	       at->minute;
}

static int weekday_of(int64_t day)
{
	/* 1970-01-01 was a Thursday. */
	return (int)(((day + 3) % 7 + 7) % 7);
}

void load_start(struct load *l, const struct option *o, const struct node *v,
		void *object)
{
	struct civil *at = FIELD(struct civil, object, o);

	if (!load_is_text(l, v, "a date such as 2026-01-05"))
		return;
	if (!parse_date(v->text, &at->year, &at->month, &at->day))
		load_fault(l, &v->mark,
			   "must be a date such as 2026-01-05, not '%.40s'",
			   v->text);
}

/* "09:00", or "mon 09:00" */
void load_handover(struct load *l, const struct option *o, const struct node *v,
		   void *object)
{
	struct rotation *r = object;
	const char *time = v->text;

	(void)o;
	if (!load_is_text(l, v, "a time, or a weekday and a time"))
		return;
	r->weekday = parse_weekday(v->text, strcspn(v->text, " "));
	if (r->weekday >= 0)
		time += strcspn(time, " ") + strspn(time, " ");
	time += strspn(time, " ");
	if (!parse_clock_time(time, DAY_MINUTES - 1, &r->start.minute))
		load_fault(l, &v->mark,
			   "must be a time such as \"09:00\", or a weekday and "
			   "a time such as \"mon 09:00\", not '%.40s'",
			   v->text);
}

/* "1d", "2w" */
void load_every(struct load *l, const struct option *o, const struct node *v,
		void *object)
{
	long n;
	char *end;

	if (!load_is_text(l, v, "days or weeks such as 1d or 2w"))
		return;
	n = strtol(v->text, &end, 10);
	if (strcmp(end, "w") == 0 && n <= EVERY_DAYS_MAX)
		n *= 7;
	else if (strcmp(end, "d") != 0)
		n = 0;
	if (v->text[0] < '0' || v->text[0] > '9' || n < 1 || n > EVERY_DAYS_MAX)
		load_fault(l, &v->mark,
			   "must be days or weeks such as 1d or 2w, at most "
			   "%dd, not '%.40s'",
			   EVERY_DAYS_MAX, v->text);
	else
		*FIELD(int, object, o) = (int)n;
}

static const char *member_fault(const char *s)
{
	return strcmp(s, NOBODY) == 0
		       ? "means nobody, which only an override may say"
		       : NULL;
}

/* One may stand there more than once, to have more turns. */
void load_members(struct load *l, const struct option *o, const struct node *v,
		  void *object)
{
	struct strlist *field = FIELD(struct strlist, object, o);

	if (v->kind != NODE_LIST || v->n == 0 || v->n > MEMBERS_MAX) {
		load_fault(l, &v->mark,
			   "must be a list of 1 to %d names of targets",
			   MEMBERS_MAX);
		return;
	}
	load_texts(l, v, field, member_fault);
	for (size_t i = 0; i < v->n; i++) {
		const struct node *one = v->items[i].value;

		if (one->kind == NODE_TEXT && *one->text &&
		    !member_fault(one->text))
			load_refer(l, REFER_TARGET, one);
	}
}

/* "2026-02-01T09:00", local time */
void load_moment(struct load *l, const struct option *o, const struct node *v,
		 void *object)
{
	struct civil *at = FIELD(struct civil, object, o);
	struct civil read = { 0 };
	char date[11] = "";

	if (!load_is_text(l, v, "a local time such as 2026-02-01T09:00"))
		return;
	if (strlen(v->text) == 16)
		memcpy(date, v->text, 10);
	if (!parse_date(date, &read.year, &read.month, &read.day) ||
	    (v->text[10] != 'T' && v->text[10] != ' ') ||
	    !parse_clock_time(v->text + 11, DAY_MINUTES, &read.minute))
		load_fault(l, &v->mark,
			   "must be a local time such as 2026-02-01T09:00, not "
			   "'%.40s'",
			   v->text);
	else
		*at = read;
}

void load_member(struct load *l, const struct option *o, const struct node *v,
		 void *object)
{
	char **field = FIELD(char *, object, o);

	if (!load_is_text(l, v, "the name of a target, or none"))
		return;
	free(*field);
	*field = NULL;
	if (strcmp(v->text, NOBODY) == 0)
		return;
	load_refer(l, REFER_TARGET, v);
	*field = xstrdup(v->text);
}

static void override_check(struct load *l, const struct node *map,
			   const struct rotation *r,
			   const struct rotation_override *o)
{
	if (civil_order(&o->from) >= civil_order(&o->to)) {
		load_fault(l, &node_get(map, "to")->mark,
			   "must lie after from, which belongs to the override "
			   "while to does not");
		return;
	}
	for (size_t i = 0; i < r->n_overrides; i++) {
		const struct rotation_override *other = &r->overrides[i];

		if (civil_order(&o->from) >= civil_order(&other->to) ||
		    civil_order(&other->from) >= civil_order(&o->to))
			continue;
		load_fault(l, &map->mark,
			   "overlaps the override in line %d; both would say "
			   "who has the duty",
			   other->mark.line);
		return;
	}
}

static void load_override(struct load *l, const struct node *map,
			  struct rotation *r)
{
	struct rotation_override o = { .mark = map->mark };
	size_t n_faults = l->faults->n;

	if (map->kind == NODE_SPOILT)
		return;
	load_section(l, "rotations.overrides", map, 0, &o);
	if (l->faults->n == n_faults && map->kind == NODE_MAP)
		override_check(l, map, r, &o);
	r->overrides =
		xreallocarray(r->overrides, r->n_overrides + 1, sizeof(o));
	r->overrides[r->n_overrides++] = o;
}

void load_overrides(struct load *l, const struct option *o,
		    const struct node *v, void *object)
{
	struct rotation *r = object;

	(void)o;
	if (v->kind != NODE_LIST || v->n > OVERRIDES_MAX) {
		load_fault(
			l, &v->mark,
			"must be a list of at most %d entries such as {from: "
			"2026-02-01T09:00, to: 2026-02-03T09:00, member: "
			"NAME}",
			OVERRIDES_MAX);
		return;
	}
	for (size_t i = 0; i < v->n; i++) {
		char label[24];
		size_t len;

		snprintf(label, sizeof(label), "[%zu]", i + 1);
		len = load_push(l, label);
		load_override(l, v->items[i].value, r);
		load_pop(l, len);
	}
}

/* The first hand-over must be one. */
static void start_check(struct load *l, const struct node *map,
			const struct rotation *r)
{
	const struct node *at = node_get(map, "start");
	int64_t day = timefmt_days(r->start.year, r->start.month, r->start.day);
	int y, m, d;

	if (r->weekday < 0 || weekday_of(day) == r->weekday)
		return;
	timefmt_civil(day + (r->weekday - weekday_of(day) + 7) % 7, &y, &m, &d);
	load_fault(l, &at->mark,
		   "%s is a %s and handover says %s; the next %s is "
		   "%04d-%02d-%02d",
		   at->text, weekday_names[weekday_of(day)],
		   weekday_names[r->weekday], weekday_names[r->weekday], y, m,
		   d);
}

static void rotation_complete(struct load *l, const struct node *map,
			      struct rotation *r)
{
	const struct node *every = node_get(map, "every");
	struct civil start = r->start;

	if (!every)
		r->every_days = r->weekday >= 0 ? 7 : 1;
	else if (r->weekday >= 0 && r->every_days % 7 != 0)
		load_fault(l, &every->mark,
			   "a hand-over on a weekday comes every 1w, 2w or "
			   "more; without the weekday it may come every %s",
			   every->text);
	start_check(l, map, r);
	for (size_t i = 0; i < r->n_overrides; i++)
		if (civil_order(&r->overrides[i].to) <= civil_order(&start))
			load_fault(l, &r->overrides[i].mark,
				   "this override is over before the rotation "
				   "starts");
}

static void load_rotation(struct load *l, const struct node *map)
{
	struct policy *p = &l->c->policy;
	struct rotation r = { .mark = map->mark, .weekday = -1 };
	size_t n_faults = l->faults->n;

	load_section(l, "rotations", map, 0, &r);
	if (l->faults->n == n_faults)
		rotation_complete(l, map, &r);
	for (size_t i = 0; i < p->n_rotations; i++)
		if (!load_unique(l, map, r.name, p->rotations[i].name,
				 &p->rotations[i].mark))
			break;
	p->rotations =
		xreallocarray(p->rotations, p->n_rotations + 1, sizeof(r));
	p->rotations[p->n_rotations++] = r;
}

void load_rotations(struct load *l, const struct option *o,
		    const struct node *v, void *object)
{
	(void)o;
	(void)object;
	load_entries(l, v, load_rotation);
}
