/*
 * The append-only log of what happened: each row carries the hash of the one
 * before, so that a changed row is found.
 */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include <stdbool.h>
#include "store/store.h"
#include "store/watch.h"
#include "util/digest.h"

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
/* What the clock showed when the newest event was written; 0: there is none.
 * Needs no transaction. */
int audit_last_ms(struct store *s, int64_t *ret_ms, struct err *err) must_check;
/* The same of the oldest, which no retention removes: when the database was
 * made. */
int audit_first_ms(struct store *s, int64_t *ret_ms,
		   struct err *err) must_check;
/* So long a database counts as new: who lost one may not know yet. */
#define AUDIT_NEW_MS (24 * 60 * 60 * 1000)
/* A place in the chain: an event's number and its hash. */
struct audit_mark {
	int64_t id; /* 0: none, or not known */
	uint8_t hash[DIGEST_SIZE];
};

/* The newest event that was committed through @s since it was opened; false
 * when there is none. What the daemon knows and no file can take back. */
bool audit_written(const struct store *s, struct audit_mark *ret);

enum audit_fault {
	AUDIT_WHOLE,
	AUDIT_ALTERED, /* the event does not follow from the one before */
	AUDIT_MISSING, /* events are gone, others stand behind them */
	AUDIT_INSERTED, /* a number that was never given */
	AUDIT_CUT, /* the end is gone */
	AUDIT_MADE_ANEW, /* a marked event has another hash than it had */
	AUDIT_UNMARKED, /* a marked hash is nowhere */
	AUDIT_STATE, /* an alert is not as its events say */
	AUDIT_EVIDENCE, /* what was kept as evidence is not what its event
			   sealed; @fetch of @alert_id */
};

struct audit_report {
	enum audit_fault fault; /* the first, and what of it is known: */
	int64_t id, last_id; /* event; MISSING, CUT: up to that one */
	int64_t alert_id, at_ms; /* of the event, or the one behind a hole */
	char kind[48], actor[80];
	size_t mark; /* MADE_ANEW, UNMARKED, CUT: which one, from 1; 0 none */
	bool goes_on; /* ALTERED: the event behind follows from this one */

	int64_t n; /* events that hold, from the first */
	struct audit_mark head; /* the last of them */
	int64_t head_ms;
	int64_t n_alerts; /* whose state was compared with their events */
	int64_t fetch; /* EVIDENCE: at_ms and actor are of it */
	bool fetch_lost; /* it is gone */
	int64_t n_fetches; /* of evidence, whose seals hold */
};

/* The log itself is as it was written, whatever else was altered. */
static inline bool audit_log_holds(const struct audit_report *r)
{
	return r->fault == AUDIT_WHOLE || r->fault == AUDIT_STATE ||
	       r->fault == AUDIT_EVIDENCE;
}

/*
 * Walk the whole chain, at one moment, and compare it with what somebody else
 * noted (@marks; an id of 0: anywhere), with the states of the alerts and with
 * the evidence. 0
 * with *ret, whatever was found; negative when the log could not be read, or
 * ERR_CANCELLED. Needs no transaction. @watch may be NULL.
 */
int audit_walk(struct store *s, const struct audit_mark *marks, size_t n_marks,
	       const struct store_watch *watch, struct audit_report *ret,
	       struct err *err) must_check;

/* Walk the whole chain: 0 unbroken, ERR_STORE_DAMAGED with the first bad id in
 * *ret_id. Needs no transaction. */
int audit_verify(struct store *s, int64_t *ret_n, int64_t *ret_id,
		 struct err *err) must_check;

#endif
