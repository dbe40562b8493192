/*
 * Reads what keeps messages back: `groups:`, `storm:`, `quiet-hours:` and
 * `maintenance:`. Whether a zone exists, and when a local time is, is known to
 * triage/windows.c alone; here stands what the text shows.
 *
 * tested with: test_noise_settings
 */
#include "conf/conf_priv.h"

#include <stdlib.h>
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define DAY_MINUTES (24 * 60)
#define WEEK_MINUTES (7 * DAY_MINUTES)
#define ONCE_DAYS_MAX 30

/* A critical alert waits for nobody; the option is there to say so. */
void load_no_wait(struct load *l, const struct option *o, const struct node *v,
		  void *object)
{
	int64_t ms;

	if (!load_is_text(l, v, "0s"))
		return;
	if (timefmt_parse_duration(v->text, &ms) < 0 || ms != 0)
		load_fault(l, &v->mark,
			   "must be 0s, not '%.40s': critical alerts wait for "
			   "no others",
			   v->text);
	else
		*FIELD(int64_t, object, o) = 0;
}

/* The hours of a plan, as those of a calendar. */
void load_plan_hours(struct load *l, const struct option *o,
		     const struct node *v, void *object)
{
	load_hours(l, o, v, FIELD(struct calendar_def, object, o));
}

static int week_minutes(const struct calendar_def *d)
{
	int sum = 0;

	for (int day = 0; day < 7; day++)
		for (size_t i = 0; i < d->n_spans[day]; i++)
			sum += d->spans[day][i].to_minute -
			       d->spans[day][i].from_minute;
	return sum;
}

/* Hours never overlap, so that their sum tells whether any time is left. */
static void check_week(struct load *l, const struct node *map,
		       const struct calendar_def *d)
{
	const struct node *hours = node_get(map, "hours");

	if (hours && week_minutes(d) >= WEEK_MINUTES)
		load_fault(l, &hours->mark,
			   "cover the whole week, so that what waits would "
			   "never go; leave some time");
}

static void load_quiet(struct load *l, const struct node *map)
{
	struct policy *p = &l->c->policy;
	struct quiet_plan q = { .mark = map->mark };

	load_section(l, "quiet-hours", map, 0, &q);
	if (map->kind == NODE_MAP)
		check_week(l, map, &q.hours);
	q.hours.name = q.target ? xasprintf("quiet-hours of %s", q.target)
				: xstrdup("quiet-hours");
	p->quiet = xreallocarray(p->quiet, p->n_quiet + 1, sizeof(q));
	p->quiet[p->n_quiet++] = q;
}

/* One block, or a list of them. */
void load_quiet_hours(struct load *l, const struct option *o,
		      const struct node *v, void *object)
{
	(void)o;
	(void)object;
	if (v->kind == NODE_LIST)
		load_entries(l, v, load_quiet);
	else
		load_quiet(l, v);
}

static int64_t civil_minutes(const struct civil *at)
{
	return timefmt_days(at->year, at->month, at->day) * DAY_MINUTES +
	       at->minute;
}

static void check_once(struct load *l, const struct node *map,
		       const struct maintenance_plan *m)
{
	int64_t length = civil_minutes(&m->to) - civil_minutes(&m->from);

	/* A time that could not be read has had its fault. */
	if (m->from.year == 0 || m->to.year == 0)
		return;
	if (length <= 0)
		load_fault(l, &node_get(map, "to")->mark,
			   "must lie after from");
	else if (length > ONCE_DAYS_MAX * DAY_MINUTES)
		load_fault(l, &node_get(map, "to")->mark,
			   "must lie %d days after from at the most",
			   ONCE_DAYS_MAX);
}

static void check_work(struct load *l, const struct node *map,
		       struct maintenance_plan *m)
{
	const struct node *from = node_get(map, "from");
	const struct node *to = node_get(map, "to");
	const struct node *hours = node_get(map, "hours");

	m->once = from && to;
	if (hours && (from || to))
		load_fault(l, &hours->mark,
			   "maintenance has weekly hours, or from and to, not "
			   "both");
	else if (!hours && !from && !to)
		load_fault(l, &map->mark, "needs weekly hours, or from and to");
	else if (!hours && !m->once)
		load_fault(l, from ? &from->mark : &to->mark,
			   "from and to belong together");
	else if (m->once)
		check_once(l, map, m);
	else
		check_week(l, map, &m->hours);
}

static void load_work(struct load *l, const struct node *map)
{
	struct policy *p = &l->c->policy;
	struct maintenance_plan m = { .mark = map->mark };

	load_section(l, "maintenance", map, 0, &m);
	for (size_t i = 0; i < p->n_maintenance; i++)
		if (!load_unique(l, map, m.name, p->maintenance[i].name,
				 &p->maintenance[i].mark))
			break;
	check_work(l, map, &m);
	m.hours.name = xasprintf("maintenance %s", m.name ? m.name : "");
	p->maintenance =
		xreallocarray(p->maintenance, p->n_maintenance + 1, sizeof(m));
	p->maintenance[p->n_maintenance++] = m;
}

void load_maintenance(struct load *l, const struct option *o,
		      const struct node *v, void *object)
{
	(void)o;
	(void)object;
	load_entries(l, v, load_work);
}
