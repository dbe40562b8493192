/*
 * The gate of the control socket: may this peer do what this verb does?
 * Refusals are answered, logged, counted and written to the audit log.
 */
#ifndef DAEMON_GATE_H
#define DAEMON_GATE_H

#include "core/role.h"
#include "ctl/server.h"

/* One user may be refused a thousand times a second; the log hears of it once
 * a minute, with how often. */
#define GATE_USERS 16
#define GATE_QUIET_MS 60000

struct gate_user {
	uid_t uid;
	bool used;
	int64_t told_mono_ms;
	int64_t n_untold;
};

struct gate {
	struct role_house house;
	char *user, *socket_group; /* what house borrows */
	struct gate_user users[GATE_USERS];
};

/* Which user and group are behind the socket at @path, which is there. */
int gate_open(struct gate *g, const char *path, struct err *err) must_check;
void gate_close(struct gate *g);
/*
 * Is this refusal of @uid to be told? Then *ret_untold is how many before it
 * were not; else it is counted for the next.
 */
bool gate_is_news(struct gate *g, uid_t uid, int64_t mono_ms,
		  int64_t *ret_untold);

#endif
