/*
 * What came of a drill, on one screen: the verdict, who was told after how
 * long, who was not and why, who answered, and what to do now. Called by
 * cmd_drill.
 *
 * tested with: test_drill_view scenario/test_drill
 */
#include "cli/drill_view.h"

#include <string.h>
#include "cli/pick.h"
#include "cli/why_priv.h"
#include "util/timefmt.h"

/* Messages that tell of it; the others follow what was told. */
static bool tells_of_it(const struct rows *r, size_t i)
{
	static const char *const kinds[] = { "opened", "escalated", "updated",
					     "reopened", "digest" };

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		if (pick_is(r, i, "kind", kinds[k]))
			return true;
	}
	return false;
}

static void say_text(struct writer *w, const struct strbuf *text)
{
	const struct cell c = cell_text(text->buf);

	writer_value(w, AS_TEXT, &c);
}

static void add_after(struct strbuf *sb, const struct drill_scene *s,
		      int64_t at_ms)
{
	int64_t took_ms = at_ms - rows_integer(&s->drill, 0, "started_ms");
	char span[TIMEFMT_MAX];

	strbuf_addf(sb, " after %s", timefmt_span(MAX(took_ms, 0), span));
}

static void say_verdict(struct writer *w, const struct drill_scene *s)
{
	static const struct {
		const char *result, *words;
	} verdicts[] = {
		{ "running", "it still runs" },
		{ "passed", "PASSED, somebody was told and answered" },
		{ "unanswered", "somebody was told, and NOBODY ANSWERED" },
		{ "unreached",
		  "FAILED, no receiver accepted a message: NOBODY REACHED" },
	};

	writer_line(w, NULL);
	writer_words(w, "Drill, ");
	writer_value(w, AS_SEVERITY, rows_cell(&s->drill, 0, "severity"));
	writer_words(w, " alert: ");
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		if (pick_is(&s->drill, 0, "result", verdicts[i].result))
			writer_words(w, verdicts[i].words);
	}
}

/* By which rule, when rules made it another severity than was asked for. */
static void say_severity(struct writer *w, const struct drill_scene *s)
{
	const char *asked = rows_text(&s->drill, 0, "severity");

	if (!asked || pick_is(&s->alert, 0, "severity", asked))
		return;
	writer_line(w, "Severity");
	writer_value(w, AS_SEVERITY, rows_cell(&s->alert, 0, "severity"));
	writer_words(w, " by rule ");
	writer_value(w, AS_TEXT, rows_cell(&s->alert, 0, "severity_rule"));
}

static bool is_hook(const struct drill_scene *s, size_t i)
{
	const char *target = rows_text(&s->deliveries, i, "target");
	const struct target_conf *c =
		s->conf && target ? conf_target(s->conf, target) : NULL;

	return c && c->type == TARGET_EXEC;
}

/* A program that ran is nobody who was told. */
static void say_told(struct writer *w, const struct drill_scene *s)
{
	const struct rows *r = &s->deliveries;

	for (size_t i = 0; i < r->n; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (!tells_of_it(r, i) || !pick_is(r, i, "state", "sent"))
			continue;
		why_add_target(&text, r, i);
		add_after(&text, s, rows_integer(r, i, "sent_ms"));
		writer_line(w, is_hook(s, i) ? "Ran" : "Told");
		say_text(w, &text);
	}
}

static void say_not_told(struct writer *w, const struct drill_scene *s)
{
	const struct rows *r = &s->deliveries;

	for (size_t i = 0; i < r->n; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		const char *error = rows_text(r, i, "last_error");

		if (!tells_of_it(r, i) || pick_is(r, i, "state", "sent"))
			continue;
		why_add_target(&text, r, i);
		strbuf_addf(&text, ": %s",
			    pick_is(r, i, "state", "dead")	   ? "given up"
			    : pick_is(r, i, "state", "superseded") ? "not sent"
								   : "not yet");
		if (error && *error)
			strbuf_addf(&text, ", %s", error);
		writer_line(w, "Not told");
		say_text(w, &text);
	}
}

static void say_held(struct writer *w, const struct drill_scene *s)
{
	const struct rows *r = &s->held;

	for (size_t i = 0; i < r->n; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		const struct cell *until = rows_cell(r, i, "until_ms");

		if (!tells_of_it(r, i) || pick_is(r, i, "outcome", "carried"))
			continue;
		strbuf_addf(&text, "%s: held back by ",
			    rows_text(r, i, "target"));
		why_add_cause(&text, r, i);
		writer_line(w, "Not told");
		say_text(w, &text);
		writer_words(w, ", until ");
		writer_value(w, AS_LOCAL, until);
	}
}

/* Who acknowledged it, or closed it without. */
static const char *answerer(const struct drill_scene *s, int64_t *ret_ms)
{
	const char *who = rows_text(&s->alert, 0, "acknowledged_by");

	*ret_ms = rows_integer(&s->alert, 0, "acknowledged_ms");
	if (who)
		return who;
	if (!rows_text(&s->alert, 0, "verdict"))
		return NULL; /* it closed by itself */
	*ret_ms = rows_integer(&s->alert, 0, "closed_ms");
	return rows_text(&s->alert, 0, "closed_by");
}

static void say_answer(struct writer *w, const struct drill_scene *s)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int64_t end_ms = rows_integer(&s->drill, 0, "ended_ms"), at_ms;
	const char *who = answerer(s, &at_ms);
	char span[TIMEFMT_MAX];

	writer_line(w, "Answered");
	if (who) {
		strbuf_addstr(&text, who);
		add_after(&text, s, at_ms);
	} else if (end_ms) {
		end_ms -= rows_integer(&s->drill, 0, "started_ms");
		strbuf_addf(&text, "by nobody within %s",
			    timefmt_span(MAX(end_ms, 0), span));
	} else {
		strbuf_addstr(&text, "by nobody so far");
	}
	say_text(w, &text);
}

static void say_end(struct writer *w, const struct drill_scene *s)
{
	if (drill_scene_runs(s) || pick_is(&s->drill, 0, "ended_by", "triaged"))
		return;
	writer_line(w, "Ended");
	writer_words(w, "before its time by ");
	writer_value(w, AS_TEXT, rows_cell(&s->drill, 0, "ended_by"));
}

static void say_next(struct writer *w, const struct drill_scene *s)
{
	bool passed = pick_is(&s->drill, 0, "result", "passed");
	bool unreached = pick_is(&s->drill, 0, "result", "unreached");

	writer_line(w, "Next");
	writer_words(w, passed	    ? "the record of it: triagectl report "
			: unreached ? "what stood in the way: triagectl why "
				    : "what it did step by step: triagectl "
				      "why ");
	writer_value(w, AS_TEXT, rows_cell(&s->alert, 0, "id"));
	if (unreached)
		writer_words(w, "; what to do: triagectl doctor");
}

static void say_programs(struct writer *w, const struct drill_scene *s)
{
	static const struct table deliveries = { .key = "deliveries" };
	static const struct table held = { .key = "held" };
	static const struct table events = { .key = "events" };

	writer_record(w, "drill", &s->drill, 0);
	writer_record(w, "alert", &s->alert, 0);
	writer_table(w, &deliveries, &s->deliveries);
	writer_table(w, &held, &s->held);
	writer_table(w, &events, &s->events);
}

void drill_say(struct writer *w, const struct drill_scene *s)
{
	writer_begin(w, "triaged.drill.v1");
	say_programs(w, s);
	say_verdict(w, s);
	writer_line(w, "Alert");
	writer_value(w, AS_TEXT, rows_cell(&s->alert, 0, "id"));
	writer_words(w, ", ");
	writer_value(w, AS_TEXT, rows_cell(&s->alert, 0, "title"));
	say_severity(w, s);
	say_told(w, s);
	say_not_told(w, s);
	say_held(w, s);
	say_answer(w, s);
	say_end(w, s);
	say_next(w, s);
}
