/*
 * See respond_view.h. Called by cmd_respond, cmd_approve and the commands that
 * tell of alerts.
 *
 * tested with: test_respond_view scenario/test_respond_cli
 */
#include "cli/respond_view.h"

#include <inttypes.h>
#include <string.h>
#include "cli/localtime.h"
#include "cli/pick.h"
#include "core/response.h"
#include "util/jsonx.h"
#include "util/shell.h"
#include "util/xmalloc.h"

bool respond_has_ended(const struct rows *r, size_t i)
{
	return rows_integer(r, i, "finished_ms") != 0;
}

static void say_text(struct writer *w, const char *text)
{
	struct cell c = cell_text(text);

	writer_value(w, AS_TEXT, &c);
}

/* The id that an alert has elsewhere tells nobody anything. */
static void add_what(struct strbuf *sb, const char *action, const char *subject,
		     const char *verdict, int64_t alert_id)
{
	enum response_action a;

	strbuf_addstr(sb, action ? action : "-");
	if (response_action_parse(action, &a) &&
	    response_action_about(a) == RESPONSE_ABOUT_ALERT)
		strbuf_addf(sb, " alert %" PRId64, alert_id);
	else
		strbuf_addf(sb, " %s", subject ? subject : "-");
	if (verdict)
		strbuf_addf(sb, " as %s", verdict);
}

void respond_add_what(struct strbuf *sb, const struct rows *r, size_t i)
{
	add_what(sb, rows_text(r, i, "action"), rows_text(r, i, "subject"),
		 rows_text(r, i, "verdict"), rows_integer(r, i, "alert_id"));
}

/* --- how one stands --- */

static void add_after(struct strbuf *sb, const char *before, const char *text)
{
	if (text && *text)
		strbuf_addf(sb, "%s%s", before, text);
}

static void add_until(struct strbuf *sb, const struct rows *r, size_t i)
{
	char local[LOCALTIME_MAX];

	strbuf_addf(sb, ", until %s at the latest",
		    localtime_minute(rows_integer(r, i, "expires_ms"), local));
}

static void add_unfinished(struct strbuf *sb, const struct rows *r, size_t i)
{
	int64_t attempts = rows_integer(r, i, "attempts");

	if (pick_is(r, i, "state", "planned")) {
		strbuf_addstr(sb, "waits for approval");
		add_until(sb, r, i);
	} else if (pick_is(r, i, "state", "waiting")) {
		strbuf_addstr(sb, "waits for the approval of a second person");
		add_until(sb, r, i);
	} else if (pick_is(r, i, "state", "running")) {
		strbuf_addstr(sb, "is being done");
	} else {
		add_after(sb, "approved by ", rows_text(r, i, "approved_by"));
		strbuf_addstr(sb, attempts ? ", not done yet"
					   : ", about to be done");
		if (attempts)
			strbuf_addf(sb, " after %" PRId64 " %s", attempts,
				    attempts == 1 ? "try" : "tries");
		add_after(sb, ": ", rows_text(r, i, "answer"));
	}
}

void respond_add_state(struct strbuf *sb, const struct rows *r, size_t i)
{
	const char *answer = rows_text(r, i, "answer");

	if (!respond_has_ended(r, i)) {
		add_unfinished(sb, r, i);
		return;
	}
	strbuf_addstr(sb, rows_text(r, i, "state"));
	if (pick_is(r, i, "state", "refused"))
		add_after(sb, " by ", rows_text(r, i, "ended_by"));
	add_after(sb, ": ", answer);
	if (rows_integer(r, i, "uncertain"))
		strbuf_addstr(sb, "; it may have been done all the same");
}

/* --- what takes it back --- */

static char *undo_command(int64_t alert_id, enum response_action done,
			  enum response_action by, const char *subject)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "triagectl respond %" PRId64 " %s", alert_id,
		    response_action_name(by));
	if (response_action_about(done) == RESPONSE_ABOUT_USER) {
		strbuf_addstr(&sb, " --user ");
		shell_add(&sb, subject);
	}
	strbuf_addstr(&sb, " -r TEXT");
	return strbuf_detach(&sb);
}

static enum response_found found_of(const char *word)
{
	for (int i = 0; word && i < RESPONSE_FOUND_MAX; i++)
		if (strcmp(word, response_found_name((enum response_found)i)) ==
		    0)
			return (enum response_found)i;
	return FOUND_UNKNOWN;
}

char *respond_undo(const struct rows *r, size_t i)
{
	enum response_action done, by;

	if (!pick_is(r, i, "state", "done") ||
	    !response_action_parse(rows_text(r, i, "action"), &done) ||
	    response_is_inverse(done) ||
	    !response_inverse(done, found_of(rows_text(r, i, "found")), &by))
		return NULL;
	return undo_command(rows_integer(r, i, "alert_id"), done, by,
			    rows_text(r, i, "subject"));
}

/* --- one that is stored --- */

/* @how is "" or an option. */
static void say_command(struct writer *w, const char *label, int64_t id,
			const char *how)
{
	CLEANUP(free_ptr)
	char *command =
		xasprintf("triagectl approve %lld%s", (long long)id, how);
	struct cell c = cell_text(command);

	writer_line(w, label);
	writer_value(w, AS_COMMAND, &c);
}

static void say_next(struct writer *w, const struct rows *r, size_t i)
{
	CLEANUP(free_ptr) char *undo = respond_undo(r, i);
	int64_t id = rows_integer(r, i, "id");
	struct cell c = cell_text(undo);

	if (pick_is(r, i, "state", "planned") ||
	    pick_is(r, i, "state", "waiting")) {
		say_command(w, "To approve", id, "");
		say_command(w, "Or not", id, " --refuse");
	} else if (!respond_has_ended(r, i)) {
		say_command(w, "Look again", id, " --plan");
		say_command(w, "To stop it", id, " --refuse");
	} else if (undo) {
		writer_line(w, "Undo");
		writer_value(w, AS_COMMAND, &c);
	} else if (rows_integer(r, i, "uncertain")) {
		writer_line(w, "Next");
		writer_words(w, "look at the service how it stands, before it "
				"is planned again");
	}
}

void respond_say(struct writer *w, const struct rows *r, size_t i)
{
	CLEANUP(strbuf_release) struct strbuf state = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf what = STRBUF_INIT;
	bool bad = pick_is(r, i, "state", "failed");
	const char *found = rows_text(r, i, "found");
	struct cell c;

	respond_add_state(&state, r, i);
	c = cell_text(state.buf);
	respond_add_what(&what, r, i);
	writer_line(w, "Response");
	writer_value(w, AS_TEXT, rows_cell(r, i, "id"));
	writer_words(w, ", ");
	say_text(w, what.buf);
	writer_words(w, ": ");
	writer_value(w, bad ? AS_ERROR : AS_TEXT, &c);
	if (found) {
		writer_line(w, "Before it");
		writer_words(w, found);
	}
	say_next(w, r, i);
}

/* --- the plan --- */

void respond_plan_release(struct respond_plan *p)
{
	json_decref(p->data);
	p->data = NULL;
	rows_release(&p->alert);
	rows_release(&p->others);
}

static bool is_set(const struct respond_plan *p, const char *name)
{
	return jsonx_str(p->data, name) != NULL;
}

static void say_line(struct writer *w, const char *label, const char *text)
{
	writer_line(w, label);
	say_text(w, text);
}

bool respond_plan_needs_others(const struct respond_plan *p)
{
	return is_set(p, "you_may_not");
}

/* "suspend-user ada@example.org, for anna: stolen password" */
static void say_what(struct writer *w, const struct respond_plan *p)
{
	CLEANUP(strbuf_release) struct strbuf what = STRBUF_INIT;

	add_what(&what, jsonx_str(p->data, "action"),
		 jsonx_str(p->data, "subject"), jsonx_str(p->data, "verdict"),
		 rows_integer(&p->alert, 0, "id"));
	say_line(w, "Plan", what.buf);
	if (is_set(p, "source")) {
		writer_words(w, ", signed in as source ");
		say_text(w, jsonx_str(p->data, "source"));
	}
	writer_line(w, "For alert");
	writer_value(w, AS_TEXT, rows_cell(&p->alert, 0, "id"));
	writer_words(w, ", ");
	writer_value(w, AS_SEVERITY, rows_cell(&p->alert, 0, "severity"));
	writer_words(w, ", ");
	writer_value(w, AS_TEXT, rows_cell(&p->alert, 0, "state"));
	writer_words(w, ": ");
	writer_value(w, AS_TEXT, rows_cell(&p->alert, 0, "title"));
	writer_line(w, "Asked by");
	say_text(w, jsonx_str(p->data, "asked_by"));
	if (is_set(p, "reason")) {
		writer_words(w, ": ");
		say_text(w, jsonx_str(p->data, "reason"));
	}
}

static void say_calls(struct writer *w, const struct respond_plan *p)
{
	const json_t *calls = json_object_get(p->data, "calls"), *call;
	size_t i;

	json_array_foreach((json_t *)calls, i, call)
	{
		const char *step = jsonx_str(call, "step");

		say_line(w,
			 step && strcmp(step, "look") == 0 ? "Asks first"
							   : "Then does",
			 jsonx_str(call, "call"));
	}
	if (is_set(p, "needs"))
		say_line(w, "Needs", jsonx_str(p->data, "needs"));
	if (jsonx_bool(p->data, "contain"))
		say_line(w, "And then", "the alert's phase becomes contain");
}

static void say_risks(struct writer *w, const struct respond_plan *p)
{
	if (is_set(p, "privileged")) {
		writer_line(w, "Privileged");
		writer_words(w, "yes, it is ");
		say_text(w, jsonx_str(p->data, "privileged"));
		writer_words(w, " in privileged-accounts");
	}
	if (is_set(p, "caution"))
		say_line(w, "Beware", jsonx_str(p->data, "caution"));
}

static void say_undo(struct writer *w, const struct respond_plan *p)
{
	CLEANUP(free_ptr) char *command = NULL;
	enum response_action done, by;
	struct cell c;

	if (!response_action_parse(jsonx_str(p->data, "action"), &done) ||
	    response_is_inverse(done))
		return;
	writer_line(w, "Undo");
	if (!response_action_parse(jsonx_str(p->data, "undo"), &by)) {
		writer_words(w, "nothing takes it back");
		return;
	}
	command = undo_command(rows_integer(&p->alert, 0, "id"), done, by,
			       jsonx_str(p->data, "subject"));
	c = cell_text(command);
	writer_value(w, AS_COMMAND, &c);
}

static void say_consent(struct writer *w, const struct respond_plan *p)
{
	int64_t approved = 0, per_hour = 0;
	struct cell c;

	(void)jsonx_int(p->data, "approved", &approved);
	(void)jsonx_int(p->data, "per_hour", &per_hour);
	writer_line(w, "Approval");
	writer_words(w, jsonx_bool(p->data, "second_person")
				? "by somebody else than who asked, with the "
				  "role "
				: "by somebody with the role ");
	say_text(w, jsonx_str(p->data, "approver"));
	writer_words(w, ": ");
	say_text(w, jsonx_str(p->data, "approvers"));
	writer_line(w, "This hour");
	c = cell_integer(approved);
	writer_value(w, AS_TEXT, &c);
	writer_words(w, " of ");
	c = cell_integer(per_hour);
	writer_value(w, AS_TEXT, &c);
	writer_words(w, " approved");
}

static void say_others(struct writer *w, const struct respond_plan *p)
{
	static const struct column columns[] = {
		{ "id", "", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "severity", "", AS_SEVERITY, 0, NULL },
		{ "state", "", AS_STATE, 0, NULL },
		{ "title", "", AS_TEXT, COLUMN_FLEX, NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
	};
	struct cell more =
		cell_integer((int64_t)p->n_others - (int64_t)p->others.n);

	if (p->others.n == 0)
		return;
	writer_line(w, "Also open");
	writer_words(w, "about the same user:");
	writer_table(w, &table, &p->others);
	if (more.integer <= 0)
		return;
	writer_words(w, "\n... and ");
	writer_value(w, AS_TEXT, &more);
	writer_words(w, " more: triagectl related ");
	writer_value(w, AS_TEXT, rows_cell(&p->alert, 0, "id"));
}

/* --- for programs --- */

static void put_texts(struct writer *w, const struct respond_plan *p)
{
	static const char *const names[] = {
		"state",    "action",	 "subject",	"source",  "verdict",
		"asked_by", "reason",	 "undo",	"caution", "privileged",
		"approver", "approvers", "you_may_not", "needs",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		writer_field(w, names[i],
			     cell_text(jsonx_str(p->data, names[i])));
}

static void put_numbers(struct writer *w, const struct respond_plan *p)
{
	static const char *const names[] = {
		"response", "alert", "version", "undoes", "approved", "per_hour"
	};
	int64_t value;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		writer_field(w, names[i],
			     jsonx_int(p->data, names[i], &value)
				     ? cell_integer(value)
				     : cell_null());
	value = 0;
	(void)jsonx_int(p->data, "expires_ms", &value);
	writer_instant(w, "expires", value);
}

static void put_calls(struct writer *w, const struct respond_plan *p)
{
	static const char *const names[] = { "step", "call" };
	static const struct table table = { .key = "calls" };
	const json_t *calls = json_object_get(p->data, "calls"), *call;
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	size_t i;

	json_array_foreach((json_t *)calls, i, call)(void)
		rows_keep(&rows, ARRAY_SIZE(names), names,
			  (const struct cell[]){
				  cell_text(jsonx_str(call, "step")),
				  cell_text(jsonx_str(call, "call")) });
	writer_table(w, &table, &rows);
}

static void put(struct writer *w, const struct respond_plan *p)
{
	static const struct table others = { .key = "others" };

	writer_object(w, "plan");
	put_numbers(w, p);
	put_texts(w, p);
	writer_flag(w, "contain", jsonx_bool(p->data, "contain"));
	writer_flag(w, "second_person", jsonx_bool(p->data, "second_person"));
	put_calls(w, p);
	writer_table(w, &others, &p->others);
	writer_field(w, "n_others", cell_integer((int64_t)p->n_others));
	writer_object_end(w);
}

void respond_plan_show(struct writer *w, const struct respond_plan *p)
{
	put(w, p);
	say_what(w, p);
	say_risks(w, p);
	say_calls(w, p);
	say_undo(w, p);
	say_others(w, p);
	say_consent(w, p);
}
