/* Why a message is not sent at once. Stored numbers; only ever append. */
#ifndef CORE_BUNDLE_H
#define CORE_BUNDLE_H

#include <stdint.h>
#include "core/notice.h"

enum noise_cause {
	NOISE_NONE = 0, /* it goes */
	NOISE_DIGEST = 1, /* its route is a digest */
	NOISE_IMPORT = 2, /* from before the first run */
	NOISE_GROUP = 3, /* waits for others of its group */
	NOISE_SILENCE = 4,
	NOISE_MAINTENANCE = 5,
	NOISE_QUIET = 6, /* quiet hours */
	NOISE_STORM = 7, /* too many messages: a summary */
};
#define NOISE_CAUSE_MAX (NOISE_STORM + 1)
const char *noise_cause_name(enum noise_cause c); /* "none" "group" ... */

/*
 * Messages of one target are collected in bundles: one for each (cause, name).
 * What name is: the route of a digest, the group's key, the silence's number,
 * the maintenance's name, "critical" for the storm of criticals, "" else.
 */
#define BUNDLE_NAME_MAX 128
struct bundle_place {
	enum noise_cause cause;
	char name[BUNDLE_NAME_MAX];
	const char *target; /* borrowed */
	int64_t due_ms; /* when a new bundle is sent */
};

/* One alert in a bundle: the notice it would have been. */
struct bundle_entry {
	int64_t alert_id, episode;
	enum notice_kind kind;
	enum severity severity;
	int step;
	int64_t transition;
	const char *reason; /* borrowed, or owned by who read it */
};

/* What became of an entry. Stored numbers. */
enum bundle_outcome {
	BUNDLE_WAITING = 0,
	BUNDLE_CARRIED = 1, /* in the message that the bundle became */
	BUNDLE_MOVED = 2, /* to another bundle: another cause held it then */
	BUNDLE_NEEDLESS = 3, /* closed or acknowledged meanwhile */
};

#endif
