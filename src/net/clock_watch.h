/*
 * Tells when somebody sets the time of day: all waits for a moment of it were
 * computed before. Without it a clock that was wrong between two looks was
 * never seen to be.
 */
#ifndef NET_CLOCK_WATCH_H
#define NET_CLOCK_WATCH_H

#include "net/loop.h"

struct clock_watch;

/* Calls @fn in the loop after each set of the clock, also one that moves it
 * little. NULL with errno: the kernel does not tell. */
struct clock_watch *clock_watch_new(struct loop *l, void (*fn)(void *arg),
				    void *arg);
struct clock_watch *clock_watch_free(struct clock_watch *w); /* returns NULL */

#endif
