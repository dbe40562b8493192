/*
 * See cells.h. Called by whoever reads answers of look() in the daemon.
 *
 * tested with: scenario/test_page
 */
#include "daemon/cells.h"

#include <string.h>

const struct cell *cells_find(const struct cells *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->names[i], name) == 0)
			return &c->v[i];
	return NULL;
}

int64_t cells_integer(const struct cells *c, const char *name)
{
	const struct cell *cell = cells_find(c, name);

	return cell ? cell->integer : 0;
}

const char *cells_text(const struct cells *c, const char *name)
{
	const struct cell *cell = cells_find(c, name);

	return cell && cell->text ? cell->text : "";
}
