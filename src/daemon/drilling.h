/*
 * Drills: an alert that nobody's source raised goes the way of every other,
 * so that who asked sees whether anybody is told and answers. One runs at a
 * time, and it ends by itself: when somebody was told and has answered, or when
 * its time is over, whatever became of the program that asked for it.
 */
#ifndef DAEMON_DRILLING_H
#define DAEMON_DRILLING_H

#include "core/drill.h"
#include "daemon/pipeline.h"

/* What somebody asks for; borrowed. */
struct drill_order {
	const char *who, *reason; /* reason NULL: none */
	enum severity severity;
	const char *match; /* see triage/drill_alert.h; NULL: none */
	int64_t for_ms;
	bool with_hooks;
	int64_t now_ms;
};

/*
 * Begin one, in a transaction of its own. *ret (drill_release) is it. ERR_CONF:
 * it cannot be asked for like that; ERR_CONFLICT: one runs already, which the
 * text names.
 */
int drilling_begin(struct pipeline *p, const struct drill_order *o,
		   struct drill *ret, struct err *err) must_check;
/* Who ends one, which may be another; borrowed. */
struct drill_stop {
	int64_t alert_id; /* of its alert; 0: whichever runs */
	const char *who;
	int64_t now_ms;
};

/*
 * End the one that runs before its time, in a transaction of its own.
 * *ret_alert_id is its alert. ERR_NOT_FOUND: that one does not run.
 */
int drilling_end(struct pipeline *p, const struct drill_stop *stop,
		 int64_t *ret_alert_id, enum drill_result *ret,
		 struct err *err) must_check;

/* For the timed job: end the one whose end has come, in the transaction that is
 * open. How many were ended. */
int drilling_run(struct pipeline *p, int64_t now_ms,
		 struct err *err) must_check;
/* When drilling_run() has something to do; 0 never. */
int64_t drilling_next_ms(struct pipeline *p);

#endif
