/*
 * Answers for spreadsheets: the table of an answer, a heading line first,
 * safe to open (no cell is taken for a formula). Called through cli/writer.
 *
 * tested with: test_writer
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "cli/escape.h"
#include "cli/output.h"
#include "cli/writer.h"
#include "util/xmalloc.h"

struct writer_csv {
	struct writer writer;
	FILE *out;
	struct strbuf text;
};

static struct writer_csv *of(struct writer *w)
{
	return (struct writer_csv *)w;
}

/* A number is no formula: -5 stays a number. */
static void add_cell(struct strbuf *sb, const struct cell *c)
{
	switch (c->type) {
	case CELL_NULL:
		break;
	case CELL_INTEGER:
		strbuf_addf(sb, "%" PRId64, c->integer);
		break;
	case CELL_REAL:
		strbuf_addf(sb, "%.15g", c->real);
		break;
	case CELL_TEXT:
	case CELL_BYTES:
		escape_add_csv(sb, c->text, c->len);
		break;
	}
}

static void csv_on_table(struct writer *writer, const struct table *t,
			 const struct rows *r)
{
	struct strbuf *sb = &of(writer)->text;

	if (!t->key || t->aside)
		return;
	for (size_t i = 0; i < r->n_names; i++) {
		if (i > 0)
			strbuf_addch(sb, ',');
		escape_add_csv(sb, r->names[i], strlen(r->names[i]));
	}
	if (r->n_names > 0)
		strbuf_addch(sb, '\n');
	for (size_t i = 0; i < r->n * r->n_names; i++) {
		add_cell(sb, &r->cells[i]);
		strbuf_addstr(sb, (i + 1) % r->n_names ? "," : "\n");
	}
}

static int csv_on_end(struct writer *writer, struct err *err)
{
	struct writer_csv *w = of(writer);

	return output_write(w->out, w->text.buf, w->text.len, err);
}

static void csv_on_free(struct writer *writer)
{
	strbuf_release(&of(writer)->text);
	free(writer);
}

struct writer *writer_csv_new(FILE *out)
{
	static const struct writer_ops ops = {
		.table = csv_on_table,
		.end = csv_on_end,
		.free = csv_on_free,
	};
	struct writer_csv *w = xcalloc(1, sizeof(*w));

	w->writer.ops = &ops;
	w->out = out;
	strbuf_init(&w->text);
	return &w->writer;
}
