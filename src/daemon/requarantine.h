/*
 * Quarantined items once more: what this version understands is handed to the
 * pipeline, as if it had just been read.
 */
#ifndef DAEMON_REQUARANTINE_H
#define DAEMON_REQUARANTINE_H

#include "conf/conf.h"
#include "daemon/pipeline.h"

#define REQUARANTINE_EVERY_MS INT64_C(3600000)

/*
 * Try the next slice behind *@after (an id; 0 from the beginning), which is
 * moved on. Returns 1 when there may be more, 0 at the end (*after is 0 then),
 * or a negative code. *ret_resolved is increased.
 */
int requarantine_slice(struct pipeline *p, int64_t *after,
		       int64_t *ret_resolved, struct err *err) must_check;

#endif
