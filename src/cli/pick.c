/*
 * Choices between cells of a row, for columns and lines. Called through
 * struct column and by the commands. Formats nothing.
 */
#include "cli/pick.h"

#include <string.h>

static const struct cell nothing = { .type = CELL_NULL };

bool pick_is(const struct rows *r, size_t row, const char *name,
	     const char *word)
{
	const char *text = rows_text(r, row, name);

	return text && strcmp(text, word) == 0;
}

static bool is_absent(const struct cell *c)
{
	return c->type == CELL_NULL || (c->text && c->len == 0);
}

const struct cell *pick_due(const struct rows *r, size_t row)
{
	const struct cell *triage = rows_cell(r, row, "triage_due_ms");
	const struct cell *resolve = rows_cell(r, row, "resolve_due_ms");

	if (pick_is(r, row, "state", "closed"))
		return &nothing;
	if (is_absent(triage) || rows_integer(r, row, "triage_stopped_ms"))
		return resolve;
	return is_absent(resolve) || triage->integer <= resolve->integer
		       ? triage
		       : resolve;
}

const struct cell *pick_resource(const struct rows *r, size_t row)
{
	const struct cell *entity = rows_cell(r, row, "entity");

	return is_absent(entity) ? rows_cell(r, row, "resource_id") : entity;
}

bool pick_is_triaged(const struct rows *r, size_t row)
{
	return pick_is(r, row, "state", "acknowledged") &&
	       !is_absent(rows_cell(r, row, "owner")) &&
	       !is_absent(rows_cell(r, row, "confirmed_severity")) &&
	       is_absent(rows_cell(r, row, "acknowledge_expires_ms"));
}

const struct cell *pick_holder(const struct rows *r, size_t row)
{
	const struct cell *by = rows_cell(r, row, "acknowledged_by");

	if (is_absent(by) || pick_is_triaged(r, row))
		return rows_cell(r, row, "owner");
	return by;
}

const struct cell *pick_delivery_time(const struct rows *r, size_t row)
{
	const struct cell *sent = rows_cell(r, row, "sent_ms");

	return rows_integer(r, row, "sent_ms")
		       ? sent
		       : rows_cell(r, row, "created_ms");
}

const struct cell *pick_next_try(const struct rows *r, size_t row)
{
	if (pick_is(r, row, "state", "pending") ||
	    pick_is(r, row, "state", "retry"))
		return rows_cell(r, row, "not_before_ms");
	return &nothing;
}
