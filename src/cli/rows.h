/*
 * Rows kept from a question to the database, or made by a command, until a
 * writer shows them. Owns copies of everything.
 */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#include <stddef.h>
#include <stdint.h>
#include "store/look.h"

struct rows {
	char **names;
	size_t n_names;
	struct cell *cells; /* n * n_names */
	size_t n, n_alloc; /* n_alloc counts cells */
	size_t max; /* rows_keep stops behind so many; 0: never */
	bool cut; /* there were more */
};

#define ROWS_INIT                                                              \
	{                                                                      \
		0                                                              \
	}

/* A look_row_fn: appends a copy of the row to the struct rows @rows. */
int rows_keep(void *rows, size_t n, const char *const *names,
	      const struct cell *cells);
void rows_release(struct rows *r);
/* Append copies of the last @n rows of @from. */
void rows_add_tail(struct rows *r, const struct rows *from, size_t n);

/* Cell of row @i by name; one of type CELL_NULL when there is none. */
const struct cell *rows_cell(const struct rows *r, size_t i, const char *name);
/* NULL for null. Borrowed. */
const char *rows_text(const struct rows *r, size_t i, const char *name);
/* 0 for null. */
int64_t rows_integer(const struct rows *r, size_t i, const char *name);
bool rows_has(const struct rows *r, const char *name);

struct cell cell_null(void);
struct cell cell_integer(int64_t value);
/* NULL is null. Borrowed. */
struct cell cell_text(const char *text);

#endif
