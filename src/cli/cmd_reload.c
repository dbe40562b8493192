/* `triagectl reload`: the daemon reads its configuration again. */
#include "cli/commands.h"

int cmd_reload(struct app *app, const struct arguments *args, struct err *err)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	struct err why = ERR_INIT;
	struct cell text;
	int rc;

	(void)args;
	rc = app_call(app, CTL_VERB_RELOAD, NULL, &answer, err);
	if (rc < 0)
		return rc;
	/* The text has a line for each fault, more than a struct err holds. */
	rc = app_answer(&answer, &why);
	text = cell_text(answer.text ? answer.text
			 : rc < 0    ? why.text
				     : "the configuration was read again");
	writer_begin(app->writer, "triaged.reload.v1");
	writer_field(app->writer, "code", cell_text(answer.code));
	writer_field(app->writer, "text", text);
	writer_line(app->writer, NULL);
	writer_value(app->writer, AS_LINES, &text);
	return rc;
}
