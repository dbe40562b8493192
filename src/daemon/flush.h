/*
 * The end of a wait: bundles that are due become messages, move to what holds
 * them now, or end where there is nothing left to tell. Inside the caller's
 * transaction, so that a kill loses nothing and says nothing twice.
 */
#ifndef DAEMON_FLUSH_H
#define DAEMON_FLUSH_H

#include "daemon/pipeline_priv.h"

/*
 * Flush what is due at @due_ms (later than @now_ms: sooner than planned), a
 * slice of it. Returns how many bundles ended; *ret_left (may be NULL) counts
 * those that went on waiting.
 */
int flush_due(struct pipeline *p, int64_t due_ms, int64_t now_ms,
	      size_t *ret_left, struct err *err) must_check;

#endif
