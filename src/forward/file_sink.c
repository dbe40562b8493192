/*
 * Appends lines to a file and rotates it. Called by to_file.c; knows nothing of
 * events.
 */
#include "forward/file_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "util/xmalloc.h"

#define FILE_MODE 0640

struct file_sink {
	char *path;
	int64_t rotate_size;
	int keep;
	int fd; /* -1: to be opened, and its end looked at */
};

struct file_sink *file_sink_new(const char *path, int64_t rotate_size, int keep)
{
	struct file_sink *f = xcalloc(1, sizeof(*f));

	f->path = xstrdup(path);
	f->rotate_size = rotate_size;
	f->keep = keep;
	f->fd = -1;
	return f;
}

static void sink_close(struct file_sink *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

struct file_sink *file_sink_free(struct file_sink *f)
{
	if (!f)
		return NULL;
	sink_close(f);
	free(f->path);
	free(f);
	return NULL;
}

static int sink_error(const struct file_sink *f, const char *what, int code,
		      struct err *err)
{
	return err_set(err, -code, "cannot %s %s: %s", what, f->path,
		       strerror(code));
}

/* A name that is new, or gone, must survive a power cut too. */
static int sync_directory(const struct file_sink *f, struct err *err)
{
	size_t len = (size_t)(strrchr(f->path, '/') - f->path);
	CLEANUP(free_ptr) char *name = xstrndup(f->path, len ? len : 1);
	int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return rc ? sink_error(f, "sync the directory of", rc, err) : 0;
}

static int sink_create(struct file_sink *f, struct err *err)
{
	f->fd = open(f->path,
		     O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC |
			     O_NOCTTY,
		     FILE_MODE);
	if (f->fd < 0)
		return sink_error(f, "create", errno, err);
	/* Whatever the umask: the group's collector reads it. */
	if (fchmod(f->fd, FILE_MODE) < 0)
		return sink_error(f, "set the mode of", errno, err);
	return sync_directory(f, err);
}

/* Where the last whole line ends, looking back from @size. -1: not found. */
static int64_t last_line_end(const struct file_sink *f, int64_t size)
{
	CLEANUP(free_ptr) char *bytes = NULL;
	size_t len = MIN((size_t)size, FILE_SINK_LINE_MAX);
	ssize_t n;

	bytes = xmalloc(len + 1);
	n = pread(f->fd, bytes, len, size - (int64_t)len);
	if (n != (ssize_t)len)
		return -1;
	for (size_t i = len; i > 0; i--)
		if (bytes[i - 1] == '\n')
			return size - (int64_t)(len - i);
	return len == (size_t)size ? 0 : -1;
}

/* The end of a crash in the middle of a line: its event comes again. */
static int sink_cut_torn(struct file_sink *f, int64_t size, struct err *err)
{
	int64_t end = size ? last_line_end(f, size) : 0;

	if (end < 0)
		return err_set(err, ERR_REFUSED,
			       "%s does not end with a line of ours: nothing "
			       "is cut from it or added to it; name another "
			       "file",
			       f->path);
	if (end < size && ftruncate(f->fd, end) < 0)
		return sink_error(f, "cut the torn last line of", errno, err);
	return 0;
}

static int sink_open(struct file_sink *f, struct err *err)
{
	struct stat st;

	/* O_NONBLOCK: a FIFO without a reader must not hold the loop. */
	f->fd = open(f->path,
		     O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (f->fd < 0 && errno == ENOENT)
		return sink_create(f, err);
	if (f->fd < 0)
		return sink_error(f, "open", errno, err);
	if (fstat(f->fd, &st) < 0)
		return sink_error(f, "look at", errno, err);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_REFUSED, "%s is not a regular file",
			       f->path);
	return sink_cut_torn(f, st.st_size, err);
}

/* Is what we have open still what the name stands for? */
static bool sink_is_current(const struct file_sink *f)
{
	struct stat named, opened;

	return stat(f->path, &named) == 0 && fstat(f->fd, &opened) == 0 &&
	       named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

static int sink_ready(struct file_sink *f, struct err *err)
{
	int rc = 0;

	if (f->fd >= 0 && !sink_is_current(f))
		sink_close(f);
	if (f->fd < 0)
		rc = sink_open(f, err);
	if (rc < 0)
		sink_close(f);
	return rc;
}

static int sink_move(struct file_sink *f, int from, int to, struct err *err)
{
	CLEANUP(free_ptr)
	char *old = from ? xasprintf("%s.%d", f->path, from) : xstrdup(f->path);
	CLEANUP(free_ptr) char *name = xasprintf("%s.%d", f->path, to);

	if (rename(old, name) == 0 || errno == ENOENT)
		return 0;
	return sink_error(f, "put aside", errno, err);
}

/* PATH to PATH.1, PATH.1 to PATH.2 ...; the last is overwritten. */
static int sink_rotate(struct file_sink *f, struct err *err)
{
	int rc = 0;

	sink_close(f);
	for (int i = f->keep - 1; i >= 0 && rc >= 0; i--)
		rc = sink_move(f, i, i + 1, err);
	return rc < 0 ? rc : sink_ready(f, err);
}

static int sink_write(struct file_sink *f, const struct strbuf *lines)
{
	size_t n = 0;

	while (n < lines->len) {
		ssize_t part = write(f->fd, lines->buf + n, lines->len - n);

		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			return part < 0 ? errno : EIO;
		n += (size_t)part;
	}
	return fdatasync(f->fd) < 0 ? errno : 0;
}

int file_sink_append(struct file_sink *f, const struct strbuf *lines,
		     struct err *err)
{
	struct stat st;
	int rc = sink_ready(f, err);

	if (rc < 0)
		return rc;
	if (fstat(f->fd, &st) < 0)
		return sink_error(f, "look at", errno, err);
	if (f->keep && st.st_size > 0 &&
	    st.st_size + (int64_t)lines->len > f->rotate_size) {
		rc = sink_rotate(f, err);
		if (rc < 0)
			return rc;
		if (fstat(f->fd, &st) < 0)
			return sink_error(f, "look at", errno, err);
	}
	rc = sink_write(f, lines);
	if (rc == 0)
		return 0;
	/* Back to whole lines; opening it again looks whether that worked. */
	(void)!ftruncate(f->fd, st.st_size);
	sink_close(f);
	return sink_error(f, "write to", rc, err);
}
