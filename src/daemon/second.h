/*
 * The second channel: a notice of a critical alert that calls for an answer
 * and does not get through is owed to another target, once; and so is any
 * notice that calls for an answer when its target leaves the settings.
 */
#ifndef DAEMON_SECOND_H
#define DAEMON_SECOND_H

#include "core/notice.h"
#include "daemon/pipeline.h"

/* So many tries may fail before somebody else is told. */
#define SECOND_AFTER 3

/*
 * Look for such notices and owe each to the second channel: the target's own
 * `second`, else the fallback, else the first other target; never one that is
 * disabled or refuses our credentials. What was owed to a target that has gone
 * is superseded and names who is told instead. In a transaction of its own,
 * from what is stored: whatever a crash left out is done at the next call.
 * Returns how many it looked at.
 */
int second_run(struct pipeline *p, int64_t now_ms, struct err *err) must_check;

/*
 * @n is owed to a recipient that its target does not have any more, or the
 * target was of another type: it is superseded, and what calls for an answer is
 * owed to those the target has now, unless they have the very news. A
 * transaction of its own. 1, 0 when it is not owed any more.
 */
int second_readdress(struct pipeline *p, const struct notice *n, int64_t now_ms,
		     struct err *err) must_check;

#endif
