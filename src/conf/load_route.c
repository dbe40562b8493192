/*
 * Reads `routes:`: who is told, when, and how often.
 *
 * tested with: test_load
 */
#include "conf/conf_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define STEPS_MAX 50

/* "15m", "80%" or "due-day" into a struct ladder_step. */
void load_after(struct load *l, const struct option *o, const struct node *v,
		void *object)
{
	struct ladder_step *s = object;
	int64_t ms;
	char *end;
	long percent;

	if (!load_is_text(l, v, "a duration, 80% or due-day"))
		return;
	percent = strtol(v->text, &end, 10);
	if (strcmp(v->text, "due-day") == 0) {
		s->after = AFTER_DUE_DAY_OPEN;
	} else if (v->text[0] >= '0' && v->text[0] <= '9' &&
		   strcmp(end, "%") == 0) {
		if (percent < o->min || percent > 100)
			load_fault(l, &v->mark,
				   "must be from 0%% to 100%%, not %.40s",
				   v->text);
		s->after = AFTER_PERCENT;
		s->after_percent = (int)percent;
	} else if (timefmt_parse_duration(v->text, &ms) == 0) {
		s->after = AFTER_ELAPSED;
		load_duration(l, o, v, object);
	} else {
		load_fault(l, &v->mark,
			   "must be a duration such as 15m, a share of the "
			   "triage clock such as 80%%, or due-day, not '%.40s'",
			   v->text);
	}
}

static void step_check(struct load *l, const struct node *map)
{
	const struct node *repeat = node_get(map, "repeat");
	const struct node *times = node_get(map, "times");

	if (!repeat != !times)
		load_fault(l, repeat ? &repeat->mark : &times->mark,
			   "repeat (how often) and times (how many repeats) "
			   "belong together");
}

/* A step before its forerunner would wait for it and come late. */
static void step_check_order(struct load *l, const struct node *map,
			     const struct ladder_step *before,
			     const struct ladder_step *s)
{
	if (before->after != s->after)
		return;
	if ((s->after == AFTER_ELAPSED && s->after_ms < before->after_ms) ||
	    (s->after == AFTER_PERCENT &&
	     s->after_percent < before->after_percent))
		load_fault(l, &map->mark,
			   "this step comes before the one above it; write the "
			   "steps in order of time");
}

static void load_step(struct load *l, const struct node *map, struct route *r)
{
	struct ladder_step s = { .mark = map->mark };

	if (map->kind == NODE_SPOILT)
		return;
	load_section(l, "routes.ladder", map, 0, &s);
	if (map->kind == NODE_MAP)
		step_check(l, map);
	if (r->n_steps > 0)
		step_check_order(l, map, &r->steps[r->n_steps - 1], &s);
	r->steps = xreallocarray(r->steps, r->n_steps + 1, sizeof(s));
	r->steps[r->n_steps++] = s;
}

void load_ladder(struct load *l, const struct option *o, const struct node *v,
		 void *object)
{
	struct route *r = object;

	(void)o;
	if (v->kind != NODE_LIST || v->n == 0 || v->n > STEPS_MAX) {
		load_fault(l, &v->mark,
			   "must be a list of 1 to %d steps such as {after: "
			   "0s, notify: [oncall]}",
			   STEPS_MAX);
		return;
	}
	for (size_t i = 0; i < v->n; i++) {
		char label[24];
		size_t len;

		snprintf(label, sizeof(label), "[%zu]", i + 1);
		len = load_push(l, label);
		load_step(l, v->items[i].value, r);
		load_pop(l, len);
	}
}

/* 1 = Monday; the field is 0 without it. */
void load_weekday(struct load *l, const struct option *o, const struct node *v,
		  void *object)
{
	int day;

	if (!load_is_text(l, v, "a weekday such as mon"))
		return;
	day = parse_weekday(v->text, strlen(v->text));
	if (day < 0)
		load_fault(l, &v->mark,
			   "must be mon, tue, wed, thu, fri, sat or sun, not "
			   "'%.40s'",
			   v->text);
	else
		*FIELD(int, object, o) = day + 1;
}

void load_digest(struct load *l, const struct option *o, const struct node *v,
		 void *object)
{
	struct route *r = object;

	(void)o;
	if (!r->digest)
		r->digest = xcalloc(1, sizeof(*r->digest));
	load_section(l, "routes.digest", v, 0, r->digest);
}

static void load_route(struct load *l, const struct node *map)
{
	struct policy *p = &l->c->policy;
	struct route r = { .mark = map->mark };
	const struct node *digest = node_get(map, "digest");

	load_section(l, "routes", map, 0, &r);
	r.named = r.name != NULL;
	if (!r.name && !node_get(map, "name"))
		r.name = xasprintf("route %zu", p->n_routes + 1);
	for (size_t i = 0; i < p->n_routes; i++)
		if (!load_unique(l, map, r.name, p->routes[i].name,
				 &p->routes[i].mark))
			break;
	if (digest && node_get(map, "ladder"))
		load_fault(l, &digest->mark,
			   "a route has a ladder or a digest, not both");
	else if (!digest && !node_get(map, "ladder"))
		load_fault(l, &map->mark, "needs a ladder or a digest");
	p->routes = xreallocarray(p->routes, p->n_routes + 1, sizeof(r));
	p->routes[p->n_routes++] = r;
}

void load_routes(struct load *l, const struct option *o, const struct node *v,
		 void *object)
{
	(void)o;
	(void)object;
	load_entries(l, v, load_route);
}
