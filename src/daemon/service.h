/*
 * What systemd hears: readiness, one live line, the watchdog. Harmless without
 * systemd. Never waits: of a receiver that does not read, a state is told with
 * the next message, and the rest is lost.
 */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

/* Does anybody listen? To make a line costs more than to say it. */
bool service_is_heard(void);
void service_ready(void);
void service_reloading(void);
void service_stopping(void);
void service_status(const char *line);
/* Half of WatchdogSec in ms; 0: no watchdog. */
int64_t service_watchdog_ms(void);
/* False: it found no room, and must be said again before the time is over. */
bool service_watchdog(void);
/* Start-up takes long (a migration): ask for @ms more. */
void service_extend(int64_t ms);

#endif
