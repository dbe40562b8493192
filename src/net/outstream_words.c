/*
 * Why a stream could not be opened, or ended, in an operator's words: what,
 * where, why, what to do. Called by outstream.c alone.
 *
 * ERR_REFUSED is what stays until somebody changes something: a certificate, a
 * file, an address. Everything else is ERR_NET and tried again.
 *
 * tested with: test_outstream
 */
#include "net/outstream_priv.h"

#include <errno.h>
#include <string.h>
#include "util/timefmt.h"
#include "util/utf8.h"

#define VERIFY_PROBLEM "SSL certificate problem: "
#define CURL_TEXT_MAX 200

/* curl's text quotes the peer, so it is cleaned and cut. */
static void add_curl_text(const struct outstream *s, const char *otherwise,
			  struct strbuf *out)
{
	const char *text = s->curl_text;

	if (!strncmp(text, VERIFY_PROBLEM, strlen(VERIFY_PROBLEM)))
		text += strlen(VERIFY_PROBLEM);
	utf8_add_clean(out, *text ? text : otherwise, CURL_TEXT_MAX, UTF8_LINE);
}

static int explain_connect(struct outstream *s, struct err *err)
{
	long os = 0;

	(void)curl_easy_getinfo(s->easy, CURLINFO_OS_ERRNO, &os);
	if (s->refused[0])
		return err_set(err, ERR_REFUSED,
			       "%s is at %s, and nothing goes without TLS "
			       "beyond loopback: use syslog-tls, or say "
			       "allow-plain: true",
			       s->host, s->refused);
	if (s->socket_errno)
		return err_set(err, ERR_NET,
			       "no socket for a connection to %s: %s", s->host,
			       strerror(s->socket_errno));
	if (os == ECONNREFUSED)
		return err_set(err, ERR_NET,
			       "connection refused by %s (%s): nothing listens "
			       "there",
			       s->host, s->address);
	return err_set(err, ERR_NET, "cannot connect to %s (%s): %s", s->host,
		       s->address,
		       os ? strerror((int)os) : "no address answered");
}

static int explain_timeout(struct outstream *s, struct err *err)
{
	char span[TIMEFMT_MAX];

	timefmt_span(s->connect_ms, span);
	if (!s->address[0])
		return err_set(err, ERR_NET,
			       "cannot resolve %s: no answer from the name "
			       "server within %s",
			       s->host, span);
	return err_set(err, ERR_NET,
		       "no connection to %s (%s) within %s: check the "
		       "network, firewalls and that the port speaks TLS",
		       s->host, s->address, span);
}

static int explain_certificate(struct outstream *s, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;

	add_curl_text(s, "no reason known", &why);
	return err_set(err, ERR_REFUSED,
		       "certificate of %s is not trusted: %s (%s%s)", s->host,
		       why.buf,
		       s->ca_file ? "checked against ca-file "
				  : "a private CA needs ca-file",
		       s->ca_file ? s->ca_file : "");
}

static int explain_handshake(struct outstream *s, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;

	add_curl_text(s, "the handshake failed", &why);
	return err_set(err, ERR_NET,
		       "no TLS 1.2 or later with %s: %s; check that it speaks "
		       "TLS on this port, and whether it wants a "
		       "client-certificate",
		       s->host, why.buf);
}

void outstream_explain(struct outstream *s, CURLcode result)
{
	struct err *err = &s->err;

	switch (result) {
	case CURLE_COULDNT_RESOLVE_HOST:
		(void)err_set(err, ERR_NET,
			      "cannot resolve %s: check the name and this "
			      "machine's name servers",
			      s->host);
		return;
	case CURLE_COULDNT_CONNECT:
		(void)explain_connect(s, err);
		return;
	case CURLE_OPERATION_TIMEDOUT:
		(void)explain_timeout(s, err);
		return;
	case CURLE_PEER_FAILED_VERIFICATION:
		(void)explain_certificate(s, err);
		return;
	case CURLE_SSL_CONNECT_ERROR:
		(void)explain_handshake(s, err);
		return;
	case CURLE_SSL_CERTPROBLEM:
		(void)err_set(
			err, ERR_REFUSED,
			"the client-certificate for %s cannot be used: it "
			"must be PEM, the certificate first, then its key",
			s->host);
		return;
	case CURLE_SSL_CACERT_BADFILE:
		(void)err_set(err, ERR_REFUSED, "%s%s",
			      s->ca_file ? "cannot read certificates from "
					   "ca-file "
					 : "no certificates of authorities on "
					   "this machine: install "
					   "ca-certificates, or give ca-file",
			      s->ca_file ? s->ca_file : "");
		return;
	default:
		(void)err_set(err, ERR_NET,
			      "the connection to %s failed: %s (curl %d)",
			      s->host, curl_easy_strerror(result), (int)result);
	}
}

void outstream_explain_end(struct outstream *s, CURLcode result)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;

	if (result == CURLE_OK) {
		(void)err_set(&s->err, ERR_NET, "%s (%s) closed the connection",
			      s->host, s->address);
		return;
	}
	add_curl_text(s, curl_easy_strerror(result), &why);
	(void)err_set(&s->err, ERR_NET, "the connection to %s (%s) broke: %s",
		      s->host, s->address, why.buf);
}
