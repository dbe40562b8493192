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

void flow_add_line(struct flow *f, const char *text, size_t len)
{
	CLEANUP(free_ptr) char *copy = xstrndup(text, len);

	if (f->column > f->indent)
		flow_break(f);
	pad(f);
	strbuf_addstr(f->out, copy);
	f->column += escape_width(copy);
}
