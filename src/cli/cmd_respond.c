/*
 * `triagectl respond ID ACTION [HOOK]`: have something done upstream about an
 * alert. The plan is shown first; at a terminal nothing is stored before
 * somebody said yes. What another person must approve waits for that, what need
 * not is done at once.
 *
 * tested with: scenario/test_respond_cli
 */
#include <string.h>
#include "cli/pick.h"
#include "cli/respond_flow.h"
#include "cli/values.h"
#include "core/response.h"
#include "triaged/ctl.h"
#include "util/jsonx.h"

#define SCHEMA "triaged.respond.v1"

/* Everything that can be wrong before anybody is asked. */
static int check_words(const struct arguments *args, struct err *err)
{
	const char *as = arguments_value(args, "as");
	enum response_action action = RESPONSE_EXEC;
	size_t which;
	int rc = values_pick("ACTION", "ACTION", args->words[1], &which, err);

	if (rc >= 0 && as)
		rc = values_pick("VERDICT", "--as", as, &which, err);
	if (rc < 0)
		return rc;
	(void)response_action_parse(args->words[1], &action);
	if (action == RESPONSE_EXEC && args->n_words < 3)
		return err_set(
			err, ERR_CONF,
			"exec needs the name of a program: triagectl "
			"respond %s exec HOOK; which there are: triagectl "
			"help --values HOOK",
			args->words[0]);
	if (action != RESPONSE_EXEC && args->n_words > 2)
		return err_set(err, ERR_CONF,
			       "respond: one word too many: '%s'; only exec "
			       "takes the name of a program",
			       args->words[2]);
	if (response_action_about(action) != RESPONSE_ABOUT_USER &&
	    arguments_has(args, "user"))
		return err_set(err, ERR_CONF,
			       "%s is not done to a user: --user "
			       "does not go with it",
			       args->words[1]);
	if (!arguments_has(args, "plan") && !arguments_value(args, "reason"))
		return err_set(
			err, ERR_CONF,
			"respond needs --reason TEXT, which who approves "
			"it reads; --plan only shows what would be "
			"done");
	return 0;
}

/* @version 0: whatever it is now. */
static json_t *order(const struct arguments *args, int64_t alert_id,
		     int64_t version)
{
	return json_pack("{s:I, s:I, s:s, s:s*, s:s*, s:s*, s:s*, s:b}",
			 "alert", (json_int_t)alert_id, "version",
			 (json_int_t)version, "action", args->words[1], "hook",
			 args->n_words > 2 ? args->words[2] : NULL, "user",
			 arguments_value(args, "user"), "as",
			 arguments_value(args, "as"), "reason",
			 arguments_value(args, "reason"), "contain",
			 arguments_has(args, "contain"));
}

static int load_plan(struct session *session, const struct arguments *args,
		     int64_t alert_id, struct respond_plan *ret,
		     struct err *err)
{
	CLEANUP(jsonx_unref) json_t *data = NULL;
	int rc = respond_call_daemon(session, CTL_VERB_RESPOND_PLAN,
				     order(args, alert_id, 0), &data, err);

	return rc < 0 ? rc : respond_plan_load(session, &data, ret, err);
}

static const char *question(const struct respond_plan *p)
{
	return respond_plan_needs_others(p)
		       ? "Ask for it? Somebody else must approve it then."
		       : "Do it now?";
}

/* Stored, of the version that was shown; *ret_id is its number, and @p the plan
 * as it is stored. */
static int store_plan(struct session *session, const struct arguments *args,
		      struct respond_plan *p, int64_t *ret_id, struct err *err)
{
	CLEANUP(jsonx_unref) json_t *data = NULL;
	int64_t alert_id = rows_integer(&p->alert, 0, "id"), version = 0;
	int rc;

	(void)jsonx_int(p->data, "version", &version);
	rc = respond_call_daemon(session, CTL_VERB_RESPOND,
				 order(args, alert_id, version), &data, err);
	if (rc < 0)
		return rc;
	if (jsonx_int(data, "response", ret_id)) {
		json_decref(p->data);
		p->data = take(data);
		return 0;
	}
	return err_set(err, ERR_SCHEMA,
		       "the daemon did not say which response it made; see: "
		       "triagectl approve");
}

int cmd_respond(struct session *session, const struct arguments *args,
		struct err *err)
{
	CLEANUP(respond_plan_release) struct respond_plan p = { 0 };
	CLEANUP(rows_release) struct rows row = ROWS_INIT;
	bool yes = arguments_has(args, "yes"), asked = false, now;
	int64_t alert_id, id;
	int rc = check_words(args, err);

	if (rc >= 0)
		rc = session_alert(session, args->words[0], &alert_id, err);
	if (rc >= 0)
		rc = load_plan(session, args, alert_id, &p, err);
	if (rc < 0)
		return rc;
	if (arguments_has(args, "plan")) {
		respond_answer(session->writer, SCHEMA, &p, false, NULL);
		return 0;
	}
	if (!yes && respond_may_ask(args)) {
		rc = respond_ask(session, args, &p, question(&p),
				 "nothing was asked for, and nothing is done",
				 err);
		if (rc < 0)
			return rc;
		asked = true;
	}
	/* Done at once when that is wanted and may be, else left to others. */
	now = (yes || asked) && !respond_plan_needs_others(&p);
	rc = store_plan(session, args, &p, &id, err);
	if (rc < 0)
		return rc;
	rc = now ? respond_approve(session, args, id, &row, err)
		 : respond_row(session, id, &row, err);
	/* What is stored stays: it must be possible to find it. */
	if (rc < 0) {
		(void)err_prefix(err, "response %lld is planned, and waits",
				 (long long)id);
		return rc;
	}
	respond_answer(session->writer, SCHEMA, &p, asked, &row);
	return respond_outcome(&row, now && !arguments_has(args, "no-wait"));
}
