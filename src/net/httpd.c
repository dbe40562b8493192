/*
 * The small HTTP server, on evhttp. Called by daemon/ for health, metrics and
 * the page; it must not know what they say.
 */
#include "net/httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "net/listen_priv.h"
#include "util/xmalloc.h"

#define HEADERS_MAX 8192
#define BODY_MAX 1 /* 0 would be no limit */
#define TIMEOUT_S 10
#define ACCEPT_PAUSE_MS 1000

struct httpd {
	LIST_ENTRY(httpd) link;
	struct loop *loop;
	struct evhttp *http;
	httpd_fn *fn;
	void *arg;
	int port; /* 0: a Unix socket */
	struct listen_unix unix_socket; /* fd is evhttp's */
	struct evconnlistener *listener; /* evhttp's */
	struct loop_timer *pause; /* out of descriptors: look again then */
};

static LIST_HEAD(, httpd) httpds = LIST_HEAD_INITIALIZER(httpds);

static const char *const fixed_headers[][2] = {
	{ "Cache-Control", "no-store" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Content-Security-Policy",
	  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
	  "frame-ancestors 'none'" },
	/* evhttp has no limit of connections: none outlives its answer. */
	{ "Connection", "close" },
};

/* evhttp would send the body in answer to HEAD as well. */
static bool add_body(struct evhttp_request *req, const struct strbuf *body)
{
	struct evkeyvalq *out = evhttp_request_get_output_headers(req);
	struct evbuffer *buf = evhttp_request_get_output_buffer(req);
	char len[24];

	if (evhttp_request_get_command(req) != EVHTTP_REQ_HEAD)
		return !evbuffer_add(buf, body->buf, body->len);
	(void)snprintf(len, sizeof(len), "%zu", body->len); /* it fits */
	return !evhttp_add_header(out, "Content-Length", len);
}

static void answer(struct evhttp_request *req, int status, const char *type,
		   const struct strbuf *body)
{
	struct evkeyvalq *out = evhttp_request_get_output_headers(req);
	bool ok = true;

	for (size_t i = 0; i < ARRAY_SIZE(fixed_headers); i++)
		ok = ok && !evhttp_add_header(out, fixed_headers[i][0],
					      fixed_headers[i][1]);
	ok = ok && !evhttp_add_header(out, "Content-Type", type) &&
	     add_body(req, body);
	if (!ok)
		abort(); /* out of memory, as in xmalloc */
	evhttp_send_reply(req, status, NULL, NULL);
}

static void httpd_on_request(struct evhttp_request *req, void *arg)
{
	struct httpd *h = arg;
	CLEANUP(strbuf_release) struct strbuf body = STRBUF_INIT;
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	const char *type = "text/plain; charset=utf-8";
	int status;

	loop_note_work(h->loop);
	status = h->fn(h->arg, path && *path ? path : "/", &body, &type);
	answer(req, status, type, &body);
}

/*
 * Out of descriptors the listening socket stays ready: it would spin. evhttp
 * takes the listener's argument for itself, hence the search.
 */
static void httpd_on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct httpd *h;

	(void)arg;
	LIST_FOREACH (h, &httpds, link)
		if (h->listener == listener)
			break;
	if (!h)
		return;
	(void)evconnlistener_disable(listener); /* the timer looks again */
	loop_timer_set(h->pause, ACCEPT_PAUSE_MS);
}

static void httpd_on_pause_over(void *arg)
{
	struct httpd *h = arg;

	if (evconnlistener_enable(h->listener) < 0)
		loop_timer_set(h->pause, ACCEPT_PAUSE_MS);
}

static void httpd_watch(struct httpd *h, struct evconnlistener *listener)
{
	h->listener = listener;
	evconnlistener_set_error_cb(listener, httpd_on_accept_error);
}

/* "127.0.0.1:9847", "[::1]:9847", "localhost:9847" to its parts. */
static int split_address(const char *listen, char host[INET6_ADDRSTRLEN],
			 uint16_t *ret_port, struct err *err)
{
	const char *colon = strrchr(listen, ':');
	const char *from = listen;
	char *end;
	size_t len;
	long port;

	len = colon ? (size_t)(colon - listen) : 0;
	if (len >= 2 && from[0] == '[' && from[len - 1] == ']') {
		from++;
		len -= 2;
	}
	errno = 0;
	port = colon ? strtol(colon + 1, &end, 10) : -1;
	if (!len || len >= INET6_ADDRSTRLEN || colon[1] < '0' ||
	    colon[1] > '9' || *end || errno || port > 65535)
		return err_set(err, ERR_CONF,
			       "listen address %s is neither ADDRESS:PORT nor "
			       "unix:/path",
			       listen);
	memcpy(host, from, len);
	host[len] = '\0';
	*ret_port = (uint16_t)port;
	return 0;
}

static bool address_is_loopback(const char *host)
{
	struct in_addr in;
	struct in6_addr in6;

	if (inet_pton(AF_INET, host, &in) == 1)
		return ntohl(in.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &in6) == 1 &&
	       IN6_IS_ADDR_LOOPBACK(&in6);
}

static int port_of(struct evhttp_bound_socket *bound)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(evhttp_bound_socket_get_fd(bound), (void *)&ss, &len))
		return 0;
	if (ss.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
	return ntohs(((struct sockaddr_in *)&ss)->sin_port);
}

static int bind_tcp(struct httpd *h, const char *listen, struct err *err)
{
	struct evhttp_bound_socket *bound;
	char host[INET6_ADDRSTRLEN];
	uint16_t port = 0;
	int rc;

	rc = split_address(listen, host, &port, err);
	if (rc < 0)
		return rc;
	if (!strcmp(host, "localhost"))
		(void)snprintf(host, sizeof(host), "127.0.0.1"); /* it fits */
	if (!address_is_loopback(host))
		return err_set(err, ERR_CONF,
			       "listen address %s is not a loopback one: use "
			       "127.0.0.1 or a Unix socket behind a reverse "
			       "proxy",
			       listen);
	errno = 0;
	bound = evhttp_bind_socket_with_handle(h->http, host, port);
	if (!bound)
		return err_set(err, errno ? -errno : ERR_NET,
			       "cannot listen on %s: %s", listen,
			       errno ? strerror(errno) : "no socket");
	h->port = port_of(bound);
	httpd_watch(h, evhttp_bound_socket_get_listener(bound));
	return 0;
}

static int bind_unix(struct httpd *h, const char *path, struct err *err)
{
	struct evconnlistener *listener;
	int rc;

	rc = listen_unix_open(path, &h->unix_socket, err);
	if (rc < 0)
		return rc;
	listener = evconnlistener_new(loop_base(h->loop), NULL, NULL,
				      LEV_OPT_CLOSE_ON_FREE |
					      LEV_OPT_CLOSE_ON_EXEC,
				      0, h->unix_socket.fd);
	if (!listener || !evhttp_bind_listener(h->http, listener))
		abort(); /* out of memory, as in xmalloc */
	httpd_watch(h, listener);
	return 0;
}

static void httpd_set_limits(struct evhttp *http)
{
	evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(http, HEADERS_MAX);
	evhttp_set_max_body_size(http, BODY_MAX);
	evhttp_set_timeout(http, TIMEOUT_S);
}

struct httpd *httpd_new(struct loop *l, const char *listen, httpd_fn *fn,
			void *arg, struct err *err)
{
	static const char unix_prefix[] = "unix:";
	size_t n = strlen(unix_prefix);
	struct httpd *h = xcalloc(1, sizeof(*h));
	int rc;

	h->loop = l;
	h->fn = fn;
	h->arg = arg;
	h->pause = loop_timer_new(l, httpd_on_pause_over, h);
	LIST_INSERT_HEAD(&httpds, h, link);
	h->http = evhttp_new(loop_base(l));
	if (!h->http)
		abort();
	httpd_set_limits(h->http);
	evhttp_set_gencb(h->http, httpd_on_request, h);
	if (!strncmp(listen, unix_prefix, n))
		rc = bind_unix(h, listen + n, err);
	else
		rc = bind_tcp(h, listen, err);
	return rc < 0 ? httpd_free(h) : h;
}

struct httpd *httpd_free(struct httpd *h)
{
	if (!h)
		return NULL;
	LIST_REMOVE(h, link);
	loop_timer_free(h->pause);
	if (h->unix_socket.path[0])
		listen_unix_unlink(&h->unix_socket);
	evhttp_free(h->http);
	free(h);
	return NULL;
}

int httpd_port(const struct httpd *h)
{
	return h->port;
}
