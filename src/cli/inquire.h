/* Asking the daemon for evidence, and waiting for what comes of it. */
#ifndef CLI_INQUIRE_H
#define CLI_INQUIRE_H

#include "cli/session.h"
#include "triage/trail.h"

struct inquire {
	int64_t alert_id;
	struct trail about;
	int64_t around_ms, limit;
};

/*
 * Has the daemon ask a source for activities, and waits, with a line on a
 * terminal that says how far it is. 0: they are in the database now. ERR_NET
 * when no daemon answers, ERR_BAD_STATE with the cause and what to do when it
 * did not get any.
 */
int inquire_wait(struct session *session, const struct inquire *i,
		 struct err *err) must_check;

#endif
