/* What `ack` and `close` share: one alert, one verb, an explanation. */
#ifndef CLI_CHANGE_H
#define CLI_CHANGE_H

#include "cli/commands.h"

struct change {
	const char *verb; /* of ctl.h */
	const char *done; /* "acknowledged" */
	const char *note; /* NULL none */
	const char *as; /* verdict; NULL none */
	bool take; /* also from somebody else's hands */
};

/* Apply @c to the alert every word names; reports each under @schema. */
int change_all(struct session *session, const struct arguments *args,
	       const struct change *c, const char *schema, struct err *err);

#endif
