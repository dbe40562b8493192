/* What the files of `triagectl outbox` share. */
#ifndef CLI_OUTBOX_CMD_H
#define CLI_OUTBOX_CMD_H

#include <jansson.h>
#include "cli/commands.h"

/* outbox_change.c */
int outbox_cmd_retry(struct session *session, const struct arguments *args,
		     struct err *err);
int outbox_cmd_drop(struct session *session, const struct arguments *args,
		    struct err *err);
int outbox_cmd_enable(struct session *session, const struct arguments *args,
		      struct err *err);
/* outbox_show.c */
int outbox_cmd_show(struct session *session, const struct arguments *args,
		    struct err *err);

/* targets_view.c */
/* For people: a line for each target of LOOK_TARGETS to which nothing, or not
 * everything, arrives, and why; @label begins the first. */
void targets_say_trouble(struct writer *w, const struct rows *targets,
			 const char *label);

/* Of @status, the daemon's answer: targets whose rate holds something back. */
void targets_say_rates(struct writer *w, const json_t *status,
		       const char *label);

#endif
