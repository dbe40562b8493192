/*
 * `triagectl status`: how triaged is, on one screen. The daemon is asked for
 * what only it knows; everything else comes from the database, so the screen
 * is as good while the daemon is down.
 */
#include <string.h>
#include "cli/beats.h"
#include "cli/commands.h"
#include "cli/outbox_cmd.h"
#include "cli/pick.h"
#include "cli/posture_view.h"
#include "cli/stands.h"
#include "store/audit.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

struct overview {
	struct rows counts, overdue, outbox, next, sources, targets, forwards;
	struct rows responses, posture;
};

static void overview_release(struct overview *o)
{
	rows_release(&o->counts);
	rows_release(&o->overdue);
	rows_release(&o->outbox);
	rows_release(&o->next);
	rows_release(&o->sources);
	rows_release(&o->targets);
	rows_release(&o->forwards);
	rows_release(&o->responses);
	rows_release(&o->posture);
}

/* How things stand, not how they were: triagectl sources has also what
 * no source of the settings reads any more. */
static void drop_left(const struct session *session, struct rows *sources)
{
	struct rows named = ROWS_INIT;

	for (size_t i = 0; i < sources->n; i++) {
		/* Of one that was never polled there is none. */
		const char *scope = rows_text(sources, i, "scope");

		if (!scope_has_left(session, rows_text(sources, i, "source"),
				    scope ? scope : ""))
			(void)rows_keep(&named, sources->n_names,
					(const char *const *)sources->names,
					&sources->cells[i * sources->n_names]);
	}
	rows_release(sources);
	*sources = named;
}

static int overview_load(struct session *session, struct overview *o,
			 struct err *err)
{
	const struct selector sel = { .now_ms = session->now_ms };
	const struct {
		enum question question;
		struct rows *rows;
	} parts[] = {
		{ LOOK_COUNTS, &o->counts },
		{ LOOK_OVERDUE, &o->overdue },
		{ LOOK_OUTBOX_COUNTS, &o->outbox },
		{ LOOK_NEXT_DUE, &o->next },
		{ LOOK_SOURCES, &o->sources },
		{ LOOK_TARGETS, &o->targets },
		{ LOOK_FORWARDS, &o->forwards },
		{ LOOK_RESPONSES_OPEN, &o->responses },
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(parts); i++)
		rc = session_look(session, parts[i].question, &sel,
				  parts[i].rows, err);
	drop_left(session, &o->sources);
	return rc < 0 ? rc : posture_status_load(session, &o->posture, err);
}

/* Sum of "n" over the rows of a severity and state; NULL: of any. */
static int64_t sum(const struct rows *r, const char *severity,
		   const char *state)
{
	int64_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		if ((!severity || pick_is(r, i, "severity", severity)) &&
		    (!state || pick_is(r, i, "state", state)))
			n += rows_integer(r, i, "n");
	}
	return n;
}

static struct cell integer_of(const json_t *data, const char *key)
{
	int64_t value;

	return jsonx_int(data, key, &value) ? cell_integer(value) : cell_null();
}

static void say_up(struct writer *w, const json_t *data)
{
	struct cell version = cell_text(jsonx_str(data, "version"));
	struct cell trouble = cell_text(jsonx_str(data, "trouble"));
	struct cell page = cell_text(jsonx_str(data, "page_trouble"));
	struct cell since = integer_of(data, "up_since_ms");
	struct cell pid = integer_of(data, "pid");

	writer_flag(w, "running", true);
	writer_flag(w, "healthy", jsonx_bool(data, "healthy"));
	writer_field(w, "trouble", trouble);
	writer_field(w, "page_trouble", page);
	writer_field(w, "version", version);
	writer_field(w, "pid", pid);
	writer_instant(w, "up_since", since.integer);
	writer_words(w, "up since ");
	writer_value(w, AS_LOCAL, &since);
	writer_words(w, " (started ");
	writer_value(w, AS_AGO, &since);
	writer_words(w, "), pid ");
	writer_value(w, AS_TEXT, &pid);
	writer_words(w, ", version ");
	writer_value(w, AS_TEXT, &version);
	if (trouble.len > 0) {
		writer_line(w, "Trouble");
		writer_value(w, AS_ERROR, &trouble);
	}
	if (page.len > 0) {
		writer_line(w, "Page");
		writer_words(w, "not served: ");
		writer_value(w, AS_ERROR, &page);
	}
	targets_say_rates(w, data, "Target");
}

/* What only the daemon knows: that somebody hears it live. */
static void say_heartbeats(struct writer *w, const json_t *data)
{
	static const struct table table = { .key = "heartbeats" };
	CLEANUP(rows_release) struct rows beats = ROWS_INIT;
	const json_t *list = json_object_get(data, "heartbeats");

	for (size_t i = 0; i < json_array_size(list); i++)
		beats_keep(&beats, json_array_get(list, i));
	writer_table(w, &table, &beats);
	for (size_t i = 0; i < beats.n; i++) {
		writer_line(w, "Heartbeat");
		beats_say(w, &beats, i);
	}
}

/* A reader that stays: the journal of recent writes grows behind it. */
static void say_log_held(struct writer *w, const json_t *data,
			 const char *database)
{
	const json_t *held = json_object_get(data, "log_held");
	struct cell since = integer_of(held, "since_ms");
	struct cell bytes = integer_of(held, "bytes");
	struct cell pid = integer_of(held, "pid");
	struct cell file = cell_text(database);

	if (!held) {
		writer_field(w, "log_held", cell_null());
		return;
	}
	if (pid.integer <= 0)
		pid = cell_null();
	writer_object(w, "log_held");
	writer_instant(w, "since", since.integer);
	writer_field(w, "bytes", bytes);
	writer_field(w, "pid", pid);
	writer_object_end(w);
	writer_line(w, "Journal");
	writer_words(w, pid.type == CELL_NULL ? "a reader" : "process ");
	if (pid.type != CELL_NULL)
		writer_value(w, AS_TEXT, &pid);
	writer_words(w,
		     " HOLDS the database's journal of recent writes since ");
	writer_value(w, AS_LOCAL, &since);
	writer_words(w, ", so it grows: ");
	writer_value(w, AS_SIZE, &bytes);
	writer_words(w, "; let it end what it reads; who it is: fuser -v ");
	writer_value(w, AS_TEXT, &file);
}

static void say_daemon(struct session *session)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	CLEANUP(free_ptr) char *path = NULL;
	struct writer *w = session->writer;
	struct err err = ERR_INIT;
	struct cell why;
	int rc;

	rc = session_call(session, CTL_VERB_STATUS, NULL, &answer, &err);
	if (rc == 0)
		rc = session_answer(&answer, &err);
	writer_object(w, "daemon");
	writer_line(w, "Daemon");
	if (rc == 0) {
		say_up(w, answer.data);
		say_heartbeats(w, answer.data);
		if (session_database_path(session, &path, NULL) >= 0)
			say_log_held(w, answer.data, path);
	} else {
		why = cell_text(err.text);
		writer_flag(w, "running", false);
		writer_field(w, "reason", why);
		writer_words(w, rc == ERR_NET ? "daemon not running"
					      : "daemon not asked");
		writer_words(w, ", showing the database as it is\n(");
		writer_value(w, AS_ERROR, &why);
		writer_words(w, ")");
	}
	writer_object_end(w);
}

/* Who looks after a night of trouble must see that this is not the database of
 * yesterday. */
static void say_made(struct session *session, int64_t made_ms)
{
	struct writer *w = session->writer;
	struct cell made = cell_integer(made_ms);
	int64_t age_ms = session->now_ms - made_ms;

	if (made_ms == 0)
		return;
	writer_words(w, ", made ");
	writer_value(w, AS_LOCAL, &made);
	if (age_ms >= 0 && age_ms < AUDIT_NEW_MS)
		writer_words(w, "; it is NEW: if triaged ran before that, its "
				"history is not in it (triagectl restore)");
}

static void say_database(struct session *session)
{
	CLEANUP(free_ptr) char *path = NULL;
	int64_t bytes = 0, log_bytes = 0, made_ms = 0;
	struct writer *w = session->writer;
	struct cell path_cell, size, limit = cell_null();

	if (session_database_path(session, &path, NULL) < 0 ||
	    store_size(session->store, &bytes, &log_bytes) < 0 ||
	    audit_first_ms(session->store, &made_ms, NULL) < 0)
		return;
	path_cell = cell_text(path);
	size = cell_integer(bytes + log_bytes);
	writer_object(w, "database");
	writer_field(w, "path", path_cell);
	writer_field(w, "bytes", size);
	if (session->conf && !session->conf->unusable &&
	    session->conf->retention.size_limit)
		limit = cell_integer(session->conf->retention.size_limit);
	writer_field(w, "limit_bytes", limit);
	writer_instant(w, "made", made_ms);
	writer_object_end(w);
	writer_line(w, "Database");
	writer_value(w, AS_TEXT, &path_cell);
	writer_words(w, ", ");
	writer_value(w, AS_SIZE, &size);
	if (limit.type != CELL_NULL) {
		writer_words(w, " of ");
		writer_value(w, AS_SIZE, &limit);
	}
	say_made(session, made_ms);
}

/* "1 critical, 3 high"; @none when there are none. */
static void say_by_severity(struct writer *w, const struct rows *r,
			    const char *state, const char *none)
{
	bool any = false;

	for (int s = SEVERITY_MAX - 1; s >= 0; s--) {
		struct cell name = cell_text(severity_name((enum severity)s));
		struct cell n = cell_integer(sum(r, name.text, state));

		if (n.integer == 0)
			continue;
		if (any)
			writer_words(w, ", ");
		writer_value(w, AS_TEXT, &n);
		writer_words(w, " ");
		writer_value(w, AS_SEVERITY, &name);
		any = true;
	}
	if (!any)
		writer_words(w, none);
}

static void say_alerts(struct writer *w, const struct overview *o)
{
	writer_line(w, "Open");
	say_by_severity(w, &o->counts, "open", "no open alerts");
	if (sum(&o->counts, NULL, "acknowledged") > 0) {
		writer_line(w, "Acked");
		say_by_severity(w, &o->counts, "acknowledged", "none");
	}
	writer_line(w, "Overdue");
	say_by_severity(w, &o->overdue, NULL, "none");
	writer_line(w, "Next due");
	if (o->next.n == 0) {
		writer_words(w, "nothing");
		return;
	}
	writer_words(w, "alert ");
	writer_value(w, AS_TEXT, rows_cell(&o->next, 0, "id"));
	writer_words(w, ", ");
	writer_value(w, AS_SEVERITY, rows_cell(&o->next, 0, "severity"));
	writer_words(w, ", ");
	writer_value(w, AS_DUE, rows_cell(&o->next, 0, "due_ms"));
	writer_words(w, ": ");
	writer_value(w, AS_BOTH, rows_cell(&o->next, 0, "due_ms"));
}

static void say_outbox(struct writer *w, const struct overview *o)
{
	struct cell unsent = cell_integer(sum(&o->outbox, NULL, "pending") +
					  sum(&o->outbox, NULL, "leased") +
					  sum(&o->outbox, NULL, "retry"));
	struct cell dead = cell_integer(sum(&o->outbox, NULL, "dead"));

	writer_line(w, "Outbox");
	writer_value(w, AS_TEXT, &unsent);
	writer_words(w, " undelivered, ");
	writer_value(w, AS_BAD_COUNT, &dead);
	writer_words(w, " dead");
	if (unsent.integer + dead.integer > 0)
		writer_words(w, " (see: triagectl outbox)");
}

/* Nobody else tells who may approve. */
static void say_responses(struct writer *w, const struct overview *o)
{
	static const struct table data = { .key = "responses" };
	const struct rows *r = &o->responses;
	int64_t waiting = 0;
	struct cell c;

	writer_table(w, &data, r);
	for (size_t i = 0; i < r->n; i++)
		waiting += pick_is(r, i, "state", "planned") ||
			   pick_is(r, i, "state", "waiting");
	if (r->n == 0)
		return;
	writer_line(w, "Responses");
	c = cell_integer(waiting);
	writer_value(w, AS_TEXT, &c);
	writer_words(w, waiting == 1 ? " waits for approval"
				     : " wait for approval");
	c = cell_integer((int64_t)r->n - waiting);
	if (c.integer > 0) {
		writer_words(w, ", ");
		writer_value(w, AS_TEXT, &c);
		writer_words(w, " under way");
	}
	writer_words(w, ": triagectl approve");
}

static void say_sources(struct writer *w, const struct overview *o)
{
	static const struct column columns[] = {
		{ "source", "SOURCE", AS_TEXT, 0, NULL },
		{ "scope", "SCOPE", AS_TEXT,
		  COLUMN_FLEX | COLUMN_RARE | COLUMN_PATH, NULL },
		{ "last_complete_ms", "LAST COMPLETE POLL", AS_LAST, 0, NULL },
		{ "error", "ERROR", AS_ERROR, COLUMN_RARE | COLUMN_WRAP, NULL },
	};
	static const struct table table = {
		.key = "sources",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.empty = "no source has been polled yet",
	};

	writer_gap(w);
	writer_table(w, &table, &o->sources);
}

static void say_targets(struct writer *w, const struct overview *o)
{
	static const struct column columns[] = {
		{ "target", "TARGET", AS_TEXT, 0, NULL },
		{ "last_sent_ms", "LAST SENT", AS_LAST, 0, NULL },
		{ "sent", "SENT", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "unsent", "UNSENT", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "dead", "DEAD", AS_BAD_COUNT, COLUMN_RIGHT, NULL },
		{ "last_error", "LAST ERROR", AS_ERROR,
		  COLUMN_RARE | COLUMN_WRAP, NULL },
	};
	static const struct table table = {
		.key = "targets",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.empty = "nothing has been sent to any target yet",
	};

	writer_gap(w);
	writer_table(w, &table, &o->targets);
}

/* Only where the settings name one: few sites have it. */
static void say_forwards(struct writer *w, const struct overview *o)
{
	static const struct column columns[] = {
		{ "name", "FORWARD", AS_TEXT, 0, NULL },
		{ "forwarded_ms", "LAST FORWARDED", AS_LAST, 0, NULL },
		{ "forwarded", "FORWARDED", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "behind", "BEHIND", AS_TEXT, COLUMN_RIGHT, NULL },
		{ "last_error", "ERROR", AS_ERROR, COLUMN_RARE | COLUMN_WRAP,
		  NULL },
	};
	static const struct table table = {
		.key = "forwards",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
	};

	static const struct table data = { .key = "forwards" };

	if (o->forwards.n)
		writer_gap(w);
	writer_table(w, o->forwards.n ? &table : &data, &o->forwards);
}

static void say_data(struct writer *w, const struct overview *o)
{
	static const struct table counts = { .key = "alerts" };
	static const struct table overdue = { .key = "overdue" };
	static const struct table outbox = { .key = "outbox" };

	writer_table(w, &counts, &o->counts);
	writer_table(w, &overdue, &o->overdue);
	writer_record(w, "next_due", &o->next, 0);
	writer_table(w, &outbox, &o->outbox);
}

int cmd_status(struct session *session, const struct arguments *args,
	       struct err *err)
{
	CLEANUP(overview_release) struct overview o = { 0 };
	int rc;

	(void)args;
	rc = overview_load(session, &o, err);
	if (rc < 0)
		return rc;
	writer_begin(session->writer, "triaged.status.v1");
	say_daemon(session);
	say_database(session);
	say_data(session->writer, &o);
	say_alerts(session->writer, &o);
	say_outbox(session->writer, &o);
	say_responses(session->writer, &o);
	targets_say_trouble(session->writer, &o.targets, "Target");
	posture_status_say(session->writer, &o.posture);
	say_sources(session->writer, &o);
	say_targets(session->writer, &o);
	say_forwards(session->writer, &o);
	return 0;
}
