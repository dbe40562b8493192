/*
 * Where a response is done: which API, and by the sign-in of which source.
 * Pure: from settings and alert. Users are asked for at Microsoft Graph by a
 * source of the alert's own tenant and no other; an alert at the API that it
 * came from.
 */
#ifndef RESPOND_DOOR_H
#define RESPOND_DOOR_H

#include "conf/conf.h"
#include "core/alert.h"
#include "respond/call.h"

struct respond_way {
	enum respond_door door;
	const struct source_conf *source; /* borrowed from the settings */
	const char *base; /* of the API; borrowed */
};

/*
 * Find it for @a and @action. @source (NULL: any) is the one that was planned
 * with: no other is taken for it. 0; ERR_REFUSED or ERR_CONF with what is
 * missing in the settings.
 */
int respond_find_way(const struct conf *c, const struct alert *a,
		     enum response_action action, const char *source,
		     struct respond_way *ret, struct err *err) must_check;

#endif
