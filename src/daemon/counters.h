/*
 * Numbers that only live while the process does; the metrics add those the
 * database knows.
 */
#ifndef DAEMON_COUNTERS_H
#define DAEMON_COUNTERS_H

#include <stdint.h>

#define LATENCY_BUCKETS 8

struct counters {
	/* Delivery time of one attempt; bucket i counts <=
	 * latency_limits_ms[i]. */
	uint64_t latency[LATENCY_BUCKETS];
	uint64_t latency_n;
	int64_t latency_sum_ms;
	int64_t detection_lag_ms; /* of the newest alert that opened */
	int64_t stall_us; /* longest since the last look */
	uint64_t reloads, reloads_failed;
	uint64_t ack_links, ack_links_refused; /* of messages */
	uint64_t control_requests, control_denied;
	uint64_t template_failures; /* the built-in words went out */
};

extern const int64_t latency_limits_ms[LATENCY_BUCKETS];

void counters_latency(struct counters *c, int64_t ms);

#endif
