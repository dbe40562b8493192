/* Listening sockets: of a Unix file that is ours, or on loopback. For stream
 * and httpd. */
#ifndef NET_LISTEN_PRIV_H
#define NET_LISTEN_PRIV_H

#include <sys/stat.h>
#include <sys/un.h>
#include "util/err.h"

struct listen_unix {
	int fd; /* nonblocking, close-on-exec; owned */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	dev_t dev; /* which file it is: another may come in its place */
	ino_t ino;
};

/*
 * Bind @path with mode 0660 and listen. A socket file whose server is gone is
 * replaced; a live one (ERR_BUSY) or anything else that is there is refused.
 */
int listen_unix_open(const char *path, struct listen_unix *ret,
		     struct err *err) must_check;
/* Remove the file if it is still the one we made. */
void listen_unix_unlink(const struct listen_unix *lu);

/* Listen on "ADDRESS:PORT" of loopback; *ret_fd is owned by the caller. */
int listen_tcp_open(const char *listen_on, int *ret_fd, int *ret_port,
		    struct err *err) must_check;

#endif
