/*
 * The dead man's switch: while the daemon is well, each target of type
 * heartbeat gets a small POST every interval, and nothing when it is not. Who
 * receives them raises the alarm when they stop. No notice, no outbox: what
 * was not sent is never made up for.
 */
#ifndef NOTIFY_HEARTBEAT_H
#define NOTIFY_HEARTBEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "conf/conf.h"
#include "core/severity.h"
#include "net/loop.h"
#include "net/xfer.h"

struct heartbeats;

/* What a beat tells beside being there. */
struct heartbeat_facts {
	int64_t open[SEVERITY_MAX];
	int64_t overdue; /* alerts whose triage clock ran out */
	int64_t owed; /* notices not sent yet */
	int64_t poll_age_ms; /* of the source longest not complete; -1 never */
};

enum heartbeat_state {
	HEARTBEAT_NEW, /* nothing was tried yet */
	HEARTBEAT_BEATS, /* the last one arrived */
	HEARTBEAT_LOST, /* it was sent, and did not arrive */
	HEARTBEAT_SILENT, /* triaged is not well: none is sent */
};
#define HEARTBEAT_STATE_MAX (HEARTBEAT_SILENT + 1)
const char *heartbeat_state_name(enum heartbeat_state s); /* "beats" ... */

/* Borrowed until the next turn of the loop. */
struct heartbeat_report {
	const char *target;
	enum heartbeat_state state;
	int64_t last_ms; /* when one arrived; 0 never in this life */
	const char *why; /* LOST, SILENT: the reason; "" else */
};

/* Pointers are borrowed and outlive the struct heartbeats. */
struct heartbeat_env {
	struct loop *loop;
	struct xfer_pool *pool;
	const char *host, *version;
	/* Is all well? Then *@ret (zeroed) is filled in; else why not, in a
	 * text that is the same as long as the reason is. */
	const char *(*look_fn)(void *arg, struct heartbeat_facts *ret);
	/* State or reason changed; may be NULL. */
	void (*fn)(void *arg, const struct heartbeat_report *r);
	void *arg; /* of both */
};

/* The first beat goes with the loop's next turn. Secrets are loaded. @c must
 * outlive it or be replaced by heartbeats_reload. */
struct heartbeats *heartbeats_new(const struct conf *c,
				  const struct heartbeat_env *env);
/* Nobody is told of what is under way. Returns NULL. */
struct heartbeats *heartbeats_free(struct heartbeats *h);
/* Use another configuration. A target that is still there keeps its state. */
void heartbeats_reload(struct heartbeats *h, const struct conf *c);
/* No more of them: a daemon that is told to stop is not well for long. */
void heartbeats_stop(struct heartbeats *h);

size_t heartbeats_count(const struct heartbeats *h); /* of NULL: 0 */
void heartbeats_report(const struct heartbeats *h, size_t i,
		       struct heartbeat_report *ret);

/* How a beat asked for went: @r is NULL when the target is gone before. */
typedef void heartbeat_done_fn(void *arg, const struct heartbeat_report *r);
/* Send one now, or say in the report why not. 0, and @fn is called once, later,
 * from the loop (or by heartbeats_free); ERR_NOT_FOUND, ERR_BAD_STATE: another
 * one was asked for and is under way. */
int heartbeat_send(struct heartbeats *h, const char *target,
		   heartbeat_done_fn *fn, void *arg,
		   struct err *err) must_check;

#endif
