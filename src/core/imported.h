/*
 * What people had done to an alert where an export of it was made, as it comes
 * along with the alert. A plain record; strings are owned, valid UTF-8, cleaned
 * and clipped; NULL and 0 mean that there is none.
 */
#ifndef CORE_IMPORTED_H
#define CORE_IMPORTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/status.h"

#define IMPORTED_NOTES_MAX 1000

struct imported_note {
	char *by, *text;
	int64_t at_ms;
};

struct imported {
	bool has_work; /* else an older content of an alert with work */
	enum alert_state state;
	enum phase phase;
	enum verdict verdict;
	bool confirmed; /* somebody confirmed the severity */
	char *owner, *assigned_by;
	char *acknowledged_by, *acknowledge_note;
	int64_t acknowledged_ms;
	char *closed_by, *close_note;
	int64_t closed_ms; /* never 0 when it is closed */
	struct imported_note *notes; /* oldest first */
	size_t n_notes, n_notes_alloc;
};

/* NULL is fine; returns NULL. */
struct imported *imported_free(struct imported *i);

#endif
