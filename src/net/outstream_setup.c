/*
 * A stream's request becomes a curl handle that connects and nothing more.
 * Called by outstream.c alone.
 *
 * tested with: test_outstream
 */
#include "net/outstream_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "util/xmalloc.h"

#define DEFAULT_CONNECT_MS 10000
/* As in xfer_setup.c: each multi handle keeps its parsed CA file so long. */
#define CA_CACHE_S 3600L
#define KEEPALIVE_IDLE_S 60L
#define KEEPALIVE_EVERY_S 20L

/* Stop at the first option that is refused, like a sequence of statements. */
#define SET(rc, easy, option, value)                                           \
	do {                                                                   \
		if (!(rc))                                                     \
			(rc) = curl_easy_setopt((easy), (option), (value));    \
	} while (0)

static curl_socket_t outstream_on_open_socket(void *arg, curlsocktype purpose,
					      struct curl_sockaddr *a)
{
	struct outstream *s = arg;
	int fd;

	(void)purpose;
	if (s->loopback_only && !xfer_address_is_loopback(&a->addr)) {
		xfer_address_text(&a->addr, s->refused);
		return CURL_SOCKET_BAD; /* curl goes on with the next one */
	}
	xfer_address_text(&a->addr, s->address);
	fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	s->socket_errno = fd < 0 ? errno : 0;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static CURLcode setup_connection(struct outstream *s)
{
	CURLcode rc = CURLE_OK;

	SET(rc, s->easy, CURLOPT_CONNECT_ONLY, 1L);
	SET(rc, s->easy, CURLOPT_FRESH_CONNECT, 1L);
	SET(rc, s->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	/* Always set: else *_proxy and no_proxy of the environment rule. */
	SET(rc, s->easy, CURLOPT_PROXY, "");
	SET(rc, s->easy, CURLOPT_NOPROXY, "*");
	SET(rc, s->easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(rc, s->easy, CURLOPT_OPENSOCKETFUNCTION, outstream_on_open_socket);
	SET(rc, s->easy, CURLOPT_OPENSOCKETDATA, s);
	SET(rc, s->easy, CURLOPT_NOSIGNAL, 1L);
	/* Else a dead name server holds the loop: curl joins its thread. */
	SET(rc, s->easy, CURLOPT_QUICK_EXIT, 1L);
	SET(rc, s->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)s->connect_ms);
	SET(rc, s->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	SET(rc, s->easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
	SET(rc, s->easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_EVERY_S);
	SET(rc, s->easy, CURLOPT_ERRORBUFFER, s->curl_text);
	return rc;
}

/* The bytes stay ours, so that we can wipe them. */
static CURLcode setup_certificate(struct outstream *s)
{
	struct curl_blob blob = {
		.data = (void *)secret_peek(s->client_pem),
		.len = secret_len(s->client_pem),
		.flags = CURL_BLOB_NOCOPY,
	};
	CURLcode rc = CURLE_OK;

	SET(rc, s->easy, CURLOPT_SSLCERTTYPE, "PEM");
	SET(rc, s->easy, CURLOPT_SSLCERT_BLOB, &blob);
	SET(rc, s->easy, CURLOPT_SSLKEYTYPE, "PEM");
	SET(rc, s->easy, CURLOPT_SSLKEY_BLOB, &blob);
	return rc;
}

static CURLcode setup_tls(struct outstream *s)
{
	CURLcode rc = CURLE_OK;

	SET(rc, s->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(rc, s->easy, CURLOPT_SSL_VERIFYPEER, 1L);
	SET(rc, s->easy, CURLOPT_SSL_VERIFYHOST, 2L);
	/* It is not HTTP that is spoken. */
	SET(rc, s->easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
	SET(rc, s->easy, CURLOPT_CA_CACHE_TIMEOUT, CA_CACHE_S);
	/* CAINFO adds to CAPATH, and with CAPATH nothing is cached: see
	 * xfer_setup.c. */
	if (s->ca_file)
		SET(rc, s->easy, CURLOPT_CAINFO, s->ca_file);
	if (s->ca_file || curl_version_info(CURLVERSION_NOW)->cainfo)
		SET(rc, s->easy, CURLOPT_CAPATH, NULL);
	if (!rc && s->client_pem)
		rc = setup_certificate(s);
	return rc;
}

int outstream_setup(struct outstream *s, const struct outstream_request *r,
		    struct err *err)
{
	bool v6 = strchr(r->host, ':');
	CLEANUP(free_ptr)
	char *url = xasprintf("%s://%s%s%s:%d/", r->tls ? "https" : "http",
			      v6 ? "[" : "", r->host, v6 ? "]" : "", r->port);
	CURLcode rc = CURLE_OK;

	s->host = xstrdup(r->host);
	s->ca_file = xstrdup(r->ca_file);
	s->connect_ms = r->connect_ms > 0 ? r->connect_ms : DEFAULT_CONNECT_MS;
	s->loopback_only = r->loopback_only;
	if (r->client_pem)
		s->client_pem = secret_new(secret_peek(r->client_pem),
					   secret_len(r->client_pem));
	s->easy = curl_easy_init();
	if (!s->easy)
		return err_set(err, -ENOMEM, "out of memory");
	SET(rc, s->easy, CURLOPT_URL, url);
	rc = rc ? rc : setup_connection(s);
	rc = rc || !r->tls ? rc : setup_tls(s);
	if (rc)
		return err_set(err, ERR_NET,
			       "cannot prepare a connection to %s: %s", s->host,
			       curl_easy_strerror(rc));
	return 0;
}
