/*
 * The status page: what somebody asks who has a browser and no terminal. A
 * part of it for each question, in the order of urgency. Called by health.c.
 *
 * Every account of the machine may ask a loopback port, and alerts are for the
 * group of the database: their titles and who has them are shown only where
 * the settings say so (page-titles).
 *
 * tested with: scenario/test_page
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "advice/diagnose.h"
#include "daemon/app_priv.h"
#include "daemon/cells.h"
#include "daemon/condition.h"
#include "daemon/page_html.h"
#include "store/ledger.h"
#include "triage/rotation.h"
#include "util/clock.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"
#include "version.h"

#define WORST_ALERTS 10

/* What each part writes with. */
struct screen {
	struct app *app;
	struct strbuf *out;
	int64_t now_ms;
	bool titles;
};

static void page_ask(struct screen *p, enum question q, struct selector *sel,
		     look_row_fn *fn, void *arg)
{
	struct err err = ERR_INIT;

	sel->now_ms = p->now_ms;
	if (look(p->app->store, q, sel, fn, arg, &err) >= 0)
		return;
	app_store_trouble(p->app, &err);
	page_paragraph(p->out, TONE_BAD, err.text);
}

/* "3 min ago" in @buf. */
static const char *ago(const struct screen *p, int64_t at_ms,
		       char buf[TIMEFMT_MAX + 8])
{
	char span[TIMEFMT_MAX];

	if (!at_ms)
		return "never";
	(void)snprintf(buf, TIMEFMT_MAX + 8, "%s ago",
		       timefmt_span(MAX(p->now_ms - at_ms, 0), span));
	return buf;
}

/* --- is it well? --- */

static void write_troubles(struct screen *p)
{
	static const char *const columns[] = { "What fails", "*Why",
					       "What to do", NULL };
	bool any = false;

	for (enum part i = PART_SOURCES; i < PART_MAX; i++) {
		struct condition c;

		condition_of(p->app, i, &c);
		if (!c.trouble)
			continue;
		if (!any)
			page_table(p->out, columns);
		any = true;
		page_row(p->out);
		page_cell(p->out, TONE_BAD, c.trouble);
		page_long(p->out, c.about);
		page_cell(p->out, TONE_PLAIN, c.next);
	}
	if (any)
		page_table_end(p->out);
}

static void write_top(struct screen *p)
{
	CLEANUP(free_ptr)
	char *title = xasprintf("triaged on %s", p->app->host);
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	CLEANUP(free_ptr) char *up = NULL;
	char moment[TIMEFMT_MAX], since[TIMEFMT_MAX + 8];

	page_begin(p->out, title);
	app_status_line(p->app, &line);
	page_paragraph(p->out, TONE_PLAIN, line.buf);
	up = xasprintf("%s UTC, version %s, started %s",
		       timefmt_minute(p->now_ms, 0, moment), TRIAGED_VERSION,
		       ago(p, p->app->up_since_ms, since));
	page_paragraph(p->out, TONE_DIM, up);
	if (p->app->counters.settings_refused)
		page_paragraph(p->out, TONE_WARN,
			       "The settings on the disk have a fault, older "
			       "ones are in use: triaged --check-config");
	write_troubles(p);
}

/* --- what is open --- */

struct levels {
	int64_t n[SEVERITY_MAX][ALERT_STATE_MAX];
	int64_t overdue[SEVERITY_MAX], late_ms[SEVERITY_MAX];
};

static int take_counts(void *arg, size_t n, const char *const *names,
		       const struct cell *v)
{
	const struct cells row = { n, names, v };
	struct levels *levels = arg;
	const char *state = cells_text(&row, "state");
	enum severity s;

	if (!severity_parse(cells_text(&row, "severity"), &s))
		return 0;
	for (int i = 0; i < ALERT_STATE_MAX; i++)
		if (strcmp(alert_state_name(i), state) == 0)
			levels->n[s][i] = cells_integer(&row, "n");
	return 0;
}

static int take_overdue(void *arg, size_t n, const char *const *names,
			const struct cell *v)
{
	const struct cells row = { n, names, v };
	struct levels *levels = arg;
	enum severity s;

	if (severity_parse(cells_text(&row, "severity"), &s))
		levels->overdue[s] = cells_integer(&row, "n");
	return 0;
}

static int take_late(void *arg, size_t n, const char *const *names,
		     const struct cell *v)
{
	const struct cells row = { n, names, v };
	struct levels *levels = arg;
	enum severity s;

	if (severity_parse(cells_text(&row, "severity"), &s))
		levels->late_ms[s] = cells_integer(&row, "n");
	return 0;
}

static void write_levels(struct screen *p)
{
	static const char *const columns[] = { "Severity", "#Open",   "#Acked",
					       "#Overdue", "Late by", NULL };
	struct levels levels = { .n = { { 0 } } };
	struct selector all = { .id = 0 };
	char span[TIMEFMT_MAX];

	page_heading(p->out, "Open alerts");
	page_ask(p, LOOK_COUNTS, &all, take_counts, &levels);
	page_ask(p, LOOK_OVERDUE, &all, take_overdue, &levels);
	page_ask(p, LOOK_WORST_OVERDUE, &all, take_late, &levels);
	page_table(p->out, columns);
	for (int s = SEVERITY_MAX - 1; s >= 0; s--) {
		page_row(p->out);
		page_cell(p->out, TONE_PLAIN, severity_name((enum severity)s));
		page_count(p->out,
			   s == SEVERITY_CRITICAL ? TONE_BAD : TONE_PLAIN,
			   levels.n[s][ALERT_OPEN]);
		page_count(p->out, TONE_PLAIN, levels.n[s][ALERT_ACKNOWLEDGED]);
		page_count(p->out, TONE_BAD, levels.overdue[s]);
		page_cell(p->out, levels.late_ms[s] ? TONE_BAD : TONE_PLAIN,
			  levels.late_ms[s]
				  ? timefmt_span(levels.late_ms[s], span)
				  : "");
		strbuf_addch(p->out, '\n');
	}
	page_table_end(p->out);
}

/* --- the worst of them --- */

/* When it must be triaged or resolved, whichever is to be done first; 0 neither
 * any more. */
static int64_t first_due(const struct cells *row)
{
	int64_t triage_ms = cells_integer(row, "triage_due_ms");
	int64_t resolve_ms = cells_integer(row, "resolve_due_ms");

	if (!triage_ms || cells_integer(row, "triage_stopped_ms"))
		return resolve_ms;
	return resolve_ms ? MIN(triage_ms, resolve_ms) : triage_ms;
}

static void write_due(struct screen *p, const struct cells *row)
{
	int64_t due_ms = first_due(row);
	char span[TIMEFMT_MAX], text[TIMEFMT_MAX + 16];

	if (!due_ms) {
		page_cell(p->out, TONE_DIM,
			  cells_integer(row, "triage_due_ms") ? "triaged"
							      : "-");
	} else if (due_ms > p->now_ms) {
		(void)snprintf(text, sizeof(text), "in %s",
			       timefmt_span(due_ms - p->now_ms, span));
		page_cell(p->out, TONE_PLAIN, text);
	} else {
		(void)snprintf(text, sizeof(text), "%s late",
			       timefmt_span(p->now_ms - due_ms, span));
		page_cell(p->out, TONE_BAD, text);
	}
}

static enum tone severity_tone(const char *severity)
{
	if (strcmp(severity, severity_name(SEVERITY_CRITICAL)) == 0)
		return TONE_BAD;
	if (strcmp(severity, severity_name(SEVERITY_HIGH)) == 0)
		return TONE_WARN;
	return TONE_PLAIN;
}

static int write_alert(void *arg, size_t n, const char *const *names,
		       const struct cell *v)
{
	const struct cells row = { n, names, v };
	struct screen *p = arg;
	const char *severity = cells_text(&row, "severity");
	const char *owner = cells_text(&row, "owner");

	page_row(p->out);
	page_count(p->out, TONE_PLAIN, cells_integer(&row, "id"));
	page_cell(p->out, severity_tone(severity), severity);
	page_cell(p->out, TONE_PLAIN, cells_text(&row, "state"));
	write_due(p, &row);
	page_cell(p->out, TONE_PLAIN, cells_text(&row, "source"));
	if (p->titles) {
		page_cell(p->out, TONE_PLAIN,
			  owner[0] ? owner
				   : cells_text(&row, "acknowledged_by"));
		page_long(p->out, cells_text(&row, "title"));
	}
	strbuf_addch(p->out, '\n');
	return 0;
}

static void write_worst(struct screen *p)
{
	static const char *const columns[] = { "#Alert", "Severity", "State",
					       "Due",	 "Source",   "Who",
					       "*Title", NULL };
	static const char *const figures[] = { "#Alert", "Severity", "State",
					       "Due",	 "Source",   NULL };
	struct selector open = {
		.states = BIT(ALERT_OPEN) | BIT(ALERT_ACKNOWLEDGED),
		.limit = WORST_ALERTS,
	};

	page_heading(p->out, "The worst of them");
	page_table(p->out, p->titles ? columns : figures);
	page_ask(p, LOOK_ALERTS, &open, write_alert, p);
	page_table_end(p->out);
	page_paragraph(p->out, TONE_DIM,
		       p->titles ? "triagectl list has the rest, triagectl "
				   "show NUMBER all about one."
				 : "triagectl show NUMBER tells what it is "
				   "about; page-titles in the settings shows "
				   "it here.");
}

/* --- sources, targets, people --- */

static void write_source(struct screen *p, const struct poller_state *s,
			 const struct source_conf *c)
{
	CLEANUP(strbuf_release) struct strbuf next = STRBUF_INIT;
	CLEANUP(free_ptr) char *state = NULL;
	struct err err = ERR_INIT;
	int64_t last_ms = 0;
	char buf[TIMEFMT_MAX + 8];

	if (ledger_last_complete(p->app->store, s->name, &last_ms, &err) < 0)
		app_store_trouble(p->app, &err);
	last_ms = MAX(last_ms, s->last_complete_ms);
	page_row(p->out);
	page_cell(p->out, TONE_PLAIN, s->name);
	page_cell(p->out, TONE_DIM, s->kind);
	page_cell(p->out, TONE_PLAIN, ago(p, last_ms, buf));
	if (s->failing)
		state = xasprintf("fails: %s (triagectl doctor)",
				  diagnose_source(c, s->error, &next));
	if (state)
		page_cell(p->out, TONE_BAD, state);
	else if (s->part[0])
		page_cell(p->out, TONE_WARN,
			  "a part is refused (triagectl doctor)");
	else
		page_cell(p->out, last_ms ? TONE_GOOD : TONE_PLAIN,
			  last_ms   ? "well"
			  : s->busy ? "is read for the first time"
				    : "waits for its first poll");
	strbuf_addch(p->out, '\n');
}

static void write_sources(struct screen *p)
{
	static const char *const columns[] = { "Source", "Type",
					       "Last complete", "State", NULL };
	const struct conf *c = p->app->settings.conf;

	page_heading(p->out, "Sources");
	page_table(p->out, columns);
	for (size_t i = 0; i < poller_count(p->app->poller); i++) {
		struct poller_state s;

		poller_state(p->app->poller, i, &s);
		write_source(p, &s, &c->sources[i]);
	}
	page_table_end(p->out);
}

static int write_target(void *arg, size_t n, const char *const *names,
			const struct cell *v)
{
	const struct cells row = { n, names, v };
	struct screen *p = arg;
	bool disabled = cells_integer(&row, "disabled_ms") != 0;
	bool refused = cells_integer(&row, "refused_ms") != 0;
	bool failed = cells_integer(&row, "last_error_ms") >
		      cells_integer(&row, "last_sent_ms");
	int64_t unsent = cells_integer(&row, "unsent");
	int64_t dead = cells_integer(&row, "dead");
	char buf[TIMEFMT_MAX + 8];

	/* One of former settings, of which nothing is left to do. */
	if (!conf_target(p->app->settings.conf, cells_text(&row, "target")) &&
	    !unsent && !dead)
		return 0;
	page_row(p->out);
	page_cell(p->out, TONE_PLAIN, cells_text(&row, "target"));
	page_count(p->out, TONE_WARN, unsent);
	page_count(p->out, TONE_BAD, dead);
	page_cell(p->out, TONE_PLAIN,
		  ago(p, cells_integer(&row, "last_sent_ms"), buf));
	page_cell(p->out,
		  disabled || refused ? TONE_BAD
		  : failed	      ? TONE_WARN
				      : TONE_GOOD,
		  disabled  ? "disabled (triagectl outbox)"
		  : refused ? "refuses our credentials (triagectl doctor)"
		  : failed  ? "the last try failed (triagectl outbox)"
			    : "well");
	strbuf_addch(p->out, '\n');
	return 0;
}

static void write_targets(struct screen *p)
{
	static const char *const columns[] = { "Target",    "#Unsent",
					       "#Given up", "Last sent",
					       "State",	    NULL };
	struct selector all = { .id = 0 };

	page_heading(p->out, "Messages");
	page_table(p->out, columns);
	page_ask(p, LOOK_TARGETS, &all, write_target, p);
	page_table_end(p->out);
}

static void write_rotations(struct screen *p)
{
	static const char *const columns[] = { "Rotation", "On call", "Until",
					       NULL };
	const struct policy *policy = &p->app->settings.conf->policy;
	char moment[TIMEFMT_MAX], until[TIMEFMT_MAX + 8];

	if (policy->n_rotations == 0)
		return;
	page_heading(p->out, "On call");
	page_table(p->out, columns);
	for (size_t i = 0; i < policy->n_rotations; i++) {
		struct duty duty;

		rotation_duty(&policy->rotations[i], p->now_ms, &duty);
		(void)snprintf(until, sizeof(until), "%s UTC",
			       timefmt_minute(duty.until_ms, 0, moment));
		page_row(p->out);
		page_cell(p->out, TONE_PLAIN, policy->rotations[i].name);
		page_cell(p->out, duty.target ? TONE_PLAIN : TONE_BAD,
			  duty.target ? duty.target : "nobody");
		page_cell(p->out, TONE_PLAIN, duty.until_ms ? until : "");
		strbuf_addch(p->out, '\n');
	}
	page_table_end(p->out);
}

void page_write(struct app *a, struct strbuf *out)
{
	struct screen p = {
		.app = a,
		.out = out,
		.now_ms = clock_wall_ms(),
		.titles = a->settings.conf->page_titles,
	};

	write_top(&p);
	write_levels(&p);
	write_worst(&p);
	write_sources(&p);
	write_targets(&p);
	write_rotations(&p);
	page_end(out);
}
