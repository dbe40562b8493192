/*
 * One curl multi handle on the loop: its sockets and its timer are served, and
 * what has ended is collected. Embedded; for xfer_pool.c and outstream.c.
 */
#ifndef NET_MULTI_PRIV_H
#define NET_MULTI_PRIV_H

#include <curl/curl.h>
#include <sys/queue.h>
#include "net/loop.h"

/* @easy ended with @result. Here no curl function is on the stack, but the
 * handle itself must not be released. */
typedef void multi_done_fn(void *arg, CURL *easy, CURLcode result);

struct multi_sock;

struct multi {
	CURLM *handle;
	struct loop *loop;
	struct loop_timer *timer; /* curl's */
	LIST_HEAD(, multi_sock) socks;
	multi_done_fn *done;
	void (*settled)(void *arg); /* behind all that are done; may be NULL */
	void *arg;
};

void multi_init(struct multi *m, struct loop *l, multi_done_fn *done,
		void (*settled)(void *arg), void *arg);
/* Its easy handles are all out of it. */
void multi_release(struct multi *m);

#endif
