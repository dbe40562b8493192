/*
 * What is remembered about targets of notices beyond a restart: that one has
 * disabled itself, or refuses our credentials. Set by outbox_settle().
 */
#ifndef STORE_TARGETS_H
#define STORE_TARGETS_H

#include "store/store.h"

struct target_state {
	int64_t disabled_ms; /* 0: it is not */
	char *disabled_why;
	int64_t print; /* of the address that was gone */
	int64_t refused_ms; /* since when; 0: it does not */
	char *refused_why;
};
void target_state_release(struct target_state *t);

/* *ret is empty when there is nothing to remember. No transaction. */
int targets_get(struct store *s, const char *name, struct target_state *ret,
		struct err *err) must_check;
/* Forget what is against it. 1, 0: nothing was. Needs a transaction. */
int targets_enable(struct store *s, const char *name,
		   struct err *err) must_check;

#endif
