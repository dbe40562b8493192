/*
 * `triagectl outbox`: what is owed and not sent; `outbox retry ID`: dead
 * messages back into the queue.
 */
#include <stdlib.h>
#include <errno.h>
#include <string.h>
#include "cli/commands.h"
#include "cli/pick.h"
#include "cli/results.h"
#include "core/notice.h"
#include "util/suggest.h"

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
	{ "last_error", "ERROR", AS_ERROR, COLUMN_RARE | COLUMN_WRAP, NULL },
};

static int check_state(const char *word, struct err *err)
{
	const char *names[NOTICE_STATE_MAX], *meant;

	for (size_t i = 0; i < NOTICE_STATE_MAX; i++) {
		names[i] = notice_state_name((enum notice_state)i);
		if (strcmp(names[i], word) == 0)
			return 0;
	}
	meant = suggest_word(word, names, NOTICE_STATE_MAX);
	return err_set(err, ERR_CONF,
		       "--state: unknown word '%s'%s%s%s; see: triagectl help "
		       "outbox",
		       word, meant ? " (did you mean '" : "",
		       meant ? meant : "", meant ? "'?)" : "");
}

static int outbox_list(struct session *session, const struct arguments *args,
		       struct err *err)
{
	struct table table = {
		.key = "deliveries",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.empty = "nothing is owed: every message has been sent",
	};
	struct selector sel = { .now_ms = session->now_ms };
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	int rc;

	rc = arguments_number(args, "limit", 0, &sel.limit, err);
	if (rc < 0)
		return rc;
	sel.delivery_state = arguments_value(args, "state");
	if (sel.delivery_state) {
		rc = check_state(sel.delivery_state, err);
		if (rc < 0)
			return rc;
		table.empty = "no message is in this state";
	}
	rc = session_look(session, LOOK_OUTBOX, &sel, &rows, err);
	if (rc < 0)
		return rc;
	writer_begin(session->writer, "triaged.outbox.v1");
	writer_table(session->writer, &table, &rows);
	return 0;
}

static int retry_one(struct session *session, const char *word,
		     struct strbuf *ret_text, struct err *err)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	long long id;
	char *end;
	int rc;

	errno = 0;
	id = strtoll(word, &end, 10);
	if (errno || *end || id <= 0)
		return err_set(err, ERR_CONF,
			       "'%s' is no number of a message; the numbers "
			       "stand in: triagectl outbox",
			       word);
	rc = session_call(session, CTL_VERB_OUTBOX_RETRY,
			  json_pack("{s:I}", "delivery", (json_int_t)id),
			  &answer, err);
	if (rc == 0)
		rc = session_answer(&answer, err);
	if (rc == 0)
		strbuf_addstr(ret_text, "goes out again");
	return rc;
}

static int outbox_retry_all(struct session *session,
			    const struct arguments *args, struct err *err)
{
	CLEANUP(results_release) struct results results = RESULTS_INIT;

	if (args->n_words < 2)
		return err_set(err, ERR_CONF,
			       "outbox retry needs the number of a message; "
			       "the numbers stand in: triagectl outbox");
	for (size_t i = 1; i < args->n_words; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		struct err why = ERR_INIT;
		int rc = retry_one(session, args->words[i], &text, &why);

		results_add(&results, args->words[i], rc,
			    rc < 0 ? why.text : text.buf);
		if (results_is_hopeless(rc))
			break;
	}
	writer_begin(session->writer, "triaged.outbox-retry.v1");
	return results_say(&results, session->writer);
}

int cmd_outbox(struct session *session, const struct arguments *args,
	       struct err *err)
{
	if (args->n_words == 0)
		return outbox_list(session, args, err);
	if (strcmp(args->words[0], "retry") == 0)
		return outbox_retry_all(session, args, err);
	return err_set(err, ERR_CONF,
		       "outbox: unknown word '%s'; either nothing or: outbox "
		       "retry ID",
		       args->words[0]);
}
