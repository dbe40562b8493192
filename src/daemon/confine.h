/*
 * The daemon takes from itself what it does not need of the file system
 * (util/landlock.h): for whoever runs it without the sandbox of systemd, and
 * inside of that once more. Hooks inherit it.
 */
#ifndef DAEMON_CONFINE_H
#define DAEMON_CONFINE_H

#include "conf/conf.h"

struct confine {
	bool in_force;
	struct confined_path *v; /* what is allowed */
	size_t n;
};

/*
 * Limit this process to what @c names and the system needs; before any thread
 * is made. Best effort: a kernel without it is told in the log, and is no
 * failure. Logs what it did.
 */
void confine_start(struct confine *co, const struct conf *c);
void confine_release(struct confine *co);
/* What @c names and was not allowed at the start, each a fault at its place:
 * that takes a restart. */
void confine_check(const struct confine *co, const struct conf *c,
		   struct faults *faults);

#endif
