/*
 * What one shift hands over to the next, as a document: first what waits, then
 * what stands now, then what happened. Called by cmd_report. Short enough to be
 * read at the door; the commands it names tell the rest.
 *
 * tested with: scenario/test_shift
 */
#include <string.h>
#include "cli/pick.h"
#include "cli/report_priv.h"
#include "cli/stands.h"
#include "core/alert.h"
#include "store/coverage.h"
#include "triage/triage.h"
#include "util/timefmt.h"

#define ALERTS_SHOWN 15
#define SOON_MS (INT64_C(4) * 3600 * 1000)

static void shift_release(struct shift *s)
{
	struct rows *const all[] = {
		&s->came,	 &s->done,	 &s->breached,	 &s->told,
		&s->totals,	 &s->soon_count, &s->unattended, &s->counts,
		&s->overdue,	 &s->urgent,	 &s->soon,	 &s->silences,
		&s->maintenance, &s->targets,	 &s->dead,	 &s->unproven,
		&s->oncall,	 &s->responding, &s->responded
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		rows_release(all[i]);
}

/* --- loading --- */

struct unproven {
	const struct session *session;
	struct rows *rows;
};

static int keep_unproven(void *arg, const struct coverage *c)
{
	const struct unproven *u = arg;
	static const char *const names[] = { "source", "scope",	  "holes",
					     "gaps",   "seconds", "error" };

	if (coverage_has_left(u->session, c) ||
	    (!c->n_holes && !c->n_gaps && !c->failing))
		return 0;
	return rows_keep(
		u->rows, ARRAY_SIZE(names), names,
		(const struct cell[]){
			cell_text(c->source), cell_text(c->scope),
			cell_integer(c->n_holes), cell_integer(c->n_gaps),
			cell_integer(c->hole_ms / 1000),
			cell_text(c->failing ? c->last_error : NULL) });
}

/* A drill is counted nowhere, so that no list of what is open has it. */
static void drop_drills(struct rows *alerts)
{
	struct rows work = ROWS_INIT;

	for (size_t i = 0; i < alerts->n; i++) {
		if (!pick_is(alerts, i, "kind", ALERT_KIND_DRILL))
			(void)rows_keep(&work, alerts->n_names,
					(const char *const *)alerts->names,
					&alerts->cells[i * alerts->n_names]);
	}
	rows_release(alerts);
	*alerts = work;
}

/* Of the settings; without them the rest is as good. */
static void load_standing(struct session *session, struct shift *s)
{
	const struct triage *triage;

	if (session_triage(session, &triage, &s->missing) < 0 ||
	    maintenance_rows(session, &s->maintenance, &s->missing) < 0)
		return;
	oncall_rows(&s->oncall, triage_policy(triage), session->now_ms);
}

static int load(struct session *session, struct shift *s, struct err *err)
{
	const struct selector span = { .since_ms = s->span.since_ms,
				       .until_ms = s->span.until_ms,
				       .now_ms = session->now_ms };
	const struct selector now = { .now_ms = session->now_ms,
				      .states = BIT(ALERT_OPEN) |
						BIT(ALERT_ACKNOWLEDGED),
				      .delivery_state = "dead" };
	const struct selector soon = { .now_ms = session->now_ms,
				       .until_ms = session->now_ms + SOON_MS };
	const struct selector first = { .now_ms = session->now_ms,
					.limit = SHIFT_ALERTS_FIRST };
	const struct {
		enum question question;
		const struct selector *sel;
		struct rows *rows;
	} parts[] = {
		{ LOOK_SHIFT_CAME, &span, &s->came },
		{ LOOK_SHIFT_DONE, &span, &s->done },
		{ LOOK_SHIFT_BREACHED, &span, &s->breached },
		{ LOOK_SHIFT_TOLD, &span, &s->told },
		{ LOOK_SHIFT_RESPONDED, &span, &s->responded },
		{ LOOK_RESPONSES_OPEN, &now, &s->responding },
		{ LOOK_SHIFT_TOTALS, &span, &s->totals },
		{ LOOK_RUNNING_COUNT, &soon, &s->soon_count },
		{ LOOK_UNATTENDED, &first, &s->unattended },
		{ LOOK_COUNTS, &now, &s->counts },
		{ LOOK_OVERDUE, &now, &s->overdue },
		{ LOOK_ALERTS, &now, &s->urgent },
		{ LOOK_RUNNING, &soon, &s->soon },
		{ LOOK_SILENCES, &now, &s->silences },
		{ LOOK_TARGETS, &now, &s->targets },
		{ LOOK_OUTBOX, &now, &s->dead },
	};
	struct unproven unproven = { session, &s->unproven };
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < ARRAY_SIZE(parts); i++)
		rc = session_look(session, parts[i].question, parts[i].sel,
				  parts[i].rows, err);
	drop_drills(&s->urgent);
	if (rc >= 0)
		rc = coverage_look(session->store, session->now_ms,
				   keep_unproven, &unproven, err);
	if (rc >= 0)
		load_standing(session, s);
	return rc < 0 ? rc : 0;
}

int64_t shift_total(const struct shift *s, const char *what)
{
	int64_t n = 0;

	if (strcmp(what, "soon") == 0) {
		for (size_t i = 0; i < s->soon_count.n; i++)
			n += rows_integer(&s->soon_count, i, "n");
		return n;
	}
	if (strcmp(what, "unattended") == 0)
		return rows_integer(&s->unattended, 0, "total");
	if (strcmp(what, "open") != 0)
		return rows_integer(&s->totals, 0, what);
	for (size_t i = 0; i < s->counts.n; i++) {
		if (!pick_is(&s->counts, i, "state", "closed"))
			n += rows_integer(&s->counts, i, "n");
	}
	return n;
}

/* --- what waits --- */

static void say_none(struct writer *w, const char *text)
{
	writer_line(w, NULL);
	writer_words(w, text);
}

static void say_first(struct writer *w, const struct rows *first)
{
	static const struct table data = { .key = "first" };

	writer_table(w, &data, first);
	report_heading(w, 2, "First");
	for (size_t i = 0; i < first->n; i++) {
		writer_line(w, "");
		writer_value(w, AS_TEXT, rows_cell(first, i, "text"));
		writer_words(w, ": ");
		writer_code(w, rows_cell(first, i, "command"));
	}
	if (first->n == 0)
		say_none(w, "Nothing waits for anybody.");
}

static void say_counts(struct writer *w, const struct shift *s)
{
	writer_line(w, "Open");
	if (!report_say_severities(w, &s->counts, "state", "open"))
		writer_words(w, "none");
	writer_line(w, "Acknowledged");
	if (!report_say_severities(w, &s->counts, "state", "acknowledged"))
		writer_words(w, "none");
	writer_line(w, "Overdue");
	if (!report_say_severities(w, &s->overdue, NULL, NULL))
		writer_words(w, "none");
}

/* "42 critical, 12 min late, alice: title" */
static void say_alert(struct writer *w, const struct rows *r, size_t i)
{
	const struct cell *holder = pick_holder(r, i);
	const struct cell *due = pick_due(r, i);

	writer_line(w, "");
	writer_value(w, AS_TEXT, rows_cell(r, i, "id"));
	writer_words(w, " ");
	writer_value(w, AS_TEXT, rows_cell(r, i, "severity"));
	if (due->type == CELL_INTEGER) {
		writer_words(w, ", ");
		writer_value(w, AS_DUE, due);
		writer_words(w, " (");
		writer_value(w, AS_LOCAL, due);
		writer_words(w, ")");
	}
	writer_words(w, ", ");
	if (holder->len > 0)
		writer_value(w, AS_TEXT, holder);
	else
		writer_words(w, "nobody");
	writer_words(w, ", in ");
	writer_value(w, AS_TEXT, rows_cell(r, i, "phase"));
	writer_words(w, ": ");
	writer_value(w, AS_TEXT, rows_cell(r, i, "title"));
}

/* The end of a list of which no more is shown. */
static void say_more(struct writer *w, int64_t total, const char *command)
{
	struct cell code = cell_text(command);

	if (total <= ALERTS_SHOWN)
		return;
	writer_line(w, "");
	writer_words(w, "and ");
	report_say_number(w, total - ALERTS_SHOWN);
	writer_words(w, " more: ");
	writer_code(w, &code);
}

static void say_open(struct writer *w, const struct shift *s)
{
	report_heading(w, 2, "Open now, most urgent first");
	say_counts(w, s);
	for (size_t i = 0; i < s->urgent.n && i < ALERTS_SHOWN; i++)
		say_alert(w, &s->urgent, i);
	say_more(w, shift_total(s, "open"), "triagectl list");
}

/* --- what happened --- */

/* "alice 3, bob 1" of the rows of @kind. */
static void say_done(struct writer *w, const struct shift *s, const char *label,
		     const char *kind)
{
	bool any = false;

	writer_line(w, label);
	for (size_t i = 0; i < s->done.n; i++) {
		if (!pick_is(&s->done, i, "kind", kind))
			continue;
		if (any)
			writer_words(w, ", ");
		any = true;
		writer_value(w, AS_TEXT, rows_cell(&s->done, i, "actor"));
		writer_words(w, " ");
		writer_value(w, AS_TEXT, rows_cell(&s->done, i, "n"));
		if (!rows_text(&s->done, i, "verdict"))
			continue;
		writer_words(w, " as ");
		writer_value(w, AS_TEXT, rows_cell(&s->done, i, "verdict"));
	}
	if (!any)
		writer_words(w, "none");
}

static void say_came(struct writer *w, const struct shift *s)
{
	static const struct {
		const char *label, *kind;
	} kinds[] = {
		{ "Came in", "opened" },
		{ "Came in closed", "seen-closed" },
		{ "Re-opened", "reopened" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		bool any = i == 0;

		for (size_t j = 0; j < s->came.n; j++)
			any = any ||
			      pick_is(&s->came, j, "kind", kinds[i].kind);
		if (!any)
			continue;
		writer_line(w, kinds[i].label);
		if (!report_say_severities(w, &s->came, "kind", kinds[i].kind))
			writer_words(w, i == 0 ? "none" : "some");
	}
}

static void say_breached(struct writer *w, const struct shift *s)
{
	const struct rows *r = &s->breached;

	writer_line(w, "Breached");
	if (shift_total(s, "breached") == 0)
		writer_words(w, "none");
	else
		report_say_number(w, shift_total(s, "breached"));
	for (size_t i = 0; i < r->n && i < ALERTS_SHOWN; i++) {
		writer_line(w, "");
		writer_words(w, "breached: ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "id"));
		writer_words(w, " ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "severity"));
		writer_words(w, ", its ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "clock"));
		writer_words(w, " clock ");
		writer_value(w, AS_LOCAL, rows_cell(r, i, "breached_ms"));
		writer_words(w, ", now ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "state"));
		writer_words(w, ": ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "title"));
	}
	say_more(w, shift_total(s, "breached"), "triagectl sql breaches");
}

static void say_told(struct writer *w, const struct shift *s)
{
	const struct rows *r = &s->told;

	report_heading(w, 2, "Who was told, and how often");
	for (size_t i = 0; i < r->n; i++) {
		writer_line(w, "");
		writer_value(w, AS_TEXT, rows_cell(r, i, "target"));
		if (rows_cell(r, i, "recipient")->len > 0) {
			writer_words(w, ", ");
			writer_value(w, AS_TEXT, rows_cell(r, i, "recipient"));
		}
		writer_words(w, ": messages ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "n"));
		writer_words(w, ", critical ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "critical"));
		writer_words(w, ", at night (22:00 to 07:00) ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "night"));
		writer_words(w, ", last ");
		writer_value(w, AS_LOCAL, rows_cell(r, i, "last_ms"));
	}
	if (r->n == 0)
		say_none(w, "Nobody.");
}

/* --- what stands --- */

static void say_quiet(struct writer *w, const struct shift *s)
{
	const struct rows *r = &s->silences, *m = &s->maintenance;

	if (r->n + m->n == 0)
		return;
	report_heading(w, 2, "Kept quiet");
	for (size_t i = 0; i < r->n; i++) {
		writer_line(w, "");
		writer_words(w, "silence ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "id"));
		writer_words(w, " of ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "author"));
		writer_words(w, " until ");
		writer_value(w, AS_LOCAL, rows_cell(r, i, "ends_ms"));
		writer_words(w, ", holds ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "holding"));
		writer_words(w, ", ");
		writer_code(w, rows_cell(r, i, "match"));
		writer_words(w, ": ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "reason"));
	}
	for (size_t i = 0; i < m->n; i++) {
		writer_line(w, "");
		writer_words(w, "maintenance ");
		writer_value(w, AS_TEXT, rows_cell(m, i, "name"));
		writer_words(w, " of ");
		writer_value(w, AS_TEXT, rows_cell(m, i, "owner"));
		writer_words(w, ", ");
		writer_value(w, AS_TEXT, rows_cell(m, i, "state"));
		writer_words(w, ", until ");
		writer_value(w, AS_LOCAL, rows_cell(m, i, "to_ms"));
		writer_words(w, ": ");
		writer_value(w, AS_TEXT, rows_cell(m, i, "reason"));
	}
}

static void say_unproven(struct writer *w, const struct rows *r)
{
	char span[TIMEFMT_MAX];

	for (size_t i = 0; i < r->n; i++) {
		writer_line(w, "Unproven");
		writer_value(w, AS_TEXT, rows_cell(r, i, "source"));
		if (rows_cell(r, i, "scope")->len > 0) {
			writer_words(w, ", ");
			writer_value(w, AS_TEXT, rows_cell(r, i, "scope"));
		}
		writer_words(w, ": ");
		report_say_text(w, timefmt_span(rows_integer(r, i, "seconds") *
							1000,
						span));
		writer_words(w, " not read");
		if (!rows_text(r, i, "error"))
			continue;
		writer_words(w, ": ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "error"));
	}
}

static void say_health(struct writer *w, const struct shift *s)
{
	const struct rows *t = &s->targets;
	int64_t dead = shift_total(s, "dead");
	bool any = s->unproven.n > 0 || dead > 0;

	report_heading(w, 2, "Channels and coverage");
	say_unproven(w, &s->unproven);
	for (size_t i = 0; i < t->n; i++) {
		bool off = rows_integer(t, i, "disabled_ms") != 0;

		if (!off && !rows_integer(t, i, "refused_ms"))
			continue;
		any = true;
		writer_line(w, "Out of order");
		writer_value(w, AS_TEXT, rows_cell(t, i, "target"));
		writer_words(w, ": ");
		writer_value(w, AS_TEXT,
			     rows_cell(t, i,
				       off ? "disabled_why" : "refused_why"));
	}
	if (dead > 0) {
		writer_line(w, "Given up");
		writer_words(w, "messages ");
		report_say_number(w, dead);
	}
	if (!any)
		say_none(w, "All targets take messages, and everything that "
			    "could be asked for was read.");
}

static void say_oncall(struct writer *w, const struct shift *s)
{
	const struct rows *r = &s->oncall;

	report_heading(w, 2, "On call");
	for (size_t i = 0; i < r->n; i++) {
		writer_line(w, "");
		writer_value(w, AS_TEXT, rows_cell(r, i, "rotation"));
		writer_words(w, ": ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "target"));
		if (!rows_integer(r, i, "until_ms"))
			continue;
		writer_words(w, " until ");
		writer_value(w, AS_LOCAL, rows_cell(r, i, "until_ms"));
		writer_words(w, ", then ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "then"));
	}
	if (s->missing.code) {
		writer_line(w, NULL);
		writer_words(w, "Not known without the settings: ");
		report_say_text(w, s->missing.text);
	} else if (r->n == 0) {
		say_none(w, "The settings have no rotations.");
	}
}

/* --- the whole --- */

static void say_data(struct writer *w, const struct shift *s)
{
	const struct {
		struct table table;
		const struct rows *rows;
	} parts[] = {
		{ { .key = "came" }, &s->came },
		{ { .key = "done" }, &s->done },
		{ { .key = "breached" }, &s->breached },
		{ { .key = "told" }, &s->told },
		{ { .key = "counts" }, &s->counts },
		{ { .key = "overdue" }, &s->overdue },
		{ { .key = "urgent" }, &s->urgent },
		{ { .key = "soon" }, &s->soon },
		{ { .key = "silences" }, &s->silences },
		{ { .key = "maintenance" }, &s->maintenance },
		{ { .key = "targets" }, &s->targets },
		{ { .key = "dead" }, &s->dead },
		{ { .key = "responding" }, &s->responding },
		{ { .key = "responded" }, &s->responded },
		{ { .key = "unproven" }, &s->unproven },
		{ { .key = "oncall" }, &s->oncall },
	};
	static const char *const totals[] = { "open", "unattended", "soon",
					      "breached", "dead" };

	writer_instant(w, "since", s->span.since_ms);
	writer_instant(w, "until", s->span.until_ms);
	writer_field(w, "missing",
		     cell_text(s->missing.code ? s->missing.text : NULL));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		writer_table(w, &parts[i].table, parts[i].rows);
	writer_object(w, "totals");
	for (size_t i = 0; i < ARRAY_SIZE(totals); i++)
		writer_field(w, totals[i],
			     cell_integer(shift_total(s, totals[i])));
	writer_object_end(w);
}

static void say_title(struct writer *w, const struct shift *s)
{
	struct cell since = cell_integer(s->span.since_ms);
	struct cell until = cell_integer(s->span.until_ms);

	writer_heading(w, 1);
	writer_words(w, "Shift from ");
	writer_value(w, AS_LOCAL, &since);
	writer_words(w, " to ");
	writer_value(w, AS_LOCAL, &until);
}

static void say(struct writer *w, const struct session *session,
		const struct shift *s, const struct rows *first)
{
	writer_begin(w, "triaged.report-shift.v1");
	say_data(w, s);
	say_title(w, s);
	say_first(w, first);
	say_open(w, s);
	report_heading(w, 2, "In this shift");
	say_came(w, s);
	say_done(w, s, "Acknowledged by", "acknowledged");
	say_done(w, s, "Triaged by", "triaged");
	say_done(w, s, "Closed by", "closed");
	say_breached(w, s);
	if (s->responding.n + s->responded.n > 0)
		report_heading(w, 2, "Responses");
	report_say_responses(w, &s->responding, true);
	report_say_responses(w, &s->responded, true);
	say_told(w, s);
	say_quiet(w, s);
	say_health(w, s);
	say_oncall(w, s);
	report_say_origin(w, session);
}

int report_shift(struct session *session, const struct report_span *span,
		 struct writer *w, struct err *err)
{
	CLEANUP(shift_release)
	struct shift s = { .span = *span, .now_ms = session->now_ms };
	CLEANUP(rows_release) struct rows first = ROWS_INIT;
	int rc = load(session, &s, err);

	if (rc < 0)
		return rc;
	report_first_rows(&first, &s);
	say(w, session, &s, &first);
	return 0;
}
