/*
 * A change of alerts through the daemon. Called by cmd_ack, cmd_close and the
 * other commands of people's work.
 *
 * The row is read first and its version sent along, or the version that the
 * caller looked at (--if-version): what happens to the alert in between is a
 * conflict and not lost. What somebody else has done already is told and, but
 * for --take, not undone.
 *
 * tested with: test_pick scenario/test_control
 */
#include "cli/change.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>
#include "cli/faster.h"
#include "cli/localtime.h"
#include "cli/pick.h"
#include "cli/results.h"
#include "core/acktoken.h"
#include "util/jsonx.h"

/* As the daemon names us: by the account that SO_PEERCRED shows. */
static bool is_me(const char *name)
{
	char buf[4096];
	struct passwd pw, *found = NULL;

	return getpwuid_r(geteuid(), &pw, buf, sizeof(buf), &found) == 0 &&
	       found && strcmp(found->pw_name, name) == 0;
}

static int load_events(struct session *session, int64_t id, struct rows *ret)
{
	const struct selector sel = { .id = id,
				      .now_ms = session->now_ms,
				      .limit = INT64_MAX };

	return session_look(session, LOOK_EVENTS, &sel, ret, NULL);
}

static void tell(struct strbuf *sb, const char *who, const char *what,
		 int64_t at_ms, int64_t now_ms)
{
	strbuf_addf(sb, "%s %s it", who ? who : "somebody", what);
	faster_add_ago(sb, at_ms, now_ms);
}

/* It should be closed and is open: somebody may have re-opened it. */
static bool explain_open(struct session *session, const struct rows *row,
			 struct strbuf *ret)
{
	CLEANUP(rows_release) struct rows events = ROWS_INIT;

	if (rows_integer(row, 0, "episode") < 2 ||
	    load_events(session, rows_integer(row, 0, "id"), &events) < 0 ||
	    !faster_add_kind(ret, &events, "reopened", session->now_ms))
		strbuf_addstr(ret, "it is not closed");
	return true;
}

/* Who was faster, if the row says so. */
static bool explain(struct session *session, const struct rows *row,
		    const struct change *c, struct strbuf *ret)
{
	const char *by = rows_text(row, 0, "acknowledged_by");
	int64_t now_ms = session->now_ms;

	if (c->of == CHANGE_OF_ANY)
		return false;
	if (pick_is(row, 0, "state", "closed")) {
		if (c->of == CHANGE_OF_CLOSED)
			return false;
		tell(ret, rows_text(row, 0, "closed_by"), "closed",
		     rows_integer(row, 0, "closed_ms"), now_ms);
		faster_add_verdict(ret, rows_text(row, 0, "verdict"));
		return true;
	}
	if (c->of == CHANGE_OF_CLOSED)
		return explain_open(session, row, ret);
	if (strcmp(c->verb, CTL_VERB_ACK) != 0 ||
	    !pick_is(row, 0, "state", "acknowledged") || c->take ||
	    (by && is_me(by)))
		return false;
	tell(ret, by, "acknowledged", rows_integer(row, 0, "acknowledged_ms"),
	     now_ms);
	strbuf_addstr(ret, "; take it over with --take");
	return true;
}

/* It is another version than @version now: the newest change is why. */
static bool explain_version(struct session *session, const struct rows *row,
			    int64_t version, struct strbuf *ret)
{
	CLEANUP(rows_release) struct rows events = ROWS_INIT;
	int64_t id = rows_integer(row, 0, "id");

	if (rows_integer(row, 0, "version") == version ||
	    load_events(session, id, &events) < 0 ||
	    !faster_add_change(ret, &events, session->now_ms))
		return false;
	strbuf_addf(ret, ", after you looked; look again: triagectl show %lld",
		    (long long)id);
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
static json_t *change_args(const struct change *c, int64_t id, int64_t version,
			   const char *code)
{
	json_t *args = json_pack("{s:I, s:I, s:s*}", "alert", (json_int_t)id,
				 "version", (json_int_t)version, "code", code);

	/* Only memory can fail here, and the verb tells what it lacks. */
	if (args)
		(void)json_object_update(args, (json_t *)c->args);
	return args;
}

/* What the daemon refused because somebody else was faster, in words. */
static int change_refused(struct session *session, const struct change *c,
			  int64_t id, int64_t version, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	CLEANUP(rows_release) struct rows now = ROWS_INIT;

	/* The daemon knows that it changed; the database says by whom. */
	if (session_alert_row(session, id, &now, NULL) == 0 &&
	    (explain(session, &now, c, &why) ||
	     explain_version(session, &now, version, &why)))
		return err_set(err, ERR_CONFLICT, "%s; nothing was changed",
			       why.buf);
	return ERR_CONFLICT;
}

static int change_send(struct session *session, const struct change *c,
		       const struct rows *row, const char *code,
		       struct wire_answer *ret, struct err *err)
{
	int64_t id = rows_integer(row, 0, "id");
	int64_t version =
		c->version ? c->version : rows_integer(row, 0, "version");
	int rc;

	rc = session_call(session, c->verb, change_args(c, id, version, code),
			  ret, err);
	if (rc < 0)
		return rc;
	rc = session_answer(ret, err);
	return rc == ERR_CONFLICT ? change_refused(session, c, id, version, err)
				  : rc;
}

/* Who loses it should not have to be found out by asking around. */
static void say_owner_before(struct strbuf *sb, const struct change *c,
			     const struct rows *row)
{
	const char *before = rows_text(row, 0, "owner");
	const char *now = json_string_value(json_object_get(c->args, "owner"));

	if (strcmp(c->verb, CTL_VERB_ASSIGN) == 0 && before && now &&
	    strcmp(before, now) != 0)
		strbuf_addf(sb, "; it belonged to %s", before);
}

static int change_one(struct session *session, const char *word,
		      const struct change *c, struct strbuf *ret_text,
		      struct err *err)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	CLEANUP(rows_release) struct rows row = ROWS_INIT;
	const char *title, *code = NULL;
	char due[LOCALTIME_MAX];
	int64_t id, due_ms;
	int rc;

	rc = change_find(session, word, c, &id, &code, err);
	if (rc < 0)
		return rc;
	rc = session_alert_row(session, id, &row, err);
	if (rc < 0)
		return rc;
	if (explain(session, &row, c, &why))
		return err_set(err, ERR_CONFLICT, "%s; nothing was changed",
			       why.buf);
	rc = change_send(session, c, &row, code, &answer, err);
	if (rc < 0)
		return rc;
	title = rows_text(&row, 0, "title");
	strbuf_addf(ret_text, "%s%s%s", c->done, title ? ", " : "",
		    title ? title : "");
	say_owner_before(ret_text, c, &row);
	/* The daemon's words have UTC; people read their own time. */
	if (jsonx_int(answer.data, "due_ms", &due_ms))
		strbuf_addf(ret_text, "; to be resolved by %s",
			    localtime_minute(due_ms, due));
	else if (answer.text && *answer.text)
		strbuf_addf(ret_text, "; %s", answer.text);
	return 0;
}

int change_all(struct session *session, const struct arguments *args,
	       const struct change *c, const char *schema, struct err *err)
{
	CLEANUP(results_release) struct results results = RESULTS_INIT;
	struct change change = *c;
	const char *socket;
	int rc;

	if (!c->args)
		return err_set(err, ERR_CONF,
			       "%s: what was typed is not valid UTF-8",
			       args->word);
	rc = arguments_number(args, "if-version", 0, &change.version, err);
	if (rc < 0)
		return rc;
	/* Faults of the configuration are told once, not for each alert. */
	rc = session_socket_path(session, &socket, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i + c->n_tail < args->n_words; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		CLEANUP(strbuf_release) struct strbuf no = STRBUF_INIT;
		struct err why = ERR_INIT;

		rc = change_one(session, args->words[i], &change, &text, &why);
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
