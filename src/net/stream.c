/*
 * A server of line-framed requests on a Unix socket. Called by ctl/server; it
 * must not know what a frame means.
 *
 * Clients are strangers of the same machine: each has a bounded buffer either
 * way and a timer, is read a little a turn, and is closed rather than waited
 * for. A connection is closed only from its own events, and freed when the
 * last reference goes, so that a frame's handler may do what it likes.
 */
#include "net/stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/listen_priv.h"
#include "util/compiler.h"
#include "util/strbuf.h"
#include "util/xmalloc.h"

#define READ_SIZE 8192 /* a turn */
#define ACCEPTS_A_TURN 16
#define ACCEPT_PAUSE_MS 1000

struct stream_conn {
	LIST_ENTRY(stream_conn) link;
	struct stream_server *server; /* NULL once closed */
	int fd; /* -1 once closed */
	struct loop_io *io;
	struct loop_timer *timer; /* idle, or doomed */
	struct strbuf in, out;
	size_t n_sent; /* of out */
	unsigned refs; /* one is ours while it is open */
	bool eof; /* the peer sends no more */
	bool doomed; /* to be closed at its next event */
	struct ucred peer;
};

struct stream_server {
	struct loop *loop;
	struct listen_unix listening;
	struct loop_io *io;
	struct loop_timer *pause; /* out of descriptors: look again then */
	struct stream_limits limits;
	stream_frame_fn *fn;
	void *arg;
	LIST_HEAD(, stream_conn) conns;
	size_t n_conns;
};

void stream_ref(struct stream_conn *c)
{
	c->refs++;
}

static void conn_free(struct stream_conn *c)
{
	strbuf_release(&c->in);
	strbuf_release(&c->out);
	free(c);
}

static void conn_close(struct stream_conn *c)
{
	if (!c->server)
		return;
	LIST_REMOVE(c, link);
	c->server->n_conns--;
	c->server = NULL;
	c->io = loop_io_free(c->io);
	c->timer = loop_timer_free(c->timer);
	(void)close(c->fd); /* what was not sent is lost either way */
	c->fd = -1;
	stream_unref(c);
}

/* Close it from the loop: our caller may still hold it. */
static void conn_doom(struct stream_conn *c)
{
	if (!c->server)
		return;
	c->doomed = true;
	loop_timer_set(c->timer, 0);
}

static bool conn_has_unsent(const struct stream_conn *c)
{
	return c->n_sent < c->out.len;
}

static void conn_want(struct stream_conn *c)
{
	unsigned want = c->eof ? 0 : LOOP_READ;

	if (conn_has_unsent(c))
		want |= LOOP_WRITE;
	loop_io_want(c->io, want);
}

/* Nothing more will come, and nothing more is owed. */
static bool conn_is_over(const struct stream_conn *c)
{
	return c->eof && !conn_has_unsent(c) && c->refs == 1;
}

void stream_unref(struct stream_conn *c)
{
	if (--c->refs == 0)
		conn_free(c);
	else if (c->server && conn_is_over(c))
		conn_doom(c);
}

void stream_send(struct stream_conn *c, const char *frame, size_t len)
{
	if (!c->server || c->doomed)
		return;
	if (c->n_sent) {
		size_t rest = c->out.len - c->n_sent;

		memmove(c->out.buf, c->out.buf + c->n_sent, rest);
		strbuf_setlen(&c->out, rest);
		c->n_sent = 0;
	}
	if (len >= c->server->limits.max_unsent - c->out.len) {
		conn_doom(c);
		return;
	}
	strbuf_add(&c->out, frame, len);
	strbuf_addch(&c->out, '\n');
	conn_want(c);
}

uid_t stream_peer_uid(const struct stream_conn *c)
{
	return c->peer.uid;
}

pid_t stream_peer_pid(const struct stream_conn *c)
{
	return c->peer.pid;
}

static bool error_is_passing(int error)
{
	return error == EAGAIN || error == EINTR;
}

static void conn_write(struct stream_conn *c)
{
	ssize_t n = send(c->fd, c->out.buf + c->n_sent, c->out.len - c->n_sent,
			 MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0) {
		if (!error_is_passing(errno))
			conn_doom(c);
		return;
	}
	c->n_sent += (size_t)n;
	if (conn_has_unsent(c))
		return;
	strbuf_reset(&c->out);
	c->n_sent = 0;
}

/*
 * Hand over the whole frames of what was read. The handler may end the server:
 * then the connection is dead, and kept by our caller's reference.
 */
static void conn_split(struct stream_conn *c)
{
	const char *from = c->in.buf, *end = from + c->in.len, *newline;
	size_t rest;

	while (c->server && !c->doomed &&
	       (newline = memchr(from, '\n', (size_t)(end - from)))) {
		size_t len = (size_t)(newline - from);

		if (len > c->server->limits.max_frame)
			break;
		if (len) {
			loop_timer_set(c->timer, c->server->limits.idle_ms);
			c->server->fn(c->server->arg, c, from, len);
		}
		from = newline + 1;
	}
	rest = (size_t)(end - from);
	memmove(c->in.buf, from, rest);
	strbuf_setlen(&c->in, rest);
	if (c->server && rest > c->server->limits.max_frame)
		conn_doom(c);
}

static void conn_read(struct stream_conn *c)
{
	char bytes[READ_SIZE];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0) {
		if (!error_is_passing(errno))
			conn_doom(c);
		return;
	}
	if (n == 0) {
		c->eof = true;
		return;
	}
	strbuf_add(&c->in, bytes, (size_t)n);
	conn_split(c);
}

static void conn_on_ready(void *arg, unsigned ready)
{
	struct stream_conn *c = arg;

	stream_ref(c);
	if ((ready & LOOP_WRITE) && conn_has_unsent(c))
		conn_write(c);
	if ((ready & LOOP_READ) && !c->doomed && !c->eof)
		conn_read(c);
	if (c->server)
		conn_want(c);
	stream_unref(c); /* closes it when it is over */
}

static void conn_on_timeout(void *arg)
{
	struct stream_conn *c = arg;

	/* Somebody works on an answer: not idle. */
	if (!c->doomed && c->refs > 1)
		loop_timer_set(c->timer, c->server->limits.idle_ms);
	else
		conn_close(c);
}

static void conn_new(struct stream_server *s, int fd)
{
	struct stream_conn *c = xcalloc(1, sizeof(*c));
	socklen_t len = sizeof(c->peer);

	c->server = s;
	c->fd = fd;
	c->refs = 1;
	strbuf_init(&c->in);
	strbuf_init(&c->out);
	c->timer = loop_timer_new(s->loop, conn_on_timeout, c);
	c->io = loop_io_new(s->loop, fd, LOOP_READ, conn_on_ready, c);
	LIST_INSERT_HEAD(&s->conns, c, link);
	s->n_conns++;
	/* Without a name nobody is served: uid 0 stands in the zeroed record.
	 */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c->peer, &len) < 0)
		conn_doom(c);
	else
		loop_timer_set(c->timer, s->limits.idle_ms);
}

/* Out of descriptors the listening socket stays ready: it would spin. */
static void server_pause(struct stream_server *s)
{
	loop_io_want(s->io, 0);
	loop_timer_set(s->pause, ACCEPT_PAUSE_MS);
}

static void server_on_pause_over(void *arg)
{
	struct stream_server *s = arg;

	loop_io_want(s->io, LOOP_READ);
}

static void server_on_ready(void *arg, unsigned ready)
{
	struct stream_server *s = arg;

	(void)ready;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(s->listening.fd, NULL, NULL,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0) {
			if (!error_is_passing(errno) && errno != ECONNABORTED)
				server_pause(s);
			return;
		}
		if (s->n_conns < s->limits.max_clients)
			conn_new(s, fd);
		else
			(void)close(fd); /* one too many, by our limit */
	}
}

struct stream_server *stream_listen(struct loop *l, const char *path,
				    const struct stream_limits *limits,
				    stream_frame_fn *fn, void *arg,
				    struct err *err)
{
	struct listen_unix listening;
	struct stream_server *s;

	if (listen_unix_open(path, &listening, err) < 0)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->loop = l;
	s->listening = listening;
	s->limits = *limits;
	s->fn = fn;
	s->arg = arg;
	LIST_INIT(&s->conns);
	s->pause = loop_timer_new(l, server_on_pause_over, s);
	s->io = loop_io_new(l, listening.fd, LOOP_READ, server_on_ready, s);
	return s;
}

struct stream_server *stream_server_free(struct stream_server *s)
{
	struct stream_conn *c;

	if (!s)
		return NULL;
	while ((c = LIST_FIRST(&s->conns)))
		conn_close(c);
	loop_io_free(s->io);
	loop_timer_free(s->pause);
	listen_unix_unlink(&s->listening);
	(void)close(s->listening.fd); /* nothing was written to it */
	free(s);
	return NULL;
}
