/*
 * What must happen at a time: SLA clocks and ladders. Every row has the moment
 * to look at it again.
 */
#ifndef STORE_CLOCKS_H
#define STORE_CLOCKS_H

#include "core/decision.h"
#include "store/store.h"
#include "util/strlist.h"

/* Starts (or restarts, for a new episode) the triage clock of an alert. The
 * clock of an episode is pinned: starting it again changes nothing. */
int clocks_start(struct store *s, const struct clock_row *row,
		 const char *policy, struct err *err) must_check;
/* A new due time after a change of severity; a breach stays a breach. A clock
 * that was stopped does not move. */
int clocks_move(struct store *s, const struct clock_row *row,
		const char *policy, struct err *err) must_check;
/* Stops a running clock; met or breached by its breach time, and breached too
 * when it stops after its due time unmarked. 1 stopped, 0 none ran. */
int clocks_stop(struct store *s, int64_t alert_id, int64_t episode,
		int64_t now_ms, const char *why, struct err *err) must_check;
/* Warned or breached: @warned and @breached_ms (0 leaves it) and the next look.
 */
int clocks_mark(struct store *s, const struct clock_row *clock, int warned,
		int64_t breached_ms, int64_t next_ms,
		struct err *err) must_check;
/* Running clocks with next_ms <= @now_ms, oldest first. */
int clocks_due(struct store *s, int64_t now_ms, struct clock_row *ret,
	       size_t max, struct err *err) must_check;
int clocks_get(struct store *s, int64_t alert_id, int64_t episode,
	       struct clock_row *ret, struct err *err) must_check; /* 1, 0 */

int ladders_start(struct store *s, const struct ladder_row *row,
		  struct err *err) must_check;
/* Position and next_ms; next_ms 0 ends it. */
int ladders_save(struct store *s, const struct ladder_row *row,
		 struct err *err) must_check;
/* Stops all of an episode, keeping their positions. Returns how many. */
int ladders_stop(struct store *s, int64_t alert_id, int64_t episode,
		 const char *why, struct err *err) must_check;
int ladders_due(struct store *s, int64_t now_ms, struct ladder_row *ret,
		size_t max, struct err *err) must_check;

/* The nearest next_ms of clocks, ladders and bundles; 0 none. Needs no
 * transaction. */
int64_t clocks_next_ms(struct store *s);

#endif
