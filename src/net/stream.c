/*
 * A server of line-framed requests on a Unix socket. Called by ctl/server; it
 * must not know what a frame means.
 *
 * Clients are strangers of the same machine: each has a bounded buffer either
 * way and a timer, is read a little a turn, and is closed rather than waited
 * for. A connection is closed only from events of the loop, and freed when the
 * last reference goes, so that a frame's handler may do what it likes.
 *
 * A frame may cost a transaction: a client that sends a thousand in one write
 * has them taken one a turn, between the events of everybody else. What stands
 * ready in the buffer is awaited as room to write: a socket has that as long as
 * its client reads.
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
/* With so much unread, a client is owed answers enough. */
#define UNREAD_MAX 65536

struct stream_conn {
	TAILQ_ENTRY(stream_conn) link;
	struct stream_server *server; /* NULL once closed */
	int fd; /* -1 once closed */
	struct loop_io *io;
	struct loop_timer *timer; /* idle, or doomed */
	struct strbuf in, out;
	size_t n_sent; /* of out */
	size_t n_seen; /* of in, without a newline */
	unsigned refs; /* one is ours while it is open */
	unsigned owed; /* of them, by frames that are being answered */
	bool eof; /* the peer sends no more */
	bool doomed; /* to be closed at its next event */
	struct stream_peer peer;
	gid_t *groups; /* owned */
};

struct stream_server {
	struct loop *loop;
	struct listen_unix listening;
	struct loop_io *io;
	struct loop_timer *pause; /* out of descriptors: look again then */
	struct stream_limits limits;
	stream_frame_fn *fn;
	void *arg;
	/* The one that was heard of last is the first. */
	TAILQ_HEAD(conn_list, stream_conn) conns;
	size_t n_conns;
	uint64_t n_sent_away;
};

static void conn_free(struct stream_conn *c)
{
	strbuf_release(&c->in);
	strbuf_release(&c->out);
	free(c->groups);
	free(c);
}

static void conn_unref(struct stream_conn *c)
{
	if (--c->refs == 0)
		conn_free(c);
}

static void conn_close(struct stream_conn *c)
{
	if (!c->server)
		return;
	TAILQ_REMOVE(&c->server->conns, c, link);
	c->server->n_conns--;
	c->server = NULL;
	c->io = loop_io_free(c->io);
	c->timer = loop_timer_free(c->timer);
	(void)close(c->fd); /* what was not sent is lost either way */
	c->fd = -1;
	conn_unref(c);
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

/* Is a whole frame there, or one that will never end well? */
static bool conn_has_frame(struct stream_conn *c)
{
	const char *from = c->in.buf + c->n_seen;
	const char *newline = memchr(from, '\n', c->in.len - c->n_seen);

	c->n_seen = newline ? (size_t)(newline - c->in.buf) : c->in.len;
	return newline || c->in.len > c->server->limits.max_frame;
}

/* May the client ask its next question? */
static bool conn_is_free(const struct stream_conn *c)
{
	return c->owed == 0 && c->out.len - c->n_sent < UNREAD_MAX;
}

static void conn_want(struct stream_conn *c)
{
	bool frame = conn_has_frame(c);
	unsigned want = c->eof || frame ? 0 : LOOP_READ;

	if (conn_has_unsent(c) || (frame && conn_is_free(c)))
		want |= LOOP_WRITE;
	loop_io_want(c->io, want);
}

/* Nothing more will come, and nothing more is owed. */
static bool conn_is_over(struct stream_conn *c)
{
	return c->eof && c->owed == 0 && !conn_has_unsent(c) &&
	       !conn_has_frame(c);
}

void stream_ref(struct stream_conn *c)
{
	c->refs++;
	c->owed++;
}

void stream_unref(struct stream_conn *c)
{
	c->owed--;
	if (c->server && conn_is_over(c))
		conn_doom(c);
	else if (c->server)
		conn_want(c);
	conn_unref(c);
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

const struct stream_peer *stream_peer(const struct stream_conn *c)
{
	return &c->peer;
}

size_t stream_clients(const struct stream_server *s)
{
	return s->n_conns;
}

uint64_t stream_sent_away(const struct stream_server *s)
{
	return s->n_sent_away;
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

/* Somebody is alive there: later in line to make room, and with more time. */
static void conn_touch(struct stream_conn *c)
{
	TAILQ_REMOVE(&c->server->conns, c, link);
	TAILQ_INSERT_HEAD(&c->server->conns, c, link);
	loop_timer_set(c->timer, c->server->limits.idle_ms);
}

static void conn_drop(struct stream_conn *c, size_t n)
{
	size_t rest = c->in.len - n;

	memmove(c->in.buf, c->in.buf + n, rest);
	strbuf_setlen(&c->in, rest);
	c->n_seen = 0;
}

/*
 * Hand over the first frame of what was read. The handler may end the server:
 * then the connection is dead, and kept by our caller's reference.
 */
static void conn_take_frame(struct stream_conn *c)
{
	size_t blank = strspn(c->in.buf, "\n");

	conn_drop(c, blank);
	if (!conn_has_frame(c))
		return;
	if (c->n_seen > c->server->limits.max_frame) {
		conn_doom(c);
		return;
	}
	conn_touch(c);
	c->server->fn(c->server->arg, c, c->in.buf, c->n_seen);
	conn_drop(c, c->n_seen + 1);
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
	if (n == 0)
		c->eof = true;
	else
		strbuf_add(&c->in, bytes, (size_t)n);
}

static void conn_on_ready(void *arg, unsigned ready)
{
	struct stream_conn *c = arg;

	c->refs++;
	if ((ready & LOOP_WRITE) && conn_has_unsent(c))
		conn_write(c);
	if ((ready & LOOP_READ) && !c->doomed && !c->eof)
		conn_read(c);
	if (!c->doomed && conn_is_free(c) && conn_has_frame(c))
		conn_take_frame(c);
	if (c->server && !c->doomed && conn_is_over(c))
		conn_doom(c);
	else if (c->server)
		conn_want(c);
	conn_unref(c);
}

static void conn_on_timeout(void *arg)
{
	struct stream_conn *c = arg;

	/* Somebody works on an answer: not idle. */
	if (!c->doomed && c->owed > 0)
		loop_timer_set(c->timer, c->server->limits.idle_ms);
	else
		conn_close(c);
}

/* The groups of the peer by SO_PEERGROUPS, behind its own one. A kernel before
 * 4.13 does not know them: then its own is all that counts. */
static void peer_groups(struct stream_conn *c, gid_t own)
{
	socklen_t len = 0;
	int rc = getsockopt(c->fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len);

	if (rc < 0 && errno != ERANGE) /* else len says how many bytes */
		len = 0;
	c->groups = xmalloc(sizeof(own) + len);
	c->groups[0] = own;
	if (len > 0 && getsockopt(c->fd, SOL_SOCKET, SO_PEERGROUPS,
				  c->groups + 1, &len) < 0)
		len = 0;
	c->peer.groups = c->groups;
	c->peer.n_groups = 1 + len / sizeof(own);
}

static int peer_of(struct stream_conn *c)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return -1;
	c->peer.uid = who.uid;
	c->peer.pid = who.pid;
	peer_groups(c, who.gid);
	return 0;
}

static struct stream_conn *conn_new(struct stream_server *s, int fd)
{
	struct stream_conn *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	c->refs = 1;
	strbuf_init(&c->in);
	strbuf_init(&c->out);
	/* Without a name nobody is served: uid 0 stands in the zeroed record.
	 */
	if (peer_of(c) < 0) {
		(void)close(fd);
		conn_free(c);
		return NULL;
	}
	c->server = s;
	c->timer = loop_timer_new(s->loop, conn_on_timeout, c);
	c->io = loop_io_new(s->loop, fd, LOOP_READ, conn_on_ready, c);
	TAILQ_INSERT_HEAD(&s->conns, c, link);
	s->n_conns++;
	loop_timer_set(c->timer, s->limits.idle_ms);
	return c;
}

/* Close @c with a word, if it can take one. */
static void conn_send_away(struct stream_conn *c)
{
	const char *word = c->server->limits.farewell;

	c->server->n_sent_away++;
	if (word && !conn_has_unsent(c))
		(void)send(c->fd, word, strlen(word),
			   MSG_NOSIGNAL | MSG_DONTWAIT);
	conn_close(c);
}

/*
 * @c has just come; is it one too many, of its user or of all, then the one
 * that has been silent longest goes, which may be @c itself when all others
 * wait for an answer. So nobody keeps others out by saying nothing, nor a user
 * by being many.
 */
static void server_make_room(struct stream_server *s, struct stream_conn *c)
{
	struct stream_conn *other, *silent = NULL, *own = NULL;
	size_t n_own = 0;

	TAILQ_FOREACH_REVERSE(other, &s->conns, conn_list, link)
	{
		bool idle = other->owed == 0;

		if (idle && !silent)
			silent = other;
		if (other->peer.uid != c->peer.uid)
			continue;
		n_own++;
		if (idle && !own)
			own = other;
	}
	if (n_own > s->limits.max_per_user)
		conn_send_away(own);
	else if (s->n_conns > s->limits.max_clients)
		conn_send_away(silent);
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
	struct stream_conn *c;

	(void)ready;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(s->listening.fd, NULL, NULL,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0) {
			if (!error_is_passing(errno) && errno != ECONNABORTED)
				server_pause(s);
			return;
		}
		c = conn_new(s, fd);
		if (c)
			server_make_room(s, c);
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
	TAILQ_INIT(&s->conns);
	s->pause = loop_timer_new(l, server_on_pause_over, s);
	s->io = loop_io_new(l, listening.fd, LOOP_READ, server_on_ready, s);
	return s;
}

struct stream_server *stream_server_free(struct stream_server *s)
{
	struct stream_conn *c;

	if (!s)
		return NULL;
	while ((c = TAILQ_FIRST(&s->conns)))
		conn_close(c);
	loop_io_free(s->io);
	loop_timer_free(s->pause);
	listen_unix_unlink(&s->listening);
	(void)close(s->listening.fd); /* nothing was written to it */
	free(s);
	return NULL;
}
