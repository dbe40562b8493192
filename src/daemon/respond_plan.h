/*
 * What a response would do, as values for people to decide by: the calls in
 * their own words, what undoes it, what it needs, who may approve it. Reading
 * only; nothing is asked of a service.
 */
#ifndef DAEMON_RESPOND_PLAN_H
#define DAEMON_RESPOND_PLAN_H

#include <jansson.h>
#include "daemon/responding.h"

/*
 * *ret is an object, see CTL_VERB_RESPOND in triaged/ctl.h; of @asker its name
 * and role are looked at. @r may be one that is not stored (dry). A negative
 * code when it cannot be done for something that the settings or the alert
 * lack, with what that is.
 */
int respond_plan_say(struct pipeline *p, const struct response *r,
		     const struct respond_decision *asker, json_t **ret,
		     struct err *err) must_check;

#endif
