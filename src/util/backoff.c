/*
 * When to try again. Called by source/, notify/ and net/; asks neither clock
 * nor random source itself.
 */
#include "util/backoff.h"

int64_t backoff_ms(unsigned attempt, int64_t base_ms, int64_t max_ms,
		   uint32_t random)
{
	int64_t delay_ms = base_ms;
	int64_t spread_ms;

	/* Compared before doubling, so that nothing overflows. */
	for (unsigned i = 1; i < attempt && delay_ms < max_ms; i++)
		delay_ms = delay_ms > max_ms / 2 ? max_ms : delay_ms * 2;
	if (delay_ms > max_ms)
		delay_ms = max_ms;
	if (delay_ms <= 0)
		return 0;
	/* random / 2^32 of the spread, without bias and without double. */
	spread_ms = delay_ms / 4 * 2;
	return delay_ms - spread_ms / 2 +
	       (int64_t)(((unsigned __int128)random *
			  (uint64_t)(spread_ms + 1)) >>
			 32);
}
