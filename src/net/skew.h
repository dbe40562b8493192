/*
 * How far this machine's clock is from a service's, by the Date of its answers.
 * A token and a signed assertion hold instants: with a clock that is off by
 * more than five minutes a sign-in is refused for no reason that shows.
 */
#ifndef NET_SKEW_H
#define NET_SKEW_H

#include <stdint.h>

/* As far off as a service of Microsoft takes. */
#define SKEW_MAX_MS INT64_C(300000)

/* The last measure, kept as the service's time at an instant of the monotonic
 * clock: so it stays true when somebody sets this machine's. */
struct skew {
	int64_t date_ms, at_mono_ms; /* date_ms 0: never measured */
};

/* An answer just came with this Date (xfer_reply.date_ms); 0: with none. */
void skew_note(struct skew *s, int64_t date_ms);
/* The later one of two measures. */
struct skew skew_later(struct skew a, struct skew b);
/* Our clock minus theirs, now; positive: ours is ahead. 0 also when nothing was
 * measured. */
int64_t skew_ms(struct skew s);

#endif
