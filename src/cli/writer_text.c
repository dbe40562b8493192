/*
 * Screens for people: labelled lines that wrap, and tables. Called through
 * cli/writer. Knows no command. All text from outside has gone through
 * cli/escape when it arrives here (format_value does it), so the only escape
 * sequences in the answer are the colours of cli/format.
 *
 * tested with: test_writer
 */
#include <stdlib.h>
#include <string.h>
#include "cli/escape.h"
#include "cli/flow.h"
#include "cli/output.h"
#include "cli/pager.h"
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
	struct flow flow; /* into text */
	bool in_line; /* a line has been begun and not ended */
};

static struct writer_text *of(struct writer *w)
{
	return (struct writer_text *)w;
}

static void end_line(struct writer_text *w)
{
	if (w->in_line)
		flow_break(&w->flow);
	w->in_line = false;
}

static void text_on_line(struct writer *writer, const char *label)
{
	struct writer_text *w = of(writer);
	const char *strong = w->screen.colour ? tint_start(TINT_STRONG) : "";

	end_line(w);
	w->in_line = true;
	w->flow.indent = label ? LABEL_WIDTH : 0;
	if (!label)
		return;
	strbuf_addf(&w->text, "%s%s%s", strong, label,
		    w->screen.colour ? TINT_END : "");
	w->flow.column = strlen(label);
}

static void text_on_words(struct writer *writer, const char *text)
{
	flow_add(&of(writer)->flow, text);
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
	while (sb.len > 0 && sb.buf[sb.len - 1] == '\n')
		strbuf_setlen(&sb, sb.len - 1);
	if (tinted)
		strbuf_addstr(&sb, TINT_END);
	if (as == AS_COMMAND)
		flow_add_command(&w->flow, sb.buf);
	else
		flow_add(&w->flow, sb.buf);
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

		flow_add_line(&w->flow, lines, len);
		lines += lines[len] ? len + 1 : len;
	}
}

/* The heading line of a table without a row: what was asked for is there. */
static void name_columns(struct writer_text *w, const struct rows *r)
{
	end_line(w);
	for (size_t i = 0; i < r->n_names; i++) {
		if (i > 0)
			strbuf_addstr(&w->text, "  ");
		escape_add(&w->text, r->names[i], strlen(r->names[i]),
			   ESCAPE_LINE);
	}
	strbuf_addch(&w->text, '\n');
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
			    width > w->flow.indent ? width - w->flow.indent
						   : width);
		bare_lines(w, lines.buf);
		return;
	}
	if (r->n == 0) {
		if (!t->empty)
			return;
		if (t->named)
			name_columns(w, r);
		if (!t->bare)
			text_on_line(writer, NULL);
		flow_add(&w->flow, t->empty);
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
	if (w->screen.paged &&
	    pager_is_needed(w->out, w->text.buf, w->screen.width) &&
	    pager_show(w->text.buf, w->text.len))
		return 0;
	return output_write(w->out, w->text.buf, w->text.len, err);
}

static void text_on_free(struct writer *writer)
{
	strbuf_release(&of(writer)->text);
	free(writer);
}

static struct writer *text_on_document(struct writer *writer)
{
	struct writer_text *w = of(writer);
	struct writer *document = writer_markdown_new(w->out, &w->screen);

	text_on_free(writer);
	return document;
}

struct writer *writer_text_new(FILE *out, const struct screen *screen)
{
	static const struct writer_ops ops = {
		.table = text_on_table,
		.line = text_on_line,
		.words = text_on_words,
		.value = text_on_value,
		.gap = text_on_gap,
		.document = text_on_document,
		.end = text_on_end,
		.free = text_on_free,
	};
	struct writer_text *w = xcalloc(1, sizeof(*w));

	w->writer.ops = &ops;
	w->out = out;
	w->screen = *screen;
	strbuf_init(&w->text);
	w->flow.out = &w->text;
	w->flow.width = screen->width ? screen->width : WIDTH_DEFAULT;
	return &w->writer;
}
