/*
 * `triagectl restore FILE`: a backup takes the place of the database. The one
 * command that changes the database without the daemon: it must not run.
 */
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include "cli/as_typed.h"
#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/progress.h"
#include "store/restore.h"
#include "util/xmalloc.h"

/* Under sudo who typed it, as the control socket would know him. */
static const char *find_who(void)
{
	const char *sudo = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd *own = getpwuid(getuid());

	if (sudo && *sudo)
		return sudo;
	return own ? own->pw_name : "unknown";
}

static void say_json(struct writer *w, const struct restore_order *o,
		     const struct restore_report *r)
{
	writer_flag(w, "restored", !o->dry_run);
	writer_field(w, "file", cell_text(o->backup));
	writer_field(w, "database", cell_text(o->database));
	writer_object(w, "backup");
	facts_say_json(w, &r->backup);
	writer_field(w, "owed", cell_integer(r->n_owed));
	writer_flag(w, "log_holds", audit_log_holds(&r->log));
	writer_object_end(w);
	writer_object(w, "present");
	writer_flag(w, "there", r->present_there);
	writer_field(w, "trouble",
		     cell_text(r->present_trouble[0] ? r->present_trouble
						     : NULL));
	facts_say_json(w, &r->present);
	writer_object_end(w);
	writer_flag(w, "earlier", r->is_earlier);
	writer_field(w, "events_lost",
		     r->is_earlier ? cell_integer(r->present.n_events -
						  r->backup.n_events)
				   : cell_null());
	writer_field(w, "alerts_lost",
		     r->is_earlier ? cell_integer(r->present.n_alerts -
						  r->backup.n_alerts)
				   : cell_null());
	writer_field(w, "taken_over", cell_integer(r->n_taken_over));
	writer_field(w, "responses_ended", cell_integer(r->n_responses));
	writer_field(w, "kept", cell_text(r->kept[0] ? r->kept : NULL));
}

static void say_number(struct writer *w, int64_t n, const char *one,
		       const char *more)
{
	struct cell c = cell_integer(n);

	writer_value(w, AS_TEXT, &c);
	writer_words(w, n == 1 ? one : more);
}

static void say_lost(struct writer *w, const struct restore_report *r)
{
	int64_t events = r->present.n_events - r->backup.n_events;

	if (events == 0) {
		writer_words(w, "nothing: the backup is as new as the present "
				"database");
		return;
	}
	say_number(w, events, " event", " events");
	writer_words(w, " since the backup: what people did since then, and ");
	say_number(w, r->present.n_alerts - r->backup.n_alerts, " alert",
		   " alerts");
	writer_words(w, ", which sources that still list them bring again");
}

static void say_difference(struct writer *w, const struct restore_order *o,
			   const struct restore_report *r)
{
	struct cell trouble = cell_text(r->present_trouble);

	writer_line(w, o->dry_run ? "would lose" : "lost");
	if (!r->present_there) {
		writer_words(w, "nothing: there is no database now");
	} else if (r->present_trouble[0]) {
		writer_words(w, "unknown, the present database cannot be "
				"read: ");
		writer_value(w, AS_TEXT, &trouble);
	} else if (r->is_earlier) {
		say_lost(w, r);
	} else {
		writer_words(w, "all of the present database (");
		say_number(w, r->present.n_alerts, " alert, ", " alerts, ");
		say_number(w, r->present.n_events, " event", " events");
		writer_words(w, "): the backup is no earlier state of it, or "
				"a log was altered");
	}
}

static void say_owed(struct writer *w, const struct restore_report *r)
{
	bool known = r->present_there && !r->present_trouble[0];

	writer_line(w, "messages");
	say_number(w, r->n_owed, " was owed at the time of the backup",
		   " were owed at the time of the backup");
	writer_words(w, known ? "; what was sent since is not sent again"
			      : "; they go out with the mark that they may "
				"have come before");
}

static void say_responses(struct writer *w, const struct restore_report *r)
{
	struct cell numbers = cell_text(r->responses);

	if (r->n_responses == 0)
		return;
	writer_line(w, "responses");
	say_number(w, r->n_responses, " had not ended, and was ended: ",
		   " had not ended, and were ended: ");
	writer_value(w, AS_TEXT, &numbers);
	writer_words(w, ". Who was told of its alert hears so when triaged "
			"starts. Whether it may have been done tells triagectl "
			"approve NUMBER --plan");
}

static void say_people(struct session *session, const struct restore_order *o,
		       const struct restore_report *r)
{
	struct writer *w = session->writer;
	struct cell file = cell_text(o->backup), kept = cell_text(r->kept);

	writer_line(w, NULL);
	writer_value(w, AS_TEXT, &file);
	writer_words(w, o->dry_run ? " can be restored. Nothing was changed."
				   : " is in place.");
	facts_say_people(w, &r->backup);
	say_difference(w, o, r);
	say_owed(w, r);
	say_responses(w, r);
	if (r->kept[0]) {
		writer_line(w, "kept as");
		writer_value(w, AS_TEXT, &kept);
	}
	writer_line(w, "next");
	if (!o->dry_run) {
		as_typed_say(session, "systemctl start triaged", NULL, "");
		writer_words(w, ": sources are read on from where the backup "
				"had come");
		return;
	}
	as_typed_say(session, "systemctl stop triaged; triagectl restore ",
		     o->backup, "; systemctl start triaged");
}

int cmd_restore(struct session *session, const struct arguments *args,
		struct err *err)
{
	CLEANUP(free_ptr) char *database = NULL;
	struct progress progress;
	struct store_watch watch = { progress_step, &progress };
	struct restore_order o = {
		.backup = args->words[0],
		.who = find_who(),
		.broken_log = arguments_has(args, "force"),
		.dry_run = arguments_has(args, "dry-run"),
		.now_ms = session->now_ms,
		.watch = &watch,
	};
	struct restore_report r;
	int rc = session_database_path(session, &database, err);

	if (rc < 0)
		return rc;
	o.database = database;
	/* A limit of file sizes must come back as an error of write(). */
	(void)signal(SIGXFSZ, SIG_IGN);
	progress_begin(&progress);
	rc = store_restore(&o, &r, err);
	progress_end(&progress);
	if (rc < 0)
		return rc == ERR_NOT_FOUND ? (err->code = ERR_STORE) : rc;
	writer_begin(session->writer, "triaged.restore.v1");
	say_json(session->writer, &o, &r);
	say_people(session, &o, &r);
	return 0;
}
