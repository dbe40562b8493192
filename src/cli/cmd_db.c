/*
 * `triagectl db check`: is the database file sound, and what to do if not.
 * Reads the file itself; changes nothing. `triagectl db compact`: makes it as
 * small as what is in it, while the daemon is stopped.
 */
#include <stdlib.h>
#include <string.h>
#include "cli/as_typed.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "store/compact.h"
#include "store/inspect.h"
#include "util/xmalloc.h"

static const struct column columns[] = {
	{ "check", "CHECK", AS_TEXT, 0, NULL },
	{ "result", "RESULT", AS_TEXT, 0, NULL },
	{ "text", "WHAT", AS_TEXT, COLUMN_WRAP, NULL },
};
static const struct table table = {
	.key = "checks",
	.columns = columns,
	.n_columns = ARRAY_SIZE(columns),
};

static const char *result_word(enum inspect_result result)
{
	switch (result) {
	case INSPECT_GOOD:
		return "good";
	case INSPECT_REMARK:
		return "remark";
	case INSPECT_BAD:
		return "bad";
	case INSPECT_SKIPPED:
		return "skipped";
	}
	return "";
}

static void keep(void *arg, const struct inspect_finding *f)
{
	(void)rows_keep(arg, ARRAY_SIZE(columns),
			(const char *const[]){ "check", "result", "text" },
			(const struct cell[]){
				cell_text(f->check),
				cell_text(result_word(f->result)),
				cell_text(f->text) }); /* 0 always */
}

static void say_next(struct session *session, const char *backup,
		     int64_t made_ms)
{
	struct writer *w = session->writer;
	struct cell at = cell_integer(made_ms);

	writer_gap(w);
	writer_line(w, "next");
	if (!backup) {
		writer_words(w, "no backup lies beside it; if there is one "
				"elsewhere: triagectl restore --dry-run FILE. "
				"Keep this file with its -wal and -shm");
		return;
	}
	writer_words(w, "the newest backup beside it is of ");
	writer_value(w, AS_BOTH, &at);
	writer_words(w, "; see what going back to it would lose: ");
	as_typed_say(session, "triagectl restore --dry-run ", backup, "");
}

static void say(struct session *session, const char *file, int bad,
		const struct rows *rows)
{
	CLEANUP(free_ptr) char *backup = NULL;
	struct writer *w = session->writer;
	int64_t made_ms = 0;

	if (bad > 0)
		(void)store_newest_backup(file, &backup, &made_ms);
	writer_begin(w, "triaged.db-check.v1");
	writer_field(w, "database", cell_text(file));
	writer_flag(w, "good", bad == 0);
	writer_field(w, "newest_backup", cell_text(backup));
	writer_instant(w, "newest_backup", made_ms);
	writer_table(w, &table, rows);
	if (bad > 0) {
		say_next(session, backup, made_ms);
		return;
	}
	writer_gap(w);
	writer_line(w, NULL);
	writer_words(w, "The database is sound. Whether anybody altered what "
			"it says: triagectl audit verify");
}

static int check(struct session *session, const char *file, bool quick,
		 struct err *err)
{
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	struct progress progress;
	struct store_watch watch = { progress_step, &progress };
	int rc;

	progress_begin(&progress);
	rc = store_inspect(file, quick, &watch, keep, &rows, err);
	progress_end(&progress);
	if (rc < 0)
		return rc;
	say(session, file, rc, &rows);
	return rc > 0 ? ERR_BAD_STATE : 0;
}

/* --- compact --- */

static void say_size(struct writer *w, int64_t bytes)
{
	struct cell size = cell_integer(bytes);

	writer_value(w, AS_SIZE, &size);
}

static void say_would(struct writer *w, const struct compact_report *r)
{
	writer_words(w, "It would be written anew, which takes ");
	say_size(w, r->needed);
	writer_words(w, " of disk for a while (there are ");
	say_size(w, r->there);
	writer_words(w, r->needed > r->there ? "; make room first)" : ")");
	writer_words(w, " and about a minute for each GiB, with triaged "
			"stopped. Nothing was changed.");
}

static void say_compacted(struct session *session, const char *file, bool dry,
			  const struct compact_report *r)
{
	struct writer *w = session->writer;
	struct cell name = cell_text(file);

	writer_begin(w, "triaged.db-compact.v1");
	writer_field(w, "database", name);
	writer_flag(w, "compacted", !dry);
	writer_field(w, "bytes_before", cell_integer(r->before));
	writer_field(w, "bytes_after",
		     dry ? cell_null() : cell_integer(r->after));
	writer_field(w, "bytes_needed", cell_integer(r->needed));
	writer_field(w, "bytes_there", cell_integer(r->there));
	writer_flag(w, "search_emptied", r->search_emptied);
	writer_line(w, NULL);
	writer_value(w, AS_TEXT, &name);
	writer_words(w, dry ? " has " : " had ");
	say_size(w, r->before);
	writer_words(w, dry ? ". " : " and has ");
	if (dry) {
		say_would(w, r);
		return;
	}
	say_size(w, r->after);
	writer_words(w, " now; from now on it gives free room back by itself.");
	if (r->search_emptied)
		writer_words(w, " The index of words was damaged: triaged "
				"makes it anew after its start.");
	writer_line(w, "next");
	as_typed_say(session, "systemctl start triaged", NULL, "");
}

static int compact(struct session *session, const char *file, bool dry,
		   struct err *err)
{
	struct progress progress;
	struct store_watch watch = { progress_step, &progress };
	struct compact_report report;
	int rc;

	progress_begin(&progress);
	rc = store_compact(file, dry, &watch, &report, err);
	progress_end(&progress);
	if (rc >= 0)
		say_compacted(session, file, dry, &report);
	return rc;
}

int cmd_db(struct session *session, const struct arguments *args,
	   struct err *err)
{
	CLEANUP(free_ptr) char *file = NULL;
	bool is_check = strcmp(args->words[0], "check") == 0;
	int rc;

	if (!is_check && strcmp(args->words[0], "compact") != 0)
		return err_set(err, ERR_CONF,
			       "db: '%.40s' is nothing to do with it; there "
			       "are: db check, db compact",
			       args->words[0]);
	if (arguments_has(args, is_check ? "dry-run" : "quick"))
		return err_set(err, ERR_CONF, "--%s belongs to db %s",
			       is_check ? "dry-run" : "quick",
			       is_check ? "compact" : "check");
	rc = session_database_path(session, &file, err);
	if (rc < 0)
		return rc;
	return is_check
		       ? check(session, file, arguments_has(args, "quick"), err)
		       : compact(session, file, arguments_has(args, "dry-run"),
				 err);
}
