/* `triagectl sources`: where alerts come from, and how the last polls went. */
#include "cli/commands.h"

static const struct column columns[] = {
	{ "source", "SOURCE", AS_TEXT, 0, NULL },
	{ "scope", "SCOPE", AS_TEXT, COLUMN_FLEX | COLUMN_RARE | COLUMN_PATH,
	  NULL },
	{ "last_complete_ms", "COMPLETE", AS_LAST, 0, NULL },
	{ "fetched", "FETCHED", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "new", "NEW", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "quarantined", "QUARANTINED", AS_BAD_COUNT, COLUMN_RIGHT, NULL },
	{ "error", "ERROR", AS_ERROR, COLUMN_RARE | COLUMN_WRAP, NULL },
};

int cmd_sources(struct session *session, const struct arguments *args,
		struct err *err)
{
	static const struct table table = {
		.key = "sources",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.empty = "no source has been polled yet",
	};
	const struct selector sel = { .now_ms = session->now_ms };
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	int rc;

	(void)args;
	rc = session_look(session, LOOK_SOURCES, &sel, &rows, err);
	if (rc < 0)
		return rc;
	writer_begin(session->writer, "triaged.sources.v1");
	writer_table(session->writer, &table, &rows);
	return 0;
}
