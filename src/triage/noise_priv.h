/*
 * What the files of noise share: what is remembered of the last messages to
 * each target. Bounded: NOISE_GROUPS_MAX groups a target, each for
 * NOISE_REMEMBER_MS, and as many moments as a storm needs to be seen.
 */
#ifndef TRIAGE_NOISE_PRIV_H
#define TRIAGE_NOISE_PRIV_H

#include <sys/queue.h>
#include "triage/noise.h"

#define NOISE_GROUPS_MAX 4096 /* of a target */
#define NOISE_TACTICS_MAX 16 /* of a group; MITRE ATT&CK has 14 */
#define NOISE_BUCKETS 512

struct noise_group {
	TAILQ_ENTRY(noise_group) by_age;
	struct noise_group *next; /* in its bucket */
	char name[NOISE_GROUP_MAX];
	enum severity worst; /* told, or waiting to be */
	bool crown_jewel;
	uint64_t tactics[NOISE_TACTICS_MAX]; /* hashes of the words */
	size_t n_tactics;
	int64_t noted_ms;
	int64_t waits_until_ms; /* 0: nothing of it waits */
};

/* The last moments at which something happened; the oldest gives way. */
struct noise_moments {
	int64_t *v;
	size_t n, next, n_alloc;
	size_t in_order; /* the newest so many, each no earlier than the last */
};

/* A budget of messages. A storm is on from the first one too many until either
 * count has fallen to half. */
struct noise_budget {
	/* What asked to go, and what went: a message that waited for its group
	 * is counted when it asked and again when it goes. */
	struct noise_moments asked, went;
	int64_t storm_since_ms; /* 0: none that was seen to begin */
	/* Of that storm, and when it is over until the next one. */
	int64_t began_ms;
	size_t n_held, n_summaries;
	int64_t summary_ms; /* the last one; 0 never */
};

struct noise_target {
	struct noise_target *next;
	char *name;
	struct noise_budget budget, critical;
	TAILQ_HEAD(noise_group_list, noise_group) groups; /* oldest first */
	struct noise_group *buckets[NOISE_BUCKETS];
	size_t n_groups;
};

struct noise {
	const struct triage *triage; /* borrowed */
	const struct silence *silences; /* borrowed */
	size_t n_silences;
	struct noise_target *targets;
};

/* noise_memory.c. NULL: nothing is remembered of it. */
struct noise_target *noise_find_target(const struct noise *n, const char *name);
const struct noise_group *noise_find_group(const struct noise_target *t,
					   const char *name, int64_t now_ms);
bool noise_group_waits(const struct noise_group *g, int64_t now_ms);
/* Does @list name a tactic that @g has not told of? */
bool noise_group_lacks_tactic(const struct noise_group *g, const char *list);
/* Is a storm on, or would be if so many more asked to go, or went? */
struct noise_more {
	size_t ask, go;
};
bool noise_budget_is_stormy(const struct noise_budget *b,
			    const struct storm_plan *plan,
			    struct noise_more more, int64_t now_ms);

#endif
