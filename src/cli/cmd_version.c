/* `triagectl version`. */
#include "cli/commands.h"
#include "version.h"

int cmd_version(struct session *session, const struct arguments *args,
		struct err *err)
{
	struct cell version = cell_text(TRIAGED_VERSION);

	(void)args;
	(void)err;
	writer_begin(session->writer, "triaged.version.v1");
	writer_field(session->writer, "version", version);
	writer_line(session->writer, NULL);
	writer_words(session->writer, "triagectl ");
	writer_value(session->writer, AS_TEXT, &version);
	return 0;
}
