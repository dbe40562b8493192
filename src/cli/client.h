/* A call to the daemon through its control socket: blocking, with a limit. */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "ctl/wire.h"

/*
 * Send @verb with @args (taken over; NULL for none) to the socket at @path and
 * wait for the answer, at most @limit_ms. 0 with *ret filled whatever its
 * code; ERR_NET when no daemon answers, ERR_DENIED when the socket is not
 * open to us, ERR_SCHEMA when the answer is none. *ret is released by the
 * caller.
 */
int client_call(const char *path, const char *verb, json_t *args,
		int64_t limit_ms, struct wire_answer *ret,
		struct err *err) must_check;

#endif
