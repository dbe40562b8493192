/*
 * `triagectl report ID`: the record of an alert; `triagectl report --shift
 * 12h`: what one shift hands over to the next. Markdown for people, an object
 * for programs; from the database, so also while the daemon is down.
 */
#include <inttypes.h>
#include <string.h>
#include "cli/commands.h"
#include "cli/localtime.h"
#include "cli/outfile.h"
#include "cli/report_priv.h"
#include "util/timefmt.h"

static int parse_moment(const struct session *session,
			const struct arguments *args, const char *option,
			int64_t *ret_ms, struct err *err)
{
	const char *value = arguments_value(args, option);
	bool is_end = strcmp(option, "until") == 0;

	if (!value || (is_end ? localtime_parse_end : localtime_parse)(
			      value, session->now_ms, ret_ms) == 0)
		return 0;
	return err_set(err, ERR_CONF,
		       "--%s: '%s' is no moment such as 12h, 2026-11-21 or "
		       "\"2026-11-21 08:00\"",
		       option, value);
}

/* 0, or ERR_CONF with what is wrong. */
static int parse_span(const struct session *session,
		      const struct arguments *args, struct report_span *ret,
		      struct err *err)
{
	const char *shift = arguments_value(args, "shift");
	int64_t length_ms;
	int rc;

	*ret = (struct report_span){ .until_ms = session->now_ms };
	rc = parse_moment(session, args, "since", &ret->since_ms, err);
	if (rc >= 0)
		rc = parse_moment(session, args, "until", &ret->until_ms, err);
	if (rc < 0)
		return rc;
	if (shift && arguments_has(args, "since"))
		return err_set(err, ERR_CONF,
			       "report: --shift or --since, not both");
	if (shift) {
		if (timefmt_parse_duration(shift, &length_ms) < 0)
			return err_set(err, ERR_CONF,
				       "--shift: '%s' is no time such as 12h",
				       shift);
		ret->since_ms = ret->until_ms - length_ms;
	}
	if (ret->since_ms >= ret->until_ms)
		return err_set(err, ERR_CONF,
			       "report: the time ends before it begins");
	return 0;
}

static bool is_shift(const struct arguments *args)
{
	return arguments_has(args, "shift") || arguments_has(args, "since") ||
	       arguments_has(args, "until");
}

static int check(const struct arguments *args, struct err *err)
{
	if (args->n_words > 0 && is_shift(args))
		return err_set(err, ERR_CONF,
			       "report: an alert, or a time (--shift 12h), not "
			       "both");
	if (args->n_words == 0 && !arguments_has(args, "shift") &&
	    !arguments_has(args, "since"))
		return err_set(err, ERR_CONF,
			       "report: of which alert, or of which time? "
			       "Give ID, --shift 12h or --since WHEN");
	if (arguments_has(args, "force") && !arguments_has(args, "output"))
		return err_set(err, ERR_CONF,
			       "report: --force is for --output FILE");
	return 0;
}

static int run(struct session *session, const struct arguments *args,
	       struct writer *w, struct err *err)
{
	struct report_span span;
	int rc;

	if (args->n_words > 0)
		return report_case(session, args->words[0], w, err);
	rc = parse_span(session, args, &span, err);
	return rc < 0 ? rc : report_shift(session, &span, w, err);
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
	int rc = run(session, args, w, err);

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
	return run(session, args, session->writer, err);
}
