/*
 * What happens at a time: clocks warn and breach, ladders climb, bundles go
 * out, acknowledgements run out. Each due thing is one transaction.
 */
#ifndef DAEMON_TIMED_H
#define DAEMON_TIMED_H

#include "daemon/pipeline.h"

/*
 * Do what is due at @now_ms, at most a slice of it, so that the loop gets its
 * turn. Returns how many things were done (the caller comes back at once when
 * it is not 0), or a negative code.
 */
int timed_run(struct pipeline *p, int64_t now_ms, struct err *err) must_check;
/*
 * Send what is being collected now instead of at its time (digests of a later
 * day stay): the first poll is over, and this process ends (--once). Returns
 * how many bundles, or a negative code.
 */
int timed_flush(struct pipeline *p, int64_t now_ms, struct err *err) must_check;
/* The nearest due moment; 0 none. */
int64_t timed_next_ms(struct pipeline *p);

#endif
