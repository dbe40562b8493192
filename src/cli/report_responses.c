/*
 * Responses in documents. Called by report_case and report_shift.
 *
 * tested with: scenario/test_respond_cli
 */
#include <string.h>
#include "cli/pick.h"
#include "cli/report_priv.h"
#include "cli/respond_view.h"
#include "util/xmalloc.h"

static void say_after(struct writer *w, const struct rows *r, size_t i,
		      const char *before, const char *name)
{
	if (rows_cell(r, i, name)->len == 0)
		return;
	writer_words(w, before);
	writer_value(w, AS_TEXT, rows_cell(r, i, name));
}

static void say_when(struct writer *w, const struct rows *r, size_t i,
		     const char *before, const char *name)
{
	if (rows_integer(r, i, name) == 0)
		return;
	writer_words(w, before);
	report_say_time(w, rows_integer(r, i, name));
}

static void say_head(struct writer *w, const struct rows *r, size_t i)
{
	CLEANUP(strbuf_release) struct strbuf what = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf state = STRBUF_INIT;

	respond_add_what(&what, r, i);
	respond_add_state(&state, r, i);
	writer_line(w, "");
	writer_words(w, "response ");
	writer_value(w, AS_TEXT, rows_cell(r, i, "id"));
	writer_words(w, ", ");
	report_say_text(w, what.buf);
	writer_words(w, ": ");
	report_say_text(w, state.buf);
}

void report_say_responses(struct writer *w, const struct rows *r, bool alert)
{
	for (size_t i = 0; i < r->n; i++) {
		say_head(w, r, i);
		if (alert) {
			writer_words(w, "; about alert ");
			writer_value(w, AS_TEXT, rows_cell(r, i, "alert_id"));
		}
		say_after(w, r, i, "; asked for by ", "asked_by");
		say_when(w, r, i, ", ", "planned_ms");
		say_after(w, r, i, ": ", "reason");
		say_after(w, r, i, "; approved by ", "approved_by");
		say_when(w, r, i, ", ", "approved_ms");
		say_when(w, r, i, "; ended ", "finished_ms");
		say_after(w, r, i, "; before it ", "found");
		if (!rows_text(r, i, "request_id"))
			continue;
		/* A message is known by the outbox. */
		writer_words(w, rows_text(r, i, "source")
					? "; the service calls it "
					: "; it is ");
		writer_code(w, rows_cell(r, i, "request_id"));
	}
}

void report_responses_first(struct rows *to, const struct shift *s)
{
	const struct rows *open = &s->responding, *ended = &s->responded;

	for (size_t i = 0; i < open->n; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "response %lld, ",
			    (long long)rows_integer(open, i, "id"));
		respond_add_what(&text, open, i);
		strbuf_addstr(&text, ", ");
		respond_add_state(&text, open, i);
		report_first_keep(to, text.buf, "approve",
				  rows_integer(open, i, "id"), "");
	}
	for (size_t i = 0; i < ended->n; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (!rows_integer(ended, i, "uncertain"))
			continue;
		strbuf_addf(&text, "response %lld, ",
			    (long long)rows_integer(ended, i, "id"));
		respond_add_what(&text, ended, i);
		strbuf_addstr(&text, ", may have been done or not");
		report_first_keep(to, text.buf, "approve",
				  rows_integer(ended, i, "id"), " --plan");
	}
}
