/* What the files of `triagectl show` share. */
#ifndef CLI_SHOW_PRIV_H
#define CLI_SHOW_PRIV_H

#include "cli/case_view.h"

/* show_facts.c: a line each, of the alert itself. */
void show_due(struct writer *w, const struct case_view *v);
void show_resolve(struct writer *w, const struct case_view *v);
void show_who(struct writer *w, const struct case_view *v);
void show_what(struct writer *w, const struct case_view *v, bool full);
void show_where(struct writer *w, const struct case_view *v, bool full);
void show_since(struct writer *w, const struct case_view *v);
void show_severity(struct writer *w, const struct case_view *v);
void show_steps(struct writer *w, const struct case_view *v, bool full);

/* show_others.c: what belongs to it, as much of it as one screen has room for:
 * @full: all. */
/* What its source recommends for the resource. */
void show_advice(struct writer *w, const struct case_view *v, bool full);
void show_entities(struct writer *w, const struct case_view *v, bool full);
void show_told(struct writer *w, const struct case_view *v, bool full);
void show_responses(struct writer *w, const struct case_view *v, bool full);
void show_next(struct writer *w, const struct case_view *v);
void show_events(struct writer *w, const struct case_view *v, bool full);
/* The commands that somebody types now. */
void show_commands(struct writer *w, const struct case_view *v);

#endif
