/* Somebody else changed an alert first: who did what, and how long ago. */
#ifndef CLI_FASTER_H
#define CLI_FASTER_H

#include "cli/rows.h"
#include "util/strbuf.h"

/*
 * Append the newest change among @events (LOOK_EVENTS of one alert) that a
 * person or a source made, as "alice set its phase to contain 12 s ago". False,
 * and nothing appended, when there is none.
 */
bool faster_add_change(struct strbuf *sb, const struct rows *events,
		       int64_t now_ms);
/* The same, but only what @kind ("reopened") names counts. */
bool faster_add_kind(struct strbuf *sb, const struct rows *events,
		     const char *kind, int64_t now_ms);
/* " 3 min ago": rounded down, so that it never says more than has passed. */
void faster_add_ago(struct strbuf *sb, int64_t at_ms, int64_t now_ms);
/* " (false positive)" for "false-positive"; nothing for NULL. */
void faster_add_verdict(struct strbuf *sb, const char *verdict);

#endif
