/* What a live check finds, a row at a time: lines for people or for programs.
 */
#ifndef DAEMON_LIVE_SAY_H
#define DAEMON_LIVE_SAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct live_say {
	FILE *out;
	bool json; /* an object a line */
	size_t n_ok, n_failed;
};

struct live_row {
	const char *about; /* "source", "target" */
	const char *name, *step;
	bool ok;
	const char *text; /* what was seen, or what failed */
	const char *next; /* the command to go on with; NULL or "": none */
};

/* Written at once. Text of others is cleaned here. */
void live_say_row(struct live_say *s, const struct live_row *r);
/* The last line: how many. False when something could not be written. */
bool live_say_end(struct live_say *s);

#endif
