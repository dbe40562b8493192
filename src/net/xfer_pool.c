/*
 * curl's multi interface on the loop. Called by xfer.c; knows nothing of
 * requests and replies.
 *
 * curl asks for sockets to be watched and for one timer; both come back as
 * curl_multi_socket_action(). After each of these every finished transfer is
 * collected, and only then are the call backs made: no curl function is on
 * the stack while foreign code runs.
 *
 * There are two lanes, one for transfers that may reach private addresses and
 * one for those that may not. A multi handle reuses connections by host name,
 * so with one lane a webhook could ride on a source's connection to an
 * address that is refused to webhooks.
 */
#include "net/xfer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include "net/xfer_priv.h"
#include "util/xmalloc.h"

#define CONNECTIONS_KEPT 16L
#define CONNECTIONS_PER_HOST 16L

/* A socket of curl's that is watched. */
struct xfer_sock {
	LIST_ENTRY(xfer_sock) link;
	struct xfer_lane *lane;
	curl_socket_t fd;
	struct loop_io *io;
};

struct xfer_lane {
	struct xfer_pool *pool;
	CURLM *multi;
	struct loop_timer *timer; /* curl's */
	LIST_HEAD(, xfer_sock) socks;
	struct xfer_list running;
};

enum { LANE_PUBLIC, LANE_PRIVATE };
#define LANE_MAX (LANE_PRIVATE + 1)

struct xfer_pool {
	struct loop *loop;
	char *agent;
	struct xfer_lane lanes[LANE_MAX];
	struct xfer_list done; /* call backs owed */
	struct loop_timer *owed; /* for those not ended by curl */
	size_t busy, n_done; /* both kinds; those of done */
	bool delivering;
};

/* At most what was owed at the start: a caller that begins anew in its call
 * back must not hold the loop. */
static void pool_deliver(struct xfer_pool *p)
{
	size_t n = p->n_done;
	struct xfer *x;

	while (n-- && (x = TAILQ_FIRST(&p->done))) {
		xfer_pool_remove(p, x);
		x->state = XFER_DELIVERING;
		p->delivering = true;
		x->fn(x->arg, &x->reply);
		p->delivering = false;
		xfer_free(x);
	}
	if (!p->n_done)
		loop_timer_stop(p->owed);
}

/* Messages of finished transfers, all of them; then their call backs. */
static void lane_reap(struct xfer_lane *lane)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(lane->multi, &left))) {
		/* The message goes with the handle. */
		CURLcode result = msg->data.result;
		struct xfer *x = NULL;

		if (msg->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE,
					&x); /* set by xfer_setup() */
		xfer_finish(x, result);
	}
	pool_deliver(lane->pool);
}

/* The multi handle is broken only by our own misuse or for want of memory. */
static void lane_act(struct xfer_lane *lane, curl_socket_t fd, int ready)
{
	int running;

	if (curl_multi_socket_action(lane->multi, fd, ready, &running))
		abort();
	lane_reap(lane);
}

/* curl may free @arg in here: nothing of it is used after the first lines. */
static void sock_on_ready(void *arg, unsigned ready)
{
	struct xfer_sock *s = arg;
	struct xfer_lane *lane = s->lane;
	curl_socket_t fd = s->fd;
	int bits = 0;

	if (ready & LOOP_READ)
		bits |= CURL_CSELECT_IN;
	if (ready & LOOP_WRITE)
		bits |= CURL_CSELECT_OUT;
	lane_act(lane, fd, bits);
}

static void lane_on_timeout(void *arg)
{
	lane_act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void sock_free(struct xfer_sock *s)
{
	LIST_REMOVE(s, link);
	loop_io_free(s->io);
	free(s);
}

static struct xfer_sock *lane_find(struct xfer_lane *lane, curl_socket_t fd)
{
	struct xfer_sock *s;

	LIST_FOREACH (s, &lane->socks, link)
		if (s->fd == fd)
			return s;
	return NULL;
}

static unsigned want_of_poll(int what)
{
	switch (what) {
	case CURL_POLL_IN:
		return LOOP_READ;
	case CURL_POLL_OUT:
		return LOOP_WRITE;
	case CURL_POLL_INOUT:
		return LOOP_READ | LOOP_WRITE;
	default:
		return 0;
	}
}

/* curl_multi_assign() would save the search, but be a call into curl from
 * inside a call from it. There are few sockets. */
static int lane_on_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
			  void *unused)
{
	struct xfer_lane *lane = arg;
	struct xfer_sock *s = lane_find(lane, fd);

	(void)easy;
	(void)unused;
	if (what == CURL_POLL_REMOVE) {
		if (s)
			sock_free(s);
		return 0;
	}
	if (s) {
		loop_io_want(s->io, want_of_poll(what));
		return 0;
	}
	s = xcalloc(1, sizeof(*s));
	s->lane = lane;
	s->fd = fd;
	s->io = loop_io_new(lane->pool->loop, fd, want_of_poll(what),
			    sock_on_ready, s);
	LIST_INSERT_HEAD(&lane->socks, s, link);
	return 0;
}

static int lane_on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct xfer_lane *lane = arg;

	(void)multi;
	if (timeout_ms < 0)
		loop_timer_stop(lane->timer);
	else
		loop_timer_set(lane->timer, timeout_ms);
	return 0;
}

static void lane_init(struct xfer_lane *lane, struct xfer_pool *p)
{
	CURLM *m = curl_multi_init();

	if (!m)
		abort();
	lane->pool = p;
	lane->multi = m;
	lane->timer = loop_timer_new(p->loop, lane_on_timeout, lane);
	LIST_INIT(&lane->socks);
	TAILQ_INIT(&lane->running);
	if (curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, lane_on_socket) ||
	    curl_multi_setopt(m, CURLMOPT_SOCKETDATA, lane) ||
	    curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, lane_on_timer) ||
	    curl_multi_setopt(m, CURLMOPT_TIMERDATA, lane) ||
	    curl_multi_setopt(m, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT) ||
	    curl_multi_setopt(m, CURLMOPT_MAX_HOST_CONNECTIONS,
			      CONNECTIONS_PER_HOST))
		abort();
}

static void lane_release(struct xfer_lane *lane)
{
	struct xfer_sock *s;
	struct xfer *x;

	while ((x = TAILQ_FIRST(&lane->running)))
		xfer_cancel(x);
	/* Closing kept connections still calls lane_on_socket(). */
	(void)curl_multi_cleanup(lane->multi); /* its handles are all out */
	while ((s = LIST_FIRST(&lane->socks)))
		sock_free(s);
	loop_timer_free(lane->timer);
}

static void pool_on_owed(void *arg)
{
	pool_deliver(arg);
}

struct xfer_pool *xfer_pool_new(struct loop *l, const char *user_agent)
{
	struct xfer_pool *p = xcalloc(1, sizeof(*p));

	/* Counted by curl, and safe beside the mail worker since 7.84. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		abort();
	p->loop = l;
	p->agent = xstrdup(user_agent);
	TAILQ_INIT(&p->done);
	p->owed = loop_timer_new(l, pool_on_owed, p);
	for (size_t i = 0; i < LANE_MAX; i++)
		lane_init(&p->lanes[i], p);
	return p;
}

struct xfer_pool *xfer_pool_free(struct xfer_pool *p)
{
	struct xfer *x;

	if (!p)
		return NULL;
	assert(!p->delivering);
	while ((x = TAILQ_FIRST(&p->done)))
		xfer_cancel(x);
	for (size_t i = 0; i < LANE_MAX; i++)
		lane_release(&p->lanes[i]);
	loop_timer_free(p->owed);
	free(p->agent);
	free(p);
	curl_global_cleanup();
	return NULL;
}

int xfer_pool_add(struct xfer_pool *p, struct xfer *x, struct err *err)
{
	struct xfer_lane *lane;
	CURLMcode rc;

	lane = &p->lanes[x->allow_private ? LANE_PRIVATE : LANE_PUBLIC];
	rc = curl_multi_add_handle(lane->multi, x->easy);
	if (rc)
		return err_set(err, ERR_NET, "cannot begin a request: %s",
			       curl_multi_strerror(rc));
	x->lane = lane;
	x->state = XFER_RUNNING;
	TAILQ_INSERT_TAIL(&lane->running, x, link);
	p->busy++;
	return 0;
}

void xfer_pool_remove(struct xfer_pool *p, struct xfer *x)
{
	if (x->state == XFER_RUNNING) {
		/* Refuses only what is not in it. */
		(void)curl_multi_remove_handle(x->lane->multi, x->easy);
		TAILQ_REMOVE(&x->lane->running, x, link);
	} else {
		TAILQ_REMOVE(&p->done, x, link);
		p->n_done--;
	}
	p->busy--;
}

void xfer_pool_done(struct xfer_pool *p, struct xfer *x)
{
	x->state = XFER_DONE;
	TAILQ_INSERT_TAIL(&p->done, x, link);
	p->n_done++;
	p->busy++;
	/* lane_reap() delivers at once; a request that could not be begun
	 * waits for the loop's next turn. */
	loop_timer_set(p->owed, 0);
}

size_t xfer_pool_busy(const struct xfer_pool *p)
{
	return p->busy;
}

struct loop *xfer_pool_loop(const struct xfer_pool *p)
{
	return p->loop;
}

const char *xfer_pool_agent(const struct xfer_pool *p)
{
	return p->agent;
}
