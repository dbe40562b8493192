/* `triagectl list`: alerts by selectors. */
#include "cli/commands.h"
#include "cli/pick.h"
#include "cli/selectors.h"
#include "cli/shown.h"

static const struct column columns[] = {
	{ "id", "ID", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "severity", "SEV", AS_SEVERITY, 0, NULL },
	{ "state", "STATE", AS_STATE, 0, NULL },
	{ "triage_due_ms", "DUE", AS_DUE, 0, pick_due },
	{ "entity", "RESOURCE", AS_RESOURCE, COLUMN_FLEX, pick_resource },
	{ "title", "TITLE", AS_TEXT, COLUMN_FLEX, NULL },
};

int cmd_list(struct session *session, const struct arguments *args,
	     struct err *err)
{
	struct table table = {
		.key = "alerts",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
	};
	CLEANUP(selection_release) struct selection s = { 0 };
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	int rc;

	rc = selectors_parse(args, session->now_ms, &s, err);
	if (rc < 0)
		return rc;
	shown_limit(s.sel.limit, &s.sel, &rows);
	rc = session_look(session, LOOK_ALERTS, &s.sel, &rows, err);
	if (rc < 0)
		return rc;
	table.empty = s.narrowed ? "no alert matches" : "no open alerts";
	writer_begin(session->writer, "triaged.list.v1");
	writer_table(session->writer, &table, &rows);
	shown_say(session->writer, &rows, "there are more: --limit N");
	return 0;
}
