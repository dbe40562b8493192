/*
 * What entities of alerts are: each account, machine or address is kept once,
 * however many alerts are about it.
 */
#ifndef STORE_SQLITE_THINGS_PRIV_H
#define STORE_SQLITE_THINGS_PRIV_H

#include "core/alert.h"
#include "store/sqlite/engine_priv.h"

/* Inside a transaction: the entities of alert @id, which has none yet. */
int things_write(struct store *s, int64_t id, const struct alert *a,
		 struct err *err) must_check;
/* Rows that are remembered may be gone: after a rollback, and with @s. */
void things_forget(struct store *s);
/* So that rows which the engine removes are forgotten; for each connection. */
void things_watch(struct store *s);

#endif
