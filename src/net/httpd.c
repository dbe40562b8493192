/*
 * The small HTTP server. Called by daemon/ for health, metrics and the page;
 * it must not know what they say.
 *
 * Not on libevent's evhttp, which can limit neither how many connections there
 * are nor how long one lives, only how long it is silent. A connection is
 * closed only from the loop, never while its request is being answered.
 */
#include "net/httpd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/httpd_priv.h"
#include "net/listen_priv.h"
#include "util/xmalloc.h"

#define MAX_CLIENTS 32
#define TOTAL_MS 10000
#define ACCEPTS_A_TURN 16
#define ACCEPT_PAUSE_MS 1000
#define READ_SIZE 4096 /* a turn */

struct httpd_conn {
	TAILQ_ENTRY(httpd_conn) link;
	struct httpd *server;
	int fd;
	struct loop_io *io;
	struct loop_timer *deadline;
	struct strbuf in, out;
	size_t head_len; /* of in; 0: it is not whole yet */
	struct httpd_head head;
	int status; /* 200: as far as the head goes */
	size_t n_sent; /* of out */
	bool answered; /* what is still read is thrown away */
};

struct httpd {
	struct loop *loop;
	struct httpd_limits limits;
	httpd_fn *fn;
	void *arg;
	int fd;
	int port; /* 0: a Unix socket */
	struct listen_unix unix_socket; /* no path: TCP */
	struct loop_io *io;
	struct loop_timer *pause; /* out of descriptors: look again then */
	TAILQ_HEAD(, httpd_conn) conns; /* oldest first */
	size_t n_conns;
};

static void conn_close(struct httpd_conn *c)
{
	TAILQ_REMOVE(&c->server->conns, c, link);
	c->server->n_conns--;
	loop_io_free(c->io);
	loop_timer_free(c->deadline);
	(void)close(c->fd); /* what was not sent is lost either way */
	httpd_head_release(&c->head);
	strbuf_release(&c->in);
	strbuf_release(&c->out);
	free(c);
}

static void conn_on_deadline(void *arg)
{
	conn_close(arg);
}

static bool error_is_passing(int error)
{
	return error == EAGAIN || error == EINTR;
}

/* The body of a form is what the head announced, not what else came. */
static int conn_ask(struct httpd_conn *c, struct strbuf *body,
		    const char **ret_type)
{
	CLEANUP(free_ptr)
	char *form = xstrndup(c->in.buf + c->head_len, c->head.form_len);
	const struct httpd_request request = {
		.method = c->head.method,
		.path = c->head.path,
		.host = c->head.host ? c->head.host : "",
		.form = form,
	};

	if (strlen(form) != c->head.form_len)
		return 400;
	return c->server->fn(c->server->arg, &request, body, ret_type);
}

static void conn_answer(struct httpd_conn *c)
{
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	const char *type = "text/plain; charset=utf-8";

	if (c->status == 200)
		c->status = conn_ask(c, &body, &type);
	httpd_answer_add(&c->out, c->status, type, &body, c->head.head_only);
	c->answered = true;
	loop_io_want(c->io, LOOP_WRITE);
}

/* Looks at what came; true when nothing more is waited for. */
static bool conn_is_whole(struct httpd_conn *c)
{
	size_t len;

	if (c->head_len == 0) {
		len = httpd_head_len(&c->in);
		if (len == 0 || len > HTTPD_HEAD_MAX) {
			c->status = 431;
			return c->in.len > HTTPD_HEAD_MAX;
		}
		c->head_len = len;
		c->status = httpd_request_read(c->in.buf, len, &c->head);
	}
	return c->status != 200 || c->in.len - c->head_len >= c->head.form_len;
}

/* False when there is nothing left to do for it. */
static bool conn_read(struct httpd_conn *c)
{
	char bytes[READ_SIZE];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0)
		return error_is_passing(errno);
	if (n == 0)
		return false;
	if (c->answered)
		return true;
	strbuf_add(&c->in, bytes, (size_t)n);
	if (conn_is_whole(c))
		conn_answer(c);
	return true;
}

/*
 * The rest of what the client sends is read until it closes too: closing with
 * bytes unread would reset the connection, and lose the answer on its way.
 */
static bool conn_write(struct httpd_conn *c)
{
	ssize_t n = send(c->fd, c->out.buf + c->n_sent, c->out.len - c->n_sent,
			 MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0)
		return error_is_passing(errno);
	c->n_sent += (size_t)n;
	if (c->n_sent < c->out.len)
		return true;
	loop_io_want(c->io, LOOP_READ);
	return shutdown(c->fd, SHUT_WR) == 0;
}

static void conn_on_ready(void *arg, unsigned ready)
{
	struct httpd_conn *c = arg;
	bool lives = true;

	if (ready & LOOP_READ)
		lives = conn_read(c);
	else if (ready & LOOP_WRITE)
		lives = conn_write(c);
	if (!lives)
		conn_close(c);
}

static void conn_new(struct httpd *h, int fd)
{
	struct httpd_conn *c = xcalloc(1, sizeof(*c));

	/* An honest client is done in milliseconds: the oldest is not one. */
	if (h->n_conns >= h->limits.max_clients)
		conn_close(TAILQ_FIRST(&h->conns));
	c->server = h;
	c->fd = fd;
	strbuf_init(&c->in);
	strbuf_init(&c->out);
	c->io = loop_io_new(h->loop, fd, LOOP_READ, conn_on_ready, c);
	c->deadline = loop_timer_new(h->loop, conn_on_deadline, c);
	loop_timer_set(c->deadline, h->limits.total_ms);
	TAILQ_INSERT_TAIL(&h->conns, c, link);
	h->n_conns++;
}

static void httpd_on_ready(void *arg, unsigned ready)
{
	struct httpd *h = arg;

	(void)ready;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(h->fd, NULL, NULL,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			conn_new(h, fd);
			continue;
		}
		if (error_is_passing(errno) || errno == ECONNABORTED)
			return;
		/* Out of descriptors it stays ready: it would spin. */
		loop_io_want(h->io, 0);
		loop_timer_set(h->pause, ACCEPT_PAUSE_MS);
		return;
	}
}

static void httpd_on_pause_over(void *arg)
{
	struct httpd *h = arg;

	loop_io_want(h->io, LOOP_READ);
}

static int httpd_open(struct httpd *h, const char *listen, struct err *err)
{
	static const char unix_prefix[] = "unix:";
	size_t n = strlen(unix_prefix);
	int rc;

	if (strncmp(listen, unix_prefix, n) != 0)
		return listen_tcp_open(listen, &h->fd, &h->port, err);
	rc = listen_unix_open(listen + n, &h->unix_socket, err);
	if (!rc)
		h->fd = h->unix_socket.fd;
	return rc;
}

struct httpd *httpd_new_limited(struct loop *l, const char *listen,
				const struct httpd_limits *limits, httpd_fn *fn,
				void *arg, struct err *err)
{
	struct httpd *h = xcalloc(1, sizeof(*h));

	h->loop = l;
	h->limits = *limits;
	h->fn = fn;
	h->arg = arg;
	h->fd = -1;
	TAILQ_INIT(&h->conns);
	if (httpd_open(h, listen, err) < 0) {
		free(h);
		return NULL;
	}
	h->pause = loop_timer_new(l, httpd_on_pause_over, h);
	h->io = loop_io_new(l, h->fd, LOOP_READ, httpd_on_ready, h);
	return h;
}

struct httpd *httpd_new(struct loop *l, const char *listen, httpd_fn *fn,
			void *arg, struct err *err)
{
	static const struct httpd_limits limits = { .max_clients = MAX_CLIENTS,
						    .total_ms = TOTAL_MS };

	return httpd_new_limited(l, listen, &limits, fn, arg, err);
}

struct httpd *httpd_free(struct httpd *h)
{
	struct httpd_conn *c;

	if (!h)
		return NULL;
	while ((c = TAILQ_FIRST(&h->conns)))
		conn_close(c);
	loop_io_free(h->io);
	loop_timer_free(h->pause);
	if (h->unix_socket.path[0])
		listen_unix_unlink(&h->unix_socket);
	(void)close(h->fd); /* nothing was written to it */
	free(h);
	return NULL;
}

int httpd_port(const struct httpd *h)
{
	return h->port;
}
