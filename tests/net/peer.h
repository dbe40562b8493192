/*
 * A scripted TCP peer on 127.0.0.1 for the tests of net/: one answer a
 * request, then the connection is kept, closed, reset or left hanging.
 */
#ifndef TESTS_NET_PEER_H
#define TESTS_NET_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/loop.h"
#include "util/strbuf.h"

#define PEER_CONNS 32
#define PEER_FOR_SOME __attribute__((unused))

enum peer_then { PEER_KEEP, PEER_CLOSE };

struct peer;
struct peer_conn {
	struct peer *peer;
	int fd; /* -1: free */
	struct loop_io *io;
	struct strbuf in, out;
	size_t n_sent;
	bool close_when_sent;
};

/* Fill @reply; nothing in it and PEER_KEEP hangs. */
typedef enum peer_then peer_fn(struct peer *p, const char *request,
			       struct strbuf *reply);

struct peer {
	struct loop *loop;
	int fd, port;
	struct loop_io *io;
	peer_fn *fn;
	/* For peer_on_script. */
	const char *script;
	size_t script_len;
	enum peer_then then;
	bool eager; /* answers the first bytes, whatever they are */
	int n_connections, n_requests;
	struct strbuf request; /* the last one */
	struct peer_conn conns[PEER_CONNS];
};

static inline void peer_conn_close(struct peer_conn *c)
{
	c->io = loop_io_free(c->io);
	close(c->fd);
	c->fd = -1;
	strbuf_release(&c->in);
	strbuf_release(&c->out);
}

static inline enum peer_then peer_on_script(struct peer *p, const char *request,
					    struct strbuf *reply)
{
	(void)request;
	strbuf_add(reply, p->script, p->script_len);
	return p->then;
}

/* The length of the whole request in @in, 0 when more is to come. */
static inline size_t peer_request_len(const struct strbuf *in)
{
	const char *end = strstr(in->buf, "\r\n\r\n");
	const char *length = strcasestr(in->buf, "\r\ncontent-length:");
	size_t total;

	if (!end)
		return 0;
	total = (size_t)(end - in->buf) + 4;
	if (length && length < end)
		total += strtoul(length + 17, NULL, 10);
	return in->len >= total ? total : 0;
}

static inline void peer_flush(struct peer_conn *c)
{
	while (c->n_sent < c->out.len) {
		ssize_t n = send(c->fd, c->out.buf + c->n_sent,
				 c->out.len - c->n_sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN) {
			loop_io_want(c->io, LOOP_READ | LOOP_WRITE);
			return;
		}
		if (n < 0) {
			peer_conn_close(c);
			return;
		}
		c->n_sent += (size_t)n;
	}
	loop_io_want(c->io, LOOP_READ);
	if (c->close_when_sent)
		peer_conn_close(c);
}

static inline void peer_conn_on_ready(void *arg, unsigned ready)
{
	struct peer_conn *c = arg;
	struct peer *p = c->peer;
	char bytes[16384];
	ssize_t n;
	size_t len;

	if (ready & LOOP_READ) {
		n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN)) {
			peer_conn_close(c);
			return;
		}
		if (n > 0)
			strbuf_add(&c->in, bytes, (size_t)n);
	}
	len = p->eager ? c->in.len : peer_request_len(&c->in);
	if (len) {
		p->n_requests++;
		strbuf_reset(&p->request);
		strbuf_add(&p->request, c->in.buf, len);
		strbuf_reset(&c->in);
		c->close_when_sent =
			p->fn(p, p->request.buf, &c->out) == PEER_CLOSE;
	}
	if (c->n_sent < c->out.len || c->close_when_sent)
		peer_flush(c);
}

static inline void peer_on_ready(void *arg, unsigned ready)
{
	struct peer *p = arg;
	int fd = accept4(p->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int one = 1;

	(void)ready;
	assert_true(fd >= 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	p->n_connections++;
	for (int i = 0; i < PEER_CONNS; i++) {
		struct peer_conn *c = &p->conns[i];

		if (c->fd >= 0)
			continue;
		*c = (struct peer_conn){ .peer = p, .fd = fd };
		strbuf_init(&c->in);
		strbuf_init(&c->out);
		c->io = loop_io_new(p->loop, fd, LOOP_READ, peer_conn_on_ready,
				    c);
		return;
	}
	fail_msg("too many connections");
}

static inline void peer_open(struct peer *p, struct loop *l)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);

	*p = (struct peer){ .loop = l, .fn = peer_on_script };
	for (int i = 0; i < PEER_CONNS; i++)
		p->conns[i].fd = -1;
	strbuf_init(&p->request);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(p->fd >= 0);
	assert_int_equal(bind(p->fd, (void *)&a, sizeof(a)), 0);
	assert_int_equal(listen(p->fd, 64), 0);
	assert_int_equal(getsockname(p->fd, (void *)&a, &len), 0);
	p->port = ntohs(a.sin_port);
	p->io = loop_io_new(l, p->fd, LOOP_READ, peer_on_ready, p);
}

static inline void peer_close(struct peer *p)
{
	for (int i = 0; i < PEER_CONNS; i++)
		if (p->conns[i].fd >= 0)
			peer_conn_close(&p->conns[i]);
	loop_io_free(p->io);
	close(p->fd);
	strbuf_release(&p->request);
}

PEER_FOR_SOME static void peer_say(struct peer *p, const char *script,
				   enum peer_then then)
{
	p->script = script;
	p->script_len = strlen(script);
	p->then = then;
}

/* Run the loop until @flag; alarm() of the test program is the limit. */
PEER_FOR_SOME static void run_until(struct loop *l, const bool *flag)
{
	while (!*flag)
		loop_turn(l, 1000);
}

#endif
