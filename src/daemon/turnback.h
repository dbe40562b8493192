/*
 * The clock of this machine was ahead and was set back: what began to wait
 * meanwhile would wait for as long as it was ahead. Such waits get back what
 * was left of them, once the clock has kept to the earlier time for a while:
 * one that is wrong for a moment, as at the boot of a machine without a clock
 * of its own, moves nothing.
 */
#ifndef DAEMON_TURNBACK_H
#define DAEMON_TURNBACK_H

#include "daemon/pipeline.h"

/* A clock that goes back by less is only kept right. */
#define TURNBACK_LEAST_MS 5000
/* So long it must keep to the earlier time. */
#define TURNBACK_SETTLE_MS (5 * 60 * 1000)

struct turnback {
	int64_t by_ms; /* it is so far behind what it showed; 0 it is not */
	int64_t since_mono_ms;
};

/*
 * At the start, in its transaction and before it writes an event: what the run
 * before knew, and whether the newest event is of a time to come.
 */
int turnback_recall(struct turnback *t, struct store *s, int64_t now_ms,
		    int64_t mono_ms, struct err *err) must_check;
/* The clock jumped by @jump_ms, to @now_ms. In a transaction of its own. */
int turnback_jump(struct turnback *t, struct pipeline *p, int64_t jump_ms,
		  int64_t now_ms, int64_t mono_ms, struct err *err) must_check;
/*
 * Move the waits when it is time; not while the services say that the clock
 * is @behind, since it is wrong now then and was right before. In a
 * transaction of its own. 1 when something was moved, 0, negative.
 */
int turnback_look(struct turnback *t, struct pipeline *p, bool behind,
		  int64_t now_ms, int64_t mono_ms, struct err *err) must_check;
/* In how long to look; -1 there is nothing to look for. */
int64_t turnback_in_ms(const struct turnback *t, int64_t mono_ms);

#endif
