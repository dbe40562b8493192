/*
 * The future of one alert, found by doing the casework of the coming hours with
 * a book that only listens. Called by triagectl. Pure: no store, no clock.
 */
#include "triage/forecast.h"

#include <stdio.h>
#include "triage/ladder.h"
#include "util/compiler.h"

/* A policy can repeat a step every second; nobody reads further. */
#define TURNS_MAX 1000

/* The moments heard of so far. */
struct ear {
	const struct triage *t;
	struct forecast heard;
	int64_t now_ms; /* of the turn that is done */
};

static struct forecast_moment *hear(struct ear *e, enum forecast_kind kind,
				    int64_t due_ms)
{
	struct forecast_moment *m;

	if (e->heard.n == FORECAST_MAX)
		return NULL;
	m = &e->heard.v[e->heard.n++];
	*m = (struct forecast_moment){ .kind = kind,
				       .at_ms = e->now_ms,
				       .due_ms = due_ms };
	return m;
}

static int on_clock(void *ctx, const struct clock_row *row, struct err *err)
{
	(void)ctx;
	(void)row;
	(void)err;
	return 0;
}

static int on_ladder(void *ctx, const struct ladder_row *row, struct err *err)
{
	(void)ctx;
	(void)row;
	(void)err;
	return 0;
}

static int on_unacknowledge(void *ctx, const struct casefile *c, int64_t now_ms,
			    struct err *err)
{
	(void)ctx;
	(void)c;
	(void)now_ms;
	(void)err;
	return 0;
}

/* Whom it names is the policy's: what a call lends is gone with it. */
static bool is_of_route(const struct call *c, const struct route *r)
{
	if (r->digest && c->notify == &r->digest->notify)
		return true;
	return c->step >= 0 && (size_t)c->step < r->n_steps &&
	       c->notify == &r->steps[c->step].notify;
}

/* NULL: it is no step of a route. */
static const struct route *call_route(const struct ear *e, const struct call *c)
{
	const struct policy *p = triage_policy(e->t);

	for (size_t i = 0; i < p->n_routes; i++) {
		if (is_of_route(c, &p->routes[i]))
			return &p->routes[i];
	}
	return NULL;
}

static int on_call(void *ctx, const struct call *c, struct err *err)
{
	struct ear *ear = ctx;
	const struct route *route;
	struct forecast_moment *m;

	(void)err;
	if (!c->route)
		return 0; /* an event tells what it is about */
	route = call_route(ear, c);
	m = hear(ear,
		 !route		 ? FORECAST_FALLBACK
		 : c->collect_ms ? FORECAST_DIGEST
				 : FORECAST_STEP,
		 c->due_ms);
	if (!m)
		return 0;
	if (c->collect_ms)
		m->at_ms = MAX(m->at_ms, c->collect_ms);
	/* As the route is called now. */
	(void)snprintf(m->route, sizeof(m->route), "%s",
		       route ? route->name : c->route);
	m->step = c->step;
	m->repeat = c->repeat;
	m->notify = route ? c->notify : NULL;
	return 0;
}

static int on_event(void *ctx, const struct case_event *e, struct err *err)
{
	struct ear *ear = ctx;
	struct forecast_moment *m = NULL;

	(void)err;
	switch (e->kind) {
	case CASE_WARNED_50:
	case CASE_WARNED_80:
		m = hear(ear, FORECAST_WARNING, e->due_ms);
		if (m)
			m->percent = e->kind == CASE_WARNED_50 ? 50 : 80;
		break;
	case CASE_BREACHED:
		m = hear(ear, FORECAST_BREACH, e->due_ms);
		break;
	case CASE_ACK_EXPIRED:
		m = hear(ear, FORECAST_ACK_END, e->due_ms);
		break;
	case CASE_HOLD_EXPIRED:
		m = hear(ear, FORECAST_HOLD_END, e->due_ms);
		break;
	case CASE_UNROUTED:
		m = hear(ear, FORECAST_FALLBACK, e->due_ms);
		break;
	case CASE_ESCALATED: /* the call has told */
	case CASE_STEP_SKIPPED:
		break;
	}
	if (m)
		m->clock = e->clock;
	return 0;
}

/* Stable: a digest is heard of when it begins to wait. */
static void sort_moments(struct forecast *f)
{
	for (size_t i = 1; i < f->n; i++) {
		struct forecast_moment m = f->v[i];
		size_t j = i;

		for (; j > 0 && f->v[j - 1].at_ms > m.at_ms; j--)
			f->v[j] = f->v[j - 1];
		f->v[j] = m;
	}
}

int forecast_case(const struct casework *w, int64_t until_ms,
		  struct forecast *ret, struct err *err)
{
	struct ear ear = { .t = w->triage };
	const struct casebook book = {
		.ctx = &ear,
		.clock = on_clock,
		.ladder = on_ladder,
		.unacknowledge = on_unacknowledge,
		.call = on_call,
		.event = on_event,
	};
	struct casefile file = *w->file;
	struct casework turn = *w;
	int64_t next_ms;
	int rc;

	turn.file = &file;
	turn.book = &book;
	turn.up_since_ms = 0;
	for (int i = 0; i < TURNS_MAX && ear.heard.n < FORECAST_MAX; i++) {
		next_ms = casework_next_ms(&file);
		if (!next_ms || next_ms > until_ms)
			break;
		ear.now_ms = turn.now_ms = MAX(next_ms, w->now_ms);
		rc = casework_tick(&turn, err);
		if (rc < 0)
			return rc;
	}
	sort_moments(&ear.heard);
	*ret = ear.heard;
	return 0;
}

const struct forecast_moment *forecast_first(const struct forecast *f,
					     enum forecast_kind kind)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->v[i].kind == kind)
			return &f->v[i];
	}
	return NULL;
}
