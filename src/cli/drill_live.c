/*
 * A drill as it goes: each event and each message's fate is a line with the
 * time since it began; on a terminal a last line says how long is left. Called
 * by cmd_drill.
 *
 * tested with: test_drill_view scenario/test_drill
 */
#include "cli/drill_view.h"

#include <string.h>
#include "cli/escape.h"
#include "cli/output.h"
#include "cli/pick.h"
#include "cli/why_priv.h"
#include "util/timefmt.h"

void drill_scene_release(struct drill_scene *s)
{
	rows_release(&s->drill);
	rows_release(&s->alert);
	rows_release(&s->events);
	rows_release(&s->deliveries);
	rows_release(&s->held);
}

int drill_scene_load(struct session *session, struct drill_scene *s,
		     struct err *err)
{
	const struct selector sel = { .id = s->id, .limit = INT64_MAX };
	const struct {
		enum question question;
		struct rows *rows;
	} parts[] = {
		{ LOOK_DRILLS, &s->drill },
		{ LOOK_ALERT, &s->alert },
		{ LOOK_EVENTS, &s->events },
		{ LOOK_DELIVERIES, &s->deliveries },
		{ LOOK_SUPPRESSIONS, &s->held },
	};
	int rc = 0;

	drill_scene_release(s);
	for (size_t i = 0; rc >= 0 && i < ARRAY_SIZE(parts); i++)
		rc = session_look(session, parts[i].question, &sel,
				  parts[i].rows, err);
	if (rc >= 0 && (s->drill.n == 0 || s->alert.n == 0))
		rc = err_set(err, ERR_NOT_FOUND,
			     "the database knows of no drill that is alert "
			     "%lld",
			     (long long)s->id);
	return rc < 0 ? rc : 0;
}

bool drill_scene_runs(const struct drill_scene *s)
{
	return pick_is(&s->drill, 0, "result", "running");
}

void drill_live_begin(struct drill_live *l, FILE *out)
{
	*l = (struct drill_live){ .out = out };
	if (out)
		l->width = output_width(out);
}

void drill_live_end(struct drill_live *l)
{
	if (l->drawn) {
		fputs("\r\033[K", l->out);
		fflush(l->out);
	}
	l->drawn = false;
	rows_release(&l->deliveries);
}

/* @text may be anybody's. */
static void write_line(struct drill_live *l, int64_t elapsed_ms,
		       const struct strbuf *text)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;
	char span[TIMEFMT_MAX];

	escape_add(&safe, text->buf, text->len, ESCAPE_LINE);
	fprintf(l->out, "%s%10s  %s\n", l->drawn ? "\r\033[K" : "",
		timefmt_span(MAX(elapsed_ms, 0), span), safe.buf);
	l->drawn = false;
}

/* Beginning and end have lines of their own. */
static bool is_told_otherwise(const struct rows *events, size_t i)
{
	static const char *const kinds[] = { "drill-started", "drill-ended",
					     "closed" };

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		if (pick_is(events, i, "kind", kinds[k]))
			return true;
	}
	return false;
}

static void tell_events(struct drill_live *l, const struct drill_scene *s,
			int64_t started_ms)
{
	for (size_t i = 0; i < s->events.n; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		const char *actor = rows_text(&s->events, i, "actor");

		if (rows_integer(&s->events, i, "id") <= l->last_event)
			continue;
		l->last_event = rows_integer(&s->events, i, "id");
		if (is_told_otherwise(&s->events, i))
			continue;
		strbuf_addf(&text, "%s: ", actor ? actor : "somebody");
		why_add_event(&text, &s->events, i);
		write_line(l, rows_integer(&s->events, i, "at_ms") - started_ms,
			   &text);
	}
}

/* Something came of it that was not known at the last look. What follows the
 * end is none of the drill's news. */
static bool is_news(const struct rows *was, const struct rows *r, size_t i)
{
	static const char *const none[][2] = {
		{ "state", "pending" },
		{ "state", "leased" },
		{ "kind", "acknowledged" },
		{ "kind", "closed" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(none); k++) {
		if (pick_is(r, i, none[k][0], none[k][1]))
			return false;
	}
	for (size_t k = 0; k < was->n; k++) {
		if (rows_integer(was, k, "id") == rows_integer(r, i, "id"))
			return !pick_is(was, k, "state",
					rows_text(r, i, "state")) ||
			       rows_integer(was, k, "attempts") !=
				       rows_integer(r, i, "attempts");
	}
	return true;
}

static void tell_deliveries(struct drill_live *l, const struct drill_scene *s,
			    int64_t started_ms, int64_t now_ms)
{
	for (size_t i = 0; i < s->deliveries.n; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		int64_t sent_ms = rows_integer(&s->deliveries, i, "sent_ms");

		if (!is_news(&l->deliveries, &s->deliveries, i))
			continue;
		why_add_delivery(&text, &s->deliveries, i, now_ms);
		write_line(l, (sent_ms ? sent_ms : now_ms) - started_ms, &text);
	}
	rows_release(&l->deliveries);
	rows_add_tail(&l->deliveries, &s->deliveries, s->deliveries.n);
}

static void draw_rest(struct drill_live *l, int64_t left_ms)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	char span[TIMEFMT_MAX];

	timefmt_span(MAX(left_ms, 0), span);
	strbuf_addf(&text,
		    "waiting for an acknowledgement, %s left; Ctrl-C ends it",
		    span);
	escape_add_cut(&line, text.buf, l->width - 1);
	fprintf(l->out, "\r%s\033[K", line.buf);
	l->drawn = true;
}

void drill_live_tell(struct drill_live *l, const struct drill_scene *s,
		     int64_t now_ms)
{
	int64_t started_ms = rows_integer(&s->drill, 0, "started_ms");

	if (!l->out)
		return;
	tell_events(l, s, started_ms);
	tell_deliveries(l, s, started_ms, now_ms);
	if (l->width && drill_scene_runs(s))
		draw_rest(l, rows_integer(&s->drill, 0, "ends_ms") - now_ms);
	fflush(l->out);
}
