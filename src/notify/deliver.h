/*
 * Owed notice -> sent, or when to retry. Leases from the outbox, renders,
 * hands to the target's sender, settles. Several outcomes of one turn are
 * settled in one transaction.
 */
#ifndef NOTIFY_DELIVER_H
#define NOTIFY_DELIVER_H

#include "conf/conf.h"
#include "net/loop.h"
#include "net/xfer.h"
#include "store/store.h"

struct deliver;

/* A target that gave up on a notice, disabled itself, or recovered. */
enum deliver_news {
	DELIVER_DEAD,
	DELIVER_TARGET_DISABLED,
	DELIVER_SENT,
	DELIVER_RETRY
};
struct deliver_event {
	enum deliver_news news;
	const char *target;
	const struct notice *notice;
	const char *error;
	int64_t elapsed_ms;
};
typedef void deliver_event_fn(void *arg, const struct deliver_event *e);

struct deliver_env {
	struct store *store;
	struct loop *loop;
	struct xfer_pool *pool;
	const char *host;
	const char *timezone;
	deliver_event_fn *fn; /* called from the loop, no transaction open */
	void *arg;
};

/* NULL with @err when a sender cannot be made. @c must outlive it or be
 * replaced by deliver_reload. */
struct deliver *deliver_new(const struct conf *c, const struct deliver_env *env,
			    struct err *err);
struct deliver *deliver_free(struct deliver *d); /* leases given back; NULL */
/* Something was put into the outbox: look now (from the loop's next turn). */
void deliver_kick(struct deliver *d);
/* Use another configuration; what is in flight finishes with the old. */
int deliver_reload(struct deliver *d, const struct conf *c,
		   struct err *err) must_check;
/* No new leases; deliver_idle() tells when nothing is in flight. */
void deliver_drain(struct deliver *d);
bool deliver_idle(const struct deliver *d);
/* Everything due now has been tried (for --once). */
bool deliver_settled(const struct deliver *d);

#endif
