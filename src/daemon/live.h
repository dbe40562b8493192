/*
 * triaged --check-live and --test-notice: do these settings work, asked of the
 * services themselves? Needs neither database nor daemon and leaves nothing
 * behind, so it serves before a start, in a pipeline, and `triagectl setup`.
 */
#ifndef DAEMON_LIVE_H
#define DAEMON_LIVE_H

#include "daemon/options.h"

/* The exit status: 0 all is well, 1 something failed, 78 the settings have
 * faults. */
int live_main(const struct options *o);
/* The same of a test message that was really sent. */
int live_notice_main(const struct options *o);

#endif
