/*
 * Notices as files. Called by deliver.c; knows neither what a notice says nor
 * who reads it.
 */
#include "notify/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "util/timefmt.h"
#include "util/xmalloc.h"

#define KEY_PREFIX 12

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int fail(struct err *err, const char *what, const char *directory,
		const char *name)
{
	int code = -errno;

	return err_set(err, code, "cannot %s %s%s%s: %s", what, directory,
		       name ? "/" : "", name ? name : "", strerror(-code));
}

/* "20261121T212200Z-high-0123456789ab": sorts by time, tells the severity. */
static char *make_stem(const struct notice *n)
{
	char time[TIMEFMT_MAX];
	char digits[TIMEFMT_MAX];
	size_t len = 0;

	timefmt_utc(n->created_ms, time);
	for (const char *p = time; *p && *p != '.'; p++) {
		if (*p != '-' && *p != ':')
			digits[len++] = *p;
	}
	digits[len] = '\0';
	return xasprintf("%sZ-%s-%.*s", digits, severity_name(n->severity),
			 KEY_PREFIX, n->key);
}

static int write_all(int fd, const struct strbuf *bytes)
{
	size_t at = 0;

	while (at < bytes->len) {
		ssize_t n = write(fd, bytes->buf + at, bytes->len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += (size_t)n;
	}
	return 0;
}

/* A reader sees the old file, or the new one, or none; never a half. */
static int write_file(int dir, const char *directory, const char *name,
		      const struct strbuf *bytes, struct err *err)
{
	CLEANUP(free_ptr) char *temporary = xasprintf(".%s.new", name);
	CLEANUP(close_fd)
	int fd = openat(dir, temporary,
			O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			0640);
	int rc;

	if (fd < 0)
		return fail(err, "create", directory, temporary);
	if (write_all(fd, bytes) < 0 || fsync(fd) < 0) {
		rc = fail(err, "write", directory, temporary);
		(void)unlinkat(dir, temporary, 0); /* best effort */
		return rc;
	}
	if (renameat(dir, temporary, dir, name) < 0)
		return fail(err, "name", directory, name);
	return 0;
}

static int open_directory(const char *directory, int *ret, struct err *err)
{
	if (mkdir(directory, 0750) < 0 && errno != EEXIST)
		return fail(err, "make", directory, NULL);
	*ret = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret < 0)
		return fail(err, "open", directory, NULL);
	return 0;
}

int folder_write(const char *directory, const struct notice *n,
		 const struct strbuf *mail, const struct strbuf *json,
		 struct err *err)
{
	CLEANUP(free_ptr) char *stem = make_stem(n);
	CLEANUP(free_ptr) char *eml = xasprintf("%s.eml", stem);
	CLEANUP(free_ptr) char *data = xasprintf("%s.json", stem);
	CLEANUP(close_fd) int dir = -1;
	int rc = open_directory(directory, &dir, err);

	if (rc == 0)
		rc = write_file(dir, directory, data, json, err);
	/* The mail last: who waits for it finds both. */
	if (rc == 0)
		rc = write_file(dir, directory, eml, mail, err);
	if (rc == 0 && fsync(dir) < 0)
		rc = fail(err, "write", directory, NULL);
	return rc;
}
