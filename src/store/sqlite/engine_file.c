/*
 * The database as a file: its lock, its first bytes, its mode. Called by
 * engine.c and migrate.c; knows no statement.
 *
 * tested with: test_store
 */
#include "store/sqlite/engine_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "util/xmalloc.h"

/* The file format, section 1.3: fixed places in the first 100 bytes. */
#define HEADER_SIZE 100
#define HEADER_MAGIC "SQLite format 3"
#define HEADER_APPLICATION_ID 68

static void fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing was written that is not synced */
}

/* An errno as our code: no room has one of its own. */
static int file_code(int number)
{
	return number == ENOSPC || number == EDQUOT ? ERR_STORE_FULL : -number;
}

static int lock_held(const char *directory, int fd, struct err *err)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	long pid;

	text[n > 0 ? n : 0] = '\0';
	pid = strtol(text, NULL, 10);
	if (pid <= 0)
		return err_set(err, ERR_BUSY,
			       "another triaged already works in %s; stop it, "
			       "or use another state-directory",
			       directory);
	return err_set(
		err, ERR_BUSY,
		"another triaged (pid %ld) already works in %s; stop it, "
		"or use another state-directory",
		pid, directory);
}

static int lock_write_pid(const char *path, int fd, struct err *err)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) != len) {
		int number = errno;

		return err_set(err, file_code(number), "cannot write %s: %s",
			       path, strerror(number));
	}
	return 0;
}

/*
 * An open file description lock: it ends with its holder however that ends,
 * and unlike a lock of the process it survives somebody else closing the file.
 */
int engine_lock(const char *directory, int *ret_fd, struct err *err)
{
	CLEANUP(free_ptr)
	char *path = xasprintf("%s/triaged.lock", directory);
	CLEANUP(fd_close)
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int rc;

	if (fd < 0 && errno == EROFS)
		return err_set(err, -EROFS,
			       "cannot write to %s: its file system is "
			       "read-only; see in the kernel's log why, then "
			       "mount it for writing",
			       path);
	if (fd < 0)
		return err_set(
			err, -errno,
			"cannot open %s: %s; the state directory must "
			"be there and belong to the user triaged runs as",
			path, strerror(errno));
	if (fcntl(fd, F_OFD_SETLK, &lock) < 0) {
		if (errno == EAGAIN || errno == EACCES)
			return lock_held(directory, fd, err);
		return err_set(err, -errno, "cannot lock %s: %s", path,
			       strerror(errno));
	}
	rc = lock_write_pid(path, fd, err);
	if (rc < 0)
		return rc;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int engine_check_file(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0 && errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND,
			       "there is no database %s; triaged makes it when "
			       "it starts for the first time",
			       path);
	if (stat(path, &st) < 0)
		return err_set(err, -errno, "cannot open %s: %s", path,
			       strerror(errno));
	if (!S_ISREG(st.st_mode))
		return engine_damaged(path, "it is not a regular file", err);
	if (st.st_size == 0)
		return engine_damaged(path, "the file is empty", err);
	return 0;
}

int engine_check_header(struct store *s, struct err *err)
{
	unsigned char head[HEADER_SIZE];
	const unsigned char *id = head + HEADER_APPLICATION_ID;
	sqlite3_file *file = NULL;
	int rc = sqlite3_file_control(s->db, "main", SQLITE_FCNTL_FILE_POINTER,
				      &file);

	if (rc != SQLITE_OK || file == NULL || file->pMethods == NULL)
		return engine_error(s, SQLITE_CANTOPEN, "open", err);
	rc = file->pMethods->xRead(file, head, HEADER_SIZE, 0);
	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
		return engine_error(s, rc, "read", err);
	if (memcmp(head, HEADER_MAGIC, sizeof(HEADER_MAGIC)) != 0)
		return engine_damaged(s->path, "the file is not a database",
				      err);
	if (((uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 |
	     (uint32_t)id[2] << 8 | id[3]) != STORE_APPLICATION_ID)
		return engine_damaged(s->path,
				      "the file belongs to another program",
				      err);
	return 0;
}

static bool log_is_gone(const struct store *s)
{
	CLEANUP(free_ptr) char *log = xasprintf("%s-wal", s->path);

	return access(log, F_OK) < 0 && errno == ENOENT;
}

int engine_check_place(struct store *s, struct err *err)
{
	int moved = 0;

	/* Without a connection the next one looks at the path by itself. */
	if (s->db == NULL ||
	    sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED,
				 &moved) != SQLITE_OK)
		return 0;
	if (moved)
		return err_set(err, ERR_STORE,
			       "the database %s was moved or removed while "
			       "triaged works with it, so nothing more is "
			       "written; put it back, or stop triaged, restore "
			       "a backup and start it again",
			       s->path);
	/* A file that is put together for a restore has none. */
	if (s->lock_fd >= 0 && log_is_gone(s))
		s->suspect = true;
	return 0;
}

int engine_create_file(const char *path, struct err *err)
{
	CLEANUP(fd_close)
	int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		     0640);

	if (fd < 0 || fchmod(fd, 0640) < 0) {
		int number = errno;

		return err_set(err, file_code(number), "cannot create %s: %s",
			       path, strerror(number));
	}
	return 0;
}

int engine_sync_directory(const char *path, struct err *err)
{
	CLEANUP(free_ptr) char *directory = xstrdup(path);
	char *slash = strrchr(directory, '/');
	CLEANUP(fd_close) int fd = -1;

	if (slash != NULL)
		slash[slash == directory ? 1 : 0] = '\0';
	fd = open(slash != NULL ? directory : ".",
		  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return err_set(err, file_code(errno),
			       "cannot sync the directory of %s: %s", path,
			       strerror(errno));
	return 0;
}

int engine_rename(const char *from, const char *to, struct err *err)
{
	CLEANUP(fd_close) int fd = open(from, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fchmod(fd, 0640) < 0 || fsync(fd) < 0 ||
	    rename(from, to) < 0)
		return err_set(err, file_code(errno),
			       "cannot put %s in place as %s: %s", from, to,
			       strerror(errno));
	return engine_sync_directory(to, err);
}
