/*
 * What the files of the outgoing stream share.
 *
 *	outstream.c        its life: connect, send, notice the end
 *	outstream_setup.c  a request becomes a curl handle
 *	outstream_words.c  why there is no connection, in an operator's words
 */
#ifndef NET_OUTSTREAM_PRIV_H
#define NET_OUTSTREAM_PRIV_H

#include <curl/curl.h>
#include "net/multi_priv.h"
#include "net/outstream.h"
#include "net/xfer_priv.h"

enum outstream_state {
	OUTSTREAM_IS_CLOSED,
	OUTSTREAM_IS_CONNECTING,
	OUTSTREAM_IS_OPEN,
};

struct outstream {
	struct loop *loop;
	struct multi multi;
	outstream_fn *fn;
	void *arg;
	enum outstream_state state;

	CURL *easy;
	int fd; /* curl's, while open */
	struct loop_io *io;
	struct strbuf bytes; /* under way; stay where they are until sent */
	size_t n_sent;
	int64_t moved_ms;

	/* The rules of the connection, and what is known of it. */
	char *host, *ca_file;
	int64_t connect_ms;
	struct secret *client_pem; /* lent to curl */
	bool loopback_only;
	int socket_errno;
	char address[XFER_ADDRESS_TEXT]; /* the last one tried */
	char refused[XFER_ADDRESS_TEXT]; /* the last such one; "" none */
	char curl_text[CURL_ERROR_SIZE];

	struct loop_timer *again; /* see outstream_blocked() */
	struct loop_timer *owed; /* the call back that is owed, with what */
	enum outstream_news news;
	struct err err;
};

/* outstream_setup.c: s->easy, ready to be added. 0 or a negative code. */
int outstream_setup(struct outstream *s, const struct outstream_request *r,
		    struct err *err);

/* outstream_words.c: why connecting ended with @result. */
void outstream_explain(struct outstream *s, CURLcode result);
/* Why an open connection ended; @result CURLE_OK: the peer closed it. */
void outstream_explain_end(struct outstream *s, CURLcode result);

#endif
