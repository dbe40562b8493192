/*
 * All recurring work in one table and one timer: each job says when it wants
 * to come back, the loop sleeps until the nearest.
 */
#ifndef DAEMON_AGENDA_H
#define DAEMON_AGENDA_H

#include <stdbool.h>
#include <stdint.h>
#include "net/loop.h"

/* Does what is due; returns the delay in ms until it wants to come back, or -1
 * never. */
typedef int64_t agenda_fn(void *arg, int64_t now_ms, int64_t mono_ms);

struct agenda_job {
	const char *name;
	agenda_fn *fn;
};

struct agenda;

/* @jobs (ended by a NULL fn) is borrowed. Nothing runs before the loop does. */
struct agenda *agenda_new(struct loop *l, const struct agenda_job *jobs,
			  void *arg);
struct agenda *agenda_free(struct agenda *a); /* returns NULL */
/* Look at every job in the loop's next turn. */
void agenda_kick(struct agenda *a);
/* Monotonic time of the last run, for the watchdog. */
int64_t agenda_last_ms(const struct agenda *a);

#endif
