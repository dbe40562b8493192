/*
 * The append-only log of what happened: each row carries the hash of the one
 * before, so that a changed row is found.
 */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "store/store.h"

struct audit_event {
	int64_t alert_id; /* 0: about the daemon */
	int64_t at_ms;
	const char *actor; /* "triaged", "source azure", a person */
	const char *kind; /* "opened", "severity", "acknowledged",
			     "sla-breached" ... */
	const char *detail; /* one JSON object as text; NULL {} */
};

int audit_add(struct store *s, const struct audit_event *e,
	      struct err *err) must_check;
/* Walk the whole chain: 0 unbroken, ERR_STORE_DAMAGED with the first bad id in
 * *ret_id. Needs no transaction. */
int audit_verify(struct store *s, int64_t *ret_n, int64_t *ret_id,
		 struct err *err) must_check;

#endif
