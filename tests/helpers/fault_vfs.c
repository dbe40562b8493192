/*
 * See fault_vfs.h. A file of this VFS is a small head with the real file
 * behind it; a method that no harm concerns hands its call on.
 */
#include "helpers/fault_vfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>

enum call {
	CALL_OPEN,
	CALL_CREATE,
	CALL_READ,
	CALL_WRITE,
	CALL_SYNC,
	CALL_CUT
};

/* What stood where something was written since the last sync. */
struct undo {
	struct undo *before;
	sqlite3_int64 at, size; /* @size: of the file */
	int n;
	unsigned char bytes[];
};

struct file {
	sqlite3_file base;
	sqlite3_file *real;
	struct undo *undo;
};

static struct {
	enum fault_harm harm;
	long at, n[FAULT_MAX];
	bool struck;
	long connections;
} fault;

static sqlite3_vfs *real_vfs;
static sqlite3_mem_methods real_memory;

const char *fault_vfs_name(enum fault_harm harm)
{
	static const char *const names[FAULT_MAX] = {
		"no harm",   "i/o error",  "disk full", "torn write",
		"lost sync", "unreadable", "no memory",
	};

	return names[harm];
}

static bool concerns(enum fault_harm harm, enum call call)
{
	switch (harm) {
	case FAULT_IO:
		return call != CALL_READ;
	case FAULT_FULL:
		return call == CALL_WRITE || call == CALL_CREATE;
	case FAULT_TORN:
		return call == CALL_WRITE;
	case FAULT_SYNC:
		return call == CALL_SYNC;
	case FAULT_READ:
		return call == CALL_READ;
	case FAULT_NONE:
	case FAULT_MEMORY:
		return false;
	}
	return false;
}

static bool counted(enum fault_harm harm)
{
	long n = ++fault.n[harm];

	if (harm != fault.harm ||
	    (harm == FAULT_FULL ? n < fault.at : n != fault.at))
		return false;
	fault.struck = true;
	return true;
}

/* The engine asks errno for the cause. */
static bool strikes(enum call call)
{
	bool struck = false;

	for (int harm = FAULT_IO; harm < FAULT_MEMORY; harm++)
		if (concerns(harm, call) && counted(harm))
			struck = true;
	if (!struck)
		return false;
	errno = fault.harm == FAULT_FULL ? ENOSPC : EIO;
	return true;
}

/* --- a file --- */

static struct file *of(sqlite3_file *f)
{
	return (struct file *)f;
}

static void undo_forget(struct file *f)
{
	while (f->undo != NULL) {
		struct undo *u = f->undo;

		f->undo = u->before;
		free(u);
	}
}

static void undo_note(struct file *f, int n, sqlite3_int64 at)
{
	struct undo *u = calloc(1, sizeof(*u) + (size_t)n);

	if (u == NULL)
		abort();
	u->before = f->undo;
	u->at = at;
	u->n = n;
	if (f->real->pMethods->xFileSize(f->real, &u->size) != SQLITE_OK)
		abort();
	/* What is beyond the end comes back as zeros and is cut off later. */
	(void)f->real->pMethods->xRead(f->real, u->bytes, n, at);
	f->undo = u;
}

/* As after a power cut: nothing of what was never synced is there. */
static void undo_all(struct file *f)
{
	for (const struct undo *u = f->undo; u != NULL; u = u->before)
		if (f->real->pMethods->xWrite(f->real, u->bytes, u->n, u->at) !=
			    SQLITE_OK ||
		    f->real->pMethods->xTruncate(f->real, u->size) != SQLITE_OK)
			abort();
	undo_forget(f);
}

static int file_close(sqlite3_file *f)
{
	undo_forget(of(f));
	return of(f)->real->pMethods->xClose(of(f)->real);
}

static int file_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	if (strikes(CALL_READ))
		return SQLITE_IOERR_READ;
	return of(f)->real->pMethods->xRead(of(f)->real, to, n, at);
}

static int file_write(sqlite3_file *f, const void *bytes, int n,
		      sqlite3_int64 at)
{
	sqlite3_file *real = of(f)->real;

	if (strikes(CALL_WRITE)) {
		if (fault.harm == FAULT_FULL)
			return SQLITE_FULL;
		if (fault.harm == FAULT_TORN)
			(void)real->pMethods->xWrite(real, bytes, n / 2, at);
		errno = EIO;
		return SQLITE_IOERR_WRITE;
	}
	if (fault.harm == FAULT_SYNC)
		undo_note(of(f), n, at);
	return real->pMethods->xWrite(real, bytes, n, at);
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	if (strikes(CALL_CUT))
		return SQLITE_IOERR_TRUNCATE;
	return of(f)->real->pMethods->xTruncate(of(f)->real, size);
}

static int file_sync(sqlite3_file *f, int flags)
{
	(void)flags;
	if (strikes(CALL_SYNC)) {
		if (fault.harm == FAULT_SYNC)
			undo_all(of(f));
		errno = EIO;
		return SQLITE_IOERR_FSYNC;
	}
	undo_forget(of(f));
	return SQLITE_OK;
}

static int file_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	return of(f)->real->pMethods->xFileSize(of(f)->real, ret);
}

static int file_lock(sqlite3_file *f, int level)
{
	return of(f)->real->pMethods->xLock(of(f)->real, level);
}

static int file_unlock(sqlite3_file *f, int level)
{
	return of(f)->real->pMethods->xUnlock(of(f)->real, level);
}

static int file_check_lock(sqlite3_file *f, int *ret)
{
	return of(f)->real->pMethods->xCheckReservedLock(of(f)->real, ret);
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
	return of(f)->real->pMethods->xFileControl(of(f)->real, op, arg);
}

static int file_sector(sqlite3_file *f)
{
	return of(f)->real->pMethods->xSectorSize(of(f)->real);
}

static int file_traits(sqlite3_file *f)
{
	return of(f)->real->pMethods->xDeviceCharacteristics(of(f)->real);
}

/* The index of the log: opened, or made larger, with its first use. */
static int file_shm_map(sqlite3_file *f, int page, int size, int extend,
			void volatile **ret)
{
	if (strikes(extend ? CALL_CREATE : CALL_OPEN))
		return fault.harm == FAULT_FULL ? SQLITE_FULL
						: SQLITE_IOERR_SHMOPEN;
	return of(f)->real->pMethods->xShmMap(of(f)->real, page, size, extend,
					      ret);
}

static int file_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	return of(f)->real->pMethods->xShmLock(of(f)->real, at, n, flags);
}

static void file_shm_barrier(sqlite3_file *f)
{
	of(f)->real->pMethods->xShmBarrier(of(f)->real);
}

static int file_shm_unmap(sqlite3_file *f, int remove)
{
	return of(f)->real->pMethods->xShmUnmap(of(f)->real, remove);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_check_lock,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_traits,
	.xShmMap = file_shm_map,
	.xShmLock = file_shm_lock,
	.xShmBarrier = file_shm_barrier,
	.xShmUnmap = file_shm_unmap,
};

/* --- the VFS --- */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
		    int flags, int *ret_flags)
{
	struct file *file = of(f);
	int rc;

	(void)vfs;
	file->base.pMethods = NULL;
	file->undo = NULL;
	file->real = (sqlite3_file *)(file + 1);
	if (strikes(flags & SQLITE_OPEN_CREATE ? CALL_CREATE : CALL_OPEN))
		return fault.harm == FAULT_FULL ? SQLITE_FULL : SQLITE_CANTOPEN;
	rc = real_vfs->xOpen(real_vfs, name, file->real, flags, ret_flags);
	if (file->real->pMethods != NULL)
		file->base.pMethods = &methods;
	if (rc == SQLITE_OK && flags & SQLITE_OPEN_MAIN_DB)
		fault.connections++;
	return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	(void)sync;
	if (strikes(CALL_CUT))
		return SQLITE_IOERR_DELETE;
	return real_vfs->xDelete(real_vfs, name, 0);
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
	(void)vfs;
	return real_vfs->xAccess(real_vfs, name, flags, ret);
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int n, char *ret)
{
	(void)vfs;
	return real_vfs->xFullPathname(real_vfs, name, n, ret);
}

static int vfs_randomness(sqlite3_vfs *vfs, int n, char *ret)
{
	(void)vfs;
	return real_vfs->xRandomness(real_vfs, n, ret);
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return real_vfs->xSleep(real_vfs, us);
}

static int vfs_time(sqlite3_vfs *vfs, double *ret)
{
	(void)vfs;
	return real_vfs->xCurrentTime(real_vfs, ret);
}

static int vfs_time_int(sqlite3_vfs *vfs, sqlite3_int64 *ret)
{
	(void)vfs;
	return real_vfs->xCurrentTimeInt64(real_vfs, ret);
}

/* errno itself: the real one asks nothing else. */
static int vfs_last_error(sqlite3_vfs *vfs, int n, char *ret)
{
	(void)vfs;
	(void)n;
	(void)ret;
	return errno;
}

static sqlite3_vfs fault_vfs = {
	.iVersion = 2,
	.zName = "fault",
	.xOpen = vfs_open,
	.xDelete = vfs_delete,
	.xAccess = vfs_access,
	.xFullPathname = vfs_full_name,
	.xRandomness = vfs_randomness,
	.xSleep = vfs_sleep,
	.xCurrentTime = vfs_time,
	.xGetLastError = vfs_last_error,
	.xCurrentTimeInt64 = vfs_time_int,
};

/* --- memory --- */

static void *memory_new(int n)
{
	if (counted(FAULT_MEMORY))
		return NULL;
	return real_memory.xMalloc(n);
}

static void *memory_grow(void *p, int n)
{
	if (counted(FAULT_MEMORY))
		return NULL;
	return real_memory.xRealloc(p, n);
}

/* --- what a test calls --- */

void fault_vfs_install(void)
{
	sqlite3_mem_methods memory;

	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory) != SQLITE_OK)
		abort();
	memory = real_memory;
	memory.xMalloc = memory_new;
	memory.xRealloc = memory_grow;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &memory) != SQLITE_OK)
		abort();
	real_vfs = sqlite3_vfs_find(NULL);
	fault_vfs.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
	fault_vfs.mxPathname = real_vfs->mxPathname;
	if (sqlite3_vfs_register(&fault_vfs, 1) != SQLITE_OK)
		abort();
}

void fault_vfs_arm(enum fault_harm harm, long at)
{
	fault.harm = harm;
	fault.at = at;
	memset(fault.n, 0, sizeof(fault.n));
	fault.struck = false;
}

bool fault_vfs_disarm(void)
{
	fault.harm = FAULT_NONE;
	return fault.struck;
}

long fault_vfs_count(enum fault_harm harm)
{
	return fault.n[harm];
}

long fault_vfs_connections(void)
{
	return fault.connections;
}
