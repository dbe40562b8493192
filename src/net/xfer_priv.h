/*
 * What the files of the transfer pool share. A struct xfer is one request in
 * flight; a lane is one curl multi handle with its own connections.
 *
 *	xfer.c        a transfer's life: start, finish, cancel
 *	xfer_pool.c   the transfers in flight (multi.c: curl on the loop)
 *	xfer_setup.c  a request becomes a curl handle
 *	xfer_reply.c  what comes in: headers, body
 *	xfer_words.c  curl's errors in an operator's words
 *	xfer_peer.c   whose certificate was refused
 *	xfer_guard.c  which URLs and addresses are acceptable
 */
#ifndef NET_XFER_PRIV_H
#define NET_XFER_PRIV_H

#include <curl/curl.h>
#include <sys/queue.h>
#include "net/xfer.h"

/* All header lines of one transfer, interim answers included. curl's own
 * limit of 300 KB is more than any service we know sends. */
#define XFER_HEADERS_MAX ((size_t)65536)

/* "[" + an IPv6 address + "]:" + a port */
#define XFER_ADDRESS_TEXT 64

struct xfer_origin_parts {
	char *scheme, *host, *port; /* curl's memory; host without brackets */
};

enum xfer_state {
	XFER_RUNNING, /* curl has it */
	XFER_DONE, /* the reply is complete; its call back is owed */
	XFER_DELIVERING, /* the call back runs */
};

/* Why one of our own callbacks ended the transfer. */
enum xfer_stop {
	XFER_STOP_NONE,
	XFER_STOP_BODY, /* max_body reached */
	XFER_STOP_HEADERS, /* XFER_HEADERS_MAX reached */
	XFER_STOP_ADDRESS, /* an address it must not reach, of one or many */
};

struct xfer_lane;

struct xfer {
	TAILQ_ENTRY(xfer) link; /* running, or done */
	struct xfer_pool *pool;
	struct xfer_lane *lane;
	enum xfer_state state;
	xfer_done_fn *fn;
	void *arg;

	CURL *easy;
	struct curl_slist *headers; /* may hold secrets: wiped */
	char *body; /* may hold secrets: wiped */
	size_t body_len;

	/* The rules of the request. */
	struct xfer_origin_parts origin;
	char *ca_file, *proxy_host;
	size_t max_body;
	int64_t connect_ms, total_ms;
	bool cut_body, allow_private, loopback_only;

	/* What is known so far. */
	enum xfer_stop stop;
	size_t n_header_bytes;
	bool framed, headers_began;
	bool quota_spent; /* x-ms-user-quota-remaining: 0 */
	int64_t quota_reset_ms;
	char wait_until[64]; /* Retry-After, when it is an instant */
	char address[XFER_ADDRESS_TEXT]; /* the last one tried */
	char refused[XFER_ADDRESS_TEXT]; /* XFER_STOP_ADDRESS: the last one */
	int socket_errno; /* why there was no socket for it; 0 there was */
	char curl_text[CURL_ERROR_SIZE];
	struct xfer_reply reply;
};

TAILQ_HEAD(xfer_list, xfer);

/* xfer.c: curl ended @x with @result. Called with no curl function on the
 * stack; the reply is delivered later by xfer_deliver_all(). */
void xfer_finish(struct xfer *x, CURLcode result);
void xfer_free(struct xfer *x);

/* xfer_pool.c */
/* Hand @x to curl. 0 or a negative code with @err filled. */
int xfer_pool_add(struct xfer_pool *p, struct xfer *x, struct err *err);
/* Take @x out of curl's hands and off the list it is on. */
void xfer_pool_remove(struct xfer_pool *p, struct xfer *x);
/* Owe @x its call back. */
void xfer_pool_done(struct xfer_pool *p, struct xfer *x);
const char *xfer_pool_agent(const struct xfer_pool *p);

/* xfer_setup.c: make x->easy after @r. 0 or a negative code with @err. */
int xfer_setup(struct xfer *x, const struct xfer_request *r, struct err *err);

/* xfer_reply.c: curl's callbacks; their argument is the transfer. */
size_t xfer_on_header(char *line, size_t size, size_t n, void *arg);
size_t xfer_on_body(char *bytes, size_t size, size_t n, void *arg);

/* xfer_peer.c: watch the peer's certificate being verified. Without OpenSSL
 * below curl nothing is seen. */
void xfer_peer_watch(struct xfer *x);
/* Who issued the certificate that was refused, "" unknown; a stranger's. */
const char *xfer_peer_issuer(const struct xfer *x);

/* xfer_words.c: fill x->reply.err after curl's @result. */
void xfer_explain(struct xfer *x, CURLcode result);

/* xfer_guard.c */
/* Parts of an acceptable http or https URL; false otherwise. */
bool xfer_origin_parse(const char *url, struct xfer_origin_parts *ret);
void xfer_origin_release(struct xfer_origin_parts *o);
/* "host:port" of a proxy's URL (heap), without user and password; NULL when it
 * does not parse. */
char *xfer_proxy_host(const char *proxy);
/* "localhost" or a name below it, or an address in text form that is a loopback
 * one. What it resolves to is looked at when it is connected to. */
bool xfer_host_is_loopback(const char *host);
/* An address in text form that is private. */
bool xfer_host_is_private(const char *host);
bool xfer_address_is_loopback(const struct sockaddr *sa);
/* "127.0.0.1:443", "[::1]:443". */
void xfer_address_text(const struct sockaddr *sa, char ret[XFER_ADDRESS_TEXT]);

#endif
