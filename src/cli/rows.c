/*
 * Rows held in memory. Called by every command. Knows no column by name.
 */
#include "cli/rows.h"

#include <stdlib.h>
#include <string.h>
#include "util/xmalloc.h"

int rows_keep(void *rows, size_t n, const char *const *names,
	      const struct cell *cells)
{
	struct rows *r = rows;
	struct cell *to;

	if (cells && r->max > 0 && r->n == r->max) {
		r->cut = true;
		return 1;
	}
	if (!r->names) {
		r->names = xcalloc(n, sizeof(*r->names));
		r->n_names = n;
		for (size_t i = 0; i < n; i++)
			r->names[i] = xstrdup(names[i]);
	}
	if (!cells) /* the names alone */
		return 0;
	GROW(r->cells, (r->n + 1) * r->n_names, r->n_alloc);
	to = r->cells + r->n * r->n_names;
	for (size_t i = 0; i < r->n_names; i++) {
		to[i] = i < n ? cells[i] : cell_null();
		if (to[i].text)
			to[i].text = xmemdup(to[i].text, to[i].len + 1);
	}
	r->n++;
	return 0;
}

void rows_release(struct rows *r)
{
	for (size_t i = 0; i < r->n * r->n_names; i++)
		free((char *)r->cells[i].text);
	for (size_t i = 0; i < r->n_names; i++)
		free(r->names[i]);
	free(r->cells);
	free(r->names);
	*r = (struct rows)ROWS_INIT;
}

void rows_add_tail(struct rows *r, const struct rows *from, size_t n)
{
	for (size_t i = from->n > n ? from->n - n : 0; i < from->n; i++)
		(void)rows_keep(r, from->n_names,
				(const char *const *)from->names,
				from->cells + i * from->n_names);
}

static size_t rows_column(const struct rows *r, const char *name)
{
	size_t i = 0;

	while (i < r->n_names && strcmp(r->names[i], name) != 0)
		i++;
	return i;
}

bool rows_has(const struct rows *r, const char *name)
{
	return rows_column(r, name) < r->n_names;
}

const struct cell *rows_cell(const struct rows *r, size_t i, const char *name)
{
	static const struct cell none = { .type = CELL_NULL };
	size_t column = rows_column(r, name);

	if (i >= r->n || column == r->n_names)
		return &none;
	return &r->cells[i * r->n_names + column];
}

const char *rows_text(const struct rows *r, size_t i, const char *name)
{
	return rows_cell(r, i, name)->text;
}

int64_t rows_integer(const struct rows *r, size_t i, const char *name)
{
	const struct cell *c = rows_cell(r, i, name);

	return c->type == CELL_INTEGER ? c->integer : 0;
}

struct cell cell_null(void)
{
	return (struct cell){ .type = CELL_NULL };
}

struct cell cell_integer(int64_t value)
{
	return (struct cell){ .type = CELL_INTEGER, .integer = value };
}

struct cell cell_text(const char *text)
{
	if (!text)
		return cell_null();
	return (struct cell){ .type = CELL_TEXT,
			      .text = text,
			      .len = strlen(text) };
}
