/* A drill while it runs, line by line, and what came of it. */
#ifndef CLI_DRILL_VIEW_H
#define CLI_DRILL_VIEW_H

#include <stdio.h>
#include "cli/session.h"

/* What the database has about a drill; all of them rows of their questions. */
struct drill_scene {
	int64_t id; /* of its alert */
	const struct conf *conf; /* which targets are hooks; NULL: not known */
	struct rows drill, alert, events, deliveries, held;
};

void drill_scene_release(struct drill_scene *s);
/* Look again. ERR_NOT_FOUND when the alert is no drill. */
int drill_scene_load(struct session *session, struct drill_scene *s,
		     struct err *err) must_check;
bool drill_scene_runs(const struct drill_scene *s);

/* What was told of it so far. */
struct drill_live {
	FILE *out; /* NULL: nobody wants to see it */
	size_t width; /* columns of the terminal; 0 it is none */
	int64_t last_event;
	struct rows deliveries; /* as they were */
	bool drawn; /* the line that is drawn over stands there */
};

void drill_live_begin(struct drill_live *l, FILE *out);
/* What is new since the last call, a line each, safe to print. */
void drill_live_tell(struct drill_live *l, const struct drill_scene *s,
		     int64_t now_ms);
/* Takes away the line that is drawn over; may be called twice. */
void drill_live_end(struct drill_live *l);

/* The whole of it, as the answer of the command. */
void drill_say(struct writer *w, const struct drill_scene *s);

#endif
