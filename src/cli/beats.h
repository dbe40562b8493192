/* Heartbeats as the daemon tells of them: its answer into rows, and on screen.
 */
#ifndef CLI_BEATS_H
#define CLI_BEATS_H

#include <jansson.h>
#include "cli/rows.h"
#include "cli/writer.h"

/* One object {target, state, last_ms, reason} becomes one row. What is missing
 * is null. */
void beats_keep(struct rows *r, const json_t *beat);
/* "pulse: beats, last arrived 12 s ago". */
void beats_say(struct writer *w, const struct rows *r, size_t i);

#endif
