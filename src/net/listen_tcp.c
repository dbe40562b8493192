/*
 * Listening TCP sockets, on loopback only. Called by httpd.c.
 *
 * tested with: test_httpd
 */
#include "net/listen_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing was written to it */
}

/* "127.0.0.1:9847", "[::1]:9847", "localhost:9847" to its parts. */
static int split_address(const char *listen, char host[INET6_ADDRSTRLEN],
			 uint16_t *ret_port, struct err *err)
{
	const char *colon = strrchr(listen, ':');
	const char *from = listen;
	char *end;
	size_t len;
	long port;

	len = colon ? (size_t)(colon - listen) : 0;
	if (len >= 2 && from[0] == '[' && from[len - 1] == ']') {
		from++;
		len -= 2;
	}
	errno = 0;
	port = colon ? strtol(colon + 1, &end, 10) : -1;
	if (!len || len >= INET6_ADDRSTRLEN || colon[1] < '0' ||
	    colon[1] > '9' || *end || errno || port > 65535)
		return err_set(err, ERR_CONF,
			       "listen address %s is neither ADDRESS:PORT nor "
			       "unix:/path",
			       listen);
	memcpy(host, from, len);
	host[len] = '\0';
	*ret_port = (uint16_t)port;
	return 0;
}

/* False when @host is not a loopback address. */
static bool loopback_address(const char *host, uint16_t port,
			     union address *ret, socklen_t *ret_len)
{
	union address a = { .sa.sa_family = AF_INET };

	if (!strcmp(host, "localhost"))
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, &a.in.sin_addr) == 1) {
		a.in.sin_port = htons(port);
		*ret_len = sizeof(a.in);
		*ret = a;
		return ntohl(a.in.sin_addr.s_addr) >> 24 == 127;
	}
	a = (union address){ .in6.sin6_family = AF_INET6 };
	if (inet_pton(AF_INET6, host, &a.in6.sin6_addr) != 1)
		return false;
	a.in6.sin6_port = htons(port);
	*ret_len = sizeof(a.in6);
	*ret = a;
	return IN6_IS_ADDR_LOOPBACK(&a.in6.sin6_addr);
}

static int port_of(int fd)
{
	union address a;
	socklen_t len = sizeof(a);

	if (getsockname(fd, &a.sa, &len) < 0)
		return 0;
	return ntohs(a.sa.sa_family == AF_INET6 ? a.in6.sin6_port
						: a.in.sin_port);
}

int listen_tcp_open(const char *listen_on, int *ret_fd, int *ret_port,
		    struct err *err)
{
	CLEANUP(close_fd) int fd = -1;
	char host[INET6_ADDRSTRLEN];
	union address a;
	socklen_t len;
	uint16_t port = 0;
	int one = 1, rc;

	rc = split_address(listen_on, host, &port, err);
	if (rc < 0)
		return rc;
	if (!loopback_address(host, port, &a, &len))
		return err_set(err, ERR_CONF,
			       "listen address %s is not a loopback one: use "
			       "127.0.0.1 or a Unix socket behind a reverse "
			       "proxy",
			       listen_on);
	fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    0);
	/* A restart need not wait for the connections of the last run. */
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, &a.sa, len) < 0 || listen(fd, SOMAXCONN) < 0)
		return err_set(err, -errno, "cannot listen on %s: %s",
			       listen_on, strerror(errno));
	*ret_port = port_of(fd);
	*ret_fd = fd;
	fd = -1;
	return 0;
}
