/* `triagectl reload`: the daemon reads its configuration again. */
#include "cli/commands.h"

int cmd_reload(struct session *session, const struct arguments *args,
	       struct err *err)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	struct err why = ERR_INIT;
	struct cell text;
	int rc;

	(void)args;
	rc = session_call(session, CTL_VERB_RELOAD, NULL, &answer, err);
	if (rc < 0)
		return rc;
	/* The text has a line for each fault, more than a struct err holds. */
	rc = session_answer(&answer, &why);
	text = cell_text(answer.text ? answer.text
			 : rc < 0    ? why.text
				     : "the configuration was read again");
	writer_begin(session->writer, "triaged.reload.v1");
	writer_field(session->writer, "code", cell_text(answer.code));
	writer_field(session->writer, "text", text);
	writer_line(session->writer, NULL);
	writer_value(session->writer, AS_LINES, &text);
	return rc;
}
