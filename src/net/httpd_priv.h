/* What the files of the small HTTP server share.
 *
 *	httpd.c          connections
 *	httpd_request.c  what a request asks for, and the answer's text
 */
#ifndef NET_HTTPD_PRIV_H
#define NET_HTTPD_PRIV_H

#include <stdint.h>
#include "net/httpd.h"

#define HTTPD_HEAD_MAX ((size_t)8192)

struct httpd_limits {
	size_t max_clients;
	int64_t total_ms; /* of a connection, from its first moment */
};

/* httpd_new() with other limits, for its tests. */
struct httpd *httpd_new_limited(struct loop *l, const char *listen,
				const struct httpd_limits *limits, httpd_fn *fn,
				void *arg, struct err *err);

/* The bytes of the head in @in with its empty line; 0: more is to come. */
size_t httpd_head_len(const struct strbuf *in);
/* What a head asks for. */
struct httpd_head {
	enum httpd_method method;
	bool head_only; /* the answer's body is not wanted */
	char *path; /* heap, no query */
	char *host; /* heap; NULL: not said */
	size_t form_len; /* what is to follow */
};
void httpd_head_release(struct httpd_head *h);
/* Read a whole head: 200 and *ret, whose path is the caller's then; else the
 * status to refuse it with, and *ret is untouched. */
int httpd_request_read(const char *head, size_t len, struct httpd_head *ret);
/* Append the whole answer; for @head_only without the body. */
void httpd_answer_add(struct strbuf *out, int status, const char *type,
		      const struct strbuf *body, bool head_only);

#endif
