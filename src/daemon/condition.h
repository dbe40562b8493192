/*
 * How the parts of the daemon are: does each make progress, can each do its
 * work? One judgement for the watchdog, for /-/healthy and /-/ready, for the
 * heartbeats and for the metrics.
 */
#ifndef DAEMON_CONDITION_H
#define DAEMON_CONDITION_H

#include <stdbool.h>
#include <stdint.h>
#include "util/strbuf.h"

struct app;

enum part {
	PART_SOURCES, /* every poll that runs gets on */
	PART_DELIVERY, /* what is on its way gets on */
	PART_DATABASE, /* it takes changes */
	PART_DAEMON, /* it was not told to stop */
};
#define PART_MAX (PART_DAEMON + 1)
const char *part_name(enum part p); /* "sources" ... */

struct condition {
	const char *trouble; /* fixed text; NULL: the part is well */
	const char *about; /* which one, or what was said; borrowed; "" */
	const char *next; /* the command to go on with */
	bool stuck; /* only a restart helps */
};

/* How @p is now. */
void condition_of(const struct app *a, enum part p, struct condition *ret);

/*
 * Whether the database takes a change shows by making one: in a quiet hour
 * nobody else does. Not again within @every_ms; condition_of() knows then.
 */
void condition_try_store(struct app *a, int64_t every_ms);

/*
 * The answer of /-/healthy (@ready false) or /-/ready: "ok" or "ready", else a
 * line for each part that fails with its reason, and the next command below.
 * True when all is well.
 */
bool condition_write(const struct app *a, bool ready, struct strbuf *out);

#endif
