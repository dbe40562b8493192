/* Cells of an answer of the database, by the names of their columns. */
#ifndef DAEMON_CELLS_H
#define DAEMON_CELLS_H

#include "store/look.h"

/* What a look_row_fn is given. */
struct cells {
	size_t n;
	const char *const *names;
	const struct cell *v;
};

/* NULL: there is no such column. */
const struct cell *cells_find(const struct cells *c, const char *name);
/* 0 and "" where there is none, or null. Borrowed. */
int64_t cells_integer(const struct cells *c, const char *name);
const char *cells_text(const struct cells *c, const char *name);

#endif
