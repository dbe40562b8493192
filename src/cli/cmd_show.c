/*
 * `triagectl show ID`: one screen for a tired person: due when, who has it,
 * what happened, to what, since when, how bad and why, what to do first, who
 * was told, what comes, which command to type. With --full everything there is.
 */
#include <string.h>
#include "cli/commands.h"
#include "cli/heading.h"
#include "cli/show_priv.h"

static void say_data(struct writer *w, const struct case_view *v)
{
	const struct {
		struct table table;
		const struct rows *rows;
	} parts[] = {
		{ { .key = "entities" }, &v->entities },
		{ { .key = "clocks" }, &v->clocks },
		{ { .key = "deliveries" }, &v->deliveries },
		{ { .key = "events" }, &v->events },
		{ { .key = "origins" }, &v->origins },
		{ { .key = "revisions" }, &v->revisions },
		{ { .key = "recommendations" }, &v->advice },
		{ { .key = "responses" }, &v->responses },
	};

	writer_record(w, "alert", &v->alert, 0);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		writer_table(w, &parts[i].table, parts[i].rows);
}

static void say_portal(struct writer *w, const struct case_view *v)
{
	if (!case_text(v, "portal_url"))
		return;
	writer_line(w, "Portal");
	writer_value(w, AS_TEXT, rows_cell(&v->alert, 0, "portal_url"));
}

/* What decides whether to get up stands first. */
static void say(struct writer *w, const struct case_view *v, bool full)
{
	writer_begin(w, "triaged.show.v1");
	say_data(w, v);
	say_heading(w, &v->alert);
	writer_gap(w);
	show_due(w, v);
	show_resolve(w, v);
	show_who(w, v);
	show_what(w, v, full);
	show_where(w, v, full);
	show_since(w, v);
	show_severity(w, v);
	show_steps(w, v, full);
	show_advice(w, v, full);
	show_entities(w, v, full);
	show_told(w, v, full);
	show_responses(w, v, full);
	show_next(w, v);
	show_events(w, v, full);
	say_portal(w, v);
	show_commands(w, v);
}

int cmd_show(struct session *session, const struct arguments *args,
	     struct err *err)
{
	CLEANUP(case_view_release) struct case_view v = { 0 };
	int64_t id;
	int rc;

	rc = session_alert(session, args->words[0], &id, err);
	if (rc < 0)
		return rc;
	rc = case_view_load(session, id, &v, err);
	if (rc < 0)
		return rc;
	say(session->writer, &v, arguments_has(args, "full"));
	return 0;
}
