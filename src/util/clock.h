/*
 * The only place that asks the kernel for the time. Wall-clock for what people
 * and SLAs see, monotonic for timers and measuring. Tests own a clock.
 */
#ifndef UTIL_CLOCK_H
#define UTIL_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970-01-01 UTC. */
int64_t clock_wall_ms(void);
/* Milliseconds of CLOCK_BOOTTIME: goes on in suspend, never jumps. */
int64_t clock_mono_ms(void);
/* Microseconds of CLOCK_MONOTONIC, for sd_notify RELOADING=1 and measuring. */
int64_t clock_mono_us(void);

/*
 * The moment @after_ms from now as the kernel's timed waits want it
 * (CLOCK_MONOTONIC). Never stands still: threads wait in real time.
 */
struct timespec;
void clock_wait_until(int64_t after_ms, struct timespec *ret);

/* Tests: stand still at these values until clock_release(). */
void clock_hold(int64_t wall_ms, int64_t mono_ms);
void clock_release(void);

#endif
