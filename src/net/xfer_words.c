/*
 * curl's errors in an operator's words: what, where, why, what to do. Called
 * by xfer.c alone, once, when a transfer has ended badly.
 *
 * Names the host, never the path or query (they may hold secrets), and never
 * curl's own text but for certificates, where it alone knows the reason.
 */
#include "net/xfer_priv.h"

#include <errno.h>
#include <string.h>
#include "util/strbuf.h"
#include "util/timefmt.h"
#include "util/utf8.h"

#define VERIFY_PROBLEM "SSL certificate problem: "

/* Whom we talk to first, and what stands before it: the proxy is not the host
 * that a request is for. */
static const char *peer_name(const struct xfer *x)
{
	return x->proxy_host ? x->proxy_host : x->origin.host;
}

static const char *article(const struct xfer *x)
{
	return x->proxy_host ? "the proxy " : "";
}

static int explain_connect(struct xfer *x, struct err *err)
{
	const char *host = x->origin.host;
	const char *the = article(x), *peer = peer_name(x);
	long os = 0;

	(void)curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &os);
	if (x->stop == XFER_STOP_ADDRESS && x->loopback_only &&
	    x->allow_private)
		return err_set(err, ERR_REFUSED,
			       "%s is at %s, and http is refused beyond "
			       "loopback: use https",
			       host, x->refused);
	if (x->stop == XFER_STOP_ADDRESS && xfer_host_is_private(host))
		return err_set(err, ERR_REFUSED,
			       "%s is a private address, and those are not "
			       "allowed here (allow-private)",
			       host);
	if (x->stop == XFER_STOP_ADDRESS)
		return err_set(err, ERR_REFUSED,
			       "%s is at %s, a private address, and those are "
			       "not allowed here (allow-private)",
			       host, x->refused);
	if (x->socket_errno)
		return err_set(err, ERR_NET,
			       "no socket for a connection to "
			       "%s: %s",
			       host, strerror(x->socket_errno));
	if (os == ECONNREFUSED && !strncmp(x->address, peer, strlen(peer)))
		return err_set(err, ERR_NET, "connection refused by %s%s", the,
			       x->address);
	if (os == ECONNREFUSED)
		return err_set(err, ERR_NET, "connection refused by %s%s (%s)",
			       the, peer, x->address);
	return err_set(err, ERR_NET, "cannot connect to %s%s (%s): %s", the,
		       peer, x->address,
		       os ? strerror((int)os) : "no address answered");
}

static curl_off_t moment_us(struct xfer *x, CURLINFO what)
{
	curl_off_t us = 0;

	(void)curl_easy_getinfo(x->easy, what, &us);
	return us;
}

static int explain_timeout(struct xfer *x, struct err *err)
{
	const char *host = x->origin.host;
	char span[TIMEFMT_MAX];

	if (!moment_us(x, CURLINFO_NAMELOOKUP_TIME_T))
		return err_set(err, ERR_NET,
			       "cannot resolve %s%s: no answer from the name "
			       "server within %s",
			       article(x), peer_name(x),
			       timefmt_span(MIN(x->connect_ms, x->total_ms),
					    span));
	if (!moment_us(x, CURLINFO_PRETRANSFER_TIME_T))
		return err_set(err, ERR_NET,
			       "no connection to %s%s (%s) within "
			       "%s: check the network and firewalls",
			       article(x), peer_name(x), x->address,
			       timefmt_span(MIN(x->connect_ms, x->total_ms),
					    span));
	/* Well before its time: the limit of xfer_setup.c on low speed. */
	if (moment_us(x, CURLINFO_TOTAL_TIME_T) / 1000 + 500 < x->total_ms)
		return err_set(err, ERR_NET, "%s answers too slowly: given up",
			       host);
	if (x->headers_began)
		return err_set(err, ERR_NET,
			       "no whole answer from %s within "
			       "%s",
			       host, timefmt_span(x->total_ms, span));
	return err_set(err, ERR_NET, "no answer from %s within %s", host,
		       timefmt_span(x->total_ms, span));
}

/* curl's text quotes the certificate, which is the peer's to write, as is the
 * issuer's name: who opens TLS on the way is known by it. */
static int explain_certificate(struct xfer *x, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	const char *text = x->curl_text;

	if (!strncmp(text, VERIFY_PROBLEM, strlen(VERIFY_PROBLEM)))
		text += strlen(VERIFY_PROBLEM);
	utf8_add_clean(&why, *text ? text : "no reason known", 200, UTF8_LINE);
	if (xfer_peer_issuer(x)[0]) {
		strbuf_addstr(&why, ", issued by ");
		utf8_add_clean(&why, xfer_peer_issuer(x), 120, UTF8_LINE);
	}
	return err_set(err, ERR_NET,
		       "certificate of %s is not trusted: %s (%s%s)",
		       x->origin.host, why.buf,
		       x->ca_file ? "checked against ca-file "
				  : "a private CA needs ca-file",
		       x->ca_file ? x->ca_file : "");
}

static int explain_handshake(struct xfer *x, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;

	utf8_add_clean(&why, x->curl_text, 200, UTF8_LINE);
	return err_set(err, ERR_NET,
		       "no TLS 1.2 or later with %s: %s; check that it speaks "
		       "TLS on this port",
		       x->origin.host,
		       why.len ? why.buf : "the handshake failed");
}

/* The proxy's answer to CONNECT comes as a receive error. */
static int explain_lost(struct xfer *x, struct err *err)
{
	const char *host = x->origin.host;
	long status = 0;

	(void)curl_easy_getinfo(x->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	if (x->proxy_host && status == 407)
		return err_set(err, ERR_NET,
			       "the proxy %s wants a user and password (407) "
			       "for %s",
			       x->proxy_host, host);
	if (x->proxy_host && status && status / 100 != 2)
		return err_set(err, ERR_NET,
			       "the proxy %s refuses to connect to %s (%ld)",
			       x->proxy_host, host, status);
	if (x->headers_began)
		return err_set(err, ERR_NET,
			       "the answer of %s was cut off after %zu bytes",
			       host, x->reply.body.len);
	return err_set(err, ERR_NET,
		       "the connection to %s was lost before it answered",
		       host);
}

static int explain_stop(struct xfer *x, struct err *err)
{
	if (x->stop == XFER_STOP_BODY)
		return err_set(err, ERR_LIMIT,
			       "the answer of %s is larger than %zu bytes",
			       x->origin.host, x->max_body);
	return err_set(err, ERR_LIMIT,
		       "the answer of %s has more than %zu bytes of headers",
		       x->origin.host, XFER_HEADERS_MAX);
}

static int explain(struct xfer *x, CURLcode result, struct err *err)
{
	const char *host = x->origin.host;

	switch (result) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return err_set(err, ERR_NET,
			       "cannot resolve %s: check the name and this "
			       "machine's name servers",
			       host);
	case CURLE_COULDNT_RESOLVE_PROXY:
		return err_set(err, ERR_NET, "cannot resolve the proxy %s",
			       x->proxy_host ? x->proxy_host : "");
	case CURLE_COULDNT_CONNECT:
		return explain_connect(x, err);
	case CURLE_OPERATION_TIMEDOUT:
		return explain_timeout(x, err);
	case CURLE_PEER_FAILED_VERIFICATION:
		return explain_certificate(x, err);
	case CURLE_SSL_CONNECT_ERROR:
		return explain_handshake(x, err);
	case CURLE_SSL_CERTPROBLEM:
		return err_set(err, ERR_CONF,
			       "the client-certificate for %s cannot be used: "
			       "it must be PEM, the certificate first, then "
			       "its key",
			       host);
	case CURLE_SSL_CACERT_BADFILE:
		if (!x->ca_file)
			return err_set(err, ERR_CONF,
				       "no certificates of authorities on this "
				       "machine: install ca-certificates, or "
				       "give ca-file");
		return err_set(err, ERR_CONF,
			       "cannot read certificates from ca-file %s",
			       x->ca_file);
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return explain_lost(x, err);
	case CURLE_BAD_CONTENT_ENCODING:
		return err_set(err, ERR_NET,
			       "the answer of %s is not valid gzip", host);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		return err_set(err, ERR_NET, "%s does not answer in HTTP",
			       host);
#if LIBCURL_VERSION_NUM >= 0x080600
	case CURLE_TOO_LARGE:
		return err_set(err, ERR_LIMIT,
			       "the answer of %s has an endless line among its "
			       "headers, or thousands of them",
			       host);
#endif
	case CURLE_OUT_OF_MEMORY:
		/* Until 8.6 curl's word for a line above its own limit of 100
		 * KB. */
		if (x->headers_began)
			return err_set(err, ERR_LIMIT,
				       "the answer of %s has an endless line "
				       "among its headers, or there is no "
				       "memory left",
				       host);
		return err_set(err, -ENOMEM, "out of memory");
	default:
		return err_set(err, ERR_NET,
			       "the transfer with %s failed: %s (curl %d)",
			       host, curl_easy_strerror(result), (int)result);
	}
}

void xfer_explain(struct xfer *x, CURLcode result)
{
	if (x->stop == XFER_STOP_BODY || x->stop == XFER_STOP_HEADERS)
		(void)explain_stop(x, &x->reply.err); /* the code is in it */
	else
		(void)explain(x, result, &x->reply.err);
}
