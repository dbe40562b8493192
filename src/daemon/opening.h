/* Opening the database at start, which may take as long as an upgrade does. */
#ifndef DAEMON_OPENING_H
#define DAEMON_OPENING_H

#include <stdint.h>
#include "daemon/pipeline.h"
#include "store/store.h"
#include "store/watch.h"

/*
 * As store_open(). While the schema of an older release is changed, systemd
 * is asked for time as long as work goes on; what was done is logged. When the
 * database had to be made although there had been one, *ret_beside (heap) is
 * the file that shows it; else NULL.
 */
int opening_store(const char *state_directory, struct store **ret,
		  char **ret_beside, struct err *err) must_check;
/* Raise the alert that the database is gone and a new one was made. */
int opening_tell_vanished(struct pipeline *p, const char *beside,
			  struct err *err) must_check;

struct opening {
	int64_t began_mono_ms, asked_mono_ms;
};

/* A step of the work: a store_watch_fn, @arg is a struct opening. */
int opening_on_step(void *arg, const struct store_progress *p);

#endif
