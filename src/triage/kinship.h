/*
 * Which other alerts belong to one, the closest first: the rarer what they
 * share and the nearer in time, the closer. Pure.
 */
#ifndef TRIAGE_KINSHIP_H
#define TRIAGE_KINSHIP_H

#include <stdbool.h>
#include "core/relation.h"

struct related {
	int64_t alert_id, seen_ms;
	int64_t score;
	/* The relations that say why, the strongest first; borrowed. */
	const struct relation **why;
	size_t n_why;
};

struct kinship {
	struct related *v; /* the closest first */
	size_t n;
	const struct relation **reasons; /* room of the whys */
};

/*
 * What one shared thing says about two alerts first seen @apart_ms from each
 * other: how telling its kind is, times how few have it, times how near.
 */
int64_t kinship_score(const struct relation *r, int64_t apart_ms);
/*
 * One entry for each alert in @list, whose score is the sum of all it shares
 * with the one first seen at @seen_ms; the same thing twice counts once. Of
 * two that are as close the nearer in time is first, then the newer. Borrows
 * @list, whose order it changes.
 */
void kinship_rank(struct relations *list, int64_t seen_ms, struct kinship *ret);
void kinship_release(struct kinship *l);

#endif
