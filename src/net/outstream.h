/*
 * One outgoing TCP or TLS stream that stays open: bytes out, nothing expected
 * back. Never blocks the loop: names are resolved in curl's thread, the
 * handshake is curl's, TLS 1.2 or later and always verified.
 *
 * TCP acknowledges bytes to the kernel, not to us: outstream_mark() and
 * outstream_acknowledged() say how far the peer's TCP has them. That is not yet
 * its application.
 */
#ifndef NET_OUTSTREAM_H
#define NET_OUTSTREAM_H

#include <stdbool.h>
#include <stdint.h>
#include "net/loop.h"
#include "util/err.h"
#include "util/secret.h"
#include "util/strbuf.h"

struct outstream;

struct outstream_request {
	const char *host; /* a name or an address, without brackets */
	int port;
	bool tls;
	bool loopback_only; /* whatever the name resolves to */
	const char *ca_file; /* replaces the system's; NULL: the system's */
	const struct secret *client_pem; /* certificate (first) and key; NULL */
	int64_t connect_ms; /* handshake included; 0: 10 s */
};

enum outstream_news {
	OUTSTREAM_OPENED,
	OUTSTREAM_SENT, /* everything given to outstream_send is the kernel's */
	OUTSTREAM_CLOSED, /* @err says why; ERR_REFUSED: trying again alone
			     will not help */
};

/* From the loop, never from within a call made here. May free the stream, or
 * connect again after OUTSTREAM_CLOSED. */
typedef void outstream_fn(void *arg, enum outstream_news news,
			  const struct err *err);

/* Not connected. One object for many connections one after the other: it keeps
 * the authorities that were read. */
struct outstream *outstream_new(struct loop *l, outstream_fn *fn, void *arg);
struct outstream *outstream_free(struct outstream *s); /* returns NULL */

/* Only when it is closed. @r and what it points to may go when this returns.
 * What cannot be begun is told as OUTSTREAM_CLOSED too. */
void outstream_connect(struct outstream *s, const struct outstream_request *r);
/* At once and without a call back; harmless when it is closed. */
void outstream_close(struct outstream *s);

/* Takes the bytes over (@bytes is empty then). Only when nothing is under way;
 * OUTSTREAM_SENT follows. */
void outstream_send(struct outstream *s, struct strbuf *bytes);
/* Open, and nothing under way. */
bool outstream_is_ready(const struct outstream *s);
bool outstream_is_closed(const struct outstream *s);
/* Monotonic time when bytes last went to the kernel, or it was opened. */
int64_t outstream_moved_ms(const struct outstream *s);

/* A mark behind the last byte sent; ask after OUTSTREAM_SENT. */
int64_t outstream_mark(const struct outstream *s);
/* The peer's TCP has every byte in front of marks up to this one. -1 closed. */
int64_t outstream_acknowledged(const struct outstream *s);

#endif
