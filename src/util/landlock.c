/*
 * See landlock.h; landlock(7) of the kernel. Called by daemon/confine.c. By
 * system calls alone: there is no library for it in older distributions, and
 * their headers know fewer rights than the kernel that runs.
 */
#include "util/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "util/xmalloc.h"

#define RIGHT_REFER (UINT64_C(1) << 13) /* since version 2 */
#define RIGHT_TRUNCATE (UINT64_C(1) << 14) /* 3 */
#define RIGHT_IOCTL_DEV (UINT64_C(1) << 15) /* 5 */

struct landlock {
	int fd;
	int abi;
};

int landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
			   LANDLOCK_CREATE_RULESET_VERSION);

	return abi > 0 ? (int)abi : 0; /* no such call, or not let through */
}

uint64_t landlock_rights(unsigned may, int abi, bool directory)
{
	uint64_t rights = 0;

	if (may & LANDLOCK_READ)
		rights |= LANDLOCK_ACCESS_FS_READ_FILE;
	if (may & LANDLOCK_RUN)
		rights |= LANDLOCK_ACCESS_FS_EXECUTE;
	if (may & LANDLOCK_WRITE)
		rights |= LANDLOCK_ACCESS_FS_WRITE_FILE;
	if (may & LANDLOCK_WRITE && abi >= 3)
		rights |= RIGHT_TRUNCATE;
	if (may & LANDLOCK_WRITE && abi >= 5)
		rights |= RIGHT_IOCTL_DEV;
	if (directory && may & LANDLOCK_READ)
		rights |= LANDLOCK_ACCESS_FS_READ_DIR;
	if (directory && may & LANDLOCK_WRITE)
		rights |= LANDLOCK_ACCESS_FS_REMOVE_DIR |
			  LANDLOCK_ACCESS_FS_REMOVE_FILE |
			  LANDLOCK_ACCESS_FS_MAKE_DIR |
			  LANDLOCK_ACCESS_FS_MAKE_REG |
			  LANDLOCK_ACCESS_FS_MAKE_SOCK |
			  LANDLOCK_ACCESS_FS_MAKE_FIFO |
			  LANDLOCK_ACCESS_FS_MAKE_SYM |
			  (abi >= 2 ? RIGHT_REFER : 0);
	return rights;
}

/* All that is refused where no rule gives it: devices are made nowhere. */
static uint64_t handled(int abi)
{
	return landlock_rights(LANDLOCK_READ | LANDLOCK_RUN | LANDLOCK_WRITE,
			       abi, true) |
	       LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;
}

struct landlock *landlock_new(void)
{
	struct landlock_ruleset_attr attr = { 0 };
	struct landlock *l;
	int abi = landlock_abi();
	long fd;

	if (abi == 0)
		return NULL;
	attr.handled_access_fs = handled(abi);
	fd = syscall(SYS_landlock_create_ruleset, &attr,
		     sizeof(attr.handled_access_fs), 0);
	if (fd < 0)
		return NULL;
	l = xcalloc(1, sizeof(*l));
	*l = (struct landlock){ .fd = (int)fd, .abi = abi };
	return l;
}

struct landlock *landlock_free(struct landlock *l)
{
	if (l)
		close(l->fd);
	free(l);
	return NULL;
}

void landlock_free_ptr(struct landlock **l)
{
	*l = landlock_free(*l);
}

static int add_rule(struct landlock *l, int fd, unsigned may)
{
	struct landlock_path_beneath_attr attr = { .parent_fd = fd };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	attr.allowed_access = landlock_rights(may, l->abi, S_ISDIR(st.st_mode));
	if (syscall(SYS_landlock_add_rule, l->fd, LANDLOCK_RULE_PATH_BENEATH,
		    &attr, 0) < 0)
		return -errno;
	return 0;
}

int landlock_allow(struct landlock *l, const char *path, unsigned may,
		   struct err *err)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	int rc;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
		return 0; /* what we cannot reach we cannot use either */
	rc = fd < 0 ? -errno : add_rule(l, fd, may);
	if (fd >= 0)
		close(fd);
	if (rc < 0)
		return err_set(err, rc, "Landlock rule for %s: %s", path,
			       strerror(-rc));
	return 1;
}

int landlock_enforce(struct landlock *l, struct err *err)
{
	if (syscall(SYS_landlock_restrict_self, l->fd, 0) < 0)
		return err_set(err, -errno, "Landlock: %s", strerror(errno));
	return 0;
}
