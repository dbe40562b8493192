/*
 * Documents for people: headings, paragraphs and lists that a terminal, a chat
 * and a renderer of Markdown show. Called through cli/writer. Knows no command.
 * Values have gone through cli/escape in format_value and go through
 * cli/markdown here, so nothing of an alert becomes markup.
 *
 * A labelled line is an item of a list, a line without label a paragraph, and a
 * table a list with its cells joined by commas. On a terminal lines are
 * wrapped; in a file each item is one line, as a chat wants it.
 *
 * tested with: test_markdown
 */
#include <stdlib.h>
#include <string.h>
#include "cli/escape.h"
#include "cli/markdown.h"
#include "cli/output.h"
#include "cli/writer.h"
#include "util/xmalloc.h"

enum block { BLOCK_NONE, BLOCK_PARAGRAPH, BLOCK_ITEM, BLOCK_HEADING };

struct writer_markdown {
	struct writer writer;
	FILE *out;
	int64_t now_ms;
	size_t width; /* SIZE_MAX: no limit */
	struct strbuf text;
	enum block block; /* that is being written, or was last */
	size_t column;
	bool fresh; /* nothing stands on the line but its indent */
	bool blank; /* is owed before the next word */
};

static struct writer_markdown *of(struct writer *w)
{
	return (struct writer_markdown *)w;
}

static void end_block(struct writer_markdown *w)
{
	if (w->column > 0)
		strbuf_addch(&w->text, '\n');
	w->column = 0;
	w->blank = false;
}

/* Items stand together; anything else begins behind an empty line. */
static void begin_block(struct writer_markdown *w, enum block block,
			const char *mark)
{
	end_block(w);
	if (w->block != BLOCK_NONE &&
	    (block != BLOCK_ITEM || w->block != BLOCK_ITEM))
		strbuf_addch(&w->text, '\n');
	w->block = block;
	strbuf_addstr(&w->text, mark);
	w->column = strlen(mark);
	w->fresh = true;
}

static void break_line(struct writer_markdown *w)
{
	const char *indent = w->block == BLOCK_ITEM ? "  " : "";

	strbuf_addf(&w->text, "\n%s", indent);
	w->column = strlen(indent);
	w->fresh = true;
}

/* One word of escaped text, which is never broken. */
static void put_word(struct writer_markdown *w, const char *word, size_t len)
{
	CLEANUP(free_ptr) char *copy = xstrndup(word, len);
	size_t width = escape_width(copy);

	if (w->blank && !w->fresh) {
		if (w->block != BLOCK_HEADING &&
		    w->column + 1 + width > w->width) {
			break_line(w);
		} else {
			strbuf_addch(&w->text, ' ');
			w->column++;
		}
	}
	w->blank = false;
	if (w->fresh)
		markdown_add_first(&w->text, word, len);
	else
		strbuf_add(&w->text, word, len);
	w->fresh = false;
	w->column += width;
}

static void put_text(struct writer_markdown *w, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, " \n");

		if (len > 0)
			put_word(w, text, len);
		text += len;
		if (*text) {
			w->blank = true;
			text++;
		}
	}
}

static void markdown_on_heading(struct writer *writer, int level)
{
	static const char *const marks[] = { "# ", "## ", "### " };
	struct writer_markdown *w = of(writer);

	begin_block(w, BLOCK_HEADING,
		    marks[MIN(MAX(level, 1), (int)ARRAY_SIZE(marks)) - 1]);
}

static void markdown_on_line(struct writer *writer, const char *label)
{
	struct writer_markdown *w = of(writer);

	begin_block(w, label ? BLOCK_ITEM : BLOCK_PARAGRAPH, label ? "- " : "");
	if (!label || !*label)
		return;
	strbuf_addf(&w->text, "**%s**: ", label);
	w->column += strlen(label) + strlen("**: **");
	w->fresh = false;
}

static void markdown_on_words(struct writer *writer, const char *text)
{
	put_text(of(writer), text);
}

/* Each line of a long text is a quoted paragraph of its own. */
static void put_quote(struct writer_markdown *w, char *text)
{
	bool item = w->block == BLOCK_ITEM, first = true;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;

		line += strspn(line, " ");
		if (!*line)
			continue;
		markdown_add_text(&sb, line);
		if (w->column > 0)
			strbuf_addch(&w->text, '\n');
		if (!first)
			strbuf_addf(&w->text, "%s>\n", item ? "  " : "");
		strbuf_addf(&w->text, "%s> ", item ? "  " : "");
		markdown_add_first(&w->text, sb.buf, sb.len);
		w->column = 1;
		first = false;
	}
	w->fresh = false;
}

static void markdown_on_value(struct writer *writer, enum as as,
			      const struct cell *c)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct writer_markdown *w = of(writer);

	format_value(&safe, as, c, w->now_ms);
	if (as == AS_LINES) {
		put_quote(w, safe.buf);
		return;
	}
	markdown_add_text(&sb, safe.buf);
	put_text(w, sb.buf);
}

static void markdown_on_code(struct writer *writer, const struct cell *c)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	struct writer_markdown *w = of(writer);

	format_value(&safe, AS_TEXT, c, w->now_ms);
	markdown_add_code(&sb, safe.buf);
	put_word(w, sb.buf, sb.len);
}

static bool is_empty(const struct cell *c)
{
	return c->type == CELL_NULL || (c->text && c->len == 0);
}

static void put_cell(struct writer *writer, const struct column *column,
		     const struct cell *c, bool first)
{
	struct writer_markdown *w = of(writer);

	if (is_empty(c))
		return;
	if (!first) {
		strbuf_addch(&w->text, ',');
		w->column++;
		w->blank = true;
	}
	if (column->heading[0]) {
		put_text(w, column->heading);
		w->blank = true;
	}
	markdown_on_value(writer, column->as, c);
}

static void put_row(struct writer *writer, const struct table *t,
		    const struct rows *r, size_t row)
{
	bool first = true;

	markdown_on_line(writer, "");
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct column *column = &t->columns[i];
		const struct cell *c =
			column->pick ? column->pick(r, row)
				     : rows_cell(r, row, column->name);

		put_cell(writer, column, c, first);
		first = first && is_empty(c);
	}
}

static void markdown_on_table(struct writer *writer, const struct table *t,
			      const struct rows *r)
{
	if (!t->columns)
		return;
	for (size_t row = 0; row < r->n; row++)
		put_row(writer, t, r, row);
	if (r->n > 0 || !t->empty)
		return;
	markdown_on_line(writer, "");
	put_text(of(writer), t->empty);
}

static int markdown_on_end(struct writer *writer, struct err *err)
{
	struct writer_markdown *w = of(writer);

	end_block(w);
	return output_write(w->out, w->text.buf, w->text.len, err);
}

static void markdown_on_free(struct writer *writer)
{
	strbuf_release(&of(writer)->text);
	free(writer);
}

struct writer *writer_markdown_new(FILE *out, const struct screen *screen)
{
	static const struct writer_ops ops = {
		.table = markdown_on_table,
		.heading = markdown_on_heading,
		.line = markdown_on_line,
		.words = markdown_on_words,
		.value = markdown_on_value,
		.code = markdown_on_code,
		.end = markdown_on_end,
		.free = markdown_on_free,
	};
	struct writer_markdown *w = xcalloc(1, sizeof(*w));

	w->writer.ops = &ops;
	w->out = out;
	w->now_ms = screen->now_ms;
	w->width = screen->width ? screen->width : SIZE_MAX;
	strbuf_init(&w->text);
	return &w->writer;
}
