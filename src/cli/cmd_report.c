/*
 * `triagectl report ID`: the record of an alert. Markdown for people, an object
 * for programs; from the database, so also while the daemon is down.
 */
#include "cli/commands.h"
#include "cli/outfile.h"
#include "cli/report_priv.h"

static int check(const struct arguments *args, struct err *err)
{
	if (arguments_has(args, "force") && !arguments_has(args, "output"))
		return err_set(err, ERR_CONF,
			       "report: --force is for --output FILE");
	return 0;
}

static struct writer *make_writer(const struct session *session,
				  const struct arguments *args, FILE *out)
{
	const struct screen screen = { .now_ms = session->now_ms };

	return arguments_has(args, "json") ? writer_json_new(out)
					   : writer_markdown_new(out, &screen);
}

static int run_into(struct session *session, const struct arguments *args,
		    FILE *out, struct err *err)
{
	struct writer *w = make_writer(session, args, out);
	int rc = report_case(session, args->words[0], w, err);

	if (rc >= 0)
		rc = writer_end(w, err);
	writer_free(w);
	return rc;
}

static int run_into_file(struct session *session, const struct arguments *args,
			 const char *path, struct err *err)
{
	CLEANUP(outfile_release) struct outfile file = OUTFILE_NONE;
	struct writer *w = session->writer;
	struct cell name = cell_text(path), size;
	int rc;

	rc = outfile_open(&file, path, arguments_has(args, "force"), err);
	if (rc >= 0)
		rc = run_into(session, args, file.stream, err);
	if (rc < 0)
		return rc;
	size = cell_integer(ftell(file.stream));
	rc = outfile_commit(&file, err);
	if (rc < 0)
		return rc;
	writer_begin(w, "triaged.report-file.v1");
	writer_field(w, "file", name);
	writer_field(w, "bytes", size);
	writer_line(w, NULL);
	writer_value(w, AS_TEXT, &name);
	writer_words(w, " written, ");
	writer_value(w, AS_SIZE, &size);
	return 0;
}

int cmd_report(struct session *session, const struct arguments *args,
	       struct err *err)
{
	const char *path = arguments_value(args, "output");
	int rc = check(args, err);

	if (rc < 0)
		return rc;
	if (path)
		return run_into_file(session, args, path, err);
	if (!arguments_has(args, "json"))
		session->writer = writer_document(session->writer);
	return report_case(session, args->words[0], session->writer, err);
}
