/* Inside the live check: live.c drives and asks sources, live_target.c asks
 * targets, live_notice.c sends a test message, live_say.c tells. */
#ifndef DAEMON_LIVE_PRIV_H
#define DAEMON_LIVE_PRIV_H

#include "daemon/check.h"
#include "daemon/live.h"
#include "daemon/live_say.h"
#include "net/loop.h"
#include "net/token.h"
#include "net/xfer.h"

struct live {
	struct settings settings;
	struct live_say say;
	struct loop *loop;
	struct xfer_pool *pool;
	struct token_cache *tokens;
};

/* 0, or the exit status: faults were printed. Released by the caller. */
int live_open(struct live *l, const struct options *o);
void live_release(struct live *l);
/* @step of @c failed with @error: what it comes from, and the next command. */
void live_say_error(struct live *l, const struct target_conf *c,
		    const char *step, const char *error);
/* Each blocks until it is known. */
void live_target(struct live *l, const struct target_conf *c);

#endif
