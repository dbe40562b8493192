/*
 * The record of one alert as a document: what it was, what was decided, who did
 * what, who was told when, and what proves it. Called by cmd_report. Every
 * event and every message of the alert stands in it.
 *
 * tested with: test_report scenario/test_report
 */
#include <string.h>
#include "cli/pick.h"
#include "cli/report_priv.h"
#include "cli/why_priv.h"
#include "util/timefmt.h"

struct record {
	struct case_view v;
	struct rows story, routes, ladder, held, phases, clocks, revisions;
	struct rows activities; /* kept as evidence: LOOK_EVIDENCE */
};

static void record_release(struct record *r)
{
	case_view_release(&r->v);
	rows_release(&r->story);
	rows_release(&r->routes);
	rows_release(&r->ladder);
	rows_release(&r->held);
	rows_release(&r->phases);
	rows_release(&r->clocks);
	rows_release(&r->revisions);
	rows_release(&r->activities);
}

static const struct cell *of(const struct record *r, const char *name)
{
	return rows_cell(&r->v.alert, 0, name);
}

static bool has(const struct record *r, const char *name)
{
	const struct cell *c = of(r, name);

	return c->type == CELL_INTEGER ? c->integer != 0 : c->len > 0;
}

/* ", text" of a member that is there. */
static void say_after(struct writer *w, const struct record *r,
		      const char *before, const char *name)
{
	if (!has(r, name))
		return;
	writer_words(w, before);
	writer_value(w, AS_TEXT, of(r, name));
}

static void say_code(struct writer *w, const struct record *r,
		     const char *label, const char *name)
{
	if (!has(r, name))
		return;
	writer_line(w, label);
	writer_code(w, of(r, name));
}

/* --- summary --- */

static void say_state(struct writer *w, const struct record *r)
{
	writer_line(w, "State");
	writer_value(w, AS_TEXT, of(r, "state"));
	say_after(w, r, " as ", "verdict");
	if (has(r, "closed_ms")) {
		say_after(w, r, " by ", "closed_by");
		writer_words(w, ", ");
		report_say_time(w, case_integer(&r->v, "closed_ms"));
		say_after(w, r, ": ", "close_note");
	}
	say_after(w, r, "; phase ", "phase");
	say_after(w, r, ", owner ", "owner");
	if (r->v.file.episode > 1)
		say_after(w, r, ", episode ", "episode");
}

static void say_times(struct writer *w, const struct record *r)
{
	int64_t created_ms = case_integer(&r->v, "created_ms");
	int64_t seen_ms = case_integer(&r->v, "seen_ms");
	char span[TIMEFMT_MAX];

	if (created_ms) {
		writer_line(w, "Raised by the source");
		report_say_time(w, created_ms);
	}
	writer_line(w, "First seen");
	report_say_time(w, seen_ms);
	if (created_ms && seen_ms > created_ms) {
		writer_words(w, ", ");
		report_say_text(w, timefmt_span(seen_ms - created_ms, span));
		writer_words(w, " after it was raised");
	}
}

static void say_clock_verdicts(struct writer *w, const struct record *r)
{
	for (size_t i = 0; i < r->clocks.n; i++) {
		writer_line(w, pick_is(&r->clocks, i, "clock", "resolve")
				       ? "Resolve clock"
				       : "Triage clock");
		if (r->v.file.episode > 1) {
			writer_words(w, "episode ");
			writer_value(w, AS_TEXT,
				     rows_cell(&r->clocks, i, "episode"));
			writer_words(w, ", ");
		}
		writer_value(w, AS_TEXT, rows_cell(&r->clocks, i, "text"));
	}
}

static void say_summary(struct writer *w, const struct record *r)
{
	writer_heading(w, 1);
	writer_words(w, "Alert ");
	writer_value(w, AS_TEXT, of(r, "id"));
	writer_words(w, ": ");
	writer_value(w, AS_TEXT, of(r, "title"));
	writer_line(w, "Severity");
	writer_value(w, AS_TEXT, of(r, "severity"));
	say_after(w, r, ", by rule ", "severity_rule");
	say_state(w, r);
	say_times(w, r);
	say_clock_verdicts(w, r);
	writer_line(w, "To what");
	writer_value(w, AS_RESOURCE, pick_resource(&r->v.alert, 0));
	say_after(w, r, ", ", "resource_type");
	say_code(w, r, "Resource", "resource_id");
	writer_line(w, "Source");
	writer_value(w, AS_TEXT, of(r, "source"));
	say_after(w, r, ", ", "provider");
	say_after(w, r, ", tenant ", "tenant");
	say_after(w, r, ", subscription ", "subscription");
	say_code(w, r, "Its id there", "native_id");
	say_code(w, r, "Alert type", "alert_type");
	if (has(r, "tactics")) {
		writer_line(w, "Tactics");
		writer_value(w, AS_TEXT, of(r, "tactics"));
		say_after(w, r, "; techniques ", "techniques");
	}
	say_code(w, r, "Incident", "incident");
	say_code(w, r, "Portal", "portal_url");
}

static void say_quote(struct writer *w, const struct record *r,
		      const char *heading, const char *name)
{
	if (!has(r, name))
		return;
	report_heading(w, 2, heading);
	writer_line(w, NULL);
	writer_value(w, AS_LINES, of(r, name));
}

/* --- timeline --- */

static void say_timeline(struct writer *w, const struct record *r)
{
	report_heading(w, 2, "Timeline");
	for (size_t i = 0; i < r->story.n; i++) {
		writer_line(w, "");
		report_say_time(w, rows_integer(&r->story, i, "at_ms"));
		writer_words(w, ", ");
		writer_value(w, AS_TEXT, rows_cell(&r->story, i, "actor"));
		writer_words(w, ": ");
		writer_value(w, AS_TEXT, rows_cell(&r->story, i, "text"));
	}
}

static void say_notes(struct writer *w, const struct record *r)
{
	const struct rows *e = &r->v.events;
	bool any = false;

	for (size_t i = 0; i < e->n; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (!pick_is(e, i, "kind", "note"))
			continue;
		if (!any)
			report_heading(w, 2, "Notes");
		any = true;
		why_add_event(&text, e, i);
		writer_line(w, "");
		report_say_time(w, rows_integer(e, i, "at_ms"));
		writer_words(w, ", ");
		writer_value(w, AS_TEXT, rows_cell(e, i, "actor"));
		writer_words(w, " ");
		report_say_text(w, text.buf);
	}
}

static void say_phases(struct writer *w, const struct record *r)
{
	const struct rows *p = &r->phases;
	char span[TIMEFMT_MAX];

	if (p->n == 0)
		return;
	report_heading(w, 2, "Phases");
	for (size_t i = 0; i < p->n; i++) {
		writer_line(w, "");
		writer_value(w, AS_TEXT, rows_cell(p, i, "phase"));
		writer_words(w, ", ");
		report_say_text(w, timefmt_span(rows_integer(p, i, "seconds") *
							1000,
						span));
		writer_words(w, rows_integer(p, i, "until_ms")
					? ": from "
					: " until now: from ");
		report_say_time(w, rows_integer(p, i, "since_ms"));
		writer_words(w, " by ");
		writer_value(w, AS_TEXT, rows_cell(p, i, "actor"));
		if (rows_text(p, i, "why")) {
			writer_words(w, ": ");
			writer_value(w, AS_TEXT, rows_cell(p, i, "why"));
		}
	}
}

/* --- what it is about --- */

static void say_entities(struct writer *w, const struct record *r)
{
	const struct rows *e = &r->v.entities;

	if (e->n == 0)
		return;
	report_heading(w, 2, "Entities");
	for (size_t i = 0; i < e->n; i++) {
		writer_line(w, "");
		writer_value(w, AS_TEXT, rows_cell(e, i, "kind"));
		writer_words(w, " ");
		writer_code(w, rows_cell(e, i, "value"));
		if (rows_cell(e, i, "role")->len == 0)
			continue;
		writer_words(w, ", ");
		writer_value(w, AS_TEXT, rows_cell(e, i, "role"));
	}
}

/* What the source recommends for the resource, done or not. */
static void say_advice(struct writer *w, const struct record *r)
{
	const struct rows *a = &r->v.advice;

	if (a->n == 0)
		return;
	report_heading(w, 2, "Recommended for the resource");
	for (size_t i = 0; i < a->n; i++) {
		bool gone = rows_integer(a, i, "gone_ms") != 0;

		writer_line(w, "");
		writer_value(w, AS_TEXT, rows_cell(a, i, "severity"));
		writer_words(w, ", ");
		writer_value(w, AS_TEXT, rows_cell(a, i, "state"));
		writer_words(w, " since ");
		report_say_time(w, rows_integer(a, i,
						gone ? "gone_ms" : "since_ms"));
		writer_words(w, ": ");
		writer_value(w, AS_TEXT, rows_cell(a, i, "title"));
		writer_words(w, " (recommendation ");
		writer_value(w, AS_TEXT, rows_cell(a, i, "id"));
		writer_words(w, ")");
	}
}

/* --- clocks --- */

static void say_clock(struct writer *w, const struct record *r, size_t i)
{
	const struct rows *c = &r->v.clocks;

	writer_line(w, "");
	writer_value(w, AS_TEXT, rows_cell(c, i, "clock"));
	writer_words(w, " of episode ");
	writer_value(w, AS_TEXT, rows_cell(c, i, "episode"));
	writer_words(w, " by \"");
	writer_value(w, AS_TEXT, rows_cell(c, i, "policy"));
	writer_words(w, "\": ");
	writer_value(w, AS_TEXT, rows_cell(&r->clocks, i, "text"));
	writer_words(w, "; began ");
	report_say_time(w, rows_integer(c, i, "started_ms"));
	writer_words(w, ", due ");
	report_say_time(w, rows_integer(c, i, "due_ms"));
	if (rows_integer(c, i, "breached_ms")) {
		writer_words(w, ", breach noted ");
		report_say_time(w, rows_integer(c, i, "breached_ms"));
	}
	if (rows_integer(c, i, "stopped_ms")) {
		writer_words(w, ", stopped ");
		report_say_time(w, rows_integer(c, i, "stopped_ms"));
		writer_words(w, ": ");
		writer_value(w, AS_TEXT, rows_cell(c, i, "stopped_why"));
	}
}

static void say_clocks(struct writer *w, const struct record *r)
{
	report_heading(w, 2, "Clocks");
	for (size_t i = 0; i < r->v.clocks.n; i++)
		say_clock(w, r, i);
	if (r->v.clocks.n > 0)
		return;
	writer_line(w, NULL);
	writer_words(w, "None was started.");
}

/* --- decisions --- */

/* "route 1: carries it ..." of each row of names and sentences. */
static void say_sentences(struct writer *w, const struct rows *rows,
			  const char *label, const char *const names[2])
{
	for (size_t i = 0; i < rows->n; i++) {
		writer_line(w, label);
		for (size_t j = 0; j < 2 && names[j]; j++) {
			writer_value(w, AS_TEXT, rows_cell(rows, i, names[j]));
			writer_words(w, j == 0 && names[1] ? ", step " : ": ");
		}
		writer_value(w, AS_TEXT, rows_cell(rows, i, "text"));
	}
}

static void say_decisions(struct writer *w, const struct record *r)
{
	report_heading(w, 2, "Decisions");
	why_say_severity(w, &r->v);
	if (r->v.missing.code) {
		writer_line(w, "Routes");
		writer_words(w, "not known without the settings: ");
		report_say_text(w, r->v.missing.text);
	}
	say_sentences(w, &r->routes, "Route",
		      (const char *const[]){ "name", NULL });
	say_sentences(w, &r->ladder, "Ladder",
		      (const char *const[]){ "route", "step" });
	say_sentences(w, &r->held, "Held back",
		      (const char *const[]){ "target", NULL });
}

/* --- deliveries --- */

static void say_delivery(struct writer *w, const struct rows *d, size_t i)
{
	CLEANUP(strbuf_release) struct strbuf to = STRBUF_INIT;
	int64_t tries = rows_integer(d, i, "attempts");

	why_add_target(&to, d, i);
	writer_line(w, "");
	report_say_text(w, to.buf);
	writer_words(w, ": ");
	writer_value(w, AS_TEXT, rows_cell(d, i, "kind"));
	writer_words(w, ", owed ");
	report_say_time(w, rows_integer(d, i, "created_ms"));
	writer_words(w, ", ");
	writer_value(w, AS_TEXT, rows_cell(d, i, "state"));
	if (rows_integer(d, i, "sent_ms")) {
		writer_words(w, " ");
		report_say_time(w, rows_integer(d, i, "sent_ms"));
	}
	if (tries != 1) {
		writer_words(w, ", tries: ");
		report_say_number(w, tries);
	}
	if (rows_integer(d, i, "maybe_duplicate"))
		writer_words(w, ", maybe twice");
	if (rows_cell(d, i, "last_error")->len > 0) {
		writer_words(w, ": ");
		writer_value(w, AS_TEXT, rows_cell(d, i, "last_error"));
	}
	writer_words(w, " (message ");
	writer_value(w, AS_TEXT, rows_cell(d, i, "id"));
	writer_words(w, ")");
}

static void say_deliveries(struct writer *w, const struct record *r)
{
	report_heading(w, 2, "Deliveries");
	for (size_t i = 0; i < r->v.deliveries.n; i++)
		say_delivery(w, &r->v.deliveries, i);
	if (r->v.deliveries.n > 0)
		return;
	writer_line(w, NULL);
	writer_words(w, "Nobody was told.");
}

/* --- evidence --- */

static void say_revision(struct writer *w, const struct rows *e, size_t i)
{
	writer_line(w, "");
	writer_words(w, "revision ");
	writer_value(w, AS_TEXT, rows_cell(e, i, "revision"));
	writer_words(w, ", ");
	report_say_time(w, rows_integer(e, i, "seen_ms"));
	writer_words(w, " from ");
	writer_value(w, AS_TEXT, rows_cell(e, i, "source"));
	writer_words(w, ", content ");
	writer_code(w, rows_cell(e, i, "content_hash"));
	if (!rows_text(e, i, "raw_sha256")) {
		writer_words(w, ", its bytes are not kept any more");
		return;
	}
	writer_words(w, ", ");
	writer_value(w, AS_TEXT, rows_cell(e, i, "raw_bytes"));
	writer_words(w, " bytes as they came, SHA-256 ");
	writer_code(w, rows_cell(e, i, "raw_sha256"));
}

/* "when, who from where: what with what". */
static void say_activity(struct writer *w, const struct rows *a, size_t i)
{
	static const struct {
		const char *before, *name;
	} parts[] = {
		{ ", ", "actor" },
		{ " from ", "ip" },
		{ ", ", "location" },
		{ ": ", "action" },
		{ " with ", "object" },
		{ " in ", "app" },
		{ "; kept as ", "native_id" },
	};

	writer_line(w, "");
	report_say_time(w, rows_integer(a, i, "at_ms"));
	for (size_t j = 0; j < ARRAY_SIZE(parts); j++) {
		const struct cell *c = rows_cell(a, i, parts[j].name);

		if (c->len == 0)
			continue;
		writer_words(w, parts[j].before);
		writer_value(w, AS_TEXT, c);
	}
	writer_words(w, ", fetched by ");
	writer_value(w, AS_TEXT, rows_cell(a, i, "fetched_by"));
}

static void say_activities(struct writer *w, const struct record *r)
{
	if (r->activities.n == 0)
		return;
	report_heading(w, 2, "Activities kept as evidence");
	for (size_t i = 0; i < r->activities.n; i++)
		say_activity(w, &r->activities, i);
}

static void say_evidence(struct writer *w, const struct record *r)
{
	const struct rows *o = &r->v.origins;

	report_heading(w, 2, "Evidence");
	for (size_t i = 0; i < o->n; i++) {
		writer_line(w, "");
		writer_words(w, "seen through ");
		writer_value(w, AS_TEXT, rows_cell(o, i, "source"));
		writer_words(w, " as ");
		writer_code(w, rows_cell(o, i, "native_id"));
		writer_words(w, ", last ");
		report_say_time(w, rows_integer(o, i, "last_seen_ms"));
	}
	for (size_t i = 0; i < r->revisions.n; i++)
		say_revision(w, &r->revisions, i);
}

/* The log is one chain: who has this hash can prove all before it. */
static void say_chain(struct writer *w, const struct record *r)
{
	const struct rows *e = &r->v.events;

	if (e->n == 0)
		return;
	writer_object(w, "audit");
	writer_field(w, "event", *rows_cell(e, e->n - 1, "id"));
	writer_field(w, "hash", *rows_cell(e, e->n - 1, "hash"));
	writer_object_end(w);
	writer_line(w, "");
	writer_words(w, "last event ");
	writer_value(w, AS_TEXT, rows_cell(e, e->n - 1, "id"));
	writer_words(w, " of the audit log, hash ");
	writer_code(w, rows_cell(e, e->n - 1, "hash"));
	writer_words(w, "; triagectl audit verify proves the log up to it");
}

/* --- the whole --- */

static void say_data(struct writer *w, const struct record *r)
{
	const struct {
		struct table table;
		const struct rows *rows;
	} parts[] = {
		{ { .key = "timeline" }, &r->story },
		{ { .key = "phases" }, &r->phases },
		{ { .key = "entities" }, &r->v.entities },
		{ { .key = "clocks" }, &r->v.clocks },
		{ { .key = "clock_results" }, &r->clocks },
		{ { .key = "routes" }, &r->routes },
		{ { .key = "ladder" }, &r->ladder },
		{ { .key = "held" }, &r->held },
		{ { .key = "deliveries" }, &r->v.deliveries },
		{ { .key = "events" }, &r->v.events },
		{ { .key = "origins" }, &r->v.origins },
		{ { .key = "recommendations" }, &r->v.advice },
		{ { .key = "revisions" }, &r->revisions },
		{ { .key = "activities" }, &r->activities },
		{ { .key = "responses" }, &r->v.responses },
	};

	writer_record(w, "alert", &r->v.alert, 0);
	why_severity_data(w, &r->v);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		writer_table(w, &parts[i].table, parts[i].rows);
}

static void say(struct writer *w, const struct session *session,
		const struct record *r)
{
	writer_begin(w, "triaged.report.v1");
	say_data(w, r);
	say_summary(w, r);
	say_quote(w, r, "What happened", "description");
	say_quote(w, r, "First steps, by the source", "remediation");
	say_advice(w, r);
	say_timeline(w, r);
	say_notes(w, r);
	say_phases(w, r);
	say_clocks(w, r);
	say_entities(w, r);
	say_decisions(w, r);
	say_deliveries(w, r);
	if (r->v.responses.n > 0)
		report_heading(w, 2, "Responses");
	report_say_responses(w, &r->v.responses, false);
	say_activities(w, r);
	say_evidence(w, r);
	say_chain(w, r);
	report_say_origin(w, session);
}

static int load(struct session *session, int64_t id, struct record *r,
		struct err *err)
{
	CLEANUP(rows_release) struct rows contents = ROWS_INIT;
	const struct selector sel = { .id = id,
				      .now_ms = session->now_ms,
				      .limit = INT64_MAX };
	int rc = case_view_load(session, id, &r->v, err);

	if (rc >= 0)
		rc = session_look(session, LOOK_CONTENTS, &sel, &contents, err);
	if (rc >= 0)
		rc = session_look(session, LOOK_EVIDENCE, &sel, &r->activities,
				  err);
	if (rc < 0)
		return rc;
	why_story_rows(&r->story, &r->v, NULL);
	why_route_rows(&r->routes, &r->v, NULL);
	why_ladder_rows(&r->ladder, &r->v, NULL);
	why_held_rows(&r->held, &r->v, NULL);
	report_phase_rows(&r->phases, &r->v);
	report_clock_rows(&r->clocks, &r->v);
	report_revision_rows(&r->revisions, &contents);
	return 0;
}

int report_case(struct session *session, const char *word, struct writer *w,
		struct err *err)
{
	CLEANUP(record_release) struct record r = { 0 };
	int64_t id;
	int rc = session_alert(session, word, &id, err);

	if (rc >= 0)
		rc = load(session, id, &r, err);
	if (rc < 0)
		return rc;
	say(w, session, &r);
	return 0;
}
