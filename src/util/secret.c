/*
 * Secrets: read from files and systemd credentials, kept out of every text,
 * wiped when freed. Called by daemon/ and conf/ at start and reload, net/ and
 * notify/ peek at the bytes; knows no format of a secret.
 */
#include "util/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/read_fully.h"
#include "util/shell.h"
#include "util/xmalloc.h"

struct secret {
	size_t len;
	char bytes[]; /* and a NUL */
};

struct secret *secret_new(const void *bytes, size_t len)
{
	struct secret *s = xmalloc(sizeof(*s) + len + 1);

	s->len = len;
	if (len)
		memcpy(s->bytes, bytes, len);
	s->bytes[len] = '\0';
	return s;
}

struct secret *secret_free(struct secret *s)
{
	if (s) {
		explicit_bzero(s, sizeof(*s) + s->len + 1);
		free(s);
	}
	return NULL;
}

void secret_free_ptr(struct secret **s)
{
	*s = secret_free(*s);
}

const char *secret_peek(const struct secret *s)
{
	return s->bytes;
}

size_t secret_len(const struct secret *s)
{
	return s->len;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* read only: nothing can be lost */
}

static int check_file(int fd, const char *path, struct err *err)
{
	CLEANUP(free_ptr) char *word = shell_word(path);
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(err, -errno, "%s: cannot look at it: %s", path,
			       strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_CONF,
			       "%s: not a regular file, give the path of a "
			       "file that holds only the secret",
			       path);
	if (st.st_mode & (S_IWGRP | S_IWOTH | S_IROTH))
		return err_set(err, ERR_DENIED,
			       "%s: mode %04o lets others read or change the "
			       "secret, run: chmod 0640 %s",
			       path, st.st_mode & 07777, word);
	if (st.st_size > SECRET_MAX)
		return err_set(err, ERR_LIMIT,
			       "%s: larger than %d bytes, is this the right "
			       "file?",
			       path, SECRET_MAX);
	return 0;
}

/* Editors and echo end a file with a newline that is no part of the secret. */
static size_t without_newline(const char *buf, size_t len)
{
	if (len > 0 && buf[len - 1] == '\n')
		len--;
	if (len > 0 && buf[len - 1] == '\r')
		len--;
	return len;
}

static int accept_bytes(const char *path, const char *buf, size_t len,
			struct secret **ret, struct err *err)
{
	if (len > SECRET_MAX)
		return err_set(err, ERR_LIMIT,
			       "%s: larger than %d bytes, is this the right "
			       "file?",
			       path, SECRET_MAX);
	len = without_newline(buf, len);
	if (len == 0)
		return err_set(err, ERR_CONF,
			       "%s: empty, write the secret into it", path);
	if (memchr(buf, '\0', len))
		return err_set(err, ERR_CONF,
			       "%s: holds a zero byte, save it as plain text "
			       "in UTF-8",
			       path);
	*ret = secret_new(buf, len);
	return 0;
}

int secret_read_file(const char *path, struct secret **ret, struct err *err)
{
	CLEANUP(close_fd) int fd = -1;
	char buf[SECRET_MAX + 1];
	ssize_t len;
	int rc;

	/*
	 * Symbolic links are followed: credential managers rotate by them.
	 * O_NONBLOCK, else a FIFO would hold us before fstat can refuse it.
	 */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_set(err, -errno, "%s: cannot read the secret: %s",
			       path, strerror(errno));
	rc = check_file(fd, path, err);
	if (rc < 0)
		return rc;
	len = read_fully(fd, buf, sizeof(buf));
	if (len < 0)
		rc = err_set(err, (int)len, "%s: cannot read the secret: %s",
			     path, strerror((int)-len));
	else
		rc = accept_bytes(path, buf, (size_t)len, ret, err);
	explicit_bzero(buf, sizeof(buf));
	return rc;
}

/* The name comes from the configuration and becomes part of a path. */
static bool is_credential_name(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/') &&
	       strlen(name) < 200;
}

int secret_read_credential(const char *name, struct secret **ret,
			   struct err *err)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	CLEANUP(free_ptr) char *plain = NULL;
	CLEANUP(free_ptr) char *prefixed = NULL;

	if (!is_credential_name(name))
		return err_set(err, ERR_CONF,
			       "credential \"%s\": not a name systemd could "
			       "give, use letters, digits, - and _",
			       name);
	if (!dir || !*dir)
		return err_set(
			err, ERR_NOT_FOUND,
			"credential \"%s\": CREDENTIALS_DIRECTORY is not "
			"set, start with systemd and "
			"LoadCredential=%s:FILE in the unit",
			name, name);
	plain = xasprintf("%s/%s", dir, name);
	if (access(plain, F_OK) == 0)
		return secret_read_file(plain, ret, err);
	prefixed = xasprintf("%s/triaged_%s", dir, name);
	if (access(prefixed, F_OK) == 0)
		return secret_read_file(prefixed, ret, err);
	return err_set(err, ERR_NOT_FOUND,
		       "credential \"%s\": not in %s, add "
		       "LoadCredential=%s:FILE to the unit and restart",
		       name, dir, name);
}
