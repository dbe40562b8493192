/*
 * Listening Unix sockets: who may connect is decided by the mode and folder
 * of the file, so that is what this file is careful about. Called by stream.c
 * and httpd.c.
 */
#include "net/listen_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET_MODE 0660

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing was written to it */
}

static int address_of_path(const char *path, struct sockaddr_un *ret,
			   struct err *err)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (path[0] != '/' || strlen(path) >= sizeof(ret->sun_path))
		return err_set(err, ERR_CONF,
			       "socket path %s must begin with / and have less "
			       "than %zu bytes",
			       path, sizeof(ret->sun_path));
	memcpy(ret->sun_path, path, strlen(path) + 1);
	return 0;
}

static int unix_socket(struct err *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_set(err, -errno, "no socket: %s", strerror(errno));
	return fd;
}

/* Nobody answers there any more: only a refused connection proves that. */
static int remove_stale(const struct sockaddr_un *a, struct err *err)
{
	CLEANUP(close_fd) int fd = -1;
	struct stat st;

	if (lstat(a->sun_path, &st) < 0)
		return errno == ENOENT ? 0
				       : err_set(err, -errno, "socket %s: %s",
						 a->sun_path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, ERR_CONF,
			       "%s is there and is not a socket: remove it or "
			       "choose another path",
			       a->sun_path);
	fd = unix_socket(err);
	if (fd < 0)
		return fd;
	if (!connect(fd, (const void *)a, sizeof(*a)) || errno == EAGAIN)
		return err_set(err, ERR_BUSY,
			       "another process serves %s: is triaged already "
			       "running?",
			       a->sun_path);
	if (errno != ECONNREFUSED)
		return err_set(err, -errno, "socket %s: %s", a->sun_path,
			       strerror(errno));
	if (unlink(a->sun_path) < 0 && errno != ENOENT)
		return err_set(err, -errno,
			       "cannot remove the old socket %s: "
			       "%s",
			       a->sun_path, strerror(errno));
	return 0;
}

/*
 * The umask belongs to the whole process, so it stays alone. Linux gives the
 * file the mode of the socket less the umask, so that it never is wider than
 * wanted; what the umask took away comes back afterwards.
 */
static int bind_file(int fd, const struct sockaddr_un *a, struct err *err)
{
	if (fchmod(fd, SOCKET_MODE) < 0 ||
	    bind(fd, (const void *)a, sizeof(*a)) < 0)
		return err_set(err, -errno, "cannot make the socket %s: %s",
			       a->sun_path, strerror(errno));
	/*
	 * A full backlog of a Unix socket refuses with EAGAIN instead of
	 * waiting, so it is as long as the kernel lets it be.
	 */
	if (chmod(a->sun_path, SOCKET_MODE) < 0 || listen(fd, SOMAXCONN) < 0)
		return err_set(err, -errno, "cannot listen on %s: %s",
			       a->sun_path, strerror(errno));
	return 0;
}

int listen_unix_open(const char *path, struct listen_unix *ret, struct err *err)
{
	CLEANUP(close_fd) int fd = -1;
	struct sockaddr_un a;
	struct stat st;
	int rc;

	rc = address_of_path(path, &a, err);
	if (!rc)
		rc = remove_stale(&a, err);
	if (rc < 0)
		return rc;
	fd = unix_socket(err);
	if (fd < 0)
		return fd;
	rc = bind_file(fd, &a, err);
	if (rc < 0)
		return rc;
	if (lstat(path, &st) < 0)
		return err_set(err, -errno, "socket %s: %s", path,
			       strerror(errno));
	ret->fd = fd;
	fd = -1;
	memcpy(ret->path, path, strlen(path) + 1);
	ret->dev = st.st_dev;
	ret->ino = st.st_ino;
	return 0;
}

void listen_unix_unlink(const struct listen_unix *lu)
{
	struct stat st;

	if (lstat(lu->path, &st) < 0 || st.st_dev != lu->dev ||
	    st.st_ino != lu->ino)
		return;
	(void)unlink(lu->path); /* the next start replaces what is left */
}
