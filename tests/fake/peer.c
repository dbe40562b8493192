/*
 * The frame of a fake. Called by the main() of each; knows no protocol.
 */
#include "fake/peer.h"

#include <arpa/inet.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/jsonx.h"
#include "util/xmalloc.h"

void peer_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

static json_t *read_script(const char *path)
{
	json_error_t e;
	json_t *script = json_load_file(path, 0, &e);

	if (!json_is_object(script))
		peer_die("%s: not a JSON object: %s line %d", path, e.text,
			 e.line);
	return script;
}

static struct ssl_ctx_st *read_tls(const char *cert, const char *key)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

	if (!tls || SSL_CTX_use_certificate_chain_file(tls, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1)
		peer_die("%s, %s: not a certificate and its key", cert, key);
	/* A client that just closes is no error of TLS to a fake. */
	SSL_CTX_set_options(tls, SSL_OP_IGNORE_UNEXPECTED_EOF);
	return tls;
}

static FILE *open_log(const char *path)
{
	FILE *f = fopen(path, "ae");

	if (!f)
		peer_die("%s: cannot write", path);
	return f;
}

void peer_open(struct peer *p, int argc, char **argv)
{
	static const struct option options[] = {
		{ "log", required_argument, NULL, 'l' },
		{ "script", required_argument, NULL, 's' },
		{ "cert", required_argument, NULL, 'c' },
		{ "key", required_argument, NULL, 'k' },
		{ "dir", required_argument, NULL, 'd' },
		{ "port", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	const char *cert = NULL, *key = NULL;
	int option;

	jsonx_init();
	*p = (struct peer){ .base = event_base_new() };
	if (!p->base)
		peer_die("no event base");
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'l')
			p->log = open_log(optarg);
		else if (option == 's')
			p->script = read_script(optarg);
		else if (option == 'c')
			cert = optarg;
		else if (option == 'k')
			key = optarg;
		else if (option == 'd')
			p->dir = xstrdup(optarg);
		else if (option == 'p')
			p->port = atoi(optarg);
		else
			peer_die("usage: %s [--log FILE] [--script FILE] "
				 "[--cert PEM --key PEM] [--dir DIR] "
				 "[--port N]",
				 argv[0]);
	}
	if (cert)
		p->tls = read_tls(cert, key ? key : cert);
}

/* Who waits for the connections of one listener. */
struct waiter {
	peer_accept_fn *fn;
	void *arg;
};

static void on_accept(struct evconnlistener *l, evutil_socket_t fd,
		      struct sockaddr *address, int len, void *arg)
{
	const struct waiter *w = arg;
	int on = 1;

	(void)l;
	(void)address;
	(void)len;
	/* Best effort: without it answers are only later. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	w->fn(w->arg, fd);
}

int peer_listen(struct peer *p, const char *word, int port, peer_accept_fn *fn,
		void *arg)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	struct waiter *w = xmalloc(sizeof(*w)); /* lives as long as the fake */
	struct evconnlistener *l;

	*w = (struct waiter){ fn, arg };
	l = evconnlistener_new_bind(p->base, on_accept, w,
				    LEV_OPT_CLOSE_ON_FREE |
					    LEV_OPT_CLOSE_ON_EXEC |
					    LEV_OPT_REUSEABLE,
				    512, (struct sockaddr *)&address,
				    sizeof(address));
	if (!l || getsockname(evconnlistener_get_fd(l),
			      (struct sockaddr *)&address, &len) < 0)
		peer_die("cannot listen on 127.0.0.1:%d", port);
	printf("%s %d\n", word, ntohs(address.sin_port));
	fflush(stdout);
	return ntohs(address.sin_port);
}

struct bufferevent *peer_bufferevent(struct peer *p, int fd, bool tls)
{
	struct bufferevent *bev;

	if (tls)
		bev = bufferevent_openssl_socket_new(p->base, fd,
						     SSL_new(p->tls),
						     BUFFEREVENT_SSL_ACCEPTING,
						     BEV_OPT_CLOSE_ON_FREE);
	else
		bev = bufferevent_socket_new(p->base, fd,
					     BEV_OPT_CLOSE_ON_FREE);
	if (!bev)
		peer_die("no bufferevent");
	if (tls)
		bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}

struct bufferevent *peer_start_tls(struct peer *p, struct bufferevent *plain)
{
	struct bufferevent *bev =
		bufferevent_openssl_filter_new(p->base, plain, SSL_new(p->tls),
					       BUFFEREVENT_SSL_ACCEPTING,
					       BEV_OPT_CLOSE_ON_FREE);

	if (!bev)
		peer_die("no TLS");
	bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}

void peer_log(struct peer *p, json_t *line)
{
	char *text;

	json_object_set_new(line, "n", json_integer(++p->n_logged));
	json_object_set_new(line, "t_ms", json_integer(clock_mono_ms()));
	text = jsonx_dump(line);
	json_decref(line);
	if (!text)
		peer_die("cannot write a log line");
	if (p->log) {
		fprintf(p->log, "%s\n", text);
		fflush(p->log);
	}
	free(text);
}

static void on_end(evutil_socket_t fd, short what, void *arg)
{
	struct peer *p = arg;
	char bytes[256];

	/* Only the end of standard input counts, not what it says. */
	if ((what & EV_READ) && read(fd, bytes, sizeof(bytes)) > 0)
		return;
	event_base_loopbreak(p->base);
}

static void watch(struct peer *p, int fd, short what)
{
	struct event *e =
		event_new(p->base, fd, (short)(what | EV_PERSIST), on_end, p);

	if (!e || event_add(e, NULL) < 0)
		peer_die("no event");
}

void peer_run(struct peer *p)
{
	struct stat st;

	(void)signal(SIGPIPE, SIG_IGN);
	watch(p, SIGTERM, EV_SIGNAL);
	watch(p, SIGINT, EV_SIGNAL);
	if (fstat(STDIN_FILENO, &st) == 0 && S_ISFIFO(st.st_mode))
		watch(p, STDIN_FILENO, EV_READ);
	event_base_dispatch(p->base);
	if (p->log)
		fclose(p->log);
	/* From here, with main() below us: its fake is in use until the end. */
	exit(0);
}
