/*
 * Whose trail tells most about an alert, and over which time: what
 * `triagectl activities` asks for when nobody says so. Pure.
 */
#ifndef TRIAGE_TRAIL_H
#define TRIAGE_TRAIL_H

#include <stdbool.h>
#include "core/alert.h"

#define TRAIL_AROUND_MS INT64_C(7200000) /* when nobody says how long */
#define TRAIL_AROUND_LEAST_MS INT64_C(60000)
#define TRAIL_AROUND_MOST_MS INT64_C(604800000)
#define TRAIL_LIMIT 500 /* activities, when nobody says how many */
#define TRAIL_LIMIT_MOST 2000

enum trail_kind { TRAIL_ACCOUNT, TRAIL_IP };
#define TRAIL_KIND_MAX (TRAIL_IP + 1)

struct trail {
	enum trail_kind kind;
	const char *value; /* the entity's own */
};

/* "account", "ip": as entities call them. */
const char *trail_kind_name(enum trail_kind k);
/*
 * Those of @entities whose trail can be asked for, each once, the most telling
 * first: accounts by a name that services know before other names, addresses
 * behind them, what attacked before what was hit. Returns how many, at most
 * @max.
 */
size_t trail_rank(const struct entity *entities, size_t n, struct trail *ret,
		  size_t max);

/* Instants of an alert; 0: not known. */
struct trail_times {
	int64_t activity_from_ms, activity_to_ms, created_ms, seen_ms;
};
struct trail_window {
	int64_t from_ms, to_ms; /* both belong to it */
	int64_t moment_ms; /* the alert's own */
};
/* @around_ms before its first activity until as long behind its last, but not
 * beyond @now_ms; an alert about days counts with its last day. */
struct trail_window trail_window(const struct trail_times *t, int64_t around_ms,
				 int64_t now_ms);

#endif
