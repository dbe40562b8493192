/*
 * Screens for people: labelled lines that wrap, and tables. Called through
 * cli/writer. Knows no command. All text from outside has gone through
 * cli/escape when it arrives here (format_value does it), so the only escape
 * sequences in the answer are the colours of cli/format.
 */
#include <stdlib.h>
#include <string.h>
#include "cli/escape.h"
#include "cli/output.h"
#include "cli/writer.h"
#include "cli/writer_priv.h"
#include "util/xmalloc.h"

#define LABEL_WIDTH 12
#define WIDTH_DEFAULT 80

struct writer_text {
	struct writer writer;
	FILE *out;
	struct screen screen;
	struct strbuf text;
	bool in_line; /* a line has been begun and not ended */
	bool blank; /* a blank is owed before the next word */
	size_t indent; /* where a wrapped line goes on */
	size_t column; /* where the cursor is */
};

static struct writer_text *of(struct writer *w)
{
	return (struct writer_text *)w;
}

static void end_line(struct writer_text *w)
{
	if (w->in_line)
		strbuf_addch(&w->text, '\n');
	w->in_line = w->blank = false;
	w->column = 0;
}

static void wrap(struct writer_text *w)
{
	strbuf_addf(&w->text, "\n%*s", (int)w->indent, "");
	w->column = w->indent;
	w->blank = false;
}

/* A word that does not fit goes to the next line, where it is never cut: a
 * link must stay whole to be copied. */
static void add_word(struct writer_text *w, const char *word, size_t len)
{
	CLEANUP(free_ptr) char *copy = xstrndup(word, len);
	size_t limit = w->screen.width ? w->screen.width : WIDTH_DEFAULT;
	size_t width = escape_width(copy);

	if (w->blank && w->column > w->indent) {
		if (w->column + 1 + width > limit) {
			wrap(w);
		} else {
			strbuf_addch(&w->text, ' ');
			w->column++;
		}
	}
	w->blank = false;
	strbuf_add(&w->text, word, len);
	w->column += width;
}

static void flow(struct writer_text *w, const char *s)
{
	while (*s) {
		size_t len = strcspn(s, " \n");

		if (len > 0)
			add_word(w, s, len);
		s += len;
		if (*s == '\n' && s[strspn(s, " \n")] != '\0')
			wrap(w);
		else if (*s == ' ')
			w->blank = true;
		if (*s)
			s++;
	}
}

static void text_on_line(struct writer *writer, const char *label)
{
	struct writer_text *w = of(writer);
	const char *strong = w->screen.colour ? tint_start(TINT_STRONG) : "";

	end_line(w);
	w->in_line = true;
	w->indent = label ? LABEL_WIDTH : 0;
	w->column = w->indent;
	if (label)
		strbuf_addf(&w->text, "%s%s%s%*s", strong, label,
			    w->screen.colour ? TINT_END : "",
			    (int)(LABEL_WIDTH - strlen(label)), "");
}

static void text_on_words(struct writer *writer, const char *text)
{
	flow(of(writer), text);
}

static void text_on_value(struct writer *writer, enum as as,
			  const struct cell *c)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct writer_text *w = of(writer);
	enum tint tint = format_tint(as, c, w->screen.now_ms);
	bool tinted = w->screen.colour && tint != TINT_NONE;

	if (tinted)
		strbuf_addstr(&sb, tint_start(tint));
	format_value(&sb, as, c, w->screen.now_ms);
	if (tinted)
		strbuf_addstr(&sb, TINT_END);
	flow(w, sb.buf);
}

static void text_on_gap(struct writer *writer)
{
	struct writer_text *w = of(writer);

	end_line(w);
	strbuf_addch(&w->text, '\n');
}

/* A bare table stands under the label of the line that was begun. */
static void bare_lines(struct writer_text *w, const char *lines)
{
	while (*lines) {
		size_t len = strcspn(lines, "\n");

		if (w->column > w->indent)
			wrap(w);
		strbuf_add(&w->text, lines, len);
		w->column += 1;
		lines += lines[len] ? len + 1 : len;
	}
}

static void text_on_table(struct writer *writer, const struct table *t,
			  const struct rows *r)
{
	CLEANUP(strbuf_release) struct strbuf lines = STRBUF_INIT;
	struct writer_text *w = of(writer);
	size_t width = w->screen.width;

	if (!t->columns)
		return;
	if (t->bare && r->n > 0) {
		table_lines(&lines, t, r, &w->screen,
			    width > w->indent ? width - w->indent : width);
		bare_lines(w, lines.buf);
		return;
	}
	if (r->n == 0) {
		if (!t->empty)
			return;
		if (!t->bare)
			text_on_line(writer, NULL);
		flow(w, t->empty);
		return;
	}
	end_line(w);
	if (t->title)
		strbuf_addf(&w->text, "%s\n", t->title);
	table_lines(&w->text, t, r, &w->screen, width);
}

static int text_on_end(struct writer *writer, struct err *err)
{
	struct writer_text *w = of(writer);

	end_line(w);
	return output_write(w->out, w->text.buf, w->text.len, err);
}

static void text_on_free(struct writer *writer)
{
	strbuf_release(&of(writer)->text);
	free(writer);
}

struct writer *writer_text_new(FILE *out, const struct screen *screen)
{
	static const struct writer_ops ops = {
		.table = text_on_table,
		.line = text_on_line,
		.words = text_on_words,
		.value = text_on_value,
		.gap = text_on_gap,
		.end = text_on_end,
		.free = text_on_free,
	};
	struct writer_text *w = xcalloc(1, sizeof(*w));

	w->writer.ops = &ops;
	w->out = out;
	w->screen = *screen;
	strbuf_init(&w->text);
	return &w->writer;
}
