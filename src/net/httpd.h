/*
 * The small HTTP server for health, metrics and the page of a link: loopback or
 * a Unix socket, GET, HEAD and small forms by POST, 8 KiB of headers, one
 * request a connection.
 * A connection lives 10 s in all, however busy; there are at most 32, and one
 * more takes the place of the oldest, so that nobody keeps others out. Never
 * facing a network: a reverse proxy does that.
 */
#ifndef NET_HTTPD_H
#define NET_HTTPD_H

#include "net/loop.h"
#include "util/err.h"
#include "util/strbuf.h"

struct httpd;

#define HTTPD_FORM_MAX ((size_t)4096) /* bytes of a POST's body */

enum httpd_method {
	HTTPD_GET, /* or HEAD, which is the same without the answer's body */
	HTTPD_POST, /* of an HTML form; refused unless the handler takes it */
};

/* A whole request. */
struct httpd_request {
	enum httpd_method method;
	const char *path; /* without a query */
	const char *host; /* the name it was asked by; "" not said */
	const char *form; /* application/x-www-form-urlencoded; "" for GET */
};

/* Fill @body and *ret_type; returns the HTTP status, which is 405 for a POST to
 * a path that takes none. */
typedef int httpd_fn(void *arg, const struct httpd_request *r,
		     struct strbuf *body, const char **ret_type);

/* @listen: "127.0.0.1:PORT", "localhost:PORT", "[::1]:PORT", "unix:/path" (mode
 * 0660); an address beyond loopback is refused. NULL with @err. */
struct httpd *httpd_new(struct loop *l, const char *listen, httpd_fn *fn,
			void *arg, struct err *err);
/* Not from within an httpd_fn. Returns NULL. */
struct httpd *httpd_free(struct httpd *h);
/* The bound TCP port (for port 0), or 0. */
int httpd_port(const struct httpd *h);

#endif
