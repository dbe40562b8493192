/*
 * Responses on the screen and for programs: the plan that people decide by, how
 * one ended, lists of them. For the commands that ask for them and those that
 * tell of an alert or a shift.
 */
#ifndef CLI_RESPOND_VIEW_H
#define CLI_RESPOND_VIEW_H

#include <jansson.h>
#include "cli/session.h"

/* What the daemon says of one (CTL_VERB_RESPOND), and what stands beside it in
 * the database. */
struct respond_plan {
	json_t *data; /* owned */
	struct rows alert; /* its row of v_alerts */
	struct rows others; /* of v_alerts: open ones about the same user */
	size_t n_others; /* how many there are: the list is cut */
};
void respond_plan_release(struct respond_plan *p);

/* Takes over *@data. */
int respond_plan_load(struct session *session, json_t **data,
		      struct respond_plan *ret, struct err *err) must_check;
/* Lines for people; the member "plan" for programs. */
void respond_plan_show(struct writer *w, const struct respond_plan *p);
/* Somebody else must approve it, or who asks may not. */
bool respond_plan_needs_others(const struct respond_plan *p);

/* Has row @i of v_responses ended? */
bool respond_has_ended(const struct rows *r, size_t i);
/* "suspend-user ada@example.org", "dismiss alert 42 as benign"; raw, as what
 * follows. */
void respond_add_what(struct strbuf *sb, const struct rows *r, size_t i);
/* "done: signed out everywhere", "waits for approval by a second person". Raw
 * text; the writers make it safe. */
void respond_add_state(struct strbuf *sb, const struct rows *r, size_t i);
/* How it stands or ended, and what to do next. */
void respond_say(struct writer *w, const struct rows *r, size_t i);
/* "triagectl respond 42 restore-user --user ada@example.org"; heap, or NULL
 * when nothing takes it back. */
char *respond_undo(const struct rows *r, size_t i) must_check;

#endif
