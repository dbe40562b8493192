/*
 * How far long work has come: one line on standard error that is drawn over
 * and taken away at the end. On a terminal only, for work that lasts; nothing
 * at all elsewhere.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdio.h>
#include "store/watch.h"
#include "util/strbuf.h"

struct progress {
	FILE *out; /* NULL: nobody looks */
	size_t width;
	bool drawn;
	const char *what; /* the part of the work last shown */
	int64_t drawn_mono_ms; /* or when the work began */
	int64_t part_mono_ms; /* when that part began */
};

/*
 * From here to progress_end() Ctrl-C, SIGTERM and SIGHUP stop the work in
 * order (see progress_step) instead of the process. There is one at a time.
 */
void progress_begin(struct progress *p);
/* A store_watch_fn for a struct progress: non-zero when a signal came. */
int progress_step(void *p, const struct store_progress *s);
/* Takes the line away; may be called twice. */
void progress_end(struct progress *p);

/* The line for @s, @elapsed_ms into this part; at most @width columns. */
void progress_line(struct strbuf *sb, const struct store_progress *s,
		   int64_t elapsed_ms, size_t width);

#endif
