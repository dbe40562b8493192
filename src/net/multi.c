/*
 * curl's multi interface on the loop. Called by xfer_pool.c and outstream.c;
 * knows nothing of requests, replies and streams.
 *
 * curl asks for sockets to be watched and for one timer; both come back as
 * curl_multi_socket_action(). After each of these everything that has ended is
 * collected, and only then are the call backs made: no curl function is on
 * the stack while foreign code runs.
 *
 * tested with: test_xfer_pool test_outstream
 */
#include "net/multi_priv.h"

#include <stdlib.h>
#include "util/xmalloc.h"

/* A socket of curl's that is watched. */
struct multi_sock {
	LIST_ENTRY(multi_sock) link;
	struct multi *multi;
	curl_socket_t fd;
	struct loop_io *io;
};

static void multi_reap(struct multi *m)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(m->handle, &left))) {
		/* The message goes with the handle. */
		CURLcode result = msg->data.result;

		if (msg->msg == CURLMSG_DONE)
			m->done(m->arg, msg->easy_handle, result);
	}
	if (m->settled)
		m->settled(m->arg);
}

/* The multi handle is broken only by our own misuse or for want of memory. */
static void multi_act(struct multi *m, curl_socket_t fd, int ready)
{
	int running;
	CURLMcode rc = curl_multi_socket_action(m->handle, fd, ready, &running);

	if (rc)
		xmalloc_die(curl_multi_strerror(rc));
	multi_reap(m);
}

/* curl may free @arg in here: nothing of it is used after the first lines. */
static void sock_on_ready(void *arg, unsigned ready)
{
	struct multi_sock *s = arg;
	struct multi *m = s->multi;
	curl_socket_t fd = s->fd;
	int bits = 0;

	if (ready & LOOP_READ)
		bits |= CURL_CSELECT_IN;
	if (ready & LOOP_WRITE)
		bits |= CURL_CSELECT_OUT;
	multi_act(m, fd, bits);
}

static void multi_on_timeout(void *arg)
{
	multi_act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void sock_free(struct multi_sock *s)
{
	LIST_REMOVE(s, link);
	loop_io_free(s->io);
	free(s);
}

static struct multi_sock *multi_find(struct multi *m, curl_socket_t fd)
{
	struct multi_sock *s;

	LIST_FOREACH (s, &m->socks, link)
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
static int multi_on_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
			   void *unused)
{
	struct multi *m = arg;
	struct multi_sock *s = multi_find(m, fd);

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
	s->multi = m;
	s->fd = fd;
	s->io = loop_io_new(m->loop, fd, want_of_poll(what), sock_on_ready, s);
	LIST_INSERT_HEAD(&m->socks, s, link);
	return 0;
}

static int multi_on_timer(CURLM *handle, long timeout_ms, void *arg)
{
	struct multi *m = arg;

	(void)handle;
	if (timeout_ms < 0)
		loop_timer_stop(m->timer);
	else
		loop_timer_set(m->timer, timeout_ms);
	return 0;
}

void multi_init(struct multi *m, struct loop *l, multi_done_fn *done,
		void (*settled)(void *arg), void *arg)
{
	CURLM *handle = curl_multi_init();

	if (!handle)
		xmalloc_die("out of memory");
	*m = (struct multi){ .handle = handle,
			     .loop = l,
			     .done = done,
			     .settled = settled,
			     .arg = arg };
	m->timer = loop_timer_new(l, multi_on_timeout, m);
	LIST_INIT(&m->socks);
	if (curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION,
			      multi_on_socket) ||
	    curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, m) ||
	    curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, multi_on_timer) ||
	    curl_multi_setopt(handle, CURLMOPT_TIMERDATA, m))
		xmalloc_die("out of memory");
}

void multi_release(struct multi *m)
{
	struct multi_sock *s;

	/* Closing kept connections still calls multi_on_socket(). */
	(void)curl_multi_cleanup(m->handle); /* its handles are all out */
	while ((s = LIST_FIRST(&m->socks)))
		sock_free(s);
	loop_timer_free(m->timer);
}
