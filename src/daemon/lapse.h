/*
 * Messages that ran out before they could be sent. Nobody held them, so nobody
 * says in the journal that they were given up, as a sender does of what its
 * target refused.
 */
#ifndef DAEMON_LAPSE_H
#define DAEMON_LAPSE_H

#include "store/store.h"

struct lapse {
	int64_t after; /* told up to here; in the order of LOOK_GIVEN_UP */
};

/* What was given up until now was told by an earlier run. */
int lapse_begin(struct lapse *l, struct store *s,
		struct err *err) must_check;
/* A line for each that ran out since; 1000 at a time, the next call has more.
 */
int lapse_tell(struct lapse *l, struct store *s, struct err *err) must_check;

#endif
