/*
 * `triagectl sql`: the ready queries, one of them, or a question of one's own
 * that only reads.
 */
#include <stdlib.h>
#include <string.h>
#include "cli/commands.h"
#include "util/suggest.h"
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define READY_MAX 64
#define LIMIT_DEFAULT 1000

static int list_ready(struct session *session)
{
	static const char *const names[] = { "name", "about", "text" };
	static const struct column columns[] = {
		{ "name", "NAME", AS_TEXT, 0, NULL },
		{ "about", "ANSWERS", AS_TEXT, 0, NULL },
	};
	static const struct table table = {
		.key = "queries",
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.verbatim = true,
	};
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	const struct ready_query *q;

	for (size_t i = 0; (q = look_ready_query(i)); i++) {
		const struct cell cells[] = {
			cell_text(q->name),
			cell_text(q->about),
			cell_text(q->text),
		};

		(void)rows_keep(&rows, ARRAY_SIZE(names), names, cells);
	}
	writer_begin(session->writer, "triaged.sql-queries.v1");
	writer_table(session->writer, &table, &rows);
	writer_gap(session->writer);
	writer_line(session->writer, NULL);
	writer_words(session->writer,
		     "Run one with: triagectl sql NAME; your own "
		     "with: triagectl sql \"select ...\"");
	return 0;
}

/* A name stands for its text; what has a blank in it is a query. */
static const char *find_text(const char *word, struct err *err)
{
	const char *names[READY_MAX], *meant;
	const struct ready_query *q;
	size_t n = 0;

	for (size_t i = 0; (q = look_ready_query(i)); i++) {
		if (strcmp(q->name, word) == 0)
			return q->text;
		if (n < READY_MAX)
			names[n++] = q->name;
	}
	/* An empty one is refused for that, not for its name. */
	if (!*word || strpbrk(word, " \t\n"))
		return word;
	meant = suggest_word(word, names, n);
	err_set(err, ERR_NOT_FOUND,
		"no ready query is called '%s'%s%s%s; list them with: "
		"triagectl sql",
		word, meant ? " (did you mean '" : "", meant ? meant : "",
		meant ? "'?)" : "");
	return NULL;
}

/* Numbers to the right; everything else may give way on a narrow screen. */
static struct column *make_columns(const struct rows *r)
{
	struct column *columns = xcalloc(r->n_names, sizeof(*columns));

	for (size_t i = 0; i < r->n_names; i++) {
		enum cell_type type = r->n ? r->cells[i].type : CELL_NULL;
		bool number = type == CELL_INTEGER || type == CELL_REAL;

		columns[i].name = r->names[i];
		columns[i].heading = r->names[i];
		columns[i].as = AS_TEXT;
		columns[i].flags = number ? COLUMN_RIGHT : COLUMN_FLEX;
	}
	return columns;
}

static void say_rows(struct writer *w, const struct rows *rows)
{
	CLEANUP(free_ptr) struct column *columns = NULL;
	struct table table = {
		.key = "rows",
		.empty = "no rows",
		.n_columns = rows->n_names,
		.verbatim = true,
		.named = true,
	};
	struct cell limit = cell_integer((int64_t)rows->n);

	columns = make_columns(rows);
	table.columns = columns;
	writer_begin(w, "triaged.sql.v1");
	writer_flag(w, "complete", !rows->cut);
	writer_table(w, &table, rows);
	if (!rows->cut)
		return;
	writer_line(w, NULL);
	writer_words(w, "stopped after ");
	writer_value(w, AS_TEXT, &limit);
	writer_words(w, " rows; --limit 0 gives all");
}

int cmd_sql(struct session *session, const struct arguments *args,
	    struct err *err)
{
	const char *timeout = arguments_value(args, "timeout"), *text;
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	int64_t limit_ms = 0, limit;
	struct store *s;
	int rc;

	if (args->n_words == 0)
		return list_ready(session);
	rc = arguments_number(args, "limit", LIMIT_DEFAULT, &limit, err);
	if (rc < 0)
		return rc;
	if (timeout && timefmt_parse_duration(timeout, &limit_ms) < 0)
		return err_set(err, ERR_CONF,
			       "--timeout: '%s' is no duration such as 30s",
			       timeout);
	text = find_text(args->words[0], err);
	if (!text)
		return ERR_NOT_FOUND;
	rc = session_store(session, &s, err);
	if (rc < 0)
		return rc;
	rows.max = (size_t)limit;
	rc = look_query(s, text, limit_ms, rows_keep, &rows, err);
	if (rc < 0)
		return rc;
	say_rows(session->writer, &rows);
	return 0;
}
