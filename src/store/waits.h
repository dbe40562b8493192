/*
 * Waits that began on a clock which was ahead and was set back: an
 * acknowledgement for four hours given in 2036 would hold for ten years. They
 * keep what was left of them. What happened keeps the time it was written down
 * with: first sights, who did what when, the audit log.
 */
#ifndef STORE_WAITS_H
#define STORE_WAITS_H

#include "store/store.h"

enum wait_kind {
	WAIT_ACKNOWLEDGEMENT, /* until it runs out */
	WAIT_CLOCK, /* of SLAs, and holds of them */
	WAIT_LADDER, /* until the next step */
	WAIT_MESSAGE, /* in the outbox: until the next try, and its expiry */
	WAIT_TOO_OLD, /* messages that ran out while it was ahead: owed again */
	WAIT_BUNDLE, /* until messages that wait together go */
	WAIT_SILENCE,
	WAIT_DRILL,
	WAIT_RESPONSE, /* for an approval, or until the next try */
};
#define WAIT_KIND_MAX (WAIT_RESPONSE + 1)

/* "acknowledgements" ..., for the log */
const char *wait_kind_name(enum wait_kind k);

struct wait_clock {
	int64_t alert_id;
	int kind, severity; /* enum clock_kind, enum severity */
};
/* The running clocks that began after @now_ms, by alert: those waits_move()
 * moves with their start. *ret is heap, NULL for none; returns how many. Needs
 * no transaction. */
int waits_clocks(struct store *s, int64_t now_ms, struct wait_clock **ret,
		 struct err *err) must_check;
/*
 * The clock shows @now_ms and was set back by @by_ms: each wait that has not
 * ended and began after @now_ms ends @by_ms earlier, and so does a pause
 * between two tries. What ran out by a time to come is owed again. @ret_n is
 * how many of each kind. Once for each step back.
 */
int waits_move(struct store *s, int64_t now_ms, int64_t by_ms,
	       int64_t ret_n[WAIT_KIND_MAX], struct err *err) must_check;

#endif
