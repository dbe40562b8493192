/*
 * Owed notice -> sent, or when to retry. Leases from the outbox, renders,
 * hands to the target's sender, settles. Several outcomes of one turn are
 * settled in one transaction.
 */
#ifndef NOTIFY_DELIVER_H
#define NOTIFY_DELIVER_H

#include <stdbool.h>
#include <stdint.h>
#include "conf/conf.h"
#include "core/notice.h"
#include "net/loop.h"
#include "net/xfer.h"
#include "notify/render.h"
#include "store/store.h"

struct deliver;

/* How one try went; told once it is stored. */
enum deliver_news {
	DELIVER_DEAD, /* this notice is given up */
	DELIVER_TARGET_DISABLED, /* 410: everything for it dies */
	DELIVER_TARGET_REFUSED, /* credentials: it waits, and is asked again */
	DELIVER_TARGET_WORKS, /* neither of these any more */
	DELIVER_SENT,
	DELIVER_RETRY,
	DELIVER_ASTRAY, /* it is for an address that the target has no more;
			   nothing was sent, and it is still owed */
	DELIVER_PLAIN, /* a template failed: the built-in words go out */
};
#define DELIVER_NEWS_MAX (DELIVER_PLAIN + 1)
struct deliver_event {
	enum deliver_news news;
	const char *target;
	const struct notice *notice;
	const char *error; /* NULL when sent */
	bool again; /* DELIVER_PLAIN of a target within the hour */
	int64_t elapsed_ms;
};
typedef void deliver_event_fn(void *arg, const struct deliver_event *e);

/* How its receiver may answer a message; heap, NULL where there is none. */
struct deliver_ack {
	char *url, *code;
	int64_t url_expires_ms;
};
/* *@ret is empty and filled in; called with a notice on its way out. */
typedef void deliver_ack_fn(void *arg, const struct notice *n, int64_t now_ms,
			    struct deliver_ack *ret);

/* Pointers are borrowed and outlive the struct deliver. */
struct deliver_env {
	struct store *store;
	struct loop *loop;
	struct xfer_pool *pool;
	const char *host;
	const char *timezone; /* copied; see deliver_set_timezone */
	zone_offset_fn *zone_offset; /* NULL: UTC alone */
	deliver_event_fn *fn; /* from the loop, no transaction open; may be
				 NULL */
	deliver_ack_fn *ack_fn; /* NULL: no message offers an answer */
	void *arg; /* of both */
};

/* Secrets are loaded. NULL with @err when a sender cannot be made. @c must
 * outlive it or be replaced by deliver_reload. */
struct deliver *deliver_new(const struct conf *c, const struct deliver_env *env,
			    struct err *err);
/* Stores what is known; a try without an answer is to be made again, what was
 * not begun is given back. Returns NULL. */
struct deliver *deliver_free(struct deliver *d);
/* Something was put into the outbox, or the wall clock jumped: look now (from
 * the loop's next turn). */
void deliver_kick(struct deliver *d);
/* The same, and somebody wants to know whether target @name works: tests that
 * it is owed go now, also while it is paused because it refused our
 * credentials. */
void deliver_try(struct deliver *d, const char *name);
/* Use another configuration; what is in flight finishes with the old. On
 * failure the old stays in use. */
int deliver_reload(struct deliver *d, const struct conf *c,
		   struct err *err) must_check;
/* The zone of local times from now on (a reload may change it); copied. */
void deliver_set_timezone(struct deliver *d, const char *zone);
/* Somebody says that target @name can be sent to again: what was against it is
 * forgotten (in the store by the caller). */
void deliver_enable(struct deliver *d, const char *name);
/* Is a turn overdue, or a notice on its way for longer than any sender takes?
 * Then nothing more goes out until a restart. */
bool deliver_stuck(const struct deliver *d, int64_t mono_ms);
/* No new leases; deliver_idle() tells when nothing is in flight. */
void deliver_drain(struct deliver *d);
bool deliver_idle(const struct deliver *d);
/* How target @i is, by the order of the settings; false behind the last. */
struct deliver_target_state {
	const char *name; /* borrowed until the next reload */
	int64_t waits_until_ms; /* for its rate; 0: nothing that is due does */
	struct message_rate rate;
};
bool deliver_target_state(const struct deliver *d, size_t i,
			  struct deliver_target_state *ret);
/* Everything that may go now has been tried and stored (for --once); what waits
 * for a later try or for the rate of its target does not count. */
bool deliver_settled(const struct deliver *d);

#endif
