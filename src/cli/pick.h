/* Which cell of an alert's row (v_alerts) answers a person's question. */
#ifndef CLI_PICK_H
#define CLI_PICK_H

#include "cli/rows.h"

/* When it must be triaged or resolved, whichever is to be done first; null for
 * closed alerts and when nothing is. A clock that was stopped, in time or late,
 * or is on hold asks for nothing. */
const struct cell *pick_due(const struct rows *r, size_t row);
/* What is hit: the entity's name, else the resource's path. */
const struct cell *pick_resource(const struct rows *r, size_t row);
/* It has an owner and a severity that somebody confirmed. */
bool pick_is_triaged(const struct rows *r, size_t row);
/* Who has it: the owner of what is triaged, else who acknowledged, else the
 * owner. */
const struct cell *pick_holder(const struct rows *r, size_t row);
/* When a delivery went out, else when it was owed. */
const struct cell *pick_delivery_time(const struct rows *r, size_t row);
/* Until when a message waits; null for what will not be tried again. */
const struct cell *pick_next_try(const struct rows *r, size_t row);

/* Is the text cell @name of the row @word? */
bool pick_is(const struct rows *r, size_t row, const char *name,
	     const char *word);

#endif
