/*
 * Responses on their way through their rows: planned, approved or refused by
 * people, expired or found again after a crash by the timed job. What may be
 * done is decided by triage/consent, each time from what is stored now. Nothing
 * here makes a call.
 */
#ifndef DAEMON_RESPONDING_H
#define DAEMON_RESPONDING_H

#include "core/response.h"
#include "daemon/pipeline.h"

/* What somebody asks for; borrowed, NULL: not given. */
struct respond_order {
	int64_t alert_id;
	const char *who;
	enum response_action action;
	const char *user; /* of several accounts */
	const char *hook; /* for exec */
	enum verdict verdict;
	const char *reason;
	bool contain; /* see struct response */
	bool dry; /* only shown: nothing is stored, the number is 0 */
	int64_t now_ms;
};

/*
 * Plan it, in a transaction of its own. *ret (response_release) is the row, as
 * it is or, when @dry, would be: planned, or waiting for a second person. The
 * refusals of consent_plan(), and ERR_NOT_FOUND.
 */
int responding_plan(struct pipeline *p, const struct respond_order *o,
		    struct response *ret, struct err *err) must_check;

/* Who decides; borrowed. */
struct respond_decision {
	int64_t id;
	const char *who;
	enum role role;
	const char *reason; /* NULL none */
	int64_t now_ms;
};

/* Let it be done; the runner takes it then. *ret is the row. The refusals of
 * consent_approve(), and ERR_NOT_FOUND. Own transaction. */
int responding_approve(struct pipeline *p, const struct respond_decision *d,
		       struct response *ret, struct err *err) must_check;
/* Let it not be done: by who asked for it, or who may approve. ERR_DENIED,
 * ERR_BAD_STATE once it runs or has ended. Own transaction. */
int responding_refuse(struct pipeline *p, const struct respond_decision *d,
		      struct response *ret, struct err *err) must_check;

/*
 * For the timed job, in the transaction that is open: end those whose time is
 * over, and find those whose runner has died; @starting: every runner has. One
 * whose call may have been made is tried again when that does no harm, and else
 * fails as uncertain. How many rows changed.
 */
int responding_tend(struct pipeline *p, bool starting, int64_t now_ms,
		    struct err *err) must_check;

#endif
