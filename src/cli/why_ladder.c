/*
 * The ladders of the present episode, step by step: when each was due, when it
 * was taken, whom it told or why it will not be taken. Called by cmd_why.
 *
 * A stored ladder knows where it stands; when a step was taken stands in the
 * audit log, whom it told in the outbox; what the steps are, in the settings.
 *
 * tested with: test_why
 */
#include <stdlib.h>
#include <string.h>
#include "cli/pick.h"
#include "cli/why_priv.h"
#include "triage/ladder.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

/* Messages of a step are owed in the turn in which it is taken. */
#define SAME_TURN_MS 2000

/* One step of one stored ladder. */
struct rung {
	const struct ladder_row *row;
	const struct route *route;
	const char *stopped_why; /* NULL: it goes on, or is at its end */
	int step;
	int64_t due_ms, taken_ms;
};

static bool event_is_step(const struct rows *r, size_t i, const struct rung *g)
{
	const struct cell *c = rows_cell(r, i, "detail");
	CLEANUP(jsonx_unref) json_t *d = NULL;
	const char *route;
	int64_t step;

	if (!c->text ||
	    (!pick_is(r, i, "kind", "escalated") &&
	     !pick_is(r, i, "kind", "step-skipped")) ||
	    rows_integer(r, i, "at_ms") < g->row->started_ms)
		return false;
	d = jsonx_parse(c->text, c->len, 0, NULL);
	route = jsonx_str(d, "route");
	return route &&
	       strncmp(route, g->row->route, LADDER_ROUTE_MAX - 1) == 0 &&
	       jsonx_int(d, "step", &step) && step == g->step + 1;
}

/* The first step of a ladder is no escalation: its message tells. */
static bool delivery_is_step(const struct case_view *v, size_t i,
			     const struct rung *g)
{
	const struct rows *r = &v->deliveries;

	return rows_integer(r, i, "alert_id") == v->file.alert_id &&
	       rows_integer(r, i, "episode") == v->file.episode &&
	       rows_integer(r, i, "step") == g->step &&
	       rows_integer(r, i, "created_ms") >= g->row->started_ms &&
	       (pick_is(r, i, "kind", "opened") ||
		pick_is(r, i, "kind", "reopened") ||
		pick_is(r, i, "kind", "updated") ||
		pick_is(r, i, "kind", "escalated"));
}

static bool is_taken(const struct rung *g)
{
	return g->step < g->row->step ||
	       (g->step == g->row->step && g->row->repeat > 0);
}

static int64_t find_taken(const struct case_view *v, const struct rung *g)
{
	for (size_t i = 0; i < v->events.n; i++) {
		if (event_is_step(&v->events, i, g))
			return rows_integer(&v->events, i, "at_ms");
	}
	for (size_t i = 0; i < v->deliveries.n; i++) {
		if (delivery_is_step(v, i, g))
			return rows_integer(&v->deliveries, i, "created_ms");
	}
	return 0;
}

/* "oncall sent, duty-manager retry" */
static void add_told(struct strbuf *sb, const struct case_view *v,
		     const struct rung *g)
{
	for (size_t i = 0; g->taken_ms && i < v->deliveries.n; i++) {
		int64_t at_ms = rows_integer(&v->deliveries, i, "created_ms");

		if (!delivery_is_step(v, i, g) || at_ms < g->taken_ms ||
		    at_ms > g->taken_ms + SAME_TURN_MS)
			continue;
		if (sb->len > 0)
			strbuf_addstr(sb, "; ");
		why_add_target(sb, &v->deliveries, i);
		strbuf_addf(sb, ": %s", rows_text(&v->deliveries, i, "state"));
	}
}

static bool held_is_step(const struct case_view *v, size_t i,
			 const struct rung *g)
{
	const struct rows *r = &v->held;

	return rows_integer(r, i, "episode") == v->file.episode &&
	       rows_integer(r, i, "step") == g->step &&
	       rows_integer(r, i, "since_ms") >= g->row->started_ms &&
	       !pick_is(r, i, "cause", "digest") &&
	       (pick_is(r, i, "kind", "opened") ||
		pick_is(r, i, "kind", "reopened") ||
		pick_is(r, i, "kind", "updated") ||
		pick_is(r, i, "kind", "escalated"));
}

/* "oncall: held back by silence 3 of anna" */
static void add_held(struct strbuf *sb, const struct case_view *v,
		     const struct rung *g)
{
	for (size_t i = 0; i < v->held.n; i++) {
		if (!held_is_step(v, i, g))
			continue;
		if (sb->len > 0)
			strbuf_addstr(sb, "; ");
		strbuf_addf(sb, "%s: held back by ",
			    rows_text(&v->held, i, "target"));
		why_add_cause(sb, &v->held, i);
	}
}

static const char *state_of(const struct rung *g)
{
	if (is_taken(g))
		return "taken";
	if (g->stopped_why || !g->row->next_ms)
		return "not taken";
	return g->step == g->row->step ? "next" : "later";
}

static void add_why(struct strbuf *sb, const struct case_view *v,
		    const struct rung *g)
{
	const struct strlist *notify = &g->route->steps[g->step].notify;

	add_told(sb, v, g);
	if (is_taken(g))
		add_held(sb, v, g);
	if (sb->len > 0)
		return;
	if (is_taken(g)) {
		strbuf_addstr(sb, "told nobody: nobody had the duty, or the "
				  "message is not kept any more");
		return;
	}
	if (g->stopped_why)
		strbuf_addf(sb, "%s; would have told ", g->stopped_why);
	else
		strbuf_addstr(sb, "tells ");
	why_add_names(sb, v, notify, MAX(g->due_ms, v->now_ms));
}

static void keep_rung(struct rows *to, const struct case_view *v,
		      const struct rung *g)
{
	static const char *const names[] = {
		"route",       "step",	  "due_ms",  "taken_ms", "state",
		"stopped_why", "repeats", "targets", "text"
	};
	const struct ladder_step *step = &g->route->steps[g->step];
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_ptr)
	char *targets = why_targets(v, &step->notify,
				    g->taken_ms ? g->taken_ms : g->due_ms);

	add_why(&text, v, g);
	(void)rows_keep(
		to, ARRAY_SIZE(names), names,
		(const struct cell[]){
			cell_text(g->route->name), cell_integer(g->step + 1),
			g->due_ms ? cell_integer(g->due_ms) : cell_null(),
			g->taken_ms ? cell_integer(g->taken_ms) : cell_null(),
			cell_text(state_of(g)), cell_text(g->stopped_why),
			cell_integer(step->times), cell_text(targets),
			cell_text(text.buf) });
}

static void ladder_rows(struct rows *to, const struct case_view *v,
			const struct ladder_row *row, const char *stopped_why,
			const char *target)
{
	const struct clock_row *clock = &v->file.clocks[CLOCK_TRIAGE];
	const struct match_subject subject = case_subject_of(v);
	const struct route *route =
		v->triage ? ladder_route_of(v->triage, row, &subject) : NULL;

	for (int i = 0; route && i < (int)route->n_steps; i++) {
		struct rung g = { .row = row,
				  .route = route,
				  .stopped_why = stopped_why,
				  .step = i };
		struct ladder_row at = *row;

		if (target &&
		    !why_names_know(v, &route->steps[i].notify, target))
			continue;
		at.step = i;
		at.repeat = 0;
		/* A calendar without an answer: the time stays unknown. */
		if (ladder_due(v->triage, route, &at,
			       clock->due_ms ? clock : NULL, &g.due_ms,
			       NULL) < 0)
			g.due_ms = 0;
		if (is_taken(&g))
			g.taken_ms = find_taken(v, &g);
		else if (i == row->step && row->next_ms)
			g.due_ms = row->next_ms; /* planned by older settings */
		keep_rung(to, v, &g);
	}
}

/* NULL: one of so many that it was left out. */
static const struct ladder_row *stored_ladder(const struct case_view *v,
					      const char *route)
{
	const struct casefile *f = &v->file;

	for (size_t i = 0; route && i < f->n_ladders; i++) {
		if (strcmp(f->ladders[i].route, route) == 0)
			return &f->ladders[i];
	}
	return NULL;
}

void why_ladder_rows(struct rows *to, const struct case_view *v,
		     const char *target)
{
	for (size_t i = 0; i < v->ladders.n; i++) {
		const struct ladder_row *row =
			stored_ladder(v, rows_text(&v->ladders, i, "route"));

		if (row &&
		    rows_integer(&v->ladders, i, "episode") == v->file.episode)
			ladder_rows(to, v, row,
				    rows_text(&v->ladders, i, "stopped_why"),
				    target);
	}
}
