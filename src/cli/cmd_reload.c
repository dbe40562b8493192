/* `triagectl reload`: the daemon reads its configuration again. */
#include "cli/commands.h"

static void say_faults(struct writer *w, const json_t *faults)
{
	for (size_t i = 0; i < json_array_size(faults); i++) {
		const char *fault =
			json_string_value(json_array_get(faults, i));
		struct cell cell = cell_text(fault);

		writer_line(w, NULL);
		writer_value(w, AS_TEXT, &cell);
	}
}

static void keep_faults(struct rows *rows, const json_t *faults)
{
	static const char *const names[] = { "text" };

	for (size_t i = 0; i < json_array_size(faults); i++) {
		struct cell cell =
			cell_text(json_string_value(json_array_get(faults, i)));

		(void)rows_keep(rows, 1, names, &cell);
	}
}

int cmd_reload(struct app *app, const struct arguments *args, struct err *err)
{
	static const struct table table = { .key = "faults", .verbatim = true };
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	struct err why = ERR_INIT;
	const json_t *faults;
	struct cell text;
	int rc;

	(void)args;
	rc = app_call(app, CTL_VERB_RELOAD, NULL, &answer, err);
	if (rc < 0)
		return rc;
	rc = app_answer(&answer, &why);
	faults = json_object_get(answer.data, "faults");
	if (rc < 0 && json_array_size(faults) == 0)
		return err_set(err, rc, "%s", why.text);
	keep_faults(&rows, faults);
	text = cell_text(rc < 0	       ? why.text
			 : answer.text ? answer.text
				       : "the configuration was read again");
	writer_begin(app->writer, "triaged.reload.v1");
	writer_field(app->writer, "code", cell_text(answer.code));
	writer_field(app->writer, "text", text);
	writer_table(app->writer, &table, &rows);
	say_faults(app->writer, faults);
	writer_line(app->writer, NULL);
	writer_value(app->writer, AS_TEXT, &text);
	return rc;
}
