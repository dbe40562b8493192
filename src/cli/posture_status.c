/*
 * How the reading of the posture is, a line a source, for `triagectl status`:
 * how old what plans, score and checklist show is, and what is not read.
 *
 * tested with: scenario/test_posture_cli
 */
#include "cli/posture_view.h"

#include "cli/pick.h"

static bool is_read(const struct source_conf *c)
{
	return c->type == SOURCE_DEFENDER_FOR_CLOUD && c->name &&
	       c->posture_every_ms;
}

/* The row of @source, or one that says that nothing was read. */
static void keep_row(struct rows *ret, const struct rows *read,
		     const char *source)
{
	static const char *const names[] = { "source",	     "parts",
					     "incomplete",   "tried_at",
					     "tried_ms",     "complete_at",
					     "complete_ms",  "part",
					     "subscription", "trouble" };
	struct cell row[ARRAY_SIZE(names)];
	size_t i = 0;

	while (i < read->n && !pick_is(read, i, "source", source))
		i++;
	for (size_t n = 0; n < ARRAY_SIZE(row); n++)
		row[n] = *rows_cell(read, i, names[n]);
	if (i == read->n) {
		row[0] = cell_text(source);
		row[1] = row[2] = cell_integer(0);
	}
	(void)rows_keep(ret, ARRAY_SIZE(names), names, row);
}

int posture_status_load(struct session *session, struct rows *ret,
			struct err *err)
{
	const struct selector sel = { .now_ms = session->now_ms };
	const struct conf *conf = session->conf;
	CLEANUP(rows_release) struct rows read = ROWS_INIT;
	int rc = session_look(session, LOOK_POSTURE_STATE, &sel, &read, err);

	if (rc < 0)
		return rc;
	if (!conf || conf->unusable) { /* what there is, then */
		for (size_t i = 0; i < read.n; i++)
			keep_row(ret, &read, rows_text(&read, i, "source"));
		return 0;
	}
	for (size_t i = 0; i < conf->n_sources; i++)
		if (is_read(&conf->sources[i]))
			keep_row(ret, &read, conf->sources[i].name);
	return 0;
}

/* ", 2 of 27 parts not: plans of 1111-...: HTTP 403; see: ..." */
static void say_missing(struct writer *w, const struct rows *r, size_t i)
{
	writer_words(w, ", ");
	writer_value(w, AS_BAD_COUNT, rows_cell(r, i, "incomplete"));
	writer_words(w, " of ");
	writer_value(w, AS_TEXT, rows_cell(r, i, "parts"));
	writer_words(w, " parts NOT WHOLE, as ");
	writer_value(w, AS_TEXT, rows_cell(r, i, "part"));
	if (rows_cell(r, i, "subscription")->len > 0) {
		writer_words(w, " of ");
		writer_value(w, AS_TEXT, rows_cell(r, i, "subscription"));
	}
	writer_words(w, ": ");
	writer_value(w, AS_ERROR, rows_cell(r, i, "trouble"));
	writer_words(w, " (see: triagectl checklist)");
}

void posture_status_say(struct writer *w, const struct rows *r)
{
	static const struct table data = { .key = "posture" };

	writer_table(w, &data, r);
	for (size_t i = 0; i < r->n; i++) {
		writer_line(w, "Posture");
		writer_value(w, AS_TEXT, rows_cell(r, i, "source"));
		if (rows_integer(r, i, "parts") == 0) {
			writer_words(w, " not read yet");
			continue;
		}
		if (rows_integer(r, i, "incomplete") > 0) {
			writer_words(w, " tried ");
			writer_value(w, AS_AGO, rows_cell(r, i, "tried_ms"));
			writer_words(w, ",");
		}
		if (rows_integer(r, i, "complete_ms")) {
			writer_words(w, " read whole ");
			writer_value(w, AS_AGO, rows_cell(r, i, "complete_ms"));
		} else {
			writer_words(w, " never read whole");
		}
		if (rows_integer(r, i, "incomplete") > 0)
			say_missing(w, r, i);
	}
}
