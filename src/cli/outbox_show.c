/*
 * `triagectl outbox show ID`: one message in full. Called by cmd_outbox.c.
 *
 * tested with: scenario/test_outbox
 */
#include "cli/outbox_cmd.h"

#include <errno.h>
#include <stdlib.h>
#include "cli/pick.h"

static const struct column columns[] = {
	{ "id", "ALERT", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "severity", "SEVERITY", AS_SEVERITY, 0, NULL },
	{ "state", "STATE", AS_STATE, 0, NULL },
	{ "title", "TITLE", AS_TEXT, COLUMN_FLEX, NULL },
};

static void say_text(struct writer *w, const struct rows *r, const char *label,
		     const char *name, enum as as)
{
	const struct cell *c = rows_cell(r, 0, name);

	if (c->len == 0 && c->type != CELL_INTEGER)
		return;
	writer_line(w, label);
	writer_value(w, as, c);
}

static void say_time(struct writer *w, const struct rows *r, const char *label,
		     const char *name)
{
	const struct cell *c = rows_cell(r, 0, name);

	if (c->type != CELL_INTEGER)
		return;
	writer_line(w, label);
	writer_value(w, AS_LOCAL, c);
	writer_words(w, ", ");
	writer_value(w, AS_AGO, c);
}

static void say_head(struct writer *w, const struct rows *r)
{
	writer_line(w, "Message");
	writer_value(w, AS_TEXT, rows_cell(r, 0, "id"));
	writer_words(w, ", ");
	writer_value(w, AS_DELIVERY, rows_cell(r, 0, "state"));
	writer_words(w, ", ");
	writer_value(w, AS_SEVERITY, rows_cell(r, 0, "severity"));
	writer_words(w, " ");
	writer_value(w, AS_TEXT, rows_cell(r, 0, "kind"));
	writer_line(w, "To");
	writer_value(w, AS_TEXT, rows_cell(r, 0, "target"));
	if (rows_cell(r, 0, "recipient")->len > 0) {
		writer_words(w, ", ");
		writer_value(w, AS_TEXT, rows_cell(r, 0, "recipient"));
	}
}

static void say_people(struct writer *w, const struct rows *r)
{
	const struct cell *next = pick_next_try(r, 0);

	say_head(w, r);
	say_text(w, r, "Because", "reason", AS_TEXT);
	say_time(w, r, "Owed", "created_ms");
	say_text(w, r, "Tries", "attempts", AS_TEXT);
	say_text(w, r, "Error", "last_error", AS_ERROR);
	if (next->type == CELL_INTEGER) {
		writer_line(w, "Next try");
		writer_value(w, AS_NEXT, next);
	}
	say_time(w, r, "Sent", "sent_ms");
	say_time(w, r, "Worth until", "expires_ms");
	say_text(w, r, "Instead", "second", AS_TEXT);
	if (rows_integer(r, 0, "maybe_duplicate")) {
		writer_line(w, "Perhaps");
		writer_words(w, "it arrived already: its first sending was cut "
				"off");
	}
	say_text(w, r, "Key", "key", AS_TEXT);
}

int outbox_cmd_show(struct session *session, const struct arguments *args,
		    struct err *err)
{
	static const struct table table = {
		.key = "alerts",
		.title = "Alerts it carries",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.empty = "it is about no alert",
	};
	struct selector sel = { .now_ms = session->now_ms, .limit = INT64_MAX };
	CLEANUP(rows_release) struct rows row = ROWS_INIT;
	CLEANUP(rows_release) struct rows alerts = ROWS_INIT;
	char *end;
	int rc;

	errno = 0;
	sel.id = args->n_words == 2 ? strtoll(args->words[1], &end, 10) : 0;
	if (sel.id <= 0 || errno || *end)
		return err_set(err, ERR_CONF,
			       "outbox show needs the number of a message; the "
			       "numbers stand in: triagectl outbox");
	rc = session_look(session, LOOK_DELIVERY, &sel, &row, err);
	if (rc == 0 && row.n == 0)
		rc = err_set(err, ERR_NOT_FOUND, "there is no message %lld",
			     (long long)sel.id);
	if (rc == 0)
		rc = session_look(session, LOOK_DELIVERY_ALERTS, &sel, &alerts,
				  err);
	if (rc < 0)
		return rc;
	writer_begin(session->writer, "triaged.outbox-show.v1");
	writer_record(session->writer, "delivery", &row, 0);
	say_people(session->writer, &row);
	writer_gap(session->writer);
	writer_table(session->writer, &table, &alerts);
	return 0;
}
