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
#include "respond/act.h"

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
 * over, ask once more where nobody answers, and find those whose runner has
 * died; @starting: every runner has. One whose call may have been made is tried
 * again when that does no harm, and else fails as uncertain. How many rows
 * changed.
 */
int responding_tend(struct pipeline *p, bool starting, int64_t now_ms,
		    struct err *err) must_check;

/* --- responding_run.c: one that runs, on its way through its row --- */

/* The next one to run, leased. Own transaction. 1, 0. */
int responding_take(struct pipeline *p, int64_t now_ms, struct response *ret,
		    struct err *err) must_check;
/*
 * @r's subject stands as in @seen (NULL: there is nobody to ask). May it be
 * done, still? *ret_next says so, and when it is ACT_STOP @why says why not;
 * when it is ACT_CHANGE the row and the log say from now on that it is about to
 * be done. Own transaction; negative when the store failed.
 */
int responding_found(struct pipeline *p, struct response *r,
		     const struct respond_seen *seen, int64_t now_ms,
		     enum act_next *ret_next, struct err *why,
		     struct err *err) must_check;

/* What became of it; borrowed. */
struct respond_ending {
	enum response_state state; /* an end, or approved: it is tried again */
	bool uncertain;
	const char *answer; /* one line */
	const char *request_id; /* NULL or "" none */
	int64_t not_before_ms; /* approved */
};
/*
 * Own transaction. What was called and is to be tried again fails instead when
 * `give-up-after` is over. When it is done and was to be, the alert's phase
 * becomes contain. ERR_CONFLICT: somebody else has ended it.
 */
int responding_end(struct pipeline *p, struct response *r,
		   const struct respond_ending *e, int64_t now_ms,
		   struct err *err) must_check;

#endif
