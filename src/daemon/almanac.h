/*
 * An hourly look at the holiday calendars: a file that has no holiday of a year
 * within reach was right when the daemon started, and makes a due time wrong
 * months later. One alert about triaged itself for each calendar, closed when
 * the file is newer.
 */
#ifndef DAEMON_ALMANAC_H
#define DAEMON_ALMANAC_H

#include "daemon/pipeline.h"

/* Also of expiry_look(), whose last step is a day before the end. */
#define ALMANAC_EVERY_MS (INT64_C(3600) * 1000)

/* 0 or a negative code. */
int almanac_look(struct pipeline *p, int64_t now_ms,
		 struct err *err) must_check;

#endif
