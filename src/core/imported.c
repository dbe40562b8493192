/*
 * See imported.h. Called by alert.c, which owns it.
 *
 * tested with: source/test_import_item
 */
#include "core/imported.h"

#include <stdlib.h>
#include "util/compiler.h"

struct imported *imported_free(struct imported *i)
{
	if (!i)
		return NULL;
	for (size_t n = 0; n < i->n_notes; n++) {
		free(i->notes[n].by);
		free(i->notes[n].text);
	}
	free(i->notes);
	free(i->owner);
	free(i->assigned_by);
	free(i->acknowledged_by);
	free(i->acknowledge_note);
	free(i->closed_by);
	free(i->close_note);
	free(i);
	return NULL;
}
