/*
 * Allocation that cannot fail: out of memory ends the process, and the
 * database is the recovery. Every input has a maximum, so no stranger can
 * cause it. Library allocations (jansson, curl, SQLite) are checked instead.
 */
#ifndef UTIL_XMALLOC_H
#define UTIL_XMALLOC_H

#include <stddef.h>
#include "util/compiler.h"

void *xmalloc(size_t size) must_check;
void *xcalloc(size_t n, size_t size) must_check;
/* Room for n elements of size; the product is checked. */
void *xreallocarray(void *p, size_t n, size_t size) must_check;
/* xstrdup(NULL) is NULL: an absent value stays absent. */
char *xstrdup(const char *s) must_check;
char *xstrndup(const char *s, size_t len) must_check;
void *xmemdup(const void *p, size_t len) must_check;
char *xasprintf(const char *fmt, ...) printf_like(1, 2) must_check;

/*
 * The same end for whom a library refuses memory, or something as vital: says
 * "WHAT, ending: restart continues from the database". Allocates nothing.
 */
never_returns void xmalloc_die(const char *what);

/* For CLEANUP(free_ptr): frees what a pointer variable points to. */
void free_ptr(void *pointer_to_pointer);

/* Make room in array p (n_alloc elements now) for n elements; grows by half. */
#define GROW(p, n, n_alloc)                                                    \
	do {                                                                   \
		if ((n) > (n_alloc)) {                                         \
			(n_alloc) = MAX((n), (n_alloc) + (n_alloc) / 2 + 8);   \
			(p) = xreallocarray((p), (n_alloc), sizeof(*(p)));     \
		}                                                              \
	} while (0)

#endif
