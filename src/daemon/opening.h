/* Opening the database at start, which may take as long as an upgrade does. */
#ifndef DAEMON_OPENING_H
#define DAEMON_OPENING_H

#include <stdint.h>
#include "store/store.h"
#include "store/watch.h"

/* As store_open(). While the schema of an older release is changed, systemd
 * is asked for time as long as work goes on; what was done is logged. */
int opening_store(const char *state_directory, struct store **ret,
		  struct err *err) must_check;

struct opening {
	int64_t began_mono_ms, asked_mono_ms;
};

/* A step of the work: a store_watch_fn, @arg is a struct opening. */
int opening_on_step(void *arg, const struct store_progress *p);

#endif
