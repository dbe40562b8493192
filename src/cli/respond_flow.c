/*
 * See respond_flow.h. The daemon does it also when we are gone; we look at the
 * database until it has ended, for a minute at most.
 *
 * tested with: scenario/test_respond_cli
 */
#include "cli/respond_flow.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>
#include "cli/output.h"
#include "cli/pick.h"
#include "cli/setup_ask.h"
#include "triaged/ctl.h"
#include "util/clock.h"

#define WAIT_MS 60000
#define LOOK_EVERY_MS 200

bool respond_may_ask(const struct arguments *args)
{
	return !arguments_has(args, "json") && isatty(STDIN_FILENO) &&
	       isatty(STDOUT_FILENO);
}

/* At once: the question stands below it. */
static int show_now(struct session *session, const struct arguments *args,
		    const struct respond_plan *p, struct err *err)
{
	const struct screen screen = {
		.now_ms = session->now_ms,
		.width = output_width(stdout),
		.colour =
			output_colour(stdout, arguments_global(args, "color")),
	};
	struct writer *w = writer_text_new(stdout, &screen);
	int rc;

	writer_begin(w, "triaged.respond.v1");
	respond_plan_show(w, p);
	rc = writer_end(w, err);
	writer_free(w);
	return rc;
}

int respond_ask(struct session *session, const struct arguments *args,
		const struct respond_plan *p, const char *question,
		const char *no, struct err *err)
{
	int rc = show_now(session, args, p, err);

	if (rc < 0)
		return rc;
	setup_ask_begin();
	rc = setup_ask_yes(question, false, err);
	if (rc == 1)
		return 0;
	return err_set(err, ERR_CANCELLED, "%s", no);
}

int respond_row(struct session *session, int64_t id, struct rows *ret,
		struct err *err)
{
	const struct selector sel = { .id = id, .now_ms = session->now_ms };
	CLEANUP(rows_release) struct rows row = ROWS_INIT;
	int rc = session_look(session, LOOK_RESPONSE, &sel, &row, err);

	if (rc < 0)
		return rc;
	if (row.n == 0)
		return err_set(err, ERR_NOT_FOUND,
			       "there is no response %lld; those that wait: "
			       "triagectl approve",
			       (long long)id);
	rows_release(ret);
	*ret = row;
	row = (struct rows)ROWS_INIT;
	return 0;
}

int respond_call_daemon(struct session *session, const char *verb, json_t *args,
			json_t **ret, struct err *err)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	int rc;

	if (!args)
		return err_set(err, ERR_CONF,
			       "what was typed is not valid UTF-8");
	rc = session_call(session, verb, args, &answer, err);
	if (rc >= 0)
		rc = session_answer(&answer, err);
	if (rc < 0)
		return rc;
	if (ret)
		*ret = json_incref(answer.data);
	return 0;
}

/* Ctrl-C ends the wait and nothing else: what was approved is done. */
static int wait_for_end(struct session *session, int64_t id, struct rows *row,
			struct err *err)
{
	int64_t deadline_mono_ms = clock_mono_ms() + WAIT_MS;
	int rc = respond_row(session, id, row, err);

	if (rc == 0 && isatty(STDERR_FILENO))
		fprintf(stderr,
			"response %lld is approved; waiting for its outcome, "
			"at most %d s\n",
			(long long)id, WAIT_MS / 1000);
	while (rc == 0 && !respond_has_ended(row, 0) &&
	       clock_mono_ms() < deadline_mono_ms && !setup_ask_stopped()) {
		(void)poll(NULL, 0, LOOK_EVERY_MS);
		rc = respond_row(session, id, row, err);
	}
	return rc;
}

int respond_approve(struct session *session, const struct arguments *args,
		    int64_t id, struct rows *ret, struct err *err)
{
	int rc = respond_call_daemon(session, CTL_VERB_APPROVE,
				     json_pack("{s:I}", "response",
					       (json_int_t)id),
				     NULL, err);

	if (rc < 0)
		return rc;
	return arguments_has(args, "no-wait")
		       ? respond_row(session, id, ret, err)
		       : wait_for_end(session, id, ret, err);
}

void respond_answer(struct writer *w, const char *schema,
		    const struct respond_plan *p, bool seen,
		    const struct rows *row)
{
	writer_begin(w, schema);
	if (row)
		writer_record(w, "response", row, 0);
	else
		writer_field(w, "response", cell_null());
	if (!p)
		writer_field(w, "plan", cell_null());
	else if (!seen)
		respond_plan_show(w, p);
	if (!row)
		return;
	if (p && !seen)
		writer_gap(w);
	respond_say(w, row, 0);
}

int respond_outcome(const struct rows *row, bool waited)
{
	if (respond_has_ended(row, 0) ? pick_is(row, 0, "state", "done")
				      : !waited)
		return 0;
	return ERR_BAD_STATE;
}
