/*
 * Somebody who watches long work of the store: a bar on a terminal, or who can
 * be told to stop.
 */
#ifndef STORE_WATCH_H
#define STORE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct store_progress {
	const char *what; /* "copying": fixed text */
	int64_t done, total; /* total 0: nobody knows */
	bool bytes; /* what is counted; else rows */
};

/* Return non-zero to stop: the work then fails with ERR_CANCELLED. */
typedef int store_watch_fn(void *arg, const struct store_progress *p);

/* Lives as long as the work. */
struct store_watch {
	store_watch_fn *fn;
	void *arg;
};

/* True when @w (NULL: nobody) wants to stop. */
static inline bool store_watch_step(const struct store_watch *w,
				    const struct store_progress *p)
{
	return w && w->fn(w->arg, p) != 0;
}

#endif
