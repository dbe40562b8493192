/*
 * The runner of responses: takes those that were approved from their rows,
 * has each done, and writes how it ended. At most RESPONDER_PLACES run at a
 * time; a service that does not answer holds one of them, and nothing else.
 *
 *	about a user or an alert	respond/act: look, store, call
 *	notify-user			a message into the outbox, which
 *					says what becomes of it
 *	exec				the program of a target
 */
#ifndef DAEMON_RESPONDER_H
#define DAEMON_RESPONDER_H

#include "daemon/pipeline.h"
#include "daemon/poller.h"

#define RESPONDER_PLACES 4

struct responder;

/* All live longer. */
struct responder_env {
	struct loop *loop;
	struct xfer_pool *pool;
	struct pipeline *pipeline;
	struct poller *poller; /* whose sign-ins are used */
	const char *host; /* for programs: who runs them */
	void (*on_end)(void *arg); /* one ended: run it again */
	void *arg;
};

struct responder *responder_new(const struct responder_env *env);
/* What runs is abandoned; its row says so to the next start. Returns NULL. */
struct responder *responder_free(struct responder *rs);
/*
 * Settle what has ended, expire and recover rows, begin what is due.
 * *ret_next_ms is when to come again, 0 never; on_end() may ask for it sooner.
 */
int responder_run(struct responder *rs, int64_t now_ms, int64_t *ret_next_ms,
		  struct err *err) must_check;
/* Nothing more is begun. */
void responder_drain(struct responder *rs);
/* Nothing runs, and nothing waits to be written. */
bool responder_idle(const struct responder *rs);

#endif
