/* What systemd hears: readiness, one live line, the watchdog. Harmless without
 * systemd. */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

#include <stdint.h>

void service_ready(void);
void service_reloading(void);
void service_stopping(void);
void service_status(const char *line);
/* Half of WatchdogSec in ms; 0: no watchdog. */
int64_t service_watchdog_ms(void);
void service_watchdog(void);
/* Start-up takes long (a migration): ask for @ms more. */
void service_extend(int64_t ms);

#endif
