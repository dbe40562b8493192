/* What the files of the outbox share. */
#ifndef STORE_SQLITE_OUTBOX_PRIV_H
#define STORE_SQLITE_OUTBOX_PRIV_H

#include "core/notice.h"
#include "store/sqlite/engine_priv.h"

/* The row's columns as NOTICE_COLUMNS of statements_outbox.c lists them;
 * returns the number of the column behind them. */
int notice_read(struct notice *n, const struct query *q);

#endif
