/*
 * Alerts about triaged itself whose object has left the settings: a destination
 * of the log that stood still, a target that refused. Nothing that happens can
 * end them any more, and nobody needs to look at what is not there.
 *
 * Likewise that such a target is disabled or refuses us: it is forgotten, and
 * found out anew should the settings name the target again.
 *
 * Likewise the posture of a source that nobody reads any more: it leaves the
 * views, and is kept as what was.
 *
 * That a source is stale is no such thing: that nobody reads it any more is not
 * the end of it. Nor are messages that were given up.
 */
#ifndef DAEMON_BYGONE_H
#define DAEMON_BYGONE_H

#include "daemon/pipeline.h"

/* At the start, and after a reload. In transactions of its own. */
int bygone_end(struct pipeline *p, struct err *err) must_check;

#endif
