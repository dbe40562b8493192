/*
 * `triagectl oncall`: who of each rotation has the duty, until when, and who
 * follows. From the settings alone.
 */
#include "cli/commands.h"

#include "cli/localtime.h"
#include "cli/stands.h"
#include "triage/rotation.h"
#include "triage/triage.h"

static const struct column columns[] = {
	{ "rotation", "ROTATION", AS_TEXT, 0, NULL },
	{ "target", "ON CALL", AS_TEXT, 0, NULL },
	{ "until_ms", "UNTIL", AS_LOCAL, 0, NULL },
	{ "until_ms", "", AS_NEXT, 0, NULL },
	{ "then", "THEN", AS_TEXT, 0, NULL },
};

static void keep(struct rows *to, const struct rotation *r, int64_t at_ms)
{
	static const char *const names[] = { "rotation", "target", "until_ms",
					     "then", "timezone" };
	struct duty now, then = { .target = NULL };

	rotation_duty(r, at_ms, &now);
	if (now.until_ms > at_ms)
		rotation_duty(r, now.until_ms, &then);
	(void)rows_keep(to, ARRAY_SIZE(names), names,
			(const struct cell[]){
				cell_text(r->name),
				cell_text(now.target),
				now.until_ms ? cell_integer(now.until_ms)
					     : cell_null(),
				cell_text(then.target),
				cell_text(r->timezone),
			});
}

static int find_moment(const struct session *session,
		       const struct arguments *args, int64_t *ret_ms,
		       struct err *err)
{
	const char *at = arguments_value(args, "at");

	*ret_ms = session->now_ms;
	if (!at || localtime_parse(at, session->now_ms, ret_ms) == 0)
		return 0;
	return err_set(err, ERR_CONF,
		       "--at: '%s' is no moment such as \"2026-11-21 08:00\"",
		       at);
}

void oncall_rows(struct rows *to, const struct policy *p, int64_t at_ms)
{
	for (size_t i = 0; i < p->n_rotations; i++)
		keep(to, &p->rotations[i], at_ms);
}

int cmd_oncall(struct session *session, const struct arguments *args,
	       struct err *err)
{
	static const struct table table = {
		.key = "oncall",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.empty = "the settings have no rotations: every message goes "
			 "to the targets that routes name",
	};
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	const char *name = args->n_words > 0 ? args->words[0] : NULL;
	const struct triage *t;
	const struct policy *p;
	int64_t at_ms;
	int rc;

	rc = find_moment(session, args, &at_ms, err);
	if (rc < 0)
		return rc;
	rc = session_triage(session, &t, err);
	if (rc < 0)
		return rc;
	p = triage_policy(t);
	if (name && !rotation_named(p, name))
		return err_set(err, ERR_NOT_FOUND,
			       "the settings have no rotation %s", name);
	for (size_t i = 0; i < p->n_rotations; i++) {
		if (!name || rotation_named(p, name) == &p->rotations[i])
			keep(&rows, &p->rotations[i], at_ms);
	}
	writer_begin(session->writer, "triaged.oncall.v1");
	writer_instant(session->writer, "at", at_ms);
	writer_table(session->writer, &table, &rows);
	return 0;
}
