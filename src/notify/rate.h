/*
 * How many messages a target gets: a token bucket. Pure over the time it is
 * given, in whole numbers, so that nothing drifts. So many at once, then one
 * more each time that a share of the period has passed.
 */
#ifndef NOTIFY_RATE_H
#define NOTIFY_RATE_H

#include <stddef.h>
#include <stdint.h>

struct rate {
	int64_t messages, within_ms; /* messages 0: no limit */
	int64_t level; /* what is left; a message costs within_ms of it */
	int64_t at_ms; /* when that was so */
};

/* Full, but for @spent messages of the last period. */
void rate_init(struct rate *r, int64_t messages, int64_t within_ms,
	       int64_t spent, int64_t now_ms);
/* How many may go now; SIZE_MAX without a limit. */
size_t rate_room(struct rate *r, int64_t now_ms);
/* @n of them went; more than there was room for is owed. */
void rate_spend(struct rate *r, size_t n, int64_t now_ms);
/* When there will be room for one; @now_ms when there is. */
int64_t rate_next_ms(struct rate *r, int64_t now_ms);

#endif
