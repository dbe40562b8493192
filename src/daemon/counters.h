/*
 * Numbers that only live while the process does; the metrics add those the
 * database knows.
 */
#ifndef DAEMON_COUNTERS_H
#define DAEMON_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "daemon/pipeline.h"

#define LATENCY_BUCKETS 8

/* A count for each name; names are those of the settings, so they are few. */
struct tally {
	struct tally_row {
		char *name;
		uint64_t n;
	} * v;
	size_t n, n_alloc;
};

/* The worst of this minute and of the one before. */
struct worst {
	int64_t now_us, before_us;
	int64_t since_mono_ms; /* this minute */
};

struct counters {
	/* Delivery time of one attempt; bucket i counts <= latency_limits[i].
	 */
	uint64_t latency[LATENCY_BUCKETS];
	uint64_t latency_n;
	int64_t latency_sum_ms;
	int64_t detection_lag_ms; /* of the newest alert that opened */
	struct worst stall; /* of the loop */
	uint64_t reloads, reloads_failed;
	int64_t settings_ms; /* since when these are in use */
	bool settings_refused; /* the last reload was */
	uint64_t ack_links, ack_links_refused; /* of messages */
	uint64_t control_requests, control_denied;
	uint64_t template_failures; /* the built-in words went out */
	uint64_t news[NEWS_KIND_MAX]; /* what happened to alerts */
	struct tally retries; /* by target: tries that are made again */
	int64_t backup_ms; /* when the newest one was made; 0 none */
	int64_t backup_looked_mono_ms; /* 0 never */
};

extern const struct latency_limit {
	int64_t ms;
	const char *seconds; /* the same in words */
} latency_limits[LATENCY_BUCKETS];

void counters_latency(struct counters *c, int64_t ms);
void counters_release(struct counters *c);

void tally_add(struct tally *t, const char *name);
uint64_t tally_get(const struct tally *t, const char *name);

/* @us was the worst since the last call; returns the worst of now and of the
 * minute before, whoever asked in between. */
int64_t worst_note(struct worst *w, int64_t us, int64_t mono_ms);

#endif
