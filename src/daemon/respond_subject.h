/*
 * What a service calls that which a response is done to. For the plan, which
 * shows it, and the runner, which asks by it. Reading only.
 */
#ifndef DAEMON_RESPOND_SUBJECT_H
#define DAEMON_RESPOND_SUBJECT_H

#include "respond/door.h"
#include "store/store.h"

/* *ret is heap. ERR_NOT_FOUND or ERR_SCHEMA when what came of the alert does
 * not say, or is not kept any more. */
int respond_subject_find(struct store *s, const struct response *r,
			 const struct respond_way *way, char **ret,
			 struct err *err) must_check;

#endif
