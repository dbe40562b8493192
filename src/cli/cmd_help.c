/*
 * `triagectl help [COMMAND]`, also behind --help: made from the command table,
 * so that it cannot be wrong about it.
 */
#include "cli/commands.h"
#include "cli/escape.h"
#include "cli/output.h"
#include "cli/table_text.h"
#include "cli/values.h"
#include "util/xmalloc.h"

#define WORDS_WIDTH 20 /* of the list: `help COMMAND` has all of them */

static void keep_words(struct rows *rows, const struct command *c,
		       const char *words)
{
	static const char *const names[] = { "name", "words", "summary" };
	const struct cell cells[] = {
		cell_text(c->name),
		cell_text(words),
		cell_text(c->summary),
	};

	(void)rows_keep(rows, ARRAY_SIZE(names), names, cells);
}

static void keep_command(struct rows *rows, const struct command *c)
{
	keep_words(rows, c, c->words);
}

static void keep_brief(struct rows *rows, const struct command *c)
{
	CLEANUP(strbuf_release) struct strbuf brief = STRBUF_INIT;

	escape_add_cut(&brief, c->words, WORDS_WIDTH);
	keep_words(rows, c, brief.buf);
}

/* "-c, --config FILE" */
static char *option_usage(const struct option_row *o)
{
	char letter[] = { '-', o->letter, ',', ' ', '\0' };

	return xasprintf("%s--%s%s%s", o->letter ? letter : "    ", o->name,
			 o->value ? " " : "", o->value ? o->value : "");
}

static void keep_option(struct rows *rows, const struct option_row *o)
{
	static const char *const names[] = { "name", "value", "usage", "help" };
	CLEANUP(free_ptr) char *usage = option_usage(o);
	CLEANUP(strbuf_release) struct strbuf help = STRBUF_INIT;
	struct cell cells[] = {
		cell_text(o->name),
		cell_text(o->value),
		cell_text(usage),
		cell_null(),
	};

	strbuf_addf(&help, "%s: ", o->help);
	if (o->value)
		values_describe(&help, o->value);
	if (help.buf[help.len - 1] == ' ')
		strbuf_setlen(&help, help.len - 2);
	cells[3] = cell_text(help.buf);
	(void)rows_keep(rows, ARRAY_SIZE(names), names, cells);
}

static void say_options(struct writer *w, const char *key, const char *title,
			const struct rows *rows)
{
	static const struct column columns[] = {
		{ "usage", "", AS_TEXT, 0, NULL },
		{ "help", "", AS_TEXT, COLUMN_WRAP, NULL },
	};
	const struct table table = {
		.key = key,
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
		.verbatim = true,
	};

	if (rows->n > 0) {
		writer_gap(w);
		writer_line(w, NULL);
		writer_words(w, title);
		writer_line(w, NULL);
	}
	writer_table(w, &table, rows);
}

static void say_global_options(struct writer *w)
{
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;

	for (size_t i = 0; option_global(i); i++)
		keep_option(&rows, option_global(i));
	say_options(w, "global_options", "Options of every command:", &rows);
}

static void say_exit_codes(struct writer *w)
{
	writer_gap(w);
	writer_line(w, NULL);
	writer_words(w, "Exit codes: 0 ok, 1 failed, 2 usage, 3 daemon "
			"unreachable, 4 denied, 5 not found. The manual: man "
			"triagectl");
}

static void help_all(struct writer *w)
{
	static const struct column columns[] = {
		{ "name", "", AS_TEXT, 0, NULL },
		{ "words", "", AS_OPTIONAL, 0, NULL },
		{ "summary", "", AS_TEXT, COLUMN_WRAP, NULL },
	};
	static const struct table table = {
		.columns = columns,
		.n_columns = ARRAY_SIZE(columns),
		.bare = true,
		.verbatim = true,
	};
	static const struct table programs = { .key = "commands" };
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	CLEANUP(rows_release) struct rows brief = ROWS_INIT;

	for (size_t i = 0; commands_at(i); i++) {
		keep_command(&rows, commands_at(i));
		keep_brief(&brief, commands_at(i));
	}
	writer_line(w, NULL);
	writer_words(w, "usage: triagectl [options] COMMAND [options] [words]");
	writer_gap(w);
	writer_line(w, NULL);
	writer_table(w, &table, &brief);
	writer_table(w, &programs, &rows);
	say_global_options(w);
	say_exit_codes(w);
}

static void help_one(struct writer *w, const struct command *c)
{
	CLEANUP(rows_release) struct rows command = ROWS_INIT;
	CLEANUP(rows_release) struct rows options = ROWS_INIT;
	CLEANUP(free_ptr) char *usage = commands_usage(c);
	struct cell usage_cell = cell_text(usage);

	keep_command(&command, c);
	for (size_t i = 0; i < c->n_options; i++)
		keep_option(&options, &c->options[i]);
	writer_record(w, "command", &command, 0);
	writer_field(w, "help", cell_text(c->help));
	writer_line(w, NULL);
	writer_words(w, "usage: triagectl ");
	writer_value(w, AS_TEXT, &usage_cell);
	writer_gap(w);
	writer_line(w, NULL);
	writer_words(w, c->help);
	say_options(w, "options", "Options:", &options);
	say_global_options(w);
}

/* For the build: not through the writer, which would wrap and escape it. */
static int print_table(const struct arguments *args, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t format;
	int rc;

	if (arguments_has(args, "json"))
		return err_set(err, ERR_CONF,
			       "--format or --json, not both; help --json has "
			       "the table too");
	rc = values_pick("FORMAT", "--format", arguments_value(args, "format"),
			 &format, err);
	if (rc < 0)
		return rc;
	if (format == 0)
		table_text_manual(&text);
	else
		table_text_shell(&text);
	return output_write(stdout, text.buf, text.len, err);
}

/* One a line, for completion and for people. */
static int list_values(struct session *session, const struct arguments *args,
		       struct err *err)
{
	static const char *const names[] = { "word" };
	static const struct column columns[] = { { "word", "", AS_TEXT, 0,
						   NULL } };
	static const struct table table = {
		.key = "values",
		.columns = columns,
		.n_columns = 1,
		.bare = true,
	};
	CLEANUP(rows_release) struct rows rows = ROWS_INIT;
	const struct value_kind *kind;
	size_t number;
	int rc;

	rc = values_pick("KIND", "--values", arguments_value(args, "values"),
			 &number, err);
	if (rc < 0)
		return rc;
	kind = values_at(number);
	for (size_t i = 0; kind->word && kind->word(i); i++) {
		const struct cell cell = cell_text(kind->word(i));

		(void)rows_keep(&rows, 1, names, &cell);
	}
	if (kind->present)
		rc = kind->present(session, &rows, err);
	if (rc < 0)
		return rc;
	writer_begin(session->writer, "triaged.help-values.v1");
	writer_line(session->writer, NULL);
	writer_table(session->writer, &table, &rows);
	return 0;
}

int cmd_help(struct session *session, const struct arguments *args,
	     struct err *err)
{
	const struct command *about = args->command;

	if (arguments_has(args, "format"))
		return print_table(args, err);
	if (arguments_has(args, "values"))
		return list_values(session, args, err);

	/* `help list` asks about list, `list --help` too. */
	if (about && about->run == cmd_help) {
		about = args->n_words > 0 ? commands_find(args->words[0])
					  : NULL;
		if (!about && args->n_words > 0)
			return commands_refuse(args->words[0], err);
	}
	writer_begin(session->writer, "triaged.help.v1");
	if (about)
		help_one(session->writer, about);
	else
		help_all(session->writer);
	return 0;
}
