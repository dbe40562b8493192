/*
 * A peer on loopback for the senders' tests: a thread that answers one
 * connection after the other by a script and keeps all it was sent.
 */
#ifndef TESTS_NOTIFY_PEER_H
#define TESTS_NOTIFY_PEER_H

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/strbuf.h"
#include "util/xmalloc.h"

#define PEER_HANG "hang" /* never answer */
#define PEER_DROP "drop" /* close instead of answering */

struct peer {
	/* Serves one connection; returns when it is over. */
	void (*serve)(struct peer *p, int fd);
	void *script;
	int listen_fd, port;
	pthread_t thread;

	pthread_mutex_t lock;
	struct strbuf got; /* all bytes received */
	int n_connections, n_requests;
	int fd; /* the connection now; -1 none */
	bool stop;
};

static inline void *peer_main(void *arg)
{
	struct peer *p = arg;

	for (;;) {
		int fd = accept(p->listen_fd, NULL, NULL);
		bool stop;

		pthread_mutex_lock(&p->lock);
		stop = p->stop || fd < 0;
		if (!stop) {
			p->fd = fd;
			p->n_connections++;
		}
		pthread_mutex_unlock(&p->lock);
		if (stop) {
			if (fd >= 0)
				close(fd);
			return NULL;
		}
		p->serve(p, fd);
		pthread_mutex_lock(&p->lock);
		p->fd = -1;
		close(fd);
		pthread_mutex_unlock(&p->lock);
	}
}

static inline void peer_start(struct peer *p,
			      void (*serve)(struct peer *p, int fd),
			      void *script)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);

	memset(p, 0, sizeof(*p));
	p->serve = serve;
	p->script = script;
	p->fd = -1;
	strbuf_init(&p->got);
	pthread_mutex_init(&p->lock, NULL);
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	p->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(p->listen_fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(p->listen_fd, 16) < 0 ||
	    getsockname(p->listen_fd, (struct sockaddr *)&sa, &len) < 0 ||
	    pthread_create(&p->thread, NULL, peer_main, p) != 0)
		abort();
	p->port = ntohs(sa.sin_port);
}

static inline void peer_stop(struct peer *p)
{
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	shutdown(p->listen_fd, SHUT_RDWR);
	if (p->fd >= 0)
		shutdown(p->fd, SHUT_RDWR);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	close(p->listen_fd);
	pthread_mutex_destroy(&p->lock);
	strbuf_release(&p->got);
}

/* Serve by another script from the next connection on. */
static inline void peer_set_script(struct peer *p, void *script)
{
	pthread_mutex_lock(&p->lock);
	p->script = script;
	pthread_mutex_unlock(&p->lock);
}

static inline void *peer_script(struct peer *p)
{
	void *script;

	pthread_mutex_lock(&p->lock);
	script = p->script;
	pthread_mutex_unlock(&p->lock);
	return script;
}

/* A copy of what came so far (heap). */
static inline char *peer_got(struct peer *p)
{
	char *copy;

	pthread_mutex_lock(&p->lock);
	copy = xstrdup(p->got.buf);
	pthread_mutex_unlock(&p->lock);
	return copy;
}

static inline int peer_count(struct peer *p, const int *counter)
{
	int n;

	pthread_mutex_lock(&p->lock);
	n = *counter;
	pthread_mutex_unlock(&p->lock);
	return n;
}

/* One line with its end; false at the end of the connection. */
static inline bool peer_read_line(struct peer *p, int fd, struct strbuf *line)
{
	char c;

	strbuf_reset(line);
	while (read(fd, &c, 1) == 1) {
		strbuf_addch(line, c);
		if (c == '\n') {
			pthread_mutex_lock(&p->lock);
			strbuf_add(&p->got, line->buf, line->len);
			pthread_mutex_unlock(&p->lock);
			return true;
		}
	}
	return false;
}

/* False: the script says to end the connection. */
static inline bool peer_say(int fd, const char *text)
{
	char rest[256];

	if (strcmp(text, PEER_HANG) == 0) {
		while (read(fd, rest, sizeof(rest)) > 0)
			continue;
		return false;
	}
	if (strcmp(text, PEER_DROP) == 0)
		return false;
	return send(fd, text, strlen(text), MSG_NOSIGNAL) ==
	       (ssize_t)strlen(text);
}

/* ---- SMTP ---- */

/* Answers with their CRLF; NULL: the usual one. */
struct smtp_script {
	const char *banner, *ehlo, *auth, *mail, *rcpt, *data, *dot, *quit;
	const char *token; /* to what follows AUTH */
};

static inline const char *smtp_answer(const struct smtp_script *s,
				      const char *line)
{
	static const char ok[] = "250 2.0.0 ok\r\n";
	const struct {
		const char *verb, *answer, *usual;
	} rows[] = {
		{ "EHLO", s->ehlo, "250-peer\r\n250 8BITMIME\r\n" },
		{ "AUTH", s->auth, "334 \r\n" },
		{ "MAIL", s->mail, ok },
		{ "RCPT", s->rcpt, ok },
		{ "DATA", s->data, "354 go ahead\r\n" },
		{ "NOOP", NULL, ok },
		{ "QUIT", s->quit, "221 bye\r\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strncasecmp(line, rows[i].verb, 4) == 0)
			return rows[i].answer ? rows[i].answer : rows[i].usual;
	}
	return "502 5.5.2 unknown\r\n";
}

static inline void smtp_serve(struct peer *p, int fd)
{
	const struct smtp_script *s = peer_script(p);
	struct strbuf line = STRBUF_INIT;
	bool in_data = false;
	bool after_auth = false;
	bool go_on = peer_say(fd, s->banner ? s->banner : "220 peer\r\n");

	while (go_on && peer_read_line(p, fd, &line)) {
		if (in_data && strcmp(line.buf, ".\r\n") != 0)
			continue;
		if (in_data) {
			in_data = false;
			pthread_mutex_lock(&p->lock);
			p->n_requests++;
			pthread_mutex_unlock(&p->lock);
			go_on = peer_say(fd, s->dot ? s->dot
						    : "250 2.0.0 "
						      "queued\r\n");
			continue;
		}
		if (after_auth) {
			after_auth = false;
			go_on = peer_say(fd, s->token ? s->token
						      : "235 2.7.0 ok\r\n");
			continue;
		}
		go_on = peer_say(fd, smtp_answer(s, line.buf));
		after_auth = strncasecmp(line.buf, "AUTH", 4) == 0 && !s->auth;
		in_data = strncasecmp(line.buf, "DATA", 4) == 0 && !s->data;
	}
	strbuf_release(&line);
}

/* ---- HTTP ---- */

/* One answer for each request, the last for all that follow. */
struct http_script {
	const char *const *answers;
	int n;
};

static inline bool http_read(struct peer *p, int fd)
{
	struct strbuf line = STRBUF_INIT;
	size_t length = 0;
	bool ok;

	while ((ok = peer_read_line(p, fd, &line)) &&
	       strcmp(line.buf, "\r\n") != 0) {
		if (strncasecmp(line.buf, "Content-Length:", 15) == 0)
			length = strtoul(line.buf + 15, NULL, 10);
	}
	strbuf_release(&line);
	for (; ok && length > 0; length--) {
		char c;

		ok = read(fd, &c, 1) == 1;
		pthread_mutex_lock(&p->lock);
		strbuf_addch(&p->got, c);
		pthread_mutex_unlock(&p->lock);
	}
	return ok;
}

static inline void http_serve(struct peer *p, int fd)
{
	const struct http_script *s = peer_script(p);
	int n;

	while (http_read(p, fd)) {
		const char *answer;

		pthread_mutex_lock(&p->lock);
		n = p->n_requests++;
		pthread_mutex_unlock(&p->lock);
		answer = s->answers[MIN(n, s->n - 1)];
		if (!peer_say(fd, answer) || strstr(answer, "close\r\n"))
			return;
	}
}

#endif
