/* `triagectl version`. */
#include "cli/commands.h"
#include "version.h"

int cmd_version(struct app *app, const struct arguments *args, struct err *err)
{
	struct cell version = cell_text(TRIAGED_VERSION);

	(void)args;
	(void)err;
	writer_begin(app->writer, "triaged.version.v1");
	writer_field(app->writer, "version", version);
	writer_line(app->writer, NULL);
	writer_words(app->writer, "triagectl ");
	writer_value(app->writer, AS_TEXT, &version);
	return 0;
}
