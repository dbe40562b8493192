/*
 * A change of alerts through the daemon. Called by cmd_ack, cmd_close and the
 * other commands of people's work.
 *
 * The row is read first and its version sent along: what happens to the alert
 * in between is a conflict and not lost. What somebody else has done already
 * is told and, but for --take, not undone.
 *
 * tested with: test_pick scenario/test_control
 */
#include "cli/change.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>
#include "cli/pick.h"
#include "cli/results.h"
#include "core/acktoken.h"
#include "util/timefmt.h"

/* As the daemon names us: by the account that SO_PEERCRED shows. */
static bool is_me(const char *name)
{
	char buf[4096];
	struct passwd pw, *found = NULL;

	return getpwuid_r(geteuid(), &pw, buf, sizeof(buf), &found) == 0 &&
	       found && strcmp(found->pw_name, name) == 0;
}

/* "alice acknowledged it 3 min ago" */
static void tell(struct strbuf *sb, const char *who, const char *what,
		 int64_t ago_ms)
{
	char span[TIMEFMT_MAX];

	if (ago_ms >= 60000)
		ago_ms -= ago_ms % 60000;
	strbuf_addf(sb, "%s %s it %s ago", who ? who : "somebody", what,
		    timefmt_span(MAX(ago_ms, 0), span));
}

/* Who was faster, if the row says so. */
static bool explain(const struct rows *row, const struct change *c,
		    int64_t now_ms, struct strbuf *ret)
{
	const char *by = rows_text(row, 0, "acknowledged_by");

	if (c->of == CHANGE_OF_ANY)
		return false;
	if (pick_is(row, 0, "state", "closed")) {
		if (c->of == CHANGE_OF_CLOSED)
			return false;
		tell(ret, rows_text(row, 0, "closed_by"), "closed",
		     now_ms - rows_integer(row, 0, "closed_ms"));
		return true;
	}
	if (c->of == CHANGE_OF_CLOSED) {
		strbuf_addstr(ret, "it is not closed");
		return true;
	}
	if (strcmp(c->verb, CTL_VERB_ACK) != 0 ||
	    !pick_is(row, 0, "state", "acknowledged") || c->take ||
	    (by && is_me(by)))
		return false;
	tell(ret, by, "acknowledged",
	     now_ms - rows_integer(row, 0, "acknowledged_ms"));
	strbuf_addstr(ret, "; take it over with --take");
	return true;
}

/*
 * The alert that @word names, or whose code it is: *ret_code is @word then. A
 * name goes first: some source's ids may look like codes.
 */
static int change_find(struct session *session, const char *word,
		       const struct change *c, int64_t *ret_id,
		       const char **ret_code, struct err *err)
{
	char code[ACKCODE_SIZE];
	int rc = session_alert(session, word, ret_id, err);

	if (rc != ERR_NOT_FOUND || !c->codes ||
	    !ackcode_parse(word, ret_id, code))
		return rc;
	*ret_code = word;
	return 0;
}

/* @code may be NULL. */
static json_t *change_args(const struct change *c, const struct rows *row,
			   int64_t id, const char *code)
{
	json_t *args = json_pack("{s:I, s:I, s:s*}", "alert", (json_int_t)id,
				 "version",
				 (json_int_t)rows_integer(row, 0, "version"),
				 "code", code);

	/* Only memory can fail here, and the verb tells what it lacks. */
	if (args)
		(void)json_object_update(args, (json_t *)c->args);
	return args;
}

static int change_send(struct session *session, const struct change *c,
		       const struct rows *row, const char *code,
		       struct wire_answer *ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	CLEANUP(rows_release) struct rows now = ROWS_INIT;
	int64_t id = rows_integer(row, 0, "id");
	int rc;

	rc = session_call(session, c->verb, change_args(c, row, id, code), ret,
			  err);
	if (rc < 0)
		return rc;
	rc = session_answer(ret, err);
	/* The daemon knows that it changed; the database says by whom. */
	if (rc == ERR_CONFLICT &&
	    session_alert_row(session, id, &now, NULL) == 0 &&
	    explain(&now, c, session->now_ms, &why))
		return err_set(err, rc, "%s", why.buf);
	return rc;
}

static int change_one(struct session *session, const char *word,
		      const struct change *c, struct strbuf *ret_text,
		      struct err *err)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	CLEANUP(rows_release) struct rows row = ROWS_INIT;
	const char *title, *code = NULL;
	int64_t id;
	int rc;

	rc = change_find(session, word, c, &id, &code, err);
	if (rc < 0)
		return rc;
	rc = session_alert_row(session, id, &row, err);
	if (rc < 0)
		return rc;
	if (explain(&row, c, session->now_ms, &why))
		return err_set(err, ERR_CONFLICT, "%s", why.buf);
	rc = change_send(session, c, &row, code, &answer, err);
	if (rc < 0)
		return rc;
	title = rows_text(&row, 0, "title");
	strbuf_addf(ret_text, "%s%s%s", c->done, title ? ", " : "",
		    title ? title : "");
	if (answer.text && *answer.text)
		strbuf_addf(ret_text, "; %s", answer.text);
	return 0;
}

int change_all(struct session *session, const struct arguments *args,
	       const struct change *c, const char *schema, struct err *err)
{
	CLEANUP(results_release) struct results results = RESULTS_INIT;
	const char *socket;
	int rc;

	if (!c->args)
		return err_set(err, ERR_CONF,
			       "%s: what was typed is not valid UTF-8",
			       args->word);
	/* Faults of the configuration are told once, not for each alert. */
	rc = session_socket_path(session, &socket, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i + c->n_tail < args->n_words; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		CLEANUP(strbuf_release) struct strbuf no = STRBUF_INIT;
		struct err why = ERR_INIT;

		rc = change_one(session, args->words[i], c, &text, &why);
		if (rc < 0)
			strbuf_addf(&no, "not %s: %s", c->done, why.text);
		results_add(&results, args->words[i], rc,
			    rc < 0 ? no.buf : text.buf);
		if (results_is_hopeless(rc))
			break;
	}
	writer_begin(session->writer, schema);
	return results_say(&results, session->writer);
}
