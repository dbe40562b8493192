/*
 * Which storms are on, so that their beginning and their end are told once
 * each. A storm ends by nothing happening: it is to be looked for.
 */
#ifndef DAEMON_STORMS_H
#define DAEMON_STORMS_H

#include "daemon/pipeline.h"
#include "triage/noise.h"

/* While one is on, to be looked at so often. */
#define STORMS_EVERY_MS 10000

struct storms {
	struct noise_storm *v; /* those that are on; targets are owned */
	size_t n, n_alloc;
};

void storms_release(struct storms *s);

/* @ended: what it has taken in by now may go with one more summary. */
typedef void storms_tell_fn(void *arg, const struct noise_storm *storm,
			    bool ended);
/* Compares with what was on the last time; outside a transaction. */
int storms_look(struct storms *s, struct pipeline *p, int64_t now_ms,
		storms_tell_fn *tell, void *arg, struct err *err) must_check;

#endif
