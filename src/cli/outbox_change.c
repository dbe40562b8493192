/*
 * `triagectl outbox retry|drop|enable`: what the daemon is asked to change.
 * Called by cmd_outbox.c.
 *
 * tested with: scenario/test_outbox
 */
#include "cli/outbox_cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "cli/results.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

/* What one of them asks for. */
struct ask {
	const char *name; /* the word on the command line */
	const char *verb;
	const char *done; /* what became of a message that was named */
	const char *schema;
	const char *reason; /* NULL none */
};

static int read_id(const char *word, int64_t *ret, struct err *err)
{
	char *end;

	errno = 0;
	*ret = strtoll(word, &end, 10);
	if (errno || *end || *ret <= 0)
		return err_set(err, ERR_CONF,
			       "'%s' is no number of a message; the numbers "
			       "stand in: triagectl outbox",
			       word);
	return 0;
}

static int ask_one(struct session *session, const struct ask *a,
		   const char *word, struct err *err)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	int64_t id;
	int rc = read_id(word, &id, err);

	if (rc < 0)
		return rc;
	rc = session_call(session, a->verb,
			  json_pack("{s:I, s:s*}", "delivery", (json_int_t)id,
				    "reason", a->reason),
			  &answer, err);
	return rc < 0 ? rc : session_answer(&answer, err);
}

static int ask_each(struct session *session, const struct arguments *args,
		    const struct ask *a, struct err *err)
{
	CLEANUP(results_release) struct results results = RESULTS_INIT;

	(void)err;
	for (size_t i = 1; i < args->n_words; i++) {
		struct err why = ERR_INIT;
		int rc = ask_one(session, a, args->words[i], &why);

		results_add(&results, args->words[i], rc,
			    rc < 0 ? why.text : a->done);
		if (results_is_hopeless(rc))
			break;
	}
	writer_begin(session->writer, a->schema);
	return results_say(&results, session->writer);
}

/* The daemon does some of them a call, and says whether there are more. */
static int ask_many(struct session *session, const struct ask *a,
		    const char *target, int64_t *ret_n, struct err *err)
{
	bool more = true;
	int rc = 0;

	while (more && rc == 0) {
		CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
		int64_t n = 0;

		rc = session_call(session, a->verb,
				  json_pack("{s:b, s:s*, s:s*}", "dead", true,
					    "target", target, "reason",
					    a->reason),
				  &answer, err);
		if (rc == 0)
			rc = session_answer(&answer, err);
		if (rc == 0) {
			(void)jsonx_int(answer.data, "deliveries", &n);
			more = n > 0 && jsonx_bool(answer.data, "more");
			*ret_n += n;
		}
	}
	return rc;
}

static int ask_all(struct session *session, const struct ask *a,
		   const char *target, struct err *err)
{
	CLEANUP(free_ptr) char *text = NULL;
	struct writer *w = session->writer;
	int64_t n = 0;
	int rc = ask_many(session, a, target, &n, err);

	if (rc < 0)
		return rc;
	text = xasprintf("%" PRId64 " message%s: %s", n, n == 1 ? "" : "s",
			 a->done);
	writer_begin(w, a->schema);
	writer_field(w, "deliveries", cell_integer(n));
	writer_line(w, NULL);
	writer_words(w, n > 0 ? text : "there was no such message");
	return 0;
}

int outbox_cmd_retry(struct session *session, const struct arguments *args,
		     struct err *err)
{
	static const struct ask ask = {
		.name = "retry",
		.verb = CTL_VERB_OUTBOX_RETRY,
		.done = "goes out again",
		.schema = "triaged.outbox-retry.v1",
	};
	bool all = arguments_has(args, "dead");
	const char *target = arguments_value(args, "target");

	if (all == (args->n_words > 1) || (target && !all))
		return err_set(err, ERR_CONF,
			       "outbox retry needs the number of a message, or "
			       "--dead for all that were given up (of one "
			       "target with --target NAME); the numbers stand "
			       "in: triagectl outbox");
	return all ? ask_all(session, &ask, target, err)
		   : ask_each(session, args, &ask, err);
}

int outbox_cmd_drop(struct session *session, const struct arguments *args,
		    struct err *err)
{
	const struct ask ask = {
		.name = "drop",
		.verb = CTL_VERB_OUTBOX_DROP,
		.done = "dropped",
		.schema = "triaged.outbox-drop.v1",
		.reason = arguments_value(args, "reason"),
	};
	const char *target = arguments_value(args, "target");

	if (!ask.reason || !*ask.reason)
		return err_set(err, ERR_CONF,
			       "outbox drop needs --reason, such as --reason "
			       "\"told by telephone\"; it is kept in the audit "
			       "log");
	if ((target != NULL) == (args->n_words > 1))
		return err_set(err, ERR_CONF,
			       "outbox drop needs the number of a message, or "
			       "--target NAME for all that one is owed; the "
			       "numbers stand in: triagectl outbox");
	return target ? ask_all(session, &ask, target, err)
		      : ask_each(session, args, &ask, err);
}

int outbox_cmd_enable(struct session *session, const struct arguments *args,
		      struct err *err)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	struct writer *w = session->writer;
	struct cell name;
	int rc;

	if (args->n_words != 2)
		return err_set(err, ERR_CONF,
			       "outbox enable needs the name of a target");
	rc = session_call(session, CTL_VERB_OUTBOX_ENABLE,
			  json_pack("{s:s}", "target", args->words[1]), &answer,
			  err);
	if (rc == 0)
		rc = session_answer(&answer, err);
	if (rc < 0)
		return rc;
	name = cell_text(args->words[1]);
	writer_begin(w, "triaged.outbox-enable.v1");
	writer_field(w, "target", name);
	writer_line(w, NULL);
	writer_words(w, "Messages go to target ");
	writer_value(w, AS_TEXT, &name);
	writer_words(w, " again; what was given up meanwhile: triagectl outbox "
			"retry --dead");
	return 0;
}
