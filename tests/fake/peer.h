/*
 * The frame of a fake: options, one loop, listeners on 127.0.0.1, TLS, the log
 * of what came in. A fake ends the process when it cannot do its work: a test
 * that runs against half a fake proves nothing.
 */
#ifndef FAKE_PEER_H
#define FAKE_PEER_H

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include "util/compiler.h"

struct ssl_ctx_st;

struct peer {
	struct event_base *base;
	struct ssl_ctx_st *tls; /* NULL: no --cert */
	FILE *log; /* NULL: no --log */
	char *dir; /* --dir, or NULL */
	int port; /* --port, default 0: any */
	json_t *script; /* --script, or NULL */
	json_int_t n_logged;
};

typedef void peer_accept_fn(void *arg, int fd);

/* Reads the options; ends the process with a usage line when they are wrong. */
void peer_open(struct peer *p, int argc, char **argv);
/*
 * Listen on 127.0.0.1:@port (0: any) and print "@word PORT" on standard output.
 * The caller of @fn owns the descriptor (TCP_NODELAY is set).
 */
int peer_listen(struct peer *p, const char *word, int port, peer_accept_fn *fn,
		void *arg);
/* A bufferevent for a new connection, with TLS when @tls. */
struct bufferevent *peer_bufferevent(struct peer *p, int fd, bool tls);
/* TLS from here on, over @plain (owned by the result). */
struct bufferevent *peer_start_tls(struct peer *p, struct bufferevent *plain);
/* One line into the log, with "n" (from 1) and "t_ms" added. Takes @line. */
void peer_log(struct peer *p, json_t *line);
/*
 * Serves until SIGTERM, SIGINT, or the end of a standard input that is a pipe
 * (a fake does not outlive its test), then ends the process with status 0.
 */
void peer_run(struct peer *p) never_returns;

void peer_die(const char *fmt, ...) printf_like(1, 2) never_returns;

#endif
