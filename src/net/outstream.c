/*
 * An outgoing stream on the loop. Called by forward/; knows nothing of what the
 * bytes mean.
 *
 * curl connects and makes the handshake (CONNECT_ONLY); from then on its socket
 * is watched here. Each stream has a multi handle of its own: in a shared one
 * libcurl closes what it takes for idle after two minutes, and a stream that
 * nothing is read from always looks idle.
 */
#include "net/outstream.h"

#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "net/outstream_priv.h"
#include "util/clock.h"
#include "util/xmalloc.h"

/* A TLS record; curl must be given the same bytes again after EAGAIN. */
#define CHUNK ((size_t)16384)
#define CHUNKS_A_TURN 16
/* TLS wants to read first: look again so soon, whatever the socket says. */
#define AGAIN_MS 20
/* Bytes the peer's TCP does not acknowledge for so long: it is gone. */
#define UNACKNOWLEDGED_MS 120000u

/* The later news stands for the earlier: who was closed need not hear that it
 * was opened. */
static void outstream_owe(struct outstream *s, enum outstream_news news)
{
	s->news = news;
	loop_timer_set(s->owed, 0);
}

static void outstream_on_owed(void *arg)
{
	struct outstream *s = arg;
	struct err err = s->err;

	s->fn(s->arg, s->news, &err); /* may free it */
}

/* Everything that belongs to one connection. */
static void outstream_drop(struct outstream *s)
{
	s->io = loop_io_free(s->io);
	loop_timer_stop(s->again);
	if (s->easy) {
		/* Closes the connection; refuses only what is not in it. */
		(void)curl_multi_remove_handle(s->multi.handle, s->easy);
		curl_easy_cleanup(s->easy);
	}
	s->easy = NULL;
	s->fd = -1;
	s->state = OUTSTREAM_IS_CLOSED;
	s->client_pem = secret_free(s->client_pem);
	free(take(s->host));
	free(take(s->ca_file));
	strbuf_release(&s->bytes);
	s->n_sent = 0;
}

static void outstream_end(struct outstream *s)
{
	outstream_drop(s);
	outstream_owe(s, OUTSTREAM_CLOSED);
}

/* What comes back is dropped; all it tells is that the peer is there. Returns
 * false when the connection ended. */
static bool outstream_read(struct outstream *s)
{
	char bytes[4096];
	size_t n = 0;

	for (int i = 0; i < CHUNKS_A_TURN; i++) {
		CURLcode rc = curl_easy_recv(s->easy, bytes, sizeof(bytes), &n);

		if (rc == CURLE_AGAIN)
			return true;
		if (rc || n == 0) {
			outstream_explain_end(s, rc);
			outstream_end(s);
			return false;
		}
	}
	return true;
}

/*
 * What to wait for when curl took nothing. A socket that has room although TLS
 * does not go on would wake the loop for ever.
 */
static unsigned outstream_blocked(struct outstream *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLOUT };

	if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
		return LOOP_READ | LOOP_WRITE;
	loop_timer_set(s->again, AGAIN_MS);
	return LOOP_READ;
}

static void outstream_write(struct outstream *s)
{
	unsigned want = LOOP_READ | LOOP_WRITE;

	for (int i = 0; i < CHUNKS_A_TURN && s->n_sent < s->bytes.len; i++) {
		size_t n = 0;
		CURLcode rc =
			curl_easy_send(s->easy, s->bytes.buf + s->n_sent,
				       MIN(CHUNK, s->bytes.len - s->n_sent),
				       &n);

		if (rc == CURLE_AGAIN) {
			want = outstream_blocked(s);
			break;
		}
		if (rc) {
			outstream_explain_end(s, rc);
			outstream_end(s);
			return;
		}
		s->n_sent += n;
		s->moved_ms = clock_mono_ms();
	}
	if (s->n_sent == s->bytes.len) {
		strbuf_release(&s->bytes);
		s->n_sent = 0;
		want = LOOP_READ;
		outstream_owe(s, OUTSTREAM_SENT);
	}
	loop_io_want(s->io, want);
}

static void outstream_on_ready(void *arg, unsigned ready)
{
	struct outstream *s = arg;

	if ((ready & LOOP_READ) && !outstream_read(s))
		return;
	if (s->bytes.len > 0)
		outstream_write(s);
}

static void outstream_on_again(void *arg)
{
	outstream_on_ready(arg, LOOP_READ);
}

static void outstream_opened(struct outstream *s)
{
	unsigned limit_ms = UNACKNOWLEDGED_MS;
	curl_socket_t fd = CURL_SOCKET_BAD;

	(void)curl_easy_getinfo(s->easy, CURLINFO_ACTIVESOCKET, &fd);
	if (fd == CURL_SOCKET_BAD) {
		outstream_explain_end(s, CURLE_OK);
		outstream_end(s);
		return;
	}
	s->fd = fd;
	/* Without it a dead peer is noticed later, but it is. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit_ms,
			 sizeof(limit_ms));
	s->state = OUTSTREAM_IS_OPEN;
	s->moved_ms = clock_mono_ms();
	s->io = loop_io_new(s->loop, fd, LOOP_READ, outstream_on_ready, s);
	outstream_owe(s, OUTSTREAM_OPENED);
}

static void outstream_on_done(void *arg, CURL *easy, CURLcode result)
{
	struct outstream *s = arg;

	(void)easy;
	if (s->state != OUTSTREAM_IS_CONNECTING)
		return;
	if (result == CURLE_OK) {
		outstream_opened(s);
		return;
	}
	outstream_explain(s, result);
	outstream_end(s);
}

struct outstream *outstream_new(struct loop *l, outstream_fn *fn, void *arg)
{
	struct outstream *s = xcalloc(1, sizeof(*s));

	/* Counted by curl. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		xmalloc_die("out of memory");
	s->loop = l;
	s->fn = fn;
	s->arg = arg;
	s->fd = -1;
	strbuf_init(&s->bytes);
	multi_init(&s->multi, l, outstream_on_done, NULL, s);
	s->owed = loop_timer_new(l, outstream_on_owed, s);
	s->again = loop_timer_new(l, outstream_on_again, s);
	return s;
}

struct outstream *outstream_free(struct outstream *s)
{
	if (!s)
		return NULL;
	outstream_drop(s);
	multi_release(&s->multi);
	loop_timer_free(s->owed);
	loop_timer_free(s->again);
	free(s);
	curl_global_cleanup();
	return NULL;
}

void outstream_connect(struct outstream *s, const struct outstream_request *r)
{
	CURLMcode rc;

	assert(s->state == OUTSTREAM_IS_CLOSED);
	loop_timer_stop(s->owed);
	s->err = (struct err)ERR_INIT;
	s->socket_errno = 0;
	s->address[0] = s->refused[0] = s->curl_text[0] = '\0';
	if (outstream_setup(s, r, &s->err) < 0) {
		curl_easy_cleanup(take(s->easy));
		outstream_end(s);
		return;
	}
	s->state = OUTSTREAM_IS_CONNECTING;
	rc = curl_multi_add_handle(s->multi.handle, s->easy);
	if (!rc)
		return;
	(void)err_set(&s->err, ERR_NET, "cannot begin a connection to %s: %s",
		      s->host, curl_multi_strerror(rc));
	curl_easy_cleanup(take(s->easy));
	outstream_end(s);
}

void outstream_close(struct outstream *s)
{
	loop_timer_stop(s->owed);
	outstream_drop(s);
}

void outstream_send(struct outstream *s, struct strbuf *bytes)
{
	assert(outstream_is_ready(s) && bytes->len > 0);
	s->bytes = *bytes;
	strbuf_init(bytes);
	s->n_sent = 0;
	s->moved_ms = clock_mono_ms();
	/* From the loop, so that nothing ends within this call. */
	loop_io_want(s->io, LOOP_READ | LOOP_WRITE);
}

bool outstream_is_ready(const struct outstream *s)
{
	return s->state == OUTSTREAM_IS_OPEN && s->bytes.len == 0 &&
	       !loop_timer_is_set(s->owed);
}

bool outstream_is_closed(const struct outstream *s)
{
	return s->state == OUTSTREAM_IS_CLOSED;
}

int64_t outstream_moved_ms(const struct outstream *s)
{
	return s->moved_ms;
}

/* Bytes of ours that the peer's TCP has, handshake and all; -1 unknown. */
static int64_t bytes_acknowledged(const struct outstream *s)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(s->fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		return -1;
	return (int64_t)info.tcpi_bytes_acked;
}

static int64_t bytes_queued(const struct outstream *s)
{
	int n = 0;

	return ioctl(s->fd, SIOCOUTQ, &n) < 0 ? -1 : n;
}

/* In this order the sum is too high at worst, when something is acknowledged
 * between the two; and what is too high is reached when the queue is empty. */
int64_t outstream_mark(const struct outstream *s)
{
	int64_t queued, acknowledged;

	if (s->state != OUTSTREAM_IS_OPEN)
		return INT64_MAX;
	queued = bytes_queued(s);
	acknowledged = bytes_acknowledged(s);
	return queued < 0 || acknowledged < 0 ? INT64_MAX
					      : acknowledged + queued;
}

int64_t outstream_acknowledged(const struct outstream *s)
{
	if (s->state != OUTSTREAM_IS_OPEN)
		return -1;
	return bytes_queued(s) == 0 ? INT64_MAX : bytes_acknowledged(s);
}
