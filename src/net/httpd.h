/*
 * The small HTTP server for health and metrics: loopback or a Unix socket,
 * GET and HEAD only, 8 KiB of headers, no body, one request a connection.
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

/* Fill @body and *ret_type; returns the HTTP status. @path has no query. */
typedef int httpd_fn(void *arg, const char *path, struct strbuf *body,
		     const char **ret_type);

/* @listen: "127.0.0.1:PORT", "localhost:PORT", "[::1]:PORT", "unix:/path" (mode
 * 0660); an address beyond loopback is refused. NULL with @err. */
struct httpd *httpd_new(struct loop *l, const char *listen, httpd_fn *fn,
			void *arg, struct err *err);
/* Not from within an httpd_fn. Returns NULL. */
struct httpd *httpd_free(struct httpd *h);
/* The bound TCP port (for port 0), or 0. */
int httpd_port(const struct httpd *h);

#endif
