/*
 * Events of the audit log as sentences. Called by why_story. A word that a
 * later release writes is shown as it is.
 *
 * tested with: test_why
 */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include "cli/localtime.h"
#include "cli/why_priv.h"
#include "util/jsonx.h"
#include "util/timefmt.h"

#define DETAIL_HEAP (1024 * 1024)

/* " at 2026-11-22 03:17 CET" of a member that holds an instant. */
static void add_instant(struct strbuf *sb, const json_t *d, const char *key,
			const char *before)
{
	const char *text = jsonx_str(d, key);
	char local[LOCALTIME_MAX];
	int64_t ms;

	if (text && timefmt_parse(text, strlen(text), &ms) == 1)
		strbuf_addf(sb, "%s%s", before, localtime_minute(ms, local));
}

static void add_after(struct strbuf *sb, const char *before, const char *text)
{
	if (text && *text)
		strbuf_addf(sb, "%s%s", before, text);
}

/* Beside a clock that is to count from the source's time. */
static void add_start(struct strbuf *sb, const json_t *d)
{
	static const struct {
		const char *from, *words;
	} starts[] = {
		{ "source", "counted from the source's own time" },
		{ "source-undated",
		  "counted from now, since the source names no time" },
		{ "source-in-future", "counted from now, since the source's "
				      "time was still to come" },
		{ "source-too-old", "counted from now, since the source's "
				    "time is before the import horizon" },
		{ "source-before-close",
		  "counted from now, since the source's time is before the "
		  "close" },
		{ "rose", "counted from now, since it had none before" },
	};
	const char *from = jsonx_str(d, "clock_from");

	for (size_t i = 0; from && i < ARRAY_SIZE(starts); i++) {
		if (strcmp(starts[i].from, from) != 0)
			continue;
		strbuf_addf(sb, ", %s", starts[i].words);
		if (i == 0)
			add_instant(sb, d, "clock_started_at", ", ");
	}
}

static void add_opened(struct strbuf *sb, const json_t *d)
{
	const char *severity = jsonx_str(d, "severity");

	strbuf_addf(sb, "first seen, opened as %s",
		    severity ? severity : "it came");
	add_after(sb, " by rule ", jsonx_str(d, "rule"));
	if (jsonx_bool(d, "historical"))
		strbuf_addstr(sb, "; older than what the first run alarms for: "
				  "no clock, no ladder, one line of a summary");
	else if (severity && strcmp(severity, "info") == 0)
		strbuf_addstr(sb, "; information has no clock and tells "
				  "nobody");
	add_after(sb, "; triage clock ", jsonx_str(d, "policy"));
	add_start(sb, d);
	add_instant(sb, d, "due_at", ", due ");
}

static void add_updated(struct strbuf *sb, const json_t *d)
{
	const char *from = jsonx_str(d, "severity_from");
	const char *to = jsonx_str(d, "severity_to");

	strbuf_addstr(sb, "the source changed it");
	add_after(sb, ": ", jsonx_str(d, "changed"));
	if (from && to && strcmp(from, to) != 0) {
		strbuf_addf(sb, "; from %s to %s", from, to);
		add_after(sb, " by rule ", jsonx_str(d, "rule"));
	}
	add_instant(sb, d, "due_at", "; due now ");
	add_start(sb, d);
	if (jsonx_bool(d, "acknowledgement_withdrawn"))
		strbuf_addstr(sb, "; it rose above what was acknowledged, so "
				  "the acknowledgement is withdrawn");
}

static void add_closed(struct strbuf *sb, const json_t *d)
{
	const char *as = jsonx_str(d, "as");

	if (as) {
		strbuf_addf(sb, "closed as %s", as);
		add_after(sb, ": ", jsonx_str(d, "note"));
	} else {
		strbuf_addstr(sb, "closed at the source");
		add_after(sb, " as ", jsonx_str(d, "source_status"));
	}
	strbuf_addstr(sb, "; clocks and ladders stop");
}

static void add_reopened(struct strbuf *sb, const json_t *d)
{
	int64_t episode;

	strbuf_addstr(sb, "active again: opened anew");
	add_after(sb, " as ", jsonx_str(d, "severity_to"));
	if (jsonx_int(d, "episode", &episode))
		strbuf_addf(sb, ", episode %" PRId64, episode);
	add_start(sb, d);
	add_instant(sb, d, "due_at", ", due ");
}

static void add_acknowledged(struct strbuf *sb, const json_t *d)
{
	strbuf_addstr(sb, "acknowledged");
	add_after(sb, " by the ", jsonx_str(d, "by"));
	add_after(sb, " of a message to ", jsonx_str(d, "target"));
	add_after(sb, ", typed by ", jsonx_str(d, "typed_by"));
	add_instant(sb, d, "until_at", " until ");
	add_after(sb, ": ", jsonx_str(d, "note"));
	strbuf_addstr(sb, "; the ladders stop");
}

static void add_ack_end(struct strbuf *sb, const json_t *d)
{
	const char *who = jsonx_str(d, "acknowledged_by");

	strbuf_addf(sb,
		    "the acknowledgement of %s ran out and nothing followed: "
		    "open again, the ladders begin anew",
		    who ? who : "somebody");
}

/* Why it is not told at its moment. */
static void add_missed(struct strbuf *sb, const json_t *d)
{
	if (jsonx_bool(d, "before_seen"))
		strbuf_addstr(sb, ", before it was seen");
	else if (jsonx_bool(d, "while_down"))
		strbuf_addstr(sb, ", while triaged was down");
}

/* The first release had one clock and did not name it. */
static const char *clock_of(const json_t *d)
{
	const char *clock = jsonx_str(d, "clock");

	return clock ? clock : "triage";
}

static void add_breached(struct strbuf *sb, const json_t *d)
{
	strbuf_addf(sb, "the %s clock ran out", clock_of(d));
	add_instant(sb, d, "due_at", " at ");
	add_missed(sb, d);
}

static void add_warned_50(struct strbuf *sb, const json_t *d)
{
	strbuf_addf(sb, "half of the %s time is over", clock_of(d));
	if (jsonx_bool(d, "before_seen"))
		add_missed(sb, d);
	add_instant(sb, d, "due_at", ", due ");
}

static void add_warned_80(struct strbuf *sb, const json_t *d)
{
	strbuf_addf(sb, "80 %% of the %s time is over", clock_of(d));
	if (jsonx_bool(d, "before_seen"))
		add_missed(sb, d);
	add_instant(sb, d, "due_at", ", due ");
}

static void add_step(struct strbuf *sb, const json_t *d)
{
	const char *route = jsonx_str(d, "route");
	int64_t step, repeat;

	strbuf_addstr(sb, "step");
	if (jsonx_int(d, "step", &step))
		strbuf_addf(sb, " %" PRId64, step);
	if (route) {
		strbuf_addstr(sb, " of ");
		why_add_route(sb, route);
	}
	if (jsonx_int(d, "repeat", &repeat) && repeat > 0)
		strbuf_addf(sb, ", repeat %" PRId64, repeat);
}

static void add_escalated(struct strbuf *sb, const json_t *d)
{
	strbuf_addstr(sb, "nobody had answered: ");
	add_step(sb, d);
}

static void add_skipped(struct strbuf *sb, const json_t *d)
{
	add_step(sb, d);
	strbuf_addstr(sb, " has nobody to tell");
}

static void add_hold_end(struct strbuf *sb, const json_t *d)
{
	strbuf_addstr(sb, "the hold ended: the resolve clock runs again");
	add_instant(sb, d, "due_at", ", due ");
}

static void add_unrouted(struct strbuf *sb, const json_t *d)
{
	strbuf_addstr(sb, "no route covers it: the fallback is told");
	add_after(sb, ", ", jsonx_str(d, "fallback"));
}

static void add_merged(struct strbuf *sb, const json_t *d)
{
	int64_t id;

	if (jsonx_int(d, "into", &id))
		strbuf_addf(sb,
			    "the same as alert %" PRId64
			    ", through another door: it goes on there",
			    id);
	else if (jsonx_int(d, "from", &id))
		strbuf_addf(sb,
			    "alert %" PRId64
			    " is the same through another door: one now",
			    id);
}

/* "silence 3", "the digest of route low" */
static void add_held_back(struct strbuf *sb, const json_t *d)
{
	const char *cause = jsonx_str(d, "cause");
	const char *target = jsonx_str(d, "target");

	strbuf_addf(sb, "the message \"%s\" to %s is held back by ",
		    jsonx_str(d, "notice") ? jsonx_str(d, "notice") : "",
		    target ? target : "somebody");
	if (cause && strcmp(cause, "quiet") == 0) {
		strbuf_addstr(sb, "quiet hours");
	} else {
		strbuf_addstr(sb, cause ? cause : "something");
		if (cause && strcmp(cause, "group") != 0)
			add_after(sb, " ", jsonx_str(d, "name"));
	}
	add_instant(sb, d, "until_at", " until ");
}

static void add_triaged(struct strbuf *sb, const json_t *d)
{
	const char *owner = jsonx_str(d, "owner");

	strbuf_addf(sb, "triaged: it belongs to %s", owner ? owner : "nobody");
	add_after(sb, ", severity ", jsonx_str(d, "severity"));
	add_after(sb, ", phase ", jsonx_str(d, "phase"));
	strbuf_addstr(sb, jsonx_bool(d, "late")
				  ? "; the triage clock had run out"
				  : "; the triage clock is met");
	strbuf_addstr(sb, ", the ladders stop");
}

static void add_assigned(struct strbuf *sb, const json_t *d)
{
	const char *to = jsonx_str(d, "to");

	strbuf_addf(sb, "belongs to %s now", to ? to : "nobody");
	add_after(sb, ", before to ", jsonx_str(d, "from"));
	add_after(sb, ": ", jsonx_str(d, "note"));
}

static void add_phase(struct strbuf *sb, const json_t *d)
{
	const char *to = jsonx_str(d, "to");

	strbuf_addf(sb, "goes on to phase %s", to ? to : "-");
	add_after(sb, " from ", jsonx_str(d, "from"));
	add_after(sb, ": ", jsonx_str(d, "note"));
}

static void add_held(struct strbuf *sb, const json_t *d)
{
	strbuf_addstr(sb, "the resolve clock is put on hold");
	add_instant(sb, d, "until_at", " until ");
	add_after(sb, ": ", jsonx_str(d, "reason"));
}

static void add_seen_closed(struct strbuf *sb, const json_t *d)
{
	(void)d;
	strbuf_addstr(sb, "first seen when it was closed at the source "
			  "already: stored, nobody is told");
}

/* What a runbook did of its own is known by its outcome alone. */
static void add_runbook(struct strbuf *sb, const json_t *d)
{
	const char *target = jsonx_str(d, "target");
	const char *error = jsonx_str(d, "error");
	int64_t attempt;

	strbuf_addf(sb, "the runbook of %s %s", target ? target : "a target",
		    error ? "failed" : "ran");
	add_after(sb, " for ", jsonx_str(d, "notice"));
	if (jsonx_int(d, "attempt", &attempt) && attempt > 1)
		strbuf_addf(sb, ", try %" PRId64, attempt);
	add_after(sb, ": ", error);
	add_after(sb, "; it said: ", jsonx_str(d, "output"));
}

static void add_undelivered(struct strbuf *sb, const json_t *d)
{
	const char *target = jsonx_str(d, "target");
	int64_t attempts;

	strbuf_addf(sb, "%s did not take its message",
		    target ? target : "a target");
	if (jsonx_int(d, "attempts", &attempts) && attempts > 1)
		strbuf_addf(sb, " in %" PRId64 " tries", attempts);
}

static void add_told_instead(struct strbuf *sb, const json_t *d)
{
	const char *second = jsonx_str(d, "second");

	add_undelivered(sb, d);
	strbuf_addf(sb, ": %s is told instead", second ? second : "another");
}

static void add_nobody_else(struct strbuf *sb, const json_t *d)
{
	add_undelivered(sb, d);
	strbuf_addstr(sb, " and there is nobody else to tell");
	add_after(sb, ": ", jsonx_str(d, "error"));
}

static void add_message(struct strbuf *sb, const json_t *d, const char *what)
{
	const char *target = jsonx_str(d, "target");
	int64_t id;

	strbuf_addf(sb, "%s the message", what);
	if (jsonx_int(d, "delivery", &id))
		strbuf_addf(sb, " %" PRId64, id);
	strbuf_addf(sb, " to %s", target ? target : "a target");
	add_after(sb, ": ", jsonx_str(d, "reason"));
}

static void add_outbox_retry(struct strbuf *sb, const json_t *d)
{
	add_message(sb, d, "sends again");
}

static void add_outbox_drop(struct strbuf *sb, const json_t *d)
{
	add_message(sb, d, "gives up");
}

static void add_note(struct strbuf *sb, const json_t *d)
{
	const char *text = jsonx_str(d, "text");

	strbuf_addstr(sb, jsonx_bool(d, "imported") ? "brings along a note"
						    : "notes");
	add_after(sb, " of ", jsonx_str(d, "by"));
	add_instant(sb, d, "at", " from ");
	strbuf_addf(sb, ": %s", text ? text : "-");
}

static void add_evidence(struct strbuf *sb, const json_t *d)
{
	int64_t found = 0;

	(void)jsonx_int(d, "found", &found);
	strbuf_addf(sb, "keeps %lld activities as evidence", (long long)found);
	add_after(sb, " about ", jsonx_str(d, "about"));
	add_after(sb, ", from source ", jsonx_str(d, "source"));
	add_after(sb, "; not all there are: ", jsonx_str(d, "trouble"));
}

static void add_drill_started(struct strbuf *sb, const json_t *d)
{
	const char *severity = jsonx_str(d, "severity");

	strbuf_addf(sb, "began a drill, %s",
		    severity ? severity : "of some severity");
	add_after(sb, ", ", jsonx_str(d, "match"));
	strbuf_addstr(sb, jsonx_bool(d, "with_hooks") ? ", hooks included"
						      : ", hooks left out");
	add_instant(sb, d, "until_at", ", until ");
	add_after(sb, ": ", jsonx_str(d, "reason"));
}

static void add_drill_ended(struct strbuf *sb, const json_t *d)
{
	const char *result = jsonx_str(d, "result");
	int64_t told = 0;

	(void)jsonx_int(d, "targets_told", &told);
	strbuf_addf(sb, "ended the drill%s: %s, %lld %s told",
		    jsonx_bool(d, "early") ? " before its time" : "",
		    result ? result : "-", (long long)told,
		    told == 1 ? "target was" : "targets were");
	add_after(sb, ", answered by ", jsonx_str(d, "answered_by"));
}

/* What had happened where the export was made. */
static void add_imported(struct strbuf *sb, const json_t *d)
{
	const char *state = jsonx_str(d, "state");

	strbuf_addf(sb, "brings it along as it was elsewhere: %s",
		    state ? state : "-");
	add_after(sb, " as ", jsonx_str(d, "as"));
	add_after(sb, " by ", jsonx_str(d, "closed_by"));
	add_instant(sb, d, "closed_at", " at ");
	add_after(sb, ": ", jsonx_str(d, "note"));
	add_after(sb, "; acknowledged by ", jsonx_str(d, "acknowledged_by"));
	add_after(sb, "; owner ", jsonx_str(d, "owner"));
	add_after(sb, "; phase ", jsonx_str(d, "phase"));
}

static const struct {
	const char *kind;
	void (*add)(struct strbuf *sb, const json_t *detail);
} sentences[] = {
	{ "opened", add_opened },
	{ "seen-closed", add_seen_closed },
	{ "updated", add_updated },
	{ "closed", add_closed },
	{ "reopened", add_reopened },
	{ "acknowledged", add_acknowledged },
	{ "acknowledgement-expired", add_ack_end },
	{ "sla-warning-50", add_warned_50 },
	{ "sla-warning-80", add_warned_80 },
	{ "sla-breached", add_breached },
	{ "escalated", add_escalated },
	{ "skipped", add_skipped },
	{ "step-skipped", add_skipped },
	{ "hold-expired", add_hold_end },
	{ "hold-ended", add_hold_end },
	{ "held", add_held },
	{ "held-back", add_held_back },
	{ "triaged", add_triaged },
	{ "assigned", add_assigned },
	{ "phase", add_phase },
	{ "note", add_note },
	{ "imported", add_imported },
	{ "imported-closed", add_imported },
	{ "evidence", add_evidence },
	{ "unrouted", add_unrouted },
	{ "merged", add_merged },
	{ "runbook", add_runbook },
	{ "outbox-retry", add_outbox_retry },
	{ "outbox-drop", add_outbox_drop },
	{ "told-instead", add_told_instead },
	{ "nobody-else-to-tell", add_nobody_else },
	{ "drill-started", add_drill_started },
	{ "drill-ended", add_drill_ended },
};

void why_add_event(struct strbuf *sb, const struct rows *events, size_t row)
{
	const struct cell *cell = rows_cell(events, row, "detail");
	const char *kind = rows_text(events, row, "kind");
	CLEANUP(jsonx_unref)
	json_t *detail = cell->text ? jsonx_parse(cell->text, cell->len,
						  DETAIL_HEAP, NULL)
				    : NULL;
	size_t start = sb->len;

	for (size_t i = 0; kind && i < ARRAY_SIZE(sentences); i++) {
		if (strcmp(sentences[i].kind, kind) == 0)
			sentences[i].add(sb, detail);
	}
	if (kind && sb->len == start)
		why_add_response(sb, kind, detail);
	if (sb->len > start)
		return;
	strbuf_addf(sb, "%s: ", kind ? kind : "an event");
	format_value(sb, AS_DETAIL, cell, 0);
}
