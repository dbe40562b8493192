/* Outcomes of a command that changes several things, one for each. */
#ifndef CLI_RESULTS_H
#define CLI_RESULTS_H

#include "cli/rows.h"
#include "cli/writer.h"

struct results {
	struct rows rows; /* id, code, text */
	int worst; /* first failure; 0 none */
};

#define RESULTS_INIT                                                           \
	{                                                                      \
		ROWS_INIT, 0                                                   \
	}

/* @rc of the change asked for by @word, and what to say about it. */
void results_add(struct results *r, const char *word, int rc, const char *text);
/* The next one would fail the same way: no daemon, no right. */
bool results_is_hopeless(int rc);
/* Writes all; returns the first failure, 0 when there was none. */
int results_say(const struct results *r, struct writer *w);
void results_release(struct results *r);

#endif
