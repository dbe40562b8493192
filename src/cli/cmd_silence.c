/*
 * `triagectl silence add|list|end`: not to be told about some alerts for a
 * while. The list comes from the database, so it works while the daemon is
 * down.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "cli/commands.h"
#include "cli/results.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

/* One that was ended early did not end when it was to. */
static const struct cell *pick_end(const struct rows *r, size_t row)
{
	return rows_cell(r, row,
			 rows_integer(r, row, "ended_ms") ? "ended_ms"
							  : "ends_ms");
}

static const struct column columns[] = {
	{ "id", "ID", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "state", "STATE", AS_TEXT, 0, NULL },
	{ "author", "AUTHOR", AS_TEXT, 0, NULL },
	{ "ends_ms", "ENDS", AS_AGO, 0, pick_end },
	{ "holding", "HOLDS", AS_TEXT, COLUMN_RIGHT, NULL },
	{ "match", "MATCHES", AS_TEXT, COLUMN_FLEX, NULL },
	{ "ended_by", "ENDED BY", AS_TEXT, COLUMN_RARE, NULL },
	{ "reason", "REASON", AS_TEXT, COLUMN_WRAP, NULL },
};

static int silence_list(struct session *session, const struct arguments *args,
			struct err *err)
{
	bool all = arguments_has(args, "all");
	const struct table table = {
		.key = "silences",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.empty = all ? "there never was a silence"
			     : "there is no silence; past ones: triagectl "
			       "silence list --all",
	};
	struct selector sel = { .since_ms = all, .now_ms = session->now_ms };
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	int rc = session_look(session, LOOK_SILENCES, &sel, &rows, err);

	if (rc < 0)
		return rc;
	writer_begin(session->writer, "triaged.silences.v1");
	writer_table(session->writer, &table, &rows);
	return 0;
}

/* --- add --- */

static int needed(const struct arguments *args, const char *option,
		  const char *example, const char **ret, struct err *err)
{
	*ret = arguments_value(args, option);
	if (*ret && **ret)
		return 0;
	return err_set(err, ERR_CONF, "silence add needs --%s, such as --%s %s",
		       option, option, example);
}

static int read_duration(const char *text, int64_t *ret, struct err *err)
{
	if (timefmt_parse_duration(text, ret) == 0 && *ret > 0)
		return 0;
	return err_set(err, ERR_CONF,
		       "--for: '%s' is no duration; such as 30m, 2h or 1d",
		       text);
}

static int ask_for(const struct arguments *args, json_t **ret, struct err *err)
{
	const char *match, *length, *reason;
	int64_t for_ms = 0;
	int rc = needed(args, "match", "\"severity=low title=*scan*\"", &match,
			err);

	if (rc >= 0)
		rc = needed(args, "for", "2h", &length, err);
	if (rc >= 0)
		rc = needed(args, "reason", "\"a scan, ticket 4711\"", &reason,
			    err);
	if (rc >= 0)
		rc = read_duration(length, &for_ms, err);
	if (rc < 0)
		return rc;
	*ret = json_pack("{s:s, s:s, s:I, s:b, s:b, s:s*}", "match", match,
			 "reason", reason, "for_ms", (json_int_t)for_ms,
			 "critical", arguments_has(args, "critical"), "preview",
			 arguments_has(args, "preview"), "notify",
			 arguments_value(args, "notify"));
	return *ret ? 0
		    : err_set(err, ERR_CONF,
			      "--match, --reason and --notify must be UTF-8");
}

static int64_t number(const json_t *data, const char *name)
{
	return json_integer_value(json_object_get(data, name));
}

/* "; 3 high, 9 low" */
static void say_levels(struct writer *w, const json_t *levels)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (int i = SEVERITY_MAX - 1; i >= 0; i--) {
		int64_t n = number(levels, severity_name(i));

		if (n > 0)
			strbuf_addf(&text, "%s%" PRId64 " %s",
				    text.len ? ", " : "", n, severity_name(i));
	}
	if (text.len == 0)
		return;
	writer_line(w, "Of these");
	writer_words(w, text.buf);
}

static void say_programs(struct writer *w, const json_t *data)
{
	static const char *const names[] = { "open", "covered" };
	int64_t id = number(data, "silence");
	json_t *levels = json_object_get(data, "severities");

	writer_field(w, "silence", id ? cell_integer(id) : cell_null());
	writer_instant(w, "starts", number(data, "starts_ms"));
	writer_instant(w, "ends", number(data, "ends_ms"));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		writer_field(w, names[i], cell_integer(number(data, names[i])));
	writer_object(w, "severities");
	for (int i = SEVERITY_MAX - 1; i >= 0; i--)
		writer_field(w, severity_name(i),
			     cell_integer(number(levels, severity_name(i))));
	writer_object_end(w);
}

static void say_people(struct writer *w, const json_t *data)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct cell ends = cell_integer(number(data, "ends_ms"));
	int64_t id = number(data, "silence");

	writer_line(w, NULL);
	if (id)
		strbuf_addf(&text, "Silence %" PRId64 " ends ", id);
	else
		strbuf_addstr(&text, "Such a silence would end ");
	writer_words(w, text.buf);
	writer_value(w, AS_LOCAL, &ends);
	writer_line(w, "Covers");
	strbuf_reset(&text);
	strbuf_addf(&text,
		    "%" PRId64 " of %" PRId64 " open alerts, and those to "
		    "come",
		    number(data, "covered"), number(data, "open"));
	writer_words(w, text.buf);
	say_levels(w, json_object_get(data, "severities"));
	writer_line(w, "Next");
	strbuf_reset(&text);
	if (id)
		strbuf_addf(&text,
			    "what is still open at its end will be told then; "
			    "sooner with: triagectl silence end %" PRId64,
			    id);
	else
		strbuf_addstr(&text, "the same without --preview");
	writer_words(w, text.buf);
}

static int silence_add(struct session *session, const struct arguments *args,
		       struct err *err)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	json_t *ask = NULL;
	int rc = ask_for(args, &ask, err);

	if (rc < 0)
		return rc;
	rc = session_call(session, CTL_VERB_SILENCE_ADD, ask, &answer, err);
	if (rc == 0)
		rc = session_answer(&answer, err);
	if (rc < 0)
		return rc;
	writer_begin(session->writer, "triaged.silence-add.v1");
	say_programs(session->writer, answer.data);
	say_people(session->writer, answer.data);
	return 0;
}

/* --- end --- */

static int end_one(struct session *session, const char *word, struct err *err)
{
	CLEANUP(wire_answer_release) struct wire_answer answer = { 0 };
	long long id;
	char *end;
	int rc;

	errno = 0;
	id = strtoll(word, &end, 10);
	if (errno || *end || id <= 0)
		return err_set(err, ERR_CONF,
			       "'%s' is no number of a silence; the numbers "
			       "stand in: triagectl silence list",
			       word);
	rc = session_call(session, CTL_VERB_SILENCE_END,
			  json_pack("{s:I}", "silence", (json_int_t)id),
			  &answer, err);
	return rc < 0 ? rc : session_answer(&answer, err);
}

static int silence_end(struct session *session, const struct arguments *args,
		       struct err *err)
{
	CLEANUP(results_release) struct results results = RESULTS_INIT;

	if (args->n_words < 2)
		return err_set(err, ERR_CONF,
			       "silence end needs the number of a silence; the "
			       "numbers stand in: triagectl silence list");
	for (size_t i = 1; i < args->n_words; i++) {
		struct err why = ERR_INIT;
		int rc = end_one(session, args->words[i], &why);

		results_add(&results, args->words[i], rc,
			    rc < 0 ? why.text
				   : "ended; what it held and is still open "
				     "is told now");
		if (results_is_hopeless(rc))
			break;
	}
	writer_begin(session->writer, "triaged.silence-end.v1");
	return results_say(&results, session->writer);
}

int cmd_silence(struct session *session, const struct arguments *args,
		struct err *err)
{
	const char *word = args->words[0];

	if (strcmp(word, "end") == 0)
		return silence_end(session, args, err);
	if (args->n_words == 1 && strcmp(word, "list") == 0)
		return silence_list(session, args, err);
	if (args->n_words == 1 && strcmp(word, "add") == 0)
		return silence_add(session, args, err);
	return err_set(
		err, ERR_CONF,
		"silence: either of: silence list, silence end SILENCE, or "
		"silence add --match TEXT --for TIME --reason TEXT");
}
