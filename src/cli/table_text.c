/*
 * What the build makes of the command table (`triagectl help --format`), so
 * that neither manual nor completion can tell another story than the program.
 * Called by cmd_help. All of it is our own text: nothing here is escaped
 * against strangers.
 */
#include "cli/table_text.h"

#include <ctype.h>
#include <string.h>
#include "cli/commands.h"
#include "cli/values.h"
#include "util/shell.h"

/* --- the manual, mdoc(7) --- */

/* Text of a line: what mdoc would take for its own is written otherwise. */
static void add_prose(struct strbuf *sb, const char *text)
{
	if (text[0] == '.' || text[0] == '\'')
		strbuf_addstr(sb, "\\&");
	for (; *text; text++) {
		if (*text == '\\')
			strbuf_addstr(sb, "\\e");
		else if (*text == '-')
			strbuf_addstr(sb, "\\-");
		else
			strbuf_addch(sb, *text);
	}
}

/* A phrase of the table as a sentence on a line of its own. */
static void add_sentence(struct strbuf *sb, const char *text)
{
	size_t start = sb->len;

	add_prose(sb, text);
	sb->buf[start] = (char)toupper((unsigned char)sb->buf[start]);
	strbuf_addstr(sb, ".\n");
}

static bool is_placeholder(const char *word)
{
	return isupper((unsigned char)word[0]);
}

/* "[show ID | drop ID...]" reads "Oo Cm show Ar ID | Cm drop Ar ID ... Oc". */
static void add_words(struct strbuf *sb, const char *words)
{
	while (*words) {
		size_t len = strcspn(words, " [].|");

		if (len > 0)
			strbuf_addf(sb, " %s %.*s",
				    is_placeholder(words) ? "Ar" : "Cm",
				    (int)len, words);
		else if (strncmp(words, "...", 3) == 0)
			strbuf_addstr(sb, " ...");
		else if (*words != ' ')
			strbuf_addstr(sb, *words == '['	  ? " Oo"
					  : *words == ']' ? " Oc"
							  : " |");
		if (len == 0)
			len = *words == '.' ? 3 : 1;
		words += len;
	}
}

static void add_manual_option(struct strbuf *sb, const struct option_row *o)
{
	CLEANUP(strbuf_release) struct strbuf words = STRBUF_INIT;

	strbuf_addstr(sb, ".It ");
	if (o->letter)
		strbuf_addf(sb, "Fl %c , ", o->letter);
	strbuf_addf(sb, "Fl Fl %s%s%s\n", o->name, o->value ? " Ar " : "",
		    o->value ? o->value : "");
	add_sentence(sb, o->help);
	if (o->value)
		values_describe(&words, o->value);
	if (words.len == 0)
		return;
	strbuf_addf(sb, ".Ar %s\nis ", o->value);
	add_prose(sb, words.buf);
	strbuf_addstr(sb, ".\n");
}

void table_text_manual(struct strbuf *sb)
{
	const struct command *c;

	strbuf_addstr(sb, ".Bl -tag -width Ds\n");
	for (size_t i = 0; (c = commands_at(i)); i++) {
		strbuf_addf(sb, ".It Cm %s%s", c->name,
			    c->n_options > 0 ? " Op Ar options" : "");
		add_words(sb, c->words);
		strbuf_addch(sb, '\n');
		add_sentence(sb, c->summary);
		if (c->n_options == 0)
			continue;
		strbuf_addstr(sb, ".Bl -tag -width Ds -compact\n");
		for (size_t j = 0; j < c->n_options; j++)
			add_manual_option(sb, &c->options[j]);
		strbuf_addstr(sb, ".El\n");
	}
	strbuf_addstr(sb, ".El\n");
}

/* --- completion --- */

/* "--note=TEXT -n=TEXT --take" */
static void add_option_words(struct strbuf *sb, const struct option_row *o)
{
	const char *is = o->value ? "=" : "", *value = o->value ?: "";

	strbuf_addf(sb, " --%s%s%s", o->name, is, value);
	if (o->letter)
		strbuf_addf(sb, " -%c%s%s", o->letter, is, value);
}

static void add_options(struct strbuf *sb)
{
	const struct command *c;

	strbuf_addstr(sb, "declare -gA _triagectl_options=(\n['-']='");
	for (size_t i = 0; option_global(i); i++)
		add_option_words(sb, option_global(i));
	strbuf_addstr(sb, "'\n");
	for (size_t i = 0; (c = commands_at(i)); i++) {
		strbuf_addf(sb, "['%s']='", c->name);
		for (size_t j = 0; j < c->n_options; j++)
			add_option_words(sb, &c->options[j]);
		strbuf_addstr(sb, "'\n");
	}
	strbuf_addstr(sb, ")\n");
}

static void add_help(struct strbuf *sb, const char *command,
		     const struct option_row *o)
{
	strbuf_addf(sb, "['%s --%s']=", command, o->name);
	shell_add(sb, o->help);
	strbuf_addch(sb, '\n');
}

static void add_commands(struct strbuf *sb)
{
	const struct command *c;

	strbuf_addstr(sb, "declare -gA _triagectl_words=(\n");
	for (size_t i = 0; (c = commands_at(i)); i++)
		strbuf_addf(sb, "['%s']='%s'\n", c->name, c->words);
	strbuf_addstr(sb, ")\ndeclare -gA _triagectl_help=(\n");
	for (size_t i = 0; option_global(i); i++)
		add_help(sb, "-", option_global(i));
	for (size_t i = 0; (c = commands_at(i)); i++) {
		strbuf_addf(sb, "['%s']=", c->name);
		shell_add(sb, c->summary);
		strbuf_addch(sb, '\n');
		for (size_t j = 0; j < c->n_options; j++)
			add_help(sb, c->name, &c->options[j]);
	}
	strbuf_addstr(sb, ")\n");
}

/* A leading "," says that several are joined by commas, "/" is a file, "?"
 * has to be asked for, nothing is any text. */
static void add_values(struct strbuf *sb)
{
	const struct value_kind *k;

	strbuf_addstr(sb, "declare -gA _triagectl_values=(\n");
	for (size_t i = 0; (k = values_at(i)); i++) {
		strbuf_addf(sb, "['%s']='%s%s%s", k->name,
			    k->several ? "," : "", k->file ? "/" : "",
			    k->present ? "?" : "");
		for (size_t j = 0; k->word && k->word(j); j++)
			strbuf_addf(sb, " %s", k->word(j));
		strbuf_addstr(sb, "'\n");
	}
	strbuf_addstr(sb, ")\n");
}

void table_text_shell(struct strbuf *sb)
{
	add_commands(sb);
	add_options(sb);
	add_values(sb);
}
