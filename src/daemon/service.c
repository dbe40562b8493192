/*
 * sd_notify in words of ours. Called by the app; the only file that knows it.
 *
 * tested with: scenario/test_life
 */
#include "daemon/service.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>

#include "util/clock.h"

void service_ready(void)
{
	(void)sd_notify(0, "READY=1"); /* no systemd: nobody to tell */
}

void service_reloading(void)
{
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
			 clock_mono_us());
}

void service_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1\nSTATUS=stopping");
}

void service_status(const char *line)
{
	(void)sd_notifyf(0, "STATUS=%s", line);
}

int64_t service_watchdog_ms(void)
{
	uint64_t us = 0;

	if (sd_watchdog_enabled(0, &us) <= 0)
		return 0;
	return (int64_t)(us / 2000);
}

void service_watchdog(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

void service_extend(int64_t ms)
{
	(void)sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" PRId64, ms * 1000);
}
