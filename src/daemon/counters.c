/*
 * Counting what the database does not keep. Used by the app and the metrics.
 *
 * tested with: scenario/test_life
 */
#include "daemon/counters.h"

const int64_t latency_limits_ms[LATENCY_BUCKETS] = {
	10, 50, 100, 500, 1000, 5000, 15000, 60000,
};

void counters_latency(struct counters *c, int64_t ms)
{
	for (int i = 0; i < LATENCY_BUCKETS; i++)
		c->latency[i] += ms <= latency_limits_ms[i];
	c->latency_n++;
	c->latency_sum_ms += ms;
}
