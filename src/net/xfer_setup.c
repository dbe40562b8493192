/*
 * A request becomes a curl handle, with the rules of xfer.h in it. Called by
 * xfer.c alone.
 */
#include "net/xfer_priv.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include "util/xmalloc.h"

#define DEFAULT_CONNECT_MS 10000
#define DEFAULT_TOTAL_MS 30000
#define DEFAULT_MAX_BODY ((size_t)65536)
/* Slower than this for so long is a peer that keeps us busy, not an answer. */
#define LOW_SPEED_BYTES 64L
#define LOW_SPEED_S 30L
/* Each multi handle keeps its parsed CA file so long. */
#define CA_CACHE_S 3600L

/* Stop at the first option that is refused, like a sequence of statements. */
#define SET(rc, easy, option, value)                                           \
	do {                                                                   \
		if (!(rc))                                                     \
			(rc) = curl_easy_setopt((easy), (option), (value));    \
	} while (0)

/* A token of RFC 9110, a colon, and no byte that could begin another line. */
static bool header_is_valid(const char *line)
{
	size_t name = strspn(line, "!#$%&'*+-.^_`|~0123456789"
				   "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	if (!name || line[name] != ':')
		return false;
	for (const char *p = line + name; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool headers_have(const char *const *headers, const char *name)
{
	size_t len = strlen(name);

	for (; headers && *headers; headers++)
		if (!strncasecmp(*headers, name, len) && (*headers)[len] == ':')
			return true;
	return false;
}

static int header_add(struct xfer *x, const char *line, struct err *err)
{
	struct curl_slist *more = curl_slist_append(x->headers, line);

	if (!more)
		return err_set(err, -ENOMEM, "out of memory");
	x->headers = more;
	return 0;
}

static int setup_headers(struct xfer *x, const struct xfer_request *r,
			 struct err *err)
{
	int rc;

	for (const char *const *h = r->headers; h && *h; h++) {
		/* The line may be a secret: never shown. */
		if (!header_is_valid(*h))
			return err_set(err, ERR_REFUSED,
				       "a header for %s is not valid: it holds "
				       "a line break or another control "
				       "character",
				       x->origin.host);
		rc = header_add(x, *h, err);
		if (rc < 0)
			return rc;
	}
	/* Without a value: curl sends neither. It would wait a second for 100
	 * Continue, and call every POST a form. */
	rc = header_add(x, "Expect:", err);
	if (!rc && !headers_have(r->headers, "Content-Type"))
		rc = header_add(x, "Content-Type:", err);
	return rc;
}

/* curl opens a socket here, for the address it really connects to. */
static curl_socket_t xfer_on_open_socket(void *arg, curlsocktype purpose,
					 struct curl_sockaddr *a)
{
	struct xfer *x = arg;
	int fd;

	(void)purpose;
	/* A proxy is where the operator says, and checks by itself. */
	if (!x->proxy_host &&
	    ((!x->allow_private && xfer_address_is_private(&a->addr)) ||
	     (x->loopback_only && !xfer_address_is_loopback(&a->addr)))) {
		xfer_address_text(&a->addr, x->refused);
		x->stop = XFER_STOP_ADDRESS;
		return CURL_SOCKET_BAD; /* curl goes on with the next one */
	}
	xfer_address_text(&a->addr, x->address);
	fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	x->socket_errno = fd < 0 ? errno : 0;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static CURLcode setup_method(struct xfer *x, const struct xfer_request *r)
{
	CURLcode rc = CURLE_OK;

	if (r->connect_only)
		SET(rc, x->easy, CURLOPT_CONNECT_ONLY, 1L);
	if (!strcmp(r->method, "GET")) {
		SET(rc, x->easy, CURLOPT_HTTPGET, 1L);
		return rc;
	}
	x->body_len = r->body ? r->body_len : 0;
	x->body = x->body_len ? xmemdup(r->body, x->body_len) : xstrdup("");
	SET(rc, x->easy, CURLOPT_POST, 1L);
	SET(rc, x->easy, CURLOPT_POSTFIELDS, x->body);
	SET(rc, x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body_len);
	if (strcmp(r->method, "POST") != 0)
		SET(rc, x->easy, CURLOPT_CUSTOMREQUEST, r->method);
	return rc;
}

static CURLcode setup_guards(struct xfer *x, const struct xfer_request *r)
{
	CURLcode rc = CURLE_OK;

	SET(rc, x->easy, CURLOPT_PROTOCOLS_STR,
	    strcasecmp(x->origin.scheme, "http") ? "https" : "http,https");
	SET(rc, x->easy, CURLOPT_FOLLOWLOCATION, 0L);
	SET(rc, x->easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(rc, x->easy, CURLOPT_HTTP09_ALLOWED, 0L);
	SET(rc, x->easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(rc, x->easy, CURLOPT_OPENSOCKETFUNCTION, xfer_on_open_socket);
	SET(rc, x->easy, CURLOPT_OPENSOCKETDATA, x);
	/* Always set: else *_proxy and no_proxy of the environment rule. And
	 * no exception is left to curl: it would be a connection that the
	 * guard takes for one to the proxy. */
	SET(rc, x->easy, CURLOPT_PROXY, x->proxy_host ? r->proxy : "");
	SET(rc, x->easy, CURLOPT_NOPROXY, "");
	SET(rc, x->easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	SET(rc, x->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	return rc;
}

static CURLcode setup_tls(struct xfer *x)
{
	CURLcode rc = CURLE_OK;

	SET(rc, x->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(rc, x->easy, CURLOPT_SSL_VERIFYPEER, 1L);
	SET(rc, x->easy, CURLOPT_SSL_VERIFYHOST, 2L);
	SET(rc, x->easy, CURLOPT_CA_CACHE_TIMEOUT, CA_CACHE_S);
	/*
	 * CAINFO adds to CAPATH, which by default trusts the whole system. For
	 * the system's own bundle the directory says nothing new, and with it
	 * curl 7.88 does not cache but parses all of it for every connection
	 * (94 ms measured, 1 ms with the cache; the loop stands still in it).
	 */
	if (x->ca_file)
		SET(rc, x->easy, CURLOPT_CAINFO, x->ca_file);
	if (x->ca_file || curl_version_info(CURLVERSION_NOW)->cainfo)
		SET(rc, x->easy, CURLOPT_CAPATH, NULL);
	return rc;
}

/* curl keeps a copy of its own, and wipes none: as short-lived as the handle.
 */
static CURLcode setup_identity(struct xfer *x, const struct xfer_request *r)
{
	struct curl_blob pem = { .flags = CURL_BLOB_COPY };
	CURLcode rc = CURLE_OK;

	if (!r->client_certificate)
		return rc;
	pem.data = (void *)(uintptr_t)secret_peek(r->client_certificate);
	pem.len = secret_len(r->client_certificate);
	SET(rc, x->easy, CURLOPT_SSLCERTTYPE, "PEM");
	SET(rc, x->easy, CURLOPT_SSLCERT_BLOB, &pem);
	SET(rc, x->easy, CURLOPT_SSLKEYTYPE, "PEM");
	SET(rc, x->easy, CURLOPT_SSLKEY_BLOB, &pem);
	return rc;
}

static CURLcode setup_limits(struct xfer *x)
{
	CURLcode rc = CURLE_OK;

	SET(rc, x->easy, CURLOPT_NOSIGNAL, 1L);
	/* Else a dead name server holds the loop: curl joins its thread. */
	SET(rc, x->easy, CURLOPT_QUICK_EXIT, 1L);
	SET(rc, x->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)x->connect_ms);
	SET(rc, x->easy, CURLOPT_TIMEOUT_MS, (long)x->total_ms);
	SET(rc, x->easy, CURLOPT_LOW_SPEED_LIMIT, LOW_SPEED_BYTES);
	SET(rc, x->easy, CURLOPT_LOW_SPEED_TIME, LOW_SPEED_S);
	SET(rc, x->easy, CURLOPT_TCP_NODELAY, 1L);
	SET(rc, x->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	return rc;
}

static CURLcode setup_exchange(struct xfer *x, const char *url)
{
	CURLcode rc = CURLE_OK;

	SET(rc, x->easy, CURLOPT_URL, url);
	SET(rc, x->easy, CURLOPT_PATH_AS_IS, 1L); /* links are followed as given
						   */
	/* One answer a connection: a slow one holds up no other. */
	SET(rc, x->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(rc, x->easy, CURLOPT_HTTPHEADER, x->headers);
	SET(rc, x->easy, CURLOPT_USERAGENT, xfer_pool_agent(x->pool));
	/* Of whose answer the beginning suffices a broken end is none. */
	SET(rc, x->easy, CURLOPT_ACCEPT_ENCODING, x->cut_body ? NULL : "gzip");
	SET(rc, x->easy, CURLOPT_HEADERFUNCTION, xfer_on_header);
	SET(rc, x->easy, CURLOPT_HEADERDATA, x);
	SET(rc, x->easy, CURLOPT_WRITEFUNCTION, xfer_on_body);
	SET(rc, x->easy, CURLOPT_WRITEDATA, x);
	SET(rc, x->easy, CURLOPT_ERRORBUFFER, x->curl_text);
	SET(rc, x->easy, CURLOPT_PRIVATE, x);
	return rc;
}

static int refuse_request(struct xfer *x, const struct xfer_request *r,
			  struct err *err)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH",
					       "DELETE" };
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		known = known || !strcmp(r->method, methods[i]);
	if (!known)
		return err_set(err, ERR_REFUSED, "method %s is not supported",
			       r->method);
	if (!xfer_origin_parse(r->url, &x->origin))
		return err_set(err, ERR_REFUSED,
			       "the URL is not a plain absolute https URL "
			       "without user, blank or backslash");
	x->loopback_only = !strcasecmp(x->origin.scheme, "http") &&
			   !(r->allow_http && r->allow_private);
	if (x->loopback_only && !xfer_host_is_loopback(x->origin.host))
		return err_set(err, ERR_REFUSED,
			       "http to %s is refused, only loopback may go "
			       "without TLS: use https",
			       x->origin.host);
	return 0;
}

/* The rules that the callbacks look at while curl works. */
static int setup_rules(struct xfer *x, const struct xfer_request *r,
		       struct err *err)
{
	/* Loopback is this machine: another one's proxy would reach its own. */
	bool proxied =
		r->proxy && *r->proxy && !xfer_host_is_loopback(x->origin.host);

	x->allow_private = r->allow_private;
	x->cut_body = r->cut_body;
	x->max_body = r->max_body ? r->max_body : DEFAULT_MAX_BODY;
	x->connect_ms = r->connect_ms > 0 ? r->connect_ms : DEFAULT_CONNECT_MS;
	x->total_ms = r->total_ms > 0 ? r->total_ms : DEFAULT_TOTAL_MS;
	x->ca_file = xstrdup(r->ca_file);
	if (!proxied)
		return 0;
	x->proxy_host = xfer_proxy_host(r->proxy);
	if (!x->proxy_host)
		return err_set(err, ERR_CONF, "the proxy is not a valid URL");
	if (!x->allow_private && xfer_host_is_private(x->origin.host))
		return err_set(err, ERR_REFUSED,
			       "%s is a private address and those are not "
			       "allowed here (allow-private)",
			       x->origin.host);
	return 0;
}

int xfer_setup(struct xfer *x, const struct xfer_request *r, struct err *err)
{
	CURLcode curl_rc = CURLE_OK;
	int rc;

	rc = refuse_request(x, r, err);
	if (!rc)
		rc = setup_rules(x, r, err);
	if (!rc)
		rc = setup_headers(x, r, err);
	if (rc < 0)
		return rc;
	x->easy = curl_easy_init();
	if (!x->easy)
		return err_set(err, -ENOMEM, "out of memory");
	curl_rc = setup_exchange(x, r->url);
	curl_rc = curl_rc ? curl_rc : setup_method(x, r);
	curl_rc = curl_rc ? curl_rc : setup_guards(x, r);
	curl_rc = curl_rc ? curl_rc : setup_tls(x);
	curl_rc = curl_rc ? curl_rc : setup_identity(x, r);
	curl_rc = curl_rc ? curl_rc : setup_limits(x);
	xfer_peer_watch(x);
	if (curl_rc)
		return err_set(err, ERR_NET, "cannot prepare a request: %s",
			       curl_easy_strerror(curl_rc));
	return 0;
}
