/* When to try again: a pure function of the attempt number. */
#ifndef UTIL_BACKOFF_H
#define UTIL_BACKOFF_H

#include <stdint.h>

/*
 * Delay before attempt @attempt + 1 (@attempt counts failures so far, from 1):
 * @base_ms doubled each time up to @max_ms, then moved by at most a quarter
 * either way by @random (any 32 random bits).
 */
int64_t backoff_ms(unsigned attempt, int64_t base_ms, int64_t max_ms,
		   uint32_t random);

#endif
