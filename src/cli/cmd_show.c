/*
 * `triagectl show ID`: one screen for a tired person: what happened, to what,
 * since when, how bad and why, due when, who has it, what to do first, who was
 * told.
 */
#include <string.h>
#include "cli/commands.h"
#include "cli/heading.h"
#include "cli/pick.h"
#include "cli/why_priv.h"

#define EVENTS_SHOWN 5

/* All there is about one alert. */
struct dossier {
	struct rows alert, entities, clocks, deliveries, events, origins,
		revisions;
};

static void dossier_release(struct dossier *d)
{
	rows_release(&d->alert);
	rows_release(&d->entities);
	rows_release(&d->clocks);
	rows_release(&d->deliveries);
	rows_release(&d->events);
	rows_release(&d->origins);
	rows_release(&d->revisions);
}

static int dossier_load(struct session *session, int64_t id, struct dossier *d,
			struct err *err)
{
	const struct selector sel = { .id = id, .now_ms = session->now_ms };
	const struct {
		enum question question;
		struct rows *rows;
	} parts[] = {
		{ LOOK_ENTITIES, &d->entities },
		{ LOOK_CLOCKS, &d->clocks },
		{ LOOK_DELIVERIES, &d->deliveries },
		{ LOOK_EVENTS, &d->events },
		{ LOOK_ORIGINS, &d->origins },
		{ LOOK_REVISIONS, &d->revisions },
	};
	int rc = session_alert_row(session, id, &d->alert, err);

	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(parts); i++)
		rc = session_look(session, parts[i].question, &sel,
				  parts[i].rows, err);
	return rc;
}

static const struct cell *of(const struct dossier *d, const char *name)
{
	return rows_cell(&d->alert, 0, name);
}

static bool has(const struct dossier *d, const char *name)
{
	const struct cell *c = of(d, name);

	return c->type == CELL_INTEGER ? c->integer != 0 : c->len > 0;
}

/* "2026-11-21 18:55 CET, 3 h 26 min ago" */
static void say_moment(struct writer *w, const struct cell *ms)
{
	writer_value(w, AS_LOCAL, ms);
	writer_words(w, ", ");
	writer_value(w, AS_AGO, ms);
}

static void say_what(struct writer *w, const struct dossier *d, bool full)
{
	if (has(d, "description")) {
		writer_line(w, "What");
		writer_value(w, full ? AS_LINES : AS_BRIEF,
			     of(d, "description"));
	}
	writer_line(w, "To what");
	writer_value(w, AS_RESOURCE, pick_resource(&d->alert, 0));
	if (has(d, "resource_id")) {
		writer_words(w, "\n");
		writer_value(w, AS_TEXT, of(d, "resource_id"));
	}
}

static void say_since(struct writer *w, const struct dossier *d)
{
	writer_line(w, "Since");
	if (has(d, "created_ms")) {
		say_moment(w, of(d, "created_ms"));
		writer_words(w, ", from ");
	} else {
		say_moment(w, of(d, "seen_ms"));
		writer_words(w, " (first seen), from ");
	}
	writer_value(w, AS_TEXT, of(d, "source"));
	if (rows_integer(&d->alert, 0, "episode") > 1) {
		writer_words(w, ", opened ");
		writer_value(w, AS_TEXT, of(d, "episode"));
		writer_words(w, " times");
	}
	if (has(d, "missing_since_ms")) {
		writer_words(w, "; the source has not listed it since ");
		writer_value(w, AS_LOCAL, of(d, "missing_since_ms"));
	}
}

static void say_severity(struct writer *w, const struct dossier *d)
{
	writer_line(w, "Severity");
	writer_value(w, AS_SEVERITY, of(d, "severity"));
	writer_words(w, ": the source says ");
	if (has(d, "source_severity"))
		writer_value(w, AS_TEXT, of(d, "source_severity"));
	else
		writer_words(w, "nothing");
	if (has(d, "severity_rule")) {
		writer_words(w, ", rule ");
		writer_value(w, AS_TEXT, of(d, "severity_rule"));
		writer_words(w, " applied");
	}
	if (has(d, "severity_unmapped"))
		writer_words(w, ", a word triaged does not know");
	if (has(d, "tactics")) {
		writer_words(w, "; tactics ");
		writer_value(w, AS_TEXT, of(d, "tactics"));
	}
}

static void say_due(struct writer *w, const struct dossier *d)
{
	const struct cell *due = pick_due(&d->alert, 0);

	writer_line(w, "Due");
	if (due->type == CELL_NULL) {
		writer_words(w, pick_is(&d->alert, 0, "triage_state", "met")
					? "triaged in time"
					: "no triage clock runs");
		return;
	}
	writer_value(w, AS_DUE, due);
	writer_words(w, ": ");
	writer_value(w, AS_BOTH, due);
}

static void say_note(struct writer *w, const struct dossier *d,
		     const char *name)
{
	if (!has(d, name))
		return;
	writer_words(w, ": ");
	writer_value(w, AS_TEXT, of(d, name));
}

/* The row of the resolve clock that the present episode has, or -1. */
static int resolve_row(const struct dossier *d)
{
	int64_t episode = rows_integer(&d->alert, 0, "episode");

	for (size_t i = 0; i < d->clocks.n; i++) {
		if (pick_is(&d->clocks, i, "clock", "resolve") &&
		    rows_integer(&d->clocks, i, "episode") == episode)
			return (int)i;
	}
	return -1;
}

static void say_resolve(struct writer *w, const struct dossier *d)
{
	int row = resolve_row(d);

	if (row < 0 || rows_integer(&d->clocks, (size_t)row, "stopped_ms"))
		return;
	writer_line(w, "Resolve by");
	if (pick_is(&d->clocks, (size_t)row, "state", "held")) {
		writer_words(w, "on hold until ");
		writer_value(w, AS_LOCAL,
			     rows_cell(&d->clocks, (size_t)row,
				       "hold_until_ms"));
		return;
	}
	writer_value(w, AS_DUE, rows_cell(&d->clocks, (size_t)row, "due_ms"));
	writer_words(w, ": ");
	writer_value(w, AS_BOTH, rows_cell(&d->clocks, (size_t)row, "due_ms"));
}

/* Somebody has acknowledged it, and perhaps somebody else owns it. */
static void say_taken(struct writer *w, const struct dossier *d)
{
	bool triaged = pick_is_triaged(&d->alert, 0);

	writer_value(w, AS_TEXT, pick_holder(&d->alert, 0));
	if (triaged) {
		writer_words(w, ", in phase ");
		writer_value(w, AS_TEXT, of(d, "phase"));
		writer_words(w, "; ");
		writer_value(w, AS_TEXT, of(d, "acknowledged_by"));
		writer_words(w, " took it ");
	} else {
		writer_words(w, " since ");
	}
	say_moment(w, of(d, "acknowledged_ms"));
	if (has(d, "acknowledge_expires_ms")) {
		writer_words(w, ", ends ");
		writer_value(w, AS_AGO, of(d, "acknowledge_expires_ms"));
	}
	say_note(w, d, "acknowledge_note");
	if (!triaged && has(d, "owner")) {
		writer_words(w, "; owner ");
		writer_value(w, AS_TEXT, of(d, "owner"));
	}
}

static void say_who(struct writer *w, const struct dossier *d)
{
	writer_line(w, "Who has it");
	if (pick_is(&d->alert, 0, "state", "closed")) {
		writer_words(w, "closed by ");
		writer_value(w, AS_TEXT, of(d, "closed_by"));
		writer_words(w, ", ");
		say_moment(w, of(d, "closed_ms"));
		if (has(d, "verdict")) {
			writer_words(w, ", as ");
			writer_value(w, AS_TEXT, of(d, "verdict"));
		}
		say_note(w, d, "close_note");
	} else if (pick_is(&d->alert, 0, "state", "acknowledged")) {
		say_taken(w, d);
	} else if (has(d, "owner")) {
		writer_value(w, AS_TEXT, of(d, "owner"));
		writer_words(w, " owns it, nobody has acknowledged it");
	} else {
		writer_words(w, "nobody");
	}
}

static void say_entities(struct writer *w, const struct dossier *d)
{
	static const struct column columns[] = {
		{ "kind", "", AS_TEXT, 0, NULL },
		{ "value", "", AS_TEXT, COLUMN_FLEX, NULL },
		{ "role", "", AS_OPTIONAL, COLUMN_RARE, NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
	};

	if (d->entities.n == 0)
		return;
	writer_line(w, "Entities");
	writer_table(w, &table, &d->entities);
}

static void say_told(struct writer *w, const struct dossier *d)
{
	static const struct column columns[] = {
		{ "target", "", AS_TEXT, 0, NULL },
		{ "recipient", "", AS_TEXT, COLUMN_FLEX | COLUMN_RARE, NULL },
		{ "kind", "", AS_TEXT, 0, NULL },
		{ "state", "", AS_DELIVERY, 0, NULL },
		{ "sent_ms", "", AS_AGO, 0, pick_delivery_time },
		{ "last_error", "", AS_ERROR, COLUMN_RARE | COLUMN_WRAP, NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
		.empty = "nobody",
	};

	writer_line(w, "Who knows");
	writer_table(w, &table, &d->deliveries);
}

static void say_events(struct writer *w, const struct dossier *d, bool full)
{
	static const struct column columns[] = {
		{ "at_ms", "", AS_AGO, 0, NULL },
		{ "actor", "", AS_TEXT, COLUMN_FLEX, NULL },
		{ "kind", "", AS_TEXT, 0, NULL },
		{ "detail", "", AS_DETAIL, COLUMN_WRAP, NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
		.empty = "none",
	};
	CLEANUP(rows_release) struct rows last = ROWS_INIT;

	rows_add_tail(&last, &d->events, full ? d->events.n : EVENTS_SHOWN);
	writer_line(w, d->events.n > last.n ? "Last events" : "Events");
	writer_table(w, &table, &last);
}

/* What happens if nobody does anything; nothing where the settings cannot be
 * read, since `why` tells that. */
static void say_future(struct session *session, int64_t id)
{
	CLEANUP(case_view_release) struct case_view v = { 0 };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct cell cell;
	size_t i = 0;

	if (case_view_load_brief(session, id, &v, NULL) < 0)
		return;
	/* Half the time tells nobody. */
	while (i < v.next.n && v.next.v[i].percent == 50)
		i++;
	if (i == v.next.n)
		return;
	why_add_when(&text, v.next.v[i].at_ms, v.now_ms);
	strbuf_addstr(&text, ": ");
	why_add_moment(&text, &v, &v.next.v[i]);
	cell = cell_text(text.buf);
	writer_line(session->writer, "Next");
	writer_value(session->writer, AS_TEXT, &cell);
}

static void say_next(struct writer *w, const struct dossier *d)
{
	if (has(d, "portal_url")) {
		writer_line(w, "Portal");
		writer_value(w, AS_TEXT, of(d, "portal_url"));
	}
	if (!pick_is(&d->alert, 0, "state", "open"))
		return;
	writer_line(w, "Take it");
	writer_words(w, "triagectl ack ");
	writer_value(w, AS_TEXT, of(d, "id"));
}

static void say_data(struct writer *w, const struct dossier *d)
{
	const struct {
		struct table table;
		const struct rows *rows;
	} parts[] = {
		{ { .key = "entities" }, &d->entities },
		{ { .key = "clocks" }, &d->clocks },
		{ { .key = "deliveries" }, &d->deliveries },
		{ { .key = "events" }, &d->events },
		{ { .key = "origins" }, &d->origins },
		{ { .key = "revisions" }, &d->revisions },
	};

	writer_record(w, "alert", &d->alert, 0);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		writer_table(w, &parts[i].table, parts[i].rows);
}

static void say(struct session *session, const struct dossier *d, bool full)
{
	struct writer *w = session->writer;

	writer_begin(w, "triaged.show.v1");
	say_data(w, d);
	say_heading(w, &d->alert);
	writer_gap(w);
	say_what(w, d, full);
	say_since(w, d);
	say_severity(w, d);
	say_due(w, d);
	say_resolve(w, d);
	say_who(w, d);
	say_future(session, rows_integer(&d->alert, 0, "id"));
	if (has(d, "remediation")) {
		writer_line(w, "First steps");
		writer_value(w, AS_LINES, of(d, "remediation"));
	}
	say_entities(w, d);
	say_told(w, d);
	say_events(w, d, full);
	say_next(w, d);
}

int cmd_show(struct session *session, const struct arguments *args,
	     struct err *err)
{
	CLEANUP(dossier_release) struct dossier d = { 0 };
	int64_t id;
	int rc;

	rc = session_alert(session, args->words[0], &id, err);
	if (rc < 0)
		return rc;
	rc = dossier_load(session, id, &d, err);
	if (rc < 0)
		return rc;
	say(session, &d, arguments_has(args, "full"));
	return 0;
}
