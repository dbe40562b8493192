/*
 * Files for --output. Called by cmd_report. A reader of the name sees the old
 * file or the whole new one, never a part: also when the disk is full.
 *
 * tested with: test_outfile
 */
#include "cli/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "util/xmalloc.h"

static int outfile_refuse(const char *path, struct err *err)
{
	return err_set(err, ERR_CONF,
		       "%s is there already; --force replaces it", path);
}

static int outfile_fail(const char *path, int error, struct err *err)
{
	return err_set(err, -error, "cannot write %s: %s", path,
		       strerror(error));
}

int outfile_open(struct outfile *f, const char *path, bool replace,
		 struct err *err)
{
	CLEANUP(free_ptr) char *part = xasprintf("%s.XXXXXX", path);
	int fd;

	/* The work can be spared; outfile_commit() looks again. */
	if (!replace &&
	    faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return outfile_refuse(path, err);
	fd = mkostemp(part, O_CLOEXEC);
	if (fd < 0)
		return outfile_fail(path, errno, err);
	f->stream = fdopen(fd, "w");
	if (!f->stream) {
		int error = errno;

		(void)close(fd); /* nothing was written */
		(void)unlink(part);
		return outfile_fail(path, error, err);
	}
	f->path = xstrdup(path);
	f->part = take(part);
	f->replace = replace;
	return 0;
}

/* link() never replaces, whatever came to be there meanwhile. */
static int outfile_name(const struct outfile *f)
{
	if (f->replace)
		return rename(f->part, f->path);
	if (link(f->part, f->path) < 0)
		return -1;
	(void)unlink(f->part); /* it has its name: a leftover is no failure */
	return 0;
}

int outfile_commit(struct outfile *f, struct err *err)
{
	FILE *stream = take(f->stream);
	int error = 0;

	if (fflush(stream) != 0 || fsync(fileno(stream)) < 0)
		error = errno;
	if (fclose(stream) != 0 && error == 0)
		error = errno;
	if (error == 0 && outfile_name(f) < 0)
		error = errno;
	if (error == EEXIST)
		return outfile_refuse(f->path, err);
	if (error != 0)
		return outfile_fail(f->path, error, err);
	free(take(f->part));
	return 0;
}

void outfile_release(struct outfile *f)
{
	if (f->stream)
		(void)fclose(f->stream); /* it goes away */
	if (f->part)
		(void)unlink(f->part);
	free(f->part);
	free(f->path);
	*f = (struct outfile)OUTFILE_NONE;
}
