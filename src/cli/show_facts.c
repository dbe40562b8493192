/*
 * The lines of `triagectl show` that tell of the alert itself: due when, whose,
 * what, to what, since when, how bad, what to do first. Called by cmd_show.
 *
 * tested with: test_screens
 */
#include <string.h>
#include "cli/pick.h"
#include "cli/plain.h"
#include "cli/show_priv.h"

/* What one screen has room for. */
#define STEPS_LINES 8
#define STEPS_BYTES 480
#define WHAT_LINES 3
#define WHAT_BYTES 240

static const struct cell *of(const struct case_view *v, const char *name)
{
	return rows_cell(&v->alert, 0, name);
}

static bool has(const struct case_view *v, const char *name)
{
	const struct cell *c = of(v, name);

	return c->type == CELL_INTEGER ? c->integer != 0 : c->len > 0;
}

/* "2026-11-21 18:55 CET, 3 h 26 min ago" */
static void say_moment(struct writer *w, const struct cell *ms)
{
	writer_value(w, AS_LOCAL, ms);
	writer_words(w, ", ");
	writer_value(w, AS_AGO, ms);
}

void show_since(struct writer *w, const struct case_view *v)
{
	writer_line(w, "Since");
	if (has(v, "created_ms")) {
		say_moment(w, of(v, "created_ms"));
		writer_words(w, ", from ");
	} else {
		say_moment(w, of(v, "seen_ms"));
		writer_words(w, " (first seen), from ");
	}
	writer_value(w, AS_TEXT, of(v, "source"));
	if (rows_integer(&v->alert, 0, "episode") > 1) {
		writer_words(w, ", opened ");
		writer_value(w, AS_TEXT, of(v, "episode"));
		writer_words(w, " times");
	}
	if (has(v, "missing_since_ms")) {
		writer_words(w, "; the source has not listed it since ");
		writer_value(w, AS_LOCAL, of(v, "missing_since_ms"));
	}
}

void show_severity(struct writer *w, const struct case_view *v)
{
	writer_line(w, "Severity");
	writer_value(w, AS_SEVERITY, of(v, "severity"));
	writer_words(w, ": the source says ");
	if (has(v, "source_severity"))
		writer_value(w, AS_TEXT, of(v, "source_severity"));
	else
		writer_words(w, "nothing");
	if (has(v, "severity_rule")) {
		writer_words(w, ", rule ");
		writer_value(w, AS_TEXT, of(v, "severity_rule"));
		writer_words(w, " applied");
	}
	if (has(v, "severity_unmapped"))
		writer_words(w, ", a word triaged does not know");
	if (has(v, "tactics")) {
		writer_words(w, "; tactics ");
		writer_value(w, AS_TEXT, of(v, "tactics"));
	}
}

void show_due(struct writer *w, const struct case_view *v)
{
	const struct cell *due = pick_due(&v->alert, 0);

	writer_line(w, "Due");
	if (has(v, "triage_stopped_ms") &&
	    pick_is(&v->alert, 0, "triage_state", "breached")) {
		writer_words(w, "it ran out, and was stopped ");
		writer_value(w, AS_LOCAL, of(v, "triage_stopped_ms"));
		return;
	}
	if (due->type == CELL_NULL) {
		writer_words(w, pick_is(&v->alert, 0, "triage_state", "met")
					? "triaged in time"
					: "no triage clock runs");
		return;
	}
	writer_value(w, AS_DUE, due);
	writer_words(w, ": ");
	writer_value(w, AS_BOTH, due);
}

static void say_note(struct writer *w, const struct case_view *v,
		     const char *name)
{
	if (!has(v, name))
		return;
	writer_words(w, ": ");
	writer_value(w, AS_TEXT, of(v, name));
}

/* The row of the resolve clock that the present episode has, or -1. */
static int resolve_row(const struct case_view *v)
{
	int64_t episode = rows_integer(&v->alert, 0, "episode");

	for (size_t i = 0; i < v->clocks.n; i++) {
		if (pick_is(&v->clocks, i, "clock", "resolve") &&
		    rows_integer(&v->clocks, i, "episode") == episode)
			return (int)i;
	}
	return -1;
}

void show_resolve(struct writer *w, const struct case_view *v)
{
	int row = resolve_row(v);

	if (row < 0 || rows_integer(&v->clocks, (size_t)row, "stopped_ms"))
		return;
	writer_line(w, "Resolve by");
	if (pick_is(&v->clocks, (size_t)row, "state", "held")) {
		writer_words(w, "on hold until ");
		writer_value(w, AS_LOCAL,
			     rows_cell(&v->clocks, (size_t)row,
				       "hold_until_ms"));
		return;
	}
	writer_value(w, AS_DUE, rows_cell(&v->clocks, (size_t)row, "due_ms"));
	writer_words(w, ": ");
	writer_value(w, AS_BOTH, rows_cell(&v->clocks, (size_t)row, "due_ms"));
}

static void say_phase(struct writer *w, const struct case_view *v)
{
	writer_words(w, "; phase ");
	writer_value(w, AS_TEXT, of(v, "phase"));
}

/* Somebody has acknowledged it, and perhaps somebody else owns it. */
static void say_taken(struct writer *w, const struct case_view *v)
{
	bool triaged = pick_is_triaged(&v->alert, 0);

	writer_value(w, AS_TEXT, pick_holder(&v->alert, 0));
	if (triaged) {
		writer_words(w, ", in phase ");
		writer_value(w, AS_TEXT, of(v, "phase"));
		writer_words(w, "; ");
		writer_value(w, AS_TEXT, of(v, "acknowledged_by"));
		writer_words(w, " took it ");
	} else {
		writer_words(w, " since ");
	}
	say_moment(w, of(v, "acknowledged_ms"));
	if (has(v, "acknowledge_expires_ms")) {
		writer_words(w, ", ends ");
		writer_value(w, AS_AGO, of(v, "acknowledge_expires_ms"));
	}
	say_note(w, v, "acknowledge_note");
	if (!triaged && has(v, "owner")) {
		writer_words(w, "; owner ");
		writer_value(w, AS_TEXT, of(v, "owner"));
	}
	if (!triaged)
		say_phase(w, v);
}

void show_who(struct writer *w, const struct case_view *v)
{
	writer_line(w, "Who has it");
	if (pick_is(&v->alert, 0, "state", "closed")) {
		writer_words(w, "closed by ");
		writer_value(w, AS_TEXT, of(v, "closed_by"));
		writer_words(w, ", ");
		say_moment(w, of(v, "closed_ms"));
		if (has(v, "verdict")) {
			writer_words(w, ", as ");
			writer_value(w, AS_TEXT, of(v, "verdict"));
		}
		say_note(w, v, "close_note");
	} else if (pick_is(&v->alert, 0, "state", "acknowledged")) {
		say_taken(w, v);
	} else if (has(v, "owner")) {
		writer_value(w, AS_TEXT, of(v, "owner"));
		writer_words(w, " owns it, nobody has acknowledged it");
		say_phase(w, v);
	} else {
		writer_words(w, "nobody");
		say_phase(w, v);
	}
}

/* The source's text with its marks taken off; the rest is a command away. */
static void say_plain(struct writer *w, const struct case_view *v,
		      const char *name, size_t max_lines, size_t max_bytes)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const struct cell *from = of(v, name);
	struct cell c;
	bool more = plain_add(&sb, from->text, from->len, max_lines, max_bytes);

	c = cell_text(sb.buf);
	writer_value(w, AS_LINES, &c);
	if (!more)
		return;
	writer_words(w, "\n... all of it: triagectl show --full ");
	writer_value(w, AS_TEXT, of(v, "id"));
}

void show_what(struct writer *w, const struct case_view *v, bool full)
{
	if (!has(v, "description"))
		return;
	writer_line(w, "What");
	say_plain(w, v, "description", full ? 0 : WHAT_LINES,
		  full ? 0 : WHAT_BYTES);
}

void show_steps(struct writer *w, const struct case_view *v, bool full)
{
	if (!has(v, "remediation"))
		return;
	writer_line(w, "First steps");
	say_plain(w, v, "remediation", full ? 0 : STEPS_LINES,
		  full ? 0 : STEPS_BYTES);
}

static void say_within(struct writer *w, const struct case_view *v,
		       const char *before, const char *name)
{
	if (!has(v, name))
		return;
	writer_words(w, before);
	writer_value(w, AS_TEXT, of(v, name));
}

/* The name people know it by, then where it is; its path is long. */
void show_where(struct writer *w, const struct case_view *v, bool full)
{
	writer_line(w, "To what");
	writer_value(w, AS_RESOURCE, pick_resource(&v->alert, 0));
	if (has(v, "resource_type")) {
		writer_words(w, ", ");
		writer_value(w, AS_TEXT, of(v, "resource_type"));
	}
	if (full) {
		say_within(w, v, "\n", "resource_id");
		return;
	}
	say_within(w, v, " in resource group ", "resource_group");
	say_within(w, v, ", subscription ", "subscription");
}
