/*
 * `triagectl approve [RESPONSE]`: what waits for somebody to say yes, and
 * saying yes or no. The list and what has ended come from the database, so they
 * are there while the daemon is down.
 *
 * tested with: scenario/test_respond_cli
 */
#include <errno.h>
#include <stdlib.h>
#include "cli/pick.h"
#include "cli/respond_flow.h"
#include "core/response.h"
#include "triaged/ctl.h"
#include "util/jsonx.h"

#define SCHEMA "triaged.approve.v1"

/* The id that an alert has elsewhere tells nobody anything: its title does. */
static const struct cell *pick_subject(const struct rows *r, size_t row)
{
	enum response_action a;

	return rows_cell(r, row,
			 response_action_parse(rows_text(r, row, "action"),
					       &a) &&
					 response_action_about(a) ==
						 RESPONSE_ABOUT_ALERT
				 ? "title"
				 : "subject");
}

static const struct column columns[] = {
	{ "id", "ID", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "state", "STATE", AS_TEXT, 0, NULL },
	{ "action", "ACTION", AS_TEXT, 0, NULL },
	{ "subject", "SUBJECT", AS_TEXT, COLUMN_FLEX, pick_subject },
	{ "alert_id", "ALERT", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "asked_by", "ASKED BY", AS_TEXT, 0, NULL },
	{ "expires_ms", "ENDS", AS_NEXT, 0, NULL },
	{ "reason", "REASON", AS_TEXT, COLUMN_WRAP, NULL },
};

static int list(struct session *session, struct err *err)
{
	static const struct table table = {
		.key = "responses",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.empty = "nothing waits for approval, and nothing is being "
			 "done",
	};
	const struct selector sel = { .now_ms = session->now_ms };
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	int rc = session_look(session, LOOK_RESPONSES_OPEN, &sel, &rows, err);

	if (rc < 0)
		return rc;
	writer_begin(session->writer, "triaged.responses.v1");
	writer_table(session->writer, &table, &rows);
	if (rows.n == 0)
		return 0;
	writer_gap(session->writer);
	writer_line(session->writer, NULL);
	writer_words(session->writer,
		     "triagectl approve ID shows what would be done, and asks; "
		     "--refuse says no.");
	return 0;
}

static int read_id(const char *word, int64_t *ret, struct err *err)
{
	char *end;

	errno = 0;
	*ret = strtoll(word, &end, 10);
	if (!errno && !*end && *ret > 0)
		return 0;
	return err_set(err, ERR_CONF,
		       "'%s' is no number of a response; the numbers stand in: "
		       "triagectl approve",
		       word);
}

static int load_plan(struct session *session, int64_t id,
		     struct respond_plan *ret, struct err *err)
{
	CLEANUP(jsonx_unref) json_t *data = NULL;
	int rc = respond_call_daemon(session, CTL_VERB_RESPOND_PLAN,
				     json_pack("{s:I}", "response",
					       (json_int_t)id),
				     &data, err);

	return rc < 0 ? rc : respond_plan_load(session, &data, ret, err);
}

/* What has ended has no plan any more. */
static int show(struct session *session, int64_t id, const struct rows *row,
		struct err *err)
{
	CLEANUP(respond_plan_release) struct respond_plan p = { 0 };
	int rc;

	if (respond_has_ended(row, 0)) {
		respond_answer(session->writer, SCHEMA, NULL, false, row);
		return 0;
	}
	rc = load_plan(session, id, &p, err);
	if (rc >= 0)
		respond_answer(session->writer, SCHEMA, &p, false, row);
	return rc;
}

static int refuse(struct session *session, const struct arguments *args,
		  int64_t id, struct rows *row, struct err *err)
{
	int rc = respond_call_daemon(session, CTL_VERB_REFUSE,
				     json_pack("{s:I, s:s*}", "response",
					       (json_int_t)id, "reason",
					       arguments_value(args, "reason")),
				     NULL, err);

	if (rc >= 0)
		rc = respond_row(session, id, row, err);
	if (rc < 0)
		return rc;
	respond_answer(session->writer, SCHEMA, NULL, false, row);
	return 0;
}

/* Who may not is told before he is asked. */
static int check_may(const struct respond_plan *p, struct err *err)
{
	const char *no = jsonx_str(p->data, "you_may_not");

	return no ? err_set(err, ERR_DENIED, "%s", no) : 0;
}

static int approve(struct session *session, const struct arguments *args,
		   int64_t id, struct rows *row, struct err *err)
{
	CLEANUP(respond_plan_release) struct respond_plan p = { 0 };
	bool ask = !arguments_has(args, "yes");
	int rc;

	if (ask && !respond_may_ask(args))
		return err_set(err, ERR_CONF,
			       "approve asks at a terminal whether it may be "
			       "done; elsewhere say --yes, or look with "
			       "--plan");
	rc = load_plan(session, id, &p, err);
	if (rc >= 0 && ask)
		rc = check_may(&p, err);
	if (rc >= 0 && ask)
		rc = respond_ask(session, args, &p, "Let it be done now?",
				 "it was not approved, and waits as before",
				 err);
	if (rc >= 0)
		rc = respond_approve(session, args, id, row, err);
	if (rc < 0)
		return rc;
	respond_answer(session->writer, SCHEMA, &p, ask, row);
	return respond_outcome(row, !arguments_has(args, "no-wait"));
}

int cmd_approve(struct session *session, const struct arguments *args,
		struct err *err)
{
	CLEANUP(rows_release) struct rows row = ROWS_INIT;
	bool no = arguments_has(args, "refuse");
	int64_t id;
	int rc;

	if (args->n_words == 0)
		return list(session, err);
	rc = read_id(args->words[0], &id, err);
	if (rc >= 0)
		rc = respond_row(session, id, &row, err);
	if (rc < 0)
		return rc;
	if (arguments_has(args, "plan"))
		return show(session, id, &row, err);
	return no ? refuse(session, args, id, &row, err)
		  : approve(session, args, id, &row, err);
}
