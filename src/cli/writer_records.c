/*
 * Rows with more columns than a screen has room for: each row as lines of
 * "name  value". Called by cli/writer_table when cutting would leave nothing
 * to read.
 *
 * tested with: test_writer
 */
#include <string.h>
#include "cli/escape.h"
#include "cli/flow.h"
#include "cli/writer_priv.h"

static size_t widest_heading(const struct table *t)
{
	size_t width = 0;

	for (size_t i = 0; i < t->n_columns; i++)
		width = MAX(width, escape_width(t->columns[i].heading));
	return width;
}

static void record_line(struct flow *f, const struct column *c,
			const struct cell *cell, int64_t now_ms)
{
	CLEANUP(strbuf_release) struct strbuf heading = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf words = STRBUF_INIT;

	escape_add(&heading, c->heading, strlen(c->heading), ESCAPE_LINE);
	strbuf_addstr(f->out, heading.buf);
	f->column = escape_width(heading.buf);
	format_value(&words, c->as, cell, now_ms);
	flow_add(f, words.buf);
	flow_break(f);
}

void record_lines(struct strbuf *out, const struct table *t,
		  const struct rows *r, const struct screen *screen)
{
	struct flow f = {
		.out = out,
		.width = screen->width,
		.indent = widest_heading(t) + 2,
	};

	for (size_t row = 0; row < r->n; row++) {
		if (row > 0)
			strbuf_addch(out, '\n');
		for (size_t i = 0; i < t->n_columns; i++)
			record_line(&f, &t->columns[i],
				    &r->cells[row * r->n_names + i],
				    screen->now_ms);
	}
}
