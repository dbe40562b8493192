/*
 * The engine's door to the disk, and to memory, held by the test: what it
 * opens, reads, writes, syncs, cuts off and removes is counted, and the n-th
 * can fail. Everything else goes to the engine's own VFS; nothing is synced for
 * real, so that a sweep over all n takes seconds.
 *
 *	fault_vfs_install();			before the first connection
 *	fault_vfs_arm(FAULT_FULL, n);
 *	... one operation of the store ...
 *	if (!fault_vfs_disarm())
 *		there was no n-th
 */
#ifndef TESTS_HELPERS_FAULT_VFS_H
#define TESTS_HELPERS_FAULT_VFS_H

#include <stdbool.h>

enum fault_harm {
	FAULT_NONE,
	FAULT_IO, /* the n-th call that changes something, or opens, fails */
	FAULT_FULL, /* from the n-th on nothing that takes room gets any */
	FAULT_TORN, /* the n-th write writes half of it and fails */
	FAULT_SYNC, /* the n-th sync fails; what it was for is gone */
	FAULT_READ, /* the n-th read fails */
	FAULT_MEMORY, /* the n-th allocation of the engine fails */
};
#define FAULT_MAX (FAULT_MEMORY + 1)

const char *fault_vfs_name(enum fault_harm harm);

/* The default VFS and allocator of this process from now on. */
void fault_vfs_install(void);
/* @harm strikes at the @at-th call that it can strike, counted from now. With
 * FAULT_NONE they are only counted. */
void fault_vfs_arm(enum fault_harm harm, long at);
/* No harm any more. Did it strike? */
bool fault_vfs_disarm(void);
/* Calls since then that @harm could strike, whichever was armed. */
long fault_vfs_count(enum fault_harm harm);
/* Main database files opened so far: each is a new connection. */
long fault_vfs_connections(void);

#endif
