/* What somebody did around an alert, as an answer: what was asked for, what is
 * kept of it. Owned by cmd_activities. */
#ifndef CLI_TRAIL_VIEW_H
#define CLI_TRAIL_VIEW_H

#include "cli/commands.h"
#include "triage/trail.h"

#define TRAILS_MAX 16

/* What was asked for, and what is known of it. */
struct trail_scene {
	int64_t id;
	struct rows alert, entities, moment, fetches, found;
	struct trail trails[TRAILS_MAX]; /* of the alert, most telling first */
	size_t n_trails;
	struct trail about;
	int64_t around_ms, limit;
	bool refresh;
	struct trail_window window;
	size_t fetch; /* row of fetches that is shown */
	const char *note; /* why nobody was asked, or what went wrong */
	struct err trouble; /* told on the screen; code 0 none */
};

/* Everything: alert, fetches and found are filled in, fetch is a row. */
void trail_say(struct session *session, const struct trail_scene *s);

#endif
