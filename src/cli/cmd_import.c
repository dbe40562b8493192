/*
 * `triagectl import FILE...`: alerts of an export, or as a source's API gives
 * them, one a line, are handed to the daemon: into the folder that its source
 * of type file reads. So they go through the same reader, the same identity and
 * the same policy as every other alert; what is older than the import horizon
 * pages nobody, and what is known already changes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/commands.h"
#include "cli/export_line.h"
#include "cli/progress.h"
#include "conf/conf.h"
#include "store/alerts.h"
#include "util/jscan.h"
#include "util/shell.h"
#include "util/xmalloc.h"

/* A line with the raw of many revisions; one alert is far smaller. */
#define LINE_MAX_BYTES ((size_t)64 << 20)
/* What a source of type file takes; and how much one line without an end may
 * cost before it is refused. */
#define FILE_MAX_BYTES ((int64_t)1 << 30)

struct import {
	struct session *session;
	const struct source_conf *source;
	char *folder; /* of the source's path */
	char *database;
	struct progress progress;
	struct store *store;
	int64_t n_alerts, n_worked, n_lines, n_bad, n_known;
	struct rows bad; /* file, line, why: the first hundred */
	struct strlist made; /* files handed over */
};

static const struct column columns[] = {
	{ "file", "FILE", AS_TEXT, COLUMN_FLEX, NULL },
	{ "line", "LINE", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "why", "NOT IMPORTED", AS_TEXT, COLUMN_WRAP, NULL },
};
static const struct table table = {
	.key = "refused",
	.columns = columns,
	.n_columns = ARRAY_SIZE(columns),
};

static int find_source(struct import *im, struct err *err)
{
	const struct triage *t;
	const struct conf *c;
	const char *slash;
	int rc = session_triage(im->session, &t, err);

	if (rc < 0)
		return rc;
	c = im->session->conf;
	for (size_t i = 0; i < c->n_sources && !im->source; i++) {
		slash = c->sources[i].path ? strrchr(c->sources[i].path, '/')
					   : NULL;
		if (c->sources[i].type == SOURCE_FILE && slash &&
		    fnmatch(slash + 1, "import-1-2.json", 0) == 0 &&
		    !memchr(c->sources[i].path, '*',
			    (size_t)(slash - c->sources[i].path)))
			im->source = &c->sources[i];
	}
	if (!im->source) {
		CLEANUP(free_ptr)
		char *path = xasprintf("%s/import", c->state_directory);
		CLEANUP(free_ptr) char *word = shell_word(path);

		return err_set(err, ERR_BAD_STATE,
			       "there is no source that reads a folder of "
			       "files; add one to the settings: {name: "
			       "imported, type: file, path: "
			       "%s/*.json}, and make its folder: "
			       "install -d -o triaged -g triaged %s",
			       path, word);
	}
	slash = strrchr(im->source->path, '/');
	im->folder = xasprintf("%.*s", (int)(slash - im->source->path),
			       im->source->path);
	return 0;
}

static void refuse(struct import *im, const char *file, int64_t line,
		   const char *why)
{
	im->n_bad++;
	if (im->bad.n < 100)
		(void)rows_keep(&im->bad, ARRAY_SIZE(columns),
				(const char *const[]){ "file", "line", "why" },
				(const struct cell[]){
					cell_text(file), cell_integer(line),
					cell_text(why) }); /* 0 always */
}

/* A part file is no JSON file by its name, so nobody reads half of it. */
static int hand_over(struct import *im, const char *part, size_t number,
		     struct err *err)
{
	CLEANUP(free_ptr)
	char *name = xasprintf("%s/import-%" PRId64 "-%zu.json", im->folder,
			       im->session->now_ms, number);

	if (rename(part, name) < 0)
		return err_set(err, -errno, "cannot make %s: %s", name,
			       strerror(errno));
	strlist_add(&im->made, name);
	return 0;
}

/*
 * By its identity, and not as people name alerts: a native id that is a number
 * is no number of an alert here. The file has the tenant that the other daemon
 * knew; what was imported before may have that of the source, or none.
 */
static bool know_alert(void *arg, const char *kind, const char *tenant,
		       const char *native_id)
{
	CLEANUP(tracked_release) struct tracked found = { 0 };
	struct import *im = arg;
	struct alert_key keys[2];

	alert_key(kind, tenant, native_id, &keys[0]);
	alert_key(kind, im->source->tenant ? im->source->tenant : "", native_id,
		  &keys[1]);
	if (alerts_find(im->store, keys, ARRAY_SIZE(keys), &found, NULL) <= 0)
		return false;
	im->n_known++;
	return true;
}

static int copy_line(struct import *im, const char *file, int64_t number,
		     struct span line, FILE *out)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct export_known known = { know_alert, im };
	struct err why = ERR_INIT;
	bool worked = false;
	int n = line.len > LINE_MAX_BYTES
			? err_set(&why, ERR_LIMIT, "it is longer than 64 MiB")
			: export_take(line.p, line.len, &known, &sb, &worked,
				      &why);

	if (n < 0) {
		refuse(im, file, number, why.text);
		return 0;
	}
	im->n_alerts += n > 0;
	im->n_worked += worked;
	return sb.len == 0 || fwrite(sb.buf, 1, sb.len, out) == sb.len ? 0
								       : -EIO;
}

static int copy_lines(struct import *im, const char *file, FILE *in, FILE *out,
		      struct err *err)
{
	struct store_progress p = { .what = "reading", .bytes = true };
	CLEANUP(free_ptr) char *line = NULL;
	size_t room = 0;
	int64_t number = 0;
	struct stat st;
	ssize_t len;

	if (fstat(fileno(in), &st) == 0)
		p.total = st.st_size;
	while ((len = getline(&line, &room, in)) >= 0) {
		number++;
		p.done += len;
		if (copy_line(im, file, number,
			      (struct span){ line, (size_t)len }, out) < 0)
			return err_set(err, -EIO, "cannot write to %s: %s",
				       im->folder, strerror(errno));
		if (progress_step(&im->progress, &p))
			return err_set(err, ERR_CANCELLED,
				       "the import was stopped at line %" PRId64
				       " of %s; of this file nothing was "
				       "handed over",
				       number, file);
	}
	im->n_lines += number;
	if (ferror(in) || fflush(out) != 0 || fsync(fileno(out)) < 0)
		return err_set(err, -EIO, "cannot read %s or write to %s: %s",
			       file, im->folder, strerror(errno));
	return 0;
}

static void close_file(FILE **f)
{
	if (*f)
		(void)fclose(*f); /* what matters was flushed and synced */
}

static int check_size(const char *file, FILE *in, struct err *err)
{
	struct stat st;

	if (fstat(fileno(in), &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, ERR_BAD_STATE, "%s is no regular file",
			       file);
	if (st.st_size > FILE_MAX_BYTES)
		return err_set(err, ERR_LIMIT,
			       "%s is larger than 1 GiB; take it apart with: "
			       "split -C 500M %s",
			       file, file);
	return 0;
}

/* Whoever types this, root above all, hands it to the daemon: it belongs to
 * whom the database does, as far as we may say so. */
static int give_to_daemon(const struct import *im, int fd)
{
	bool is_root = geteuid() == 0;
	struct stat own;

	if (stat(im->database, &own) == 0 &&
	    fchown(fd, is_root ? own.st_uid : (uid_t)-1, own.st_gid) < 0 &&
	    (is_root || errno != EPERM))
		return -1;
	return fchmod(fd, 0640); /* whatever the umask */
}

/* NULL, with errno, and then nothing is left behind. */
static FILE *open_part(const struct import *im, const char *part)
{
	int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	FILE *out;
	int error;

	if (fd < 0)
		return NULL;
	out = give_to_daemon(im, fd) == 0 ? fdopen(fd, "w") : NULL;
	if (out)
		return out;
	error = errno;
	(void)close(fd); /* nothing was written */
	(void)unlink(part);
	errno = error;
	return NULL;
}

static int import_file(struct import *im, const char *file, size_t number,
		       struct err *err)
{
	CLEANUP(close_file) FILE *in = fopen(file, "re");
	CLEANUP(close_file) FILE *out = NULL;
	CLEANUP(free_ptr)
	char *part = xasprintf("%s/.import-%ld-%zu.part", im->folder,
			       (long)getpid(), number);
	int64_t before = im->n_alerts;
	int rc;

	if (!in)
		return err_set(err, -errno, "cannot open %s: %s", file,
			       strerror(errno));
	rc = check_size(file, in, err);
	if (rc < 0)
		return rc;
	out = open_part(im, part);
	if (!out)
		return err_set(err, -errno,
			       "cannot write into %s, where source %s reads: "
			       "%s",
			       im->folder, im->source->name, strerror(errno));
	rc = copy_lines(im, file, in, out, err);
	if (rc >= 0 && im->n_alerts > before)
		rc = hand_over(im, part, number, err);
	(void)unlink(part); /* gone already when it was handed over */
	return rc;
}

static void say(struct import *im)
{
	struct writer *w = im->session->writer;
	struct cell alerts = cell_integer(im->n_alerts);
	struct cell bad = cell_integer(im->n_bad);
	struct cell known = cell_integer(im->n_known);
	struct cell worked = cell_integer(im->n_worked);
	struct cell source = cell_text(im->source->name);

	writer_begin(w, "triaged.import.v1");
	writer_field(w, "source", source);
	writer_field(w, "alerts", alerts);
	writer_field(w, "worked", worked);
	writer_field(w, "lines", cell_integer(im->n_lines));
	writer_field(w, "known", known);
	writer_field(w, "lines_refused", bad);
	writer_field(w, "files", cell_integer((int64_t)im->made.n));
	writer_table(w, &table, &im->bad);
	if (im->n_bad > 0) {
		writer_gap(w);
		writer_line(w, NULL);
		writer_value(w, AS_TEXT, &bad);
		writer_words(w, im->n_bad == 1 ? " line was not imported."
					       : " lines were not imported.");
	}
	if (im->n_known > 0) {
		writer_line(w, NULL);
		writer_value(w, AS_TEXT, &known);
		writer_words(w, im->n_known == 1
					? " alert is known and stays as it is."
					: " alerts are known and stay as they "
					  "are.");
	}
	writer_line(w, NULL);
	writer_value(w, AS_TEXT, &alerts);
	writer_words(w, im->n_alerts == 1 ? " alert was handed to source "
					  : " alerts were handed to source ");
	writer_value(w, AS_TEXT, &source);
	writer_words(w, ", which reads at its next interval; see: triagectl "
			"sources");
	if (im->n_worked == 0)
		return;
	writer_line(w, NULL);
	writer_value(w, AS_TEXT, &worked);
	writer_words(w, im->n_worked == 1
				? " brings along what people did with it; it "
				  "has no clock, and nobody is told."
				: " bring along what people did with them; "
				  "they have no clock, and nobody is told.");
}

int cmd_import(struct session *session, const struct arguments *args,
	       struct err *err)
{
	struct import im = { .session = session };
	int rc = find_source(&im, err);

	if (rc >= 0)
		rc = session_store(session, &im.store, err);
	if (rc >= 0)
		rc = session_database_path(session, &im.database, err);
	progress_begin(&im.progress);
	for (size_t i = 0; i < args->n_words && rc >= 0; i++)
		rc = import_file(&im, args->words[i], i + 1, err);
	progress_end(&im.progress);
	if (rc >= 0) {
		say(&im);
		rc = im.n_bad > 0 ? ERR_BAD_STATE : 0;
	}
	rows_release(&im.bad);
	strlist_release(&im.made);
	free(im.folder);
	free(im.database);
	return rc;
}
