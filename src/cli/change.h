/*
 * What the commands that change alerts share: alerts by name, one verb, an
 * outcome for each.
 */
#ifndef CLI_CHANGE_H
#define CLI_CHANGE_H

#include <jansson.h>
#include "cli/commands.h"

/* Which alerts it is for; others are refused before the daemon is asked. */
enum change_of { CHANGE_OF_OPEN, CHANGE_OF_CLOSED, CHANGE_OF_ANY };

struct change {
	const char *verb; /* of ctl.h */
	const char *done; /* "acknowledged" */
	/* Arguments of the verb beside the alert and its version; borrowed.
	 * NULL: what was typed is no text that JSON can carry. */
	const json_t *args;
	enum change_of of;
	bool take; /* also from somebody else's hands */
	bool codes; /* a word may be the code of a message */
	size_t n_tail; /* how many words at the end name no alert */
	int64_t version; /* that was looked at; 0: as it is now. Filled here */
};

/* Apply @c to the alert every word names; reports each under @schema. What the
 * daemon answers in words is told behind the title. */
int change_all(struct session *session, const struct arguments *args,
	       const struct change *c, const char *schema, struct err *err);

#endif
