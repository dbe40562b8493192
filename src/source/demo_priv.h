/* The story the demonstration tells: what is played, and when. */
#ifndef SOURCE_DEMO_PRIV_H
#define SOURCE_DEMO_PRIV_H

#include <stddef.h>
#include <stdint.h>
#include "source/normalize.h"

/*
 * An alert as its API would send it, in one line of JSON with ' for " and
 *	$C created   $F first activity   $L last activity   $U last update
 *	$M created in epoch milliseconds $S severity   $T status   $N a note
 * in the spelling of that API.
 */
struct demo_alert {
	enum door door;
	const char *severity, *status; /* at first */
	int lag_s; /* from the first activity to the alert */
	const char *json;
};

/* At poll @poll (from 1) the alert appears, or what is not NULL changes. */
struct demo_event {
	int poll;
	size_t alert;
	const char *severity, *status, *note;
};

extern const struct demo_alert demo_alerts[];
extern const size_t n_demo_alerts;
extern const struct demo_event demo_events[]; /* in the order of polls */
extern const size_t n_demo_events;

#endif
