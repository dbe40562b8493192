/*
 * `triagectl why ID`: every decision about an alert as one story: why it is so
 * severe, which route carries it and why the others do not, what its clock and
 * ladders did, who was told, and what comes. With --target it answers whether
 * somebody was told, and if not, what was in the way.
 */
#include <stdlib.h>
#include <string.h>
#include "cli/commands.h"
#include "cli/heading.h"
#include "cli/pick.h"
#include "cli/why_priv.h"
#include "util/xmalloc.h"

/* What comes is shown so far to people; programs get all of it. */
#define NEXT_SHOWN 6

struct story {
	struct case_view v;
	const char *target; /* NULL: the whole story */
	struct rows past, routes, ladder, held, next;
	struct why_answer answer;
};

static void story_release(struct story *s)
{
	case_view_release(&s->v);
	rows_release(&s->past);
	rows_release(&s->routes);
	rows_release(&s->ladder);
	rows_release(&s->held);
	rows_release(&s->next);
	free(s->answer.text);
}

static const struct cell *of(const struct story *s, const char *name)
{
	return rows_cell(&s->v.alert, 0, name);
}

static void say_text(struct writer *w, const char *text)
{
	struct cell c = cell_text(text);

	writer_value(w, AS_TEXT, &c);
}

/* --- identity --- */

static void say_doors(struct writer *w, const struct rows *origins)
{
	for (size_t i = 0; i < origins->n; i++) {
		writer_words(w, i == 0 ? "\nseen through " : ", and ");
		writer_value(w, AS_TEXT, rows_cell(origins, i, "source"));
		writer_words(w, " as ");
		writer_value(w, AS_TEXT, rows_cell(origins, i, "native_id"));
	}
	if (origins->n > 1)
		writer_words(w, ": one alert by several doors");
}

static void say_identity(struct writer *w, const struct story *s)
{
	writer_line(w, "What it is");
	writer_value(w, AS_TEXT, of(s, "kind"));
	if (of(s, "tenant")->len > 0) {
		writer_words(w, " of tenant ");
		writer_value(w, AS_TEXT, of(s, "tenant"));
	}
	if (s->v.file.episode > 1) {
		writer_words(w, ", episode ");
		writer_value(w, AS_TEXT, of(s, "episode"));
	}
	say_doors(w, &s->v.origins);
}

/* --- clocks --- */

static void say_clock_state(struct writer *w, const struct story *s, size_t i)
{
	const struct rows *r = &s->v.clocks;
	bool breached = rows_integer(r, i, "breached_ms");
	bool late = rows_integer(r, i, "due_ms") < s->v.now_ms;

	if (rows_integer(r, i, "stopped_ms")) {
		writer_words(w, breached ? "; it ran out and was stopped "
					 : "; stopped in time ");
		writer_value(w, AS_LOCAL, rows_cell(r, i, "stopped_ms"));
		writer_words(w, ": ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "stopped_why"));
	} else if (rows_integer(r, i, "held_ms")) {
		writer_words(w, "; on hold until ");
		writer_value(w, AS_LOCAL, rows_cell(r, i, "hold_until_ms"));
	} else {
		if (breached && !late)
			writer_words(w, "; it ran out before it was moved, and "
					"runs out again ");
		else
			writer_words(w, breached ? "; it ran out, now "
					: late	 ? "; not noted yet, now "
						 : "; it runs out ");
		writer_value(w, AS_DUE, rows_cell(r, i, "due_ms"));
	}
}

static void say_clock(struct writer *w, const struct story *s, size_t i)
{
	const struct rows *r = &s->v.clocks;
	int64_t warned = rows_integer(r, i, "warned");

	writer_value(w, AS_TEXT, rows_cell(r, i, "clock"));
	if (s->v.file.episode > 1) {
		writer_words(w, " of episode ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "episode"));
	}
	writer_words(w, " by \"");
	writer_value(w, AS_TEXT, rows_cell(r, i, "policy"));
	writer_words(w, "\": began ");
	writer_value(w, AS_LOCAL, rows_cell(r, i, "started_ms"));
	writer_words(w, ", due ");
	writer_value(w, AS_BOTH, rows_cell(r, i, "due_ms"));
	if (warned > 0)
		writer_words(w, warned >= 80 ? "; warned at 80 %"
					     : "; noted at 50 %");
	say_clock_state(w, s, i);
}

static void say_clocks(struct writer *w, const struct story *s)
{
	writer_line(w, "Clock");
	if (s->v.clocks.n == 0) {
		writer_words(w, s->v.view.tracked.historical
					? "none: it was older than the import "
					  "horizon when first seen"
				: s->v.file.severity == SEVERITY_INFO
					? "none: information has no clock"
					: "none was started");
		return;
	}
	for (size_t i = 0; i < s->v.clocks.n; i++) {
		if (i > 0)
			writer_words(w, "\n");
		say_clock(w, s, i);
	}
}

/* --- tables --- */

static void say_routes(struct writer *w, const struct story *s)
{
	static const struct column columns[] = {
		{ "name", "", AS_TEXT, COLUMN_FLEX, NULL },
		{ "text", "", AS_TEXT, COLUMN_WRAP, NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
		.empty = "the settings have none: the fallback is told",
	};

	if (!s->v.conf)
		return;
	writer_line(w, "Routes");
	writer_table(w, &table, &s->routes);
}

static void say_ladder(struct writer *w, const struct story *s)
{
	static const struct column columns[] = {
		{ "route", "", AS_TEXT, COLUMN_FLEX, NULL },
		{ "step", "", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "due_ms", "", AS_LOCAL, 0, NULL },
		{ "state", "", AS_TEXT, 0, NULL },
		{ "text", "", AS_TEXT, COLUMN_WRAP, NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
	};

	if (s->ladder.n == 0)
		return;
	writer_line(w, "Ladder");
	writer_table(w, &table, &s->ladder);
}

static void say_held(struct writer *w, const struct story *s)
{
	static const struct column columns[] = {
		{ "target", "", AS_TEXT, 0, NULL },
		{ "text", "", AS_TEXT, COLUMN_WRAP, NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
	};

	if (s->held.n == 0)
		return;
	writer_line(w, "Held back");
	writer_table(w, &table, &s->held);
}

static void say_past(struct writer *w, const struct story *s)
{
	static const struct column columns[] = {
		{ "at_ms", "WHEN", AS_SECOND, 0, NULL },
		{ "actor", "WHO", AS_TEXT, COLUMN_FLEX, NULL },
		{ "text", "WHAT", AS_TEXT, COLUMN_WRAP, NULL },
	};
	const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.empty = "nothing has happened to it yet",
	};

	writer_gap(w);
	writer_table(w, &table, &s->past);
}

/* Does row @i of @from repeat a step that is in @shown? */
static bool is_shown(const struct rows *shown, const struct rows *from,
		     size_t i)
{
	const char *route = rows_text(from, i, "route");
	int64_t step = rows_integer(from, i, "step");

	for (size_t k = 0; step > 0 && k < shown->n; k++) {
		if (rows_integer(shown, k, "step") == step &&
		    rows_integer(shown, k, "repeat") > 0 &&
		    pick_is(shown, k, "route", route))
			return true;
	}
	return false;
}

/* All repeats of a step would hide what else comes: the next one is shown. */
static void shown_next(struct rows *to, const struct rows *from)
{
	for (size_t i = 0; i < from->n && to->n < NEXT_SHOWN; i++) {
		if (is_shown(to, from, i))
			continue;
		(void)rows_keep(to, from->n_names,
				(const char *const *)from->names,
				from->cells + i * from->n_names);
	}
}

static void say_next(struct writer *w, const struct story *s)
{
	static const struct column columns[] = {
		{ "at_ms", "", AS_NEXT, 0, NULL },
		{ "at_ms", "", AS_LOCAL, 0, NULL },
		{ "text", "", AS_TEXT, COLUMN_WRAP, NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
		.empty = "nothing, unless the source or somebody changes it",
	};
	CLEANUP(rows_release) struct rows shown = ROWS_INIT;

	shown_next(&shown, &s->next);
	writer_gap(w);
	writer_line(w, "Next");
	if (!s->v.missing.code) {
		writer_table(w, &table, &shown);
		return;
	}
	writer_words(w, s->v.conf ? "not known: "
				  : "not known without the settings, nor are "
				    "the routes and steps: ");
	say_text(w, s->v.missing.text);
}

static void say_answer(struct writer *w, const struct story *s)
{
	if (!s->target)
		return;
	writer_line(w, NULL);
	say_text(w, s->answer.text);
	writer_words(w, ".");
	writer_gap(w);
}

/* --- the whole --- */

static void say_data(struct writer *w, const struct story *s)
{
	const struct {
		struct table table;
		const struct rows *rows;
	} parts[] = {
		{ { .key = "origins" }, &s->v.origins },
		{ { .key = "clocks" }, &s->v.clocks },
		{ { .key = "routes" }, &s->routes },
		{ { .key = "ladder" }, &s->ladder },
		{ { .key = "held" }, &s->held },
		{ { .key = "story" }, &s->past },
		{ { .key = "deliveries" }, &s->v.deliveries },
		{ { .key = "next" }, &s->next },
	};

	writer_record(w, "alert", &s->v.alert, 0);
	if (s->target) {
		writer_object(w, "answer");
		writer_field(w, "target", cell_text(s->target));
		writer_flag(w, "told", s->answer.told);
		writer_instant(w, "told", s->answer.at_ms);
		writer_field(w, "text", cell_text(s->answer.text));
		writer_object_end(w);
	}
	writer_field(w, "missing",
		     cell_text(s->v.missing.code ? s->v.missing.text : NULL));
	why_severity_data(w, &s->v);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		writer_table(w, &parts[i].table, parts[i].rows);
}

static void say(struct writer *w, const struct story *s)
{
	writer_begin(w, "triaged.why.v1");
	say_data(w, s);
	say_heading(w, &s->v.alert);
	writer_gap(w);
	say_answer(w, s);
	say_identity(w, s);
	why_say_severity(w, &s->v);
	say_clocks(w, s);
	say_routes(w, s);
	say_ladder(w, s);
	say_held(w, s);
	say_past(w, s);
	say_next(w, s);
}

int cmd_why(struct session *session, const struct arguments *args,
	    struct err *err)
{
	CLEANUP(story_release)
	struct story s = { .target = arguments_value(args, "target") };
	int64_t id;
	int rc;

	rc = session_alert(session, args->words[0], &id, err);
	if (rc < 0)
		return rc;
	rc = case_view_load(session, id, &s.v, err);
	if (rc < 0)
		return rc;
	why_story_rows(&s.past, &s.v, s.target);
	why_route_rows(&s.routes, &s.v, s.target);
	why_ladder_rows(&s.ladder, &s.v, s.target);
	why_held_rows(&s.held, &s.v, s.target);
	why_next_rows(&s.next, &s.v, s.target);
	if (s.target)
		why_answer(&s.answer, &s.v, s.target);
	say(session->writer, &s);
	return 0;
}
