/*
 * Where a response is done: the API, the source whose sign-in opens it, and
 * what that API calls the subject. For the plan, which shows it, and the
 * runner, which goes there. Reading only.
 */
#ifndef DAEMON_RESPOND_PLACE_H
#define DAEMON_RESPOND_PLACE_H

#include "daemon/pipeline.h"
#include "respond/door.h"

struct respond_placed {
	struct respond_way way;
	struct respond_place place; /* borrows from way, the response and id */
	char *id; /* owned; NULL: the subject is the id */
};
void respond_place_release(struct respond_placed *p);

/*
 * For an action that signs in somewhere; of @r its action, subject and source
 * (NULL: any) are looked at. 0, or ERR_REFUSED, ERR_CONF or ERR_SCHEMA with
 * what is missing in settings or alert.
 */
int respond_place_find(struct pipeline *p, const struct alert_view *v,
		       const struct response *r, struct respond_placed *ret,
		       struct err *err) must_check;

#endif
