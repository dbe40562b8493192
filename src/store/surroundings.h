/*
 * What happened near an alert: was another high detector about one of the same
 * entities? Kept for alerts of base high alone, so that others cost nothing.
 */
#ifndef STORE_SURROUNDINGS_H
#define STORE_SURROUNDINGS_H

#include <stdbool.h>
#include "core/alert.h"
#include "store/store.h"

#define SURROUNDINGS_MS (INT64_C(60) * 60 * 1000)

struct high_sight {
	int64_t alert_id; /* 0: not stored yet */
	const struct alert *alert;
	int64_t seen_ms; /* its first sight */
	bool is_new; /* nothing is kept of it that would have to go */
};

/*
 * Was another alert of base high, of another alert type and on one of the same
 * entities, first seen at most SURROUNDINGS_MS before @h or after it, and not
 * after @now_ms? 1, 0. Entities that many have in common (an application, a
 * process name, a whole subscription) do not count.
 */
int surroundings_other_high(struct store *s, const struct high_sight *h,
			    int64_t now_ms, struct err *err) must_check;
/* Remember @h for the others, with the entities it has now; with @is_high false
 * forget it. */
int surroundings_keep(struct store *s, const struct high_sight *h, bool is_high,
		      struct err *err) must_check;

#endif
