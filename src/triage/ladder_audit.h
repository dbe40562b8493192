/*
 * The proof that a ladder was climbed: which of its steps were due, against
 * what has left a trace. Pure; works the times out from the route alone and
 * does not believe where the row says that it stands.
 *
 * But for a step that hangs on the triage clock: that moves with the severity,
 * and nothing tells where it stood while this ladder was climbed. When such a
 * step is due is the row's word; once the row is past it, it needs a trace.
 */
#ifndef TRIAGE_LADDER_AUDIT_H
#define TRIAGE_LADDER_AUDIT_H

#include "triage/triage.h"

/* A step may be so late: the clock may have jumped, the daemon been down. */
#define LADDER_AUDIT_GRACE_MS INT64_C(120000)

struct ladder_proof {
	const struct route *route;
	const struct ladder_row *row; /* its start, and when it was stopped */
	const struct clock_row *clock; /* the triage clock; NULL none */
	/* By step: was it called for, collected or recorded as skipped? */
	const bool *traces;
	size_t n_traces;
	int64_t now_ms;
};

/*
 * The first step that should have been taken before the ladder was stopped, or
 * by now, and left no trace: 1 with its index and moment, 0 none. @ret_due
 * counts the steps that were due (may be NULL).
 */
int ladder_audit(const struct triage *t, const struct ladder_proof *p,
		 int *ret_step, int64_t *ret_ms, int64_t *ret_due,
		 struct err *err) must_check;

#endif
