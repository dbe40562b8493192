/*
 * Lines from words. Called by the text writer. Knows neither labels nor
 * tables. The indent is written with the first word behind it, so that no
 * line ends in blanks.
 */
#include "cli/flow.h"

#include <string.h>
#include "cli/escape.h"
#include "util/xmalloc.h"

static void pad(struct flow *f)
{
	if (f->column >= f->indent)
		return;
	strbuf_addf(f->out, "%*s", (int)(f->indent - f->column), "");
	f->column = f->indent;
}

void flow_break(struct flow *f)
{
	strbuf_addch(f->out, '\n');
	f->column = 0;
	f->blank = false;
}

static void add_word(struct flow *f, const char *word, size_t len)
{
	CLEANUP(free_ptr) char *copy = xstrndup(word, len);
	size_t width = escape_width(copy);

	if (f->blank && f->column > f->indent) {
		if (f->column + 1 + width > f->width) {
			flow_break(f);
		} else {
			strbuf_addch(f->out, ' ');
			f->column++;
		}
	}
	pad(f);
	f->blank = false;
	strbuf_add(f->out, word, len);
	f->column += width;
}

void flow_add(struct flow *f, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, " \n");

		if (len > 0)
			add_word(f, text, len);
		text += len;
		if (*text == '\n')
			flow_break(f);
		else if (*text == ' ')
			f->blank = true;
		if (*text)
			text++;
	}
}

/* To the blank that ends the first word of @text, as a shell takes it. */
static size_t shell_word(const char *text)
{
	char quote = '\0';
	size_t i = 0;

	if (text[0] == '#')
		return strlen(text);
	for (; text[i] && (quote || text[i] != ' '); i++) {
		if (text[i] == '\\' && quote != '\'' && text[i + 1])
			i++;
		else if (quote == text[i])
			quote = '\0';
		else if (!quote && (text[i] == '\'' || text[i] == '"'))
			quote = text[i];
	}
	return i;
}

void flow_add_command(struct flow *f, const char *text)
{
	static const char joint[] = " \\";

	while (*text) {
		size_t len = shell_word(text);
		CLEANUP(free_ptr) char *word = xstrndup(text, len);
		size_t width = escape_width(word);
		bool last = text[len] == '\0';

		if (f->blank && f->column > f->indent &&
		    f->column + 1 + width + (last ? 0 : strlen(joint)) >
			    f->width) {
			strbuf_addstr(f->out, joint);
			flow_break(f);
		}
		add_word(f, word, len);
		text += len;
		f->blank = *text == ' ';
		text += strspn(text, " ");
	}
}

void flow_add_line(struct flow *f, const char *text, size_t len)
{
	CLEANUP(free_ptr) char *copy = xstrndup(text, len);

	if (f->column > f->indent)
		flow_break(f);
	pad(f);
	strbuf_addstr(f->out, copy);
	f->column += escape_width(copy);
}
