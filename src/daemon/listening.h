/*
 * Where health, metrics and the page are served. Somebody else may have the
 * address when we start: nobody's alert waits for that, so the daemon works
 * without its page, says so, and tries again until it has it.
 */
#ifndef DAEMON_LISTENING_H
#define DAEMON_LISTENING_H

#include <stdbool.h>
#include <stdint.h>
#include "net/httpd.h"

struct app;

struct listening {
	struct httpd *httpd; /* NULL: off, or why says why not */
	char *why; /* what kept us from it at the last try; NULL nothing */
	int code; /* of why, as in struct err */
	int64_t next_mono_ms; /* of the next try */
	bool told; /* its alert is as it should be */
};

/* The first try; what comes of it is told by the first look. */
void listening_open(struct app *a);
/*
 * From the agenda: opens what could not be opened before, and opens and ends
 * the alert about it, also one of the run before. Milliseconds until the next
 * look; negative: never.
 */
int64_t listening_look(struct app *a, int64_t mono_ms);
void listening_close(struct listening *l);

/* Nobody is served, and should be: why, borrowed; else NULL. */
const char *listening_trouble(const struct app *a);
/* The command that shows who has the address, or what is wrong with it; caller
 * frees. */
char *listening_next(const struct app *a);

#endif
