/*
 * Looking at a database file whatever its schema: what backup, restore and the
 * check share.
 */
#ifndef STORE_SQLITE_INSPECT_PRIV_H
#define STORE_SQLITE_INSPECT_PRIV_H

#include "store/sqlite/engine_priv.h"
#include "store/watch.h"

/* Open @path for reading, of any schema that is not newer than ours. */
int inspect_open(const char *path, struct store **ret,
		 struct err *err) must_check;
/*
 * Walk the whole structure; @full compares each index with its table too. 0,
 * ERR_STORE_DAMAGED with the first thing that is wrong, ERR_CANCELLED.
 */
int inspect_integrity(struct store *s, bool full,
		      const struct store_watch *watch,
		      struct err *err) must_check;
/* What is read in between is told to @watch (may be NULL), which may end it. */
void inspect_watch_begin(struct store *s, const struct store_watch *watch);
void inspect_watch_end(struct store *s);
/* Whether a row refers to one that is not there: ERR_STORE_DAMAGED. */
int inspect_references(struct store *s, struct err *err) must_check;
/* The first column of the first row of a fixed question; 1 a row, 0 none. */
int inspect_number(struct store *s, const char *text, int64_t *ret,
		   struct err *err) must_check;

#endif
