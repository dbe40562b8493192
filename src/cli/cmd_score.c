/*
 * `triagectl score`: the secure score of each subscription, how it has changed,
 * and all of them together. From the database alone.
 *
 * tested with: scenario/test_posture_cli
 */
#include "cli/commands.h"

#include <math.h>
#include "cli/pick.h"
#include "cli/posture_view.h"
#include "cli/selectors.h"
#include "util/xmalloc.h"

#define SINCE_MS (INT64_C(7) * 86400000)

static double real_of(const struct rows *r, size_t i, const char *name)
{
	const struct cell *c = rows_cell(r, i, name);

	return c->type == CELL_REAL ? c->real
				    : (double)rows_integer(r, i, name);
}

/* --- for people --- */

/* "34.4 of 56" */
static char *points(const struct rows *r, size_t i)
{
	return xasprintf("%.1f of %.0f", real_of(r, i, "current"),
			 real_of(r, i, "max"));
}

/* "+2.3 since 2026-11-15"; NULL: there is no day to compare with. */
static char *change(const struct rows *r, size_t i)
{
	const char *day = rows_text(r, i, "before_day");
	double by = real_of(r, i, "percent") - real_of(r, i, "before_percent");

	if (!day || pick_is(r, i, "day", day))
		return NULL;
	if (fabs(by) < 0.05)
		return xasprintf("the same since %s", day);
	return xasprintf("%+.1f since %s", by, day);
}

static void keep_for_people(struct rows *to, const struct posture_view *v,
			    const struct rows *r)
{
	static const char *const names[] = { "subscription", "day", "percent",
					     "points", "change" };

	for (size_t i = 0; i < r->n; i++) {
		CLEANUP(free_ptr) char *of = points(r, i);
		CLEANUP(free_ptr) char *by = change(r, i);
		CLEANUP(free_ptr)
		char *percent = xasprintf("%.1f %%", real_of(r, i, "percent"));

		(void)rows_keep(
			to, ARRAY_SIZE(names), names,
			(const struct cell[]){
				cell_text(posture_view_name(
					v, rows_text(r, i, "subscription"))),
				*rows_cell(r, i, "day"), cell_text(percent),
				cell_text(of), cell_text(by) });
	}
}

static void say_table(struct writer *w, const struct posture_view *v,
		      const struct rows *rows, bool daily)
{
	static const struct column columns[] = {
		{ "subscription", "SUBSCRIPTION", AS_TEXT, COLUMN_FLEX, NULL },
		{ "day", "DAY", AS_TEXT, 0, NULL },
		{ "percent", "SCORE", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "points", "POINTS", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "change", "CHANGE", AS_OPTIONAL, COLUMN_RARE, NULL },
	};
	size_t skip = v->n_subscriptions == 1;
	const struct table table = {
		.columns = columns + skip,
		.n_columns = ARRAY_SIZE(columns) - skip,
		.empty = daily ? "no score of that time is known"
			       : "no score is known",
	};
	CLEANUP(rows_release) struct rows shown = ROWS_INIT;

	keep_for_people(&shown, v, rows);
	writer_table(w, &table, &shown);
}

/* Weighted as the service does; -1: there is nothing to weigh. */
static double together(const struct rows *r)
{
	double sum = 0, weights = 0;

	for (size_t i = 0; i < r->n; i++) {
		double weight = real_of(r, i, "weight");

		sum += weight * real_of(r, i, "percent");
		weights += weight;
	}
	return weights > 0 ? sum / weights : -1;
}

static void say_together(struct writer *w, const struct rows *scores)
{
	double percent = together(scores);
	CLEANUP(free_ptr)
	char *text = xasprintf("All %zu together, weighted: %.1f %%", scores->n,
			       percent);
	struct cell real = { .type = CELL_REAL, .real = percent };
	struct cell words = cell_text(text);

	writer_field(w, "together_percent", percent < 0 ? cell_null() : real);
	if (percent < 0 || scores->n < 2)
		return;
	writer_gap(w);
	writer_line(w, NULL);
	writer_value(w, AS_TEXT, &words);
}

static void say(struct writer *w, const struct posture_view *v,
		const struct rows *scores, const struct rows *days, bool daily)
{
	/* Beside the other when it is what was asked for. */
	const struct table score_table = { .key = "scores", .aside = daily };
	const struct table day_table = { .key = "days", .aside = !daily };

	writer_begin(w, "triaged.score.v1");
	posture_say_heading(w, v);
	writer_table(w, &score_table, scores);
	writer_table(w, &day_table, days);
	say_table(w, v, daily ? days : scores, daily);
	say_together(w, scores);
	posture_say_state(w, v);
}

int cmd_score(struct session *session, const struct arguments *args,
	      struct err *err)
{
	CLEANUP(selection_release) struct selection s = { 0 };
	CLEANUP(posture_view_release) struct posture_view v = { 0 };
	CLEANUP(rows_release) struct rows scores = ROWS_INIT;
	CLEANUP(rows_release) struct rows days = ROWS_INIT;
	bool daily = arguments_has(args, "daily");
	int rc = selectors_parse_posture(args, session->now_ms, &s, err);

	if (rc < 0)
		return rc;
	if (!s.sel.since_ms)
		s.sel.since_ms = session->now_ms - SINCE_MS;
	s.sel.limit = INT64_MAX;
	rc = posture_view_load(session, &s.sel, BIT(POSTURE_SCORES), &v, err);
	if (rc >= 0)
		rc = session_look(session, LOOK_SCORES, &s.sel, &scores, err);
	if (rc >= 0 && daily)
		rc = session_look(session, LOOK_SCORE_DAYS, &s.sel, &days, err);
	if (rc < 0)
		return rc;
	say(session->writer, &v, &scores, &days, daily);
	return 0;
}
