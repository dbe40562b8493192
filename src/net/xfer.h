/*
 * HTTPS out, without blocking: libcurl's multi interface on the loop.
 *
 * Rules held here for everybody: TLS 1.2 or later and always verified, https
 * only (http: to loopback alone, or with allow_http), no redirects, no
 * cookies, no netrc, replies counted against max_body after decompression, a
 * total and a low-speed limit, connections kept. A transfer never completes
 * before xfer_start returned, and nothing here calls curl from inside a curl
 * callback. Transfers that may reach private addresses and those that may not
 * never share a connection.
 *
 * Through a proxy it is the proxy that resolves and connects: there the rule
 * about private addresses can only be held for a URL that names an address.
 * Loopback hosts are never asked for through the proxy.
 */
#ifndef NET_XFER_H
#define NET_XFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "net/loop.h"
#include "util/err.h"
#include "util/secret.h"
#include "util/strbuf.h"
#include "util/strlist.h"

struct xfer_pool;
struct xfer;

struct xfer_request {
	const char *method; /* GET, POST, PUT, PATCH or DELETE */
	const char *url;
	const char *const
		*headers; /* "Name: value", NULL-terminated; may be NULL */
	const char *body; /* copied; NULL none (a POST then sends length 0) */
	size_t body_len;
	size_t max_body; /* reply bytes after decompression; 0: 64 KiB */
	/* Over max_body: keep what fits and end well; not asked for as gzip. */
	bool cut_body;
	int64_t connect_ms; /* 0: 10 s */
	int64_t total_ms; /* 0: 30 s */
	const char *ca_file; /* replaces the system's; NULL: the system's */
	const char *proxy; /* NULL: none; the environment is never asked */
	/* PEM, certificate and key; NULL: none is shown to the server */
	const struct secret *client_certificate;
	bool allow_private; /* may connect to loopback and private addresses */
	bool allow_http; /* http: beyond loopback (needs allow_private) */
	/* Name, connection and TLS alone: nothing is asked, and a reply without
	 * error has no status. */
	bool connect_only;
};

struct xfer_reply {
	long status; /* 0: no answer came */
	struct err err; /* code 0: a whole answer was read, of any status */
	struct strbuf body;
	int64_t retry_after_ms; /* Retry-After and its x-ms- kin; 0 absent; at
				   most 1 h */
	int64_t quota_wait_ms; /* Resource Graph: nothing is left of the quota
				  for so long; 0 else; at most 1 h */
	int64_t date_ms; /* Date, when the service answered; 0 absent or
			    malformed */
	bool limit_hit; /* Resource Graph: not all subscriptions are in it */
	bool warning; /* a Warning header was there */
	bool unframed; /* neither length nor chunks: the end of the connection
			  ended it, so a cut body looks like a whole one */
	char content_type[128];
	char request_id[128]; /* x-ms-request-id or request-id */
	char www_authenticate[2048]; /* Bearer's; "" absent or longer */
	char basic_challenge[512]; /* the same of Basic */
	int64_t elapsed_ms;
};

/* The reply is borrowed for the call; strbuf_detach may take the body. */
typedef void xfer_done_fn(void *arg, struct xfer_reply *reply);

struct xfer_pool *xfer_pool_new(struct loop *l, const char *user_agent);
/* Every transfer is cancelled without a call back. Not from within a
 * xfer_done_fn. Returns NULL. */
struct xfer_pool *xfer_pool_free(struct xfer_pool *p);
/* The loop it was made on. */
struct loop *xfer_pool_loop(const struct xfer_pool *p);

/*
 * Begin. @r and what it points to may go when this returns. @fn is called once,
 * later, from the loop, unless cancelled. Never NULL: a request that cannot be
 * begun completes with its error.
 */
struct xfer *xfer_start(struct xfer_pool *p, const struct xfer_request *r,
			xfer_done_fn *fn, void *arg);
/* End it now, without a call back; harmless for the transfer whose own call
 * back runs. NULL is fine; returns NULL. */
struct xfer *xfer_cancel(struct xfer *x);
size_t xfer_pool_busy(const struct xfer_pool *p);

/* True when both URLs have the same scheme (http or https), host and port
 * (defaults filled in), with no user part, and both parse. Anything unusual (a
 * backslash, blank, control or non-ASCII character, a relative or incomplete
 * URL) is false. A trailing dot is another host. */
bool xfer_same_origin(const char *url, const char *base);
/* "https://host:port" without path, query or user, for logs (heap, free());
 * "(no valid URL)" when it does not parse. */
char *xfer_origin(const char *url);
/* Loopback, link-local, private, shared, mapped: every address a webhook must
 * not reach. */
struct sockaddr;
bool xfer_address_is_private(const struct sockaddr *sa);
/* Retry-After: seconds or HTTP-date; 0 absent or nonsense; capped at 1 h. */
int64_t xfer_retry_after_ms(const char *value, int64_t now_ms);

#endif
