/*
 * `triagectl maintenance list`: planned work of the configuration, when it goes
 * on next, and what it holds back now.
 */
#include <string.h>
#include "cli/commands.h"
#include "cli/stands.h"
#include "triage/triage.h"
#include "triage/windows.h"
#include "util/xmalloc.h"

static const struct column columns[] = {
	{ "name", "NAME", AS_TEXT, 0, NULL },
	{ "state", "STATE", AS_TEXT, 0, NULL },
	{ "from_ms", "FROM", AS_LOCAL, 0, NULL },
	{ "to_ms", "TO", AS_LOCAL, 0, NULL },
	{ "holding", "HOLDS", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "owner", "OWNER", AS_TEXT, 0, NULL },
	{ "reason", "REASON", AS_TEXT, COLUMN_WRAP, NULL },
};
static const struct table table = {
	.key = "maintenance",
	.columns = columns,
	.n_columns = ARRAY_SIZE(columns),
	.empty = "no maintenance is planned in the configuration",
};

static int64_t holding(const struct rows *held, const char *name)
{
	for (size_t i = 0; i < held->n; i++) {
		const char *cause = rows_text(held, i, "cause");
		const char *of = rows_text(held, i, "cause_name");

		if (cause && strcmp(cause, "maintenance") == 0 && of &&
		    strcmp(of, name) == 0)
			return rows_integer(held, i, "n");
	}
	return 0;
}

static const char *state_of(bool any, const struct window *w, int64_t now_ms)
{
	if (!any)
		return "over";
	return w->from_ms <= now_ms ? "goes on" : "planned";
}

static void add_plan(const struct session *session,
		     const struct maintenance_plan *m, const struct window *w,
		     const struct rows *held, struct rows *rows)
{
	bool any = w->to_ms != 0;

	(void)rows_keep(rows, 7,
			(const char *const[]){ "name", "state", "from_ms",
					       "to_ms", "holding", "owner",
					       "reason" },
			(const struct cell[]){
				cell_text(m->name),
				cell_text(state_of(any, w, session->now_ms)),
				any ? cell_integer(w->from_ms) : cell_null(),
				any ? cell_integer(w->to_ms) : cell_null(),
				cell_integer(holding(held, m->name)),
				cell_text(m->owner), cell_text(m->reason) });
}

int maintenance_rows(struct session *session, struct rows *to, struct err *err)
{
	CLEANUP(rows_release) struct rows held = ROWS_INIT;
	struct selector sel = { .now_ms = session->now_ms };
	const struct policy *policy;
	const struct triage *triage;
	int rc;

	rc = session_triage(session, &triage, err);
	if (rc >= 0)
		rc = session_look(session, LOOK_HOLDING, &sel, &held, err);
	if (rc < 0)
		return rc;
	policy = triage_policy(triage);
	for (size_t i = 0; i < policy->n_maintenance; i++) {
		struct window w = { 0 };

		(void)windows_maintenance(triage_windows(triage), i,
					  session->now_ms, &w);
		add_plan(session, &policy->maintenance[i], &w, &held, to);
	}
	return 0;
}

int cmd_maintenance(struct session *session, const struct arguments *args,
		    struct err *err)
{
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	int rc;

	if (strcmp(args->words[0], "list") != 0)
		return err_set(err, ERR_CONF,
			       "maintenance: unknown word '%s'; there is: "
			       "maintenance list",
			       args->words[0]);
	rc = maintenance_rows(session, &rows, err);
	if (rc < 0)
		return rc;
	writer_begin(session->writer, "triaged.maintenance.v1");
	writer_table(session->writer, &table, &rows);
	return 0;
}
