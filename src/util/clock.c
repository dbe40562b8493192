/*
 * The only place that asks the kernel for the time. The loop calls it once a
 * turn; decisions take the answer as a parameter.
 */
#include "util/clock.h"

#include <stdbool.h>
#include <time.h>

static struct {
	bool held;
	int64_t wall_ms;
	int64_t mono_ms;
} hold;

static int64_t read_us(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) < 0)
		return -1;
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
	if (hold.held)
		return hold.wall_ms;
	return read_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_mono_ms(void)
{
	int64_t us;

	if (hold.held)
		return hold.mono_ms;
	/* A sandbox or an emulator may refuse CLOCK_BOOTTIME. */
	us = read_us(CLOCK_BOOTTIME);
	if (us < 0)
		us = read_us(CLOCK_MONOTONIC);
	return us / 1000;
}

int64_t clock_mono_us(void)
{
	if (hold.held)
		return hold.mono_ms * 1000;
	return read_us(CLOCK_MONOTONIC);
}

void clock_wait_until(int64_t after_ms, struct timespec *ret)
{
	clock_gettime(CLOCK_MONOTONIC, ret);
	ret->tv_sec += after_ms / 1000;
	ret->tv_nsec += after_ms % 1000 * 1000000;
	if (ret->tv_nsec >= 1000000000) {
		ret->tv_sec++;
		ret->tv_nsec -= 1000000000;
	}
}

void clock_hold(int64_t wall_ms, int64_t mono_ms)
{
	hold.held = true;
	hold.wall_ms = wall_ms;
	hold.mono_ms = mono_ms;
}

void clock_release(void)
{
	hold.held = false;
}
