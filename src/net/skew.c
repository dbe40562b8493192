/*
 * The difference of two clocks. Called by whoever gets an answer (the sign-in,
 * the listings) and by the daemon, which tells people.
 */
#include "net/skew.h"

#include "util/clock.h"

void skew_note(struct skew *s, int64_t date_ms)
{
	if (date_ms)
		*s = (struct skew){ date_ms, clock_mono_ms() };
}

struct skew skew_later(struct skew a, struct skew b)
{
	if (!a.date_ms || !b.date_ms)
		return a.date_ms ? a : b;
	return a.at_mono_ms >= b.at_mono_ms ? a : b;
}

int64_t skew_ms(struct skew s)
{
	if (!s.date_ms)
		return 0;
	return clock_wall_ms() - clock_mono_ms() - (s.date_ms - s.at_mono_ms);
}
