/*
 * `triagectl backup FILE`: a copy of the database as it is now. Reads the
 * database itself, so it works while the daemon is down, and slows nothing
 * while it is up.
 */
#include <signal.h>
#include "cli/as_typed.h"
#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/progress.h"
#include "store/backup.h"

int cmd_backup(struct session *session, const struct arguments *args,
	       struct err *err)
{
	const char *file = args->words[0];
	bool force = arguments_has(args, "force");
	struct writer *w = session->writer;
	struct progress progress;
	struct store_watch watch = { progress_step, &progress };
	struct store_facts facts;
	struct cell name = cell_text(file);
	struct store *s;
	int rc = session_store(session, &s, err);

	if (rc < 0)
		return rc;
	/* A limit of file sizes must come back as an error of write(). */
	(void)signal(SIGXFSZ, SIG_IGN);
	progress_begin(&progress);
	rc = store_backup(s, file, force, &watch, &facts, err);
	progress_end(&progress);
	if (rc < 0)
		return rc;
	writer_begin(w, "triaged.backup.v1");
	writer_field(w, "file", name);
	facts_say_json(w, &facts);
	writer_line(w, NULL);
	writer_words(w, "Backed up to ");
	writer_value(w, AS_TEXT, &name);
	writer_words(w, ", checked and on the disk.");
	facts_say_people(w, &facts);
	writer_line(w, NULL);
	writer_words(w, "Put it back with: ");
	as_typed_say(session, "triagectl restore ", file, "");
	return 0;
}
