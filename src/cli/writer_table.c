/*
 * A table for people: no borders, a heading line, cut to the terminal's width.
 * Called by cli/writer_text. The only file that knows libsmartcols, which
 * aligns wide characters and colours; what may give way, and by how much, is
 * decided here, since the library cuts without a sign of it.
 *
 * tested with: test_writer
 */
#include "cli/writer_priv.h"

#include <libsmartcols.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "cli/escape.h"
#include "cli/flow.h"
#include "util/xmalloc.h"

#define SEPARATOR "  "
#define FLEX_LEAST 8
#define RECORD_LEAST 10 /* narrower columns than that show nothing */
#define WRAP_LEAST 24 /* less room: under the row instead */
#define WRAP_INDENT 4

struct grid {
	const struct table *table;
	const struct rows *rows;
	const struct screen *screen;
	size_t *shown; /* which columns of the table */
	size_t n_shown;
	char **cells; /* headings first, then rows; n_shown each */
	size_t *widths; /* of each column, of the shown ones */
	const struct column *wrap; /* the last column, not in cells; or NULL */
};

static void grid_release(struct grid *g)
{
	for (size_t i = 0; i < (g->rows->n + 1) * g->n_shown; i++)
		free(g->cells[i]);
	free(g->cells);
	free(g->shown);
	free(g->widths);
}

static const struct column *grid_column(const struct grid *g, size_t i)
{
	return &g->table->columns[g->shown[i]];
}

static const struct cell *pick(const struct column *c, const struct rows *r,
			       size_t row)
{
	return c->pick ? c->pick(r, row) : rows_cell(r, row, c->name);
}

static bool column_is_empty(const struct column *c, const struct rows *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct cell *cell = pick(c, r, i);

		if (cell->type == CELL_INTEGER ? cell->integer != 0
					       : cell->type != CELL_NULL)
			return false;
	}
	return true;
}

static char *cell_words(const struct grid *g, size_t row, size_t i)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const struct column *c = grid_column(g, i);

	format_value(&sb, c->as, pick(c, g->rows, row), g->screen->now_ms);
	return strbuf_detach(&sb);
}

static char *heading_words(const struct grid *g, size_t i)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const char *heading = grid_column(g, i)->heading;

	escape_add(&sb, heading, strlen(heading), ESCAPE_LINE);
	return strbuf_detach(&sb);
}

static void grid_fill(struct grid *g)
{
	const struct table *t = g->table;
	size_t i, row;

	g->shown = xcalloc(t->n_columns, sizeof(*g->shown));
	for (i = 0; i < t->n_columns; i++) {
		const struct column *c = &t->columns[i];

		if (c->flags & COLUMN_RARE && column_is_empty(c, g->rows))
			continue;
		if (c->flags & COLUMN_WRAP)
			g->wrap = c;
		else
			g->shown[g->n_shown++] = i;
	}
	g->cells = xcalloc((g->rows->n + 1) * g->n_shown, sizeof(*g->cells));
	g->widths = xcalloc(g->n_shown, sizeof(*g->widths));
	for (i = 0; i < g->n_shown; i++) {
		char **cell = &g->cells[i];

		*cell = heading_words(g, i);
		if (!t->bare)
			g->widths[i] = escape_width(*cell);
		for (row = 0; row < g->rows->n; row++) {
			cell += g->n_shown;
			*cell = cell_words(g, row, i);
			g->widths[i] = MAX(g->widths[i], escape_width(*cell));
		}
	}
}

/* Width of the table when no flexible column is wider than @cap. */
static size_t grid_width(const struct grid *g, size_t cap)
{
	size_t width = (g->n_shown - 1) * strlen(SEPARATOR);

	for (size_t i = 0; i < g->n_shown; i++)
		width += grid_column(g, i)->flags & COLUMN_FLEX
				 ? MIN(g->widths[i], cap)
				 : g->widths[i];
	return width;
}

/*
 * Narrow columns keep what they need and wide ones share the rest: the
 * largest cap with which the table fits.
 */
static void grid_fit(struct grid *g, size_t width)
{
	size_t low = FLEX_LEAST, high = width;

	while (low < high) {
		size_t cap = (low + high + 1) / 2;

		if (grid_width(g, cap) <= width)
			low = cap;
		else
			high = cap - 1;
	}
	for (size_t i = 0; i < g->n_shown; i++) {
		if (grid_column(g, i)->flags & COLUMN_FLEX)
			g->widths[i] = MIN(g->widths[i], low);
	}
	for (size_t i = 0; i < (g->rows->n + 1) * g->n_shown; i++) {
		CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
		unsigned flags = grid_column(g, i % g->n_shown)->flags;

		if (!(flags & COLUMN_FLEX))
			continue;
		if (flags & COLUMN_PATH && g->cells[i][0] == '/')
			escape_add_cut_start(&sb, g->cells[i], low);
		else
			escape_add_cut(&sb, g->cells[i], low);
		free(g->cells[i]);
		g->cells[i] = strbuf_detach(&sb);
	}
}

/* The library returns NULL or an error when memory is out, and only then. */
static void *checked(void *p)
{
	if (!p)
		abort();
	return p;
}

static void add_line(struct libscols_table *tb, const struct grid *g,
		     size_t row)
{
	struct libscols_line *line = checked(scols_table_new_line(tb, NULL));

	for (size_t i = 0; i < g->n_shown; i++) {
		const struct column *c = grid_column(g, i);
		enum tint tint = format_tint(c->as, pick(c, g->rows, row),
					     g->screen->now_ms);

		if (scols_line_set_data(line, i,
					g->cells[(row + 1) * g->n_shown + i]))
			abort();
		if (g->screen->colour && tint != TINT_NONE)
			scols_cell_set_color(scols_line_get_cell(line, i),
					     tint_start(tint));
	}
}

static struct libscols_table *make_table(const struct grid *g)
{
	struct libscols_table *tb;

	scols_init_debug(0);
	tb = checked(scols_new_table());
	/* Cells are safe already, and cut: see cli/escape.c. */
	scols_table_enable_noencoding(tb, 1);
	scols_table_set_termforce(tb, SCOLS_TERMFORCE_NEVER);
	scols_table_enable_colors(tb, g->screen->colour);
	scols_table_enable_noheadings(tb, g->table->bare);
	scols_table_set_column_separator(tb, SEPARATOR);
	for (size_t i = 0; i < g->n_shown; i++)
		checked(scols_table_new_column(tb, g->cells[i], 0,
					       grid_column(g, i)->flags &
							       COLUMN_RIGHT
						       ? SCOLS_FL_RIGHT
						       : 0));
	for (size_t row = 0; row < g->rows->n; row++)
		add_line(tb, g, row);
	return tb;
}

/* One cell of the wrapping column, behind or under its row. */
static void add_wrapped(const struct grid *g, struct flow *f, size_t row)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	const struct cell *c = pick(g->wrap, g->rows, row);
	enum tint tint = format_tint(g->wrap->as, c, g->screen->now_ms);
	bool tinted = g->screen->colour && tint != TINT_NONE;

	if (c->type == CELL_NULL || (c->text && c->len == 0))
		return;
	if (f->column >= f->indent)
		flow_break(f);
	if (tinted)
		strbuf_addstr(&sb, tint_start(tint));
	format_value(&sb, g->wrap->as, c, g->screen->now_ms);
	if (tinted)
		strbuf_addstr(&sb, TINT_END);
	flow_add(f, sb.buf);
}

/*
 * Line by line without the blanks that pad the last column, each row followed
 * by its wrapping cell. Cells hold no newline, so a line is a row.
 */
static void add_lines(struct strbuf *out, const struct grid *g,
		      const char *text, size_t width)
{
	size_t left = grid_width(g, SIZE_MAX) + strlen(SEPARATOR);
	bool below = width > 0 && left + WRAP_LEAST > width;
	size_t row = g->table->bare ? 1 : 0; /* 0: the headings */
	struct flow f = {
		.out = out,
		.width = width > 0 ? width : SIZE_MAX,
		.indent = below ? WRAP_INDENT : left,
	};

	for (; *text; row++) {
		size_t len = strcspn(text, "\n"), end = len;

		while (end > 0 && text[end - 1] == ' ')
			end--;
		f.column = 0;
		strbuf_add(out, text, end);
		text += text[len] ? len + 1 : len;
		f.column = escape_width(out->buf + out->len - end);
		if (g->wrap && row > 0)
			add_wrapped(g, &f, row - 1);
		else if (g->wrap && !below)
			flow_add(&f, g->wrap->heading);
		strbuf_addch(out, '\n');
	}
}

void table_lines(struct strbuf *out, const struct table *t,
		 const struct rows *r, const struct screen *screen,
		 size_t width)
{
	CLEANUP(grid_release)
	struct grid g = {
		.table = t,
		.rows = r,
		.screen = screen,
	};
	struct libscols_table *tb;
	char *text = NULL;

	grid_fill(&g);
	if (g.n_shown == 0)
		return;
	if (t->verbatim && width > 0 && grid_width(&g, RECORD_LEAST) > width) {
		record_lines(out, t, r, screen);
		return;
	}
	if (width > 0)
		grid_fit(&g, width);
	tb = make_table(&g);
	if (scols_print_table_to_string(tb, &text) != 0)
		abort();
	scols_unref_table(tb);
	add_lines(out, &g, text, width);
	free(text);
}
