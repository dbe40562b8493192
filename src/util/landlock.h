/*
 * Landlock: a process takes rights over the file system from itself, for good
 * and for all it starts. What no rule gives is refused from then on; files that
 * are open already stay so. It needs no privilege.
 */
#ifndef UTIL_LANDLOCK_H
#define UTIL_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include "util/compiler.h"
#include "util/err.h"

enum landlock_may {
	LANDLOCK_READ = 1, /* files, and what a directory holds */
	LANDLOCK_RUN = 2, /* execute; with LANDLOCK_READ */
	LANDLOCK_WRITE = 4, /* files, and make and remove entries */
};

struct landlock; /* rules that are not in force yet */

/* What the kernel can do: a version from 1 upwards; 0 nothing. */
int landlock_abi(void);
/* The rights of the kernel's words that stand for @may (bits of enum
 * landlock_may) in version @abi; @directory: what only directories have too. */
uint64_t landlock_rights(unsigned may, int abi, bool directory);

/* NULL: this kernel has none of it. */
struct landlock *landlock_new(void) must_check;
struct landlock *landlock_free(struct landlock *l); /* NULL */
void landlock_free_ptr(struct landlock **l);
/*
 * @path, and what is below it, may be used so (bits of enum landlock_may). 1;
 * 0 when there is no such path, and so no rule; else an error.
 */
int landlock_allow(struct landlock *l, const char *path, unsigned may,
		   struct err *err) must_check;
/* From now on, for this thread and those it makes; needs no_new_privs. */
int landlock_enforce(struct landlock *l, struct err *err) must_check;

#endif
