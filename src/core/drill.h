/*
 * A drill: somebody wants to know whether an alert that came now would reach
 * anybody. It is an alert of a kind of its own, and this record of who asked
 * for it, until when it lasts and what came of it.
 */
#ifndef CORE_DRILL_H
#define CORE_DRILL_H

#include <stdbool.h>
#include <stdint.h>
#include "core/severity.h"

/* Nobody needs longer to answer, and what is forgotten ends by itself. */
#define DRILL_LEAST_MS INT64_C(1000)
#define DRILL_MOST_MS INT64_C(14400000)

/* Stored numbers; only ever append. */
enum drill_result {
	DRILL_RUNNING = 0,
	DRILL_PASSED = 1, /* somebody was told, and answered */
	DRILL_UNANSWERED = 2, /* somebody was told, and nobody answered */
	DRILL_UNREACHED = 3, /* no receiver accepted a message */
};
#define DRILL_RESULT_MAX (DRILL_UNREACHED + 1)
/* "running", "passed", "unanswered", "unreached". */
const char *drill_result_name(enum drill_result r);

struct drill {
	int64_t id; /* 0 before it is stored */
	int64_t alert_id; /* 0: not yet, or removed since */
	char *asked_by, *reason; /* owned; reason NULL: none was given */
	enum severity severity; /* as asked for; rules may set another */
	bool with_hooks; /* targets of type exec run too */
	int64_t started_ms, ends_ms;
};

void drill_release(struct drill *d);

#endif
