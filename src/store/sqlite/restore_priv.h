/* What the two halves of restoring share. */
#ifndef STORE_SQLITE_RESTORE_PRIV_H
#define STORE_SQLITE_RESTORE_PRIV_H

#include "store/restore.h"
#include "store/sqlite/engine_priv.h"

/*
 * restore_adjust.c: make the copy at @path ready to go on: what the database
 * at @present (NULL: unreadable or none) has sent since is sent, its numbers
 * are not given again, and the log says what happened.
 */
int restore_adjust(const struct restore_order *o, const char *path,
		   const char *present, struct restore_report *r,
		   struct err *err) must_check;
/* restore_responses.c: with @present, the replaced database is attached as
 * "before". Says in @r what it ended. In a transaction. */
int restore_responses(struct store *s, const struct restore_order *o,
		      bool present, struct restore_report *r,
		      struct err *err) must_check;

#endif
