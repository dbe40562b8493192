/*
 * `triagectl outbox`: what is owed and not sent, and which targets are in the
 * way of it. What changes something is in outbox_change.c.
 */
#include <string.h>
#include "cli/outbox_cmd.h"
#include "cli/pick.h"
#include "cli/shown.h"
#include "cli/values.h"
#include "core/notice.h"

static const struct column columns[] = {
	{ "id", "ID", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "state", "STATE", AS_DELIVERY, 0, NULL },
	{ "target", "TARGET", AS_TEXT, 0, NULL },
	{ "recipient", "RECIPIENT", AS_TEXT, COLUMN_FLEX | COLUMN_RARE, NULL },
	{ "kind", "KIND", AS_TEXT, 0, NULL },
	{ "alert_id", "ALERT", AS_TEXT, COLUMN_RIGHT | COLUMN_RARE, NULL },
	{ "attempts", "TRIES", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "not_before_ms", "NEXT TRY", AS_NEXT, COLUMN_RARE, pick_next_try },
	{ "sent_ms", "SENT", AS_AGO, COLUMN_RARE, NULL },
	{ "second", "INSTEAD", AS_TEXT, COLUMN_RARE, NULL },
	{ "last_error", "ERROR", AS_ERROR, COLUMN_RARE | COLUMN_WRAP, NULL },
};

/* What only the daemon knows; without it nothing is sent anyway. */
static void say_rates(struct session *session)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	struct err err = ERR_INIT;
	int rc = session_call(session, CTL_VERB_STATUS, NULL, &answer, &err);

	if (rc == 0 && session_answer(&answer, &err) == 0)
		targets_say_rates(session->writer, answer.data, "Target");
}

/* Of a name that nobody knows it would say that everything was sent. */
static int check_target(struct session *session, const char *name,
			const struct rows *targets, struct err *err)
{
	const struct conf *conf;

	for (size_t i = 0; i < targets->n; i++) {
		if (pick_is(targets, i, "target", name))
			return 0;
	}
	session_settings(session);
	conf = session->conf;
	if (!conf || conf->unusable || conf_target(conf, name) ||
	    conf_heartbeat(conf, name))
		return 0;
	return err_set(err, ERR_NOT_FOUND,
		       "there is no target '%.80s' in the settings, nor any "
		       "message for it; see the names: triagectl status",
		       name);
}

static int outbox_list_all(struct session *session,
			   const struct arguments *args, struct err *err)
{
	static const struct table programs = { .key = "targets",
					       .aside = true };
	struct table table = {
		.key = "deliveries",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.empty = "nothing is owed: every message has been sent",
	};
	struct selector sel = { .now_ms = session->now_ms };
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	CLEANUP(rows_release) struct rows targets = ROWS_INIT;
	int64_t limit;
	size_t state;
	int rc;

	rc = arguments_number(args, "limit", SHOWN_DEFAULT, &limit, err);
	if (rc < 0)
		return rc;
	shown_limit(limit > 0 ? limit : -1, &sel, &rows);
	if (arguments_has(args, "state")) {
		rc = values_pick("MESSAGE-STATE", "--state",
				 arguments_value(args, "state"), &state, err);
		if (rc < 0)
			return rc;
		sel.delivery_state =
			notice_state_name((enum notice_state)state);
		table.empty = "no message is in this state";
	}
	sel.target = arguments_value(args, "target");
	if (sel.target && !sel.delivery_state)
		table.empty = "nothing is owed to this target";
	rc = session_look(session, LOOK_OUTBOX, &sel, &rows, err);
	if (rc == 0)
		rc = session_look(session, LOOK_TARGETS, &sel, &targets, err);
	if (rc == 0 && sel.target)
		rc = check_target(session, sel.target, &targets, err);
	if (rc < 0)
		return rc;
	writer_begin(session->writer, "triaged.outbox.v1");
	writer_table(session->writer, &table, &rows);
	shown_say(session->writer, &rows, "all of them: --limit 0");
	writer_table(session->writer, &programs, &targets);
	targets_say_trouble(session->writer, &targets, "Target");
	say_rates(session);
	return 0;
}

int cmd_outbox(struct session *session, const struct arguments *args,
	       struct err *err)
{
	static const struct {
		const char *word;
		int (*run)(struct session *session,
			   const struct arguments *args, struct err *err);
	} words[] = {
		{ "retry", outbox_cmd_retry },
		{ "drop", outbox_cmd_drop },
		{ "enable", outbox_cmd_enable },
		{ "show", outbox_cmd_show },
	};

	if (args->n_words == 0)
		return outbox_list_all(session, args, err);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(args->words[0], words[i].word) == 0)
			return words[i].run(session, args, err);
	return err_set(err, ERR_CONF,
		       "outbox: unknown word '%s'; either nothing or: outbox "
		       "show MESSAGE, outbox retry MESSAGE, outbox drop "
		       "MESSAGE, outbox enable TARGET",
		       args->words[0]);
}
