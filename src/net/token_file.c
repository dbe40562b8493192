/*
 * Proofs of identity that others leave in files: the assertion of workload
 * identity, which Kubernetes rotates, and the key by which Azure Arc makes
 * sure that we may read its folder. Called by token_request.c and token.c.
 * What is read is never shown.
 */
#include "net/token_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "util/read_fully.h"

/* O_NONBLOCK, else a FIFO would hold us before fstat can refuse it. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define BLANKS " \t\r\n"

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* read only: nothing can be lost */
}

/* Without the blanks around it; 0 when it is nothing that fits a header. */
static int take_text(char *text, struct secret **ret)
{
	size_t len;

	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len && strchr(BLANKS, text[len - 1]))
		text[--len] = '\0';
	if (!len || !token_is_valid(text))
		return 0;
	*ret = secret_new(text, len);
	return 1;
}

/* A regular file of at most @max bytes; errors carry @code, or -errno if 0. */
static int read_proof(int fd, const char *path, size_t max, int code,
		      struct secret **ret, struct err *err)
{
	char buf[TOKEN_FILE_MAX + 2];
	struct stat st;
	ssize_t len;
	int rc;

	if (fstat(fd, &st) < 0)
		return err_set(err, code ? code : -errno,
			       "%s: cannot look at it: %s", path,
			       strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, code ? code : ERR_CONF,
			       "%s is not a regular file", path);
	len = read_fully(fd, buf, max + 1);
	if (len < 0)
		return err_set(err, code ? code : (int)len,
			       "%s: cannot read it: %s", path,
			       strerror((int)-len));
	if ((size_t)len > max)
		return err_set(err, code ? code : ERR_LIMIT,
			       "%s is larger than %zu bytes: is this the right "
			       "file?",
			       path, max);
	buf[len] = '\0';
	rc = strlen(buf) == (size_t)len ? take_text(buf, ret) : 0;
	explicit_bzero(buf, sizeof(buf));
	if (!rc)
		return err_set(err, code ? code : ERR_SCHEMA,
			       "%s holds no token: is this the right file?",
			       path);
	return 0;
}

int token_file_assertion(const char *path, struct secret **ret, struct err *err)
{
	CLEANUP(close_fd) int fd = -1;
	int rc;

	/* Symbolic links are followed: Kubernetes rotates by them. Its mode is
	 * not ours to judge, the kubelet makes it readable by everybody. */
	fd = open(path, OPEN_FLAGS);
	if (fd < 0)
		return err_set(
			err, -errno,
			"federated-token-file %s: %s: check that the "
			"token is mounted and that user triaged may read "
			"it",
			path, strerror(errno));
	rc = read_proof(fd, path, TOKEN_FILE_MAX, 0, ret, err);
	if (rc < 0)
		(void)err_prefix(err, "federated-token-file"); /* same code */
	return rc;
}

/* The file's name when @path is @folder and one name "*.key", else NULL. */
static const char *arc_key_name(const char *folder, const char *path)
{
	size_t len = strlen(folder), name_len;
	const char *name;

	if (strncmp(path, folder, len) != 0 || path[len] != '/')
		return NULL;
	name = path + len + 1;
	name_len = strlen(name);
	/* No further folder, so neither "..": a name that ends in ".key". */
	if (strchr(name, '/') || name_len <= 4 ||
	    strcmp(name + name_len - 4, ".key") != 0)
		return NULL;
	return name;
}

/* Whoever answers on the port of Arc's agent could name any file of ours, and
 * would be sent what it holds. */
int token_file_arc_key(const char *folder, const char *path,
		       struct secret **ret, struct err *err)
{
	CLEANUP(close_fd) int dir = -1;
	CLEANUP(close_fd) int fd = -1;
	const char *name = arc_key_name(folder, path);
	int rc;

	if (!name)
		return err_set(err, ERR_AUTH,
			       "Azure Arc's agent names the key file %.200s, "
			       "which is not a .key file in %s, and gets none: "
			       "see who listens there with ss -ltnp",
			       path, folder);
	dir = open(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir >= 0)
		fd = openat(dir, name, OPEN_FLAGS | O_NOFOLLOW);
	if (fd < 0 && errno == EACCES)
		return err_set(err, ERR_AUTH,
			       "%s: no permission: run usermod -aG himds "
			       "triaged, then restart triaged",
			       path);
	if (fd < 0)
		return err_set(err, ERR_AUTH, "Azure Arc's key file %s: %s",
			       path,
			       errno == ELOOP ? "a symbolic link is refused"
					      : strerror(errno));
	rc = read_proof(fd, path, TOKEN_ARC_KEY_MAX, ERR_AUTH, ret, err);
	if (rc < 0)
		(void)err_prefix(err, "Azure Arc's key file"); /* same code */
	return rc;
}
